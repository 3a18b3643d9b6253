from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cx.models import Tagging
from helpdesk.people.models import User
from helpdesk.workspace.views import queue
from tests import factories
from tests.cast import Cast
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


def _rows(html: str) -> list[int]:
    return [int(number) for number in re.findall(r'href="/tickets/(\d+)/[^>]*data-row-link', html)]


def _get(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


@pytest.mark.parametrize("view", ["open", "unassigned", "team-billing"])
def test_a_new_ticket_of_the_team_stands_in_its_queues(as_user: Browser, ana: User, ticket: Ticket, view: str) -> None:
    html = _get(as_user(ana), f"/queue/{view}/")

    assert _rows(html) == [ticket.number]
    assert ticket.subject in html
    assert "Carla Cruz" in html


def test_another_teams_ticket_is_in_no_queue(as_user: Browser, ben: User, ticket: Ticket) -> None:
    for view in ("mine", "open", "unassigned", "waiting", "snoozed", "resolved", "closed", "team-installations"):
        assert _rows(_get(as_user(ben), f"/queue/{view}/")) == []


def test_another_teams_queue_does_not_exist(as_user: Browser, ben: User, ticket: Ticket) -> None:
    assert as_user(ben).get("/queue/team-billing/").status_code == 404
    assert as_user(ben).get("/queue/team-nobody/").status_code == 404


def test_a_manager_sees_every_team(as_user: Browser, mia: User, ticket: Ticket) -> None:
    html = _get(as_user(mia), "/queue/team-billing/")

    assert _rows(html) == [ticket.number]
    assert "Installations" in html


def test_who_is_not_signed_in_is_asked_to(client: Client, ticket: Ticket) -> None:
    answer = client.get("/queue/open/")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/?next=/queue/open/")


def test_a_guest_goes_to_the_report_and_sees_no_queue(as_user: Browser, gus: User, ticket: Ticket) -> None:
    assert as_user(gus).get("/queue/")["Location"] == "/reports/"
    assert as_user(gus).get("/queue/open/").status_code == 403


@pytest.mark.parametrize("who, view", [("ana", "mine"), ("lou", "open")])
def test_home_is_ones_own_queue(as_user: Browser, cast: Cast, who: str, view: str) -> None:
    assert as_user(getattr(cast, who)).get("/queue/")["Location"] == f"/queue/{view}/"


def test_each_ticket_stands_where_it_stands(as_user: Browser, cast: Cast, ana: User) -> None:
    client = as_user(ana)
    numbers = {}
    for name in ("mine", "waiting", "snoozed", "resolved"):
        ticket = factories.a_ticket(cast.carla, mailbox=cast.support, subject=name)
        numbers[name] = ticket.number
        ticket.assign(to=ana, by=ana)
        match name:
            case "waiting":
                ticket.wait(by=ana)
            case "snoozed":
                ticket.snooze(until=timezone.now() + timedelta(days=1), by=ana)
            case "resolved":
                ticket.resolve(by=ana, reason="Said on the phone")

    assert _rows(_get(client, "/queue/waiting/")) == [numbers["waiting"]]
    assert _rows(_get(client, "/queue/snoozed/")) == [numbers["snoozed"]]
    assert _rows(_get(client, "/queue/resolved/")) == [numbers["resolved"]]
    assert _rows(_get(client, "/queue/open/")) == [numbers["mine"]]
    assert sorted(_rows(_get(client, "/queue/mine/"))) == sorted([numbers["mine"], numbers["waiting"]])
    assert _rows(_get(client, "/queue/unassigned/")) == []


def test_what_is_due_first_stands_first(as_user: Browser, cast: Cast, ana: User) -> None:
    low = factories.a_ticket(cast.carla, mailbox=cast.support, priority="low")
    urgent = factories.a_ticket(cast.carla, mailbox=cast.support, priority="urgent")

    assert _rows(_get(as_user(ana), "/queue/open/")) == [urgent.number, low.number]


def test_a_ticket_is_unread_until_it_is_opened_and_again_when_the_customer_writes(
    as_user: Browser, ana: User, ticket: Ticket
) -> None:
    client = as_user(ana)
    assert "Unread:" in _get(client, "/queue/open/")

    client.get(f"/tickets/{ticket.number}/")
    assert "Unread:" not in _get(client, "/queue/open/")

    ticket.receive(text="And another thing", customer=ticket.requester, channel="email")
    assert "Unread:" in _get(client, "/queue/open/")


def test_a_suggestion_is_dashed_and_a_persons_word_is_solid(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging
) -> None:
    html = _get(as_user(ana), "/queue/open/")
    assert "chip gap sug" in html

    Tagging.confirm(ticket, by=ana)
    html = _get(as_user(ana), "/queue/open/")
    assert "chip gap" in html
    assert "chip gap sug" not in html


def test_what_is_not_likely_enough_is_to_be_tagged(
    as_user: Browser, ana: User, ticket: Ticket, suggest: Callable[..., Tagging]
) -> None:
    suggest(ticket, gap_confidence=0.49)

    html = _get(as_user(ana), "/queue/open/")

    assert "To be tagged" in html
    assert "chip gap" not in html


@pytest.mark.data_layer
@pytest.mark.parametrize("how_many", [1, 60])
def test_a_page_of_the_queue_costs_ten_queries_at_most(
    as_user: Browser, cast: Cast, suggest: Callable[..., Tagging], django_assert_max_num_queries: Any, how_many: int
) -> None:
    for number in range(how_many):
        customer = type(cast.carla).writing_from(f"somebody{number}@example.net")  # a name would be cheaper
        ticket = factories.a_ticket(customer, mailbox=cast.support)
        ticket.assign(to=cast.lea if number % 2 else cast.ana, by=cast.olu)
        suggest(ticket)
    client = as_user(cast.ana)

    with django_assert_max_num_queries(10):
        html = _get(client, "/queue/open/")

    assert len(_rows(html)) == min(how_many, queue.ROWS)


@pytest.mark.data_layer
def test_following_the_pages_shows_every_ticket_once(
    as_user: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "ROWS", 4)
    tickets = [factories.a_ticket(cast.carla, mailbox=cast.support) for _ in range(14)]
    same = tickets[0].due_next_at
    Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets[2:11]]).update(due_next_at=same)
    client, address, seen = as_user(cast.ana), "/queue/open/", []

    while address:
        html = _get(client, address)
        seen += _rows(html)
        further = re.search(r'href="(/queue/open/\?after=[^"]+)" rel="next"', html)
        address = further[1] if further else ""

    assert seen == [ticket.number for ticket in Ticket.objects.due_first()]
    assert len(seen) == 14


def test_numbers_stop_at_a_thousand(as_user: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from helpdesk.workspace import navigation

    monkeypatch.setattr(navigation, "MOST_COUNTED", 3)
    for _ in range(5):
        factories.a_ticket(cast.carla, mailbox=cast.support)

    assert "3+" in _get(as_user(cast.ana), "/queue/open/")
    assert navigation.counted(2) == "2"


def test_an_empty_queue_says_so_and_names_a_way_on(as_user: Browser, ana: User, ticket: Ticket) -> None:
    html = _get(as_user(ana), "/queue/mine/")

    assert "Nothing is due" in html
    assert 'href="/queue/unassigned/"' in html


def test_a_new_installation_says_what_will_be_here(as_user: Browser, ana: User) -> None:
    assert "No tickets yet" in _get(as_user(ana), "/queue/open/")


def test_what_a_customer_typed_is_shown_and_never_run(as_user: Browser, cast: Cast) -> None:
    factories.a_ticket(cast.carla, mailbox=cast.support, subject="<script>alert(1)</script>", text="<img src=x>")

    html = _get(as_user(cast.ana), "/queue/open/")

    assert "<script>alert(1)" not in html
    assert "<img src=x>" not in html
    assert "&lt;script&gt;alert(1)" in html
