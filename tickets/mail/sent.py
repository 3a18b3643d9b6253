"""A mail found in a folder of sent mail: an answer that one of us gave from their own mail program, or nothing to us.

Only whoever may sign in to the mailbox can put a mail there, so its From is believed where mail that comes in is not.
It counts as an answer when it continues a ticket by the rules of threading and goes to somebody who takes part in it:
a customer's mail passed on to a supplier answers nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _t

from helpdesk.people.access import Ability
from helpdesk.people.models import User
from tickets.mail import identity, threading
from tickets.mail.parsing import ParsedEmail
from tickets.models import Delivery, InboundEmail, Mailbox, Message, Ticket
from tickets.models.mailbox import base_address

MOST_RECIPIENTS = 20  # each is looked for in the ticket


@dataclass(frozen=True)
class Sent:
    """What became of it: a message in its ticket, or why it is none."""

    message: Message | None = None
    ignored_because: str = ""


class NotYet(Exception):
    """What it answers came in and is still unread; read that first."""


def take(mail: ParsedEmail, *, inbound: InboundEmail) -> Sent:
    """Put an answer into its ticket; say why of everything else. No mail goes out. The caller holds the transaction.

    Raises NotYet while the mail that it answers waits to be read.
    """
    sender = (mail.from_.email if mail.from_ else "").strip().lower()
    if _is_from_here(mail):
        return Sent(ignored_because=_t("We sent it from here."))
    by = User.objects.filter(email=sender, is_active=True).first() if sender else None
    if by is not None and not by.may(Ability.REPLY):
        return Sent(ignored_because=_t("Its sender may not answer customers."))
    if by is None and not Mailbox.objects.filter(address=base_address(sender)).exists():
        return Sent(ignored_because=_t("Its sender is neither one of our mailboxes nor one of us."))
    if mail.is_auto or mail.is_bounce:
        return Sent(ignored_because=_t("A machine wrote it."))
    ticket = _ticket_answered(mail)
    if ticket is None:
        if _answers_unread(mail):
            raise NotYet
        return Sent(ignored_because=_t("It answers no ticket, or goes to nobody who takes part in one."))
    new, quoted = mail.reply_text, mail.quoted
    message = ticket.answered_elsewhere(
        by=by, text=new, at=_said_at(mail, ticket=ticket, inbound=inbound), quoted=quoted, html=mail.html,
        rfc_id=mail.message_id.strip("<>")[:998], in_reply_to=mail.in_reply_to.strip("<>")[:998],
        from_address=sender[:320], to=[a.email for a in mail.to], cc=[a.email for a in mail.cc],
    )  # fmt: skip
    return Sent(message)


def _is_from_here(mail: ParsedEmail) -> bool:
    """Our own mail: many servers put a copy of what they send for us among the sent mail."""
    rfc_id = mail.message_id.strip("<> ")
    if identity.read_message_id(rfc_id) or any(name.startswith("x-puente-") for name in mail.headers):
        return True
    return bool(rfc_id) and Delivery.objects.filter(rfc_id=rfc_id).exists()


def _ticket_answered(mail: ParsedEmail) -> Ticket | None:
    for recipient in _recipients(mail):
        thread = threading.find(mail, sender=recipient, recipients=())
        if thread and thread.side is not None:  # it goes to somebody outside: nothing that the customer may read
            return None
        if thread and not thread.is_from_stranger and not thread.answers_notification:
            return thread.ticket
    return None


def _recipients(mail: ParsedEmail) -> Iterator[str]:
    """Whom it went to, but for ourselves."""
    written = list(dict.fromkeys(a.email.strip().lower() for a in (*mail.to, *mail.cc)))[:MOST_RECIPIENTS]
    ours = {mailbox.address.lower() for mailbox in Mailbox.addressed_by(written)}
    return (address for address in written if base_address(address) not in ours)


def _answers_unread(mail: ParsedEmail) -> bool:
    keys = {key for reference in threading.answered(mail) for key in [identity.key_of_id(reference)]}
    return InboundEmail.objects.filter(key__in=keys, state=InboundEmail.State.STORED).exclude(source="sent").exists()


def _said_at(mail: ParsedEmail, *, ticket: Ticket, inbound: InboundEmail) -> datetime:
    """When it was sent, as far as that can be: not before what it answers was here, and not in the future."""
    answered = ticket.messages.filter(rfc_id__in=threading.answered(mail)).order_by("said_at").last()
    earliest = answered.said_at if answered else ticket.created_at
    latest = min(inbound.received_at, timezone.now())
    return max(earliest, min(mail.date or latest, latest))
