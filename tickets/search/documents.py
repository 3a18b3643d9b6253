"""What tickets say: every part of them that an agent may read, and what follows from it for the search.

A ticket says its subject, what the customer, we and colleagues wrote in it, the names of its files, what it is said
to be about (product, order, tags, fields of the company's own), and who its customer is. What machines of ours wrote is
left out: an acknowledgement says the same in every ticket.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Prefetch, TextChoices, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from helpdesk.people.models import CustomerAddress
from tickets.models.attachment import Attachment
from tickets.models.custom_field import CustomField, CustomValue
from tickets.models.message import Author, Message
from tickets.models.note import Note
from tickets.models.search_entry import SearchEntry, place_of
from tickets.models.side_conversation import SideMessage
from tickets.models.tag import TicketTag
from tickets.models.ticket import Ticket
from tickets.search import words


class Where(TextChoices):
    """Where in a ticket something stands."""

    SUBJECT = "subject", _("Subject")
    CUSTOMER = "customer", _("Customer")  # who they are
    SAID = "said", pgettext_lazy("where it was found", "The customer’s words")
    REPLY = "reply", pgettext_lazy("where it was found", "Our reply")
    NOTE = "note", _("Internal note")
    SIDE = "side", _("Side conversation")
    FILE = "file", _("File name")
    ABOUT = "about", _("Properties")  # its product and order, its tags, what fields of the company's own say


@dataclass(frozen=True)
class Part:
    """Something that a ticket says, by whom and when."""

    where: Where
    text: str
    by: str = ""
    at: datetime | None = None
    language: str = ""


@dataclass
class Document:
    """All parts of one ticket, the latest words first."""

    ticket_id: int
    said_at: datetime
    parts: list[Part] = field(default_factory=list)

    def entry(self) -> SearchEntry:
        return SearchEntry(
            ticket_id=self.ticket_id,
            place=place_of(self.ticket_id, self.said_at),
            text="\n".join(filter(None, (words.line(part.text) for part in self.parts))),
            tokens=words.no_more_than(words.MOST_BYTES, self._tokens()),
        )

    def _tokens(self) -> Iterator[str]:
        marks = {Where.SUBJECT: words.SUBJECT, Where.CUSTOMER: words.CUSTOMER}
        for part in self.parts:
            yield from words.tokens([part.text], marked=marks.get(part.where, ""))


def of_tickets(ids: Collection[int]) -> dict[int, Document]:
    """What these tickets say now, however many they are in five queries. Deleted ones are missing."""
    tickets = Ticket.objects.filter(pk__in=list(ids)).select_related("requester__organisation").order_by()
    addresses = Prefetch("requester__addresses", CustomerAddress.objects.order_by("pk"))
    return of(tickets.prefetch_related(addresses).only(
        "subject", "expected", "resolution_reason", "language", "created_at", "resolved_at", "product",
        "order_reference", "requester__name", "requester__phone", "requester__organisation__name",
    ))  # fmt: skip


def of(tickets: Iterable[Ticket]) -> dict[int, Document]:
    """The same of tickets that are loaded with their requesters, organisations and addresses: in three queries."""
    found = {ticket.pk: Document(ticket.pk, ticket.created_at, list(_of_ticket(ticket))) for ticket in tickets}
    for ticket_id, part in sorted(_said(list(found)), key=_moment, reverse=True):
        document = found[ticket_id]
        document.said_at = max(document.said_at, part.at or document.said_at)
        document.parts.append(part)
    for where, ticket_id, name in _names(list(found)):
        found[ticket_id].parts.append(Part(Where(where), name))
    return found


def _moment(found: tuple[int, Part]) -> tuple[datetime, str]:
    assert found[1].at is not None
    return found[1].at, found[1].where


def _of_ticket(ticket: Ticket) -> Iterator[Part]:
    """What is said in no message: its subject, its customer, what the web form asked, why it needed no reply."""
    requester = ticket.requester
    yield Part(Where.SUBJECT, ticket.subject, language=ticket.language)
    who = [requester.name, *(each.address for each in requester.addresses.all())]
    who += [requester.phone, re.sub(r"\D", "", requester.phone)]
    who.append(requester.organisation.name if requester.organisation else "")
    yield from (Part(Where.CUSTOMER, text) for text in dict.fromkeys(who) if text)
    yield from (Part(Where.ABOUT, text) for text in (ticket.product, ticket.order_reference) if text)
    if ticket.expected:
        yield Part(Where.SAID, ticket.expected, at=ticket.created_at, language=ticket.language)
    if ticket.resolution_reason:
        yield Part(Where.NOTE, ticket.resolution_reason, at=ticket.resolved_at)


def _said(ids: list[int]) -> Iterator[tuple[int, Part]]:
    messages = Message.objects.filter(ticket__in=ids).exclude(author=Author.AUTOMATIC)
    by = Coalesce("user__name", "customer__name", "from_address")
    for ticket_id, author, text, name, at, language in messages.order_by().values_list(
        "ticket_id", "author", "text", by, "said_at", "language"
    ):
        yield ticket_id, Part(Where.SAID if author == Author.CUSTOMER else Where.REPLY, text, name or "", at, language)
    notes = Note.objects.filter(ticket__in=ids).order_by()
    for ticket_id, text, name, at in notes.values_list("ticket_id", "text", "user__name", "written_at"):
        yield ticket_id, Part(Where.NOTE, text, name, at)
    yield from _said_outside(ids)


def _said_outside(ids: list[int]) -> Iterator[tuple[int, Part]]:
    """What was talked over with somebody outside: under what subject, and with whom, beside each word of it."""
    said = SideMessage.objects.filter(conversation__ticket__in=ids).order_by()
    rows = said.values_list(
        "conversation__ticket_id", "text", "conversation__subject", "conversation__address", "from_address",
        Coalesce("user__name", NullIf("from_name", Value("")), "from_address"), "said_at",
    )  # fmt: skip
    for ticket_id, text, subject, address, sender, name, at in rows:
        others = dict.fromkeys(filter(None, (address, sender)))
        yield ticket_id, Part(Where.SIDE, "\n".join([subject, text, *others]), name, at)


def _names(ids: list[int]) -> Iterable[tuple[str, int, str]]:
    """Of files with a message, a note or a word outside (what waits with a draft was said by nobody yet); of tags; and
    what fields of the company's own say in words. All of it in one query."""
    of_messages = Attachment.objects.filter(message__ticket__in=ids, is_inline=False)
    of_notes = Attachment.objects.filter(note__ticket__in=ids, is_inline=False)
    of_side = Attachment.objects.filter(side_message__conversation__ticket__in=ids, is_inline=False)
    tags, filled = TicketTag.objects.filter(ticket__in=ids), CustomValue.objects.filter(ticket__in=ids)
    file, about = Value(Where.FILE.value), Value(Where.ABOUT.value)
    named = of_messages.order_by().values_list(file, "message__ticket_id", "filename")
    return named.union(
        of_notes.order_by().values_list(file, "note__ticket_id", "filename"),
        of_side.order_by().values_list(file, "side_message__conversation__ticket_id", "filename"),
        tags.order_by().values_list(about, "ticket_id", "tag__name"),
        filled.filter(field__kind=CustomField.Kind.TEXT).order_by().values_list(about, "ticket_id", "text"),
    ).order_by("filename")
