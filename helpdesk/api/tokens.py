from __future__ import annotations

from datetime import timedelta

from django.contrib.auth import authenticate
from django.utils.translation import gettext as _t
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.common.visitors import address_of
from helpdesk.people.models import Allowance, ApiToken, User

WINDOW = timedelta(minutes=5)


class SignIn(serializers.Serializer):
    email = serializers.EmailField()
    password = serializers.CharField(trim_whitespace=False)
    name = serializers.CharField(
        max_length=100, default="API", help_text="What the token is for, to tell one from another."
    )


class IssuedToken(serializers.Serializer):
    token = serializers.CharField(help_text="Shown once. Send it as `Authorization: Bearer …`.")
    name = serializers.CharField()


@extend_schema(methods=["POST"], request=SignIn, responses={201: IssuedToken}, auth=[])
@extend_schema(methods=["DELETE"], request=None, responses={204: None})
@api_view(["POST", "DELETE"])
@permission_classes([AllowAny])
def token(request: Request) -> Response:
    """POST: a new token for an email and password. DELETE: make the token of this request worthless."""
    if request.method == "DELETE":
        if not isinstance(request.auth, ApiToken):
            raise AuthenticationFailed(_t("Send the token that should end."))
        request.auth.revoke()
        return Response(status=204)
    data = SignIn(data=request.data)
    data.is_valid(raise_exception=True)
    email = data.validated_data["email"]
    if not (
        Allowance.take(what="sign-in", who=email, most=5, within=WINDOW)
        and Allowance.take(what="sign-in from", who=address_of(request._request), most=30, within=WINDOW)
    ):
        raise Throttled(wait=WINDOW.total_seconds())
    user = authenticate(request._request, username=email, password=data.validated_data["password"])
    if not isinstance(user, User):
        raise AuthenticationFailed(_t("That email and password do not belong together."))
    row, key = ApiToken.issue(user=user, name=data.validated_data["name"])
    return Response({"token": key, "name": row.name}, status=201)
