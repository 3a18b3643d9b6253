"""ParsedEmail -> the ticket it belongs to. To thread is to find; nothing is changed here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from django.db.models import Q

from tickets.mail import identity
from tickets.mail.parsing import ParsedEmail
from tickets.models import Delivery, Message, SideConversation, SideMessage, Ticket

MOST_REFERENCES = 50
MOST_RECIPIENTS = 100
TO_ONE_OF_US = frozenset({"notification", "notice", "digest"})  # kinds of deliveries that no customer gets


class Proof(StrEnum):
    """How a mail shows that it belongs to a ticket, the strongest first."""

    OUR_MESSAGE = "our message"
    NOTIFICATION = "notification"
    REPLY_ADDRESS = "reply address"
    THEIR_MESSAGE = "their message"
    SUBJECT = "subject"


@dataclass(frozen=True)
class Thread:
    """Where a mail belongs, by what, and whether its sender had a part in it before."""

    ticket: Ticket
    proof: Proof
    is_from_stranger: bool = False
    was_written_to: bool = False  # the mail of ours that it answers went to this very sender
    merged: Ticket | None = None  # the ticket it names, where that was merged into this one
    is_between_us: bool = False  # what it answers is nothing that the customer should get an answer to
    side: SideConversation | None = None  # it belongs there and to no message of the ticket, whoever wrote it

    @property
    def answers_notification(self) -> bool:
        return self.proof == Proof.NOTIFICATION


def find(mail: ParsedEmail, *, sender: str, recipients: Iterable[str], is_claimed: bool = False) -> Thread | None:
    """The ticket that this mail continues; None for a new matter.

    What names a side conversation belongs to that before all else: nothing of it may become a message that the
    customer reads. Then, in this order: a Message-ID of ours that it answers, the reply address it was sent to, a
    customer's Message-ID that it answers, and the number in the subject. The first two nobody can make up, so a
    different sender joins the thread, marked as a stranger. The last two anybody can, so they count only for those who
    take part.
    `is_claimed`: somebody else says who the sender is (a contact form), or our server that it is not true, so taking
    part proves nothing. A ticket that was merged stands for the one that goes on with it.
    """
    references = answered(mail)
    recipients = list(recipients)
    if side := _in_side_conversation(references, recipients, sender=sender, is_claimed=is_claimed):
        return side
    found = _by_our_message_id(references, sender=sender) or _by_reply_address(recipients, sender=sender)
    if found is None and not is_claimed:
        found = _by_their_message_id(references, sender=sender) or _by_subject(mail.subject, sender=sender)
    return found and _where_it_goes_on(found, sender=sender)


def _where_it_goes_on(thread: Thread, *, sender: str) -> Thread:
    """Who takes part in a merged ticket takes no part in the other for that: there they are strangers."""
    if not thread.ticket.is_merged:
        return thread
    survivor = thread.ticket.survivor()
    is_from_stranger = thread.is_from_stranger or not survivor.has_participant(sender)
    return replace(thread, ticket=survivor, is_from_stranger=is_from_stranger, merged=thread.ticket)


def answered(mail: ParsedEmail) -> list[str]:
    """The Message-IDs this mail answers, the nearest first."""
    chain = [mail.in_reply_to, *reversed(mail.references)]
    return list(dict.fromkeys(i.strip("<> ") for i in chain if i))[:MOST_REFERENCES]


def _in_side_conversation(
    references: list[str], recipients: list[str], *, sender: str, is_claimed: bool
) -> Thread | None:
    """By a Message-ID of ours or by its reply address, whoever writes; by one of theirs only for those who took part.

    A ticket that was merged keeps its side conversations.
    """
    found = _side_by_our_message_id(references)
    proof = Proof.OUR_MESSAGE
    if found is None:
        numbers = [identity.read_side_address(address) for address in dict.fromkeys(recipients)][:MOST_RECIPIENTS]
        wanted = [number for number in numbers if number is not None]
        rows = SideConversation.objects.select_related("ticket").filter(pk__in=wanted).order_by("pk")
        found, proof = rows.first() if wanted else None, Proof.REPLY_ADDRESS
    if found is None and references and not is_claimed:
        found, proof = _side_by_their_message_id(references, sender=sender), Proof.THEIR_MESSAGE
    if found is None:
        return None
    is_from_stranger = sender.lower() != found.address.lower()
    return Thread(found.ticket, proof, is_from_stranger=is_from_stranger, side=found)


def _side_by_our_message_id(references: list[str]) -> SideConversation | None:
    at_amazon = [name for reference in references if (name := _id_at_amazon(reference))]
    ours = [reference for reference in references if identity.looks_side(reference)]
    if not (ours or at_amazon):
        return None
    at_service = Q(provider_id__in=at_amazon) if at_amazon else Q()
    sent = Delivery.objects.filter(Q(rfc_id__in=ours) | at_service, side_message__isnull=False)
    delivery = sent.select_related("side_message__conversation__ticket").order_by("pk").first()
    return delivery.side_message.conversation if delivery and delivery.side_message else None


def _side_by_their_message_id(references: list[str], *, sender: str) -> SideConversation | None:
    """A second mail of theirs that answers their first: some programs name nothing else."""
    said = SideMessage.objects.filter(rfc_id__in=references, user=None).select_related("conversation__ticket")
    for message in said.order_by("-pk")[:MOST_REFERENCES]:
        if sender.lower() in (message.from_address.lower(), message.conversation.address.lower()):
            return message.conversation
    return None


def _by_our_message_id(references: list[str], *, sender: str) -> Thread | None:
    ours = [reference for reference in references if identity.looks_ours(reference) or _id_at_amazon(reference)]
    if not ours:
        return None
    # What we sent stands in our books; the fingerprint speaks for mails whose rows are gone.
    at_amazon = {_id_at_amazon(reference): reference for reference in ours if _id_at_amazon(reference)}
    at_service = Q(provider_id__in=at_amazon) if at_amazon else Q()
    rows: dict[str, list[Delivery]] = {}
    sent_to_us_or_them = Delivery.objects.filter(Q(rfc_id__in=ours) | at_service, side_message=None)
    for row in sent_to_us_or_them.select_related("ticket").order_by("pk"):
        rows.setdefault(at_amazon.get(row.provider_id, row.rfc_id), []).append(row)
    for reference in ours:
        sent, own = rows.get(reference, []), identity.read_message_id(reference)
        ticket = sent[0].ticket if sent else Ticket.objects.filter(number=own.number).first() if own else None
        if ticket is None:
            continue
        was_written_to = any(row.address == sender for row in sent)
        if (own is not None and own.message is None) or any(row.kind in TO_ONE_OF_US for row in sent):
            proof, takes_part = Proof.NOTIFICATION, ticket.has_participant(sender)
        else:
            proof, takes_part = Proof.OUR_MESSAGE, was_written_to or ticket.has_participant(sender)
        is_between_us = any(row.kind in TO_ONE_OF_US - {"notification"} for row in sent)
        return Thread(
            ticket, proof, is_from_stranger=not takes_part, was_written_to=was_written_to, is_between_us=is_between_us
        )
    return None


def _id_at_amazon(reference: str) -> str:
    """What Amazon SES calls a mail: it puts a Message-ID of its own in place of ours. Empty for any other."""
    local, _at, domain = reference.rpartition("@")
    return local if domain.endswith(".amazonses.com") else ""


def _by_reply_address(recipients: Iterable[str], *, sender: str) -> Thread | None:
    for address in list(dict.fromkeys(recipients))[:MOST_RECIPIENTS]:
        number = identity.read_reply_address(address)
        ticket = Ticket.objects.filter(number=number).first() if number else None
        if ticket:
            return Thread(ticket, Proof.REPLY_ADDRESS, is_from_stranger=not ticket.has_participant(sender))
    return None


def _by_their_message_id(references: list[str], *, sender: str) -> Thread | None:
    if not references:
        return None
    for message in Message.objects.filter(rfc_id__in=references).select_related("ticket").order_by("-pk"):
        if message.ticket.has_participant(sender):
            return Thread(message.ticket, Proof.THEIR_MESSAGE)
        if sender.lower() in {str(address).lower() for address in [*message.to, *message.cc]}:
            # Whom a stranger wrote to is one too.
            return Thread(message.ticket, Proof.THEIR_MESSAGE, is_from_stranger=message.is_from_stranger)
    return None


def _by_subject(subject: str, *, sender: str) -> Thread | None:
    for number in identity.numbers_in_subject(subject):
        ticket = Ticket.objects.filter(number=number).first()
        if ticket and ticket.has_participant(sender):
            return Thread(ticket, Proof.SUBJECT)
    return None
