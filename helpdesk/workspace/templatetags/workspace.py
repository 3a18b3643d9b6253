"""Small words of the agents' pages."""

from __future__ import annotations

from django import template
from django.conf import settings

from cx import codebook

register = template.Library()


@register.filter
def language_label(code: str) -> str:
    """The name of a language in the reader's own; the code where we know no name."""
    return str(dict(settings.LANGUAGES).get(code, code))


@register.simple_tag
def tag_word(field: str, slug: str) -> str:
    """What a tag is called here and now, where a page speaks of it outside any ticket."""
    return str(codebook.RENAMABLE[field](slug).label)
