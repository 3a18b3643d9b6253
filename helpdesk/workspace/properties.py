"""What the rail of a ticket says about it besides its customer: properties, tags, checklist, time spent.

All four tables are read in one query, so that the page costs one more and never more than that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.db.models import CharField, DateField, DateTimeField, F, IntegerField, QuerySet, Value
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _t

from tickets import custom_fields, time_spent
from tickets.models import CustomField, Ticket, TicketKind

PRODUCT, ORDER = "product", "order_reference"
MOST_CHOICES_IN_WORDS: Final = 100


@dataclass(frozen=True)
class FieldLine:
    """One field of the company's own: what it says in words, and its control."""

    field: CustomField
    text: str

    @property
    def name(self) -> str:
        return f"{custom_fields.PLACE}{self.field.slug}"

    @property
    def label(self) -> str:
        return custom_fields.label_of(self.field)

    @property
    def words(self) -> str:
        return custom_fields.in_words(self.field, self.text)

    @property
    def typed(self) -> str:
        return custom_fields.for_input(self.field, self.text)

    @property
    def kind(self) -> str:
        return self.field.kind

    @property
    def is_asked(self) -> bool:
        return self.field.retired_at is None

    @property
    def is_missing(self) -> bool:
        return self.field.is_required and self.is_asked and not self.text

    @property
    def options(self) -> list[tuple[str, str]]:
        """What can be chosen, with what stands there already though it is offered no more."""
        offered = custom_fields.choices_of(self.field)
        if self.text and self.text not in dict(offered):
            offered.append((self.text, self.words))
        return offered


@dataclass(frozen=True)
class Line:
    """One line of the checklist."""

    pk: int
    text: str
    is_done: bool
    done_by: str


@dataclass(frozen=True)
class Spent:
    """Time that somebody wrote down."""

    pk: int
    user_id: int
    name: str
    minutes: int
    what: str
    on: date

    @property
    def words(self) -> str:
        return time_spent.in_words(self.minutes)


@dataclass
class Properties:
    """All of it, for one ticket."""

    ticket: Ticket
    tags: list[tuple[int, str]] = field(default_factory=list)
    fields: list[FieldLine] = field(default_factory=list)
    checklist: list[Line] = field(default_factory=list)
    time: list[Spent] = field(default_factory=list)

    @classmethod
    def of(cls, ticket: Ticket) -> Properties:
        found = cls(ticket)
        said: dict[int, str] = {}
        for what, pk, text, other, number, day, at in _rows(ticket):
            if what == "tag":
                found.tags.append((pk, text))
            elif what == "value":
                said[pk] = text
            elif what == "line":
                found.checklist.append(Line(pk, text, is_done=at is not None, done_by=other))
            else:
                user_id, _dot, name = other.partition(".")
                found.time.append(Spent(pk, int(user_id), name, number, text, day))
        found.fields = [
            FieldLine(each, said.get(each.pk, ""))
            for each in custom_fields.every()
            if each.retired_at is None or each.pk in said
        ]
        return found

    @property
    def kinds(self) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in TicketKind.choices]

    @property
    def filled(self) -> list[FieldLine]:
        return [line for line in self.fields if line.text]

    @property
    def missing(self) -> list[FieldLine]:
        """What is still to be filled in before the ticket is resolved."""
        return [] if self.ticket.is_done else [line for line in self.fields if line.is_missing]

    @property
    def asked(self) -> list[FieldLine]:
        return [line for line in self.fields if line.is_asked]

    @property
    def is_empty(self) -> bool:
        ticket = self.ticket
        return not (ticket.kind or ticket.product or ticket.order_reference or self.filled)

    @property
    def done(self) -> int:
        return sum(line.is_done for line in self.checklist)

    @property
    def progress(self) -> str:
        if not self.checklist:
            return ""
        return _t("%(done)s of %(count)s") % {"done": self.done, "count": len(self.checklist)}

    @property
    def time_in_words(self) -> str:
        minutes = sum(entry.minutes for entry in self.time)
        return time_spent.in_words(minutes) if minutes else ""

    @property
    def today(self) -> date:
        return timezone.localdate()


def context_of(ticket: Ticket) -> dict[str, Any]:
    return {"properties": Properties.of(ticket)}


def _rows(ticket: Ticket) -> list[tuple[str, int, str, str, int, date, datetime | None]]:
    """Tags by name, the company's fields, the checklist in its order, the latest time first: as (what, id, text, other
    text, number, day, moment)."""
    text = CharField()
    no_number, no_text = Cast(Value(0), IntegerField()), Cast(Value(""), text)
    no_day, no_moment = Cast(Value(None), DateField()), Cast(Value(None), DateTimeField())

    def columns(
        rows: QuerySet[Any], what: str, pk: str, said: Any, other: Any, number: Any, day: Any, at: Any, place: Any
    ) -> QuerySet[Any, Any]:
        return rows.order_by().values_list(
            Cast(Value(what), text), Cast(F(pk), IntegerField()), Cast(said, text), other, number, day, at, place
        )

    who = Coalesce(F("done_by__name"), Value(""), output_field=text)
    tags = columns(
        ticket.ticket_tags.all(), "tag", "tag_id", F("tag__name"), no_text, no_number, no_day, no_moment, no_number
    )
    values = columns(
        ticket.custom_values.all(), "value", "field_id", F("text"), no_text, no_number, no_day, no_moment, no_number
    )
    lines = columns(
        ticket.checklist.all(), "line", "pk", F("text"), who, no_number, no_day, F("done_at"),
        Cast(F("position"), IntegerField()),
    )  # fmt: skip
    entries = columns(
        ticket.time_entries.all(), "time", "pk", F("what"), F("user__name"), Cast(F("minutes"), IntegerField()),
        F("spent_on"), F("created_at"), Cast(F("user_id"), IntegerField()),
    )  # fmt: skip
    found = list(tags.union(values, lines, entries, all=True))
    found.sort(key=_order)
    return [
        (what, pk, said, f"{place}.{other}" if what == "time" else other, number, day, at)
        for what, pk, said, other, number, day, at, place in found
    ]


def _order(row: tuple[Any, ...]) -> tuple[Any, ...]:
    what, pk, said, _other, _number, day, _at, place = row
    if what == "tag":
        return (what, said.casefold(), pk)
    if what == "time":
        return (what, -day.toordinal(), -pk)
    return (what, place, pk)
