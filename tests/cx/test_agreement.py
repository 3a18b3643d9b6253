"""Kappa and macro-F1 of pairs, against values from the literature and values worked by hand."""

from __future__ import annotations

import pytest

from cx.learning.agreement import Agreement


def pairs(**counts: int) -> list[tuple[str, str]]:
    """yn=5 is five pairs in which the first said y and the second n."""
    return [(pair[0], pair[1]) for pair, count in counts.items() for _ in range(count)]


@pytest.mark.parametrize(
    ("given", "kappa"),
    [
        (pairs(yy=20, yn=5, ny=10, nn=15), 0.4),  # 35 of 50, by chance 25
        (pairs(yy=45, yn=15, ny=25, nn=15), 0.1304),  # the two tables with .60 agreement
        (pairs(yy=25, yn=35, ny=5, nn=35), 0.2593),
        (pairs(yy=10, nn=10), 1.0),
        (pairs(yn=10, ny=10), -1.0),
        (pairs(yy=25, yn=25, ny=25, nn=25), 0.0),
        (pairs(aa=2, bb=3, cc=1, ab=1, bc=2, ca=1), 0.3846),  # .6 observed, .35 by chance
    ],
)
def test_kappa_of_known_tables(given: list[tuple[str, str]], kappa: float) -> None:
    found = Agreement(given).kappa

    assert found
    assert found.value == pytest.approx(kappa, abs=0.0001)
    assert found.low <= found.value <= found.high


def test_which_reading_is_called_the_first_is_no_matter() -> None:
    given = pairs(aa=12, ab=4, ba=1, bb=20, bc=2, cc=5)
    one, other = Agreement(given), Agreement([(second, first) for first, second in given])

    assert one.kappa
    assert other.kappa
    assert one.kappa.value == pytest.approx(other.kappa.value)


def test_kappa_has_no_meaning_where_chance_alone_agrees() -> None:
    assert Agreement([]).kappa is None
    assert Agreement(pairs(aa=50)).kappa is None
    assert Agreement(pairs(aa=50)).agreed == 50


def test_the_interval_narrows_with_pairs_and_is_the_same_each_time() -> None:
    few, many = Agreement(pairs(yy=20, yn=5, ny=10, nn=15)), Agreement(pairs(yy=200, yn=50, ny=100, nn=150))

    assert few.kappa
    assert many.kappa
    assert many.kappa.high - many.kappa.low < few.kappa.high - few.kappa.low
    assert few.kappa == Agreement(reversed(pairs(yy=20, yn=5, ny=10, nn=15))).kappa


def test_the_interval_is_that_of_the_bootstrap() -> None:
    """The large-sample standard error of this kappa (Fleiss, Cohen and Everitt 1969) is .1271."""
    found = Agreement(pairs(yy=20, yn=5, ny=10, nn=15)).kappa

    assert found
    assert found.low == pytest.approx(0.4 - 1.96 * 0.1271, abs=0.05)
    assert found.high == pytest.approx(0.4 + 1.96 * 0.1271, abs=0.05)


def test_macro_f1_takes_the_first_reading_as_the_truth() -> None:
    """a: 8 right, there 10, said 9: 16/19. b: 5 right, there 6, said 7: 10/13. c was said, but never was there."""
    found = Agreement(pairs(aa=8, ab=2, ba=1, bb=5, ac=0)).macro_f1

    assert found
    assert found.value == pytest.approx((16 / 19 + 10 / 13) / 2)
    with_c = Agreement(pairs(aa=8, ac=2)).macro_f1
    assert with_c
    assert with_c.value == pytest.approx(16 / 18)
    assert Agreement([]).macro_f1 is None


def test_each_answer_has_its_own_figures() -> None:
    first, second, third = Agreement(pairs(aa=8, ab=2, ba=1, bb=4, bc=1)).of_answers()

    assert (first.answer, first.there, first.said, first.right) == ("a", 10, 9, 8)
    assert first.precision == pytest.approx(8 / 9)
    assert first.recall == pytest.approx(0.8)
    assert first.f1 == pytest.approx(16 / 19)
    assert (second.answer, second.there) == ("b", 6)
    assert (third.precision, third.recall, third.f1) == (0.0, None, None)


@pytest.mark.parametrize(("n", "is_enough"), [(0, False), (29, False), (30, True)])
def test_fewer_than_thirty_are_too_few(n: int, is_enough: bool) -> None:
    assert Agreement(pairs(aa=n)).is_enough is is_enough
