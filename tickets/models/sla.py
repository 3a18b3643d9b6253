from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class TargetQuerySet(models.QuerySet["Target"]):
    def running(self) -> TargetQuerySet:
        """Neither met nor dropped nor paused: their time is passing."""
        return self.filter(met_at=None, dropped_at=None, paused_at=None)

    def unsettled(self) -> TargetQuerySet:
        """Neither met nor dropped; perhaps paused."""
        return self.filter(met_at=None, dropped_at=None)


class Target(models.Model):
    """One row is one due moment on one ticket: a reply, a resolution, or something `cx` expects (a promise)."""

    class Kind(models.TextChoices):
        FIRST_REPLY = "first_reply", _("First reply")
        NEXT_REPLY = "next_reply", _("Reply")
        RESOLUTION = "resolution", _("Resolution")
        PROMISE = "promise", _("Promise")

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="targets")
    kind = models.CharField(max_length=12, choices=Kind)
    key = models.CharField(max_length=40, blank=True)  # whose expectation it is, where not the policy's: "promise:12"
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)
    met_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)  # no longer asked for: the ticket was resolved without it
    breached_at = models.DateTimeField(null=True)

    objects = TargetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "kind", "key"],
                name="one_unsettled_target_per_kind",
                condition=models.Q(met_at=None, dropped_at=None),
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="target_running",
                condition=models.Q(met_at=None, dropped_at=None, paused_at=None, breached_at=None),
            ),
            models.Index(fields=["ticket"], name="target_ticket"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of ticket {self.ticket_id} by {self.due_at:%Y-%m-%d %H:%M}"
