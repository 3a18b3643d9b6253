"""Promises across tickets: which broke, and what a customer is told about theirs."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _t

from cx.models import Promise
from helpdesk.common.moments import moment
from tickets.mail.composing import Block
from tickets.models import Message, Ticket


def mark_broken(*, limit: int = 200) -> int:
    """Mark promises whose time has passed. Returns how many broke now."""
    return sum(promise.mark_broken() for promise in list(Promise.objects.overdue().by_due()[:limit]))


def shown_to_customer(ticket: Ticket) -> list[Promise]:
    """What we promised them, soonest first; what was withdrawn is not theirs to wait for."""
    shown = ticket.promises.exclude(state__in=[Promise.State.WITHDRAWN, Promise.State.RENEGOTIATED])
    return list(shown.order_by("due_at", "pk"))


def block_for(message: Message) -> Block | None:
    """ "What we promised you" below a reply: what is still to come."""
    pending = [promise for promise in shown_to_customer(message.ticket) if promise.is_pending]
    if not pending:
        return None
    now = timezone.now()
    lines = [
        _t("%(what)s, by %(when)s") % {"what": promise.what, "when": moment(promise.due_at, now=now)}
        for promise in pending
    ]
    return Block(_t("What we promised you"), lines)
