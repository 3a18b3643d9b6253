from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from cx.codebook import Direction, Gap, JourneyStage, RootCause


class SecondLabel(models.Model):
    """One row is a second person's answer about a ticket that somebody has tagged, given without seeing the first.

    Asked for on a sample. It measures how far people agree and changes no tagging.
    """

    tagging = models.OneToOneField("cx.Tagging", on_delete=models.CASCADE, related_name="second_label")
    asked_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("people.User", null=True, on_delete=models.PROTECT, related_name="second_labels")
    journey_stage = models.CharField(max_length=12, choices=JourneyStage.choices, blank=True)
    gap_primary = models.CharField(max_length=20, choices=Gap.choices, blank=True)
    direction = models.CharField(max_length=8, choices=Direction.choices, blank=True)
    root_cause = models.CharField(max_length=20, choices=RootCause.choices, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="second_label_is_whole",
                condition=Q(answered_at=None, answered_by=None)
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(journey_stage="") & ~Q(gap_primary="")),
            )
        ]
        indexes = [models.Index(fields=["asked_at"], name="second_label_open", condition=Q(answered_at=None))]

    def __str__(self) -> str:
        return f"second label of tagging {self.tagging_id}"
