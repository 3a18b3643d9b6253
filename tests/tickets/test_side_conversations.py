"""Writing to somebody outside about a ticket: what goes along, what never does, and the way back."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest
from django.core.files.base import ContentFile

from helpdesk.common.errors import Refusal
from tests import factories
from tickets import merging, side_conversations
from tickets.mail import sending
from tickets.models import Attachment, Delivery, Draft, EventKind, OutboxEmail, SideConversation, SideMessage

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]

ROSA = "rosa@courier.example"


@pytest.fixture
def ask(ticket, ana):
    """Have Ana ask the courier."""

    def _ask(**said) -> SideMessage:
        given = {"to": ROSA, "subject": "Parcel 77", "text": "Where is parcel 77?", "undo_seconds": 0}
        return side_conversations.start(ticket, by=ana, **(given | said))

    return _ask


def the_mail(said: SideMessage):
    """The mail as it left the house."""
    sending.send_due()
    raw = OutboxEmail.objects.filter(address=said.conversation.address).latest("pk").raw
    return message_from_bytes(bytes(raw), policy=policy.default)


def a_file(**of) -> Attachment:
    kept = Attachment(filename="photo.txt", content_type="text/plain", size=5, sha256="0" * 64, **of)
    kept.file.save("photo.txt", ContentFile(b"photo"), save=True)
    return kept


class TestWriting:
    def test_it_leaves_by_mail_and_the_ticket_stands_as_it_stood(self, ask, ticket, ana):
        before = {name: getattr(ticket, name) for name in ("status", "due_next_at", "excerpt", "first_replied_at")}
        mail = the_mail(ask())

        assert mail["To"] == ROSA
        assert mail["Subject"] == "Parcel 77"
        assert "Ana" in mail["From"]
        assert mail["Reply-To"].startswith("support+s")
        assert "Where is parcel 77?" in mail.get_body(("plain",)).get_content()
        ticket.refresh_from_db()
        assert {name: getattr(ticket, name) for name in before} == before
        assert ticket.events.filter(kind=EventKind.SIDE_SENT, actor=ana).count() == 1
        assert ticket.messages.count() == 1

    def test_nothing_of_the_customer_goes_along_unless_it_is_chosen(self, ask, ticket, carla):
        carla.phone = "+34 600 111 222"
        carla.save()
        raw = the_mail(ask()).as_string()
        for word in ("carla", "Carla", "600 111", str(ticket.number), "charged me twice", ticket.subject, "/r/"):
            assert word not in raw

    def test_a_chosen_message_is_quoted_without_its_address(self, ask, ticket):
        mail = the_mail(ask(quote=list(ticket.messages.all())))
        text = mail.get_body(("plain",)).get_content()
        assert "Carla Cruz wrote:" in text
        assert "> You charged me twice for September" in text
        assert "carla@example.com" not in mail.as_string()

    def test_a_chosen_file_goes_along_as_a_copy(self, ask, ticket):
        file = a_file(message=ticket.messages.get())
        said = ask(attach=[file])
        assert [part.get_filename() for part in the_mail(said).iter_attachments()] == ["photo.txt"]
        assert said.attachments.get().file.name != file.file.name
        file.refresh_from_db()
        assert file.message == ticket.messages.get()

    def test_neither_another_tickets_words_nor_a_notes_files_can_be_chosen(self, ask, dora, ticket, ana, support):
        other = factories.a_ticket(dora, mailbox=support, text="A secret of Dora's")
        note = ticket.add_note(by=ana, text="Between us")
        said = ask(quote=other.messages.all(), attach=[a_file(note=note), a_file(message=other.messages.get())])
        assert said.quoted == ""
        assert not said.attachments.exists()

    def test_it_goes_on_under_the_same_subject_and_thread(self, ask, ana):
        first = ask()
        answer = side_conversations.receive(
            first.conversation, text="In Seville.", from_address=ROSA, rfc_id="answer@courier.example"
        )
        side_conversations.end(first.conversation)
        second = side_conversations.say(first.conversation, by=ana, text="Send it on.", undo_seconds=0)
        mail = the_mail(second)
        assert (mail["Subject"], mail["In-Reply-To"]) == ("Re: Parcel 77", f"<{answer.rfc_id}>")
        assert mail["References"].split() == [f"<{first.rfc_id}>", f"<{answer.rfc_id}>"]
        first.conversation.refresh_from_db()
        assert first.conversation.ended_at is None


class TestRefusals:
    def test_whoever_takes_part_in_the_ticket_is_answered_in_a_reply(self, ask, ticket, ana, carla):
        carla.addresses.create(address="carla@home.example")
        ticket.reply(by=ana, text="Hello", to=["carla@example.com"], cc=["tax@adviser.example"])
        for address in ("carla@example.com", "Carla@Home.example", "tax@adviser.example"):
            with pytest.raises(Refusal, match="takes part"):
                ask(to=address)

    def test_whoever_became_the_customer_since_is_not_written_to(self, ask, ticket, ana):
        said = ask()
        ticket.reply(by=ana, text="Hello both", to=["carla@example.com"], cc=[ROSA])
        with pytest.raises(Refusal, match="takes part"):
            side_conversations.say(said.conversation, by=ana, text="Between us")

    @pytest.mark.parametrize("address", ["support@alborada.example", "ben@alborada.example", "nobody", "", "a@b, c@d"])
    def test_our_own_addresses_and_what_is_none(self, ask, ben, address):
        with pytest.raises(Refusal):
            ask(to=address)
        assert not SideConversation.objects.exists()

    def test_without_words_and_by_who_may_not(self, ask, ticket, lou):
        with pytest.raises(Refusal, match="Write your message"):
            ask(text="  ")
        with pytest.raises(Refusal, match="may not write"):
            side_conversations.start(ticket, by=lou, to=ROSA, subject="x", text="y")

    def test_a_merged_ticket_goes_on_in_the_other(self, ask, ticket, ana, carla, support):
        merging.merge(ticket, into=factories.a_ticket(carla, mailbox=support), by=ana)
        with pytest.raises(Refusal, match="merged"):
            ask()


class TestTakingBack:
    def test_the_text_is_a_draft_again_and_nothing_leaves(self, ask, ticket, ana):
        said = ask(undo_seconds=30, attach=[a_file(message=ticket.messages.get())])
        draft = side_conversations.take_back(said, by=ana)
        sending.send_due()
        assert (draft.mode, draft.text, draft.to) == (Draft.Mode.SIDE, "Where is parcel 77?", [ROSA])
        assert draft.attachments.count() == 1
        assert not SideConversation.objects.exists()
        assert not OutboxEmail.objects.filter(address=ROSA).exists()

    def test_what_was_said_before_stays(self, ask, ana):
        first = ask()
        second = side_conversations.say(first.conversation, by=ana, text="And?", undo_seconds=30)
        side_conversations.take_back(second, by=ana)
        assert list(first.conversation.messages.all()) == [first]

    def test_by_nobody_else_and_not_too_late(self, ask, ana, lea):
        with pytest.raises(Refusal, match="Only the person"):
            side_conversations.take_back(ask(undo_seconds=30), by=lea)
        with pytest.raises(Refusal, match="Too late"):
            side_conversations.take_back(ask(), by=ana)
        assert Delivery.objects.filter(kind="side", state="cancelled").count() == 0


def test_ending_twice_is_once_and_opens_again(ask):
    conversation = ask().conversation
    assert [side_conversations.end(conversation), side_conversations.end(conversation)] == [True, False]
    assert [side_conversations.open_again(conversation), side_conversations.open_again(conversation)] == [True, False]
