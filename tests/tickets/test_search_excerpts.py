"""Where the words stand that were looked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tickets.query.tree import All, Any, Node, Not, Words
from tickets.search.documents import Document, Part, Where
from tickets.search.excerpts import ROOM, Highlighter

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)


def marked(text: str, tree: Node) -> str:
    return "".join(f"[{piece.text}]" if piece.is_hit else piece.text for piece in Highlighter(tree).pieces(text))


def excerpt(tree: Node, *parts: Part) -> str:
    found = Highlighter(tree).excerpt(Document(1, NOON, list(parts)))
    assert found
    return f"{found.part.where}: " + "".join(f"[{each.text}]" if each.is_hit else each.text for each in found.pieces)


def test_words_are_marked_in_every_form_as_they_are_written() -> None:
    assert marked("Dos FACTURAS, una factura.", Words("facturación")) == "Dos [FACTURAS], una [factura]."
    assert marked("Línea caída", Words("linea")) == "[Línea] caída"
    assert marked("the routing", Words("rou", is_beginning=True)) == "the [routing]"


def test_a_phrase_is_marked_where_its_words_follow_each_other() -> None:
    phrase = Words("no light", is_phrase=True)
    assert marked("no, and no light, light", phrase) == "no, and [no light], light"
    assert marked("order ES-4411-B came", Words("es-4411-b")) == "order [ES-4411-B] came"


def test_what_must_not_stand_there_is_not_marked() -> None:
    tree = All((Words("light"), Not(Words("dark")), Any((Words("day"), Words("night")))))
    assert marked("light dark night", tree) == "[light] dark [night]"


def test_the_part_that_says_most_is_shown_and_of_those_the_latest() -> None:
    tree = All((Words("router"), Words("light")))
    subject = Part(Where.SUBJECT, "Router")
    assert excerpt(tree, subject, Part(Where.NOTE, "light"), Part(Where.SAID, "router, no light")).startswith("said")
    assert excerpt(tree, subject, Part(Where.NOTE, "light"), Part(Where.SAID, "light too")).startswith("note")
    assert excerpt(Words("router"), subject) == "subject: [Router]"


def test_a_long_text_is_cut_around_the_hit_between_words() -> None:
    text = f"{'before ' * 100}router {'after ' * 100}"
    shown = excerpt(Words("router"), Part(Where.SAID, text, at=NOON + timedelta(days=1)))
    assert shown.startswith("said: … before")
    assert "[router] after" in shown
    assert shown.endswith("after …")
    assert len(shown) < ROOM + 20


def test_what_is_not_found_is_not_shown() -> None:
    assert Highlighter(Words("router")).excerpt(Document(1, NOON, [Part(Where.SAID, "light")])) is None
    assert not Highlighter(All())


@given(st.text(), st.text(min_size=1, max_size=12), st.booleans(), st.booleans())
def test_no_text_is_changed_by_marking_it(text: str, asked: str, is_phrase: bool, is_beginning: bool) -> None:
    highlighter = Highlighter(Words(asked, is_phrase=is_phrase, is_beginning=is_beginning))
    assert "".join(piece.text for piece in highlighter.pieces(text)) == text
