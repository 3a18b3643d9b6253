"""Showing in the customer's own text which words spoke for a suggestion."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

Span = tuple[int, int]
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")


def paragraphs(text: str, *, words: Iterable[str] = ()) -> SafeString:
    """The text as HTML paragraphs, with every place where one of `words` stands marked. Everything is escaped."""
    spans = _merged(span for quote in words for span in _found(text, quote))
    output, start = [], 0
    for gap in [*_PARAGRAPH.finditer(text), None]:
        end = gap.start() if gap else len(text)
        if text[start:end].strip():
            output.append(f"<p>{_marked(text, start, end, spans)}</p>")
        start = gap.end() if gap else end
    return mark_safe("".join(output))  # noqa: S308 - each piece of the text was escaped


def marked(line: str, *, words: Iterable[str] = ()) -> SafeString:
    """One line of text as HTML, with every place where one of `words` stands marked. Everything is escaped."""
    spans = _merged(span for quote in words for span in _found(line, quote))
    return mark_safe(_marked(line, 0, len(line), spans))  # noqa: S308 - each piece of the text was escaped


def _found(text: str, quote: str) -> Iterable[Span]:
    """Where the quote stands; white space may differ, as mail programs break lines anew."""
    pieces = [re.escape(piece) for piece in quote.split()]
    if not pieces:
        return []
    return [match.span() for match in re.finditer(r"\s+".join(pieces), text)]


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _marked(text: str, start: int, end: int, spans: list[Span]) -> str:
    output, position = [], start
    for first, last in spans:
        first, last = max(first, position), min(last, end)
        if first >= last:
            continue
        output += [_lines(text[position:first]), f'<mark class="evidence">{_lines(text[first:last])}</mark>']
        position = last
    return "".join([*output, _lines(text[position:end])])


def _lines(text: str) -> str:
    return str(escape(text)).replace("\n", "<br>")
