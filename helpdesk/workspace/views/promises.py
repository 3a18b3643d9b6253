from __future__ import annotations

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST

from cx.models import Promise
from helpdesk.common.errors import Refusal
from helpdesk.common.moments import is_in_a_lifetime
from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.forms import PromiseForm
from helpdesk.workspace.shortcuts import find_ticket, refused, ticket_changed
from tickets import merging
from tickets.models import Ticket


@require_POST
@agent_required(needs=Ability.REPLY)
def promises(request: AgentRequest, number: int) -> HttpResponse:
    """Record what we promised. The same promise for the same time is recorded once."""
    ticket = find_ticket(request, number)
    form = PromiseForm(request.POST)
    if not form.is_valid():
        problems = [str(problem) for problems in form.errors.values() for problem in problems]
        return refused(request, ticket, " ".join(problems))
    what, due_at, owner_team = form.cleaned_data["what"], form.due_at, form.cleaned_data["team"]
    same = Promise.objects.pending().filter(ticket=ticket, what=what, due_at=due_at)
    recorded = is_in_a_lifetime(due_at) and same.exists()
    try:
        if not recorded:
            Promise.make(ticket, what=what, due_at=due_at, by=request.user, owner_team=owner_team)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    return ticket_changed(request, ticket, _t("Promise recorded."))


@require_POST
@agent_required(needs=Ability.REPLY)
def kept(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    ticket = find_ticket(request, number)
    promise = _find_promise(ticket, pk)
    promise.keep(by=request.user)
    promise.refresh_from_db()
    return ticket_changed(request, ticket, f"{promise.get_state_display()}: {promise.what}")


@require_POST
@agent_required(needs=Ability.REPLY)
def withdrawn(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    ticket = find_ticket(request, number)
    promise = _find_promise(ticket, pk)
    promise.withdraw(by=request.user)
    promise.refresh_from_db()
    return ticket_changed(request, ticket, f"{promise.get_state_display()}: {promise.what}")


def _find_promise(ticket: Ticket, pk: int) -> Promise:
    """A promise of this ticket, or of one that was merged into it."""
    try:
        return Promise.objects.select_related("ticket").get(ticket__in=[ticket, *merging.taken_in(ticket)], pk=pk)
    except Promise.DoesNotExist:
        raise Http404 from None
