from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.forms import MergeForm
from helpdesk.workspace.shortcuts import Here, Undo, find_ticket, moved_on, page, refused
from tickets.merging import OtherCustomer, merge, unmerge
from tickets.models import Author, Ticket

MOST_OFFERED = 10


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.REPLY)
def merging(request: AgentRequest, number: int) -> HttpResponse:
    """Go on with this matter in another ticket. Asked for, it is the form, with the customer's others to choose."""
    ticket = find_ticket(request, number)
    if request.method == "GET":
        return _look(request, ticket) if request.GET.get("into") else _form(request, ticket, MergeForm())
    form = MergeForm(request.POST)
    try:
        if not form.is_valid():
            raise Refusal(_t("Enter the number of the other ticket."))
        into = _into(request, form.cleaned_data["into"])
        if "look" in request.POST:
            return redirect(f"{reverse('workspace:merging', args=[number])}?into={into.number}")
        changed = merge(ticket, into=into, by=request.user, other_customer=form.cleaned_data["other_customer"])
    except Refusal as refusal:
        return _refused(request, ticket, form, refusal)
    numbers = {"number": ticket.number, "into": into.number}
    undo = Undo(reverse("workspace:unmerging", args=[number])) if changed else None
    address = f"{into.get_absolute_url()}{Here.of(request)}"
    return moved_on(request, address, _t("Merged #%(number)s into #%(into)s.") % numbers, undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def unmerging(request: AgentRequest, number: int) -> HttpResponse:
    """Two tickets again, each as it stood."""
    ticket = find_ticket(request, number)
    into = ticket.merged_into
    try:
        changed = unmerge(ticket, by=request.user)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    undo = None
    if changed and into is not None:
        fields = {"into": str(into.number), "other_customer": "on"}
        undo = Undo(reverse("workspace:merging", args=[number]), fields)
    address = f"{ticket.get_absolute_url()}{Here.of(request)}"
    return moved_on(request, address, _t("#%(number)s stands by itself again.") % {"number": number}, undo=undo)


def _look(request: AgentRequest, ticket: Ticket) -> HttpResponse:
    """Both tickets beside each other, before anything is done."""
    form = MergeForm(request.GET)
    try:
        if not form.is_valid():
            raise Refusal(_t("Enter the number of the other ticket."))
        into = _into(request, form.cleaned_data["into"])
    except Refusal as refusal:
        return _form(request, ticket, form, refusal=str(refusal))
    both = [(_t("Is closed"), ticket, _said_in(ticket)), (_t("Goes on"), into, _said_in(into))]
    asks = into.requester_id != ticket.requester_id
    return _form(request, ticket, form, both=both, into=into, asks_about_customer=asks)


def _said_in(ticket: Ticket) -> int:
    return ticket.messages.exclude(author=Author.AUTOMATIC).count()


def _into(request: AgentRequest, number: int) -> Ticket:
    """The same words for a number that is not theirs and for one that there is not."""
    into = Ticket.objects.visible_to(request.user).select_related("requester").filter(number=number).first()
    if into is None:
        raise Refusal(_t("There is no ticket #%(number)s, or you may not see it.") % {"number": number})
    return into


def _refused(request: AgentRequest, ticket: Ticket, form: MergeForm, refusal: Refusal) -> HttpResponse:
    if request.htmx:
        return refused(request, ticket, refusal)
    asks = isinstance(refusal, OtherCustomer)
    return _form(request, ticket, form, refusal=str(refusal), asks_about_customer=asks, status=422)


def _form(request: AgentRequest, ticket: Ticket, form: MergeForm, *, status: int = 200, **context: Any) -> HttpResponse:
    shown = {
        "ticket": ticket,
        "here": Here.of(request),
        "form": form,
        "typed": form.data.get("into", ""),
        "offered": _offered(request, ticket),
        **context,
    }
    return page(request, "workspace/ticket/merging.html", shown, status=status)


def _offered(request: AgentRequest, ticket: Ticket) -> list[Ticket]:
    """The customer's other unfinished tickets, the oldest first: there the matter began."""
    if not ticket.is_address_confirmed:
        return []
    theirs = Ticket.objects.visible_to(request.user).filter(requester=ticket.requester_id).active()
    return list(theirs.exclude(pk=ticket.pk).order_by("created_at", "pk")[:MOST_OFFERED])
