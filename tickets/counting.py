"""Several bounded counts in one trip to the database."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

Written = tuple[str, tuple[Any, ...]] | None  # SQL and its values; None where no row can be meant
_WRITTEN: Final[dict[tuple[Hashable, int], Written]] = {}
MOST_WRITTEN = 5_000


@dataclass(frozen=True)
class Always:
    """A queryset that is the same question each time it has the same key: its SQL is written once in a process.

    Writing the SQL of ten tabs costs more than asking them. The key must name all that the question depends on, and
    the question must not depend on the time of day.
    """

    key: Hashable
    queryset: Callable[[], QuerySet[Any]]


def counted_up_to(
    limit: int, querysets: Mapping[str, QuerySet[Any] | Always], *, sooner: Mapping[str, int] | None = None
) -> dict[str, int]:
    """How many rows each queryset has, never counting past the limit; `sooner` names those with a limit of their own.

    A page with ten tabs needs ten numbers. Asked one by one they are ten trips; here they are ten sub-selects of one,
    each of which stops at the limit.
    """
    counts = dict.fromkeys(querysets, 0)
    names: list[str] = []
    selects: list[str] = []
    values: list[Any] = []
    for name, queryset in querysets.items():
        written = _written(queryset, (sooner or {}).get(name, limit))
        if written is None:
            continue
        sql, params = written
        names.append(name)
        selects.append(f"(SELECT COUNT(*) FROM ({sql}) AS counted)")  # noqa: S608 - Django wrote it, values apart
        values.extend(params)
    if selects:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(selects)}", values)
            counts.update(zip(names, cursor.fetchone(), strict=True))
    return counts


def _written(asked: QuerySet[Any] | Always, limit: int) -> Written:
    if not isinstance(asked, Always):
        try:
            return asked.order_by().values("pk")[:limit].query.sql_with_params()
        except EmptyResultSet:  # `.none()`, or a condition that can hold for no row: there is nothing to ask
            return None
    key = (asked.key, limit)
    if key not in _WRITTEN:
        if len(_WRITTEN) >= MOST_WRITTEN:
            _WRITTEN.clear()
        _WRITTEN[key] = _written(asked.queryset(), limit)
    return _WRITTEN[key]
