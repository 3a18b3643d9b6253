"""`manage.py parse_mail [FILE...]`: read mails from files or standard input, write one line of JSON for each."""

import json
import signal
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from tickets.mail.bounces import Bounce
from tickets.mail.decoding import Address
from tickets.mail.parsing import Limits, ParsedEmail, Unreadable, parse


class Command(BaseCommand):
    """Show what the product understands of a mail. Needs no database; an unreadable mail is a line with an error."""

    help = "Parse mails (files, or one mail on standard input) and print one line of JSON for each."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", metavar="FILE", help="a mail as it arrived; standard input if absent")

    def handle(self, *args: Any, files: list[str], **options: Any) -> None:
        if not files:
            self._print("-", sys.stdin.buffer.read(_MOST + 1))
        for name in files:
            try:
                raw = _bytes_of(name)
            except (OSError, ValueError) as error:
                why = getattr(error, "strerror", None) or str(error)
                self._write(name, as_json(None, error=f"The file could not be read: {why}."))
            else:
                self._print(name, raw)

    def _print(self, name: str, raw: bytes) -> None:
        try:
            with _patience(2 * Limits().seconds):
                result = as_json(parse(raw))
        except Unreadable as error:
            result = as_json(None, error=str(error))
        self._write(name, result)

    def _write(self, name: str, result: dict[str, Any]) -> None:
        # ASCII with escapes: the line means the same whatever the terminal's charset is.
        self.stdout.write(json.dumps({"file": name} | result))
        self.stdout.flush()


@contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """Give up on a mail from outside, should the parser ever lose itself in one between two looks at its own clock."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def give_up(*_: object) -> None:
        raise Unreadable(f"This mail takes longer than {seconds:g} seconds to read.")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


_MOST = Limits().total_bytes


def _bytes_of(name: str) -> bytes:
    """The mail in a file; of one that is too large no more than shows that it is."""
    with Path(name).open("rb") as file:
        return file.read(_MOST + 1)


_NOTHING = ParsedEmail(digest="")


def as_json(mail: ParsedEmail | None, *, error: str | None = None) -> dict[str, Any]:
    """Return what is known of a mail in plain types. The keys are the same for a mail that could not be read."""
    mail = mail or _NOTHING
    return {
        "subject": mail.subject,
        "from": _address(mail.from_),
        "reply_to": [_address(address) for address in mail.reply_to],
        "to": [_address(address) for address in mail.to],
        "cc": [_address(address) for address in mail.cc],
        "date": mail.date.isoformat() if mail.date else None,
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to,
        "references": list(mail.references),
        "text": mail.text,
        "html": mail.html,
        "reply_text": mail.reply_text,
        "attachments": [
            {
                "filename": attachment.filename,
                "content_type": attachment.content_type,
                "size": attachment.size,
                "sha256": attachment.sha256,
                "inline": attachment.inline,
                "content_id": attachment.content_id,
            }
            for attachment in mail.attachments
        ],
        "is_auto": mail.is_auto,
        "is_bounce": mail.is_bounce,
        "bounce": _bounce(mail.bounce),
        "lang": mail.lang,
        "authentication": {
            "spf": mail.authentication.spf or None,
            "dkim": mail.authentication.dkim or None,
            "dmarc": mail.authentication.dmarc or None,
        },
        "error": error,
    }


def _address(address: Address | None) -> dict[str, str] | None:
    return {"email": address.email, "name": address.name} if address else None


def _bounce(bounce: Bounce | None) -> dict[str, Any] | None:
    if bounce is None:
        return None
    return {
        "recipients": [
            {
                "address": recipient.address,
                "action": recipient.action,
                "status": recipient.status,
                "permanent": recipient.permanent,
                "diagnostic": recipient.diagnostic,
            }
            for recipient in bounce.recipients
        ]
    }
