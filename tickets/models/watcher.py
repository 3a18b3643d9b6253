from __future__ import annotations

from django.db import models
from django.utils import timezone


class Watcher(models.Model):
    """One row is one person of ours who wants to know what happens on a ticket."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="watchers")
    user = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="watched")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="a_watcher_once")]

    def __str__(self) -> str:
        return f"user {self.user_id} on ticket {self.ticket_id}"
