"""Figures of suggestions in words."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _t

from cx.reports.suggestions import FIELDS, label_of
from helpdesk.common import numbers
from helpdesk.workspace.views.learning import address_of

register = template.Library()


@register.filter
def hundredths(figure: float | None) -> str:
    """A figure between −1 and 1, such as a kappa: "0.71"."""
    return "" if figure is None else numbers.decimal(figure, 2)


@register.filter
def ends(figure: Any) -> str:
    """The ends of a figure's interval, of anything with `low` and `high`: "0.66 to 0.75"."""
    low, high = (figure["low"], figure["high"]) if isinstance(figure, dict) else (figure.low, figure.high)
    return _t("%(low)s to %(high)s") % {"low": numbers.decimal(low, 2), "high": numbers.decimal(high, 2)}


@register.filter
def signed(difference: float | None) -> str:
    """A difference with its sign: "+0.03"."""
    if difference is None:
        return ""
    return ("+" if round(difference, 2) > 0 else "") + numbers.decimal(difference, 2)


@register.filter
def signed_ends(figure: dict[str, float]) -> str:
    return _t("%(low)s to %(high)s") % {"low": signed(figure["low"]), "high": signed(figure["high"])}


@register.simple_tag
def field_label(field: str) -> str:
    return str(FIELDS.get(field, field))


@register.simple_tag
def answer_label(field: str, answer: str) -> str:
    return label_of(field, answer)


@register.simple_tag(takes_context=True)
def suggestions_url(context: template.Context, **changes: str) -> str:
    """The page as it is shown, with some of its choices changed."""
    return address_of(context["asked"], **changes)
