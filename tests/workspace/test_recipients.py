"""Whom a reply goes to, as the composer shows it and as it is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from helpdesk.people.models import Customer, CustomerAddress, User
from tests import factories
from tests.cast import Cast
from tests.workspace.reading import field, words_of
from tickets.models import Attachment, Delivery, Draft, InboundEmail, Mailbox, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
Deliver = Callable[..., InboundEmail]
BOB, DORA, NEW = "bob@example.com", "dora@example.org", "zoe@new.example"


def _page(client: Client, ticket: Ticket) -> str:
    return str(client.get(f"/tickets/{ticket.number}/").content.decode())


def _reply(client: Client, ticket: Ticket, **fields: Any) -> Any:
    fields.setdefault("text", "It is on its way.")
    fields.setdefault("seen", ticket.messages.order_by("-pk").values_list("pk", flat=True).first() or 0)
    return client.post(f"/tickets/{ticket.number}/replies/", fields)


def _written_to(ticket: Ticket) -> list[str]:
    return list(ticket.deliveries.filter(kind="message").order_by("pk").values_list("address", flat=True))


@pytest.fixture
def mailed(deliver: Deliver) -> Ticket:
    """Carla's ticket by mail, with Bob and a second address of ours on it."""
    ticket = deliver(factories.a_mail(to="support@alborada.example, Bob <bob@example.com>")).ticket
    assert ticket is not None
    return ticket


class TestShown:
    def test_before_sending_to_and_cc_stand_in_plain_fields(self, as_user: Browser, ana: User, mailed: Ticket):
        html = _page(as_user(ana), mailed)

        assert field(html, "to") == "carla@example.com"
        assert field(html, "cc") == BOB

    def test_what_is_shown_is_what_is_sent(self, as_user: Browser, ana: User, mailed: Ticket):
        html = _page(as_user(ana), mailed)
        _reply(as_user(ana), mailed, to=field(html, "to"), cc=field(html, "cc"))

        message = mailed.messages.get(author="agent")
        assert (message.to, message.cc) == (["carla@example.com"], [BOB])
        assert _written_to(mailed) == ["carla@example.com", BOB]

    def test_a_form_without_the_fields_goes_by_the_same_rule(self, as_user: Browser, ana: User, mailed: Ticket):
        _reply(as_user(ana), mailed)

        assert _written_to(mailed) == ["carla@example.com", BOB]

    def test_whom_one_takes_off_gets_nothing_and_stays_off(self, as_user: Browser, ana: User, mailed: Ticket):
        _reply(as_user(ana), mailed, to="carla@example.com", cc="")

        assert _written_to(mailed) == ["carla@example.com"]
        html = _page(as_user(ana), mailed)
        assert field(html, "cc") == ""
        assert f'data-add="{BOB}"' in html

    def test_an_address_that_bounced_is_marked(self, as_user: Browser, cast: Cast, mailed: Ticket):
        CustomerAddress.objects.filter(address="carla@example.com").update(bounced_at=mailed.created_at)

        assert "Mail to carla@example.com came back." in words_of(_page(as_user(cast.ana), mailed))

    def test_a_stranger_is_offered_as_such_and_not_written_to(self, as_user: Browser, cast: Cast, mailed: Ticket):
        mailed.receive(text="Me too", customer=cast.dora, channel="email", from_address=DORA, is_from_stranger=True)

        html = _page(as_user(cast.ana), mailed)

        assert field(html, "to") == "carla@example.com"
        assert "dora@example.org took no part before" in words_of(html)

    def test_one_click_puts_somebody_on_cc_without_sending(self, as_user: Browser, ana: User, mailed: Ticket):
        answer = _reply(as_user(ana), mailed, to="carla@example.com", cc="x@example.com", add=BOB, text="Begun")

        html = answer.content.decode()
        assert answer.status_code == 200
        assert field(html, "cc") == f"x@example.com, {BOB}"
        assert "Begun</textarea>" in html
        assert _written_to(mailed) == []

    def test_tickets_with_many_people_cost_one_query_more(
        self, as_user: Browser, cast: Cast, mailed: Ticket, django_assert_max_num_queries: Any
    ):
        for number in range(30):
            people = [f"p{number}@example.com", f"q{number}@else.example"]
            mailed.receive(
                text="And", customer=cast.carla, channel="email", from_address="carla@example.com", cc=people
            )
        client = as_user(cast.ana)
        client.get("/notifications/")
        with django_assert_max_num_queries(28):
            _page(client, mailed)


class TestAnswers:
    """Those on Cc take part: what they write comes back into the ticket."""

    @pytest.mark.parametrize("by", ["message id", "reply address", "subject"])
    def test_the_answer_of_somebody_on_cc_joins_the_ticket(
        self, as_user: Browser, ana: User, mailed: Ticket, deliver: Deliver, by: str
    ):
        from tickets.mail import identity

        _reply(as_user(ana), mailed, to="carla@example.com", cc=BOB)
        message = mailed.messages.get(author="agent")
        headers: dict[str, Any] = {
            "message id": {"in_reply_to": f"<{message.rfc_id}>"},
            "reply address": {"to": identity.reply_address("support@alborada.example", number=mailed.number)},
            "subject": {"subject": f"Re: The bill is wrong [#{mailed.number}]"},
        }[by]
        inbound = deliver(factories.a_mail(sender="Bob <bob@example.com>", text="I can confirm that.", **headers))

        assert inbound.ticket == mailed
        assert inbound.message is not None
        assert not inbound.message.is_from_stranger

    def test_then_they_are_answered_and_the_customer_is_one_click_away(
        self, as_user: Browser, ana: User, mailed: Ticket, deliver: Deliver
    ):
        _reply(as_user(ana), mailed, to="carla@example.com", cc=BOB)
        message = mailed.messages.get(author="agent")
        deliver(factories.a_mail(sender="Bob <bob@example.com>", in_reply_to=f"<{message.rfc_id}>"))

        html = _page(as_user(ana), mailed)

        assert field(html, "to") == BOB
        assert 'data-add="carla@example.com"' in html

    def test_an_answer_goes_where_its_writer_asks_for_it(self, as_user: Browser, ana: User, deliver: Deliver):
        inbound = deliver(factories.a_mail(reply_to="orders@example.com"))
        assert inbound.ticket is not None

        assert field(_page(as_user(ana), inbound.ticket), "to") == "orders@example.com"

    def test_nobody_of_another_ticket_is_offered(self, as_user: Browser, cast: Cast, mailed: Ticket):
        other = factories.a_ticket(cast.dora, mailbox=cast.support)
        other.reply(by=cast.ana, text="Hello", cc=["secret@else.example"])

        html = _page(as_user(cast.ana), mailed)

        assert DORA not in html
        assert "secret@else.example" not in html


class TestRefused:
    @pytest.mark.parametrize(
        "fields, words",
        [
            ({"to": "carla@"}, "“carla@” is not an email address."),
            ({"to": "carla@example.com", "cc": "bob, at home"}, "“bob” is not an email address."),
            ({"to": "support@alborada.example"}, "support@alborada.example is one of our own mailboxes."),
            ({"to": "carla@example.com", "cc": "support+x@alborada.example"}, "is one of our own mailboxes."),
            ({"to": "carla@example.com", "cc": "Ana@alborada.example"}, "Write a note"),
            ({"to": "", "cc": BOB}, "Write at least one address in To."),
            ({"to": "carla@example.com", "cc": ", ".join(f"p{n}@example.com" for n in range(60))}, "61 addresses"),
        ],
    )
    def test_what_cannot_be_written_to_is_said_at_its_field(
        self, as_user: Browser, ana: User, mailed: Ticket, fields: dict[str, str], words: str
    ):
        answer = _reply(as_user(ana), mailed, text="My words", **fields)

        html = answer.content.decode()
        wrong = "cc" if fields.get("cc") and fields["to"] == "carla@example.com" else "to"
        assert answer.status_code == 422
        assert words in words_of(html[html.index(f'id="reply-{wrong}-error"') :][:400])
        assert field(html, "to") == fields["to"]
        assert field(html, "cc") == fields.get("cc", "")
        assert "My words</textarea>" in html
        assert _written_to(mailed) == []

    def test_nobody_is_written_twice(self, as_user: Browser, ana: User, mailed: Ticket):
        _reply(as_user(ana), mailed, to="carla@example.com, CARLA@example.com", cc=f"carla@example.com, {BOB}, {BOB}")

        assert _written_to(mailed) == ["carla@example.com", BOB]

    def test_a_line_break_adds_no_header(self, as_user: Browser, ana: User, mailed: Ticket):
        answer = _reply(as_user(ana), mailed, to="carla@example.com\r\nBcc: eve@else.example")

        assert answer.status_code == 422
        assert _written_to(mailed) == []


class TestNewDomain:
    def test_it_is_pointed_out_before_anything_is_sent(self, as_user: Browser, ana: User, mailed: Ticket):
        answer = _reply(as_user(ana), mailed, to="carla@example.com", cc=NEW, text="My words", then="resolved")

        html = answer.content.decode()
        assert answer.status_code == 422
        assert "new.example is new in this ticket." in words_of(html)
        assert "Send to new.example too" in words_of(html)
        assert "My words</textarea>" in html
        assert field(html, "cc") == NEW
        assert _written_to(mailed) == []
        mailed.refresh_from_db()
        assert mailed.is_open

    def test_confirmed_it_goes_out_as_it_was_asked_for(self, as_user: Browser, ana: User, mailed: Ticket):
        _reply(as_user(ana), mailed, to="carla@example.com", cc=NEW, asked="resolved", confirm="new.example")

        assert _written_to(mailed) == ["carla@example.com", NEW]
        mailed.refresh_from_db()
        assert mailed.is_done

    def test_whoever_presses_send_instead_is_asked_again(self, as_user: Browser, ana: User, mailed: Ticket):
        answer = _reply(as_user(ana), mailed, to="carla@example.com", cc=NEW, asked="resolved")

        assert answer.status_code == 422
        assert _written_to(mailed) == []

    def test_a_box_ticked_in_the_form_is_enough(self, as_user: Browser, ana: User, mailed: Ticket):
        _reply(as_user(ana), mailed, to="carla@example.com", cc=NEW, outside="new.example")

        assert NEW in _written_to(mailed)

    def test_confirming_one_confirms_no_other(self, as_user: Browser, ana: User, mailed: Ticket):
        answer = _reply(as_user(ana), mailed, to=f"carla@example.com, {NEW}", cc=DORA, confirm="new.example")

        assert answer.status_code == 422
        assert "example.org is new in this ticket." in words_of(answer.content.decode())

    def test_once_written_to_it_is_no_longer_new(self, as_user: Browser, ana: User, mailed: Ticket):
        _reply(as_user(ana), mailed, to="carla@example.com", cc=NEW, confirm="new.example")
        _reply(as_user(ana), mailed, text="More", to="carla@example.com", cc="max@new.example")

        assert "max@new.example" in _written_to(mailed)

    def test_the_customers_organisation_is_no_outside(self, as_user: Browser, cast: Cast, mailed: Ticket):
        colleague = Customer.objects.create(name="Cora", organisation=cast.carla.organisation)
        CustomerAddress.objects.create(customer=colleague, address="cora@cruz.example")

        _reply(as_user(cast.ana), mailed, to="carla@example.com", cc="accounts@cruz.example")

        assert "accounts@cruz.example" in _written_to(mailed)

    def test_a_stranger_does_not_vouch_for_their_domain(self, as_user: Browser, cast: Cast, mailed: Ticket):
        mailed.receive(text="Me too", customer=cast.dora, channel="email", from_address=DORA, is_from_stranger=True)

        assert _reply(as_user(cast.ana), mailed, to=DORA, cc="").status_code == 422

    def test_our_own_domain_is_no_outside(self, as_user: Browser, ana: User, mailed: Ticket):
        _reply(as_user(ana), mailed, to="carla@example.com", cc="warehouse@alborada.example")

        assert "warehouse@alborada.example" in _written_to(mailed)


class TestDrafts:
    def test_a_draft_keeps_whom_it_is_for(self, as_user: Browser, ana: User, mailed: Ticket):
        client = as_user(ana)
        client.post(
            f"/tickets/{mailed.number}/drafts/reply/",
            {"text": "Dear", "to": BOB, "cc": "", "offered_to": "carla@example.com", "offered_cc": BOB},
        )

        html = _page(client, mailed)
        assert (field(html, "to"), field(html, "cc")) == (BOB, "")

    def test_one_that_nobody_readdressed_follows_the_conversation(self, as_user: Browser, cast: Cast, mailed: Ticket):
        client, offered = as_user(cast.ana), {"to": "carla@example.com", "cc": BOB}
        fields = offered | {f"offered_{name}": value for name, value in offered.items()}
        client.post(f"/tickets/{mailed.number}/drafts/reply/", {"text": "Dear", **fields})
        mailed.receive(
            text="Without Bob", customer=cast.carla, channel="email", from_address="carla@example.com", cc=[DORA]
        )

        assert field(_page(client, mailed), "cc") == DORA

    def test_readdressed_without_a_word_it_is_kept_as_well(self, as_user: Browser, ana: User, mailed: Ticket):
        fields = {"text": "", "to": BOB, "cc": "", "offered_to": "carla@example.com", "offered_cc": ""}
        as_user(ana).post(f"/tickets/{mailed.number}/drafts/reply/", fields)

        assert Draft.objects.get().to == [BOB]

    def test_a_reply_taken_back_is_for_the_same_people_again(
        self, as_user: Browser, ana: User, mailed: Ticket, settings: Any
    ):
        settings.UNDO_SEND_SECONDS = 10
        client = as_user(ana)
        _reply(client, mailed, to=f"carla@example.com, {BOB}", cc="x@example.com")
        message = mailed.messages.get(author="agent")

        client.post(f"/tickets/{mailed.number}/replies/{message.pk}/undo/")

        html = _page(client, mailed)
        assert (field(html, "to"), field(html, "cc")) == (f"carla@example.com, {BOB}", "x@example.com")
        assert not Delivery.objects.filter(kind="message", state="pending").exists()


def test_the_same_mail_goes_to_everybody_with_everybody_on_it(
    as_user: Browser, ana: User, mailed: Ticket, settle: Callable[[], None]
) -> None:
    from email import message_from_bytes
    from email.policy import default

    from tickets.models import OutboxEmail

    _reply(
        as_user(ana), mailed, to="carla@example.com", cc=BOB,
        files=SimpleUploadedFile("plan.pdf", b"%PDF", content_type="application/pdf"),
    )  # fmt: skip
    settle()

    mails = [message_from_bytes(bytes(mail.raw), policy=default) for mail in OutboxEmail.objects.all()]
    copies = [mail for mail in mails if mail["Cc"]]
    assert len(copies) == 2
    assert {(mail["To"], mail["Cc"]) for mail in copies} == {("carla@example.com", BOB)}
    assert len({mail["Message-ID"] for mail in copies}) == 1
    assert [[part.get_filename() for part in mail.iter_attachments()] for mail in copies] == [["plan.pdf"]] * 2
    assert Attachment.objects.get().message == mailed.messages.get(author="agent")


def test_only_the_customer_gets_the_link_to_the_request(
    as_user: Browser, ana: User, mailed: Ticket, settle: Callable[[], None]
) -> None:
    """Whoever has it may read everything and speaks as the customer."""
    from tickets.models import OutboxEmail

    _reply(as_user(ana), mailed, to="carla@example.com", cc=BOB)
    settle()

    text = {
        mail.address: bytes(mail.raw).replace(b"=\r\n", b"")
        for mail in OutboxEmail.objects.filter(subject__startswith="Re:")
    }
    assert b"/r/" in text["carla@example.com"]
    assert b"/r/" not in text[BOB]


def test_no_mailbox_of_ours_is_written_to_even_if_a_customer_names_it(
    as_user: Browser, cast: Cast, deliver: Deliver
) -> None:
    Mailbox.objects.create(address="hola@alborada.example", name="Alborada")
    inbound = deliver(
        factories.a_mail(to="support@alborada.example, hola+x@alborada.example", cc="Ana <ana@alborada.example>")
    )
    assert inbound.ticket is not None

    html = _page(as_user(cast.ana), inbound.ticket)

    assert (field(html, "to"), field(html, "cc")) == ("carla@example.com", "")
