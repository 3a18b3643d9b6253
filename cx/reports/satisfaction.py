"""How customers say it was, and how many of those asked said anything."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, Q

from cx.models import Invitation, Response
from cx.models.survey import ResponseQuerySet, SurveyKind
from cx.reports.measures import Share, csat
from tickets.models import Delivery
from tickets.models.ticket import TicketQuerySet
from tickets.reports import Scope

SATISFIED_FROM = 4


@dataclass(frozen=True)
class Satisfaction:
    """The CSAT answers given in a period, and what came of the invitations sent in it."""

    scores: Counter[int] = field(default_factory=Counter)
    invited: int = 0
    returned: int = 0  # the mail came back: they were never asked
    answered: int = 0  # of those invited in the period, whenever they answered

    @property
    def satisfied(self) -> Share:
        return csat(self.scores.elements())

    @property
    def response_rate(self) -> Share:
        return Share(self.answered, self.invited - self.returned)

    @property
    def distribution(self) -> list[tuple[int, Share]]:
        """The best answer first."""
        n = self.scores.total()
        return [(score, Share(self.scores[score], n)) for score in range(5, 0, -1)]


def satisfaction(scope: Scope) -> tuple[Satisfaction, Satisfaction]:
    """In the period, and in the one before."""
    scores: dict[bool, Counter[int]] = {True: Counter(), False: Counter()}
    answers = (
        scope.of(_answers(), path="invitation__ticket")
        .filter(**scope.period.with_previous("answered_at"))
        .annotate(is_now=scope.period.is_now("answered_at"))
        .order_by()
        .values_list("is_now", "score")
        .annotate(n=Count("pk"))
    )
    for is_now, score, n in answers:
        scores[bool(is_now)][score] = n
    asked = _asked(scope)
    return Satisfaction(scores[True], **asked.get(True, {})), Satisfaction(scores[False], **asked.get(False, {}))


def _answers() -> ResponseQuerySet:
    return Response.objects.counted().filter(invitation__kind=SurveyKind.CSAT)


def _asked(scope: Scope) -> dict[bool, dict[str, int]]:
    came_back = Delivery.objects.filter(
        message=OuterRef("message"), state__in=[Delivery.State.FAILED, Delivery.State.BOUNCED]
    )
    answered = Response.objects.counted().filter(invitation=OuterRef("pk"))
    rows = (
        scope.of(Invitation.objects.filter(kind=SurveyKind.CSAT))
        .filter(**scope.period.with_previous("invited_at"))
        .annotate(is_now=scope.period.is_now("invited_at"), came_back=Exists(came_back), was_answered=Exists(answered))
        .order_by()
        .values("is_now")
        .annotate(
            invited=Count("pk"),
            returned=Count("pk", filter=Q(came_back=True, was_answered=False)),
            answered=Count("pk", filter=Q(was_answered=True)),
        )
    )
    return {bool(row["is_now"]): {name: row[name] for name in ("invited", "returned", "answered")} for row in rows}


def with_low_score(scope: Scope) -> TicketQuerySet:
    """The tickets whose customers answered 1, 2 or 3 in the period."""
    low = _answers().filter(score__lt=SATISFIED_FROM, **scope.period.only("answered_at"))
    return scope.tickets().filter(pk__in=low.values("invitation__ticket"))
