"""How it stands with a ticket, as a sentence: what its status means, since when, and by whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _t

from tickets.models import Event, EventKind, Ticket
from tickets.models.ticket import Status

ICONS = {
    Status.OPEN: "inbox",
    Status.WAITING: "pause",
    Status.SNOOZED: "alarm-clock",
    Status.RESOLVED: "circle-check",
    Status.CLOSED: "archive",
}


class Standing(NamedTuple):
    words: str
    icon: str


def standing_of(ticket: Ticket, events: Iterable[Event]) -> Standing:
    """`events` are the ticket's own, oldest first; they know who and since when. Without them the status alone is
    said."""
    status = Status(ticket.status)
    return Standing(_words(ticket, status, list(events)), ICONS[status])


def _words(ticket: Ticket, status: Status, events: list[Event]) -> str:
    match status:
        case Status.WAITING:
            waited = _latest(events, EventKind.WAITED)
            if waited is None:
                return _t("Waiting for the customer")
            return _t("Waiting for the customer since %(when)s") % {"when": _when(waited.happened_at)}
        case Status.SNOOZED:
            return _t("Snoozed until %(when)s") % {"when": _when(ticket.snoozed_until)}
        case Status.RESOLVED:
            resolved = _latest(events, EventKind.RESOLVED)
            said = {
                "when": _when(ticket.resolved_at),
                "name": resolved.actor.name if resolved and resolved.actor else "",
            }
            if said["name"]:
                return _t("Resolved by %(name)s, %(when)s") % said
            return _t("Resolved %(when)s") % said
        case Status.CLOSED:
            return _t("Closed %(when)s") % {"when": _when(ticket.closed_at)}
    return str(status.label)


def _latest(events: list[Event], kind: EventKind) -> Event | None:
    return next((event for event in reversed(events) if event.kind == kind), None)


def _when(at: datetime | None) -> str:
    """The hour of today, the weekday of this week, else the day."""
    if at is None:
        return "–"
    at, today = timezone.localtime(at), timezone.localdate()
    far = abs((at.date() - today).days)
    return date_format(at, "H:i" if not far else "D H:i" if far < 6 else "j M" if at.year == today.year else "j M Y")
