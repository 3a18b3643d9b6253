"""Where in the journey, what fell short: for machines."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from cx.models import Tagging
from helpdesk.api import serializers as shapes
from helpdesk.api.tickets import find_ticket, user_of
from helpdesk.people.access import Ability


@extend_schema(methods=["POST"], request=shapes.TaggingIn, responses=shapes.TaggingOut)
@extend_schema(methods=["DELETE"], request=None, responses={200: shapes.TaggingOut, 204: None})
@api_view(["POST", "DELETE"])
def tagging(request: Request, number: int) -> Response:
    """POST: say it as a person; it stands over every suggestion. DELETE: take the latest answer back."""
    found, user = find_ticket(request, number), user_of(request, Ability.TAG)
    if request.method == "DELETE":
        before = Tagging.undo(found, by=user)
        return Response(shapes.TaggingOut(before).data) if before else Response(status=204)
    asked = shapes.TaggingIn(data=request.data)
    asked.is_valid(raise_exception=True)
    return Response(shapes.TaggingOut(Tagging.say(found, by=user, **asked.validated_data)).data)


@extend_schema(request=None, responses=shapes.TaggingOut)
@api_view(["POST"])
def confirmation(request: Request, number: int) -> Response:
    """Say yes to the suggestion as it stands."""
    found, user = find_ticket(request, number), user_of(request, Ability.TAG)
    return Response(shapes.TaggingOut(Tagging.confirm(found, by=user)).data)
