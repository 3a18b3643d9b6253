from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Draft(models.Model):
    """One row is what one agent has begun to write on one ticket, reply and note apart."""

    class Mode(models.TextChoices):
        REPLY = "reply"
        NOTE = "note"
        SIDE = "side"  # to somebody outside: see `SideConversation`

    class Review(models.TextChoices):
        ASKED = "asked", _("Waiting to be read")
        APPROVED = "approved", _("Approved")
        RETURNED = "returned", _("Sent back")

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="drafts")
    user = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="drafts")
    mode = models.CharField(max_length=5, choices=Mode)
    text = models.TextField(blank=True)
    # Whom a reply is for, once the agent said so; empty while it goes to whoever is answered by rule.
    to = models.JSONField(null=True)
    cc = models.JSONField(null=True)
    saved_at = models.DateTimeField(auto_now=True)

    # A reply that is to be sent later: when, and how the ticket stands then. It is no message until then; the customer
    # who writes first, past `seen`, stops it.
    send_at = models.DateTimeField(null=True)
    then = models.CharField(max_length=10, blank=True)
    seen = models.BigIntegerField(null=True)  # the newest message its writer had before them
    not_sent_because = models.CharField(max_length=300, blank=True)  # in words for its writer

    # Shared with a colleague who should look at it first.
    reviewer = models.ForeignKey("people.User", null=True, on_delete=models.SET_NULL, related_name="drafts_to_review")
    review = models.CharField(max_length=8, choices=Review, blank=True)
    review_asked_at = models.DateTimeField(null=True)
    review_says = models.CharField(max_length=500, blank=True)  # what the reviewer would have changed

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "user", "mode"], name="one_draft_per_agent_and_mode"),
            models.CheckConstraint(
                name="only_replies_are_sent_later", condition=models.Q(send_at=None) | models.Q(mode="reply")
            ),
        ]
        indexes = [models.Index(fields=["send_at"], name="draft_to_send", condition=models.Q(send_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.mode} by user {self.user_id} on ticket {self.ticket_id}"
