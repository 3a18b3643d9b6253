"""Delivery -> the mail that leaves the house: RFC 5322, plain text and HTML with the same words in the same order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _t

from helpdesk.common import tokens
from helpdesk.common.html import html_from_text
from helpdesk.common.moments import day, moment
from helpdesk.common.text import excerpt, normalise, safe_filename
from helpdesk.people.access import Ability
from helpdesk.people.models import Company, User
from tickets import acknowledging, identities, notifying, requesters
from tickets.mail import identity, quoting
from tickets.models import (
    Attachment,
    Delivery,
    Mailbox,
    Message,
    Notification,
    SideConversation,
    SideMessage,
    Ticket,
)

MOST_REFERENCES = 40  # the first of the thread and the latest: some servers stop reading a header that is longer
LONGEST_ID = 300
MOST_QUOTED = 10_000
_CONTENT_TYPE = re.compile(r"([a-z]+)/([a-z0-9][a-z0-9.+_-]*)")
_DOMAIN = re.compile(r"[A-Za-z0-9._-]+")
MOST_LINKS = 5
MOST_IN_DIGEST = 40  # tickets: more make a mail too heavy to read, and the page has them all
PREHEADER = 100
FOLLOW_LASTS = tokens.LIFETIME[tokens.Purpose.FOLLOW_TICKET]


class _Lines(EmailPolicy):
    """Lists of ids and links are folded between them only. The library would break a long one and encode its halves,
    and no mail program could read it: threads and "unsubscribe" would end there."""

    WHOLE = frozenset({"in-reply-to", "references", "list-unsubscribe", "message-id", "x-puente-message"})

    def fold(self, name: str, value: Any) -> str:
        if name.lower() not in self.WHOLE:
            return super().fold(name, value)
        return f"{name}: {f'{self.linesep} '.join(str(value).split())}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() not in self.WHOLE:
            return super().fold_binary(name, value)
        return self.fold(name, value).encode("ascii", "replace")


LINES = _Lines(linesep="\r\n")


@dataclass(frozen=True)
class Letter:
    """What a mail says; the envelope and the threading headers are the same for all.

    `stop_url`: where whoever wants no more of its kind can say so with one click, for all that nobody asked for.
    """

    subject: str
    text: str
    html: str
    stop_url: str = ""


@dataclass(frozen=True)
class Block:
    """A titled list below the agent's words, such as what we promised."""

    title: str
    lines: list[str]


Composer = Callable[[Delivery], Letter]
BlockMaker = Callable[[Message], Block | None]
_composers: dict[str, Composer] = {}
_block_makers: list[BlockMaker] = []


def register(kind: str, composer: Composer) -> None:
    """Have deliveries of this kind written by `composer`. Called from above, in AppConfig.ready."""
    _composers[kind] = composer


def register_block(maker: BlockMaker) -> None:
    """Have `maker` add a block below replies. Called from above, in AppConfig.ready."""
    if maker not in _block_makers:
        _block_makers.append(maker)


def compose(delivery: Delivery) -> EmailMessage:
    """The finished mail, in the customer's language. Composing twice gives the same Message-ID."""
    if delivery.side_message is not None:
        return _compose_side(delivery, delivery.side_message)
    ticket, message = delivery.ticket, delivery.message
    company = Company.current()
    with override(ticket.language or company.language), timezone.override(company.zone):
        letter = _composers.get(delivery.kind, _reply)(delivery)
    mail = EmailMessage(policy=LINES)
    mail["Subject"] = _header(letter.subject)
    mail["From"] = _sender(ticket, message.user if message else None, company)
    mail["To"] = _recipients(message.to if message else [delivery.address], delivery)
    if message and message.cc:
        mail["Cc"] = _recipients(message.cc, delivery)
    if ticket.mailbox and message:
        mail["Reply-To"] = reply_address(ticket.mailbox, ticket)
    mail["Date"] = format_datetime((message.said_at if message else delivery.created_at).astimezone())
    mail["Message-ID"] = f"<{delivery.rfc_id}>"
    if message:
        _thread(mail, ticket, message)
    mail["X-Puente-Ticket"] = identity.ticket_mark(ticket.number)
    mail["X-Puente-Message"] = f"<{delivery.rfc_id}>"  # relays that put their own Message-ID leave this one
    if message is None or message.is_automatic:
        mail["Auto-Submitted"] = "auto-replied" if delivery.kind == "acknowledgement" else "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
    if letter.stop_url:
        mail["List-Unsubscribe"] = f"<{letter.stop_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return _filled(mail, letter, files=_files(message)[0] if message else ())


def _compose_side(delivery: Delivery, said: SideMessage) -> EmailMessage:
    """A mail to somebody outside. Nothing in it names the ticket or its customer: neither envelope nor headers do, and
    the words are those that its writer typed and chose."""
    ticket, conversation, company = delivery.ticket, said.conversation, Company.current()
    with override(company.language), timezone.override(company.zone):
        letter = _composers[delivery.kind](delivery)
    mail = EmailMessage(policy=LINES)
    mail["Subject"] = _header(letter.subject)
    mail["From"] = _sender(ticket, said.user, company)
    mail["To"] = wire_address(delivery.address)
    if ticket.mailbox:
        mail["Reply-To"] = side_address(ticket.mailbox, conversation)
    mail["Date"] = format_datetime(said.said_at.astimezone())
    mail["Message-ID"] = f"<{delivery.rfc_id}>"
    earlier = conversation.messages.exclude(rfc_id="").filter(pk__lt=said.pk).order_by("pk")
    chain = [(i, user is None) for i, user in earlier.values_list("rfc_id", "user") if _is_plain_id(i)]
    _answer(mail, chain)
    mail["X-Puente-Message"] = f"<{delivery.rfc_id}>"
    return _filled(mail, letter, files=_going_along(said.attachments.order_by("pk"))[0])


def _filled(mail: EmailMessage, letter: Letter, *, files: Iterable[Attachment]) -> EmailMessage:
    mail.set_content(letter.text, cte="quoted-printable")
    mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    for attachment in files:
        _attach(mail, attachment)
    return mail


def _header(text: str) -> str:
    return _as_it_stands(normalise(text, single_line=True)[:200])


def _as_it_stands(text: str) -> str:
    """Words of a stranger's for a header. The library would decode what looks like an encoded word, and line ends that
    come out of it would begin a header of the stranger's own."""
    return text.replace("=?", "= ?")


def reply_address(mailbox: Mailbox, ticket: Ticket) -> str:
    """Where answers go: with the ticket's token once the mailbox is known to take plus-addresses."""
    if not mailbox.takes_plus_addresses:
        return mailbox.address
    return identity.reply_address(mailbox.address, number=ticket.number)


def side_address(mailbox: Mailbox, conversation: SideConversation) -> str:
    """Where somebody outside answers; without plus-addresses the Message-ID alone says where it belongs."""
    if not mailbox.takes_plus_addresses:
        return mailbox.address
    return identity.side_address(mailbox.address, conversation=conversation.pk)


def follow_url(ticket: Ticket) -> str:
    """The signed link by which the customer follows the ticket without an account."""
    token = tokens.make(tokens.Purpose.FOLLOW_TICKET, **requesters.link_values(ticket))
    return settings.PUBLIC_URL + reverse("portal:request", args=[token])


# --- Envelope --------------------------------------------------------------------------------------------------------


def _sender(ticket: Ticket, writer: User | None, company: Company) -> Address:
    """ "Daniel, Alborada": the person first, then whose helpdesk it is."""
    name = ticket.mailbox.name if ticket.mailbox else company.name
    if writer:
        name = f"{writer.first_name}, {name}"
    address = ticket.mailbox.address if ticket.mailbox else default_sender()
    return Address(_as_it_stands(normalise(name, single_line=True)[:100]), addr_spec=address)


def default_sender() -> str:
    """Where mail comes from that belongs to no mailbox: the first one, or an address of this host."""
    first = Mailbox.objects.filter(is_active=True).order_by("pk").first()
    return first.address if first else "helpdesk@localhost"


def _recipients(addresses: list[str], delivery: Delivery) -> str:
    """All recipients as everybody sees them; the one this copy is for is always among them."""
    return ", ".join(wire_address(address) for address in addresses or [delivery.address])


def wire_address(address: str) -> str:
    """The address as servers write it: a domain in other letters than ours has a spelling in ours."""
    local, at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        spelled = domain.encode("idna").decode()
    except UnicodeError:
        return address
    # Some letters become a comma or an "@" in it, and one address would be two.
    return local + at + spelled if _DOMAIN.fullmatch(spelled) else address


def _thread(mail: EmailMessage, ticket: Ticket, message: Message) -> None:
    """What it answers, the customer's latest words, and the thread that it belongs to from its first mail on."""
    earlier = ticket.messages.exclude(rfc_id="").filter(pk__lt=message.pk).order_by("pk")
    rows = earlier.values_list("rfc_id", "author")
    _answer(mail, [(i, author == "customer") for i, author in rows if _is_plain_id(i)])


def _answer(mail: EmailMessage, chain: list[tuple[str, bool]]) -> None:
    """Name what the mail answers. The chain is all that was said before: a Message-ID, and whether it is theirs."""
    if not chain:
        return
    answered = next((i for i, is_theirs in reversed(chain) if is_theirs), chain[-1][0])
    ids = [*dict.fromkeys(i for i, _is_theirs in chain if i != answered), answered]
    mail["In-Reply-To"] = f"<{answered}>"
    mail["References"] = " ".join(f"<{i}>" for i in (*ids[:1], *ids[1:][-MOST_REFERENCES:]))


def _is_plain_id(rfc_id: str) -> bool:
    """A stranger's program made it up: what would not stand in a header as it is, is left out of ours."""
    return len(rfc_id) <= LONGEST_ID and rfc_id.isascii() and rfc_id.isprintable() and not set(rfc_id) & set(" <>")


# --- Files -----------------------------------------------------------------------------------------------------------


def _files(message: Message) -> tuple[list[Attachment], list[Attachment]]:
    """The files that go along, and those that do not."""
    return _going_along(message.attachments.order_by("pk"))


def _going_along(attachments: Iterable[Attachment]) -> tuple[list[Attachment], list[Attachment]]:
    """Not those that are too many bytes for most servers, or were found to do harm."""
    along, left, room = [], [], settings.UPLOAD_TOTAL_MB * 1024 * 1024
    for attachment in attachments:
        if attachment.threat or attachment.size > room:
            left.append(attachment)
        else:
            along.append(attachment)
            room -= attachment.size
    return along, left


def _attach(mail: EmailMessage, attachment: Attachment) -> None:
    found = _CONTENT_TYPE.fullmatch(attachment.content_type.lower())
    kind, sub = (found[1], found[2]) if found else ("application", "octet-stream")
    if kind in ("message", "multipart"):  # these may not be written in base64, and programs would open them in place
        kind, sub = "application", "octet-stream"
    with attachment.file.open("rb") as file:
        name = safe_filename(attachment.filename) or "file"
        mail.add_attachment(file.read(), maintype=kind, subtype=sub, filename=name)


# --- The kinds that tickets itself writes ----------------------------------------------------------------------------


def render(template: str, *, ticket: Ticket, **context: Any) -> tuple[str, str]:
    """The two parts of a mail from `mail/<template>.txt` and `.html`."""
    full = {"ticket": ticket, "company": Company.current(), "follow_url": follow_url(ticket), **context}
    return render_to_string(f"mail/{template}.txt", full).strip() + "\n", render_to_string(
        f"mail/{template}.html", full
    )


def _subject(ticket: Ticket) -> str:
    subject = ticket.subject if ticket.subject.lower().startswith("re:") else f"Re: {ticket.subject}"
    return f"{subject} [#{ticket.number}]" if f"[#{ticket.number}]" not in subject else subject


def _reply(delivery: Delivery) -> Letter:
    message = delivery.message
    assert message is not None
    blocks = [block for maker in _block_makers if (block := maker(message))]
    if left := [file for file in _files(message)[1] if not file.threat]:
        names = [safe_filename(file.filename) for file in left]
        blocks.append(Block(_t("Files too large for a mail; you find them with your request"), names))
    name, closing = _signature(message, delivery.ticket)
    text, html = render(
        "reply",
        ticket=delivery.ticket,
        message=message,
        blocks=blocks,
        follow_url=follow_url(delivery.ticket) if is_requesters(delivery) else "",
        body_html=html_from_text(message.text),
        preheader=excerpt(message.text, limit=PREHEADER),
        separator=quoting.SEPARATORS.get((get_language() or "en")[:2], quoting.SEPARATORS["en"]),
        signature=name,
        closing=closing,
        quoted=_quoted(message),
    )
    return Letter(_subject(delivery.ticket), text, html)


def is_requesters(delivery: Delivery) -> bool:
    """Whoever has the link to a request reads all of it and speaks as its customer: nobody on Cc gets it."""
    theirs = delivery.ticket.requester.addresses.filter(address=delivery.address).first()
    return theirs is not None and identities.may_read(theirs, delivery.ticket)


def _quoted(message: Message) -> Message | None:
    """The customer's latest words before this reply, where the mailbox wants them repeated. Usually it does not: they
    have them already, and whoever is added to Cc would read what was not written to them."""
    mailbox = message.ticket.mailbox
    if mailbox is None or not mailbox.quotes_history:
        return None
    theirs = message.ticket.messages.filter(author="customer", is_auto=False, is_from_stranger=False)
    latest = theirs.filter(pk__lt=message.pk).order_by("-pk").first()
    if latest and len(latest.text) > MOST_QUOTED:
        latest.text = latest.text[:MOST_QUOTED].rsplit("\n", 1)[0] + "\n…"
    return latest


def _signature(message: Message | SideMessage, ticket: Ticket) -> tuple[str, list[str]]:
    """The first name of whoever wrote it, unless they signed it themselves, and the lines of the mailbox below it:
    its signature, unless the writer put it there, or the company's name."""
    if message.user is None:
        return "", []
    name = message.user.first_name
    signed = "\n".join(message.text.strip().splitlines()[1:][-3:])
    if name.casefold() in signed.casefold():
        name = ""
    mailbox = ticket.mailbox
    signature = mailbox.signature.strip() if mailbox else ""
    if not signature:
        return name, [Company.current().name] if name else []
    if " ".join(message.text.split()).endswith(" ".join(signature.split())):
        return "", []
    return name, [line.strip() for line in signature.splitlines()]


def _side(delivery: Delivery) -> Letter:
    """What one of us writes to somebody outside. The template is given no ticket: it could not name it by mistake."""
    said = delivery.side_message
    assert said is not None
    name, closing = _signature(said, delivery.ticket)
    context = {
        "company": Company.current(),
        "subject": said.conversation.subject,
        "text": said.text,
        "body_html": html_from_text(said.text),
        "preheader": excerpt(said.text, limit=PREHEADER),
        "separator": quoting.SEPARATORS.get((get_language() or "en")[:2], quoting.SEPARATORS["en"]),
        "signature": name,
        "closing": closing,
        "quoted": said.quoted,
    }
    text = render_to_string("mail/side.txt", context).strip() + "\n"
    is_first = not said.conversation.messages.filter(pk__lt=said.pk).exists()
    subject = said.conversation.subject
    if not is_first and not subject.lower().startswith("re:"):
        subject = f"Re: {subject}"
    return Letter(subject, text, render_to_string("mail/side.html", context))


def _acknowledgement(delivery: Delivery) -> Letter:
    ticket = delivery.ticket
    reply_by = acknowledging.expected_reply_by(ticket)
    is_ahead = reply_by > timezone.now()  # composed late, after an outage, it must not promise what has passed
    text, html = render("acknowledgement", ticket=ticket, reply_by=moment(reply_by) if is_ahead else "")
    return Letter(acknowledging.subject(number=ticket.number), text, html)


def _link(delivery: Delivery) -> Letter:
    """The way back to a request, and to their other recent ones. Numbers and days alone: a stranger may have typed
    the rest, and this goes to whoever owns the address."""
    ticket = delivery.ticket
    theirs = ticket.requester.addresses.filter(address=delivery.address).first()
    others = identities.tickets_for(theirs).exclude(pk=ticket.pk).newest_first()[: MOST_LINKS - 1] if theirs else []
    links = [(other.number, day(other.created_at), follow_url(other)) for other in (ticket, *others)]
    text, html = render("link", ticket=ticket, links=links, lasts_days=FOLLOW_LASTS.days)
    return Letter(_t("Your link to request [#%(number)s]") % {"number": ticket.number}, text, html)


def _notification(delivery: Delivery) -> Letter:
    """One thing that one of us was told and has not read. Never a word of a note: see `notifying.words_of`."""
    notification = delivery.notification
    assert notification is not None
    user, mailbox = notification.user, delivery.ticket.mailbox
    with override(user.language or Company.current().language), timezone.override(user.zone):
        text, html = render(
            "notification",
            ticket=delivery.ticket,
            notification=notification,
            actor=notification.event.actor,
            due=notifying.what_it_is(notification),
            url=settings.PUBLIC_URL + delivery.ticket.get_absolute_url(),
            choices_url=settings.PUBLIC_URL + reverse("workspace:notice-choices"),
            is_between_us=delivery.kind == "notice",
            is_answerable=bool(mailbox and mailbox.trusted_servers) and delivery.kind == "notification",
            reaches_customer=user.may(Ability.REPLY),
        )
        subject = f"{notification.get_kind_display()} [#{delivery.ticket.number}]"
    return Letter(subject, text, html, stop_url=stop_notices_url(user, notification.kind))


def _digest(delivery: Delivery) -> Letter:
    """Everything one of us has not read and wants in one mail a day, ticket by ticket."""
    first = delivery.notification
    assert first is not None
    user, told = first.user, notifying.digest_of(first)
    by_ticket: dict[Ticket, list[Notification]] = {}
    for row in told:
        by_ticket.setdefault(row.ticket, []).append(row)
    with override(user.language or Company.current().language), timezone.override(user.zone):
        tickets = [
            (ticket, settings.PUBLIC_URL + ticket.get_absolute_url(), [(row, moment(row.created_at)) for row in rows])
            for ticket, rows in list(by_ticket.items())[:MOST_IN_DIGEST]
        ]
        subject = ngettext("%(n)s notification you have not read", "%(n)s notifications you have not read", len(told))
        text, html = render(
            "digest",
            ticket=delivery.ticket,
            headline=subject % {"n": len(told)},
            tickets=tickets,
            left_out=len(by_ticket) - len(tickets),
            url=settings.PUBLIC_URL + reverse("workspace:notifications"),
            choices_url=settings.PUBLIC_URL + reverse("workspace:notice-choices"),
        )
    return Letter(subject % {"n": len(told)}, text, html, stop_url=stop_notices_url(user, notifying.DIGEST))


def stop_notices_url(user: User, kind: str) -> str:
    """Where one click ends the mails of this kind, for programs that show a button for it."""
    token = tokens.make(tokens.Purpose.STOP_NOTICES, user=user.pk, kind=str(kind))
    return settings.PUBLIC_URL + reverse("workspace:notice-stop", args=[token])


register("acknowledgement", _acknowledgement)
register("link", _link)
register("side", _side)
register("notification", _notification)
register("notice", _notification)
register("digest", _digest)
