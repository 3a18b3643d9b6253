"""Opening a ticket for somebody who called, came by or chatted."""

from __future__ import annotations

from django.db import transaction

from helpdesk.people.models import Customer, CustomerAddress, Team, User
from tickets.models import Mailbox, Ticket


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


def _with_address(customer: Customer, address: str) -> Customer:
    """The chosen customer, whom we can write to from now on if we could not. Somebody else's address stays theirs."""
    if address and customer.main_address() is None:
        CustomerAddress.objects.get_or_create(address=address.strip().lower(), defaults={"customer": customer})
    return customer


def mailbox_of(team: Team | None) -> Mailbox | None:
    """Where answers to our mails come in: the team's mailbox. Without a team, one that no other team reads."""
    return Mailbox.objects.filter(is_active=True, team=team).order_by("pk").first()
