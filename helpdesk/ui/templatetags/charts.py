"""Small drawings as SVG: fluid (places in percent), printable, without a style attribute, coloured by CSS.

A drawing repeats what the words beside it say, so it is hidden from screen readers.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

MARGIN = 0.3  # of the stretch shown, free at both ends


def _at(share: float) -> str:
    """A place along the drawing, which no language may write with a comma."""
    return f"{100 * min(1.0, max(0.0, share)):.2f}%"


@register.simple_tag
def interval_strip(now: float, low: float, high: float, before: float | None = None) -> SafeString:
    """Where a figure lies: a line for its interval, a dot for now, a tick for before. Words beside it say the same."""
    known = [now, low, high, *([] if before is None else [before])]
    first, last = min(known), max(known)
    free = (last - first) * MARGIN or 1.0
    place = lambda value: _at((value - first + free) / (last - first + 2 * free))  # noqa: E731
    tick = (
        format_html('<line class="pr" x1="{0}" x2="{0}" y1="4" y2="16"/>', place(before)) if before is not None else ""
    )
    return format_html(
        '<svg class="ci-strip" aria-hidden="true"><line class="ax" x1="0" x2="100%" y1="10" y2="10"/>'
        '<line class="ci" x1="{}" x2="{}" y1="10" y2="10"/>{}<circle class="pt" cx="{}" cy="10" r="5"/></svg>',
        place(low), place(high), tick, place(now),
    )  # fmt: skip


@register.simple_tag
def bar(share: float | None, before: float | None = None) -> SafeString:
    """A bar over its track; a thin mark shows where it ended before. The numbers stand beside it."""
    mark = format_html('<line x1="{0}" x2="{0}" y1="-2" y2="10"/>', _at(before)) if before is not None else ""
    return format_html(
        '<svg class="b" aria-hidden="true"><rect class="bg" width="100%" height="8" rx="2"/>'
        '<rect width="{}" height="8" rx="2"/>{}</svg>',
        _at(share or 0.0), mark,
    )  # fmt: skip


@register.simple_tag
def stacked(parts: Iterable[tuple[str, int]]) -> SafeString:
    """One bar of several parts, each (class, count); parts of nothing are left out."""
    drawn = [(name, count) for name, count in parts if count]
    whole = sum(count for _name, count in drawn)
    edges = [0]
    for _name, count in drawn:
        edges.append(edges[-1] + count)
    rects = format_html_join(
        "",
        '<rect class="{}" x="{}" width="{}" height="12"/>',
        (
            (name, _at(begin / whole), _at((end - begin) / whole))
            for (name, _count), (begin, end) in zip(drawn, pairwise(edges), strict=True)
        ),
    )
    return format_html('<svg class="stacked" aria-hidden="true">{}</svg>', rects)


@register.simple_tag
def whiskers(low: float | None, value: float | None, high: float | None, most: float) -> SafeString:
    """An interval on a scale from nought to `most`; an open end where nobody knows yet how long."""
    if value is None or not most:
        return SafeString("")
    line = format_html(
        '<line class="wh" x1="{}" x2="{}" y1="8" y2="8"/>', _at((low or 0.0) / most), _at((high or most) / most)
    )
    return format_html(
        '<svg class="whiskers" aria-hidden="true"><line class="ax" x1="0" x2="100%" y1="8" y2="8"/>{}'
        '<circle class="pt" cx="{}" cy="8" r="4"/></svg>',
        line, _at(value / most),
    )  # fmt: skip
