"""What agents keep about a customer: notes, and whether we may ask how it was. From the rail of a ticket or the page of
the customer, and back to there."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from cx.models import Response
from cx.models.survey import SCALE, SurveyKind
from cx.timeline import band_of
from helpdesk.common.errors import Refusal
from helpdesk.common.text import normalise
from helpdesk.people.access import Ability
from helpdesk.people.models import Customer, CustomerNote, User
from helpdesk.workspace import queues
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.shortcuts import Here, Undo, find_ticket, moved_on, page, refused, ticket_changed
from helpdesk.workspace.views.customers import find_customer
from tickets.models import Ticket

SCORES: Final = 3
MOST_OPEN: Final = 5
BAND: Final = 12  # tickets on the small band of stages
_SALT: Final = "customer-note"


@require_safe
@agent_required
def about(request: AgentRequest, number: int) -> HttpResponse:
    """What is rarely needed of a ticket's customer: scores, stages over time, open tickets. In the rail when it is
    opened there, or a page of its own."""
    ticket = find_ticket(request, number)
    if not ticket.is_address_confirmed:  # whoever typed the address has shown nothing about whose it is
        raise Http404
    found, user = ticket.requester, request.user
    visible = Ticket.objects.visible_to(user).filter(requester=found)
    answers = Response.objects.counted().filter(invitation__customer=found, invitation__ticket__in=visible.values("pk"))
    latest = answers.select_related("invitation").order_by("-answered_at", "-pk")[:SCORES]
    band = band_of(found, user=user)
    context = {
        "ticket": ticket,
        "customer": found,
        "scores": [
            {
                "label": SurveyKind(each.invitation.kind).label, "score": each.score,
                "most": SCALE[SurveyKind(each.invitation.kind)][1], "at": each.answered_at,
            }
            for each in latest
        ],
        "stages": band.moments[-BAND:],
        "open_tickets": list(
            queues.for_rows(visible.active().not_merged().exclude(pk=ticket.pk), user=user).due_first()[:MOST_OPEN]
        ),
        "here": Here.of(request),
    }  # fmt: skip
    if request.htmx:
        return render(request, "workspace/customer/_about.html", context)
    return page(request, "workspace/customer/about.html", context)


@require_POST
@agent_required(needs=Ability.WRITE_NOTES)
def notes(request: AgentRequest, pk: int) -> HttpResponse:
    """Keep a note on a customer."""
    found = find_customer(request, pk)
    try:
        note = CustomerNote.write(found, text=normalise(request.POST.get("text", "")), by=request.user)
    except Refusal as refusal:
        return _refused(request, found, refusal)
    undo = Undo(reverse("workspace:customer-note-remove", args=[found.pk, note.pk]), _whence(request))
    return _answered(request, found, _t("The note is kept with the customer."), undo=undo)


@require_POST
@agent_required(needs=Ability.WRITE_NOTES)
def removing(request: AgentRequest, pk: int, note: int) -> HttpResponse:
    """Remove a note: one's own, or any for whoever answers customers. Undo puts it back as it was."""
    found = find_customer(request, pk)
    kept = CustomerNote.objects.filter(pk=note, customer=found).first()
    if kept is None:
        return _answered(request, found, _t("The note is removed."))
    if not may_remove(request.user, kept):
        raise Http404
    was = signing.dumps([found.pk, kept.user_id, kept.text, kept.written_at.isoformat()], salt=_SALT)
    kept.remove()
    undo = Undo(reverse("workspace:customer-note-restore", args=[found.pk]), {"note": was, **_whence(request)})
    return _answered(request, found, _t("The note is removed."), undo=undo)


@require_POST
@agent_required(needs=Ability.WRITE_NOTES)
def restoring(request: AgentRequest, pk: int) -> HttpResponse:
    """Undo a removing: the same words of the same person at the same time."""
    found = find_customer(request, pk)
    try:
        customer_pk, user_pk, text, written_at = signing.loads(request.POST.get("note", ""), salt=_SALT)
    except signing.BadSignature:
        raise Http404 from None
    if customer_pk != found.pk:
        raise Http404
    was = {"customer": found, "user": User.objects.get(pk=user_pk), "text": text}
    CustomerNote.objects.get_or_create(**was, written_at=datetime.fromisoformat(written_at))
    return _answered(request, found, _t("The note is back."))


@require_POST
@agent_required(needs=Ability.REPLY)
def consent(request: AgentRequest, pk: int) -> HttpResponse:
    """Whether this person may be asked how it was; as they told us, or as they take it back."""
    found = find_customer(request, pk)
    may_ask = request.POST.get("may_ask") == "yes"
    changed = found.accept_surveys() if may_ask else found.refuse_surveys()
    said = _t("They may be asked how it was.") if may_ask else _t("They are asked no more.")
    back = {"may_ask": "no" if may_ask else "yes", **_whence(request)}
    undo = Undo(reverse("workspace:customer-consent", args=[found.pk]), back) if changed else None
    return _answered(request, found, said, undo=undo)


def may_remove(user: User, note: CustomerNote) -> bool:
    return note.user_id == user.pk or user.may(Ability.REPLY)


def _whence(request: AgentRequest) -> dict[str, str]:
    """The ticket from whose rail it was posted, for the way back."""
    number = request.POST.get("ticket", "")
    return {"ticket": number} if number.isdecimal() and len(number) < 19 else {}


def _ticket(request: AgentRequest, found: Customer) -> Ticket | None:
    """That ticket, if it is this customer's."""
    if not (whence := _whence(request)):
        return None
    ticket = find_ticket(request, int(whence["ticket"]))
    return ticket if ticket.requester_id == found.pk else None


def _answered(request: AgentRequest, found: Customer, said: str, **undo: Any) -> HttpResponse:
    if ticket := _ticket(request, found):
        return ticket_changed(request, ticket, said, **undo)
    return moved_on(request, reverse("workspace:customer", args=[found.pk]), said, **undo)


def _refused(request: AgentRequest, found: Customer, refusal: Refusal) -> HttpResponse:
    if ticket := _ticket(request, found):
        return refused(request, ticket, refusal)
    if request.htmx:
        return render(request, "workspace/_refusal.html", {"refusal": str(refusal)}, status=422)
    return moved_on(request, reverse("workspace:customer", args=[found.pk]), str(refusal))
