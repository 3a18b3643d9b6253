from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST

from cx.codebook import Direction, Gap
from cx.models import Tagging
from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.forms import TaggingForm
from helpdesk.workspace.shortcuts import Undo, find_ticket, refused, ticket_changed
from tickets.models import Ticket


@require_POST
@agent_required(needs=Ability.TAG)
def tagging(request: AgentRequest, number: int) -> HttpResponse:
    """A person's own answer, in every field."""
    ticket = find_ticket(request, number)
    form = TaggingForm(request.POST, shown=_shown(ticket))
    if not form.is_valid():
        problems = [str(problem) for problems in form.errors.values() for problem in problems]
        return refused(request, ticket, " ".join(dict.fromkeys(problems)))
    try:
        said = Tagging.say(ticket, by=request.user, **form.cleaned_data)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    return _said(request, ticket, said)


@require_POST
@agent_required(needs=Ability.TAG)
def confirmation(request: AgentRequest, number: int) -> HttpResponse:
    """Yes to what is shown, with the stage or direction that was chosen there instead.

    The form names the suggestion it showed. When another has come since, nothing is confirmed: the person looks again.
    """
    ticket = find_ticket(request, number)
    shown = _shown(ticket)
    if shown is None:
        return refused(request, ticket, _t("There is no suggestion yet. Choose a stage and a gap."))
    if not shown.is_confirmed and request.POST.get("shown", str(shown.pk)) != str(shown.pk):
        return refused(request, ticket, _t("The suggestion has changed. Look at the new one, then confirm."))
    try:
        values = _as_shown(shown, request)
        said = (
            Tagging.confirm(ticket, by=request.user)
            if values is None
            else Tagging.say(ticket, by=request.user, **values)
        )
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    return _said(request, ticket, said)


@require_POST
@agent_required(needs=Ability.TAG)
def undo(request: AgentRequest, number: int) -> HttpResponse:
    """Take the answer back: what stood before is shown again."""
    ticket = find_ticket(request, number)
    Tagging.undo(ticket, by=request.user)
    return ticket_changed(request, ticket, _t("Undone. The tag is as it was before."))


def _shown(ticket: Ticket) -> Tagging | None:
    return Tagging.objects.current().filter(ticket=ticket).first()


def _as_shown(shown: Tagging, request: AgentRequest) -> dict[str, Any] | None:
    """None when the suggestion was left as it is; else its values with the stage or direction that was chosen."""
    stage = request.POST.get("journey_stage") or shown.journey_stage
    direction = request.POST.get("direction") or shown.direction
    if (stage, direction) == (shown.journey_stage, shown.direction):
        return None
    values = {name: getattr(shown, name) for name in Tagging.FIELDS} | {"journey_stage": stage, "direction": direction}
    if direction == Direction.MET:
        values["gap_primary"] = Gap.NONE
    elif shown.gap_primary == Gap.NONE:
        raise Refusal(_t("Choose which expectation it was: open Change."))
    return values


def _said(request: AgentRequest, ticket: Ticket, said: Tagging) -> HttpResponse:
    words = _t("Confirmed: %(stage)s, %(gap)s.") % {
        "stage": said.get_journey_stage_display(),
        "gap": said.get_gap_primary_display(),
    }
    return ticket_changed(request, ticket, words, undo=Undo(reverse("workspace:tagging-undo", args=[ticket.number])))
