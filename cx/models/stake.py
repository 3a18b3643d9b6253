from __future__ import annotations

from django.db import models
from django.utils import timezone


class Stake(models.Model):
    """One row says how much is at stake on a ticket, and why: what `Ticket.risk` was worked out from."""

    ticket = models.OneToOneField("tickets.Ticket", primary_key=True, on_delete=models.CASCADE, related_name="stake")
    level = models.PositiveSmallIntegerField()
    reasons = models.JSONField(default=list)  # [slug, number]: words are looked up when it is shown
    weighed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.level} for ticket {self.ticket_id}"
