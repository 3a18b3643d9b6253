"""How far two readings of the same messages agree. Pure.

Between two people neither is the truth: Cohen's kappa (Cohen 1960), unweighted, is the agreement beyond what chance
alone would bring. Between a suggestion and what a person then said, the person is the truth: macro-F1, the mean of the
F1 of every answer that truly occurs. Both come with the 95 % percentile interval of 1,000 bootstrap resamples of the
pairs (Efron 1979), drawn with a fixed seed, so that the same pairs give the same figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

RESAMPLES: Final = 1000
SEED: Final = 7
#: Fewer pairs than this say nothing that the next ten could not turn round.
ENOUGH: Final = 30

Counts = NDArray[np.float64]  # one or more square tables: the last two axes are first and second reading


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval. Both ends are the figure itself where every pair is like every other."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class OfAnswer:
    """One answer among the pairs: how often it was the truth and how often it was said, and how far these meet."""

    answer: str
    there: int
    said: int
    right: int

    @property
    def precision(self) -> float | None:
        """Of those said, the share that was right; None where it was never said."""
        return self.right / self.said if self.said else None

    @property
    def recall(self) -> float | None:
        """Of those that were there, the share that was said; None where it never was there."""
        return self.right / self.there if self.there else None

    @property
    def f1(self) -> float | None:
        """Their harmonic mean; None where there is no truth to be right about."""
        return 2 * self.right / (self.there + self.said) if self.there else None


class Agreement:
    """Pairs (first reading, second reading) of one field, counted. Pairs are exchangeable; their order is no matter."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.counts: Mapping[tuple[str, str], int] = Counter(pairs)

    @cached_property
    def n(self) -> int:
        """How many pairs."""
        return sum(self.counts.values())

    @cached_property
    def agreed(self) -> int:
        """How many pairs say the same."""
        return sum(count for (first, second), count in self.counts.items() if first == second)

    @property
    def is_enough(self) -> bool:
        """Whether there are enough pairs to show a figure at all."""
        return self.n >= ENOUGH

    @cached_property
    def answers(self) -> list[str]:
        """Every answer that either reading gave."""
        return sorted({answer for pair in self.counts for answer in pair})

    @cached_property
    def kappa(self) -> Estimate | None:
        """Agreement beyond chance: 1 is perfect, 0 is what chance brings, below 0 is less than chance.

        None where it has no meaning: without pairs, or where both readings only ever gave one and the same answer, so
        that chance alone would agree in full.
        """
        return self._estimate(_kappa)

    @cached_property
    def macro_f1(self) -> Estimate | None:
        """With the first reading as the truth; answers that it never gave are left out. None without pairs."""
        return self._estimate(_macro_f1)

    def of_answers(self) -> list[OfAnswer]:
        """Every answer, the commonest in truth first."""
        there: Counter[str] = Counter()
        said: Counter[str] = Counter()
        for (first, second), count in self.counts.items():
            there[first] += count
            said[second] += count
        found = [OfAnswer(each, there[each], said[each], self.counts.get((each, each), 0)) for each in self.answers]
        return sorted(found, key=lambda each: (-each.there, -each.said, each.answer))

    @cached_property
    def table(self) -> Counts:
        """Pairs by first reading (rows) and second reading (columns), in the order of `answers`."""
        place = {answer: number for number, answer in enumerate(self.answers)}
        table = np.zeros((len(place), len(place)))
        for (first, second), count in self.counts.items():
            table[place[first], place[second]] += count
        return table

    def _estimate(self, of: Callable[[Counts], Counts]) -> Estimate | None:
        if not self.n:
            return None
        value = float(of(self.table[None])[0])
        if np.isnan(value):
            return None
        found = of(self._resampled)
        low, high = np.nanpercentile(found, [2.5, 97.5])
        return Estimate(value, float(low), float(high))

    @cached_property
    def _resampled(self) -> Counts:
        """Tables of as many pairs drawn again: by cells, which is the same as pair by pair and costs less."""
        shares = self.table.ravel() / self.n
        drawn = np.random.default_rng(SEED).multinomial(self.n, shares, size=RESAMPLES)
        return drawn.reshape(RESAMPLES, *self.table.shape).astype(np.float64)


def _kappa(tables: Counts) -> Counts:
    n = tables.sum(axis=(1, 2))
    observed = np.trace(tables, axis1=1, axis2=2) / n
    expected = (tables.sum(axis=2) * tables.sum(axis=1)).sum(axis=1) / n**2
    beyond = 1.0 - expected
    found: Counts = np.full(len(tables), np.nan)
    np.divide(observed - expected, beyond, out=found, where=beyond > 1e-12)
    return found


def _macro_f1(tables: Counts) -> Counts:
    there, said = tables.sum(axis=2), tables.sum(axis=1)
    right = np.diagonal(tables, axis1=1, axis2=2)
    f1 = np.divide(2 * right, there + said, out=np.zeros_like(there), where=(there + said) > 0)
    found: Counts = (f1 * (there > 0)).sum(axis=1) / (there > 0).sum(axis=1)
    return found
