from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db.models import Max, Q
from django.http import JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from helpdesk.workspace import queues
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.navigation import navigation
from helpdesk.workspace.shortcuts import Here
from tickets.models import Event, Ticket

MOST_ASKED = 100
LOOK_BACK = timedelta(minutes=5)


@require_safe
@agent_required
def news(request: AgentRequest) -> JsonResponse:
    """What a page asks when tickets changed: which of these concern the list it shows, and the left column's numbers.

    `changed` names the tickets and `shown` those of them that the page shows. A ticket that is not in the list
    concerns it only where the page shows it still. What this person did before the page was written, at `since`, is on
    the page already.
    """
    teams = queues.teams_of(request.user)
    here = Here.of(request)
    listed = queues.opened_from(here.queue, teams=teams, user=request.user)
    changed = _numbers(request.GET.get("changed", ""))
    found = here.asked.among(listed.tickets_for(request.user)).filter(number__in=changed)
    concerned = set(found.values_list("number", flat=True)) | (changed & _numbers(request.GET.get("shown", "")))
    concerned -= _already_shown(request, concerned)
    nav = navigation(request, current=here.queue, teams=teams)
    items = [item for item in (*nav.items, *nav.team_items) if item.count]
    counts = {reverse("workspace:queue-view", args=[item.queue.slug]): item.count for item in items}
    return JsonResponse({"changed": sorted(concerned), "counts": counts, "unread": nav.unread})


def _numbers(given: str) -> set[int]:
    return {int(number) for number in given.split(",")[:MOST_ASKED] if number.isdecimal() and len(number) < 10}


def _already_shown(request: AgentRequest, numbers: set[int]) -> set[int]:
    """Those whose latest news is this person's own deed, older than the page."""
    since = request.GET.get("since", "")
    if not numbers or not since.isdecimal() or len(since) > 15:
        return set()
    latest_moment = timezone.now().timestamp() * 1000  # no page was written later, and no calendar reaches further
    written_at = datetime.fromtimestamp(min(int(since), latest_moment) / 1000, tz=UTC)
    recent = Event.objects.filter(happened_at__gte=timezone.now() - LOOK_BACK)
    theirs = ~Q(actor=request.user.pk) | Q(happened_at__gte=written_at)
    tickets = Ticket.objects.visible_to(request.user).filter(number__in=numbers)
    latest = recent.filter(ticket__in=tickets).values("ticket__number")
    rows = latest.annotate(latest=Max("pk"), news=Max("pk", filter=theirs))
    return {row["ticket__number"] for row in rows if row["latest"] != row["news"]}
