"""Talking a ticket over with somebody outside, a courier or a partner, in mails that no customer gets.

What is said stands in tables of its own. A mail leaves through the same rows as every other, under a Message-ID and
with a reply address that belong to the conversation, so that what is answered comes back here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _t
from django.utils.translation import override

from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from helpdesk.people.models import Company, User
from helpdesk.people.preferences import Preferences
from tickets import addressing, merging, notifying, recipients, signals
from tickets.mail import identity
from tickets.models import (
    Attachment,
    Delivery,
    Draft,
    EventKind,
    Message,
    Notification,
    SideConversation,
    SideMessage,
    Ticket,
)

MOST_QUOTED = 10_000  # letters of one message

State = Delivery.State


# --- What we say -----------------------------------------------------------------------------------------------------


def start(
    ticket: Ticket,
    *,
    by: User,
    to: str,
    subject: str,
    text: str,
    quote: Iterable[Message] = (),
    attach: Iterable[Attachment] = (),
    files: Iterable[Attachment] = (),
    undo_seconds: int | None = None,
) -> SideMessage:
    """Write to somebody outside about the ticket. Returns what was said; its conversation goes on from there.

    Of the ticket nothing goes along but what is named: the messages in `quote`, and copies of the files in `attach`
    that came or went with its messages. `files` waited with the writer's draft. The customer's status and clocks stay
    as they are. Refuses whoever takes part in the ticket, our own addresses, and a ticket that was merged.
    """
    address = to.strip().lower()
    with transaction.atomic():
        held = _held(ticket)
        _refuse(held, by=by, text=text, address=address)
        if held.is_merged:
            raise Refusal(_t("This ticket was merged into #%(number)s. Go on there.") % {
                "number": held.survivor().number,
            })  # fmt: skip
        conversation = SideConversation.objects.create(
            ticket=held, subject=(subject.strip() or _t("(no subject)"))[:255], address=address, opened_by=by
        )
        return _say(conversation, by=by, text=text, quote=quote, attach=attach, files=files, undo_seconds=undo_seconds)


def say(
    conversation: SideConversation,
    *,
    by: User,
    text: str,
    quote: Iterable[Message] = (),
    attach: Iterable[Attachment] = (),
    files: Iterable[Attachment] = (),
    undo_seconds: int | None = None,
) -> SideMessage:
    """Write to them again. A conversation that was ended is open again."""
    with transaction.atomic():
        held = _held(conversation.ticket)
        # Who was outside then may have become the customer since.
        _refuse(held, by=by, text=text, address=conversation.address)
        conversation.ended_at = None
        conversation.save(update_fields=["ended_at"])
        return _say(conversation, by=by, text=text, quote=quote, attach=attach, files=files, undo_seconds=undo_seconds)


def take_back(message: SideMessage, *, by: User) -> Draft:
    """Undo what was said while it still waits to be sent. It is its writer's draft again, with its files.

    What it quoted is chosen anew. A conversation in which nothing else was said is gone. Refuses once it has left.
    """
    with transaction.atomic():
        conversation = message.conversation
        _held(conversation.ticket)
        if message.user_id != by.pk:
            raise Refusal(_t("Only the person who wrote this can take it back."))
        waiting = message.deliveries.filter(state=State.PENDING, due_at__gt=timezone.now())
        if not waiting.update(state=State.CANCELLED):
            raise Refusal(_t("Too late: it was sent."))
        draft, _new = Draft.objects.update_or_create(
            ticket=conversation.ticket, user=by, mode=Draft.Mode.SIDE,
            defaults={"text": message.text, "to": [conversation.address]},
        )  # fmt: skip
        message.attachments.update(side_message=None, draft=draft)
        message.delete()
        if not conversation.messages.exists():
            conversation.delete()
    return draft


def end(conversation: SideConversation) -> bool:
    """Nothing more is awaited. An answer opens it again. Returns whether anything changed."""
    return _set_ended(conversation, is_ended=True)


def open_again(conversation: SideConversation) -> bool:
    """The opposite of `end`."""
    return _set_ended(conversation, is_ended=False)


def _set_ended(conversation: SideConversation, *, is_ended: bool) -> bool:
    ended_at = timezone.now() if is_ended else None
    rows = SideConversation.objects.filter(pk=conversation.pk, ended_at__isnull=is_ended)
    changed = bool(rows.update(ended_at=ended_at))
    conversation.refresh_from_db(fields=["ended_at"])
    return changed


# --- What they say ---------------------------------------------------------------------------------------------------


def receive(
    conversation: SideConversation,
    *,
    text: str,
    from_address: str,
    from_name: str = "",
    quoted: str = "",
    rfc_id: str = "",
    in_reply_to: str = "",
    is_auto: bool = False,
) -> SideMessage:
    """Add what came from outside, and tell whoever answers the ticket, who began the conversation, and who watches.

    The ticket stands as it stood: no status, no clock, no acknowledgement. Whoever writes from another address than
    the one we wrote to is marked as a stranger, the customer among them, and is heard here alone. What a machine says
    is kept and told to nobody.
    """
    with transaction.atomic():
        ticket = _held(conversation.ticket).survivor()
        message = conversation.messages.create(
            text=text, quoted=quoted, from_address=from_address[:320], from_name=from_name[:200], rfc_id=rfc_id[:998],
            in_reply_to=in_reply_to[:998], is_from_stranger=not is_partner(conversation, from_address),
            is_auto=is_auto,
        )  # fmt: skip
        event = ticket.record(
            EventKind.SIDE_RECEIVED, conversation=conversation.pk, side_message=message.pk, auto=is_auto
        )
        if not is_auto:
            SideConversation.objects.filter(pk=conversation.pk).update(ended_at=None)
            people = {user.pk: user for user in (ticket.assignee, conversation.opened_by, *ticket.watching()) if user}
            notifying.tell(people.values(), Notification.Kind.SIDE_ANSWERED, ticket=ticket, event=event)
    return message


def is_partner(conversation: SideConversation, address: str) -> bool:
    """Whether this is the address that we write to."""
    return address.strip().lower() == conversation.address.lower()


# --- Inside ----------------------------------------------------------------------------------------------------------


def _held(ticket: Ticket) -> Ticket:
    """The ticket as it is now, and nobody else changes it until the end of the transaction."""
    return Ticket.objects.select_for_update(of=("self",)).select_related("mailbox").get(pk=ticket.pk)


def _refuse(ticket: Ticket, *, by: User, text: str, address: str) -> None:
    if not by.may(Ability.REPLY):
        raise Refusal(_t("%(name)s may not write to anybody outside.") % {"name": by.name})
    if not text.strip():
        raise Refusal(_t("Write your message first."))
    house = addressing.circle_of(ticket, typed=[address]).house
    recipients.checked([address], [], house=house, needs_one=True)
    if ticket.has_participant(address) or ticket.requester.addresses.filter(address=address).exists():
        raise recipients.WrongRecipient(
            _t("%(address)s takes part in this ticket. Write to them in a reply.") % {"address": address}
        )


def _say(
    conversation: SideConversation,
    *,
    by: User,
    text: str,
    quote: Iterable[Message],
    attach: Iterable[Attachment],
    files: Iterable[Attachment],
    undo_seconds: int | None,
) -> SideMessage:
    ticket, now = conversation.ticket, timezone.now()
    told_in = [ticket.pk, *(one.pk for one in merging.taken_in(ticket))]
    message = conversation.messages.create(
        user=by, text=text.strip(), quoted=_quoted(quote, told_in=told_in), said_at=now,
        rfc_id=identity.side_id(conversation=conversation.pk, domain=ticket.mail_domain),
    )  # fmt: skip
    _take_files(files, message=message, by=by)
    for attachment in attach:
        if attachment.message is not None and attachment.message.ticket_id in told_in and attachment.is_handed_out:
            _copy(attachment, message=message)
    wait = Preferences.of(by).undo_span if undo_seconds is None else undo_seconds
    delivery = Delivery.objects.create(
        ticket=ticket, side_message=message, kind="side", address=conversation.address, rfc_id=message.rfc_id,
        due_at=now + timedelta(seconds=wait),
    )  # fmt: skip
    if wait <= 0:
        ring = partial(signals.delivery_due.send_robust, sender=SideMessage, delivery_id=delivery.pk)
        transaction.on_commit(ring, robust=True)
    ticket.record(EventKind.SIDE_SENT, actor=by, at=now, conversation=conversation.pk, side_message=message.pk)
    return message


def _quoted(messages: Iterable[Message], *, told_in: list[int]) -> str:
    """The chosen messages as a mail quotes them. Their own history and signatures stay here, and a heading names
    nobody by an address."""
    blocks, company = [], Company.current()
    with override(company.language), timezone.override(company.zone):
        for message in sorted(messages, key=lambda each: (each.said_at, each.pk)):
            if message.ticket_id not in told_in or message.is_automatic:
                continue
            who = message.user.name if message.user else message.customer.name if message.customer else ""
            head = _t("On %(when)s, %(who)s wrote:") % {
                "when": date_format(timezone.localtime(message.said_at), "DATETIME_FORMAT"),
                "who": who or _t("the customer"),
            }  # fmt: skip
            said = message.text[:MOST_QUOTED].splitlines()
            blocks.append("\n".join([head, *(f"> {line}".rstrip() for line in said)]))
    return "\n\n".join(blocks)


def _take_files(files: Iterable[Attachment], *, message: SideMessage, by: User) -> None:
    wanted = [file.pk for file in files]
    waiting = Attachment.objects.filter(
        draft__ticket=message.conversation.ticket, draft__user=by, draft__mode=Draft.Mode.SIDE, pk__in=wanted
    )
    if wanted and waiting.update(draft=None, side_message=message) < len(wanted):
        raise Refusal(_t("One of the files is no longer here. Choose it again."))


def _copy(attachment: Attachment, *, message: SideMessage) -> None:
    """A file belongs to one message, and so do its bytes: whoever deletes the one must not take the other's."""
    copy = Attachment(
        side_message=message, filename=attachment.filename, content_type=attachment.content_type, size=attachment.size,
        sha256=attachment.sha256, scanned_at=attachment.scanned_at,
    )  # fmt: skip
    with attachment.file.open("rb") as file:
        copy.file.save(attachment.filename, ContentFile(file.read()), save=True)
