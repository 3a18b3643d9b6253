"""Whether we kept our word: the promises that were due in a period, and those that customers speak of."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils import timezone

from cx.codebook import Direction, Gap, PromiseSource
from cx.models import Promise, Tagging
from cx.reports.measures import Share
from cx.reports.small_cells import is_small
from tickets.models.ticket import TicketQuerySet
from tickets.reports import Scope

PENDING = (Promise.State.OPEN, Promise.State.AT_RISK)


@dataclass(frozen=True)
class Ledger:
    """What became of the promises due in a period."""

    kept: int = 0
    kept_late: int = 0
    broken: int = 0
    overdue: int = 0  # still open and past its time: broken, whatever happens to it yet
    not_due: int = 0  # its time is still to come
    renegotiated: int = 0
    withdrawn: int = 0

    @property
    def on_time(self) -> Share:
        """Kept in time, of all that were due and neither withdrawn nor moved to a new date by agreement.

        Kept late counts as broken, and so does what is open past its time.
        """
        return Share(self.kept, self.kept + self.kept_late + self.broken + self.overdue)

    @property
    def all(self) -> int:
        return self.on_time.n + self.not_due + self.renegotiated + self.withdrawn


def ledgers(scope: Scope) -> tuple[Ledger, Ledger]:
    """Of the promises due in the period, and of those due in the one before."""
    now = timezone.now()
    rows = (
        scope.of(Promise.objects.filter(**scope.period.with_previous("due_at")), with_merged=True)
        .annotate(is_now=scope.period.is_now("due_at"))
        .order_by()
        .values("is_now")
        .annotate(
            kept=Count("pk", filter=Q(state=Promise.State.KEPT)),
            kept_late=Count("pk", filter=Q(state=Promise.State.KEPT_LATE)),
            broken=Count("pk", filter=Q(state=Promise.State.BROKEN)),
            overdue=Count("pk", filter=Q(state__in=PENDING, due_at__lt=now)),
            not_due=Count("pk", filter=Q(state__in=PENDING, due_at__gte=now)),
            renegotiated=Count("pk", filter=Q(state=Promise.State.RENEGOTIATED)),
            withdrawn=Count("pk", filter=Q(state=Promise.State.WITHDRAWN)),
        )
    )
    found = {
        bool(row["is_now"]): Ledger(**{name: n for name, n in row.items() if name != "is_now"})  # type: ignore[arg-type]
        for row in rows
    }
    return found.get(True, Ledger()), found.get(False, Ledger())


@dataclass(frozen=True)
class Quoted:
    """Promises that customers speak of, by whose word it was."""

    source: PromiseSource
    spoken_of: int
    not_kept: int  # the customer says that it was not kept

    @property
    def missed(self) -> Share:
        return Share(self.not_kept, self.spoken_of)

    @property
    def is_small(self) -> bool:
        """Whether one of its numbers may point at a person."""
        return any(map(is_small, (self.spoken_of, self.not_kept, self.spoken_of - self.not_kept)))


def quoted(scope: Scope) -> list[Quoted]:
    """Of the tickets that arrived in the period: whose promises they speak of, the most frequent first.

    One that is spoken of without complaint may have been kept or be still to come.
    """
    missed = Q(gap_primary=Gap.PROMISE_MISMATCH, direction=Direction.BELOW)
    rows = (
        scope.of(Tagging.objects.counted().filter(promise__isnull=False, **scope.period.only("arrived_at")))
        .order_by()
        .values_list("promise__who")
        .annotate(spoken_of=Count("pk"), not_kept=Count("pk", filter=missed))
    )
    found = [Quoted(PromiseSource(who), n, k) for who, n, k in rows if who in PromiseSource.values]
    return sorted(found, key=lambda each: (-each.spoken_of, each.source))


def with_late_promise(scope: Scope) -> TicketQuerySet:
    """The tickets with a promise due in the period that was not kept in time."""
    late = Promise.objects.filter(**scope.period.only("due_at")).filter(
        Q(state__in=[Promise.State.KEPT_LATE, Promise.State.BROKEN]) | Q(state__in=PENDING, due_at__lt=timezone.now())
    )
    return scope.tickets(with_merged=True).filter(pk__in=late.values("ticket"))
