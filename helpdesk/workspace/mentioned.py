"""Showing in a note whom it calls by name."""

from __future__ import annotations

import re
from collections.abc import Collection

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe


def marked_up(body: SafeString, mentions: Collection[str]) -> SafeString:
    """The note's HTML with every mention marked. `body` is what `paragraphs` made: escaped text in which no tag has an
    "@", so that a mention is found in nothing but text."""
    if not mentions:
        return body
    longest_first = sorted({str(escape(each)) for each in mentions}, key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w.+@/-])(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
    marked = pattern.sub(lambda found: f'<b class="mention">{found[0]}</b>', body)
    return mark_safe(marked)  # noqa: S308 - the text was escaped, and nothing but our own tag was added
