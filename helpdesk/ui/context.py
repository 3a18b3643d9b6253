"""What every template knows about how a page looks."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import translation

THEMES = ("light", "dark")
DENSITIES = ("compact",)


def appearance(request: HttpRequest) -> dict[str, str]:
    """`theme` and `density` are what this device chose, empty where nobody did; `language` is the page's own.

    A cookie is whatever a browser sends, so only the names we gave away come through.
    """
    theme, density = request.COOKIES.get("theme", ""), request.COOKIES.get("density", "")
    return {
        "theme": theme if theme in THEMES else "",
        "density": density if density in DENSITIES else "",
        "language": translation.get_language() or "",
    }
