"""Two people who tag the same lot at the same moment. PostgreSQL only."""

from __future__ import annotations

import pytest
from django.db import connection

from cx import bulk
from cx.models import Tagging
from helpdesk.people.models import User
from tests import cast as people
from tests import factories
from tests.races.threads import together
from tests.workspace.conftest import SUGGESTION
from tickets.models import EventKind, Ticket

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="races need PostgreSQL"),
]
LOT = 6


@pytest.fixture
def everybody(transactional_db: None) -> people.Cast:
    return people.assemble()


@pytest.fixture
def lot(everybody: people.Cast) -> list[Ticket]:
    tickets = [factories.a_ticket(everybody.carla, mailbox=everybody.support) for _ in range(LOT)]
    for ticket in tickets:
        Tagging.suggest(ticket, values=SUGGESTION, model_version="test")
    return tickets


def _by(user: User) -> User:
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("turn", range(3))
def test_a_lot_that_two_people_confirm_at_once_has_one_answer_each(everybody, lot, turn):
    forth = {ticket.number: None for ticket in lot}
    back = {ticket.number: None for ticket in reversed(lot)}  # the other way round, so that they meet

    one, other = together(
        lambda: bulk.confirm(forth, by=_by(everybody.ana)), lambda: bulk.confirm(back, by=_by(everybody.lea))
    )

    assert one.failed == other.failed == {}
    assert {*one.said} | {*other.said} == {ticket.number for ticket in lot}
    assert not {*one.said} & {*other.said}
    assert Tagging.objects.by_people().count() == LOT
    for ticket in lot:
        assert ticket.events.filter(kind=EventKind.TAGGED).count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_taking_a_lot_back_while_another_tags_it_leaves_theirs(everybody, lot, turn):
    numbers = [ticket.number for ticket in lot]
    said = bulk.confirm(dict.fromkeys(numbers), by=everybody.ana).said

    _undone, tagged = together(
        lambda: bulk.undo(said, by=_by(everybody.ana)),
        lambda: bulk.tag(numbers[::-1], values={"journey_stage": "advocacy"}, by=_by(everybody.lea)),
    )

    assert tagged.failed == {}
    for ticket in lot:
        current = Tagging.objects.current().get(ticket=ticket)
        assert (current.tagged_by, current.journey_stage) == (everybody.lea, "advocacy")
