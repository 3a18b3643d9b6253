from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from cx import bulk
from cx.bulk import Outcome
from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from helpdesk.workspace import queues
from helpdesk.workspace.bulk_tagging import pairs, remember_untagged, undo_of, words_for
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.forms import BulkTaggingForm
from helpdesk.workspace.shortcuts import Here, Undo, list_address, moved_on


@require_POST
@agent_required(needs=Ability.TAG)
def tagging(request: AgentRequest) -> HttpResponse:
    """Confirm the suggestions of the chosen tickets, or give them all the same tags."""
    try:
        outcome = _tagged(request)
    except Refusal as refusal:
        return _back(request, error=str(refusal))
    return _told(request, outcome, words_for(outcome), undo=undo_of(outcome))


@require_POST
@agent_required(needs=Ability.TAG)
def undo(request: AgentRequest) -> HttpResponse:
    """Take the whole lot back, except where somebody has tagged again since."""
    said = {number: tagging or 0 for number, tagging in pairs([request.POST.get("said", "")]).items()}
    try:
        outcome = bulk.undo(said, by=request.user)
    except Refusal as refusal:
        return _back(request, error=str(refusal))
    count = len(outcome.done)
    words = ngettext(
        "Undone. %(count)s ticket is tagged as before.", "Undone. %(count)s tickets are tagged as before.", count
    )
    return _told(request, outcome, words % {"count": count})


def _tagged(request: AgentRequest) -> Outcome:
    try:
        seen = pairs(request.POST.getlist("tickets"))
    except TooManyFieldsSent:
        raise Refusal(_t("At most %(most)s tickets can be tagged at once.") % {"most": bulk.MOST}) from None
    if request.POST.get("do") != "tag":
        return bulk.confirm(seen, by=request.user)
    form = BulkTaggingForm(request.POST)
    if not form.is_valid():
        raise Refusal(" ".join(dict.fromkeys(str(problem) for each in form.errors.values() for problem in each)))
    return bulk.tag(seen, values=form.cleaned_data, by=request.user)


def _told(request: AgentRequest, outcome: Outcome, words: str, *, undo: Undo | None = None) -> HttpResponse:
    remember_untagged(request, outcome)
    return _back(request, words if outcome.done else "", undo=undo)


def _back(request: AgentRequest, words: str = "", *, undo: Undo | None = None, error: str = "") -> HttpResponse:
    """To the page of the list that it was asked from."""
    here = Here.of(request)
    queue = queues.opened_from(here.queue, teams=queues.teams_of(request.user))
    address = list_address(queue, here.tags, after=here.after)
    if error:
        messages.error(request, error)
    return moved_on(request, address, words, undo=undo) if words else redirect(address)
