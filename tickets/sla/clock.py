"""Business time. Pure: no database, no clock of its own.

A calendar says when the company works, in its own time zone. All moments in and out are aware; sums are made in
real elapsed time, so an hour of work is an hour on the days when the clocks change, too.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

HORIZON_DAYS = 3660  # a calendar without working days inside ten years counts as always open


@dataclass(frozen=True)
class Calendar:
    """When work is done: for each weekday (Monday is 0) the spans of local time, and the days off."""

    zone: zoneinfo.ZoneInfo
    week: Mapping[int, tuple[tuple[time, time], ...]]
    holidays: frozenset[date] = field(default_factory=frozenset)

    @classmethod
    def from_json(cls, *, zone: str, week: Mapping[str, list[list[str]]], holidays: list[str]) -> Calendar:
        """From what a company row holds: {"0": [["09:00", "13:30"], ["15:00", "18:00"]]}, ["2026-12-25"].

        A span that ends at or before its start is left out; "24:00" is midnight at the end of the day.
        """
        parsed = {int(day): tuple(_span(a, b) for a, b in spans) for day, spans in week.items()}
        return cls(zoneinfo.ZoneInfo(zone), parsed, frozenset(date.fromisoformat(day) for day in holidays))

    @property
    def is_always_open(self) -> bool:
        return not any(start < end for spans in self.week.values() for start, end in spans)

    def spans_on(self, day: date) -> list[tuple[datetime, datetime]]:
        """The working spans of one local day, in UTC, in order and without overlap."""
        if day in self.holidays:
            return []
        found: list[tuple[datetime, datetime]] = []
        for start, end in sorted(self.week.get(day.weekday(), ())):
            begins = datetime.combine(day, start, self.zone).astimezone(UTC)
            last = day + timedelta(days=1) if end == time.max else day
            ends = datetime.combine(last, time.min if end == time.max else end, self.zone).astimezone(UTC)
            if found:
                begins = max(begins, found[-1][1])
            if begins < ends:
                found.append((begins, ends))
        return found

    def spans_from(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Working spans from a moment on, the first one cut to begin there. Ends after `HORIZON_DAYS`."""
        moment = moment.astimezone(UTC)  # sums in any other zone would be made on the wall's clock
        day = moment.astimezone(self.zone).date()
        for offset in range(HORIZON_DAYS):
            for begins, ends in self.spans_on(day + timedelta(days=offset)):
                if ends > moment:
                    yield max(begins, moment), ends

    def is_open(self, moment: datetime) -> bool:
        if self.is_always_open:
            return True
        return any(begins <= moment < ends for begins, ends in self.spans_on(moment.astimezone(self.zone).date()))

    def next_open(self, moment: datetime) -> datetime:
        """The moment itself when work is being done, else when it begins again."""
        if self.is_always_open:
            return moment
        return next((begins for begins, _ends in self.spans_from(moment)), moment)

    def add(self, moment: datetime, work: timedelta) -> datetime:
        """When this much work is done, counted from the moment on. Nothing to do: when work begins again."""
        moment = moment.astimezone(UTC)
        if self.is_always_open:
            return moment + work
        left = work
        for begins, ends in self.spans_from(moment):
            if left <= ends - begins:
                return begins + left
            left -= ends - begins
        return moment + work

    def add_days(self, moment: datetime, days: int) -> datetime:
        """The same time of day so many working days later, moved into working hours.

        From Friday 10:00 one working day on is Monday 10:00; from Sunday it is Tuesday's opening.
        """
        start = self.next_open(moment).astimezone(self.zone)
        day, left = start.date(), days
        for _ in range(HORIZON_DAYS):
            if left <= 0:
                break
            day += timedelta(days=1)
            if self.is_always_open or self.spans_on(day):
                left -= 1
        return self.next_open(datetime.combine(day, start.timetz().replace(tzinfo=None), self.zone).astimezone(UTC))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The work time from start to end; negative never, nought when the end comes first."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        if end <= start:
            return timedelta()
        if self.is_always_open:
            return end - start
        total = timedelta()
        for begins, ends in self.spans_from(start):
            if begins >= end:
                break
            total += min(ends, end) - begins
        return total


def _span(start: str, end: str) -> tuple[time, time]:
    return time.fromisoformat(start), time.max if end == "24:00" else time.fromisoformat(end)
