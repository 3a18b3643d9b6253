"""What a page says, read without its markup."""

from __future__ import annotations

import html as entities
import re

from django.test import Client


def page_at(client: Client, address: str) -> str:
    """The page itself, not where it would lead."""
    answer = client.get(address)
    assert answer.status_code == 200, (answer.status_code, answer.headers.get("Location"))
    return str(answer.content.decode())


def rows_of(page: str) -> list[int]:
    """The numbers of the tickets that a list shows, from top to bottom."""
    return [int(number) for number in re.findall(r'href="/tickets/(\d+)/[^>]*data-row-link', page)]


def field(page: str, name: str) -> str:
    """What stands in the text field of that name."""
    found = re.search(rf'<textarea\b[^>]*\bname="{name}"[^>]*>(.*?)</textarea>', page, re.S)
    assert found, f"no field {name}"
    return entities.unescape(found[1])


def words_of(page: str) -> str:
    """The words of a page or a part of one, with single spaces."""
    return " ".join(entities.unescape(re.sub(r"<[^>]*>", " ", page)).split())
