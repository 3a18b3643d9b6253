from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST

from cx.models import Tagging
from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.shortcuts import Undo, find_ticket, refused, ticket_changed


@require_POST
@agent_required(needs=Ability.REVIEW_COLLEAGUES)
def refinement(request: AgentRequest, number: int) -> HttpResponse:
    """What stands behind a staff attitude, as a manager found it. Nobody else is told."""
    ticket = find_ticket(request, number)
    before = Tagging.objects.current().filter(ticket=ticket).values_list("refinement", flat=True).first() or ""
    try:
        Tagging.refine(ticket, by=request.user, refinement=request.POST.get("refinement", ""))
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    undo = Undo(reverse("workspace:tagging-refinement", args=[ticket.number]), {"refinement": before})
    return ticket_changed(request, ticket, _t("The finding is saved."), undo=undo)
