"""What stands behind a staff attitude, by team: for those who look after colleagues, and never of one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Q

from cx.codebook import RootCause
from cx.models import Tagging
from helpdesk.people.access import Ability
from tickets.reports import Scope

FEWEST: Final = 5  # of one team; with fewer, everybody there knows who is meant


@dataclass(frozen=True)
class TeamAttitude:
    """Tickets of one team where a person confirmed a staff attitude as the cause; "" is no team."""

    team: str
    tickets: int
    engagement: int
    hiring: int

    @property
    def is_shown(self) -> bool:
        return self.tickets >= FEWEST

    @property
    def open(self) -> int:
        """Not looked into yet."""
        return self.tickets - self.engagement - self.hiring


def attitudes(scope: Scope) -> list[TeamAttitude]:
    """Of the tickets that arrived in the period, most first; none for whoever does not review colleagues."""
    if not scope.viewer.may(Ability.REVIEW_COLLEAGUES):
        return []
    confirmed = Tagging.objects.current().by_people().filter(root_cause=RootCause.STAFF_ATTITUDE)
    rows = (
        scope.of(confirmed.filter(**scope.period.only("arrived_at")))
        .order_by()
        .values_list("ticket__team__name")
        .annotate(
            tickets=Count("pk"),
            engagement=Count("pk", filter=Q(refinement=Tagging.Refinement.ENGAGEMENT)),
            hiring=Count("pk", filter=Q(refinement=Tagging.Refinement.HIRING)),
        )
    )
    found = [TeamAttitude(team or "", *counts) for team, *counts in rows]
    return sorted(found, key=lambda each: (-each.tickets, each.team))
