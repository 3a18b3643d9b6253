from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from helpdesk.people.access import Ability
from helpdesk.workspace import queues
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.paging import page_of
from helpdesk.workspace.shortcuts import Here, page
from tickets.models import Ticket

ROWS = 25


@require_safe
@agent_required(needs=Ability.SEE_REPORTS)
def queue(request: AgentRequest) -> HttpResponse:
    """The agents' home: their own tickets. A guest's home is the report."""
    if not request.user.may(Ability.SEE_TICKETS):
        return redirect("workspace:report")
    # A light agent answers nobody, so nothing is ever theirs.
    home = queues.MINE if request.user.may(Ability.REPLY) else queues.OPEN
    return redirect("workspace:queue-view", view=home.slug)


@require_safe
@agent_required
def queue_view(request: AgentRequest, view: str) -> HttpResponse:
    """One page of one queue."""
    teams = queues.teams_of(request.user)
    shown = queues.find_queue(view, teams=teams)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    rows = queues.for_rows(shown.tickets_for(request.user), user=request.user)
    found = page_of(rows, order=shown.order, size=ROWS, after=after, before=before)
    for ticket in found.rows:
        ticket.is_mine = ticket.assignee_id == request.user.pk  # type: ignore[attr-defined]
    context = {
        "queue": shown,
        "page": found,
        "here": Here(queue=shown.slug, after=after),
        "may_open": request.user.may(Ability.REPLY),
        "is_first_run": not found.rows and not after and not Ticket.objects.exists(),
        "address": reverse("workspace:queue-view", args=[shown.slug]),
    }
    return page(request, "workspace/queue/queue.html", context, current=shown.slug, teams=teams)
