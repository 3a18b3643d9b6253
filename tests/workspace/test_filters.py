from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.test import Client

from cx.models import Tagging
from helpdesk.people.models import User
from helpdesk.workspace.views import queue
from tests import factories
from tests.cast import Cast
from tests.workspace.listing import through_all_pages
from tests.workspace.reading import page_at, rows_of, words_of
from tickets.models import Ticket
from tickets.query.fields import Vocabulary
from tickets.query.language import write

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
Suggest = Callable[..., Tagging]


@pytest.fixture
def two(cast: Cast, suggest: Suggest) -> tuple[Ticket, Ticket]:
    """One ticket that is Use × Quality, and one that is Purchase × Response time."""
    use, purchase = (factories.a_ticket(cast.carla, mailbox=cast.support) for _ in range(2))
    suggest(use)
    suggest(purchase, journey_stage="purchase", gap_primary="response_time", gap_secondary="")
    return use, purchase


def test_a_queue_can_show_only_what_bears_certain_tags(as_user: Browser, ana: User, two: tuple[Ticket, Ticket]) -> None:
    client = as_user(ana)

    assert rows_of(page_at(client, "/queue/open/?q=stage:use")) == [two[0].number]
    assert rows_of(page_at(client, "/queue/open/?q=gap:response_time")) == [two[1].number]
    assert sorted(rows_of(page_at(client, "/queue/open/?q=stage:purchase,use"))) == sorted(t.number for t in two)
    assert rows_of(page_at(client, "/queue/open/?q=stage:use+gap:response_time")) == []


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

    html = page_at(as_user(cast.ana), f"/queue/{view}/?q=stage:purchase")

    assert rows_of(html) == [two[1].number]
    assert 'name="within" value="stage:purchase"' in html


def test_what_is_chosen_can_be_taken_away_one_by_one(as_user: Browser, ana: User, two: tuple[Ticket, Ticket]) -> None:
    html = page_at(as_user(ana), "/queue/open/?q=stage:use+gap:quality")
    chips = re.findall(r'class="chip acc" href="([^"]+)"[^>]*><span class="of">([^<]+): ', html)

    assert {(unescape(address), name) for address, name in chips} == {
        ("/queue/open/?q=gap:quality", "Stage"), ("/queue/open/?q=stage:use", "Expectation gap"),
    }  # fmt: skip
    assert "1 of 2" in words_of(html)


def test_a_filter_that_leaves_nothing_says_which_it_was(
    as_user: Browser, ana: User, two: tuple[Ticket, Ticket]
) -> None:
    words = words_of(page_at(as_user(ana), "/queue/open/?q=stage:use+gap:response_time,none"))

    assert "No ticket here is let through" in words
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
        as_user(cast.ana), "/queue/open/?q=stage:use", row=r'href="/tickets/(\d+)/[^>]*data-row-link'
    )

    assert sorted(map(int, seen)) == [ticket.number for at, ticket in enumerate(tickets) if at % 3]


def test_the_filter_stays_beside_the_ticket_and_on_the_way_to_the_next(
    as_user: Browser, cast: Cast, two: tuple[Ticket, Ticket], suggest: Suggest
) -> None:
    third = factories.a_ticket(cast.carla, mailbox=cast.support)
    suggest(third)
    client, first = as_user(cast.ana), two[0]

    html = page_at(client, f"/tickets/{first.number}/?in=open&q=stage:use")
    assert sorted(rows_of(html)) == sorted([first.number, third.number])
    assert 'href="/queue/open/?q=stage:use"' in html

    answer = client.post(f"/tickets/{first.number}/resolution/?in=open&q=stage:use", {"reason": "Said on the phone"})
    assert answer["Location"] == f"/tickets/{third.number}/?in=open&q=stage:use"


@pytest.mark.parametrize("address", ["?q=stage:moon", "?q=stage:moon,use", "?q=tags:maybe", "?q=colour:red"])
def test_an_unknown_tag_in_an_address_is_told(
    as_user: Browser, ana: User, two: tuple[Ticket, Ticket], address: str
) -> None:
    html = page_at(as_user(ana), f"/queue/open/{address}")

    assert 'id="find-answer"' in html
    assert re.search("moon|maybe|red", words_of(html))
    assert two[0].number in rows_of(html)


# --- The field --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed, address",
    [
        ("stage:use", "/queue/open/?q=stage:use"),
        ('etapa:uso brecha:"tiempo de respuesta"', "/queue/open/?q=stage:use+gap:response_time"),
        ("response time", "/queue/open/?q=gap:response_time"),
        ("tagged:no", "/queue/open/?q=tagged:none"),
        ("Mejor de lo esperado", "/queue/open/?q=direction:exceeded"),
        ("router -fibre", "/queue/open/?q=router+-fibre"),
    ],
)
def test_what_is_typed_becomes_an_address(as_user: Browser, ana: User, typed: str, address: str) -> None:
    answer = as_user(ana).get("/queue/open/", {"q": typed, "within": ""})

    assert answer.status_code == 302
    assert answer["Location"] == address


def test_what_is_typed_is_added_to_what_was_chosen(as_user: Browser, ana: User) -> None:
    answer = as_user(ana).get("/queue/open/", {"q": "gap:quality", "within": "stage:use"})

    assert answer["Location"] == "/queue/open/?q=stage:use+gap:quality"


def test_a_number_goes_to_its_ticket(as_user: Browser, ana: User, ticket: Ticket) -> None:
    for typed in (f"#{ticket.number}", str(ticket.number)):
        assert as_user(ana).get("/queue/open/", {"q": typed})["Location"] == f"/tickets/{ticket.number}/"


@pytest.mark.parametrize("who", ["ben", "ana"])
def test_a_number_that_one_cannot_see_is_no_number(as_user: Browser, cast: Cast, ticket: Ticket, who: str) -> None:
    number = ticket.number if who == "ben" else 99
    html = page_at(as_user(getattr(cast, who)), f"/queue/open/?q=%23{number}")

    assert f"There is no ticket #{number} that you can see." in html


def test_an_unknown_word_is_answered_in_words_and_the_rest_is_followed(
    as_user: Browser, ana: User, two: tuple[Ticket, Ticket]
) -> None:
    html = page_at(as_user(ana), "/queue/open/?q=stage:<b>moon</b>+stage:use")

    assert "“&lt;b&gt;moon&lt;/b&gt;” is not known under “Stage”." in html
    assert "The list follows the rest." in html
    assert rows_of(html) == [two[0].number]
    assert "<b>moon" not in html


# --- Addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "old, new",
    [
        ("?stage=use&gap=quality&tags=none", "?q=stage:use+gap:quality+tagged:none"),
        ("?stage=use&stage=purchase", "?q=stage:purchase,use"),
        ("?tags=surprise", "?q=direction:exceeded"),
        ("?q=etapa:uso", "?q=stage:use"),
        ("?q=stage:use+stage:use", "?q=stage:use"),
        ("?q=status:open&order=newest", "?q=status:open&order=newest"),
    ],
)
def test_a_list_has_one_address(as_user: Browser, ana: User, ticket: Ticket, old: str, new: str) -> None:
    answer = as_user(ana).get(f"/queue/open/{old}")

    if old == new:
        assert answer.status_code == 200
    else:
        assert answer["Location"] == f"/queue/open/{new}"


def test_an_old_address_of_a_ticket_keeps_its_list(as_user: Browser, ana: User, two: tuple[Ticket, Ticket]) -> None:
    html = page_at(as_user(ana), f"/tickets/{two[0].number}/?in=open&stage=use")

    assert 'href="/queue/open/?q=stage:use"' in html


def test_a_filter_shows_nothing_that_one_may_not_see(as_user: Browser, ben: User, two: tuple[Ticket, Ticket]) -> None:
    for text in ("stage:use", "-stage:moon", "assignee:none", "from:carla", "team:billing", f"number:{two[0].number}"):
        assert rows_of(page_at(as_user(ben), f"/queue/open/?q={text}")) == []


# --- The builder ------------------------------------------------------------------------------------------------------

FILTER = "/queue/open/filter/"


def _values(html: str) -> dict[str, list[str]]:
    """What the form would send as it stands."""
    sent: dict[str, list[str]] = {}
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', html, re.S):
        sent[name] = [unescape(value) for value in re.findall(r'<option value="([^"]*)" selected', options)]
    for tag in re.findall(r"<input [^>]*>", html):
        name, value = re.search(r'name="(f[^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            sent.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    return {name: values for name, values in sent.items() if name.startswith("f")}


def _code(html: str) -> str:
    found = re.search(r"<code[^>]*>(.*?)</code>", html)
    return unescape(found[1]) if found else ""


@pytest.mark.parametrize(
    "text",
    [
        "stage:purchase,use gap:quality",
        "stage:use OR gap:quality",
        "-(stage:use OR gap:quality)",
        "status:open (stage:use OR (gap:quality -is:late) OR -assignee:me)",
        'router "exact words" rout* -fibre',
        "created:7d due:<2h updated:>2026-10-01 resolved:none -due:none created:2026-10-01..2026-10-31 created:today",
        "from:ana subject:bill severity:2,3 severity:>=2 number:10001..10020 -from:bo",
        "assignee:me,none,ana@alborada.example team:billing",
        "(a OR (b (c OR (d (e OR f)))))",  # deeper than the form goes
        "-created:>2026-10-01 -(a b)",  # what no row says
    ],
)
def test_the_builder_shows_a_filter_and_gives_it_back(as_user: Browser, ana: User, ticket: Ticket, text: str) -> None:
    client = as_user(ana)
    html = page_at(client, f"{FILTER}?q={quote(text)}")
    expected = Vocabulary(ana).read(text).tree

    answer = client.post(FILTER, {**_values(html), "do": "show"})

    assert _code(html) == write(expected)
    assert parse_qs(urlsplit(answer["Location"]).query)["q"] == [write(expected)]


def test_a_filter_is_built_with_buttons_alone(as_user: Browser, ana: User, two: tuple[Ticket, Ticket]) -> None:
    client = as_user(ana)
    html = page_at(client, FILTER)

    def press(do: str, **values: Any) -> str:
        nonlocal html
        answer = client.post(FILTER, {**_values(html), **values, "do": do})
        html = answer.content.decode()
        return html

    press("", **{"f-0.field": "stage"})
    press("row:f", **{"f-0.value": ["use", "purchase"]})
    press("group:f", **{"f-1.field": "gap"})
    press("", **{"f-1.value": ["quality"], "f-2.kind": "none", "f-2-0.field": "is"})
    press("", **{"f-2-0.value": ["late"]})
    assert _code(html) == "stage:purchase,use gap:quality -is:late"
    assert "1 ticket of “All open”" in words_of(html)

    press("drop:f-1")
    assert _code(html) == "stage:purchase,use -is:late"
    assert "2 tickets of “All open”" in words_of(html)

    answer = client.post(FILTER, {**_values(html), "do": "show"})
    assert answer["Location"] == "/queue/open/?q=stage:purchase,use+-is:late"


def test_what_is_not_complete_asks_for_nothing(as_user: Browser, ana: User, ticket: Ticket) -> None:
    client = as_user(ana)
    for row in ({}, {"f-0.field": "created", "f-0.is": "between", "f-0.value": ["2026-10-01", ""]},
                {"f-0.field": "created", "f-0.is": "within", "f-0.value": "x"},
                {"f-0.field": "stage", "f-0.value": "moon"}, {"f-0.field": "nonsense", "f-0.value": ""},
                {"f-99.kind": "x", "f-0-0-0-0-0-0.field": "stage", "f-x.field": "y"}):  # fmt: skip
        answer = client.post(FILTER, {"f.kind": "all", **row, "do": "show"})
        assert answer["Location"] == "/queue/open/"


def test_the_builder_stands_in_the_list_where_there_is_a_script(as_user: Browser, ana: User, ticket: Ticket) -> None:
    answer = as_user(ana).get(FILTER, headers={"HX-Request": "true"})

    assert answer.content.decode().lstrip().startswith("<form")
    assert 'hx-swap-oob="innerHTML:#builder-said"' in answer.content.decode()


def test_a_list_that_is_not_theirs_has_no_filter(as_user: Browser, ben: User, ticket: Ticket) -> None:
    assert as_user(ben).get("/queue/team-billing/filter/").status_code == 404


# --- What it costs ----------------------------------------------------------------------------------------------------


@pytest.mark.data_layer
def test_a_filtered_page_costs_no_query_more(
    as_user: Browser, cast: Cast, suggest: Suggest, django_assert_max_num_queries: Any
) -> None:
    for _ in range(queue.ROWS + 5):
        suggest(factories.a_ticket(cast.carla, mailbox=cast.support))
    client = as_user(cast.ana)
    client.get("/queue/open/")

    with django_assert_max_num_queries(11):
        html = page_at(client, "/queue/open/?q=stage:use+gap:quality+tagged:suggested")

    assert len(rows_of(html)) == queue.ROWS
