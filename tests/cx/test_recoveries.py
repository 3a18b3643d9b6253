"""What was done to make up for something, and how much may be given away."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from cx.models import GestureBudget, Recovery
from helpdesk.common.errors import Refusal
from helpdesk.people.models import Team, User
from tests import factories
from tests.cast import Cast
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def _gesture(ticket: Ticket, amount: str, *, by: User) -> Recovery:
    return Recovery.record(ticket, kind="gesture", text="Flowers", amount=Decimal(amount), by=by)


@pytest.mark.parametrize(
    "kind, amount", [("apology", None), ("fix", None), ("compensation", "12.50"), ("gesture", "0")]
)
def test_what_was_done_is_written_down_with_who_did_it(
    ticket: Ticket, ana: User, kind: str, amount: str | None
) -> None:
    done = Recovery.record(ticket, kind=kind, text=" Called ", amount=Decimal(amount) if amount else None, by=ana)

    assert (done.text, done.by, done.ticket) == ("Called", ana, ticket)
    event = ticket.events.get(kind="cx.recovered")
    assert event.actor == ana
    assert event.details["kind"] == kind


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"kind": "bribe"}, "Choose what was done"),
        ({"text": "  "}, "Say in a few words"),
        ({"amount": None}, "Say what the gesture is worth"),
        ({"amount": Decimal("-1")}, "nought or more"),
    ],
)
def test_what_is_missing_is_refused_in_words(ticket: Ticket, ana: User, fields: dict[str, object], words: str) -> None:
    given = {"kind": "gesture", "text": "Flowers", "amount": Decimal(5), **fields}

    with pytest.raises(Refusal, match=words):
        Recovery.record(ticket, by=ana, **given)  # type: ignore[arg-type]

    assert not Recovery.objects.exists()


def test_it_is_taken_back_once_and_put_back_exactly(ticket: Ticket, ana: User, lea: User) -> None:
    _gesture(ticket, "5", by=ana)
    before = Recovery.objects.values().get()
    done = Recovery.objects.get()

    event = done.take_back(by=lea)
    assert event is not None
    assert done.take_back(by=lea) is None
    assert not Recovery.objects.exists()

    assert Recovery.put_back(event, by=lea) is not None
    assert Recovery.put_back(event, by=lea) is None
    assert Recovery.objects.values().get() == before


# --- Budgets ----------------------------------------------------------------------------------------------------------


def test_without_a_budget_nothing_is_limited(ticket: Ticket, ana: User) -> None:
    assert _gesture(ticket, "9999", by=ana).pk


def test_more_than_is_left_is_refused_with_what_is_left(ticket: Ticket, ana: User, billing: Team) -> None:
    GestureBudget.objects.create(team=billing, amount=100)
    _gesture(ticket, "80.50", by=ana)

    with pytest.raises(Refusal, match=r"€19\.50 of €100"):
        _gesture(ticket, "20", by=ana)

    assert _gesture(ticket, "19.50", by=ana).pk


def test_one_gesture_has_a_limit_of_its_own(ticket: Ticket, ana: User) -> None:
    GestureBudget.objects.create(amount=100, most=20)

    with pytest.raises(Refusal, match="€20 at most"):
        _gesture(ticket, "20.01", by=ana)


@pytest.mark.parametrize("kind", ["compensation", "fix"])
def test_what_is_owed_comes_from_no_budget(ticket: Ticket, ana: User, kind: str) -> None:
    GestureBudget.objects.create(amount=10)

    Recovery.record(ticket, kind=kind, text="A refund", amount=Decimal(500), by=ana)

    assert _gesture(ticket, "10", by=ana).pk


def test_a_team_spends_its_own_and_the_others_share_one(ticket: Ticket, cast: Cast) -> None:
    GestureBudget.objects.create(amount=30)
    GestureBudget.objects.create(team=cast.billing, amount=10)
    theirs = factories.a_ticket(cast.carla, team=cast.installations)
    nobodys = factories.a_ticket(cast.carla)

    _gesture(ticket, "10", by=cast.ana)
    _gesture(theirs, "20", by=cast.mia)
    _gesture(nobodys, "10", by=cast.mia)  # the 10 of Billing are not among the 30

    for spent in (ticket, theirs, nobodys):
        with pytest.raises(Refusal, match="left this month"):
            _gesture(spent, "0.01", by=cast.mia)


def test_what_is_taken_back_can_be_given_again(ticket: Ticket, ana: User) -> None:
    GestureBudget.objects.create(amount=10)
    event = _gesture(ticket, "10", by=ana).take_back(by=ana)
    _gesture(ticket, "8", by=ana)
    assert event is not None

    with pytest.raises(Refusal, match="left this month"):
        Recovery.put_back(event, by=ana)


def test_a_month_is_one_of_the_calendar_where_the_company_is(ticket: Ticket, ana: User) -> None:
    GestureBudget.objects.create(amount=10)
    madrid = ZoneInfo("Europe/Madrid")
    with time_machine.travel(datetime(2027, 1, 31, 23, 50, tzinfo=madrid), tick=False):
        _gesture(ticket, "10", by=ana)
        with pytest.raises(Refusal):
            _gesture(ticket, "1", by=ana)
    with time_machine.travel(datetime(2027, 2, 1, 0, 10, tzinfo=madrid), tick=False):  # still January in UTC
        assert _gesture(ticket, "10", by=ana).pk


def test_a_budget_says_how_it_stands(ticket: Ticket, ana: User) -> None:
    budget = GestureBudget.objects.create(amount=10, most=8)
    _gesture(ticket, "4", by=ana)
    Recovery.objects.create(
        ticket=ticket, kind="gesture", text="Old", amount=9, by=ana, done_at=timezone.now() - timedelta(days=62)
    )

    stands = budget.state()

    assert (stands.amount, stands.spent, stands.left, stands.most) == (10, 4, 6, 8)
