"""What a classifier can see of a message: words, pieces of words, cues, and how it is written.

Every feature knows the span it came from, so a decision can be shown to people in the customer's own words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from cx.tagging import cues, reading

#: How much each kind of feature may weigh against the others before training decides.
BLOCKS: Final[dict[str, float]] = {"w": 1.0, "c": 0.9, "s": 0.5, "q": 0.32, "x": 0.3}
_NORMALISED: Final = frozenset("wcs")

SUBJECT: Final = 0
BODY: Final = 1

_TOKEN: Final = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[?!]+|[^\W\d_]+")
_SHORTEST_PIECE: Final = 2
_LONGEST_PIECE: Final = 5
_SHOUTED: Final = re.compile(r"\b[A-ZÁÉÍÓÚÑ]{4,}\b")
#: Subjects the channel writes by itself: they say nothing about the matter.
_EMPTY_SUBJECTS: Final = frozenset({"call note", "nota de llamada", "voicemail", "voicemail transcript", "phone note"})


@dataclass(frozen=True)
class Message:
    """One message as the classifier reads it."""

    subject: reading.Passage
    body: reading.Passage
    channel: str
    lang: str

    def part(self, number: int) -> reading.Passage:
        """The passage an occurrence's `part` points to."""
        return self.subject if number == SUBJECT else self.body


class Occurrence(NamedTuple):
    """One sighting of a feature. A span of no length stands for the message as a whole."""

    name: str
    part: int
    start: int
    end: int


def occurrences(message: Message) -> Iterator[Occurrence]:
    """Every feature of the message, as often as it occurs. The name's first letter is its block."""
    for number in (SUBJECT, BODY):
        folded = message.part(number).folded
        yield from _words(folded, number)
        for name, start, end in cues.spans(folded):
            yield Occurrence(f"q:{name}", number, start, end)
    yield from _edges(message.body.folded)
    yield from _manner(message)


def _words(folded: str, number: int) -> Iterator[Occurrence]:
    before: tuple[str, int] | None = None
    for match in _TOKEN.finditer(folded):
        token, start, end = match.group(), match.start(), match.end()
        word = "0" if token.isdigit() else token[0] if token[0] in "?!" else token
        yield Occurrence(f"w:{word}", number, start, end)
        if number == SUBJECT:
            yield Occurrence(f"s:{word}", number, start, end)
        if before is not None:
            yield Occurrence(f"w:{before[0]} {word}", number, before[1], end)
        before = (word, start)
        padded = f" {word} "
        for size in range(_SHORTEST_PIECE, _LONGEST_PIECE + 1):
            for begin in range(len(padded) - size + 1):
                yield Occurrence(f"c:{padded[begin : begin + size]}", number, start, end)


def _edges(folded: str) -> Iterator[Occurrence]:
    """Cues in the first and the last clause: people open with the matter and close with the verdict."""
    spans = reading.clauses(folded)
    if len(spans) < 3:
        return
    for place, (start, end) in (("first", spans[0]), ("last", spans[-1])):
        for name, begin, stop in cues.spans(folded[start:end]):
            yield Occurrence(f"q:{place}:{name}", BODY, start + begin, start + stop)


def _manner(message: Message) -> Iterator[Occurrence]:
    body, written = message.body.folded, message.body.written
    size = len(body.split())
    traits = {
        f"channel:{message.channel}": True,
        f"lang:{message.lang}": True,
        f"length:{min(size.bit_length(), 8)}": True,
        "ends_with_question": body.rstrip().endswith("?"),
        "opens_with_question": "?" in body[:80],
        "questions": body.count("?") > 1,
        "no_question": "?" not in body,
        "exclaims": "!" in body,
        "shouts": len(_SHOUTED.findall(written[: reading.HEAD])) > 1,
        "no_subject": not message.subject.written.strip(),
        "numbers": len(re.findall(r"\d+", body)) > 2,
        "call_subject": message.subject.folded.strip() in _EMPTY_SUBJECTS,
    }
    for name, holds in traits.items():
        if holds:
            yield Occurrence(f"x:{name}", BODY, 0, 0)


def weights(found: dict[str, float], *, idf: dict[str, float]) -> dict[str, float]:
    """Counts to weights: damped, scaled by rarity, each block of unit length times its share."""
    damped = {name: (1.0 + math.log(n)) * idf.get(name, 0.0) for name, n in found.items() if name in idf}
    lengths: dict[str, float] = {}
    for name, value in damped.items():
        lengths[name[0]] = lengths.get(name[0], 0.0) + value * value
    scale = {
        block: share / (math.sqrt(lengths[block]) or 1.0) if block in _NORMALISED else share
        for block, share in BLOCKS.items()
        if block in lengths
    }
    return {name: value * scale[name[0]] for name, value in damped.items()}
