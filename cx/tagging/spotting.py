"""Many turns of phrase found in one walk over a text.

Trying a hundred long alternations at every word costs more than all the rest of tagging. Here each alternative is filed
under the letters it opens with, and each word remembers which alternatives can begin with it; nothing else is tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

_WORD: Final = re.compile(r"\w+")
#: An alternative of word characters alone matches a whole word or nothing, whatever stands around it.
_ONE_WORD: Final = re.compile(r"(?:[a-z\d_?*+()|:\[\]]|\\w|\\d)*")
#: Alternatives are filed under so many letters at most.
_LETTERS: Final = 4
#: Words whose alternatives are remembered; after that many the memory starts anew.
_MOST_WORDS: Final = 30_000
_OFTEN: Final = 8

Match = Callable[[str, int], re.Match[str] | None]


class _Phrase(NamedTuple):
    """One alternative of one cue."""

    cue: str
    pattern: str


class _Prospects:
    """What can begin at a word: cues that the word alone is, and phrases that must be tried.

    A word that comes often gets a gate: one pattern that matches wherever any of its phrases does, so that most of the
    time one question is enough. Gates take long to compile, so rare words go without.
    """

    __slots__ = ("_gate", "_seen", "certain", "phrases")

    def __init__(self, *, certain: tuple[str, ...], phrases: tuple[_Phrase, ...]) -> None:
        self.certain = certain
        self.phrases = phrases
        self._seen = 0
        self._gate: Match | None = None

    def at(self, text: str, start: int) -> Iterator[tuple[str, int]]:
        """The cues of the phrases that begin here, with where each ends."""
        self._seen += 1
        if self._seen == _OFTEN:
            self._gate = _attempt("|".join(dict.fromkeys(phrase.pattern for phrase in self.phrases)))
        if self._gate is None or self._gate(text, start):
            for phrase in self.phrases:
                if hit := _attempt(phrase.pattern)(text, start):
                    yield phrase.cue, hit.end()


class Spotter:
    """Finds named patterns. `phrases` are alternations of which each alternative begins and ends with a word;
    `signs` are patterns that may stand anywhere. A name may have both."""

    def __init__(self, *, phrases: Mapping[str, str], signs: Mapping[str, str]) -> None:
        self.names: Final = tuple(dict.fromkeys([*phrases, *signs]))
        self._signs = [(name, re.compile(pattern)) for name, pattern in signs.items()]
        self._filed: dict[str, list[_Phrase]] = {}
        for name, pattern in phrases.items():
            for alternative in alternatives(pattern):
                for opening in set(_openings(alternative)):
                    self._filed.setdefault(opening, []).append(_Phrase(name, alternative))
        self._known: dict[str, _Prospects] = {}

    def spans(self, text: str) -> list[tuple[str, int, int]]:
        """Every cue by name with where it stands. Phrases come in the order of places, and none overlaps its like."""
        found: list[tuple[str, int, int]] = []
        ends: dict[str, int] = {}
        known = self._known
        for match in _WORD.finditer(text):
            word, start = match.group(), match.start()
            prospects = known.get(word) or self._prospects(word)
            for cue in prospects.certain:
                if ends.get(cue, 0) <= start:
                    ends[cue] = match.end()
                    found.append((cue, start, match.end()))
            if prospects.phrases:
                for cue, end in prospects.at(text, start):
                    if ends.get(cue, 0) <= start:
                        ends[cue] = end
                        found.append((cue, start, end))
        for cue, pattern in self._signs:
            found.extend((cue, hit.start(), hit.end()) for hit in pattern.finditer(text))
        return found

    def _prospects(self, word: str) -> _Prospects:
        certain: dict[str, None] = {}
        tries: dict[_Phrase, None] = {}
        for opening in (*(word[:size] for size in range(_LETTERS + 1)), word[:_LETTERS] + " "):
            for phrase in self._filed.get(opening, ()):
                if not _ONE_WORD.fullmatch(phrase.pattern):
                    tries[phrase] = None
                elif _attempt(phrase.pattern)(word, 0):
                    certain[phrase.cue] = None
        if len(self._known) >= _MOST_WORDS:
            self._known.clear()
        prospects = _Prospects(
            certain=tuple(certain), phrases=tuple(phrase for phrase in tries if phrase.cue not in certain)
        )
        self._known[word] = prospects
        return prospects


@lru_cache(maxsize=20_000)  # several times as many as there are alternatives
def _attempt(pattern: str) -> Match:
    return re.compile(rf"(?:{pattern})\b").match


def alternatives(pattern: str) -> list[str]:
    """The alternatives of a pattern at its outermost level."""
    parts, begin, depth = [], 0, 0
    for place, char in _plain_characters(pattern):
        depth += (char == "(") - (char == ")")
        if char == "|" and depth == 0:
            parts.append(pattern[begin:place])
            begin = place + 1
    return [*parts, pattern[begin:]]


def _openings(pattern: str, so_far: str = "") -> Iterator[str]:
    """The letters with which texts matched by the pattern can begin, as far as they are certain: at most four, and a
    space after them where the first word surely ends there."""
    if len(so_far) >= _LETTERS or not pattern:
        yield so_far[:_LETTERS]
        return
    first, rest = _first_item(pattern)
    optional = rest[:1] in ("?", "*", "{")
    follows = re.sub(r"^(?:[?*+]|\{[^}]*\})\??", "", rest)
    if optional:
        yield from _openings(follows, so_far)
    if first.startswith("(?:"):
        for inner in alternatives(first[3:-1]):
            yield from _openings(inner + ("" if rest[:1] in ("*", "+", "{") else follows), so_far)
    elif len(first) == 1 and first.isalnum() and rest[:1] not in ("*", "+", "{"):
        yield from _openings(follows, so_far + first)
    elif first.isalnum():
        yield so_far + first
    elif first == " " and so_far:
        yield so_far + " "
    else:
        yield so_far


def _first_item(pattern: str) -> tuple[str, str]:
    """The first character, escape, class or group of a pattern, and what follows it."""
    end = 2 if pattern[0] == "\\" else 1
    if pattern[0] == "[":
        end = pattern.index("]", 2) + 1
    elif pattern[0] == "(":
        depth = 0
        for place, char in _plain_characters(pattern):
            depth += (char == "(") - (char == ")")
            if depth == 0:
                end = place + 1
                break
    return pattern[:end], pattern[end:]


def _plain_characters(pattern: str) -> Iterator[tuple[int, str]]:
    """The characters that mean structure: not escaped, and in no class."""
    place, in_class = 0, False
    while place < len(pattern):
        char = pattern[place]
        if char == "\\":
            place += 2
            continue
        if in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
        else:
            yield place, char
        place += 1
