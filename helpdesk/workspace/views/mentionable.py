from __future__ import annotations

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from helpdesk.common.text import fold
from helpdesk.people.access import Ability, roles_that_may
from helpdesk.people.models import Team, User
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.shortcuts import find_ticket
from tickets.models import Ticket

MOST_OPTIONS = 8


@require_safe
@agent_required(needs=Ability.WRITE_NOTES)
def mentionable(request: AgentRequest, number: int) -> HttpResponse:
    """Who can be called with "@" in a note on this ticket: the people who may see it, and teams."""
    ticket = find_ticket(request, number)
    asked = fold(request.GET.get("find", "").strip())
    people = [(each.name, each.email) for each in _who_see(ticket) if each.pk != request.user.pk and each.name]
    teams = [(team.name, "") for team in Team.objects.order_by("name", "pk")]
    found = [(name, more) for name, more in (*people, *teams) if _begins(name, asked)]
    return render(request, "workspace/ticket/_mentionable.html", {"found": found[:MOST_OPTIONS]})


def _who_see(ticket: Ticket) -> list[User]:
    """As `Ticket.objects.visible_to` says it, from the ticket's side."""
    people = User.objects.filter(is_active=True, role__in=roles_that_may(Ability.SEE_TICKETS))
    if ticket.team_id is not None:
        wide = Q(role__in=roles_that_may(Ability.SEE_ALL_TICKETS))
        people = people.filter(wide | Q(memberships__team_id=ticket.team_id) | Q(pk=ticket.assignee_id)).distinct()
    return list(people.order_by("name", "pk"))


def _begins(name: str, asked: str) -> bool:
    """Whether the name, or what stands behind one of its blanks, begins so."""
    folded = fold(name)
    return folded.startswith(asked) or f" {asked}" in folded
