from __future__ import annotations

from django.db import models


class Reading(models.Model):
    """One row says when this user last saw this ticket."""

    user = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="readings")
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="readings")
    read_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "ticket"], name="one_reading_per_user_and_ticket")]

    def __str__(self) -> str:
        return f"ticket {self.ticket_id} by user {self.user_id}"
