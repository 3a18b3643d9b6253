import contextlib
import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpdesk.common.html import block_remote_images
from tickets.mail import parsing
from tickets.mail.decoding import (
    Address,
    decode_addresses,
    decode_date,
    decode_header,
    decode_text,
    header_parameters,
)
from tickets.mail.parsing import Authentication, Limits, ParsedEmail, Unreadable, parse

MAILS = Path(__file__).parents[2] / "mail"
ALL = sorted(MAILS.glob("*.eml"))


FULL = os.environ.get("TEST_SIZE") == "full"
SCALE = 10 if FULL else 1


def mail(name: str) -> ParsedEmail:
    return parse((MAILS / name).read_bytes())


def with_header(line: str, body: str = "Hello") -> bytes:
    return f"{line}\n\n{body}".encode()


# --- what a mail says


def test_a_plain_mail():
    raw = (MAILS / "plain.eml").read_bytes()

    parsed = parse(raw)

    assert parsed.subject == "The parcel came without the lamp"
    assert parsed.from_ == Address("carla@clientes.example", "Carla Ruiz")
    assert parsed.to == (Address("soporte@puente.example", "Soporte"),)
    assert parsed.cc == parsed.reply_to == ()
    assert parsed.delivered_to == (Address("soporte@puente.example"),)
    assert parsed.date == datetime(2026, 3, 3, 8, 12, 44, tzinfo=UTC)
    assert parsed.date.utcoffset() == timedelta(hours=1)
    assert parsed.message_id == "<20260303091244.1234@clientes.example>"
    assert (parsed.in_reply_to, parsed.references) == ("", ())
    assert parsed.text.startswith("Hello,\n\nI ordered a table")
    assert parsed.html == ""
    assert parsed.lang == "en"
    assert not parsed.is_auto
    assert not parsed.is_bounce
    assert parsed.digest == hashlib.sha256(raw).hexdigest()


# The words that are new in each fixture: its first and last ones.
NEW = {
    "outlook_reply.eml": ("Thank you, but the second", "Compras | Fábrica Norte"),
    "outlook_reply_es.eml": ("Buenos días:", "Un saludo,\nCarla"),
    "outlook_web_reply.eml": ("The invoice shows 120 €", "Please correct it."),
    "gmail_reply.eml": ("It works now", "will this happen again?"),
    "gmail_reply_es.eml": ("Perfecto, muchas gracias", "¿Tengo que enviar también la caja?"),
    "apple_mail_reply.eml": ("No estoy de acuerdo", "Elena"),
    "apple_mail_inline_answers.eml": ("Thanks for asking.", "Yes, three times, then it stops."),
    "iphone_reply.eml": ("Monday is fine", "after 6 pm please."),
    "thunderbird_reply.eml": ("Ahora sí se conecta", "por la tarde, cuando hay más gente trabajando."),
    "yahoo_reply.eml": ("The link still", "error 404."),
    "samsung_reply_es.eml": ("La factura sigue mal", "me cobran dos veces."),
    "k9_reply.eml": ("The refund has arrived", "thank you."),
    "gmail_forward.eml": ("See what your shop", "Delivery within two days, guaranteed."),
    "outlook_answers_below.eml": ("Please see my answers below", "Since the update of last week."),
    "html_only.eml": ("Hola, quiero un presupuesto para:\n\n- tres ventanas\n- una puerta", "Gracias,\nNora"),
}


@pytest.mark.parametrize(("name", "words"), NEW.items())
def test_the_new_words_of_each_program(name, words):
    parsed = mail(name)

    assert parsed.reply_text.startswith(words[0])
    assert parsed.reply_text.endswith(words[1])
    assert parsed.reply_text in parsed.text


def test_a_reply_knows_what_it_answers():
    parsed = mail("gmail_reply.eml")

    assert parsed.in_reply_to == "<ticket-48213-2@puente.example>"
    assert parsed.references == ("<ticket-48213-1@puente.example>", "<ticket-48213-2@puente.example>")
    assert parsed.cc == (Address("eve@clientes.example", "Eve Black"),)


def test_a_very_long_chain_keeps_its_ends():
    chain = " ".join(f"<{number}@x.example>" for number in range(500))

    references = parse(with_header(f"References: {chain}")).references

    assert len(references) == 100
    assert (references[0], references[-1]) == ("<0@x.example>", "<499@x.example>")


def test_a_mail_without_message_id_is_welcome():
    parsed = mail("no_message_id.eml")

    assert parsed.message_id == ""
    assert parsed.text == "The contract is in the drawer."


def test_only_html_gives_text_and_clean_html():
    parsed = mail("html_only.eml")

    assert "las fotos (https://fotos.example/casa)" in parsed.text
    assert "<li>tres ventanas</li>" in parsed.html
    assert not any(word in parsed.html for word in ("onmouseover", "<form", "<input", "evil.example"))


def test_a_newsletter_loads_nothing():
    parsed = mail("newsletter.eml")

    shown, blocked = block_remote_images(parsed.html)
    assert blocked == 1
    assert "t.shop.example" not in shown
    assert "[The Shop]" in shown
    assert "track" not in parsed.html + parsed.text
    assert parsed.is_auto
    assert parsed.list_id == "news.shop.example"


def test_an_attached_mail_stays_outside_the_text():
    parsed = mail("nested_rfc822.eml")

    assert parsed.text == "I attach the mail of your colleague."
    [attached] = parsed.attachments
    assert (attached.filename, attached.content_type) == ("Tu garantía.eml", "message/rfc822")
    assert "three years" not in parsed.text
    inner = parse(attached.content)
    assert inner.text == "The guarantee covers three years."
    assert [one.filename for one in inner.attachments] == ["guarantee.pdf"]


def test_a_picture_in_the_text_is_kept_beside_it():
    parsed = mail("inline_image.eml")

    [picture] = parsed.attachments
    assert picture.inline
    assert picture.content_id == "ii_broken@clientes"
    assert picture.content.startswith(b"\x89PNG")
    assert picture.sha256 == hashlib.sha256(picture.content).hexdigest()
    assert 'src="cid:ii_broken@clientes"' in parsed.html
    assert parsed.text == "Look: [image: broken.png] It is broken."


@pytest.mark.parametrize(
    ("name", "filename", "content_type", "words"),
    [
        ("calendar_invite.eml", "invite.ics", "text/calendar", "Propongo la visita"),
        ("winmail.eml", "winmail.dat", "application/ms-tnef", "Adjunto el plano."),
        ("smime_signed.eml", "smime.p7s", "application/pkcs7-signature", "I order ten licences."),
    ],
)
def test_what_we_do_not_read_is_kept_as_a_file(name, filename, content_type, words):
    parsed = mail(name)

    assert [(one.filename, one.content_type) for one in parsed.attachments] == [(filename, content_type)]
    assert parsed.text.startswith(words)


def test_names_of_files_are_decoded_and_made_harmless():
    assert [one.filename for one in mail("odd_filenames.eml").attachments] == [
        "Presupuesto número 7.pdf",
        "foto del daño.jpg",
        "htaccess",
        "facturafdp.exe",
        "plan.docx",
    ]


def test_an_out_of_office_answer():
    parsed = mail("out_of_office_es.eml")

    assert parsed.is_auto
    assert parsed.auto_reason == "The person is away, and their mail program answers for them."
    assert parsed.subject == "Respuesta automática: [#59010] Su solicitud"


def test_a_bounce_is_automatic():
    parsed = mail("dsn_bounce.eml")

    assert parsed.is_bounce
    assert parsed.is_auto
    assert "we had sent" not in parsed.text


def test_a_read_receipt_is_automatic_and_no_bounce():
    parsed = mail("read_receipt.eml")

    assert parsed.is_auto
    assert not parsed.is_bounce


def test_a_contact_form_speaks_for_a_person():
    parsed = mail("contact_form_via.eml")

    assert not parsed.is_auto
    assert parsed.reply_to == (Address("carla@clientes.example", "Carla Ruiz"),)
    assert parsed.to == ()
    assert [one.email for one in parsed.delivered_to] == ["soporte@puente.example", "ayuda@puente.example"]


def test_mail_through_our_own_group_address_is_no_mailing_list():
    raw = (MAILS / "google_group.eml").read_bytes()

    assert parse(raw).is_auto
    assert not parse(raw, own_addresses=["soporte@puente.example"]).is_auto


# --- charsets and broken mails


def test_a_wrong_charset_still_gives_the_words():
    parsed = mail("broken_charset.eml")

    assert parsed.subject == "Reclamación por la señal"
    assert parsed.from_ == Address("nunez@clientes.example", "Nuñez")
    assert parsed.text == "La señal se corta y nadie me da solución. Pagué 50 € de más."


def test_japanese_mail():
    parsed = mail("iso_2022_jp.eml")

    assert parsed.subject == "荷物について"
    assert parsed.from_ == Address("yamada@clientes.example", "山田")
    assert parsed.text == "こんにちは。荷物がまだ届きません。"


@pytest.mark.parametrize(
    ("raw", "charset", "expected"),
    [
        ("señal".encode(), "iso-8859-1", "señal"),
        ("señal".encode("latin-1"), "utf-8", "señal"),
        ("señal".encode("latin-1"), None, "señal"),
        ("señal".encode("latin-1"), "no-such-charset", "señal"),
        ("señal".encode(), "us-ascii", "señal"),
        ("“50 €”".encode("cp1252"), "iso-8859-1", "“50 €”"),
        ("\ufeffseñal".encode(), "cp1252", "señal"),
        ("你好".encode("gb18030"), "gb2312", "你好"),
        ("half é".encode() + b" and \xe9", "utf-8", "half é and é"),
        ("привет".encode("koi8-r"), "koi8-r", "привет"),
        (b"+ADw-b+AD4-", "utf-7", "<b>"),
        (b"abc", "hex", "abc"),
        (b"abc", "unicode_escape", "abc"),
    ],
)
def test_bytes_become_the_likely_words(raw, charset, expected):
    assert decode_text(raw, charset) == expected


@given(st.binary(max_size=60), st.sampled_from([None, "utf-8", "utf-16", "utf-7", "iso-2022-jp", "big5", "x", "idna"]))
def test_any_bytes_become_text(raw, charset):
    assert isinstance(decode_text(raw, charset), str)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("=?utf-8?q?Reclamaci=C3=B3n?=", "Reclamación"),
        ("=?UTF-8?B?UmVjbGFtYWNpw7Nu?= =?utf-8?q?_n=C3=BAmero?=", "Reclamación número"),
        ("=?utf-8?B?c2XDsQ==?=\r\n =?utf-8?B?YWw=?=", "señal"),
        ("=?utf-8?Q?se=C3?= =?utf-8?Q?=B1al?=", "señal"),
        ("=?utf-8?Q?two words?=", "two words"),
        ("Re: =?iso-8859-1*es?Q?se=F1al?= rota", "Re: señal rota"),
        ("=?utf-8?B?bm90IGJhc2U2NA?=", "not base64"),
        ("=?utf-8?Q?=ZZ?=", "=ZZ"),
        ("=?utf-8?Q?Really?=20now?=", "Really? now"),
        ("=?utf-8?B?c2XD?= =?utf-8?B?sWFs?=", "señal"),
        ("=?utf-8?B?c2XDs?= =?utf-8?B?WFs?=", "señal"),
        ("=?utf-8?Q?cut_off", "cut off"),
        ("=?NONE?B?VEVTVA=?=", "TEST"),
        ("=?broken", "=?broken"),
        ("a\r\n\tfolded\n  line", "a folded line"),
        ("=?utf-8?q?Bcc=0D=0Ax=40x.example?=", "Bcc x@x.example"),
    ],
)
def test_headers_are_read_as_meant(header, expected):
    assert decode_header(header) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Ana <ana@X.Example>", [("ana@x.example", "Ana")]),
        ("ana@x.example (Ana Gil)", [("ana@x.example", "Ana Gil")]),
        ('"Gil, Ana" <ana@x.example>, ben@x.example', [("ana@x.example", "Gil, Ana"), ("ben@x.example", "")]),
        ("Gil, Ana <ana@x.example>", [("ana@x.example", "Gil, Ana")]),
        ("ana@x.example; ben@x.example", [("ana@x.example", ""), ("ben@x.example", "")]),
        ("Team: ana@x.example, ben@x.example;", [("ana@x.example", ""), ("ben@x.example", "")]),
        ("undisclosed-recipients:;", []),
        ("=?utf-8?q?evil=40x=2Eexample=2C?= <ana@x.example>", [("ana@x.example", "evil@x.example,")]),
        ('"boss@puente.example" <thief@x.example>', [("thief@x.example", "boss@puente.example")]),
        ("<ana@x.example>, ANA@x.example", [("ana@x.example", "")]),
        ("'ana@x.example' <ana@x.example>", [("ana@x.example", "")]),
        ('"Ana" <<ana@x.example>>', [("ana@x.example", "Ana")]),
        ("Ana [mailto:ana@x.example]", [("ana@x.example", "Ana")]),
        ("ana @ x . example", [("ana@x.example", "")]),
        ('"a b"@x.example', [('"a b"@x.example', "")]),
        ("ana@x.example (Ana (of sales) Gil)", [("ana@x.example", "Ana (of sales) Gil")]),
        ("<ana@x.example> Ana", [("ana@x.example", "Ana")]),
        ("<@a.example,@b.example:ana@x.example>", [("ana@x.example", "")]),
        ("Ana <ana@[192.0.2.1]>", [("ana@[192.0.2.1]", "Ana")]),
        (", ana@x.example, root, ben@x.example", [("ana@x.example", ""), ("ben@x.example", "")]),
        ("Ana <>", []),
        ("just words", []),
        ("a@b@c.example", []),
        ("", []),
    ],
)
def test_addresses_are_taken_apart(header, expected):
    assert [(one.email, one.name) for one in decode_addresses(header)] == expected


@given(st.text(alphabet=st.sampled_from(list('a@.<>()",;:\\ =?\r\n')), max_size=60))
def test_any_header_gives_addresses_or_none(header):
    for address in decode_addresses(header):
        assert "@" in address.email
        assert not set("\r\n") & set(address.email + address.name)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Tue, 3 Mar 2026 09:12:44 +0100 (CET)", "2026-03-03T09:12:44+01:00"),
        ("3 Mar 26 09:12 EST", "2026-03-03T09:12:00-05:00"),
        ("Tue, 3 Mar 2026 09:12:44 GMT+01:00", "2026-03-03T09:12:44+01:00"),
        ("Di, 3 Mär 2026 09:12:44 +0100", "2026-03-03T09:12:44+01:00"),
        ("mar, 3 dic 2026 09:12:44 +0100", "2026-12-03T09:12:44+01:00"),
        ("Tue, 3 Mar 2026", "2026-03-03T00:00:00+00:00"),
        ("Tue, 3 Mar 2026 24:14:37 +0100", "2026-03-04T00:14:37+01:00"),
        ("2026-03-03 09:12:44 +0100", "2026-03-03T09:12:44+01:00"),
        ("Tue Mar  3 09:12:44 2026", "2026-03-03T09:12:44+00:00"),
        ("Tue, 3 Mar 2026 09:12:44 +9900", "2026-03-03T09:12:44+00:00"),
        ("Tue, 99 Mar 2026 09:12:44 +0100", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_as_programs_write_them(header, expected):
    found = decode_date(header)

    assert (found.isoformat() if found else None) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('text/plain; charset="utf-8"; format=flowed', {"charset": "utf-8", "format": "flowed"}),
        ("a/b; name*=utf-8''n%C3%BAmero.pdf", {"name": "número.pdf"}),
        ("a/b; name*=iso-8859-1''n%FAmero.pdf; name=plain.pdf", {"name": "número.pdf"}),
        ('a/b; name*0="one "; name*1=two', {"name": "one two"}),
        ('a/b; name="semi;colon.pdf"', {"name": "semi;colon.pdf"}),
        ('a/b; name="never closed', {"name": "never closed"}),
        ('a/b name="x.png"', {"name": "x.png"}),
        ("a/b (b); charset=us-ascii (US)", {"charset": "us-ascii"}),
        ('a/b; name="the "best" one.pdf"; size=1', {"name": 'the "best" one.pdf', "size": "1"}),
        (r'a/b; name="C:\\x\\y.pdf"', {"name": r"C:\x\y.pdf"}),
    ],
)
def test_parameters_are_taken_apart(header, expected):
    assert header_parameters(header)[1] == expected


def test_a_broken_mail_gives_what_it_has():
    parsed = mail("broken_mime.eml")

    assert parsed.from_ == Address("vera@clientes.example", "Vera Wolf")
    assert [one.name for one in parsed.to] == ["", "María, Ventas", "Doe, Jane"]
    assert parsed.subject == "Broken but folded"
    assert parsed.date is None
    assert parsed.text == "The price is €=ZZ wrong and the text has a NUL."
    assert parsed.attachments[0].content.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "raw",
    [
        b"no headers, only words",
        b"Subject: no body",
        b"Subject: =?utf-8?B?\n\nx",
        b"Date: Tue, 99 Foo 2026 99:99:99 +9999\n\nx",
        b"Content-Type: multipart/mixed\n\nno boundary",
        b"Content-Type: multipart/mixed; boundary=b\n\nno parts",
        b"Content-Type: ////\nContent-Transfer-Encoding: base64, twice\n\nx",
        b"Content-Type: text/plain; charset*=x'y\n\nx",
        b"From nobody Thu Jan  1\nSubject: mbox\n\nx",
        b": no name\n\nx",
        b"\xff\xfe\x00",
        b"Content-Type: message/rfc822\n\nSubject: inner\n\nx",
        b"Content-Type: message/delivery-status\n\nStatus: 5.0.0\n\n",
        b"MIME-Version: 1.0\rContent-Type: text/html\r\r<p>old Mac",
    ],
)
def test_odd_mails_are_read(raw):
    assert isinstance(parse(raw), ParsedEmail)


@pytest.mark.parametrize(
    "header",
    [
        "Content-Type: application/octet-stream",
        'Content-Type: application/octet-stream; name="mail.txt"\nContent-Disposition: inline',
    ],
)
def test_text_that_is_declared_as_any_bytes_is_read(header):
    read = parse(with_header(header, "The lamp is broken."))

    assert read.text == "The lamp is broken."
    assert [file.content.strip() for file in read.attachments] == [b"The lamp is broken."]


def test_bytes_that_are_no_text_are_only_a_file():
    read = parse(with_header("Content-Type: application/octet-stream", "PK\x03\x04 and more"))

    assert read.text == ""
    assert len(read.attachments) == 1


def test_words_that_only_look_like_a_uuencoded_file_stay():
    words = "We can\nbegin 644 lamps next week.\nWould that do?\nend"

    assert parse(with_header("X: y", words)).text == words


def test_flowed_text_is_joined_and_quotes_keep_their_depth():
    raw = with_header(
        "Content-Type: text/plain; format=flowed",
        "A long \nline.\n> quoted \n> text\n>> deeper\n From here\n-- \nAna",
    )

    assert parse(raw).text == "A long line.\n> quoted text\n>> deeper\nFrom here\n-- \nAna"


def test_a_footer_of_a_list_is_shown_with_the_html():
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>Hello</p>\n"
        b"--b\nContent-Type: text/plain\n\nSent by <the list>\n--b--\n"
    )

    parsed = parse(raw)

    assert parsed.text == "Hello\n\nSent by <the list>"
    assert "&lt;the list&gt;" in parsed.html


def test_html_too_tangled_to_clean_is_kept_as_a_file(monkeypatch):
    raw = with_header("Content-Type: text/html", "<p>Hello</p>" + "<i>x</i>" * 40_001)

    parsed = parse(raw)

    assert parsed.html == ""
    assert parsed.text.startswith("Hello")
    assert [one.filename for one in parsed.attachments] == ["message.html"]


# --- who says it is from them


def test_only_the_topmost_authentication_counts():
    assert mail("plain.eml").authentication == Authentication("pass", "pass", "pass", "mx.puente.example")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("mx.x; spf=softfail (dkim=pass; dmarc=pass) smtp.mailfrom=a", ("softfail", "", "")),
        ('mx.x; dkim=fail reason="; spf=pass"; dkim=pass header.d=x', ("", "pass", "")),
        ("mx.x 1; none", ("", "", "")),
        ("mx.x; dmarc=great", ("", "", "")),
        ("", ("", "", "")),
    ],
)
def test_words_in_comments_prove_nothing(header, expected):
    found = parse(with_header(f"Authentication-Results: {header}")).authentication

    assert (found.spf, found.dkim, found.dmarc) == expected


# --- limits


def nested(depth: int) -> bytes:
    opening = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(depth))
    return f"{opening}Content-Type: text/plain\n\ndeep".encode()


LIMITS = {
    "total size": (Limits(total_bytes=1000), with_header("Subject: x", "x" * 1000), "larger than 1,000 bytes"),
    "parts": (
        Limits(parts=20),
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 30,
        "more than 20 parts",
    ),
    "nesting": (Limits(nesting=10), nested(12), "more than 10 levels"),
    "number of headers": (Limits(headers=50), with_header("X: y\n" * 60), "more than 50 headers"),
    "length of a header": (Limits(header_bytes=500), with_header("X: " + "y" * 600), "longer than 500 characters"),
    "links in text": (Limits(links=10), with_header("Subject: x", "https://a.example " * 11), "more than 10 links"),
    "links in HTML": (
        Limits(links=10),
        with_header("Content-Type: text/html", "<a href='//a.example'>x</a>" * 11),
        "more than 10 links",
    ),
    "decoded bytes": (
        Limits(decoded_bytes=100),
        with_header("Content-Type: application/zip\nContent-Transfer-Encoding: base64", "QUJD" * 50),
        "larger than 100 bytes",
    ),
    "time": (Limits(seconds=0), with_header("Subject: x"), "longer than 0 seconds"),
    "nothing": (Limits(), b" \r\n\x00", "empty"),
}


@pytest.mark.parametrize(("limits", "raw", "words"), LIMITS.values(), ids=LIMITS.keys())
def test_a_mail_beyond_a_limit_is_refused_in_words(limits, raw, words):
    with pytest.raises(Unreadable, match=words):
        parse(raw, limits=limits)


@pytest.mark.parametrize(
    ("limits", "raw"),
    [
        (Limits(total_bytes=1000), with_header("Subject: x", "x" * 900)),
        (Limits(parts=20), b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 10),
        (Limits(nesting=10), nested(9)),
        (Limits(headers=50), with_header("X: y\n" * 40)),
        (Limits(header_bytes=500), with_header("X: " + "y" * 400)),
        (Limits(links=10), with_header("Subject: x", "https://a.example " * 10)),
        (Limits(decoded_bytes=160), with_header("Content-Transfer-Encoding: base64", "QUJD" * 50)),
    ],
)
def test_a_mail_within_the_limits_is_read(limits, raw):
    assert isinstance(parse(raw, limits=limits), ParsedEmail)


@pytest.mark.parametrize(
    "raw",
    [
        nested(500 * SCALE),
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 10_000 * SCALE,
        b"Content-Type: text/plain" + b'; a="' * 200 * SCALE + b"\n\nx",
        b"To: " + b"((((" * 5_000 * SCALE + b"\n\nx",
        b"To: " + b"a@x.example: " * 1_500 * SCALE + b"\n\nx",
        b"To: " + b'"' * 20_000 * SCALE + b"\n\nx",
        b"References: " + b"<" * 20_000 * SCALE + b"\n\nx",
        b"Subject: " + b"=?utf-8?q?=" * 2_000 * SCALE + b"\n\nx",
        b"Date: " + b"1 " * 10_000 * SCALE + b"\n\nx",
        b"\n" + b"> " * 100_000 * SCALE,
        b"\n" + b"On 6 Mar 2026\n" * 10_000 * SCALE,
        b"\n" + b"From: x\n" * 20_000 * SCALE,
        b"\n" + b"\n" * 100_000 * SCALE + b"x",
        b"Subject: x\n\n" + b"answer " * 30_000 * SCALE + b"\n> x",
        b"Content-Type: text/html\n\n" + b"<div>" * 30_000 * SCALE,
        b"Content-Type: text/html\n\n" + b"<a title='" * 10_000 * SCALE,
        b"From: mailer-daemon@x\n\nundeliverable\n" + b"a@b.c\n" * 20_000 * SCALE,
        b"From: mailer-daemon@x\n\nundeliverable " + b"a" * 100_000 * SCALE,
    ],
    ids=lambda raw: raw[:40].decode(),
)
@pytest.mark.timeout(120)
def test_a_mail_made_to_hurt_is_read_or_refused(raw):
    with contextlib.suppress(Unreadable):
        parse(raw)


# --- nothing else is raised


@settings(max_examples=3000 if FULL else 100, deadline=None)
@given(st.binary(max_size=400))
@example(b"\x00")
def test_any_bytes_are_a_mail_or_unreadable(raw):
    check(raw)


@settings(max_examples=5000 if FULL else 100, deadline=None)
@given(st.sampled_from(ALL), st.data())
def test_any_damage_gives_a_mail_or_unreadable(path, data):
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        start = data.draw(st.integers(0, len(raw)))
        kind = data.draw(st.sampled_from(["replace", "cut", "double", "insert"]))
        if kind == "replace":
            raw[start : start + 8] = data.draw(st.binary(max_size=8))
        elif kind == "cut":
            del raw[start : start + data.draw(st.integers(1, 200))]
        elif kind == "double":
            raw[start:start] = raw[start : start + 200]
        else:
            raw[start:start] = data.draw(
                st.sampled_from([b"\x00", b"\r\n\r\n", b"=?utf-8?B?", b"; charset=utf-16", b"--", b"<", b'"', b"\xff"])
            )
    check(bytes(raw))


def check(raw: bytes) -> None:
    """A surprise inside the parser is turned into `Unreadable` for the queue's sake; here it is a mistake of ours."""
    parsed = refusal = None
    try:
        parsed = parse(raw)
    except Unreadable as error:
        refusal = error
    if parsed is None:
        assert refusal is not None
        assert "could not be taken apart" not in str(refusal), refusal.__cause__
        return
    everything = [
        parsed.subject,
        parsed.text,
        parsed.html,
        parsed.reply_text,
        *(a.filename for a in parsed.attachments),
    ]
    for text in everything:
        text.encode()  # no half letters
        assert "\x00" not in text
    assert bool(parsed.reply_text) == bool(parsed.text.strip())
    json.dumps([parsed.message_id, *parsed.references, str(parsed.from_)]).encode()


def test_a_surprise_sets_one_mail_aside(monkeypatch):
    def surprise(*args: object, **options: object) -> str:
        raise KeyError("nobody thought of this")

    monkeypatch.setattr(parsing, "split_quoted", surprise)

    with pytest.raises(Unreadable, match="could not be taken apart"):
        parse(b"Subject: x\n\nx")


# --- the command


KEYS = {
    "file", "subject", "from", "reply_to", "to", "cc", "date", "message_id", "in_reply_to", "references", "text",
    "html", "reply_text", "attachments", "is_auto", "is_bounce", "bounce", "lang", "authentication", "error",
}  # fmt: skip


def parse_mail(*files: Path) -> list[dict]:
    output = StringIO()
    call_command("parse_mail", *map(str, files), stdout=output)
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_the_command_writes_one_line_a_mail():
    lines = parse_mail(*ALL)

    assert [line["file"] for line in lines] == [str(path) for path in ALL]
    assert all(set(line) == KEYS for line in lines)
    assert all(line["error"] is None for line in lines)
    bounce = next(line for line in lines if line["file"].endswith("dsn_bounce.eml"))
    assert bounce["bounce"]["recipients"][0]["permanent"] is True
    plain = next(line for line in lines if line["file"].endswith("/plain.eml"))
    assert plain["from"] == {"email": "carla@clientes.example", "name": "Carla Ruiz"}
    assert plain["date"] == "2026-03-03T09:12:44+01:00"


def test_an_unreadable_mail_is_a_line_too(tmp_path):
    (tmp_path / "bomb.eml").write_bytes(nested(200))

    [bomb, missing] = parse_mail(tmp_path / "bomb.eml", tmp_path / "missing.eml")

    assert set(bomb) == set(missing) == KEYS
    assert "nested" in bomb["error"]
    assert "could not be read" in missing["error"]
    assert bomb["from"] is None
    assert bomb["attachments"] == []
