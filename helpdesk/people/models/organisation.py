from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Organisation(models.Model):
    """One row is one company or household that customers belong to."""

    name = models.CharField(_("name"), max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **options: Any) -> None:
        is_new = self._state.adding
        super().save(*args, **options)
        if not is_new:
            self.customers.update(is_indexed=False)  # they are found by its name
