from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.paging import Order, page_of
from helpdesk.workspace.shortcuts import moved_on, page
from tickets.models import Notification

ROWS = 25


@require_safe
@agent_required
def notifications(request: AgentRequest) -> HttpResponse:
    """What happened on this person's tickets. Opening a ticket is reading what was said of it."""
    rows = Notification.objects.told_to(request.user).select_related("ticket__requester")
    found = page_of(
        rows.prefetch_related("ticket__requester__addresses"),
        order=Order("created_at", descending=True),
        size=ROWS,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    return page(request, "workspace/notification/notifications.html", {"page": found}, current="notifications")


@require_POST
@agent_required
def all_read(request: AgentRequest) -> HttpResponse:
    Notification.objects.filter(user=request.user, read_at=None).update(read_at=timezone.now())
    return moved_on(request, reverse("workspace:notifications"), _t("Everything is read."))
