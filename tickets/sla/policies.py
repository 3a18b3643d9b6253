"""Which targets a ticket has, and what each turn of it does to them.

The rules of a new installation: the first reply within 8 business hours (urgent 1, high 4), every later one the
same, the resolution within 3 business days. Waiting for the customer pauses the resolution; snoozing pauses
nothing; automatic answers meet no target.

All functions expect the caller to hold the ticket's row lock, inside its transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from helpdesk.people.models import Company
from tickets.models.sla import Target
from tickets.sla.clock import Calendar

if TYPE_CHECKING:
    from tickets.models.ticket import Ticket

REPLY_WITHIN = {
    "low": timedelta(hours=8),
    "normal": timedelta(hours=8),
    "high": timedelta(hours=4),
    "urgent": timedelta(hours=1),
}
RESOLUTION_WITHIN_DAYS = 3

_REPLIES = (Target.Kind.FIRST_REPLY, Target.Kind.NEXT_REPLY)


def calendar() -> Calendar:
    """The company's working hours and holidays."""
    company = Company.current()
    return Calendar.from_json(zone=company.time_zone, week=company.business_hours, holidays=company.holidays)


def reply_due(*, priority: str, since: datetime, hours: Calendar) -> datetime:
    return hours.add(since, REPLY_WITHIN[priority])


def resolution_due(*, since: datetime, hours: Calendar) -> datetime:
    return hours.add_days(since, RESOLUTION_WITHIN_DAYS)


def first_asked(ticket: Ticket, *, at: datetime) -> list[Target]:
    """The targets of a ticket that is about to be written for the first time; they are not stored yet."""
    hours = calendar()
    reply = reply_due(priority=ticket.priority, since=at, hours=hours)
    resolution = resolution_due(since=at, hours=hours)
    return [
        Target(ticket=ticket, kind=Target.Kind.FIRST_REPLY, started_at=at, due_at=reply),
        Target(ticket=ticket, kind=Target.Kind.RESOLUTION, started_at=at, due_at=resolution),
    ]


def customer_wrote(ticket: Ticket, *, at: datetime) -> list[Target]:
    """A reply is due, unless one already is; the resolution clock runs (again). Returns the targets that now run."""
    hours = calendar()
    unsettled = list(ticket.targets.unsettled())
    open_kinds = {target.kind for target in unsettled}
    started = []
    if open_kinds.isdisjoint(_REPLIES):
        kind = Target.Kind.NEXT_REPLY if ticket.first_replied_at else Target.Kind.FIRST_REPLY
        due = reply_due(priority=ticket.priority, since=at, hours=hours)
        started.append(Target(ticket=ticket, kind=kind, started_at=at, due_at=due))
    if Target.Kind.RESOLUTION in open_kinds:
        _resume(unsettled, at=at, hours=hours)
    else:
        due = resolution_due(since=at, hours=hours)
        started.append(Target(ticket=ticket, kind=Target.Kind.RESOLUTION, started_at=at, due_at=due))
    return [*unsettled, *(Target.objects.bulk_create(started) if started else ())]


def agent_replied(ticket: Ticket, *, at: datetime) -> None:
    """A person's public reply meets the reply targets of what was asked before it."""
    ticket.targets.unsettled().filter(kind__in=_REPLIES, started_at__lte=at).update(met_at=at)


def pause(ticket: Ticket, *, at: datetime) -> None:
    """Waiting for the customer stops the resolution clock."""
    ticket.targets.running().filter(kind=Target.Kind.RESOLUTION).update(paused_at=at)


def resume(ticket: Ticket, *, at: datetime) -> None:
    """The resolution clock runs again; what was left of it, in business time, is left still."""
    _resume(ticket.targets.unsettled(), at=at, hours=calendar())


def _resume(targets: Iterable[Target], *, at: datetime, hours: Calendar) -> None:
    for target in targets:
        if target.paused_at is None:
            continue
        if target.due_at > target.paused_at:
            target.due_at = hours.add(at, hours.between(target.paused_at, target.due_at))
        target.paused_at = None
        target.save(update_fields=["due_at", "paused_at"])


def resolved(ticket: Ticket, *, at: datetime) -> None:
    """The resolution is met. A reply that was still due is no longer asked for: the reason stands in the event."""
    ticket.targets.unsettled().filter(kind=Target.Kind.RESOLUTION).update(met_at=at, paused_at=None)
    ticket.targets.unsettled().filter(kind__in=_REPLIES).update(dropped_at=at)


def reopened(ticket: Ticket, *, at: datetime) -> None:
    """Reopened by us: a new resolution clock. A customer's message starts it by itself."""
    if not ticket.targets.unsettled().filter(kind=Target.Kind.RESOLUTION).exists():
        due = resolution_due(since=at, hours=calendar())
        ticket.targets.create(kind=Target.Kind.RESOLUTION, started_at=at, due_at=due)


def priority_changed(ticket: Ticket) -> None:
    """Replies that are due are due by the new priority, counted from when the customer wrote."""
    hours = calendar()
    for target in ticket.targets.unsettled().filter(kind__in=_REPLIES, breached_at=None):
        target.due_at = reply_due(priority=ticket.priority, since=target.started_at, hours=hours)
        target.save(update_fields=["due_at"])
