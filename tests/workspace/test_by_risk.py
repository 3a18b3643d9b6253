"""The order "expectation at risk", against a plain sort."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.workspace import by_risk
from helpdesk.workspace.by_risk import ByRisk, RiskPlace, urgency
from helpdesk.workspace.paging import Page, page_of
from tests.cast import Cast
from tickets.models import Ticket
from tickets.models.ticket import FAR

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
MOMENTS = st.integers(-(10**12), 10**12).map(lambda left: NOW + timedelta(microseconds=left))


def a_lot(cast: Cast, *, seed: int) -> list[Ticket]:
    """Sixty tickets with due times on both sides of now, among them equal ones, and some without any."""
    rng = random.Random(seed)
    now = timezone.now()
    near = [now + timedelta(minutes=rng.randint(-600, 600)) for _ in range(12)]
    first = Ticket.open_for(cast.carla, subject="Matter", channel="email", text="Hm.", team=cast.billing).ticket
    lot = []
    for number in range(60):
        due = rng.choice([rng.choice(near), now + timedelta(seconds=rng.uniform(-9e5, 9e5)), FAR])
        values = {name: getattr(first, name) for name in ("requester_id", "channel", "team_id", "subject")}
        lot.append(Ticket(number=900_000 + number, due_next_at=due, risk=rng.randint(0, 13), **values))
    return Ticket.objects.bulk_create(lot)


def plainly(tickets: list[Any], *, moment: datetime) -> list[int]:
    """Their pks as one would sort them by hand."""

    def key(ticket: Ticket) -> tuple[Fraction, int]:
        left = Fraction((ticket.due_next_at - moment) // timedelta(microseconds=1))
        level = max(1, min(12, ticket.risk))
        return (left / level if left > 0 else left * level), ticket.pk

    return [ticket.pk for ticket in sorted(tickets, key=key)]


def walk(*, size: int) -> list[Page[Ticket]]:
    pages = [page_of(Ticket.objects.all(), order=ByRisk(), size=size)]
    while pages[-1].older:
        pages.append(page_of(Ticket.objects.all(), order=ByRisk(), size=size, after=pages[-1].older))
    return pages


@pytest.mark.data_layer
@pytest.mark.parametrize("size", [1, 4, 25, 61, 70])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_pages_are_a_plain_sort_cut_in_pieces(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, size: int, seed: int
) -> None:
    a_lot(cast, seed=seed)
    monkeypatch.setattr(by_risk.timezone, "now", lambda: NOW)

    pages = walk(size=size)

    assert [row.pk for page in pages for row in page.rows] == plainly(list(Ticket.objects.all()), moment=NOW)


@pytest.mark.data_layer
@pytest.mark.parametrize("size", [4, 25])
def test_going_back_shows_the_same_pages(cast: Cast, size: int) -> None:
    a_lot(cast, seed=3)
    pages = walk(size=size)

    for number, page in enumerate(pages[1:]):
        back = page_of(Ticket.objects.all(), order=ByRisk(), size=size, before=page.newer)
        assert [row.pk for row in back.rows] == [row.pk for row in pages[number].rows]


@pytest.mark.data_layer
def test_each_ticket_is_followed_by_the_next_one(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    a_lot(cast, seed=4)
    monkeypatch.setattr(by_risk.timezone, "now", lambda: NOW)
    tickets = {ticket.pk: ticket for ticket in Ticket.objects.all()}
    order = plainly(list(tickets.values()), moment=NOW)

    for pk, following in zip(order, [*order[1:], None], strict=True):
        found = ByRisk().following(Ticket.objects.all(), tickets[pk])
        assert (found.pk if found else None) == following


def test_the_clock_moves_nothing_between_two_pages(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    a_lot(cast, seed=5)
    monkeypatch.setattr(by_risk.timezone, "now", lambda: NOW)
    first = page_of(Ticket.objects.all(), order=ByRisk(), size=20)
    monkeypatch.setattr(by_risk.timezone, "now", lambda: NOW + timedelta(hours=9))

    second = page_of(Ticket.objects.all(), order=ByRisk(), size=50, after=first.older)

    shown = [row.pk for row in (*first.rows, *second.rows)]
    assert shown == plainly(list(Ticket.objects.all()), moment=NOW)


@pytest.mark.parametrize(
    "cursor", ["nonsense", "%%%", "MTIz", "MS4yLjMuNA", "é", "=" * 500, "OTk5OTk5OTk5OTk5OTk5OTk5OS4xLjEuMQ"]
)
def test_a_cursor_nobody_gave_out_does_no_harm(cast: Cast, cursor: str) -> None:
    a_lot(cast, seed=6)

    assert page_of(Ticket.objects.all(), order=ByRisk(), size=5, after=cursor).rows
    assert page_of(Ticket.objects.all(), order=ByRisk(), size=5, before=cursor).rows


def test_the_end_of_the_list_is_its_end_however_far_it_is(cast: Cast) -> None:
    a_lot(cast, seed=7)
    place = RiskPlace(NOW, FAR, 1, 10**9)

    assert page_of(Ticket.objects.all(), order=ByRisk(), size=5, after=str(place)).rows == []


@given(due=MOMENTS, later=MOMENTS, risk=st.integers(0, 100))
def test_of_two_with_the_same_stake_the_sooner_is_first(due: datetime, later: datetime, risk: int) -> None:
    one, other = urgency(due, risk, moment=NOW), urgency(later, risk, moment=NOW)

    assert (one < other) == (due < later)


@given(due=MOMENTS, risk=st.integers(0, 12), more=st.integers(0, 12))
def test_more_at_stake_never_comes_later(due: datetime, risk: int, more: int) -> None:
    assert urgency(due, max(risk, more), moment=NOW) <= urgency(due, min(risk, more), moment=NOW)


@given(due=MOMENTS, risk=st.integers(0, 99), pk=st.integers(1, 10**12))
def test_a_place_reads_what_it_wrote(due: datetime, risk: int, pk: int) -> None:
    place = RiskPlace(NOW, due, risk, pk)

    assert RiskPlace.read(str(place)) == place
    assert len(str(RiskPlace(NOW, FAR, 12, 10**10))) <= 60  # what an address may carry
