"""Two who merge at the same moment, and mail that comes in meanwhile. PostgreSQL only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from helpdesk.common.errors import Refusal
from tests import cast as people
from tests import factories
from tests.races.threads import together
from tickets import merging
from tickets.mail import receiving, storing
from tickets.models import EventKind, InboundEmail, Message, Ticket

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="races need PostgreSQL"),
]


@pytest.fixture
def three(everybody: people.Cast) -> list[Ticket]:
    return [factories.a_ticket(everybody.carla, mailbox=everybody.support) for _ in range(3)]


def merging_of(ticket: Ticket, into: Ticket, cast: people.Cast) -> Callable[[], Any]:
    def work() -> Any:
        try:
            fresh = [Ticket.objects.get(pk=each.pk) for each in (ticket, into)]
            return merging.merge(fresh[0], into=fresh[1], by=cast.mia)
        except Refusal as refusal:
            return str(refusal)

    return work


def unmerging_of(ticket: Ticket, cast: people.Cast) -> Callable[[], Any]:
    return lambda: merging.unmerge(Ticket.objects.get(pk=ticket.pk), by=cast.mia)


@pytest.mark.parametrize("turn", range(6))
def test_in_opposite_directions_they_make_no_circle(everybody, three, turn):
    one, other, _third = three
    done = together(merging_of(one, other, everybody), merging_of(other, one, everybody))
    assert done.count(True) == 1
    assert Ticket.objects.filter(merged_into=None).count() == 2
    assert {one.pk, other.pk} & set(Ticket.objects.active().values_list("pk", flat=True))


@pytest.mark.parametrize("turn", range(6))
def test_round_in_a_ring_one_is_left_that_goes_on(everybody, three, turn):
    pairs = list(zip(three, [*three[1:], three[0]], strict=True))
    together(*[merging_of(ticket, into, everybody) for ticket, into in pairs])
    left = Ticket.objects.active()
    assert left.count() >= 1
    for ticket in Ticket.objects.all():
        assert ticket.survivor() in left


@pytest.mark.parametrize("turn", range(4))
def test_the_same_merge_twice_is_one(everybody, three, turn):
    one, other, _third = three
    done = together(*[merging_of(other, one, everybody)] * 4)
    assert done.count(True) == 1
    assert one.events.filter(kind=EventKind.TOOK_IN).count() == 1
    undone = together(*[unmerging_of(other, everybody)] * 4)
    assert undone.count(True) == 1
    assert other.events.filter(kind=EventKind.UNMERGED).count() == 1


@pytest.mark.parametrize("turn", range(8))
def test_mail_for_the_one_that_is_just_being_merged_arrives_once(everybody, three, turn):
    one, other, _third = three
    mail = factories.a_mail(subject=f"[#{other.number}]", text="Any news?", message_id=f"<news{turn}@example.com>")
    inbound, _new = storing.store(mail, mailbox=everybody.support, source="smtp")

    work = [merging_of(other, one, everybody), lambda: receiving.receive(InboundEmail.objects.get(pk=inbound.pk))]
    together(*(work if turn % 2 else reversed(work)))

    inbound.refresh_from_db()
    message = Message.objects.get(text__startswith="Any news?")
    assert (inbound.state, inbound.message) == ("processed", message)
    one.refresh_from_db()
    other.refresh_from_db()
    assert other.survivor() == one
    assert message.ticket in (one, other)  # before the merge there, after it here: in one thread either way
    assert other.is_closed
    assert one.is_open
    assert one.targets.unsettled().filter(kind__in=["first_reply", "next_reply"]).count() == 1


@pytest.mark.parametrize("turn", range(6))
def test_mail_that_comes_while_it_is_undone_is_not_lost(everybody, three, turn):
    one, other, _third = three
    merging.merge(other, into=one, by=everybody.mia)
    mail = factories.a_mail(subject=f"[#{other.number}]", text="Any news?", message_id=f"<undo{turn}@example.com>")
    inbound, _new = storing.store(mail, mailbox=everybody.support, source="smtp")

    together(unmerging_of(other, everybody), lambda: receiving.receive(InboundEmail.objects.get(pk=inbound.pk)))

    inbound.refresh_from_db()
    assert inbound.state == "processed"
    message = Message.objects.get(text__startswith="Any news?")
    message.ticket.refresh_from_db()
    assert message.ticket.is_open
    assert Ticket.objects.filter(merged_into__isnull=False).count() == 0


assert connection  # named in the skip condition above
