"""One ordered timeline, in pages, whatever the volume."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cx.models import FollowUp, Invitation, Promise, Response, Tagging
from cx.timeline import KINDS, SOURCES, Entry, Place, band_of, timeline_of
from helpdesk.people.models import Customer
from tests import factories
from tests.cast import Cast
from tests.cx.tagged import a_tagged_ticket
from tickets import identities
from tickets.models import Event, Message, Note, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


def whole(customer: Customer, cast: Cast, *, size: int, kinds: Any = ()) -> list[Entry]:
    """Every entry, page by page."""
    entries, after = [], ""
    for _page in range(400):
        page = timeline_of(customer, user=cast.mia, kinds=kinds, after=after, size=size)
        entries += page.entries
        if not page.older:
            return entries
        after = page.older
    raise AssertionError("it has no end")


def names(entries: list[Entry]) -> list[tuple[str, int]]:
    return [(entry.what, entry.row.pk) for entry in entries]


@pytest.fixture
def course(cast: Cast) -> Customer:
    """Carla's course with something of everything."""
    ticket = factories.a_ticket(cast.carla, at=timezone.now() - timedelta(days=30))
    ticket.reply(by=cast.ana, text="We have found it.")
    ticket.add_note(by=cast.ana, text="Among us")
    promise = Promise.make(ticket, what="Pay back", due_at=timezone.now() + timedelta(days=1), by=cast.ana)
    promise.keep(by=cast.ana)
    ticket.reply(by=cast.ana, text="It is done.", then="resolved")
    ticket.reopen(by=cast.ana)
    invitation = Invitation.objects.create(kind="csat", customer=cast.carla, ticket=ticket)
    Response.objects.create(invitation=invitation, score=4)
    done = FollowUp.plan(cast.carla, text="Ask again", due_at=timezone.now() + timedelta(days=1), owner=cast.ana)
    done.finish()
    return cast.carla


def test_everything_stands_in_it_once(cast: Cast, course: Customer) -> None:
    whats = [entry.what for entry in timeline_of(course, user=cast.mia).entries]

    assert sorted(whats) == sorted(
        ["opened", "message", "note", "promised", "settled", "message", "event", "event", "invited", "answered",
         "followed_up"]
    )  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_of_any_size_give_the_same_whole(cast: Cast, course: Customer, size: int) -> None:
    # Everything at one moment: the hardest case for a place in it.
    moment = timezone.now() - timedelta(days=1)
    Ticket.objects.update(created_at=moment)
    Message.objects.update(said_at=moment + timedelta(microseconds=1))
    Note.objects.update(written_at=moment)
    Promise.objects.update(made_at=moment, settled_at=moment)
    Event.objects.update(happened_at=moment)
    Invitation.objects.update(invited_at=moment)
    Response.objects.update(answered_at=moment)
    FollowUp.objects.update(settled_at=moment)
    for number in range(5):
        factories.a_ticket(course, at=moment, subject=f"Same moment {number}")

    entries = whole(course, cast, size=size)

    assert names(entries) == names(timeline_of(course, user=cast.mia, size=500).entries)
    assert len(set(names(entries))) == len(entries)
    places = [entry.place for entry in entries]
    assert places == sorted(places, reverse=True)


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_alone(cast: Cast, course: Customer, kind: str) -> None:
    of_kind = {source.what for source in SOURCES if source.kind == kind}

    found = {entry.what for entry in timeline_of(course, user=cast.mia, kinds=[kind]).entries}

    assert found
    assert found <= of_kind


def test_three_identities_merged_are_one_ordered_course(cast: Cast, course: Customer) -> None:
    others = [Customer.objects.create(name=f"Carla {n}") for n in range(2)]
    for n, other in enumerate(others):
        old = factories.a_ticket(other, at=timezone.now() - timedelta(days=500 * (n + 1)), channel="phone")
        old.add_note(by=cast.ana, text="From before")
    before = {entry.place.at for c in (course, *others) for entry in timeline_of(c, user=cast.mia).entries}

    for other in others:
        identities.merge(other, into=course, by=cast.mia)

    entries = whole(course, cast, size=4)
    moments = [entry.at for entry in entries]
    assert moments == sorted(moments, reverse=True)
    assert set(moments) >= before
    assert len({entry.year for entry in entries}) > 1


def test_nothing_of_a_ticket_that_the_reader_does_not_see(cast: Cast, course: Customer) -> None:
    Ticket.objects.update(team=cast.installations, assignee=None)

    found = timeline_of(course, user=cast.ana).entries

    assert [entry.what for entry in found] == ["followed_up"]  # about the customer, and about no ticket
    assert band_of(course, user=cast.ana).moments == []


def test_a_page_costs_the_same_however_much_there_is(cast: Cast, course: Customer) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            timeline_of(course, user=cast.mia)
            band_of(course, user=cast.mia)
        return len(queries)

    few = cost()
    for number in range(30):
        ticket = factories.a_ticket(course, subject=f"Matter {number}")
        ticket.add_note(by=cast.ana, text="A note")

    assert cost() <= few <= 14


@pytest.mark.parametrize("cursor", ["", "x", "1.2", "1.2.3.4", "9" * 40 + ".1.1", "-5.0.0", "..", "1.1.1\x00"])
def test_a_place_that_is_none_is_the_beginning_or_an_empty_page(cast: Cast, course: Customer, cursor: str) -> None:
    timeline_of(course, user=cast.mia, after=cursor)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    at=st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)),
    rank=st.integers(0, 9), pk=st.integers(0, 2**60),
)  # fmt: skip
def test_a_place_is_read_as_it_was_written(at: datetime, rank: int, pk: int) -> None:
    place = Place(at.replace(tzinfo=timezone.get_current_timezone()), rank, pk)

    assert Place.read(str(place)) == place


def test_the_band_says_in_words_what_it_draws(cast: Cast) -> None:
    now = timezone.now()
    for days, stage, gap, direction in ((800, "purchase", "response_time", ""), (400, "use", "quality", ""),
                                        (10, "use", "response_time", "exceeded"), (5, "use", "none", "")):  # fmt: skip
        a_tagged_ticket(cast.carla, stage, gap, direction, at=now - timedelta(days=days), by=cast.ana)
    factories.a_ticket(cast.carla, subject="Not tagged")

    band = band_of(cast.carla, user=cast.mia)

    assert [(str(stage), count) for stage, count in band.by_stage] == [("purchase", 1), ("use", 3)]
    assert (band.fell_short, band.better, band.untagged) == (2, 1, 1)
    assert [moment.position for moment in band.moments] == [5, 6, 6, 6]
    assert band.moments[0].x == 0.0
    assert [moment.x for moment in band.moments] == sorted(moment.x for moment in band.moments)
    assert band.stands_at == Tagging.objects.current().order_by("-arrived_at").first()
    assert 2 <= len(band.years) <= 3
