"""Word vectors: how they are made, found and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cx.tagging import distilling, model, reading, vectors

MEANINGS = {"late": 0, "tarde": 0, "rude": 1, "borde": 1, "room": 2}
PASSAGES = [reading.own_words(f"the parcel was {word}. really {word} once more today") for word in MEANINGS]


def teacher(texts: Sequence[str]) -> NDArray[np.float32]:
    """Sees three meanings and a little noise that is always the same."""
    noise = np.random.default_rng(1).normal(scale=0.01, size=(len(texts), 256))
    for row, text in enumerate(texts):
        for word, meaning in MEANINGS.items():
            noise[row, meaning] += word in text
    return noise.astype(np.float32)


@pytest.fixture(scope="module")
def made() -> vectors.Vectors:
    return distilling.distil(PASSAGES, more_words=("habitación",), teacher=teacher)


def likeness(made: vectors.Vectors, one: str, other: str) -> float:
    first, second = made.of(np.array([made.row(one), made.row(other)]))
    return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))


def test_words_that_mean_the_same_to_the_teacher_lie_together(made: vectors.Vectors) -> None:
    assert likeness(made, "late", "tarde") > 0.8 > 0.5 > likeness(made, "late", "rude")


def test_more_words_than_the_passages_have_can_be_given(made: vectors.Vectors) -> None:
    assert made.words[made.row("habitacion")] == "habitacion"


def test_the_same_passages_and_teacher_give_the_same_file(made: vectors.Vectors, tmp_path: Path) -> None:
    again = distilling.distil(PASSAGES, more_words=("habitación",), teacher=teacher)
    (tmp_path / "vectors.npz").write_bytes(vectors.to_bytes(made))
    back = vectors.load(tmp_path / "vectors.npz")

    assert vectors.to_bytes(again) == vectors.to_bytes(made) == vectors.to_bytes(back)
    assert back.version == made.version


@pytest.mark.parametrize(
    ("word", "read_as"),
    [("reembolsaron", "reembolsaron"), ("reembolsen", "reembolsaron"), ("reembolsaronx", "reembolsaron"), ("re", None)],
)
def test_an_unknown_form_is_read_as_the_known_word_it_begins_like(word: str, read_as: str | None) -> None:
    known = vectors.Vectors(
        "x", ["order", "reembolsar", "reembolsaron", "rude"], np.ones((4, 2), np.int8), np.ones(4, np.float32)
    )

    row = known.row(word)

    assert (None if row == vectors.UNKNOWN else known.words[row]) == read_as


def test_the_shipped_vectors_are_small_and_know_both_languages() -> None:
    shipped = vectors.load()

    assert vectors.SHIPPED.stat().st_size < 6_000_000
    assert likeness(shipped, "refund", "reembolso") > likeness(shipped, "refund", "breakfast") + 0.2
    assert likeness(shipped, "nobody", "nadie") > likeness(shipped, "nobody", "hotel") + 0.2


def test_a_model_of_other_vectors_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = model.to_bytes(model.load())
    other = replace(vectors.load(), version="other")
    monkeypatch.setattr(vectors, "load", lambda: other)

    with pytest.raises(model.ModelError, match="other word vectors"):
        model.from_bytes(content)
