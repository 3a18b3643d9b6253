"""Two people merge the same customers at once, in opposite directions or twice. PostgreSQL only."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from helpdesk.common.errors import Refusal
from helpdesk.people.models import Customer, CustomerMerge
from tests import cast as people
from tests import factories
from tests.races.threads import together
from tickets import identities
from tickets.models import Ticket

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="races need PostgreSQL"),
]


@pytest.fixture
def everybody(everybody: people.Cast) -> people.Cast:
    """Everybody, Carla and Dora with a ticket each."""
    for customer in (everybody.carla, everybody.dora):
        factories.a_ticket(customer)
    return everybody


def _merge(gone: Customer, into: Customer, by: Any) -> str:
    try:
        return "merged" if identities.merge(gone, into=into, by=by) else "stood so"
    except Refusal:
        return "refused"


def test_opposite_merges_make_no_circle(everybody: people.Cast) -> None:
    carla, dora, mia = everybody.carla, everybody.dora, everybody.mia

    said = together(lambda: _merge(carla, dora, mia), lambda: _merge(dora, carla, mia))

    assert sorted(said) == ["merged", "refused"]
    kept = Customer.objects.get(merged_into=None, pk__in=[carla.pk, dora.pk])
    assert set(Ticket.objects.values_list("requester", flat=True)) == {kept.pk}


def test_the_same_merge_twice_at_once_is_one(everybody: people.Cast) -> None:
    carla, dora, mia = everybody.carla, everybody.dora, everybody.mia

    said = together(*[lambda: _merge(carla, dora, mia)] * 3)

    assert sorted(said) == ["merged", "stood so", "stood so"]
    assert CustomerMerge.objects.count() == 1


def test_undone_twice_at_once_is_undone_once(everybody: people.Cast) -> None:
    merge = identities.merge(everybody.carla, into=everybody.dora, by=everybody.mia)
    assert merge is not None

    said = together(*[lambda: identities.split(merge, by=everybody.mia)] * 2)

    assert sorted(said) == [False, True]
    assert everybody.carla.tickets.count() == everybody.dora.tickets.count() == 1
