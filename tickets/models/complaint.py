from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Complaint(models.Model):
    """One row is one complaint on its way, as ISO 10002 has it: what remedy is sought, what we decided and why, that
    the customer was told, and how they can object."""

    class State(models.TextChoices):
        RECEIVED = "received", pgettext_lazy("complaint", "Received")
        EXAMINED = "examined", pgettext_lazy("complaint", "Being looked into")
        DECIDED = "decided", pgettext_lazy("complaint", "Decided")
        OBJECTED = "objected", pgettext_lazy("complaint", "Objected to")
        ENDED = "ended", pgettext_lazy("complaint", "Ended")

    class Remedy(models.TextChoices):
        REFUND = "refund", _("Money back")
        REPLACEMENT = "replacement", _("A replacement")
        REPAIR = "repair", _("A repair")
        COMPENSATION = "compensation", _("Compensation")
        APOLOGY = "apology", _("An apology")
        EXPLANATION = "explanation", _("An explanation")
        OTHER = "other", _("Something else")

    class Decision(models.TextChoices):
        UPHELD = "upheld", _("Upheld")
        PARTLY = "partly", _("Upheld in part")
        REJECTED = "rejected", _("Not upheld")

    ticket = models.OneToOneField("tickets.Ticket", on_delete=models.CASCADE, related_name="complaint")
    state = models.CharField(max_length=8, choices=State, default=State.RECEIVED)
    remedy = models.CharField(_("remedy sought"), max_length=12, choices=Remedy, blank=True)
    remedy_text = models.TextField(_("in their words"), blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    decide_by = models.DateField(_("to be decided by"), null=True)
    decision = models.CharField(_("decision"), max_length=8, choices=Decision, blank=True)
    reasons = models.TextField(_("reasons"), blank=True)  # of the decision, fit for the customer
    decided_by = models.ForeignKey("people.User", null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    told_in = models.ForeignKey("tickets.Message", null=True, on_delete=models.SET_NULL, related_name="+")
    objection = models.TextField(_("objection"), blank=True)
    objected_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_decision_has_its_reasons",
                condition=Q(decision="", decided_at=None)
                | (~Q(decision="") & ~Q(reasons="") & Q(decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="only_what_was_decided_ends",
                condition=Q(state__in=["received", "examined"]) | ~Q(decision=""),
            ),
        ]

    def __str__(self) -> str:
        return f"complaint of ticket {self.ticket_id}: {self.state}"
