"""The next contact with a customer: planned, moved, done, dropped, and the pages where it stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from cx import follow_ups, surveys
from cx.models import FollowUp, Invitation
from helpdesk.common.errors import Refusal
from helpdesk.people.models import User
from tests import factories
from tests.cast import Cast
from tests.workspace.reading import words_of
from tickets.models import Event, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
State = FollowUp.State


@pytest.fixture
def planned(cast: Cast, ticket: Ticket) -> FollowUp:
    due_at = timezone.now() + timedelta(days=2)
    return FollowUp.plan(cast.carla, text="Ask how it went", due_at=due_at, owner=cast.ana, ticket=ticket)


def late(follow_up: FollowUp, **by: float) -> None:
    FollowUp.objects.filter(pk=follow_up.pk).update(due_at=timezone.now() - timedelta(**by))


# --- The verbs -------------------------------------------------------------------------------------------------------


@pytest.mark.data_layer
def test_the_timetable_does_only_what_goes_by_itself(cast: Cast, planned: FollowUp) -> None:
    late(planned, days=1)

    assert follow_ups.send_due() == 0

    planned.refresh_from_db()
    assert planned.is_overdue
    assert not Invitation.objects.exists()


def test_a_planned_contact_keeps_no_ticket_from_closing(planned: FollowUp, ticket: Ticket) -> None:
    assert surveys.links_end([ticket.pk]) == {}


def test_a_reply_of_the_customer_does_not_drop_what_a_person_planned(planned: FollowUp, ticket: Ticket) -> None:
    ticket.receive(text="One more thing", customer=ticket.requester, channel="email")

    follow_ups.drop_planned(Event.objects.latest("pk"))

    planned.refresh_from_db()
    assert planned.is_planned


def test_the_same_planned_twice_is_one(cast: Cast, planned: FollowUp) -> None:
    again = FollowUp.plan(cast.carla, text=planned.text, due_at=planned.due_at, owner=cast.ana)

    assert again == planned
    assert FollowUp.objects.count() == 1


@pytest.mark.parametrize(("text", "days"), [("", 1), ("  ", 1), ("Call", -1)])
def test_what_says_nothing_or_has_passed_is_refused(cast: Cast, text: str, days: int) -> None:
    with pytest.raises(Refusal):
        FollowUp.plan(cast.carla, text=text, due_at=timezone.now() + timedelta(days=days), owner=cast.ana)
    assert not FollowUp.objects.exists()


@pytest.mark.data_layer
def test_each_end_is_reached_once_and_can_be_undone(planned: FollowUp) -> None:
    assert planned.finish()
    assert not planned.finish()
    assert not planned.drop(reason="Too late")
    assert (planned.state, planned.settled_at is not None) == (State.DONE, True)
    assert planned.resume()
    assert not planned.resume()
    assert planned.is_planned
    assert planned.drop(reason="They called")
    assert planned.state == State.DROPPED
    assert not planned.move(to=timezone.now() + timedelta(days=9))


# --- From the ticket and the customer's page -------------------------------------------------------------------------


def test_it_is_planned_from_the_ticket_at_the_hour_of_whoever_plans(
    as_user: Browser, ana: User, ticket: Ticket
) -> None:
    User.objects.filter(pk=ana.pk).update(time_zone="America/Lima")
    given = {"text": "Call about the refund", "due_on": "2099-07-01", "due_time": "12:00"}

    answer = as_user(ana).post(f"/tickets/{ticket.number}/follow-ups/", given, headers=HTMX)

    found = FollowUp.objects.get()
    assert found.due_at == datetime(2099, 7, 1, 12, tzinfo=ZoneInfo("America/Lima"))
    assert (found.customer, found.ticket, found.owner) == (ticket.requester, ticket, ana)
    assert "Call about the refund" in answer.content.decode()
    assert f"/follow-ups/{found.pk}/dropping/" in answer.content.decode()


def test_without_an_hour_it_is_in_the_morning(as_user: Browser, ana: User, ticket: Ticket) -> None:
    as_user(ana).post(f"/tickets/{ticket.number}/follow-ups/", {"text": "Call", "due_on": "2099-07-01"})

    assert timezone.localtime(FollowUp.objects.get().due_at, ZoneInfo("Europe/Madrid")).hour == 9


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": " "}, "Say what you will do."),
        ({"due_on": ""}, "Choose the day."),
        ({"due_on": "soon"}, "A day looks like 2026-09-16."),
        ({"due_time": "noonish"}, "A time looks like 12:00."),
        ({"due_on": "2020-01-01"}, "Choose a time that is still to come."),
    ],
)
@pytest.mark.parametrize("where", ["ticket", "customer"])
def test_what_is_missing_is_said(
    as_user: Browser, ana: User, ticket: Ticket, fields: dict[str, str], words: str, where: str
) -> None:
    given = {"text": "Call", "due_on": "2099-07-01", "due_time": "12:00", **fields}
    paths = {
        "ticket": f"/tickets/{ticket.number}/follow-ups/",
        "customer": f"/customers/{ticket.requester_id}/follow-ups/",
    }

    answer = as_user(ana).post(paths[where], given, headers=HTMX if where == "ticket" else {})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not FollowUp.objects.exists()


def test_a_colleague_can_be_named_if_they_see_the_customer(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    client, path = as_user(cast.ana), f"/customers/{cast.carla.pk}/follow-ups/"
    given = {"text": "Call", "due_on": "2099-07-01", "due_time": "12:00"}

    assert client.post(path, {**given, "owner": cast.ben.pk}).status_code == 422
    assert client.post(path, {**given, "owner": cast.lou.pk}).status_code == 422
    assert client.post(path, {**given, "owner": cast.lea.pk}).status_code == 302
    assert FollowUp.objects.get().owner == cast.lea


def test_done_moved_and_dropped_each_with_its_way_back(as_user: Browser, cast: Cast, planned: FollowUp) -> None:
    client, path = as_user(cast.ana), f"/follow-ups/{planned.pk}"
    was = planned.due_at

    page = client.post(f"{path}/done/", {"whose": "mine"}, follow=True).content.decode()
    assert f'action="{path}/resuming/"' in page
    assert "Nothing is planned" in page
    client.post(f"{path}/resuming/", {"whose": "mine"})
    client.post(f"{path}/moving/", {"due_on": "2099-01-02", "due_time": "10:00"})
    planned.refresh_from_db()
    assert planned.due_at.year == 2099
    client.post(f"{path}/moving/", {"back_to": was.isoformat()})
    planned.refresh_from_db()
    assert (planned.due_at, planned.state) == (was, State.PLANNED)
    client.post(f"{path}/dropping/")
    planned.refresh_from_db()
    assert planned.state == State.DROPPED


@pytest.mark.parametrize("fields", [{}, {"due_on": "x"}, {"due_on": "2020-01-01"}])
def test_a_day_that_cannot_be_moves_nothing(
    as_user: Browser, cast: Cast, planned: FollowUp, fields: dict[str, str]
) -> None:
    was = planned.due_at

    assert as_user(cast.ana).post(f"/follow-ups/{planned.pk}/moving/", fields).status_code == 302
    assert as_user(cast.ana).post(f"/follow-ups/{planned.pk}/moving/", {"back_to": "x"}).status_code == 404

    planned.refresh_from_db()
    assert planned.due_at == was


@pytest.mark.parametrize("verb", ["done", "moving", "dropping", "resuming"])
def test_nobody_touches_what_is_about_a_customer_they_do_not_see(
    as_user: Browser, cast: Cast, planned: FollowUp, verb: str
) -> None:
    path = f"/follow-ups/{planned.pk}/{verb}/"
    assert as_user(cast.ben).post(path, {"due_on": "2099-01-01"}).status_code == 404
    assert as_user(cast.lou).post(path).status_code == 403

    planned.refresh_from_db()
    assert planned.is_planned


def test_what_a_survey_waits_for_is_nothing_that_people_settle(
    as_user: Browser, cast: Cast, resolved_ticket: Ticket, settle: Callable[[], None]
) -> None:
    settle()
    automatic = FollowUp.objects.get(kind=FollowUp.Kind.REALLY_SOLVED)

    assert as_user(cast.mia).post(f"/follow-ups/{automatic.pk}/done/").status_code == 404


# --- The board -------------------------------------------------------------------------------------------------------


def test_the_board_has_a_column_for_each_time(as_user: Browser, cast: Cast, planned: FollowUp) -> None:
    overdue = FollowUp.plan(cast.carla, text="Late one", due_at=timezone.now() + timedelta(days=1), owner=cast.ana)
    late(overdue, hours=17)
    FollowUp.plan(cast.carla, text="Far one", due_at=timezone.now() + timedelta(days=40), owner=cast.ana)

    said = words_of(as_user(cast.ana).get("/follow-ups/").content.decode())

    assert "Follow-ups 3" in said
    assert "Overdue 1" in said
    assert "1 later than that" in said
    assert "1 overdue" in said  # in the left column, too
    assert said.index("Late one") < said.index("Ask how it went") < said.index("Far one")


def test_mine_my_teams_and_everybodys(as_user: Browser, cast: Cast, planned: FollowUp) -> None:
    factories.a_ticket(cast.dora, team=cast.installations)
    soon = timezone.now() + timedelta(days=1)
    FollowUp.plan(cast.carla, text="Of Lea", due_at=soon, owner=cast.lea)
    FollowUp.plan(cast.dora, text="Of Ben", due_at=soon, owner=cast.ben)

    def shown(user: User, whose: str) -> set[str]:
        page = as_user(user).get(f"/follow-ups/?whose={whose}").content.decode()
        return {text for text in ("Ask how it went", "Of Lea", "Of Ben") if f"{text}</a></h3>" in page}

    assert shown(cast.ana, "mine") == shown(cast.ana, "nonsense") == {"Ask how it went"}
    assert shown(cast.ana, "team") == {"Ask how it went", "Of Lea"}
    assert shown(cast.ana, "all") == {"Ask how it went", "Of Lea"}
    assert shown(cast.mia, "all") == {"Ask how it went", "Of Lea", "Of Ben"}
    assert shown(cast.mia, "mine") == set()


def test_overdue_contacts_are_a_number_that_a_manager_drives_to_nought(
    as_user: Browser, cast: Cast, planned: FollowUp
) -> None:
    """Duty 62."""
    late(planned, hours=2)
    client = as_user(cast.mia)
    assert "1 next contact is overdue" in words_of(client.get("/reports/").content.decode())

    client.post(f"/follow-ups/{planned.pk}/done/", {"whose": "all"})

    assert "No next contact is overdue" in words_of(client.get("/reports/").content.decode())
    assert "next contact" not in words_of(as_user(cast.gus).get("/reports/").content.decode())


@pytest.mark.parametrize("how_many", [2, 30])
def test_the_board_has_a_budget(
    as_user: Browser, cast: Cast, ticket: Ticket, django_assert_max_num_queries: Any, how_many: int
) -> None:
    for number in range(how_many):
        FollowUp.plan(
            cast.carla, text=f"Call {number}", due_at=timezone.now() + timedelta(days=1), owner=cast.ana, ticket=ticket
        )
    client = as_user(cast.ana)
    client.get("/notifications/")

    with django_assert_max_num_queries(9):
        client.get("/follow-ups/?whose=team")
