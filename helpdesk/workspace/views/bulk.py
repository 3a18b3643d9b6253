from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from helpdesk.workspace import bulk as lots
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.properties import FieldLine
from helpdesk.workspace.shortcuts import Here, moved_on, page
from tickets import bulk, custom_fields
from tickets.models import BulkAction, TicketKind


@require_POST
@agent_required(needs=Ability.REPLY)
def acting(request: AgentRequest) -> HttpResponse:
    """Do one thing to all chosen tickets; where it is not said to whom or into which, ask that first."""
    try:
        chosen, asked = lots.chosen_of(request), lots.asked_of(request)
        if not request.user.may(bulk.VERBS[asked.verb].needs):
            raise PermissionDenied
        if asked.question:
            return _ask(request, asked.question, chosen)
        action = bulk.act(
            asked.verb,
            by=request.user,
            values=asked.values,
            numbers=chosen.seen,
            tickets=lots.listed(request) if chosen.is_whole else None,
            own={number: {"seen": seen} for number, seen in chosen.seen.items() if seen},
        )
    except Refusal as refusal:
        return _refused(request, refusal)
    return _told(request, action)


@require_safe
@agent_required(needs=Ability.REPLY)
def people(request: AgentRequest) -> HttpResponse:
    """To whom tickets can be given, for the menu that asks for it when it is opened."""
    if not request.htmx:
        raise Http404
    return render(request, "workspace/bulk/_people.html", {"people": lots.people(), "teams": lots.teams()})


@require_safe
@agent_required(needs=Ability.REPLY)
def bulk_action(request: AgentRequest, pk: int) -> HttpResponse:
    """How far an action of this person's has come, and what became of it."""
    context = {"shown": lots.shown(_find(request, pk)), "here": Here.of(request), "back": lots.back_to(request)}
    return page(request, "workspace/bulk/action.html", context)


@require_safe
@agent_required(needs=Ability.REPLY)
def progress(request: AgentRequest, pk: int) -> HttpResponse:
    """The same, for the page that asks every second, and for the line above a list."""
    action = _find(request, pk)
    here = Here.of(request)
    if not request.htmx:
        return redirect(f"{reverse('workspace:bulk-action', args=[pk])}{here}")
    template = "workspace/bulk/_line.html" if request.GET.get("line") else "workspace/bulk/_progress.html"
    return render(request, template, {"shown": lots.shown(action), "here": here, "polls": True})


@require_POST
@agent_required(needs=Ability.REPLY)
def stopping(request: AgentRequest, pk: int) -> HttpResponse:
    """No further ticket. What was done stays done, until it is undone."""
    action = _find(request, pk)
    bulk.stop(action, by=request.user)
    return redirect(f"{reverse('workspace:bulk-action', args=[pk])}{Here.of(request)}")


@require_POST
@agent_required(needs=Ability.REPLY)
def undoing(request: AgentRequest, pk: int) -> HttpResponse:
    """Take the whole lot back, except where somebody has changed a ticket since."""
    try:
        back = bulk.undo(_find(request, pk), by=request.user)
    except Refusal as refusal:
        return _refused(request, refusal)
    return _told(request, back)


def _find(request: AgentRequest, pk: int) -> BulkAction:
    """One of their own; nobody else's is there."""
    return get_object_or_404(BulkAction.objects.of(request.user).select_related("by"), pk=pk)


def _ask(request: AgentRequest, question: str, chosen: lots.Chosen) -> HttpResponse:
    context: dict[str, Any] = {
        "question": question,
        "chosen": chosen,
        "here": Here.of(request),
        "back": lots.back_to(request),
    }
    if question == "merge":
        context["merging"] = lots.merging_of(request, chosen)
    elif question == "properties":
        context |= {"kinds": TicketKind.choices, "lines": [FieldLine(each, "") for each in custom_fields.asked()]}
    elif question != "link":
        context |= {"people": lots.people(), "teams": lots.teams()}
    return page(request, f"workspace/bulk/{question}.html", context)


def _told(request: AgentRequest, action: BulkAction) -> HttpResponse:
    """Back to the list with the words on top; where it takes longer, to the page that shows how far it is."""
    if action.total > bulk.AT_ONCE or action.state == BulkAction.State.RUNNING:
        return redirect(f"{reverse('workspace:bulk-action', args=[action.pk])}{Here.of(request)}")
    became = bulk.outcome(action)
    lots.remember_left_undone(request, action, became.failed)
    address = lots.back_to(request)
    if not became.done:
        return redirect(address)
    return moved_on(request, address, bulk.words_for(action, len(became.done)), undo=lots.undo_of(action))


def _refused(request: AgentRequest, refusal: Refusal) -> HttpResponse:
    messages.error(request, str(refusal))
    return redirect(lots.back_to(request))
