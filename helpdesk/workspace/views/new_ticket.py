from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods

from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.forms import NewTicketForm
from helpdesk.workspace.shortcuts import moved_on, page
from tickets import opening


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.REPLY)
def new_ticket(request: AgentRequest) -> HttpResponse:
    """Write down a contact that came by phone, at the counter or in a chat."""
    team = next((membership.team_id for membership in request.user.memberships.all()), None)
    form = NewTicketForm(request.POST or None, initial={"team": team})
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        assignee = request.user if values.pop("is_mine") else None
        ticket = opening.write_down(by=request.user, assignee=assignee, **values)
        return moved_on(
            request, ticket.get_absolute_url(), _t("Ticket #%(number)s opened.") % {"number": ticket.number}
        )
    status = 422 if form.is_bound else 200
    return page(request, "workspace/ticket/new.html", {"form": form}, current="new", status=status)
