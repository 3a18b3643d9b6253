"""`manage.py receive_mail < raw.eml`: a way in for any mail server that can pipe."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError

from helpdesk.common.errors import Refusal
from tickets.mail import receiving, storing
from tickets.mail.parsing import Unreadable, parse
from tickets.models import InboundEmail, Mailbox

TRY_AGAIN = 75  # EX_TEMPFAIL: the mail server keeps the mail


class Command(BaseCommand):
    help = (
        "Store and process one raw mail from standard input and print one JSON line. "
        "Exit 0 whenever the mail is safely stored, 75 when it could not be, so that the sender tries again."
    )
    # The system checks ask for nothing that storing needs; a warning must not cost a mail.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--mailbox", metavar="ADDRESS", help="whose mail this is; otherwise the headers tell")

    def handle(self, *args: Any, **options: Any) -> None:
        raw = sys.stdin.buffer.read()
        try:
            mailbox = _mailbox(options["mailbox"], raw)
            inbound, is_new = storing.store(raw, mailbox=mailbox, source="pipe")
        except CommandError:
            raise
        except (DatabaseError, OSError, Refusal) as error:
            self.stderr.write(f"Not stored, try again: {error}")
            raise SystemExit(TRY_AGAIN) from None
        try:
            if is_new or inbound.state == InboundEmail.State.STORED:
                receiving.receive(inbound)
        except DatabaseError as error:  # stored all the same; the worker reads it
            self.stderr.write(f"Stored, not yet read: {error}")
        self.stdout.write(json.dumps(_line(inbound, is_new=is_new), ensure_ascii=False))


def _mailbox(address: str | None, raw: bytes) -> Mailbox | None:
    """The mailbox named, else the first of ours in the headers, else the only one there is."""
    if address:
        found = Mailbox.addressed_by([address])
        if not found:
            known = ", ".join(Mailbox.objects.values_list("address", flat=True)) or "none"
            raise CommandError(f"{address} is none of our mailboxes ({known}).", returncode=TRY_AGAIN)
        return found[0]
    try:
        mail = parse(raw)
        named = [address.email for address in (*mail.delivered_to, *mail.to, *mail.cc)]
    except Unreadable:
        named = []
    ours = Mailbox.addressed_by(named)
    return ours[0] if ours else Mailbox.objects.filter(is_active=True).order_by("pk").first()


def _line(inbound: InboundEmail, *, is_new: bool) -> dict[str, object]:
    processed = inbound.state == InboundEmail.State.PROCESSED
    outcome = InboundEmail.Outcome.DUPLICATE if not is_new and processed else inbound.outcome
    return {
        "outcome": str(outcome) or None,
        "inbound_email": inbound.pk,
        "ticket": inbound.ticket.number if inbound.ticket else None,
        "message": inbound.message.pk if inbound.message else None,
        "reason": inbound.reason or None,
    }
