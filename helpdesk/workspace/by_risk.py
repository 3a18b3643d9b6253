"""Tickets by expectation at risk: the time that is left, divided by what is at stake; lateness is multiplied by it.

This changes with the clock, so no column can hold it. But among tickets with the same stake it is the order of their
due times, which an index knows: so each stake gives its next few, and those are merged. The pages of one list are cut
at one moment, which their cursors carry.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import lcm
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from helpdesk.workspace.paging import EPOCH, MICROSECOND, Page, Row

MOST_RISK = 12  # see cx/stakes.py; what is weighed above counts as this
WHOLE = lcm(*range(1, MOST_RISK + 1))  # in these parts every time can be divided by every stake without a rest


def level_of(risk: int) -> int:
    """What is not weighed yet weighs least."""
    return max(1, min(MOST_RISK, risk))


def urgency(due_at: datetime, risk: int, *, moment: datetime) -> int:
    """What the list is sorted by, exactly: the smaller, the sooner."""
    left, level = (due_at - moment) // MICROSECOND, level_of(risk)
    return left * WHOLE // level if left > 0 else left * WHOLE * level


class RiskPlace(NamedTuple):
    """Where a page ends: a row as it stood, and the moment at which its list was sorted."""

    moment: datetime
    due_at: datetime
    risk: int
    pk: int

    def __str__(self) -> str:
        seconds, due = (self.moment - EPOCH) // timedelta(seconds=1), (self.due_at - EPOCH) // MICROSECOND
        text = f"{seconds}.{due}.{self.risk}.{self.pk}"
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, cursor: str) -> RiskPlace | None:
        """The place that `str` wrote; None for anything else, which means: from the beginning."""
        try:
            text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
            seconds, due, risk, pk = map(int, text.split("."))
            return cls(EPOCH + timedelta(seconds=seconds), EPOCH + due * MICROSECOND, risk, pk)
        except (ValueError, OverflowError, binascii.Error, UnicodeDecodeError):
            return None

    @property
    def key(self) -> tuple[int, int]:
        return urgency(self.due_at, self.risk, moment=self.moment), self.pk


@dataclass(frozen=True)
class ByRisk:
    """The order of a list whose rows have `due_next_at` and `risk`."""

    def page(self, rows: QuerySet[Row], *, size: int, after: str = "", before: str = "") -> Page[Row]:
        if place := RiskPlace.read(before) if before else None:
            found = self._cut(rows, size=size + 1, moment=place.moment, place=place, back=True)
            if len(found) > size:
                found = found[:size][::-1]
                return Page(_whole(rows, found), newer=str(found[0]), older=str(found[-1]))
        place = RiskPlace.read(after) if after and not before else None
        moment = place.moment if place else timezone.now().replace(microsecond=0)
        found = self._cut(rows, size=size + 1, moment=moment, place=place)
        more, found = len(found) > size, found[:size]
        newer = str(found[0]) if place and found else ""
        return Page(_whole(rows, found), newer=newer, older=str(found[-1]) if more else "")

    def following(self, rows: QuerySet[Row], row: Row) -> Row | None:
        stood: Any = row
        moment = timezone.now().replace(microsecond=0)
        place = RiskPlace(moment, stood.due_next_at, stood.risk, stood.pk)
        found = self._cut(rows.exclude(pk=row.pk), size=1, moment=moment, place=place)
        return next(iter(_whole(rows, found)), None)

    def _cut(
        self, rows: QuerySet[Row], *, size: int, moment: datetime, place: RiskPlace | None, back: bool = False
    ) -> list[RiskPlace]:
        """The next places behind this one, or in front of it. One query."""
        sign = "-" if back else ""
        lots = [
            _beyond(_of_level(rows, risk), risk, place, back=back).order_by(f"{sign}due_next_at", f"{sign}pk")
            for risk in range(MOST_RISK + 1)
        ]
        # The few of each stake stand in sub-selects: SQLite cuts no part of a UNION.
        every = rows.model._default_manager.order_by().values_list("due_next_at", "risk", "pk")
        few = [every.filter(pk__in=lot.values("pk")[:size]) for lot in lots]
        found = [RiskPlace(moment, *row) for row in few[0].union(*few[1:], all=True)]
        return sorted(found, key=lambda each: each.key, reverse=back)[:size]


def _of_level(rows: QuerySet[Row], risk: int) -> QuerySet[Row]:
    return rows.filter(risk=risk) if risk < MOST_RISK else rows.filter(risk__gte=risk)


def _beyond(rows: QuerySet[Row], risk: int, place: RiskPlace | None, *, back: bool) -> QuerySet[Row]:
    """Of these rows of one stake, those that come behind the place. A range and an exception, as an index likes it."""
    if place is None:
        return rows
    wanted, pk = place.key
    up, down = (level_of(risk), WHOLE) if wanted > 0 else (1, WHOLE * level_of(risk))
    floor, rest = divmod(wanted * up, down)  # microseconds from the moment to the due time of the same urgency
    if back:
        rows = rows.filter(due_next_at__lte=(at := _at(place.moment, floor)))
        return rows if rest else rows.exclude(due_next_at=at, pk__gte=pk)
    rows = rows.filter(due_next_at__gte=(at := _at(place.moment, floor + bool(rest))))
    return rows if rest else rows.exclude(due_next_at=at, pk__lte=pk)


def _at(moment: datetime, microseconds: int) -> datetime:
    """That long after the moment; the end of all times where no calendar reaches."""
    try:
        return moment + timedelta(microseconds=microseconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if microseconds > 0 else datetime.min.replace(tzinfo=UTC)


def _whole(rows: QuerySet[Row], places: list[RiskPlace]) -> list[Row]:
    """The rows at these places, in their order. What was moved out of the list meanwhile is left out."""
    found = {row.pk: row for row in rows.filter(pk__in=[place.pk for place in places])} if places else {}
    return [found[place.pk] for place in places if place.pk in found]
