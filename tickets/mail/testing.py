"""Does a mailbox work? Tried for real: a mail through our own listener, a mail through the outgoing server."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext

from tickets.mail import imap, sending
from tickets.models import InboundEmail, Mailbox, MailSource

TIMEOUT = 10


@dataclass(frozen=True)
class Step:
    """One thing that was tried, whether it worked, and what was seen."""

    name: str
    is_ok: bool
    seen: str


def try_out(mailbox: Mailbox, *, send_to: str) -> list[Step]:
    """Try both ways and remember on the mailbox what worked: when it was tested, and plus-addresses.

    That our listener takes plus-addresses says nothing of a mailbox that is read elsewhere.
    """
    source = MailSource.objects.filter(mailbox=mailbox).first()
    came_in = try_source(source) if source else [_arrives(mailbox)]
    if all(step.is_ok for step in came_in):
        takes_plus = mailbox.takes_plus_addresses or source is None
        Mailbox.objects.filter(pk=mailbox.pk).update(takes_plus_addresses=takes_plus, tested_at=timezone.now())
        mailbox.refresh_from_db()
    return [*came_in, _leaves(mailbox, to=send_to)]


def _mail(*, subject: str, sender: str, to: str, text: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["Subject"], mail["From"], mail["To"] = subject, sender, to
    mail["Date"], mail["Message-ID"] = format_datetime(timezone.now()), make_msgid(domain="puente.invalid")
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    return mail


def _arrives(mailbox: Mailbox) -> Step:
    """Hand a mail for a plus-address of the mailbox to our listener and look for its row."""
    name = _t("Mail comes in")
    local, _at, domain = mailbox.address.partition("@")
    to = f"{local}+test@{domain}"
    mail = _mail(subject="Test", sender="test@puente.invalid", to=to, text="A test of the mailbox.")
    host = "127.0.0.1" if settings.MAIL_HOST in ("0.0.0.0", "::") else settings.MAIL_HOST  # noqa: S104
    try:
        with smtplib.SMTP(host, settings.MAIL_PORT, timeout=TIMEOUT) as server:
            server.send_message(mail, to_addrs=[to])
    except (smtplib.SMTPException, OSError) as error:
        return Step(
            name, False, _t("The listener on port %(p)s did not take it: %(e)s") % {"p": settings.MAIL_PORT, "e": error}
        )
    rfc_id = str(mail["Message-ID"]).strip("<>")
    # Put away at once: a test is nobody's message.
    arrived = InboundEmail.objects.filter(mailbox=mailbox, rfc_id=rfc_id)
    if not arrived.update(state=InboundEmail.State.DISCARDED, reason=_t("A test of the mailbox.")):
        return Step(name, False, _t("The listener took the mail, but it is not in the database."))
    return Step(
        name,
        True,
        _t("A mail to %(a)s arrived. Point your mail server at port %(p)s.") % {"a": to, "p": settings.MAIL_PORT},
    )


def _leaves(mailbox: Mailbox, *, to: str) -> Step:
    name = _t("Mail goes out")
    if not (settings.SMTP_URL or settings.MAIL_SERVICE):
        # True of a trial, and nothing that somebody should take for a mail server.
        return Step(name, False, _t("There is no mail server yet: mail stays in the outbox here. Set SMTP_URL."))
    sender = Address(mailbox.name, addr_spec=mailbox.address)
    text = _t("If you read this, Puente can send mail as %(a)s.") % {"a": mailbox.address}
    mail = _mail(subject=_t("A test from Puente"), sender=str(sender), to=to, text=text)
    try:
        answer = sending.post(mail, to=to, allows_plain=mailbox.allows_plain_smtp)
    except (sending.NotNow, sending.Never) as error:
        return Step(name, False, str(error))
    return Step(name, True, _t("To %(to)s: %(answer)s") % {"to": to, "answer": answer})


# --- A mailbox elsewhere ---------------------------------------------------------------------------------------------


def try_source(source: MailSource) -> list[Step]:
    """Try to reach a mailbox on an IMAP server, step by step, as far as it goes. Reads no mail and changes nothing.

    The source need not be saved.
    """
    steps: list[Step] = []
    names = [_t("Connect"), _t("Sign in"), _t("Inbox")]
    try:
        with imap.dialled(source) as line:
            steps.append(Step(names[0], True, _reached(source)))
            line.sign_in()
            steps.append(Step(names[1], True, _t("Signed in as %(user)s.") % {"user": source.username}))
            steps.append(Step(names[2], True, _holds(imap.INBOX, line.count(imap.INBOX))))
            steps.extend(_folder_steps(source, line))
    except imap.ServerTrouble as trouble:
        name = names[len(steps)] if len(steps) < len(names) else _t("Folders")
        steps.append(Step(name, False, str(trouble)))
    return steps


def _folder_steps(source: MailSource, line: imap.Line) -> Iterator[Step]:
    found = line.folders()
    if source.sent_folder:
        name = _t("Folder of sent mail")
        if source.sent_folder in found:
            yield Step(name, True, _holds(source.sent_folder, line.count(source.sent_folder)))
        else:
            yield Step(name, False, _not_there(source.sent_folder, found))
    if source.after_reading == MailSource.AfterReading.MOVE:
        name = _t("Moving")
        if not source.move_to or source.move_to.upper() == imap.INBOX:
            yield Step(name, False, _t("Name another folder than the inbox."))
        elif not line.can_move:
            yield Step(name, False, _t("The server cannot move single mails, so they stay where they are."))
        elif source.move_to in found:
            yield Step(name, True, _t("What was read goes to %(folder)s.") % {"folder": source.move_to})
        else:
            yield Step(name, True, _t("%(folder)s is made with the first mail.") % {"folder": source.move_to})
    if source.uses_idle and line.can_ring:
        yield Step(_t("New mail"), True, _t("The server tells us at once."))
    else:
        yield Step(_t("New mail"), True, _t("We ask every minute."))


def _reached(source: MailSource) -> str:
    place = {"host": source.host, "port": source.port}
    if source.security == MailSource.Security.NONE:
        return _t("%(host)s answers on port %(port)s, without encryption.") % place
    return _t("%(host)s answers on port %(port)s, encrypted, with a good certificate.") % place


def _holds(folder: str, n: int) -> str:
    return ngettext("%(folder)s holds %(n)s mail.", "%(folder)s holds %(n)s mails.", n) % {"folder": folder, "n": n}


def _not_there(folder: str, found: list[str]) -> str:
    names = {"folder": folder, "found": ", ".join(found[:40])}
    return _t("There is no folder %(folder)s. There are: %(found)s") % names
