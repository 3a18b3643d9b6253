"""A form that was sent -> customer, ticket, message, files and acknowledgement, in one transaction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import get_language

from helpdesk.common.text import excerpt
from helpdesk.people.models import Customer
from helpdesk.portal import uploads
from tickets import acknowledging
from tickets.mail import identity
from tickets.models import Channel, Mailbox, Message, Ticket

LONGEST_SUBJECT = 80
_END_OF_SENTENCE = re.compile(r"(?<=[.!?…])\s|\n")


@dataclass(frozen=True)
class Sent:
    """What became of a form."""

    ticket: Ticket
    is_acknowledged: bool


def open_request(
    *,
    key: str,
    email: str,
    name: str,
    topic: str,
    text: str,
    expected: str,
    files: Sequence[UploadedFile] = (),
    held_because: str = "",
) -> Sent:
    """A ticket from the public form. The same form sent twice, even at once, is one ticket.

    Whoever types an address may be anybody: nothing of a customer we know is changed, and what looks like a machine
    is not answered by mail until a person has looked (`held_because`).
    """
    language = (get_language() or "en")[:2]
    mailbox = _mailbox_for(language)
    with transaction.atomic():
        customer, text = _customer(email=email, name=name, text=text, language=language)
        Customer.objects.select_for_update().get(pk=customer.pk)  # two sendings of one form wait for each other
        rfc_id = _form_id(key, email, text, mailbox=mailbox)
        if earlier := _sent_before(rfc_id, customer=customer):
            return Sent(earlier.ticket, is_acknowledged=_is_acknowledged(earlier.ticket))
        message = Ticket.open_for(
            customer, subject=subject_of(text), channel=Channel.WEB, text=text, mailbox=mailbox, language=language,
            topic=topic, expected=expected, held_because=held_because,
            said={"language": language, "from_address": email, "rfc_id": rfc_id},
        )  # fmt: skip
        ticket = message.ticket
        uploads.keep(message, files)
        acknowledgement = None if held_because else acknowledging.acknowledge(ticket)
    return Sent(ticket, is_acknowledged=acknowledgement is not None)


def add_reply(ticket: Ticket, *, key: str, text: str, files: Sequence[UploadedFile] = ()) -> Ticket:
    """What the customer wrote on the page of their request. Returns the ticket of theirs that took it.

    That is a new one, linked to the old, once the old one is closed. The same form sent twice is one message. Where the
    request goes on in another customer's, it is read there, and theirs is still their own.
    """
    customer = ticket.requester
    with transaction.atomic():
        Customer.objects.select_for_update().get(pk=customer.pk)
        rfc_id = _form_id(key, str(ticket.number), text, mailbox=ticket.mailbox)
        if earlier := _sent_before(rfc_id, customer=customer):
            return earlier.ticket if earlier.ticket.requester_id == customer.pk else ticket
        ticket.refresh_from_db()
        said: dict[str, Any] = {"language": ticket.language, "from_address": customer.email, "rfc_id": rfc_id}
        if ticket.survivor().is_closed:
            message = Ticket.open_for(
                customer, subject=ticket.subject, channel=Channel.WEB, text=text, mailbox=ticket.mailbox,
                team=ticket.team, language=ticket.language, continues=ticket, said=said,
            )  # fmt: skip
            message.ticket.confirm_address()  # they came by a link that we had mailed to it
            acknowledging.acknowledge(message.ticket)
        else:
            message = ticket.receive(text=text, customer=customer, channel=Channel.WEB, **said)
        uploads.keep(message, files)
    return message.ticket if message.ticket.requester_id == customer.pk else ticket


def subject_of(text: str) -> str:
    """The form asks for no subject: the first sentence is one."""
    first = _END_OF_SENTENCE.split(text.strip(), maxsplit=1)[0]
    return excerpt(first, limit=LONGEST_SUBJECT).rstrip(".")


def _customer(*, email: str, name: str, text: str, language: str) -> tuple[Customer, str]:
    """The customer of this address. A name typed over another one signs the message instead of changing it."""
    known = Customer.objects.by_address(email).first()
    if known is None:
        return Customer.writing_from(email, name=name, language=language), text
    if name and name.casefold() != known.name.casefold():
        text = f"{text}\n\n{name}"
    return known, text


def _mailbox_for(language: str) -> Mailbox | None:
    """As whom we answer: a mailbox in the customer's language, else the first."""
    ours = list(Mailbox.objects.filter(is_active=True).order_by("pk"))
    return next((mailbox for mailbox in ours if mailbox.language == language), ours[0] if ours else None)


def _form_id(key: str, *said: str, mailbox: Mailbox | None) -> str:
    # The words belong to it: whoever goes back, writes on and sends again has something new to say.
    return identity.form_id(key="\0".join((key, *said)), domain=mailbox.domain if mailbox else "localhost")


def _sent_before(rfc_id: str, *, customer: Customer) -> Message | None:
    return Message.objects.filter(rfc_id=rfc_id, customer=customer).select_related("ticket").first()


def _is_acknowledged(ticket: Ticket) -> bool:
    return ticket.deliveries.filter(kind="acknowledgement").exists()
