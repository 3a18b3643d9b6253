"""Second looks: every night a few of yesterday's answers are put to another person, who does not see the first one."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from cx.models import SecondLabel, Tagging
from helpdesk.people.models import Company
from tickets.periods import Period

#: One answer in twenty is asked again: a small price, and a busy helpdesk has thirty pairs within a month.
SHARE: Final = 0.05
#: No more wait at once, so that nobody is asked for an evening's work.
MOST_OPEN: Final = 20


def ask(*, now: datetime | None = None) -> int:
    """Ask for a second look at some of yesterday's, and drop questions that nobody answered in time.

    Which ones is decided by a hash of their keys, so that asking twice asks for the same. Returns how many are new.
    """
    now = now or timezone.now()
    SecondLabel.objects.expired().delete()
    yesterday = _yesterday(now)
    answers = Tagging.objects.current().by_people().filter(ticket__deleted_at=None, **yesterday.only("tagged_at"))
    order = sorted(answers.values_list("pk", flat=True), key=_place)
    if not order:
        return 0
    sample = order[: max(1, round(SHARE * len(order)))]
    asked = set(SecondLabel.objects.filter(tagging__in=sample).values_list("tagging_id", flat=True))
    free = max(0, MOST_OPEN - SecondLabel.objects.open().count())
    new = [SecondLabel(tagging_id=pk, asked_at=now) for pk in sample if pk not in asked][:free]
    SecondLabel.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _yesterday(now: datetime) -> Period:
    zone = Company.current().zone
    day = now.astimezone(zone).date() - timedelta(days=1)
    return Period(day, day, zone)


def _place(pk: int) -> str:
    return hashlib.sha256(f"second look {pk}".encode()).hexdigest()
