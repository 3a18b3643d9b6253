"""Opening a ticket for somebody who called, came by or chatted."""

from __future__ import annotations

from django.db import transaction

from helpdesk.people.models import Customer, Team, User
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
    team: Team | None = None,
    assignee: User | None = None,
) -> Ticket:
    """A ticket with what the customer said, as told to `by`.

    With an address the customer is the one who writes from it, new or known; without one it is a new customer, whom
    we cannot write to. What we already know of somebody is not overwritten by what was said on the phone.
    """
    with transaction.atomic():
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


def mailbox_of(team: Team | None) -> Mailbox | None:
    """Where answers to our mails come in: the team's mailbox. Without a team, one that no other team reads."""
    return Mailbox.objects.filter(is_active=True, team=team).order_by("pk").first()
