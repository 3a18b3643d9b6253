from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from cx.models import Promise
from helpdesk.people.models import User
from helpdesk.workspace import queues
from helpdesk.workspace.asking import Question
from tests import factories
from tests.cast import Cast
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def _record(client: Client, ticket: Ticket, **fields: Any) -> Any:
    tomorrow = (timezone.now() + timedelta(days=1)).date()
    given = {"what": "Call with a slot", "due_on": tomorrow, "due_time": "12:00", **fields}
    return client.post(f"/tickets/{ticket.number}/promises/", given, headers=HTMX)


def test_a_promise_is_due_at_the_hour_of_who_records_it(as_user: Browser, ana: User, ticket: Ticket) -> None:
    User.objects.filter(pk=ana.pk).update(time_zone="America/Lima")

    answer = _record(as_user(ana), ticket, due_on="2099-07-01", due_time="12:00")

    promise = Promise.objects.get()
    assert promise.due_at == datetime(2099, 7, 1, 12, tzinfo=ZoneInfo("America/Lima"))
    assert promise.owner == ana
    assert "Call with a slot" in answer.content.decode()


def test_a_team_can_owe_it(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    _record(as_user(cast.ana), ticket, team=cast.installations.pk)

    assert Promise.objects.get().owner_team == cast.installations
    assert Promise.objects.get().owner is None


def test_the_ticket_is_due_by_then(as_user: Browser, ana: User, ticket: Ticket) -> None:
    soon = timezone.localtime(timezone.now() + timedelta(minutes=30), ZoneInfo("Europe/Madrid"))

    _record(as_user(ana), ticket, due_on=soon.date(), due_time=soon.strftime("%H:%M"))

    ticket.refresh_from_db()
    assert ticket.due_next_kind == "promise"


def test_the_same_promise_posted_twice_is_one(as_user: Browser, ana: User, ticket: Ticket) -> None:
    for _ in range(2):
        assert _record(as_user(ana), ticket).status_code == 200

    assert Promise.objects.count() == 1


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"what": " "}, "Say what was promised."),
        ({"due_on": ""}, "Choose the day."),
        ({"due_on": "soon"}, "A day looks like 2026-09-16."),
        ({"due_time": "noonish"}, "A time looks like 12:00."),
        ({"due_on": "2020-01-01"}, "The promise must be due later than now."),
    ],
)
def test_what_is_missing_is_said(
    as_user: Browser, ana: User, ticket: Ticket, fields: dict[str, str], words: str
) -> None:
    answer = _record(as_user(ana), ticket, **fields)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Promise.objects.exists()


@pytest.mark.parametrize("path, state", [("kept", "kept"), ("withdrawn", "withdrawn")])
def test_a_promise_is_settled_once(as_user: Browser, ana: User, ticket: Ticket, path: str, state: str) -> None:
    promise = Promise.make(ticket, what="Call", due_at=timezone.now() + timedelta(hours=3), by=ana)

    for _ in range(2):
        answer = as_user(ana).post(f"/tickets/{ticket.number}/promises/{promise.pk}/{path}/")
        assert answer.status_code == 302

    promise.refresh_from_db()
    assert promise.state == state
    assert ticket.events.filter(kind="cx.promise_settled").count() == 1


def test_a_broken_promise_can_still_be_kept_late(as_user: Browser, ana: User, ticket: Ticket) -> None:
    promise = Promise.make(ticket, what="Call", due_at=timezone.now() + timedelta(hours=3), by=ana)
    Promise.objects.filter(pk=promise.pk).update(due_at=timezone.now() - timedelta(hours=1))
    promise.refresh_from_db()
    promise.mark_broken()

    as_user(ana).post(f"/tickets/{ticket.number}/promises/{promise.pk}/kept/")

    promise.refresh_from_db()
    assert promise.state == "kept_late"


def test_a_promise_belongs_to_its_ticket(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    promise = Promise.make(ticket, what="Call", due_at=timezone.now() + timedelta(hours=3), by=cast.ana)
    other = factories.a_ticket(cast.dora, mailbox=cast.support)

    assert as_user(cast.ana).post(f"/tickets/{other.number}/promises/{promise.pk}/kept/").status_code == 404


# --- The queue of what is owed ----------------------------------------------------------------------------------------


def _in_the_queue(client: Client) -> list[int]:
    html = client.get("/queue/promises/").content.decode()
    return [int(number) for number in re.findall(r'href="/tickets/(\d+)/[^>]*data-row-link', html)]


def test_what_we_owe_stands_in_a_queue_nearest_first_until_it_is_kept(
    as_user: Browser, cast: Cast, ticket: Ticket
) -> None:
    sooner = factories.a_ticket(cast.carla, mailbox=cast.support, subject="Sooner")
    factories.a_ticket(cast.carla, mailbox=cast.support, subject="Nothing promised")
    now = timezone.now()
    late = Promise.make(ticket, what="Call", due_at=now + timedelta(minutes=9), by=cast.ana)
    soon = Promise.make(sooner, what="Send the slot", due_at=now + timedelta(minutes=5), by=cast.ana)

    assert _in_the_queue(as_user(cast.ana)) == [sooner.number, ticket.number]
    assert _in_the_queue(as_user(cast.ben)) == []

    soon.keep(by=cast.ana)
    with time_machine.travel(now + timedelta(hours=1)):
        late.mark_broken()
        assert _in_the_queue(as_user(cast.ana)) == [ticket.number]  # it can still be kept late
        late.keep(by=cast.ana)
        assert _in_the_queue(as_user(cast.ana)) == []


def test_the_queue_and_what_is_asked_for_in_words_are_the_same(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    Promise.make(ticket, what="Call", due_at=timezone.now() + timedelta(hours=1), by=cast.ana)
    factories.a_ticket(cast.carla, mailbox=cast.support, subject="Nothing promised")

    found = Question.of(queues.PROMISES.query, cast.ana).among(Ticket.objects.visible_to(cast.ana))

    assert list(found) == list(queues.PROMISES.tickets_for(cast.ana)) == [ticket]
