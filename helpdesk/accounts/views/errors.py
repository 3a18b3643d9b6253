"""Pages for what went wrong, in words for the person before them."""

from __future__ import annotations

import logging
import secrets

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

log = logging.getLogger(__name__)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """The code on the page stands in the log beside the error: it is how the two are found together."""
    reference = secrets.token_hex(4)
    log.error(
        "%s %s did not load: %s", request.method, request.resolver_match and request.resolver_match.route, reference
    )
    return render(request, "errors/500.html", {"reference": reference}, status=500)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its secret: another site sent it, or it stood open for longer than the sign-in lasted."""
    return render(request, "errors/forged.html", status=403)
