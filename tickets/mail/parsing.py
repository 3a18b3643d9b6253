"""Bytes of a mail -> `ParsedEmail`. Pure: no database, no network, no time of day.

`parts` splits, `decoding` and `charsets` read headers and bytes, `tnef`, `envelopes` and `calendars` what is packed in
other formats, `quoting` finds what is new, `loops` and `bounces` what a machine wrote; this module decides which part
is the text, which the HTML and which a file. Attached mails are kept as the bytes they came in, never taken apart:
that keeps their text out of ours, and their nesting cannot hurt.

Whatever the bytes are, the answer is a `ParsedEmail` or `Unreadable`; nothing else is raised.
"""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from django.utils.translation import gettext as _t

from helpdesk.common.html import TooIntricate, clean_mail_html, html_from_text
from helpdesk.common.text import detect_language, normalise, safe_filename, text_from_html
from tickets.mail import calendars, envelopes, loops, tnef
from tickets.mail.bounces import Bounce, parse_bounce
from tickets.mail.decoding import (
    MOST_LINES,
    Address,
    decode_addresses,
    decode_date,
    decode_header,
    decode_sender,
    decode_uu,
    header_parameters,
    message_ids,
)
from tickets.mail.parts import Budget, Limits, Part, Unreadable, split, split_inner
from tickets.mail.quoting import split_quoted
from tickets.mail.rtf import html_or_text

__all__ = ["Address", "Attachment", "Authentication", "Limits", "ParsedEmail", "Unreadable", "parse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A part that is not shown as text. `content_id` is without brackets; `inline` pictures stand in the HTML."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    sha256: str
    inline: bool = False
    content_id: str = ""

    @property
    def size(self) -> int:
        return len(self.content)


@dataclass(frozen=True, slots=True)
class Authentication:
    """What the last server said in the topmost Authentication-Results ("pass", "fail", ...), "" where it said nothing.

    `server` is who said it. A sender can write this header too: trust it only from your own server.
    """

    spf: str = ""
    dkim: str = ""
    dmarc: str = ""
    server: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedEmail:
    """A mail as people understand it. Texts are clean Unicode, HTML is sanitised, `cid:` pictures still unresolved."""

    digest: str
    subject: str = ""
    from_: Address | None = None
    sender: Address | None = None
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    delivered_to: tuple[Address, ...] = ()
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    text: str = ""
    html: str = ""
    reply_text: str = ""  # what is new in the text; `quoted` is the rest
    quoted: str = ""
    attachments: tuple[Attachment, ...] = ()
    auto_reason: str = ""
    bounce: Bounce | None = None
    lang: str = ""
    authentication: Authentication = Authentication()
    list_id: str = ""
    signed_with: str = ""  # "smime", "pgp" or "": what the mail claims, checked by nobody
    headers: loops.Headers = field(default_factory=dict, repr=False)

    @property
    def is_auto(self) -> bool:
        """No person wrote this: store it, but neither answer it nor reopen anything for it."""
        return bool(self.auto_reason)

    @property
    def is_bounce(self) -> bool:
        return self.bounce is not None


def parse(raw: bytes, *, limits: Limits | None = None, own_addresses: Collection[str] = ()) -> ParsedEmail:
    """Take a mail apart. Raises `Unreadable`, and only that, for a mail beyond the limits.

    `own_addresses` are the addresses we read. A mailing list of that name is how the mail reaches us (a Google group
    called support@, say), no sign of an automatic mail.
    """
    try:
        return _Reading(raw, limits or Limits(), own_addresses).result()
    except Unreadable:
        raise
    except (RecursionError, MemoryError) as error:
        raise Unreadable(_t("This mail is built in a way that takes too much memory to read.")) from error
    except Exception as error:
        # A parser for bytes of strangers meets cases nobody thought of; the mail is set aside, not the queue.
        raise Unreadable(_t("This mail could not be taken apart (%(n)s).") % {"n": type(error).__name__}) from error


@dataclass(frozen=True, slots=True)
class _Body:
    """What one part of the mail says: as text, as HTML, or both. None means it has no such form."""

    text: str | None = None
    html: str | None = None


# Forms of a body for devices we are not.
_NEEDLESS_ALTERNATIVES = {"text/x-amp-html", "text/watch-html", "text/x-watch-html"}
# Texts that are no reading matter; every other kind of text is.
_FILES_OF_TEXT = {"text/calendar", "text/vcard", "text/x-vcard", "text/directory", "text/css", "text/javascript",
                  "text/rfc822-headers", "text/xml", "text/csv", "text/tab-separated-values"}  # fmt: skip
_SMIME = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
_TNEF = {"application/ms-tnef", "application/vnd.ms-tnef"}
_CALENDARS = {"text/calendar", "application/ics"}
_UNDECIDED = {"application/octet-stream", "application/text", "application/plain", "application/unknown"}
_MOST_FILES = 1_000


class _Headers(Mapping[str, tuple[str, ...]]):
    """All headers by name, in lower case; decoded when somebody asks for them."""

    def __init__(self, part: Part) -> None:
        self._raw = part.index
        self._read: dict[str, tuple[str, ...]] = {}

    def __getitem__(self, name: str) -> tuple[str, ...]:
        found = self._read.get(name)
        if found is None:
            read = _as_servers_write if name == "authentication-results" else decode_header
            found = self._read[name] = tuple(read(value[:4000]) for value in self._raw[name])
        return found

    def get(self, name: str, default: Any = None) -> Any:
        # The one of Mapping asks by way of an exception, and most headers asked for are not there.
        return self[name] if name in self._raw else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)


class _Reading:
    """One mail under way from bytes to result."""

    def __init__(self, raw: bytes, limits: Limits, own_addresses: Collection[str]) -> None:
        self.raw = raw
        self.own_addresses = own_addresses
        self.budget = Budget(limits)
        self.attachments: list[Attachment] = []
        self.signed_with = ""
        self.nested = 0
        # What is readable in a mail that has no text of its own: an invitation, a winmail.dat, a word on encryption.
        self.instead: list[_Body] = []
        self.message = split(raw, self.budget)

    def result(self) -> ParsedEmail:
        message = self.message
        headers = _Headers(message)
        body = self._whole_body(message)
        html = self._clean(body.html) if body.html and body.html.strip() else ""
        text = (body.text or "").strip("\n").rstrip()
        self.budget.link(max(text.count("://"), (body.html or "").count("://")))
        self.budget.time()
        subject = decode_header(message.raw_header("subject"))[:2000]
        reply_text, quoted = split_quoted(text, subject=subject)
        self.budget.time()
        in_reply_to = message_ids(message.raw_header("in-reply-to"))
        bounce = parse_bounce(message)
        return ParsedEmail(
            digest=hashlib.sha256(self.raw).hexdigest(),
            subject=subject,
            from_=self._sender(),
            sender=next(iter(self._addresses("sender")), None),
            reply_to=self._addresses("reply-to"),
            to=self._addresses("to"),
            cc=self._addresses("cc"),
            delivered_to=self._addresses("delivered-to", "x-original-to", "envelope-to", "x-envelope-to"),
            date=decode_date(message.raw_header("date")),
            message_id=next(iter(message_ids(message.raw_header("message-id"))), ""),
            in_reply_to=in_reply_to[0] if in_reply_to else "",
            references=self._references(),
            text=text,
            html=html,
            reply_text=reply_text,
            quoted=quoted,
            attachments=tuple(self._marked_inline(body.html or "")),
            auto_reason=self._auto_reason(headers, bounce, reply_text),
            bounce=bounce,
            lang=detect_language(reply_text or text),
            authentication=_authentication(message.raw_header("authentication-results")),
            list_id=_list_id(message.raw_header("list-id")),
            signed_with=self.signed_with,
            headers=headers,
        )

    # --- headers

    def _sender(self) -> Address | None:
        return next((found for value in self.message.raw_headers("from") if (found := decode_sender(value))), None)

    def _addresses(self, *names: str) -> tuple[Address, ...]:
        found: dict[str, Address] = {}
        for name in names:
            for value in self.message.raw_headers(name):
                for address in decode_addresses(value):
                    found.setdefault(address.key, address)
        return tuple(found.values())

    def _references(self) -> tuple[str, ...]:
        """The chain, oldest first. A very long one keeps its first and its latest; the middle threads nothing."""
        ids = [one for value in self.message.raw_headers("references") for one in message_ids(value)]
        ids = list(dict.fromkeys(ids))
        return tuple(ids if len(ids) <= 100 else ids[:1] + ids[-99:])

    def _auto_reason(self, headers: loops.Headers, bounce: Bounce | None, words: str) -> str:
        if bounce is not None:
            return loops.reason_of_bounce()
        reason = loops.automatic_reason(headers, own_addresses=self.own_addresses)
        reason = reason or loops.reason_in_parts(self.message)
        said = None if reason else loops.reason_in_words(headers, words)
        if said and not loops.is_contact_form(headers, own_addresses=self.own_addresses):
            reason = said
        return reason or ""

    # --- body

    def _whole_body(self, message: Part) -> _Body:
        """What the mail says; where it has no words of its own, what it brings instead."""
        body = self._body(message)
        body = _with_words(body)
        if not (body.text or "").strip():
            instead = next((one for one in map(_with_words, self.instead) if (one.text or "").strip()), None)
            if instead is not None:
                html = "\n".join(one.html for one in (body, instead) if one.html)  # pictures without a word stay
                body = _Body(instead.text, html or None)
        if body.text is not None:
            body = self._without_wrapping(body.text, body.html)
        return body

    def _without_wrapping(self, text: str, html: str | None) -> _Body:
        """The words of a text that were signed, and without the files that were written into it."""
        text, is_signed = envelopes.without_pgp_armour(text)
        if is_signed:
            self.signed_with = self.signed_with or "pgp"
        if envelopes.is_pgp_message(text):
            text = f"{envelopes.ENCRYPTED_PGP}\n\n{text}"
        return _Body(self._without_uu_files(text), html)

    def _without_uu_files(self, text: str) -> str:
        if text.count("\n") > MOST_LINES:
            return text
        if "\nbegin " not in f"\n{text[:6]}" and "\nbegin " not in text:
            return text
        lines = text.split("\n")
        output: list[str] = []
        number = 0
        while number < len(lines):
            opening = _UU_BEGINS.fullmatch(lines[number])
            end = _end_of_uu(lines, number + 1) if opening else -1
            if opening is None or end < 0:
                output.append(lines[number])
                number += 1
                continue
            coded = "\n".join(lines[number + 1 : end]).encode("latin-1", "replace")
            self._keep(decode_uu(coded), "application/octet-stream", opening[1])
            number = end + 1
        return "\n".join(output)

    def _body(self, part: Part, *, alternative: bool = False) -> _Body:
        kind, parameters = part.type_and_parameters
        if part.children:
            return self._multipart(part, kind, parameters)
        if kind.startswith("multipart/"):
            kind = "text/plain"  # it promised parts and has none; what is there is worth reading
        disposition, disposed = header_parameters(part.raw_header("content-disposition"))
        filename = disposed.get("filename") or disposed.get("name") or parameters.get("name") or ""
        if self._is_reading_matter(part, kind, disposition, filename, alternative):
            return self._text(part, kind, parameters)
        if alternative and kind in _NEEDLESS_ALTERNATIVES:
            return _Body()
        return self._file(part, kind, filename, disposition)

    def _is_reading_matter(self, part: Part, kind: str, disposition: str, filename: str, alternative: bool) -> bool:
        if not kind.startswith("text/") or kind in _FILES_OF_TEXT or kind in _NEEDLESS_ALTERNATIVES:
            return False
        if disposition == "attachment":
            return False
        return not filename or alternative or (part is self.message and kind in {"text/plain", "text/html"})

    def _multipart(self, part: Part, kind: str, parameters: dict[str, str]) -> _Body:
        children = part.children
        if kind == "multipart/alternative":
            # The last form of each kind is the best one, says the standard.
            bodies = [self._body(child, alternative=True) for child in children]
            text = next((body.text for body in reversed(bodies) if body.text and body.text.strip()), None)
            html = next((body.html for body in reversed(bodies) if body.html and body.html.strip()), None)
            return _Body(text, html)
        if kind == "multipart/related":
            root = _root(children, parameters.get("start", "").strip("<> "))
            body = self._body(root, alternative=True)
            for child in children:
                if child is not root:
                    self._attach_all(child)
            return body
        if kind == "multipart/digest":
            # The mails are files; a table of contents among them is for reading.
            return _joined([self._body(child) for child in children])
        if kind == "multipart/signed":
            self.signed_with = self.signed_with or _signature_kind(parameters, children)
        if kind == "multipart/encrypted":
            self.instead.append(_Body(envelopes.ENCRYPTED_PGP))
            for child in children:
                self._attach_all(child)
            return _Body()
        return _joined([self._body(child) for child in children])

    def _text(self, part: Part, kind: str, parameters: dict[str, str]) -> _Body:
        if kind == "text/rtf":
            html, text = html_or_text(part.content())
            return _Body(html=normalise(html)) if html else _Body(normalise(text))
        is_html = kind in {"text/html", "text/xhtml"}
        declared = "charset" in parameters
        text = part.text(None if declared else _charset_in_html(part) if is_html else self._charset_of_subject())
        self.budget.decode(len(text))
        if is_html:
            return _Body(html=text)
        if kind in {"text/enriched", "text/richtext"}:
            text = _unriched(text)
        elif parameters.get("format", "").lower() == "flowed":
            text = _unflowed(text, delete_space=parameters.get("delsp", "").lower() == "yes")
        return _Body(text)

    def _charset_of_subject(self) -> str | None:
        """Who declares no charset for the text may have done so for the subject or the name."""
        for name in ("subject", "from", "to"):
            found = _WORD_CHARSET.search(self.message.raw_header(name))
            if found:
                return found[1]
        return None

    # --- files

    def _file(self, part: Part, kind: str, filename: str, disposition: str) -> _Body:
        """Keep a part as a file; what can be read of it without a program of its own is an answer or stands by."""
        content = part.content()
        if kind in _TNEF or filename.lower() == "winmail.dat":
            self.budget.decode(len(content))
            package = tnef.open_package(content, limit=self.budget.decodable)
            if package is not None:
                self._unpack(package)
                return _Body()
        if kind in _SMIME or filename.lower() in {"smime.p7m", "smime.p7z"}:
            body = self._opened(content)
            self._attach(part, kind, filename, disposition)
            return body
        if kind in _CALENDARS:
            self.instead.append(_Body(calendars.describe(part.text())))
        elif kind == "message/partial" or (kind == "message/rfc822" and part is self.message):
            self.instead.append(self._inner_words(content))
        elif kind in _UNDECIDED and disposition != "attachment" and _is_text(filename, content):
            self.instead.append(_Body(part.text(self._charset_of_subject())))
        elif kind in {"text/plain", "text/html"} and disposition != "attachment":
            text = part.text()
            self.instead.append(_Body(text) if kind == "text/plain" else _Body(html=text))
        self._attach(part, kind, filename, disposition)
        return _Body()

    def _opened(self, content: bytes) -> _Body:
        """The mail in an S/MIME envelope, if it is only signed."""
        opened = envelopes.open_smime(content, limit=self.budget.decodable)
        if opened is None:
            return _Body()
        if opened.kind == "encrypted":
            self.instead.append(_Body(envelopes.ENCRYPTED_SMIME))
            return _Body()
        if opened.kind == "signed":
            self.signed_with = self.signed_with or "smime"
        self.budget.decode(len(opened.content))
        self.nested += 1
        self.budget.level(self.nested)
        try:
            return self._body(split_inner(opened.content, self.budget))
        finally:
            self.nested -= 1

    def _inner_words(self, content: bytes) -> _Body:
        """The words of a mail that is nothing but another mail, or the first piece of one."""
        self.budget.decode(len(content))
        inner = split_inner(content, self.budget)
        leaves = list(inner.leaves)
        leaf = next((leaf for leaf in leaves if leaf.kind == "text/plain"), None)
        html = None if leaf else next((leaf for leaf in leaves if leaf.kind == "text/html"), None)
        return _Body(leaf.text()) if leaf else _Body(html=html.text(_charset_in_html(html))) if html else _Body()

    def _unpack(self, package: tnef.Package) -> None:
        if package.text.strip() or package.html.strip():
            text = normalise(package.text)
            self.instead.append(_Body(text if text.strip() else None, normalise(package.html) or None))
        self.budget.decode(len(package.text) + len(package.html))
        for file in package.files:
            kind = file.content_type.strip().lower() or "application/octet-stream"
            self._keep(file.content, kind, file.name, content_id=file.content_id)

    def _attach_all(self, part: Part) -> None:
        """Everything under `part` is an attachment, whatever it says it is."""
        if part.children:
            for child in part.children:
                self._attach_all(child)
            return
        kind, parameters = part.type_and_parameters
        disposition, disposed = header_parameters(part.raw_header("content-disposition"))
        self._attach(part, kind, disposed.get("filename") or parameters.get("name") or "", disposition)

    def _attach(self, part: Part, kind: str, filename: str, disposition: str) -> None:
        content = part.content()
        if not content and not filename:
            return
        content_id = _content_id(part)
        location = normalise(part.raw_header("content-location")[:1000], single_line=True)
        inline = disposition != "attachment" and bool(content_id) and kind.startswith("image/")
        self._keep(content, kind, decode_header(filename), content_id=content_id or location[:250], inline=inline)

    def _keep(self, content: bytes, kind: str, filename: str, *, content_id: str = "", inline: bool = False) -> None:
        self.budget.decode(len(content))
        if len(self.attachments) >= _MOST_FILES:
            raise Unreadable(_t("This mail has more than %(n)s files.") % {"n": f"{_MOST_FILES:,}"})
        self.attachments.append(
            Attachment(
                filename=safe_filename(filename, limit=200) or self._name_for(kind, content),
                content_type=kind,
                content=content,
                sha256=hashlib.sha256(content).hexdigest(),
                inline=inline,
                content_id=normalise(content_id, single_line=True).strip("<> ")[:250],
            )
        )

    def _marked_inline(self, html: str) -> Iterator[Attachment]:
        """The files, with the pictures marked that stand in the HTML, however their part calls itself."""
        shown = {unquote(found) for found in _CID.findall(html)} if "cid:" in html else set()
        for attachment in self.attachments:
            stands = attachment.content_id in shown and attachment.content_type.startswith("image/")
            yield replace(attachment, inline=True) if stands and not attachment.inline else attachment

    def _name_for(self, kind: str, content: bytes) -> str:
        """A name for a part that has none. An attached mail is called by its subject."""
        if kind in {"message/rfc822", "message/global"}:
            return (safe_filename(_subject_of(content), limit=100) or "message") + ".eml"
        if kind in _CALENDARS:
            return "invite.ics"
        return f"attachment-{len(self.attachments) + 1}{_ENDINGS.get(kind, '')}"

    def _clean(self, html: str) -> str:
        self.budget.link(html.lower().count("href"))
        try:
            cleaned = clean_mail_html(html)
        except TooIntricate:
            # Its words are in the text; the original stays within reach as a file.
            self._keep(html.encode("utf-8", "replace"), "text/html", "message.html")
            return ""
        self.budget.time()
        return cleaned


def _is_text(filename: str, content: bytes) -> bool:
    """Whether a part of no kind in particular reads as text: no byte that stands in no text."""
    if filename and not filename.lower().endswith(".txt"):
        return False
    return bool(content.strip()) and not _NEVER_IN_TEXT.search(content[:20_000])


_NEVER_IN_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]|^%PDF-|^PK\x03")
_WORD_CHARSET = re.compile(r"=\?([A-Za-z0-9_-]{2,30})(?:\*[a-z-]*)?\?[bBqQ]\?")
_CID = re.compile(r"""cid:([^"'\s<>]{1,300})""", re.I)
_UU_BEGINS = re.compile(r"begin [0-7]{3,4} (\S[^\n]{0,200})")


def _end_of_uu(lines: list[str], start: int) -> int:
    """The line that ends a uuencoded file, -1 if the lines are not such a file."""
    fitting = 0
    for number in range(start, len(lines)):
        line = lines[number].rstrip()
        if line == "end":
            return number if number > start and fitting * 2 >= number - start else -1
        if line and (not " " <= line[0] <= "`" or not line.isascii() or len(line) > 90):
            return -1
        # The first letter says how many bytes follow; a program may add one behind them. Prose does not fit.
        length = (ord(line[0]) - 32 & 63) if line else 0
        fitting += 0 <= len(line) - 1 - (length + 2) // 3 * 4 <= 2 or length < 3
    return -1


def _root(children: list[Part], start: str) -> Part:
    """The part of a multipart/related that is the text; the others are its pictures."""
    named = next((child for child in children if start and _content_id(child) == start), None)
    texts = (child for child in children if child.children or child.kind.startswith("text/"))
    return named or next(texts, children[0])


def _signature_kind(parameters: dict[str, str], children: list[Part]) -> str:
    kinds = " ".join([parameters.get("protocol", ""), *(child.kind for child in children[1:3])]).lower()
    return "smime" if "pkcs7" in kinds else "pgp" if "pgp" in kinds else ""


_ENDINGS = {
    "image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "image/heic": ".heic",
    "image/bmp": ".bmp", "image/tiff": ".tif", "image/svg+xml": ".svg", "application/pdf": ".pdf",
    "application/zip": ".zip", "application/ms-tnef": ".dat", "application/vnd.ms-tnef": ".dat", "text/plain": ".txt",
    "text/html": ".html", "text/csv": ".csv", "text/calendar": ".ics", "application/ics": ".ics", "text/vcard": ".vcf",
    "text/x-vcard": ".vcf", "message/delivery-status": ".txt", "message/disposition-notification": ".txt",
    "text/rfc822-headers": ".txt", "message/feedback-report": ".txt", "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s", "application/pkcs7-mime": ".p7m", "application/x-pkcs7-mime": ".p7m",
    "application/pgp-signature": ".asc", "application/pgp-encrypted": ".asc", "application/json": ".json",
    "application/msword": ".doc", "application/rtf": ".rtf", "text/rtf": ".rtf", "audio/mpeg": ".mp3",
    "video/mp4": ".mp4",
}  # fmt: skip


def _content_id(part: Part) -> str:
    return normalise(decode_header(part.raw_header("content-id")[:1000]), single_line=True).strip("<> ")[:250]


def _with_words(body: _Body) -> _Body:
    """A body with its text, read out of the HTML where it has none."""
    if body.html is None or (body.text or "").strip():
        return body
    return _Body(text_from_html(body.html), body.html)


def _joined(bodies: list[_Body]) -> _Body:
    """Parts that follow one another, as one. If one has HTML, the text of the others is shown in it too."""
    said = [body for body in bodies if (body.text or "").strip() or (body.html or "").strip()]
    if len(said) <= 1:
        return said[0] if said else _Body()
    texts = (body.text if body.text is not None else text_from_html(body.html or "") for body in said)
    text = "\n\n".join(one.strip("\n") for one in texts)
    if all(body.html is None for body in said):
        return _Body(text)
    html = "\n<br>\n".join(body.html if body.html is not None else html_from_text(body.text or "") for body in said)
    return _Body(text, html)


def _subject_of(content: bytes) -> str:
    """The subject of an attached mail, from its first lines."""
    head = content[:20_000].replace(b"\r\n", b"\n").split(b"\n\n", 1)[0]
    lines = head.split(b"\n")
    for number, line in enumerate(lines):
        if line[:8].lower() == b"subject:":
            folded = [line[8:]]
            for more in lines[number + 1 :]:
                if not more.startswith((b" ", b"\t")):
                    break
                folded.append(more)
            return decode_header(b" ".join(folded).decode("ascii", "surrogateescape"))
    return ""


def _charset_in_html(part: Part) -> str | None:
    """The charset an HTML document names itself, for a part that declares none."""
    head = part.content()[:2048].lower()
    position = head.find(b"charset=")
    if position < 0:
        return None
    name = head[position + 8 : position + 50].lstrip(b"\"' ")
    return name.split(b'"')[0].split(b"'")[0].split(b">")[0].split(b";")[0].strip().decode("ascii", "replace")


def _unriched(text: str) -> str:
    """Undo text/enriched (RFC 1896) and its forerunner: commands go, of several line ends in a row one goes."""
    text = _without_parameters(text)
    text = re.sub(r"<nl>", "\n\n", text, flags=re.I).replace("<lt>", "<<")
    text = re.sub(r"<<|</?[A-Za-z-]{1,60}>", lambda match: "<" if match.group() == "<<" else "", text)
    return re.sub(r"\n(\n*)", lambda match: match[1] or " ", text)


def _without_parameters(text: str) -> str:
    """Without what stands between <param> and </param>; an opening one that is never closed stays."""
    output: list[str] = []
    position, opened = 0, -1
    for match in _PARAM.finditer(text):
        if not match[1]:
            opened = match.start() if opened < 0 else opened
        elif opened >= 0:
            output.append(text[position:opened])
            position, opened = match.end(), -1
    return "".join([*output, text[position:]])


_PARAM = re.compile(r"<(/?)param>", re.I)


def _unflowed(text: str, *, delete_space: bool) -> str:
    """Undo format=flowed (RFC 3676): a line that ends with a space goes on in the next one of the same quote depth."""
    if text.count("\n") > MOST_LINES:
        return text
    output: list[str] = []
    paragraph, paragraph_depth = "", -1  # a depth of -1: no line is waiting to be continued
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")  # a space stuffed before the content
        if paragraph_depth >= 0 and (depth != paragraph_depth or content == "-- "):
            output.append(_quoted(paragraph, paragraph_depth))
            paragraph, paragraph_depth = "", -1
        if content.endswith(" ") and content != "-- ":
            paragraph += content[:-1] if delete_space else content
            paragraph_depth = depth
            continue
        output.append(_quoted(paragraph + content, depth))
        paragraph, paragraph_depth = "", -1
    if paragraph_depth >= 0:
        output.append(_quoted(paragraph, paragraph_depth))
    return "\n".join(output)


def _quoted(line: str, depth: int) -> str:
    return f"{'>' * depth} {line}" if depth else line


_VERDICTS = frozenset(
    {"pass", "fail", "softfail", "neutral", "none", "temperror", "permerror", "policy", "bestguesspass"}
)


def _as_servers_write(value: str) -> str:
    """Authentication-Results as it stands, or nothing. Our server takes away what a sender wrote under its name, and it
    does not look for that name inside encoded words or among invisible letters: neither do we."""
    value = value.replace("\t", " ").strip()
    return value if value.isascii() and value.isprintable() else ""


def _authentication(value: str) -> Authentication:
    """Read an Authentication-Results header. Comments go first: senders can put words into them."""
    outside: list[str] = []
    depth, quoted = 0, False
    for letter in _as_servers_write(value[:8000]):
        if letter == '"' and not depth:
            quoted = not quoted
        elif quoted:
            continue
        elif letter == "(":
            depth += 1
        elif letter == ")":
            depth = max(0, depth - 1)
        elif not depth:
            outside.append(letter)
    server, *results = "".join(outside).split(";")
    found: dict[str, str] = {}
    for result in results:
        method, equals, verdict = result.strip().partition("=")
        method = method.split("/", 1)[0].strip().lower()
        word = (verdict.split() or [""])[0].lower()
        if equals and method in {"spf", "dkim", "dmarc"} and word in _VERDICTS:
            # Several signatures: one that holds is enough.
            found[method] = "pass" if "pass" in (word, found.get(method)) else found.get(method, word)
    words = server.split()
    return Authentication(
        found.get("spf", ""), found.get("dkim", ""), found.get("dmarc", ""), words[0].lower() if words else ""
    )


def _list_id(value: str) -> str:
    value = decode_header(value[:1000])
    return value[value.rfind("<") + 1 :].split(">", 1)[0].strip().lower()[:250]
