from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.people.models import Customer, User
from tests.cast import Cast
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
CALL = {"channel": "phone", "name": "Wanda", "subject": "Paper bills", "text": "She wants paper bills."}


def _open(client: Client, **fields: Any) -> Any:
    return client.post("/tickets/new/", CALL | fields)


def test_a_call_becomes_a_ticket(as_user: Browser, cast: Cast) -> None:
    answer = _open(as_user(cast.ana), phone="+34 600 000 000", team=cast.billing.pk, is_mine="on")

    ticket = Ticket.objects.get()
    assert answer["Location"] == f"/tickets/{ticket.number}/"
    assert (ticket.channel, ticket.subject, ticket.team, ticket.assignee) == (
        "phone", "Paper bills", cast.billing, cast.ana,
    )  # fmt: skip
    assert ticket.messages.get().text == "She wants paper bills."
    assert ticket.requester.phone == "+34 600 000 000"
    assert ticket.is_address_confirmed


def test_a_known_address_is_the_known_customer(as_user: Browser, cast: Cast) -> None:
    _open(as_user(cast.ana), name="Somebody else", address="CARLA@example.com")

    assert Ticket.objects.get().requester == cast.carla
    assert Customer.objects.get(pk=cast.carla.pk).name == "Carla Cruz"


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"name": ""}, "Enter the customer’s name or email."),
        ({"address": "carla at home"}, "An email address looks like name@example.com."),
        ({"subject": " "}, "Say in a few words what it is about."),
        ({"text": ""}, "Write what the customer said."),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(
    as_user: Browser, ana: User, fields: dict[str, str], words: str
) -> None:
    answer = _open(as_user(ana), **fields)

    html = answer.content.decode()
    assert answer.status_code == 422
    assert html.count(words) == 2, "once in the summary, once at the field"
    assert "<title>Error: " in html.replace("\n", "")
    kept = next(value for name, value in CALL.items() if name in ("subject", "text") and name not in fields)
    assert kept in html
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("who", ["lou", "gus"])
def test_who_answers_nobody_opens_nothing(as_user: Browser, cast: Cast, who: str) -> None:
    assert as_user(getattr(cast, who)).get("/tickets/new/").status_code == 403
    assert _open(as_user(getattr(cast, who))).status_code == 403
    assert not Ticket.objects.exists()
