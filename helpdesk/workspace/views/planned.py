from __future__ import annotations

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST

from helpdesk.common.errors import Refusal
from helpdesk.common.moments import moment
from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.shortcuts import Here, Undo, find_ticket, moved_on, refused
from tickets import planning
from tickets.models import Draft, Ticket


@require_POST
@agent_required(needs=Ability.REPLY)
def stopping(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    """It leaves no more; its text is its writer's draft again."""
    ticket, draft = _found(request, number, pk)
    at = draft.send_at
    try:
        planning.stop(draft, by=request.user)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    if draft.user_id != request.user.pk:
        said = _t("Stopped. %(name)s was told.") % {"name": draft.user.name}
        return moved_on(request, f"{ticket.get_absolute_url()}{Here.of(request)}", said)
    undo = Undo(reverse("workspace:planned-again", args=[number, pk]), {"at": at.isoformat()}) if at else None
    said = _t("It is a draft again.")
    return moved_on(request, f"{ticket.get_absolute_url()}{Here.of(request)}#reply-text", said, undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def planning_again(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    """The opposite of stopping, for its writer: the same text for the same time."""
    ticket, draft = _found(request, number, pk)
    at = parse_datetime(request.POST.get("at", ""))
    if at is None or draft.user_id != request.user.pk:
        raise Http404
    try:
        planning.plan(
            ticket, by=request.user, text=draft.text, at=at, then=draft.then or "open", to=draft.to, cc=draft.cc,
            seen=draft.seen,
        )  # fmt: skip
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    said = _t("Your reply leaves %(when)s.") % {"when": moment(at)}
    return moved_on(request, f"{ticket.get_absolute_url()}{Here.of(request)}#planned", said)


@require_POST
@agent_required(needs=Ability.REPLY)
def sending(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    """It need not wait any longer."""
    ticket, draft = _found(request, number, pk)
    try:
        sent = planning.send_now(draft, by=request.user)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    said = _t("Reply sent.") if sent else _t("It is planned no more.")
    return moved_on(request, f"{ticket.get_absolute_url()}{Here.of(request)}#latest", said)


def _found(request: AgentRequest, number: int, pk: int) -> tuple[Ticket, Draft]:
    ticket = find_ticket(request, number)
    draft = ticket.drafts.filter(pk=pk, mode=Draft.Mode.REPLY).select_related("user").first()
    if draft is None:
        raise Http404
    draft.ticket = ticket
    return ticket, draft
