from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from helpdesk.people.access import Ability
from helpdesk.workspace import bulk as lots
from helpdesk.workspace import queues
from helpdesk.workspace.asking import WITHIN, Question, old_text
from helpdesk.workspace.columns import columns_of
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.display import display_for
from helpdesk.workspace.filtering import FilterForm
from helpdesk.workspace.paging import page_of
from helpdesk.workspace.presence import with_people
from helpdesk.workspace.shortcuts import Here, list_address, order_of, page
from tickets.models import BulkAction, Ticket

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
    """One page of one queue or saved view, as it is or narrowed by `?q=`: one address for one list."""
    teams, user = queues.teams_of(request.user), request.user
    shown = queues.find_queue(view, teams=teams, user=user)
    typed, is_typed = request.GET.get("q", "").strip(), WITHIN in request.GET
    if is_typed:
        question = Question.typed(typed, user, within=request.GET[WITHIN])
    else:
        question = Question.in_address(request.GET, user)
    no_ticket = ""
    if (number := question.asked.number) is not None:
        if found := Ticket.objects.visible_to(user).filter(number=number).first():
            return redirect(found)
        no_ticket = _t("There is no ticket #%(number)s that you can see.") % {"number": number}
        question = Question.of(request.GET.get(WITHIN, ""), user)
    elif not question.asked.unknown and (is_typed or old_text(request.GET) or typed != question.text):
        return redirect(list_address(shown, question, order=order_of(request)))
    kept = typed if question.asked.unknown or no_ticket else ""  # what is followed stands beside the field
    return _listed(request, shown, question, teams=teams, typed=kept, no_ticket=no_ticket)


def _listed(
    request: AgentRequest,
    shown: queues.Queue,
    question: Question,
    *,
    teams: list[queues.Team],
    typed: str,
    no_ticket: str,
) -> HttpResponse:
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    shown = shown.sorted_by(order := order_of(request))
    listed = question.among(shown.tickets_for(request.user))
    rows = queues.for_rows(listed, user=request.user, with_stake=shown.is_by_risk)
    if "tags" in columns_of(request.user):
        rows = queues.with_tags(rows)
    found = page_of(rows, order=shown.order, size=ROWS, after=after, before=before)
    with_people(found.rows, besides=request.user)
    may_tag = request.user.may(Ability.TAG)
    here = Here(queue=shown.slug, after=after, asked=question, order=order if shown.own_order else "")
    context = {
        "queue": shown,
        "page": found,
        "here": here,
        "display": display_for(request.user, shown, here=here, address=request.get_full_path()),
        "may_open": request.user.may(Ability.REPLY),
        "may_tag": may_tag,
        "leads": request.user.may(Ability.RUN_MAIL),
        "is_first_run": not found.rows and not after and not question and not Ticket.objects.exists(),
        "address": here.list_address(shown),
        "filters": FilterForm(shown, question, request.user, typed=typed, no_ticket=no_ticket, order=order_of(request)),
        "bulk": lots.bar_for(request.user, shown) if found.rows else None,
        "left": lots.left_undone_of(request),
        "running": lambda: lots.running_of(request.user),  # asked only where the count beside the others says so
    }
    # What is done is not counted: it only grows.
    also: dict[str, QuerySet[Any]] = {"running": BulkAction.objects.of(request.user).unfinished()}
    if question and shown.slug not in ("resolved", "closed"):
        also["shown"] = listed
    return page(request, "workspace/queue/queue.html", context, current=shown.slug, teams=teams, also_counted=also)
