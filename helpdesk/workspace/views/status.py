from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST

from helpdesk.common.errors import Refusal
from helpdesk.common.text import normalise
from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.forms import SnoozeForm
from helpdesk.workspace.shortcuts import Undo, find_ticket, moved_on, next_in_queue, refused, ticket_changed
from tickets import linking


@require_POST
@agent_required(needs=Ability.REPLY)
def resolution(request: AgentRequest, number: int) -> HttpResponse:
    """Close our side, and go on with the next ticket of the queue. Without a reply the reason is asked for."""
    ticket = find_ticket(request, number)
    onwards = next_in_queue(request, ticket)
    try:
        changed = ticket.resolve(by=request.user, reason=normalise(request.POST.get("reason", "")))
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    undo = Undo(reverse("workspace:reopening", args=[number])) if changed else None
    said = _t("Resolved #%(number)s.") % {"number": number}
    blocked = linking.warning_when_resolved(ticket, user=request.user) if changed else ""
    return moved_on(request, onwards, " ".join(filter(None, [said, blocked])), undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def reopening(request: AgentRequest, number: int) -> HttpResponse:
    """Back to open, from wherever it stood. Undoing a resolution comes here, too."""
    return _changed(request, number, lambda ticket: ticket.reopen(by=request.user), _t("Reopened."))


@require_POST
@agent_required(needs=Ability.REPLY)
def waiting(request: AgentRequest, number: int) -> HttpResponse:
    undo = Undo(reverse("workspace:reopening", args=[number]))
    return _changed(
        request, number, lambda ticket: ticket.wait(by=request.user), _t("Waiting for the customer."), undo=undo
    )


@require_POST
@agent_required(needs=Ability.REPLY)
def snooze(request: AgentRequest, number: int) -> HttpResponse:
    """Out of sight until a time that is chosen. Every clock runs on."""
    ticket = find_ticket(request, number)
    form = SnoozeForm(request.POST)
    until = form.until() if form.is_valid() else None
    if until is None:
        return refused(request, ticket, _t("Choose until when."))
    onwards = next_in_queue(request, ticket)
    try:
        ticket.snooze(until=until, by=request.user)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    when = date_format(timezone.localtime(until), "D j M, H:i")
    said = _t("Snoozed #%(number)s until %(when)s.") % {"number": number, "when": when}
    return moved_on(request, onwards, said, undo=Undo(reverse("workspace:waking", args=[number])))


@require_POST
@agent_required(needs=Ability.REPLY)
def waking(request: AgentRequest, number: int) -> HttpResponse:
    return _changed(request, number, lambda ticket: ticket.wake(by=request.user), _t("Awake again."))


def _changed(
    request: AgentRequest, number: int, verb: Callable, said: str, *, undo: Undo | None = None
) -> HttpResponse:
    ticket = find_ticket(request, number)
    try:
        verb(ticket)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    return ticket_changed(request, ticket, said, undo=undo)
