"""What is to be done for a ticket, line by line."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _t

from helpdesk.common.errors import Refusal
from helpdesk.common.text import normalise
from tickets.models import ChecklistItem, Event, EventKind, Ticket

if TYPE_CHECKING:
    from helpdesk.people.models import User

MOST: Final = 50  # lines of one ticket
LONGEST: Final = 200


def add(ticket: Ticket, *, text: str, by: User) -> ChecklistItem:
    """A line below the others."""
    text = _clean(text)
    with ticket._locked():
        if ticket.checklist.count() >= MOST:
            raise Refusal(_t("A checklist has at most %(most)s lines.") % {"most": MOST})
        below = (ticket.checklist.aggregate(top=Max("position"))["top"] or 0) + 1
        item = ticket.checklist.create(text=text, position=below, added_by=by)
        _record(ticket, "added", item, by=by)
    return item


def tick(item: ChecklistItem, *, by: User) -> bool:
    """It is done. Returns whether anything changed."""
    return _set_done(item, by=by, done=True)


def untick(item: ChecklistItem, *, by: User) -> bool:
    """The opposite of `tick`."""
    return _set_done(item, by=by, done=False)


def rename(item: ChecklistItem, *, text: str, by: User) -> bool:
    """Other words for it. Returns whether anything changed."""
    text = _clean(text)
    ticket = item.ticket
    with ticket._locked():
        if not _is_here(item) or item.text == text:
            return False
        was, item.text = item.text, text
        item.save(update_fields=["text"])
        _record(ticket, "renamed", item, by=by, was=was)
    return True


def move(item: ChecklistItem, *, step: int, by: User) -> bool:
    """One place up (-1) or down (1). Returns whether anything changed."""
    ticket = item.ticket
    with ticket._locked():
        lines = list(ticket.checklist.order_by("position", "pk"))
        at = next((index for index, each in enumerate(lines) if each.pk == item.pk), None)
        if at is None or not 0 <= at + step < len(lines):
            return False
        lines.insert(at + step, lines.pop(at))
        for position, each in enumerate(lines, start=1):
            if each.position != position:
                ChecklistItem.objects.filter(pk=each.pk).update(position=position)
        _record(ticket, "moved", item, by=by)
    return True


def remove(item: ChecklistItem, *, by: User) -> Event | None:
    """Take the line away. The event keeps it, for `put_back`; None where it is gone already."""
    ticket = item.ticket
    with ticket._locked():
        if not _is_here(item):
            return None
        row = {
            "pk": item.pk, "position": item.position, "added_by": item.added_by_id,
            "added_at": item.added_at.isoformat(), "done_by": item.done_by_id,
            "done_at": item.done_at.isoformat() if item.done_at else None,
        }  # fmt: skip
        event = _record(ticket, "removed", item, by=by, row=row)
        ChecklistItem.objects.filter(pk=item.pk).delete()
    return event


def put_back(removed: Event, *, by: User) -> bool:
    """Undo `remove`: the line stands where it stood, ticked by whoever had ticked it. Returns whether it was gone."""
    row, ticket = removed.details.get("row"), removed.ticket
    if removed.kind != EventKind.CHECKLIST_CHANGED or not row:
        raise Refusal(_t("There is nothing to undo."))
    with ticket._locked():
        if ChecklistItem.objects.filter(pk=row["pk"]).exists():
            return False
        item = ChecklistItem.objects.create(
            pk=row["pk"], ticket=ticket, text=removed.details["text"], position=row["position"],
            added_by_id=row["added_by"], added_at=datetime.fromisoformat(row["added_at"]), done_by_id=row["done_by"],
            done_at=datetime.fromisoformat(row["done_at"]) if row["done_at"] else None,
        )  # fmt: skip
        _record(ticket, "put_back", item, by=by)
    return True


def _clean(text: str) -> str:
    text = normalise(text, single_line=True)
    if not text:
        raise Refusal(_t("Enter what is to be done."))
    if len(text) > LONGEST:
        raise Refusal(_t("At most %(most)s letters.") % {"most": LONGEST})
    return text


def _set_done(item: ChecklistItem, *, by: User, done: bool) -> bool:
    ticket = item.ticket
    with ticket._locked():
        if not _is_here(item) or (item.done_at is not None) == done:
            return False
        item.done_at, item.done_by = (timezone.now(), by) if done else (None, None)
        item.save(update_fields=["done_at", "done_by"])
        _record(ticket, "ticked" if done else "unticked", item, by=by)
    return True


def _is_here(item: ChecklistItem) -> bool:
    """Whether it still stands there, with its latest values read. The caller holds the ticket's lock."""
    try:
        item.refresh_from_db(fields=["text", "position", "added_at", "added_by", "done_at", "done_by"])
    except ChecklistItem.DoesNotExist:
        return False
    return True


def _record(ticket: Ticket, what: str, item: ChecklistItem, *, by: User, **more: Any) -> Event:
    event = ticket.record(EventKind.CHECKLIST_CHANGED, actor=by, what=what, text=item.text, **more)
    ticket._save()
    return event
