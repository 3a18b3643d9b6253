from __future__ import annotations

from django.db import models
from django.utils import timezone


class ChecklistItem(models.Model):
    """One row is one thing to be done for a ticket, and who ticked it off."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="checklist")
    text = models.CharField(max_length=200)
    position = models.PositiveIntegerField(default=0)
    added_by = models.ForeignKey("people.User", null=True, on_delete=models.SET_NULL, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    done_by = models.ForeignKey("people.User", null=True, on_delete=models.SET_NULL, related_name="+")
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["ticket", "position", "id"], name="checklist_order")]

    def __str__(self) -> str:
        return self.text
