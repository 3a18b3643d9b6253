"""The listener: mail comes in here, by SMTP or LMTP. "250" is said only when the raw mail is committed."""

from __future__ import annotations

import logging
import ssl
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections
from django.db.utils import Error as DatabaseError

from helpdesk.common.doorbell import ring
from tickets.mail import storing
from tickets.models import Mailbox

log = logging.getLogger(__name__)

MOST_RECIPIENTS = 100  # of one mail; each may bear a token to be checked


class Listener:
    """What aiosmtpd asks while it talks to a sending server."""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take mail for our addresses only: this is no relay."""
        try:
            known = await sync_to_async(_is_ours, thread_sensitive=True)(address)
        except DatabaseError:
            log.exception("The database did not answer")
            return "451 4.3.0 Try again later"
        if not known:
            return "550 5.1.1 No such mailbox here"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Store the bytes, once for each of our mailboxes, and only then say that we have them."""
        said = await self._store(envelope)
        # LMTP wants an answer for each recipient; all of them stand in the one row, or none does.
        return "\r\n".join([said] * len(envelope.rcpt_tos)) if isinstance(server, LMTP) else said

    async def _store(self, envelope: Envelope) -> str:
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        if not raw.strip():
            return "554 5.6.0 The mail is empty"
        try:
            await sync_to_async(_take_afresh, thread_sensitive=True)(
                raw, envelope_from=envelope.mail_from or "", envelope_to=list(envelope.rcpt_tos), source="smtp"
            )
        except Exception:  # whatever it was, the sender keeps the mail and tries again
            log.exception("A mail could not be stored")
            return "451 4.3.0 Not stored, try again later"
        return "250 2.0.0 Stored"


def _is_ours(address: str) -> bool:
    close_old_connections()
    return bool(Mailbox.addressed_by([address]))


def _take_afresh(raw: bytes, **envelope: Any) -> list[int]:
    close_old_connections()  # between two mails the database may have been away; nobody else asks in this process
    return take(raw, **envelope)


def take(raw: bytes, *, envelope_from: str, envelope_to: list[str], source: str) -> list[int]:
    """Store one arriving mail for each mailbox it is addressed to and ring a worker. Returns the rows' ids."""
    from tickets.tasks import receive_inbound_email

    ids = []
    for mailbox in Mailbox.addressed_by(envelope_to):
        inbound, is_new = storing.store(
            raw, mailbox=mailbox, envelope_from=envelope_from, envelope_to=envelope_to, source=source
        )
        ids.append(inbound.pk)
        if is_new:
            ring(receive_inbound_email, inbound_email_id=inbound.pk)
    return ids


def protocol() -> SMTP:
    """The conversation with one sender. The size limit is announced, and lines may be long, as real mail's are."""
    speak = LMTP if settings.MAIL_PROTOCOL == "lmtp" else SMTP
    return speak(
        Listener(),
        data_size_limit=settings.MAIL_SIZE_LIMIT,
        ident="Puente",
        enable_SMTPUTF8=True,
        tls_context=tls_context(),
    )


def tls_context() -> ssl.SSLContext | None:
    """The certificate by which we offer STARTTLS; None where none is set. Raises OSError for one that is not good."""
    if not settings.MAIL_TLS_CERT:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.MAIL_TLS_CERT, settings.MAIL_TLS_KEY or None)
    return context
