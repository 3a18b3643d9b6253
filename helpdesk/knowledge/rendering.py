"""Articles as a page: the little that people type by themselves, and nothing that could be markup.

A blank line ends a paragraph, "## " begins a heading, "- " and "1. " the lines of a list; an address becomes a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_HEADING = re.compile(r"#{2,3}\s+(?=\S)")
_BULLET = re.compile(r"[-*•]\s+(?=\S)")
_NUMBER = re.compile(r"(\d{1,3})[.)]\s+(?=\S)")
_ADDRESS = re.compile(r"https?://[^\s<>\"'`«»“”‘’{}|\\^]{1,1500}")
_AFTER_ADDRESS = ".,;:!?…"


def rendered(text: str) -> SafeString:
    """The text as HTML. Every character of it is escaped; all tags are ours."""
    return mark_safe("\n".join(_blocks(text)))  # noqa: S308 - made of escaped text and our own tags


def plain(text: str) -> str:
    """The text for a letter: as it was typed, without the signs of headings."""
    return "\n".join(_HEADING.sub("", line.rstrip(), count=1) for line in text.split("\n"))


def _blocks(text: str) -> Iterator[str]:
    lines = (line.strip() for line in text.split("\n"))
    for kind, group in groupby(lines, key=_kind):
        if kind == "h2":
            yield from (f"<h2>{_linked(_HEADING.sub('', line, count=1))}</h2>" for line in group)
        elif kind == "ul":
            yield f"<ul>{_items(_BULLET, group)}</ul>"
        elif kind == "ol":
            yield _numbered(list(group))
        elif kind == "p":
            yield f"<p>{'<br>'.join(map(_linked, group))}</p>"


def _kind(line: str) -> str:
    if not line:
        return ""
    if _HEADING.match(line):
        return "h2"
    if _BULLET.match(line):
        return "ul"
    return "ol" if _NUMBER.match(line) else "p"


def _numbered(lines: list[str]) -> str:
    first = _NUMBER.match(lines[0])
    start = int(first[1]) if first else 1
    attribute = f' start="{start}"' if start != 1 else ""
    return f"<ol{attribute}>{_items(_NUMBER, lines)}</ol>"


def _items(sign: re.Pattern[str], lines: Iterable[str]) -> str:
    return "".join(f"<li>{_linked(sign.sub('', line, count=1))}</li>" for line in lines)


def _linked(line: str) -> str:
    pieces: list[str] = []
    position = 0
    for match in _ADDRESS.finditer(line):
        address = _address(match[0])
        pieces.append(escape(line[position : match.start()]))
        position = match.start() + len(address)
        shown = escape(address)
        has_host = len(address.partition("//")[2]) > 0
        pieces.append(f'<a href="{shown}" rel="noopener noreferrer">{shown}</a>' if has_host else shown)
    return "".join(pieces) + escape(line[position:])


def _address(found: str) -> str:
    """Without the full stop of its sentence, and without the bracket that was opened before it."""
    while found and (found[-1] in _AFTER_ADDRESS or (found[-1] == ")" and found.count(")") > found.count("("))):
        found = found[:-1]
    return found
