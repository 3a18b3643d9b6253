from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cx.codebook import RootCause


class Wording(models.Model):
    """One row is the company's own word for one tag in one language. Slugs stay as they are."""

    class Field(models.TextChoices):
        JOURNEY_STAGE = "journey_stage", _("Stage")
        GAP = "gap_primary", _("Gap")
        DIRECTION = "direction", _("Direction")
        ROOT_CAUSE = "root_cause", _("Cause")

    field = models.CharField(max_length=20, choices=Field)
    slug = models.CharField(max_length=20)
    language = models.CharField(max_length=8, choices=settings.LANGUAGES)
    label = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["field", "slug", "language"], name="one_wording_per_tag")]

    def __str__(self) -> str:
        return self.label


class Department(models.Model):
    """One row is one department of the company that can be accountable for a cause."""

    name = models.CharField(_("name"), max_length=60, unique=True)

    def __str__(self) -> str:
        return self.name


class CauseOwner(models.Model):
    """One row says which department answers for one cause here; without a row, the codebook's default does."""

    root_cause = models.CharField(max_length=20, choices=RootCause.choices, primary_key=True)
    department = models.ForeignKey(Department, on_delete=models.CASCADE, related_name="causes")

    def __str__(self) -> str:
        return f"{self.root_cause}: {self.department_id}"


class SubCause(models.Model):
    """One row is the company's finer name for a cause, below one of the codebook's ten."""

    root_cause = models.CharField(max_length=20, choices=RootCause.choices)
    name = models.CharField(_("name"), max_length=80)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["root_cause", "name"], name="one_sub_cause_per_name")]

    def __str__(self) -> str:
        return self.name
