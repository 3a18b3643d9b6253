"""A mail split into its parts, within limits. Pure.

The splitting is ours. The standard library's reads line by line (several times slower), stops reading headers at the
first line that is none, which loses the sender and the subject of a badly folded mail, and believes a boundary that
never comes. Headers and contents stay raw until they are asked for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic

from django.utils.translation import gettext as _t

from helpdesk.common.text import normalise
from tickets.mail.decoding import decode_text, decode_transfer, header_parameters


class Unreadable(Exception):
    """This mail cannot be taken apart within our limits. The text says why, in words for an administrator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What we accept before we set a mail aside. Generous for people, tight for bombs."""

    total_bytes: int = 50_000_000
    decoded_bytes: int = 60_000_000
    parts: int = 400
    nesting: int = 30
    headers: int = 2_000
    header_bytes: int = 256_000
    links: int = 5_000
    seconds: float = 20.0


class Budget:
    """What is left of the limits."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.parts = self.headers = self.header_bytes = self.decoded = self.links = 0
        self.deadline = monotonic() + limits.seconds

    def part(self) -> None:
        self.parts += 1
        if self.parts > self.limits.parts:
            raise Unreadable(_t("This mail has more than %(n)s parts.") % {"n": f"{self.limits.parts:,}"})
        self.time()

    def level(self, depth: int) -> None:
        if depth > self.limits.nesting:
            raise Unreadable(
                _t("The parts of this mail are nested more than %(n)s levels deep.") % {"n": self.limits.nesting}
            )

    def header(self, size: int) -> None:
        self.headers += 1
        if self.headers > self.limits.headers:
            raise Unreadable(_t("This mail has more than %(n)s headers.") % {"n": f"{self.limits.headers:,}"})
        if size > self.limits.header_bytes:
            raise Unreadable(
                _t("A header of this mail is longer than %(n)s characters.") % {"n": f"{self.limits.header_bytes:,}"}
            )

    @property
    def decodable(self) -> int:
        """How many bytes may still come out of what is packed."""
        return self.limits.decoded_bytes - self.decoded

    def decode(self, size: int) -> None:
        self.decoded += size
        if self.decoded > self.limits.decoded_bytes:
            raise Unreadable(
                _t("The contents of this mail are larger than %(n)s bytes.") % {"n": f"{self.limits.decoded_bytes:,}"}
            )
        self.time()

    def link(self, count: int) -> None:
        if count > self.limits.links:
            raise Unreadable(_t("This mail has more than %(n)s links.") % {"n": f"{self.limits.links:,}"})

    def time(self) -> None:
        if monotonic() > self.deadline:
            raise Unreadable(
                _t("This mail takes longer than %(n)s seconds to read.") % {"n": f"{self.limits.seconds:g}"}
            )


class Part:
    """A mail, or one part of it: its headers, and either the parts within or the bytes of its body."""

    __slots__ = ("_body", "_headers", "_index", "_type", "children", "default_type")

    def __init__(self, headers: list[tuple[str, str]], body: bytes | memoryview, default_type: str) -> None:
        self._headers = headers
        self._body = body
        self._index: dict[str, list[str]] | None = None
        self._type: tuple[str, dict[str, str]] | None = None
        self.default_type = default_type
        self.children: list[Part] = []

    @property
    def index(self) -> dict[str, list[str]]:
        """The values of every header by its name in lower case, topmost first."""
        if self._index is None:
            self._index = {}
            for key, value in self._headers:
                self._index.setdefault(key.lower(), []).append(value)
        return self._index

    def raw_headers(self, name: str) -> Iterator[str]:
        """The values of a header, topmost first; `name` in lower case."""
        return iter(self.index.get(name, ()))

    def raw_header(self, name: str) -> str:
        values = self.index.get(name)
        return values[0] if values else ""

    @property
    def kind(self) -> str:
        """The declared content type, or what a part without one is."""
        return self.type_and_parameters[0]

    @property
    def type_and_parameters(self) -> tuple[str, dict[str, str]]:
        if self._type is None:
            self._type = self._read_type()
        return self._type

    def _read_type(self) -> tuple[str, dict[str, str]]:
        """The first Content-Type that makes sense: some programs write two, the first one empty or broken."""
        parameters: dict[str, str] = {}
        for value in self.raw_headers("content-type"):
            kind, parameters = header_parameters(value)
            kind = {"text": "text/plain", "plain": "text/plain", "html": "text/html"}.get(kind, kind)
            if kind == "multipart":
                kind = "multipart/mixed"
            if _KIND.fullmatch(kind):
                return kind, parameters
        return self.default_type, parameters

    @property
    def encoding(self) -> str:
        """The transfer encoding, in lower case."""
        return header_parameters(self.raw_header("content-transfer-encoding"))[0]

    @property
    def leaves(self) -> Iterator["Part"]:
        """The parts that hold something themselves, in order."""
        if self.children:
            for child in self.children:
                yield from child.leaves
        else:
            yield self

    def content(self) -> bytes:
        """The bytes of a leaf, transfer encoding undone."""
        return decode_transfer(bytes(self._body), self.encoding) if not self.children else b""

    def text(self, charset: str | None = None) -> str:
        """The text of a leaf, by its declared charset or `charset`; with LF line ends and clean characters."""
        return normalise(decode_text(self.content(), self.type_and_parameters[1].get("charset") or charset))


def split(raw: bytes, budget: Budget) -> Part:
    """Return the outermost part of a mail. Raises `Unreadable` as soon as a limit is passed."""
    if len(raw) > budget.limits.total_bytes:
        raise Unreadable(_t("This mail is larger than %(n)s bytes.") % {"n": f"{budget.limits.total_bytes:,}"})
    start = len(raw) - len(raw.lstrip(_NOTHING))
    if start == len(raw):
        raise Unreadable(_t("This mail is empty."))
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")  # lines as old Macs ended them
    envelope = _MBOX_LINE.match(raw, start)
    if start and not envelope and not _KNOWN_HEADER.match(raw, start):
        start = 0
    return _Splitter(raw, budget).part(envelope.end() if envelope else start, len(raw), "text/plain", 0)


def split_inner(raw: bytes, budget: Budget) -> Part:
    """Split what was found inside a part, such as the content of a signed envelope. It counts like the rest."""
    return _Splitter(raw, budget).part(0, len(raw), "text/plain", 1)


_KIND = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}")
_NOTHING = b"\x00 \t\r\n\xef\xbb\xbf"
_MBOX_LINE = re.compile(rb">?From [^\r\n]{0,500}\r*\n")
_BLANK_LINE = re.compile(rb"\n\r*\n")
_LINE = re.compile(rb"([^\r\n]*)(?:\r*\n|\r|\Z)")
# A space before the colon is against the rules and not rare.
_HEADER = re.compile(r"([!-9;-~]{1,200})[ \t]*:")
_HEADER_LINE = re.compile(rb"[!-9;-~]{1,200}[ \t]*:")
_KNOWN_HEADER = re.compile(
    rb"(?:from|to|cc|subject|date|message-id|mime-version|content-[a-z-]{2,30}|received|reply-to|return-path|"
    rb"references|in-reply-to|sender|delivered-to|x-[a-z0-9-]{2,60})[ \t]*:",
    re.I,
)
_LONGEST_TIDY_HEAD = 1_000_000
_LOOKED_AHEAD = 30
_MOST_DELIMITERS = 5_000


class _Splitter:
    def __init__(self, raw: bytes, budget: Budget) -> None:
        self.raw = raw
        self.view = memoryview(raw)
        self.budget = budget

    def part(self, start: int, end: int, default_type: str, depth: int) -> Part:
        self.budget.part()
        self.budget.level(depth)
        headers, body = self._head(start, end)
        part = Part(headers, self.view[body:end], default_type)
        kind, parameters = part.type_and_parameters
        if kind.startswith("multipart/"):
            inner = "message/rfc822" if kind == "multipart/digest" else "text/plain"
            boundary = _boundary(parameters)
            segments = self._segments(body, end, boundary)
            if not segments and part.encoding in {"base64", "quoted-printable"}:
                return self._packed(part, depth)
            self._add_children(part, segments, inner, depth, boundary)
        elif "boundary" in parameters and kind.startswith("text/"):
            # It says text and holds parts.
            segments = self._segments(body, end, _boundary(parameters))
            if segments:
                part._type = "multipart/mixed", parameters
                self._add_children(part, segments, "text/plain", depth, _boundary(parameters))
        elif depth == 0 and not any(part.raw_headers("content-type")):
            self._undeclared(part, body, end)
        return part

    # --- headers

    def _head(self, start: int, end: int) -> tuple[list[tuple[str, str]], int]:
        """The headers, and where the body begins."""
        raw = self.raw
        if raw[start : start + 1] == b"\n":
            return [], start + 1
        if raw[start : start + 2] == b"\r\n":
            return [], start + 2
        blank = _BLANK_LINE.search(raw, start, end)
        stop = blank.start() if blank else end
        if stop - start > _LONGEST_TIDY_HEAD:
            return self._odd_head(start, end)
        lines = raw[start:stop].decode("ascii", "surrogateescape").split("\n")
        headers: list[tuple[str, list[str]]] = []
        for line in lines:
            stripped = line.strip(" \t\r")
            if line[:1] in " \t" and stripped and headers:
                headers[-1][1].append(stripped)
                continue
            name = _HEADER.match(line)
            if name is None or "\r" in stripped:
                return self._odd_head(start, end)
            headers.append((_name_in(name), [line[name.end() :].strip(" \t\r")]))
        return self._counted(headers), blank.end() if blank else end

    def _odd_head(self, start: int, end: int) -> tuple[list[tuple[str, str]], int]:
        """Headers with lines among them that are none. A line is passed over while known headers still follow it."""
        headers: list[tuple[str, list[str]]] = []
        position = start
        while position < end:
            if len(headers) > self.budget.limits.headers:
                break
            if headers and len(headers[-1][1]) > self.budget.limits.header_bytes // 2:
                break
            found = _LINE.match(self.raw, position, end)
            assert found is not None
            line, after = found[1], found.end()
            if not line:
                position = after
                break
            if line[:1] in b" \t":
                if not line.strip():
                    following = self.raw[after : after + 300]
                    if not (
                        _HEADER_LINE.match(following)
                        or (following[:1] in b" \t" and following.strip(b" \t")[:1] not in b"\r\n")
                    ):
                        position = after
                        break
                elif headers:
                    headers[-1][1].append(_as_text(line))
                elif not self._goes_on(after, end):
                    break
            elif name := _HEADER.match(text := line.decode("ascii", "surrogateescape")):
                headers.append((_name_in(name), [text[name.end() :].strip()]))
            elif line.startswith(b"--") or not self._goes_on(after, end):
                break
            elif headers and not line.startswith((b"From ", b">From ")):
                headers[-1][1].append(_as_text(line))
            position = after
        return self._counted(headers), position

    def _goes_on(self, position: int, end: int) -> bool:
        """Whether a header we know stands in the lines before the next empty one."""
        for _ in range(_LOOKED_AHEAD):
            found = _LINE.match(self.raw, position, min(end, position + 2_000))
            if found is None or not found[1].strip():
                return False
            if _KNOWN_HEADER.match(found[1]):
                return True
            position = found.end()
        return False

    def _counted(self, headers: list[tuple[str, list[str]]]) -> list[tuple[str, str]]:
        whole = []
        for name, lines in headers:
            value = lines[0] if len(lines) == 1 else " ".join(lines).strip()
            self.budget.header(len(name) + len(value))
            whole.append((name, value))
        return whole

    # --- bodies

    def _segments(self, start: int, end: int, boundary: bytes) -> list[tuple[int, int]]:
        """Where the parts between the delimiters begin and end; none if there is no delimiter to be found."""
        segments = self._between(start, end, boundary) if boundary else []
        if not segments:
            # The boundary is missing, cut short or of another case: whatever stands before the headers of a part.
            other = self._found_boundary(start, end)
            segments = self._between(start, end, other) if other and other != boundary else []
        return segments

    def _between(self, start: int, end: int, boundary: bytes) -> list[tuple[int, int]]:
        raw, mark = self.raw, b"--" + boundary
        segments: list[tuple[int, int]] = []
        opened = -1
        position = raw.find(mark, start, end)
        while position >= 0:
            after = position + len(mark)
            if position > start and raw[position - 1] not in b"\r\n":
                position = raw.find(mark, after, end)
                continue
            closes = raw[after : after + 2] == b"--"
            tail = after + 2 if closes else after
            while tail < end and raw[tail] in b" \t":
                tail += 1
            if tail < end and raw[tail] not in b"\r\n":
                position = raw.find(mark, after, end)
                continue
            if opened >= 0:
                segments.append((opened, max(opened, _before_line_end(raw, position))))
                if len(segments) > self.budget.limits.parts:
                    raise Unreadable(
                        _t("This mail has more than %(n)s parts.") % {"n": f"{self.budget.limits.parts:,}"}
                    )
            line_end = _LINE.match(raw, tail, end)
            opened = line_end.end() if line_end else end
            if closes:
                # Some programs end every part as if it were the last one.
                ended, opened = opened, -1
                position = raw.find(mark, ended, end)
                if position < 0 or not _HEADER_LINE.match(raw, *_next_line(raw, position, end)):
                    return segments
                continue
            position = raw.find(mark, tail, end)
        if opened >= 0 and raw[opened:end].strip():
            segments.append((opened, end))
        return segments

    def _found_boundary(self, start: int, end: int) -> bytes:
        position = start
        for _ in range(_MOST_DELIMITERS):
            position = self.raw.find(b"--", position, end)
            if position < 0:
                return b""
            if position == start or self.raw[position - 1] in b"\r\n":
                line = _LINE.match(self.raw, position, min(end, position + 300))
                if line and len(line[1].strip()) > 2 and _KNOWN_HEADER.match(self.raw, line.end(), end):
                    return bytes(line[1].strip()[2:])
                position = line.end() if line else position + 2
            else:
                position += 2
        return b""

    def _add_children(
        self, part: Part, segments: list[tuple[int, int]], default_type: str, depth: int, boundary: bytes
    ) -> None:
        for number, (start, end) in enumerate(segments):
            child = self.part(start, end, default_type, depth + 1)
            part.children.append(child)
            kind, parameters = child.type_and_parameters
            if kind.startswith("multipart/") and boundary and _boundary(parameters) == boundary and not child.children:
                # A multipart within that uses the same boundary again: what follows is its own.
                inner = "message/rfc822" if kind == "multipart/digest" else "text/plain"
                self._add_children(child, segments[number + 1 :], inner, depth + 1, boundary)
                return

    def _packed(self, part: Part, depth: int) -> Part:
        """A multipart under a transfer encoding, which no standard allows."""
        content = part.content()
        self.budget.decode(len(content))
        boundary = _boundary(part.type_and_parameters[1])
        inside = _Splitter(content, self.budget)
        segments = inside._segments(0, len(content), boundary)
        inside._add_children(part, segments, "text/plain", depth, boundary)
        return part

    def _undeclared(self, part: Part, start: int, end: int) -> None:
        """A mail whose MIME headers were lost on its way, while its parts are still there."""
        body = self.raw[start : start + 300].lstrip()
        if not body.startswith(b"--"):
            return
        boundary = self._found_boundary(start, end)
        if boundary and body.startswith(b"--" + boundary) and self.raw.find(b"--" + boundary + b"--", start, end) >= 0:
            part._type = "multipart/mixed", {}
            self._add_children(part, self._between(start, end, boundary), "text/plain", 0, boundary)


def _name_in(match: re.Match[str]) -> str:
    """The name of a header. With a space behind it our server may not have known one that it takes away."""
    is_strange = match.end(1) + 1 != match.end() and match[1].lower() == "authentication-results"
    return f"X-Strange-{match[1]}" if is_strange else match[1]


def _boundary(parameters: dict[str, str]) -> bytes:
    return parameters.get("boundary", "").rstrip().encode("utf-8", "surrogateescape")


def _before_line_end(raw: bytes, position: int) -> int:
    """The line end before a delimiter belongs to the delimiter."""
    if position and raw[position - 1] == 10:
        position -= 1
    if position and raw[position - 1] == 13:
        position -= 1
    return position


def _next_line(raw: bytes, position: int, end: int) -> tuple[int, int]:
    line = _LINE.match(raw, position, end)
    return (line.end() if line else end), end


def _as_text(line: bytes) -> str:
    return line.decode("ascii", "surrogateescape").strip()
