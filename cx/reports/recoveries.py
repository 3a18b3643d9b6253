"""What was done to make up for something: the gestures of a month against their budget, what customers were glad of,
and whether those for whom something was done say so afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import cast

from django.db.models import OuterRef, Subquery

from cx.codebook import Direction
from cx.models import GestureBudget, Recovery, Response, Tagging
from cx.models.recovery import Left, RecoveryQuerySet
from cx.models.survey import SurveyKind
from cx.reports.measures import Paired
from cx.reports.satisfaction import SATISFIED_FROM
from tickets.models import Author, Message
from tickets.reports import Scope

MOST_DELIGHTS = 60
MOST_LOGGED = 1000


# --- The log ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Log:
    """The gestures of a period, newest first, as far as the reader sees their tickets; and how the budgets stand, which
    are counted whole: a budget is spent by everybody."""

    gestures: list[Recovery]
    total: Decimal
    budgets: list[tuple[str, Left]] = field(default_factory=list)


def log_of(scope: Scope) -> Log:
    """Every gesture of the period. Its budgets are those of the month in which it begins."""
    rows = gestures(scope)
    stand = [
        (budget.team.name if budget.team else "", budget.state(at=scope.period.start))
        for budget in GestureBudget.objects.select_related("team").order_by("team__name", "pk")
    ]
    return Log(list(rows[:MOST_LOGGED]), rows.order_by().worth(), stand)


def gestures(scope: Scope) -> RecoveryQuerySet:
    of_these = scope.of(Recovery.objects.gestures().done_in(scope.period), with_merged=True)
    rows = of_these.select_related("ticket__requester", "ticket__team", "by").order_by("-done_at", "-pk")
    return cast(RecoveryQuerySet, rows)


# --- The wall ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Delight:
    """One ticket on which it was better than expected, in the customer's words."""

    tagging: Tagging
    words: str
    score: int | None


def delights_of(scope: Scope) -> tuple[list[Delight], int]:
    """The tickets of the period that were better than expected, the newest first, and how many there are in all.

    Their words are what they wrote to the survey, else what the tag rests on, else their first message.
    """
    found = Tagging.objects.counted().filter(direction=Direction.EXCEEDED, **scope.period.only("arrived_at"))
    glad = scope.of(found)
    answers = Response.objects.counted().filter(invitation__ticket=OuterRef("ticket")).order_by("-answered_at")
    first = Message.objects.filter(ticket=OuterRef("ticket"), author=Author.CUSTOMER).order_by("said_at", "pk")
    rows = glad.select_related("ticket__requester").annotate(
        comment=Subquery(answers.exclude(comment="").values("comment")[:1]),
        score=Subquery(answers.filter(invitation__kind=SurveyKind.CSAT).values("score")[:1]),
        first_words=Subquery(first.values("text")[:1]),
    )
    newest = rows.order_by("-arrived_at", "-pk")[:MOST_DELIGHTS]
    return [Delight(row, _words(row), row.score) for row in newest], glad.count()


def _words(row: Tagging) -> str:
    said = getattr(row, "comment", "") or ""
    if not said:
        evidence = [quote for quotes in row.evidence.values() if isinstance(quotes, list) for quote in quotes]
        said = max(map(str, evidence), key=len, default="")
    return said or getattr(row, "first_words", "") or ""


# --- Before and after -------------------------------------------------------------------------------------------------


def before_and_after(scope: Scope) -> Paired:
    """Of the customers for whom something was done in the period: who was satisfied with us in their last answer before
    it, and who in their first one after.

    One pair a customer, of what was done for them last, so that nobody counts twice; without both answers, none. Their
    answers are to any ticket that the reader's report covers.
    """
    csat = scope.of(Response.objects.counted().filter(invitation__kind=SurveyKind.CSAT), path="invitation__ticket")
    theirs = csat.filter(invitation__customer=OuterRef("ticket__requester"))
    before = theirs.filter(answered_at__lt=OuterRef("done_at")).order_by("-answered_at", "-pk").values("score")[:1]
    after = theirs.filter(answered_at__gt=OuterRef("done_at")).order_by("answered_at", "pk").values("score")[:1]
    rows = (
        scope.of(Recovery.objects.done_in(scope.period), with_merged=True)
        .annotate(before=Subquery(before), after=Subquery(after))
        .filter(before__isnull=False, after__isnull=False)
        .order_by("done_at", "pk")
        .values_list("ticket__requester", "before", "after")
    )
    pairs = {customer: (was >= SATISFIED_FROM, now >= SATISFIED_FROM) for customer, was, now in rows}
    return Paired.of(pairs.values())
