"""The steps of a complaint, each posted to an address of its own, and the way back from the latest."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST

from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from helpdesk.workspace.complaint_panel import DecideForm, ObjectForm, SeekForm, said_of
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.shortcuts import Undo, find_ticket, refused, ticket_changed
from tickets.models import Complaint, Event, Message, Ticket, TicketKind


@require_POST
@agent_required(needs=Ability.REPLY)
def seeking(request: AgentRequest, number: int) -> HttpResponse:
    """What the customer wants us to do about it."""
    form = SeekForm(request.POST)
    said = lambda c: c.seek(remedy=form.cleaned_data["remedy"], words=form.cleaned_data["words"], by=request.user)  # noqa: E731
    return _step(request, number, "seek", said, form=form)


@require_POST
@agent_required(needs=Ability.REPLY)
def examining(request: AgentRequest, number: int) -> HttpResponse:
    return _step(request, number, "examine", lambda complaint: complaint.examine(by=request.user))


@require_POST
@agent_required(needs=Ability.REPLY)
def deciding(request: AgentRequest, number: int) -> HttpResponse:
    """What we decided, and why. The next reply tells the customer."""
    form = DecideForm(request.POST)
    decide = lambda c: c.decide(**form.cleaned_data, by=request.user)  # noqa: E731
    return _step(request, number, "decide", decide, form=form)


@require_POST
@agent_required(needs=Ability.REPLY)
def telling(request: AgentRequest, number: int) -> HttpResponse:
    """A reply that was sent before told it already."""
    pk = request.POST.get("message", "")

    def tell(complaint: Complaint) -> Event | None:
        found = (
            Message.objects.filter(ticket=complaint.ticket_id, pk=int(pk)) if pk.isdecimal() and len(pk) < 19 else ()
        )
        if not (message := next(iter(found), None)):
            raise Refusal(_t("Choose a reply on this ticket."))
        return complaint.tell(message, by=request.user)

    return _step(request, number, "tell", tell)


@require_POST
@agent_required(needs=Ability.REPLY)
def objecting(request: AgentRequest, number: int) -> HttpResponse:
    """The customer said that they do not accept the decision."""
    form = ObjectForm(request.POST)
    take_up = lambda complaint: complaint.object(form.cleaned_data["words"], by=request.user)  # noqa: E731
    return _step(request, number, "object", take_up, form=form)


@require_POST
@agent_required(needs=Ability.REPLY)
def ending(request: AgentRequest, number: int) -> HttpResponse:
    return _step(request, number, "end", lambda complaint: complaint.end(by=request.user))


@require_POST
@agent_required(needs=Ability.REPLY)
def stepping_back(request: AgentRequest, number: int) -> HttpResponse:
    """Undo the latest step."""
    ticket, event = find_ticket(request, number), request.POST.get("event", "")
    if not (event.isdecimal() and len(event) < 19):
        raise Http404
    try:
        _complaint(ticket, request).step_back(int(event), by=request.user)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    return ticket_changed(request, ticket, _t("The complaint is as it was before."))


def _step(
    request: AgentRequest, number: int, step: str, take: Callable[[Complaint], Event | None],
    *, form: SeekForm | DecideForm | ObjectForm | None = None,
) -> HttpResponse:  # fmt: skip
    ticket = find_ticket(request, number)
    if form is not None and not form.is_valid():
        return refused(request, ticket, form.problems)
    try:
        complaint = _complaint(ticket, request)
        event = take(complaint)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    undo = Undo(reverse("workspace:complaint-back", args=[number]), {"event": str(event.pk)}) if event else None
    return ticket_changed(request, ticket, said_of(step, complaint), undo=undo)


def _complaint(ticket: Ticket, request: AgentRequest) -> Complaint:
    """The complaint of a ticket that is one."""
    if ticket.kind != TicketKind.COMPLAINT:
        raise Refusal(_t("This ticket is not a complaint."))
    return Complaint.open(ticket, by=request.user)
