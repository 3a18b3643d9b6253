"""Figures of an evaluation against cases worked by hand, and the command that prints them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from cx.tagging import evaluating
from cx.tagging.evaluating import Judged


def judged(*answers: str) -> list[Judged]:
    """From "truth said" or "truth said confidence"."""
    split = [answer.split() for answer in answers]
    return [Judged(each[0], each[1], float(each[2]) if len(each) > 2 else None) for each in split]


def test_figures_worked_by_hand():
    found = evaluating.figures(judged("a a", "a a", "a b", "b b", "b a", "c b"))

    assert found.accuracy == pytest.approx(3 / 6)
    # a: 2 of 3 said, 2 of 3 found; b: 1 of 3 said, 1 of 2 found; c: never said.
    assert found.answers["a"] == evaluating.OfAnswer(3, 2 / 3, 2 / 3, pytest.approx(2 / 3))
    assert found.answers["b"] == evaluating.OfAnswer(2, 1 / 3, 1 / 2, pytest.approx(2 / 5))
    assert found.answers["c"] == evaluating.OfAnswer(1, 0.0, 0.0, 0.0)
    assert found.macro_f1 == pytest.approx((2 / 3 + 2 / 5 + 0) / 3)
    assert found.confusion == {"a": {"a": 2, "b": 1}, "b": {"b": 1, "a": 1}, "c": {"b": 1}}
    assert found.calibration_error is None


def test_an_answer_that_is_never_true_is_in_no_mean():
    assert evaluating.figures(judged("a a", "a z")).macro_f1 == pytest.approx(2 / 3)


def test_the_interval_holds_the_figure_and_narrows_with_more_texts():
    few = evaluating.figures(judged(*["a a", "a b", "b b", "b b"] * 5))
    many = evaluating.figures(judged(*["a a", "a b", "b b", "b b"] * 100))

    for found in (few, many):
        assert found.interval[0] < found.macro_f1 < found.interval[1]
    assert few.interval[1] - few.interval[0] > 2 * (many.interval[1] - many.interval[0])
    assert evaluating.figures(judged("a a", "b b")).interval == (1.0, 1.0)


def test_calibration_is_how_far_claims_are_from_what_happened():
    # Two bins: claimed 0.6 and none right; claimed 0.9 and all right.
    sure = [(0.6, False)] * 5 + [(0.9, True)] * 5
    assert evaluating.calibration_error(sure, bins=2) == pytest.approx(0.5 * 0.6 + 0.5 * 0.1)
    assert evaluating.calibration_error([(1.0, True)] * 3) == 0


def test_cause_and_severity_are_judged_where_something_fell_short():
    labels = {"direction": "met", "root_cause": None, "promise": None}
    found = evaluating.evaluate([(labels, {"direction": "met", "promise": {"what": "x"}, "confidence": {}})])

    assert set(found) == {"direction", "promise"}
    assert found["promise"].confusion == {"no": {"yes": 1}}


# --- The command ------------------------------------------------------------------------------------------------------

LABELS = {
    "gap_secondary": None, "severity": None, "root_cause": None, "promise": None, "churn_risk": False,
    "channel": "email",
}  # fmt: skip
LINES = [
    {"id": "1", "lang": "en", "subject": "", "body": "What does the annual plan cost for ten seats?",
     "journey_stage": "attraction", "gap_primary": "none", "direction": "met", "sentiment": "neutral", **LABELS},
    {"id": "2", "lang": "es", "subject": "", "body": "La batería no aguanta ni la mañana, qué vergüenza.",
     "journey_stage": "use", "gap_primary": "quality", "direction": "below", "sentiment": "negative", **LABELS,
     "severity": 1, "root_cause": "product_design"},
]  # fmt: skip


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in LINES), encoding="utf-8")
    return path


def said(*arguments: str) -> str:
    out = io.StringIO()
    call_command("cx_evaluate", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_the_command_prints_figures_for_each_field_and_each_answer(labelled):
    text = said(str(labelled))

    assert "2 texts" in text
    assert "95 % interval" in text
    for field in ("journey_stage", "gap_primary", "direction", "sentiment"):
        assert field in text
    assert "rows are the labels" in text


def test_as_json_it_says_the_same_and_by_language_apart(labelled):
    found = json.loads(said(str(labelled), "--json", "--by", "lang"))

    assert found["texts"] == 2
    assert set(found["by"]) == {"en", "es"}
    assert found["figures"]["lang"]["accuracy"] == 1.0  # told from the text, not from the label
    assert len(found["figures"]["direction"]["interval"]) == 2


def test_a_line_that_cannot_be_used_is_named_and_the_others_count(labelled):
    with labelled.open("a", encoding="utf-8") as lines:
        lines.write('\n\nno json\n{"id": "3", "body": "unlabelled"}\n')
    out = io.StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("cx_evaluate", str(labelled), stdout=out, stderr=out)

    assert end.value.code == 1
    assert "Line 4" in out.getvalue()
    assert "Line 5: the line is not a labelled text" in out.getvalue()
    assert "2 texts" in out.getvalue()


def test_without_a_text_or_a_file_it_says_so(tmp_path):
    with pytest.raises(CommandError, match="no file"):
        said(str(tmp_path / "gone.jsonl"))
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(CommandError, match="no labelled text"):
        said(str(tmp_path / "empty.jsonl"))
