from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from helpdesk.people.models import Customer, CustomerAddress, User
from helpdesk.people.preferences import Preferences
from tests import factories
from tests.cast import Cast
from tickets.models import Delivery, Draft, Message, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


def _reply(client: Client, ticket: Ticket, text: str = "It is on its way.", **fields: Any) -> Any:
    fields.setdefault("seen", ticket.messages.order_by("-pk").values_list("pk", flat=True).first() or 0)
    return client.post(f"/tickets/{ticket.number}/replies/", {"text": text, **fields})


def _answers(ticket: Ticket) -> list[str]:
    return list(ticket.messages.filter(author="agent").order_by("pk").values_list("text", flat=True))


@pytest.mark.parametrize("then, status", [("", "open"), ("waiting", "waiting"), ("resolved", "resolved")])
def test_a_reply_goes_out_and_leaves_the_ticket_as_asked(
    as_user: Browser, ana: User, ticket: Ticket, then: str, status: str
) -> None:
    answer = _reply(as_user(ana), ticket, then=then)

    assert answer.status_code == 302
    ticket.refresh_from_db()
    assert _answers(ticket) == ["It is on its way."]
    assert ticket.status == status
    assert ticket.assignee == ana
    assert ticket.deliveries.get(kind="message").address == "carla@example.com"


def test_the_same_reply_posted_twice_is_sent_once(as_user: Browser, ana: User, ticket: Ticket) -> None:
    seen = ticket.messages.get().pk

    _reply(as_user(ana), ticket, seen=seen)
    _reply(as_user(ana), ticket, seen=seen)

    assert _answers(ticket) == ["It is on its way."]


@pytest.mark.parametrize("chosen", ["stay", "next", "list"])
def test_after_sending_one_is_where_one_chose_to_be(as_user: Browser, ana: User, ticket: Ticket, chosen: str) -> None:
    below = factories.a_ticket(ticket.requester, mailbox=ticket.mailbox)
    Ticket.objects.filter(pk=below.pk).update(due_next_at=ticket.due_next_at + timedelta(hours=1))
    client = as_user(ana)
    client.post("/preferences/after-sending/", {"after_sending": chosen})
    address = f"/tickets/{ticket.number}/replies/?in=open"
    answer = client.post(address, {"text": "It is on its way.", "seen": ticket.messages.get().pk})

    places = {
        "stay": f"/tickets/{ticket.number}/?in=open#latest",
        "next": f"/tickets/{below.number}/?in=open",
        "list": "/queue/open/",
    }
    assert answer.headers["Location"] == places[chosen]


def test_a_choice_that_is_none_changes_nothing(as_user: Browser, ana: User) -> None:
    client = as_user(ana)
    client.post("/preferences/after-sending/", {"after_sending": "next"})
    client.post("/preferences/after-sending/", {"after_sending": "//elsewhere.example"})

    ana.refresh_from_db()
    assert Preferences.of(ana).after_sending == "next"


def test_an_empty_reply_is_refused(as_user: Browser, ana: User, ticket: Ticket) -> None:
    answer = _reply(as_user(ana), ticket, text="  \n ")

    assert answer.status_code == 422
    assert "Write your reply first." in answer.content.decode()
    assert _answers(ticket) == []


def test_a_reply_is_held_when_the_customer_wrote_meanwhile(as_user: Browser, ana: User, ticket: Ticket) -> None:
    seen = ticket.messages.get().pk
    ticket.receive(text="Never mind, I found it.", customer=ticket.requester, channel="email")

    answer = _reply(as_user(ana), ticket, text="My long answer", seen=seen)

    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Never mind, I found it." in html
    assert "My long answer</textarea>" in html
    assert _answers(ticket) == []


def test_after_reading_the_new_message_it_can_be_sent_as_it_is(as_user: Browser, ana: User, ticket: Ticket) -> None:
    seen = ticket.messages.get().pk
    newest = ticket.receive(text="Never mind.", customer=ticket.requester, channel="email")
    held = _reply(as_user(ana), ticket, text="My long answer", seen=seen).content.decode()

    assert f'name="seen" value="{newest.pk}"' in held
    _reply(as_user(ana), ticket, text="My long answer", seen=newest.pk)

    assert _answers(ticket) == ["My long answer"]


def test_a_colleagues_reply_holds_ones_own(as_user: Browser, ana: User, lea: User, ticket: Ticket) -> None:
    seen = ticket.messages.get().pk
    ticket.reply(by=lea, text="I answered already.")

    answer = _reply(as_user(ana), ticket, seen=seen)

    assert answer.status_code == 409
    assert "Lea Lindgren wrote while you were writing" in answer.content.decode()


def test_what_a_machine_says_meanwhile_holds_no_reply(as_user: Browser, ana: User, ticket: Ticket) -> None:
    seen = ticket.messages.get().pk
    ticket.receive(text="I am away.", customer=ticket.requester, channel="email", is_auto=True)
    ticket.announce(kind="acknowledgement", text="We have it.")

    _reply(as_user(ana), ticket, seen=seen)

    assert _answers(ticket) == ["It is on its way."]


def test_sending_forgets_the_draft_and_keeps_the_note_begun(as_user: Browser, ana: User, ticket: Ticket) -> None:
    Draft.objects.create(ticket=ticket, user=ana, mode="reply", text="It is")
    Draft.objects.create(ticket=ticket, user=ana, mode="note", text="Remember")

    _reply(as_user(ana), ticket)

    assert list(Draft.objects.values_list("mode", flat=True)) == ["note"]


def test_until_it_is_sent_a_reply_can_be_taken_back(as_user: Browser, ana: User, ticket: Ticket, settings: Any) -> None:
    settings.UNDO_SEND_SECONDS = 10
    client = as_user(ana)
    page = client.get(_reply(client, ticket, then="resolved")["Location"].split("#")[0]).content.decode()
    message = ticket.messages.get(author="agent")
    assert "Sending in" in page
    assert f"/tickets/{ticket.number}/replies/{message.pk}/undo/" in page

    answer = client.post(f"/tickets/{ticket.number}/replies/{message.pk}/undo/")

    ticket.refresh_from_db()
    assert answer.status_code == 302
    assert _answers(ticket) == []
    assert ticket.is_open
    assert Draft.objects.get(user=ana, mode="reply").text == "It is on its way."
    assert not Delivery.objects.filter(kind="message", state="pending").exists()


def test_taking_back_twice_changes_nothing_more(as_user: Browser, ana: User, ticket: Ticket, settings: Any) -> None:
    settings.UNDO_SEND_SECONDS = 10
    client = as_user(ana)
    _reply(client, ticket)
    message = ticket.messages.get(author="agent")

    for _ in range(2):
        assert client.post(f"/tickets/{ticket.number}/replies/{message.pk}/undo/").status_code == 302

    assert Draft.objects.filter(mode="reply").count() == 1


def test_what_was_sent_cannot_be_taken_back(as_user: Browser, ana: User, ticket: Ticket) -> None:
    _reply(as_user(ana), ticket)
    message = ticket.messages.get(author="agent")
    message.deliveries.update(state=Delivery.State.SENT)

    answer = as_user(ana).post(f"/tickets/{ticket.number}/replies/{message.pk}/undo/", headers={"HX-Request": "true"})

    assert answer.status_code == 422
    assert "Too late" in answer.content.decode()
    assert _answers(ticket) == ["It is on its way."]


def test_a_colleagues_reply_cannot_be_taken_back(
    as_user: Browser, ana: User, lea: User, ticket: Ticket, settings: Any
) -> None:
    settings.UNDO_SEND_SECONDS = 10
    _reply(as_user(ana), ticket)
    message = ticket.messages.get(author="agent")

    as_user(lea).post(f"/tickets/{ticket.number}/replies/{message.pk}/undo/")

    assert _answers(ticket) == ["It is on its way."]


def test_without_an_address_the_page_says_that_nothing_is_sent(as_user: Browser, cast: Cast) -> None:
    caller = Customer.objects.create(name="Wanda")
    ticket = factories.a_ticket(caller, channel="phone", mailbox=cast.support)
    client = as_user(cast.ana)
    assert "We know no email address of Wanda" in client.get(f"/tickets/{ticket.number}/").content.decode()

    answer = _reply(client, ticket)

    assert "no address" in client.get(answer["Location"].split("#")[0]).content.decode()
    assert Message.objects.get(author="agent").deliveries.count() == 0


def test_where_a_bounced_address_is_all_we_have_the_page_shows_it(as_user: Browser, ana: User, ticket: Ticket) -> None:
    CustomerAddress.objects.update(bounced_at=ticket.created_at)

    assert "bounced" in as_user(ana).get(f"/tickets/{ticket.number}/").content.decode()
