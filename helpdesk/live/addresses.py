"""Where a page finds its live updates."""

from __future__ import annotations

import time

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port


def live_url(request: HttpRequest) -> str:
    """LIVE_URL where it is set; else this page's host on LIVE_PORT.

    It names the moment of the page, so that nothing is missed between its writing and the browser's first hello.
    """
    base = settings.LIVE_URL.rstrip("/")
    if not base:
        host, _port = split_domain_port(request.get_host())
        base = f"{request.scheme}://{host}:{settings.LIVE_PORT}"
    return f"{base}/live/?since={int(time.time() * 1000)}"
