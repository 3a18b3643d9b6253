"""What tickets are to each other; and one message to every child of an incident."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from helpdesk.common.errors import Refusal
from helpdesk.people.models import User
from tests import factories
from tests.cast import Cast
from tickets import bulk, linking, merging
from tickets.models import Delivery, Draft, EventKind, Link, Message, Status, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]

CHILD_OF, BLOCKS, DUPLICATE_OF = linking.BY_HAND


@pytest.fixture
def four(cast: Cast) -> list[Ticket]:
    return [factories.a_ticket(cast.carla, mailbox=cast.support) for _ in range(4)]


@pytest.fixture
def incident(four: list[Ticket], cast: Cast) -> Ticket:
    """With Carla's and Dora's as its children."""
    parent, first = four[:2]
    second = factories.a_ticket(cast.dora, mailbox=cast.support)
    for child in (first, second):
        linking.link(child, parent, kind=CHILD_OF, by=cast.ana)
    return parent


def _children(parent: Ticket, user: User) -> list[Ticket]:
    return list(linking.children_of(parent, user=user))


@pytest.mark.parametrize("kind", linking.BY_HAND)
def test_a_link_stands_on_both_sides_and_in_both_logs(four: list[Ticket], cast: Cast, kind: str) -> None:
    one, other = four[:2]

    assert linking.link(one, other, kind=kind, by=cast.ana)

    for ticket, told_of, is_other_side in ((one, other, False), (other, one, True)):
        around = linking.around(ticket, user=cast.ana)
        (linked,) = (*around.children, *around.others)
        assert (linked.ticket, linked.is_other_side) == (told_of, is_other_side)
        event = ticket.events.get(kind=EventKind.LINKED)
        assert (event.details["number"], event.actor) == (told_of.number, cast.ana)


def test_linking_and_unlinking_twice_change_nothing(four: list[Ticket], cast: Cast) -> None:
    one, other = four[:2]
    assert linking.link(one, other, kind=BLOCKS, by=cast.ana)
    assert not linking.link(one, other, kind=BLOCKS, by=cast.ana)
    assert linking.unlink(one, other, kind=BLOCKS, by=cast.ana)
    assert not linking.unlink(one, other, kind=BLOCKS, by=cast.ana)

    assert one.events.filter(kind=EventKind.LINKED).count() == 1
    assert one.events.filter(kind=EventKind.UNLINKED).count() == 1
    assert not Link.objects.exists()


def test_what_one_may_not_see_is_not_there(four: list[Ticket], cast: Cast) -> None:
    one, other = four[:2]
    with pytest.raises(Refusal, match="may not see it"):
        linking.link(one, other, kind=BLOCKS, by=cast.ben)
    linking.link(one, other, kind=BLOCKS, by=cast.ana)
    other.move(to=cast.installations, by=cast.olu)

    assert not linking.around(one, user=cast.lea)
    assert linking.around(one, user=cast.mia)


@pytest.mark.parametrize(
    ("links", "then"),
    [
        ([], (0, CHILD_OF, 0)),  # itself
        ([(0, CHILD_OF, 1)], (2, CHILD_OF, 0)),  # a child of a child
        ([(0, CHILD_OF, 1)], (1, CHILD_OF, 2)),  # a parent that becomes a child
        ([(0, CHILD_OF, 1)], (0, CHILD_OF, 2)),  # two incidents
        ([(0, BLOCKS, 1)], (1, BLOCKS, 0)),
        ([(0, BLOCKS, 1), (1, BLOCKS, 2), (2, BLOCKS, 3)], (3, BLOCKS, 0)),
        ([(0, CHILD_OF, 1)], (0, BLOCKS, 1)),  # a child waits for its incident already
        ([(0, BLOCKS, 1), (1, BLOCKS, 2)], (0, CHILD_OF, 2)),
        ([(0, DUPLICATE_OF, 1)], (1, DUPLICATE_OF, 0)),
        ([(0, DUPLICATE_OF, 1)], (0, DUPLICATE_OF, 2)),
        ([(0, DUPLICATE_OF, 1)], (0, CHILD_OF, 1)),
        ([(0, CHILD_OF, 1)], (0, DUPLICATE_OF, 1)),
        ([], (0, "split_from", 1)),
    ],
)
def test_what_makes_no_sense_is_refused(
    four: list[Ticket], cast: Cast, links: list[tuple[int, str, int]], then: tuple[int, str, int]
) -> None:
    for ticket, kind, other in links:
        linking.link(four[ticket], four[other], kind=kind, by=cast.ana)

    with pytest.raises(Refusal):
        linking.link(four[then[0]], four[then[2]], kind=then[1], by=cast.ana)

    assert Link.objects.count() == len(links)


def test_two_blockers_and_two_children_are_no_circle(four: list[Ticket], cast: Cast) -> None:
    for ticket, kind, other in [(0, BLOCKS, 2), (1, BLOCKS, 2), (0, BLOCKS, 1), (3, CHILD_OF, 2)]:
        assert linking.link(four[ticket], four[other], kind=kind, by=cast.ana)


def test_a_merged_ticket_is_linked_no_more(four: list[Ticket], cast: Cast) -> None:
    merging.merge(four[0], into=four[1], by=cast.ana)

    with pytest.raises(Refusal, match="Go on there"):
        linking.link(four[0], four[2], kind=BLOCKS, by=cast.ana)


def test_whoever_resolves_a_blocked_ticket_is_told_what_blocks_it(four: list[Ticket], cast: Cast) -> None:
    linking.link(four[0], four[1], kind=BLOCKS, by=cast.ana)
    assert f"#{four[0].number}" in linking.warning_when_resolved(four[1], user=cast.ana)

    four[0].resolve(by=cast.ana, reason="Done.")

    assert linking.warning_when_resolved(four[1], user=cast.ana) == ""


# --- Many at once ----------------------------------------------------------------------------------------------------


def test_many_become_children_of_one_and_are_taken_off_again(four: list[Ticket], cast: Cast) -> None:
    parent, *rest = four
    numbers = [ticket.number for ticket in four]

    action = bulk.act("link", by=cast.ana, numbers=numbers, values={"into": str(parent.number), "kind": CHILD_OF})

    assert bulk.outcome(action).changed == [ticket.number for ticket in rest]
    assert _children(parent, cast.ana) == rest
    bulk.undo(action, by=cast.ana)
    assert _children(parent, cast.ana) == []


# --- To every child --------------------------------------------------------------------------------------------------


def _write(incident: Ticket, by: User, text: str, **values: Any) -> bulk.BulkAction:
    numbers = [ticket.number for ticket in _children(incident, by)]
    return bulk.act("reply", by=by, numbers=numbers, values={"parent": incident.number, "text": text, **values})


def test_every_child_gets_the_words_in_its_own_thread_with_its_own_name(incident: Ticket, cast: Cast) -> None:
    _write(incident, cast.ana, "Dear {customer.first_name}, it works again.", then=Status.WAITING)

    said = {message.ticket.requester: message for message in Message.objects.filter(user=cast.ana)}
    assert {customer: message.text for customer, message in said.items()} == {
        cast.carla: "Dear Carla, it works again.",
        cast.dora: "Dear Dora, it works again.",
    }
    for customer, message in said.items():
        assert [delivery.address for delivery in message.deliveries.all()] == [customer.email]
        assert message.ticket.status == Status.WAITING
    assert not incident.messages.filter(user=cast.ana).exists()


def test_where_a_variable_has_nothing_to_say_nothing_is_sent_and_it_is_told(incident: Ticket, cast: Cast) -> None:
    cast.dora.name = ""
    cast.dora.save(update_fields=["name"])

    became = bulk.outcome(_write(incident, cast.ana, "Dear {customer.first_name}, it works again."))

    ((number, reason),) = became.failed.items()
    assert Ticket.objects.get(number=number).requester == cast.dora
    assert "customer.first_name" in reason
    assert not Delivery.objects.filter(address=cast.dora.email, message__user=cast.ana).exists()


@pytest.mark.parametrize("text", ["", "   ", "Dear {customer.nickname}"])
def test_nothing_and_unknown_variables_are_refused_before_anything_is_sent(
    incident: Ticket, cast: Cast, text: str
) -> None:
    with pytest.raises(Refusal):
        _write(incident, cast.ana, text)
    assert not Message.objects.filter(user=cast.ana).exists()


def test_only_children_are_written_to(incident: Ticket, four: list[Ticket], cast: Cast) -> None:
    action = bulk.act(
        "reply", by=cast.ana, numbers=[four[3].number], values={"parent": incident.number, "text": "It works again."}
    )

    assert list(bulk.outcome(action).failed) == [four[3].number]
    with pytest.raises(Refusal):
        bulk.act("reply", by=cast.ben, numbers=[four[1].number], values={"parent": incident.number, "text": "Ha"})


def test_what_has_not_left_is_taken_back_as_if_it_had_never_been_written(
    incident: Ticket, cast: Cast, settings: Any
) -> None:
    settings.UNDO_SEND_SECONDS = 10
    first, second = _children(incident, cast.ana)
    Draft.objects.create(ticket=first, user=cast.ana, mode=Draft.Mode.REPLY, text="What I had begun")
    action = _write(incident, cast.ana, "It works again.", then=Status.RESOLVED)

    assert bulk.outcome(bulk.undo(action, by=cast.ana)).failed == {}

    assert not Message.objects.filter(user=cast.ana).exists()
    assert [draft.text for draft in Draft.objects.all()] == ["What I had begun"]
    for child in (first, second):
        child.refresh_from_db()
        assert (child.status, child.assignee, child.first_replied_at) == (Status.OPEN, None, None)


def test_what_has_left_stays_and_is_told(incident: Ticket, cast: Cast, settings: Any) -> None:
    settings.UNDO_SEND_SECONDS = 10
    action = _write(incident, cast.ana, "It works again.")

    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        became = bulk.outcome(bulk.undo(action, by=cast.ana))

    assert set(became.failed.values()) == {"Too late: the reply was sent."}
