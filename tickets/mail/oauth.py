"""Signing in to Google's and Microsoft's mail with a permission instead of a password (XOAUTH2).

The company's own app registration gave a client ID and a refresh token; here it is changed for the access token of
the hour, which is kept in the row so that a minute's fetch costs no request.
"""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _t

from tickets.models import MailSource

TIMEOUT = 15
MARGIN = timedelta(minutes=2)  # a token that ends while it is being used is none
MOST_BYTES = 100_000
MICROSOFT_SCOPE = "https://outlook.office.com/IMAP.AccessAsUser.All offline_access"
_TENANT = re.compile(r"[A-Za-z0-9.-]{1,100}")


class NoToken(Exception):
    """The service gave no access token; the text says what to do about it."""


def access_token(source: MailSource, *, is_refused: bool = False) -> str:
    """An access token that is good now, asked for when the one we have has ended or was refused."""
    ends_at = source.access_token_ends_at
    if source.access_token and not is_refused and ends_at and ends_at > timezone.now() + MARGIN:
        return source.access_token
    given = _ask(source)
    source.access_token = str(given.get("access_token") or "")
    if not source.access_token:
        raise NoToken(_t("%(service)s gave no access token.") % {"service": source.get_sign_in_display()})
    source.access_token_ends_at = timezone.now() + timedelta(seconds=_seconds(given.get("expires_in")))
    # Microsoft gives a new refresh token each time and lets the old one end.
    source.refresh_token = str(given.get("refresh_token") or source.refresh_token)
    if source.pk:  # a source that is only being tried has no row yet
        source.save(update_fields=["access_token", "access_token_ends_at", "refresh_token"])
    return source.access_token


def _seconds(given: object) -> int:
    try:
        return max(0, min(int(str(given)), 24 * 3600))
    except ValueError:
        return 3600


def _ask(source: MailSource) -> dict[str, Any]:
    service = source.get_sign_in_display()
    form = {
        "grant_type": "refresh_token",
        "client_id": source.client_id,
        "client_secret": source.client_secret,
        "refresh_token": source.refresh_token,
    }
    if source.sign_in == MailSource.SignIn.MICROSOFT:
        form["scope"] = MICROSOFT_SCOPE
    if not (source.client_id and source.refresh_token):
        raise NoToken(_t("Enter the client ID and the refresh token that %(service)s gave.") % {"service": service})
    data = urllib.parse.urlencode({name: value for name, value in form.items() if value}).encode()
    request = urllib.request.Request(_address(source), data=data, method="POST")  # noqa: S310  ours or the settings'
    try:
        with _OPENER.open(request, timeout=TIMEOUT) as answer:
            given = json.loads(answer.read(MOST_BYTES))
    except urllib.error.HTTPError as error:
        raise NoToken(_refusal(service, error)) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoToken(
            _t("%(service)s could not be asked for an access token: %(why)s")
            % {"service": service, "why": getattr(error, "reason", None) or error}
        ) from error
    return given if isinstance(given, dict) else {}


def _address(source: MailSource) -> str:
    if source.sign_in == MailSource.SignIn.GOOGLE:
        return settings.GOOGLE_TOKEN_URL
    tenant = source.tenant.strip() or "organizations"
    if not _TENANT.fullmatch(tenant):
        raise NoToken(_t("%(tenant)s is no name or ID of a tenant.") % {"tenant": tenant})
    return settings.MICROSOFT_TOKEN_URL.replace("{tenant}", tenant)


def _refusal(service: str, error: urllib.error.HTTPError) -> str:
    """What the service says, after what it means."""
    try:
        said = json.loads(error.read(MOST_BYTES))
        code, why = str(said.get("error", "")), str(said.get("error_description", ""))
    except (OSError, http.client.HTTPException, ValueError, AttributeError):
        code, why = str(error.code), ""
    if code == "invalid_grant":
        meaning = _t("%(service)s no longer accepts the permission that was given. Give it again.")
    elif code in ("invalid_client", "unauthorized_client"):
        meaning = _t("%(service)s does not accept the client ID or the client secret.")
    else:
        meaning = _t("%(service)s gave no access token.")
    said_line = f"{code} {why.splitlines()[0] if why else ''}".strip()
    return f"{meaning % {'service': service}} ({said_line[:300]})"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A permission goes to the address that is meant and to no other."""

    def redirect_request(self, *_args: object, **_options: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirects())
