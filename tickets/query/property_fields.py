"""What a ticket can be asked about itself that people wrote down: its type, product and order, its tags, and the
company's own fields, which are rows and change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets import custom_fields
from tickets.models import CustomField, CustomValue, Tag, Ticket, TicketKind, TicketTag
from tickets.query import dates, fields
from tickets.query.fields import NONE, Choice, Condition, Field, Kind, number_condition
from tickets.query.language import plain
from tickets.query.tree import Op

if TYPE_CHECKING:
    from helpdesk.people.models import User

MOST_TAGS: Final = 500
OWN: Final = "field."  # before the slug of a field of the company's own
_KINDS: Final = {
    CustomField.Kind.TEXT: Kind.TEXT, CustomField.Kind.CHOICE: Kind.CHOICE, CustomField.Kind.NUMBER: Kind.NUMBER,
    CustomField.Kind.DATE: Kind.DATE,
}  # fmt: skip
_NOTHING: Final = frozenset({"none", "empty", "ninguno", "ninguna", "vacio", "vacia", "sin"})


def register() -> None:
    """Called once, when the app is ready."""
    fields.register(
        Field(
            "type", _("Type"), Kind.CHOICE, _type, names=("kind", "tipo"),
            choices=fields.static(
                Choice("question", TicketKind.QUESTION.label, ("pregunta", "duda", "consulta")),
                Choice("problem", TicketKind.PROBLEM.label, ("problema", "fault", "issue", "averia")),
                Choice("request", TicketKind.REQUEST.label, ("solicitud", "peticion")),
                Choice("complaint", TicketKind.COMPLAINT.label, ("queja", "reclamacion")),
                Choice("praise", TicketKind.PRAISE.label, ("elogio", "compliment", "thanks", "felicitacion")),
                Choice(NONE, pgettext_lazy("type of a ticket", "None"), ("sin tipo", "ninguno", "nothing", "empty")),
            ),
        ),
        Field("product", _("Product"), Kind.TEXT, _text_of("product"), names=("producto",)),
        Field("order", _("Order"), Kind.TEXT, _text_of("order_reference"), names=("pedido", "orders")),
        Field("tag", _("Tag"), Kind.CHOICE, _tag, choices=_tags, varies=True, names=("etiqueta", "label")),
    )  # fmt: skip
    fields.register_source(own_fields)


def _type(_op: str, values: tuple[str, ...], _user: User) -> Q:
    return Q(kind__in=["" if value == NONE else value for value in values])


def _text_of(column: str) -> Condition:
    """Its words begin so, in this order: the index of the search finds where they may stand."""

    def find(_op: str, values: tuple[str, ...], _user: User) -> Q:
        found = Q()
        for value in values:
            found |= _says(value, Q(**{f"{column}__iregex": _pattern(value)}))
        return Q(Exists(Ticket.objects.filter(found, pk=OuterRef("pk"))))

    return find


def _says(value: str, wanted: Q) -> Q:
    from tickets.search import marked_q
    from tickets.search.words import words

    begun = words(value)
    return wanted & marked_q("", begun) if begun else wanted


def _pattern(value: str) -> str:
    from tickets.query.ticket_fields import pattern

    return pattern(value)


# --- Tags -------------------------------------------------------------------------------------------------------------


def _tags(_user: User) -> Sequence[Choice]:
    named = Tag.objects.order_by("slug").values_list("slug", "name")[:MOST_TAGS]
    return [*(Choice(slug, name) for slug, name in named), Choice(NONE, pgettext_lazy("tag", "None"))]


def _tag(_op: str, values: tuple[str, ...], _user: User) -> Q:
    borne = TicketTag.objects.filter(ticket=OuterRef("pk"))
    found = ~Q(Exists(borne)) if NONE in values else Q()
    if slugs := [value for value in values if value != NONE]:
        found |= Q(Exists(borne.filter(tag__slug__in=slugs)))
    return found


# --- The company's own fields -----------------------------------------------------------------------------------------


def own_fields() -> Mapping[str, Field]:
    """One for each custom field, under every name it has; those too that are asked no more, for what was written."""
    return {f"{OWN}{field.slug}": _own(field) for field in custom_fields.every()}


def _own(field: CustomField) -> Field:
    labels = [label.replace(" ", "-") for label in field.labels.values() if label]
    is_choice = field.kind == CustomField.Kind.CHOICE
    return Field(
        f"{OWN}{field.slug}",
        custom_fields.label_of(field),
        _KINDS[CustomField.Kind(field.kind)],
        _condition(field),
        names=tuple(f"{key}.{name}" for key in ("campo", "field") for name in (field.slug, *labels)),
        choices=_choices(field) if is_choice else None,
        reads=_reader(field) if is_choice else None,
        is_decimal=field.kind == CustomField.Kind.NUMBER,
        varies=True,
    )


def _choices(field: CustomField) -> Callable[[User], Sequence[Choice]]:
    return lambda _user: [
        *(Choice(slug, label) for slug, label in custom_fields.choices_of(field, offered=False)),
        Choice(NONE, pgettext_lazy("value of a field", "Not filled in")),
    ]


def _reader(field: CustomField) -> Callable[[str], tuple[str, ...]]:
    """A choice by its slug, or by what it is called in either language."""

    def reads(text: str) -> tuple[str, ...]:
        name = plain(text)
        if name in _NOTHING:
            return (NONE,)
        for choice in field.choices:
            if name in {plain(choice["slug"]), *map(plain, choice["labels"].values())}:
                return (choice["slug"],)
        return ()

    return reads


def _condition(field: CustomField) -> Condition:
    compare = {
        CustomField.Kind.TEXT: _own_text,
        CustomField.Kind.CHOICE: lambda _op, values, _user: Q(text__in=values),
        CustomField.Kind.NUMBER: number_condition("number", read=Decimal),
        CustomField.Kind.DATE: _own_day,
    }[CustomField.Kind(field.kind)]

    def find(op: str, values: tuple[str, ...], user: User) -> Q:
        said: QuerySet[CustomValue] = CustomValue.objects.filter(ticket=OuterRef("pk"), field=field.pk)
        found = Q()
        if op == Op.EMPTY or NONE in values:
            found = ~Q(Exists(said))
            values = tuple(value for value in values if value != NONE)
        if values:
            found |= Q(Exists(said.filter(compare(op, values, user))))
        return found

    return find


def _own_text(_op: str, values: tuple[str, ...], _user: User) -> Q:
    found = Q()
    for value in values:
        found |= Q(text__iregex=_pattern(value))
    return found


def _own_day(op: str, values: tuple[str, ...], _user: User) -> Q:
    """Days have no hours: a span counts the day on which it begins, and today."""
    zone = timezone.get_current_timezone()
    found = Q()
    for start, end in dates.between(op, values, now=timezone.now(), zone=zone, is_ahead=False):
        found |= _days(start, end)
    return found


def _days(start: datetime | None, end: datetime | None) -> Q:
    found = Q()
    if start is not None:
        found &= Q(day__gte=timezone.localtime(start).date())
    if end is not None:
        last = timezone.localtime(end)
        found &= Q(day__lt=last.date() + timedelta(days=0 if last.time() == time.min else 1))
    return found
