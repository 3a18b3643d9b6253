"""The journey-and-gap panel: what is suggested or decided about a ticket, in the codebook's words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _t

from cx import codebook
from cx.codebook import Direction, Gap, JourneyStage, Severity
from cx.models import Tagging
from cx.models.tagging import SURE_ENOUGH
from helpdesk.workspace.forms import TaggingForm

MOST_ALTERNATIVES = 3
MOST_QUOTES = 2
QUOTE_MARKS = ' "“”«»'  # the page sets its own


@dataclass(frozen=True)
class Choice:
    """One answer that can be given with one click: what it says, how likely it is, and every field it posts."""

    label: str
    percent: int | None
    fields: dict[str, str]


@dataclass(frozen=True)
class Reading:
    """One field of the tagging, in words. `percent` is None where a person has spoken."""

    label: str
    value: str
    percent: int | None
    quotes: list[str]


@dataclass
class Panel:
    """What the panel shows."""

    tagging: Tagging | None
    stages: list[tuple[str, Any, bool]]  # slug, label, whether it is the chosen one
    stage_label: str
    stage_position: int
    percent: int
    quotes: list[str]
    choices: list[Choice]
    directions: list[tuple[str, Any, bool]]
    form: TaggingForm
    words: list[str]  # every quote, to be marked in the thread
    also: str = ""
    cause: str = ""
    is_better: bool = False
    readings: list[Reading] = field(default_factory=list)

    @property
    def is_default(self) -> bool:
        """Whether there is an answer to confirm: below 50 % it is one choice among others."""
        return self.tagging is not None and self.tagging.is_sure


def panel_for(tagging: Tagging | None) -> Panel:
    sure_stage = bool(tagging and (tagging.is_confirmed or tagging.stage_confidence >= SURE_ENOUGH))
    stage = tagging.journey_stage if tagging and sure_stage else ""
    evidence: dict[str, list[str]] = (tagging.evidence if tagging else None) or {}
    quotes = evidence.get("gap_primary") or evidence.get("direction") or evidence.get("journey_stage") or []
    initial = {name: getattr(tagging, name) for name in Tagging.FIELDS} if tagging and tagging.is_sure else {}
    if initial.get("root_cause") == codebook.RootCause.UNKNOWN:
        initial["root_cause"] = ""
    return Panel(
        tagging=tagging,
        stages=[(slug, label, slug == stage) for slug, label in JourneyStage.choices],
        stage_label=str(JourneyStage(stage).label) if stage else "",
        stage_position=JourneyStage.values.index(stage) + 1 if stage else 0,
        percent=_percent(tagging.gap_confidence) if tagging else 0,
        quotes=[quote.strip(QUOTE_MARKS) for quote in dict.fromkeys(quotes)][:MOST_QUOTES],
        choices=_choices(tagging) if tagging else [],
        directions=[
            (slug, codebook.DIRECTION_SHORT[Direction(slug)], bool(tagging and slug == tagging.direction))
            for slug in Direction.values
        ],
        form=TaggingForm(initial=initial, auto_id="tag-%s", shown=tagging),
        words=[
            quote
            for name in ("gap_primary", "gap_secondary", "direction", "journey_stage", "root_cause", "promise")
            for quote in evidence.get(name, [])
        ],
        also=str(tagging.get_gap_secondary_display()) if tagging and tagging.gap_secondary else "",
        cause=str(tagging.get_root_cause_display()) if tagging and tagging.root_cause else "",
        is_better=bool(tagging and tagging.direction == Direction.EXCEEDED),
        readings=_readings(tagging, evidence) if tagging else [],
    )


def _readings(tagging: Tagging, evidence: dict[str, list[str]]) -> list[Reading]:
    """Every field of the tagging with how sure the model was and the customer's own words it rests on."""
    values = (
        ("journey_stage", _t("Stage"), tagging.get_journey_stage_display()),
        ("gap_primary", _t("Gap"), tagging.get_gap_primary_display()),
        ("direction", _t("Direction"), tagging.get_direction_display()),
        ("root_cause", _t("Behind it"), tagging.get_root_cause_display() if tagging.root_cause else ""),
        ("severity", _t("Severity"), severity_words(tagging.severity)),
        ("sentiment", _t("Feeling"), tagging.get_sentiment_display()),
        ("promise", _t("Promise they quote"), (tagging.promise or {}).get("what", "")),
        ("churn_risk", _t("May leave"), _t("Yes") if tagging.churn_risk else ""),
    )
    return [
        Reading(
            label=label,
            value=str(value),
            percent=_percent(tagging.confidence[name]) if name in tagging.confidence else None,
            quotes=evidence.get(name, [])[:MOST_QUOTES],
        )
        for name, label, value in values
        if value
    ]


def severity_words(severity: int | None) -> str:
    return str(Severity(severity).label) if severity else ""


def _choices(tagging: Tagging) -> list[Choice]:
    """Up to three other gaps, the likeliest first; where nothing is sure, the first answer stands among them."""
    ranked = [(str(gap), float(likely)) for gap, likely in tagging.alternatives.get("gap_primary", [])]
    if not tagging.is_sure:
        ranked.insert(0, (tagging.gap_primary, tagging.gap_confidence))
    elif not tagging.is_confirmed and tagging.gap_primary != Gap.NONE:  # "No gap" is always one click away
        none = next((pair for pair in ranked if pair[0] == Gap.NONE), (Gap.NONE.value, 0.0))
        ranked = [*[pair for pair in ranked if pair[0] != Gap.NONE][: MOST_ALTERNATIVES - 1], none]
    seen: set[str] = {tagging.gap_primary} if tagging.is_sure else set()
    choices = []
    for gap, likely in ranked:
        if gap in seen or gap not in Gap.values:
            continue
        seen.add(gap)
        choices.append(_choice(tagging, gap, likely))
    return choices[:MOST_ALTERNATIVES]


def _choice(tagging: Tagging, gap: str, likely: float) -> Choice:
    none = gap == Gap.NONE
    direction = Direction.MET if none else tagging.direction if tagging.direction != Direction.MET else Direction.BELOW
    keep = not none and direction == Direction.BELOW
    fields = {
        "journey_stage": tagging.journey_stage,
        "gap_primary": gap,
        "gap_secondary": "" if none or tagging.gap_secondary == gap else tagging.gap_secondary,
        "direction": str(direction),
        "root_cause": tagging.root_cause if keep else "",
        "severity": str(tagging.severity or "") if keep else "",
    }
    label = str(Gap(gap).label)
    if not tagging.is_sure:  # the stage is not shown as chosen either, so the answer names it
        label = f"{tagging.get_journey_stage_display()} × {label}"
    return Choice(label, _percent(likely) or None, fields)


def _percent(likely: float) -> int:
    return round(likely * 100)
