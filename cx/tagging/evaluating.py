"""How well taggings agree with labelled texts: figures with their uncertainty, never one number alone. Pure.

Accuracy and macro-F1 (the mean of the F1 of every answer that truly occurs, so that rare answers count as much as
common ones), with the 95 % percentile interval of 1,000 bootstrap resamples of the texts (Efron 1979); the expected
calibration error over ten bins of equal size (Naeini, Cooper and Hauskrecht 2015); precision, recall and F1 of each
answer; and the table of what was said for what.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cx.codebook import Direction

FIELDS: Final = (
    "journey_stage", "gap_primary", "direction", "sentiment", "promise", "churn_risk", "root_cause", "severity",
    "gap_secondary", "lang",
)  # fmt: skip
#: Only what fell short has these, so they are judged on the texts that truly did.
_OF_SHORTFALLS: Final = frozenset({"root_cause", "severity"})
RESAMPLES: Final = 1000
BINS: Final = 10
SEED: Final = 7
NOTHING: Final = "none"  # an answer that is left out, as a word


@dataclass(frozen=True)
class Judged:
    """One answer beside the truth; `confidence` is the tagger's own, 0 to 1, where it gave one."""

    truth: str
    said: str
    confidence: float | None = None


@dataclass(frozen=True)
class OfAnswer:
    """How one answer was found: of those said, how many were right; of those that were there, how many were said."""

    texts: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class FieldFigures:
    """One field over all texts. `interval` is the 95 % interval of macro-F1; `calibration_error` is None where no
    confidence was given."""

    texts: int
    accuracy: float
    macro_f1: float
    interval: tuple[float, float]
    calibration_error: float | None
    answers: dict[str, OfAnswer]
    confusion: dict[str, dict[str, int]]  # truth -> said -> texts

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


def evaluate(pairs: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> dict[str, FieldFigures]:
    """Figures of every field, from (labels, tags) of each text. Fields that no label names are left out.

    Tags are those of `cx_tag`: a flat mapping with a mapping `confidence` in it.
    """
    known = list(pairs)
    found = {}
    for field in FIELDS:
        judged = [_judged(field, labels, tags) for labels, tags in known if _is_judged(field, labels)]
        if judged:
            found[field] = figures(judged)
    return found


def figures(judged: Sequence[Judged]) -> FieldFigures:
    """The figures of one field. At least one text is needed."""
    table, answers = _table(judged)
    confusion: dict[str, Counter[str]] = {}
    for each in judged:
        confusion.setdefault(each.truth, Counter())[each.said] += 1
    sure = [(each.confidence, each.truth == each.said) for each in judged if each.confidence is not None]
    return FieldFigures(
        texts=len(judged),
        accuracy=sum(each.truth == each.said for each in judged) / len(judged),
        macro_f1=float(_macro_f1(table[None])[0]),
        interval=_interval(judged, answers, of=_macro_f1),
        calibration_error=calibration_error(sure) if sure else None,
        answers={answer: _of_answer(table, place) for place, answer in enumerate(answers) if table[place].sum()},
        confusion={truth: dict(said) for truth, said in sorted(confusion.items())},
    )


def calibration_error(sure: Sequence[tuple[float, bool]], *, bins: int = BINS) -> float:
    """How far claimed confidence and share of right answers lie apart, weighted over bins of equal size."""
    ranked = sorted(sure)
    total = 0.0
    for number in range(bins):
        part = ranked[number * len(ranked) // bins : (number + 1) * len(ranked) // bins]
        if part:
            claimed = sum(confidence for confidence, _right in part) / len(part)
            right = sum(was_right for _confidence, was_right in part) / len(part)
            total += abs(claimed - right) * len(part) / len(ranked)
    return total


# --- One answer -------------------------------------------------------------------------------------------------------


def word(value: object) -> str:
    """An answer as one word: yes or no for what is there or not, none for what is left out."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _judged(field: str, labels: Mapping[str, Any], tags: Mapping[str, Any]) -> Judged:
    truth, said = labels[field], tags.get(field)
    if field == "promise":
        truth, said = bool(truth), bool(said)
    confidence = (tags.get("confidence") or {}).get(field)
    return Judged(word(truth), word(said), None if confidence is None else float(confidence))


def _is_judged(field: str, labels: Mapping[str, Any]) -> bool:
    if field not in labels:
        return False
    return field not in _OF_SHORTFALLS or labels.get("direction") == Direction.BELOW


# --- Sums -------------------------------------------------------------------------------------------------------------


def _table(judged: Sequence[Judged]) -> tuple[NDArray[np.int64], list[str]]:
    """Texts by truth (rows) and by what was said (columns), and the answers in their order."""
    answers = sorted({each.truth for each in judged} | {each.said for each in judged})
    cells = _cells(judged, answers)
    return np.bincount(cells, minlength=len(answers) ** 2).reshape(len(answers), len(answers)), answers


def _cells(judged: Sequence[Judged], answers: Sequence[str]) -> NDArray[np.int64]:
    place = {answer: number for number, answer in enumerate(answers)}
    return np.array([place[each.truth] * len(answers) + place[each.said] for each in judged], dtype=np.int64)


def _macro_f1(tables: NDArray[np.int64]) -> NDArray[np.float64]:
    """Macro-F1 of each table; answers that do not occur in its truth are left out of its mean."""
    right = np.diagonal(tables, axis1=1, axis2=2).astype(np.float64)
    there, said = tables.sum(axis=2), tables.sum(axis=1)
    f1 = np.divide(2 * right, there + said, out=np.zeros_like(right), where=(there + said) > 0)
    occurs = there > 0
    means: NDArray[np.float64] = (f1 * occurs).sum(axis=1) / occurs.sum(axis=1)
    return means


def _interval(
    judged: Sequence[Judged], answers: Sequence[str], *, of: Callable[[NDArray[np.int64]], NDArray[np.float64]]
) -> tuple[float, float]:
    cells, size = _cells(judged, answers), len(answers)
    chosen = np.random.default_rng(SEED).integers(0, len(cells), size=(RESAMPLES, len(cells)))
    offsets = np.arange(RESAMPLES)[:, None] * size**2
    counts = np.bincount((cells[chosen] + offsets).ravel(), minlength=RESAMPLES * size**2)
    low, high = np.percentile(of(counts.reshape(RESAMPLES, size, size)), [2.5, 97.5])
    return float(low), float(high)


def _of_answer(table: NDArray[np.int64], place: int) -> OfAnswer:
    right, there, said = int(table[place, place]), int(table[place].sum()), int(table[:, place].sum())
    return OfAnswer(
        texts=there,
        precision=right / said if said else 0.0,
        recall=right / there,
        f1=2 * right / (there + said),
    )
