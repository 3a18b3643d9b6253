from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone


class TimeEntry(models.Model):
    """One row is time that somebody spent on a ticket, as they wrote it down."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="time_entries")
    user = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="time_entries")
    minutes = models.PositiveIntegerField()
    what = models.CharField(max_length=200, blank=True)
    spent_on = models.DateField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(name="time_is_a_day_at_most", condition=Q(minutes__gt=0, minutes__lte=1440))
        ]
        indexes = [models.Index(fields=["ticket", "id"], name="time_entry_ticket")]

    def __str__(self) -> str:
        return f"{self.minutes} min on ticket {self.ticket_id}"
