from __future__ import annotations

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST

from helpdesk.people.access import Ability
from helpdesk.workspace import composer
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.shortcuts import find_ticket
from tickets.models import Draft


@require_POST
@agent_required(needs=Ability.WRITE_NOTES)
def draft(request: AgentRequest, number: int, mode: str) -> HttpResponse:
    """Keep what is being written and whom it is for, and say when it was kept. Reply and note never share a text."""
    leaves_the_house = mode != Draft.Mode.NOTE
    if mode not in Draft.Mode.values or (leaves_the_house and not request.user.may(Ability.REPLY)):
        raise Http404
    ticket = find_ticket(request, number)
    if composer.is_overtaken(request, ticket, mode=mode):
        return HttpResponse(_t("A colleague changed the text: load the page to see it."), status=409)
    if composer.keep_draft(request, ticket, mode=mode) is None:
        return HttpResponse("")
    return HttpResponse(_t("Draft saved %(time)s") % {"time": date_format(timezone.localtime(), "H:i")})
