"""The column of tokens and the one question asked of it, in the words of each database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from tickets.search.words import Token, Way

TABLE = "tickets_searchentry"
FULL_TEXT = "tickets_search_words"  # SQLite's index; on PostgreSQL the column has one


class TokensField(models.Field):
    """What a row is found by. Written, asked about with `found_by`, and never read."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "tsvector" if connection.vendor == "postgresql" else "text"

    def get_placeholder(self, value: Any, compiler: Any, connection: BaseDatabaseWrapper) -> str:
        # Without the server's own idea of words, and so without positions, of which it keeps only so many.
        return "array_to_tsvector(%s::text[])" if connection.vendor == "postgresql" else "%s"

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        if isinstance(value, list) and connection.vendor != "postgresql":
            return " ".join(value)
        return value


@TokensField.register_lookup
class FoundBy(models.Lookup):
    """Whether a row has all tokens of one of these ways."""

    lookup_name = "found_by"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        ways: Iterable[Way] = self.rhs
        if connection.vendor == "postgresql":
            column, values = self.process_lhs(compiler, connection)
            asked = " | ".join(f"({' & '.join(map(_for_postgresql, way.tokens))})" for way in ways)
            # Written into the statement, for the planner must see how common the words are to choose its way. A token
            # is letters and figures behind one of our marks: nothing in it can end the quotation.
            return f"{column} @@ '{asked}'::tsquery", list(values)
        asked = " OR ".join(f"({' AND '.join(map(_for_sqlite, way.tokens))})" for way in ways)
        place = f"{connection.ops.quote_name(self.lhs.alias)}.place"
        return f"{place} IN (SELECT rowid FROM {FULL_TEXT} WHERE {FULL_TEXT} MATCH %s)", [asked]  # noqa: S608


def _for_postgresql(token: Token) -> str:
    return f"''{_checked(token)}''" + (":*" if token.is_beginning else "")


def _for_sqlite(token: Token) -> str:
    return f'"{_checked(token)}"' + ("*" if token.is_beginning else "")


def _checked(token: Token) -> str:
    if not token.text.lstrip("=@#").isalnum():
        raise ValueError(f"{token.text!r} is no token")
    return token.text


# --- What migrations cannot say for both databases --------------------------------------------------------------------

ON_POSTGRESQL = (
    # Written by the indexer in batches, so the entries need not wait in a list that every search would read.
    f"CREATE INDEX IF NOT EXISTS search_entry_tokens ON {TABLE} USING gin (tokens) WITH (fastupdate = off)",
    # How common many thousand words are: else a rare word seems common enough to walk through all tickets for it.
    f"ALTER TABLE {TABLE} ALTER COLUMN tokens SET STATISTICS 1000",
)

_FORGET = f"INSERT INTO {FULL_TEXT} ({FULL_TEXT}, rowid, tokens) VALUES ('delete', old.place, old.tokens);"  # noqa: S608
_LEARN = f"INSERT INTO {FULL_TEXT} (rowid, tokens) VALUES (new.place, new.tokens);"  # noqa: S608
ON_SQLITE = (
    # Tokens are parted by blanks alone; their places in the text are not kept, since phrases are looked up elsewhere.
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {FULL_TEXT} USING fts5(tokens, content='{TABLE}', content_rowid='place', "
    "tokenize=\"ascii tokenchars '=@#'\", detail=none, columnsize=0, prefix='2 3 4')",
    f"CREATE TRIGGER IF NOT EXISTS search_entry_added AFTER INSERT ON {TABLE} BEGIN {_LEARN} END",
    f"CREATE TRIGGER IF NOT EXISTS search_entry_removed AFTER DELETE ON {TABLE} BEGIN {_FORGET} END",
    f"CREATE TRIGGER IF NOT EXISTS search_entry_changed AFTER UPDATE ON {TABLE} BEGIN {_FORGET} {_LEARN} END",
)


def prepare(connection: BaseDatabaseWrapper) -> None:
    """Make the indexes that the search stands on, where they are missing. Harmless to repeat."""
    with connection.cursor() as cursor:
        if TABLE not in connection.introspection.table_names(cursor):
            return
        for statement in ON_POSTGRESQL if connection.vendor == "postgresql" else ON_SQLITE:
            cursor.execute(statement)


def drop(connection: BaseDatabaseWrapper) -> None:
    """Take away the index of PostgreSQL before very many rows come; `prepare` makes it anew. SQLite's stays."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX IF EXISTS search_entry_tokens")
