"""Whose ticket it is, and since when: what a change of the requester means for links and for whom a reply goes to.

A link to a ticket names it by number. Once the ticket is somebody else's, a link must also name whose turn it is, or it
opens no more; who had their turn before gets the same one back, so that a change that is undone leaves every link as
it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, QuerySet, Subquery, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from tickets.models.event import Event, EventKind

if TYPE_CHECKING:
    from helpdesk.people.models import Customer
    from tickets.models import Ticket


@dataclass(frozen=True)
class Turn:
    """The first requester's is 0 and since ever."""

    number: int = 0
    since: datetime | None = None


def _changes(ticket: Any) -> QuerySet[Event]:
    return Event.objects.filter(ticket=ticket, kind=EventKind.REQUESTER_CHANGED)


def turn_of(ticket: Ticket) -> Turn:
    """Whose turn it is now. One query, unless `with_turn` brought it."""
    if hasattr(ticket, "requester_since"):
        since, number = ticket.requester_since, getattr(ticket, "requester_turn", None)
        return Turn(int(number or 0), datetime.fromisoformat(since) if since else None)
    latest = _changes(ticket.pk).order_by("-pk").values_list("details", flat=True).first()
    return _turn(latest) if latest else Turn()


def with_turn() -> dict[str, Any]:
    """Annotations of a queryset of tickets, for `turn_of`."""
    latest = _changes(OuterRef("pk")).order_by("-pk")
    return {
        "requester_since": Subquery(latest.values(said=KeyTextTransform("since", "details"))[:1]),
        "requester_turn": Subquery(latest.values(said=Cast(KeyTextTransform("turn", "details"), TextField()))[:1]),
    }


def next_turn(ticket: Ticket, *, to: Customer, now: datetime) -> Turn:
    """The turn that this customer had before, or a new one."""
    said = list(_changes(ticket.pk).order_by("pk").values_list("details", flat=True))
    turn = Turn()
    turns: dict[int, Turn] = {}
    for details in said:
        turns.setdefault(details["was"], turn)
        turn = turns.setdefault(details["to"], _turn(details))
    turns.setdefault(ticket.requester_id, turn)
    return turns.get(to.pk) or Turn(max((each.number for each in turns.values()), default=0) + 1, now)


def _turn(details: Mapping[str, Any]) -> Turn:
    since = details.get("since")
    return Turn(int(details.get("turn", 0)), datetime.fromisoformat(since) if since else None)


# --- Links -----------------------------------------------------------------------------------------------------------


def link_values(ticket: Ticket) -> dict[str, int]:
    """What a link to this ticket names."""
    turn = turn_of(ticket).number
    return {"ticket": ticket.number, "turn": turn} if turn else {"ticket": ticket.number}


def opens(values: Mapping[str, Any], ticket: Ticket) -> bool:
    """Whether a link with these values was made for whoever is the requester now."""
    return values.get("turn", 0) == turn_of(ticket).number


# --- Who never took part ---------------------------------------------------------------------------------------------


def took_part(customer: Customer, *, ticket: Ticket) -> bool:
    """Whether the customer has written in the ticket, or one of their addresses was written to or from there."""
    theirs = customer.addresses.values("address")
    wrote = ticket.messages.filter(customer=customer)
    written_to = ticket.deliveries.filter(address__in=theirs, message__isnull=False)
    if customer.pk == ticket.requester_id or wrote.exists() or written_to.exists():
        return True
    known = {address.lower() for address in customer.addresses.values_list("address", flat=True)}
    return any(
        known.intersection(str(address).lower() for address in (*to, *cc))
        for to, cc in ticket.messages.values_list("to", "cc")
    )
