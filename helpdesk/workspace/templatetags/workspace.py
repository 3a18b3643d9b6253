"""Small words of the agents' pages."""

from __future__ import annotations

from django import template
from django.conf import settings

register = template.Library()


@register.filter
def language_label(code: str) -> str:
    """The name of a language in the reader's own; the code where we know no name."""
    return str(dict(settings.LANGUAGES).get(code, code))
