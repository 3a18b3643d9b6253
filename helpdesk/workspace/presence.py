"""Who else is at the tickets a page shows."""

from __future__ import annotations

from collections.abc import Iterable

from helpdesk.people.models import User
from tickets.models import Presence, Ticket
from tickets.models.presence import Person


def people_at(tickets: Iterable[Ticket], *, besides: User) -> dict[int, list[Person]]:
    """Who else is at each of these tickets now, by the ticket's pk, in one query for all of them."""
    found: dict[int, list[Person]] = {}
    for presence in Presence.objects.at(ticket.pk for ticket in tickets).exclude(user=besides):
        found.setdefault(presence.ticket_id, []).append(presence.told)
    return found


def with_people(tickets: list[Ticket], *, besides: User) -> list[Ticket]:
    """The rows, each with its `people`: what `{% presence ticket.number ticket.people %}` shows."""
    found = people_at(tickets, besides=besides)
    for ticket in tickets:
        ticket.people = found.get(ticket.pk, ())  # type: ignore[attr-defined]
    return tickets
