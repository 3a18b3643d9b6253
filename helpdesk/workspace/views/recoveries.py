"""What was done to make up for something, and how much may be given away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST

from cx.models import Recovery
from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.recovery_form import BudgetsForm, RecoveryForm
from helpdesk.workspace.shortcuts import Here, Undo, find_ticket, moved_on, page, refused, ticket_changed
from tickets import merging
from tickets.models import Event, EventKind, Ticket


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.REPLY)
def recoveries(request: AgentRequest, number: int) -> HttpResponse:
    """The form with what may still be given: in the rail, or a page of its own where there is no script."""
    ticket = find_ticket(request, number)
    if request.method == "GET":
        return _form(request, ticket, RecoveryForm(ticket=ticket))
    form = RecoveryForm(request.POST, ticket=ticket)
    try:
        if not form.is_valid():
            raise Refusal(form.problems)
        if (same := _just_recorded(ticket, form.cleaned_data, request)) is None:
            made = Recovery.record(ticket, by=request.user, **form.cleaned_data)
        else:
            made = same
    except Refusal as refusal:
        if request.htmx:
            return refused(request, ticket, refusal)
        if form.is_valid():
            form.add_error(None, str(refusal))
        return _form(request, ticket, form, status=422)
    undo = Undo(reverse("workspace:recovery-take-back", args=[number, made.pk]))
    return ticket_changed(request, ticket, _t("Recorded: %(what)s") % {"what": made.text}, undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def taking_back(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    ticket = find_ticket(request, number)
    mine = [ticket.pk, *(one.pk for one in merging.taken_in(ticket))]
    found = Recovery.objects.filter(pk=pk, ticket__in=mine).first()
    undone = Event.objects.filter(kind=EventKind.RECOVERY_UNDONE, ticket__in=mine, details__recovery=pk)
    if found is None and not undone.exists():
        raise Http404
    event = found.take_back(by=request.user) if found else None
    undo = Undo(reverse("workspace:recovery-put-back", args=[number]), {"event": str(event.pk)}) if event else None
    return ticket_changed(request, ticket, _t("Taken back."), undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def putting_back(request: AgentRequest, number: int) -> HttpResponse:
    """Undo the taking back."""
    ticket, pk = find_ticket(request, number), request.POST.get("event", "")
    mine = [ticket.pk, *(one.pk for one in merging.taken_in(ticket))]
    undone = Event.objects.filter(kind=EventKind.RECOVERY_UNDONE, ticket__in=mine).select_related("ticket")
    event = undone.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 19 else None
    if event is None:
        raise Http404
    try:
        Recovery.put_back(event, by=request.user)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    return ticket_changed(request, ticket, _t("It stands there again."))


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.NAME_FIELDS)
def budgets(request: AgentRequest) -> HttpResponse:
    """How much may be given away in gestures in a month. Undo sends what there was back."""
    form = BudgetsForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        before = form.save()
        address = reverse("workspace:budgets")
        said = _t("The budgets are saved.") if before else _t("Nothing was changed.")
        return moved_on(request, address, said, undo=Undo(address, before) if before else None)
    status = 422 if form.errors else 200
    return page(request, "workspace/recovery/budgets.html", {"form": form}, current="budgets", status=status)


def _form(request: AgentRequest, ticket: Ticket, form: RecoveryForm, *, status: int = 200) -> HttpResponse:
    context = {"ticket": ticket, "form": form, "here": Here.of(request)}
    if request.htmx:
        return render(request, "workspace/recovery/_form.html", context, status=status)
    return page(request, "workspace/recovery/of_ticket.html", context, status=status)


def _just_recorded(ticket: Ticket, said: dict[str, Any], request: AgentRequest) -> Recovery | None:
    """The same of the same person within a minute is a form that was sent twice."""
    lately = Recovery.objects.filter(ticket=ticket, by=request.user, done_at__gt=timezone.now() - timedelta(minutes=1))
    return lately.filter(**said).first()
