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
#: Alternatives are filed under so many letters of their first word at most, and compared by so many characters.
_LETTERS: Final = 4
_COMPARED: Final = 8
#: A word is remembered with so many characters that follow it: most phrases are ruled out by those.
_AHEAD: Final = 4
#: Words (with what follows them) whose alternatives are remembered; after that many the memory starts anew.
_MOST_WORDS: Final = 60_000

Match = Callable[[str, int], re.Match[str] | None]


class _Phrase(NamedTuple):
    """One alternative of one cue, and how the texts it matches begin. Comparing that is far cheaper than matching."""

    cue: str
    pattern: str
    opening: str


class _Prospects(NamedTuple):
    """What can begin at a word: cues that the word alone is, and phrases that must be tried."""

    certain: tuple[str, ...]
    phrases: tuple[_Phrase, ...]


class Spotter:
    """Finds named patterns. `phrases` are alternations of which each alternative begins and ends with a word;
    `signs` are patterns that may stand anywhere. A name may have both."""

    def __init__(self, *, phrases: Mapping[str, str], signs: Mapping[str, str]) -> None:
        self.names: Final = tuple(dict.fromkeys([*phrases, *signs]))
        self._signs = [(name, re.compile(pattern)) for name, pattern in signs.items()]
        self._filed: dict[str, list[_Phrase]] = {}
        for name, pattern in phrases.items():
            for alternative in alternatives(pattern):
                for opening in sorted(set(_openings(alternative))):
                    self._filed.setdefault(_drawer(opening), []).append(_Phrase(name, alternative, opening))
        self._of_word: dict[str, _Prospects] = {}
        self._known: dict[str, _Prospects] = {}

    def spans(self, text: str) -> list[tuple[str, int, int]]:
        """Every cue by name with where it stands. Phrases come in the order of places, and none overlaps its like."""
        found: list[tuple[str, int, int]] = []
        ends: dict[str, int] = {}
        known = self._known
        for match in _WORD.finditer(text):
            start, end = match.span()
            seen = text[start : end + _AHEAD]
            prospects = known.get(seen) or self._prospects(match.group(), seen)
            for cue in prospects.certain:
                if ends.get(cue, 0) <= start:
                    ends[cue] = end
                    found.append((cue, start, end))
            for cue, pattern, _opening in prospects.phrases:
                if ends.get(cue, 0) <= start and (hit := _attempt(pattern)(text, start)):
                    ends[cue] = hit.end()
                    found.append((cue, start, hit.end()))
        for cue, sign in self._signs:
            found.extend((cue, hit.start(), hit.end()) for hit in sign.finditer(text))
        return found

    def _prospects(self, word: str, seen: str) -> _Prospects:
        """What can begin at a word, seen with the few characters that follow it."""
        if len(self._known) >= _MOST_WORDS:
            self._known.clear()
            self._of_word.clear()
        whole = self._of_word.get(word) or self._of_word.setdefault(word, self._opened_by(word))
        fitting = {
            (phrase.cue, phrase.pattern): phrase
            for phrase in whole.phrases
            if seen.startswith(phrase.opening) or phrase.opening.startswith(seen)
        }
        prospects = _Prospects(whole.certain, tuple(fitting.values()))
        self._known[seen] = prospects
        return prospects

    def _opened_by(self, word: str) -> _Prospects:
        """What can begin at a word, whatever follows it."""
        certain: dict[str, None] = {}
        phrases: list[_Phrase] = []
        for drawer in (*(word[:size] for size in range(_LETTERS + 1)), f"{word} "):
            for phrase in self._filed.get(drawer, ()):
                if not _ONE_WORD.fullmatch(phrase.pattern):
                    phrases.append(phrase)
                elif _attempt(phrase.pattern)(word, 0):
                    certain[phrase.cue] = None
        return _Prospects(tuple(certain), tuple(phrase for phrase in phrases if phrase.cue not in certain))


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


def _drawer(opening: str) -> str:
    """Where an opening is filed: under its first word if that surely ends within it, else under its first letters."""
    word = re.match(r"\w*", opening)
    first = word.group() if word else ""
    return f"{first} " if len(first) < min(len(opening), _LETTERS) else first[:_LETTERS]


def _openings(pattern: str, so_far: str = "") -> Iterator[str]:
    """The characters with which texts matched by the pattern can begin, as far as they are certain."""
    if len(so_far) >= _COMPARED or not pattern:
        yield so_far[:_COMPARED]
        return
    first, rest = _first_item(pattern)
    repeats, follows = rest[:1] in ("*", "+", "{"), re.sub(r"^(?:[?*+]|\{[^}]*\})\??", "", rest)
    if rest[:1] in ("?", "*", "{"):
        yield from _openings(follows, so_far)
    if first.startswith("(?:"):
        for inner in alternatives(first[3:-1]):
            if repeats:
                yield so_far
            else:
                yield from _openings(inner + follows, so_far)
    elif len(first) == 1 and (first.isalnum() or first in " '-"):
        yield from _openings("" if repeats else follows, so_far + first)
    elif first == r"\d" and not so_far:
        yield from "0123456789"
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
