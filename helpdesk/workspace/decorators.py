"""Who may come through this door."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, overload

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from helpdesk.common.uploads import Quota
from helpdesk.people.access import Ability
from helpdesk.people.models import Membership, User

P = ParamSpec("P")


class AgentRequest(HttpRequest):
    """A request by somebody who works here: what every view behind `agent_required` receives."""

    user: User
    htmx: HtmxDetails
    quota: Quota  # where the view takes files


AgentView = Callable[Concatenate[AgentRequest, P], HttpResponseBase]
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


@overload
def agent_required(view: AgentView[P]) -> View[P]: ...
@overload
def agent_required(*, needs: Ability) -> Callable[[AgentView[P]], View[P]]: ...
def agent_required(view: AgentView[Any] | None = None, *, needs: Ability = Ability.SEE_TICKETS) -> Any:
    """Only for people who are signed in and may do what the view is for.

    Others are asked to sign in and come back, or told that this is not theirs (403). The person's teams come along
    in one query, because who may see which ticket depends on them.
    """

    def guard(view: AgentView[Any]) -> View[Any]:
        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            if not request.user.may(needs):
                raise PermissionDenied
            with_teams = Prefetch("memberships", Membership.objects.select_related("team").order_by("team__name"))
            prefetch_related_objects([request.user], with_teams)
            response = view(request, *args, **kwargs)
            patch_cache_control(response, private=True, no_cache=True)
            return response

        return guarded

    return guard(view) if view else guard


def _to_sign_in(request: Any) -> HttpResponse:
    """The sign-in page, and back to where they were; a fragment cannot be signed in, so the whole page goes there."""
    if request.htmx:
        back = redirect_to_login(request.htmx.current_url_abs_path or reverse("workspace:queue"))
        return HttpResponseClientRedirect(back.url)
    if request.method != "GET":
        return redirect_to_login(reverse("workspace:queue"))
    return redirect_to_login(request.get_full_path())
