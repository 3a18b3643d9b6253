"""What can be asked about a ticket. Whoever knows something of tickets registers a field for it; the language, the
filters, the search and the saved views know only this registry."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override, pgettext_lazy

from tickets.query import dates
from tickets.query.language import Asked, clean_value, plain, read
from tickets.query.tree import Has, Op

if TYPE_CHECKING:
    from helpdesk.people.models import User

NONE: Final = "none"
ME: Final = "me"
_NOTHING: Final = frozenset({"none", "nobody", "empty", "nadie", "ninguno", "ninguna", "vacio", "vacia", "sin"})


class Kind(StrEnum):
    CHOICE = "choice"
    PERSON = "person"
    TEAM = "team"
    CUSTOMER = "customer"
    DATE = "date"
    FLAG = "flag"
    TEXT = "text"
    NUMBER = "number"


_ORDERED: Final = (Op.IS, Op.BEFORE, Op.AFTER, Op.UNTIL, Op.SINCE, Op.BETWEEN)
OPS: Final[Mapping[Kind, tuple[Op, ...]]] = {
    Kind.CHOICE: (Op.IS,),
    Kind.PERSON: (Op.IS,),
    Kind.TEAM: (Op.IS,),
    Kind.CUSTOMER: (Op.IS,),
    Kind.FLAG: (Op.IS,),
    Kind.TEXT: (Op.IS,),
    Kind.NUMBER: _ORDERED,
    Kind.DATE: (*_ORDERED, Op.WITHIN, Op.EMPTY),
}


class Choice(NamedTuple):
    """A value that can be chosen, with the other names under which it is found."""

    slug: str
    label: LazyText | str
    names: tuple[str, ...] = ()


Condition = Callable[[str, tuple[str, ...], "User"], Q]
Choices = Callable[["User"], Sequence[Choice]]


@dataclass(frozen=True)
class Field:
    """One thing that can be asked about a ticket.

    `find` says it as a condition: on the ticket, or, where `rows` are given, on the one row of another table that says
    this about it. Fields with the same rows are asked together.
    """

    slug: str
    label: LazyText | str
    kind: Kind
    find: Condition
    names: tuple[str, ...] = ()  # under which it is typed, in both languages
    choices: Choices | None = None
    reads: Callable[[str], tuple[str, ...]] | None = None  # where choices have more names than they list
    also: Mapping[str, Has] = field(default_factory=dict)  # everyday words that mean something of another field
    rows: Callable[[], QuerySet[Any]] | None = None
    is_ahead: bool = False  # of dates: still to come
    is_label_enough: bool = False  # its labels are unmistakable where a filter is typed
    is_decimal: bool = False  # of numbers: they may have a fraction
    varies: bool = False  # its choices are rows, not words of the program

    @property
    def takes_any_text(self) -> bool:
        return self.kind in (Kind.TEXT, Kind.CUSTOMER)


Source = Callable[[], Mapping[str, Field]]


class _Registry(Mapping[str, Field]):
    """The fields of the program, and behind them those that are rows: what a source says at this moment."""

    def __init__(self) -> None:
        self.own: dict[str, Field] = {}
        self.sources: list[Source] = []

    def varying(self) -> dict[str, Field]:
        return {slug: each for source in self.sources for slug, each in source().items()}

    def __getitem__(self, slug: str) -> Field:
        found = self.own.get(slug)
        return self.varying()[slug] if found is None else found

    def __iter__(self) -> Iterator[str]:
        yield from self.own
        yield from (slug for slug in self.varying() if slug not in self.own)

    def __len__(self) -> int:
        return len(self.own.keys() | self.varying().keys())


FIELDS: Final = _Registry()


def register(*fields: Field) -> None:
    """Let these be asked about. A field of the same name is replaced, so registering twice is no error."""
    for each in fields:
        FIELDS.own[each.slug] = each
    _field_names.cache_clear()
    _choice_names.cache_clear()


def register_source(source: Source) -> None:
    """Let fields be asked about that people make: `source()` says by slug which there are now, without a query where
    it was asked a moment ago. Their choices are read by `reads`."""
    if source not in FIELDS.sources:
        FIELDS.sources.append(source)


class Suggestion(NamedTuple):
    """Something that can be typed: the text, what it says in words, and the field's name."""

    text: str
    label: str
    name: str


class Vocabulary:
    """The fields as one person knows them: with their colleagues, their teams, and their day."""

    def __init__(self, user: User) -> None:
        self.user = user
        self._choices: dict[str, Sequence[Choice]] = {}

    @classmethod
    def of(cls, user: User) -> Vocabulary:
        """One for each request: what it has looked up is looked up once."""
        kept = user.__dict__.get("_vocabulary")
        if kept is None:
            kept = user.__dict__["_vocabulary"] = cls(user)
        return kept

    # --- What the language asks ------------------------------------------------------------------------------

    def called(self, name: str) -> str | None:
        key = plain(name)
        return _field_names().get(key) or _names_of(FIELDS.varying()).get(key)

    def takes_any_text(self, field: str) -> bool:
        return FIELDS[field].takes_any_text

    def meant(self, field: str, op: Op, text: str) -> Has | None:
        known = FIELDS[field]
        if op not in OPS[known.kind]:
            return None
        if known.kind == Kind.DATE:
            return _date(field, op, text)
        if known.kind == Kind.NUMBER and (number := _number(field, op, text, is_decimal=known.is_decimal)):
            return number
        if other := known.also.get(plain(text)):
            return other
        values = self._values(known, text) if op == Op.IS else ()
        return Has(field, op, self.in_order(field, values)) if values else None

    def in_order(self, field: str, values: Iterable[str]) -> tuple[str, ...]:
        given = dict.fromkeys(values)
        known = FIELDS[field]
        if known.choices is None or known.varies or known.kind == Kind.NUMBER or len(given) < 2:
            return tuple(given)
        return tuple(choice.slug for choice in self.choices(field) if choice.slug in given)

    def labelled(self, text: str) -> Has | None:
        for known in FIELDS.values():
            if not known.is_label_enough or plain(text) in _ONLY_WITH_KEY:
                continue
            if found := self.meant(known.slug, Op.IS, text):
                return found
        return None

    # --- What pages ask --------------------------------------------------------------------------------------

    def choices(self, field: str) -> Sequence[Choice]:
        """What can be chosen for this field; none where it takes any text."""
        if field not in self._choices:
            known = FIELDS[field]
            self._choices[field] = known.choices(self.user) if known.choices else ()
        return self._choices[field]

    def label(self, field: str, value: str) -> str:
        """The value in words; as it is where it has none."""
        return self._labels(field).get(value, value)

    def read(self, text: str, *, takes_labels: bool = False) -> Asked:
        """What a typed text asks for."""
        return read(text, self, takes_labels=takes_labels)

    def suggest(self, term: str = "", *, most: int | None = None) -> list[Suggestion]:
        """What can be typed for the word under the cursor, in the page's language: "sta" and "stage:u" alike.

        Without a term, everything that has a label.
        """
        typed, colon, rest = term.partition(":")
        key, begun = plain(typed), plain(clean_value(rest))
        found: list[Suggestion] = []
        for known in FIELDS.values():
            if colon and self.called(typed) == known.slug:
                found += self._values_like(known, begun, key=typed)
            elif not colon:
                found += _names_like(known, key)
                found += self._values_like(known, key, key=known.slug)
            if most is not None and len(found) >= most:
                return found[:most]
        return found

    def _values_like(self, known: Field, begun: str, *, key: str) -> list[Suggestion]:
        return [
            Suggestion(f"{key}:{_quoted(choice)}", str(choice.label), str(known.label))
            for choice in self.choices(known.slug)
            if not begun or _has_beginning(choice, begun)
        ]

    def _labels(self, field: str) -> dict[str, str]:
        return {choice.slug: str(choice.label) for choice in self.choices(field)}

    def _values(self, known: Field, text: str) -> tuple[str, ...]:
        if known.takes_any_text:
            return (text,)
        if known.reads is not None:
            return known.reads(text)
        name = plain(text)
        if known.varies:
            # An address is a slug: nothing needs to be looked up for it.
            return (text.lower(),) if "@" in text.strip("@") else _varying(known, name, self)
        slug = _choice_names(known.slug).get(name)
        return (slug,) if slug else ()


_ONLY_WITH_KEY: Final = frozenset({"no", "none", "yes", "si", "unknown", "open"})


def _names_like(known: Field, begun: str) -> list[Suggestion]:
    """The field itself, under the name that was begun."""
    names = (known.slug, *known.names, plain(str(known.label)))
    name = next((each for each in names if begun and plain(each).startswith(begun) and " " not in each), None)
    if "." in known.slug:  # one that people made: found by its label, written by its slug
        name = known.slug if name or (begun and plain(str(known.label)).startswith(begun)) else None
    return [Suggestion(f"{name}:", f"{name}:", str(known.label))] if name else []


def _quoted(choice: Choice) -> str:
    label = str(choice.label)
    return f'"{label}"' if " " in label else label


def _has_beginning(choice: Choice, begun: str) -> bool:
    label = plain(str(choice.label))
    return f" {label}".find(f" {begun}") >= 0 or plain(choice.slug).startswith(begun)


def _varying(known: Field, name: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """A row's slug: by slug, by name, or by the first word of a name where that is enough to tell."""
    if name in _NOTHING:
        return (NONE,)
    if name in ("me", "yo", "mi", "myself"):
        return (ME,) if known.kind == Kind.PERSON else ()
    choices = vocabulary.choices(known.slug)
    exact = [each.slug for each in choices if name in (plain(each.slug), plain(str(each.label)))]
    begun = [each.slug for each in choices if plain(str(each.label)).startswith(f"{name} ")]
    found = exact or begun
    return (found[0],) if len(found) == 1 else tuple(found[:5])


@lru_cache
def _field_names() -> Mapping[str, str]:
    """What can be typed before the colon -> the field. A slug belongs to its field alone."""
    return _names_of(FIELDS.own)


def _names_of(fields: Mapping[str, Field]) -> Mapping[str, str]:
    found = {plain(slug): slug for slug in fields}
    for slug, known in fields.items():
        for name in known.names:
            found.setdefault(plain(name), slug)
    return found


@lru_cache
def _choice_names(field: str) -> Mapping[str, str]:
    """What can be typed for a field whose choices are words of the program: slugs, labels of both languages, names."""
    from django.contrib.auth.models import AnonymousUser

    known = FIELDS[field]
    choices = known.choices(AnonymousUser()) if known.choices else ()  # type: ignore[arg-type]
    found = {plain(choice.slug): choice.slug for choice in choices}
    for language in ("en", "es"):
        with override(language):
            for choice in choices:
                found.setdefault(plain(str(choice.label)), choice.slug)
    for choice in choices:
        for name in choice.names:
            found.setdefault(plain(name), choice.slug)
    return found


# --- Dates and numbers ------------------------------------------------------------------------------------------------

_DECIMAL: Final = re.compile(r"-?[0-9]{1,14}(?:\.[0-9]{1,6})?")


def _date(field: str, op: Op, text: str) -> Has | None:
    name = plain_date(text)
    if op == Op.BETWEEN:
        ends = [dates.read_day(each) for each in map(plain_date, text.split("..", 1))]
        return Has(field, op, (ends[0], ends[1])) if ends[0] and ends[1] else None
    if op == Op.IS and name in _NOTHING:
        return Has(field, Op.EMPTY)
    if day := dates.read_day(name):
        return Has(field, op, (day,))
    span = dates.read_span(name)
    return Has(field, Op.WITHIN if op == Op.IS else op, (span,)) if span else None


def plain_date(text: str) -> str:
    """A date as it is compared: its hyphens stay."""
    return "-".join(plain(each) for each in text.split("-"))


def _number(field: str, op: Op, text: str, *, is_decimal: bool = False) -> Has | None:
    parts = text.split("..", 1) if op == Op.BETWEEN else [text]
    if is_decimal:
        said = [part.strip().replace(",", ".").replace("−", "-") for part in parts]
        if not all(map(_DECIMAL.fullmatch, said)):
            return None
        return Has(field, op, tuple(f"{Decimal(each).normalize():f}" for each in said))
    digits = [part.strip().removeprefix("#") for part in parts]
    if not all(each.isascii() and each.isdigit() and len(each) <= 18 for each in digits):
        return None
    return Has(field, op, tuple(str(int(each)) for each in digits))


def date_condition(column: str, *, is_ahead: bool = False, empty: Q | None = None) -> Condition:
    """A date of the ticket, compared. `empty` says how it looks where there is none."""
    nothing = Q(**{f"{column}__isnull": True}) if empty is None else empty

    def find(op: str, values: tuple[str, ...], user: User) -> Q:
        if op == Op.EMPTY:
            return nothing
        stretches = dates.between(
            op, values, now=timezone.now(), zone=timezone.get_current_timezone(), is_ahead=is_ahead
        )
        found = Q()
        for start, end in stretches:
            found |= _within(column, start, end)
        return ~nothing & found

    return find


def _within(column: str, start: Any, end: Any) -> Q:
    found = Q(**{f"{column}__gte": start}) if start is not None else Q()
    return found & Q(**{f"{column}__lt": end}) if end is not None else found


def number_condition(column: str, *, read: Callable[[str], Any] = int) -> Condition:
    """A number, compared."""
    look_ups = {Op.BEFORE: "lt", Op.AFTER: "gt", Op.UNTIL: "lte", Op.SINCE: "gte"}

    def find(op: str, values: tuple[str, ...], user: User) -> Q:
        numbers = [read(value) for value in values]
        if op == Op.BETWEEN:
            return Q(**{f"{column}__gte": numbers[0], f"{column}__lte": numbers[1]})
        if op == Op.IS:
            return Q(**{f"{column}__in": numbers})
        return Q(**{f"{column}__{look_ups[Op(op)]}": numbers[0]})

    return find


def column_condition(column: str) -> Condition:
    """Any of the values stands in this column."""
    return lambda _op, values, _user: Q(**{f"{column}__in": values})


def static(*choices: Choice) -> Choices:
    """Choices that are words of the program."""
    return lambda _user: choices


def of_enum(choices: Any, **names: tuple[str, ...]) -> Choices:
    """The choices of an enumeration of a model; `names` are everyday words for some of them."""
    return static(*(Choice(value, label, names.get(value, ())) for value, label in choices.choices))


#: How the comparisons read between a field and its values.
OP_LABELS: Final[Mapping[Op, LazyText]] = {
    Op.IS: pgettext_lazy("comparison", "is"),
    Op.BEFORE: pgettext_lazy("comparison", "before"),
    Op.AFTER: pgettext_lazy("comparison", "after"),
    Op.UNTIL: pgettext_lazy("comparison", "until"),
    Op.SINCE: pgettext_lazy("comparison", "since"),
    Op.BETWEEN: pgettext_lazy("comparison", "between"),
    Op.WITHIN: pgettext_lazy("comparison", "within"),
    Op.EMPTY: _("not set"),
}
