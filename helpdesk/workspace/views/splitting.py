"""A message about a second matter: a ticket of its own for that."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.common.errors import Refusal
from helpdesk.common.text import excerpt, normalise
from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.shortcuts import Here, Undo, back_to_list, find_ticket, moved_on, page, refused
from tickets import splitting as process
from tickets.models import Author, Link, Ticket


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.REPLY)
def splitting(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    """Asked for, it is the form, with what would be copied; posted, the new ticket."""
    ticket = find_ticket(request, number)
    message = get_object_or_404(ticket.messages.select_related("customer"), pk=pk, author=Author.CUSTOMER)
    if request.method == "GET":
        later = ticket.messages.filter(author=Author.CUSTOMER, customer=message.customer_id, is_auto=False)
        context: dict[str, Any] = {
            "ticket": ticket,
            "message": message,
            "words": excerpt(message.text, limit=600),
            "files": list(message.attachments.order_by("pk")),
            "later": later.filter(said_at__gt=message.said_at).count(),
            "is_anothers": message.customer_id != ticket.requester_id,
            "here": Here.of(request),
        }
        return page(request, "workspace/ticket/splitting.html", context)
    message.ticket = ticket
    try:
        new = process.split(
            message,
            by=request.user,
            subject=normalise(request.POST.get("subject", ""), single_line=True)[:255],
            with_later="later" in request.POST,
            for_writer="writer" in request.POST,
        )
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    said = _t("Split #%(new)s off from #%(number)s.") % {"new": new.number, "number": number}
    undo = Undo(reverse("workspace:unsplitting", args=[new.number]))
    return moved_on(request, f"{new.get_absolute_url()}{Here.of(request)}", said, undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def unsplitting(request: AgentRequest, number: int) -> HttpResponse:
    """One ticket again, while nobody has written in the new one."""
    ticket = find_ticket(request, number)
    link = Link.objects.filter(ticket=ticket, kind=Link.Kind.SPLIT_FROM).select_related("other").first()
    try:
        process.unsplit(ticket, by=request.user)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    address = back_to_list(request)
    if link and Ticket.objects.visible_to(request.user).filter(pk=link.other_id).exists():
        address = f"{link.other.get_absolute_url()}{Here.of(request)}"
    return moved_on(request, address, _t("Undone: #%(number)s is gone again.") % {"number": number})
