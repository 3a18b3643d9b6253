"""What was asked, and what was not understood, in words for the person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext, pgettext

from tickets.query import dates
from tickets.query.fields import FIELDS, Field, Kind
from tickets.query.language import MOST_TERMS, Unknown, Why
from tickets.query.tree import All, Any, Has, Node, Not, Op, Words

if TYPE_CHECKING:
    from tickets.query.fields import Vocabulary


def told(unknown: Unknown) -> str:
    """Why something that was typed is not followed."""
    field = FIELDS.get(unknown.field)
    label = str(field.label) if field else ""
    if unknown.why == Why.NO_FIELD:
        name, _colon, _value = unknown.text.partition(":")
        return _t("“%(text)s”: nothing can be asked about under the name “%(name)s”.") % {
            "text": unknown.text, "name": name,
        }  # fmt: skip
    if unknown.why == Why.NOTHING_BEHIND:
        return _t("Nothing stands behind “%(text)s”.") % {"text": unknown.text}
    if unknown.why == Why.TOO_LONG:
        return ngettext(
            "Only the first %(most)s condition was read.", "Only the first %(most)s conditions were read.", MOST_TERMS
        ) % {"most": MOST_TERMS}
    if field and field.kind == Kind.DATE:
        return _t("“%(text)s” is no date. Write 2026-10-31, today, or 7d for seven days.") % {"text": unknown.text}
    return _t("“%(text)s” is not known under “%(field)s”.") % {"text": unknown.text, "field": label}


def described(node: Node, vocabulary: Vocabulary) -> str:
    """The tree in words: "Stage: Use or Purchase"."""
    if isinstance(node, Has):
        field = FIELDS.get(node.field)
        return f"{field.label}: {value_of(node, vocabulary)}" if field else node.field
    if isinstance(node, Words):
        return _t("“%(words)s”") % {"words": f"{node.text}…" if node.is_beginning else node.text}
    if isinstance(node, Not):
        return _t("not %(condition)s") % {"condition": _in_brackets(node.part, vocabulary)}
    parts = [_in_brackets(part, vocabulary) for part in node.parts]
    return (_t(" and ") if isinstance(node, All) else _t(" or ")).join(parts)


def value_of(node: Has, vocabulary: Vocabulary) -> str:
    """What stands behind the field's name."""
    field = FIELDS[node.field]
    if node.op == Op.EMPTY:
        return _t("not set")
    said = [_said(value, field, vocabulary) for value in node.values]
    if node.op == Op.BETWEEN:
        return _t("%(start)s to %(end)s") % {"start": said[0], "end": said[-1]}
    if node.op == Op.IS:
        return _t(", or ").join(said)
    return _compared(Op(node.op), said[0], field, is_span=dates.is_span(node.values[0]))


def _said(value: str, field: Field, vocabulary: Vocabulary) -> str:
    if field.kind != Kind.DATE:
        return vocabulary.label(field.slug, value)
    days = {
        dates.TODAY: pgettext("a day", "today"),
        dates.YESTERDAY: pgettext("a day", "yesterday"),
        dates.TOMORROW: pgettext("a day", "tomorrow"),
    }
    if value in days:
        return days[value]
    if dates.is_span(value):
        return _span(value)
    day = parse_date(value)
    return date_format(day, pgettext("day, month and year, in Django's letters", "j M Y")) if day else value


def _span(span: str) -> str:
    number = int(span.rstrip("abcdefghijklmnopqrstuvwxyz"))
    unit = span.lstrip("0123456789")
    words = {
        "min": ngettext("%(n)s minute", "%(n)s minutes", number),
        "h": ngettext("%(n)s hour", "%(n)s hours", number),
        "d": ngettext("%(n)s day", "%(n)s days", number),
        "w": ngettext("%(n)s week", "%(n)s weeks", number),
        "m": ngettext("%(n)s month", "%(n)s months", number),
        "y": ngettext("%(n)s year", "%(n)s years", number),
    }
    return words[unit] % {"n": number}


def _compared(op: Op, value: str, field: Field, *, is_span: bool) -> str:
    if is_span:
        words = _spans_ahead() if field.is_ahead else _spans_ago()
    elif field.kind == Kind.NUMBER:
        words = {
            Op.BEFORE: _t("less than %(value)s"), Op.AFTER: _t("more than %(value)s"),
            Op.UNTIL: _t("%(value)s or less"), Op.SINCE: _t("%(value)s or more"),
        }  # fmt: skip
    else:
        words = {
            Op.BEFORE: _t("before %(value)s"), Op.AFTER: _t("after %(value)s"),
            Op.UNTIL: _t("until %(value)s"), Op.SINCE: _t("since %(value)s"),
        }  # fmt: skip
    return words[op] % {"value": value}


def _spans_ahead() -> dict[Op, str]:
    less, more = _t("in less than %(value)s"), _t("in more than %(value)s")
    within = _t("in the next %(value)s")
    return {Op.WITHIN: within, Op.BEFORE: less, Op.UNTIL: less, Op.AFTER: more, Op.SINCE: more}


def _spans_ago() -> dict[Op, str]:
    less, more = _t("less than %(value)s ago"), _t("more than %(value)s ago")
    within = _t("in the last %(value)s")
    return {Op.WITHIN: within, Op.BEFORE: less, Op.UNTIL: less, Op.AFTER: more, Op.SINCE: more}


def _in_brackets(node: Node, vocabulary: Vocabulary) -> str:
    said = described(node, vocabulary)
    return f"({said})" if isinstance(node, All | Any) else said
