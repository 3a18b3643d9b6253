"""What the text says and what the ticket proves, together."""

from __future__ import annotations

from typing import Any

import pytest

from cx import codebook
from cx.codebook import Direction, Gap
from cx.tagging.combining import RATIOS, Signal, combine


def reading(**changes: Any) -> dict[str, Any]:
    """A shortfall in quality of which the model is half sure."""
    return {
        "journey_stage": "use", "gap_primary": "quality", "gap_secondary": "", "direction": "below", "severity": 1,
        "root_cause": "unknown", "sentiment": "neutral", "promise": None, "churn_risk": False,
        "confidence": {
            "journey_stage": 0.6, "gap_primary": 0.45, "direction": 0.9, "severity": 0.6, "root_cause": 0.5,
            "sentiment": 0.8, "promise": 0.9, "churn_risk": 0.9,
        },
        "alternatives": {
            "journey_stage": [["purchase", 0.3]], "gap_primary": [["response_time", 0.4], ["none", 0.1]],
            "direction": [["met", 0.1]], "severity": [["2", 0.4]], "root_cause": [["process_policy", 0.4]],
        },
        "evidence": {"gap_primary": ["three weeks waiting"]},
        "stage_confidence": 0.6, "gap_confidence": 0.45,
        **changes,
    }  # fmt: skip


QUESTION = reading(
    gap_primary="none", direction="met", severity=None, root_cause="",
    confidence={"journey_stage": 0.6, "gap_primary": 0.7, "direction": 0.7, "sentiment": 0.8},
    alternatives={"gap_primary": [["response_time", 0.2]], "direction": [["below", 0.28], ["exceeded", 0.02]]},
    gap_confidence=0.7,
)  # fmt: skip


def test_without_signals_the_text_alone_speaks():
    found = combine(reading(), signals=[])
    assert {name: found[name] for name in reading()} == reading()
    assert found["signals"] == []
    assert set(found["sources"].values()) == {"model"}


def test_a_late_reply_turns_an_undecided_reading():
    found = combine(reading(), signals=[Signal("reply_late", amount=48)])
    # Odds by hand: 0.4 × 2.5 = 1 for response time; quality 0.45; none 0.1 / 1.6; the two unlisted share 0.05.
    assert found["gap_primary"] == "response_time"
    assert found["gap_confidence"] == pytest.approx(1 / (1 + 0.45 + 0.1 / 1.6 + 0.05), abs=1e-3)
    assert found["sources"]["gap_primary"] == "rule"
    assert found["sources"]["journey_stage"] == "model"
    assert found["gap_secondary"] == "quality"
    (signal,) = found["signals"]
    assert signal["speaks_for"] == {"gap_primary": "response_time", "direction": "below"}


def test_it_cannot_turn_a_sure_one():
    sure = reading()
    sure["confidence"] = {**sure["confidence"], "gap_primary": 0.9}
    sure["alternatives"] = {**sure["alternatives"], "gap_primary": [["response_time", 0.05], ["none", 0.05]]}
    found = combine(sure, signals=[Signal("reply_late", amount=48)])
    assert found["gap_primary"] == "quality"
    assert found["gap_confidence"] < 0.9
    assert found["sources"]["gap_primary"] == "model"


def test_a_question_stays_one_after_one_late_reply_and_not_after_everything_went_wrong():
    assert combine(QUESTION, signals=[Signal("reply_late", amount=3)])["direction"] == "met"
    wrong = [Signal("promise_missed", detail="a call"), Signal("reply_late", amount=3), Signal("reopened", amount=1)]
    found = combine(QUESTION, signals=wrong)
    assert found["direction"] == "below"
    assert found["gap_primary"] in (Gap.PROMISE_MISMATCH, Gap.RESPONSE_TIME)
    assert found["severity"] == 1
    assert found["root_cause"] == "unknown"


def test_the_topic_chosen_in_the_form_counts_much():
    found = combine(reading(), signals=[Signal("topic", detail="purchase")])
    assert found["journey_stage"] == "purchase"
    assert found["stage_confidence"] == pytest.approx(0.3 * 6 / (0.3 * 6 + 0.7), abs=1e-3)


@pytest.mark.parametrize("kind", [*RATIOS, "topic", "never heard of"])
@pytest.mark.parametrize("values", [reading(), QUESTION], ids=["shortfall", "question"])
def test_whatever_is_counted_in_the_codebook_holds(kind, values):
    found = combine(values, signals=[Signal(kind, amount=9, detail="advocacy")] * 3)
    tags = {name: found[name] or None for name in (*codebook.FIELDS, "severity")}
    assert codebook.violations(tags) == []
    assert all(0 <= p <= 1 for p in found["confidence"].values())
    assert (found["direction"] == Direction.MET) == (found["gap_primary"] == Gap.NONE)
