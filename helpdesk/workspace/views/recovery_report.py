"""The page about gestures and delights of a month, and what making up for it did."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta

from django.http import HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _t
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from cx.models.recovery import month_from
from cx.reports import recoveries
from helpdesk.common.numbers import money
from helpdesk.common.spreadsheets import defused
from helpdesk.people.access import Ability
from helpdesk.people.models import Company
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.shortcuts import page
from tickets.periods import EARLIEST, Period
from tickets.reports import Scope

MONTHS = 12  # over which before and after are compared
_MONTH = re.compile(r"(\d{4})-(\d{2})")


@require_safe
@agent_required(needs=Ability.SEE_REPORTS)
def recovery_report(request: AgentRequest) -> HttpResponse:
    """The log and the wall for whoever sees tickets; for a guest, whether it helped."""
    first = _month(request)
    scope = Scope(viewer=request.user, period=month_from(first))
    company = Company.current()
    context = {
        "month": _called(first),
        "first": first,
        "previous": (first - timedelta(days=1)).replace(day=1),
        "following": following if (following := _following(first)) <= _this_month() else None,
        "sees_lists": scope.sees_lists,
        "sees_small": scope.sees_small_cells,
        "paired": recoveries.before_and_after(Scope(viewer=request.user, period=_year_until(first))),
    }
    if scope.sees_lists:
        log = recoveries.log_of(scope)
        delights, number = recoveries.delights_of(scope)
        context |= {
            "log": log,
            "total": money(log.total, company.currency),
            "budgets": [
                (name or _t("Everybody else"), money(stands.spent, company.currency),
                 money(stands.amount, company.currency), stands.spent > stands.amount)
                for name, stands in log.budgets
            ],
            "delights": delights,
            "number": number,
        }  # fmt: skip
    return page(request, "workspace/recovery/report.html", context, current="recoveries")


@require_safe
@agent_required
def gestures_csv(request: AgentRequest) -> HttpResponse:
    """The gestures of a month, one line each, for a spreadsheet."""
    first = _month(request)
    scope, currency = Scope(viewer=request.user, period=month_from(first)), Company.current().currency
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="gestures-{first:%Y-%m}.csv"'
    response.write("\ufeff")  # without it spreadsheets read accents as if they were from another century
    writer = csv.writer(response)
    writer.writerow([_t("Day"), _t("Who"), _t("Ticket"), _t("Team"), _t("What"), _t("Worth"), _t("Currency")])
    for row in recoveries.gestures(scope):
        day = timezone.localtime(row.done_at, scope.period.zone).date().isoformat()
        team = row.ticket.team.name if row.ticket.team else ""
        line = [day, row.by.name, row.ticket.number, team, row.text, float(row.amount or 0), currency]
        writer.writerow([defused(value) for value in line])
    return response


def _month(request: AgentRequest) -> date:
    """The first day of the month that the address names; of this month for anything else."""
    found = _MONTH.fullmatch(request.GET.get("month", ""))
    this = _this_month()
    if found is None or not 1 <= int(found[2]) <= 12 or int(found[1]) < EARLIEST.year:
        return this
    return min(date(int(found[1]), int(found[2]), 1), this)


def _this_month() -> date:
    return timezone.localdate(timezone=Company.current().zone).replace(day=1)


def _following(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _year_until(first: date) -> Period:
    """The twelve months that end with this one."""
    until = month_from(first)
    return Period(_following(first).replace(year=_following(first).year - 1), until.last, until.zone)


def _called(first: date) -> str:
    return date_format(first, pgettext("month and year, in Django's letters", "F Y"))
