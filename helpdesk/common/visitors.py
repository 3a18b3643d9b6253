"""Where a request comes from, and where its visitor may be led back to."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def address_of(request: HttpRequest) -> str:
    """The visitor's network address, for limits.

    What a proxy says of it (X-Forwarded-For) is believed only from the proxies listed in TRUSTED_PROXIES: anybody
    can write that header. The nearest address that is none of theirs is the visitor's.
    """
    nearest = request.META.get("REMOTE_ADDR", "")
    trusted = set(settings.TRUSTED_PROXIES)
    if nearest not in trusted:
        return nearest
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    return next((hop for hop in reversed(hops) if hop not in trusted), nearest)


def safe_way_back(request: HttpRequest, wanted: str) -> str:
    """The address on this site that somebody asked to be led back to; empty for anything else."""
    is_path = wanted.startswith(("/", f"{request.scheme}://"))  # a bare word would be taken for the name of a page
    hosts = {request.get_host()}
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=hosts, require_https=request.is_secure())
    return wanted if is_path and is_ours else ""
