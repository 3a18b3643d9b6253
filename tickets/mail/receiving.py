"""One InboundEmail -> customer, message, ticket, event, in one transaction."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum, auto
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.db.models import Exists, F, Q
from django.utils import timezone
from django.utils.translation import gettext as _t

from helpdesk.common.errors import Refusal
from helpdesk.common.text import fold
from helpdesk.people.access import Ability
from helpdesk.people.models import Customer, User
from tickets import acknowledging, side_conversations
from tickets.mail import identity, loops, sending, sent, spam, threading, trust
from tickets.mail.bounces import BouncedRecipient
from tickets.mail.parsing import ParsedEmail, Unreadable, parse
from tickets.models import (
    Attachment,
    Channel,
    Delivery,
    EventKind,
    InboundEmail,
    Mailbox,
    Message,
    Note,
    SideMessage,
    Ticket,
)
from tickets.models.mailbox import base_address

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
OLD = timedelta(days=2)
TRY_LASTS = timedelta(minutes=2)  # longer than a mail may take to be read
# Mails of one sender under one subject inside the window, whatever numbers the subject counts up.
LOOP_WINDOW = timedelta(hours=3)
LOOP_BUDGET, LOOP_BUDGET_IN_THREAD = 10, 60
MOST_FILES, MOST_BYTES = 100, 60 * 1024 * 1024  # of one mail; what is beyond stays in its raw bytes
BOUNCES_WITHIN = timedelta(days=10)  # a report that names no mail of ours speaks of a recent one

_READ = ("subject", "sender", "authentication")  # what the mail itself says
_NUMBERS = re.compile(r"\d+")
_PREFIX = re.compile(r"^\W*(?:(?:re|fwd?|aw|wg|sv|tr|rv|res|enc|rif|r)\s*:\s*)+", re.IGNORECASE)
# The first words of an answer to a notification that is meant for the customer.
_FOR_CUSTOMER = re.compile(r"\s*#(?:reply|responder)(?![\w#-])[ \t]*[:,.]?\s*", re.IGNORECASE)
_RETURNED = re.compile(r"^[> \t]*X-Puente-(Ticket|Message):[ \t]*<?([^\s<>]{1,255})", re.IGNORECASE | re.MULTILINE)

Outcome = InboundEmail.Outcome
State = InboundEmail.State
_KEPT_ELSEWHERE = (Outcome.SIDE_ANSWER, Outcome.NOTE_ADDED)  # read, and no message of a ticket


def receive(inbound: InboundEmail) -> InboundEmail:
    """Read one stored mail and put it where it belongs. Safe to repeat and to kill at any moment.

    What was read before is left as it is. A mail that cannot be read is set aside with the error in words and
    never blocks the ones behind it; one that kills its reader is set aside after three attempts.
    """
    with Mailbox.words_of(inbound.mailbox):
        return _receive(inbound)


def _receive(inbound: InboundEmail) -> InboundEmail:
    was_read = False
    if not _count_attempt(inbound):
        _read_back(inbound)
        return inbound
    try:
        with transaction.atomic():
            held = _lock(inbound)
            if held == _Held.ALONE:
                _read(inbound, is_one_of_several=False)
        if held == _Held.OTHERS_TOO:  # the row was let go: whoever locks several does so in their order
            with transaction.atomic():
                held = _lock_with_others(inbound)
                if held != _Held.NOT:
                    _read(inbound, is_one_of_several=True)
        was_read = held != _Held.NOT
    except Unreadable as error:
        _set_aside(inbound, str(error))
    except Exception as error:  # whatever this mail does to us, the next one must be read
        log.exception("Inbound email %s could not be read", inbound.pk)
        _set_aside(inbound, f"{type(error).__name__}: {error}")
    if not was_read:
        _read_back(inbound)
    return inbound


def _read_back(inbound: InboundEmail) -> None:
    """What became of it, without its bytes: they are as they were, and may be large."""
    inbound.refresh_from_db(fields=[f.attname for f in InboundEmail._meta.concrete_fields if f.name != "raw"])


def receive_waiting(*, limit: int = 200) -> int:
    """Read what is stored and unread. Returns how many mails that were."""
    waiting = list(InboundEmail.objects.waiting().select_related("mailbox").defer("raw")[:limit])
    for inbound in waiting:
        receive(inbound)
    return len(waiting)


def retry(inbound: InboundEmail, *, by: User | None) -> InboundEmail:
    """Read again what was set aside; what was held, or taken for a machine's, comes in on this person's word, and spam
    is none. What could not be read is no more than tried again: nobody has seen yet what it is."""
    if inbound.state == State.SPAM and by is not None:
        spam.unmark(inbound, by=by)
        inbound.refresh_from_db()
        return receive(inbound)
    changed = InboundEmail.objects.recoverable().filter(pk=inbound.pk).order_by()
    released_by = None if inbound.state == State.UNREADABLE else by
    changed.update(state=State.STORED, outcome="", reason="", attempts=0, released_by=released_by)
    inbound.refresh_from_db()
    return receive(inbound)


def discard(inbound: InboundEmail, *, by: User, reason: str) -> bool:
    """Decide that a mail set aside needs nothing. Its bytes are kept. Returns whether anything changed."""
    changed = InboundEmail.objects.recoverable().filter(pk=inbound.pk).order_by()
    return bool(changed.update(state=State.DISCARDED, reason=f"{by.name}: {reason}"[:500], processed_at=timezone.now()))


# --- Attempts --------------------------------------------------------------------------------------------------------


def _count_attempt(inbound: InboundEmail) -> bool:
    """Count the try before it is made, committed apart from it. False when there is nothing to do.

    Whoever comes fourth while the third may still be reading leaves the mail alone: several workers can hear of it at
    once, and only tries that came to nothing speak against it.
    """
    waiting = InboundEmail.objects.filter(pk=inbound.pk, state=State.STORED)
    now = timezone.now()
    if waiting.filter(attempts__lt=MOST_ATTEMPTS).update(attempts=F("attempts") + 1, tried_at=now):
        return True
    if not waiting.filter(tried_at__gt=now - TRY_LASTS).exists():
        _set_aside(inbound, _t("Reading this mail stopped %(n)s times without an answer.") % {"n": MOST_ATTEMPTS})
    return False


class _Held(Enum):
    NOT = auto()  # another worker has the row, or has read it
    ALONE = auto()
    OTHERS_TOO = auto()  # the same mail came to another of our mailboxes


def _lock(inbound: InboundEmail) -> _Held:
    """Hold the row until the end of the transaction, and say whether its mail came to one mailbox or to several."""
    skip = connection.features.has_select_for_update_skip_locked
    others = InboundEmail.objects.filter(key=inbound.key).exclude(pk=inbound.pk).order_by()
    row = InboundEmail.objects.filter(pk=inbound.pk, state=State.STORED).order_by()
    found = row.select_for_update(skip_locked=skip).values_list("released_by_id", Exists(others))[:1]
    for inbound.released_by_id, has_others in found:
        return _Held.OTHERS_TOO if has_others else _Held.ALONE
    # Whoever reads the same mail from another mailbox holds this row, too, and does not read it.
    return _Held.OTHERS_TOO if others.exists() else _Held.NOT


def _lock_with_others(inbound: InboundEmail) -> _Held:
    """The row with the same mail in our other mailboxes, always locked in the same order: of two workers who have one
    each, the second waits and then finds the ticket of the first."""
    alike = InboundEmail.objects.select_for_update().filter(key=inbound.key).order_by("pk")
    for pk, state, released_by_id in list(alike.values_list("pk", "state", "released_by_id")):
        if pk == inbound.pk and state == State.STORED:
            inbound.released_by_id = released_by_id
            return _Held.OTHERS_TOO
    return _Held.NOT


def _set_aside(inbound: InboundEmail, reason: str) -> None:
    InboundEmail.objects.filter(pk=inbound.pk, state=State.STORED).update(
        state=State.UNREADABLE, outcome=Outcome.UNREADABLE, reason=reason[:2000], processed_at=timezone.now()
    )


# --- Reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Arrival:
    """One mail under way: the row, what it says, who wrote it, and where it belongs."""

    inbound: InboundEmail
    mail: ParsedEmail
    writer: trust.Writer
    thread: threading.Thread | None = None
    why_no_agent: str = ""  # it bears an agent's address and does not count as theirs

    @property
    def is_released(self) -> bool:
        """A person looked at it and wants it in."""
        return self.inbound.released_by_id is not None

    def held(self, reason: str, *, state: str = State.HELD) -> None:
        ticket = self.thread.ticket if self.thread and state == State.HELD else None
        _done(self.inbound, Outcome.HELD, state=state, reason=reason, ticket=ticket)


def _read(inbound: InboundEmail, *, is_one_of_several: bool) -> None:
    """What became of the mail, in its row. `is_one_of_several`: it came to another of our mailboxes too."""
    mailboxes = {mailbox.pk: mailbox for mailbox in Mailbox.objects.all()}
    own = {mailbox.address for mailbox in mailboxes.values()}
    inbound.mailbox = mailboxes.get(inbound.mailbox_id) if inbound.mailbox_id else None
    mail = _of_another_house(parse(bytes(inbound.raw), own_addresses=own), own=own)
    if inbound.source == "sent":
        return _read_sent(inbound, mail)
    writer = trust.writer_of(mail, own=own, envelope_from=inbound.envelope_from)
    inbound.subject, inbound.sender = mail.subject[:255], writer.address[:320]
    inbound.authentication = trust.verdict(mail, mailbox=inbound.mailbox)
    if writer.via:
        inbound.authentication["via"] = writer.via[:320]
    if mail.is_bounce and inbound.released_by_id is None:
        return _read_bounce(inbound, mail)
    if is_one_of_several and (other := _in_another_mailbox(inbound)):
        return _join_other_mailbox(inbound, other)
    if mail.is_auto and base_address(writer.address) in own and _bears_our_headers(mail):
        return _done(inbound, Outcome.AUTO_REPLY, reason=mail.auto_reason)
    recipients = [*inbound.envelope_to, *(a.email for a in (*mail.to, *mail.cc)), *(a.email for a in mail.delivered_to)]
    is_claimed = bool(writer.via) or inbound.authentication.get("dmarc") == "fail"
    thread = threading.find(mail, sender=writer.address, recipients=recipients, is_claimed=is_claimed)
    arrival = _Arrival(inbound, mail, writer, thread)
    if thread is not None and thread.side is not None:
        return _hear_outside(arrival, own=own)
    if thread is not None and (agent := _agent_in(arrival)) is not None:
        why_not = _reply_as(agent, arrival)
        if not why_not:
            return None
        arrival = replace(arrival, thread=replace(thread, is_from_stranger=True), why_no_agent=why_not)
    if not arrival.is_released:
        if reason := _reason_to_hold(arrival, own=own):
            return arrival.held(reason)
        reason = spam.reason(mail, sender=writer.address, mailbox=inbound.mailbox, is_answer=thread is not None)
        if reason:
            return arrival.held(reason, state=State.SPAM)
        if mail.is_auto and (thread is None or thread.answers_notification):
            return _done(inbound, Outcome.AUTO_REPLY, reason=mail.auto_reason or _t("An automatic mail."))
        if reason := _reason_to_ask(arrival):
            return arrival.held(f"{reason} {arrival.why_no_agent}".strip())
    return _add_message(arrival)


def _hear_outside(arrival: _Arrival, *, own: Collection[str]) -> None:
    """Somebody outside answered, or whoever they gave our mail to: it stands in the side conversation and nowhere else.

    The customer, to whom a partner passed it on, is a stranger there like anybody: what they say is shown to us, and
    nothing of the conversation becomes a message of their ticket by it.
    """
    inbound, mail, writer, thread = arrival.inbound, arrival.mail, arrival.writer, arrival.thread
    assert thread is not None
    assert thread.side is not None
    if not arrival.is_released:
        if reason := _reason_to_hold(arrival, own=own):
            return arrival.held(reason)
        if reason := spam.reason(mail, sender=writer.address, mailbox=inbound.mailbox, is_answer=True):
            return arrival.held(reason, state=State.SPAM)
    said = side_conversations.receive(
        thread.side, text=mail.reply_text, quoted=mail.quoted, from_address=writer.address, from_name=writer.name,
        rfc_id=mail.message_id.strip("<>"), in_reply_to=mail.in_reply_to.strip("<>"), is_auto=mail.is_auto,
    )  # fmt: skip
    left_out = _keep_attachments(mail, side_message=said)
    _done(inbound, Outcome.SIDE_ANSWER, ticket=thread.ticket.survivor(), reason=mail.auto_reason or left_out)


def _add_message(arrival: _Arrival) -> None:
    inbound, mail, writer, thread = arrival.inbound, arrival.mail, arrival.writer, arrival.thread
    # What a form says of its writer's address is a claim; a mail that came from there is more.
    customer = Customer.writing_from(
        writer.address,
        name=writer.name,
        language=_language(mail),
        is_confirmed=not writer.via,
        is_read=not (mail.is_auto or writer.via),
    )
    said: dict[str, Any] = {
        "quoted": mail.quoted, "html": mail.html, "language": _language(mail),
        "rfc_id": mail.message_id.strip("<>")[:998], "in_reply_to": mail.in_reply_to.strip("<>")[:998],
        "from_address": writer.address[:320], "reply_to": [a.email for a in mail.reply_to],
        "to": [a.email for a in mail.to], "cc": [a.email for a in mail.cc],
        "is_auto": mail.is_auto, "signed_with": mail.signed_with,
    }  # fmt: skip
    is_new = thread is None or (thread.ticket.is_closed and not mail.is_auto)
    if thread is None or is_new:
        message = _open(arrival, customer, continues=thread.ticket if thread else None, said=said)
    else:
        is_from_stranger = _is_stranger(arrival, thread)
        message = thread.ticket.receive(
            text=mail.reply_text, customer=customer, channel=Channel.EMAIL, is_from_stranger=is_from_stranger, **said
        )
    ticket = message.ticket
    left_out = _keep_attachments(mail, message=message)
    if is_new and not (mail.is_auto or _is_of_a_helpdesk(mail) or _is_old(inbound, mail)):
        acknowledging.acknowledge(ticket, is_claimed=bool(writer.via) or trust.is_refuted(inbound.authentication))
    outcome = Outcome.AUTO_REPLY if mail.is_auto else Outcome.TICKET_CREATED if is_new else Outcome.REPLY_ADDED
    _done(inbound, outcome, ticket=ticket, message=message, reason=mail.auto_reason or left_out)


def _is_stranger(arrival: _Arrival, thread: threading.Thread) -> bool:
    """Somebody else in this thread, unless one of us let them in where strangers are asked about."""
    mailbox = arrival.inbound.mailbox
    was_let_in = arrival.is_released and mailbox is not None and mailbox.holds_strangers
    return thread.is_from_stranger and not was_let_in


def _is_of_a_helpdesk(mail: ParsedEmail) -> bool:
    """Another installation of this product wrote it: it has numbered the matter already, and might answer us.

    Its headers tell, or its Message-ID; where a relay took both, the words of our own acknowledgement do.
    """
    if identity.looks_ours(mail.message_id) or _bears_our_headers(mail):
        return True
    return _NUMBERS.sub("0", mail.subject).strip() in acknowledging.subjects(number=0)


def _is_old(inbound: InboundEmail, mail: ParsedEmail) -> bool:
    """It lay on another server when that was connected, or for days: "we have your message" would be news to nobody.
    It becomes a ticket all the same."""
    if inbound.source != "imap":
        return False
    is_dated_long_ago = mail.date is not None and inbound.received_at - mail.date > OLD
    return is_dated_long_ago or inbound.folder_entries.filter(was_there=True).exists()


def _bears_our_headers(mail: ParsedEmail) -> bool:
    return any(name.startswith(loops.OWN_PREFIX) for name in mail.headers)


def _of_another_house(mail: ParsedEmail, *, own: Collection[str]) -> ParsedEmail:
    """An agent's reply from another installation bears the same headers as ours, and is a person's mail."""
    sender = base_address(mail.from_.email) if mail.from_ else ""
    if not _bears_our_headers(mail) or sender in own or "auto-submitted" in mail.headers:
        return mail
    return replace(mail, auto_reason="")


def _open(arrival: _Arrival, customer: Customer, *, continues: Ticket | None, said: dict[str, Any]) -> Message:
    mail, mailbox = arrival.mail, arrival.inbound.mailbox
    return Ticket.open_for(
        customer,
        subject=mail.subject,
        channel=Channel.EMAIL,
        text=mail.reply_text,
        mailbox=mailbox,
        team=continues.team if continues else None,
        language=_language(mail) or (mailbox.language if mailbox else ""),
        continues=continues,
        said=said,
    )


def _language(mail: ParsedEmail) -> str:
    return mail.lang if mail.lang in ("en", "es") else ""


def _keep_attachments(mail: ParsedEmail, **of: Message | Note | SideMessage) -> str:
    """Store the files with the one that is named, within limits. Returns in words what stayed in the raw mail alone."""
    kept_bytes, left_out = 0, 0
    for number, part in enumerate(mail.attachments):
        kept_bytes += part.size
        if number >= MOST_FILES or kept_bytes > MOST_BYTES:
            left_out += 1
            continue
        kept = Attachment(
            **of, filename=part.filename[:255], content_type=part.content_type[:127], size=part.size,
            sha256=part.sha256, content_id=part.content_id[:255], is_inline=part.inline,
        )  # fmt: skip
        kept.file.save(part.filename, ContentFile(part.content), save=True)
    return _t("%(n)s more files are in the original mail.") % {"n": left_out} if left_out else ""


def _done(
    inbound: InboundEmail, outcome: str, *, state: str = State.PROCESSED, ticket: Ticket | None = None,
    message: Message | None = None, reason: str = "",
) -> None:  # fmt: skip
    inbound.outcome, inbound.state, inbound.reason = outcome, state, reason[:2000]
    inbound.ticket, inbound.message, inbound.processed_at = ticket, message, timezone.now()
    # Not the raw bytes: they are as they were, and may be large.
    inbound.save(update_fields=[*_READ, "outcome", "state", "reason", "ticket", "message", "processed_at"])


# --- One of us -------------------------------------------------------------------------------------------------------


def _agent_in(arrival: _Arrival) -> User | None:
    """The person of ours whose address wrote into a ticket, unless it is their own matter."""
    thread, writer = arrival.thread, arrival.writer
    if thread is None or writer.via or (agent := trust.agent_at(writer.address)) is None:
        return None
    is_theirs = thread.ticket.requester.addresses.filter(address=writer.address).exists()
    return None if is_theirs else agent


def _reply_as(agent: User, arrival: _Arrival) -> str:
    """Take the mail for this agent's words: their reply, or their note where it answers a notification without saying
    that it is for the customer. Returns why it is neither, and then nothing has happened."""
    thread, mail, inbound = arrival.thread, arrival.mail, arrival.inbound
    assert thread is not None
    is_note = thread.answers_notification and not _is_for_customer(mail, thread.ticket)
    why_not = trust.reason_agent_may_not_speak(
        agent,
        thread=thread,
        mail=mail,
        authentication=inbound.authentication,
        mailbox=inbound.mailbox,
        needs=Ability.WRITE_NOTES if is_note else Ability.REPLY,
    )
    if why_not:
        return why_not
    return _note_for(arrival, thread.ticket, agent) if is_note else _reply_for(arrival, thread.ticket, agent)


def _is_for_customer(mail: ParsedEmail, ticket: Ticket) -> bool:
    """Whether an answer to a notification says so in its first line, or its writer sent it to the customer themself."""
    return bool(_FOR_CUSTOMER.match(mail.reply_text)) or _has_it(mail, ticket)


def _has_it(mail: ParsedEmail, ticket: Ticket) -> bool:
    """Whether the customer got the mail, too, by the writer's own mail program."""
    addressed = {address.email.lower() for address in (*mail.to, *mail.cc)}
    return ticket.requester.addresses.filter(address__in=addressed).exists()


def _note_for(arrival: _Arrival, ticket: Ticket, agent: User) -> str:
    """Say it among us. Returns why that cannot be, or nothing."""
    mail = arrival.mail
    try:
        note = ticket.add_note(by=agent, text=mail.reply_text)
    except Refusal as refusal:
        return str(refusal)
    Note.objects.filter(pk=note.pk).update(from_mail=True)
    left_out = _keep_attachments(mail, note=note)
    _done(arrival.inbound, Outcome.NOTE_ADDED, ticket=ticket, reason=left_out)
    return ""


def _reply_for(arrival: _Arrival, ticket: Ticket, agent: User) -> str:
    """Say it to the customer in the agent's name. Returns why that cannot be, or nothing."""
    mail = arrival.mail
    new, quoted = mail.reply_text, mail.quoted
    if arrival.thread is not None and arrival.thread.answers_notification:
        new = _FOR_CUSTOMER.sub("", new, count=1) if _FOR_CUSTOMER.match(new) else new
    if settings.PUBLIC_URL + ticket.get_absolute_url() in new:
        return _t("What it quotes could not be cut off.")
    said = {"quoted": quoted, "from_address": agent.email, "in_reply_to": mail.in_reply_to.strip("<>")[:998]}
    try:
        if _has_it(mail, ticket):
            to, cc = [a.email for a in mail.to], [a.email for a in mail.cc]
            rfc_id = mail.message_id.strip("<>")[:998]
            message = ticket.answered_elsewhere(
                by=agent, text=new, at=timezone.now(), rfc_id=rfc_id, to=to, cc=cc, **said
            )
        else:
            message = ticket.reply(by=agent, text=new)
            Message.objects.filter(pk=message.pk).update(**said)
    except Refusal as refusal:
        return str(refusal)
    left_out = _keep_attachments(mail, message=message)
    _done(arrival.inbound, Outcome.REPLY_ADDED, ticket=ticket, message=message, reason=left_out)
    return ""


def _read_sent(inbound: InboundEmail, mail: ParsedEmail) -> None:
    """A mail from a folder of sent mail: an answer given elsewhere joins its ticket, all else is only recorded."""
    inbound.subject = mail.subject[:255]
    inbound.sender = (mail.from_.email if mail.from_ else "").strip().lower()[:320]
    try:
        found = sent.take(mail, inbound=inbound)
    except sent.NotYet:  # the timetable comes back to it
        inbound.attempts = 0
        inbound.save(update_fields=["attempts"])
        return
    if found.message is None:
        return _done(inbound, Outcome.IGNORED, reason=found.ignored_because)
    left_out = _keep_attachments(mail, message=found.message)
    _done(inbound, Outcome.REPLY_ADDED, ticket=found.message.ticket, message=found.message, reason=left_out)


# --- Special mail ----------------------------------------------------------------------------------------------------


def _reason_to_hold(arrival: _Arrival, *, own: Collection[str]) -> str:
    """Why a person should look before this mail goes anywhere; empty when there is no reason."""
    inbound, sender = arrival.inbound, arrival.writer.address
    if "@" not in sender:
        return _t("The mail names no sender.")
    if base_address(sender) in own:
        return _t("It says that it comes from one of our own addresses.")
    budget = LOOP_BUDGET if arrival.thread is None else LOOP_BUDGET_IN_THREAD
    lately = InboundEmail.objects.filter(sender=sender, received_at__gt=timezone.now() - LOOP_WINDOW)
    others = lately.exclude(pk=inbound.pk).exclude(outcome=Outcome.DUPLICATE)  # two addresses are one mail
    subjects = list(others.values_list("subject", flat=True)[:500])
    if len(subjects) >= budget and sum(_alike(inbound.subject, each) for each in subjects) >= budget:
        return _t("The same sender sent more than %(n)s mails like it within three hours.") % {"n": budget}
    return ""


def _alike(one: str, other: str) -> bool:
    return one == other or _bare(one) == _bare(other)


def _bare(subject: str) -> str:
    """A subject as machines repeat it: without "Re:" and with every number the same."""
    return _NUMBERS.sub("0", fold(_PREFIX.sub("", subject)))


def _reason_to_ask(arrival: _Arrival) -> str:
    """Why one of us should say yes before this joins a ticket; empty when it may join."""
    thread, mailbox = arrival.thread, arrival.inbound.mailbox
    if thread is None:
        return ""
    if thread.answers_notification:
        return _t("This answers a notification to one of us. Answer the customer in the ticket.")
    if thread.is_from_stranger and mailbox is not None and mailbox.holds_strangers:
        return _t("%(address)s took no part in ticket #%(number)s. Let them in, or put it away.") % {
            "address": arrival.writer.address, "number": thread.ticket.number,
        }  # fmt: skip
    return ""


def _in_another_mailbox(inbound: InboundEmail) -> InboundEmail | None:
    """The same mail, already read from another of our mailboxes.

    From the same sender and with the same words: else whoever knows the Message-ID of a mail could have it put away
    unread by being first, and so could a program that uses one Message-ID twice.
    """
    alike = (
        InboundEmail.objects.filter(Q(message__isnull=False) | Q(outcome__in=_KEPT_ELSEWHERE))
        .filter(key=inbound.key, sender=inbound.sender)
        .exclude(mailbox=inbound.mailbox)
        .exclude(pk=inbound.pk)
        .select_related("ticket", "message", "mailbox")
    )
    said = identity.key_of(bytes(inbound.raw))[1]
    return next((other for other in alike.order_by("pk")[:20] if identity.key_of(bytes(other.raw))[1] == said), None)


def _join_other_mailbox(inbound: InboundEmail, other: InboundEmail) -> None:
    address = inbound.mailbox.address if inbound.mailbox else ""
    if other.ticket and other.outcome not in _KEPT_ELSEWHERE:
        other.ticket.record(EventKind.ALSO_ADDRESSED, address=address)
    # The message belongs to the row that was first: one mail, one message.
    _done(inbound, Outcome.DUPLICATE, ticket=other.ticket, reason=_t("Also addressed to %(a)s.") % {"a": address})


def _read_bounce(inbound: InboundEmail, mail: ParsedEmail) -> None:
    """Say on the message that it came back, and write no more to an address that is gone."""
    ticket: Ticket | None = None
    for recipient in mail.bounce.recipients if mail.bounce else ():
        delivery = _what_bounced(mail, recipient)
        if delivery is None:
            continue
        ticket = delivery.ticket
        if recipient.permanent:
            why = f"{recipient.status} {recipient.diagnostic}".strip()
            sending.came_back(delivery, why=why, is_for_good=True)
    _done(inbound, Outcome.BOUNCE, ticket=ticket, reason=_bounce_reason(mail))


def _what_bounced(mail: ParsedEmail, recipient: BouncedRecipient) -> Delivery | None:
    """The mail of ours that the report speaks of.

    By its Message-ID or the copy of it in our own header, which only who had the mail knows. A relay that keeps
    neither may have kept the mark of the ticket: then it is the latest mail of that ticket to that address.
    """
    returned = _returned_headers(mail)
    known = [i for i in (mail.bounce.original_message_id.strip("<> ") if mail.bounce else "", returned["message"]) if i]
    sent = Delivery.objects.filter(address=recipient.address.strip().lower()).select_related("ticket")
    if known and (found := sent.filter(rfc_id__in=known).order_by("-pk").first()):
        return found
    number = identity.read_ticket_mark(returned["ticket"])
    if number is None:
        return None
    lately = timezone.now() - BOUNCES_WITHIN
    gone = sent.filter(sent_at__gt=lately, state__in=[Delivery.State.SENT, Delivery.State.BOUNCED])
    return gone.filter(ticket__number=number).order_by("-sent_at", "-pk").first()


def _returned_headers(mail: ParsedEmail) -> dict[str, str]:
    """Our own headers in what a report gives back of our mail, as a part of its own or quoted in its text."""
    kinds = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")
    parts = [part.content[:50_000].decode("latin-1") for part in mail.attachments if part.content_type in kinds]
    found = {"ticket": "", "message": ""}
    for text in (*parts, mail.text[:50_000]):
        for name, value in _RETURNED.findall(text):
            found[name.lower()] = found[name.lower()] or value
    return found


def _bounce_reason(mail: ParsedEmail) -> str:
    recipients = mail.bounce.recipients if mail.bounce else ()
    return "; ".join(f"{r.address}: {r.status} {r.diagnostic}".strip() for r in recipients)
