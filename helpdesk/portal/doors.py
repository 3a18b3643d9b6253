"""What is true of every page for customers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt

from helpdesk.people.models import Company

View = Callable[..., HttpResponseBase]


def open_door(view: View) -> View:
    """A page that rests on no cookie: on a signed link, or on nothing at all.

    CSRF protection guards what a browser sends along unasked. Nothing here uses that, so a check could only cost
    somebody without cookies the text they typed. Forms that anybody may send carry a stamp instead; see stamps.py.
    """
    return csrf_exempt(view)


def private(view: View) -> View:
    """A page behind a signed link: kept by no cache, found by no search engine, its address told to no other site.

    Not "no-referrer": with it a browser calls the origin of our own forms "null", and those that check it (the theme,
    without JavaScript) would be refused.
    """

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return answer


@contextmanager
def spoken_to(request: HttpRequest, language: str) -> Iterator[None]:
    """Answer in this language and in the company's time zone, whatever the browser or a signed-in user prefers."""
    company = Company.current()
    language = language if language in dict(settings.LANGUAGES) else company.language
    with translation.override(language), timezone.override(company.zone):
        before, request.LANGUAGE_CODE = request.LANGUAGE_CODE, language
        yield
    if not before:
        request.LANGUAGE_CODE = before
