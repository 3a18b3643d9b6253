"""The rule by which a new model takes over, by cases worked by hand."""

from __future__ import annotations

import json

import pytest

from cx.learning.comparing import Twice, compare

Message = dict[str, Twice | None]


def messages(field: str = "direction", **counts: int) -> list[Message]:
    """aba=5: five messages whose truth is a, that the new model calls b and the old one a."""
    return [{field: Twice(*reading)} for reading, count in counts.items() for _ in range(count)]


def test_better_in_everything_takes_over() -> None:
    """New: all right, F1 1 and 1. Old: says a to all, 2·10/(10+20) and 0."""
    verdict = compare(messages(aaa=10, bba=10))

    assert verdict.whole.new == 1.0
    assert verdict.whole.old == pytest.approx((20 / 30 + 0) / 2)
    assert verdict.whole.difference == pytest.approx(2 / 3)
    assert verdict.whole.low > 0
    assert verdict.takes_over


def test_the_same_is_not_better() -> None:
    verdict = compare(messages(aaa=10, bbb=10, abb=3))

    assert verdict.whole.difference == 0.0
    assert (verdict.whole.low, verdict.whole.high) == (0.0, 0.0)
    assert not verdict.is_better
    assert not verdict.takes_over


def test_worse_does_not_take_over() -> None:
    verdict = compare(messages(aaa=10, bab=10))

    assert verdict.whole.difference == pytest.approx(-2 / 3)
    assert not verdict.takes_over


def test_better_on_the_whole_is_not_enough_where_one_answer_fell() -> None:
    """a and b are found now, c, which was always found, is lost in half of the cases."""
    verdict = compare(messages(aab=40, bba=40, ccc=10, cac=10))

    assert verdict.is_better
    assert verdict.whole.low > 0
    assert [(each.answer, each.messages) for each in verdict.worse] == [("c", 20)]
    assert verdict.worse[0].change.new == pytest.approx(2 * 10 / (20 + 10))
    assert verdict.worse[0].change.old == 1.0
    assert verdict.worse[0].change.high < 0
    assert not verdict.takes_over


def test_an_answer_that_fell_by_chance_holds_nothing_back() -> None:
    """One of twenty was lost: drawn again, that one is often not there at all, so the interval touches zero."""
    verdict = compare(messages(aab=40, bba=40, ccc=19, cac=1))

    assert [each.answer for each in verdict.answers] == ["a", "b", "c"]
    assert verdict.answers[2].change.difference < 0
    assert verdict.answers[2].change.high == 0.0
    assert verdict.takes_over


def test_an_answer_of_fewer_than_ten_is_not_looked_at_alone() -> None:
    nine, ten = (messages(aab=40, bba=40, cac=n) for n in (9, 10))

    assert compare(nine).takes_over
    assert [each.answer for each in compare(ten).worse] == ["c"]


def test_fields_count_the_same_however_often_they_are_judged() -> None:
    """Direction in 40 messages: from 0 to 1. Root cause in 10 of them: from 1 to 0. The mean stands still."""
    found: list[Message] = [{"direction": Twice("a", "a", "b")} for _ in range(30)]
    found += [{"direction": Twice("a", "a", "b"), "root_cause": Twice("x", "y", "x")} for _ in range(10)]
    verdict = compare(found)

    assert verdict.fields["direction"].difference == 1.0
    assert verdict.fields["root_cause"].difference == -1.0
    assert verdict.whole.difference == 0.0
    assert not verdict.takes_over


def test_a_field_that_nobody_decided_is_left_out() -> None:
    verdict = compare([{**each, "sentiment": None} for each in messages(aaa=10, bba=10)])

    assert list(verdict.fields) == ["direction"]


def test_the_draws_are_paired() -> None:
    """Both models err in the same tenth, the new one in two messages less: the pairing shows what is certain."""
    verdict = compare(messages(aaa=90, bbb=90, abb=9, baa=9, aab=6, bba=6))

    assert 0 < verdict.whole.low < verdict.whole.difference < verdict.whole.high


def test_a_draw_may_lack_an_answer_or_a_whole_field() -> None:
    verdict = compare([*messages(aaa=20, aab=1), *messages("root_cause", xxx=1)])

    assert verdict.fields["root_cause"].difference == 0.0
    json.dumps(verdict.as_dict(), allow_nan=False)


def test_the_same_messages_give_the_same_verdict() -> None:
    given = messages(aab=40, bba=30, ccc=10, cac=10)

    assert compare(given).as_dict() == compare(given).as_dict()


def test_nothing_to_compare_is_refused() -> None:
    with pytest.raises(ValueError):
        compare([])
    with pytest.raises(ValueError):
        compare([{"direction": None}])
