"""Into the bin, a look into it, and out of it again."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.paging import Order, page_of
from helpdesk.workspace.shortcuts import Undo, find_ticket, moved_on, next_in_queue, page, refused
from tickets import deleting as bin_
from tickets.models import Ticket

ROWS = 25


@require_POST
@agent_required(needs=Ability.REPLY)
def deleting(request: AgentRequest, number: int) -> HttpResponse:
    """Out of everybody's sight, for as long as the bin keeps it. Work goes on with the next ticket."""
    ticket = find_ticket(request, number)
    onwards = next_in_queue(request, ticket)
    try:
        changed = bin_.delete(ticket, by=request.user)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    undo = Undo(reverse("workspace:undeleting", args=[number])) if changed else None
    return moved_on(request, onwards, _t("Moved #%(number)s to the bin.") % {"number": number}, undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def undeleting(request: AgentRequest, number: int) -> HttpResponse:
    """As if it had never been deleted. Whoever may not take it back is told of no such ticket."""
    ticket = Ticket.objects.in_bin_of(request.user).filter(number=number).first()
    if ticket is None:
        ticket = find_ticket(request, number)  # somebody was faster
    bin_.undelete(ticket, by=request.user)
    undo = Undo(reverse("workspace:deleting", args=[number]))
    if not Ticket.objects.visible_to(request.user).filter(pk=ticket.pk).exists():
        raise Http404
    return moved_on(
        request, ticket.get_absolute_url(), _t("Took #%(number)s back from the bin.") % {"number": number}, undo=undo
    )


@require_safe
@agent_required(needs=Ability.REPLY)
def bin_page(request: AgentRequest) -> HttpResponse:
    """What was deleted and when it goes for good: to whoever leads their teams' tickets, to others their own doing."""
    found = page_of(
        Ticket.objects.in_bin_of(request.user).not_merged().select_related("requester", "deleted_by", "team"),
        order=Order("deleted_at", descending=True),
        size=ROWS,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "page": found,
        "rows": [(ticket, bin_.gone_at(ticket)) for ticket in found.rows],
        "days": settings.DELETED_TICKETS_DAYS,
        "is_own_only": not request.user.may(Ability.RUN_MAIL),
    }
    return page(request, "workspace/bin/bin.html", context, current="bin")
