"""`manage.py listen_mail`: the server by which mail comes in, and the watches on mailboxes elsewhere."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tickets.mail import listening
from tickets.mail.idling import Watches


class Command(BaseCommand):
    help = "Take mail over SMTP or LMTP for our mailboxes and store it; fetch it at once where an IMAP server rings."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--host", default=settings.MAIL_HOST)
        parser.add_argument("--port", type=int, default=settings.MAIL_PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(self._serve(options["host"], options["port"]))

    async def _serve(self, host: str, port: int) -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop.set)
        try:
            listening.tls_context()
        except OSError as error:
            raise CommandError(f"MAIL_TLS_CERT and MAIL_TLS_KEY cannot be used: {error}.") from None
        try:
            server = await loop.create_server(listening.protocol, host=host, port=port)
        except OSError as error:
            raise CommandError(f"Port {port} on {host} cannot be used for mail: {error.strerror or error}.") from None
        self.stdout.write(f"Mail comes in at {host}:{port}")
        watches = Watches()
        watches.start()
        async with server:
            await stop.wait()
        await asyncio.to_thread(watches.stop)
