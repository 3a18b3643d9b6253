"""Saying what many tickets are about, and undoing it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from helpdesk.common.errors import Refusal
from tests import factories
from tests.cast import Cast
from tickets import bulk, custom_fields, tags
from tickets.models import BulkAction, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]
VALUES: dict[str, dict[str, str]] = {
    "kind": {"kind": "complaint"},
    "tag-put": {"tag": "Second visit"},
    "tag-take": {"tag": "vip"},
    "field": {"field": "speed", "value": "12,5"},
}


@pytest.fixture
def three(cast: Cast) -> list[Ticket]:
    """The first says something else already, the second all of it, the third nothing."""
    speed = custom_fields.add(labels={"en": "Speed"}, kind="number")
    tickets = [factories.a_ticket(cast.carla) for _ in range(3)]
    tickets[0].describe(by=cast.lea, kind="praise")
    tags.put_all(tickets[0], names=["VIP"], by=cast.lea)
    custom_fields.fill(tickets[0], speed, "7", by=cast.lea)
    tickets[1].describe(by=cast.lea, kind="complaint")
    tags.put_all(tickets[1], names=["second visit"], by=cast.lea)
    custom_fields.fill(tickets[1], speed, "12.5", by=cast.lea)
    return tickets


def _act(verb: str, cast: Cast, tickets: list[Ticket], **values: Any) -> BulkAction:
    return bulk.act(verb, by=cast.mia, numbers=[ticket.number for ticket in tickets], values=values or VALUES[verb])


def _says(ticket: Ticket) -> tuple[object, ...]:
    now = Ticket.objects.get(pk=ticket.pk)
    borne = list(now.ticket_tags.order_by("tag").values_list("tag", "by", "put_at"))
    return now.kind, borne, custom_fields.values_of(now)


@pytest.mark.parametrize("verb", VALUES)
def test_it_is_done_told_and_undone_exactly(cast: Cast, three: list[Ticket], verb: str) -> None:
    before = [_says(ticket) for ticket in three]

    action = _act(verb, cast, three)

    became = bulk.outcome(action)
    assert became.failed == {}
    assert became.changed
    assert str(len(became.changed)) in bulk.words_for(action, len(became.changed))
    assert bulk.outcome(bulk.undo(action, by=cast.mia)).failed == {}
    assert [_says(ticket) for ticket in three] == before


@pytest.mark.parametrize("verb", VALUES)
def test_done_twice_it_stands_so_already(cast: Cast, three: list[Ticket], verb: str) -> None:
    _act(verb, cast, three)

    assert bulk.outcome(_act(verb, cast, three)).changed == []


@pytest.mark.parametrize("verb", VALUES)
def test_what_somebody_changed_since_stands(cast: Cast, three: list[Ticket], verb: str) -> None:
    action = _act(verb, cast, [three[0]])
    three[0].describe(by=cast.lea, kind="request")
    if verb == "tag-put" and (second := tags.called("second visit")):
        tags.take(three[0], tag=second, by=cast.lea)
    if verb == "tag-take":
        tags.put(three[0], name="vip", by=cast.lea)
    if speed := custom_fields.by_slug("speed"):
        custom_fields.fill(three[0], speed, "99", by=cast.lea)
    since = _says(three[0])

    assert list(bulk.outcome(bulk.undo(action, by=cast.mia)).failed.values()) == ["It was changed since."]

    assert _says(three[0]) == since


@pytest.mark.parametrize(
    ("verb", "values"),
    [
        ("kind", {"kind": "nonsense"}), ("tag-put", {"tag": "…"}), ("tag-take", {"tag": "unheard-of"}),
        ("field", {"field": "nothing", "value": "1"}), ("field", {"field": "speed", "value": "fast"}),
    ],
)  # fmt: skip
def test_nonsense_is_refused_as_a_whole(cast: Cast, three: list[Ticket], verb: str, values: dict[str, str]) -> None:
    with pytest.raises(Refusal):
        _act(verb, cast, three, **values)

    assert not BulkAction.objects.exists()


@pytest.mark.parametrize("order", list(itertools.permutations(VALUES))[::7])
def test_all_of_them_undone_in_reverse_give_back_what_was(
    cast: Cast, three: list[Ticket], order: tuple[str, ...]
) -> None:
    before = [_says(ticket) for ticket in three]
    done = [_act(verb, cast, three) for verb in order]

    for action in reversed(done):
        bulk.undo(action, by=cast.mia)

    assert [_says(ticket) for ticket in three] == before
