"""Rich text of Outlook, as far as words need it: unpacked, and read as the HTML or the text it was made from. Pure."""

import re
import struct
from itertools import islice

from tickets.mail.charsets import codec_named, decode_text

_PACKED, _PLAIN = 0x75465A4C, 0x414C454D
_FIRST_WINDOW = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor "
    rb"MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)  # fmt: skip


def decompressed(packed: bytes, *, limit: int) -> bytes:
    """Undo the packing of PR_RTF_COMPRESSED, up to `limit` bytes; b"" for what is none."""
    if len(packed) < 16:
        return b""
    _size, raw_size, kind, _crc = struct.unpack_from("<IIII", packed)
    if kind == _PLAIN:
        return packed[16 : 16 + min(raw_size, limit)]
    if kind != _PACKED:
        return b""
    window = bytearray(4096)
    window[: len(_FIRST_WINDOW)] = _FIRST_WINDOW
    write = len(_FIRST_WINDOW)
    output = bytearray()
    most = min(raw_size, limit)
    position = 16
    while position < len(packed) and len(output) < most:
        flags = packed[position]
        position += 1
        for bit in range(8):
            if flags >> bit & 1:
                if position + 1 >= len(packed):
                    return bytes(output[:most])
                pair = packed[position] << 8 | packed[position + 1]
                position += 2
                offset, length = pair >> 4, (pair & 15) + 2
                if offset == write % 4096:
                    return bytes(output[:most])
                for step in range(length):
                    letter = window[(offset + step) % 4096]
                    output.append(letter)
                    window[write % 4096] = letter
                    write += 1
            elif position < len(packed):
                output.append(packed[position])
                window[write % 4096] = packed[position]
                write += 1
                position += 1
    return bytes(output[:most])


_TOKEN = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\([a-zA-Z]{1,32})(-?\d{1,7})? ?|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.S
)
# Groups whose content is no text.
_SILENT = {b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"header", b"footer", b"generator",
           b"themedata", b"listtable", b"listoverridetable", b"rsidtbl", b"xmlnstbl", b"datastore"}  # fmt: skip
_LETTERS = {b"par": "\n", b"line": "\n", b"sect": "\n", b"page": "\n", b"row": "\n", b"cell": "\t", b"tab": "\t",
            b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”", b"endash": "–", b"emdash": "—",
            b"bullet": "•"}  # fmt: skip
_MOST_GROUPS = 1_000
_MOST_TOKENS = 2_000_000


class _State:
    __slots__ = ("is_rtf_only", "is_silent", "skip")

    def __init__(self, is_silent: bool = False, is_rtf_only: bool = False, skip: int = 1) -> None:
        self.is_silent, self.is_rtf_only, self.skip = is_silent, is_rtf_only, skip


def html_or_text(rtf: bytes) -> tuple[str, str]:
    """Return the HTML that the rich text was made from, or else its words as text; the other one is ""."""
    if rtf.lstrip()[:5] != rb"{\rtf":
        return "", ""
    is_html = rb"\fromhtml" in rtf[:2000]
    found = re.search(rb"\\ansicpg(\d{1,5})", rtf[:2000])
    charset = codec_named(f"cp{int(found[1])}" if found else "cp1252") or "cp1252"
    output: list[str] = []
    pending = bytearray()  # letters of several bytes come one byte at a time
    stack = [_State()]
    to_skip = 0
    is_marked = False  # the last token was \*
    for token in islice(_TOKEN.finditer(rtf), _MOST_TOKENS):
        state = stack[-1]
        code, word, number, symbol, brace, text = token.groups()
        if code is not None:
            if to_skip:
                to_skip -= 1
            elif not state.is_silent and not state.is_rtf_only:
                pending.append(int(code, 16))
            continue
        if text is not None and pending and not to_skip and charset in _DOUBLE and len(pending) % 2:
            pending += text[:1]  # the second byte of a letter may be an ASCII one
            text = text[1:]
        if pending:
            output.append(decode_text(bytes(pending), charset))
            pending.clear()
        said = ""
        if brace == b"{":
            stack.append(_State(state.is_silent, state.is_rtf_only, state.skip))
            if len(stack) > _MOST_GROUPS:
                break
        elif brace == b"}":
            if len(stack) > 1:
                stack.pop()
            to_skip = 0
        elif symbol == b"*":
            is_marked = True
            continue
        elif symbol is not None:
            said = {b"~": "\u00a0", b"_": "‑", b"\n": "\n", b"\r": "\n"}.get(symbol) or (
                symbol.decode("latin-1") if symbol in b"\\{}" else ""
            )
        elif word == b"htmlrtf":
            state.is_rtf_only = is_html and number != b"0"
        elif word == b"htmltag" and is_marked and is_html:
            state.is_silent = False
        elif word is not None and (is_marked or word in _SILENT):
            state.is_silent = True
        elif word == b"uc":
            state.skip = min(int(number or 1), 8)
        elif word == b"u" and number is not None:
            point = int(number) % 65536
            said, to_skip = chr(point) if not 0xD800 <= point < 0xE000 else "\ufffd", state.skip
        elif word in _LETTERS:
            said = _LETTERS[word]
        elif text is not None:
            said = text[to_skip:].decode("latin-1")
            to_skip = max(0, to_skip - len(text))
        is_marked = False
        if said and not state.is_silent and not state.is_rtf_only:
            output.append(said)
    output.append(decode_text(bytes(pending), charset))
    words = "".join(output)
    return (words, "") if is_html else ("", words.strip())


_DOUBLE = {"cp932", "cp949", "cp950", "gb18030"}
