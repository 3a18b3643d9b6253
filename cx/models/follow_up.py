from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

CLAIM_LASTS = timedelta(minutes=10)


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def planned(self) -> FollowUpQuerySet:
        return self.filter(state=FollowUp.State.PLANNED)

    def due(self) -> FollowUpQuerySet:
        return self.planned().filter(due_at__lte=timezone.now()).order_by("due_at", "pk")


class FollowUp(models.Model):
    """One row is something we will do unasked at `due_at`, and what came of it. Never a reply, never an event."""

    class Kind(models.TextChoices):
        REALLY_SOLVED = "really_solved", _("Is it really solved?")
        CONTACT = "contact", _("Get in touch")  # planned by a person, done by a person

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        DONE = "done", _("Done")
        DROPPED = "dropped", _("Not done")

    ticket = models.ForeignKey("tickets.Ticket", null=True, on_delete=models.CASCADE, related_name="follow_ups")
    customer = models.ForeignKey("people.Customer", null=True, on_delete=models.CASCADE, related_name="follow_ups")
    kind = models.CharField(max_length=20, choices=Kind)
    cause = models.ForeignKey("tickets.Event", null=True, on_delete=models.CASCADE, related_name="follow_ups")
    owner = models.ForeignKey("people.User", null=True, on_delete=models.SET_NULL, related_name="follow_ups")
    text = models.CharField(max_length=300, blank=True)  # what we will do, in the words of whoever planned it
    state = models.CharField(max_length=8, choices=State, default=State.PLANNED)
    due_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=100, blank=True)  # why it was not done, in words

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "cause"], name="one_follow_up_per_cause"),
            models.CheckConstraint(
                name="follow_up_has_its_subject",
                condition=(Q(kind="contact") & Q(customer__isnull=False))
                | (~Q(kind="contact") & Q(ticket__isnull=False, cause__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="follow_up_due", condition=Q(state="planned")),
            models.Index(fields=["owner", "due_at"], name="follow_up_owner", condition=Q(state="planned")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for " + (f"ticket {self.ticket_id}" if self.ticket_id else f"customer {self.customer_id}")

    def drop(self, *, reason: str) -> bool:
        """Decide against it, saying why. Returns whether it was still planned."""
        return bool(
            FollowUp.objects.planned()
            .filter(pk=self.pk)
            .update(state=self.State.DROPPED, settled_at=timezone.now(), reason=reason[:100])
        )
