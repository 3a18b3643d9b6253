"""Texts as words: what the search keeps and looks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.search import words
from tickets.search.words import Token, Way


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Reclamación Número", ["reclamacion", "numero"]),
        ("Order ES-4411-B, please", ["order", "es", "4411", "b", "please"]),
        ("carla@example.com", ["carla", "example", "com"]),
        ("the customer’s router", ["the", "customers", "router"]),
        ("rou\u00adter, an\u0303o", ["router", "ano"]),  # a soft hyphen, and an accent sent apart from its letter
        ("東京都の天気 ok", ["東京", "京都", "都の", "の天", "天気", "ok"]),
        ("ﬁne ２４", ["fine", "24"]),
        ("… :-) !", []),
        ("_under_score_", ["under", "score"]),
    ],
)
def test_a_text_is_the_words_in_it(text: str, expected: list[str]) -> None:
    assert words.words(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("facturas", "factura"),
        ("facturación", "facturar"),
        ("reclamaciones", "reclamación"),
        ("refunded", "refunds"),
        ("installations", "installation"),
        ("llegado", "llegó"),
    ],
)
def test_forms_of_a_word_share_a_stem(one: str, other: str) -> None:
    assert words.stems(words.words(one)[0]) & words.stems(words.words(other)[0])


def test_figures_have_no_other_forms() -> None:
    assert words.stems("4411") == {"4411"}
    assert words.sought("4411") == [(Way((Token("4411"),)),)]


def test_what_hyphens_hold_together_is_found_in_a_row_and_as_one() -> None:
    ((row, *joined),) = words.sought("Wi-Fi")
    assert row == Way((Token("wi"), Token("fi")), " wi fi ")
    assert joined == [Way((Token("=wifi"),))]


def test_a_phrase_of_one_word_is_that_word_as_it_is_written() -> None:
    assert words.sought("Routers", is_phrase=True) == [(Way((Token("routers"),)),)]


def test_nothing_to_look_for_asks_for_nothing() -> None:
    assert words.sought("… :-)") == []
    assert words.sought("…", is_phrase=True) == []


@given(st.text())
def test_any_text_is_read_and_its_tokens_are_tokens(text: str) -> None:
    for token in words.tokens([text], marked=words.SUBJECT):
        assert token.lstrip("=@#").isalnum()
        assert " " not in token
    assert words.line(text).split() == words.words(text)


@given(st.text())
def test_spots_are_where_the_runs_stand(text: str) -> None:
    for spot in words.spots(text):
        assert words.runs(text[spot.start : spot.end])[:1] == [spot.run]


def test_a_text_without_end_gives_no_more_tokens_than_a_database_takes() -> None:
    kept = words.no_more_than(1000, (f"word{number}" for number in range(10_000)))
    assert sum(len(token) + 1 for token in kept) <= 1000
    assert "word0" in kept
