from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

from helpdesk.common import trigrams
from tickets.search import vocabulary


@register(Tags.database)
def trigrams_can_be_used(*, databases: Iterable[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Runs with `check --database default` and before `migrate`, which switches them on where our role may."""
    found: list[CheckMessage] = []
    for connection in (connections[alias] for alias in databases or ()):
        if connection.vendor != "postgresql" or vocabulary.TABLE not in connection.introspection.table_names():
            continue
        if not trigrams.are_there(connection) and not trigrams.can_be_made(connection):
            found.append(Warning(
                "The search works without answering misspelt words and is slower to find customers, for PostgreSQL’s "
                "extension pg_trgm is not there and our role may not make it.",
                hint="Have the owner of the database run CREATE EXTENSION pg_trgm, then run migrate.",
                id="tickets.W001",
            ))  # fmt: skip
    return found
