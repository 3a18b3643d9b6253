"""Indexes over parts of words, where the database has them: PostgreSQL's pg_trgm.

The extension comes with PostgreSQL and every role that may create in the database may switch it on. Where that is not
so, nothing fails: what would use the index is slower or left out.
"""

from __future__ import annotations

from django.db import Error, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

EXTENSION = "pg_trgm"


def prepare(connection: BaseDatabaseWrapper, *, table: str, column: str, name: str) -> bool:
    """Make such an index where it is missing and can be made. Harmless to repeat. Returns whether it is there."""
    if connection.vendor != "postgresql" or not _is_switched_on(connection):
        return False
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            return False
        cursor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {table} USING gin ({column} gin_trgm_ops)")
    return True


def are_there(connection: BaseDatabaseWrapper) -> bool:
    """Whether PostgreSQL compares words by their parts. Of SQLite this is not asked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = %s)", [EXTENSION])
        return bool(cursor.fetchone()[0])


def can_be_made(connection: BaseDatabaseWrapper) -> bool:
    """Whether our role may switch them on, which the next `migrate` then does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_database_privilege(current_database(), 'CREATE')"
            " AND EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = %s)",
            [EXTENSION],
        )
        return bool(cursor.fetchone()[0])


def _is_switched_on(connection: BaseDatabaseWrapper) -> bool:
    if are_there(connection):
        return True
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {EXTENSION}")
    except Error:  # not allowed, or not installed: the check "tickets.W001" says so
        return False
    return True
