"""Machines sign in with a token: `Authorization: Bearer pu_…`."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _t
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from helpdesk.people.models import ApiToken, User

SEEN_EVERY = timedelta(minutes=5)  # a request must not cost a write


class TokenAuthentication(BaseAuthentication):
    """The user behind a live token. Unknown, revoked and switched-off all get the same answer."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        kind, _space, key = get_authorization_header(request).decode("latin-1").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = ApiToken.holder_of(key.strip())
        if token is None:
            raise AuthenticationFailed(_t("This token is not known here."))
        now = timezone.now()
        if token.used_at is None or now - token.used_at > SEEN_EVERY:
            ApiToken.objects.filter(pk=token.pk).update(used_at=now)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
