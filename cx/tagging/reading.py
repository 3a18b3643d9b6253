"""The customer's own words in a message, with every character still at its place.

Everything here keeps lengths: whatever is hidden or folded stays one character per character, so a span found in the
folded text is a span of the original.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

#: Of a longer text only the head and the tail are read; people state their matter at either end.
HEAD: Final = 5000
TAIL: Final = 1500

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
    """One part of a message (its subject or its body): as written, and folded for comparison."""

    written: str
    folded: str

    def at(self, start: int, end: int) -> str:
        """The customer's literal words at this span."""
        return self.written[start:end]

    @property
    def visible(self) -> str:
        """As written, but with everything blank that was blanked in the folding."""
        return "".join(
            shown if not read.isspace() else read for shown, read in zip(self.written, self.folded, strict=True)
        )


def passage(text: str) -> Passage:
    """Fold a short text as it stands, such as a subject."""
    short = text[:HEAD]
    return Passage(written=short, folded=fold(short))


def own_words(body: str) -> Passage:
    """The body without quoted history, signature and addresses: those are blanked, not cut.

    A body that is nothing but quotation is read as it stands, for it is all the customer sent.
    """
    kept = body
    for pattern in (_QUOTE_INTRODUCTION, _QUOTED_LINE):
        kept = pattern.sub(_blank, kept)
    kept = _without_signature(kept)
    if not kept.strip():
        kept = body
    kept = _ADDRESS.sub(_blank, kept)
    return Passage(written=_head_and_tail(body, measure=kept), folded=fold(_head_and_tail(kept, measure=kept)))


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
    return "".join(map(_fold_character, text))


@lru_cache(maxsize=4096)
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
    for match in _CLAUSE.finditer(text):
        words = [(match.start() + w.start(), match.start() + w.end()) for w in _WORD_IN_CLAUSE.finditer(match.group())]
        if not words:
            continue
        joined = bool(spans) and _joinable(text, spans[-1], (words[0][0], words[-1][1]))
        if joined:
            spans[-1] = (spans[-1][0], words[-1][1])
            continue
        pieces = -(-len(words) // LONGEST_CLAUSE)
        size = -(-len(words) // pieces)
        for begin in range(0, len(words), size):
            part = words[begin : begin + size]
            spans.append((part[0][0], part[-1][1]))
    return spans


def _joinable(text: str, left: tuple[int, int], right: tuple[int, int]) -> bool:
    between = text[left[1] : right[0]]
    if not set(between) <= set(", ") or text[left[1] - 1] in ".!?…":
        return False
    lengths = len(text[left[0] : left[1]].split()), len(text[right[0] : right[1]].split())
    return min(lengths) <= 2 and sum(lengths) <= LONGEST_CLAUSE
