"""What the tagger is held against answers as honestly as it can."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command

from cx import codebook
from cx.tagging import baselines, training

TEXTS = [
    "",
    "Where is my order? I have been waiting three weeks and nobody answers!",
    "Me prometieron la entrega el lunes y nada. Pido la baja, me voy.",
    "What a lovely surprise, above and beyond, thank you!",
    "¿A qué hora abren?",
]


@pytest.fixture(scope="module")
def some_texts() -> list[training.Text]:
    return training.load_texts()[::25]


@pytest.fixture(scope="module")
def taggers(some_texts: list[training.Text]) -> dict[str, baselines.Tagger]:
    return baselines.all_of_them(some_texts)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", ["keywords", "TF-IDF + LR"])
def test_a_baseline_gives_a_gap_exactly_where_something_was_not_as_expected(
    taggers: dict[str, baselines.Tagger], name: str, text: str
) -> None:
    tags = taggers[name](subject="", body=text)

    assert set(tags) == set(baselines.FIELDS)
    assert (tags["gap_primary"] == "none") == (tags["direction"] == "met")
    assert tags["journey_stage"] in codebook.JourneyStage.values


def test_keywords_are_counted(taggers: dict[str, baselines.Tagger]) -> None:
    tags = taggers["keywords"](subject="", body="The courier was late, three weeks of waiting, terrible")

    assert tags["gap_primary"] == "response_time"
    assert tags["root_cause"] == "third_party"
    assert tags["sentiment"] == "negative"


def test_the_command_sets_them_beside_the_tagger(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, some_texts: list[training.Text]
) -> None:
    monkeypatch.setattr(training, "load_texts", lambda: some_texts)
    labelled = tmp_path / "labelled.jsonl"
    labelled.write_text("".join(json.dumps(text.tags) + "\n" for text in some_texts[:20]))
    table, plain = io.StringIO(), io.StringIO()

    call_command("cx_evaluate", str(labelled), baselines=True, stdout=table)
    call_command("cx_evaluate", str(labelled), baselines=True, json=True, stdout=plain)

    assert "Puente" in table.getvalue()
    assert "TF-IDF + LR" in table.getvalue()
    figures = json.loads(plain.getvalue())
    assert set(figures["baselines"]) == {"majority", "keywords", "TF-IDF + LR"}
    assert figures["baselines"]["majority"]["direction"]["macro_f1"] < figures["figures"]["direction"]["macro_f1"]
