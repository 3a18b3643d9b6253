"""Whose ticket it is: another customer's from now on."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods

from helpdesk.common.errors import Refusal
from helpdesk.common.text import normalise
from helpdesk.people.access import Ability
from helpdesk.people.models import Customer, CustomerAddress
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.shortcuts import Here, Undo, find_ticket, moved_on, page, refused
from tickets import recipients, requesters
from tickets.models import EventKind, Message, Ticket

MOST_FOUND = 10


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.REPLY)
def requester(request: AgentRequest, number: int) -> HttpResponse:
    """Choose among those we know or type a new address. Whoever never took part is asked about once."""
    ticket = find_ticket(request, number)
    if request.method == "GET":
        return _form(request, ticket, q=normalise(request.GET.get("q", ""), single_line=True)[:100])
    typed = normalise(request.POST.get("address", ""), single_line=True)[:320]
    try:
        to = _chosen(request, ticket, typed)
    except Refusal as refusal:
        return _form(request, ticket, address=typed, refusal=str(refusal), status=422)
    if to is None or ("confirm" not in request.POST and not requesters.took_part(to, ticket=ticket)):
        # A name that goes with a typed address is not told: they may be another team's customer.
        chosen = to if request.POST.get("to") else None
        return _form(request, ticket, address=typed, asks_about=chosen, asks_about_address="" if chosen else typed)
    was = ticket.requester
    try:
        changed = ticket.change_requester(to=to, by=request.user)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    address = f"{ticket.get_absolute_url()}{Here.of(request)}"
    undo = None
    if changed:
        fields = {"to": str(was.pk), "confirm": "1"}
        undo = Undo(reverse("workspace:requester", args=[number]), fields)
    return moved_on(request, address, _t("This is %(name)s’s ticket now.") % {"name": to}, undo=undo)


def _chosen(request: AgentRequest, ticket: Ticket, typed: str) -> Customer | None:
    """None for a new address that nobody has confirmed yet: no customer is made by a form that asks again."""
    pk = request.POST.get("to", "")
    if pk:
        found = _may_choose(request, ticket).filter(pk=int(pk) if pk.isdecimal() and len(pk) < 19 else 0).first()
        if found is None:
            raise Refusal(_t("Choose somebody from the list."))
        return found
    if not recipients.is_address(typed):
        raise Refusal(_t("Enter an email address, like maria@example.com."))
    if known := CustomerAddress.objects.filter(address=typed).select_related("customer").first():
        return known.customer.kept
    return Customer.writing_from(typed, language=ticket.language) if "confirm" in request.POST else None


def _may_choose(request: AgentRequest, ticket: Ticket) -> Any:
    """Of whom this person may know: customers with a ticket they see, and whoever has had this one or wrote in it."""
    known = Exists(Ticket.objects.visible_to(request.user).filter(requester=OuterRef("pk")))
    here = Message.objects.filter(ticket=ticket, customer__isnull=False).values("customer")
    before = ticket.events.filter(kind=EventKind.REQUESTER_CHANGED).values_list("details__was", flat=True)
    everybody = Customer.objects.filter(merged_into=None)
    return everybody.filter(known) | everybody.filter(pk__in=here) | everybody.filter(pk__in=list(before))


def _form(request: AgentRequest, ticket: Ticket, *, q: str = "", status: int = 200, **more: Any) -> HttpResponse:
    found = _may_choose(request, ticket).exclude(pk=ticket.requester_id)
    if q:
        found = found.filter(pk__in=Customer.objects.matching(q).order_by().values("pk"))
    else:
        found = found.filter(pk__in=Message.objects.filter(ticket=ticket, customer__isnull=False).values("customer"))
    people = found.select_related("organisation").prefetch_related("addresses").order_by("name", "pk").distinct()
    context = {
        "ticket": ticket,
        "here": Here.of(request),
        "q": q,
        "people": list(people[:MOST_FOUND]),
        **more,
    }
    return page(request, "workspace/ticket/requester.html", context, status=status)
