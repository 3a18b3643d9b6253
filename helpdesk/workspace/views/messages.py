"""What stands behind one message: the mail it came or went as, how each recipient's copy fared, its whole text."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from helpdesk.common.text import normalise
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.shortcuts import Here, download, find_ticket, page
from tickets import merging
from tickets.models import Delivery, InboundEmail, Message, Note, Ticket

SHOWN = 20_000  # of a mail's source, on the page; the whole is a download
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")


class Fared(NamedTuple):
    """What became of one recipient's mail."""

    delivery: Delivery
    at: datetime | None
    is_bad: bool
    is_tried_again: bool

    @classmethod
    def of(cls, delivery: Delivery) -> Fared:
        state = Delivery.State(delivery.state)
        waits = state in (Delivery.State.PENDING, Delivery.State.DEFERRED)
        at = delivery.due_at if waits else delivery.delivered_at or delivery.sent_at or delivery.claimed_at
        return cls(
            delivery, at, state in (Delivery.State.FAILED, Delivery.State.BOUNCED), state == Delivery.State.DEFERRED
        )


@require_safe
@agent_required
def mail(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    """The mail of a message: its source as text where it came in, and how it fared where it went out. Asked for by the
    menu of the message, the few lines of that."""
    ticket = find_ticket(request, number)
    message = _message(ticket, pk)
    context = {
        "ticket": ticket,
        "message": message,
        "here": Here.of(request),
        "fared": [Fared.of(each) for each in message.deliveries.order_by("pk")],
        "no_mail": _why_there_is_none(message),
    }
    if request.htmx:
        context["has_source"] = _sources(request, message).exists()
        return render(request, "workspace/ticket/_message_menu.html", context)
    found = _sources(request, message).first()
    headers, body = _taken_apart(bytes(found.raw)) if found else ("", "")
    context |= {
        "source": found,
        "headers": headers,
        "number_of_headers": len(re.findall(r"^[!-9;-~]+:", headers, re.MULTILINE)),
        "body": body[:SHOWN],
        "is_cut": len(body) > SHOWN,
    }
    return page(request, "workspace/ticket/message_mail.html", context)


@require_safe
@agent_required
def raw(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    """The mail as it arrived, as a download."""
    found = _sources(request, _message(find_ticket(request, number), pk)).first()
    if found is None:
        raise Http404
    return download(bytes(found.raw), f"message-{number}-{pk}.eml")


@require_safe
@agent_required
def text(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    """All that a message says, and what it quotes, as a file: for one that is too long for the page."""
    message = _message(find_ticket(request, number), pk)
    said = "\n\n".join(filter(None, [message.text, message.quoted]))
    return download(said.encode(), f"message-{number}-{pk}.txt")


@require_safe
@agent_required
def note_text(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    """All that a note says, as a file."""
    told = _told_here(find_ticket(request, number))
    return download(get_object_or_404(Note, pk=pk, ticket__in=told).text.encode(), f"note-{number}-{pk}.txt")


def _message(ticket: Ticket, pk: int) -> Message:
    """Said in this ticket or in one that was merged into it."""
    said = (
        Message.objects.filter(ticket__in=_told_here(ticket)).select_related("customer", "user", "ticket").defer("html")
    )
    return get_object_or_404(said, pk=pk)


def _told_here(ticket: Ticket) -> list[Ticket]:
    return [ticket, *merging.taken_in(ticket)]


def _sources(request: AgentRequest, message: Message) -> QuerySet[InboundEmail]:
    """The mail that the message came as. That of a copy is its original's, for whoever may see where that stands."""
    mine = Q(message=message)
    if message.copied_from_id:
        mine |= Q(message=message.copied_from_id, message__ticket__in=Ticket.objects.visible_to(request.user))
    return InboundEmail.objects.filter(mine).order_by("pk")


def _why_there_is_none(message: Message) -> str:
    """Why a message was never a mail; empty where it was one."""
    ways = {
        "web": _t("No mail: it was written in a form on our pages."),
        "phone": _t("No mail: it was said on the phone."),
        "store": _t("No mail: it was said at the counter."),
        "chat": _t("No mail: it was written in a chat."),
        "api": _t("No mail: it came through the API."),
    }
    return ways.get(message.channel, _t("No mail of it was kept."))


def _taken_apart(source: bytes) -> tuple[str, str]:
    """The headers and what follows them, as text of which nothing is read: it may be anything."""
    end = _END_OF_HEADERS.search(source)
    head, body = (source[: end.start()], source[end.end() :]) if end else (source, b"")
    return _as_text(head[:SHOWN]), _as_text(body[: SHOWN * 4 + 4])


def _as_text(source: bytes) -> str:
    return normalise(source.decode("utf-8", "replace"))
