"""Pages by keyset: page 200 costs what page 1 costs, and new rows above move nothing on the pages below."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, NamedTuple, Protocol, TypeVar

from django.db.models import Model, QuerySet
from django.db.models.functions import Coalesce

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
Row = TypeVar("Row", bound=Model)


class Ordering(Protocol):
    """What a list is ordered by: how to cut a page out of it, and what comes behind a row."""

    def page(self, rows: QuerySet[Row], *, size: int, after: str = "", before: str = "") -> Page[Row]: ...

    def following(self, rows: QuerySet[Row], row: Row) -> Row | None: ...


class Order(NamedTuple):
    """A date field that orders a list, with the primary key for ties."""

    field: str
    descending: bool = False
    # For lists that are a small part of all tickets while the field has an index over all of them: walking that index
    # would pass by everything that is closed. What is sorted is then the list itself.
    sorts_itself: bool = False

    def reversed(self) -> Order:
        return self._replace(descending=not self.descending)

    def sort(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        sign = "-" if self.descending else ""
        if self.sorts_itself:
            value = Coalesce(self.field, self.field)  # no index knows it
            return rows.order_by(value.desc() if self.descending else value.asc(), f"{sign}pk")
        return rows.order_by(f"{sign}{self.field}", f"{sign}pk")

    def behind(self, rows: QuerySet[Row], place: Place) -> QuerySet[Row]:
        """What comes after this place. Written as a range and an exception, which an index can follow."""
        towards = "lte" if self.descending else "gte"
        passed = "gte" if self.descending else "lte"
        return rows.filter(**{f"{self.field}__{towards}": place.value}).exclude(
            **{self.field: place.value, f"pk__{passed}": place.pk}
        )

    def place_of(self, row: Model) -> Place:
        return Place(getattr(row, self.field), row.pk)

    def following(self, rows: QuerySet[Row], row: Row) -> Row | None:
        """What comes next in this list; None at its end, or where this row has no place in it."""
        if getattr(row, self.field) is None:
            return None
        return self.sort(self.behind(rows, self.place_of(row))).exclude(pk=row.pk).first()

    def page(self, rows: QuerySet[Row], *, size: int, after: str = "", before: str = "") -> Page[Row]:
        if place := Place.read(before) if before else None:
            found = list(self.reversed().sort(self.reversed().behind(rows, place))[: size + 1])
            if len(found) > size:
                found = found[:size][::-1]
                return Page(found, newer=str(self.place_of(found[0])), older=str(self.place_of(found[-1])))
            # The beginning was reached: show it whole, not the few rows that were left in front.
        place = Place.read(after) if after and not before else None
        found = list(self.sort(self.behind(rows, place) if place else rows)[: size + 1])
        more, found = len(found) > size, found[:size]
        newer = str(self.place_of(found[0])) if place and found else ""
        return Page(found, newer=newer, older=str(self.place_of(found[-1])) if more else "")


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


def page_of(rows: QuerySet[Row], *, order: Ordering, size: int, after: str = "", before: str = "") -> Page[Row]:
    """The rows behind `after`, or those in front of `before`, or the first ones."""
    return order.page(rows, size=size, after=after, before=before)
