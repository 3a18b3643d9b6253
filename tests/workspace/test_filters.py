from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from cx.models import Tagging
from helpdesk.people.models import User
from helpdesk.workspace.views import queue
from tests import factories
from tests.cast import Cast
from tests.workspace.listing import through_all_pages
from tests.workspace.reading import words_of
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
Suggest = Callable[..., Tagging]


def _rows(html: str) -> list[int]:
    return [int(number) for number in re.findall(r'href="/tickets/(\d+)/[^>]*data-row-link', html)]


def _get(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (answer.status_code, answer.headers.get("Location"))
    return str(answer.content.decode())


@pytest.fixture
def two(cast: Cast, suggest: Suggest) -> tuple[Ticket, Ticket]:
    """One ticket that is Use × Quality, and one that is Purchase × Response time."""
    use, purchase = (factories.a_ticket(cast.carla, mailbox=cast.support) for _ in range(2))
    suggest(use)
    suggest(purchase, journey_stage="purchase", gap_primary="response_time", gap_secondary="")
    return use, purchase


def test_a_queue_can_show_only_what_bears_certain_tags(as_user: Browser, ana: User, two: tuple[Ticket, Ticket]) -> None:
    client = as_user(ana)

    assert _rows(_get(client, "/queue/open/?stage=use")) == [two[0].number]
    assert _rows(_get(client, "/queue/open/?gap=response_time")) == [two[1].number]
    assert sorted(_rows(_get(client, "/queue/open/?stage=use&stage=purchase"))) == sorted(t.number for t in two)
    assert _rows(_get(client, "/queue/open/?stage=use&gap=response_time")) == []


@pytest.mark.parametrize("view", ["mine", "unassigned", "waiting", "resolved", "team-billing"])
def test_every_queue_has_the_same_filters(as_user: Browser, cast: Cast, two: tuple[Ticket, Ticket], view: str) -> None:
    for ticket in two:
        match view:
            case "mine":
                ticket.assign(to=cast.ana, by=cast.ana)
            case "waiting":
                ticket.wait(by=cast.ana)
            case "resolved":
                ticket.resolve(by=cast.ana, reason="Said on the phone")

    html = _get(as_user(cast.ana), f"/queue/{view}/?stage=purchase")

    assert _rows(html) == [two[1].number]
    assert 'name="stage" value="purchase" checked' in html


def test_what_is_chosen_can_be_taken_away_one_by_one(as_user: Browser, ana: User, two: tuple[Ticket, Ticket]) -> None:
    html = _get(as_user(ana), "/queue/open/?stage=use&gap=quality")
    chips = dict(re.findall(r'class="chip acc" href="([^"]+)"[^>]*><span class="vh">([^<]+): ', html))

    assert {unescape(address) for address in chips} == {"/queue/open/?gap=quality", "/queue/open/?stage=use"}
    assert "1 of 2" in words_of(html)


def test_a_filter_that_leaves_nothing_says_which_it_was(
    as_user: Browser, ana: User, two: tuple[Ticket, Ticket]
) -> None:
    words = words_of(_get(as_user(ana), "/queue/open/?stage=use&gap=response_time&gap=none"))

    assert "No ticket here has these tags" in words
    assert "Stage Use Expectation gap Response time, or No gap" in words
    assert "Remove all filters" in words


@pytest.mark.data_layer
def test_pages_of_a_filtered_queue_show_every_ticket_once(
    as_user: Browser, cast: Cast, suggest: Suggest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "ROWS", 3)
    tickets = [factories.a_ticket(cast.carla, mailbox=cast.support) for _ in range(12)]
    for at, ticket in enumerate(tickets):
        suggest(ticket, journey_stage="use" if at % 3 else "purchase")

    seen = through_all_pages(
        as_user(cast.ana), "/queue/open/?stage=use", row=r'href="/tickets/(\d+)/[^>]*data-row-link'
    )

    assert sorted(map(int, seen)) == [ticket.number for at, ticket in enumerate(tickets) if at % 3]


def test_the_filter_stays_beside_the_ticket_and_on_the_way_to_the_next(
    as_user: Browser, cast: Cast, two: tuple[Ticket, Ticket], suggest: Suggest
) -> None:
    third = factories.a_ticket(cast.carla, mailbox=cast.support)
    suggest(third)
    client, first = as_user(cast.ana), two[0]

    html = _get(client, f"/tickets/{first.number}/?in=open&stage=use")
    assert sorted(_rows(html)) == sorted([first.number, third.number])
    assert 'href="/queue/open/?stage=use"' in html

    answer = client.post(f"/tickets/{first.number}/resolution/?in=open&stage=use", {"reason": "Said on the phone"})
    assert answer["Location"] == f"/tickets/{third.number}/?in=open&stage=use"


@pytest.mark.parametrize("address", ["?stage=moon", "?stage=moon&stage=use", "?tags=maybe", "?cause=%00"])
def test_an_unknown_tag_in_an_address_is_told(
    as_user: Browser, ana: User, two: tuple[Ticket, Ticket], address: str
) -> None:
    html = _get(as_user(ana), f"/queue/open/{address}")

    assert "no stage, gap, direction or cause has this name" in html
    assert two[0].number in _rows(html)


# --- The field --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed, address",
    [
        ("stage:use", "/queue/open/?stage=use"),
        ('etapa:uso brecha:"tiempo de respuesta"', "/queue/open/?stage=use&gap=response_time"),
        ("response time", "/queue/open/?gap=response_time"),
        ("tagged:no", "/queue/open/?tags=none"),
        ("Mejor de lo esperado", "/queue/open/?direction=exceeded"),
    ],
)
def test_what_is_typed_becomes_an_address(as_user: Browser, ana: User, typed: str, address: str) -> None:
    answer = as_user(ana).get("/queue/open/", {"q": typed})

    assert answer.status_code == 302
    assert answer["Location"] == address


def test_what_is_typed_is_added_to_what_was_chosen(as_user: Browser, ana: User) -> None:
    answer = as_user(ana).get("/queue/open/", {"q": "gap:quality", "stage": ["use"]})

    assert answer["Location"] == "/queue/open/?stage=use&gap=quality"


def test_a_number_goes_to_its_ticket(as_user: Browser, ana: User, ticket: Ticket) -> None:
    for typed in (f"#{ticket.number}", str(ticket.number)):
        assert as_user(ana).get("/queue/open/", {"q": typed})["Location"] == f"/tickets/{ticket.number}/"


@pytest.mark.parametrize("who", ["ben", "ana"])
def test_a_number_that_one_cannot_see_is_no_number(as_user: Browser, cast: Cast, ticket: Ticket, who: str) -> None:
    number = ticket.number if who == "ben" else 99
    html = _get(as_user(getattr(cast, who)), f"/queue/open/?q=%23{number}")

    assert f"There is no ticket #{number} that you can see." in html


def test_an_unknown_word_is_answered_in_words_and_the_rest_is_followed(
    as_user: Browser, ana: User, two: tuple[Ticket, Ticket]
) -> None:
    html = _get(as_user(ana), "/queue/open/?q=<b>moon</b>+stage:use")

    assert "Nothing is tagged “&lt;b&gt;moon&lt;/b&gt;”" in html
    assert "The list follows the other words." in html
    assert _rows(html) == [two[0].number]
    assert "<b>moon" not in html


def test_names_are_suggested_in_the_persons_language(as_user: Browser, ana: User, ticket: Ticket) -> None:
    html = unescape(_get(as_user(ana), "/queue/open/"))

    assert '<option value="gap:"Response time"">Expectation gap</option>' in html
    assert "response_time</option>" not in html


# --- What it costs ----------------------------------------------------------------------------------------------------


@pytest.mark.data_layer
def test_a_filtered_page_costs_no_query_more(
    as_user: Browser, cast: Cast, suggest: Suggest, django_assert_max_num_queries: Any
) -> None:
    for _ in range(queue.ROWS + 5):
        suggest(factories.a_ticket(cast.carla, mailbox=cast.support))
    client = as_user(cast.ana)

    with django_assert_max_num_queries(10):
        html = _get(client, "/queue/open/?stage=use&gap=quality&tags=suggested")

    assert len(_rows(html)) == queue.ROWS
