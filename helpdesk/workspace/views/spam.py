from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST

from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.shortcuts import Undo, find_ticket, moved_on, next_in_queue, refused, ticket_changed
from tickets.mail import spam


@require_POST
@agent_required(needs=Ability.REPLY)
def marking(request: AgentRequest, number: int) -> HttpResponse:
    """This ticket is spam: out of the queue, and its words are remembered. Work goes on with the next."""
    ticket = find_ticket(request, number)
    onwards = next_in_queue(request, ticket)
    try:
        changed = spam.mark_ticket(ticket, by=request.user)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    undo = Undo(reverse("workspace:spam-undo", args=[number])) if changed else None
    return moved_on(request, onwards, _t("Marked #%(number)s as spam.") % {"number": number}, undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def unmarking(request: AgentRequest, number: int) -> HttpResponse:
    """It is no spam after all: open again as it was."""
    ticket = find_ticket(request, number)
    try:
        spam.unmark_ticket(ticket, by=request.user)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    ticket.refresh_from_db()
    return ticket_changed(request, ticket, _t("Not spam. Open again."))
