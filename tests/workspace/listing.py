"""Turning the pages of a list as a reader would."""

from __future__ import annotations

import re
from html import unescape

from django.test import Client


def through_all_pages(client: Client, path: str, *, row: str, most: int = 50) -> list[str]:
    """What the pattern `row` catches on each page, from the first to the last."""
    address, seen = path, []
    for _page in range(most):
        html = client.get(address).content.decode()
        seen += re.findall(row, html)
        further = re.search(r'href="([^"]+)" rel="next"', html)
        if further is None:
            return seen
        address = unescape(further[1])
    raise AssertionError(f"{path} has no end")
