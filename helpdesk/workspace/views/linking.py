"""What a ticket is to others; and an incident with its children, who are written to and resolved together."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from helpdesk.common.errors import Refusal
from helpdesk.common.text import normalise
from helpdesk.people.access import Ability
from helpdesk.workspace import bulk as lots
from helpdesk.workspace.asking import address_with
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.link_ways import WAYS, ends_of, link_ways
from helpdesk.workspace.shortcuts import Here, Undo, find_ticket, moved_on, page, refused, ticket_changed
from tickets import bulk, linking, macros
from tickets.bulk_linking import MOST_LINKED
from tickets.models import BulkAction, Link, Ticket
from tickets.search import suggesting

MOST_FOUND = 8


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.REPLY)
def links(request: AgentRequest, number: int) -> HttpResponse:
    """All that it is linked to, and one more: by number, or by words, which are looked for first."""
    ticket = find_ticket(request, number)
    if request.method == "GET":
        return _page(request, ticket, typed=normalise(request.GET.get("to", ""), single_line=True)[:100])
    typed, way = normalise(request.POST.get("to", ""), single_line=True)[:100], request.POST.get("way", "")
    text = typed.lstrip("# ")
    if typed and not text.isdecimal():
        address = address_with(_address(request, ticket), to=typed, way=way if way in WAYS else "")
        return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
    try:
        other = _other(request, text)
        kind, from_, to = ends_of(ticket, other, way)
        changed = linking.link(from_, to, kind=kind, by=request.user)
    except Refusal as refusal:
        if request.htmx or "rail" in request.POST:
            return refused(request, ticket, refusal)
        return _page(request, ticket, typed=typed, way=way, refusal=str(refusal), status=422)
    undo = Undo(reverse("workspace:unlinking", args=[number]), {"to": str(other.number), "way": way})
    said = _t("Linked to #%(number)s.") % {"number": other.number}
    return _changed(request, ticket, said, undo=undo if changed else None)


@require_POST
@agent_required(needs=Ability.REPLY)
def unlinking(request: AgentRequest, number: int) -> HttpResponse:
    """The two have nothing to do with each other after all."""
    ticket = find_ticket(request, number)
    way = request.POST.get("way", "")
    try:
        other = _other(request, request.POST.get("to", ""))
        kind, from_, to = ends_of(ticket, other, way)
        changed = linking.unlink(from_, to, kind=kind, by=request.user)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    fields = {"to": str(other.number), "way": way, "rail": "1"}
    undo = Undo(reverse("workspace:links", args=[number]), fields) if changed else None
    return _changed(request, ticket, _t("No longer linked to #%(number)s.") % {"number": other.number}, undo=undo)


# --- The children of an incident -------------------------------------------------------------------------------------


@require_POST
@agent_required(needs=Ability.REPLY)
def writing_to_children(request: AgentRequest, number: int) -> HttpResponse:
    """One message to each of them, in its own thread. What has not left can be taken back at once."""
    ticket = find_ticket(request, number)
    text, then = request.POST.get("text", ""), request.POST.get("then", "")
    values = {"parent": str(number), "text": text, "then": then}
    try:
        action = bulk.act("reply", by=request.user, numbers=_children(request, ticket), values=values)
    except Refusal as refusal:
        return _page(request, ticket, text=text, then=then, text_refusal=str(refusal), status=422)
    return _told(request, ticket, action)


@require_POST
@agent_required(needs=Ability.REPLY)
def resolving_children(request: AgentRequest, number: int) -> HttpResponse:
    """All of them are over with the incident. Those that nobody has answered need the reason in words."""
    ticket = find_ticket(request, number)
    reason = normalise(request.POST.get("reason", ""))[:2000]
    try:
        action = bulk.act("resolve", by=request.user, numbers=_children(request, ticket), values={"reason": reason})
    except Refusal as refusal:
        return _page(request, ticket, reason=reason, reason_refusal=str(refusal), status=422)
    return _told(request, ticket, action)


def _children(request: AgentRequest, ticket: Ticket) -> list[int]:
    found = linking.children_of(ticket, user=request.user).not_merged()
    return list(found.values_list("number", flat=True)[:MOST_LINKED])


def _told(request: AgentRequest, ticket: Ticket, action: BulkAction) -> HttpResponse:
    """Back to the incident with the words on top; to the page of the action where it takes longer or left one out."""
    how = bulk.progress(action)
    if not how.is_over:
        return redirect(f"{reverse('workspace:bulk-action', args=[action.pk])}{Here.of(request)}")
    address = _address(request, ticket)
    if how.failed:
        address = f"{reverse('workspace:bulk-action', args=[action.pk])}{Here.of(request)}"
    return moved_on(request, address, bulk.words_for(action, how.done), undo=lots.undo_of(action))


# --- Inside ----------------------------------------------------------------------------------------------------------


def _other(request: AgentRequest, text: str) -> Ticket:
    """The same words for a number that is not theirs and for one that there is not."""
    text = text.strip().lstrip("# ")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
    if not number:
        raise Refusal(_t("Enter the number of the other ticket."))
    other = Ticket.objects.visible_to(request.user).filter(number=number).first()
    if other is None:
        raise Refusal(_t("There is no ticket #%(number)s, or you may not see it.") % {"number": number})
    return other


def _address(request: AgentRequest, ticket: Ticket) -> str:
    return f"{reverse('workspace:links', args=[ticket.number])}{Here.of(request)}"


def _changed(request: AgentRequest, ticket: Ticket, said: str, *, undo: Undo | None) -> HttpResponse:
    if "page" in request.POST:
        return moved_on(request, _address(request, ticket), said, undo=undo)
    return ticket_changed(request, ticket, said, undo=undo)


def _page(
    request: AgentRequest, ticket: Ticket, *, typed: str = "", way: str = "", status: int = 200, **more: Any
) -> HttpResponse:
    around = linking.around(ticket, user=request.user)
    is_search = bool(typed) and not typed.lstrip("# ").isdecimal()
    found = suggesting.tickets(typed, user=request.user, most=MOST_FOUND + 1) if is_search else []
    way = way or request.GET.get("way", "")
    context = {
        "ticket": ticket,
        "here": Here.of(request),
        "around": around,
        "ways": link_ways(),
        "way": way if way in WAYS else Link.Kind.CHILD_OF,
        "typed": typed,
        "is_search": is_search,
        "found": [one for one in found if one.pk != ticket.pk][:MOST_FOUND],
        "variables": macros.VARIABLES,
        **more,
    }
    return page(request, "workspace/ticket/links.html", context, status=status)
