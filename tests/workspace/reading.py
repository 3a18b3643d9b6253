"""What a page says, read without its markup."""

from __future__ import annotations

import html as entities
import re


def field(page: str, name: str) -> str:
    """What stands in the text field of that name."""
    found = re.search(rf'<textarea\b[^>]*\bname="{name}"[^>]*>(.*?)</textarea>', page, re.S)
    assert found, f"no field {name}"
    return entities.unescape(found[1])


def words_of(page: str) -> str:
    """The words of a page or a part of one, with single spaces."""
    return " ".join(entities.unescape(re.sub(r"<[^>]*>", " ", page)).split())
