"""Replies that leave later: a draft with a time. It is no message, and reaches nobody, before that time has come.

The row is the plan: a worker looks which are due, and sends each through the ordinary `Ticket.reply` in the transaction
that takes the draft away. So a plan is carried out once, whoever dies in the middle and however many look at once.

A plan ends by itself where the thread has moved: the customer wrote, a colleague answered, the ticket was merged or
deleted, or nobody sent it within twelve hours of its time, because nothing ran. Its text is its writer's draft again
then, and they are told why.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import override

from helpdesk.common.errors import Refusal
from helpdesk.common.moments import is_in_a_lifetime, moment
from helpdesk.people.access import Ability
from helpdesk.people.models import Company
from tickets import addressing, notifying
from tickets.models.draft import Draft
from tickets.models.event import EventKind
from tickets.models.notification import Notification

if TYPE_CHECKING:
    from helpdesk.people.models import User
    from tickets.models.message import Message
    from tickets.models.ticket import Ticket

log = logging.getLogger(__name__)

TOO_LATE: Final = timedelta(hours=12)  # "tomorrow at eight" is wrong by the evening
BATCH: Final = 100


def plan(
    ticket: Ticket,
    *,
    by: User,
    text: str,
    at: datetime,
    then: str = "open",
    to: Collection[str] | None = None,
    cc: Collection[str] | None = None,
    seen: int | None = None,
) -> Draft:
    """Say this to the customer at that time, and leave the ticket as `then` says. Files that wait with the draft go
    along. The same plan again is no error; another text or time takes the place of the one before.

    `seen` is the newest message its writer had before them. Refuses what `Ticket.reply` would refuse now.
    """
    from tickets import macros  # which read tickets

    text = text.strip()
    if not text:
        raise Refusal(_t("Write your reply first."))
    macros.check_filled(text)
    if at <= timezone.now():
        raise Refusal(_t("Choose a time that is still to come."))
    if not is_in_a_lifetime(at):
        raise Refusal(_t("Choose a time within the next hundred years."))
    with ticket._locked():
        ticket._refuse_if_merged()
        ticket._refuse_if_deleted()
        if newer := ticket.said_since(seen, by=by):
            raise Refusal(
                _t("%(name)s wrote while you were writing. Read the new message, then send.")
                % {"name": newer.author_name}
            )
        given_to, given_cc = addressing.circle_of(ticket, typed=[*(to or ()), *(cc or ())]).checked(to, cc)
        newest = ticket.messages.order_by("-pk").first()
        planned = {
            "text": text, "to": given_to, "cc": given_cc, "send_at": at, "then": then,
            "seen": newest.pk if newest else 0, "not_sent_because": "",
        }  # fmt: skip
        draft = ticket.drafts.filter(user=by, mode=Draft.Mode.REPLY).first() or Draft(
            ticket=ticket, user=by, mode=Draft.Mode.REPLY
        )
        if draft.pk and all(getattr(draft, name) == value for name, value in planned.items()):
            return draft
        for name, value in planned.items():
            setattr(draft, name, value)
        draft.save()
        ticket.record(EventKind.REPLY_PLANNED, actor=by, leaves_at=at.isoformat())
    return draft


def stop(draft: Draft, *, by: User) -> bool:
    """The opposite of `plan`: its text is a draft again. Returns whether anything changed.

    Its writer may, and whoever looks after the mail of the team.
    """
    if by.pk != draft.user_id and not by.may(Ability.RUN_MAIL):
        raise Refusal(_t("Only its writer or a team lead can stop a planned reply."))
    with draft.ticket._locked():
        if not _held(draft):
            return False
        with _for_its_writer(draft):
            because = "" if by.pk == draft.user_id else _t("%(name)s stopped it.") % {"name": by.name}
        _give_back(draft, because, by=by)
    return True


def send_now(draft: Draft, *, by: User) -> Message | None:
    """Let it leave at once, in its writer's name; only they may. None where it is no longer planned."""
    if by.pk != draft.user_id:
        raise Refusal(_t("Only the person who wrote a reply can send it."))
    with draft.ticket._locked():
        return _sent(draft) if _held(draft) else None


def send_due(*, now: datetime | None = None, limit: int = BATCH) -> int:
    """Send what is due. Returns how many plans ended, by being sent or by being given back."""
    now = now or timezone.now()
    due = Draft.objects.filter(send_at__lte=now, ticket__deleted_at=None)  # what is in the bin waits
    due = due.order_by("send_at", "pk").select_related("ticket", "user")
    ended = 0
    for draft in due[:limit]:
        try:
            ended += _carry_out(draft, now=now)
        except Exception:  # whatever this one does to us, the next must leave
            log.exception("The reply planned as draft %s could not be sent", draft.pk)
            ended += _set_aside(draft)
    return ended


def customer_wrote(ticket: Ticket) -> None:
    """Stop what was planned on it: it would answer past the customer. The caller holds the ticket."""
    for draft in ticket.drafts.filter(send_at__isnull=False).select_related("user"):
        draft.ticket = ticket
        with _for_its_writer(draft):
            _give_back(draft, _t("The customer wrote first."))


# --- Carrying out ----------------------------------------------------------------------------------------------------


def _carry_out(draft: Draft, *, now: datetime) -> bool:
    with _for_its_writer(draft), draft.ticket._locked():
        if not _held(draft) or draft.send_at is None or draft.send_at > now:
            return False
        if now - draft.send_at > TOO_LATE:
            when = moment(draft.send_at, now=now)
            _give_back(draft, _t("It was to leave %(when)s, and nothing ran then.") % {"when": when})
            return True
        try:
            with transaction.atomic():  # what is refused leaves nothing behind
                _sent(draft)
        except Refusal as refusal:
            _give_back(draft, str(refusal))
    return True


def _set_aside(draft: Draft) -> bool:
    with _for_its_writer(draft), draft.ticket._locked():
        if _held(draft):
            _give_back(draft, _t("It could not be sent."))
    return True


def _sent(draft: Draft) -> Message:
    """Say it, and take the draft away. The caller holds the ticket."""
    ticket, by = draft.ticket, draft.user
    if not by.may(Ability.REPLY) or not type(ticket).objects.visible_to(by).filter(pk=ticket.pk).exists():
        raise Refusal(_t("You cannot answer this ticket any more."))
    if newer := ticket.said_since(draft.seen, by=by):
        raise Refusal(_t("%(name)s wrote meanwhile. Read it, then send.") % {"name": newer.author_name})
    message = ticket.reply(
        by=by, text=draft.text, then=draft.then or "open", to=draft.to, cc=draft.cc,
        files=list(draft.attachments.all()), undo_seconds=0,
    )  # fmt: skip
    draft.delete()
    return message


def _held(draft: Draft) -> bool:
    """Its row locked and read anew. False when it is gone or no longer planned."""
    found = Draft.objects.select_for_update().filter(pk=draft.pk, send_at__isnull=False).first()
    if found is None:
        return False
    for column in Draft._meta.concrete_fields:
        setattr(draft, column.attname, getattr(found, column.attname))
    return True


def _give_back(draft: Draft, because: str, *, by: User | None = None) -> None:
    draft.send_at, draft.not_sent_because = None, because[:300]
    draft.save(update_fields=["send_at", "not_sent_because", "saved_at"])
    event = draft.ticket.record(EventKind.REPLY_UNPLANNED, actor=by, because=because, writer=draft.user.name)
    if because:
        notifying.tell([draft.user], Notification.Kind.NOT_SENT, ticket=draft.ticket, event=event)


@contextmanager
def _for_its_writer(draft: Draft) -> Iterator[None]:
    """What is said here is said to whoever wrote it: in their language, with their clock."""
    with override(draft.user.language or Company.current().language), timezone.override(draft.user.zone):
        yield
