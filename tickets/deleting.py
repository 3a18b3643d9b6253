"""Deleting with a time in which to think again: a deleted ticket lies in the bin, and after that it is gone for good.

In the bin nobody sees it: `TicketQuerySet.visible_to` and `not_deleted` leave it out of every list, count, report and
page, and nothing that was planned for it happens by itself. A word from the customer, whichever way it comes, takes it
out again (`Ticket.receive`), so that no word is lost. Mail as it arrived stays in its own rows throughout.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from tickets import merging, previews
from tickets.models import Attachment, EventKind, Ticket

if TYPE_CHECKING:
    from datetime import datetime

    from helpdesk.people.models import User
    from tickets.models.ticket import TicketQuerySet

BATCH = 50


def delete(ticket: Ticket, *, by: User) -> bool:
    """Put the ticket into the bin, with everything that was merged into it. `undelete` is the opposite.

    Whoever sees a ticket may do this, because nothing is lost by it for as long as `kept_for` says. A ticket that was
    merged goes only together with the one in which it goes on. A reply that was sent before still leaves. Deleting
    twice is no error. Returns whether anything changed.
    """
    with ExitStack() as held:
        held.enter_context(transaction.atomic())
        for one in reversed(merging.taken_in(ticket)):  # a merged ticket is always locked before its survivor
            held.enter_context(one._locked())
        held.enter_context(ticket._locked())
        if ticket.is_deleted:
            return False
        ticket._refuse_if_merged()
        along = merging.taken_in(ticket)
        ticket.deleted_at, ticket.deleted_by = timezone.now(), by
        ticket._save("deleted_at", "deleted_by")
        Ticket.objects.filter(pk__in=[one.pk for one in along]).update(deleted_at=ticket.deleted_at, deleted_by=by)
        ticket.record(EventKind.DELETED, actor=by, along=[one.number for one in along])
    return True


def undelete(ticket: Ticket, *, by: User | None) -> bool:
    """The opposite of `delete`, until the time is over. Targets stood where they stood all the while: what was missed
    in the bin is missed. Doing it twice is no error. Returns whether anything changed."""
    return ticket.return_from_bin(by=by)


def kept_for() -> timedelta:
    """How long a deleted ticket can be taken back."""
    return timedelta(days=settings.DELETED_TICKETS_DAYS)


def gone_at(ticket: Ticket) -> datetime | None:
    """When it goes for good; None for a ticket that is not in the bin."""
    return ticket.deleted_at + kept_for() if ticket.deleted_at else None


def purge_due(*, limit: int = BATCH) -> int:
    """Remove for good what has lain in the bin for its time. Returns how many tickets that were, at most `limit`.

    Each with its rows and files in one transaction; its files first, so that a process that is killed half-way leaves
    a ticket without files for the next run, never files that nothing points to. What somebody has taken back
    meanwhile stays.
    """
    due = _due().filter(merged_into=None).order_by("deleted_at", "pk")
    return sum(_purge(pk) for pk in list(due.values_list("pk", flat=True)[:limit]))


def _due() -> TicketQuerySet:
    return Ticket.objects.filter(deleted_at__lte=timezone.now() - kept_for())


def _purge(pk: int) -> bool:
    skip = connection.features.has_select_for_update_skip_locked
    with transaction.atomic():
        ticket = _due().select_for_update(skip_locked=skip).filter(pk=pk).first()
        if ticket is None:
            return False
        for one in (*reversed(merging.taken_in(ticket)), ticket):
            _remove_files(one)
            one.delete()
    return True


def _remove_files(ticket: Ticket) -> None:
    """The bytes of its files, but for those that a file of another ticket shares: a message that was split off."""
    theirs = Q(message__ticket=ticket) | Q(note__ticket=ticket) | Q(draft__ticket=ticket)
    theirs |= Q(side_message__conversation__ticket=ticket)
    names = set(Attachment.objects.filter(theirs).values_list("file", flat=True))
    shared = set(Attachment.objects.filter(file__in=names).exclude(theirs).values_list("file", flat=True))
    for name in names - shared - {""}:
        for each in (name, *previews.names_of(name)):
            default_storage.delete(each)
