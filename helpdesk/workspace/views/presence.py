from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_POST

from helpdesk.workspace.decorators import AgentRequest, agent_required
from tickets.models import Presence, Ticket

LOOKING, WRITING, LEFT = "looking", "writing", "left"


@require_POST
@agent_required
def presence(request: AgentRequest, number: int) -> HttpResponse:
    """A page says that somebody has the ticket before them, or writes, or left. `beat`: as it said before.

    The page says so itself, in the background, so there is nothing to answer.
    """
    ticket = Ticket.objects.visible_to(request.user).only("pk").filter(number=number).first()
    state = request.POST.get("state", LOOKING)
    if ticket is None or state not in (LOOKING, WRITING, LEFT):
        raise Http404
    only_looked = state != WRITING and request.POST.get("was", WRITING) != WRITING
    if only_looked and Presence.is_writing_at(ticket, request.user):
        return HttpResponse(status=204)  # they write in another tab, which says itself when they stop
    if state == LEFT:
        Presence.end(ticket, by=request.user)
    else:
        Presence.keep(ticket, by=request.user, is_writing=state == WRITING, is_beat="beat" in request.POST)
    return HttpResponse(status=204)
