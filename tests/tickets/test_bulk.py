"""One verb for many tickets: done one by one, told by number, stopped, killed, undone."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from helpdesk.common.errors import Refusal
from helpdesk.people.access import ABILITIES
from helpdesk.people.models import Membership, Role, User
from tests import factories
from tests.cast import Cast
from tickets import bulk, tasks
from tickets.bulk import VERBS, Outcome
from tickets.models import BulkAction, BulkItem, EventKind, Note, Priority, Status, Ticket
from tickets.models.bulk_action import CLAIM_LASTS

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]

NOT_THERE = "There is no such ticket for you."


@pytest.fixture
def three(cast: Cast) -> list[Ticket]:
    """Open tickets of Billing; the first two are answered."""
    tickets = [factories.a_ticket(cast.carla, mailbox=cast.support) for _ in range(3)]
    for ticket in tickets[:2]:
        ticket.reply(by=cast.lea, text="We are looking into it.")
        ticket.unassign(by=cast.lea)
    return tickets


def _numbers(tickets: list[Ticket]) -> list[int]:
    return [ticket.number for ticket in tickets]


def _act(verb: str, tickets: list[Ticket], by: User, **values: Any) -> BulkAction:
    return bulk.act(verb, by=by, numbers=_numbers(tickets), values=values)


def _became(action: BulkAction) -> Outcome:
    return bulk.outcome(action)


def _undone(action: BulkAction) -> Outcome:
    return bulk.outcome(bulk.undo(action, by=action.by))


def _fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def _stands(ticket: Ticket) -> dict[str, Any]:
    """Everything a person could see of how a ticket stands."""
    now = _fresh(ticket)
    columns = ("status", "priority", "team_id", "assignee_id", "resolution_reason", "snoozed_until", "resolved_at",
               "closed_at", "due_next_at", "due_next_kind", "merged_into_id")  # fmt: skip
    targets = now.targets.order_by("kind", "pk").values_list("kind", "due_at", "paused_at", "met_at", "dropped_at")
    return {**{name: getattr(now, name) for name in columns}, "targets": list(targets)}


def _large(by: User, tickets: list[Ticket], **values: str) -> BulkAction:
    """An action that is a worker's, whom nobody has called yet."""
    given = values or {"priority": "high"}
    action = BulkAction.objects.create(verb="prioritise", values=given, by=by, total=len(tickets))
    BulkItem.objects.bulk_create([BulkItem(action=action, number=ticket.number) for ticket in tickets])
    return action


# --- Each verb -------------------------------------------------------------------------------------------------------


def _values(verb: str, cast: Cast, tickets: list[Ticket]) -> dict[str, Any]:
    return {
        "assign": {"to": cast.lea.pk},
        "move": {"team": cast.installations.pk},
        "prioritise": {"priority": "urgent"},
        "snooze": {"until": (timezone.now() + timedelta(days=1)).isoformat()},
        "resolve": {"reason": "Solved by phone."},
    }.get(verb, {})


ORDINARY = ["assign", "unassign", "move", "prioritise", "snooze", "wake", "wait", "resolve", "reopen", "spam"]
STATES: dict[str, Callable[[Ticket, Cast], object]] = {
    "open": lambda ticket, cast: None,
    "waiting": lambda ticket, cast: ticket.wait(by=cast.lea),
    "snoozed": lambda ticket, cast: ticket.snooze(until=timezone.now() + timedelta(hours=5), by=cast.lea),
    "resolved": lambda ticket, cast: ticket.resolve(by=cast.lea, reason="Nothing to do."),
    "mine": lambda ticket, cast: ticket.assign(to=cast.ana, by=cast.lea),
}


@pytest.mark.parametrize(("verb", "state"), list(itertools.product(ORDINARY, STATES)))
def test_whatever_is_done_is_undone_exactly(cast: Cast, ticket: Ticket, verb: str, state: str) -> None:
    """Status, times and targets, from wherever it stood, also a day later."""
    STATES[state](ticket, cast)
    before, events = _stands(ticket), ticket.events.count()

    action = _act(verb, [ticket], cast.mia, **_values(verb, cast, [ticket]))

    became = _became(action)
    assert len(became.changed) + len(became.unchanged) + len(became.failed) == 1
    if not became.changed:
        assert _stands(ticket) == before
        assert ticket.events.count() == events
        return
    assert _stands(ticket) != before or (verb, state) == ("spam", "resolved")
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        assert _undone(action).failed == {}
    assert _stands(ticket) == before


@pytest.mark.parametrize("verb", ORDINARY)
def test_done_twice_it_stands_so_already(cast: Cast, three: list[Ticket], verb: str) -> None:
    for ticket in three:
        ticket.assign(to=cast.ana, by=cast.lea)
        if verb in ("wake", "reopen"):
            ticket.snooze(until=timezone.now() + timedelta(hours=5), by=cast.lea)
    values = _values(verb, cast, three)
    first = _became(_act(verb, three, cast.mia, **values))
    events = [ticket.events.count() for ticket in three]

    again = _became(_act(verb, three, cast.mia, **values))

    assert again.changed == []
    assert again.unchanged == first.changed
    assert [ticket.events.count() for ticket in three] == events


@pytest.mark.parametrize("verb", ORDINARY)
def test_what_somebody_changed_since_stands(cast: Cast, three: list[Ticket], verb: str) -> None:
    for ticket in three:
        ticket.assign(to=cast.mia, by=cast.lea)
        if verb in ("wake", "reopen"):
            ticket.snooze(until=timezone.now() + timedelta(hours=5), by=cast.lea)
    action = _act(verb, three, cast.ana, **_values(verb, cast, three))
    changed = _became(action).changed
    first = _fresh(next(ticket for ticket in three if ticket.number == changed[0]))
    first.assign(to=cast.olu, by=cast.mia)
    first.move(to=None, by=cast.mia)
    first.prioritise(priority="low", by=cast.mia)
    first.receive(text="One more thing", customer=cast.carla, channel="email")
    now = _stands(first)

    undone = _undone(action)

    assert undone.failed == {first.number: "It was changed since."}
    assert undone.changed == changed[1:]
    assert _stands(first) == now


@pytest.mark.parametrize("verb", [*ORDINARY, "merge", "confirm", "tag"])
def test_another_teams_ticket_is_as_if_it_were_not_there(cast: Cast, three: list[Ticket], verb: str) -> None:
    own = factories.a_ticket(cast.dora, team=cast.installations)
    values = {**_values(verb, cast, three), "into": own.number, "journey_stage": "use"}
    before = [_stands(ticket) for ticket in three]

    became = _became(bulk.act(verb, by=cast.ben, numbers=[*_numbers(three), 99], values=values))

    assert became.failed == dict.fromkeys([*_numbers(three), 99], NOT_THERE)
    assert [_stands(ticket) for ticket in three] == before


SHUT = [
    (who, verb)
    for who, role in (("lou", Role.LIGHT_AGENT), ("gus", Role.GUEST))
    for verb in sorted(VERBS)
    if VERBS[verb].needs not in ABILITIES[role]
]


@pytest.mark.parametrize(("who", "verb"), SHUT)
def test_who_changes_no_ticket_changes_not_many(cast: Cast, three: list[Ticket], verb: str, who: str) -> None:
    with pytest.raises(Refusal, match="You may not do this"):
        bulk.act(verb, by=getattr(cast, who), numbers=_numbers(three), values=_values(verb, cast, three))
    assert not BulkAction.objects.exists()


def test_the_events_are_those_of_one_by_one(cast: Cast, three: list[Ticket]) -> None:
    _act("assign", three, cast.ana, to=cast.lea.pk)

    for ticket in three:
        event = ticket.events.latest("pk")
        assert (event.kind, event.actor, event.details) == (
            EventKind.ASSIGNED, cast.ana, {"to": "Lea Lindgren", "to_id": cast.lea.pk},
        )  # fmt: skip


def test_tickets_are_given_only_to_people_who_see_them(cast: Cast, three: list[Ticket]) -> None:
    nobodys = factories.a_ticket(cast.dora)

    became = _became(_act("assign", [*three, nobodys], cast.mia, to=cast.ben.pk))

    assert became.failed == dict.fromkeys(_numbers(three), "Ben Barker does not work in its team.")
    assert became.changed == [nobodys.number]
    for stranger in (cast.lou, cast.gus):
        with pytest.raises(Refusal, match="cannot answer tickets"):
            _act("assign", three, cast.mia, to=stranger.pk)


def test_without_a_reason_what_nobody_answered_stays_open_and_is_named(cast: Cast, three: list[Ticket]) -> None:
    became = _became(_act("resolve", three, cast.ana))

    assert became.changed == _numbers(three[:2])
    assert became.failed == {three[2].number: "Reply first, or say why no reply is needed."}
    assert _fresh(three[2]).is_open


def test_the_survey_of_what_was_resolved_by_mistake_is_not_sent(
    cast: Cast, three: list[Ticket], settle: Callable[[], None]
) -> None:
    from cx.models import FollowUp

    action = _act("resolve", three[:2], cast.ana)
    settle()
    assert FollowUp.objects.planned().count() == 2

    bulk.undo(action, by=cast.ana)
    settle()

    assert FollowUp.objects.planned().count() == 0


def test_what_was_moved_out_of_sight_is_moved_back(cast: Cast, three: list[Ticket]) -> None:
    action = _act("move", three, cast.ana, team=cast.installations.pk)
    assert not Ticket.objects.visible_to(cast.ana).exists()

    assert _undone(action).changed == _numbers(three)

    assert all(_fresh(ticket).team == cast.billing for ticket in three)


def test_whoever_left_the_team_moves_nothing_back_into_it(cast: Cast, three: list[Ticket]) -> None:
    action = _act("move", three, cast.ana, team=cast.installations.pk)
    Membership.objects.filter(user=cast.ana).delete()

    undone = bulk.outcome(bulk.undo(action, by=User.objects.get(pk=cast.ana.pk)))

    assert undone.failed == dict.fromkeys(_numbers(three), NOT_THERE)
    assert all(_fresh(ticket).team == cast.installations for ticket in three)


@pytest.mark.parametrize(
    ("verb", "values", "words"),
    [
        ("assign", {"to": "99999"}, "Choose a person from the list"),
        ("assign", {"to": "moon"}, "Choose a person from the list"),
        ("move", {"team": "99999"}, "Choose a team from the list"),
        ("prioritise", {"priority": "mega"}, "Choose one of the four priorities"),
        ("snooze", {}, "Choose until when"),
        ("snooze", {"until": "2020-01-01T00:00:00+00:00"}, "still to come"),
        ("merge", {"into": "99999"}, "Choose the ticket that stays"),
    ],
)
def test_nonsense_is_refused_as_a_whole(
    cast: Cast, three: list[Ticket], verb: str, values: dict[str, Any], words: str
) -> None:
    with pytest.raises(Refusal, match=words):
        _act(verb, three, cast.ana, **values)
    assert not BulkAction.objects.exists()


# --- All of a list ---------------------------------------------------------------------------------------------------


def test_a_list_is_frozen_when_it_begins(cast: Cast, three: list[Ticket]) -> None:
    listed = Ticket.objects.visible_to(cast.ana).open().due_first()

    action = bulk.act("prioritise", by=cast.ana, values={"priority": "high"}, tickets=listed)
    later = factories.a_ticket(cast.carla, mailbox=cast.support)

    assert sorted(_became(action).changed) == _numbers(three)
    assert action.total == 3
    assert _fresh(later).priority == Priority.NORMAL


def test_an_empty_list_and_one_that_is_too_long_are_refused(
    cast: Cast, three: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refusal, match="Choose the tickets first"):
        bulk.act("wait", by=cast.ana, tickets=Ticket.objects.none())
    with pytest.raises(Refusal, match="At most 20,000 tickets"):
        bulk.act("wait", by=cast.ana, numbers=range(20_001))
    monkeypatch.setitem(VERBS, "wait", bulk.VERBS["wait"].__class__(**{**vars(bulk.VERBS["wait"]), "most": 2}))
    with pytest.raises(Refusal, match="At most 2 tickets"):
        bulk.act("wait", by=cast.ana, tickets=Ticket.objects.visible_to(cast.ana).due_first())
    assert not BulkAction.objects.exists()
    assert not BulkItem.objects.exists()


def test_more_than_a_hundred_are_a_workers(cast: Cast, three: list[Ticket]) -> None:
    numbers = [*_numbers(three), *range(1, 101)]

    action = bulk.act("prioritise", by=cast.ana, values={"priority": "high"}, numbers=numbers)
    assert bulk.progress(action).seen == 0

    tasks.run_bulk_action(bulk_action_id=action.pk)

    progress = bulk.progress(BulkAction.objects.get(pk=action.pk))
    assert (progress.is_over, progress.done, progress.failed) == (True, 3, 100)


# --- Workers ---------------------------------------------------------------------------------------------------------


def test_a_turn_ends_and_the_next_goes_on(cast: Cast, three: list[Ticket]) -> None:
    action = _large(cast.ana, three)

    assert bulk.run(action, turn=0) is True
    assert bulk.progress(action).seen == 0
    assert bulk.run(action) is False
    assert bulk.progress(action).done == 3


def test_nobody_else_works_on_what_somebody_is_at(cast: Cast, three: list[Ticket]) -> None:
    action = _large(cast.ana, three)
    BulkAction.objects.filter(pk=action.pk).update(claimed_at=timezone.now())

    assert bulk.run(action) is False

    assert bulk.progress(action).seen == 0


def test_a_worker_that_was_killed_in_the_middle_is_followed_by_another(
    cast: Cast, three: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ticket in its hand is as it was: what became of it and the change itself are one transaction."""
    action, verb = _large(cast.ana, three), VERBS["prioritise"]

    class Killed(BaseException):
        pass

    def killed_at_the_second(ticket: Ticket, values: Any, by: User) -> Any:
        became = verb.do(ticket, values, by)
        if ticket.number == three[1].number:
            raise Killed
        return became

    monkeypatch.setitem(VERBS, "prioritise", verb.__class__(**{**vars(verb), "do": killed_at_the_second}))
    with pytest.raises(Killed):
        bulk.run(action)
    monkeypatch.setitem(VERBS, "prioritise", verb)
    assert [_fresh(ticket).priority for ticket in three] == ["high", "normal", "normal"]
    BulkAction.objects.filter(pk=action.pk).update(claimed_at=timezone.now())  # kill -9 takes no claim back

    rung: list[int] = []
    monkeypatch.setattr("tickets.bulk.ring", lambda task, *, bulk_action_id: rung.append(bulk_action_id))
    bulk.run_unfinished()
    assert rung == []  # it may be alive
    with time_machine.travel(timezone.now() + CLAIM_LASTS + timedelta(seconds=1)):
        bulk.run_unfinished()
        assert rung == [action.pk]
        tasks.run_bulk_action(bulk_action_id=action.pk)

    assert _became(action).changed == _numbers(three)
    for ticket in three:
        assert ticket.events.filter(kind=EventKind.PRIORITISED).count() == 1


def test_one_that_cannot_even_fail_properly_stops_nothing(
    cast: Cast, three: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    verb = VERBS["prioritise"]

    def broken(ticket: Ticket, values: Any, by: User) -> Any:
        return {}["moon"] if ticket.number == three[0].number else verb.do(ticket, values, by)

    monkeypatch.setitem(VERBS, "prioritise", verb.__class__(**{**vars(verb), "do": broken}))

    became = _became(_act("prioritise", three, cast.ana, priority="high"))

    assert became.changed == _numbers(three[1:])
    assert became.failed == {three[0].number: "Something went wrong here. It was written down."}


def test_whoever_leaves_in_the_middle_goes_on_with_nothing(cast: Cast, three: list[Ticket]) -> None:
    action = _large(cast.ana, three)
    User.objects.filter(pk=cast.ana.pk).update(is_active=False)

    bulk.run(action)

    assert _became(action).left == _numbers(three)
    assert BulkAction.objects.get(pk=action.pk).state == BulkAction.State.STOPPED


def test_reasons_are_in_the_language_of_whoever_reads_them(cast: Cast, three: list[Ticket]) -> None:
    User.objects.filter(pk=cast.ben.pk).update(language="es")
    action = _large(User.objects.get(pk=cast.ben.pk), three[:1])

    tasks.run_bulk_action(bulk_action_id=action.pk)

    assert list(_became(action).failed.values()) != [NOT_THERE]


# --- Stopping and undoing --------------------------------------------------------------------------------------------


def test_what_is_stopped_leaves_the_rest_as_it_is(cast: Cast, three: list[Ticket]) -> None:
    action = _large(cast.ana, three)
    item = action.items.get(number=three[0].number)
    bulk._do_one(item.pk, action=action, verb=VERBS["prioritise"], given=action.values, by=cast.ana)

    assert bulk.stop(action, by=cast.ana) is True
    assert bulk.stop(action, by=cast.ana) is False
    assert bulk.run(action) is False

    became = _became(action)
    assert (became.changed, became.left) == (_numbers(three[:1]), _numbers(three[1:]))
    assert _undone(action).changed == _numbers(three[:1])
    assert all(_fresh(ticket).priority == Priority.NORMAL for ticket in three)


def test_nobody_stops_or_undoes_what_another_does(cast: Cast, three: list[Ticket]) -> None:
    running, done = _large(cast.ana, three), _act("wait", three, cast.ana)

    assert bulk.stop(running, by=cast.lea) is False
    with pytest.raises(Refusal, match="Only the person who did it"):
        bulk.undo(done, by=cast.lea)
    with pytest.raises(Refusal, match="It is still running"):
        bulk.undo(running, by=cast.ana)


def test_undoing_twice_is_no_error_and_once(cast: Cast, three: list[Ticket]) -> None:
    action = _act("wait", three, cast.ana)

    first, second = bulk.undo(action, by=cast.ana), bulk.undo(action, by=cast.ana)

    assert first == second
    with pytest.raises(Refusal, match="This was an undoing"):
        bulk.undo(first, by=cast.ana)
    assert all(ticket.events.filter(kind=EventKind.RESTORED).count() == 1 for ticket in three)


def test_only_what_changed_is_put_back(cast: Cast, three: list[Ticket]) -> None:
    three[0].wait(by=cast.lea)
    action = _act("wait", three, cast.ana)

    bulk.undo(action, by=cast.ana)

    assert [_fresh(ticket).status for ticket in three] == [Status.WAITING, Status.OPEN, Status.OPEN]
    with pytest.raises(Refusal, match="nothing to undo"):
        bulk.undo(_act("wait", three[:1], cast.ana), by=cast.ana)


def test_a_promise_kept_meanwhile_stays_kept(cast: Cast, three: list[Ticket]) -> None:
    ticket = three[0]
    ticket.expect_by(timezone.now() + timedelta(hours=2), kind="promise", key="promise:1")
    action = _act("resolve", three[:1], cast.ana)
    _fresh(ticket).expectation_ended(kind="promise", key="promise:1", met=True)

    bulk.undo(action, by=cast.ana)

    assert _fresh(ticket).is_open
    assert ticket.targets.get(kind="promise").met_at is not None


def test_after_a_month_it_is_forgotten_and_the_tickets_are_not(cast: Cast, three: list[Ticket]) -> None:
    action, running = _act("wait", three, cast.ana), _large(cast.ana, three)
    back = bulk.undo(action, by=cast.ana)

    with time_machine.travel(timezone.now() + bulk.KEPT + timedelta(days=1)):
        bulk.forget_old()

    assert list(BulkAction.objects.all()) == [running]
    assert back.pk is not None
    assert three[0].events.filter(kind=EventKind.WAITED).exists()


def test_nothing_of_it_reaches_a_customer(cast: Cast, three: list[Ticket]) -> None:
    sent = [ticket.deliveries.count() for ticket in three]

    for verb in ("wait", "snooze", "resolve", "reopen"):
        bulk.undo(_act(verb, three[:2], cast.ana, **_values(verb, cast, three)), by=cast.ana) if verb != "reopen" else 0

    assert [ticket.deliveries.count() for ticket in three] == sent
    assert not Note.objects.exists()


# --- Merging ---------------------------------------------------------------------------------------------------------


def test_a_lot_is_merged_into_one_of_them_and_back(cast: Cast, three: list[Ticket]) -> None:
    before = [_stands(ticket) for ticket in three]

    action = _act("merge", three, cast.ana, into=three[0].number)

    assert _became(action).changed == _numbers(three[1:])
    assert {_fresh(ticket).merged_into for ticket in three[1:]} == {three[0]}
    assert _undone(action).failed == {}
    assert [_stands(ticket) for ticket in three] == before


def test_another_customers_ticket_is_merged_only_when_that_is_meant(cast: Cast, three: list[Ticket]) -> None:
    theirs = factories.a_ticket(cast.dora, mailbox=cast.support)

    became = _became(_act("merge", [*three, theirs], cast.ana, into=three[0].number))

    assert became.changed == _numbers(three[1:])
    assert list(became.failed) == [theirs.number]
    meant = _became(_act("merge", [theirs, three[0]], cast.ana, into=three[0].number, other_customer=True))
    assert meant.changed == [theirs.number]


def test_what_was_merged_elsewhere_since_stays_there(cast: Cast, three: list[Ticket]) -> None:
    from tickets import merging

    other = factories.a_ticket(cast.carla, mailbox=cast.support)
    action = _act("merge", three, cast.ana, into=three[0].number)
    merging.unmerge(_fresh(three[1]), by=cast.lea)
    merging.merge(_fresh(three[1]), into=other, by=cast.lea)

    undone = _undone(action)

    assert undone.failed == {three[1].number: "It was changed since."}
    assert undone.changed == [three[2].number]
    assert _fresh(three[1]).merged_into == other
