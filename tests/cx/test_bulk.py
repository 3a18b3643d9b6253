from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cx.models import Tagging
from helpdesk.common.errors import Refusal
from helpdesk.people.models import User
from tests import factories
from tests.cast import Cast
from tickets import bulk
from tickets.bulk import Outcome
from tickets.models import BulkAction, EventKind, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(cast: Cast, suggest: Callable[..., Tagging]) -> list[Ticket]:
    """Three tickets of Billing, each with a sure suggestion."""
    tickets = [factories.a_ticket(cast.carla, mailbox=cast.support) for _ in range(3)]
    for ticket in tickets:
        suggest(ticket)
    return tickets


def _seen(tickets: list[Ticket]) -> dict[int, int | None]:
    return {ticket.number: None for ticket in tickets}


def _confirm(seen: dict[int, int | None], *, by: User) -> BulkAction:
    return bulk.act("confirm", by=by, numbers=seen, own={number: {"seen": pk} for number, pk in seen.items() if pk})


def _tag(numbers: list[int], *, values: dict[str, str], by: User) -> Outcome:
    return bulk.outcome(bulk.act("tag", by=by, numbers=numbers, values=values))


def _current(ticket: Ticket) -> Tagging:
    return Tagging.objects.current().get(ticket=ticket)


def test_the_suggestions_of_a_lot_are_confirmed(three: list[Ticket], ana: User) -> None:
    outcome = bulk.outcome(_confirm(_seen(three), by=ana))

    assert outcome.done == [ticket.number for ticket in three]
    assert outcome.failed == {}
    for ticket in three:
        assert _current(ticket).tagged_by == ana
        assert ticket.events.filter(kind=EventKind.TAGGED, actor=ana).count() == 1


def test_confirming_a_lot_twice_is_no_error_and_one_answer_each(three: list[Ticket], ana: User, lea: User) -> None:
    _confirm(_seen(three), by=ana)
    outcome = bulk.outcome(_confirm(_seen(three), by=lea))

    assert outcome.unchanged == [ticket.number for ticket in three]
    assert outcome.changed == []
    assert Tagging.objects.by_people().count() == 3


def test_one_that_cannot_be_does_not_stop_the_rest(
    three: list[Ticket], cast: Cast, suggest: Callable[..., Tagging]
) -> None:
    unsure, untouched, changed = (factories.a_ticket(cast.carla, mailbox=cast.support) for _ in range(3))
    suggest(unsure, gap_confidence=0.4)
    before = suggest(changed)
    suggest(changed, gap_primary="promise_mismatch")
    seen = {**_seen([*three[:1], unsure, untouched, *three[1:]]), changed.number: before.pk}

    outcome = bulk.outcome(_confirm(seen, by=cast.ana))

    assert outcome.changed == [ticket.number for ticket in three]
    assert outcome.failed == {
        unsure.number: "Nothing is likely enough to be confirmed. Choose a stage and a gap.",
        untouched.number: "There is no suggestion yet. Choose a stage and a gap.",
        changed.number: "The suggestion has changed. Look at the new one, then confirm.",
    }
    assert not _current(changed).is_confirmed


def test_another_teams_ticket_is_as_if_it_were_not_there(three: list[Ticket], ben: User) -> None:
    outcome = bulk.outcome(_confirm({**_seen(three), 99: None}, by=ben))

    assert outcome.done == []
    assert set(outcome.failed) == {99, *(ticket.number for ticket in three)}
    assert len(set(outcome.failed.values())) == 1
    assert not Tagging.objects.by_people().exists()


def test_the_same_tags_are_given_to_a_lot(three: list[Ticket], ana: User) -> None:
    values = {"journey_stage": "purchase", "gap_primary": "promise_mismatch", "root_cause": "third_party"}

    _tag([ticket.number for ticket in three], values=values, by=ana)

    for ticket in three:
        said = _current(ticket)
        assert {name: getattr(said, name) for name in values} == values
        assert said.direction == "below"
        assert said.gap_secondary == "response_time"  # as it was read


@pytest.mark.parametrize(
    "given, expected",
    [
        ({"journey_stage": "purchase"}, ("purchase", "quality", "response_time", "below", "technology", 2)),
        ({"gap_primary": "response_time"}, ("use", "response_time", "", "below", "technology", 2)),
        ({"gap_primary": "none"}, ("use", "none", "", "met", "", None)),
        ({"direction": "met"}, ("use", "none", "", "met", "", None)),
        ({"direction": "exceeded"}, ("use", "quality", "response_time", "exceeded", "", None)),
        ({"root_cause": "training"}, ("use", "quality", "response_time", "below", "training", 2)),
    ],
)
def test_what_is_left_empty_stays_as_it_was_shown(
    three: list[Ticket], ana: User, given: dict[str, str], expected: tuple[Any, ...]
) -> None:
    _tag([three[0].number], values=given, by=ana)

    assert tuple(getattr(_current(three[0]), name) for name in (
        "journey_stage", "gap_primary", "gap_secondary", "direction", "root_cause", "severity",
    )) == expected  # fmt: skip


def test_half_an_answer_is_refused_where_there_is_no_tag_to_complete_it(
    ticket: Ticket, three: list[Ticket], ana: User
) -> None:
    outcome = _tag([ticket.number, three[0].number], values={"journey_stage": "purchase"}, by=ana)

    assert outcome.failed == {ticket.number: "It has no tag yet. Choose a gap, too."}
    assert outcome.done == [three[0].number]


def test_a_cause_where_nothing_falls_short_is_refused_ticket_by_ticket(three: list[Ticket], ana: User) -> None:
    outcome = _tag([three[0].number], values={"direction": "exceeded", "root_cause": "training"}, by=ana)

    assert outcome.failed == {three[0].number: "A cause counts only where something fell short."}
    assert _current(three[0]).is_suggestion


@pytest.mark.parametrize(
    "values", [{"gap_primary": "none", "direction": "below"}, {"gap_primary": "quality", "direction": "met"}]
)
def test_a_contradiction_is_refused_as_a_whole(three: list[Ticket], ana: User, values: dict[str, str]) -> None:
    with pytest.raises(Refusal, match="“As expected” goes with “No gap”"):
        _tag([three[0].number], values=values, by=ana)


@pytest.mark.parametrize("values", [{}, {"journey_stage": ""}, {"severity": "3"}])
def test_tagging_with_nothing_is_refused_as_a_whole(three: list[Ticket], ana: User, values: dict[str, str]) -> None:
    with pytest.raises(Refusal, match="Choose a stage, a gap, a direction or a cause"):
        _tag([three[0].number], values=values, by=ana)


def test_choosing_none_is_refused(ana: User) -> None:
    with pytest.raises(Refusal, match="Choose the tickets first"):
        _confirm({}, by=ana)
    with pytest.raises(Refusal, match="Choose the tickets first"):
        _tag([], values={"journey_stage": "use"}, by=ana)


def test_who_may_not_tag_is_refused(three: list[Ticket], cast: Cast) -> None:
    for who in (cast.lou, cast.gus):
        with pytest.raises(Refusal):
            _confirm(_seen(three), by=who)
    assert not Tagging.objects.by_people().exists()


def test_a_lot_is_taken_back_as_a_whole(three: list[Ticket], ana: User) -> None:
    suggested = {ticket.number: _current(ticket).pk for ticket in three}
    numbers = [ticket.number for ticket in three]
    action = bulk.act("tag", by=ana, numbers=numbers, values={"journey_stage": "purchase"})

    undone = bulk.outcome(bulk.undo(action, by=ana))

    assert undone.done == [ticket.number for ticket in three]
    assert {ticket.number: _current(ticket).pk for ticket in three} == suggested


def test_what_somebody_said_since_stands_when_a_lot_is_taken_back(three: list[Ticket], ana: User, lea: User) -> None:
    action = _confirm(_seen(three), by=ana)
    Tagging.say(three[0], by=lea, journey_stage="advocacy", gap_primary="none")

    undone = bulk.outcome(bulk.undo(action, by=ana))

    assert undone.failed == {three[0].number: "It was tagged again since."}
    assert _current(three[0]).journey_stage == "advocacy"
    assert undone.done == [ticket.number for ticket in three[1:]]


def test_nobody_takes_back_what_another_said(three: list[Ticket], ana: User, lea: User) -> None:
    action = _confirm(_seen(three), by=ana)

    with pytest.raises(Refusal, match="Only the person who did it can undo it"):
        bulk.undo(action, by=lea)
    assert all(_current(ticket).tagged_by == ana for ticket in three)
