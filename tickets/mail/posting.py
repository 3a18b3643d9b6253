"""One finished mail to a server that takes it: over SMTP, through a mail service, or onto the outbox page."""

from __future__ import annotations

import contextlib
import ipaddress
import smtplib
import socket
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlparse

from django.conf import settings
from django.utils.translation import gettext as _t

from tickets.mail import trouble
from tickets.mail.composing import wire_address
from tickets.models import OutboxEmail

TIMEOUT = 15.0  # seconds for each step of the conversation
ALL_TOGETHER = 70.0  # for the whole of it: a server that drips must not outlast our claim
GOODBYE = 3.0


class NotNow(Exception):
    """The server could not take the mail this time."""


class Never(Exception):
    """The server will not take this mail; trying again changes nothing."""


@dataclass(frozen=True)
class Taken:
    """A server has the mail: what it said, and what it calls the mail where it gives it a name of its own."""

    answer: str
    provider_id: str = ""

    def __str__(self) -> str:
        return self.answer


Result = Taken | NotNow | Never


def post(mail: EmailMessage, *, to: str, allows_plain: bool = False) -> Taken:
    """Hand one mail over for one recipient. Raises NotNow or Never.

    Without a server (neither SMTP_URL nor MAIL_SERVICE) the mail goes to the outbox page, never to the internet.
    """
    (result,) = post_to_all(mail, to=[to], allows_plain=allows_plain)
    if isinstance(result, Taken):
        return result
    raise result


def post_to_all(mail: EmailMessage, *, to: Sequence[str], allows_plain: bool = False) -> list[Result]:
    """Hand one mail over for several recipients. What became of it for each, in their order."""
    if settings.MAIL_SERVICE:
        from tickets.mail import services  # its libraries cost nothing where no service is used

        return services.post(mail, to=to)
    if not settings.SMTP_URL:
        return [_keep(mail, to=address) for address in to]
    return [_try(mail, to=address, allows_plain=allows_plain) for address in to]


def _keep(mail: EmailMessage, *, to: str) -> Taken:
    OutboxEmail.objects.create(address=to, subject=str(mail["Subject"])[:255], raw=mail.as_bytes())
    return Taken(_t("In the outbox of this installation"))


# --- SMTP ------------------------------------------------------------------------------------------------------------


def _try(mail: EmailMessage, *, to: str, allows_plain: bool) -> Result:
    """What the conversation comes to. Whatever fails before the mail is named is ours to mend, not this mail's
    fault: a refused sign-in, a missing encryption, a name that cannot be found. Such mail is tried again."""
    try:
        server = _connect()
    except (smtplib.SMTPException, OSError) as error:
        return NotNow(_told(error))
    hang_up = threading.Timer(ALL_TOGETHER, _hang_up, [server])
    hang_up.daemon = True
    hang_up.start()
    has_named_it = False
    try:
        _introduce_us(server, allows_plain=allows_plain)
        has_named_it = True
        return Taken(_hand_over(server, mail, to=to))
    except (NotNow, Never) as error:
        return error
    except (smtplib.SMTPException, OSError) as error:
        is_final = has_named_it and 500 <= getattr(error, "smtp_code", 0) < 600
        return (Never if is_final else NotNow)(_told(error))
    finally:
        hang_up.cancel()
        server.close()


def _connect() -> smtplib.SMTP:
    host, port = _server()
    if urlparse(settings.SMTP_URL).scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
    return smtplib.SMTP(host, port, timeout=TIMEOUT)


def _server() -> tuple[str, int]:
    url = urlparse(settings.SMTP_URL)
    return url.hostname or "localhost", url.port or (465 if url.scheme == "smtps" else 25)


def _introduce_us(server: smtplib.SMTP, *, allows_plain: bool) -> None:
    """Say who we are; encrypted, where the server is not on this machine."""
    url = urlparse(settings.SMTP_URL)
    server.ehlo_or_helo_if_needed()
    if url.scheme == "smtp" and not _is_loopback(url.hostname or "localhost"):
        # Not on this machine: a certificate for 127.0.0.1 would prove nothing.
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo_or_helo_if_needed()
        elif not allows_plain:
            raise NotNow(_t("The mail server offers no encryption, so nothing was sent."))
    if url.username:
        server.login(unquote(url.username), unquote(url.password or ""))


def _hand_over(server: smtplib.SMTP, mail: EmailMessage, *, to: str) -> str:
    """From MAIL to the server's answer. After that the mail is theirs: how the goodbye goes changes nothing."""
    raw = mail.as_bytes()
    options = [f"SIZE={len(raw)}"] if server.has_extn("size") else []
    to = wire_address(to)
    if not to.isascii():
        if not server.has_extn("smtputf8"):
            raise Never(_t("The mail server cannot write to an address with such letters."))
        options.append("SMTPUTF8")
        server.command_encoding = "utf-8"
    _expect(server.mail(mail["From"].addresses[0].addr_spec, options))
    _expect(server.rcpt(to))
    code, said = _expect(server.data(raw))
    with contextlib.suppress(smtplib.SMTPException, OSError):
        if server.sock:
            server.sock.settimeout(GOODBYE)
        server.quit()
    return f"{code} {said}"


def _expect(answer: tuple[int, bytes]) -> tuple[int, str]:
    code, said = answer
    if not 200 <= code < 300:
        raise smtplib.SMTPResponseException(code, said)
    return code, _words(said)


def _hang_up(server: smtplib.SMTP) -> None:
    """End a conversation that another thread is waiting in."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        # Not the TLS layer's own shutdown: it would take its state away from under the other thread.
        socket.socket.shutdown(server.sock, socket.SHUT_RDWR)  # type: ignore[arg-type]


def _told(error: Exception) -> str:
    said = f"{error.smtp_code} {_words(error.smtp_error)}" if isinstance(error, smtplib.SMTPResponseException) else ""
    host, port = _server()
    if isinstance(error, smtplib.SMTPAuthenticationError):
        words = _t("%(host)s does not accept the user name or the password: %(said)s")
        return words % {"host": host, "said": said}
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return _t("%(host)s ended the connection: %(said)s") % {"host": host, "said": error}
    if said or isinstance(error, smtplib.SMTPException):
        return said or _t("%(host)s refused: %(said)s") % {"host": host, "said": error}
    return trouble.words_for(error, host=host, port=port)


def _words(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
