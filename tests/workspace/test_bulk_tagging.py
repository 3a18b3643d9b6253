from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from cx.models import Tagging
from helpdesk.people.models import User
from tests import factories
from tests.cast import Cast
from tests.workspace.reading import words_of
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


@pytest.fixture
def lot(cast: Cast, suggest: Callable[..., Tagging]) -> list[Ticket]:
    tickets = [factories.a_ticket(cast.carla, mailbox=cast.support) for _ in range(3)]
    for ticket in tickets:
        suggest(ticket)
    return tickets


def _current(ticket: Ticket) -> Tagging:
    return Tagging.objects.current().get(ticket=ticket)


def _chosen(html: str) -> list[str]:
    return re.findall(r'form="bulk" name="tickets" value="([^"]+)"', html)


def _post(client: Client, **fields: Any) -> str:
    """Post the form without a script, and the page that it leads to."""
    answer = client.post("/tagging/?in=open", fields, follow=True)
    assert answer.redirect_chain == [("/queue/open/", 302)]
    return str(answer.content.decode())


def test_chosen_suggestions_are_confirmed_and_taken_back_in_one_go(
    as_user: Browser, ana: User, lot: list[Ticket]
) -> None:
    client = as_user(ana)
    boxes = _chosen(client.get("/queue/open/").content.decode())
    assert len(boxes) == 3

    html = _post(client, do="confirm", tickets=boxes[:2])

    assert "2 tickets tagged." in html
    confirmed = [ticket for ticket in lot if _current(ticket).is_confirmed]
    assert len(confirmed) == 2

    undo = re.search(r'action="(/tagging/undo/[^"]*)".*?name="said" value="([^"]+)"', html, re.S)
    assert undo
    back = client.post(unescape(undo[1]), {"said": undo[2]}, follow=True).content.decode()
    assert "2 tickets are tagged as before." in back
    assert all(_current(ticket).is_suggestion for ticket in lot)


def test_the_same_tag_is_given_to_all_that_were_chosen(as_user: Browser, ana: User, lot: list[Ticket]) -> None:
    fields = {"journey_stage": "purchase", "gap_primary": "", "direction": "", "root_cause": "third_party"}

    html = _post(as_user(ana), do="tag", tickets=[ticket.number for ticket in lot], **fields)

    assert "3 tickets tagged." in html
    for ticket in lot:
        said = _current(ticket)
        assert (said.journey_stage, said.gap_primary, said.root_cause) == ("purchase", "quality", "third_party")


def test_it_leads_back_to_the_page_and_filter_it_came_from(as_user: Browser, ana: User, lot: list[Ticket]) -> None:
    answer = as_user(ana).post("/tagging/?in=open&after=abc&stage=use", {"do": "confirm", "tickets": [lot[0].number]})

    assert answer["Location"] == "/queue/open/?stage=use&after=abc"


def test_what_could_not_be_tagged_is_told_by_number_and_reason(
    as_user: Browser, cast: Cast, lot: list[Ticket], suggest: Callable[..., Tagging]
) -> None:
    unsure = factories.a_ticket(cast.carla, mailbox=cast.support)
    suggest(unsure, gap_confidence=0.3)

    html = _post(as_user(cast.ana), do="confirm", tickets=[lot[0].number, unsure.number, 99])

    words = words_of(html)
    assert "1 ticket tagged." in words
    assert "2 tickets were not tagged" in words
    assert f"#{unsure.number} Nothing is likely enough to be confirmed" in words
    assert "#99 There is no such ticket for you." in words
    assert "2 tickets were not tagged" not in as_user(cast.ana).get("/queue/open/").content.decode()


def test_what_changed_since_it_was_seen_is_not_confirmed(
    as_user: Browser, ana: User, lot: list[Ticket], suggest: Callable[..., Tagging]
) -> None:
    client = as_user(ana)
    boxes = _chosen(client.get("/queue/open/").content.decode())
    suggest(lot[0], gap_primary="promise_mismatch")

    html = _post(client, do="confirm", tickets=boxes)

    assert "The suggestion has changed" in html
    assert _current(lot[0]).is_suggestion
    assert _current(lot[1]).is_confirmed


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"do": "confirm"}, "Choose the tickets first."),
        ({"do": "confirm", "tickets": ["moon", "-1", "1e5", "٣"]}, "Choose the tickets first."),
        ({"do": "tag", "tickets": ["10001"]}, "Choose a stage, a gap, a direction or a cause."),
        ({"do": "tag", "tickets": ["10001"], "journey_stage": "moon"}, "Choose a stage from the list."),
        ({"do": "tag", "tickets": ["10001"], "gap_primary": "weather"}, "Choose a gap from the list."),
        (
            {"do": "tag", "tickets": ["10001"], "gap_primary": "none", "direction": "below"},
            "“As expected” goes with “No gap”, and the reverse.",
        ),
        ({"do": "confirm", "tickets": [str(n) for n in range(101)]}, "At most 100 tickets can be tagged at once."),
        ({"do": "confirm", "tickets": [str(n) for n in range(10_000)]}, "At most 100 tickets can be tagged at once."),
        ({"do": "confirm", "tickets": " ".join(map(str, range(10_000)))}, "At most 100 tickets can be tagged at once."),
    ],
)
def test_what_cannot_be_done_as_a_whole_is_refused_in_words(
    as_user: Browser, ana: User, lot: list[Ticket], fields: dict[str, Any], words: str
) -> None:
    assert words in _post(as_user(ana), **fields)
    assert not Tagging.objects.by_people().exists()


def test_another_teams_tickets_are_neither_tagged_nor_known(as_user: Browser, ben: User, lot: list[Ticket]) -> None:
    html = _post(as_user(ben), do="confirm", tickets=[ticket.number for ticket in lot])

    assert words_of(html).count("There is no such ticket for you.") == 3
    assert not Tagging.objects.by_people().exists()


def test_the_way_back_is_ones_own(as_user: Browser, ana: User, lea: User, lot: list[Ticket]) -> None:
    _post(as_user(ana), do="confirm", tickets=[lot[0].number])
    said = _current(lot[0])

    as_user(lea).post("/tagging/undo/?in=open", {"said": f"{lot[0].number}.{said.pk}"})

    assert _current(lot[0]) == said


@pytest.mark.parametrize("path", ["/tagging/", "/tagging/undo/"])
def test_who_may_not_tag_may_not_tag_many(as_user: Browser, cast: Cast, lot: list[Ticket], path: str) -> None:
    for who in (cast.lou, cast.gus):
        assert as_user(who).post(path, {"tickets": [lot[0].number]}).status_code == 403
    client = as_user(cast.ana)
    cast.ana.is_active = False
    cast.ana.save()
    assert client.post(path, {"tickets": [lot[0].number]})["Location"].startswith("/sign-in/")
    assert as_user(cast.lea).get(path).status_code == 405
    assert not Tagging.objects.by_people().exists()


def test_a_light_agent_sees_no_boxes_and_can_still_filter(as_user: Browser, cast: Cast, lot: list[Ticket]) -> None:
    html = as_user(cast.lou).get("/queue/open/").content.decode()

    assert _chosen(html) == []
    assert 'id="bulk"' not in html
    assert 'name="stage" value="use"' in html
