"""Time that people spent on tickets, as they write it down."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.utils import timezone
from django.utils.translation import gettext as _t

from helpdesk.common.errors import Refusal
from helpdesk.common.text import normalise
from tickets.models import Event, EventKind, Ticket, TimeEntry

if TYPE_CHECKING:
    from helpdesk.people.models import User

MOST_MINUTES: Final = 24 * 60
LONGEST: Final = 200
FURTHEST: Final = timedelta(days=366)  # back; what is older belongs to books that are closed
_HOURS = r"(?:h|hrs?|hours?|horas?)"
_MINUTES = r"(?:m|min|mins|minutes?|minutos?)"
_WRITTEN: Final = (
    re.compile(r"(?P<h>[0-9]{1,2}):(?P<m>[0-5][0-9])"),  # 1:20
    re.compile(rf"(?P<h>[0-9]{{1,2}}) ?{_HOURS}(?: ?(?:y |and )?(?P<m>[0-9]{{1,3}}) ?{_MINUTES}?)?"),  # 1h, 1h 20
    re.compile(rf"(?P<d>[0-9]{{1,2}}[.,][0-9]{{1,2}}) ?{_HOURS}"),  # 1,5 h
    re.compile(rf"(?P<m>[0-9]{{1,4}}) ?{_MINUTES}?"),  # 15m, 15
)


def read(text: str) -> int | None:
    """Minutes as people write them: "15", "15m", "1h 20", "1:20", "1,5 h". None for what is no time."""
    said = " ".join(normalise(text, single_line=True).casefold().split())
    for form in _WRITTEN:
        if found := form.fullmatch(said):
            given = found.groupdict()
            if given.get("d"):
                return round(float(given["d"].replace(",", ".")) * 60)
            return int(given.get("h") or 0) * 60 + int(given.get("m") or 0)
    return None


def in_words(minutes: int) -> str:
    """ "1 h 20 min"."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _t("%(minutes)s min") % {"minutes": rest}
    if not rest:
        return _t("%(hours)s h") % {"hours": hours}
    return _t("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}


def spend(ticket: Ticket, *, minutes: int, by: User, what: str = "", on: date | None = None) -> TimeEntry:
    """Write down time that this person spent on the ticket. Twice the same is twice the time."""
    if not 0 < minutes <= MOST_MINUTES:
        raise Refusal(_t("Enter a time between one minute and 24 hours."))
    today = timezone.localdate()
    on = on or today
    if not today - FURTHEST <= on <= today:
        raise Refusal(_t("Choose a day within the last year, today at the latest."))
    what = normalise(what, single_line=True)
    if len(what) > LONGEST:
        raise Refusal(_t("At most %(most)s letters.") % {"most": LONGEST})
    with ticket._locked():
        entry = ticket.time_entries.create(user=by, minutes=minutes, what=what, spent_on=on)
        ticket.record(EventKind.TIME_SPENT, actor=by, minutes=minutes, what=what)
        ticket._save()
    return entry


def forget(entry: TimeEntry, *, by: User) -> Event | None:
    """The opposite of `spend`, for whoever wrote it down. The event keeps it, for `put_back`; None where it is gone."""
    if entry.user_id != by.pk:
        raise Refusal(_t("Only %(name)s can take this time off.") % {"name": entry.user.name})
    ticket = entry.ticket
    with ticket._locked():
        if not TimeEntry.objects.filter(pk=entry.pk).exists():
            return None
        row = {
            "pk": entry.pk, "user": entry.user_id, "spent_on": entry.spent_on.isoformat(),
            "created_at": entry.created_at.isoformat(),
        }  # fmt: skip
        event = ticket.record(
            EventKind.TIME_SPENT, actor=by, minutes=entry.minutes, what=entry.what, forgotten=True, row=row
        )
        TimeEntry.objects.filter(pk=entry.pk).delete()
        ticket._save()
    return event


def put_back(forgotten: Event, *, by: User) -> bool:
    """Undo `forget`, exactly. Returns whether it was gone."""
    row, ticket = forgotten.details.get("row"), forgotten.ticket
    if forgotten.kind != EventKind.TIME_SPENT or not row or row["user"] != by.pk:
        raise Refusal(_t("There is nothing to undo."))
    with ticket._locked():
        if TimeEntry.objects.filter(pk=row["pk"]).exists():
            return False
        TimeEntry.objects.create(
            pk=row["pk"], ticket=ticket, user_id=row["user"], minutes=forgotten.details["minutes"],
            what=forgotten.details["what"], spent_on=date.fromisoformat(row["spent_on"]),
            created_at=datetime.fromisoformat(row["created_at"]),
        )  # fmt: skip
        ticket.record(
            EventKind.TIME_SPENT, actor=by, minutes=forgotten.details["minutes"], what=forgotten.details["what"]
        )
        ticket._save()
    return True
