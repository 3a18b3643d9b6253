"""What this company writes down about its tickets besides what every helpdesk does: its fields, and what tickets say
in them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, SynchronousOnlyOperation
from django.db import Error, IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.formats import date_format, get_format, number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _t

from helpdesk.common.errors import Refusal
from helpdesk.common.text import fold, normalise
from tickets.models import CustomField, CustomValue, EventKind, Ticket
from tickets.resolving import NotYet

if TYPE_CHECKING:
    from helpdesk.people.models import User

Kind = CustomField.Kind
LANGUAGES: Final = tuple(code for code, _name in settings.LANGUAGES)
MOST_FIELDS: Final = 40
MOST_CHOICES: Final = 100
LONGEST_LABEL: Final = 60
LONGEST_TEXT: Final = 500
PLACE: Final = "field-"  # before a field's slug: the id of its control on a ticket's page
_NUMBER: Final = re.compile(r"[-−+]?[0-9]{1,14}(?:\.[0-9]{1,6})?")
_APART: Final = re.compile(r"[^a-z0-9]+")


# --- Which fields there are ------------------------------------------------------------------------------------------


class _Kept:
    """The fields as they were a moment ago: every page asks for them and they change a few times a year.

    What another process changes is seen within a second. What is kept is replaced as a whole, so threads may share it;
    nobody changes the objects. Whatever keeps the database from answering, there are those known last.
    """

    SECONDS = 1.0
    NO_ANSWER = (Error, ImproperlyConfigured, SynchronousOnlyOperation, RuntimeError)

    def __init__(self) -> None:
        self._fields: tuple[CustomField, ...] = ()
        self._read_at = float("-inf")

    def fields(self) -> tuple[CustomField, ...]:
        if time.monotonic() - self._read_at > self.SECONDS:
            with suppress(*self.NO_ANSWER):
                self._fields = tuple(CustomField.objects.order_by("position", "pk"))
            self._read_at = time.monotonic()
        return self._fields

    def forget(self) -> None:
        self._fields, self._read_at = (), float("-inf")


KEPT: Final = _Kept()


def every() -> tuple[CustomField, ...]:
    """All fields in their order, those too that are asked no more."""
    return KEPT.fields()


def asked() -> list[CustomField]:
    """The fields that are asked now."""
    return [field for field in every() if field.retired_at is None]


def by_slug(slug: str) -> CustomField | None:
    return next((field for field in every() if field.slug == slug), None)


def label_of(field: CustomField, *, language: str | None = None) -> str:
    """What the field is called in the page's language, else in any, else by its slug."""
    return _in_words(field.labels, language=language) or field.slug


def choices_of(field: CustomField, *, offered: bool = True) -> list[tuple[str, str]]:
    """The choices as slug and label; with those offered no more where all of them are asked for."""
    return [
        (choice["slug"], _in_words(choice.get("labels", {})) or choice["slug"])
        for choice in field.choices
        if not (offered and choice.get("retired"))
    ]


def _in_words(labels: Mapping[str, str], *, language: str | None = None) -> str:
    wanted = (language or get_language() or "")[:2]
    return labels.get(wanted) or next((label for label in labels.values() if label), "")


# --- What a ticket says in them --------------------------------------------------------------------------------------


def clean(field: CustomField, text: object) -> dict[str, Any]:
    """The columns of a value; empty where nothing is said. Refuses what the field does not take."""
    said = normalise(str(text if text is not None else ""), single_line=True)
    if not said:
        return {}
    label = {"field": label_of(field)}
    if field.kind == Kind.CHOICE:
        if said not in {slug for slug, _label in choices_of(field, offered=False)}:
            raise Refusal(_t("%(field)s: choose one of the list.") % label)
        return {"text": said, "number": None, "day": None}
    if field.kind == Kind.NUMBER:
        number = read_number(said)
        if number is None:
            raise Refusal(_t("%(field)s: enter a number.") % label)
        return {"text": written_number(number), "number": number, "day": None}
    if field.kind == Kind.DATE:
        try:
            day = date.fromisoformat(said)
        except ValueError:
            raise Refusal(_t("%(field)s: enter a date.") % label) from None
        return {"text": day.isoformat(), "number": None, "day": day}
    if len(said) > LONGEST_TEXT:
        raise Refusal(_t("%(field)s: at most %(most)s letters.") % {**label, "most": LONGEST_TEXT})
    return {"text": said, "number": None, "day": None}


def read_number(text: str) -> Decimal | None:
    """A number as machines and people write it: "12.5", "12,5", "1.234,5", "1,234.5". One mark alone is the decimal
    one; None for what is no number, or more of one than is kept."""
    text = re.sub(r"[\s'’_]", "", text)
    dot, comma = text.rfind("."), text.rfind(",")
    if dot >= 0 and comma >= 0:
        last, other = (",", ".") if comma > dot else (".", ",")
        text = text.replace(other, "").replace(last, ".") if text.count(last) == 1 else ""
    elif text.count(",") > 1 or text.count(".") > 1:
        text = text.replace(",", "").replace(".", "")
    else:
        text = text.replace(",", ".")
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text.replace("−", "-"))
    except InvalidOperation:
        return None


def as_typed(field: CustomField, text: str) -> str:
    """What a person typed, as `clean` reads it: "1.500" is fifteen hundred in Spanish and one and a half in English."""
    thousands = "," if str(get_format("DECIMAL_SEPARATOR")) == "." else "."
    if field.kind == Kind.NUMBER:
        grouped = rf"[-−+]?[1-9][0-9]{{0,2}}(?:{re.escape(thousands)}[0-9]{{3}})+"
        if re.fullmatch(grouped, text.strip()):
            return text.replace(thousands, "")
    return text


def written_number(number: Decimal) -> str:
    """The number in figures, without noughts that say nothing: how it is kept, and how machines read it."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def in_words(field: CustomField, text: str) -> str:
    """A value as pages show it."""
    if field.kind == Kind.CHOICE:
        return dict(choices_of(field, offered=False)).get(text, text)
    if field.kind == Kind.NUMBER and text:
        return number_format(text, use_l10n=True, force_grouping=True)
    if field.kind == Kind.DATE and text:
        with suppress(ValueError):
            return date_format(date.fromisoformat(text), "j M Y")
    return text


def for_input(field: CustomField, text: str) -> str:
    """A value as it stands in its control: a number as the reader's language writes it, without groups."""
    if field.kind == Kind.NUMBER and text:
        return text.replace(".", str(get_format("DECIMAL_SEPARATOR")))
    return text


def fill(ticket: Ticket, field: CustomField, value: object, *, by: User | None) -> bool:
    """Say something in a field of the ticket; nothing, or None, takes it away. Returns whether anything changed.

    What stood there before is the way back, also for a field or a choice that is asked no more.
    """
    columns = clean(field, value)
    with ticket._locked():
        kept = CustomValue.objects.filter(ticket=ticket, field=field).first()
        was, became = kept.text if kept else "", columns.get("text", "")
        if was == became:
            return False
        if not columns:
            CustomValue.objects.filter(ticket=ticket, field=field).delete()
        else:
            CustomValue.objects.update_or_create(ticket=ticket, field=field, defaults=columns)
        ticket.record(EventKind.FIELD_SET, actor=by, field=field.slug, was=was, became=became)
        ticket._save()
    return True


def describe(
    ticket: Ticket,
    *,
    by: User | None,
    columns: Mapping[str, str],
    values: Iterable[tuple[CustomField, object]],
) -> bool:
    """All that is known of a ticket in one go, or none of it: what `Ticket.describe` takes, and fields of the company's
    own. Returns whether anything changed."""
    with transaction.atomic():
        changed = ticket.describe(by=by, **columns)
        for field, value in values:
            changed |= fill(ticket, field, value, by=by)
    return changed


def values_of(ticket: Ticket) -> dict[str, str]:
    """What the ticket says, by the slug of the field."""
    return dict(CustomValue.objects.filter(ticket=ticket).values_list("field__slug", "text"))


def value_of(ticket: Ticket, field: CustomField) -> str:
    """What the ticket says in this field; empty where nothing."""
    said = CustomValue.objects.filter(ticket=ticket, field=field).values_list("text", flat=True).first()
    return said or ""


def missing(ticket: Ticket) -> CustomField | None:
    """The first field that must be filled in before the ticket is resolved, and is not."""
    needed = [field for field in asked() if field.is_required]
    if not needed:
        return None
    filled = set(
        CustomValue.objects.filter(ticket=ticket, field__in=[field.pk for field in needed]).values_list(
            "field_id", flat=True
        )
    )
    return next((field for field in needed if field.pk not in filled), None)


def need(ticket: Ticket) -> NotYet | None:
    """For `resolving`: what is still to be filled in."""
    field = missing(ticket)
    if field is None:
        return None
    return NotYet(_t("Fill in %(field)s first.") % {"field": label_of(field)}, place=f"{PLACE}{field.slug}")


# --- Naming fields ---------------------------------------------------------------------------------------------------


def add(
    *,
    labels: Mapping[str, str],
    kind: str,
    choices: Sequence[Mapping[str, Any]] = (),
    is_required: bool = False,
) -> CustomField:
    """A new field behind the others. Its slug is made of its name and stays: filters and addresses name it."""
    if kind not in Kind.values:
        raise Refusal(_t("Choose what kind of field it is."))
    labels = _clean_labels(labels)
    if CustomField.objects.filter(retired_at=None).count() >= MOST_FIELDS:
        raise Refusal(_t("There are %(most)s fields already. Retire one first.") % {"most": MOST_FIELDS})
    field = CustomField(
        kind=kind, labels=labels, choices=_clean_choices(kind, choices, known=[]), is_required=is_required
    )
    base = _slug(next(label for label in labels.values() if label), most=34) or "field"
    with transaction.atomic():
        field.position = (CustomField.objects.aggregate(top=Max("position"))["top"] or 0) + 1
        for number in range(1, 100):
            field.slug = base if number == 1 else f"{base}-{number}"
            if not CustomField.objects.filter(slug=field.slug).exists():
                break
        try:
            with transaction.atomic():
                field.save(force_insert=True)
        except IntegrityError:  # somebody adds the same at this moment
            raise Refusal(_t("There is a field of this name already.")) from None
    KEPT.forget()
    return field


def change(
    field: CustomField,
    *,
    labels: Mapping[str, str],
    choices: Sequence[Mapping[str, Any]] = (),
    is_required: bool = False,
) -> None:
    """Other words, other choices, asked for or not. Slug and kind stay; a choice that is left out is offered no more,
    and what tickets say in it stays as it is."""
    labels = _clean_labels(labels)
    with transaction.atomic():
        latest = CustomField.objects.select_for_update().get(pk=field.pk)
        latest.labels, latest.is_required = labels, is_required
        latest.choices = _clean_choices(latest.kind, choices, known=latest.choices)
        latest.save(update_fields=["labels", "is_required", "choices"])
    field.refresh_from_db()
    KEPT.forget()


def retire(field: CustomField) -> bool:
    """Ask it no more. What tickets say in it stays and is shown. Returns whether anything changed."""
    changed = CustomField.objects.filter(pk=field.pk, retired_at=None).update(retired_at=timezone.now())
    KEPT.forget()
    return bool(changed)


def bring_back(field: CustomField) -> bool:
    """The opposite of `retire`."""
    changed = CustomField.objects.filter(pk=field.pk).exclude(retired_at=None).update(retired_at=None)
    KEPT.forget()
    return bool(changed)


def move(field: CustomField, *, step: int) -> bool:
    """One place up (-1) or down (1) among those that are asked. Returns whether anything changed."""
    with transaction.atomic():
        fields = list(CustomField.objects.select_for_update().filter(retired_at=None).order_by("position", "pk"))
        at = next((index for index, each in enumerate(fields) if each.pk == field.pk), None)
        if at is None or not 0 <= at + step < len(fields):
            return False
        fields.insert(at + step, fields.pop(at))
        for position, each in enumerate(fields, start=1):
            if each.position != position:
                each.position = position
                each.save(update_fields=["position"])
    KEPT.forget()
    return True


def _clean_labels(labels: Mapping[str, str]) -> dict[str, str]:
    found = {code: normalise(labels.get(code, ""), single_line=True) for code in LANGUAGES}
    if any(len(label) > LONGEST_LABEL for label in found.values()):
        raise Refusal(_t("A name has at most %(most)s letters.") % {"most": LONGEST_LABEL})
    if not any(found.values()):
        raise Refusal(_t("Enter a name."))
    return found


def _clean_choices(
    kind: str, choices: Sequence[Mapping[str, Any]], *, known: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    if kind != Kind.CHOICE:
        return []
    slugs = {choice["slug"] for choice in known}
    found: dict[str, dict[str, Any]] = {}
    for choice in choices:
        labels = _clean_labels(choice["labels"])
        slug = choice.get("slug") or ""
        if slug not in slugs:
            base = slug = _slug(next(label for label in labels.values() if label), most=34) or "choice"
            number = 1
            while slug in slugs or slug in found:
                number += 1
                slug = f"{base}-{number}"
        found[slug] = {"slug": slug, "labels": labels}
    if not found:
        raise Refusal(_t("Enter at least one choice."))
    if len(found) > MOST_CHOICES:
        raise Refusal(_t("At most %(most)s choices.") % {"most": MOST_CHOICES})
    left = [{**choice, "retired": True} for choice in known if choice["slug"] not in found]
    return [*found.values(), *left]


def _slug(label: str, *, most: int) -> str:
    return _APART.sub("-", fold(label)).strip("-")[:most].strip("-")
