from __future__ import annotations

from collections.abc import Sequence

from django.db import models
from django.utils import timezone


class Note(models.Model):
    """One row is something said among agents.

    A table of its own, so that nothing made for customers can reach it: messages are what they may read.
    """

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="notes")
    user = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="notes")
    text = models.TextField()
    written_at = models.DateTimeField(default=timezone.now)
    mentions = models.JSONField(default=list)  # the names in the text that called somebody: ["@Ana Ruiz", "@Billing"]
    from_mail = models.BooleanField(default=False)  # written as an answer to a notification

    left_out: Sequence[str] = ()  # whom it calls in vain, as they may not see the ticket; known to its writer alone

    class Meta:
        indexes = [models.Index(fields=["ticket", "written_at"], name="note_thread")]

    def __str__(self) -> str:
        return f"Note on ticket {self.ticket_id}"
