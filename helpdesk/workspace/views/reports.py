from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from cx.codebook import RootCause
from cx.models import FollowUp
from cx.reports import heat_map, promises, satisfaction
from cx.reports.heat_map import ALL, ROW_LABELS, STAGE_LABELS, UNTAGGED, Cell, FinerCause, HeatMap, Place
from cx.reports.measures import Share
from cx.reports.overview import overview
from helpdesk.common.spreadsheets import defused
from helpdesk.people.access import Ability
from helpdesk.workspace import queues
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.navigation import MOST_COUNTED, counted
from helpdesk.workspace.paging import page_of
from helpdesk.workspace.reporting import Reporting
from helpdesk.workspace.shortcuts import Here, page
from tickets import reports
from tickets.models.ticket import TicketQuerySet
from tickets.reports import Scope

LIST_ROWS = 50

# The lists behind numbers that are no cell of the heat map.
LISTS: Mapping[str, tuple[LazyText | str, Callable[[Scope], TicketQuerySet]]] = {
    "arrived": (_("Tickets that arrived"), lambda scope: scope.arrived()),
    "first_reply": (_("First reply too late"), reports.with_late_first_reply),
    "promises": (_("Promise not kept on time"), promises.with_late_promise),
    "csat": (_("Customers who answered 1, 2 or 3"), satisfaction.with_low_score),
    "open": (_("Arrived and still open"), reports.still_open),
    "unanswered": (_("Waiting for our answer now"), lambda scope: scope.tickets().unanswered()),
}


@require_safe
@agent_required(needs=Ability.SEE_REPORTS)
def report(request: AgentRequest) -> HttpResponse:
    """The report of a period: the sentence, the figures, the map with one cell opened, and what stands behind."""
    reporting = Reporting.of(request)
    found = overview(reporting.scope, confirmed_only=reporting.confirmed_only)
    place = Place.read(request.GET.get("cell", ""))
    shown = place or found.heat_map.first_to_look_at
    context = {
        "reporting": reporting,
        "overview": found,
        "heat_map": found.heat_map,
        "cell": found.heat_map[shown],
        "causes": found.heat_map.behind(shown),
        "csv": reporting.address("workspace:report-heat-map"),
        "read_at": timezone.now(),
    }
    overdue = FollowUp.objects.overdue().visible_to(request.user)
    return page(
        request, "workspace/report/report.html", context, current="report", status=_status(reporting),
        also_counted={"overdue_contacts": overdue} if request.user.may(Ability.SEE_TICKETS) else None,
    )  # fmt: skip


@require_safe
@agent_required
def report_cell(request: AgentRequest) -> HttpResponse:
    """The tickets behind a number of the report, the newest first: those that this person may see."""
    reporting = Reporting.of(request)
    title, tickets = _behind(request, reporting)
    rows = queues.for_rows(tickets, user=request.user)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    chosen = {name: request.GET.get(name, "") for name in ("stage", "gap", "cause", "of")}
    context = {
        "reporting": reporting,
        "title": title,
        "count": counted(tickets.counted_up_to(MOST_COUNTED)),
        "page": page_of(rows, order=queues.NEWEST_FIRST, size=LIST_ROWS, after=after, before=before),
        "here": Here(),
        "address": reporting.address("workspace:report-cell", **chosen),
        "back": reporting.address("workspace:report", cell=_place(request) or ""),
        "finer": _finer_causes(request, reporting),
    }
    return page(request, "workspace/report/cell.html", context, current="report")


@require_safe
@agent_required(needs=Ability.SEE_REPORTS)
def heat_map_csv(request: AgentRequest) -> HttpResponse:
    """The heat map as a table of its own, one line a cell, for a spreadsheet."""
    reporting = Reporting.of(request)
    found = heat_map.counted(reporting.scope, confirmed_only=reporting.confirmed_only)
    period = reporting.period
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"heat-map-{period.first:%Y-%m-%d}-{period.last:%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response.write("\ufeff")  # without it spreadsheets read accents as if they were from another century
    writer = csv.writer(response)
    for line in _lines(found):
        writer.writerow([defused(value) for value in line])
    return response


def _status(reporting: Reporting) -> int:
    return 422 if reporting.form.errors else 200


def _place(request: AgentRequest) -> Place | None:
    stage, row = request.GET.get("stage", "") or ALL, request.GET.get("gap", "")
    return Place.read(f"{stage}.{row}")


def _causes(request: AgentRequest) -> list[str]:
    return [cause for cause in request.GET.get("cause", "").split(",") if cause]


def _finer_causes(request: AgentRequest, reporting: Reporting) -> list[FinerCause]:
    """What stands behind a cause in the company's own words, where the list is of one cause or several."""
    place, causes = _place(request), _causes(request)
    if place is None or not causes:
        return []
    return heat_map.finer_causes(
        reporting.scope, place, confirmed_only=reporting.confirmed_only, causes=causes
    )  # fmt: skip


def _behind(request: AgentRequest, reporting: Reporting) -> tuple[str, TicketQuerySet]:
    """What the list is called, and its tickets; 404 for an address that names nothing we count."""
    scope = reporting.scope
    if name := request.GET.get("of", ""):
        if name not in LISTS:
            raise Http404
        label, find = LISTS[name]
        return str(label), find(scope)
    if request.GET.get("gap") == UNTAGGED:
        place = Place(ALL, UNTAGGED)
        return str(ROW_LABELS[UNTAGGED]), heat_map.tickets_behind(
            scope, place, confirmed_only=reporting.confirmed_only
        )  # fmt: skip
    place_asked = _place(request)
    causes = _causes(request)
    if place_asked is None or not set(causes) <= set(RootCause.values):
        raise Http404
    title = place_asked.label
    if causes:
        title = f"{title}: {', '.join(str(RootCause(cause).label) for cause in causes)}"
    return title, heat_map.tickets_behind(
        scope, place_asked, confirmed_only=reporting.confirmed_only, causes=causes
    )  # fmt: skip


# --- The table as lines ------------------------------------------------------------------------------------------


def _lines(found: HeatMap) -> Iterator[list[Any]]:
    yield [
        _t("Stage"), _t("Gap"), _t("Tickets"), _t("Of"), _t("Share, %"), _t("Interval from, %"), _t("Interval to, %"),
        _t("Before, tickets"), _t("Before, of"), _t("Change, points"), _t("Change from, points"),
        _t("Change to, points"), _t("Real change"), _t("Note"),
    ]  # fmt: skip
    for row in (*found.gap_rows, found.any_row, found.better_row, found.none_row):
        for cell in row:
            yield [cell.stage_label, cell.row_label, *_figures(cell)]
    yield [STAGE_LABELS[ALL], ROW_LABELS[UNTAGGED], found.untagged, found.arrived, *[""] * 10]


def _figures(cell: Cell) -> list[Any]:
    if cell.is_hidden:
        return ["", "", "", "", "", "", "", "", "", "", "", _t("fewer than 5, or next to such a cell: not shown")]
    shares = [cell.now.k, cell.now.n, *_percents(cell.now)]
    if cell.is_change_hidden:
        return [*shares, "", "", "", "", "", "", _note(cell)]
    change = cell.change if cell.now.is_shown and cell.before.is_shown else None
    moved = [round(100 * each, 2) for each in (change.value, change.low, change.high)] if change else ["", "", ""]
    return [*shares, cell.before.k, cell.before.n, *moved, _t("yes") if cell.is_real else "", _note(cell)]


def _percents(share: Share) -> list[Any]:
    if not share.is_shown or share.value is None or share.interval is None:
        return ["", "", ""]
    return [round(100 * each, 2) for each in (share.value, *share.interval)]


def _note(cell: Cell) -> str:
    if not cell.now.is_shown:
        return _t("too few")
    return _t("indicative") if cell.now.is_indicative else ""
