"""Signed and encrypted mail: what can be read without a key, and the word for what cannot. Pure.

Nothing is checked here. A signature that nobody checked proves nothing; it is shown as what it is.
"""

import re
import zlib
from dataclasses import dataclass

ENCRYPTED_SMIME = "This mail is encrypted (S/MIME). It can be read only with the key it was written for."
ENCRYPTED_PGP = "This mail is encrypted (PGP). It can be read only with the key it was written for."

# --- S/MIME: CMS in BER, RFC 5652

_SIGNED = bytes.fromhex("2a864886f70d010702")
_COMPRESSED = bytes.fromhex("2a864886f70d0109100109")
_ENCRYPTED = {bytes.fromhex("2a864886f70d010703"), bytes.fromhex("2a864886f70d010706"),
              bytes.fromhex("2a864886f70d0109100117")}  # fmt: skip
_DEEPEST = 24
_MOST_ELEMENTS = 20_000


@dataclass(frozen=True, slots=True)
class Opened:
    """What an S/MIME part is, and the mail inside if that can be read."""

    kind: str  # "signed", "encrypted" or "compressed"
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class _Element:
    tag: int
    start: int
    end: int
    after: int


class _Reader:
    """Elements of BER, also those that do not say how long they are."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.count = 0

    def element(self, position: int, end: int, depth: int = 0) -> _Element:
        self.count += 1
        if depth > _DEEPEST or self.count > _MOST_ELEMENTS or position + 2 > end:
            raise ValueError("no element here")
        tag, length = self.data[position], self.data[position + 1]
        start = position + 2
        if tag & 0x1F == 0x1F:
            raise ValueError("a tag we do not know")
        if length == 0x80:
            inside = start
            while self.data[inside : inside + 2] != b"\x00\x00":
                inside = self.element(inside, end, depth + 1).after
            return _Element(tag, start, inside, inside + 2)
        if length > 0x80:
            size = length & 0x7F
            if size > 4 or start + size > end:
                raise ValueError("a length we do not believe")
            length = int.from_bytes(self.data[start : start + size], "big")
            start += size
        if start + length > end:
            raise ValueError("longer than what holds it")
        return _Element(tag, start, start + length, start + length)

    def children(self, parent: _Element) -> list[_Element]:
        found, position = [], parent.start
        while position < parent.end:
            found.append(self.element(position, parent.end))
            position = found[-1].after
        return found

    def octets(self, element: _Element, depth: int = 0) -> bytes:
        if not element.tag & 0x20 or depth > _DEEPEST:
            return self.data[element.start : element.end]
        return b"".join(self.octets(child, depth + 1) for child in self.children(element))


def open_smime(content: bytes, *, limit: int) -> Opened | None:
    """Read an application/pkcs7-mime part; None if it is none, or only carries certificates or a signature."""
    try:
        return _open(_Reader(content), limit)
    except (ValueError, IndexError, zlib.error):
        return None


def _open(reader: _Reader, limit: int) -> Opened | None:
    outer = reader.element(0, len(reader.data))
    kind, wrapped, *_ = reader.children(outer)
    name = reader.data[kind.start : kind.end]
    if name in _ENCRYPTED:
        return Opened("encrypted")
    if name not in (_SIGNED, _COMPRESSED):
        return None
    body = reader.children(reader.element(wrapped.start, wrapped.end))
    inner = next((one for one in reversed(body[:3]) if one.tag == 0x30), None)
    parts = reader.children(inner) if inner else []
    if len(parts) < 2:
        return None
    content = reader.octets(reader.element(parts[1].start, parts[1].end))
    if name == _SIGNED:
        return Opened("signed", content)
    unpacked = zlib.decompressobj().decompress(content, limit + 1)
    return Opened("compressed", unpacked)


# --- PGP in the text

_ENCRYPTED_TEXT = "-----BEGIN PGP MESSAGE-----"
_ARMOUR_HEADER = re.compile(r"[A-Za-z-]{1,40}: ")


def without_pgp_armour(text: str) -> tuple[str, bool]:
    """Return `text` with the words of signed passages standing free, and whether there were any."""
    if "-----BEGIN PGP SIGNED MESSAGE-----" not in text or "-----BEGIN PGP SIGNATURE-----" not in text:
        return text, False
    output: list[str] = []
    place = "outside"
    for line in text.split("\n"):
        mark = line.strip()
        if mark == "-----BEGIN PGP SIGNED MESSAGE-----":
            place = "headers"
        elif place == "headers":
            if mark and _ARMOUR_HEADER.match(mark):
                continue
            place = "signed"
            if mark:
                output.append(line)
        elif place == "signed" and mark == "-----BEGIN PGP SIGNATURE-----":
            place = "signature"
        elif place == "signature":
            place = "outside" if mark == "-----END PGP SIGNATURE-----" else place
        else:
            output.append(line.removeprefix("- ") if place == "signed" else line)
    return "\n".join(output), True


def is_pgp_message(text: str) -> bool:
    """Say whether the text holds a passage that only its key can read."""
    return any(line.strip() == _ENCRYPTED_TEXT for line in text.split("\n", 200)[:200])
