from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class TrainedModelQuerySet(models.QuerySet["TrainedModel"]):
    def without_content(self) -> TrainedModelQuerySet:
        """The rows without their megabytes."""
        return self.defer("content")


class TrainedModel(models.Model):
    """One row is one model that reads messages: who made it from what, how good it was, and whether it reads now."""

    class State(models.TextChoices):
        IN_USE = "in_use", _("In use")
        RETIRED = "retired", _("Was in use")
        DECLINED = "declined", _("Not better, never used")

    version = models.CharField(max_length=40, unique=True)
    content = models.BinaryField(null=True)  # the .npz; empty for the one that comes with the program
    trained_at = models.DateTimeField(default=timezone.now)
    texts = models.PositiveIntegerField(default=0)  # labelled texts that come with the program
    confirmed = models.PositiveIntegerField(default=0)  # tickets of this company that people have tagged
    held_back = models.PositiveIntegerField(default=0)  # confirmed tickets it never learnt from, for the figures
    figures = models.JSONField(default=dict)  # field -> figures on those
    rival = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")  # in use at the time
    rival_figures = models.JSONField(default=dict)  # of that one, on the same tickets
    state = models.CharField(max_length=10, choices=State)
    verdict = models.JSONField(default=dict)  # why it took over or did not, in figures
    in_use_since = models.DateTimeField(null=True)
    put_in_use_by = models.ForeignKey("people.User", null=True, on_delete=models.PROTECT, related_name="+")

    objects = TrainedModelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], name="one_model_in_use", condition=Q(state="in_use")),
        ]

    def __str__(self) -> str:
        return self.version

    @property
    def is_shipped(self) -> bool:
        """It came with the program; nothing was learnt here yet."""
        return self.confirmed == 0 and not self.has_content

    @property
    def has_content(self) -> bool:
        if "content" in self.get_deferred_fields():
            return TrainedModel.objects.filter(pk=self.pk, content__isnull=False).exists()
        return self.content is not None

    def figure(self, field: str, name: str) -> Any:
        """One figure of one field, such as ("gap_primary", "macro_f1"); None where it was not measured."""
        return (self.figures.get(field) or {}).get(name)
