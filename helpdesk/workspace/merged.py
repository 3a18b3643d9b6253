"""What a ticket's page must know about merging: what goes on in it, and where it goes on itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse

from helpdesk.people.access import Ability
from helpdesk.people.models import Customer, User
from tickets import merging
from tickets.models import EventKind, Ticket


@dataclass(frozen=True)
class Origin:
    """The merged ticket in which something was said. `url` is empty where this person may not open it."""

    number: int
    url: str


@dataclass(frozen=True)
class Together:
    """A ticket with all that were merged into it; most have none."""

    ticket: Ticket
    taken_in: list[Ticket] = field(default_factory=list)
    seen: frozenset[int] = frozenset()  # those of them that this person may open
    may_undo: bool = False

    @classmethod
    def of(cls, ticket: Ticket, *, user: User) -> Together:
        """No query more for a ticket that `load` found to have taken in nothing."""
        if not getattr(ticket, "has_taken_in", True):
            return cls(ticket)
        taken_in = merging.taken_in(ticket)
        visible = Ticket.objects.visible_to(user).filter(pk__in=[one.pk for one in taken_in])
        seen = frozenset(visible.values_list("pk", flat=True)) if taken_in else frozenset()
        return cls(ticket, taken_in, seen, user.may(Ability.REPLY))

    @property
    def keys(self) -> list[int]:
        return [self.ticket.pk, *(one.pk for one in self.taken_in)]

    @property
    def requesters(self) -> dict[int, Customer]:
        """With their addresses, so that a name costs no query."""
        everybody: Iterable[Ticket] = (*self.taken_in, self.ticket)
        return {one.requester_id: one.requester for one in everybody}

    def origin_of(self, ticket_id: int) -> Origin | None:
        """None for what was said in the ticket itself."""
        one = next((one for one in self.taken_in if one.pk == ticket_id), None)
        if one is None:
            return None
        return Origin(one.number, one.get_absolute_url() if one.pk in self.seen else "")

    def undoing(self, ticket_id: int, *, into: int) -> str:
        """The address that undoes a merge that still holds; empty where it was undone, or is not theirs to undo."""
        one = next((one for one in self.taken_in if one.pk == ticket_id and one.merged_into_id == into), None)
        if one is None or not self.may_undo or one.pk not in self.seen:
            return ""
        return reverse("workspace:unmerging", args=[one.number])


@dataclass(frozen=True)
class WentTo:
    """Where a merged ticket goes on, and who said so. `url` is empty where this person may not open it."""

    number: int
    url: str
    subject: str
    by: str
    at: datetime
    is_other_customers: bool


def where_it_went(ticket: Ticket, *, user: User) -> WentTo | None:
    """None for a ticket that is not merged."""
    if not ticket.is_merged:
        return None
    survivor = ticket.survivor()
    is_seen = Ticket.objects.visible_to(user).filter(pk=survivor.pk).exists()
    event = ticket.events.filter(kind=EventKind.MERGED).select_related("actor").latest("pk")
    return WentTo(
        number=survivor.number,
        url=survivor.get_absolute_url() if is_seen else "",
        subject=survivor.subject if is_seen else "",
        by=event.actor.name if event.actor else "",
        at=event.happened_at,
        is_other_customers=survivor.requester_id != ticket.requester_id,
    )
