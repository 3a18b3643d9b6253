from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from helpdesk.people.access import Ability

if TYPE_CHECKING:
    from helpdesk.people.models import User


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: User) -> SavedViewQuerySet:
        """Their own, their teams', and everybody's. What a view lists is scoped again when it is opened."""
        if not user.may(Ability.SEE_TICKETS):
            return self.none()
        teams = [membership.team_id for membership in user.memberships.all()]
        return self.filter(
            Q(audience=SavedView.Audience.ME, owner=user)
            | Q(audience=SavedView.Audience.TEAM, team_id__in=teams)
            | Q(audience=SavedView.Audience.TEAM, owner=user)
            | Q(audience=SavedView.Audience.EVERYBODY)
        )


class SavedView(models.Model):
    """One row is a named filter over tickets, for one person, a team or everybody."""

    class Audience(models.TextChoices):
        ME = "me", pgettext_lazy("audience", "Only me")
        TEAM = "team", pgettext_lazy("audience", "A team")
        EVERYBODY = "everybody", pgettext_lazy("audience", "Everybody")

    class Order(models.TextChoices):
        DUE = "due", _("Due first")
        RISK = "risk", _("Expectation at risk first")
        NEWEST = "newest", _("Newest first")
        OLDEST = "oldest", _("Oldest first")

    name = models.CharField(_("name"), max_length=60)
    query = models.TextField(_("filter"), blank=True)  # in the language of `tickets.query`, in slugs
    order = models.CharField(_("order"), max_length=8, choices=Order, default=Order.DUE)
    icon = models.CharField(max_length=24, default="filter")
    audience = models.CharField(_("for"), max_length=10, choices=Audience, default=Audience.ME)
    owner = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="saved_views")
    team = models.ForeignKey(
        "people.Team", null=True, blank=True, on_delete=models.CASCADE, related_name="saved_views"
    )
    position = models.PositiveIntegerField(default=0)  # for whoever has not put their own order
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="team_views_name_their_team",
                condition=Q(audience="team", team__isnull=False) | (~Q(audience="team") & Q(team__isnull=True)),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def may_be_changed_by(self, user: User) -> bool:
        """Its owner; what is shared, also whoever sees all tickets."""
        shared = self.audience != self.Audience.ME
        return self.owner_id == user.pk or (shared and user.may(Ability.SEE_ALL_TICKETS))
