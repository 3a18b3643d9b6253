"""Whether all mail is here: what the servers hold, what became of it, and what is wrong."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.common.text import normalise
from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.paging import Order, page_of
from helpdesk.workspace.shortcuts import Undo, moved_on, page
from tickets.mail import ledger as books
from tickets.models import FolderEntry, MailAlarm, Mailbox
from tickets.models.mail_source import FolderEntryQuerySet

ROWS = 50


@require_safe
@agent_required(needs=Ability.RUN_MAIL)
def ledger(request: AgentRequest) -> HttpResponse:
    """The balance of each mailbox that this person looks after, and open alarms above."""
    mailboxes = Mailbox.objects.looked_after_by(request.user).by_address().select_related("team", "source")
    context = {
        "balances": books.balances(mailboxes),
        "alarms": MailAlarm.objects.visible_to(request.user).open().select_related("mailbox"),
        "administers": request.user.may(Ability.ADMINISTER),
    }
    return page(request, "workspace/mail/ledger.html", context, current="ledger")


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(needs=Ability.RUN_MAIL)
def missing(request: AgentRequest, pk: int) -> HttpResponse:
    """What the server of a mailbox holds and we could not fetch, each with its reason and the next try; and what
    somebody said of that it needs nothing. Posted to, it says so of one of them, or takes it back."""
    mailbox = get_object_or_404(Mailbox.objects.looked_after_by(request.user), pk=pk)
    entries = FolderEntry.objects.filter(folder__source__mailbox=mailbox, folder__ended_at=None)
    if request.method == "POST":
        return _settle(request, mailbox, entries)
    shows_settled = request.GET.get("show") == "settled"
    shown = entries.settled().select_related("settled_by") if shows_settled else entries.missing()
    found = page_of(
        shown.select_related("folder"),
        order=Order("settled_at", descending=True) if shows_settled else Order("seen_at"),
        size=ROWS,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "mailbox": mailbox,
        "page": found,
        "balance": books.balance(mailbox),
        "shows_settled": shows_settled,
        "limit": settings.MAIL_SIZE_LIMIT,
    }
    return page(request, "workspace/mail/missing.html", context, current="ledger")


def _settle(request: AgentRequest, mailbox: Mailbox, entries: FolderEntryQuerySet) -> HttpResponse:
    number = request.POST.get("entry", "")
    entry = get_object_or_404(entries, pk=int(number) if number.isascii() and number.isdigit() else 0)
    address = reverse("workspace:ledger-missing", args=[mailbox.pk])
    if "back" in request.POST:
        books.take_back(entry)
        return moved_on(request, address, _t("Back in the list."))
    reason = normalise(request.POST.get("reason", ""), single_line=True)
    if not reason:
        messages.error(request, _t("Say why it needs nothing."))
        return redirect(address)
    is_changed = books.settle(entry, by=request.user, reason=reason)
    undo = Undo(address, {"entry": number, "back": "1"}) if is_changed else None
    return moved_on(request, address, _t("Settled. The ledger counts it as that."), undo=undo)
