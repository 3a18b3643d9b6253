"""Tickets as the lines of a table or list: every cell made ready, so that the templates only put them in their places.

A queue shows the same chips in hundreds of places; most cells here are remembered ones (see `piece`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t

from cx import stakes
from cx.codebook import Direction, Gap, JourneyStage
from cx.models import Stake, Tagging
from helpdesk.people.models import User
from helpdesk.ui.templatetags.presence import presence
from helpdesk.ui.templatetags.ui import ago, due_state, due_text, duration, full_time, piece, short_date
from helpdesk.workspace.columns import MANY, USUAL
from tickets.models import Priority, Status, Ticket

register = template.Library()
EMPTY = SafeString("")
LABELS = {str(status.value): status.label for status in Status}
PRIORITIES = {str(priority.value): priority.label for priority in Priority}


@dataclass(frozen=True)
class Table:
    """Rows under heads: `columns` has the name of every column that is shown."""

    columns: dict[str, bool]
    rows: list[SafeString]

    @property
    def is_wide(self) -> bool:
        return len(self.columns) > MANY


@register.simple_tag
def table_of(
    tickets: Iterable[Ticket],
    *,
    columns: Collection[str] = (),
    here: object = "",
    language: str = "",
    me: User | None = None,
    may_choose: object = False,
) -> Table:
    """The table of these tickets with these columns, or the usual ones. `here`: the list they are opened from, as the
    end of an address; `language`: the page's own; `may_choose`: rows can be chosen for the form "bulk".
    """
    shown = columns or USUAL
    cells = [(name, CELLS[name]) for name in CELLS if name in shown]
    end, given = str(here), {"columns": tuple(shown), "may_choose": bool(may_choose)}
    rows = []
    for ticket in tickets:
        line = _line(ticket, end=end, language=language) | {name: cell(ticket, me) for name, cell in cells}
        rows.append(_remembered("workspace/queue/_row.html", line | given))
    return Table(dict.fromkeys(shown, True), rows)


def _remembered(template_name: str, line: dict[str, Any]) -> SafeString:
    """A row is the same for everybody who sees the same in it, and mostly the same as a minute ago."""
    render = _render.__wrapped__ if settings.DEBUG else _render
    return render(template_name, translation.get_language(), tuple(line.items()))


@lru_cache(maxsize=2048)
def _render(template_name: str, _language: str | None, values: tuple[tuple[str, Any], ...]) -> SafeString:
    line = dict(values)
    columns = dict.fromkeys(line.pop("columns", ()), True)
    return SafeString(render_to_string(template_name, {"line": line, "columns": columns}))


@register.simple_tag
def items_of(
    tickets: Iterable[Ticket],
    *,
    here: object = "",
    language: str = "",
    me: User | None = None,
    current: int | None = None,
    may_choose: object = False,
    is_broad: bool = False,
) -> list[SafeString]:
    """The entries of a list. `current`: the pk of the ticket that stands beside it; `is_broad`: the list has the whole
    page; the rest as for a table.
    """
    end, given = str(here), {"may_choose": bool(may_choose), "is_broad": is_broad}
    entries = []
    for ticket in tickets:
        line = _line(ticket, end=end, language=language) | given
        line |= {name: CELLS[name](ticket, me) for name in ("stage", "gap", "assignee", "updated")}
        line["channel"] = piece("ui/_channel.html", channel=ticket.channel, size="s")
        line["is_current"] = ticket.pk == current
        entries.append(_remembered("workspace/queue/_entry.html", line))
    return entries


@register.simple_tag
def item_of(ticket: Ticket, **options: Any) -> SafeString:
    """The entry of one ticket in a list."""
    return items_of([ticket], **options)[0]


def _line(ticket: Any, *, end: str, language: str) -> dict[str, Any]:
    """What every line has."""
    stake = ticket._state.fields_cache.get("stake")  # joined or not: no query here
    tagging = getattr(ticket, "tagging", None)
    return {
        "pk": ticket.pk,
        "number": ticket.number,
        "tagging": tagging.pk if tagging else "",
        "href": f"{ticket.get_absolute_url()}{end}",
        "subject": ticket.subject,
        "lang": ticket.language if ticket.language != language else "",
        "excerpt": ticket.excerpt,
        "customer": str(ticket.requester),
        "is_unread": ticket.is_unread,
        "due": due(ticket),
        "why": _why(ticket, stake) if stake else EMPTY,
        "people": presence(ticket.number, getattr(ticket, "people", ())),
    }


# --- Cells ---------------------------------------------------------------------------------------------------------


@register.simple_tag
def due(ticket: Ticket) -> SafeString:
    """What is due next on a ticket: a time while a clock runs, else how it stands."""
    if ticket.is_done:
        return piece("workspace/queue/_standing.html", icon_name="check", state="met", label=LABELS[ticket.status])
    if ticket.status == Status.SNOOZED:
        return piece(
            "workspace/queue/_snoozed.html",
            at=ticket.snoozed_until,
            text=short_date(ticket.snoozed_until),
            zone=_zone(),
        )
    if ticket.has_due_time:
        at = ticket.due_next_at
        return piece(
            "ui/_due_chip.html", at=at, kind=ticket.due_next_kind, state=due_state(at), text=due_text(at), zone=_zone()
        )  # fmt: skip
    if ticket.status == Status.WAITING:
        return piece("workspace/queue/_standing.html", icon_name="pause", state="idle", label=LABELS[ticket.status])
    return piece("workspace/queue/_nothing_due.html")


def _stage(ticket: Any, _me: User | None) -> SafeString:
    return stage_of(getattr(ticket, "tagging", None))


def _gap(ticket: Any, _me: User | None) -> SafeString:
    return gap_of(getattr(ticket, "tagging", None))


@register.filter
def stage_of(tagging: Tagging | None) -> SafeString:
    """The stage of a tagging that is sure enough to be shown."""
    if tagging is None or not tagging.is_sure:
        return EMPTY
    stage = JourneyStage(tagging.journey_stage)
    return piece("ui/_stage_chip.html", label=stage.label, position=tagging.stage_position)


@register.filter
def gap_of(tagging: Tagging | None) -> SafeString:
    """The gap: solid when a person said so, dashed when it is only likely, in words when neither."""
    if tagging is None or not tagging.is_sure:
        return piece("workspace/queue/_to_be_tagged.html")
    return piece(
        "ui/_gap_chip.html", gap=tagging.gap_primary, label=Gap(tagging.gap_primary).label, direction=tagging.direction,
        better=Direction(tagging.direction).label, suggested=tagging.is_suggestion,
    )  # fmt: skip


def _severity(ticket: Any, _me: User | None) -> SafeString:
    tagging: Tagging | None = getattr(ticket, "tagging", None)
    if tagging is None or not tagging.is_sure or not tagging.severity:
        return EMPTY
    return piece("workspace/queue/_severity.html", severity=tagging.severity, suggested=tagging.is_suggestion)


def _channel(ticket: Ticket, _me: User | None) -> SafeString:
    return piece("ui/_channel.html", channel=ticket.channel)


def _assignee(ticket: Ticket, me: User | None) -> SafeString:
    name = ticket.assignee.name if ticket.assignee else ""
    return piece("ui/_avatar.html", name=name, me=bool(name and me and ticket.assignee_id == me.pk))


def _time(at: datetime) -> SafeString:
    return format_html("{}{}</time>", _time_element(at, translation.get_language(), _zone()), ago(at))


@lru_cache(maxsize=4096)
def _time_element(at: datetime, _language: str | None, _zone: str) -> SafeString:
    iso = timezone.localtime(at).isoformat(timespec="seconds")
    return format_html('<time datetime="{}" title="{}">', iso, full_time(at))


CELLS: Mapping[str, Any] = {
    "channel": _channel,
    "stage": _stage,
    "gap": _gap,
    "severity": _severity,
    "type": lambda ticket, _me: ticket.get_kind_display(),
    "product": lambda ticket, _me: ticket.product,
    "tags": lambda ticket, _me: ", ".join(each.tag.name for each in getattr(ticket, "borne", ())),
    "team": lambda ticket, _me: ticket.team.name if ticket.team else "",
    "assignee": _assignee,
    "priority": lambda ticket, _me: PRIORITIES[ticket.priority],
    "status": lambda ticket, _me: LABELS[ticket.status],
    "language": lambda ticket, _me: dict(settings.LANGUAGES).get(ticket.language, ticket.language),
    "created": lambda ticket, _me: _time(ticket.created_at),
    "updated": lambda ticket, _me: _time(ticket.updated_at),
}


# --- Why a ticket stands where it stands ---------------------------------------------------------------------------


def _why(ticket: Ticket, stake: Stake) -> SafeString:
    """In the order "expectation at risk": how much is at stake, and every reason, the time first."""
    reasons = [_time_left(ticket), *stakes.in_words(stake)]
    return piece("workspace/queue/_why.html", level=stake.level, reasons=tuple(reasons))


def _time_left(ticket: Ticket) -> str:
    if not ticket.has_due_time:
        return _t("Nothing is due")
    left = ticket.due_next_at - timezone.now()
    if left.total_seconds() > 0:
        return _t("Due in %(time)s") % {"time": duration(left)}
    return _t("%(time)s late") % {"time": duration(-left)}


def _zone() -> str:
    return timezone.get_current_timezone_name()
