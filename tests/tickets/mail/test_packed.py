"""What is packed in other formats inside a mail: read where it can be, refused where it was made to hurt."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.mail import calendars, envelopes, rtf, tnef
from tickets.mail.parsing import Limits, Unreadable, parse

LIMIT = 1_000_000


def entry(level: int, name: int, data: bytes) -> bytes:
    return struct.pack("<BHHI", level, name, 0, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def package(*entries: bytes) -> bytes:
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(entries)


def properties(*pairs: tuple[int, int, bytes]) -> bytes:
    body = b"".join(struct.pack("<HHII", kind, name, 1, len(v)) + v + b"\0" * (-len(v) % 4) for kind, name, v in pairs)
    return struct.pack("<I", len(pairs)) + body


def element(tag: int, content: bytes) -> bytes:
    size = len(content).to_bytes(4, "big")
    return bytes([tag, 0x84]) + size + content


def cms(name: str, *parts: bytes) -> bytes:
    wrapped = element(0xA0, element(0x30, b"".join(parts)))
    return element(0x30, element(6, bytes.fromhex(name)) + wrapped)


def as_mail(kind: str, content: bytes) -> bytes:
    head = f"From: a@x.example\nContent-Type: {kind}\nContent-Transfer-Encoding: 8bit\n\n"
    return head.encode() + content


# --- winmail.dat


def test_a_mail_within_a_winmail_is_a_file_with_its_files_beside_it():
    inner = package(entry(1, 0x800C, b"Inner words\0"), entry(2, 0x9002, b""), entry(2, 0x8010, b"a.txt\0"),
                    entry(2, 0x800F, b"A"))  # fmt: skip
    held = bytes.fromhex("0703020000000000c000000000000046") + inner
    outer = package(
        entry(2, 0x9002, b""), entry(2, 0x9005, properties((0x1E, 0x3001, b"Re: x\0"), (0xD, 0x3701, held)))
    )

    found = tnef.open_package(outer, limit=LIMIT)

    assert found is not None
    assert [(file.name, file.content) for file in found.files] == [("Re: x.txt", b"Inner words"), ("a.txt", b"A")]


def test_a_winmail_that_is_cut_gives_what_came_before():
    whole = package(entry(2, 0x9002, b""), entry(2, 0x8010, b"a.txt\0"), entry(2, 0x800F, b"A"), entry(1, 0x800C, b"x"))

    found = tnef.open_package(whole[:-2], limit=LIMIT)

    assert found is not None
    assert [file.name for file in found.files] == ["a.txt"]


@pytest.mark.parametrize(
    "content",
    [
        package(entry(1, 0x9003, struct.pack("<I", 0xFFFFFFFF))),
        package(entry(1, 0x9003, struct.pack("<IHHI", 0xFFFFFFFF, 0x101E, 0x1000, 0xFFFFFFFF))),
        package(entry(1, 0x9003, struct.pack("<IHHII", 1, 0x1E, 0x1000, 0xFFFFFFFF, 0xFFFFFFF0))),
        package(*[entry(2, 0x9002, b"")] * 20_000),
        package(*[entry(1, 0x9007, b"\xff\xff\xff\xff")] * 10),
    ],
)
def test_a_winmail_that_promises_too_much_ends_soon(content):
    tnef.open_package(content, limit=LIMIT)


@given(st.binary(max_size=60), st.sampled_from([0x9003, 0x9005, 0x9007, 0x800C]))
def test_any_winmail_is_read_or_none(data, name):
    tnef.open_package(package(entry(2, 0x9002, b""), entry(2, name, data), data), limit=LIMIT)
    tnef.open_package(data, limit=LIMIT)


def test_what_is_no_winmail_stays_a_file():
    parsed = parse(as_mail("application/ms-tnef; name=winmail.dat", b"something else"))

    assert [one.filename for one in parsed.attachments] == ["winmail.dat"]


# --- rich text


def test_packed_rich_text_is_unpacked_with_the_words_everybody_knows():
    # "{\rtf1\ansi\mac..." comes from the first window; then an end.
    packed = (
        struct.pack("<IIII", 0, 1_000, 0x75465A4C, 0)
        + bytes([0b00000111])
        + struct.pack(">HHH", 0x000F, 0x011F, 0x0F10)
    )

    assert rtf.decompressed(packed, limit=LIMIT) == rb"{\rtf1\ansi\mac\deff0\deftab720{\f"[:34]


def test_rich_text_unpacks_to_the_limit_and_no_further():
    bomb = struct.pack("<IIII", 0, 0xFFFFFFFF, 0x75465A4C, 0) + (b"\xff" + struct.pack(">H", 0x000F) * 8) * 10_000

    assert len(rtf.decompressed(bomb, limit=5_000)) == 5_000


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (rb"{\rtf1\ansi\ansicpg1252 Hola\par se\'f1or\tab\u8364 ?5{\*\generator x;}}", "Hola\nseñor\t€5"),
        (rb"{\rtf1\ansi\ansicpg932 \'93\'fa\'96\'7b}", "日本"),
        (rb"{\rtf1{\fonttbl{\f0 Arial;}}{\info{\title T}}a\{b\}\\c}", r"a{b}\c"),
        (rb"no rich text", ""),
        (rb"{\rtf1" + b"{" * 5_000, ""),
    ],
)
def test_rich_text_is_its_words(source, words):
    assert rtf.html_or_text(source) == ("", words)


@given(st.lists(st.sampled_from([rb"{\rtf1", b"{", b"}", rb"\*", rb"\u9", rb"\'e1", rb"\htmlrtf ", b"x", rb"\uc3"])))
def test_any_rich_text_is_read(pieces):
    rtf.html_or_text(b"{\\rtf1\\fromhtml1 " + b"".join(pieces))


# --- S/MIME


SIGNED, COMPRESSED = "2a864886f70d010702", "2a864886f70d0109100109"
DATA = element(6, bytes.fromhex("2a864886f70d010701"))


def test_compressed_mail_is_read():
    content = zlib.compress(b"Content-Type: text/plain\n\nSmall words.")
    inner = element(0x30, DATA + element(0xA0, element(4, content)))

    parsed = parse(as_mail("application/pkcs7-mime", cms(COMPRESSED, element(2, b"\0"), element(0x30, b""), inner)))

    assert parsed.text == "Small words."


def test_compressed_mail_beyond_the_limit_is_refused():
    content = zlib.compress(b"\n" * 2_000_000)
    inner = element(0x30, DATA + element(0xA0, element(4, content)))
    raw = as_mail("application/pkcs7-mime", cms(COMPRESSED, element(2, b"\0"), element(0x30, b""), inner))

    with pytest.raises(Unreadable, match="larger than 1,000,000 bytes"):
        parse(raw, limits=Limits(decoded_bytes=1_000_000))


def test_envelopes_in_envelopes_count_as_nesting():
    content = b"Content-Type: text/plain\n\ndeep"
    for _ in range(12):
        inner = element(0x30, DATA + element(0xA0, element(4, content)))
        signed = cms(SIGNED, element(2, b"\1"), element(0x31, b""), inner, element(0x31, b""))
        content = b"Content-Type: application/pkcs7-mime\nContent-Transfer-Encoding: binary\n\n" + signed

    assert parse(content).text == "deep"
    with pytest.raises(Unreadable, match="nested more than 10 levels"):
        parse(content, limits=Limits(nesting=10))


@pytest.mark.parametrize(
    "content", [b"", b"\x30\x80" * 50_000, b"\x30\x84\xff\xff\xff\xff", b"\x24\x80" + b"\x04\0" * 90_000]
)
def test_an_envelope_made_to_hurt_is_none(content):
    assert envelopes.open_smime(content, limit=LIMIT) is None


@given(st.binary(max_size=80))
def test_any_bytes_are_an_envelope_or_none(content):
    envelopes.open_smime(content, limit=LIMIT)
    envelopes.open_smime(cms(SIGNED, content), limit=LIMIT)


# --- invitations


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["DTSTART:20260317T090000Z", "SUMMARY:Call"], "Event: Call\nWhen: 2026-03-17 09:00 UTC"),
        (
            ["DTSTART;VALUE=DATE:20260317", "DTEND;VALUE=DATE:20260319", "SUMMARY:Fair"],
            "Event: Fair\nWhen: 2026-03-17 – 2026-03-19 (until the day before)",
        ),
        (
            ["DTSTART;TZID=X:20260317T220000", "DTEND;TZID=X:20260318T010000", "LOCATION:a\\nb"],
            "Event\nWhen: 2026-03-17 22:00 – 2026-03-18 01:00 X\nWhere: a b",
        ),
        (["DTSTART:soon"], "Event\nWhen: soon"),
    ],
)
def test_an_event_in_words(lines, words):
    assert calendars.describe("\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT"])) == words


def test_a_calendar_without_an_event_says_nothing():
    assert calendars.describe("BEGIN:VCALENDAR\nEND:VCALENDAR") == ""


@given(st.text(alphabet=st.sampled_from(list('BEGIN:VT;="\n \\,X'))))
def test_any_calendar_is_read(text):
    calendars.describe(f"BEGIN:VEVENT\n{text}")


def test_a_calendar_of_any_size_ends_soon():
    calendars.describe("BEGIN:VEVENT\n" + "ATTENDEE;CN=x;" * 50_000 + "\n" + "ATTENDEE:a@x.example\n" * 50_000)
