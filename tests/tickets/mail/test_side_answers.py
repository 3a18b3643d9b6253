"""What comes back from somebody outside stands in the side conversation, and nothing of it reaches the customer."""

from __future__ import annotations

import pytest
from django.test import Client

from helpdesk.people.models import Customer
from tests import factories
from tickets import addressing, merging, side_conversations
from tickets.mail import composing, identity, ledger, receiving, sending
from tickets.models import (
    BlockedSender,
    Delivery,
    EventKind,
    InboundEmail,
    Mailbox,
    Message,
    Notification,
    OutboxEmail,
    SideMessage,
    Ticket,
    Watcher,
)
from tickets.search import documents

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]

COURIER = "Rosa <rosa@courier.example>"
GMAIL = """<div dir="ltr">The parcel is in Seville.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">
On Mon, 5 Jan 2026 at 10:00, Ana, Alborada &lt;support@alborada.example&gt; wrote:<br></div><blockquote
class="gmail_quote">Where is parcel 77?</blockquote></div>"""


@pytest.fixture
def asked(ticket, ana) -> SideMessage:
    """Ana asked a courier about Carla's parcel."""
    ticket.assign(to=ana, by=None)
    return side_conversations.start(
        ticket, by=ana, to="rosa@courier.example", subject="Parcel 77", text="Where is parcel 77?", undo_seconds=0
    )


def outlook(said: SideMessage, *, text: str = "The parcel is in Seville.", **more: str) -> bytes:
    """An answer as Outlook writes it: what it answers below, under a line and the old headers."""
    old = "From: Ana <support@alborada.example>\nSent: Monday, 5 January 2026 10:00\nTo: Rosa\nSubject: Parcel 77"
    return factories.a_mail(
        **{
            "sender": COURIER, "subject": "RE: Parcel 77", "in_reply_to": f"<{said.rfc_id}>",
            "references": f"<{said.rfc_id}>", "message_id": "<AM0PR07@eurprd07.prod.outlook.example>",
            "thread_topic": "Parcel 77", "thread_index": "AdqX3w==",
            "text": f"{text}\n\n________________________________\n{old}\n\nWhere is parcel 77?\n", **more,
        }
    )  # fmt: skip


class TestTheAnswer:
    def test_of_outlook_joins_the_conversation_alone(self, asked, deliver):
        before = {name: getattr(asked.conversation.ticket, name) for name in ("status", "due_next_at", "excerpt")}
        inbound = deliver(outlook(asked))

        ticket = Ticket.objects.get()
        assert (inbound.outcome, inbound.state, inbound.ticket, inbound.message) == (
            "side_answer", "processed", ticket, None,
        )  # fmt: skip
        said = asked.conversation.messages.latest("pk")
        assert (said.text, said.from_name, said.is_from_stranger) == ("The parcel is in Seville.", "Rosa", False)
        assert "Where is parcel 77?" in said.quoted
        assert ticket.messages.count() == 1
        assert {name: getattr(ticket, name) for name in before} == before
        assert ticket.events.filter(kind=EventKind.SIDE_RECEIVED).count() == 1

    def test_of_gmail_does_too_and_by_its_reply_address_alone(self, asked, deliver, support):
        from email.message import EmailMessage

        mail = EmailMessage()
        mail["From"], mail["Subject"] = COURIER, "Re: Parcel 77"
        mail["To"] = f"Alborada <{identity.side_address(support.address, conversation=asked.conversation_id)}>"
        mail.set_content("The parcel is in Seville.\n\nOn Mon, 5 Jan 2026 at 10:00, Ana wrote:\n> Where is it?\n")
        mail.add_alternative(GMAIL, subtype="html")
        assert deliver(mail.as_bytes()).outcome == "side_answer"
        assert asked.conversation.messages.latest("pk").text == "The parcel is in Seville."

    def test_a_second_mail_that_names_only_their_first_is_found(self, asked, deliver):
        deliver(outlook(asked))
        again = factories.a_mail(sender=COURIER, in_reply_to="<AM0PR07@eurprd07.prod.outlook.example>", text="It left.")
        assert deliver(again).outcome == "side_answer"
        eve = factories.a_mail(sender="eve@evil.example", in_reply_to="<AM0PR07@eurprd07.prod.outlook.example>")
        assert deliver(eve).outcome == "ticket_created"

    def test_a_made_up_address_or_message_id_finds_nothing(self, asked, deliver):
        made_up = f"support+s{asked.conversation_id}.{'0' * 16}@alborada.example"
        assert deliver(factories.a_mail(sender=COURIER, to=made_up)).outcome == "ticket_created"
        guessed = f"<s.{asked.conversation_id}.1.{'0' * 16}@alborada.example>"
        assert deliver(factories.a_mail(sender=COURIER, in_reply_to=guessed)).outcome == "ticket_created"

    def test_is_told_to_who_answers_who_asked_and_who_watches_and_once(self, asked, deliver, ana, lea, mia, ben):
        ticket = asked.conversation.ticket
        ticket.assign(to=lea, by=None)
        Watcher.objects.create(ticket=ticket, user=mia)
        Watcher.objects.create(ticket=ticket, user=ana)
        deliver(outlook(asked))
        told = Notification.objects.filter(kind="side_answered")
        assert sorted(told.values_list("user__name", flat=True)) == sorted([ana.name, lea.name, mia.name])

    def test_from_another_address_is_marked(self, asked, deliver):
        deliver(outlook(asked, sender="Depot <depot@courier.example>"))
        assert asked.conversation.messages.latest("pk").is_from_stranger

    def test_of_a_machine_is_kept_and_told_to_nobody(self, asked, deliver):
        side_conversations.end(asked.conversation)
        inbound = deliver(outlook(asked, auto_submitted="auto-replied"))
        assert inbound.outcome == "side_answer"
        assert asked.conversation.messages.latest("pk").is_auto
        assert not Notification.objects.filter(kind="side_answered").exists()
        asked.conversation.refresh_from_db()
        assert asked.conversation.ended_at

    def test_opens_an_ended_conversation_and_wakes_nothing_else(self, asked, deliver, ana):
        ticket = asked.conversation.ticket
        ticket.reply(by=ana, text="We are looking.", then="waiting")
        side_conversations.end(asked.conversation)
        deliver(outlook(asked))
        asked.conversation.refresh_from_db()
        ticket.refresh_from_db()
        assert (asked.conversation.ended_at, ticket.status) == (None, "waiting")

    def test_is_never_acknowledged_and_makes_no_customer(self, asked, deliver):
        deliver(outlook(asked))
        assert not Delivery.objects.filter(kind="acknowledgement").exists()
        assert not Customer.objects.by_address("rosa@courier.example").exists()

    def test_its_files_are_kept_with_it(self, asked, deliver):
        from email import message_from_bytes, policy

        mail = message_from_bytes(outlook(asked), policy=policy.default)
        mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="proof.pdf")
        deliver(mail.as_bytes())
        (file,) = asked.conversation.messages.latest("pk").attachments.all()
        assert (file.filename, file.message, file.file.read()) == ("proof.pdf", None, b"%PDF-1.4")

    def test_twice_is_once_and_in_two_mailboxes_too(self, asked, deliver):
        sales = Mailbox.objects.create(address="sales@alborada.example", name="Sales")
        outcomes = [deliver(outlook(asked)).outcome, deliver(outlook(asked)).outcome]
        outcomes.append(deliver(outlook(asked), mailbox=sales).outcome)
        assert outcomes == ["side_answer", "side_answer", "duplicate"]
        assert asked.conversation.messages.count() == 2
        assert not Ticket.objects.get().events.filter(kind=EventKind.ALSO_ADDRESSED).exists()

    def test_goes_on_where_the_ticket_was_merged(self, asked, deliver, ana, carla, support):
        ticket, other = asked.conversation.ticket, factories.a_ticket(carla, mailbox=support)
        merging.merge(ticket, into=other, by=ana)
        assert deliver(outlook(asked)).ticket == other
        assert other.events.filter(kind=EventKind.SIDE_RECEIVED).exists()
        assert not other.messages.filter(text__contains="Seville").exists()

    def test_the_ledger_counts_it_as_read(self, asked, deliver, support):
        deliver(outlook(asked))
        books = ledger.balance(support)
        assert (books.messages, books.ignored_in_all, books.stored) == (1, 0, 1)

    def test_from_a_blocked_sender_waits_for_one_of_us(self, asked, deliver, lea):
        BlockedSender.objects.create(pattern="courier.example", blocked_by=lea)
        inbound = deliver(outlook(asked))
        assert inbound.state == "spam"
        assert receiving.retry(inbound, by=lea).outcome == "side_answer"


class TestTheCustomer:
    def test_who_was_passed_our_mail_is_heard_there_and_nowhere_else(self, asked, deliver, carla):
        """The partner forwarded it to her, and she answers us."""
        inbound = deliver(outlook(asked, sender="Carla <carla@example.com>", text="Why do you ask them?"))
        said = asked.conversation.messages.latest("pk")
        assert (inbound.outcome, said.is_from_stranger) == ("side_answer", True)
        assert Notification.objects.filter(kind="side_answered").exists()
        assert not Message.objects.filter(text__contains="Why do you ask").exists()

    def test_writes_into_her_own_ticket_as_before(self, asked, deliver, support):
        ticket = asked.conversation.ticket
        address = identity.reply_address(support.address, number=ticket.number)
        assert deliver(factories.a_mail(to=address, text="And?")).outcome == "reply_added"

    def test_sees_nothing_of_it_on_any_page(self, asked, deliver, ana, carla):
        deliver(outlook(asked))
        ticket = asked.conversation.ticket
        ticket.reply(by=ana, text="We will tell you.", undo_seconds=0)
        sending.send_due()
        link = composing.follow_url(ticket)
        page = Client().get(link, follow=True).content.decode()
        assert "We will tell you." in page
        for word in ("Seville", "courier", "Parcel 77", "parcel 77"):
            assert word not in page

    def test_gets_nothing_of_it_by_mail_even_where_history_is_quoted(self, asked, deliver, ana, support):
        deliver(outlook(asked))
        Mailbox.objects.update(quotes_history=True)
        ticket = Ticket.objects.select_related("mailbox").get()
        ticket.reply(by=ana, text="We will tell you.", undo_seconds=0)
        sending.send_due()
        (sent,) = OutboxEmail.objects.filter(address="carla@example.com")
        raw = bytes(sent.raw).decode()
        assert "We will tell you." in raw
        for word in ("Seville", "courier", "arcel 77", asked.rfc_id):
            assert word not in raw

    def test_a_reply_is_never_addressed_to_the_courier(self, asked, deliver):
        deliver(outlook(asked))
        answered = addressing.circle_of(asked.conversation.ticket).answered
        assert "rosa@courier.example" not in {*answered.all, *answered.others}
        assert not asked.conversation.ticket.has_participant("rosa@courier.example")


class TestSearch:
    def test_agents_find_its_words_and_its_files(self, asked, deliver, ana):
        deliver(outlook(asked))
        document = documents.of_tickets([asked.conversation.ticket_id])[asked.conversation.ticket_id]
        said = {part.text for part in document.parts if part.where == documents.Where.SIDE}
        assert any("Seville" in text and "rosa@courier.example" in text for text in said)
        assert {part.by for part in document.parts if part.where == documents.Where.SIDE} == {ana.name, "Rosa"}


class TestBounces:
    def test_it_is_told_at_the_side_message_and_to_its_writer(self, asked, deliver, ana):
        from tests.tickets.mail.test_threading import TestBounces as Report

        sending.send_due()
        raw = Report().report("rosa@courier.example", f"Message-ID: <{asked.rfc_id}>")
        inbound = deliver(raw)
        assert (inbound.outcome, asked.deliveries.get().state) == ("bounce", "bounced")
        assert ana.notifications.filter(kind="undelivered").exists()
        assert not Message.objects.exclude(bounced_at=None).exists()


class TestSentElsewhere:
    def test_an_answer_to_the_courier_from_a_mail_program_is_no_answer_to_the_customer(self, asked, deliver, support):
        from tickets.mail import storing

        deliver(outlook(asked))
        raw = factories.a_mail(
            sender="Ana <ana@alborada.example>", to="rosa@courier.example, carla@example.com",
            in_reply_to="<AM0PR07@eurprd07.prod.outlook.example>", references=f"<{asked.rfc_id}>", text="Thanks, Rosa.",
        )  # fmt: skip
        inbound, _new = storing.store(raw, mailbox=support, source="sent")
        assert receiving.receive(inbound).outcome == "ignored"
        assert not Message.objects.filter(text="Thanks, Rosa.").exists()


def test_what_is_stored_twice_and_read_by_two_is_said_once(asked, deliver, support):
    inbound = deliver(outlook(asked))
    receiving.receive(InboundEmail.objects.get(pk=inbound.pk))
    assert asked.conversation.messages.count() == 2
