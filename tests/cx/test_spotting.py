"""Finding cues in one walk: the same as trying every pattern at every place."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cx.tagging import cues, reading, training
from cx.tagging.spotting import Spotter, alternatives

PHRASES = {
    "waiting": r"wait(?:ed|ing|s)?|on hold|(?:still|no) (?:reply|answer)|\d+ days?|esper(?:o|ando)",
    "doors": r"(?:(?:front|back) )?door|do(?:es)?n'?t open|[aeiou]pen(?:ed)?|do",
}
WORDS = (
    "wait", "waited", "awaited", "on", "hold", "still", "no", "reply", "answer", "3", "day", "days", "espero", "front",
    "door", "doors", "doesn't", "doesnt", "open", "opened", "do", ",", ".", "\n", "-",
)  # fmt: skip


def plainly(phrases: dict[str, str], text: str) -> set[tuple[str, int]]:
    return {
        (name, match.start()) for name, pattern in phrases.items() for match in re.finditer(rf"\b(?:{pattern})\b", text)
    }


@given(st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join))
def test_a_walk_finds_what_trying_everything_finds(text: str) -> None:
    spotter = Spotter(phrases=PHRASES, signs={})

    once, often = ({(name, start) for name, start, _end in spotter.spans(text)} for _ in range(2))

    assert once == often == plainly(PHRASES, text)


def test_words_that_come_often_are_found_as_well_as_rare_ones() -> None:
    spotter = Spotter(phrases=PHRASES, signs={})
    text = "no reply " * 50

    assert len(spotter.spans(text)) == 50


def test_the_cues_are_found_in_real_messages_as_by_their_patterns() -> None:
    for text in training.load_texts()[::60]:
        folded = reading.own_words(text.body).folded
        found = {(name, start) for name, start, _end in cues.spans(folded)}
        wanted = plainly(cues._PHRASES, folded)
        assert wanted <= found
        assert {name for name, _start in found - wanted} <= set(cues._SIGNS)


def test_a_sign_may_stand_anywhere() -> None:
    spotter = Spotter(phrases={"irony": "lol"}, signs={"irony": "🙃"})

    assert [(name, start) for name, start, _end in spotter.spans("great🙃 lol")] == [("irony", 7), ("irony", 5)]


@pytest.mark.parametrize(
    ("pattern", "parts"), [("a|b", ["a", "b"]), ("a(?:b|c)|d", ["a(?:b|c)", "d"]), (r"[|]|\|", ["[|]", r"\|"])]
)
def test_alternatives_are_split_at_the_outermost_level_only(pattern: str, parts: list[str]) -> None:
    assert alternatives(pattern) == parts
