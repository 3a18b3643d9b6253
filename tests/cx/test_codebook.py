"""The codebook's words: frozen slugs, labels, departments, and what must hold between tags."""

from __future__ import annotations

import itertools

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from cx import codebook
from cx.codebook import Direction, Gap, JourneyStage, RootCause, Sentiment, Severity

HOLDS = {
    "journey_stage": "purchase",
    "gap_primary": "promise_mismatch",
    "gap_secondary": "response_time",
    "direction": "below",
    "severity": 2,
    "root_cause": "process_policy",
    "sentiment": "neutral",
    "promise": {"what": "entrega", "by": "el 5", "who": "notice"},
    "churn_risk": False,
}


def test_the_journey_has_peppers_eight_stages_in_order() -> None:
    assert JourneyStage.values == [
        "awareness", "discovery", "attraction", "interaction", "purchase", "use", "cultivation", "advocacy",
    ]  # fmt: skip


def test_slugs_of_gaps_directions_causes_and_feelings_are_frozen() -> None:
    assert Gap.values == ["quality", "response_time", "experience_process", "promise_mismatch", "none"]
    assert Direction.values == ["below", "met", "exceeded"]
    assert Sentiment.values == ["negative", "neutral", "positive"]
    assert Severity.values == [1, 2, 3]
    assert RootCause.values == [
        "product_design", "marketing_message", "internal_knowledge", "process_policy", "technology", "staffing",
        "training", "staff_attitude", "third_party", "unknown",
    ]  # fmt: skip


def test_channels_bear_the_codebooks_slugs() -> None:
    assert codebook.Channel.values == ["email", "web", "chat", "phone", "social", "review", "api", "store"]
    with override("en"):
        assert str(codebook.Channel.STORE.label) == "Counter"


@pytest.mark.parametrize(
    ("choice", "label"),
    [
        (JourneyStage.CULTIVATION, "Loyalty"),
        (JourneyStage.USE, "Use"),
        (Gap.EXPERIENCE_PROCESS, "How it was handled"),
        (Gap.PROMISE_MISMATCH, "Promise not kept"),
        (Gap.NONE, "No gap"),
        (Direction.BELOW, "Fell short"),
        (Direction.EXCEEDED, "Better than expected"),
        (RootCause.INTERNAL_KNOWLEDGE, "Our team wasn’t told"),
        (RootCause.THIRD_PARTY, "A partner or courier"),
        (RootCause.UNKNOWN, "Not known yet"),
    ],
)
def test_labels_are_the_words_of_the_design(choice: object, label: str) -> None:
    with override("en"):
        assert str(choice.label) == label  # type: ignore[attr-defined]


def test_every_cause_has_an_accountable_department_and_every_gap_its_phrases() -> None:
    assert set(codebook.ACCOUNTABLE) == set(RootCause)
    assert set(codebook.GAP_PHRASES) == set(Gap)
    assert set(codebook.GAP_FELL_SHORT) == set(codebook.GAP_BETTER) == set(Gap) - {Gap.NONE}
    assert set(codebook.FORM_TOPICS) == set(JourneyStage)
    assert next(iter(codebook.FORM_TOPICS)) == JourneyStage.DISCOVERY


def test_sentiment_scores_are_minus_one_nought_and_one() -> None:
    assert [feeling.score for feeling in Sentiment] == [-1, 0, 1]


def test_a_tagging_that_follows_the_codebook_has_no_violations() -> None:
    assert codebook.violations(HOLDS) == []
    met = {"journey_stage": "discovery", "gap_primary": "none", "direction": "met", "sentiment": "neutral"}
    assert codebook.violations(met) == []


@pytest.mark.parametrize(
    "change",
    [
        {"gap_primary": "none", "gap_secondary": None},
        {"direction": "met", "severity": None, "root_cause": None},
        {"direction": "exceeded"},
        {"direction": "exceeded", "severity": None},
        {"direction": "exceeded", "root_cause": None},
        {"gap_secondary": "promise_mismatch"},
        {"gap_secondary": "none"},
        {"journey_stage": "loyalty"},
        {"journey_stage": None},
        {"sentiment": "angry"},
        {"severity": 4},
        {"root_cause": "weather"},
        {"promise": {"what": "entrega"}},
        {"promise": {"what": "", "by": None, "who": "ad"}},
        {"promise": {"what": "entrega", "by": None, "who": "neighbour"}},
        {"promise": "entrega"},
    ],
)
def test_a_tagging_that_breaks_the_codebook_is_told_so(change: dict[str, object]) -> None:
    assert codebook.violations({**HOLDS, **change})


def test_a_gap_is_none_exactly_when_direction_is_met() -> None:
    for gap, direction in itertools.product(Gap.values, Direction.values):
        tags = {"journey_stage": "use", "gap_primary": gap, "direction": direction, "sentiment": "neutral"}
        assert bool(codebook.violations(tags)) == ((gap == "none") != (direction == "met")), (gap, direction)


@given(st.dictionaries(st.sampled_from([*HOLDS, "other"]), st.one_of(st.none(), st.text(max_size=5), st.integers())))
def test_nonsense_is_answered_not_raised(tags: dict[str, object]) -> None:
    assert isinstance(codebook.violations(tags), list)


@pytest.mark.parametrize(
    ("field", "text", "slug"),
    [
        ("gap_primary", "response_time", "response_time"),
        ("gap_primary", "Response time", "response_time"),
        ("gap_primary", "response-time", "response_time"),
        ("gap_primary", "Tiempo de respuesta", "response_time"),
        ("gap_secondary", "Promesa incumplida", "promise_mismatch"),
        ("gap_primary", "sin brecha", "none"),
        ("journey_stage", "Loyalty", "cultivation"),
        ("journey_stage", "fidelizacion", "cultivation"),
        ("journey_stage", "Fidelización", "cultivation"),
        ("journey_stage", "PRESCRIPCIÓN", "advocacy"),
        ("direction", "Mejor de lo esperado", "exceeded"),
        ("direction", "Fell short", "below"),
        ("root_cause", "Our team wasn't told", "internal_knowledge"),
        ("root_cause", "Falta de personal", "staffing"),
        ("sentiment", "negativo", "negative"),
        ("journey_stage", "nowhere", None),
        ("journey_stage", "", None),
    ],
)
def test_search_finds_a_tag_by_slug_or_label_of_either_language(field: str, text: str, slug: str | None) -> None:
    assert codebook.slug_for(field=field, text=text) == slug


def test_every_slug_can_be_found_in_english_and_spanish() -> None:
    for field, choices in codebook.FIELDS.items():
        names = codebook.aliases(field=field)
        assert set(names) == set(choices.values)
        for slug, found in names.items():
            assert len(found) >= 2, (field, slug)
            assert all(codebook.slug_for(field=field, text=name) == slug for name in found)
