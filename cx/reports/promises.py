"""Whether we kept our word: the promises that were due in a period."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils import timezone

from cx.models import Promise
from cx.reports.measures import Share
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
        scope.of(Promise.objects.filter(**scope.period.with_previous("due_at")))
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


def with_late_promise(scope: Scope) -> TicketQuerySet:
    """The tickets with a promise due in the period that was not kept in time."""
    late = Promise.objects.filter(**scope.period.only("due_at")).filter(
        Q(state__in=[Promise.State.KEPT_LATE, Promise.State.BROKEN]) | Q(state__in=PENDING, due_at__lt=timezone.now())
    )
    return scope.tickets().filter(pk__in=late.values("ticket"))
