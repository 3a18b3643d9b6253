"""What was asked for, as a tree. Pure: no database, no clock, no words of a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Op(StrEnum):
    """How a field is compared with values. "Is not" is `Not` around it."""

    IS = "is"  # any of the values
    BEFORE = "before"  # of numbers: less
    AFTER = "after"
    UNTIL = "until"  # the day itself counts
    SINCE = "since"
    BETWEEN = "between"  # both ends count
    WITHIN = "within"  # of a span: in the last seven days, or in the next
    EMPTY = "empty"


@dataclass(frozen=True)
class Words:
    """A word, the beginning of one, or words in this order, anywhere in what a ticket says."""

    text: str
    is_phrase: bool = False
    is_beginning: bool = False  # the last word may go on: "rout" finds "router"


@dataclass(frozen=True)
class Has:
    """A field compared with values; any of them will do."""

    field: str  # slug of a registered field
    op: str  # one of `Op`
    values: tuple[str, ...] = ()  # slugs where the field has choices


@dataclass(frozen=True)
class All:
    """Every part must hold; without parts, everything does."""

    parts: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Any:
    """One of the parts must hold."""

    parts: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Not:
    """The part must not hold."""

    part: Node


Node = Words | Has | All | Any | Not
EVERYTHING = All()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, from left to right."""
    yield node
    if isinstance(node, All | Any):
        for part in node.parts:
            yield from walk(part)
    elif isinstance(node, Not):
        yield from walk(node.part)
