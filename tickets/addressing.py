"""Who stands around a ticket: whom a reply goes to, who is ours, which domains are known here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Q, Value

from helpdesk.people.models import CustomerAddress, User
from tickets import recipients, requesters
from tickets.models.mailbox import Mailbox
from tickets.models.message import Author, Channel, Message
from tickets.recipients import House, Recipients, Said

if TYPE_CHECKING:
    from tickets.models.ticket import Ticket


@dataclass(frozen=True)
class Circle:
    """What a reply's To and Cc are judged by."""

    answered: Recipients
    house: House
    requester: tuple[str, ...]
    known: frozenset[str]  # their domains are no news in this ticket
    names: dict[str, str]
    organisation: int | None  # of the requester: its domains are no news either

    def checked(self, to: Iterable[str] | None, cc: Iterable[str] | None) -> tuple[list[str], list[str]]:
        """To and Cc as they go out. What was left open is filled in by rule; whoever names To alone names everybody.

        Raises WrongRecipient.
        """
        by_rule = self.answered
        if cc is None:
            cc = by_rule.cc if to is None else ()
        return recipients.checked(
            by_rule.to if to is None else to,
            cc,
            house=self.house,
            requester=self.requester,
            needs_one=bool(by_rule.to),
        )

    def outside(self, addresses: Iterable[str]) -> list[str]:
        """The domains among them that are new in this ticket."""
        new = recipients.outside(addresses, known=self.known)
        if new and self.organisation:
            theirs = CustomerAddress.objects.filter(customer__organisation=self.organisation)
            new = [name for name in new if "@" in name or not theirs.filter(address__endswith=f"@{name}").exists()]
        return new


def circle_of(ticket: Ticket, messages: Iterable[Message] | None = None, *, typed: Iterable[str] = ()) -> Circle:
    """Give the messages if they are read already, and what was typed if it is to be judged.

    Beside the messages one query, or none where nobody but the requester and the ticket's mailbox occurs.
    """
    if messages is None:
        messages = ticket.messages.in_order().only(
            "ticket", "author", "customer", "channel", "is_auto", "is_from_stranger", "from_address", "reply_to", "to",
            "cc", "said_at",
        )  # fmt: skip
    by_people = [message for message in messages if not (message.is_automatic or message.is_auto)]
    said = [_said(message, ticket) for message in by_people]
    since = requesters.turn_of(ticket).since
    earlier = sum(message.said_at <= since for message in by_people) if since else 0
    theirs = list(ticket.requester.addresses.all())
    first = ticket.requester.email
    if len(theirs) > 1:  # merged: one that nobody confirmed does not get what the others were told
        from tickets import identities  # which reads tickets

        first = identities.address_for(ticket)
    requester = tuple(recipients.clean([first, *(known.address for known in theirs)]))
    mentioned = [*(address for one in said for address in one.everybody), *typed]
    around = _around(ticket, [address for address in recipients.clean(mentioned) if address not in requester])
    bounced = around.bounced | {known.address for known in theirs if known.bounced_at}
    return Circle(
        answered=recipients.who_is_answered(
            said, requester=requester, house=around.house, bounced=bounced, to_another=earlier if since else None
        ),
        house=around.house,
        requester=requester,
        known=frozenset([*requester, *_part_of(said), *around.house.mailboxes]),
        names=dict.fromkeys(requester, ticket.requester.name) | around.names,
        organisation=ticket.requester.organisation_id,
    )


def _said(message: Message, ticket: Ticket) -> Said:
    return Said(
        is_ours=message.author == Author.AGENT,
        is_requesters=message.customer_id == ticket.requester_id,
        is_by_mail=message.channel == Channel.EMAIL,
        is_from_stranger=message.is_from_stranger,
        sender=message.from_address,
        reply_to=message.reply_to,
        to=message.to,
        cc=message.cc,
    )


def _part_of(said: Iterable[Said]) -> list[str]:
    """Those whom somebody who takes part has written to or from. A stranger, or a Reply-To, vouches for nobody."""
    return recipients.clean(
        address for one in said if not one.is_from_stranger for address in (one.sender, *one.to, *one.cc)
    )


@dataclass
class _Around:
    """What the database knows of addresses that are not the requester's."""

    house: House
    bounced: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)


def _around(ticket: Ticket, addresses: list[str]) -> _Around:
    own = House(mailboxes={ticket.mailbox.address.lower()} if ticket.mailbox else set())
    if all(own.has_mailbox(address) for address in addresses):
        return _Around(own)
    customers = CustomerAddress.objects.filter(address__in=addresses)
    agents = User.objects.filter(is_active=True, email__in=addresses)
    rows = Mailbox.objects.values_list(Value("mailbox"), "address", "name", Value(0)).union(
        agents.values_list(Value("agent"), "email", "name", Value(0)),
        customers.filter(bounced_at=None).values_list(Value("customer"), "address", "customer__name", Value(0)),
        customers.filter(~Q(bounced_at=None)).values_list(Value("customer"), "address", "customer__name", Value(1)),
        all=True,
    )
    mailboxes, colleagues, found = set(), set(), _Around(own)
    for kind, address, name, is_bounced in rows:
        if kind == "mailbox":
            mailboxes.add(address.lower())
        elif kind == "agent":
            colleagues.add(address)
        else:
            found.names[address] = name
            if is_bounced:
                found.bounced.add(address)
    found.house = House(mailboxes=mailboxes, agents=colleagues)
    return found
