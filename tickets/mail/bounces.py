"""Which of our mails came back, for whom, and whether for good. Pure.

Reports come in the standard form (RFC 3464), as the data of a mail service, or as prose of which every program has its
own: `bounce_prose` reads it. Prose is believed only from a mail system: a customer may quote or forward a bounce to us.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from helpdesk.common.text import normalise, text_from_html
from tickets.mail import loops
from tickets.mail.bounce_prose import ADDRESS, MOST_RECIPIENTS, SMTP_CODE, STATUS, bare, blamed, reason_in
from tickets.mail.bounce_words import DELAYED, FAILED, GAVE_UP, ORIGINAL, PASSING, SUBJECT
from tickets.mail.decoding import decode_addresses, decode_header, message_ids, unfolded
from tickets.mail.parts import Budget, Limits, Part, Unreadable, split


@dataclass(frozen=True, slots=True)
class BouncedRecipient:
    """What became of our mail to one address. `status` is an enhanced code such as 5.1.1, or ""."""

    address: str
    action: str = "failed"
    status: str = ""
    permanent: bool = True
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report that our mail did not arrive, or not yet. `original_message_id` is "" when the report does not tell.

    A few programs do not even say whom they could not reach: then there are no recipients.
    """

    recipients: tuple[BouncedRecipient, ...]
    original_message_id: str = ""


_MOST_TEXT = 60_000
_MOST_TOLD = 30_000  # no server has more to say; behind it stands the mail that came back
_RETURNED = {
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/global-headers",
    "message/rfc822-headers",
}


def parse_bounce(message: Part) -> Bounce | None:
    """Return what the report says, None if this is no report or every mail it speaks of arrived."""
    return _bounce_within(message) or _bounce_in(message)


def _bounce_within(message: Part) -> Bounce | None:
    """The report that a gateway or a list put as a whole into a mail of its own."""
    leaves = list(message.leaves)
    wrapped = next((leaf for leaf in leaves if leaf.kind == "message/rfc822"), None)
    if wrapped is None or not _is_machine(message) or any(leaf.kind.endswith("delivery-status") for leaf in leaves):
        return None
    content = wrapped.content()
    if wrapped is not leaves[0] and b"delivery-status" not in content.lower():
        return None  # what is returned is no report
    try:
        inner = split(content, Budget(Limits()))
    except Unreadable:
        return None
    return _bounce_in(inner) if _is_machine(inner) else None


def _bounce_in(message: Part) -> Bounce | None:
    subject = decode_header(message.raw_header("subject")[:2000])
    is_machine = _is_machine(message)
    leaves = list(message.leaves)
    declared = [leaf for leaf in leaves if leaf.kind.endswith("delivery-status")]
    if not is_machine and (_FORWARDED.match(subject) or not (declared or _is_about_failure(subject))):
        return None  # a person, whatever they quote
    if any(leaf.kind == "message/feedback-report" for leaf in leaves):
        return None  # somebody called our mail spam: it arrived
    report = _Report(message, subject, leaves)
    recipients = report.from_fields(declared) or report.from_data()
    failed = [one for one in recipients if one.action in {"failed", "delayed"}]
    if recipients and not failed:
        return None
    if not failed:
        if not report.tells_of_failure():
            return None
        failed = report.from_prose()
        if not failed and not _is_about_failure(subject):
            return None
    unique = {one.address.casefold(): one for one in reversed(failed)}
    return Bounce(tuple(reversed(unique.values()))[:MOST_RECIPIENTS], report.original_message_id())


# --- who says so

_FORWARDED = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|i|vs|vb|doorst|转发|轉寄)\s*:", re.I)
_ANSWER = re.compile(r"\s*(?:re|aw|sv|antw|r|odp|ynt|res|回复|回覆)\s*(?:\[\d+\])?:", re.I)
_DAEMON = re.compile(r"mailer-?_?daemon|mdaemon\b|microsoftexchange\w*@|delivery[ ._-]*(?:sub)?system", re.I)
# People have such names too, at times.
_MACHINE_NAME = re.compile(
    rf"{_DAEMON.pattern}|post-?_?master|mail[ ._-]*(?:delivery|deliver|daemon|router|gateway|admin)|"
    r"system[ ._-]*administrator|gateways?@|\bndr@|\bsmtp[_.-]?(?:mail|service|gateway)|mail_?(?:service|system)|"
    r"mail[ -]server|(?:double-)?bounces?(?:[+=-][^@]*)?@|postoffice@|interscan|imss@|antispam|mailgate|"
    r"administrador del sistema|systemadministrator",
    re.I,
)


def _is_mail_system(message: Part) -> bool:
    """Whether the sender goes by a name that only mail systems have."""
    path = unfolded(message.raw_header("return-path"))
    sender = decode_header(message.raw_header("from")[:1000])
    return bool(
        message.raw_header("x-failed-recipients")
        or message.raw_header("x-amz-sns-message-id")
        or _MACHINE_NAME.search(path)
        or sender in {"", "<>"}
        or _MACHINE_NAME.search(sender)
    )


def _is_machine(message: Part) -> bool:
    """Whether no person wrote this: a mail system did, or somebody who wants no answer."""
    path = next(message.raw_headers("return-path"), None)
    return (path is not None and unfolded(path).replace(" ", "") in {"<>", ""}) or _is_mail_system(message)


def _is_about_failure(subject: str) -> bool:
    return bool(SUBJECT.search(subject)) and not _ANSWER.match(subject)


class _Report:
    """One mail that may be a report, taken into what its server says and what came back."""

    def __init__(self, message: Part, subject: str, leaves: list[Part]) -> None:
        self.message = message
        self.subject = subject
        self.leaves = leaves
        self.told, self.returned = _told_and_returned(leaves)

    # --- the standard form

    def from_fields(self, declared: list[Part]) -> list[BouncedRecipient]:
        found = [one for leaf in declared for one in self._from_fields(_content(leaf))]
        # Some programs send the fields as text, and broken parts end up there.
        if not found and re.search(r"^(?:Final|Original)-Recipient:", self.told, re.I | re.M):
            found = list(self._from_fields(self.told))
        return found

    def _from_fields(self, text: str) -> Iterator[BouncedRecipient]:
        shared: dict[str, str] = {}
        for count, block in enumerate(_blocks(text)):
            if count > MOST_RECIPIENTS:
                return
            address = next((found for name in _NAMING if (found := _address_in(block.get(name, "")))), "")
            if "+" in address and _XTEXT.search(address):
                # Some servers leave the original address coded for SMTP (RFC 3461); the final one tells.
                plain = _XTEXT.sub(lambda match: chr(int(match[1], 16)), address)
                address = plain if plain == _address_in(block.get("final-recipient", "")) else address
            if not address:
                shared |= {name: block[name] for name in ("action", "status", "diagnostic-code") if name in block}
                continue
            block = shared | block
            diagnostic = _without_type(block.get("diagnostic-code", ""))
            if len(diagnostic) < 4:
                diagnostic = self._told_about(address) or _in_brackets(block.get("status", "")) or diagnostic
            yield _recipient(
                address,
                action=_action(block.get("action", "")),
                status=next(iter(STATUS.findall(block.get("status", ""))), ""),
                diagnostic=diagnostic,
            )

    def _told_about(self, address: str) -> str:
        """What the prose beside the fields says about this address; about all of them, if it names none."""
        own = next((reason for named, reason in self._blamed if named.casefold() == address.casefold()), "")
        return own or self._reason_for_all

    @cached_property
    def _reason_for_all(self) -> str:
        return reason_in(self.told) if FAILED.search(self.told) else ""

    @cached_property
    def _blamed(self) -> list[tuple[str, str]]:
        return blamed(self.told)

    # --- data of a mail service

    def from_data(self) -> list[BouncedRecipient]:
        """The notification that Amazon's mail service sends as JSON; old servers fold its long line."""
        text = self.told.lstrip()
        if not text.startswith("{") or not self.message.raw_header("x-amz-sns-message-id"):
            return []
        try:
            # What follows the object is a footer.
            data, _ = json.JSONDecoder().raw_decode(re.sub(r"!\n ?", "", text))
            if isinstance(data.get("Message"), str):
                data = json.loads(data["Message"])
            return list(_from_notification(data))
        except (ValueError, RecursionError, AttributeError, TypeError):
            return []

    # --- prose

    def tells_of_failure(self) -> bool:
        """Whether the text reports that a mail failed; the less the sender is known for reports, the more is asked."""
        if loops.is_away(self.subject):
            return False
        failed = bool(FAILED.search(self.told) or DELAYED.search(self.told))
        failed = failed or bool(self.message.raw_header("x-failed-recipients"))
        is_titled = _is_about_failure(self.subject)
        sender = decode_header(self.message.raw_header("from")[:1000])
        if _DAEMON.search(sender) or self.message.raw_header("x-failed-recipients"):
            return failed or is_titled
        if is_titled and _is_mail_system(self.message):
            return True
        if _is_machine(self.message):  # as are programs that answer for somebody who is away, and some people
            return failed and (is_titled or self._is_technical())
        return failed and is_titled and self._is_technical()

    def from_prose(self) -> list[BouncedRecipient]:
        message, text = self.message, self.told
        named = [one.email for value in message.raw_headers("x-failed-recipients") for one in decode_addresses(value)]
        returned_for = self._recipients_of_returned()
        ours = {one.email.casefold() for name in _OURS for one in decode_addresses(message.raw_header(name))}
        told = blamed(text, ours=ours - returned_for, returned_for=returned_for) or self._local_users()
        if named:
            reasons = {address.casefold(): reason for address, reason in told}
            other = next(iter(reasons.values()), reason_in(text))
            told = [(address, reasons.get(address.casefold(), other)) for address in named]
        if not told:
            in_subject = ADDRESS.search(self.subject)
            guess = (
                [in_subject.group()]
                if in_subject and in_subject.group().casefold() not in ours
                else sorted(returned_for)
            )
            told = [(address, reason_in(text)) for address in guess[:1]]
        found = [_recipient(address, diagnostic=reason) for address, reason in told]
        if DELAYED.search(f"{self.subject}\n{text}") and not GAVE_UP.search(_WILL_TELL.sub(" ", text)):
            found = [replace(one, action="delayed", permanent=False) for one in found]
        return [one for one in found if one.action != "delivered"]

    def _local_users(self) -> list[tuple[str, str]]:
        """Users whom their own provider calls by the first half of their address, a line each."""
        sender = next(iter(decode_addresses(self.message.raw_header("from"))), None)
        told = f"{self.told[:3000]}\n"
        listed = re.search(r":[ \t]{0,9}\n(?:[ \t]{0,40}\n){0,3}((?:[ \t]{0,40}[\w.+-]{2,64}[ \t]{0,9}\n){1,20})", told)
        if not sender or not listed or not FAILED.search(told[: listed.start() + 1]):
            return []
        domain = sender.email.rsplit("@", 1)[-1]
        return [(f"{name}@{domain}", reason_in(told)) for name in listed[1].split()]

    def _is_technical(self) -> bool:
        """Whether a mail is returned or a server quoted: letters of people have neither."""
        has_part = any(leaf.kind.endswith("delivery-status") for leaf in self.leaves)
        return bool(has_part or self.returned or STATUS.search(self.told) or _TECHNICAL.search(self.told))

    def _recipients_of_returned(self) -> set[str]:
        """Whom the mail that came back was for: by the last server that took it, else by its own headers."""
        fields = list(_fields(self.returned))
        for name, value in fields:
            if name == "received" and (taken := _TAKEN_FOR.search(value)):
                return {taken[1].casefold()}
        to = [value for name, value in fields if name in {"to", "x-original-to", "delivered-to"}][:3]
        return {one.email.casefold() for value in to for one in decode_addresses(value[:2000])}

    def original_message_id(self) -> str:
        """The Message-ID of the mail that came back: from its headers, the text, or what the report answers."""
        for text in (self.returned, self.told, *(_content(leaf) for leaf in self.leaves)):
            if found := _message_id_in(text):
                return found
        answered = message_ids(self.message.raw_header("in-reply-to")) or message_ids(
            self.message.raw_header("references")
        )
        return answered[-1] if answered else ""


# "You'll be notified if the delivery fails permanently": it has not.
_WILL_TELL = re.compile(
    r"\b(?:notif\w{2,6}|avis\w{2,6}|inform\w{1,6}|benachrichtig\w{0,4}|nachricht|pr[eé]ven\w{1,4}|told|know)\b[^.]{0,40}?"
    r"\b(?:if|when|si|falls|wenn|sobald|se|caso)\b[^.]{0,120}",
    re.I,
)
_TAKEN_FOR = re.compile(r"\bfor <?(" + ADDRESS.pattern + ")", re.I)
_OURS = ("to", "delivered-to", "envelope-to", "from")
_TECHNICAL = re.compile(
    r"(?<![\d.])5\d\d[ -](?:\d\.\d\.\d|[A-Z<\"']|[a-z]+ )|^\W*(?:failed |intended )?recipients?(?:\(s\))?\W*:|"
    r"\bSMTP\b|\bMTA\b",
    re.M,
)


# --- parts


def _content(part: Part) -> str:
    return part.text()[:_MOST_TEXT]


def _told_and_returned(leaves: list[Part]) -> tuple[str, str]:
    """The words of the server, and the mail it returns, as text."""
    told: list[str] = []
    returned = ""
    for number, leaf in enumerate(leaves):
        if leaf.kind in _RETURNED:
            returned = returned or _content(leaf)
        elif leaf.kind == "text/plain" and not returned:
            text = _content(leaf)
            if number and _HEADERS.match(text):
                returned = text
            else:
                told.append(text)
        elif leaf.kind.startswith("multipart/") and not returned:
            told.append(_content(leaf))  # it promised parts and has none
    if not any(text.strip() for text in told):
        told = [text_from_html(_content(leaf)) for leaf in leaves if leaf.kind == "text/html"][:1]
    text = "\n\n".join(told)[:_MOST_TEXT]
    start = re.match(r"\s*", text)
    original = ORIGINAL.search(text, start.end() if start else 0)
    while original and original.start() < 40 and not text[: original.start()].strip():
        original = ORIGINAL.search(text, original.end())  # a title over everything is no end of the report
    if original:
        returned = returned or text[original.start() :]
        text = text[: original.start()]
    return text[:_MOST_TOLD], returned


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """The headers of a returned mail, which may be indented or quoted; up to its first empty line."""
    name = value = ""
    for line in text.split("\n")[:500]:
        line = line[:2000].removeprefix("> ").removeprefix(">")
        head = _FIELD.match(line)
        if head:
            if name:
                yield name, value
            name, value = head[1].lower(), line[head.end() :]
        elif line.strip():
            value = f"{value} {line.strip()}"[:8000]
        elif name:
            break
    if name:
        yield name, value


_FIELD = re.compile(r"[ \t]{0,7}([A-Za-z][\w-]{0,60}):")
_HEADERS = re.compile(
    r"\s*(?:return-path|received|from|to|date|subject|message-id|x-[\w-]+):[^\n]*\n(?:[ \t][^\n]*\n)*[\w-]+:", re.I
)


def _message_id_in(text: str) -> str:
    match = re.search(
        r"^[> \t]*(?:X-)?(?:Original-)?Message-ID[ \t]*:[ \t]*\n?[ \t]*(<[^<>\s]{1,900}>)", text, re.I | re.M
    )
    return message_ids(match[1])[0] if match else ""


# --- the standard form

_XTEXT = re.compile(r"\+([2-7][0-9A-F])")
_NAMING = ("original-recipient", "final-recipient", "x-actual-recipient", "x-display-name", "recipient")


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """The groups of fields of a delivery-status part; some programs forget the empty line between two recipients."""
    block: dict[str, str] = {}
    last = ""
    for line in [*text.split("\n"), ""]:
        line = line.removeprefix(">")
        if not line.strip():
            if block:
                yield block
            block, last = {}, ""
        elif line[0] in " \t" and last:
            block[last] += " " + line.strip()
        else:
            name, colon, value = line.partition(":")
            if not colon:
                continue
            last = name.strip().lower()
            if last == "final-recipient" and last in block:
                yield block
                block = {}
            block.setdefault(last, value.strip())


def _address_in(value: str) -> str:
    value = unfolded(value)
    value = value.rsplit(";", 1)[-1] if not value.rstrip().endswith(";") else value
    match = ADDRESS.search(value)
    if match:
        return bare(match.group())
    found = decode_addresses(value)
    return found[0].email if found else ""


def _without_type(value: str) -> str:
    return re.sub(r"^\s*[A-Za-z0-9-]{1,30}\s*;\s*", "", value)


def _in_brackets(value: str) -> str:
    match = re.search(r"\((.{4,300})\)", value)
    return match[1] if match else ""


def _action(value: str) -> str:
    value = value.strip().lower()
    known = {"fail": "failed", "delay": "delayed", "deliver": "delivered", "relay": "relayed", "expand": "expanded"}
    return next((action for start, action in known.items() if value.startswith(start)), "")


def _recipient(address: str, *, action: str = "", status: str = "", diagnostic: str = "") -> BouncedRecipient:
    """Fill what the report leaves out from what it says: the code in the diagnosis, the class of the code."""
    diagnostic = normalise(diagnostic, single_line=True)[:500].strip(" ;")
    code = STATUS.search(diagnostic)
    status = status if status and not status.endswith(".0.0") else (code[1] if code else status)
    smtp = SMTP_CODE.search(diagnostic)
    kind = status[:1] if status and not status.endswith(".0.0") else (smtp[1][:1] if smtp else status[:1])
    if not action:
        action = "delivered" if kind == "2" else "failed"
    # "failed" with a 4.x.x code: the server gave up, yet the address may work tomorrow. So with a full mailbox.
    permanent = action == "failed" and (kind == "5" or (kind != "4" and not PASSING.search(diagnostic)))
    return BouncedRecipient(address, action, status, permanent, diagnostic)


# --- data of a mail service


def _from_notification(data: dict[str, Any]) -> Iterator[BouncedRecipient]:
    bounce = data.get("bounce") or {}
    is_passing = bounce.get("bounceType") == "Transient"
    for one in list(bounce.get("bouncedRecipients") or [])[:MOST_RECIPIENTS]:
        address = _address_in(str(one.get("emailAddress", "")))
        if not address:
            continue
        found = _recipient(
            address,
            action=_action(str(one.get("action") or "failed")),
            status=next(iter(STATUS.findall(str(one.get("status") or ""))), ""),
            diagnostic=_without_type(str(one.get("diagnosticCode") or "")),
        )
        yield replace(found, permanent=False) if is_passing and not found.status.startswith("5") else found
    delivered = (data.get("delivery") or {}).get("recipients") or []
    yield from (BouncedRecipient(str(one), "delivered", permanent=False) for one in delivered)
