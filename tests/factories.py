"""Builders of what tests start from. Each goes through the product's own verbs."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from typing import Any

from helpdesk.people.models import Customer
from tickets.mail import receiving, storing
from tickets.models import InboundEmail, Mailbox, Ticket


def a_ticket(
    requester: Customer,
    *,
    subject: str = "The bill is wrong",
    text: str = "You charged me twice for September, please give the money back.",
    channel: str = "email",
    mailbox: Mailbox | None = None,
    at: datetime | None = None,
    **fields: Any,
) -> Ticket:
    """An open ticket with the customer's first message."""
    said = {"from_address": requester.email}
    return Ticket.open_for(
        requester, subject=subject, channel=channel, text=text, mailbox=mailbox, at=at, said=said, **fields
    ).ticket


def a_mail(
    *,
    sender: str = "Carla Cruz <carla@example.com>",
    to: str = "support@alborada.example",
    subject: str = "The bill is wrong",
    text: str = "You charged me twice for September.",
    **headers: str,
) -> bytes:
    """The bytes of a plain mail. Headers by keyword: in_reply_to="<…>" becomes In-Reply-To."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    for name, value in headers.items():
        mail[name.replace("_", "-").title()] = value
    mail.set_content(text)
    return mail.as_bytes()


def deliver_raw(raw: bytes, *, mailbox: Mailbox | None) -> InboundEmail:
    """What happens to a mail when it comes in."""
    inbound, _new = storing.store(raw, mailbox=mailbox, source="smtp")
    return receiving.receive(inbound)
