"""The second opinion on a suggestion, where a language-model service gave one: in words, and as what a click posts."""

from __future__ import annotations

from dataclasses import dataclass

from cx import codebook
from cx.codebook import DIRECTION_SHORT, Direction, Gap, JourneyStage, RootCause
from cx.models import Tagging


@dataclass(frozen=True)
class Opinion:
    """`agrees`: on stage, gap and direction, which is what the panel names."""

    words: str
    agrees: bool
    fields: dict[str, str]


def opinion_on(tagging: Tagging | None) -> Opinion | None:
    """None where nobody was asked, the answer has not come, or a person has spoken: theirs is the last word."""
    given = tagging.opinion if tagging else None
    if tagging is None or tagging.is_confirmed or not isinstance(given, dict):
        return None
    if codebook.violations({name: given.get(name) for name in (*codebook.FIELDS, "severity")}):
        return None
    words = f"{JourneyStage(given['journey_stage']).label} × {Gap(given['gap_primary']).label}"
    is_other_way = given["direction"] != tagging.direction and given["gap_primary"] == tagging.gap_primary
    if given["direction"] == Direction.EXCEEDED or is_other_way:  # else the gap says it
        words = f"{words}, {DIRECTION_SHORT[Direction(given['direction'])]}"
    fields = {name: str(given.get(name) or "") for name in Tagging.FIELDS}
    if fields["root_cause"] == RootCause.UNKNOWN:  # in the form that is "not known yet": nothing chosen
        fields["root_cause"] = ""
    named = ("journey_stage", "gap_primary", "direction")
    return Opinion(words, all(given[name] == getattr(tagging, name) for name in named), fields)
