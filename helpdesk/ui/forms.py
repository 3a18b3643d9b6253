"""Form controls written in Python. Django writes each through three to fifty small templates; a page has sixty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString

Widget = Mapping[str, Any]  # what a widget says of itself: Django's `context["widget"]`


class QuickControls(DjangoTemplates):
    """The same HTML as Django's own templates, for the controls that pages are full of; all others go to them."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> SafeString:
        if write := _WRITERS.get(template_name.removeprefix("django/forms/widgets/")):
            return SafeString(write(context["widget"]))
        return SafeString(super().render(template_name, context, request))


def _attributes(widget: Widget) -> str:
    found = []
    for name, value in widget["attrs"].items():
        if value is True:
            found.append(f" {escape(name)}")
        elif value is not False:
            found.append(f' {escape(name)}="{_escaped(value)}"')
    return "".join(found)


def _escaped(value: Any) -> str:
    """As a template would show it, with its own words for a lazy or a safe text."""
    return conditional_escape(value) if isinstance(value, str) else conditional_escape(str(value))


def _input(widget: Widget) -> str:
    value = "" if widget["value"] is None else f' value="{_escaped(widget["value"])}"'
    return f'<input type="{widget["type"]}" name="{_escaped(widget["name"])}"{value}{_attributes(widget)}>'


def _textarea(widget: Widget) -> str:
    value = _escaped(widget["value"]) if widget["value"] else ""
    return f'<textarea name="{_escaped(widget["name"])}"{_attributes(widget)}>\n{value}</textarea>'


def _option(widget: Widget) -> str:
    return f'<option value="{_escaped(widget["value"])}"{_attributes(widget)}>{_escaped(widget["label"])}</option>'


def _select(widget: Widget) -> str:
    lines = [f'<select name="{_escaped(widget["name"])}"{_attributes(widget)}>']
    for label, options, _at in widget["optgroups"]:
        if label:
            lines.append(f'  <optgroup label="{_escaped(label)}">')
        lines += [f"  {_option(option)}" for option in options]
        if label:
            lines.append("  </optgroup>")
    return "\n".join([*lines, "</select>"])


_WRITERS: Final[dict[str, Callable[[Widget], str]]] = {
    **dict.fromkeys(
        (
            "checkbox.html",
            "date.html",
            "email.html",
            "hidden.html",
            "number.html",
            "text.html",
            "time.html",
            "url.html",
        ),
        _input,
    ),
    "select.html": _select,
    "textarea.html": _textarea,
}
