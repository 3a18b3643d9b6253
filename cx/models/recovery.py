from __future__ import annotations

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Recovery(models.Model):
    """One row is something we did to make up for what fell short, or a small gesture beyond what was owed."""

    class Kind(models.TextChoices):
        APOLOGY = "apology", _("Apology")
        FIX = "fix", _("Put right")
        COMPENSATION = "compensation", _("Compensation")
        GESTURE = "gesture", _("Gesture")

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="recoveries")
    kind = models.CharField(_("what"), max_length=12, choices=Kind)
    text = models.CharField(_("in words"), max_length=300)
    amount = models.DecimalField(_("worth"), max_digits=10, decimal_places=2, null=True)  # in the company's currency
    by = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="recoveries")
    done_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(name="worth_is_not_negative", condition=Q(amount=None) | Q(amount__gte=0))
        ]
        indexes = [
            models.Index(fields=["ticket", "done_at"], name="recovery_ticket"),
            models.Index(fields=["done_at"], name="recovery_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on ticket {self.ticket_id}"


class GestureBudget(models.Model):
    """One row is what may be given away in gestures in a calendar month: by a team, or by all where no team stands."""

    team = models.OneToOneField("people.Team", null=True, on_delete=models.CASCADE, related_name="gesture_budget")
    amount = models.DecimalField(_("a month"), max_digits=10, decimal_places=2)
    most = models.DecimalField(_("at most for one gesture"), max_digits=10, decimal_places=2, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(Coalesce("team", Value(0)), name="one_gesture_budget_each"),
        ]

    def __str__(self) -> str:
        return f"gesture budget of team {self.team_id}" if self.team_id else "gesture budget"
