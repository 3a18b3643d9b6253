"""One shape for every error: {"error": {"code", "message", "fields"}}."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _t
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from helpdesk.common.errors import Refusal


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """A refusal is 422, nonsense 400, unseen or absent 404; what nobody expected stays a 500."""
    if isinstance(error, Refusal):
        set_rollback()
        return _answer(status.HTTP_422_UNPROCESSABLE_ENTITY, "refused", str(error))
    if isinstance(error, Http404):
        return _answer(status.HTTP_404_NOT_FOUND, "not_found", _t("There is no such thing, or you may not see it."))
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.ValidationError):
        set_rollback()
        message = _t("Some fields need another value.")
        return _answer(error.status_code, "bad_request", message, fields=error.detail)
    if isinstance(error, exceptions.APIException):
        set_rollback()
        answer = _answer(error.status_code, str(error.get_codes()), str(error.detail))
        if header := getattr(error, "auth_header", None):
            answer["WWW-Authenticate"] = header
        return answer
    return None


def _answer(code: int, name: str, message: str, *, fields: Any = None) -> Response:
    body: dict[str, Any] = {"code": name, "message": message}
    if fields is not None:
        body["fields"] = fields
    return Response({"error": body}, status=code)
