"""How long a reply waits before it leaves: each person's choice; and not waiting any longer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.common.errors import Refusal
from helpdesk.people.models import User
from helpdesk.people.preferences import Preferences, change
from tickets.mail import sending
from tickets.models import Delivery, Message, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _ten_seconds(settings: Any) -> None:
    settings.UNDO_SEND_SECONDS = 10


def _waits(message: Message) -> float:
    return float((message.deliveries.get().due_at - message.said_at).total_seconds())


def _send_now(client: Client, ticket: Ticket, message: Message) -> Any:
    return client.post(f"/tickets/{ticket.number}/replies/{message.pk}/sending/")


@pytest.mark.parametrize("chosen", [0, 10, 30])
def test_a_reply_waits_as_long_as_its_writer_chose(as_user: Browser, ana: User, ticket: Ticket, chosen: int) -> None:
    as_user(ana).post("/preferences/undo-seconds/", {"undo_seconds": str(chosen)})
    ana.refresh_from_db()

    assert _waits(ticket.reply(by=ana, text="It is on its way.")) == chosen


def test_who_chose_nothing_has_what_the_installation_has_set(settings: Any, ana: User, ticket: Ticket) -> None:
    settings.UNDO_SEND_SECONDS = 20

    assert _waits(ticket.reply(by=ana, text="It is on its way.")) == 20


@pytest.mark.parametrize("nonsense", ["", "7", "3600", "-1", "ten"])
def test_what_is_not_offered_changes_nothing(as_user: Browser, ana: User, nonsense: str) -> None:
    change(ana, undo_seconds=30)

    as_user(ana).post("/preferences/undo-seconds/", {"undo_seconds": nonsense})

    ana.refresh_from_db()
    assert Preferences.of(ana).undo_span == 30


def test_it_is_chosen_on_the_profile_too(as_user: Browser, ana: User) -> None:
    client = as_user(ana)
    client.post(
        "/profile/",
        {"name": ana.name, "language": "", "time_zone": "", "after_sending": "stay", "undo_seconds": "30"},
    )

    ana.refresh_from_db()
    assert Preferences.of(ana).undo_span == 30


def test_its_writer_lets_a_waiting_reply_go(as_user: Browser, ana: User, ticket: Ticket) -> None:
    message = ticket.reply(by=ana, text="It is on its way.")
    client = as_user(ana)
    assert "Send now" in client.get(f"/tickets/{ticket.number}/").content.decode()

    assert _send_now(client, ticket, message).status_code == 302

    sending.send_due()
    assert message.deliveries.get().state == Delivery.State.SENT
    assert "Send now" not in client.get(f"/tickets/{ticket.number}/").content.decode()


def test_letting_it_go_twice_sends_it_once(ana: User, ticket: Ticket) -> None:
    message = ticket.reply(by=ana, text="It is on its way.")

    assert ticket.send_now(message, by=ana) is True
    sending.send_due()
    assert ticket.send_now(message, by=ana) is False
    sending.send_due()

    assert message.deliveries.get().attempts == 1


def test_once_it_was_let_go_it_is_not_taken_back(ana: User, ticket: Ticket) -> None:
    message = ticket.reply(by=ana, text="It is on its way.")
    ticket.send_now(message, by=ana)

    with pytest.raises(Refusal, match="Too late"):
        ticket.take_back(message, by=ana)


def test_nobody_else_lets_it_go(as_user: Browser, ana: User, lea: User, ticket: Ticket) -> None:
    message = ticket.reply(by=ana, text="It is on its way.")

    _send_now(as_user(lea), ticket, message)

    delivery = message.deliveries.get()
    assert (delivery.state, delivery.can_be_undone) == (Delivery.State.PENDING, True)
    assert "Send now" not in as_user(lea).get(f"/tickets/{ticket.number}/").content.decode()


def test_another_team_knows_nothing_of_it(as_user: Browser, ana: User, ben: User, ticket: Ticket) -> None:
    message = ticket.reply(by=ana, text="It is on its way.")

    assert _send_now(as_user(ben), ticket, message).status_code == 404
    assert message.deliveries.get().can_be_undone
