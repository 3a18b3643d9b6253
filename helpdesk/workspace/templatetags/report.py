"""Figures in words, as the report says them."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext

from cx.reports.measures import Difference, Percentile, Share
from helpdesk.common import numbers
from helpdesk.workspace.reporting import Reporting

register = template.Library()
MINUTE, HOUR, DAY = 60, 3600, 86400


@register.filter
def whole(number: int | None) -> str:
    return numbers.whole(number)


@register.filter
def percent(share: float | None, decimals: int | None = None) -> str:
    return numbers.percent(share, decimals)


@register.filter
def interval(share: Share, decimals: int = 1) -> str:
    """The ends of a share's interval: "30.7–34.3%"."""
    if share.interval is None:
        return ""
    low, high = share.interval
    return _t("%(low)s to %(high)s") % {
        "low": numbers.percent(low, decimals),
        "high": numbers.percent(high, decimals),
    }


@register.filter
def points(change: Difference | None) -> str:
    """A change in percentage points with its sign: "−8.6"."""
    return numbers.points(change.value) if change else ""


@register.filter
def size(change: Difference | None) -> str:
    """How large a change is, without its sign, which a word beside it says."""
    return numbers.points(abs(change.value)).lstrip("+") if change else ""


@register.filter
def bounds(change: Difference | None) -> str:
    """The ends of a change's interval: "−13.0 to −4.2"."""
    if change is None:
        return ""
    return _t("%(low)s to %(high)s") % {"low": numbers.points(change.low), "high": numbers.points(change.high)}


@register.filter
def hours(seconds: float | None) -> str:
    """Working time: in hours however many, for a working day is no day."""
    if seconds is None:
        return ""
    if seconds < MINUTE:
        return _t("under 1 min")
    if seconds < HOUR:
        return _t("%(minutes)s min") % {"minutes": round(seconds / MINUTE)}
    if seconds < 10 * HOUR:
        whole_hours, minutes = divmod(round(seconds / MINUTE), 60)
        return _t("%(hours)s h %(minutes)s min") % {"hours": whole_hours, "minutes": f"{minutes:02}"}
    return _t("%(hours)s h") % {"hours": numbers.whole(round(seconds / HOUR))}


@register.filter
def passed(seconds: float | None) -> str:
    """Time on the calendar: days from two days on."""
    if seconds is None or seconds < 2 * DAY:
        return hours(seconds)
    days = seconds / DAY
    if days < 10:
        return _t("%(days)s days") % {"days": numbers.decimal(days)}
    return ngettext("%(days)s day", "%(days)s days", round(days)) % {"days": numbers.whole(round(days))}


@register.simple_tag
def time_interval(found: Percentile, clock: str) -> str:
    """The ends of a percentile's interval; in words where one is not known."""
    said = hours if clock == "business" else passed
    if found.low is None and found.high is None:
        return _t("interval not known")
    if found.high is None:
        return _t("%(low)s or more") % {"low": said(found.low)}
    if found.low is None:
        return _t("up to %(high)s") % {"high": said(found.high)}
    return _t("%(low)s to %(high)s") % {"low": said(found.low), "high": said(found.high)}


@register.simple_tag(takes_context=True)
def report_url(context: template.Context, **changes: object) -> str:
    """The report as it is shown, with some of its choices changed."""
    reporting: Reporting = context["reporting"]
    return reporting.address("workspace:report", **changes)


@register.simple_tag(takes_context=True)
def behind_url(context: template.Context, **which: object) -> str:
    """The tickets behind a number of this report; empty for somebody who sees no tickets."""
    reporting: Reporting = context["reporting"]
    return reporting.address("workspace:report-cell", **which) if reporting.scope.sees_lists else ""
