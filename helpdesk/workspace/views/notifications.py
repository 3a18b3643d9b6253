"""What a person was told: as a page, as the menu of the bell, and which of it they want."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _t
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import trigger_client_event

from helpdesk.common import tokens
from helpdesk.common.moments import is_in_a_lifetime
from helpdesk.people.models import Company, User
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.notice_form import NoticeForm
from helpdesk.workspace.paging import Order, page_of
from helpdesk.workspace.shortcuts import Undo, moved_on, page
from tickets import notifying
from tickets.models import Notification, Ticket

ROWS, IN_MENU = 25, 10
NEWEST = Order("created_at", descending=True)


@require_safe
@agent_required
def notifications(request: AgentRequest) -> HttpResponse:
    """What happened on this person's tickets. Opening a ticket is reading what was said of it."""
    told, shows = Notification.objects.told_to(request.user), request.GET.get("show", "")
    shows = "unread" if shows == "unread" else ""
    found = page_of(
        _with_tickets(told.unread() if shows else told),
        order=NEWEST,
        size=ROWS,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {"page": found, "tickets": _by_ticket(found.rows), "shows": shows}
    return page(request, "workspace/notification/notifications.html", context, current="notifications")


@require_safe
@agent_required
def menu(request: AgentRequest) -> HttpResponse:
    """The newest that is unread, fetched when the bell is opened."""
    return _menu(request) if request.htmx else redirect("workspace:notifications")


@require_POST
@agent_required
def one_read(request: AgentRequest, pk: int) -> HttpResponse:
    """Read without opening the ticket."""
    found = get_object_or_404(Notification.objects.told_to(request.user), pk=pk)
    read_at = Notification.objects.filter(pk=found.pk).mark_read(by=request.user)
    return _answer(request, _t("Marked as read."), read_at=read_at)


@require_POST
@agent_required
def all_read(request: AgentRequest) -> HttpResponse:
    read_at = Notification.objects.filter(user=request.user).mark_read(by=request.user)
    return _answer(request, _t("Everything is read."), read_at=read_at)


@require_POST
@agent_required
def unread_again(request: AgentRequest) -> HttpResponse:
    """The way back from `one_read` and `all_read`: what was read at that moment."""
    try:
        read_at = parse_datetime(request.POST.get("read_at", ""))
    except ValueError:
        read_at = None
    if read_at is not None and timezone.is_aware(read_at) and is_in_a_lifetime(read_at):
        Notification.objects.filter(user=request.user).mark_unread(by=request.user, read_at=read_at)
    return _answer(request, _t("Unread again."), read_at=None)


@require_http_methods(["GET", "POST"])
@agent_required
def choices(request: AgentRequest) -> HttpResponse:
    """Which notices this person gets, over which channels, and when they want quiet."""
    form = NoticeForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_bound and form.is_valid():
        notifying.choose(request.user, **form.chosen)
        return moved_on(request, reverse("workspace:notice-choices"), _t("Your choices are saved."))
    status = 422 if form.errors else 200
    context = {"form": form, "zone": str(request.user.zone)}
    return page(request, "workspace/notification/choices.html", context, current="notifications", status=status)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """End the mails of one kind by the link in them, and undo it, without signing in.

    Mail programs post here by themselves (RFC 8058), with no cookie of ours; a GET only shows the button.
    """
    user, kind = _named_in(token)
    if request.method == "POST":
        if "again" in request.POST:
            notifying.resume_mail(user, kind)
        else:
            notifying.stop_mail(user, kind)
        if "List-Unsubscribe" not in request.POST:  # a mail program must not be redirected
            return redirect("workspace:notice-stop", token=token)
    language = user.language or Company.current().language
    with translation.override(language):
        context = {
            "token": token,
            "is_mailed": notifying.is_mailed(user, kind),
            "kind": _t("Daily digest") if kind == notifying.DIGEST else Notification.Kind(kind).label,
        }
        answer = render(request, "workspace/notification/stop.html", context)
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _named_in(token: str) -> tuple[User, str]:
    try:
        values = tokens.read(tokens.Purpose.STOP_NOTICES, token)
    except tokens.ExpiredLink as expired:  # whoever wants to be left alone is not turned away for being late
        values = expired.values
    except tokens.AlteredLink:
        raise Http404 from None
    kind = str(values.get("kind", ""))
    if kind != notifying.DIGEST and kind not in Notification.Kind.values:
        raise Http404
    return get_object_or_404(User, pk=values.get("user"), is_active=True), kind


def _with_tickets(rows: Any) -> Any:
    return rows.select_related("event__actor", "ticket__requester").prefetch_related("ticket__requester__addresses")


def _by_ticket(rows: list[Notification]) -> list[tuple[Ticket, list[tuple[Notification, str]]]]:
    """Each ticket once, where its newest notification stands, with what was said."""
    words = notifying.words_of(rows)
    found: dict[int, tuple[Ticket, list[tuple[Notification, str]]]] = {}
    for row in rows:
        found.setdefault(row.ticket_id, (row.ticket, []))[1].append((row, words.get(row.pk, "")))
    return list(found.values())


def _answer(request: AgentRequest, said: str, *, read_at: datetime | None) -> HttpResponse:
    """Back to the page, or the menu as it is now, with the way back."""
    undo = Undo(reverse("workspace:notifications-unread"), {"read_at": read_at.isoformat()}) if read_at else None
    if request.htmx:
        return _menu(request, said=said, undo=undo)
    return moved_on(request, reverse("workspace:notifications"), said, undo=undo)


def _menu(request: AgentRequest, *, said: str = "", undo: Undo | None = None) -> HttpResponse:
    told = Notification.objects.told_to(request.user).unread()
    rows = list(NEWEST.sort(_with_tickets(told))[:IN_MENU])
    unread = Notification.objects.unread_count(request.user) if len(rows) == IN_MENU else len(rows)
    context = {"tickets": _by_ticket(rows), "said": said, "undo": undo}
    answer = render(request, "workspace/notification/_menu.html", context)
    return trigger_client_event(answer, "puente:notices", {"unread": unread})  # heard by title.js
