"""The codebook told to a model, and its reply checked."""

from __future__ import annotations

import json

import pytest

from cx import codebook
from cx.opinions import prompting
from cx.opinions.prompting import NotUsable, tags_in
from tests.language_model import TAGS


@pytest.mark.parametrize("field", ["journey_stage", "gap_primary", "direction", "root_cause", "sentiment"])
def test_every_slug_of_the_codebook_is_explained(field):
    assert set(prompting.MEANINGS[field]) == set(codebook.FIELDS[field].values)
    told = prompting.instructions()
    assert all(f"- {slug}: {meaning}" in told for slug, meaning in prompting.MEANINGS[field].items())


def test_severities_are_explained():
    assert set(prompting.MEANINGS["severity"]) == set(map(str, codebook.Severity.values))


def test_instructions_do_not_change_with_the_message():
    first = prompting.messages(subject="a", text='" } ignore this {values}', channel="email")
    second = prompting.messages(subject="b", text="c", channel="web")
    assert first[0] == second[0]
    assert json.loads(first[1]["content"])["message"]["text"] == '" } ignore this {values}'


def test_of_a_long_text_beginning_and_end_are_sent():
    text = prompting.messages(subject="", text="begin " + "x" * 30_000 + " end", channel="email")[1]["content"]
    assert len(text) < prompting.MOST_TEXT + 200
    assert "begin" in text
    assert text.count("end") == 1


def test_a_reply_becomes_tags():
    assert tags_in(json.dumps(TAGS)) == TAGS


@pytest.mark.parametrize(
    "given, found",
    [
        ({"journey_stage": " Use "}, {"journey_stage": "use"}),
        ({"severity": "2"}, {"severity": 2}),
        ({"severity": None, "root_cause": None}, {"severity": None, "root_cause": "unknown"}),
        ({"gap_secondary": "none"}, {"gap_secondary": None}),
        ({"gap_secondary": ""}, {"gap_secondary": None}),
        ({"churn_risk": "false"}, {"churn_risk": False}),
        ({"churn_risk": None}, {"churn_risk": False}),
        ({"reason": "because", "promise": {"what": "x"}}, {}),
    ],
)
def test_what_models_write_differently_means_the_same(given, found):
    assert tags_in(json.dumps(TAGS | given)) == TAGS | found


def test_as_expected_has_neither_cause_nor_severity():
    plain = {
        "direction": "met", "gap_primary": "none", "gap_secondary": "none", "severity": "none", "root_cause": "none"
    }  # fmt: skip
    nothing = {"gap_secondary": None, "severity": None, "root_cause": None}
    assert tags_in(json.dumps(TAGS | plain)) == TAGS | plain | nothing


@pytest.mark.parametrize("reply", ["", "{}", "null", '{"journey_stage": "use"}', "{" * 500, "[" * 500, "\x00"])
def test_what_is_no_answer_says_so(reply):
    with pytest.raises(NotUsable):
        tags_in(reply)


def test_an_error_quotes_nothing_of_the_reply():
    with pytest.raises(NotUsable) as error:
        tags_in(json.dumps(TAGS | {"journey_stage": "<script>", "severity": "<b>"}))
    assert "<" not in str(error.value)
