"""What people type to find tickets, read into a tree and written back. Pure: no database, no clock, no words of a page.

    status:open (stage:use OR stage:purchase) from:ana created:>2026-10-01 "exact phrase" rout* -word

Terms side by side must all hold; OR (Spanish: O) binds less than that; `-`, NOT or NO stand before what must not hold.
Nothing that is typed raises: what means nothing is told in `Asked.unknown`, and the rest is followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from helpdesk.common.text import fold, normalise
from tickets.query.tree import EVERYTHING, All, Any, Has, Node, Not, Op, Words

MOST_TYPED: Final = 1000
MOST_TERMS: Final = 50
MOST_UNKNOWN: Final = 5
DEEPEST: Final = 6
LONGEST_LABEL: Final = 8  # words

_QUOTES: Final = str.maketrans("", "", '"“”«»')
_QUOTED: Final = r'"[^"]*"?|“[^”]*”?|«[^»]*»?'
_PLAIN: Final = r'[^\s()"“”«»]+'
_VALUE: Final = rf'(?:{_QUOTED}|[^\s,()"“”«»]+)'
_TOKEN: Final = re.compile(
    rf"(?P<open>\()|(?P<close>\))|(?P<minus>-)(?=[^\s-])"
    rf"|(?P<key>[^\W\d_]+|(?i:field|campo)\.[\w-]+):(?P<given>,*{_VALUE}(?:,+{_VALUE})*,*)?"
    rf"|(?P<quoted>{_QUOTED})|(?P<plain>{_PLAIN})"
)
_GIVEN: Final = re.compile(_VALUE)
_INNER: Final = re.compile(r"[^\W_](?:.*[^\W_])?")  # from the first letter or figure to the last
_NUMBER: Final = re.compile(r"#?([0-9]{1,18})")
_SAFE_VALUE: Final = re.compile(r"[\w@.+/#&'’-]+")
_COMPARED: Final = {">=": Op.SINCE, "<=": Op.UNTIL, ">": Op.AFTER, "<": Op.BEFORE}
_SIGNS: Final = {op: sign for sign, op in _COMPARED.items()}
_OR, _AND, _NOT = frozenset({"OR", "O"}), frozenset({"AND", "Y"}), frozenset({"NOT", "NO"})
_OPERATORS: Final = _OR | _AND | _NOT
_IN_BETWEEN: Final = frozenset({"and", "y", "e", "+", "&", "×", "x", "in", "en"})


class Why(StrEnum):
    """Why something that was typed is not followed."""

    NO_FIELD = "no_field"
    NO_VALUE = "no_value"
    NOTHING_BEHIND = "nothing_behind"
    TOO_LONG = "too_long"


class Unknown(NamedTuple):
    """Something that was typed and means nothing, in the words it was typed in."""

    text: str
    why: Why
    field: str = ""  # whose value it should have been


@dataclass(frozen=True)
class Asked:
    """What was asked for. A number alone is one ticket; what stands in `labels` was read as a tag though no field was
    named."""

    tree: Node = EVERYTHING
    unknown: tuple[Unknown, ...] = ()
    number: int | None = None
    labels: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.tree != EVERYTHING


class Known(Protocol):
    """What the language must be told about fields."""

    def called(self, name: str) -> str | None:
        """The slug of the field with this name."""

    def meant(self, field: str, op: Op, text: str) -> Has | None:
        """The condition that one value stands for."""

    def in_order(self, field: str, values: Iterable[str]) -> tuple[str, ...]:
        """The values as they are written, each once."""

    def takes_any_text(self, field: str) -> bool:
        """Whether the words behind a value can belong to it no more."""

    def labelled(self, text: str) -> Has | None:
        """The condition that a label stands for without its field's name."""


def read(text: str, known: Known, *, takes_labels: bool = False) -> Asked:
    """What was meant. With `takes_labels` a label that is typed alone means its tag, not the words it is made of."""
    line = normalise(text[: 4 * MOST_TYPED], single_line=True)
    if number := _NUMBER.fullmatch(line):
        return Asked(tree=Words(number[1]), number=int(number[1]))
    reader = _Reader(line[:MOST_TYPED], known, takes_labels=takes_labels)
    tree = reader.read() or EVERYTHING
    if len(line) > MOST_TYPED:
        reader.tell("", Why.TOO_LONG)
    return Asked(tree, tuple(reader.unknown), labels=tuple(reader.labels))


def write(node: Node) -> str:
    """The text that is read as this tree, in slugs: one text for each meaning."""
    tree = normal(node)
    return " ".join(map(_written_in_all, tree.parts)) if isinstance(tree, All) else _written(tree)


def normal(node: Node) -> Node:
    """The same without groups of none and of one, groups in groups of their kind, and parts that stand there twice."""
    return _normal(node) or EVERYTHING


def joined(*nodes: Node) -> Node:
    """What all of these ask for."""
    return normal(All(nodes))


def parts_of(node: Node) -> tuple[Node, ...]:
    """What must hold, one by one."""
    return node.parts if isinstance(node, All) else (node,)


def words(text: str, *, is_phrase: bool = False) -> Words | None:
    """One word, or several in this order; a star at the end leaves the last one open. None where there is no word."""
    line = normalise(text.translate(_QUOTES), single_line=True)
    is_beginning = line.endswith("*")
    inner = _INNER.search(line)
    if not inner:
        return None
    line = inner[0]
    token = _TOKEN.fullmatch(line)
    is_one = token is not None and token["plain"] is not None and line not in _OPERATORS
    return Words(line, is_phrase=is_phrase or not is_one, is_beginning=is_beginning)


def clean_value(text: str) -> str:
    """A value without the marks that the language itself is made of."""
    return normalise(text.translate(_QUOTES), single_line=True)


# --- Reading ----------------------------------------------------------------------------------------------------------


class _Token(NamedTuple):
    kind: str
    text: str
    given: str | None = None  # behind a key


class _Reader:
    """Goes through the tokens once, from left to right."""

    def __init__(self, line: str, known: Known, *, takes_labels: bool) -> None:
        self.tokens = list(_tokens(line))
        self.known, self.takes_labels = known, takes_labels
        self.at, self.terms, self.too_deep = 0, 0, 0
        self.unknown: list[Unknown] = []
        self.labels: list[str] = []
        self.was_label = False

    def read(self) -> Node | None:
        return self._any(0)

    def tell(self, text: str, why: Why, field: str = "") -> None:
        unknown = Unknown(text[:60], why, field)
        if unknown not in self.unknown and len(self.unknown) < MOST_UNKNOWN:
            self.unknown.append(unknown)

    @property
    def ahead(self) -> _Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _any(self, depth: int) -> Node | None:
        parts = [self._all(depth)]
        while self.ahead and self.ahead.kind == "or":
            self.at += 1
            parts.append(self._all(depth))
        return _group(Any, parts)

    def _all(self, depth: int) -> Node | None:
        parts: list[Node | None] = []
        while (token := self.ahead) and token.kind != "or":
            if token.kind == "close":
                if depth and not self.too_deep:
                    break
                self.too_deep = max(0, self.too_deep - 1)
                self.at += 1
            else:
                parts.append(self._part(depth))
        return _group(All, parts)

    def _part(self, depth: int) -> Node | None:
        is_not = False
        while (token := self.ahead) and token.kind in ("minus", "not", "and"):
            is_not ^= token.kind != "and"
            self.at += 1
        if token is None or token.kind in ("or", "close"):
            return None
        part = self._bracket(depth) if token.kind == "open" else self._term(token)
        return _not(part) if is_not else part

    def _bracket(self, depth: int) -> Node | None:
        self.at += 1
        if depth >= DEEPEST:
            self.too_deep += 1
            return None
        inner = self._any(depth + 1)
        if self.ahead:  # the bracket that closes; at the end of the text it may be missing
            self.at += 1
        return inner

    def _term(self, token: _Token) -> Node | None:
        self.terms += 1
        if self.terms > MOST_TERMS:
            self.tell("", Why.TOO_LONG)
            self.at = len(self.tokens)
            return None
        if token.kind == "key":
            return self._with_key(token)
        if self.takes_labels and (found := self._label()):
            return found
        self.at += 1
        if token.kind == "plain" and self.was_label and token.text.casefold() in _IN_BETWEEN:
            return None
        self.was_label = False
        return words(token.text, is_phrase=token.kind == "quoted")

    def _with_key(self, token: _Token) -> Node | None:
        self.at += 1
        field = self.known.called(token.text)
        if field is None:
            return self._without_field(token)
        if token.given is None:
            return self._value_behind(token, field)
        found = [self._one_value(field, text) for text in _GIVEN.findall(token.given)]
        return self._values(field, [each for each in found if each])

    def _without_field(self, token: _Token) -> Node | None:
        """ "Re: your bill" and an address of the web are words; anything else looks like a field that there is none."""
        if token.given is None or token.given.startswith("//"):
            return words(f"{token.text}:{token.given}" if token.given else token.text)
        self.tell(f"{token.text}:{clean_value(token.given)}", Why.NO_FIELD)
        return None

    def _value_behind(self, token: _Token, field: str) -> Node | None:
        """The value of "stage: use", where it stands behind a blank."""
        following = self.ahead
        if following and following.kind in ("plain", "quoted"):
            self.at += 1
            found = self._meant(field, following.text, is_quoted=following.kind == "quoted")
            if found:
                return found
            self.at -= 1
        self.tell(f"{token.text}:", Why.NOTHING_BEHIND, field)
        return None

    def _one_value(self, field: str, text: str) -> Has | None:
        is_quoted = text[0] in '"“«'
        found = self._meant(field, text, is_quoted=is_quoted)
        if not found and (said := clean_value(text)):
            self.tell(said, Why.NO_VALUE, field)
        return found

    def _meant(self, field: str, text: str, *, is_quoted: bool) -> Has | None:
        """The condition of one value, with as many of the plain words behind it as belong to its label."""
        is_literal = is_quoted or self.known.takes_any_text(field)
        op, value = (Op.IS, clean_value(text)) if is_literal else _compared(text)
        if not value:
            return None
        alone = self.known.meant(field, op, value)
        is_whole = alone is not None and alone.values == (value,)
        if is_literal or op != Op.IS or is_whole:
            return alone
        for end in range(self._reach(self.at), self.at, -1):
            further = " ".join(token.text for token in self.tokens[self.at : end])
            if found := self.known.meant(field, op, f"{value} {further}"):
                self.at = end
                return found
        return alone

    def _label(self) -> Has | None:
        """The condition of a label that begins here; the longest one counts."""
        token = self.tokens[self.at]
        if token.kind == "quoted":
            return None
        for end in range(self._reach(self.at + 1), self.at, -1):
            text = " ".join(each.text for each in self.tokens[self.at : end])
            if found := self.known.labelled(text):
                self.at, self.was_label = end, True
                self.labels.append(text)
                return found
        return None

    def _reach(self, start: int) -> int:
        end = start
        while end < min(len(self.tokens), start + LONGEST_LABEL - 1) and self.tokens[end].kind == "plain":
            end += 1
        return end

    def _values(self, field: str, found: list[Has]) -> Node | None:
        same = [each for each in found if each.field == field and each.op == Op.IS]
        other = [each for each in found if each not in same]
        if same:
            values = self.known.in_order(field, (value for each in same for value in each.values))
            other.insert(0, Has(field, Op.IS, values))
        return _group(Any, other)


def _tokens(line: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(line):
        kind = str(match.lastgroup)
        if match["key"] is not None:
            yield _Token("key", match["key"], match["given"])
        elif kind == "plain" and match["plain"] in _OPERATORS:
            word = match["plain"]
            yield _Token("or" if word in _OR else "and" if word in _AND else "not", word)
        else:
            yield _Token(kind, match[kind])


def _compared(text: str) -> tuple[Op, str]:
    """How a value is compared: ">2026-10-01" with what, "1..3" from what to what. Ranges stay in one text."""
    for sign, op in _COMPARED.items():
        if text.startswith(sign):
            return op, clean_value(text.removeprefix(sign))
    start, dots, end = text.partition("..")
    if not dots:
        return Op.IS, clean_value(text)
    if start and end:
        return Op.BETWEEN, clean_value(text)
    return (Op.SINCE, clean_value(start)) if start else (Op.UNTIL, clean_value(end))


# --- Normal form ------------------------------------------------------------------------------------------------------


def _group(kind: type[All] | type[Any], parts: Iterable[Node | None]) -> Node | None:
    flat: dict[Node, None] = {}
    for part in parts:
        if isinstance(part, kind):
            flat |= dict.fromkeys(part.parts)
        elif part is not None:
            flat[part] = None
    return kind(tuple(flat)) if len(flat) > 1 else next(iter(flat), None)


def _not(part: Node | None) -> Node | None:
    return part.part if isinstance(part, Not) else Not(part) if part is not None else None


def _normal(node: Node) -> Node | None:
    if isinstance(node, All | Any):
        return _group(type(node), map(_normal, node.parts))
    return _not(_normal(node.part)) if isinstance(node, Not) else node


# --- Writing ----------------------------------------------------------------------------------------------------------


def _written(node: Node) -> str:
    if isinstance(node, Any):
        return " OR ".join(_in_brackets(part) if isinstance(part, All) else _written(part) for part in node.parts)
    if isinstance(node, All):
        return " ".join(map(_written_in_all, node.parts))
    if isinstance(node, Not):
        return f"-{_in_brackets(node.part) if isinstance(node.part, All | Any) else _written(node.part)}"
    if isinstance(node, Words):
        text = f"{node.text}{'*' if node.is_beginning else ''}"
        return f'"{text}"' if node.is_phrase else text
    return _written_condition(node)


def _written_in_all(node: Node) -> str:
    return _in_brackets(node) if isinstance(node, Any) else _written(node)


def _in_brackets(node: Node) -> str:
    return f"({_written(node)})"


def _written_condition(node: Has) -> str:
    if node.op == Op.EMPTY:
        return f"{node.field}:none"
    if node.op == Op.BETWEEN:
        return f"{node.field}:{'..'.join(node.values)}"
    return f"{node.field}:{_SIGNS.get(Op(node.op), '')}{','.join(map(_written_value, node.values))}"


def _written_value(value: str) -> str:
    is_safe = _SAFE_VALUE.fullmatch(value) and ".." not in value
    return value if is_safe else f'"{value}"'


def plain(text: str) -> str:
    """The text as names are compared: without case, accents, hyphens, underscores and spare blanks."""
    return " ".join(fold(text.replace("’", "'")).replace("_", " ").replace("-", " ").split())
