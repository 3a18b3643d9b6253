"""The sentence at the top of the report: what changed for real, or that nothing clearly did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cx.codebook import Gap, JourneyStage
from cx.reports.heat_map import BETTER, Cell, HeatMap
from cx.reports.kpis import Kpi
from helpdesk.common.numbers import percent

MOST_SENTENCES = 2

# Whole sentences, because in Spanish the verb agrees with the gap.
FELL: Final[Mapping[str, LazyText]] = {
    Gap.QUALITY: _("In %(stage)s, poor quality fell from %(before)s to %(now)s."),
    Gap.RESPONSE_TIME: _("In %(stage)s, long waits fell from %(before)s to %(now)s."),
    Gap.EXPERIENCE_PROCESS: _("In %(stage)s, poor handling fell from %(before)s to %(now)s."),
    Gap.PROMISE_MISMATCH: _("In %(stage)s, promises not kept fell from %(before)s to %(now)s."),
    BETTER: _("In %(stage)s, pleasant surprises fell from %(before)s to %(now)s."),
}
ROSE: Final[Mapping[str, LazyText]] = {
    Gap.QUALITY: _("In %(stage)s, poor quality rose from %(before)s to %(now)s."),
    Gap.RESPONSE_TIME: _("In %(stage)s, long waits rose from %(before)s to %(now)s."),
    Gap.EXPERIENCE_PROCESS: _("In %(stage)s, poor handling rose from %(before)s to %(now)s."),
    Gap.PROMISE_MISMATCH: _("In %(stage)s, promises not kept rose from %(before)s to %(now)s."),
    BETTER: _("In %(stage)s, pleasant surprises rose from %(before)s to %(now)s."),
}
FIGURE_FELL: Final[Mapping[str, LazyText]] = {
    "gap": _("Tickets with a gap fell from %(before)s to %(now)s."),
    "better": _("Pleasant surprises fell from %(before)s to %(now)s."),
    "promises": _("Promises kept on time fell from %(before)s to %(now)s."),
    "first_reply": _("First replies on time fell from %(before)s to %(now)s."),
    "csat": _("Satisfied customers fell from %(before)s to %(now)s."),
}
FIGURE_ROSE: Final[Mapping[str, LazyText]] = {
    "gap": _("Tickets with a gap rose from %(before)s to %(now)s."),
    "better": _("Pleasant surprises rose from %(before)s to %(now)s."),
    "promises": _("Promises kept on time rose from %(before)s to %(now)s."),
    "first_reply": _("First replies on time rose from %(before)s to %(now)s."),
    "csat": _("Satisfied customers rose from %(before)s to %(now)s."),
}


def headline(heat_map: HeatMap, kpis: Sequence[Kpi], *, days: int, is_latest: bool = True) -> str:
    """One or two sentences, the largest real change first; cells before the figures of the strip.

    `is_latest` says that the days end today.
    """
    if not heat_map.arrived:
        return _nothing_arrived(days, is_latest=is_latest)
    cells = [_of_cell(cell) for cell in heat_map.real_changes()]
    figures = sorted((kpi for kpi in kpis if kpi.is_real), key=lambda kpi: -abs(kpi.change.value if kpi.change else 0))
    sentences = [*cells, *map(_of_figure, figures)][:MOST_SENTENCES]
    if sentences:
        return " ".join(sentences)
    return f"{_nothing_clear(days, is_latest=is_latest)} {_largest(heat_map)}".strip()


def _nothing_arrived(days: int, *, is_latest: bool) -> str:
    said = {"days": days}
    if is_latest:
        return ngettext("No ticket arrived today.", "No ticket arrived in the last %(days)s days.", days) % said
    return ngettext("No ticket arrived on this day.", "No ticket arrived in these %(days)s days.", days) % said


def _nothing_clear(days: int, *, is_latest: bool) -> str:
    said = {"days": days}
    if is_latest:
        return ngettext("No clear change today.", "No clear change in the last %(days)s days.", days) % said
    return ngettext("No clear change on this day.", "No clear change in these %(days)s days.", days) % said


def _largest(heat_map: HeatMap) -> str:
    """What to look at while nothing moves: where most tickets fell short. Empty where that is nothing to speak of."""
    cell = heat_map.largest_gap
    if cell is None or not cell.now.is_shown:
        return ""
    said = {"cell": cell.place.label, "share": percent(cell.now.value), "stage": cell.stage_label}
    return _t("The largest gap: %(cell)s, %(share)s of %(stage)s tickets.") % said


def _of_cell(cell: Cell) -> str:
    sentence = (ROSE if cell.rose else FELL)[cell.place.row]
    return str(sentence) % {
        "stage": JourneyStage(cell.place.stage).label,
        "before": percent(cell.before.value),
        "now": percent(cell.now.value),
    }


def _of_figure(kpi: Kpi) -> str:
    sentence = (FIGURE_ROSE if kpi.rose else FIGURE_FELL)[kpi.key]
    return str(sentence) % {"before": percent(kpi.before.value), "now": percent(kpi.now.value)}
