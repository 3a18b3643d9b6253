"""The journey-and-gap panel: what is suggested or decided about a ticket, in the codebook's words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from cx import codebook
from cx.codebook import Direction, Gap, JourneyStage, Severity
from cx.models import Tagging
from cx.models.tagging import SURE_ENOUGH
from cx.signals import in_words
from cx.tagging import language
from helpdesk.workspace.forms import TaggingForm
from helpdesk.workspace.opinion import Opinion, opinion_on

MOST_ALTERNATIVES = 3
MOST_QUOTES = 2
MOST_SIGNALS = 2
QUOTE_MARKS = ' "“”«»'  # the page sets its own
FEWEST_WORDS = 8  # to say which language they are in
FEWEST_LETTERS = 12  # of another alphabet, which may know no spaces
DECIDED_BY = {
    Tagging.Source.MODEL.value: _("from the text"),
    Tagging.Source.RULE.value: _("from what the ticket shows"),
    Tagging.Source.PERSON.value: _("a person"),
}
MOST_READ = 6000
_WORD = re.compile(r"[^\W\d_]+")
_OTHER_LETTER = re.compile(r"[^\W\d_\u0000-\u024f]")


@dataclass(frozen=True)
class Choice:
    """One answer that can be given with one click: what it says, how likely it is, and every field it posts."""

    label: str
    percent: int | None
    fields: dict[str, str]


@dataclass(frozen=True)
class Reason:
    """One thing that speaks for an answer: the customer's own words, or what the ticket shows. `joint` ties it to the
    one before."""

    text: str
    is_quote: bool
    joint: str = ""


@dataclass(frozen=True)
class Reading:
    """One field of the tagging, in words. `percent` is None where a person has spoken; `by` says who decided."""

    label: str
    value: str
    percent: int | None
    reasons: list[Reason]
    by: str = ""


@dataclass(frozen=True)
class Later:
    """What came after the person's word and says otherwise; `fields` is what is posted to take it."""

    words: str
    fields: dict[str, str]


@dataclass
class Panel:
    """What the panel shows."""

    tagging: Tagging | None
    stages: list[tuple[str, Any, bool]]  # slug, label, whether it is the chosen one
    stage_label: str
    stage_position: int
    percent: int
    reasons: list[Reason]
    choices: list[Choice]
    directions: list[tuple[str, Any, bool]]
    form: TaggingForm
    words: list[str]  # every quote, to be marked in the thread
    also: str = ""
    cause: str = ""
    sub_cause: str = ""
    is_better: bool = False
    stage_by: str = ""
    is_foreign: bool = False
    later: Later | None = None
    readings: list[Reading] = field(default_factory=list)

    @property
    def is_default(self) -> bool:
        """Whether there is an answer to confirm: below 50 % it is one choice among others."""
        return self.tagging is not None and self.tagging.is_sure

    @property
    def opinion(self) -> Opinion | None:
        return opinion_on(self.tagging)


def panel_for(tagging: Tagging | None, *, later: Tagging | None = None) -> Panel:
    """What is said about the ticket. `later`: a suggestion that came after the person's word, where there is one."""
    sure_stage = bool(tagging and (tagging.is_confirmed or tagging.stage_confidence >= SURE_ENOUGH))
    stage = tagging.journey_stage if tagging and sure_stage else ""
    initial: dict[str, Any] = {}
    if tagging:
        initial = {"sentiment": tagging.sentiment, "churn_risk": "yes" if tagging.churn_risk else "no"}
    if tagging and tagging.is_sure:
        initial |= {name: getattr(tagging, name) for name in Tagging.FIELDS} | {"sub_cause": tagging.sub_cause_id}
    if initial.get("root_cause") == codebook.RootCause.UNKNOWN:
        initial["root_cause"] = ""
    return Panel(
        tagging=tagging,
        stages=[(slug, label, slug == stage) for slug, label in JourneyStage.choices],
        stage_label=str(JourneyStage(stage).label) if stage else "",
        stage_position=JourneyStage.values.index(stage) + 1 if stage else 0,
        percent=percent_of(tagging.gap_confidence) if tagging else 0,
        reasons=reasons_for(tagging, "gap_primary", "direction", "journey_stage") if tagging else [],
        choices=_choices(tagging) if tagging else [],
        directions=[
            (slug, codebook.DIRECTION_SHORT[Direction(slug)], bool(tagging and slug == tagging.direction))
            for slug in Direction.values
        ],
        form=TaggingForm(initial=initial, auto_id="tag-%s", shown=tagging),
        words=words_of(tagging),
        also=str(tagging.get_gap_secondary_display()) if tagging and tagging.gap_secondary else "",
        cause=str(tagging.get_root_cause_display()) if tagging and tagging.root_cause else "",
        sub_cause=tagging.sub_cause.name if tagging and tagging.sub_cause else "",
        is_better=bool(tagging and tagging.direction == Direction.EXCEEDED),
        stage_by=_decided_by(tagging, "journey_stage") if tagging else "",
        later=_later(tagging, later),
        readings=_readings(tagging) if tagging else [],
    )


def words_of(tagging: Tagging | None) -> list[str]:
    """Every quote that a field rests on, to be marked in the customer's text."""
    evidence: dict[str, list[str]] = (tagging.evidence if tagging else None) or {}
    return list(dict.fromkeys(quote for quotes in evidence.values() for quote in quotes))


def reasons_for(tagging: Tagging, name: str, *in_its_place: str) -> list[Reason]:
    """What speaks for the answer of this field: the customer's words first, then what the ticket shows.

    Where no words were found for it, those of the first other field that has some.
    """
    quotes = next((found for each in (name, *in_its_place) if (found := _quotes(tagging, each))), [])
    shown = str(getattr(tagging, name))
    facts = [in_words(signal) for signal in tagging.signals or [] if signal.get("speaks_for", {}).get(name) == shown]
    said = [(quote, True) for quote in quotes] + [(fact, False) for fact in facts if fact][:MOST_SIGNALS]
    return [
        Reason(text, is_quote, joint=_joint(said[:at], is_last=at == len(said) - 1, is_quote=is_quote))
        for at, (text, is_quote) in enumerate(said)
    ]


def later_suggestion(tagging: Tagging | None) -> Tagging | None:
    """The latest suggestion that came after the person's word; None where the word is no person's, or nothing came."""
    if tagging is None or tagging.is_suggestion:
        return None
    since = Tagging.objects.filter(
        ticket=tagging.ticket_id, source=Tagging.Source.MODEL, tagged_at__gt=tagging.tagged_at
    )
    return since.order_by("-tagged_at", "-pk").first()


def is_foreign(tagging: Tagging | None, said: Iterable[str]) -> bool:
    """Whether the suggestion is a guess, because the customer writes in a language the model has not learnt.

    A few words, a name and a number, say nothing about a language.
    """
    if tagging is None or tagging.is_confirmed:
        return False
    text = "\n".join(said)[:MOST_READ]
    says_something = len(_WORD.findall(text)) >= FEWEST_WORDS or len(_OTHER_LETTER.findall(text)) >= FEWEST_LETTERS
    return says_something and language.detect(text) == "other"


def _quotes(tagging: Tagging, name: str) -> list[str]:
    """The customer's words for this field, at most two, without the quotation marks they may have come with."""
    quotes = [quote.strip(QUOTE_MARKS) for quote in (tagging.evidence or {}).get(name, [])]
    return [quote for quote in dict.fromkeys(quotes) if quote][:MOST_QUOTES]


def _joint(before: list[tuple[str, bool]], *, is_last: bool, is_quote: bool) -> str:
    if not before:
        return ""
    return _t(" and ") if is_last and not is_quote else ", "


def _decided_by(tagging: Tagging, name: str) -> str:
    return str(DECIDED_BY.get(tagging.sources.get(name, ""), ""))


def _later(said: Tagging | None, later: Tagging | None) -> Later | None:
    """Only what is sure, and says another stage or gap."""
    if said is None or later is None or not later.is_sure:
        return None
    if (later.journey_stage, later.gap_primary) == (said.journey_stage, said.gap_primary):
        return None
    words = f"{later.get_journey_stage_display()} × {later.get_gap_primary_display()}"
    return Later(words, {name: str(getattr(later, name) or "") for name in Tagging.FIELDS})


def _readings(tagging: Tagging) -> list[Reading]:
    """Every field of the tagging with how sure the model was, what it rests on, and who decided."""
    values = (
        ("journey_stage", _t("Stage"), tagging.get_journey_stage_display()),
        ("gap_primary", _t("Gap"), tagging.get_gap_primary_display()),
        ("gap_secondary", _t("Also"), tagging.get_gap_secondary_display() if tagging.gap_secondary else ""),
        ("direction", _t("Direction"), tagging.get_direction_display()),
        ("root_cause", _t("Behind it"), _cause_words(tagging)),
        ("severity", _t("Severity"), severity_words(tagging.severity)),
        ("sentiment", _t("Feeling"), tagging.get_sentiment_display()),
        ("promise", _t("Promise they quote"), (tagging.promise or {}).get("what", "")),
        ("churn_risk", _t("May leave"), _t("Yes") if tagging.churn_risk else _t("No")),
    )
    return [
        Reading(
            label=label,
            value=str(value),
            percent=percent_of(tagging.confidence[name]) if name in tagging.confidence else None,
            reasons=reasons_for(tagging, name),
            by=_decided_by(tagging, name),
        )
        for name, label, value in values
        if value
    ]


def _cause_words(tagging: Tagging) -> str:
    if not tagging.root_cause:
        return ""
    cause = str(tagging.get_root_cause_display())
    return f"{cause}: {tagging.sub_cause.name}" if tagging.sub_cause else cause


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
    return Choice(label, percent_of(likely) or None, fields)


def percent_of(likely: float) -> int:
    """A likelihood for the page."""
    return min(round(likely * 100), 99)  # a suggestion is never certain
