from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from helpdesk.people.models import User
from helpdesk.workspace.paging import Order, Page, Place, page_of
from helpdesk.workspace.queues import DUE_FIRST, NEWEST_FIRST, OLDEST_FIRST
from tests.cast import Cast
from tickets.models import Ticket


@pytest.fixture
def thirty(cast: Cast) -> list[Ticket]:
    """Thirty open tickets; ten share one due time, ten have none at all."""
    now = timezone.now().replace(microsecond=123456)
    for number in range(30):
        subject = f"Matter {number}"
        ticket = Ticket.open_for(cast.carla, subject=subject, channel="email", text="Hm.", team=cast.billing).ticket
        if number < 10:
            Ticket.objects.filter(pk=ticket.pk).update(due_next_at=now)
        elif number < 20:
            Ticket.objects.filter(pk=ticket.pk).update(due_next_at=now + timedelta(minutes=30 - number))
    return list(Ticket.objects.due_first())


def _walk(order: Order, *, size: int) -> tuple[list[Page[Ticket]], list[int]]:
    pages = [page_of(Ticket.objects.all(), order=order, size=size)]
    while pages[-1].older:
        pages.append(page_of(Ticket.objects.all(), order=order, size=size, after=pages[-1].older))
    return pages, [ticket.pk for page in pages for ticket in page.rows]


@pytest.mark.data_layer
@pytest.mark.parametrize("size", [1, 3, 7, 10, 29, 30, 31])
@pytest.mark.parametrize("order", [DUE_FIRST, NEWEST_FIRST, OLDEST_FIRST, OLDEST_FIRST._replace(sorts_itself=True)])
def test_the_pages_show_every_ticket_once_and_in_order(thirty: list[Ticket], order: Order, size: int) -> None:
    _pages, seen = _walk(order, size=size)

    assert seen == [ticket.pk for ticket in order.sort(Ticket.objects.all())]


@pytest.mark.data_layer
@pytest.mark.parametrize("size", [3, 7, 10])
def test_going_back_shows_the_same_pages(thirty: list[Ticket], size: int) -> None:
    pages, _seen = _walk(DUE_FIRST, size=size)

    for earlier, later in pairwise(pages):
        back = page_of(Ticket.objects.all(), order=DUE_FIRST, size=size, before=later.newer)
        assert [ticket.pk for ticket in back.rows] == [ticket.pk for ticket in earlier.rows]


def test_the_first_page_has_nothing_newer_and_the_last_nothing_older(thirty: list[Ticket]) -> None:
    pages, _seen = _walk(DUE_FIRST, size=7)

    assert not pages[0].newer
    assert not pages[-1].older
    assert all(page.newer for page in pages[1:])


def test_going_back_to_the_beginning_fills_the_page(thirty: list[Ticket]) -> None:
    second = page_of(Ticket.objects.all(), order=DUE_FIRST, size=10, after=str(_place(thirty[3])))

    back = page_of(Ticket.objects.all(), order=DUE_FIRST, size=10, before=second.newer)

    assert [ticket.pk for ticket in back.rows] == [ticket.pk for ticket in thirty[:10]]


def test_a_ticket_that_is_answered_meanwhile_moves_no_other_out_of_sight(thirty: list[Ticket], ana: User) -> None:
    first = page_of(Ticket.objects.all(), order=DUE_FIRST, size=7)
    Ticket.objects.filter(pk=first.rows[2].pk).update(due_next_at=timezone.now() + timedelta(days=3))

    second = page_of(Ticket.objects.all(), order=DUE_FIRST, size=7, after=first.older)

    assert [ticket.pk for ticket in second.rows] == [ticket.pk for ticket in thirty[7:14]]


@pytest.mark.parametrize("cursor", ["nonsense", "%%%", "MTIz", "é", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OS4x", "=" * 500])
def test_a_cursor_nobody_gave_out_shows_the_beginning(thirty: list[Ticket], cursor: str) -> None:
    page = page_of(Ticket.objects.all(), order=DUE_FIRST, size=5, after=cursor)

    assert [ticket.pk for ticket in page.rows] == [ticket.pk for ticket in thirty[:5]]


def test_a_place_reads_what_it_wrote(thirty: list[Ticket]) -> None:
    place = _place(thirty[0])

    assert Place.read(str(place)) == place


def _place(ticket: Ticket) -> Place:
    return Place(ticket.due_next_at, ticket.pk)
