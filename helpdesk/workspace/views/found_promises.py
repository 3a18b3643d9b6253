"""Promises found in what agents write: the strip under a draft, the line below what was sent, and the lead's list."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from cx import found_promises
from cx.models import FoundPromise
from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from helpdesk.workspace import composer
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.forms import DueForm
from helpdesk.workspace.paging import Order, page_of
from helpdesk.workspace.shortcuts import Here, Undo, find_ticket, moved_on, page, refused, ticket_changed
from tickets.models import Ticket

ROWS = 25
State = FoundPromise.State


# --- While writing ---------------------------------------------------------------------------------------------------


@require_POST
@agent_required(needs=Ability.REPLY)
def found(request: AgentRequest, number: int) -> HttpResponse:
    """What the text in the composer promises. Empty (204) where the strip shows that already."""
    ticket, text = find_ticket(request, number), composer.typed(request, "text")
    if not text.strip():
        found_promises.forget_draft(ticket=ticket, by=request.user)
    return _strip(request, ticket, text, shown=request.POST.get("promised", ""))


@require_POST
@agent_required(needs=Ability.REPLY)
def answered(request: AgentRequest, number: int, key: str, state: str) -> HttpResponse:
    """Track one of them, say that it is none, or take either back."""
    if state not in State.values:
        raise Http404
    ticket, text = find_ticket(request, number), composer.typed(request, "text")
    offers = {offer.key: offer for offer in found_promises.offers(text, ticket=ticket, by=request.user)}
    if key not in offers:  # the text was changed meanwhile
        return _strip(request, ticket, text)
    due_at = _due_in(request, suffix=f"_{key}") if state == State.TRACKED else None
    refusal, words = "", offers[key].words
    try:
        found_promises.answer(text, ticket=ticket, by=request.user, words=words, state=state, due_at=due_at)
    except Refusal as problem:
        refusal = str(problem)
    response = _strip(request, ticket, text, key=key, refusal=refusal)
    return trigger_client_event(response, "puente:place", {"id": f"promised-{key}"}, after="settle")


def _strip(
    request: AgentRequest, ticket: Ticket, text: str, *, shown: str | None = None, key: str = "", refusal: str = ""
) -> HttpResponse:
    offers = found_promises.offers(text, ticket=ticket, by=request.user)
    told = "|".join(f"{offer.key} {offer.answer and offer.answer.state} {offer.due_at}" for offer in offers)
    state = hashlib.blake2s(told.encode(), digest_size=6).hexdigest() if offers else ""
    if shown == state:
        return HttpResponse(status=204)
    open_ones = sum(offer.answer is None for offer in offers)
    said = ngettext("%(count)s promise found in your reply.", "%(count)s promises found in your reply.", open_ones)
    context = {
        "ticket": ticket, "here": Here.of(request), "offers": offers, "state": state, "key": key, "refusal": refusal,
        "said": refusal or (said % {"count": open_ones} if open_ones else ""),
    }  # fmt: skip
    return render(request, "workspace/ticket/_promised.html", context)


# --- After it was sent -----------------------------------------------------------------------------------------------


@require_safe
@agent_required(needs=Ability.RUN_MAIL)
def untracked(request: AgentRequest) -> HttpResponse:
    """Promises that nobody tracked, of the tickets this person sees; the latest first."""
    rows = page_of(
        found_promises.untracked(request.user).select_related("ticket", "user", "message"),
        order=Order("found_at", descending=True),
        size=ROWS,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {"page": rows, "rows": [(row, found_promises.proposed(row.due_at)) for row in rows.rows]}
    return page(request, "workspace/promise/untracked.html", context, current="promises")


@require_POST
@agent_required(needs=Ability.REPLY)
def settled(request: AgentRequest, pk: int, state: str) -> HttpResponse:
    """Track it, say that it is no promise, or take either back. For its writer and for who leads the team."""
    if state not in State.values:
        raise Http404
    row = get_object_or_404(found_promises.answerable(request.user).select_related("ticket"), pk=pk)
    try:
        changed = _settle(request, row, state)
    except Refusal as refusal:
        if _is_from_list(request):
            return moved_on(request, reverse("workspace:promises-untracked"), str(refusal))
        return refused(request, row.ticket, refusal)
    said = {
        State.TRACKED: _t("Tracked: %(words)s"),
        State.IGNORED: _t("No promise: %(words)s"),
        State.UNANSWERED: _t("Not tracked: %(words)s"),
    }
    words = said[State(state)] % {"words": row.words}
    undo = None
    if changed and state != State.UNANSWERED:
        fields = {"from": "list"} if _is_from_list(request) else {}
        undo = Undo(reverse("workspace:promise-found-settled", args=[pk, State.UNANSWERED.value]), fields)
    if _is_from_list(request):
        return moved_on(request, reverse("workspace:promises-untracked"), words, undo=undo)
    return ticket_changed(request, row.ticket, words, undo=undo)


def _settle(request: AgentRequest, row: FoundPromise, state: str) -> bool:
    if state == State.TRACKED:
        return found_promises.track(row, by=request.user, due_at=_due_in(request))
    verb = found_promises.ignore if state == State.IGNORED else found_promises.reopen
    return verb(row, by=request.user)


def _is_from_list(request: AgentRequest) -> bool:
    return request.POST.get("from") == "list"


def _due_in(request: AgentRequest, *, suffix: str = "") -> datetime | None:
    """The moment in the form, None where it names none."""
    form = DueForm({name: request.POST.get(f"{name}{suffix}") for name in ("due_on", "due_time")})
    return form.due_at if form.is_valid() else None
