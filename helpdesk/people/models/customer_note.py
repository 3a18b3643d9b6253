from __future__ import annotations

from django.db import models
from django.utils import timezone


class CustomerNote(models.Model):
    """One row is something agents should know of a customer, whatever the ticket. No customer reads it."""

    customer = models.ForeignKey("people.Customer", on_delete=models.CASCADE, related_name="notes")
    user = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=1000)
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["customer", "written_at"], name="customer_note_order")]

    def __str__(self) -> str:
        return f"note on customer {self.customer_id}"
