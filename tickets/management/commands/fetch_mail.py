"""`manage.py fetch_mail [ADDRESS…]`: read mailboxes on IMAP servers now, and say how the counts stand."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tickets.mail import fetching, ledger
from tickets.models import MailSource


class Command(BaseCommand):
    help = (
        "Fetch what IMAP servers hold for our mailboxes, until there is no more. The timetable does the same every "
        "minute; this is for trying, and for installations without it. Exit 1 when a server could not be read."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("addresses", nargs="*", metavar="ADDRESS", help="only these mailboxes")

    def handle(self, *args: Any, addresses: list[str], **options: Any) -> None:
        sources = MailSource.objects.in_use().select_related("mailbox").order_by("pk")
        if addresses:
            sources = sources.filter(mailbox__address__in=[address.lower() for address in addresses])
        failed = 0
        for source in sources:
            while fetching.fetch(source):
                source.refresh_from_db()
            failed += bool(source.error)
            self.stdout.write(_line(source))
        if failed:
            raise CommandError("Not every server could be read.", returncode=1)


def _line(source: MailSource) -> str:
    counts = ledger.balance(source.mailbox)
    line = f"{source.mailbox}: {counts.on_server} on the server, {counts.here} of them here, {counts.stored} stored"
    return f"{line}. {source.error}" if source.error else line
