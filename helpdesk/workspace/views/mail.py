"""Mail that a person should look at: unreadable, held back, taken for spam or for a machine's."""

from __future__ import annotations

from typing import NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from helpdesk.common.errors import Refusal
from helpdesk.common.text import normalise
from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.navigation import MOST_COUNTED, counted
from helpdesk.workspace.paging import Order, page_of
from helpdesk.workspace.shortcuts import Undo, download, moved_on, page
from tickets.counting import counted_up_to
from tickets.mail import receiving, retrying, spam
from tickets.mail.parsing import ParsedEmail, Unreadable, parse
from tickets.models import BlockedSender, InboundEmail
from tickets.models.inbound_email import InboundEmailQuerySet

ROWS = 50
PREVIEW = 20_000


class Kind(NamedTuple):
    """One reason to set mail aside: its name in the address, and what is said on the screen."""

    slug: str
    label: str | Promise
    about: str | Promise
    empty: str | Promise

    def of(self, mails: InboundEmailQuerySet) -> InboundEmailQuerySet:
        found: InboundEmailQuerySet = getattr(mails, self.slug)()
        return found


KINDS = (
    Kind(
        "unreadable",
        _("Unreadable"),
        _("Mail that could not be read. Its bytes are kept, and it holds up nothing behind it."),
        _("Every mail that arrived could be read."),
    ),
    Kind(
        "held",
        _("Held"),
        _("Mail that waits for a person’s yes before it becomes a ticket or joins one."),
        _("No mail waits for a yes."),
    ),
    Kind(
        "spam",
        _("Spam"),
        _("Mail that was taken for spam. It opened no ticket and nobody was answered."),
        _("No mail was taken for spam."),
    ),
    Kind(
        "automatic",
        _("Automatic"),
        _("Mail that a machine wrote and that belongs to no ticket: out of office, lists, reports."),
        _("No mail of a machine is without a ticket."),
    ),
)


def _visible(request: AgentRequest) -> InboundEmailQuerySet:
    return InboundEmail.objects.visible_to(request.user)


def _aside(request: AgentRequest, pk: int) -> InboundEmail:
    return get_object_or_404(_visible(request).recoverable().select_related("mailbox", "ticket"), pk=pk)


@require_safe
@agent_required(needs=Ability.RUN_MAIL)
def mail(request: AgentRequest) -> HttpResponse:
    """What was set aside for one reason, the latest first; unasked, the first reason that there is mail for."""
    visible = _visible(request)
    counts = counted_up_to(MOST_COUNTED, {kind.slug: kind.of(visible) for kind in KINDS})
    asked = request.GET.get("kind", "")
    shown = next((kind for kind in KINDS if kind.slug == asked), None)
    shown = shown or next((kind for kind in KINDS if counts[kind.slug]), KINDS[0])
    found = page_of(
        shown.of(visible).select_related("mailbox", "ticket").defer("raw"),
        order=Order("received_at", descending=True),
        size=ROWS,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "page": found,
        "kind": shown,
        "tabs": [(kind, counted(counts[kind.slug])) for kind in KINDS],
        "address": f"{reverse('workspace:mail')}?kind={shown.slug}",
        "progress": retrying.progress(visible) if shown.slug == "unreadable" else None,
    }
    return page(request, "workspace/mail/mail.html", context, current="mail")


@require_safe
@agent_required(needs=Ability.RUN_MAIL)
def retry_progress(request: AgentRequest) -> HttpResponse:
    """How far the workers are, for the page that asks every other second; it ends with the list itself."""
    progress = retrying.progress(_visible(request))
    if not request.htmx or progress is None:
        return redirect("workspace:mail")
    if progress.is_over:
        response = HttpResponse(status=204)
        response.headers["HX-Refresh"] = "true"
        return response
    return render(request, "workspace/mail/_progress.html", {"progress": progress})


@require_safe
@agent_required(needs=Ability.RUN_MAIL)
def inbound_email(request: AgentRequest, pk: int) -> HttpResponse:
    """One mail: why it is here, what it says, and what can be done."""
    found = get_object_or_404(_visible(request).select_related("mailbox", "ticket"), pk=pk)
    raw = bytes(found.raw)
    read = _read(found, raw)
    sender = found.sender or (read.from_.email if read and read.from_ else "")
    context = {
        "mail": found,
        "subject": found.subject or (read.subject if read else ""),
        "sender": sender,
        "domain": sender.rpartition("@")[2],
        "read": read,
        "text": read.text[:PREVIEW] if read else "",
        "is_text_cut": bool(read and len(read.text) > PREVIEW),
        "source": normalise(raw[:PREVIEW].decode("utf-8", "replace")),
        "is_source_cut": found.size > PREVIEW,
        "is_aside": _visible(request).recoverable().filter(pk=pk).exists(),
        "blocked": BlockedSender.objects.filter(pattern__in=[sender, sender.rpartition("@")[2]]).first(),
        "kind": next((kind for kind in KINDS if kind.slug == found.state), KINDS[-1]),
    }
    return page(request, "workspace/mail/inbound_email.html", context, current="mail")


def _read(mail: InboundEmail, raw: bytes) -> ParsedEmail | None:
    """The mail as a person would read it. None where it cannot be, and where it has killed its readers before."""
    if mail.state == InboundEmail.State.UNREADABLE and mail.attempts >= receiving.MOST_ATTEMPTS:
        return None
    try:
        return parse(raw)
    except Unreadable:
        return None


@require_POST
@agent_required(needs=Ability.RUN_MAIL)
def retry(request: AgentRequest, pk: int) -> HttpResponse:
    """Read it again. What was held, or taken for spam or for a machine's, comes in on this person's word."""
    try:
        found = receiving.retry(_aside(request, pk), by=request.user)
    except Refusal as refusal:
        return _back(request, pk, refusal)
    if found.ticket:
        messages.success(request, _t("It is in ticket #%(number)s now.") % {"number": found.ticket.number})
        return redirect(found.ticket)
    messages.error(request, found.reason or _t("It still cannot be read."))
    return redirect("workspace:inbound-email", pk=pk)


@require_POST
@agent_required(needs=Ability.RUN_MAIL)
def retry_all(request: AgentRequest) -> HttpResponse:
    """Have every unreadable mail read again, after what was wrong has been mended. The page shows how far it is."""
    count = retrying.retry_all(_visible(request))
    if not count:
        messages.success(request, _t("No mail is unreadable."))
    return redirect(f"{reverse('workspace:mail')}?kind=unreadable")


@require_POST
@agent_required(needs=Ability.RUN_MAIL)
def discarding(request: AgentRequest, pk: int) -> HttpResponse:
    """Decide that it needs nothing. The bytes are kept."""
    reason = normalise(request.POST.get("reason", ""), single_line=True)
    found = _aside(request, pk)
    if not reason:
        return _back(request, pk, _t("Say why it needs nothing."))
    receiving.discard(found, by=request.user, reason=reason)
    undo = Undo(reverse("workspace:inbound-email-take-back", args=[pk]))
    return moved_on(request, reverse("workspace:mail"), _t("Put away. Its bytes are kept."), undo=undo)


@require_POST
@agent_required(needs=Ability.RUN_MAIL)
def taking_back(request: AgentRequest, pk: int) -> HttpResponse:
    """Not put away after all: it stands where it stood."""
    found = retrying.take_back(get_object_or_404(_visible(request), pk=pk))
    return moved_on(request, reverse("workspace:inbound-email", args=[found.pk]), _t("Back where it was."))


@require_POST
@agent_required(needs=Ability.RUN_MAIL)
def marking_spam(request: AgentRequest, pk: int) -> HttpResponse:
    """Say that it is spam, and have what reads like it set aside by itself from now on."""
    try:
        spam.mark(_aside(request, pk), by=request.user)
    except Refusal as refusal:
        return _back(request, pk, refusal)
    return moved_on(request, reverse("workspace:mail"), _t("Marked as spam."))


@require_POST
@agent_required(needs=Ability.RUN_MAIL)
def blocking(request: AgentRequest, pk: int) -> HttpResponse:
    """Have all further mail of this sender, or of everybody at the same domain, set aside as spam."""
    found = _aside(request, pk)
    read = _read(found, bytes(found.raw))
    sender = found.sender or (read.from_.email if read and read.from_ else "")
    pattern = sender.rpartition("@")[2] if request.POST.get("whom") == "domain" else sender
    reason = _t("From the mail “%(subject)s”") % {"subject": found.subject[:120]} if found.subject else ""
    try:
        blocked = spam.block(pattern=pattern, by=request.user, reason=reason)
    except Refusal as refusal:
        return _back(request, pk, refusal)
    undo = Undo(reverse("workspace:blocked-remove", args=[blocked.pk]))
    said = _t("Mail from %(pattern)s goes to spam now.") % {"pattern": blocked.pattern}
    return moved_on(request, reverse("workspace:inbound-email", args=[pk]), said, undo=undo)


@require_safe
@agent_required(needs=Ability.RUN_MAIL)
def raw(request: AgentRequest, pk: int) -> HttpResponse:
    """The mail as it arrived, as a download."""
    found = get_object_or_404(_visible(request), pk=pk)
    return download(bytes(found.raw), f"inbound-{found.pk}.eml")


def _back(request: AgentRequest, pk: int, refusal: Refusal | str) -> HttpResponse:
    messages.error(request, str(refusal))
    return redirect("workspace:inbound-email", pk=pk)
