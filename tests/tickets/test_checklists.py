"""What is to be done for a ticket, line by line."""

from __future__ import annotations

import pytest

from helpdesk.common.errors import Refusal
from tests.cast import Cast
from tickets import checklists
from tickets.models import ChecklistItem, Event, EventKind, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


@pytest.fixture
def lines(cast: Cast, ticket: Ticket) -> list[ChecklistItem]:
    return [checklists.add(ticket, text=text, by=cast.ana) for text in ("Call back", "Refund", "Write to Ben")]


def _texts(ticket: Ticket) -> list[str]:
    return [item.text for item in ticket.checklist.order_by("position", "pk")]


def _rows(ticket: Ticket) -> list[tuple[object, ...]]:
    return list(ticket.checklist.order_by("position", "pk").values_list())


def test_lines_stand_in_the_order_in_which_they_were_added(ticket: Ticket, lines: list[ChecklistItem]) -> None:
    assert _texts(ticket) == ["Call back", "Refund", "Write to Ben"]


def test_a_line_is_ticked_once_and_unticked_once(cast: Cast, ticket: Ticket, lines: list[ChecklistItem]) -> None:
    assert checklists.tick(lines[0], by=cast.lea)
    assert not checklists.tick(lines[0], by=cast.ana)
    assert ticket.checklist.get(pk=lines[0].pk).done_by == cast.lea

    assert checklists.untick(lines[0], by=cast.ana)
    assert not checklists.untick(lines[0], by=cast.ana)

    line = ticket.checklist.get(pk=lines[0].pk)
    assert (line.done_by, line.done_at) == (None, None)


def test_a_line_has_other_words_and_moves_step_by_step(cast: Cast, ticket: Ticket, lines: list[ChecklistItem]) -> None:
    assert checklists.rename(lines[1], text="Refund 12 €", by=cast.ana)
    assert not checklists.rename(lines[1], text="Refund 12 €", by=cast.ana)
    assert checklists.move(lines[1], step=-1, by=cast.ana)
    assert not checklists.move(lines[1], step=-1, by=cast.ana)
    assert not checklists.move(lines[2], step=1, by=cast.ana)

    assert _texts(ticket) == ["Refund 12 €", "Call back", "Write to Ben"]


def test_what_was_removed_comes_back_exactly_as_it_was(cast: Cast, ticket: Ticket, lines: list[ChecklistItem]) -> None:
    checklists.tick(lines[1], by=cast.lea)
    before = _rows(ticket)

    removed = checklists.remove(lines[1], by=cast.ana)
    assert isinstance(removed, Event)
    assert checklists.remove(lines[1], by=cast.ana) is None
    assert _texts(ticket) == ["Call back", "Write to Ben"]

    assert checklists.put_back(removed, by=cast.ana)
    assert not checklists.put_back(removed, by=cast.ana)
    assert _rows(ticket) == before


def test_what_is_gone_can_be_neither_ticked_nor_renamed(cast: Cast, lines: list[ChecklistItem]) -> None:
    stale = ChecklistItem.objects.get(pk=lines[0].pk)
    checklists.remove(lines[0], by=cast.ana)

    assert not checklists.tick(stale, by=cast.lea)
    assert not checklists.rename(stale, text="Something else", by=cast.lea)


def test_another_event_is_no_way_back(cast: Cast, ticket: Ticket) -> None:
    with pytest.raises(Refusal):
        checklists.put_back(ticket.events.filter(kind=EventKind.CREATED).get(), by=cast.ana)


@pytest.mark.parametrize("text", ["", "   ", "x" * 201])
def test_a_line_without_words_or_too_long_is_refused(cast: Cast, ticket: Ticket, text: str) -> None:
    with pytest.raises(Refusal):
        checklists.add(ticket, text=text, by=cast.ana)

    assert not ticket.checklist.exists()


def test_a_checklist_ends_somewhere(cast: Cast, ticket: Ticket) -> None:
    ChecklistItem.objects.bulk_create(ChecklistItem(ticket=ticket, text="x") for _ in range(checklists.MOST))

    with pytest.raises(Refusal):
        checklists.add(ticket, text="One more", by=cast.ana)
