"""The formulas against hand-worked cases, published examples and, where it is at hand, a statistics library."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cx.reports.measures import (
    Nps,
    Presentable,
    Share,
    benjamini_hochberg,
    censored_percentile,
    ces,
    csat,
    newcombe,
    nps,
    percentile,
    presentable,
    student_quantile,
    wilson,
)


@st.composite
def shares(draw: st.DrawFn, *, at_least: int = 1) -> Share:
    n = draw(st.integers(at_least, 2000))
    return Share(draw(st.integers(0, n)), n)


# --- Shares ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "k, n, low, high",
    [
        (8, 10, 0.490, 0.943),  # worked by hand
        (0, 20, 0.0, 0.161),
        (20, 20, 0.839, 1.0),
        (81, 263, 0.2553, 0.3662),  # Newcombe (1998), table I
        (15, 148, 0.0624, 0.1605),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_agrees_with_worked_and_published_cases(k: int, n: int, low: float, high: float) -> None:
    assert wilson(k, n) == pytest.approx((low, high), abs=0.0005)


@given(shares())
def test_wilson_holds_the_share_and_stays_between_nothing_and_all(share: Share) -> None:
    low, high = wilson(share.k, share.n)
    assert 0 <= low <= share.k / share.n <= high <= 1
    mirrored = wilson(share.n - share.k, share.n)
    assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((low, high), abs=1e-9)


@pytest.mark.parametrize("k, n", [(-1, 10), (11, 10), (0, 0)])
def test_what_is_no_share_is_refused(k: int, n: int) -> None:
    with pytest.raises(ValueError):
        wilson(k, n)


def test_a_share_of_nothing_has_no_value() -> None:
    nothing = Share(0, 0)
    assert (nothing.value, nothing.interval, nothing.presentable) == (None, None, Presentable.TOO_FEW)


@pytest.mark.parametrize(
    "n, said",
    [
        (0, Presentable.TOO_FEW),
        (9, Presentable.TOO_FEW),
        (10, Presentable.INDICATIVE),
        (29, Presentable.INDICATIVE),
        (30, Presentable.NORMAL),
        (300, Presentable.NORMAL),
    ],
)
def test_the_denominator_decides_what_may_be_said(n: int, said: Presentable) -> None:
    assert presentable(n) is said
    assert Share(0, n).presentable is said


@pytest.mark.parametrize(
    "now, before, value, low, high",
    [
        ((14, 210), (30, 200), -0.0833, -0.145, -0.023),  # worked by hand
        ((56, 70), (48, 80), 0.2, 0.0524, 0.3339),  # Newcombe (1998), table II, method 10
        ((9, 10), (3, 10), 0.6, 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.5714, 0.0582, 0.8062),
        ((5, 56), (0, 29), 0.0893, -0.0381, 0.1926),
        ((0, 10), (0, 20), 0.0, -0.1611, 0.2775),
        ((10, 10), (0, 20), 1.0, 0.6791, 1.0),
    ],
)
def test_newcombe_agrees_with_worked_and_published_cases(
    now: tuple[int, int], before: tuple[int, int], value: float, low: float, high: float
) -> None:
    found = newcombe(Share(*now), Share(*before))

    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((value, low, high), abs=0.0006)


def test_only_an_interval_without_zero_is_a_real_change() -> None:
    fell, noise = newcombe(Share(14, 210), Share(30, 200)), newcombe(Share(14, 210), Share(17, 200))
    assert fell is not None
    assert noise is not None
    assert fell.excludes_zero
    assert not noise.excludes_zero
    assert newcombe(Share(1, 10), Share(0, 0)) is None


@given(shares(), shares())
def test_newcombe_turned_round_is_the_same_with_the_other_sign(one: Share, other: Share) -> None:
    there, back = newcombe(one, other), newcombe(other, one)
    assert there is not None
    assert back is not None
    assert (there.value, there.low, there.high, there.p) == pytest.approx((-back.value, -back.high, -back.low, back.p))
    assert there.low <= there.value <= there.high
    assert 0 <= there.p <= 1


def test_benjamini_and_hochberg_agree_with_their_own_example() -> None:
    # The fifteen p-values of section 3.2 of the paper: four are marked at q < 0.05.
    ps = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
        0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
    ]  # fmt: skip
    qs = benjamini_hochberg(ps)

    assert sum(q < 0.05 for q in qs) == 4
    assert qs[:4] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625])
    assert qs == sorted(qs)


def test_benjamini_hochberg_keeps_the_places_of_the_cells() -> None:
    assert benjamini_hochberg([0.5, 0.01]) == pytest.approx([0.5, 0.02])
    assert benjamini_hochberg([]) == []
    with pytest.raises(ValueError):
        benjamini_hochberg([1.5])


def test_the_shares_agree_with_a_statistics_library() -> None:
    stats = pytest.importorskip("scipy.stats")
    rnd = random.Random(7)
    for _ in range(100):
        n = rnd.randint(1, 500)
        k = rnd.randint(0, n)
        theirs = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
        assert wilson(k, n) == pytest.approx((theirs.low, theirs.high), abs=1e-4)
    ps = [rnd.random() for _ in range(40)]
    assert benjamini_hochberg(ps) == pytest.approx(list(stats.false_discovery_control(ps)))
    for freedom in (29, 30, 60, 500):
        assert student_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), abs=1e-4)


# --- Surveys -----------------------------------------------------------------------------------------------------


def test_nps_with_its_adjusted_interval() -> None:
    found = nps([10] * 12 + [9] * 8 + [7] * 5 + [8] * 5 + [0] * 3 + [6] * 7)

    assert (found.promoters, found.passives, found.detractors) == (20, 10, 10)
    assert found.value == 25.0
    assert found.interval == pytest.approx((-1.4, 47.9), abs=0.05)


@pytest.mark.parametrize(
    "score, group",
    [
        (0, "detractors"),
        (6, "detractors"),
        (7, "passives"),
        (8, "passives"),
        (9, "promoters"),
        (10, "promoters"),
    ],
)
def test_every_boundary_score_has_its_group(score: int, group: str) -> None:
    assert getattr(nps([score]), group) == 1


@pytest.mark.parametrize("score", [-1, 11, "", None, 7.5, True])
def test_what_is_no_nps_score_is_refused(score: object) -> None:
    with pytest.raises(ValueError):
        nps([9, score])  # type: ignore[list-item]


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_the_interval_of_nps_stays_within_its_scale(promoters: int, passives: int, detractors: int) -> None:
    found = Nps(promoters, passives, detractors)
    if found.n == 0:
        assert found.value is None
        assert found.interval is None
        return
    assert found.interval is not None
    low, high = found.interval
    assert -100 <= low < high <= 100


def test_satisfied_are_the_two_best_answers() -> None:
    assert csat([5, 4, 4, 3, 1]) == Share(3, 5)
    assert csat([5, 4, 4, 3, 1]).value == 0.6
    assert csat([3]).k == 0
    assert csat([]).value is None


@pytest.mark.parametrize("score", [0, 6, ""])
def test_what_is_no_satisfaction_score_is_refused(score: object) -> None:
    with pytest.raises(ValueError):
        csat([score])  # type: ignore[list-item]


def test_effort_is_a_mean_and_a_share() -> None:
    found = ces([7, 7, 6, 5, 2])

    assert found.mean == pytest.approx(5.40)
    assert found.easy.value == 0.8
    assert found.interval is None  # five answers carry no interval of a mean


def test_from_thirty_answers_on_the_mean_effort_has_an_interval() -> None:
    found = ces([5, 6, 7] * 10)
    # mean 6, s = √(20/29) = 0.8305, t(29) = 2.0452: half-width 0.3101
    assert found.interval == pytest.approx((5.6899, 6.3101), abs=0.0005)


@pytest.mark.parametrize("score", [0, 8])
def test_what_is_no_effort_score_is_refused(score: int) -> None:
    with pytest.raises(ValueError):
        ces([score])


def test_nobody_answered() -> None:
    assert ces([]).mean is None
    assert ces([]).easy.value is None


# --- Times -------------------------------------------------------------------------------------------------------


def test_percentiles_are_values_that_occurred() -> None:
    times = [float(each) for each in range(1, 101)]
    assert percentile(times, 0.5).value == 50
    assert percentile(times, 0.9).value == 90
    assert percentile([7.0], 0.9).value == 7
    assert percentile([], 0.5).value is None


def test_the_interval_of_a_median_by_order_statistics() -> None:
    # Conover's and Zar's tables: for n = 20 the 6th and the 15th value, for n = 10 the 2nd and the 9th, below 6 none.
    twenty = percentile([float(each) for each in range(1, 21)], 0.5)
    ten = percentile([float(each) for each in range(1, 11)], 0.5)
    assert (twenty.low, twenty.high) == (6, 15)
    assert (ten.low, ten.high) == (2, 9)
    few = percentile([1.0, 2.0, 3.0], 0.5)
    assert (few.value, few.low, few.high) == (2, None, None)


def test_few_values_leave_a_high_percentile_without_upper_bound() -> None:
    found = percentile([float(each) for each in range(1, 21)], 0.9)  # 0.9^20 = 12 %: all twenty may lie below it
    assert found.low is not None
    assert found.high is None


def test_the_interval_covers_the_true_percentile_nineteen_times_in_twenty() -> None:
    rnd = random.Random(3)
    for share, n in ((0.5, 60), (0.9, 120), (0.5, 1500)):
        truth = -math.log(1 - share)
        found = [percentile([rnd.expovariate(1) for _ in range(n)], share) for _ in range(400)]
        inside = sum((f.low or 0) <= truth <= (f.high if f.high is not None else math.inf) for f in found)
        assert inside / 400 >= 0.925


@pytest.mark.parametrize("share", [0, 1, 50])
def test_what_is_no_percentile_is_refused(share: float) -> None:
    with pytest.raises(ValueError):
        percentile([1.0], share)
    with pytest.raises(ValueError):
        censored_percentile([(1.0, True)], share)


def test_kaplan_and_meier_by_hand() -> None:
    # 6 months of leukaemia remission under treatment (Freireich 1963): the published median is 23 weeks.
    ended = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    still = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    times = [(float(t), True) for t in ended] + [(float(t), False) for t in still]

    found = censored_percentile(times, 0.5)

    assert found.value == 23
    assert found.low == 13  # R: survfit(conf.type="log-log") gives 13 and no upper bound
    assert found.high is None
    assert censored_percentile(times, 0.9).value is None  # the curve has not come that far


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=60), st.sampled_from([0.5, 0.9]))
def test_with_nothing_open_kaplan_and_meier_is_the_plain_percentile(times: list[int], share: float) -> None:
    plain = percentile([float(t) for t in times], share)
    assert censored_percentile([(float(t), True) for t in times], share).value == plain.value


def test_open_tickets_never_make_us_look_faster() -> None:
    ended = [(float(t), True) for t in range(1, 21)]
    still = [(30.0, False)] * 15
    assert (censored_percentile(ended + still, 0.5).value or math.inf) > (censored_percentile(ended, 0.5).value or 0)
