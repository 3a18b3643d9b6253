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


class MacroQuerySet(models.QuerySet["Macro"]):
    def visible_to(self, user: User) -> MacroQuerySet:
        """Their own, their teams', and everybody's."""
        teams = [membership.team_id for membership in user.memberships.all()]
        return self.filter(deleted_at=None).filter(
            Q(owner=user) | Q(audience=Macro.Audience.TEAM, team_id__in=teams) | Q(audience=Macro.Audience.EVERYBODY)
        )

    def by_name(self) -> MacroQuerySet:
        return self.order_by("name", "pk")


class Macro(models.Model):
    """One row is a saved reply, with what happens to the ticket when it is sent."""

    class Audience(models.TextChoices):
        ME = "me", pgettext_lazy("audience", "Only me")
        TEAM = "team", pgettext_lazy("audience", "A team")
        EVERYBODY = "everybody", pgettext_lazy("audience", "Everybody")

    class Then(models.TextChoices):
        NOTHING = "", _("Stays open")
        WAITING = "waiting", _("Waits for the customer")
        RESOLVED = "resolved", _("Is resolved")

    name = models.CharField(_("name"), max_length=60)
    text = models.TextField(_("text"))  # with variables: see `tickets.macros`
    language = models.CharField(_("language"), max_length=8, blank=True)  # empty: for every ticket
    then = models.CharField(_("the ticket then"), max_length=10, choices=Then, blank=True, default=Then.NOTHING)
    # What happens besides: verbs of `tickets.bulk` by slug, with their values, in this order.
    actions = models.JSONField(default=list)
    audience = models.CharField(_("for"), max_length=10, choices=Audience, default=Audience.ME)
    owner = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="macros")
    team = models.ForeignKey("people.Team", null=True, blank=True, on_delete=models.CASCADE, related_name="macros")
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)  # kept, so that undo is one step

    objects = MacroQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="team_macros_name_their_team",
                condition=Q(audience="team", team__isnull=False) | (~Q(audience="team") & Q(team__isnull=True)),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def may_be_changed_by(self, user: User) -> bool:
        """Its owner; what is shared, also whoever sees all tickets."""
        return self.owner_id == user.pk or (self.audience != self.Audience.ME and user.may(Ability.SEE_ALL_TICKETS))
