"""What a ticket cost its customer in effort, read from its events and messages: no survey needed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from cx.reports.measures import effort_index
from tickets.models import Event, EventKind, Message, Ticket

HANDED_ON = (EventKind.ASSIGNED, EventKind.MOVED)


@dataclass(frozen=True)
class Effort:
    """The counts behind the index; the first team and the first assignee are no transfers."""

    messages: int
    transfers: int
    reopenings: int
    channel_switches: int

    @property
    def index(self) -> float:
        return effort_index(
            messages=self.messages,
            transfers=self.transfers,
            reopenings=self.reopenings,
            channel_switches=self.channel_switches,
        )


def effort_of(ticket: Ticket) -> Effort:
    """The customer's effort in this ticket so far. Two queries."""
    return effort_from(ticket.events.order_by("happened_at", "pk"), ticket.messages.in_order())


def effort_from(events: Iterable[Event], messages: Iterable[Message]) -> Effort:
    """The same from rows that are at hand, each in order of time. What machines sent costs the customer nothing."""
    kinds = list(events)
    handed_on = {kind: sum(event.kind == kind for event in kinds) for kind in HANDED_ON}
    said = [message for message in messages if message.is_from_customer and not message.is_auto]
    ways = [message.channel for message in said]
    return Effort(
        messages=len(said),
        transfers=sum(max(0, count - 1) for count in handed_on.values()),
        reopenings=sum(e.kind == EventKind.REOPENED and e.details.get("was_done", True) is not False for e in kinds),
        channel_switches=sum(one != other for one, other in pairwise(ways)),
    )
