"""What a customer sees of their request: how far it is, what we promised, what was said. Nothing else of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _t
from django.utils.translation import pgettext

from cx import promises
from cx.models import Promise
from helpdesk.common import tokens
from helpdesk.common.html import html_from_text
from helpdesk.common.moments import moment
from helpdesk.portal import complaining
from helpdesk.portal.complaining import Complained
from tickets import acknowledging, merging, owners, requesters
from tickets.models import Author, Message, Status, Ticket
from tickets.models.message import MessageQuerySet

NEWEST = 2  # shown at once; what is older is one click away


@dataclass(frozen=True)
class Step:
    """One station of the progress line."""

    title: str
    detail: str
    state: str  # done, now or ahead


@dataclass(frozen=True)
class Said:
    """One message as the customer sees it."""

    message: Message
    who: str
    initial: str
    is_ours: bool
    is_automatic: bool
    html: str
    when: str
    change: str = ""  # who looks after it from this message on, where that is somebody else than before


@dataclass(frozen=True)
class Promised:
    """One promise as the customer sees it."""

    what: str
    by: str
    word: str
    tone: str  # of the chip: acc, ok, bad


@dataclass(frozen=True)
class Followed:
    """The whole page. Built from what the customer may read, so a reply that can still be undone leaves no trace."""

    ticket: Ticket
    steps: list[Step]
    promised: list[Promised]
    newest: list[Said]
    earlier: list[Said]
    answered_by: str  # first name of whoever replied last
    is_solved: bool
    is_closed: bool
    reply_by: str
    with_numbers: list[int]  # of the customer's other requests that go on in this one
    complaint: Complained | None = None


def url_of(ticket: Ticket) -> str:
    return reverse("portal:request", args=[tokens.make(tokens.Purpose.FOLLOW_TICKET, **requesters.link_values(ticket))])


def goes_on_in(ticket: Ticket) -> Ticket:
    """What the link to a request leads to: where it was merged into another one of the same customer, that one.

    Of another customer's it shows nothing: then the request stays a page of its own.
    """
    survivor = ticket.survivor()
    return survivor if merging.may_be_shown_together(ticket, survivor) else ticket


def told_together(ticket: Ticket) -> list[Ticket]:
    """The request with those that were merged into it, as far as whoever has its link may read them."""
    return [ticket, *(one for one in merging.taken_in(ticket) if merging.may_be_shown_together(ticket, one))]


def readable(together: list[Ticket]) -> MessageQuerySet:
    """What the customer may read of these requests: and of one that goes on in another customer's, what they themselves
    have written there since."""
    of_these = Message.objects.filter(ticket__in=together)
    ticket = together[0]
    if not ticket.is_merged:
        return of_these.shown_to_customer()
    own = Message.objects.filter(
        ticket=ticket.survivor(), author=Author.CUSTOMER, customer=ticket.requester_id, said_at__gte=ticket.created_at
    )
    return Message.objects.filter(Q(pk__in=of_these.shown_to_customer().values("pk")) | Q(pk__in=own.values("pk")))


def look_at(ticket: Ticket) -> Followed:
    together = told_together(ticket)
    everything = readable(together).select_related("user", "customer").prefetch_related("attachments")
    shown = list(everything.order_by("-said_at", "-pk"))
    replies = [message for message in shown if message.author == Author.AGENT]
    latest_reply = replies[0] if replies else None
    written = Message.objects.filter(ticket__in=together, author=Author.AGENT).count()
    is_waiting_to_leave = written > len(replies)
    goes_on = ticket.survivor()
    is_solved = goes_on.is_done and not is_waiting_to_leave
    promised = [
        promise
        for one in together
        for promise in promises.shown_to_customer(one)
        if promise.message_id is None or any(message.pk == promise.message_id for message in shown)
    ]
    promised.sort(key=lambda promise: (promise.due_at, promise.pk))
    reply_by = _reply_by(ticket) if not replies and not is_solved else ""
    told = [owners.changes_told(one) for one in together] if len(replies) > 1 else []
    changes = {pk: change.words for each in told for pk, change in each.items()}
    said = [_said(message, ticket=ticket, change=changes.get(message.pk, "")) for message in shown]
    return Followed(
        ticket=ticket,
        steps=_steps(
            ticket, first_reply=replies[-1] if replies else None, latest_reply=latest_reply, is_solved=is_solved,
            promised=promised, reply_by=reply_by,
            is_waiting=goes_on.status == Status.WAITING and not is_waiting_to_leave,
        ),
        promised=[_promised(promise) for promise in promised],
        newest=said[:NEWEST],
        earlier=said[NEWEST:],
        answered_by=latest_reply.user.first_name if latest_reply and latest_reply.user else "",
        is_solved=is_solved,
        is_closed=goes_on.is_closed,
        reply_by=reply_by,
        with_numbers=[one.number for one in together[1:]],
        complaint=complaining.shown(ticket, readable={message.pk for message in shown}),
    )  # fmt: skip


def _reply_by(ticket: Ticket) -> str:
    """When we expect to have answered; empty once that has passed: it says nothing any more."""
    expected = acknowledging.expected_reply_by(ticket)
    return moment(expected) if expected > timezone.now() else ""


def _said(message: Message, *, ticket: Ticket, change: str = "") -> Said:
    is_ours = message.author != Author.CUSTOMER
    if message.user:
        who = message.user.first_name
    elif message.is_from_elsewhere:
        who = ticket.mailbox.name if ticket.mailbox else message.author_name
    elif is_ours:
        who = pgettext("who wrote it", "Automatic message")
    elif message.customer_id == ticket.requester_id:
        who = pgettext("who wrote it", "You")
    else:
        who = message.customer.name if message.customer and message.customer.name else _t("Somebody else you wrote to")
    return Said(
        message=message,
        who=who,
        initial=who[:1].upper(),
        is_ours=is_ours,
        is_automatic=message.is_automatic,
        html=html_from_text(message.text),
        when=_capital(moment(message.said_at)),
        change=change,
    )


def _steps(
    ticket: Ticket, *, first_reply: Message | None, latest_reply: Message | None, is_solved: bool,
    promised: list[Promise], reply_by: str, is_waiting: bool,
) -> list[Step]:  # fmt: skip
    steps = [Step(_t("Received"), _capital(moment(ticket.created_at)), "done")]
    if first_reply and latest_reply:
        name = latest_reply.user.first_name if latest_reply.user else ""
        title = _t("Answered by %(name)s") % {"name": name} if name else _t("Answered")
        steps.append(Step(title, _capital(moment(latest_reply.said_at)), "done"))
    elif not is_solved:
        detail = _t("we expect by %(when)s") % {"when": reply_by} if reply_by else _t("as soon as we can")
        steps.append(Step(_t("Our answer"), detail, "now"))
    pending = next((promise for promise in promised if promise.is_pending), None)
    is_next = first_reply is not None
    if not is_solved and pending:
        steps.append(Step(pending.what, _t("by %(when)s") % {"when": moment(pending.due_at)}, _state(now=is_next)))
        is_next = False
    elif not is_solved and is_waiting:
        steps.append(Step(_t("Your answer"), _t("we wait for it"), _state(now=is_next)))
        is_next = False
    if is_solved:
        steps.append(Step(_t("Solved"), _capital(moment(ticket.resolved_at)) if ticket.resolved_at else "", "done"))
    else:
        steps.append(Step(_t("Solved"), _t("when you tell us so, or we do"), _state(now=is_next)))
    return steps


def _state(*, now: bool) -> str:
    return "now" if now else "ahead"


def _promised(promise: Promise) -> Promised:
    word, tone = {
        Promise.State.OPEN: (_capital(moment(promise.due_at)), "acc"),
        Promise.State.AT_RISK: (_capital(moment(promise.due_at)), "acc"),
        Promise.State.KEPT: (pgettext("promise", "Done"), "ok"),
        Promise.State.KEPT_LATE: (pgettext("promise", "Done late"), "ok"),
    }.get(Promise.State(promise.state), (pgettext("promise", "Late"), "bad"))
    return Promised(what=promise.what, by=_by(promise.due_at), word=word, tone=tone)


def _by(due_at: datetime) -> str:
    local = timezone.localtime(due_at)
    spelled_out = pgettext("day, date and time in full, in Django's letters", "l j F, H:i")
    return _t("By %(when)s") % {"when": date_format(local, spelled_out)}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
