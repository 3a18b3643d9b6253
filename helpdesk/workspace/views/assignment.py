from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.forms import AssignmentForm, PriorityForm, TeamForm
from helpdesk.workspace.shortcuts import Here, Undo, find_ticket, moved_on, page, refused, ticket_changed
from tickets.models import Ticket


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.REPLY)
def assignment(request: AgentRequest, number: int) -> HttpResponse:
    """Who answers next. Asked for, it is the form with team and priority beside it."""
    ticket = find_ticket(request, number)
    people = ticket.who_may_answer()
    if request.method == "GET":
        context = {
            "ticket": ticket,
            "here": Here.of(request),
            "assignment_form": AssignmentForm(people=people, initial={"assignee": ticket.assignee_id}),
            "team_form": TeamForm(initial={"team": ticket.team_id}),
            "priority_form": PriorityForm(initial={"priority": ticket.priority}),
        }
        if request.htmx:
            return render(request, "workspace/ticket/_handing_over.html", context)
        return page(request, "workspace/ticket/handing_over.html", context)
    form = AssignmentForm(request.POST, people=people)
    if not form.is_valid():
        return refused(request, ticket, _t("Choose somebody who can answer this ticket."))
    before, to = ticket.assignee_id, form.cleaned_data["assignee"]
    try:
        if to is None:
            ticket.unassign(by=request.user)
        else:
            ticket.assign(to=to, by=request.user)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    undo = Undo(reverse("workspace:assignment", args=[number]), {"assignee": str(before or "")})
    if to is None:
        return ticket_changed(request, ticket, _t("Unassigned."), undo=undo)
    said = _t("Assigned to you.") if to == request.user else _t("Assigned to %(name)s.") % {"name": to.name}
    return ticket_changed(request, ticket, said, undo=undo if before != to.pk else None)


@require_POST
@agent_required(needs=Ability.REPLY)
def team(request: AgentRequest, number: int) -> HttpResponse:
    """Give the ticket to another team's queue. Who thereby loses sight of it goes back to the queue."""
    ticket = find_ticket(request, number)
    form = TeamForm(request.POST)
    if not form.is_valid():
        return refused(request, ticket, _t("Choose a team from the list."))
    before, to = ticket.team_id, form.cleaned_data["team"]
    ticket.move(to=to, by=request.user)
    said = _t("Moved to %(team)s.") % {"team": to.name} if to else _t("Taken out of the team’s queue.")
    if not Ticket.objects.visible_to(request.user).filter(pk=ticket.pk).exists():
        return moved_on(request, reverse("workspace:queue"), said)
    undo = Undo(reverse("workspace:team", args=[number]), {"team": str(before or "")})
    return ticket_changed(request, ticket, said, undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def priority(request: AgentRequest, number: int) -> HttpResponse:
    ticket = find_ticket(request, number)
    form = PriorityForm(request.POST)
    before = ticket.priority
    try:
        if not form.is_valid():
            raise Refusal(_t("Choose one of the four priorities."))
        ticket.prioritise(priority=form.cleaned_data["priority"], by=request.user)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    undo = Undo(reverse("workspace:priority", args=[number]), {"priority": before})
    said = _t("Priority: %(priority)s.") % {"priority": ticket.get_priority_display()}
    return ticket_changed(request, ticket, said, undo=undo)
