"""What the text says and what the ticket proves, put together openly. Pure.

A signal is a fact of the ticket: a target missed, a promise broken. Each multiplies the odds of the answers it speaks
for (Bayes' rule with a likelihood ratio), so that a clear text outweighs it and an unclear one does not. The page names
the signals that spoke for the answer beside the customer's words.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from cx.codebook import FIELDS, Direction, Gap, RootCause, Severity

MOST_ALTERNATIVES: Final = 4


@dataclass(frozen=True)
class Signal:
    """One fact of the ticket. `amount` counts what the kind counts: hours late, times, contacts, days; `detail` is a
    slug or somebody's words."""

    kind: str
    amount: float = 0.0
    detail: str = ""
    speaks_for: Mapping[str, str] = field(default_factory=dict)  # field -> answer, of those that came out

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


#: How many times likelier each answer becomes. Cautious by design: none turns a sure reading of the text by itself.
RATIOS: Final[Mapping[str, Mapping[str, Mapping[str, float]]]] = {
    "reply_late": {"gap_primary": {"response_time": 2.5}, "direction": {"below": 1.6}},
    "resolution_late": {"gap_primary": {"response_time": 1.8}, "direction": {"below": 1.5}},
    "promise_missed": {
        "gap_primary": {"promise_mismatch": 4.0},
        "direction": {"below": 2.5},
        "root_cause": {"process_policy": 1.8},  # the codebook: a broken promise without follow-up is a process
        "severity": {"2": 1.5},
    },
    "reopened": {"gap_primary": {"quality": 1.5}, "direction": {"below": 1.8}, "severity": {"2": 1.8}},
    "handed_on": {"gap_primary": {"experience_process": 2.0}, "root_cause": {"process_policy": 1.5}},
    "contacts": {"gap_primary": {"response_time": 1.4, "experience_process": 1.4}, "severity": {"2": 1.8}},
    "new_customer": {"journey_stage": {"purchase": 1.5, "use": 1.2}},
    "expected": {"direction": {"below": 2.0}},
}
#: Whoever fills in the form says where in the journey it happened: strong, but chosen in a hurry.
TOPIC_RATIO: Final = 6.0


def combine(values: Mapping[str, Any], *, signals: Sequence[Signal]) -> dict[str, Any]:
    """The columns of a tagging as the text alone gives them -> the same with the signals counted in.

    Keeps the codebook's invariants. `sources` says for each field whether the model or a rule decided: a rule, where
    the signals made another answer the likeliest than the text alone had.
    """
    found = dict(values)
    found["sources"] = dict.fromkeys(_answered(values), "model")
    if not signals:
        return {**found, "signals": []}
    likely = {name: _likely(values, name, signals=signals) for name in (*FIELDS, "severity") if _is_read(values, name)}
    _decide(found, values, likely)
    found["signals"] = [_with_its_answers(signal, found).as_dict() for signal in signals]
    found["stage_confidence"] = found["confidence"]["journey_stage"]
    found["gap_confidence"] = found["confidence"]["gap_primary"]
    return found


def ratios_of(signal: Signal) -> Mapping[str, Mapping[str, float]]:
    """field -> answer -> how many times likelier this signal makes it."""
    if signal.kind == "topic":
        return {"journey_stage": {signal.detail: TOPIC_RATIO}}
    return RATIOS.get(signal.kind, {})


# --- Deciding ---------------------------------------------------------------------------------------------------------


def _decide(found: dict[str, Any], values: Mapping[str, Any], likely: Mapping[str, dict[str, float]]) -> None:
    found["confidence"] = dict(values["confidence"])
    found["alternatives"] = {name: list(given) for name, given in values["alternatives"].items()}
    direction, gap = _direction_and_gap(likely)
    _take(found, "journey_stage", _first(likely["journey_stage"]), likely["journey_stage"])
    _take(found, "direction", direction, likely["direction"])
    _take(found, "gap_primary", gap, likely["gap_primary"])
    if gap == Gap.NONE:
        found["gap_secondary"] = ""
    elif found["gap_secondary"] in ("", gap):
        # Where the signals turned the first gap, what the text spoke of remains the second one.
        found["gap_secondary"] = "" if values["gap_primary"] in (gap, Gap.NONE) else values["gap_primary"]
    if direction != Direction.BELOW:
        found["severity"], found["root_cause"] = None, ""
        return
    for name, unread in (("severity", Severity.NUISANCE), ("root_cause", RootCause.UNKNOWN)):
        if name in likely:
            answer = _first(likely[name])
            _take(found, name, int(answer) if name == "severity" else answer, likely[name])
        else:  # the text alone had seen nothing that fell short
            found[name] = unread.value
            found["sources"][name] = "rule"


def _direction_and_gap(likely: Mapping[str, dict[str, float]]) -> tuple[str, str]:
    """Direction first, then the gap within it: no gap exactly where it was as expected."""
    direction = _first(likely["direction"])
    if direction == Direction.MET:
        return direction, Gap.NONE.value
    return direction, _first({gap: p for gap, p in likely["gap_primary"].items() if gap != Gap.NONE})


def _take(found: dict[str, Any], name: str, answer: Any, likely: Mapping[str, float]) -> None:
    if found[name] != answer:
        found["sources"][name] = "rule"
    found[name] = answer
    ranked = sorted(likely.items(), key=lambda item: (-item[1], item[0]))
    found["confidence"][name] = round(likely[str(answer)], 4)
    found["alternatives"][name] = [[v, round(p, 4)] for v, p in ranked if v != str(answer)][:MOST_ALTERNATIVES]


# --- Counting ---------------------------------------------------------------------------------------------------------


def _likely(values: Mapping[str, Any], name: str, *, signals: Iterable[Signal]) -> dict[str, float]:
    """Every answer of the field with its probability after the signals."""
    odds = {answer: math.log(max(p, 1e-6)) for answer, p in _from_text(values, name).items()}
    for signal in signals:
        ratios = ratios_of(signal)
        for answer, ratio in ratios.get(name, {}).items():
            odds[answer] += math.log(ratio)
        if name == "gap_primary":  # a shortfall is every gap but none
            short = math.log(ratios.get("direction", {}).get(Direction.BELOW.value, 1.0))
            odds[Gap.NONE.value] -= short
    highest = max(odds.values())
    total = sum(math.exp(value - highest) for value in odds.values())
    return {answer: math.exp(value - highest) / total for answer, value in odds.items()}


def _from_text(values: Mapping[str, Any], name: str) -> dict[str, float]:
    """The model's probabilities; what it did not list shares what is left."""
    known = {str(values[name]): float(values["confidence"][name])}
    known |= {str(answer): float(p) for answer, p in values["alternatives"].get(name, []) if str(answer) not in known}
    answers = [str(value) for value in (Severity.values if name == "severity" else FIELDS[name].values)]
    unlisted = [answer for answer in answers if answer not in known]
    left = max(1.0 - sum(known.values()), 0.0)
    return known | {answer: left / len(unlisted) for answer in unlisted}


def _is_read(values: Mapping[str, Any], name: str) -> bool:
    return name != "gap_secondary" and bool(values.get(name)) and name in values["confidence"]


def _answered(values: Mapping[str, Any]) -> list[str]:
    names = (*FIELDS, "severity", "promise", "churn_risk")
    return [name for name in names if name in values and values[name] not in (None, "")]


def _first(likely: Mapping[str, float]) -> str:
    return min(likely, key=lambda answer: (-likely[answer], answer))


def _with_its_answers(signal: Signal, found: Mapping[str, Any]) -> Signal:
    """The signal with the answers that came out and that it spoke for."""
    spoke = {
        name: str(found[name])
        for name, answers in ratios_of(signal).items()
        if found.get(name) and answers.get(str(found[name]), 1.0) > 1.0
    }
    return Signal(signal.kind, signal.amount, signal.detail, spoke)
