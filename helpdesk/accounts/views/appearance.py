from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from helpdesk.common.visitors import safe_way_back
from helpdesk.people.models import User

YEAR = 60 * 60 * 24 * 365


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language on this device, and for the person who is signed in. Stays on the same page."""
    chosen = request.POST.get("language", "")
    response = _back(request)
    if chosen in dict(settings.LANGUAGES):
        if isinstance(request.user, User):
            request.user.language = chosen
            request.user.save(update_fields=["language"])
        _remember(response, settings.LANGUAGE_COOKIE_NAME, chosen)
    return response


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the system says."""
    chosen = request.POST.get("theme", "")
    response = _back(request)
    if chosen in ("light", "dark"):
        _remember(response, "theme", chosen)
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response


def _remember(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR, samesite="Lax", secure=settings.IS_SECURE)


def _back(request: HttpRequest) -> HttpResponse:
    wanted = request.POST.get("next") or request.headers.get("Referer", "")
    return redirect(safe_way_back(request, wanted) or "portal:home")
