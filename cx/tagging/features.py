"""What a classifier can see of a message: words, pieces of words, cues, and how it is written.

Every feature knows the clause it came from, so a decision can be shown to people in the customer's own words. Words
come often and their pieces are many, so pieces are told of a word, not of a place: whoever counts them remembers them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cx.tagging import cues, reading


class Block(NamedTuple):
    """One kind of feature: how much it may weigh against the others before training decides, whether its weights are
    brought to unit length, and in how many texts a feature must be seen to be learnt."""

    share: float
    is_normalised: bool
    seen_in: int


#: By the first letter of a feature's name.
BLOCKS: Final[dict[str, Block]] = {
    "w": Block(1.0, True, 2),  # words and pairs of words
    "c": Block(1.1, True, 4),  # pieces of words
    "s": Block(0.5, True, 2),  # words of the subject
    "f": Block(0.3, True, 3),  # words of the first clause
    "t": Block(0.5, True, 3),  # three words in a row
    "k": Block(0.6, True, 3),  # two words with one between
    "u": Block(0.5, True, 2),  # beginnings of words: forms of a word are one
    "b": Block(0.7, True, 3),  # beginnings of two words in a row
    "q": Block(0.32, False, 2),  # cues
    "n": Block(0.3, False, 3),  # cues that are denied
    "p": Block(0.4, True, 4),  # two cues in one clause
    "x": Block(0.3, False, 2),  # how it is written
}

#: The same for what the words mean together, which is a vector of unit length.
MEANING: Final = 0.7

SUBJECT: Final = 0
BODY: Final = 1
#: The clause of what holds for the message as a whole.
NOWHERE: Final = -1

_TOKEN: Final = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[?!]+|[^\W\d_]+")
_SHORTEST_PIECE: Final = 2
_LONGEST_PIECE: Final = 5
#: Of a longer word only so much is read.
_LONGEST_WORD: Final = 40
#: So many letters stand for all forms of a word.
_BEGINNING: Final = 5
#: A cue is denied by a negation at most so many words before it.
_DENIED_WITHIN: Final = 3
_SHOUTED: Final = re.compile(r"\b[A-ZÁÉÍÓÚÑ]{4,}\b")
_NUMBERS: Final = re.compile(r"\d+")
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
        """The subject or the body."""
        return self.subject if number == SUBJECT else self.body


class Clause(NamedTuple):
    """A span of the subject or of the body."""

    part: int
    start: int
    end: int


@dataclass(frozen=True)
class View:
    """What can be seen of one message: its clauses, its words, and its other features, each with its clause.

    `names_of` tells the features of a word; the others are named.
    """

    clauses: list[Clause]
    words: list[tuple[str, int]]
    named: list[tuple[str, int]]

    def names(self) -> Iterator[str]:
        """Every feature, as often as it occurs."""
        for word, _clause in self.words:
            yield from names_of(word)
        for name, _clause in self.named:
            yield name


def names_of(word: str) -> list[str]:
    """A word as features: itself, its beginning and its pieces."""
    padded = f" {word} "
    last = len(padded)
    return [
        f"w:{word}",
        f"u:{word[:_BEGINNING]}",
        *(
            f"c:{padded[begin : begin + size]}"
            for size in range(_SHORTEST_PIECE, _LONGEST_PIECE + 1)
            for begin in range(last - size + 1)
        ),
    ]


def words_of(folded: str) -> list[str]:
    """The words of a folded text. All numbers are one word, and so is any run of question or exclamation marks."""
    return [_plain(token) for token in _TOKEN.findall(folded)]


def _plain(token: str) -> str:
    return token[:_LONGEST_WORD] if token[0].isalpha() else "0" if token[0].isdigit() else token[0]


def look(message: Message) -> View:
    """Everything there is to see of a message. The same message always gives the same view."""
    view = View([], [], [])
    for number in (SUBJECT, BODY):
        _look_at(message.part(number).folded, number, view)
    view.named.extend((name, NOWHERE) for name in _manner(message))
    return view


def _look_at(folded: str, number: int, view: View) -> None:
    """Add what one part of a message shows to the view."""
    spans = reading.clauses(folded)
    places = _Places(spans, first=len(view.clauses))
    view.clauses.extend(Clause(number, start, end) for start, end in spans)
    _add_words(folded, places, view, is_subject=number == SUBJECT)
    _add_cues(folded, places, view, is_subject=number == SUBJECT)


class _Places:
    """Which clause a place belongs to: the last that begins before it. Without clauses, none."""

    def __init__(self, spans: list[tuple[int, int]], *, first: int) -> None:
        self._starts = [start for start, _end in spans]
        self._first = first
        self.last = first + len(spans) - 1 if len(spans) > 2 else NOWHERE
        self.opening = first if len(spans) > 2 else NOWHERE

    def of(self, start: int) -> int:
        """The number of the clause."""
        return self._first + max(bisect_right(self._starts, start) - 1, 0) if self._starts else NOWHERE


def _add_words(folded: str, places: _Places, view: View, *, is_subject: bool) -> None:
    add = view.named.append
    one = two = ""  # the word before, and the one before that
    for match in _TOKEN.finditer(folded):
        word, clause = _plain(match.group()), places.of(match.start())
        view.words.append((word, clause))
        if is_subject:
            add((f"s:{word}", clause))
        elif clause == places.opening and clause != NOWHERE:
            add((f"f:{word}", clause))
        if one:
            add((f"w:{one} {word}", clause))
            add((f"b:{one[:_BEGINNING]} {word[:_BEGINNING]}", clause))
        if two:
            add((f"t:{two} {one} {word}", clause))
            add((f"k:{two} {word}", clause))
        two, one = one, word


def _add_cues(folded: str, places: _Places, view: View, *, is_subject: bool) -> None:
    """Cues; those of the first and last clause apart, for people open with the matter and close with the verdict;
    those that are denied; pairs within a clause."""
    add = view.named.append
    found = cues.spans(folded)
    in_clause: dict[int, set[str]] = {}
    denials = [end for cue, _start, end in found if cue == cues.NEGATION]
    for cue, start, _end in found:
        clause = places.of(start)
        in_clause.setdefault(clause, set()).add(cue)
        add((f"q:{cue}", clause))
        if clause != NOWHERE and not is_subject and clause in (places.opening, places.last):
            add((f"q:{'last' if clause == places.last else 'first'}:{cue}", clause))
        if denials and cue != cues.NEGATION and _is_denied(folded, start, denials):
            add((f"n:{cue}", clause))
    for clause, here in in_clause.items():
        ordered = sorted(here)
        for place, one in enumerate(ordered):
            view.named.extend([(f"p:{one}&{other}", clause) for other in ordered[place + 1 :]])


def _is_denied(folded: str, start: int, denials: list[int]) -> bool:
    return any(0 <= start - end < 40 and folded.count(" ", end, start) <= _DENIED_WITHIN for end in denials)


def _manner(message: Message) -> list[str]:
    body, written = message.body.folded, message.body.written
    size = len(body.split())
    questions = body.count("?")
    traits = {
        f"channel:{message.channel}": True,
        f"length:{min(size.bit_length(), 8)}": True,
        "ends_with_question": body.rstrip().endswith("?"),
        "opens_with_question": "?" in body[:80],
        "questions": questions > 1,
        "no_question": questions == 0,
        "exclaims": "!" in body,
        "shouts": len(_SHOUTED.findall(written[: reading.HEAD])) > 1,
        "no_subject": not message.subject.written.strip(),
        "numbers": len(_NUMBERS.findall(body)) > 2,
        "call_subject": message.subject.folded.strip() in _EMPTY_SUBJECTS,
    }
    return [f"x:{name}" for name, holds in traits.items() if holds]


# --- Weights ----------------------------------------------------------------------------------------------------------


SHARES: Final = np.array([block.share for block in BLOCKS.values()], dtype=np.float32)
NORMALISED: Final = np.array([block.is_normalised for block in BLOCKS.values()])


def blocks_of(names: Iterable[str]) -> NDArray[np.int8]:
    """The place in `BLOCKS` of each feature."""
    place = {letter: number for number, letter in enumerate(BLOCKS)}
    return np.array([place[name[0]] for name in names], dtype=np.int8)


def weigh(
    counts: NDArray[np.int64], *, of: NDArray[np.int64], idf: NDArray[np.float32], blocks: NDArray[np.int8]
) -> NDArray[np.float32]:
    """Counts of features to weights: damped, scaled by rarity, each block of a message of unit length times its share.

    `of` is the number of the message that each count belongs to, from zero on.
    """
    damped = (1.0 + np.log(counts)) * idf
    cells = of * len(BLOCKS) + blocks
    lengths = np.sqrt(np.bincount(cells, weights=damped * damped))[cells]
    scale = SHARES[blocks] / np.where(NORMALISED[blocks] & (lengths > 0), lengths, 1.0)
    weights: NDArray[np.float32] = (damped * scale).astype(np.float32)
    return weights
