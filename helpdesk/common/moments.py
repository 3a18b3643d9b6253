"""Times in the words of a sentence: "today 18:00", "Mon 23 Nov, 12:00"."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _t
from django.utils.translation import pgettext

LIFETIME = timedelta(days=36_525)


def is_in_a_lifetime(at: datetime) -> bool:
    """Whether it is within a hundred years of now. Nobody plans farther, and at the ends of the calendar a moment of
    one time zone is in no year of another: what is kept there can be read by nobody."""
    return abs(at - timezone.now()) <= LIFETIME


def moment(at: datetime, *, now: datetime | None = None) -> str:
    """The time as a reader in the current zone says it, fit for the middle of a sentence; the year if it is another."""
    local, today = timezone.localtime(at), timezone.localtime(now or timezone.now())
    clock = date_format(local, "H:i")
    days = (local.date() - today.date()) // timedelta(days=1)
    if days == 0:
        return _t("today %(time)s") % {"time": clock}
    if days == 1:
        return _t("tomorrow %(time)s") % {"time": clock}
    if days == -1:
        return _t("yesterday %(time)s") % {"time": clock}
    return _t("%(day)s, %(time)s") % {"day": day(at, now=now), "time": clock}


def day(at: datetime, *, now: datetime | None = None) -> str:
    """The date without its time: "Mon 23 Nov"; the year only if different."""
    local, today = timezone.localtime(at), timezone.localtime(now or timezone.now())
    if local.year == today.year:
        return date_format(local, pgettext("date without year, in Django's letters", "D j M"))
    return date_format(local, pgettext("date with year, in Django's letters", "D j M Y"))
