"""What a report says about tickets alone: how many came, how soon they were answered, what is left.

Only counts and times, read from rows and events; what they prove is for `cx.reports.measures` to say. Everything is
of the tickets that the reader may see; somebody who sees no tickets at all (a guest) gets sums over all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.db.models import Count, Exists, F, Min, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Mod
from django.utils import timezone

from helpdesk.people.access import Ability
from tickets.models import Event, EventKind, Status, Target, Ticket
from tickets.models.ticket import DONE, TicketQuerySet
from tickets.periods import Period
from tickets.sla import policies
from tickets.sla.ruler import Ruler

if TYPE_CHECKING:
    from helpdesk.people.models import User

MOST_TIMED = 50_000  # of more tickets than this every second, third … one is timed: half a second, whatever the volume
REPLIES = (Target.Kind.FIRST_REPLY, Target.Kind.NEXT_REPLY)
PROMISED_BY_POLICY = (*REPLIES, Target.Kind.RESOLUTION)  # the fourth kind belongs to whoever expects it
Rows = TypeVar("Rows", bound=Model)


@dataclass(frozen=True)
class Scope:
    """Whose report, over which days, and perhaps of one channel only."""

    viewer: User
    period: Period
    channel: str = ""

    @property
    def sees_lists(self) -> bool:
        """Whether they may read the tickets behind a number."""
        return self.viewer.may(Ability.SEE_TICKETS)

    @property
    def sees_small_cells(self) -> bool:
        return self.viewer.may(Ability.SEE_SMALL_CELLS)

    @property
    def is_everything(self) -> bool:
        """Whether no ticket is left out, so that rows about tickets need not be looked up in them."""
        return not self.channel and (not self.sees_lists or self.viewer.may(Ability.SEE_ALL_TICKETS))

    def tickets(self, *, with_merged: bool = False) -> TicketQuerySet:
        """All tickets that count, of any time: of those that were merged, the one that goes on; none from the bin."""
        found = Ticket.objects.visible_to(self.viewer) if self.sees_lists else Ticket.objects.not_deleted()
        found = found if with_merged else found.not_merged()
        return found.filter(channel=self.channel) if self.channel else found

    def arrived(self) -> TicketQuerySet:
        """Those that arrived in the period."""
        return self.tickets().filter(**self.period.only("created_at"))

    def of(self, rows: QuerySet[Rows], *, path: str = "ticket", with_merged: bool = False) -> QuerySet[Rows]:
        """Those rows that are about tickets that count. `with_merged`: a promise, say, is one wherever it was made."""
        if not self.is_everything:
            return rows.filter(**{f"{path}__in": self.tickets(with_merged=with_merged)})
        # Few are deleted or merged: to leave those out costs less than to look every ticket up.
        rows = rows.exclude(**{f"{path}__in": Ticket.objects.deleted().values("pk")})
        if with_merged:
            return rows
        return rows.exclude(**{f"{path}__in": Ticket.objects.filter(merged_into__isnull=False).values("pk")})


# --- How many came ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Volume:
    """Tickets that arrived over one channel: in the period, and in the one before."""

    channel: str
    now: int
    before: int


def volume(scope: Scope) -> list[Volume]:
    """By channel, the busiest first. Channels without a ticket in either period are left out."""
    found: dict[str, dict[bool, int]] = defaultdict(dict)
    rows = (
        scope.tickets()
        .filter(**scope.period.with_previous("created_at"))
        .annotate(is_now=scope.period.is_now("created_at"))
        .order_by()
        .values_list("channel", "is_now")
        .annotate(n=Count("pk"))
    )
    for channel, is_now, n in rows:
        found[channel][bool(is_now)] = n
    volumes = [Volume(channel, n.get(True, 0), n.get(False, 0)) for channel, n in found.items()]
    return sorted(volumes, key=lambda each: (-each.now, -each.before, each.channel))


# --- Whether targets were met -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Met:
    """What became of one kind of target. A running one whose time has not come says nothing yet."""

    met: int = 0
    missed: int = 0
    running: int = 0

    @property
    def decided(self) -> int:
        return self.met + self.missed


def _missed() -> Q:
    """Past its time: met later, dropped later, or still running. A paused one stands where its clock was stopped."""
    return (
        Q(met_at__gt=F("due_at"))
        | Q(met_at=None, dropped_at__gt=F("due_at"))
        | Q(met_at=None, dropped_at=None, paused_at=None, due_at__lt=timezone.now())
        | Q(met_at=None, dropped_at=None, paused_at__gt=F("due_at"))
    )


def targets(scope: Scope) -> dict[str, tuple[Met, Met]]:
    """For first replies, later replies and resolutions of the tickets that arrived: in the period, and in the previous.

    Missed as soon as the time has passed, answered late or not at all. What was dropped in time is not counted:
    nobody asks for it any more.
    """
    rows = (
        Target.objects.filter(kind__in=PROMISED_BY_POLICY, ticket__in=scope.tickets())
        .filter(**scope.period.with_previous("ticket__created_at"))
        .annotate(is_now=scope.period.is_now("ticket__created_at"))
        .order_by()
        .values("kind", "is_now")
        .annotate(
            met=Count("pk", filter=Q(met_at__lte=F("due_at"))),
            missed=Count("pk", filter=_missed()),
            running=Count("pk", filter=Q(met_at=None, dropped_at=None) & ~_missed()),
        )
    )
    found: dict[str, dict[bool, Met]] = defaultdict(dict)
    for row in rows:
        found[row["kind"]][bool(row["is_now"])] = Met(row["met"], row["missed"], row["running"])
    return {kind: (found[kind].get(True, Met()), found[kind].get(False, Met())) for kind in PROMISED_BY_POLICY}


def with_late_first_reply(scope: Scope) -> TicketQuerySet:
    """The tickets behind a missed first reply: answered too late, or still not answered."""
    late = Target.objects.filter(_missed(), ticket=OuterRef("pk"), kind=Target.Kind.FIRST_REPLY)
    return scope.arrived().filter(Exists(late))


# --- How long it took -------------------------------------------------------------------------------------------


@dataclass
class Times:
    """Seconds. Those of what is over, and those passed so far of what is not."""

    ended: list[float] = field(default_factory=list)
    so_far: list[float] = field(default_factory=list)

    def add(self, seconds: float, *, is_over: bool) -> None:
        (self.ended if is_over else self.so_far).append(seconds)

    @property
    def open_share(self) -> float:
        everything = len(self.ended) + len(self.so_far)
        return len(self.so_far) / everything if everything else 0.0


@dataclass
class Durations:
    """First reply and resolution of the tickets that arrived in the period, in business and in calendar hours."""

    first_reply: Times = field(default_factory=Times)
    first_reply_by_calendar: Times = field(default_factory=Times)
    resolution: Times = field(default_factory=Times)
    resolution_by_calendar: Times = field(default_factory=Times)
    needed_no_reply: int = 0  # resolved without one, with a reason in words: they have no time to a first reply
    every: int = 1  # 1: all of them; 3: every third ticket was timed, because there are so many


def durations(scope: Scope, *, arrived: int) -> Durations:
    """How long the tickets that arrived took to their first human reply, and to the end.

    The resolution lasts from the arrival to the latest time it was resolved; while it waits for the customer its
    clock stands still, that of the first reply never does. Where one of us wrote first, nothing was asked, and there is
    no first reply to time. `arrived` is how many there are.
    """
    found = Durations(every=max(1, -(-arrived // MOST_TIMED)))
    now = timezone.now()
    timed = scope.arrived()
    if found.every > 1:
        timed = cast(TicketQuerySet, timed.annotate(turn=Mod("pk", found.every)).filter(turn=0))
    ruler = Ruler(policies.calendar(), start=scope.period.start, end=now)
    waits = _waits(timed, scope=scope, now=now) if arrived else {}
    begun_by_us = _begun_by_us(timed, scope=scope) if arrived else set()
    rows = timed.order_by().values_list("pk", "created_at", "first_replied_at", "resolved_at", "status")
    for pk, created_at, replied_at, resolved_at, status in rows.iterator(chunk_size=5000):
        since, is_done = created_at.timestamp(), status in DONE
        if is_done and not replied_at:
            found.needed_no_reply += 1
        elif pk not in begun_by_us:
            business, calendar = _measured(since, (replied_at or now).timestamp(), ruler=ruler)
            found.first_reply.add(business, is_over=bool(replied_at))
            found.first_reply_by_calendar.add(calendar, is_over=bool(replied_at))
        ended_at = resolved_at if is_done else None
        business, calendar = _measured(since, (ended_at or now).timestamp(), ruler=ruler, waits=waits.get(pk, ()))
        found.resolution.add(business, is_over=is_done)
        found.resolution_by_calendar.add(calendar, is_over=is_done)
    return found


def _begun_by_us(tickets: TicketQuerySet, *, scope: Scope) -> set[int]:
    """Those in which one of us wrote first."""
    begun = Event.objects.filter(
        kind=EventKind.CREATED, happened_at__gte=scope.period.start, details__written_first=True,
        ticket__in=tickets.values("pk"),
    )  # fmt: skip
    return set(begun.order_by().values_list("ticket", flat=True))


def _measured(
    since: float, until: float, *, ruler: Ruler, waits: Iterable[tuple[float, float]] = ()
) -> tuple[float, float]:
    """One span by both clocks, without what was spent waiting for the customer."""
    pauses = [(max(begin, since), min(end, until)) for begin, end in waits]
    worked = ruler.between(since, until) - sum(ruler.between(begin, end) for begin, end in pauses)
    passed = until - since - sum(max(0.0, end - begin) for begin, end in pauses)
    return max(0.0, worked), max(0.0, passed)


# What ends waiting: the customer wrote, somebody took it up again, put it aside, or ended it.
_ENDS_WAITING = (EventKind.RECEIVED, EventKind.REOPENED, EventKind.SNOOZED, EventKind.RESOLVED)


def _waits(tickets: TicketQuerySet, *, scope: Scope, now: datetime) -> dict[int, list[tuple[float, float]]]:
    """For each ticket that ever waited for its customer: from when to when."""
    waited = Event.objects.filter(
        kind=EventKind.WAITED, happened_at__gte=scope.period.start, ticket__in=tickets.values("pk")
    )
    events = (
        Event.objects.filter(ticket__in=waited.values("ticket"), kind__in=(EventKind.WAITED, *_ENDS_WAITING))
        .order_by("ticket", "happened_at", "pk")
        .values_list("ticket", "kind", "happened_at", "details__auto")
    )
    found: dict[int, list[tuple[float, float]]] = defaultdict(list)
    begun: dict[int, float] = {}
    for ticket, kind, happened_at, is_auto in events.iterator(chunk_size=5000):
        if kind == EventKind.WAITED:
            begun.setdefault(ticket, happened_at.timestamp())
        elif ticket in begun and not is_auto:  # an out-of-office ends no waiting
            found[ticket].append((begun.pop(ticket), happened_at.timestamp()))
    for ticket, since in begun.items():
        found[ticket].append((since, now.timestamp()))
    return found


# --- What is left -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Backlog:
    """What is not over at this moment, whenever it arrived; and how many were resolved in the period."""

    open: int
    waiting: int
    snoozed: int
    unanswered: int  # the customer has the last public word
    overdue: int  # … and the time for the answer has passed
    oldest_at: datetime | None
    resolved: int

    @property
    def all(self) -> int:
        return self.open + self.waiting + self.snoozed


def backlog(scope: Scope) -> Backlog:
    active = scope.tickets().active()
    unanswered = Q(last_public_reply_at=None) | Q(last_public_reply_at__lt=F("last_customer_message_at"))
    late = Target.objects.running().filter(ticket=OuterRef("pk"), kind__in=REPLIES, due_at__lt=timezone.now())
    overdue = unanswered & Q(Exists(late))
    found: Mapping[str, Any] = active.order_by().aggregate(
        open=Count("pk", filter=Q(status=Status.OPEN)),
        waiting=Count("pk", filter=Q(status=Status.WAITING)),
        snoozed=Count("pk", filter=Q(status=Status.SNOOZED)),
        unanswered=Count("pk", filter=unanswered),
        overdue=Count("pk", filter=overdue),
        oldest_at=Min("created_at"),
    )
    resolved = scope.tickets().done().filter(**scope.period.only("resolved_at")).count()
    return Backlog(**found, resolved=resolved)


def still_open(scope: Scope) -> TicketQuerySet:
    """Those that arrived in the period and are not over."""
    return scope.arrived().active()
