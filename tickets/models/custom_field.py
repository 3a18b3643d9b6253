from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class CustomField(models.Model):
    """One row is one thing this company writes down about its tickets besides what every helpdesk does."""

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        CHOICE = "choice", _("Choice")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")

    slug = models.SlugField(max_length=40, unique=True)  # never changed: filters and addresses name it
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    labels = models.JSONField(default=dict)  # {"en": "Serial number", "es": "Número de serie"}
    choices = models.JSONField(default=list)  # of a choice: [{"slug": "red", "labels": {"en": "Red", "es": "Rojo"}}]
    is_required = models.BooleanField(_("needed before resolving"), default=False)
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)  # asked no more; what was written stays

    class Meta:
        indexes = [models.Index(fields=["position", "id"], name="custom_field_order", condition=Q(retired_at=None))]

    def __str__(self) -> str:
        return self.slug


class CustomValue(models.Model):
    """One row is what one ticket says in one custom field. No row: nothing was said."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="custom_values")
    field = models.ForeignKey(CustomField, on_delete=models.CASCADE, related_name="values_given")
    text = models.CharField(
        max_length=500
    )  # as it is shown and searched: the text, the choice's slug, 12.5, 2026-11-22
    number = models.DecimalField(max_digits=20, decimal_places=6, null=True)  # to compare by
    day = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "field"], name="one_value_per_custom_field")]
        indexes = [models.Index(fields=["field", "text"], name="custom_value_text")]

    def __str__(self) -> str:
        return f"field {self.field_id} of ticket {self.ticket_id}"
