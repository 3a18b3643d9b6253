"""How a list is shown: its order, table or entries, which columns. Chosen once, kept with the person."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cx import stakes
from cx.models import Tagging
from helpdesk.people.models import User
from helpdesk.people.preferences import Preferences
from helpdesk.workspace.columns import ALWAYS, COLUMNS, USUAL, columns_of, kept
from helpdesk.workspace.views import queue
from tests import factories
from tests.cast import Cast
from tests.workspace.listing import through_all_pages
from tickets.models import SavedView, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
ROW = r'href="/tickets/(\d+)/[^>]*data-row-link'


def rows(html: str) -> list[int]:
    return [int(number) for number in re.findall(ROW, html)]


def show(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def heads(html: str) -> list[str]:
    return re.findall(r'<th role="columnheader" class="c-([a-z]+)"', html)


@pytest.fixture
def at_stake(cast: Cast) -> dict[str, Ticket]:
    """One due soon of which nothing is known, one due later that fell short badly, one with nothing due."""
    tickets = {}
    for name, hours in (("soon", 3), ("harm", 6), ("idle", 0)):
        customer = type(cast.carla).writing_from(f"{name}@example.net", name=name.title())
        ticket = factories.a_ticket(customer, mailbox=cast.support, subject=name)
        if hours:
            Ticket.objects.filter(pk=ticket.pk).update(due_next_at=timezone.now() + timedelta(hours=hours))
        else:
            ticket.targets.all().delete()
            ticket.wait(by=cast.ana)
            ticket.reopen(by=cast.ana)
            ticket.targets.all().delete()
            Ticket.objects.filter(pk=ticket.pk).update(due_next_at="9999-01-01T00:00Z", due_next_kind="")
        tickets[name] = ticket
    Tagging.say(tickets["harm"], by=cast.ana, journey_stage="use", gap_primary="quality", severity=3)
    stakes.weigh_waiting()
    return tickets


# --- The order -----------------------------------------------------------------------------------------------------


def test_the_second_order_divides_the_time_left_by_what_is_at_stake(
    as_user: Browser, ana: User, at_stake: dict[str, Ticket]
) -> None:
    client = as_user(ana)
    numbers = {name: ticket.number for name, ticket in at_stake.items()}

    assert rows(show(client, "/queue/open/")) == [numbers["soon"], numbers["harm"], numbers["idle"]]
    assert rows(show(client, "/queue/open/?order=risk")) == [numbers["harm"], numbers["soon"], numbers["idle"]]


def test_a_row_says_why_it_stands_there_and_not_only_to_a_pointer(
    as_user: Browser, ana: User, at_stake: dict[str, Ticket]
) -> None:
    html = show(as_user(ana), "/queue/open/?order=risk")
    why = re.findall(r'<details class="menu why".*?</details>', html, re.S)

    assert len(why) == 3
    assert "<summary" in why[0]
    assert "Weighs 3 of 12" in why[0]
    assert re.search(r'title="Due in (6 h|5 h 59 min) · fell short, severity 3"', why[0])
    assert "<li>fell short, severity 3</li>" in why[0]
    assert "<li>Nothing is due</li>" in why[2]


def test_a_ticket_that_is_not_weighed_yet_is_in_the_list_all_the_same(
    as_user: Browser, ana: User, ticket: Ticket
) -> None:
    assert rows(show(as_user(ana), "/queue/open/?order=risk")) == [ticket.number]


def test_in_the_first_order_nothing_is_said_of_stakes(as_user: Browser, ana: User, at_stake: dict[str, Ticket]) -> None:
    assert 'class="menu why"' not in show(as_user(ana), "/queue/open/")


def test_the_order_is_in_the_address_and_chosen_in_a_menu(
    as_user: Browser, ana: User, at_stake: dict[str, Ticket]
) -> None:
    client = as_user(ana)
    html = show(client, "/queue/open/?q=status%3Aopen")
    address = re.search(r'<a class="menu-item" href="([^"]+)">[^<]*<span class="no-icon"></span>Expectation', html)
    assert address
    assert "order=risk" in address[1]
    assert "q=status:open" in unescape(address[1])

    shown = show(client, unescape(address[1]))
    assert 'href="/queue/open/?q=status:open">' in shown  # the list's own order needs no word in the address
    assert re.search(r'href="/tickets/\d+/\?in=open[^"]*order=risk[^>]*data-row-link', shown)


@pytest.mark.parametrize("order", ["nonsense", "", "%00", "risk'"])
def test_an_order_that_is_none_is_the_lists_own(
    as_user: Browser, ana: User, at_stake: dict[str, Ticket], order: str
) -> None:
    assert rows(show(as_user(ana), f"/queue/open/?order={order}"))[0] == at_stake["soon"].number


@pytest.mark.parametrize("view", ["snoozed", "resolved", "closed"])
def test_a_list_with_an_order_of_its_own_offers_no_other(
    as_user: Browser, ana: User, ticket: Ticket, view: str
) -> None:
    html = show(as_user(ana), f"/queue/{view}/?order=risk")

    assert "Order of this list" not in html


def test_a_saved_view_remembers_its_order(as_user: Browser, ana: User, at_stake: dict[str, Ticket]) -> None:
    view = SavedView.objects.create(name="At risk", query="status:open", order="risk", owner=ana)
    client = as_user(ana)

    assert rows(show(client, f"/queue/view-{view.pk}/"))[0] == at_stake["harm"].number
    assert rows(show(client, f"/queue/view-{view.pk}/?order=due"))[0] == at_stake["soon"].number


def test_the_list_beside_a_ticket_and_the_next_one_keep_the_order(
    as_user: Browser, ana: User, at_stake: dict[str, Ticket]
) -> None:
    client = as_user(ana)
    harm, soon = at_stake["harm"], at_stake["soon"]
    html = show(client, f"/tickets/{harm.number}/?in=open&order=risk")
    assert rows(html)[:2] == [harm.number, soon.number]

    answer = client.post(f"/tickets/{harm.number}/resolution/?in=open&order=risk", {"reason": "Said on the phone"})
    assert answer["Location"].startswith(f"/tickets/{soon.number}/?in=open")
    assert "order=risk" in answer["Location"]


@pytest.mark.data_layer
def test_the_pages_of_the_second_order_show_every_ticket_once(
    as_user: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "ROWS", 4)
    tickets = [factories.a_ticket(cast.carla, mailbox=cast.support) for _ in range(14)]
    for number, ticket in enumerate(tickets):
        Ticket.objects.filter(pk=ticket.pk).update(risk=number % 5 * 3)
    client = as_user(cast.ana)

    seen = [int(number) for number in through_all_pages(client, "/queue/open/?order=risk", row=ROW)]

    assert sorted(seen) == sorted(ticket.number for ticket in tickets)


@pytest.mark.data_layer
@pytest.mark.parametrize("how_many", [1, 60])
def test_the_second_order_costs_eleven_queries_at_most(
    as_user: Browser, cast: Cast, django_assert_max_num_queries: Any, how_many: int
) -> None:
    for number in range(how_many):
        customer = type(cast.carla).writing_from(f"somebody{number}@example.net")
        ticket = factories.a_ticket(customer, mailbox=cast.support)
        Tagging.say(ticket, by=cast.ana, journey_stage="use", gap_primary="quality", severity=number % 3 + 1)
    stakes.weigh_waiting()
    client = as_user(cast.ana)

    with django_assert_max_num_queries(11):
        html = show(client, "/queue/open/?order=risk")

    assert len(rows(html)) == min(how_many, queue.ROWS)


# --- Table or entries, and which columns ---------------------------------------------------------------------------


def test_a_list_of_entries_is_chosen_once_and_kept(as_user: Browser, ana: User, ben: User, ticket: Ticket) -> None:
    client = as_user(ana)
    assert "<table" in show(client, "/queue/open/")

    answer = client.post("/preferences/display/", {"layout": "list", "next": "/queue/open/?order=risk"})

    assert answer["Location"] == "/queue/open/?order=risk"
    html = show(client, "/queue/team-billing/")
    assert "<table" not in html
    assert rows(html) == [ticket.number]
    assert "Unread:" in html
    assert f'name="tickets" value="{ticket.number}' in html
    assert "<table" in show(as_user(ben), "/queue/open/") or not rows(show(as_user(ben), "/queue/open/"))

    client.post("/preferences/display/", {"layout": "table"})
    assert "<table" in show(client, "/queue/open/")


def test_the_columns_are_the_usual_ones_until_somebody_chooses(as_user: Browser, ana: User, ticket: Ticket) -> None:
    client = as_user(ana)
    assert heads(show(client, "/queue/open/")) == [
        "check", "chan", "who", "subj", "stage", "gap", "ass", "upd", "due",
    ]  # fmt: skip

    client.post(
        "/preferences/display/", {"choose_columns": "yes", "columns": ["number", "priority", "team", "nonsense"]}
    )

    html = show(client, "/queue/open/")
    assert heads(html) == ["check", "num", "subj", "team", "prio", "due"]
    assert f"#{ticket.number}" in html
    assert "Billing" in html

    client.post("/preferences/display/", {"usual_columns": "yes"})
    assert "chan" in heads(show(client, "/queue/open/"))


def test_all_columns_can_be_shown(as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging) -> None:
    client = as_user(ana)
    client.post("/preferences/display/", {"choose_columns": "yes", "columns": list(COLUMNS)})

    html = show(client, "/queue/open/")

    assert len(heads(html)) == 1 + len(COLUMNS)
    assert "Severity 2 of 3" in html
    assert len(re.findall(r'<td role="cell"|<th role="rowheader"', html)) == 1 + len(COLUMNS)


def test_none_but_the_columns_that_always_are_is_a_choice_too(as_user: Browser, ana: User, ticket: Ticket) -> None:
    client = as_user(ana)
    client.post("/preferences/display/", {"choose_columns": "yes"})

    assert heads(show(client, "/queue/open/")) == ["check", "subj", "due"]


def test_what_is_kept_is_in_the_order_of_the_table_and_knows_no_other_columns() -> None:
    assert kept(["due", "number", "nonsense", "channel"]) == ("channel", "number", "subject", "due")
    assert kept(USUAL) == ()


def test_a_column_of_tomorrow_in_the_preferences_does_no_harm(ana: User) -> None:
    ana.preferences = {"columns": ["number", "weather"]}

    assert columns_of(ana) == ALWAYS | {"number"}


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example/", "/sign-out/", "javascript:alert(1)", ""])
def test_one_comes_back_to_a_list_and_nowhere_else(as_user: Browser, ana: User, where: str) -> None:
    answer = as_user(ana).post("/preferences/display/", {"layout": "list", "next": where})

    assert answer["Location"] == "/queue/"


def test_a_layout_that_is_none_changes_nothing(as_user: Browser, ana: User) -> None:
    as_user(ana).post("/preferences/display/", {"layout": "mosaic"})

    ana.refresh_from_db()
    assert Preferences.of(ana).layout == "table"


def test_a_guest_has_no_lists(as_user: Browser, gus: User) -> None:
    assert as_user(gus).post("/preferences/display/", {"layout": "list"}).status_code == 403
