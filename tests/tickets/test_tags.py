"""The team's own words on tickets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpdesk.common.errors import Refusal
from tests import factories
from tests.cast import Cast
from tickets import tags
from tickets.models import EventKind, Tag, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


def _borne(ticket: Ticket) -> list[str]:
    return [tag.name for tag in tags.of(ticket)]


def test_a_new_word_becomes_a_tag_and_both_ways_of_writing_it_are_one(cast: Cast, ticket: Ticket) -> None:
    assert tags.put(ticket, name="Café con leche", by=cast.ana)
    assert tags.put(ticket, name="cafe-con  LECHE", by=cast.ana) is None

    assert _borne(ticket) == ["Café con leche"]
    assert ticket.events.filter(kind=EventKind.TAG_PUT).count() == 1


def test_a_tag_that_is_taken_off_is_off_and_taking_it_twice_is_no_error(cast: Cast, ticket: Ticket) -> None:
    tag = tags.put(ticket, name="vip", by=cast.ana)
    assert tag

    assert tags.take(ticket, tag=tag, by=cast.lea)
    assert tags.take(ticket, tag=tag, by=cast.lea) is None

    assert _borne(ticket) == []
    assert ticket.events.filter(kind=EventKind.TAG_TAKEN).count() == 1


def test_undoing_puts_it_back_as_it_was_put_first(cast: Cast, ticket: Ticket) -> None:
    tag = tags.put(ticket, name="vip", by=cast.ana)
    assert tag
    before = ticket.ticket_tags.values("tag", "by", "put_at").get()
    taken = tags.take(ticket, tag=tag, by=cast.lea)
    assert taken

    assert tags.put_back(ticket, taken, by=cast.lea)
    assert not tags.put_back(ticket, taken, by=cast.lea)

    assert ticket.ticket_tags.values("tag", "by", "put_at").get() == before


@pytest.mark.parametrize("name", ["", "  ", "#", "…!", "x" * 41])
def test_what_is_no_word_or_too_long_is_refused(cast: Cast, ticket: Ticket, name: str) -> None:
    with pytest.raises(Refusal):
        tags.put(ticket, name=name, by=cast.ana)

    assert not Tag.objects.exists()


def test_a_ticket_has_twenty_tags_at_most(cast: Cast, ticket: Ticket) -> None:
    for number in range(tags.MOST):
        tags.put(ticket, name=f"tag {number}", by=cast.ana)

    with pytest.raises(Refusal):
        tags.put(ticket, name="one more", by=cast.ana)

    assert len(_borne(ticket)) == tags.MOST


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(st.tuples(st.booleans(), st.sampled_from(["vip", "Café", "late", "router"])), max_size=8))
def test_whatever_was_put_and_taken_undoing_in_reverse_gives_back_what_was(
    cast: Cast, steps: list[tuple[bool, str]]
) -> None:
    ticket = factories.a_ticket(cast.carla)
    tags.put(ticket, name="vip", by=cast.lea)
    before = list(ticket.ticket_tags.order_by("tag").values_list("tag", "by", "put_at"))
    undo: list[Any] = []
    for is_put, name in steps:
        if is_put:
            if tag := tags.put(ticket, name=name, by=cast.ana):
                undo.append(tag)
        elif (found := tags.called(name)) and (taken := tags.take(ticket, tag=found, by=cast.ana)):
            undo.append(taken)

    for done in reversed(undo):
        if isinstance(done, Tag):
            tags.take(ticket, tag=done, by=cast.ana)
        else:
            tags.put_back(ticket, done, by=cast.ana)

    assert list(ticket.ticket_tags.order_by("tag").values_list("tag", "by", "put_at")) == before
