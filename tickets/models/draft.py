from __future__ import annotations

from django.db import models


class Draft(models.Model):
    """One row is what one agent has begun to write on one ticket, reply and note apart."""

    class Mode(models.TextChoices):
        REPLY = "reply"
        NOTE = "note"

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="drafts")
    user = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="drafts")
    mode = models.CharField(max_length=5, choices=Mode)
    text = models.TextField(blank=True)
    # Whom a reply is for, once the agent said so; empty while it goes to whoever is answered by rule.
    to = models.JSONField(null=True)
    cc = models.JSONField(null=True)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "user", "mode"], name="one_draft_per_agent_and_mode")]

    def __str__(self) -> str:
        return f"{self.mode} by user {self.user_id} on ticket {self.ticket_id}"
