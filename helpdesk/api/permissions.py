"""The same abilities as in the pages; which tickets, the querysets say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from helpdesk.people.access import Ability
from helpdesk.people.models import User

if TYPE_CHECKING:
    from rest_framework.views import APIView


class IsAgent(BasePermission):
    """Somebody who works with tickets; a view may name the `ability` it needs beyond that."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, User) and request.user.may(Ability.SEE_TICKETS)
