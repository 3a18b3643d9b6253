"""Whether all mail is here: what the servers hold, what became of it, and what is wrong."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.paging import Order, page_of
from helpdesk.workspace.shortcuts import page
from tickets.mail import ledger as books
from tickets.models import FolderEntry, MailAlarm, Mailbox

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


@require_safe
@agent_required(needs=Ability.RUN_MAIL)
def missing(request: AgentRequest, pk: int) -> HttpResponse:
    """What the server of a mailbox holds and we could not fetch, each with its reason and the next try."""
    mailbox = get_object_or_404(Mailbox.objects.looked_after_by(request.user), pk=pk)
    entries = FolderEntry.objects.missing().filter(folder__source__mailbox=mailbox, folder__ended_at=None)
    found = page_of(
        entries.select_related("folder"),
        order=Order("seen_at"),
        size=ROWS,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {"mailbox": mailbox, "page": found, "balance": books.balance(mailbox)}
    return page(request, "workspace/mail/missing.html", context, current="ledger")
