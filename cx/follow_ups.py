"""What we do unasked. Rows with a due time are the truth; the timetable looks which are due."""

from __future__ import annotations

import zoneinfo
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from cx import surveys
from cx.models import FollowUp
from helpdesk.people.models import Company
from tickets.models import Event, Ticket
from tickets.models.ticket import DONE

ASKED_AFTER = timedelta(days=3)
DAY_BEGINS, DAY_ENDS = 9, 20  # hours between which a customer may hear from us unasked


def plan_follow_up(event: Event) -> None:
    """A ticket was resolved: ask in three days whether it really is. Once per cause, however often this runs."""
    due_at = in_good_time(event.happened_at + ASKED_AFTER, zone=zone_of(event.ticket))
    FollowUp.objects.get_or_create(
        kind=FollowUp.Kind.REALLY_SOLVED, cause=event, defaults={"ticket": event.ticket, "due_at": due_at}
    )


def drop_planned(event: Event) -> None:
    """The matter goes on: what was planned for its end is off."""
    if event.details.get("auto"):
        return
    for follow_up in FollowUp.objects.planned().filter(ticket=event.ticket, cause__happened_at__lte=event.happened_at):
        follow_up.drop(reason="The ticket went on")


def follow_what_stands_again(event: Event) -> None:
    """Somebody undid a change of the status: what follows is what follows from how the ticket stands again."""
    if event.details.get("status") in DONE:
        plan_follow_up(event)
    else:
        drop_planned(event)


def send_due(*, limit: int = 100) -> int:
    """Do what is due, as far as it goes by itself. Each row in a transaction of its own, skipped when another worker
    holds it. What a person planned is a person's to do, however late.

    Returns how many invitations were made.
    """
    due = FollowUp.objects.sent_by_itself().due().filter(ticket__deleted_at=None)  # one in the bin waits
    return sum(_send(pk) for pk in list(due.values_list("pk", flat=True)[:limit]))


def _send(pk: int) -> bool:
    skip = connection.features.has_select_for_update_skip_locked
    with transaction.atomic():
        follow_up = (
            FollowUp.objects.sent_by_itself()
            .due()
            .select_for_update(skip_locked=skip, of=("self",) if skip else ())
            .filter(pk=pk)
            .first()
        )
        if follow_up is None:
            return False
        assert follow_up.ticket is not None
        now, zone = timezone.now(), zone_of(follow_up.ticket)
        if (later := in_good_time(now, zone=zone)) > now:
            FollowUp.objects.filter(pk=pk).update(due_at=later)
            return False
        if reason := surveys.reason_not_to_ask(follow_up.ticket, now=now):
            follow_up.drop(reason=reason)
            return False
        surveys.invite(follow_up)
        FollowUp.objects.filter(pk=pk).update(state=FollowUp.State.DONE, settled_at=now)
        return True


def zone_of(ticket: Ticket) -> zoneinfo.ZoneInfo:
    """The customer's time zone if we know it, else the company's."""
    known = ticket.requester.time_zone
    return zoneinfo.ZoneInfo(known) if known else Company.current().zone


def in_good_time(moment: datetime, *, zone: zoneinfo.ZoneInfo) -> datetime:
    """The moment itself between 9 and 20 o'clock where the customer is, else the next morning at nine."""
    local = moment.astimezone(zone)
    if DAY_BEGINS <= local.hour < DAY_ENDS:
        return moment
    morning = local.replace(hour=DAY_BEGINS, minute=0, second=0, microsecond=0)
    return morning if local.hour < DAY_BEGINS else (morning + timedelta(days=1))
