"""Whose mail goes to spam: addresses, and domains with everybody at them."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.forms import BlockForm
from helpdesk.workspace.paging import Order, page_of
from helpdesk.workspace.shortcuts import Undo, moved_on, page
from tickets.mail import spam
from tickets.models import BlockedSender

ROWS = 50


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.RUN_MAIL)
def blocked(request: AgentRequest) -> HttpResponse:
    """The block list, the latest first, and the form that adds to it."""
    form = BlockForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            added = spam.block(by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error("pattern", str(refusal))
        else:
            undo = Undo(reverse("workspace:blocked-remove", args=[added.pk]))
            said = _t("Mail from %(pattern)s goes to spam now.") % {"pattern": added.pattern}
            return moved_on(request, reverse("workspace:blocked"), said, undo=undo)
    found = page_of(
        BlockedSender.objects.select_related("blocked_by"),
        order=Order("created_at", descending=True),
        size=ROWS,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    status = 422 if form.is_bound else 200
    return page(request, "workspace/blocked/blocked.html", {"page": found, "form": form}, current="mail", status=status)


@require_POST
@agent_required(needs=Ability.RUN_MAIL)
def removing(request: AgentRequest, pk: int) -> HttpResponse:
    """Take one off the list. What was set aside stays where it is."""
    found = get_object_or_404(BlockedSender, pk=pk)
    spam.unblock(found, by=request.user)
    undo = Undo(reverse("workspace:blocked"), {"pattern": found.pattern, "reason": found.reason})
    said = _t("%(pattern)s is not blocked any more.") % {"pattern": found.pattern}
    return moved_on(request, reverse("workspace:blocked"), said, undo=undo)
