"""What a mail is known by: our Message-IDs, reply addresses, and the key under which an arriving mail is stored.

Pure. A Message-ID of ours names ticket and message and carries a fingerprint over both, so that a reply finds its
thread and nobody can make one up. A reply address carries the ticket's fingerprint the same way.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from email.parser import BytesHeaderParser

from helpdesk.common import tokens

_MESSAGE_ID = re.compile(r"^<?(?P<kind>[mn])\.(?P<number>\d{1,12})\.(?P<pk>\d{1,15})\.(?P<mac>[0-9a-f]{16})@[^>\s]+>?$")
_OURS = re.compile(r"^<?[mnl]\.\d{1,12}\.[0-9a-f.]{1,40}@[^>\s]+>?$")
_SIDE_TOKEN = re.compile(r"^[^+@\s]+\+s(?P<conversation>\d{1,15})\.(?P<mac>[0-9a-f]{16})@[^@\s]+$", re.IGNORECASE)
_SIDE_ID = re.compile(r"^<?s\.\d{1,15}\.\d{1,15}\.[0-9a-f]{16}@[^>\s]+>?$")
_REPLY_TOKEN = re.compile(r"^[^+@\s]+\+r(?P<number>\d{1,12})\.(?P<mac>[0-9a-f]{16})@[^@\s]+$", re.IGNORECASE)
MOST_NUMBERS = 3
_SUBJECT_NUMBER = re.compile(r"\[#(\d{1,12})\]")


@dataclass(frozen=True)
class OwnId:
    """What one of our Message-IDs names."""

    number: int
    message: int | None  # None: a notification to an agent


def new_number() -> int:
    """What a new message is called in its Message-ID: by chance, so that the row can be written at once with it."""
    return secrets.randbelow(10**15)


def message_id(*, number: int, message: int, domain: str) -> str:
    """The Message-ID of an outgoing message, without angle brackets."""
    return f"m.{number}.{message}.{tokens.mac('message', number, message)}@{domain}"


def notification_id(*, number: int, notification: int, domain: str) -> str:
    """The Message-ID of a mail that tells an agent something."""
    return f"n.{number}.{notification}.{tokens.mac('notification', number, notification)}@{domain}"


def link_id(*, number: int, domain: str) -> str:
    """The Message-ID of a mail that only brings a link. Random: an answer to it is known by the row of its delivery."""
    return f"l.{number}.{secrets.token_hex(8)}@{domain}"


def side_id(*, conversation: int, domain: str) -> str:
    """The Message-ID of a mail to somebody outside. It names no ticket, and like that of a link it is known by its row
    alone: the fingerprint makes sure that nobody guesses one."""
    number = new_number()
    return f"s.{conversation}.{number}.{tokens.mac('side', conversation, number)}@{domain}"


def form_id(*, key: str, domain: str) -> str:
    """What a message typed into a form of ours is known by: the same form sent twice has the same."""
    return f"w.{tokens.mac('form', key, length=32)}@{domain}"


def looks_ours(text: str) -> bool:
    """Whether a Message-ID has the shape of ours: worth a look into the books, and no proof."""
    return bool(_OURS.match(text.strip()))


def looks_side(text: str) -> bool:
    """Whether a Message-ID has the shape of one to somebody outside."""
    return bool(_SIDE_ID.match(text.strip()))


def read_message_id(text: str) -> OwnId | None:
    """What the Message-ID names when we made it; None when somebody else did, or made it up."""
    match = _MESSAGE_ID.match(text.strip())
    if not match:
        return None
    kind = "message" if match["kind"] == "m" else "notification"
    number, pk = int(match["number"]), int(match["pk"])
    if not tokens.same(match["mac"], tokens.mac(kind, number, pk)):
        return None
    return OwnId(number=number, message=pk if kind == "message" else None)


def reply_address(mailbox_address: str, *, number: int) -> str:
    """support+r10042.<fingerprint>@example.com"""
    local, _at, domain = mailbox_address.rpartition("@")
    return f"{local}+r{number}.{tokens.mac('reply', number)}@{domain}"


def read_reply_address(address: str) -> int | None:
    """The ticket number in a reply address of ours; None when there is none or it was made up."""
    match = _REPLY_TOKEN.match(address.strip())
    if not match or not tokens.same(match["mac"].lower(), tokens.mac("reply", int(match["number"]))):
        return None
    return int(match["number"])


def side_address(mailbox_address: str, *, conversation: int) -> str:
    """support+s17.<fingerprint>@example.com: where somebody outside answers."""
    local, _at, domain = mailbox_address.rpartition("@")
    return f"{local}+s{conversation}.{tokens.mac('side reply', conversation)}@{domain}"


def read_side_address(address: str) -> int | None:
    """The side conversation that a reply address of ours names; None when there is none or it was made up."""
    match = _SIDE_TOKEN.match(address.strip())
    if not match or not tokens.same(match["mac"].lower(), tokens.mac("side reply", int(match["conversation"]))):
        return None
    return int(match["conversation"])


def ticket_mark(number: int) -> str:
    """The ticket's number as it stands in a header of our mail: with a fingerprint, as anybody can guess a number."""
    return f"{number}.{tokens.mac('mark', number)}"


def read_ticket_mark(text: str) -> int | None:
    """The number in a mark of ours; None when it was made up."""
    number, _dot, mac = text.strip().partition(".")
    if not (number.isascii() and number.isdecimal() and len(number) <= 12):
        return None
    return int(number) if tokens.same(mac, tokens.mac("mark", int(number))) else None


def numbers_in_subject(subject: str) -> list[int]:
    """The numbers in "[#10042]". Hints only: anybody can type them."""
    return [int(number) for number in dict.fromkeys(_SUBJECT_NUMBER.findall(subject))][:MOST_NUMBERS]


def key_of(raw: bytes) -> tuple[str, str, str]:
    """(key, other key, Message-ID) of a mail that has not been parsed.

    The key is the Message-ID's digest; without one, the digest of the whole mail. The other key also covers the
    sender, subject and body: a program that uses one Message-ID for two different mails must not cost us the second
    one, nor may whoever got a copy of a mail be first with it and have the sender's own put away.
    Never fails: what cannot be read has no Message-ID.
    """
    head, _gap, body = (
        re.split(rb"(\r?\n\r?\n)", raw, maxsplit=1) if re.search(rb"\r?\n\r?\n", raw) else (raw, b"", b"")
    )
    whole = hashlib.sha256(raw).hexdigest()
    try:
        found = BytesHeaderParser().parsebytes(head[: 256 * 1024])
        given = re.sub(r"\s+", "", str(found["Message-ID"] or "")).strip("<>")
        given = "".join(filter(str.isprintable, given))[:998]  # a column of text takes no zero byte
        said = re.sub(r"\s+", "", f"{found['From']}\0{found['Subject']}").encode("utf-8", "replace")
    except Exception:  # noqa: BLE001  a header can be broken in any way; the mail is kept all the same
        given, said = "", b""
    if not given:
        return whole, whole, ""
    squeezed = re.sub(rb"\s+", b"", body)
    return (
        key_of_id(given),
        hashlib.sha256(b"\0".join((given.encode("utf-8", "replace"), said, squeezed))).hexdigest(),
        given,
    )


def key_of_id(message_id: str) -> str:
    """The key of the mail that bears this Message-ID."""
    return hashlib.sha256(message_id.encode("utf-8", "replace")).hexdigest()
