from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from helpdesk.people import preferences
from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required


@require_POST
@agent_required(needs=Ability.REPLY)
def after_sending(request: AgentRequest) -> HttpResponse:
    """Where to go once a reply is sent: chosen in the menu of the button, or on the profile."""
    chosen = request.POST.get("after_sending", "")
    if chosen in preferences.AFTER_SENDING:
        preferences.change(request.user, after_sending=chosen)
    return _chosen(request)


@require_POST
@agent_required(needs=Ability.REPLY)
def undo_seconds(request: AgentRequest) -> HttpResponse:
    """How long a reply waits and can be taken back: chosen in the same places."""
    preferences.choose_undo_seconds(request.user, request.POST.get("undo_seconds", ""))
    return _chosen(request)


def _chosen(request: AgentRequest) -> HttpResponse:
    if request.htmx:
        context = {
            "after_sending": preferences.after_sending_of(request.user),
            "undo_seconds": preferences.undo_seconds_of(request.user),
        }
        return render(request, "workspace/ticket/_after_sending.html", context)
    return redirect(reverse("accounts:profile"))
