"""Ending resolved tickets for good, when nobody can be about to come back to them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from django.utils import timezone

from tickets.models import Status, Ticket

CLOSES_AFTER = timedelta(days=30)
BATCH = 500

Hold = Callable[[Collection[int]], dict[int, datetime]]
_holds: list[Hold] = []


def register_hold(hold: Hold) -> None:
    """Have tickets stay open to an answer for longer: `hold(ids)` names until when, for those it cares about."""
    if hold not in _holds:
        _holds.append(hold)


def close_due() -> int:
    """Close what was resolved 30 days ago and is held by nothing. Returns how many tickets that were."""
    now = timezone.now()
    due = list(
        Ticket.objects.not_deleted()
        .filter(status=Status.RESOLVED, resolved_at__lte=now - CLOSES_AFTER)
        .order_by("resolved_at", "pk")[:BATCH]
    )  # fmt: skip
    ids = [ticket.pk for ticket in due]
    held = {pk for hold in _holds for pk, until in hold(ids).items() if until > now}
    return sum(ticket.close() for ticket in due if ticket.pk not in held)
