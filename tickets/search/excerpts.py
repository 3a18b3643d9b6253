"""Where in a ticket the words stand that were looked for: the part that says most of them, and what is around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tickets.query.tree import All, Any, Node, Words
from tickets.search import words
from tickets.search.documents import Document, Part, Where

ROOM = 220  # letters of an excerpt
BEFORE = 60  # of them in front of the first hit, at most
LONGEST_READ = 60_000  # letters of a part that are looked through
# Subject and customer stand above every excerpt anyway.
_SHOWN_ANYWAY = (Where.SUBJECT, Where.CUSTOMER)


@dataclass(frozen=True)
class Piece:
    """Some of a text, and whether it is what was looked for."""

    text: str
    is_hit: bool = False


@dataclass(frozen=True)
class Excerpt:
    """A part of a ticket, shortened to where the hits are."""

    part: Part
    pieces: list[Piece]


class Highlighter:
    """Finds the words of a question in texts. One for each answer: it remembers what it has judged."""

    def __init__(self, tree: Node) -> None:
        self._single: list[tuple[int, words.Token]] = []
        self._rows: list[tuple[int, list[str], bool]] = []
        wanted = list(wanted_of(tree))
        self._most = len(wanted)
        for which, each in enumerate(wanted):
            for way in each:
                if way.row:
                    self._rows.append((which, way.row.split(), not way.row.endswith(" ")))
                else:
                    self._single.append((which, way.tokens[0]))
        self._judged: dict[str, frozenset[int]] = {}

    def __bool__(self) -> bool:
        return bool(self._single or self._rows)

    def hits(self, text: str) -> list[tuple[int, int, int]]:
        """Start and end of every hit, and which of the wanted things it is. In the order of the text."""
        text = text[:LONGEST_READ]
        found = []
        if self._single:
            judged = self._judged
            for run in words.RUN.finditer(text):
                raw = run[0]
                said = judged[raw] if raw in judged else self._judge(raw)
                if said:
                    found += [(run.start(), run.end(), which) for which in said]
        spots = words.spots(text) if self._rows else []
        for which, row, is_open in self._rows:
            found += [(start, end, which) for start, end in _in_a_row(spots, row, is_open=is_open)]
        return sorted(found)

    def pieces(self, text: str) -> list[Piece]:
        """The whole text, with its hits."""
        hits = self.hits(text) if self else []
        return list(_cut(text, hits, 0, len(text))) if hits else [Piece(text)]

    def excerpt(self, document: Document) -> Excerpt | None:
        """The part that says most of what was looked for, the latest of those; None where no part does."""
        best: tuple[int, bool] = (0, False)
        chosen: tuple[Part, str, list[tuple[int, int, int]]] | None = None
        for part in document.parts:
            text = " ".join(part.text.split())
            hits = self.hits(text)
            score = (len({which for _start, _end, which in hits}), part.where not in _SHOWN_ANYWAY)
            if hits and score > best:
                best, chosen = score, (part, text, hits)
                if best == (self._most, True):
                    break  # nothing says more, and what comes is older
        if chosen is None:
            return None
        part, text, hits = chosen
        return Excerpt(part, list(_around(text, hits)))

    def _judge(self, raw: str) -> frozenset[int]:
        said = set(words.tokens([raw]))
        self._judged[raw] = frozenset(which for which, token in self._single if _is_said(token, said))
        return self._judged[raw]


def wanted_of(tree: Node) -> Iterator[words.Sought]:
    """What should be said, from left to right; what should not be said has no place to be shown."""
    if isinstance(tree, Words):
        yield from words.sought(tree.text, is_phrase=tree.is_phrase, is_beginning=tree.is_beginning)
    elif isinstance(tree, All | Any):
        for part in tree.parts:
            yield from wanted_of(part)


def _is_said(token: words.Token, said: Iterable[str]) -> bool:
    if token.is_beginning:
        return any(each.startswith(token.text) for each in said)
    return token.text in said


def _in_a_row(spots: list[words.Spot], row: list[str], *, is_open: bool) -> Iterator[tuple[int, int]]:
    said = [(word, spot) for spot in spots for word in spot.run.words]
    *first, last = row
    for at in range(len(said) - len(row) + 1):
        if all(said[at + step][0] == word for step, word in enumerate(first)):
            word, spot = said[at + len(first)]
            if word == last or (is_open and word.startswith(last)):
                yield said[at][1].start, spot.end


def _around(text: str, hits: list[tuple[int, int, int]]) -> Iterator[Piece]:
    start = max(0, hits[0][0] - BEFORE)
    if len(text) - start < ROOM:
        start = max(0, len(text) - ROOM)
    if start:
        start = text.find(" ", start, hits[0][0]) + 1 or start
    end = min(len(text), start + ROOM)
    if end < len(text):
        end = max(text.rfind(" ", hits[0][1], end), hits[0][1])
    if start:
        yield Piece("… ")
    yield from _cut(text, hits, start, end)
    if end < len(text):
        yield Piece(" …")


def _cut(text: str, hits: Iterable[tuple[int, int, int]], start: int, end: int) -> Iterator[Piece]:
    at = start
    for first, last, _which in hits:
        if last <= at or first >= end:
            continue
        first, last = max(first, at), min(last, end)
        if first > at:
            yield Piece(text[at:first])
        yield Piece(text[first:last], is_hit=True)
        at = last
    if at < end:
        yield Piece(text[at:end])
