"""Whole days, from midnight to midnight where the company is: what every report counts over."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import BooleanField, Case, Value, When

EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True)
class Period:
    """The days from `first` to `last`, both included, in one time zone.

    Days are those of the zone's wall clocks: the day on which clocks change has 23 or 25 hours and is still one day.
    """

    first: date
    last: date
    zone: zoneinfo.ZoneInfo

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("A period ends on or after the day it begins")

    @classmethod
    def last_days(cls, days: int, *, zone: zoneinfo.ZoneInfo, now: datetime) -> Period:
        """That many days, the last of which is today, as far as it has come."""
        today = now.astimezone(zone).date()
        return cls(today - timedelta(days=days - 1), today, zone)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def start(self) -> datetime:
        return self._midnight(self.first)

    @property
    def end(self) -> datetime:
        """The first moment that is no longer in the period."""
        return self._midnight(self.last + timedelta(days=1))

    @property
    def previous(self) -> Period:
        """As many days, just before."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1), self.zone)

    def holds(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def _midnight(self, day: date) -> datetime:
        # Where clocks skip midnight, the offset of before it makes this the first moment of the day.
        return datetime.combine(day, time.min, self.zone).astimezone(UTC)

    # --- For queries that count this period and the previous one in one trip ----------------------------------

    def with_previous(self, field: str) -> dict[str, datetime]:
        """The condition that a moment lies in this period or in the previous one."""
        return {f"{field}__gte": self.previous.start, f"{field}__lt": self.end}

    def only(self, field: str) -> dict[str, datetime]:
        """The condition that a moment lies in this period."""
        return {f"{field}__gte": self.start, f"{field}__lt": self.end}

    def is_now(self, field: str) -> Case:
        """Whether a row found by `with_previous` is of this period rather than the previous one."""
        return Case(
            When(**{f"{field}__gte": self.start}, then=Value(True)), default=Value(False), output_field=BooleanField()
        )
