"""The customer's own words in a message, with every character still at its place.

Everything here keeps lengths: whatever is hidden or folded stays one character per character, so a span found in the
folded text is a span of the original.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

#: Of a longer text only the head and the tail are read; people state their matter at either end.
HEAD: Final = 5000
TAIL: Final = 1500
#: Nothing further than this from either end of a body is looked at.
LONGEST: Final = 20_000
#: The trust in words that were only quoted or signed with, and in the ends of something as long as a book.
DOUBTED: Final = 0.5

_QUOTE_INTRODUCTION: Final = re.compile(
    r"(?im)^[ \t]*(?:"
    r"on\b(?=[^\n]{0,200}[\d@<])[^\n]{4,200}(?:\n[^\n]{0,100})?\bwrote:[ \t]*$"
    r"|el\b(?=[^\n]{0,200}[\d@<])[^\n]{4,200}(?:\n[^\n]{0,100})?\bescribi[oó]:[ \t]*$"
    r"|-{2,}[ \t]*(?:original message|mensaje original|forwarded message|mensaje reenviado)[ \t]*-{2,}"
    r"|_{12,}[ \t]*$"
    r"|(?:from|de):[^\n]+\n[ \t]*(?:sent|date|enviado(?: el)?|fecha):"
    r")(?s:.*)"
)
_QUOTED_LINE: Final = re.compile(r"(?m)^[ \t]*>[^\n]*")
_SIGNATURE: Final = re.compile(r"(?m)^-- ?$")
#: A signature is at most this long; a longer rest after "-- " is text.
_SIGNATURE_LINES: Final = 8
_BLANKED: Final = re.compile(r"[^\n]")
_ADDRESS: Final = re.compile(r"https?://\S+|www\.\S+|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


@dataclass(frozen=True)
class Passage:
    """One part of a message (its subject or its body): as written, and folded for comparison.

    `visible` is as written, but blank where the folded text was blanked. `trust` is below one where what is read cannot
    quite stand for what the customer said.
    """

    written: str
    folded: str
    visible: str
    trust: float = 1.0

    def at(self, start: int, end: int) -> str:
        """The customer's literal words at this span."""
        return self.written[start:end]


def passage(text: str) -> Passage:
    """Fold a short text as it stands, such as a subject."""
    short = text[:HEAD]
    return Passage(written=short, folded=fold(short), visible=short)


def own_words(body: str) -> Passage:
    """The body without quoted history, signature and addresses: those are blanked, not cut.

    A body that is nothing but quotation or signature is read as it stands, for it is all the customer sent.
    """
    is_endless = len(body) > 2 * LONGEST
    body = _without_middle(body) if is_endless else body
    kept = body
    for pattern in (_QUOTE_INTRODUCTION, _QUOTED_LINE):
        kept = pattern.sub(_blank, kept)
    kept = _without_signature(kept)
    is_borrowed = not kept.strip() or bool(_SIGNATURE.match(kept.lstrip()))
    if not kept.strip():
        kept = body
    kept = _ADDRESS.sub(_blank, kept)
    visible = _head_and_tail(kept, measure=kept)
    trust = DOUBTED if is_borrowed or is_endless else 1.0
    return Passage(_head_and_tail(body, measure=kept), fold(visible), visible, trust)


def _without_middle(body: str) -> str:
    """Of a body as long as a book only the ends are looked at, so that hiding what is quoted takes no longer either."""
    return f"{body[:LONGEST]}\n{body[-LONGEST:]}"


def _without_signature(text: str) -> str:
    """Blank what follows the last "-- " line, if it is short and something stands before it."""
    start = max((match.start() for match in _SIGNATURE.finditer(text)), default=0)
    if not text[:start].strip() or text.rstrip().count("\n", start) > _SIGNATURE_LINES:
        return text
    return text[:start] + _BLANKED.sub(" ", text[start:])


def _head_and_tail(text: str, *, measure: str) -> str:
    """The part that is read. Cut at the same places whatever was blanked, so both readings stay in step."""
    end = len(measure.rstrip())
    if end <= HEAD + TAIL:
        return text[:end]
    return f"{text[:HEAD]}\n{text[end - TAIL : end]}"


def _blank(match: re.Match[str]) -> str:
    return _BLANKED.sub(" ", match.group())


def fold(text: str) -> str:
    """Lower case without accents, one character for one character."""
    return text.translate(_FOLDED)


class _Folding(dict[int, str]):
    """Characters with what they fold to, found when first met."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        if len(self) < _MOST_CHARACTERS:
            self[code] = folded
        return folded


_MOST_CHARACTERS: Final = 8192
_FOLDED: Final = _Folding()


def _fold_character(char: str) -> str:
    if char in "’‘´`":
        return "'"
    if char in "“”«»":
        return '"'
    lowered = unicodedata.normalize("NFKD", char)[:1].lower() if not char.isspace() else char
    return lowered if len(lowered) == 1 else char


_CLAUSE: Final = re.compile(r"[^.!?;:\n,()¿¡…—–]+[.!?…]*")
_WORD_IN_CLAUSE: Final = re.compile(r"\S+")
LONGEST_CLAUSE: Final = 12


def clauses(text: str) -> list[tuple[int, int]]:
    """Spans of phrases of at most a dozen words, in order, without the punctuation and spaces around them.

    Very short neighbours within one sentence are joined, since "No," alone proves nothing to a reader.
    """
    spans: list[tuple[int, int]] = []
    lengths: list[int] = []  # in words, of each span
    for match in _CLAUSE.finditer(text):
        begin, words = match.start(), [word.span() for word in _WORD_IN_CLAUSE.finditer(match.group())]
        if not words:
            continue
        start, end = begin + words[0][0], begin + words[-1][1]
        if spans and _joinable(text[spans[-1][1] - 1 : start], lengths[-1], len(words)):
            spans[-1] = (spans[-1][0], end)
            lengths[-1] += len(words)
            continue
        pieces = -(-len(words) // LONGEST_CLAUSE)
        size = -(-len(words) // pieces)
        for place in range(0, len(words), size):
            part = words[place : place + size]
            spans.append((begin + part[0][0], begin + part[-1][1]))
            lengths.append(len(part))
    return spans


def _joinable(border: str, left: int, right: int) -> bool:
    """Whether two clauses of so many words are one phrase. `border` is the last character of the first and what stands
    between them."""
    fits = min(left, right) <= 2 and left + right <= LONGEST_CLAUSE
    return fits and border[0] not in ".!?…" and not border[1:].strip(", ")
