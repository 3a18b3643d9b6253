"""A customer's tickets on the eight stages over time, as a drawing and in words."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext, pgettext

from cx.codebook import Direction, JourneyStage
from cx.timeline import Band, Moment

ROW = 18  # px between two stages
EDGE = 0.02  # of the width, free at both ends, so that no mark is cut off


@dataclass(frozen=True)
class Mark:
    """One ticket in the drawing. Its shape says how it was: down, up, or as expected."""

    x: str
    y: int
    shape: str  # below, exceeded, met
    is_open: bool  # a suggestion, so only its outline
    url: str
    label: str


@dataclass(frozen=True)
class Drawn:
    """The whole band."""

    stages: list[tuple[str, int]]  # label, and the height of its line
    marks: list[Mark]
    years: list[tuple[int, str]]
    height: int
    summary: list[str]

    @property
    def lines(self) -> list[int]:
        return [y for _label, y in self.stages]


def drawn(band: Band) -> Drawn:
    stages = [(str(stage.label), ROW * at + ROW // 2) for at, stage in enumerate(JourneyStage)]
    return Drawn(
        stages=stages,
        marks=[_mark(moment) for moment in band.moments],
        years=[(year, _place(x)) for year, x in band.years],
        height=ROW * len(stages),
        summary=_summary(band),
    )


def _place(share: float) -> str:
    """Along the drawing, which no language may write with a comma."""
    return f"{100 * (EDGE + share * (1 - 2 * EDGE)):.2f}%"


def _mark(moment: Moment) -> Mark:
    tagging, ticket = moment.tagging, moment.ticket
    said = {
        "number": ticket.number,
        "subject": ticket.subject,
        "stage": tagging.get_journey_stage_display(),
        "direction": tagging.get_direction_display(),
        "when": date_format(ticket.created_at, pgettext("day, month and year, in Django's letters", "j M Y")),
    }
    return Mark(
        x=_place(moment.x),
        y=ROW * (moment.position - 1) + ROW // 2,
        shape=str(tagging.direction) or str(Direction.MET),
        is_open=tagging.is_suggestion,
        url=ticket.get_absolute_url(),
        label=_t("#%(number)s %(subject)s: %(stage)s, %(direction)s, %(when)s") % said,
    )


def _summary(band: Band) -> list[str]:
    """What the drawing shows, in sentences."""
    counts = ", ".join(f"{stage.label} {count}" for stage, count in band.by_stage)
    said = []
    if counts:
        said.append(_t("Tickets by stage: %(counts)s.") % {"counts": counts})
    if band.fell_short:
        n = band.fell_short
        said.append(ngettext("%(n)s fell short.", "%(n)s fell short.", n) % {"n": n})
    if band.better:
        n = band.better
        said.append(ngettext("%(n)s was better than expected.", "%(n)s were better than expected.", n) % {"n": n})
    if band.untagged:
        n = band.untagged
        said.append(
            ngettext("%(n)s has no clear stage yet.", "%(n)s have no clear stage yet.", n) % {"n": n}
        )  # fmt: skip
    return said
