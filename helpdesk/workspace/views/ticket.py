from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django_htmx.http import trigger_client_event

from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.ticket_page import answer_with_ticket, load, ticket_context
from tickets import macros

PARTS = {
    "thread": "workspace/ticket/_thread.html",
    "head": "workspace/ticket/_head.html",
    "rail": "workspace/ticket/_rail_sections.html",
    "drafts": "workspace/ticket/_drafts.html",
}


@require_safe
@agent_required
def ticket(request: AgentRequest, number: int) -> HttpResponse:
    """The whole ticket. Opening it is reading it: it is no longer unread, and what told of it is settled."""
    found = load(request, number)
    response = answer_with_ticket(request, found, macro=macros.chosen(request.GET.get("macro", ""), by=request.user))
    found.mark_read(by=request.user)
    return response


@require_safe
@agent_required
def thread(request: AgentRequest, number: int) -> HttpResponse:
    """One part of the open page anew, because somebody else worked on the ticket; never the composer.

    This marks nothing as read: the page may stand in a tab that nobody is looking at.
    """
    part = PARTS.get(request.GET.get("part", ""), PARTS["thread"])
    context = ticket_context(request, load(request, number))
    response = render(request, part, context)
    conversation = context["conversation"]
    if conversation.is_open and request.htmx.target == "thread":  # what was just unfolded is read on from its beginning
        return trigger_client_event(response, "puente:place", {"id": conversation.begins_at}, after="settle")
    return response
