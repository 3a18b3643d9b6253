"""When somebody is there, as one says it."""

from __future__ import annotations

from itertools import groupby

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _t

from helpdesk.people.models import Company


def in_words(company: Company) -> list[str]:
    """ "Monday to Friday, 09:00–18:00": a line for each run of days with the same hours. Closed days are left out."""
    days = [(day, _spans(company.business_hours.get(str(day), []))) for day in range(7)]
    lines = []
    for spans, run in groupby(days, key=lambda pair: pair[1]):
        if not spans:
            continue
        numbers = [day for day, _spans_of_day in run]
        first, last = str(WEEKDAYS[numbers[0]]), str(WEEKDAYS[numbers[-1]])
        named = first if len(numbers) == 1 else _t("%(first)s to %(last)s") % {"first": first, "last": last}
        lines.append(_t("%(days)s, %(hours)s") % {"days": named, "hours": spans})
    return lines


def _spans(spans: list[list[str]]) -> str:
    return ", ".join(f"{start}–{end}" for start, end in spans)
