from __future__ import annotations

import copy
import threading
import time
import zoneinfo
from typing import Any

from django.conf import settings
from django.db import models, router
from django.utils.translation import gettext_lazy as _

WORKING_WEEK = {str(day): [["09:00", "18:00"]] for day in range(5)}  # Monday is 0


def working_week() -> dict[str, list[list[str]]]:
    return {day: [list(span) for span in spans] for day, spans in WORKING_WEEK.items()}


class Company(models.Model):
    """The only row says whose helpdesk this is: name, time zone, language, business hours."""

    name = models.CharField(_("company"), max_length=100)
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Madrid")
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en")
    business_hours = models.JSONField(default=working_week)  # {"0": [["09:00", "18:00"]], ...}
    holidays = models.JSONField(default=list)  # ["2026-12-25", ...]
    active_customers = models.PositiveIntegerField(_("active customers a month"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")  # ISO 4217
    is_demo = models.BooleanField(default=False)
    set_up_at = models.DateTimeField(null=True)  # empty until the first-run page or `manage.py setup` is done

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_company")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        self.pk = 1
        super().save(*args, **kwargs)  # type: ignore[arg-type]
        KEPT.forget()

    @classmethod
    def current(cls) -> Company:
        """The company, or an unsaved one with the defaults before the first run.

        Read with every mail and page and changed once a year: what another process changes is seen within a second.
        """
        if (columns := KEPT.columns()) is None:
            return cls(name="Puente")
        return cls.from_db(router.db_for_read(cls), [field.attname for field in cls._meta.concrete_fields], columns)

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class _Kept(threading.local):
    """The row's columns as they were a moment ago: never the object itself, which its reader may change."""

    SECONDS = 1.0

    def __init__(self) -> None:
        self.read_at = float("-inf")
        self.row: tuple[Any, ...] | None = None

    def columns(self) -> tuple[Any, ...] | None:
        if time.monotonic() - self.read_at > self.SECONDS:
            self.row = Company.objects.filter(pk=1).values_list().first()
            self.read_at = time.monotonic()
        return copy.deepcopy(self.row)

    def forget(self) -> None:
        self.read_at = float("-inf")


KEPT = _Kept()
