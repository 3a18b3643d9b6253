"""What was done to make up for something, at the agents' door: the rail, the budgets, the report of a month."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cx.models import GestureBudget, Invitation, Recovery, Response
from cx.reports.measures import Paired
from helpdesk.people.models import Customer, User
from tests import factories
from tests.cast import Cast
from tests.cx.tagged import a_tagged_ticket
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
GESTURE = {"kind": "gesture", "text": "Flowers", "amount": "12,50 €"}


def _record(client: Client, ticket: Ticket, *, htmx: bool = True, **fields: Any) -> Any:
    headers = HTMX if htmx else {}
    return client.post(f"/tickets/{ticket.number}/recoveries/", {**GESTURE, **fields}, headers=headers)


# --- The rail ---------------------------------------------------------------------------------------------------------


def test_what_was_done_stands_in_the_rail_and_can_be_undone_and_undone_again(
    as_user: Browser, ana: User, ticket: Ticket
) -> None:
    client = as_user(ana)

    html = _record(client, ticket).content.decode()

    done = Recovery.objects.get()
    assert (done.amount, done.by) == (Decimal("12.50"), ana)
    assert "€12.50" in html
    assert "Ana Alonso made up for it: Gesture, Flowers (€12.50)" in html
    before = Recovery.objects.values().get()
    back = f"/tickets/{ticket.number}/recoveries/{done.pk}/taking-back/"
    assert back in html
    for _ in range(2):
        assert client.post(back, headers=HTMX).status_code == 200
    assert not Recovery.objects.exists()
    event = ticket.events.get(kind="cx.recovery_undone")
    for _ in range(2):
        client.post(f"/tickets/{ticket.number}/recoveries/putting-back/", {"event": event.pk}, headers=HTMX)
    assert Recovery.objects.values().get() == before


def test_the_same_form_sent_twice_is_one_thing_done(as_user: Browser, ana: User, ticket: Ticket) -> None:
    for _ in range(2):
        assert _record(as_user(ana), ticket).status_code == 200

    assert Recovery.objects.count() == 1


@pytest.mark.parametrize("htmx", [True, False])
@pytest.mark.parametrize(
    "fields, words",
    [
        ({"amount": "12 flowers"}, "An amount looks like 12.50."),
        ({"amount": "-5"}, "An amount looks like 12.50."),
        ({"amount": ""}, "Say what the gesture is worth."),
        ({"amount": "50"}, "€20 of €20"),
        ({"text": " "}, "Say in a few words what was done."),
        ({"kind": "bribe"}, "Choose what was done."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_recorded(
    as_user: Browser, ana: User, ticket: Ticket, fields: dict[str, str], words: str, htmx: bool
) -> None:
    GestureBudget.objects.create(amount=20)

    answer = _record(as_user(ana), ticket, htmx=htmx, **fields)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Recovery.objects.exists()


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_the_form_says_what_is_left(as_user: Browser, ana: User, ticket: Ticket, headers: dict[str, str]) -> None:
    GestureBudget.objects.create(amount=100, most=30)
    _record(as_user(ana), ticket)

    html = as_user(ana).get(f"/tickets/{ticket.number}/recoveries/", headers=headers).content.decode()

    assert "€87.50 of €100 are left for gestures this month, at most €30 for one." in html


@pytest.mark.parametrize("path", ["recoveries/", "recoveries/1/taking-back/", "recoveries/putting-back/"])
def test_only_who_answers_the_ticket_may(as_user: Browser, cast: Cast, ticket: Ticket, path: str) -> None:
    for user, status in ((cast.ben, 404), (cast.lou, 403), (cast.gus, 403)):
        assert as_user(user).post(f"/tickets/{ticket.number}/{path}", GESTURE).status_code == status
    assert not Recovery.objects.exists()


def test_it_belongs_to_its_ticket(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    done = Recovery.record(ticket, kind="apology", text="Called", by=cast.ana)
    other = factories.a_ticket(cast.dora, mailbox=cast.support)

    assert as_user(cast.ana).post(f"/tickets/{other.number}/recoveries/{done.pk}/taking-back/").status_code == 404
    assert Recovery.objects.exists()


def test_who_only_reads_sees_what_was_done_and_no_button(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    Recovery.record(ticket, kind="apology", text="Called and said sorry", by=cast.ana)

    html = as_user(cast.lou).get(f"/tickets/{ticket.number}/").content.decode()

    assert "Called and said sorry" in html
    assert f"/tickets/{ticket.number}/recoveries/" not in html


# --- Budgets ----------------------------------------------------------------------------------------------------------


def test_budgets_are_kept_for_teams_and_everybody_else_and_undo_sends_them_back(as_user: Browser, cast: Cast) -> None:
    GestureBudget.objects.create(amount=50)
    client, key = as_user(cast.mia), cast.billing.pk

    answer = client.post(
        "/settings/budgets/", {"amount-all": "", "most-all": "", f"amount-{key}": "1.200,50", f"most-{key}": "20"}
    )

    assert answer.status_code == 302
    row = GestureBudget.objects.get()
    assert (row.team, row.amount, row.most) == (cast.billing, Decimal("1200.50"), Decimal(20))
    undo = client.session["flash"]["undo"]
    assert client.post(undo["url"], undo["fields"]).status_code == 302
    row = GestureBudget.objects.get()
    assert (row.team, row.amount, row.most) == (None, 50, None)
    assert client.post(undo["url"], undo["fields"]).status_code == 302
    assert GestureBudget.objects.get() == row


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"amount-all": "lots"}, "An amount looks like 12.50."),
        ({"amount-all": "", "most-all": "5"}, "Enter what may be given in a month."),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(
    as_user: Browser, mia: User, fields: dict[str, str], words: str
) -> None:
    answer = as_user(mia).post("/settings/budgets/", fields)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not GestureBudget.objects.exists()


@pytest.mark.parametrize("who, status", [("olu", 200), ("mia", 200), ("lea", 403), ("ana", 403), ("gus", 403)])
def test_only_who_names_fields_keeps_budgets(as_user: Browser, cast: Cast, who: str, status: int) -> None:
    assert as_user(getattr(cast, who)).get("/settings/budgets/").status_code == status


# --- The report -------------------------------------------------------------------------------------------------------


def test_the_log_shows_who_gave_what_against_the_budget_and_goes_into_a_spreadsheet(
    as_user: Browser, cast: Cast, ticket: Ticket
) -> None:
    GestureBudget.objects.create(amount=100)
    Recovery.record(ticket, kind="gesture", text="=1+1", amount=Decimal("12.50"), by=cast.ana)
    Recovery.record(ticket, kind="compensation", text="A refund", amount=Decimal(99), by=cast.ana)

    html = as_user(cast.ana).get("/reports/recoveries/").content.decode()
    rows = list(csv.reader(io.StringIO(as_user(cast.ana).get("/reports/recoveries.csv").content.decode("utf-8-sig"))))

    assert "1 gesture, worth €12.50" in html
    assert "€12.50 of €100" in html
    assert "A refund" not in html
    assert len(rows) == 2
    assert rows[1][1:] == ["Ana Alonso", str(ticket.number), "Billing", "'=1+1", "12.5", "EUR"]


def test_it_shows_what_the_reader_may_see_in_that_month(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    done = Recovery.record(ticket, kind="gesture", text="Flowers for Carla", amount=Decimal(5), by=cast.ana)

    assert "Flowers for Carla" not in as_user(cast.ben).get("/reports/recoveries/").content.decode()
    assert "Flowers" not in as_user(cast.ben).get("/reports/recoveries.csv").content.decode()
    Recovery.objects.update(done_at=timezone.now() - timedelta(days=40))
    assert "Flowers for Carla" not in as_user(cast.ana).get("/reports/recoveries/").content.decode()
    done.refresh_from_db()
    earlier = f"/reports/recoveries/?month={timezone.localtime(done.done_at):%Y-%m}"
    assert "Flowers for Carla" in as_user(cast.ana).get(earlier).content.decode()


@pytest.mark.parametrize("month", ["", "nonsense", "2026-13", "0000-01", "9999-12", "1999-05"])
def test_a_month_that_is_none_is_this_one(as_user: Browser, ana: User, month: str) -> None:
    assert as_user(ana).get(f"/reports/recoveries/?month={month}").status_code == 200


def test_the_wall_has_the_customers_own_words(as_user: Browser, cast: Cast) -> None:
    glad = a_tagged_ticket(
        cast.carla, direction="exceeded", at=timezone.now(), text="Back the same evening!", team=cast.billing
    )
    a_tagged_ticket(cast.carla, at=timezone.now(), text="Still broken.", team=cast.billing)

    html = as_user(cast.ana).get("/reports/recoveries/").content.decode()

    assert "Back the same evening!" in html
    assert f"#{glad.number}" in html
    assert "Still broken." not in html
    assert "Back the same evening!" not in as_user(cast.ben).get("/reports/recoveries/").content.decode()


def test_a_guest_reads_whether_it_helped_and_about_nobody(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    Recovery.record(ticket, kind="gesture", text="Flowers for Carla", amount=Decimal(5), by=cast.ana)

    html = as_user(cast.gus).get("/reports/recoveries/").content.decode()

    assert "Fewer than 10 customers" in html
    assert "Flowers for Carla" not in html
    assert as_user(cast.gus).get("/reports/recoveries.csv").status_code == 403


# --- Before and after -------------------------------------------------------------------------------------------------


def _answered(ticket: Ticket, score: int, *, days_ago: float) -> None:
    at = timezone.now() - timedelta(days=days_ago)
    asked = Invitation.objects.create(kind="csat", customer=ticket.requester, ticket=ticket, invited_at=at)
    Response.objects.create(invitation=asked, score=score, answered_at=at)


def _recovered(cast: Cast, *, before: int, after: int) -> Ticket:
    customer = Customer.objects.create(name="Somebody")
    ticket = factories.a_ticket(customer, team=cast.billing)
    done = Recovery.record(ticket, kind="apology", text="Called", by=cast.ana)
    Recovery.objects.filter(pk=done.pk).update(done_at=timezone.now() - timedelta(days=20))
    _answered(ticket, 3 if before > 3 else 5, days_ago=60)  # an older one, which does not count
    _answered(ticket, before, days_ago=30)
    _answered(ticket, after, days_ago=10)
    _answered(ticket, 1, days_ago=2)  # a later one, which does not count either
    return ticket


def test_under_ten_customers_nothing_is_said(as_user: Browser, cast: Cast) -> None:
    for _ in range(9):
        _recovered(cast, before=1, after=5)

    html = as_user(cast.mia).get("/reports/recoveries/").content.decode()

    assert "9 customers answered both before and after: too few for a share." in html
    assert "were satisfied before" not in html


def test_from_ten_on_there_is_a_difference_with_its_interval(as_user: Browser, cast: Cast) -> None:
    for number in range(12):
        _recovered(cast, before=4 if number < 3 else 2, after=5 if number < 11 else 1)

    html = as_user(cast.mia).get("/reports/recoveries/").content.decode()

    assert "Of 12 customers, <b>25%</b> were satisfied before and <b>92%</b> after." in html
    assert "+66.7 points" in html
    assert "More satisfied than before." in html


def test_a_customer_counts_once_and_only_with_both_answers(cast: Cast, as_user: Browser) -> None:
    ticket = _recovered(cast, before=1, after=5)
    Recovery.record(ticket, kind="fix", text="Again", by=cast.ana)
    alone = factories.a_ticket(cast.carla, team=cast.billing)
    Recovery.record(alone, kind="apology", text="Called", by=cast.ana)

    assert "1 customer answered both" in as_user(cast.mia).get("/reports/recoveries/").content.decode()


def test_the_interval_of_paired_answers_is_that_of_the_books() -> None:
    """Two media for the same 50 specimens (Armitage and Berry): 20 grew on both, 12 and 2 on one, 16 on neither."""
    change = Paired(both=20, lost=2, gained=12, neither=16).change

    assert change is not None
    assert [round(each, 4) for each in (change.value, change.low, change.high)] == [0.2, 0.0562, 0.3292]
    assert round(change.p, 4) == 0.0129
    assert Paired().change is None
