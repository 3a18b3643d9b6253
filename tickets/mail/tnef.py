"""winmail.dat: what Outlook packs a mail into when it thinks that it writes to another Outlook. Pure.

The reader is ours: the one there is counts to four milliards where a file says so, and copies the file for every entry.
Each entry is looked at once here; whatever does not fit ends the reading, and what came before it is kept.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from tickets.mail.charsets import decode_text
from tickets.mail.rtf import decompressed, html_or_text

_SIGNATURE = 0x223E9F78
_BODY, _ATTACH_DATA, _ATTACH_TITLE, _ATTACH_BEGINS = 0x800C, 0x800F, 0x8010, 0x9002
_MAPI_PROPERTIES, _ATTACHMENT_PROPERTIES, _CODEPAGE = 0x9003, 0x9005, 0x9007
_P_BODY, _P_RTF, _P_HTML, _P_INTERNET_CODEPAGE = 0x1000, 0x1009, 0x1013, 0x3FDE
_P_DISPLAY_NAME, _P_DATA, _P_FILENAME, _P_LONG_FILENAME = 0x3001, 0x3701, 0x3704, 0x3707
_P_MIME_TYPE, _P_CONTENT_ID = 0x370E, 0x3712
_FIXED = {0x0: 0, 0x1: 0, 0x2: 4, 0x3: 4, 0x4: 4, 0x5: 8, 0x6: 8, 0x7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_STRING, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_EMBEDDED_MESSAGE = b"\x07\x03\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"
_MOST_ENTRIES = 5_000
_MOST_NESTING = 5


@dataclass(slots=True)
class File:
    """A file in the package."""

    name: str = ""
    content: bytes = b""
    content_type: str = ""
    content_id: str = ""


@dataclass(slots=True)
class Package:
    """What a winmail.dat holds."""

    text: str = ""
    html: str = ""
    files: list[File] = field(default_factory=list)


def open_package(content: bytes, *, limit: int, _depth: int = 0) -> Package | None:
    """Return what is in the file, None if it is no package. Nothing is unpacked to more than `limit` bytes."""
    if len(content) < 17 or struct.unpack_from("<I", content)[0] != _SIGNATURE:
        return None
    package = Package()
    charset = "cp1252"
    file: File | None = None
    seen = 0
    for name, data in _entries(content):
        seen += 1
        if name == _CODEPAGE and len(data) >= 4:
            charset = f"cp{struct.unpack_from('<I', data)[0]}"
        elif name == _BODY:
            package.text = package.text or decode_text(data.rstrip(b"\x00"), charset)
        elif name == _MAPI_PROPERTIES:
            _read_message(package, data, charset, limit)
        elif name == _ATTACH_BEGINS:
            file = File()
            package.files.append(file)
        elif file is not None and name == _ATTACH_TITLE:
            file.name = file.name or decode_text(data.rstrip(b"\x00"), charset)
        elif file is not None and name == _ATTACH_DATA:
            file.content = bytes(data)
        elif file is not None and name == _ATTACHMENT_PROPERTIES:
            _read_file(package, file, data, charset, limit, _depth)
    package.files = [file for file in package.files if file.content or file.name]
    return package if seen else None


def _entries(content: bytes) -> Iterator[tuple[int, bytes]]:
    position = 6
    for _ in range(_MOST_ENTRIES):
        if position + 11 > len(content):
            return
        level, name, _type, length = struct.unpack_from("<BHHI", content, position)
        end = position + 9 + length
        if level not in (1, 2) or end + 2 > len(content):
            return
        yield name, content[position + 9 : end]
        position = end + 2


def _read_message(package: Package, data: bytes, charset: str, limit: int) -> None:
    found = dict(_properties(data, charset))
    page = found.get(_P_INTERNET_CODEPAGE)
    internet = {65001: "utf-8", 20127: "us-ascii"}.get(page, f"cp{page}") if isinstance(page, int) else None
    body, html, rtf = found.get(_P_BODY), found.get(_P_HTML), found.get(_P_RTF)
    if isinstance(body, str | bytes):
        package.text = body if isinstance(body, str) else decode_text(body, internet or charset)
    if isinstance(html, str | bytes):
        package.html = html if isinstance(html, str) else decode_text(html, internet)
    if isinstance(rtf, bytes) and not package.html:
        html_in_rtf, text = html_or_text(decompressed(rtf, limit=limit))
        package.html = html_in_rtf
        package.text = package.text or text


def _read_file(package: Package, file: File, data: bytes, charset: str, limit: int, depth: int) -> None:
    found = dict(_properties(data, charset))
    for key in (_P_LONG_FILENAME, _P_FILENAME, _P_DISPLAY_NAME):
        name = found.get(key)
        if isinstance(name, str) and name and (key != _P_DISPLAY_NAME or not file.name):
            file.name = name
            break
    for key, attribute in ((_P_MIME_TYPE, "content_type"), (_P_CONTENT_ID, "content_id")):
        value = found.get(key)
        if isinstance(value, str):
            setattr(file, attribute, value)
    held = found.get(_P_DATA)
    if not isinstance(held, bytes):
        return
    if not held.startswith(_EMBEDDED_MESSAGE):
        file.content = held
        return
    inner = open_package(held[16:], limit=limit, _depth=depth + 1) if depth < _MOST_NESTING else None
    if inner is None:
        file.content = held[16:]
        return
    # A mail inside: its words as a file of their own, its files among the others.
    words, ending = (inner.html, ".html") if inner.html else (inner.text, ".txt")
    file.content, file.name = words.encode("utf-8", "replace"), f"{file.name or 'message'}{ending}"
    package.files.extend(inner.files)


def _properties(data: bytes, charset: str) -> Iterator[tuple[int, str | bytes | int]]:
    """The MAPI properties we know how to read; of several values the first."""
    try:
        yield from _walk_properties(data, charset)
    except (struct.error, ValueError, IndexError):
        return


def _walk_properties(data: bytes, charset: str) -> Iterator[tuple[int, str | bytes | int]]:
    (count,) = struct.unpack_from("<I", data)
    position = 4
    for _ in range(min(count, _MOST_ENTRIES)):
        kind, name = struct.unpack_from("<HH", data, position)
        position += 4
        if name >= 0x8000:
            position += 16
            (named_by,) = struct.unpack_from("<I", data, position)
            position += 4
            (length,) = struct.unpack_from("<I", data, position)
            position += 4 + (_padded(length) if named_by else 0)
        several, kind = bool(kind & 0x1000), kind & ~0x1000
        if kind in _FIXED:
            values = struct.unpack_from("<I", data, position)[0] if several else 1
            position += 4 if several else 0
            if _FIXED[kind] == 4 and not several:
                yield name, struct.unpack_from("<I", data, position)[0]
            position += _FIXED[kind] * values
        elif kind in (_STRING, _UNICODE, _OBJECT, _BINARY):
            (values,) = struct.unpack_from("<I", data, position)
            position += 4
            for number in range(values):
                (length,) = struct.unpack_from("<I", data, position)
                position += 4
                if number == 0:
                    yield name, _value(kind, data[position : position + length], charset)
                position += _padded(length)
        else:
            return
        if position > len(data):
            return


def _value(kind: int, value: bytes, charset: str) -> str | bytes:
    if kind == _UNICODE:
        return value.decode("utf-16-le", "replace").rstrip("\x00")
    return decode_text(value.rstrip(b"\x00"), charset) if kind == _STRING else value


def _padded(length: int) -> int:
    return length + -length % 4
