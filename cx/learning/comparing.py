"""Whether a new model may take the place of the one in use: a rule over the same messages read by both. Pure.

The new one must be better on the whole and in no answer worse beyond noise. "On the whole" is the mean macro-F1 over
the fields; "beyond noise" is a paired bootstrap (Efron 1979): messages are drawn again with replacement, both models
are scored on the same draw, and the 95 % interval of the difference lies wholly below zero. With some twenty answers
looked at, chance alone now and then holds back a model that is no worse; better that than one that forgot something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

RESAMPLES: Final = 1000
SEED: Final = 7
#: The fields that decide, in the order of the codebook's decisions.
FIELDS: Final = ("journey_stage", "gap_primary", "direction", "sentiment", "root_cause")
#: With fewer messages of an answer, one of them turning over looks like a fall.
FEWEST_OF_AN_ANSWER: Final = 10

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Twice:
    """One field of one message: the truth, what the new model says, and what the one in use says."""

    truth: str
    new: str
    old: str


@dataclass(frozen=True)
class Change:
    """New minus old, with its 95 % interval."""

    new: float
    old: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class OfAnswer:
    """The change of F1 of one answer."""

    field: str
    answer: str
    messages: int
    change: Change

    @property
    def is_worse(self) -> bool:
        """Worse beyond noise."""
        return self.change.high < 0


@dataclass(frozen=True)
class Verdict:
    """What the rule says, with everything it looked at. `fields` are those in which anything could be judged."""

    whole: Change
    fields: dict[str, Change]
    answers: list[OfAnswer]

    @property
    def is_better(self) -> bool:
        """Better on the whole."""
        return self.whole.difference > 0

    @property
    def worse(self) -> list[OfAnswer]:
        """The answers that became worse beyond noise."""
        return [each for each in self.answers if each.is_worse]

    @property
    def takes_over(self) -> bool:
        """Whether the new model may be put in use."""
        return self.is_better and not self.worse

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "takes_over": self.takes_over,
            "whole": asdict(self.whole),
            "fields": {name: asdict(change) for name, change in self.fields.items()},
            "worse": [asdict(each) for each in self.worse],
            "answers_compared": len(self.answers),
        }


def compare(messages: Sequence[Mapping[str, Twice | None]]) -> Verdict:
    """The verdict over messages, each a mapping of field to its readings; a field that is not there is not judged.

    A field without any judged message is left out of the mean. Raises `ValueError` where nothing at all is judged.
    """
    drawn = _drawn(len(messages))
    fields: dict[str, Change] = {}
    answers: list[OfAnswer] = []
    news, olds = [], []
    for name in FIELDS:
        judged = [(place, each) for place, message in enumerate(messages) if (each := message.get(name))]
        if not judged:
            continue
        counts = _Counts.of([each for _place, each in judged], weights=drawn[:, [place for place, _each in judged]])
        new, old = counts.macro_f1(counts.new), counts.macro_f1(counts.old)
        fields[name] = _change(new, old)
        news.append(new)
        olds.append(old)
        answers += counts.changes(name)
    if not fields:
        raise ValueError("There is nothing to compare")
    return Verdict(_change(_mean(news), _mean(olds)), fields, answers)


def _drawn(n: int) -> Floats:
    """How often each message stands in each draw. The first draw is the messages themselves."""
    drawn = np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), size=RESAMPLES) if n else np.zeros((0, 0))
    return np.vstack([np.ones((1, n)), drawn]).astype(np.float64)


def _change(new: Floats, old: Floats) -> Change:
    """From every draw's figures; draws that lack the answer say nothing of it."""
    low, high = np.nanpercentile(new - old, [2.5, 97.5])
    return Change(float(new[0]), float(old[0]), float(new[0] - old[0]), float(low), float(high))


def _mean(rows: Sequence[Floats]) -> Floats:
    """The mean over fields in each draw; a field that a draw happens to lack is left out of that draw."""
    stacked = np.vstack(rows)
    known = ~np.isnan(stacked)
    means: Floats = np.where(known, stacked, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return means


@dataclass(frozen=True)
class _Counts:
    """For each draw (rows) and each answer that truly occurs (columns): how often it was there, said, and right."""

    answers: list[str]
    there: Floats
    new: tuple[Floats, Floats]  # said, right
    old: tuple[Floats, Floats]

    @classmethod
    def of(cls, judged: Sequence[Twice], *, weights: Floats) -> _Counts:
        answers = sorted({each.truth for each in judged})

        def counted(holds: Callable[[Twice, str], bool]) -> Floats:
            marks = np.array([[holds(each, answer) for answer in answers] for each in judged], dtype=np.float64)
            found: Floats = weights @ marks
            return found

        return cls(
            answers,
            there=counted(lambda each, answer: each.truth == answer),
            new=(
                counted(lambda each, answer: each.new == answer),
                counted(lambda each, answer: each.truth == each.new == answer),
            ),
            old=(
                counted(lambda each, answer: each.old == answer),
                counted(lambda each, answer: each.truth == each.old == answer),
            ),
        )

    def f1(self, of: tuple[Floats, Floats]) -> Floats:
        """F1 of each answer in each draw; not a number where the draw lacks it."""
        said, right = of
        found: Floats = np.full_like(self.there, np.nan)
        np.divide(2 * right, self.there + said, out=found, where=self.there > 0)
        return found

    def macro_f1(self, of: tuple[Floats, Floats]) -> Floats:
        """The mean over the answers that the draw holds."""
        f1, holds = self.f1(of), self.there > 0
        found: Floats = np.full(len(f1), np.nan)
        np.divide(np.where(holds, f1, 0.0).sum(axis=1), holds.sum(axis=1), out=found, where=holds.any(axis=1))
        return found

    def changes(self, field: str) -> Iterator[OfAnswer]:
        """The change of each answer that is there often enough."""
        new, old = self.f1(self.new), self.f1(self.old)
        for column, answer in enumerate(self.answers):
            messages = int(self.there[0, column])
            if messages >= FEWEST_OF_AN_ANSWER:
                yield OfAnswer(field, answer, messages, _change(new[:, column], old[:, column]))
