"""The search page: what is found, where, and only what a person may see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags

from helpdesk.people.models import User
from tests import factories
from tests.cast import Cast
from tickets.models import Ticket
from tickets.search import indexing

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


def searched(client: Client, text: str, **more: str) -> str:
    indexing.index_all()
    answer = client.get("/search/", {"q": text, **more})
    assert answer.status_code == 200, answer.get("Location")
    return answer.content.decode()


def test_the_page_says_what_can_be_looked_for(as_user: Browser, ana: User) -> None:
    html = searched(as_user(ana), "")
    assert "What are you looking for?" in html
    assert 'name="q"' in html


def test_a_hit_shows_where_the_words_stand(as_user: Browser, cast: Cast) -> None:
    ticket = factories.a_ticket(
        cast.carla, subject="About the meter", text="All night long it hums.", mailbox=cast.support
    )

    html = searched(as_user(cast.ana), "humming")

    assert f"/tickets/{ticket.number}/" in html
    assert "it <mark>hums</mark>." in html
    assert "The customer’s words" in html


@pytest.mark.parametrize(
    ("text", "where", "marked"),
    [
        ("meters", "", "<mark>meter</mark>"),
        ("technician", "Our reply", "<mark>technician</mark>"),
        ("neighbour", "Internal note", "<mark>neighbour</mark>"),
        ("carla@example.com", "Customer", "<mark>carla@example.com</mark>"),
        ('"hums at night"', "The customer’s words", "<mark>hums</mark>"),
    ],
)
def test_where_it_was_found_is_told(as_user: Browser, cast: Cast, text: str, where: str, marked: str) -> None:
    ticket = factories.a_ticket(cast.carla, subject="About the meter", text="It hums at night.", mailbox=cast.support)
    ticket.reply(by=cast.ana, text="A technician comes.")
    ticket.add_note(by=cast.ana, text="Her neighbour complained.")

    html = searched(as_user(cast.ana), text)

    assert where in html
    assert marked.split("<mark>")[1].split("</mark>")[0].split("@")[0] in html
    assert "<mark>" in html


def test_a_number_alone_opens_its_ticket(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    for text in (str(ticket.number), f"#{ticket.number}"):
        answer = as_user(cast.ana).get("/search/", {"q": text})
        assert (answer.status_code, answer["Location"]) == (302, ticket.get_absolute_url())


def test_a_number_of_no_ticket_is_looked_for_as_a_word(as_user: Browser, cast: Cast) -> None:
    factories.a_ticket(cast.carla, subject="Order 90210", mailbox=cast.support)
    html = searched(as_user(cast.ana), "90210")
    assert "There is no ticket #90210 that you can see." in html
    assert "Order <mark>90210</mark>" in html


def test_nothing_of_another_team_is_found_told_or_suggested(as_user: Browser, cast: Cast) -> None:
    foreign = factories.a_ticket(cast.dora, subject="Zebra", text="gramophone", team=cast.installations)
    foreign.add_note(by=cast.ben, text="confidential")
    client = as_user(cast.ana)

    for text in ("zebra", "gramophone", "confidential", "dahl", str(foreign.number), "zebr*", "-mysterious"):
        html = searched(client, text)
        assert "No ticket says all of this" in html, text
        assert f"/tickets/{foreign.number}/" not in html
        assert "Dora" not in html
    for typed in ("zebra", "dora", str(foreign.number)):
        assert client.get("/search/suggestions/", {"q": typed}).json() == {"groups": []}


def test_what_was_typed_is_text_and_nothing_else(as_user: Browser, cast: Cast) -> None:
    factories.a_ticket(cast.carla, subject="<b>bold</b>", text="<script>alert(1)</script>", mailbox=cast.support)
    html = searched(as_user(cast.ana), "alert <b>")
    assert "<script>alert" not in html
    assert "<b>bold" not in html
    assert "<mark>alert</mark>" in html


def test_words_are_combined_with_fields(as_user: Browser, cast: Cast) -> None:
    done = factories.a_ticket(cast.carla, subject="Meter alpha", mailbox=cast.support)
    done.reply(by=cast.ana, text="Done.", then="resolved")
    factories.a_ticket(cast.carla, subject="Meter omega", mailbox=cast.support)
    client = as_user(cast.ana)

    for text in ("meter status:open", "estado:abierto", "meter -alpha", "meter -status:resolved"):
        html = searched(client, text).split('class="hits"')[1]
        assert "omega" in html, text
        assert "alpha" not in html, text
    assert "alpha" in searched(client, "meter estado:resuelto").split('class="hits"')[1]


def test_what_is_not_understood_is_told_and_the_rest_is_followed(as_user: Browser, cast: Cast) -> None:
    factories.a_ticket(cast.carla, subject="Meter one", mailbox=cast.support)
    html = searched(as_user(cast.ana), "meter status:nonsense")
    assert "nonsense" in html
    assert "The list follows the rest." in html
    assert "<mark>Meter</mark>" in html


def test_words_that_stand_nowhere_are_told(as_user: Browser, cast: Cast) -> None:
    factories.a_ticket(cast.carla, subject="Meter one", mailbox=cast.support)
    html = searched(as_user(cast.ana), "meter gramophone")
    assert "“gramophone” stands in no ticket that you can see." in html
    assert "“meter” stands in no" not in html


def test_pages_follow_each_other_without_gap_or_repeat(as_user: Browser, cast: Cast) -> None:
    numbers = [factories.a_ticket(cast.carla, subject="Meter", mailbox=cast.support).number for _ticket in range(60)]
    client = as_user(cast.ana)
    indexing.index_all()
    seen: list[int] = []
    after = ""
    for _page in range(3):
        found = client.get("/search/", {"q": "meter", "after": after}).context["found"]
        seen += [hit.ticket.number for hit in found.hits]
        after = found.older
    assert seen == numbers[::-1]
    assert after == ""
    back = client.get("/search/", {"q": "meter", "before": found.newer}).context["found"]
    assert [hit.ticket.number for hit in back.hits] == numbers[::-1][25:50]
    assert client.get("/search/", {"q": "meter", "after": "nonsense"}).status_code == 200


@pytest.mark.parametrize("how_many", [1, 25])
def test_the_page_has_a_budget(as_user: Browser, cast: Cast, django_assert_max_num_queries: Any, how_many: int) -> None:
    for _ticket in range(how_many):
        ticket = factories.a_ticket(cast.carla, subject="Meter", mailbox=cast.support)
        ticket.add_note(by=cast.ana, text="The meter again")
    indexing.index_all()
    client = as_user(cast.ana)
    client.get("/search/", {"q": "meter"})
    with django_assert_max_num_queries(15):
        client.get("/search/", {"q": "meter"})


def test_suggestions_come_in_groups(as_user: Browser, cast: Cast) -> None:
    ticket = factories.a_ticket(cast.carla, subject="Carlton hotel", mailbox=cast.support)
    indexing.index_all()
    client = as_user(cast.ana)

    groups = {
        each["name"]: each["items"] for each in client.get("/search/suggestions/", {"q": "carl"}).json()["groups"]
    }
    assert groups["Customers"][0]["text"] == "from:carla@example.com"
    assert groups["Tickets"][0]["url"] == ticket.get_absolute_url()

    (filters,) = client.get("/search/suggestions/", {"q": "meter stage:u", "term": "stage:u"}).json()["groups"]
    assert filters["items"][0] == {"kind": "term", "label": "Use", "detail": "Stage", "text": "stage:Use"}


def test_a_guest_searches_nothing(as_user: Browser, cast: Cast) -> None:
    for address in ("/search/", "/search/suggestions/"):
        assert as_user(cast.gus).get(address, {"q": "x"}).status_code == 403


def test_a_misspelt_word_leads_to_the_same_question_with_the_right_one(as_user: Browser, cast: Cast) -> None:
    for _ticket in range(2):
        factories.a_ticket(cast.carla, subject="Meter one", mailbox=cast.support)
    html = searched(as_user(cast.ana), "metre status:open")  # forms of neither language
    assert 'href="/search/?q=meter+status:open"' in html
    assert "Did you mean “meter”? Show those 2" in html
    assert "Did you mean" not in searched(as_user(cast.ana), "meter")


def test_a_word_of_tickets_one_may_not_see_is_not_offered(as_user: Browser, cast: Cast) -> None:
    factories.a_ticket(cast.dora, subject="Gramophone", team=cast.installations)
    assert "ramophone" not in searched(as_user(cast.ana), "gramofone")
    assert "“gramophone”" in searched(as_user(cast.mia), "gramofone")


def test_what_is_asked_for_stands_in_chips_that_can_be_taken_away(as_user: Browser, cast: Cast) -> None:
    factories.a_ticket(cast.carla, subject="Meter one", mailbox=cast.support)
    html = searched(as_user(cast.ana), "meter status:open -zebra")
    for left in ("meter+status:open", "meter+-zebra", "status:open+-zebra"):
        assert f'href="/search/?q={left}"' in html, left
    assert "conditions" not in searched(as_user(cast.ana), "meter")  # it stands in the field


def test_a_queue_that_finds_nothing_leads_to_the_search_in_all_tickets(as_user: Browser, cast: Cast) -> None:
    done = factories.a_ticket(cast.carla, subject="Meter one", mailbox=cast.support)
    done.reply(by=cast.ana, text="Done.", then="resolved")
    indexing.index_all()
    client = as_user(cast.ana)

    html = client.get("/queue/open/", {"q": "meter priority:low"}).content.decode()
    assert 'href="/search/?q=meter"' in html
    assert "Search in all tickets for these words" in html
    assert "Meter one" in strip_tags(client.get("/search/", {"q": "meter"}).content.decode())
    without = client.get("/queue/open/", {"q": "priority:low"}).content.decode()
    assert "Search in all tickets for these words" not in without
