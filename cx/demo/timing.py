"""When things happen: customers by day and in the evening, agents at work, nobody much on Sundays."""

from __future__ import annotations

import random
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from cx.demo.stories import Line
from tickets.sla.clock import Calendar

#: How much comes in at each hour of the day, from midnight on, and on each day of the week, from Monday on.
BY_HOUR: Final = (
    0.15, 0.1, 0.06, 0.05, 0.05, 0.08, 0.25, 0.6, 1.2, 2.2, 2.6, 2.5,
    2.2, 1.8, 1.4, 1.3, 1.8, 2.0, 1.9, 1.7, 1.5, 1.3, 0.9, 0.4,
)  # fmt: skip
BY_WEEKDAY: Final = (1.3, 1.1, 1.05, 1.0, 0.95, 0.45, 0.3)
#: Somebody of ours takes these down, so they come while we work.
AT_OUR_DESK: Final = frozenset({"phone", "store", "chat"})
ASLEEP_UNTIL: Final = time(6, 45)


@dataclass(frozen=True)
class RememberingCalendar(Calendar):
    """A calendar that works each day out once: many tickets share few days."""

    known: dict[date, list[tuple[datetime, datetime]]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def like(cls, calendar: Calendar) -> RememberingCalendar:
        return cls(calendar.zone, calendar.week, calendar.holidays)

    def spans_on(self, day: date) -> list[tuple[datetime, datetime]]:
        if day not in self.known:
            self.known[day] = super().spans_on(day)
        return self.known[day]


@dataclass(frozen=True)
class Rhythm:
    """Moments as they come in life, drawn from one seed."""

    hours: Calendar
    rng: random.Random

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return self.hours.zone

    def arrival(self, *, channel: str, earliest: datetime, latest: datetime) -> datetime:
        """A moment at which a customer writes or calls. Later days are a little busier: the company grows."""
        first = earliest.astimezone(self.zone).date()
        days = (latest.astimezone(self.zone).date() - first).days + 1
        moment = earliest
        for _try in range(200):
            day = first + timedelta(days=int(days * self.rng.random() ** 0.93))
            if self.rng.random() * max(BY_WEEKDAY) > BY_WEEKDAY[day.weekday()]:
                continue
            hour = self.rng.choices(range(24), BY_HOUR)[0]
            at = time(hour, self.rng.randrange(60), self.rng.randrange(60))
            moment = datetime.combine(day, at, self.zone).astimezone(earliest.tzinfo)
            if channel in AT_OUR_DESK and not self.hours.is_open(moment):
                continue
            if earliest <= moment <= latest:
                return moment
        return self.at_work(moment) if channel in AT_OUR_DESK and earliest <= self.at_work(moment) <= latest else latest

    def at_work(self, moment: datetime) -> datetime:
        """The moment itself while we work, else some time after work begins again."""
        if self.hours.is_open(moment):
            return moment
        return self.hours.next_open(moment) + timedelta(minutes=self.rng.uniform(4, 80))

    def awake(self, moment: datetime) -> datetime:
        """The moment itself by day; at night mostly the next morning."""
        local = moment.astimezone(self.zone)
        if local.time() >= ASLEEP_UNTIL or self.rng.random() < 0.12:
            return moment
        morning = datetime.combine(local.date(), ASLEEP_UNTIL, self.zone).astimezone(moment.tzinfo)
        return morning + timedelta(minutes=self.rng.uniform(5, 150))

    def told_from(self, arrival: datetime, lines: Sequence[Line]) -> list[datetime]:
        """When each line was said, if the first one was said then. Agents answer at work, customers by day."""
        moments = [arrival]
        for line in lines[1:]:
            due = moments[-1] + line.wait + timedelta(seconds=self.rng.randrange(1, 59))
            moments.append(self.awake(due) if line.speaker == "customer" else self.at_work(due))
        return moments

    def told_until(self, end: datetime, lines: Sequence[Line], *, by: datetime) -> list[datetime]:
        """When each line was said, if the last one was said about then, and not after `by`."""
        arrival = end - sum((line.wait for line in lines), timedelta())
        for _try in range(12):
            moments = self.told_from(arrival, lines)
            late = moments[-1] - end
            if moments[-1] <= by and abs(late) < timedelta(minutes=20):
                return moments
            arrival -= late if late > timedelta() else late / 2
        while moments[-1] > by:
            arrival -= timedelta(hours=5)
            moments = self.told_from(arrival, lines)
        return moments

    def since(self, worked: timedelta, *, now: datetime, channel: str) -> datetime:
        """A moment in the past from which on we have worked about that long."""
        best, nearest = now - timedelta(hours=1), timedelta.max
        earliest = now - timedelta(days=2) - 4 * worked
        for _try in range(80):
            at = self.arrival(channel=channel, earliest=earliest, latest=now - timedelta(minutes=4))
            off = abs(self.hours.between(at, now) - worked)
            if off < nearest:
                best, nearest = at, off
        return best
