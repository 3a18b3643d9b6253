"""What was written down about a ticket, as sentences of its thread. Each is whole, or a list behind a colon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _t

from tickets import custom_fields, time_spent
from tickets.models import EventKind, TicketKind

Sentence = Callable[[str, Mapping[str, Any]], str]


def _described(actor: str, details: Mapping[str, Any]) -> str:
    became: Mapping[str, str] = details.get("became", {})
    kinds = dict(TicketKind.choices)
    said = []
    for name, set_to, emptied in (
        ("kind", _t("type %(value)s"), _t("no type")),
        ("product", _t("product %(value)s"), _t("no product")),
        ("order_reference", _t("order %(value)s"), _t("no order")),
    ):
        if name in became:
            value = str(kinds.get(became[name], became[name])) if name == "kind" else became[name]
            said.append(set_to % {"value": value} if value else emptied)
    return _t("%(actor)s wrote down: %(what)s") % {"actor": actor or _t("Puente"), "what": ", ".join(said)}


def _tag(sentence: Callable[[], str]) -> Sentence:
    return lambda actor, details: sentence() % {"actor": actor or _t("Puente"), "tag": details.get("tag", "–")}


def _filled(actor: str, details: Mapping[str, Any]) -> str:
    slug, text = str(details.get("field", "")), str(details.get("became", ""))
    field = custom_fields.by_slug(slug)
    said = {
        "actor": actor or _t("Puente"),
        "field": custom_fields.label_of(field) if field else slug or "–",
        "value": custom_fields.in_words(field, text) if field else text,
    }
    if not text:
        return _t("%(actor)s emptied %(field)s") % said
    return _t("%(actor)s filled in %(field)s: %(value)s") % said


def _checked(actor: str, details: Mapping[str, Any]) -> str:
    sentences = {
        "added": _t("%(actor)s put on the checklist: %(text)s"),
        "ticked": _t("%(actor)s ticked off: %(text)s"),
        "unticked": _t("%(actor)s took the tick off: %(text)s"),
        "renamed": _t("%(actor)s changed a line of the checklist: %(text)s"),
        "removed": _t("%(actor)s took off the checklist: %(text)s"),
        "moved": _t("%(actor)s moved on the checklist: %(text)s"),
        "put_back": _t("%(actor)s put back on the checklist: %(text)s"),
    }
    sentence = sentences.get(details.get("what", ""), _t("%(actor)s changed the checklist"))
    return sentence % {"actor": actor or _t("Puente"), "text": details.get("text", "–")}


def _spent(actor: str, details: Mapping[str, Any]) -> str:
    said = {
        "actor": actor or _t("Puente"),
        "time": time_spent.in_words(int(details.get("minutes", 0))),
        "what": details.get("what", ""),
    }
    if details.get("forgotten"):
        return _t("%(actor)s took time off again: %(time)s") % said
    if said["what"]:
        return _t("%(actor)s wrote down %(time)s: %(what)s") % said
    return _t("%(actor)s wrote down %(time)s") % said


ICONS: Mapping[str, str] = {
    EventKind.DESCRIBED: "square-pen",
    EventKind.TAG_PUT: "tag",
    EventKind.TAG_TAKEN: "tag",
    EventKind.FIELD_SET: "square-pen",
    EventKind.CHECKLIST_CHANGED: "list",
    EventKind.TIME_SPENT: "clock",
}
SENTENCES: Mapping[str, Sentence] = {
    EventKind.DESCRIBED: _described,
    EventKind.TAG_PUT: _tag(lambda: _t("%(actor)s put the tag %(tag)s on")),
    EventKind.TAG_TAKEN: _tag(lambda: _t("%(actor)s took the tag %(tag)s off")),
    EventKind.FIELD_SET: _filled,
    EventKind.CHECKLIST_CHANGED: _checked,
    EventKind.TIME_SPENT: _spent,
}
