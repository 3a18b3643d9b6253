"""Saying what many tickets are about: their type, their tags, a field of the company's own. Each with its way back."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from helpdesk.common.errors import Refusal
from helpdesk.common.numbers import whole
from helpdesk.people.models import User
from tickets import custom_fields, tags
from tickets.bulk import Values, Verb, register
from tickets.models import CustomField, Tag, Ticket, TicketKind


def register_all() -> None:
    for verb in (KIND, TAG_PUT, TAG_TAKE, FIELD):
        register(verb)


def _changed_since() -> Refusal:
    return Refusal(_t("It was changed since."))


# --- Type ------------------------------------------------------------------------------------------------------------


def _check_kind(values: Values, by: User) -> dict[str, Any]:
    kind = str(values.get("kind") or "")
    if kind not in ("", *TicketKind.values):
        raise Refusal(_t("Choose a type from the list."))
    return {"kind": kind}


def _set_kind(ticket: Ticket, given: Values, by: User) -> dict[str, Any] | None:
    was = ticket.kind
    return {"was": was, "became": given["kind"]} if ticket.describe(kind=given["kind"], by=by) else None


def _undo_kind(ticket: Ticket, before: Values, by: User) -> None:
    if ticket.kind != before["became"]:
        raise _changed_since()
    ticket.describe(kind=before["was"], by=by)


def _kinds_set(count: int, values: Values) -> str:
    if not values["kind"]:
        said = ngettext("%(count)s ticket has no type now.", "%(count)s tickets have no type now.", count)
        return said % {"count": whole(count)}
    said = ngettext(
        "%(count)s ticket has this type now: %(type)s.", "%(count)s tickets have this type now: %(type)s.", count
    )
    return said % {"count": whole(count), "type": TicketKind(values["kind"]).label}


KIND = Verb(
    slug="kind",
    label=_("Set the type"),
    icon="circle-question-mark",
    check=_check_kind,
    do=_set_kind,
    undo=_undo_kind,
    done=_kinds_set,
)


# --- Tags ------------------------------------------------------------------------------------------------------------


def _check_put(values: Values, by: User) -> dict[str, Any]:
    return {"tag": tags.clean(str(values.get("tag") or ""))}


def _check_take(values: Values, by: User) -> dict[str, Any]:
    tag = tags.called(tags.clean(str(values.get("tag") or "")))
    if tag is None:
        raise Refusal(_t("There is no such tag."))
    return {"tag": tag.name}


def _put(ticket: Ticket, given: Values, by: User) -> dict[str, Any] | None:
    tag = tags.put(ticket, name=given["tag"], by=by)
    return {"tag": tag.pk} if tag else None


def _undo_put(ticket: Ticket, before: Values, by: User) -> None:
    tag = Tag.objects.filter(pk=before["tag"]).first()
    if tag is None or tags.take(ticket, tag=tag, by=by) is None:
        raise _changed_since()


def _take(ticket: Ticket, given: Values, by: User) -> dict[str, Any] | None:
    tag = tags.called(given["tag"])
    return tags.take(ticket, tag=tag, by=by) if tag else None


def _undo_take(ticket: Ticket, before: Values, by: User) -> None:
    if not tags.put_back(ticket, dict(before), by=by):
        raise _changed_since()


def _were_put(count: int, values: Values) -> str:
    said = ngettext(
        "%(count)s ticket has the tag “%(tag)s” now.", "%(count)s tickets have the tag “%(tag)s” now.", count
    )
    return said % {"count": whole(count), "tag": values["tag"]}


def _were_taken(count: int, values: Values) -> str:
    said = ngettext("The tag “%(tag)s” is off %(count)s ticket.", "The tag “%(tag)s” is off %(count)s tickets.", count)
    return said % {"count": whole(count), "tag": values["tag"]}


TAG_PUT = Verb(
    slug="tag-put",
    label=_("Put a tag on"),
    icon="tags",
    check=_check_put,
    do=_put,
    undo=_undo_put,
    done=_were_put,
)
TAG_TAKE = Verb(
    slug="tag-take",
    label=_("Take a tag off"),
    icon="tags",
    check=_check_take,
    do=_take,
    undo=_undo_take,
    done=_were_taken,
)


# --- Fields of the company's own -------------------------------------------------------------------------------------


def _field(values: Values) -> CustomField:
    field = custom_fields.by_slug(str(values.get("field") or ""))
    if field is None:
        raise Refusal(_t("Choose a field from the list."))
    return field


def _check_field(values: Values, by: User) -> dict[str, Any]:
    field = _field(values)
    columns = custom_fields.clean(field, values.get("value"))
    return {"field": field.slug, "value": columns.get("text", "")}


def _ready_field(values: Values, by: User) -> Values:
    return {"custom_field": _field(values), "value": values["value"]}


def _fill(ticket: Ticket, given: Values, by: User) -> dict[str, Any] | None:
    field = given["custom_field"]
    was = custom_fields.value_of(ticket, field)
    changed = custom_fields.fill(ticket, field, given["value"], by=by)
    return {"field": field.slug, "was": was, "became": given["value"]} if changed else None


def _undo_fill(ticket: Ticket, before: Values, by: User) -> None:
    field = _field(before)
    if custom_fields.value_of(ticket, field) != before["became"]:
        raise _changed_since()
    custom_fields.fill(ticket, field, before["was"], by=by)


def _were_filled(count: int, values: Values) -> str:
    field = custom_fields.by_slug(values["field"])
    said = {
        "count": whole(count),
        "field": custom_fields.label_of(field) if field else values["field"],
        "value": custom_fields.in_words(field, values["value"]) if field else values["value"],
    }
    if not values["value"]:
        return (
            ngettext(
                "“%(field)s” is empty on %(count)s ticket now.", "“%(field)s” is empty on %(count)s tickets now.", count
            )
            % said
        )
    return (
        ngettext("%(field)s: %(value)s on %(count)s ticket.", "%(field)s: %(value)s on %(count)s tickets.", count)
        % said
    )


FIELD = Verb(
    slug="field",
    label=_("Fill in a field"),
    icon="square-pen",
    check=_check_field,
    ready=_ready_field,
    do=_fill,
    undo=_undo_fill,
    done=_were_filled,
)
