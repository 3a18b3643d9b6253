"""Mail of ours that did not arrive: what the server said, and what to do about it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.paging import Order, page_of
from helpdesk.workspace.shortcuts import Undo, moved_on, page
from tickets.mail import sending
from tickets.models import Delivery
from tickets.models.delivery import DeliveryQuerySet

ROWS = 25
KINDS: dict[str, str | Promise] = {
    "message": _("Reply"),
    "acknowledgement": _("Acknowledgement"),
    "side": _("To somebody outside"),
    "link": _("Link to the request"),
    "notification": _("Notification to one of us"),
    "notice": _("Notification to one of us"),
    "digest": _("Daily digest to one of us"),
    "survey": _("Survey"),
}


def _visible(request: AgentRequest) -> DeliveryQuerySet:
    return Delivery.objects.visible_to(request.user)


@require_safe
@agent_required
def undelivered(request: AgentRequest) -> HttpResponse:
    """What failed, came back or is tried again, of the tickets this person sees; the latest first."""
    found = page_of(
        _visible(request).undelivered().select_related("ticket"),
        order=Order("created_at", descending=True),
        size=ROWS,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    rows = [(delivery, KINDS.get(delivery.kind, _("Automatic mail"))) for delivery in found.rows]
    context = {"page": found, "rows": rows, "may_resend": request.user.may(Ability.REPLY)}
    return page(request, "workspace/undelivered/undelivered.html", context, current="undelivered")


@require_POST
@agent_required(needs=Ability.REPLY)
def resending(request: AgentRequest, pk: int) -> HttpResponse:
    """Send it again now, under the same Message-ID: whoever has it already sees one mail, not two."""
    delivery = get_object_or_404(_visible(request).select_related("ticket"), pk=pk)
    said = _t("On its way to %(to)s again.") if sending.resend(delivery, by=request.user) else _t("It is on its way.")
    return moved_on(request, reverse("workspace:undelivered"), said % {"to": delivery.address})


@require_POST
@agent_required(needs=Ability.REPLY)
def settling(request: AgentRequest, pk: int) -> HttpResponse:
    """Say that it needs nothing more; one that is still tried is given up."""
    delivery = get_object_or_404(_visible(request).select_related("ticket"), pk=pk)
    changed = sending.settle(delivery, by=request.user)
    undo = Undo(reverse("workspace:undelivered-unsettle", args=[pk])) if changed else None
    return moved_on(request, reverse("workspace:undelivered"), _t("It needs nothing more."), undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def unsettling(request: AgentRequest, pk: int) -> HttpResponse:
    sending.unsettle(get_object_or_404(_visible(request), pk=pk))
    return moved_on(request, reverse("workspace:undelivered"), _t("Back in the list."))
