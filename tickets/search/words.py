"""A text as words, the same for what is kept and for what is looked for. Pure: no database, no clock.

Both databases are given these words ready made, so that neither has an opinion of its own of what a word is. A word is
what stands between blanks and marks, folded: lower case, no accents. "ES-4411-B" and "carla@example.com" are several
words in a row. Writing without blanks (Chinese, Japanese, Korean) is taken by pairs of characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from threading import Lock
from typing import NamedTuple

from snowballstemmer.english_stemmer import EnglishStemmer
from snowballstemmer.spanish_stemmer import SpanishStemmer

from helpdesk.common.text import fold

STEM, CUSTOMER, SUBJECT = "=", "@", "#"  # before a token: what it says of the word. No word begins with one of these
LONGEST = 64  # letters of a word that count; what is longer was not written by a person
MOST_BYTES = 600_000  # of one ticket's tokens; PostgreSQL takes a megabyte

# Marks that belong to the letter before them, also where a mail program sent them apart; and what hides in words.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f"
    "\u200b-\u200d\u00ad\u2060\ufeff"
)
_PIECE = rf"[^\W_][^\W_{_MARKS}]*(?:[{_MARKS}'’]+[^\W_]+)*[{_MARKS}]*"
RUN = re.compile(rf"{_PIECE}(?:[-_‐‑]{_PIECE})*")  # with hyphens: "wi-fi" is also "wifi"
_WORD = re.compile(r"[^\W_]+")
_PAIRED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
_MOST_JOINED, _LONGEST_JOINED = 4, 40
_FIGURES = re.compile(r"[0-9]{3,}")  # of an order, an invoice, a device: known by heart, and without what is around it
_BEGUN_ADDRESS = re.compile(r"@[\w-]+$")  # "whitlock@brook": somebody is still typing, or knows no more
_STEMMED = re.compile(r"[^\W\d_]{3,}")  # three letters and more, no figures


class Run(NamedTuple):
    """What stands in a text without a blank: its words, and all of them as one where hyphens hold them together."""

    words: tuple[str, ...]
    joined: str = ""


class Spot(NamedTuple):
    """A run and where it stands in the text."""

    run: Run
    start: int
    end: int


@lru_cache(maxsize=100_000)
def _read(raw: str) -> Run:
    pieces = [_bare(piece) for piece in re.split("[-_‐‑]", raw)]
    pieces = [piece for piece in pieces if piece]
    words = tuple(word for piece in pieces for word in _WORD.findall(piece) for word in _parted(word))
    joined = "".join(words)  # and nothing between them: "हि-दी" has marks that are no part of a token
    is_joined = 1 < len(pieces) <= _MOST_JOINED and len(pieces) == len(words) and len(joined) <= _LONGEST_JOINED
    return Run(words, joined if is_joined else "")


def _bare(piece: str) -> str:
    return fold(piece).replace("'", "").replace("’", "")


def _parted(word: str) -> Iterator[str]:
    """A word as it is, or pairs of characters where a script knows no blanks."""
    if word.isascii() or not _PAIRED.search(word):
        yield word[:LONGEST]
        return
    end = 0
    for found in _PAIRED.finditer(word):
        if found.start() > end:
            yield word[end : found.start()][:LONGEST]
        signs, end = found[0], found.end()
        yield from (signs[at : at + 2] for at in range(max(1, len(signs) - 1)))
    if end < len(word):
        yield word[end:][:LONGEST]


def runs(text: str) -> list[Run]:
    return [_read(raw) for raw in RUN.findall(text)]


def spots(text: str) -> list[Spot]:
    """The runs of a text with their places in it."""
    return [Spot(_read(found[0]), found.start(), found.end()) for found in RUN.finditer(text)]


def words(text: str) -> list[str]:
    return [word for run in runs(text) for word in run.words]


def line(text: str) -> str:
    """The words in their order with a blank on both sides of each: where a phrase is looked for."""
    return f" {' '.join(found)} " if (found := words(text)) else ""


# --- Stems ------------------------------------------------------------------------------------------------------------

_stemmers, _one_at_a_time = (EnglishStemmer(), SpanishStemmer()), Lock()  # a stemmer keeps its state while it works


@lru_cache(maxsize=100_000)
def stems(word: str) -> frozenset[str]:
    """What the word's other forms have in common with it, in English and in Spanish. Two words are forms of one where
    they share a stem. A word with figures has none but itself.
    """
    if not _STEMMED.fullmatch(word):
        return frozenset({word})
    with _one_at_a_time:
        return frozenset(stemmer.stemWord(word) for stemmer in _stemmers)


@lru_cache(maxsize=100_000)
def _tokens(word: str) -> tuple[str, ...]:
    found = stems(word)
    if found == {word} and not _STEMMED.fullmatch(word):
        return (word, *(figures for figures in _FIGURES.findall(word) if figures != word))
    return (word, *(STEM + stem for stem in found))


def _last_signs(text: str) -> Iterator[str]:
    """The last sign of each paired run: no pair begins with it, and it may be looked for alone."""
    for found in _PAIRED.finditer(text):
        if len(found[0]) > 1:
            yield fold(found[0][-1])


def tokens(texts: Iterable[str], *, marked: str = "") -> Iterator[str]:
    """What the texts are found by: each word, its stems, and what hyphens hold together."""
    for text in texts:
        for run in runs(text):
            for word in (*run.words, *filter(None, (run.joined,))):
                yield from _tokens(word)
                if marked:
                    yield marked + word
        if not text.isascii():
            yield from _last_signs(text)


def no_more_than(limit: int, found: Iterable[str]) -> list[str]:
    """Each token once, those that come first before the others, as many as a database takes."""
    kept: dict[str, None] = {}
    size = 0
    for token in found:
        if token not in kept:
            size += len(token.encode()) + 1
            if size > limit:
                break
            kept[token] = None
    return sorted(kept)


# --- What is looked for -----------------------------------------------------------------------------------------------


class Token(NamedTuple):
    text: str
    is_beginning: bool = False


class Way(NamedTuple):
    """One way to be found: all of these tokens and, where words must follow each other, the row as `line` has it."""

    tokens: tuple[Token, ...]
    row: str = ""


Sought = tuple[Way, ...]  # any of these ways will do


def sought(text: str, *, is_phrase: bool = False, is_beginning: bool = False) -> list[Sought]:
    """What must be found, all of it. Nothing where the text has no words."""
    found = [run for run in runs(text) if run.words]
    if is_phrase:
        row = [word for run in found for word in run.words]
        return [(_in_a_row(row, is_beginning=is_beginning),)] if row else []
    last, is_beginning = len(found) - 1, is_beginning or bool(_BEGUN_ADDRESS.search(text))
    return [_ways(run, is_beginning=is_beginning and place == last) for place, run in enumerate(found)]


def _ways(run: Run, *, is_beginning: bool) -> Sought:
    if len(run.words) == 1:
        return _forms(run.words[0], is_beginning=is_beginning)
    row = _in_a_row(run.words, is_beginning=is_beginning)
    return (row, *_forms(run.joined, is_beginning=is_beginning)) if run.joined else (row,)


def _forms(word: str, *, is_beginning: bool) -> Sought:
    """A word in any of its forms, or whatever begins with it."""
    if is_beginning or (len(word) == 1 and _PAIRED.fullmatch(word)):
        return (Way((Token(word, is_beginning=True),)),)
    if not _STEMMED.fullmatch(word):
        return (Way((Token(word),)),)
    return tuple(Way((Token(STEM + stem),)) for stem in sorted(stems(word)))


def _in_a_row(row: list[str] | tuple[str, ...], *, is_beginning: bool) -> Way:
    once = dict.fromkeys(row[:-1])
    found = [Token(word) for word in once]
    if is_beginning or row[-1] not in once:
        found.append(Token(row[-1], is_beginning=is_beginning))
    if len(row) == 1:
        return Way(tuple(found))
    return Way(tuple(found), f" {' '.join(row)}" + ("" if is_beginning else " "))
