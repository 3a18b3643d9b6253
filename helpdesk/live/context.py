from __future__ import annotations

from django.http import HttpRequest

from helpdesk.live.addresses import live_url


def live(request: HttpRequest) -> dict[str, str]:
    """Where a signed-in person's page finds its live updates."""
    return {"live_url": live_url(request) if request.user.is_authenticated else ""}
