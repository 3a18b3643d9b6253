from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone

LASTS = timedelta(seconds=40)  # without a word from the page; it speaks every fifteen


class PresenceQuerySet(models.QuerySet["Presence"]):
    def here(self) -> PresenceQuerySet:
        """Whoever is at a ticket now."""
        return self.filter(until__gt=timezone.now())


class Presence(models.Model):
    """One row says that this user has this ticket before them; it ends by itself at `until`."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="presences")
    user = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="presences")
    is_writing = models.BooleanField(default=False)
    changed_at = models.DateTimeField(default=timezone.now)  # came, began or stopped writing, left: worth telling
    until = models.DateTimeField()

    objects = PresenceQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "ticket"], name="one_presence_per_user_and_ticket")]
        indexes = [
            models.Index(fields=["ticket", "until"], name="presence_ticket"),
            models.Index(fields=["changed_at"], name="presence_changed"),
        ]

    def __str__(self) -> str:
        return f"user {self.user_id} at ticket {self.ticket_id}"
