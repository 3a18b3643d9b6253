"""Several bounded counts in one trip to the database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


def counted_up_to(
    limit: int, querysets: Mapping[str, QuerySet[Any]], *, sooner: Mapping[str, int] | None = None
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
        try:
            sql, params = queryset.order_by().values("pk")[: (sooner or {}).get(name, limit)].query.sql_with_params()
        except EmptyResultSet:  # `.none()`, or a condition that can hold for no row: there is nothing to ask
            continue
        names.append(name)
        selects.append(f"(SELECT COUNT(*) FROM ({sql}) AS counted)")  # noqa: S608 - Django wrote it, values apart
        values.extend(params)
    if selects:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(selects)}", values)
            counts.update(zip(names, cursor.fetchone(), strict=True))
    return counts
