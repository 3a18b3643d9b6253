"""What is true of every request: whose language and time zone it is answered in, and whether Puente is set up."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation.trans_real import parse_accept_lang_header

from helpdesk.people.models import Company, User

Handler = Callable[[HttpRequest], HttpResponse]
FOR_MACHINES = ("/health/",)  # answered even when the database is not


class LanguageMiddleware:
    """The user's language, else the one chosen on this device, else the browser's, else the company's.

    A customer's page may change it again: a ticket is read in the ticket's language.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in FOR_MACHINES:
            return self.get_response(request)
        user = request.user if isinstance(request.user, User) else None
        company = request.company = Company.current()  # type: ignore[attr-defined]  # read once, for the whole page
        zone = zoneinfo.ZoneInfo(user.time_zone) if user and user.time_zone else company.zone
        with translation.override(_language(request, user, company)), timezone.override(zone):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", request.LANGUAGE_CODE or settings.LANGUAGE_CODE)
        return response


def _language(request: HttpRequest, user: User | None, company: Company) -> str:
    known = dict(settings.LANGUAGES)
    chosen = (user.language if user else "") or request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen in known:
        return chosen
    for wanted, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        if (base := wanted.partition("-")[0]) in known:
            return base
    return company.language


class FirstRunMiddleware:
    """Until Puente is set up, every page leads to the page that does it."""

    OPEN = ("/set-up/", "/language/", "/theme/", "/static/", "/api/", *FOR_MACHINES)

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(self.OPEN) and request.company.set_up_at is None:  # type: ignore[attr-defined]
            return redirect("accounts:set-up")
        return self.get_response(request)
