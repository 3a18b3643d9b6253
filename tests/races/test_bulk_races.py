"""Many tickets at once, by two workers, two people, or while somebody stops it. PostgreSQL only."""

from __future__ import annotations

import time

import pytest
from django.db import connection

from cx.models import Tagging
from helpdesk.people.models import User
from tests import cast as people
from tests import factories
from tests.races.threads import together
from tests.workspace.conftest import SUGGESTION
from tickets import bulk
from tickets.models import BulkAction, BulkItem, EventKind, Status, Ticket

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="races need PostgreSQL"),
]
LOT = 6


@pytest.fixture
def lot(everybody: people.Cast) -> list[Ticket]:
    return _lot(everybody, LOT)


def _lot(everybody: people.Cast, size: int) -> list[Ticket]:
    tickets = [factories.a_ticket(everybody.carla, mailbox=everybody.support) for _ in range(size)]
    for ticket in tickets[:LOT]:
        Tagging.suggest(ticket, values=SUGGESTION, model_version="test")
    return tickets


def _by(user: User) -> User:
    return User.objects.get(pk=user.pk)


def _waiting(by: User, tickets: list[Ticket], verb: str = "prioritise", **values: str) -> BulkAction:
    """An action that no worker has begun."""
    action = BulkAction.objects.create(verb=verb, values=values or {"priority": "high"}, by=by, total=len(tickets))
    BulkItem.objects.bulk_create([BulkItem(action=action, number=ticket.number) for ticket in tickets])
    return action


def _unclaimed(action: BulkAction) -> BulkAction:
    """As if the claim of whoever is at it had grown old."""
    BulkAction.objects.filter(pk=action.pk).update(claimed_at=None)
    return BulkAction.objects.get(pk=action.pk)


@pytest.mark.parametrize("turn", range(3))
def test_a_lot_that_two_people_confirm_at_once_has_one_answer_each(everybody, lot, turn):
    forth = [ticket.number for ticket in lot]

    # The other way round, so that they meet.
    one, other = together(
        lambda: bulk.outcome(bulk.act("confirm", numbers=forth, by=_by(everybody.ana))),
        lambda: bulk.outcome(bulk.act("confirm", numbers=forth[::-1], by=_by(everybody.lea))),
    )

    assert one.failed == other.failed == {}
    assert {*one.changed} | {*other.changed} == {*forth}
    assert not {*one.changed} & {*other.changed}
    assert Tagging.objects.by_people().count() == LOT
    for ticket in lot:
        assert ticket.events.filter(kind=EventKind.TAGGED).count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_taking_a_lot_back_while_another_tags_it_leaves_theirs(everybody, lot, turn):
    numbers = [ticket.number for ticket in lot]
    action = bulk.act("confirm", numbers=numbers, by=everybody.ana)

    _undone, tagged = together(
        lambda: bulk.undo(action, by=_by(everybody.ana)),
        lambda: bulk.outcome(
            bulk.act("tag", numbers=numbers[::-1], values={"journey_stage": "advocacy"}, by=_by(everybody.lea))
        ),
    )

    assert tagged.failed == {}
    for ticket in lot:
        current = Tagging.objects.current().get(ticket=ticket)
        assert (current.tagged_by, current.journey_stage) == (everybody.lea, "advocacy")


@pytest.mark.parametrize("turn", range(3))
def test_two_workers_at_one_action_do_each_ticket_once(everybody, turn):
    tickets = _lot(everybody, 40)
    action = _waiting(everybody.ana, tickets)

    def work():
        for _ in range(200):
            bulk.run(_unclaimed(action), turn=0.05)
            action.refresh_from_db()
            if action.state == BulkAction.State.DONE:
                return

    together(work, work)

    assert bulk.progress(action).changed == 40
    for ticket in tickets:
        assert ticket.events.filter(kind=EventKind.PRIORITISED).count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_what_is_stopped_in_the_middle_adds_up(everybody, turn):
    tickets = _lot(everybody, 60)
    action = _waiting(everybody.ana, tickets)

    def stop():
        while not action.items.filter(state=BulkItem.State.DONE).exists():
            time.sleep(0.001)
        return bulk.stop(BulkAction.objects.get(pk=action.pk), by=_by(everybody.ana))

    _ran, stopped = together(lambda: bulk.run(BulkAction.objects.get(pk=action.pk)), stop)

    action.refresh_from_db()
    became = bulk.outcome(action)
    assert stopped
    assert action.state == BulkAction.State.STOPPED
    assert len(became.changed) + len(became.left) == 60
    assert not action.items.filter(state=BulkItem.State.WAITING).exists()
    changed = Ticket.objects.filter(priority="high").values_list("number", flat=True)
    assert set(changed) == set(became.changed)


@pytest.mark.parametrize("turn", range(3))
def test_undoing_while_customers_write_leaves_what_they_did(everybody, lot, turn):
    numbers = [ticket.number for ticket in lot]
    action = bulk.act("resolve", numbers=numbers, values={"reason": "Solved by phone."}, by=everybody.ana)

    def write():
        for ticket in reversed(lot):
            Ticket.objects.get(pk=ticket.pk).receive(text="It is not.", customer=everybody.carla, channel="email")

    undone, _wrote = together(lambda: bulk.undo(action, by=_by(everybody.ana)), write)

    became = bulk.outcome(undone)
    assert {*became.changed} | {*became.failed} == {*numbers}
    for ticket in Ticket.objects.filter(number__in=numbers):
        assert ticket.status == Status.OPEN
        assert ticket.targets.unsettled().filter(kind="resolution").count() == 1
        reopened = ticket.events.filter(kind=EventKind.REOPENED).exists()
        assert reopened is (ticket.number in became.failed)


def test_asked_twice_at_once_it_is_undone_once(everybody, lot):
    action = bulk.act("prioritise", numbers=[t.number for t in lot], values={"priority": "high"}, by=everybody.ana)

    one, other = together(
        lambda: bulk.undo(action, by=_by(everybody.ana)), lambda: bulk.undo(action, by=_by(everybody.ana))
    )

    assert one == other
    for ticket in lot:
        assert ticket.events.filter(kind=EventKind.PRIORITISED).count() == 2
