from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from cx import tag_words
from cx.tag_filter import TagFilter
from helpdesk.people.access import Ability
from helpdesk.workspace import queues
from helpdesk.workspace.bulk_tagging import untagged_of
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.filtering import FilterForm
from helpdesk.workspace.forms import BulkTaggingForm
from helpdesk.workspace.paging import page_of
from helpdesk.workspace.shortcuts import Here, list_address, page, tags_of
from tickets.models import Ticket

ROWS = 25


@require_safe
@agent_required(needs=Ability.SEE_REPORTS)
def queue(request: AgentRequest) -> HttpResponse:
    """The agents' home: their own tickets. A guest's home is the report."""
    if not request.user.may(Ability.SEE_TICKETS):
        return redirect("workspace:report")
    # A light agent answers nobody, so nothing is ever theirs.
    home = queues.MINE if request.user.may(Ability.REPLY) else queues.OPEN
    return redirect("workspace:queue-view", view=home.slug)


@require_safe
@agent_required
def queue_view(request: AgentRequest, view: str) -> HttpResponse:
    """One page of one queue, as it is or only what bears certain tags."""
    teams = queues.teams_of(request.user)
    shown = queues.find_queue(view, teams=teams)
    tags, typed = tags_of(request), request.GET.get("q", "").strip()
    no_ticket = ""
    if typed:
        asked = tag_words.read(typed)
        if asked.number is not None:
            if found := Ticket.objects.visible_to(request.user).filter(number=asked.number).first():
                return redirect(found)
            no_ticket = _t("There is no ticket #%(number)s that you can see.") % {"number": asked.number}
        tags |= asked.tags
        if not no_ticket and not asked.tags.unknown:
            return redirect(list_address(shown, tags))  # one address for one list, whatever was typed
    return _listed(request, shown, tags, teams=teams, typed=typed, no_ticket=no_ticket)


def _listed(
    request: AgentRequest, shown: queues.Queue, tags: TagFilter, *, teams: list[queues.Team], typed: str, no_ticket: str
) -> HttpResponse:
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    listed = tags.among(shown.tickets_for(request.user))
    rows = queues.for_rows(listed, user=request.user)
    found = page_of(rows, order=shown.order, size=ROWS, after=after, before=before)
    for ticket in found.rows:
        ticket.is_mine = ticket.assignee_id == request.user.pk  # type: ignore[attr-defined]
    may_tag = request.user.may(Ability.TAG)
    here = Here(queue=shown.slug, after=after, tags=tags)
    context = {
        "queue": shown,
        "page": found,
        "here": here,
        "may_open": request.user.may(Ability.REPLY),
        "may_tag": may_tag,
        "is_first_run": not found.rows and not after and not tags and not Ticket.objects.exists(),
        "address": here.list_address(shown),
        "filters": FilterForm(shown, tags, typed=typed, no_ticket=no_ticket),
        "bulk_form": BulkTaggingForm(auto_id="bulk-%s") if may_tag and found.rows else None,
        "untagged": untagged_of(request),
    }
    # What is done is not counted: it only grows.
    also = {"shown": listed} if tags and shown.slug not in ("resolved", "closed") else {}
    return page(request, "workspace/queue/queue.html", context, current=shown.slug, teams=teams, also_counted=also)
