"""What every view of this door does: find one ticket, answer with a page, answer after a change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from helpdesk.common.errors import Refusal
from helpdesk.people.models import Team
from helpdesk.workspace import queues
from helpdesk.workspace.asking import Question, address_with
from helpdesk.workspace.decorators import AgentRequest
from helpdesk.workspace.navigation import navigation
from helpdesk.workspace.queues import Queue
from tickets.models import Ticket
from tickets.resolving import NotYet

_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,60}")
FLASH = "flash"  # session key of what was done last and the way back, shown once on the next page


@dataclass(frozen=True)
class Undo:
    """The way back from a change: an address, and what is posted there."""

    url: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Here:
    """From which queue, which page of it, and by which filter a ticket was opened: that list stays beside the ticket
    and is gone back to."""

    queue: str = ""
    after: str = ""
    asked: Question = field(default_factory=Question)
    order: str = ""  # one of queues.ORDERS, where it is not the list's own

    @classmethod
    def of(cls, request: AgentRequest) -> Here:
        queue = request.GET.get("in", "")
        if not _SLUG.fullmatch(queue):
            return cls()
        return cls(
            queue, request.GET.get("after", "")[:60], Question.in_address(request.GET, request.user), order_of(request)
        )

    def __str__(self) -> str:
        return address_with("", **{"in": self.queue, "q": self.asked.text, "order": self.order, "after": self.after})

    def list_address(self, queue: Queue) -> str:
        """The list itself, from its first page."""
        return list_address(queue, self.asked, order=self.order)


def order_of(request: AgentRequest) -> str:
    """The order that the address asks for; empty for the list's own."""
    order = request.GET.get("order", "")
    return order if order in queues.ORDERS else ""


def list_address(queue: Queue, asked: Question | None = None, **more: str) -> str:
    """The address of a queue, filtered; `more` goes behind the filter."""
    return address_with(reverse("workspace:queue-view", args=[queue.slug]), q=asked.text if asked else "", **more)


def find_ticket(request: AgentRequest, number: int) -> Ticket:
    """The ticket with this number; 404 where there is none or this person may not know of it, without saying which."""
    found = Ticket.objects.visible_to(request.user).select_related("requester", "team", "assignee", "mailbox")
    try:
        return found.get(number=number)
    except Ticket.DoesNotExist:
        raise Http404 from None


def page(
    request: AgentRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    current: str = "",
    status: int = 200,
    teams: list[Team] | None = None,
    also_counted: Mapping[str, QuerySet[Any]] | None = None,
) -> HttpResponse:
    """A whole page with the left column beside it. `current` is the queue's slug or the page's name there.

    What is in `also_counted` is counted in the same query as the left column's numbers, and stands in `nav.counts`.
    """
    full = {
        "nav": navigation(request, current=current, teams=teams, also_counted=also_counted or {}),
        "flash": request.session.pop(FLASH, None) if FLASH in request.session else None,
        **(context or {}),
    }
    return render(request, template, full, status=status)


def ticket_changed(request: AgentRequest, ticket: Ticket, message: str, *, undo: Undo | None = None) -> HttpResponse:
    """Answer after a change: the fragments that show it for htmx, else back to the ticket with the words on top.

    The composer is never among the fragments: somebody may be writing in it.
    """
    if request.htmx:
        from helpdesk.workspace.ticket_page import ticket_context

        context = ticket_context(request, ticket)
        context["flash"] = _flash(message, undo)
        return HttpResponse(render_to_string("workspace/ticket/_changed.html", context, request))
    _say(request, message, undo=undo)
    return redirect(f"{ticket.get_absolute_url()}{Here.of(request)}")


def section_changed(
    request: AgentRequest,
    template: str,
    context: dict[str, Any],
    message: str,
    *,
    undo: Undo | None = None,
    focus: str = "",
) -> HttpResponse:
    """Answer htmx after a change that one section of the rail shows: that section, which `alone` makes take the place
    of the old one, and the words. What had the focus keeps it, or else what has the id `focus` gets it."""
    shown = {**context, "section": template, "here": Here.of(request), "flash": _flash(message, undo)}
    response = render(request, "workspace/ticket/_section_changed.html", shown)
    return trigger_client_event(response, "puente:place", {"id": focus}, after="settle") if focus else response


def refused(request: AgentRequest, ticket: Ticket, refusal: Refusal | str) -> HttpResponse:
    """Answer where a rule said no: beside the form for htmx (422), else on top of the ticket.

    Where it can be put right on the page, the focus goes there.
    """
    place = refusal.place if isinstance(refusal, NotYet) else ""
    if request.htmx:
        response = render(request, "workspace/_refusal.html", {"refusal": str(refusal)}, status=422)
        where = {"id": place, "said": str(refusal)}
        return trigger_client_event(response, "puente:place", where, after="settle") if place else response
    messages.error(request, str(refusal))
    address = f"{ticket.get_absolute_url()}{Here.of(request)}"
    if place:
        address += f"{'&' if '?' in address else '?'}{urlencode({'place': place})}#{place}"
    return redirect(address)


def moved_on(request: AgentRequest, address: str, message: str, *, undo: Undo | None = None) -> HttpResponse:
    """Answer with another page, with the words on top of it."""
    _say(request, message, undo=undo)
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def download(content: bytes, name: str) -> HttpResponse:
    """These bytes as a file to keep, which no browser opens in our name."""
    response = HttpResponse(content, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def next_in_queue(request: AgentRequest, ticket: Ticket) -> str:
    """Where work goes on after this ticket: the one below it in the queue it was opened from, else that queue."""
    here = Here.of(request)
    queue = queues.opened_from(here.queue, teams=queues.teams_of(request.user), user=request.user).sorted_by(here.order)
    if following := queue.order.following(here.asked.among(queue.tickets_for(request.user)), ticket):
        return f"{following.get_absolute_url()}{here}"
    return here.list_address(queue)


def back_to_list(request: AgentRequest) -> str:
    """The list that the ticket was opened from, from its first page."""
    here = Here.of(request)
    return here.list_address(queues.opened_from(here.queue, teams=queues.teams_of(request.user), user=request.user))


def _say(request: AgentRequest, message: str, *, undo: Undo | None) -> None:
    if undo:
        request.session[FLASH] = _flash(message, undo)
    else:
        messages.success(request, message)


def _flash(text: str, undo: Undo | None) -> dict[str, Any]:
    return {"text": text, "undo": asdict(undo) if undo else None}
