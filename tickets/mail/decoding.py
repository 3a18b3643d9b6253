"""From the raw headers and bodies of a mail to text: transfer encodings, header words, parameters, addresses. Pure.

Nothing here raises. Senders cut encoded words in the middle of a letter, leave out quotes and brackets and invent
encodings. A reader wants the most likely words, so every function has an answer for every input.
"""

import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

from helpdesk.common.text import normalise
from tickets.mail.charsets import codec_named, decode_text

__all__ = [
    "Address", "codec_named", "decode_addresses", "decode_date", "decode_header", "decode_sender", "decode_text",
    "decode_transfer", "header_parameters", "message_ids", "unfolded",
]  # fmt: skip

# --- Transfer encodings ---------------------------------------------------------------------------------------------

_BASE64_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64_LETTERS))
_BASE64_CHUNK = re.compile(rb"[A-Za-z0-9+/]+")
_WHITE = b" \t\r\n"
MOST_LINES = 600_000  # more than fit into a mail, unless they are nearly empty: each costs memory of its own
_SOFT_BREAK_WITH_SPACE = re.compile(rb"=[ \t]+(?=\r?\n)")


def decode_transfer(raw: bytes, encoding: str) -> bytes:
    """Undo base64, quoted-printable or uuencode as far as it goes. An unknown encoding leaves the bytes alone."""
    encoding = encoding.strip().lower()
    if encoding in {"base64", "base-64", "b", "x-base64"}:
        return raw if _is_no_base64(raw) else decode_base64(raw)
    if encoding in {"quoted-printable", "quoted/printable", "quotedprintable", "qp", "q"}:
        return binascii.a2b_qp(_SOFT_BREAK_WITH_SPACE.sub(b"=", raw))
    if encoding in {"x-uuencode", "uuencode", "uue", "x-uue", "uu"}:
        return decode_uu(raw)
    return raw


def _is_no_base64(raw: bytes) -> bool:
    """Words that were never encoded, under a header that says they were."""
    sample = raw[:2000].strip()
    strange = len(sample.translate(None, _BASE64_LETTERS + _WHITE))
    return strange > 0 and sample.count(b" ") * 12 > len(sample)


def decode_base64(raw: bytes) -> bytes:
    """Decode what is base64 in `raw`. Several pieces that were padded each for itself follow one another."""
    letters = raw.translate(None, _NOT_BASE64)
    end = letters.find(b"=")
    if end < 0 or not letters[end:].strip(b"="):
        return _decode_chunk(letters if end < 0 else letters[:end], raw)
    first_pad = raw.find(b"=")
    if raw[first_pad:].translate(None, _BASE64_LETTERS + _WHITE):
        return _decode_chunk(letters[:end], raw)  # what follows is a footer that a list put below
    return b"".join(_decode_chunk(chunk.group(), b"") for chunk in _BASE64_CHUNK.finditer(letters))


def _decode_chunk(letters: bytes, otherwise: bytes) -> bytes:
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    try:
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return otherwise


def decode_uu(raw: bytes) -> bytes:
    """Decode the lines after "begin", or all of them where that line is missing."""
    if raw.count(b"\n") > MOST_LINES:
        return raw
    lines = raw.splitlines()
    start = next((n for n, line in enumerate(lines) if line.startswith(b"begin ")), -1)
    output = []
    for line in lines[start + 1 :]:
        if line.strip() in (b"end", b"`", b""):
            break
        try:
            output.append(binascii.a2b_uu(line))
        except binascii.Error:
            length = (((line[0] - 32) & 63) * 4 + 5) // 3 + 1
            try:
                output.append(binascii.a2b_uu(line[:length]))
            except binascii.Error:
                continue
    return b"".join(output) or raw


# --- Headers --------------------------------------------------------------------------------------------------------

# A "?" may stand in the words of Q; one that ends them is not followed by the code of a letter and another end.
_ENCODED_WORD = re.compile(
    r"=\?[ ]?([^?\s]{0,60})[ ]?\?(?:([bB])\?([^?]*)\?=|"
    r"([qQ])\?((?:[^?]|\?(?!=)|\?(?==[0-9A-F]{2}[^?\s]{0,80}\?=(?:\s|$))){0,600}?)"
    r"\?=(?![0-9A-F]{2}[^?\s]{0,80}\?=(?:\s|$)))"
)
_CUT_WORD = re.compile(r"=\?([A-Za-z][A-Za-z0-9_-]{1,30})\?(?:([bB])\?([A-Za-z0-9+/=\s]{4,})|([qQ])\?([^?\s]+))\??$")
_FOLD = re.compile(r"\r?\n[ \t]*|[\r\n]")
_LONGEST_HEADER = 60_000


def unfolded(value: str) -> str:
    """A header as one line. Bytes beyond ASCII, which the parser keeps as surrogates, become text."""
    if "\n" in value or "\r" in value:
        value = _FOLD.sub(" ", value)
    if not value.isascii():
        value = decode_text(value.encode("utf-8", "surrogateescape"))
    return value.strip()


def decode_header(value: str) -> str:
    """Return a header as its sender meant it, on one line, without invisible characters."""
    if value.isascii() and value.isprintable() and "=?" not in value:
        return " ".join(value.split())
    value = unfolded(value[:_LONGEST_HEADER])
    if "=?" in value:
        value = _decode_words(value)
    return normalise(value, single_line=True)


def _decode_words(value: str) -> str:
    """Decode encoded words; neighbours of one charset are joined first, as many programs cut letters in two."""
    output: list[str] = []
    pending = _Words()
    position = 0
    for match in _ENCODED_WORD.finditer(value):
        between = value[position : match.start()]
        charset = match[1].split("*", 1)[0].lower()
        if between.strip() or charset != pending.charset:
            output.append(pending.text())
            pending = _Words(charset)
        if between.strip() or not position:
            output.append(between)
        pending.add(match[2] or match[4], match[3] if match[2] else match[5])
        position = match.end()
    rest = value[position:]
    cut = _CUT_WORD.search(rest[-4000:]) if "=?" in rest else None
    if cut is None:
        return "".join([*output, pending.text(), rest])
    last = _Words(cut[1].lower())
    last.add(cut[2] or cut[4], cut[3] if cut[2] else cut[5])
    before = rest[: len(rest) - len(cut.group())]
    return "".join([*output, pending.text(), before if before.strip() or not position else "", last.text()])


class _Words:
    """Encoded words of one charset that follow one another."""

    def __init__(self, charset: str = "") -> None:
        self.charset = charset
        self.raw = b""
        self.base64 = ""  # not decoded yet: its last letters may go on in the next word

    def add(self, kind: str, text: str) -> None:
        if kind in "bB":
            self.base64 += text
            if text.rstrip().endswith("=") or len(_NO_BASE64.sub("", self.base64)) % 4 == 0:
                self._settle()
        else:
            self._settle()
            self.raw += binascii.a2b_qp(text.encode("utf-8", "surrogateescape"), header=True)

    def _settle(self) -> None:
        if self.base64:
            self.raw += decode_base64(self.base64.encode("utf-8", "surrogateescape"))
            self.base64 = ""

    def text(self) -> str:
        self._settle()
        return decode_text(self.raw, self.charset)


_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_PARAMETER = re.compile(
    r""";[;\s]*([A-Za-z0-9_.*%'-]{1,60})\s*=\s*"""
    r"""(?:"((?:[^"\\]|\\.)*)"(?=\s*(?:[;(]|$))|"([^;]*)"(?=\s*;)|"([^"]*)"?|([^;]*))"""
)
_COMMENT = re.compile(r"\([^()]*\)")
_ESCAPED = re.compile(r"""\\(["\\])""")
_TIDY_PARAMETERS = re.compile(r"""[a-z]+/[a-z0-9.+-]+(?:; ?[a-z]+=(?:"[^"\\;]*"|[A-Za-z0-9_./:+=?'-]+))*""")
_TIDY_PARAMETER = re.compile(r"""; ?([a-z]+)=(?:"([^"]*)"|([^;]+))""")


def header_parameters(value: str) -> tuple[str, dict[str, str]]:
    """Split "text/plain; charset=utf-8" into its value and its parameters, RFC 2231 pieces and charsets joined."""
    if _TIDY_PARAMETERS.fullmatch(value):
        main, semicolon, rest = value.partition(";")
        tidy: dict[str, str] = {}
        for match in _TIDY_PARAMETER.finditer(semicolon + rest):
            tidy.setdefault(match[1], match[2] if match[2] is not None else match[3])
        return main, tidy
    value = unfolded(value[:8192])
    main, semicolon, rest = value.partition(";")
    main = _COMMENT.sub(" ", main).strip()
    if " " in main or "\t" in main:
        # The first semicolon is missing, or something stands behind the value.
        main, more = main.split(None, 1)
        rest = f"{more};{rest}" if "=" in more else rest
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for match in _PARAMETER.finditer(";" + rest):
        key = match[1].lower()
        name, star, number = key.partition("*")
        text = _parameter_value(match, name)
        if not star:
            plain.setdefault(name, text)
            continue
        encoded = key.endswith("*")
        number = number.rstrip("*")
        index = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 0
        pieces.setdefault(name, {}).setdefault(index, (text, encoded))
    for name, numbered in pieces.items():
        plain[name] = _joined_parameter([numbered[index] for index in sorted(numbered)])
    return main.strip("\"' ").lower(), plain


def _parameter_value(match: re.Match[str], name: str) -> str:
    if match[2] is not None:
        return _ESCAPED.sub(r"\1", match[2])
    text = match[3] if match[3] is not None else match[4]
    if text is not None:
        return text
    text = (match[5] or "").strip()
    if name not in {"name", "filename"}:
        text = text.split(None, 1)[0] if text else ""
    return text.strip("'") if text.startswith("'") and text.endswith("'") else text


def _joined_parameter(pieces: list[tuple[str, bool]]) -> str:
    charset = "utf-8"
    raw = b""
    for number, (text, encoded) in enumerate(pieces):
        if encoded and number == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        raw += _percent_decoded(text.strip('"')) if encoded else text.encode("utf-8", "surrogateescape")
    return decode_text(raw, charset)


def _percent_decoded(text: str) -> bytes:
    raw = text.encode("utf-8", "surrogateescape")
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda match: bytes([int(match[1], 16)]), raw)


def decode_date(value: str) -> datetime | None:
    """Return the Date header with its zone, or None if it makes no sense.

    It is what the sender says, and senders lie: mail of 1970 and of next year is common. Order nothing by it. A zone
    that is none on earth counts as UTC.
    """
    value = _OFFSET.sub(r"\1\2", unfolded(value[:500])[:200])
    try:
        parts = parsedate_tz(value) or parsedate_tz(_in_english(value)) or parsedate_tz(f"{value} 00:00:00")
        if parts is None:
            return _iso_date(value)
        year, month, day, hour, minute, second = parts[:6]
        offset = parts[9] or 0
        zone = timezone(timedelta(seconds=offset)) if offset and abs(offset) <= 15 * 3600 else UTC
        date = datetime(year, month, day, hour % 24, minute, min(second, 59), tzinfo=zone)
        date += timedelta(days=1 if hour == 24 else 0)
        date.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None
    return date if hour <= 24 else None


_OFFSET = re.compile(r"\b(?:GMT|UTC)?([+-]\d\d):(\d\d)\b")
# Months as programs write them that do not know that the header is English.
_MONTHS = {
    "ene": "Jan", "janv": "Jan", "gen": "Jan", "fev": "Feb", "févr": "Feb", "fév": "Feb", "mär": "Mar", "mars": "Mar",
    "mrz": "Mar", "abr": "Apr", "avr": "Apr", "mai": "May", "mag": "May", "maio": "May", "juin": "Jun", "giu": "Jun",
    "juil": "Jul", "lug": "Jul", "ago": "Aug", "août": "Aug", "sept": "Sep", "set": "Sep", "okt": "Oct", "ott": "Oct",
    "out": "Oct", "dez": "Dec", "dic": "Dec", "déc": "Dec",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")


def _in_english(value: str) -> str:
    weekday, comma, rest = value.partition(",")
    rest = rest if comma and len(weekday) <= 12 else value
    return _WORD.sub(lambda match: _MONTHS.get(match.group().lower(), match.group()), rest).replace(".", "").strip()


def _iso_date(value: str) -> datetime | None:
    """2026-03-03T09:12:44+01:00, as some scripts write."""
    date = datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d)|\s*\(.*", "", value).strip())
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    date.astimezone(UTC)
    return date


# --- Addresses ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox as written in a header. The domain is in lower case, the local part as the sender wrote it.

    Of a sender who gives no address there may be a name alone, or a word such as MAILER-DAEMON.
    """

    email: str
    name: str = ""

    @property
    def key(self) -> str:
        """What two spellings of one address have in common."""
        return self.email.casefold()

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.name else self.email


# A whole word with one @: "a@b@c" might be anybody's.
_BARE_ADDRESS = re.compile(
    r"(?<![^\s<>()\[\],;:\"])[^\s<>()\[\],;:\"@]{1,200}@"
    r"(?:\[[A-Za-z0-9.:]{1,60}\]|[^\s<>()\[\],;:\"@]{1,255})(?![^\s<>()\[\],;:\"])"
)
# Nearly every header: one address, with or without a plain name before it.
_TIDY_ADDRESS = re.compile(
    r"""(?:"([^"\\<>]*)"|([A-Za-z0-9 ._-]*+))\s*+<([A-Za-z0-9._%+=-]++)@([A-Za-z0-9.-]*[A-Za-z0-9])>"""
)
_TIDY_BARE = re.compile(r"([A-Za-z0-9._%+=-]++)@([A-Za-z0-9.-]*[A-Za-z0-9])")
_DEEPEST_COMMENT = 4
_MAILTO = re.compile(r"\[mailto:([^\s\[\]<>]{3,300})\]", re.I)
_QUOTED_LOCAL_PART = re.compile(r'"[^"<>\\]{1,100}"@[^\s<>()\[\],;:"@]{1,255}')
_AROUND_DOT_OR_AT = re.compile(r"\s{1,5}([.@])\s{0,5}|([.@])\s{1,5}")
_MOST_ADDRESSES = 2_000


def decode_addresses(value: str) -> list[Address]:
    """Return the addresses of a header in order, each once; what is no address is left out.

    Encoded words are decoded after the header was taken apart, so a comma or an address inside a name stays a name.
    """
    tidy = _tidy_address(value)
    if tidy is not None:
        return [tidy]
    found: dict[str, Address] = {}
    pending = ""
    value = unfolded(value)
    if "<" not in value:
        value = _MAILTO.sub(r"<\1>", value)
    for piece in _split_addresses(value):
        # An unquoted "Doe, Jane <jane@example.com>" falls into two pieces; the first is the beginning of a name.
        address = _address(f"{pending}, {piece}" if pending and "<" in piece else piece)
        if address is None:
            pending = piece.strip()[-200:]
            continue
        pending = ""
        found.setdefault(address.key, address)
        if len(found) >= _MOST_ADDRESSES:
            break
    return list(found.values())


def decode_sender(value: str) -> Address | None:
    """Return who a From header names: an address if there is any, else whatever stands in its place, else None."""
    found = decode_addresses(value)
    if found:
        return found[0]
    decoded = decode_header(value[:2000])
    if "=?" in value:
        # The whole header was encoded, brackets and all.
        found = decode_addresses(decoded)
        if found:
            return found[0]
    if decoded.rstrip("; ").endswith(":"):
        return None  # a group without members
    name, opening, inside = decoded.rpartition("<")
    word = inside.split(">", 1)[0].strip() if opening else ""
    name = (name if opening else re.sub(r"\(([^()]*)\)", r" \1 ", decoded)).strip("\"' <>,;:")
    if not word and re.fullmatch(r"[A-Za-z0-9._-]{1,64}", name):
        word, name = name, ""  # "From: root"
    return Address(word.replace(" ", "")[:200], name[:200]) if word or name else None


def _tidy_address(value: str) -> Address | None:
    named = _TIDY_ADDRESS.fullmatch(value)
    if named is None:
        bare = _TIDY_BARE.fullmatch(value)
        return Address(f"{bare[1]}@{bare[2].lower()}") if bare and bare[1].strip(".'") == bare[1] else None
    name = " ".join((named[1] or named[2] or "").split())
    if (
        "=?" in name
        or name.strip("' ") != name
        or named[3].strip(".") != named[3]
        or not name.isprintable()
        or len(name) > 200
    ):
        return None
    if not name.isascii():
        return None
    email = f"{named[3]}@{named[4].lower()}"
    return Address(email, "" if name.casefold() == email.casefold() else name)


def _split_addresses(value: str) -> list[str]:
    """Split at commas and semicolons outside quotes, comments and angle brackets; group names are dropped."""
    pieces: list[str] = []
    current: list[str] = []
    quoted = escaped = angle = has_at = False
    comments = 0
    for letter in value:
        if escaped:
            escaped = False
        elif letter == "\\" and (quoted or comments):
            escaped = True
        elif quoted:
            quoted = letter != '"'
        elif letter == "(":
            comments += 1
        elif letter == ")" and comments:
            comments -= 1
        elif comments:
            pass
        elif letter == '"':
            quoted = True
        elif letter == "<":
            angle = True
        elif letter == ">":
            angle = False
        elif letter in ",;" and not angle:
            pieces.append("".join(current))
            current, has_at = [], False
            continue
        elif letter == ":" and not angle and not has_at:
            current = []  # "Undisclosed recipients:" or another group
            continue
        has_at = has_at or letter == "@"
        current.append(letter)
    pieces.append("".join(current))
    return pieces


def _address(text: str) -> Address | None:
    opening = text.rfind("<")
    if opening >= 0:
        inside = text[opening + 1 :].split(">", 1)[0].strip()
        inside = inside.rsplit(":", 1)[-1] if inside.startswith("@") else inside  # an old source route
        inside = inside.removeprefix("mailto:")
        if not inside.startswith('"'):
            inside = _AROUND_DOT_OR_AT.sub(lambda match: match[1] or match[2], inside)
        name = text[:opening].strip() or text[opening:].partition(">")[2]
        match = (
            _BARE_ADDRESS.search(inside)
            or _QUOTED_LOCAL_PART.search(inside)
            or (None if inside else _BARE_ADDRESS.search(name))
        )
        return _new_address(match.group(), name) if match else None
    bare = text
    for _ in range(_DEEPEST_COMMENT if "(" in bare else 0):
        bare = _COMMENT.sub(" ", bare)
    match = _QUOTED_LOCAL_PART.search(bare) or _BARE_ADDRESS.search(bare)
    if match is None:
        bare = _AROUND_DOT_OR_AT.sub(lambda found: found[1] or found[2], bare)
        match = _BARE_ADDRESS.search(bare)
    if match is None:
        return None
    comment = text[text.find("(") + 1 : text.rfind(")")] if "(" in text and ")" in text else ""
    return _new_address(match.group(), comment or bare.replace(match.group(), " "))


def _new_address(email: str, name: str) -> Address | None:
    email = normalise(email, single_line=True).strip(".'")
    email = email if email.startswith('"') else email.replace(" ", "")
    local, _, domain = email.rpartition("@")
    if not local or not domain:
        return None
    name = re.sub(r"\\(.)", r"\1", name.strip("<>, \t").strip('"')).strip().strip("'")
    name = decode_header(name).strip("\"' ")[:200]
    domain = domain.lower().rstrip(".")
    email = f"{local}@{domain}"
    return Address(email, "" if name.casefold() == email.casefold() else name)


# --- Message ids ----------------------------------------------------------------------------------------------------

_BRACKETED = re.compile(r"<[^<>]{1,990}>")


def message_ids(value: str) -> list[str]:
    """Return the Message-IDs of a header in order, each once, with their brackets; without brackets as they stand."""
    if not value:
        return []
    value = unfolded(value)
    found = ["".join(match.split()) for match in _BRACKETED.findall(value)]
    if not found:
        # "In-Reply-To: Your message of Tuesday" names none.
        words = [word for word in value.replace(",", " ").split() if len(word) < 990]
        found = [word for word in words if "@" in word] or (words if len(words) == 1 else [])
    return list(dict.fromkeys(normalise(one, single_line=True) for one in found))
