"""Business time between many pairs of moments. Pure."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime

from tickets.sla.clock import Calendar


class Ruler:
    """Measures spans of business time within one stretch of time, each in a moment.

    `Calendar.between` walks through every working day of a span. A report measures 50,000 of them over the same
    weeks: here the days are laid out once and each span is two look-ups. Moments are seconds since 1970; those
    outside the stretch count as its ends.
    """

    def __init__(self, calendar: Calendar, *, start: datetime, end: datetime) -> None:
        self.is_always_open = calendar.is_always_open
        self.begins: list[float] = []
        self.ends: list[float] = []
        self.worked_before: list[float] = []  # all work up to the beginning of each span
        worked = 0.0
        for begins, ends in () if self.is_always_open else calendar.spans_from(start):
            if begins >= end:
                break
            self.begins.append(begins.timestamp())
            self.ends.append(min(ends, end).timestamp())
            self.worked_before.append(worked)
            worked += self.ends[-1] - self.begins[-1]

    def between(self, start: float, end: float) -> float:
        """The seconds of work from start to end; nought when the end comes first."""
        if end <= start:
            return 0.0
        return end - start if self.is_always_open else self._worked(end) - self._worked(start)

    def _worked(self, moment: float) -> float:
        place = bisect_right(self.begins, moment) - 1
        if place < 0:
            return 0.0
        return self.worked_before[place] + min(moment, self.ends[place]) - self.begins[place]
