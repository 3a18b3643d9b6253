"""Pages by keyset: page 200 costs what page 1 costs, and new rows above move nothing on the pages below."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar

from django.db.models import Model, QuerySet

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
Row = TypeVar("Row", bound=Model)


class Order(NamedTuple):
    """A date field that orders a list, with the primary key for ties."""

    field: str
    descending: bool = False

    def reversed(self) -> Order:
        return self._replace(descending=not self.descending)

    def sort(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        sign = "-" if self.descending else ""
        return rows.order_by(f"{sign}{self.field}", f"{sign}pk")

    def behind(self, rows: QuerySet[Row], place: Place) -> QuerySet[Row]:
        """What comes after this place. Written as a range and an exception, which an index can follow."""
        towards = "lte" if self.descending else "gte"
        passed = "gte" if self.descending else "lte"
        return rows.filter(**{f"{self.field}__{towards}": place.value}).exclude(
            **{self.field: place.value, f"pk__{passed}": place.pk}
        )


class Place(NamedTuple):
    """Where a page ends: the value that orders it, and the row."""

    value: datetime
    pk: int

    def __str__(self) -> str:
        text = f"{(self.value - EPOCH) // MICROSECOND}.{self.pk}"
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, cursor: str) -> Place | None:
        """The place that `str` wrote; None for anything else, which means: from the beginning."""
        try:
            text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
            microseconds, pk = text.split(".")
            return cls(EPOCH + int(microseconds) * MICROSECOND, int(pk))
        except (ValueError, OverflowError, binascii.Error, UnicodeDecodeError):
            return None


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and the cursors of the pages on both sides; an empty one means that there is nothing there."""

    rows: list[Row]
    newer: str = ""
    older: str = ""


def page_of(rows: QuerySet[Row], *, order: Order, size: int, after: str = "", before: str = "") -> Page[Row]:
    """The rows behind `after`, or those in front of `before`, or the first ones."""
    place_of: Callable[[Any], str] = lambda row: str(Place(getattr(row, order.field), row.pk))  # noqa: E731
    if place := Place.read(before) if before else None:
        found = list(order.reversed().sort(order.reversed().behind(rows, place))[: size + 1])
        if len(found) > size:
            found = found[:size][::-1]
            return Page(found, newer=place_of(found[0]), older=place_of(found[-1]))
        # The beginning was reached: show it whole, not the few rows that were left in front.
    place = Place.read(after) if after and not before else None
    found = list(order.sort(order.behind(rows, place) if place else rows)[: size + 1])
    more, found = len(found) > size, found[:size]
    return Page(found, newer=place_of(found[0]) if place and found else "", older=place_of(found[-1]) if more else "")
