"""What people type to find tickets by their tags: `stage:use gap:"tiempo de respuesta" tagged:no` -> a filter.

Keys, labels and everyday names are taken in English and Spanish at once, whatever the page's language: people copy
them to each other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext as _t
from django.utils.translation import pgettext

from cx import codebook, tag_filter
from cx.codebook import Direction
from cx.tag_filter import CONFIRMED, FIELDS, NONE, STATE, SUGGESTED, TagFilter

MOST_TYPED: Final = 300
LONGEST_LABEL: Final = 8  # words
KEYS: Final[Mapping[str, str]] = {
    "stage": "stage",
    "etapa": "stage",
    "gap": "gap",
    "brecha": "gap",
    "direction": "direction",
    "direccion": "direction",
    "cause": "cause",
    "causa": "cause",
    "tagged": STATE,
    "tags": STATE,
    "tag": STATE,
    "etiquetado": STATE,
    "etiquetas": STATE,
    "etiqueta": STATE,
}
_STATES: Final[Mapping[str, tuple[str, ...]]] = {
    "to be tagged": (NONE,),
    "untagged": (NONE,),
    "sin etiquetar": (NONE,),
    "por etiquetar": (NONE,),
    "suggested": (SUGGESTED,),
    "sugerida": (SUGGESTED,),
    "sugerido": (SUGGESTED,),
    "confirmed": (CONFIRMED,),
    "confirmada": (CONFIRMED,),
    "confirmado": (CONFIRMED,),
}
_ONLY_WITH_KEY: Final[Mapping[str, tuple[str, ...]]] = {
    "no": (NONE,),
    "none": (NONE,),
    "yes": (SUGGESTED, CONFIRMED),
    "si": (SUGGESTED, CONFIRMED),
}
_NUMBER: Final = re.compile(r"#?([0-9]{1,18})")
_QUOTED: Final = r'"[^"]*"?|“[^”]*”?|«[^»]*»?'
_TERM: Final = re.compile(rf'(?:(?P<key>[^\W\d_]+):\s*)?(?:(?P<quoted>{_QUOTED})|(?P<plain>[^\s"“«]+))')
_IN_BETWEEN: Final = frozenset({"and", "y", "e", "+", "&", "×", "x"})


@dataclass(frozen=True)
class Asked:
    """What the typed text asks for: one ticket, or those with these tags."""

    number: int | None = None
    tags: TagFilter = field(default_factory=TagFilter)


@dataclass(frozen=True)
class _Term:
    name: str  # of the filter; empty where no key was given
    text: str
    is_quoted: bool


def read(text: str) -> Asked:
    """What was meant. What means nothing is in `tags.unknown`, in the words it was typed in; nothing is raised."""
    text = text.strip()[:MOST_TYPED]
    if number := _NUMBER.fullmatch(text):
        return Asked(number=int(number[1]))
    terms, tags, at = list(_terms(text)), TagFilter(), 0
    while at < len(terms):
        for end in range(_reach(terms, at), at, -1):
            words = " ".join(term.text for term in terms[at:end])
            found = _meant(terms[at].name, words)
            if found is not None:
                tags, at = tags | found, end
                break
        else:
            if terms[at].name or terms[at].text.casefold() not in _IN_BETWEEN:
                tags = tags.with_unknown(terms[at].text)
            at += 1
    return Asked(tags=tags)


def suggestions() -> list[tuple[str, str]]:
    """What can be typed, in the page's language, with the name of what it filters by."""
    keys = {
        "stage": pgettext("typed before a stage", "stage"),
        "gap": pgettext("typed before a gap", "gap"),
        "direction": pgettext("typed before a direction", "direction"),
        "cause": pgettext("typed before a cause", "cause"),
        STATE: pgettext("typed before yes or no", "tagged"),
    }
    found = [
        (f"{keys[name]}:{_quoted(str(label))}", str(tag_filter.NAMES[name]))
        for name in FIELDS
        for label in tag_filter.labels(name).values()
    ]
    return [*found, (f"{keys[STATE]}:{_t('no')}", str(tag_filter.STATES[NONE]))]


def _quoted(label: str) -> str:
    return f'"{label}"' if " " in label else label


def _terms(text: str) -> Iterator[_Term]:
    for match in _TERM.finditer(text):
        key, quoted = match["key"] or "", match["quoted"]
        name = KEYS.get(_plain(key), "")
        if quoted is not None:
            yield _Term(name, quoted.strip('"“”«» '), is_quoted=True)
        elif key and not name:  # "colour:red": nothing is called so, and the whole is answered
            yield _Term("", match[0], is_quoted=True)
        else:
            # Several values of one key stand behind it with commas.
            yield from (_Term(name, each, is_quoted=False) for each in match["plain"].split(",") if each)


def _reach(terms: list[_Term], at: int) -> int:
    """How far a label that begins here can go: a quoted one is whole, an open one may have several words."""
    end = at + 1
    while (
        not terms[at].is_quoted
        and end < min(len(terms), at + LONGEST_LABEL)
        and not (terms[end].name or terms[end].is_quoted)
    ):
        end += 1
    return end


def _meant(name: str, words: str) -> TagFilter | None:
    if name == STATE:
        return _state(words, {**_STATES, **_ONLY_WITH_KEY})
    for each in [name] if name else FIELDS:
        if slug := codebook.slug_for(field=FIELDS[each], text=words):
            return TagFilter().with_value(each, slug)
    return None if name else _state(words, _STATES)


def _state(words: str, known: Mapping[str, tuple[str, ...]]) -> TagFilter | None:
    plain = _plain(words)
    if plain in ("surprise", "surprises", "sorpresa", "sorpresas"):
        return TagFilter().with_value("direction", Direction.EXCEEDED.value)
    labelled = {_plain(str(label)): (state,) for state, label in tag_filter.STATES.items()}
    states = known.get(plain) or labelled.get(plain)
    found = TagFilter()
    for state in states or ():
        found = found.with_value(STATE, state)
    return found or None


def _plain(text: str) -> str:
    letters = "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(letters.replace("_", " ").replace("-", " ").split())
