"""What every page knows: whose helpdesk this is."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from helpdesk.people.models import Company


def company(request: HttpRequest) -> dict[str, Any]:
    """The company that the middleware has read, and whether outgoing mail stays here."""
    return {"company": getattr(request, "company", None) or Company.current(), "has_outbox": not settings.SMTP_URL}
