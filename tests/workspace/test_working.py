"""Assignment, team, priority and status, at the door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from helpdesk.people.models import User
from tests import factories
from tests.cast import Cast
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def _post(client: Client, ticket: Ticket, path: str, **fields: Any) -> Any:
    answer = client.post(f"/tickets/{ticket.number}/{path}/", fields, headers=HTMX)
    ticket.refresh_from_db()
    return answer


def test_a_ticket_is_taken_given_and_left_to_nobody(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    client = as_user(cast.ana)

    assert "Assigned to you." in _post(client, ticket, "assignment", assignee=cast.ana.pk).content.decode()
    assert ticket.assignee == cast.ana
    assert "Assigned to Lea" in _post(client, ticket, "assignment", assignee=cast.lea.pk).content.decode()
    assert ticket.assignee == cast.lea
    assert "Unassigned." in _post(client, ticket, "assignment", assignee="").content.decode()
    assert ticket.assignee is None


def test_taking_a_ticket_twice_is_one_event(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    for _ in range(2):
        _post(as_user(cast.ana), ticket, "assignment", assignee=cast.ana.pk)

    assert ticket.events.filter(kind="ticket.assigned").count() == 1


@pytest.mark.parametrize("who", ["ben", "lou", "gus"])
def test_nobody_is_given_a_ticket_who_cannot_answer_it(as_user: Browser, cast: Cast, ticket: Ticket, who: str) -> None:
    answer = _post(as_user(cast.ana), ticket, "assignment", assignee=getattr(cast, who).pk)

    assert answer.status_code == 422
    assert ticket.assignee is None


def test_undo_gives_the_ticket_back(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    ticket.assign(to=cast.lea, by=cast.lea)

    html = _post(as_user(cast.ana), ticket, "assignment", assignee=cast.ana.pk).content.decode()

    assert f'name="assignee" value="{cast.lea.pk}"' in html


def test_who_moves_a_ticket_out_of_sight_goes_back_to_the_queue(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    client = as_user(cast.ana)

    answer = client.post(f"/tickets/{ticket.number}/team/", {"team": cast.installations.pk})

    ticket.refresh_from_db()
    assert ticket.team == cast.installations
    assert answer["Location"] == "/queue/"
    assert client.get(f"/tickets/{ticket.number}/").status_code == 404
    assert as_user(cast.ben).get(f"/tickets/{ticket.number}/").status_code == 200


def test_a_team_that_is_none_is_refused(as_user: Browser, ana: User, ticket: Ticket) -> None:
    assert _post(as_user(ana), ticket, "team", team=999).status_code == 422


def test_the_priority_is_set(as_user: Browser, ana: User, ticket: Ticket) -> None:
    assert _post(as_user(ana), ticket, "priority", priority="urgent").status_code == 200
    assert ticket.priority == "urgent"
    assert _post(as_user(ana), ticket, "priority", priority="burning").status_code == 422
    assert ticket.priority == "urgent"


def test_the_form_for_handing_over_is_a_page_of_its_own(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    html = as_user(cast.ana).get(f"/tickets/{ticket.number}/assignment/").content.decode()

    assert "Lea Lindgren" in html
    assert "Ben Barker" not in html
    assert "Installations" in html


def test_resolving_goes_on_with_the_next_ticket_of_the_queue(as_user: Browser, cast: Cast) -> None:
    first = factories.a_ticket(cast.carla, mailbox=cast.support, priority="urgent")
    second = factories.a_ticket(cast.carla, mailbox=cast.support)
    first.reply(by=cast.lea, text="Done.")
    Ticket.objects.filter(pk=first.pk).update(due_next_at=timezone.now())
    client = as_user(cast.ana)

    answer = client.post(f"/tickets/{first.number}/resolution/?in=open")

    first.refresh_from_db()
    assert first.status == "resolved"
    assert answer["Location"] == f"/tickets/{second.number}/?in=open"
    html = client.get(answer["Location"]).content.decode()
    assert f"Resolved #{first.number}." in html
    assert f'action="/tickets/{first.number}/reopening/?in=open"' in html


def test_after_the_last_ticket_comes_the_queue(as_user: Browser, ana: User, resolved_ticket: Ticket) -> None:
    answer = as_user(ana).post(f"/tickets/{resolved_ticket.number}/resolution/?in=open")

    assert answer["Location"] == "/queue/open/"


def test_an_unanswered_ticket_is_resolved_with_a_reason_only(as_user: Browser, ana: User, ticket: Ticket) -> None:
    refused = _post(as_user(ana), ticket, "resolution", reason="  ")
    assert refused.status_code == 422
    assert "say why no reply is needed" in refused.content.decode()
    assert ticket.is_open

    _post(as_user(ana), ticket, "resolution", reason="A test mail")
    assert ticket.status == "resolved"
    assert ticket.resolution_reason == "A test mail"


def test_resolving_twice_is_one_event(as_user: Browser, ana: User, resolved_ticket: Ticket) -> None:
    _post(as_user(ana), resolved_ticket, "resolution")

    assert resolved_ticket.events.filter(kind="ticket.resolved").count() == 1


def test_a_resolved_ticket_is_reopened_and_a_closed_one_is_not(
    as_user: Browser, ana: User, resolved_ticket: Ticket
) -> None:
    assert _post(as_user(ana), resolved_ticket, "reopening").status_code == 200
    assert resolved_ticket.is_open

    resolved_ticket.resolve(by=ana)
    resolved_ticket.close()
    assert _post(as_user(ana), resolved_ticket, "reopening").status_code == 422
    assert resolved_ticket.is_closed


def test_what_the_survey_reopened_is_told_in_words(as_user: Browser, ana: User, resolved_ticket: Ticket) -> None:
    resolved_ticket.reopen(by=None, reason="survey")

    html = as_user(ana).get(f"/tickets/{resolved_ticket.number}/").content.decode()

    assert "The customer says that it is not solved" in html
    assert "survey" not in html.partition("The customer says that it is not solved")[2][:40]


def test_waiting_and_back(as_user: Browser, ana: User, ticket: Ticket) -> None:
    assert _post(as_user(ana), ticket, "waiting").status_code == 200
    assert ticket.status == "waiting"
    assert _post(as_user(ana), ticket, "reopening").status_code == 200
    assert ticket.is_open


def test_a_resolved_ticket_does_not_wait(as_user: Browser, ana: User, resolved_ticket: Ticket) -> None:
    assert _post(as_user(ana), resolved_ticket, "waiting").status_code == 422


@pytest.mark.parametrize("preset", ["later", "tomorrow", "next_week"])
def test_a_ticket_is_snoozed_until_a_usual_time_and_woken(
    as_user: Browser, ana: User, ticket: Ticket, preset: str
) -> None:
    assert _post(as_user(ana), ticket, "snooze", preset=preset).headers["HX-Redirect"] == "/queue/mine/"
    assert ticket.status == "snoozed"
    assert ticket.snoozed_until is not None
    until = timezone.localtime(ticket.snoozed_until, ana.zone)
    today = timezone.localtime(timezone.now(), ana.zone).date()
    match preset:
        case "later":
            assert timedelta(hours=2) < ticket.snoozed_until - timezone.now() <= timedelta(hours=3)
        case "tomorrow":
            assert (until.date(), until.hour) == (today + timedelta(days=1), 8)
        case "next_week":
            assert (until.weekday(), until.hour) == (0, 8)
            assert today < until.date() <= today + timedelta(days=7)

    assert _post(as_user(ana), ticket, "waking").status_code == 200
    assert ticket.is_open


@pytest.mark.parametrize("fields", [{}, {"on": "2020-01-01", "at": "08:00"}, {"on": "someday"}, {"preset": "never"}])
def test_a_snooze_needs_a_time_to_come(as_user: Browser, ana: User, ticket: Ticket, fields: dict[str, str]) -> None:
    assert _post(as_user(ana), ticket, "snooze", **fields).status_code == 422
    assert ticket.is_open
