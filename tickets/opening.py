"""Opening a ticket for somebody who called, came by or chatted, or to whom one of us writes first."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _t

from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from helpdesk.people.models import Customer, CustomerAddress, Team, User
from tickets import attaching, recipients
from tickets.models import Mailbox, Message, Status, Ticket

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile


def write_down(
    *,
    by: User,
    channel: str,
    subject: str,
    text: str,
    name: str = "",
    address: str = "",
    phone: str = "",
    customer: Customer | None = None,
    team: Team | None = None,
    assignee: User | None = None,
) -> Ticket:
    """A ticket with what the customer said, as told to `by`.

    It is `customer`'s where one was chosen; if we could not write to them, we can by the address given. Else, with an
    address the customer is the one who writes from it, new or known; without one it is a new customer, whom we cannot
    write to. What we already know of somebody is not overwritten by what was said on the phone.
    """
    with transaction.atomic():
        if customer is not None:
            customer = _with_address(customer.kept, address)
        else:
            customer = Customer.writing_from(address, name=name) if address else Customer.objects.create(name=name)
        if phone and not customer.phone:
            customer.phone = phone
            customer.save(update_fields=["phone"])
        ticket = Ticket.open_for(
            customer, subject=subject, channel=channel, text=text, by=by, team=team, mailbox=mailbox_of(team),
            language=customer.language,
        ).ticket  # fmt: skip
        if assignee:
            ticket.assign(to=assignee, by=by)
    return ticket


def write_first(
    *,
    by: User,
    to: str,
    subject: str,
    text: str,
    cc: Collection[str] = (),
    customer: Customer | None = None,
    team: Team | None = None,
    mailbox: Mailbox | None = None,
    files: Iterable[UploadedFile] = (),
    then: str = Status.WAITING,
    undo_seconds: int | None = None,
) -> Message:
    """Write to a customer who asked nothing: a ticket of theirs that begins with our mail.

    It is the ticket of whoever is known to write from `to`; else of `customer`, where one was chosen; else of a new
    customer. No clock runs and nothing is acknowledged before they answer, and what they answer joins it. Until
    `undo_seconds` are over `Ticket.take_back` undoes the mail: then the ticket stands open, without a message, and the
    text is its writer's draft. Refuses our own addresses and what is none; then nothing is stored.
    """
    if not by.may(Ability.REPLY):
        raise Refusal(_t("%(name)s may not write to customers.") % {"name": by.name})
    address = to.strip().lower()
    if not recipients.is_address(address):
        raise recipients.WrongRecipient(_t("“%(text)s” is not an email address.") % {"text": to.strip()[:100]})
    with transaction.atomic():
        known = CustomerAddress.objects.filter(address=address).select_related("customer").first()
        # One of us may be a customer, too, and is then known as one. For being typed here nobody becomes it.
        agents = User.objects.filter(is_active=True, email=address).values_list("email", flat=True)
        house = recipients.House(
            mailboxes={each.address.lower() for each in Mailbox.addressed_by([address])},
            agents=set() if known else set(agents),
        )
        recipients.checked([address], cc, house=house)
        if known is not None:
            requester = known.customer.kept
        elif customer is not None:
            requester = _with_address(customer.kept, address)
        else:
            requester = Customer.writing_from(address)
        mailbox = mailbox or mailbox_of(team)
        ticket = Ticket.begin(
            requester, subject=subject, by=by, mailbox=mailbox, team=team,
            language=requester.language or (mailbox.language if mailbox else ""),
        )  # fmt: skip
        message = ticket.reply(by=by, text=text, then=then, to=[address], cc=list(cc), undo_seconds=undo_seconds)
        attaching.attach(files, message=message)
        ticket.mark_read(by=by)
    return message


def _with_address(customer: Customer, address: str) -> Customer:
    """The chosen customer, whom we can write to from now on if we could not. Somebody else's address stays theirs."""
    if address and customer.main_address() is None:
        CustomerAddress.objects.get_or_create(address=address.strip().lower(), defaults={"customer": customer})
    return customer


def mailbox_of(team: Team | None) -> Mailbox | None:
    """Where answers to our mails come in: the team's mailbox. Without a team, one that no other team reads."""
    return Mailbox.objects.filter(is_active=True, team=team).order_by("pk").first()
