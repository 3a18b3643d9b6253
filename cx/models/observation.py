from __future__ import annotations

from django.db import models
from django.utils import timezone


class Observation(models.Model):
    """cx's receipt for one ticket event. Done: its reactions happened in the same transaction as this row."""

    event = models.OneToOneField(
        "tickets.Event", on_delete=models.CASCADE, primary_key=True, related_name="observation"
    )
    done_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"event {self.event_id}"
