"""The formulas of the reports. Pure: no database, no clock, no words for the screen.

Every share comes with its interval and its n, so that nobody reads more into a number than it holds. All intervals
are at 95 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import NormalDist

NORMAL = NormalDist()
Z = 1.96  # the value the published examples use; NORMAL.inv_cdf(0.975) is 1.95996
TOO_FEW, ENOUGH = 10, 30
FALSE_ALARMS = 0.10  # the share of marked cells that may be marked for nothing


class Presentable(Enum):
    """How much may be said about a number with this n."""

    TOO_FEW = "too_few"
    INDICATIVE = "indicative"
    NORMAL = "normal"


def presentable(n: int) -> Presentable:
    """Below 10 a share is not shown at all, below 30 it is indicative.

    The denominator decides: 0 of 300 is a finding, 3 of 4 is an anecdote.
    """
    if n < TOO_FEW:
        return Presentable.TOO_FEW
    return Presentable.INDICATIVE if n < ENOUGH else Presentable.NORMAL


# --- Shares ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Share:
    """k of n. `low` and `high` are Wilson's interval; all are fractions, None where n is nought."""

    k: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.k <= self.n:
            raise ValueError(f"{self.k} of {self.n} is no share")

    @property
    def value(self) -> float | None:
        return self.k / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.k, self.n) if self.n else None

    @property
    def presentable(self) -> Presentable:
        return presentable(self.n)

    @property
    def is_shown(self) -> bool:
        return self.presentable is not Presentable.TOO_FEW

    @property
    def is_indicative(self) -> bool:
        return self.presentable is Presentable.INDICATIVE


def wilson(k: int, n: int) -> tuple[float, float]:
    """The 95 % score interval of a share.

    Wilson, E. B. (1927), "Probable inference, the law of succession, and statistical inference", JASA 22: 209-212.
    Never leaves 0 to 1 and keeps its coverage for small n and for shares near the ends, where the textbook interval
    p ± z·√(p(1−p)/n) collapses.
    """
    if not 0 <= k <= n or n == 0:
        raise ValueError(f"{k} of {n} is no share")
    centre = (k + Z * Z / 2) / (n + Z * Z)
    half = Z / (n + Z * Z) * math.sqrt(k * (n - k) / n + Z * Z / 4)
    low = 0.0 if k == 0 else max(0.0, centre - half)
    high = 1.0 if k == n else min(1.0, centre + half)
    return low, high


@dataclass(frozen=True)
class Difference:
    """How a share changed: now minus before, in fractions, with Newcombe's interval and a p-value."""

    value: float
    low: float
    high: float
    p: float

    @property
    def excludes_zero(self) -> bool:
        """The only ground on which a change is called real."""
        return self.low > 0 or self.high < 0


def newcombe(now: Share, before: Share) -> Difference | None:
    """The difference of two independent shares, now minus before; None where either has no n.

    Newcombe, R. G. (1998), "Interval estimation for the difference between independent proportions", Statistics in
    Medicine 17: 873-890, method 10 (Wilson intervals, squared and added). The p-value is that of the pooled score
    test, for `benjamini_hochberg`.
    """
    if not now.n or not before.n:
        return None
    p1, p2 = now.k / now.n, before.k / before.n
    (l1, u1), (l2, u2) = wilson(now.k, now.n), wilson(before.k, before.n)
    value = p1 - p2
    return Difference(
        value=value,
        low=value - math.sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2),
        high=value + math.sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2),
        p=_pooled_p(now, before),
    )


def _pooled_p(now: Share, before: Share) -> float:
    pooled = (now.k + before.k) / (now.n + before.n)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / now.n + 1 / before.n))
    if spread == 0:
        return 1.0
    return 2 * (1 - NORMAL.cdf(abs(now.k / now.n - before.k / before.n) / spread))


@dataclass(frozen=True)
class Paired:
    """The same people asked twice, yes or no: how many said what, before and after."""

    both: int = 0
    lost: int = 0  # yes before, no after
    gained: int = 0  # no before, yes after
    neither: int = 0

    @classmethod
    def of(cls, pairs: Iterable[tuple[bool, bool]]) -> Paired:
        found = list(pairs)
        count = lambda was, now: sum(pair == (was, now) for pair in found)  # noqa: E731
        return cls(count(True, True), count(True, False), count(False, True), count(False, False))

    @property
    def n(self) -> int:
        return self.both + self.lost + self.gained + self.neither

    @property
    def before(self) -> Share:
        return Share(self.both + self.lost, self.n)

    @property
    def after(self) -> Share:
        return Share(self.both + self.gained, self.n)

    @property
    def change(self) -> Difference | None:
        """After minus before; None where nobody was asked twice.

        Newcombe, R. G. (1998), "Improved confidence intervals for the difference between binomial proportions based on
        paired data", Statistics in Medicine 17: 2635-2650, method 10: Wilson intervals, squared and added, less what
        the two answers of one person have in common. The p-value is McNemar's, exact.
        """
        if not self.n:
            return None
        p1, p2 = (self.both + self.gained) / self.n, (self.both + self.lost) / self.n
        (l1, u1), (l2, u2) = wilson(self.both + self.gained, self.n), wilson(self.both + self.lost, self.n)
        phi, value = self._phi(), p1 - p2
        down, up = ((p1 - l1), (u2 - p2)), ((u1 - p1), (p2 - l2))
        spread = lambda a, b: math.sqrt(max(0.0, a * a - 2 * phi * a * b + b * b))  # noqa: E731
        return Difference(value=value, low=value - spread(*down), high=value + spread(*up), p=self._p())

    def _phi(self) -> float:
        """How far the two answers go together, with the continuity correction of method 10."""
        yes, no = self.both + self.gained, self.lost + self.neither
        was_yes, was_no = self.both + self.lost, self.gained + self.neither
        product = yes * no * was_yes * was_no
        if not product:
            return 0.0
        common = self.both * self.neither - self.lost * self.gained
        if common > 0:
            common = max(0.0, common - self.n / 2)  # type: ignore[assignment]
        return common / math.sqrt(product)

    def _p(self) -> float:
        changed = self.lost + self.gained
        if not changed:
            return 1.0
        tail = sum(math.comb(changed, k) for k in range(min(self.lost, self.gained) + 1)) / 2**changed
        return min(1.0, 2 * tail)


def benjamini_hochberg(ps: Sequence[float]) -> list[float]:
    """For each p-value its q: the smallest share of false alarms at which it would be marked.

    Benjamini, Y. and Hochberg, Y. (1995), "Controlling the false discovery rate", JRSS B 57: 289-300. With 40 cells
    two would "change" by chance alone at p < 0.05; a cell is marked only where q < 0.10.
    """
    if any(not 0 <= p <= 1 for p in ps):
        raise ValueError("A p-value lies between 0 and 1")
    qs = [1.0] * len(ps)
    smallest = 1.0
    for rank, place in sorted(enumerate(sorted(range(len(ps)), key=ps.__getitem__), start=1), reverse=True):
        smallest = min(smallest, ps[place] * len(ps) / rank)
        qs[place] = smallest
    return qs


# --- Surveys -----------------------------------------------------------------------------------------------------


def _checked(scores: Iterable[int], *, low: int, high: int) -> list[int]:
    found = list(scores)
    for score in found:
        if isinstance(score, bool) or not isinstance(score, int) or not low <= score <= high:
            raise ValueError(f"{score!r} is no score from {low} to {high}")
    return found


@dataclass(frozen=True)
class Nps:
    """Who recommends us, −100 to +100. `low` and `high` are None where nobody answered."""

    promoters: int
    passives: int
    detractors: int

    @property
    def n(self) -> int:
        return self.promoters + self.passives + self.detractors

    @property
    def value(self) -> float | None:
        return 100 * (self.promoters - self.detractors) / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Adjusted Wald: three answers are added, three quarters of one at each end, before the usual formula.

        Rocks, B. (2016), "Interval estimation for the net promoter score", The American Statistician 70: 365-372.
        The value printed stays the raw one.
        """
        if not self.n:
            return None
        n = self.n + 3
        promoters, detractors = (self.promoters + 0.75) / n, (self.detractors + 0.75) / n
        centre = promoters - detractors
        half = Z * math.sqrt((promoters + detractors - centre**2) / n)
        return max(-100.0, 100 * (centre - half)), min(100.0, 100 * (centre + half))


def nps(scores: Iterable[int]) -> Nps:
    """Promoters answer 9 or 10, passives 7 or 8, detractors 0 to 6.

    Reichheld, F. (2003), "The one number you need to grow", Harvard Business Review. Some texts swap the groups or
    count 7 and 8 as promoters; scores computed that way cannot be compared with anybody's.
    """
    found = _checked(scores, low=0, high=10)
    promoters, detractors = sum(score >= 9 for score in found), sum(score <= 6 for score in found)
    return Nps(promoters=promoters, passives=len(found) - promoters - detractors, detractors=detractors)


def csat(scores: Iterable[int]) -> Share:
    """The share of satisfied answers: 4 or 5 on a scale of 1 to 5 (top two boxes)."""
    found = _checked(scores, low=1, high=5)
    return Share(sum(score >= 4 for score in found), len(found))


@dataclass(frozen=True)
class Ces:
    """How easy it was, 1 to 7: the mean with its interval, and the share that found it easy."""

    mean: float | None
    interval: tuple[float, float] | None
    easy: Share


def ces(scores: Iterable[int]) -> Ces:
    """Customer Effort Score 2.0: 7 is "strongly agree" that we made it easy; easy means 5, 6 or 7.

    Dixon, M., Toman, N. and DeLisi, R. (2013), "The Effortless Experience". The interval of the mean is Student's,
    and only from 30 answers on: below, only the share has one.
    """
    found = _checked(scores, low=1, high=7)
    easy = Share(sum(score >= 5 for score in found), len(found))
    if not found:
        return Ces(mean=None, interval=None, easy=easy)
    mean = sum(found) / len(found)
    if len(found) < ENOUGH:
        return Ces(mean=mean, interval=None, easy=easy)
    spread = math.sqrt(sum((score - mean) ** 2 for score in found) / (len(found) - 1))
    half = student_quantile(len(found) - 1) * spread / math.sqrt(len(found))
    return Ces(mean=mean, interval=(max(1.0, mean - half), min(7.0, mean + half)), easy=easy)


def student_quantile(freedom: int) -> float:
    """Student's t at 97.5 %, for 29 degrees of freedom or more, right to four digits.

    Abramowitz and Stegun (1964), 26.7.5: the Cornish-Fisher expansion around the normal quantile.
    """
    if freedom < ENOUGH - 1:
        raise ValueError("The expansion is only used from 29 degrees of freedom on")
    z = NORMAL.inv_cdf(0.975)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


# --- Times -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Percentile:
    """A time that this share of the tickets stayed within. `value` or a bound is None where nobody knows yet:
    too many tickets are still open, or there are too few for a bound.
    """

    share: float
    value: float | None
    low: float | None
    high: float | None


def percentile(times: Iterable[float], share: float) -> Percentile:
    """The smallest time that at least this share of the values do not exceed, with its order-statistic interval.

    The bounds are the values at the ranks between which the true percentile lies with 95 % by the binomial
    distribution: Conover, W. J. (1999), "Practical Nonparametric Statistics", 3.2. No shape is assumed, and no mean
    is taken: waiting times have long tails. With few values a bound may not exist, and is None.
    """
    _checked_share(share)
    found = sorted(times)
    n = len(found)
    if not n:
        return Percentile(share, None, None, None)
    value = found[max(0, math.ceil(n * share - 1e-9) - 1)]
    low, high = _ranks(n, share)
    return Percentile(
        share, value, found[low - 1] if low is not None else None, found[high - 1] if high is not None else None
    )


def _checked_share(share: float) -> None:
    if not 0 < share < 1:
        raise ValueError(f"{share} is no share between 0 and 1")


def _ranks(n: int, share: float) -> tuple[int | None, int | None]:
    """The ranks (from 1) of the bounds: at most 2.5 % of samples lie beyond each."""
    if n > 1000:  # the binomial is as good as normal there, and the sum below would take its time
        half = Z * math.sqrt(n * share * (1 - share))
        return max(1, math.floor(n * share - half)), min(n, math.ceil(n * share + half) + 1)
    low = high = None
    below = 0.0  # the chance that at most `count` of n values lie under the true percentile
    for count in range(n):
        below += math.exp(_log_binomial(n, count, share))
        if below <= 0.025:
            low = count + 1
        if high is None and below >= 0.975:
            high = count + 1
    return low, high


def _log_binomial(n: int, k: int, share: float) -> float:
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return ways + k * math.log(share) + (n - k) * math.log(1 - share)


def censored_percentile(times: Iterable[tuple[float, bool]], share: float) -> Percentile:
    """The percentile of times of which some are not over yet: (time so far, whether it ended).

    Kaplan, E. L. and Meier, P. (1958), JASA 53: 457-481. Leaving open tickets out would flatter us, for the slow ones
    are those still open. The interval is that of Brookmeyer and Crowley (1982) with the log-log transformation. A
    None says that the curve has not come that far: longer than any time seen.
    """
    _checked_share(share)
    found = sorted(times, key=lambda time: (time[0], not time[1]))  # who ended is counted before who is still open
    at_risk, survival, variance = len(found), 1.0, 0.0
    value = low = high = None
    place = 0
    while place < len(found):
        time, ended, left = found[place][0], 0, 0
        while place < len(found) and found[place][0] == time:
            ended += found[place][1]
            left += 1
            place += 1
        if ended:
            survival *= 1 - ended / at_risk
            if ended < at_risk:
                variance += ended / (at_risk * (at_risk - ended))
            lowest, highest = _log_log(survival, variance)
            limit = 1 - share + 1e-9
            if low is None and lowest <= limit:
                low = time
            if value is None and survival <= limit:
                value = time
            if high is None and highest <= limit:
                high = time
                break
        at_risk -= left
    return Percentile(share, value, low, high)


def _log_log(survival: float, variance: float) -> tuple[float, float]:
    """The 95 % interval of a survival by the log-log transformation, which stays between 0 and 1."""
    if survival <= 0:
        return 0.0, 0.0
    if survival >= 1:
        return 1.0, 1.0
    spread = Z * math.sqrt(variance) / abs(math.log(survival))
    return survival ** math.exp(spread), survival ** math.exp(-spread)


def effort_index(*, messages: int, transfers: int, reopenings: int, channel_switches: int) -> float:
    """How hard the customer had to work, 0 to 100, from what happened and without asking anybody.

    100 · (1 − Π(1 − wᵢxᵢ)) with x = min(1, count / full): messages beyond the first (full at 5, weight .30), transfers
    (3, .25), reopenings (2, .25), switches of channel (2, .15). The drivers are those of Dixon, Toman and DeLisi, *The
    Effortless Experience* (2013): repeat contacts, transfers, channel switching. Counts below nought are refused.
    """
    parts = (
        (messages - 1 if messages else 0, 5, 0.30),
        (transfers, 3, 0.25),
        (reopenings, 2, 0.25),
        (channel_switches, 2, 0.15),
    )
    if min(messages, transfers, reopenings, channel_switches) < 0:
        raise ValueError("Counts are never below nought.")
    eased = 1.0
    for count, full, weight in parts:
        eased *= 1 - weight * min(1.0, count / full)
    return 100 * (1 - eased)
