"""How much of the work that is done says where in the journey it was and what fell short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Exists, OuterRef, Q

from cx.models import Tagging
from cx.reports.measures import Share
from tickets.reports import Scope

TARGET: Final = 0.95  # below it, reports speak of too few of the tickets


@dataclass(frozen=True)
class Coverage:
    """Of the tickets that arrived in the period and are done: those with a tag that counts, those a person tagged."""

    tagged: Share
    by_people: Share

    @property
    def is_enough(self) -> bool:
        return self.tagged.value is None or self.tagged.value >= TARGET


def coverage(scope: Scope) -> Coverage:
    """In one query. A reopened ticket is not done; a suggestion counts where it is sure of stage and gap."""
    counted = Tagging.objects.counted().filter(ticket=OuterRef("pk"))
    found = (
        scope.arrived()
        .filter(resolved_at__isnull=False)
        .annotate(is_tagged=Exists(counted), is_by_person=Exists(counted.by_people()))
        .aggregate(
            n=Count("pk"), tagged=Count("pk", filter=Q(is_tagged=True)), people=Count("pk", filter=Q(is_by_person=True))
        )
    )
    return Coverage(Share(found["tagged"], found["n"]), Share(found["people"], found["n"]))
