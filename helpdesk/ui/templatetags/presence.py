"""Who else is at a ticket: initials with a dot whose shape says whether they look or write, and the same in words.

`static/ui/js/presence.js` repeats this where people come and go: whoever changes one changes the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t

register = template.Library()


def words_for(person: Mapping[str, Any]) -> str:
    words = _t("%(name)s is writing") if person["writing"] else _t("%(name)s is looking at this")
    return words % {"name": person["name"]}


@register.simple_tag
def presence_words() -> str:
    """The words presence.js needs: JSON for the `data-presence-words` of <body>."""
    words = {"looking": _t("%(name)s is looking at this"), "writing": _t("%(name)s is writing")}
    return json.dumps(words, ensure_ascii=False)


@register.simple_tag
def presence(number: int, people: Iterable[Mapping[str, Any]] = (), *, in_words: bool = False) -> SafeString:
    """The place of one ticket's people. `in_words` also says them where there is room: in the ticket's head."""
    people = list(people or ())
    if not people:  # as in most rows
        return format_html('<span class="here" data-presence="{}"{}></span>', number, _in_words(in_words))
    return format_html(
        '<span class="here" data-presence="{}"{} data-people="{}">{}{}</span>',
        number,
        _in_words(in_words),
        json.dumps(people, ensure_ascii=False),
        format_html_join("", "{}", ((_avatar(person),) for person in people)),
        _sentence(people) if in_words else "",
    )


def _in_words(in_words: bool) -> SafeString:
    return format_html(" data-in-words{}", "") if in_words else format_html("{}", "")


def _avatar(person: Mapping[str, Any]) -> SafeString:
    words = words_for(person)
    return format_html(
        '<span class="av{}" title="{}"><span aria-hidden="true">{}</span><span class="vh">{}</span></span>',
        " writing" if person["writing"] else " looking",
        words,
        person["initials"],
        words,
    )


def _sentence(people: list[Mapping[str, Any]]) -> SafeString:
    """Whoever writes, else whoever is there alone: more would be a crowd of names."""
    writing = [person for person in people if person["writing"]]
    said = writing or (people if len(people) == 1 else [])
    return (
        format_html('<span class="here-words" aria-hidden="true">{}</span>', words_for(said[0]))
        if said
        else SafeString("")
    )
