"""What a ticket is about: its type, product and order."""

from __future__ import annotations

import pytest

from helpdesk.common.errors import Refusal
from tests.cast import Cast
from tickets.models import EventKind, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


def _about(ticket: Ticket) -> tuple[str, str, str]:
    now = Ticket.objects.get(pk=ticket.pk)
    return now.kind, now.product, now.order_reference


def test_only_what_is_given_changes_and_the_event_keeps_what_was(cast: Cast, ticket: Ticket) -> None:
    assert ticket.describe(by=cast.ana, kind="problem", product=" Fibra  600 ")
    assert ticket.describe(by=cast.ana, order_reference="ES-4411-B")

    assert _about(ticket) == ("problem", "Fibra 600", "ES-4411-B")
    first, second = ticket.events.filter(kind=EventKind.DESCRIBED).order_by("pk")
    assert first.details == {
        "was": {"kind": "", "product": ""},
        "became": {"kind": "problem", "product": "Fibra 600"},
    }
    assert second.details["was"] == {"order_reference": ""}


def test_saying_the_same_twice_leaves_one_event(cast: Cast, ticket: Ticket) -> None:
    assert ticket.describe(by=cast.ana, kind="praise")
    assert not ticket.describe(by=cast.lea, kind="praise", product="")

    assert ticket.events.filter(kind=EventKind.DESCRIBED).count() == 1


def test_what_was_said_before_is_the_way_back(cast: Cast, ticket: Ticket) -> None:
    ticket.describe(by=cast.ana, kind="problem", product="Fibra", order_reference="1")
    ticket.describe(by=cast.ana, kind="complaint", product="")
    event = ticket.events.filter(kind=EventKind.DESCRIBED).latest("pk")

    ticket.describe(by=cast.ana, **event.details["was"])

    assert _about(ticket) == ("problem", "Fibra", "1")


@pytest.mark.parametrize("said", [{"kind": "nonsense"}, {"product": "x" * 81}, {"order_reference": "x" * 81}])
def test_what_is_no_type_or_too_long_is_refused_as_a_whole(cast: Cast, ticket: Ticket, said: dict[str, str]) -> None:
    with pytest.raises(Refusal):
        ticket.describe(by=cast.ana, **{"product": "Fibra", **said})

    assert _about(ticket) == ("", "", "")
