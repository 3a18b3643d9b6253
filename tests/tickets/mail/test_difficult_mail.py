"""Each shape that is known to be difficult, as a mail of ours: what a person would read in it must come out."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from tickets.mail.decoding import Address
from tickets.mail.parsing import ParsedEmail, parse

MAILS = Path(__file__).parents[2] / "mail"
NORA = Address("nora@clientes.example", "Nora Vidal")
PLAN = [("plan.pdf", b"%PDF-1.4 plan")]
LIST = [("lista.txt", b"licencias: 10\n")]
VISIT = """: Visita del instalador, planta 2
When: 2026-03-24 10:30–11:30 Europe/Madrid, weekly
Where: Calle Mayor 3, Soria
Organiser: Rey, Oscar <oscar@clientes.example>
Guests: Soporte <soporte@puente.example> (accepted), nora@clientes.example

Traer la escalera.
Gracias."""


def mail(name: str) -> ParsedEmail:
    return parse((MAILS / f"{name}.eml").read_bytes())


@dataclass(frozen=True)
class Says:
    text: str
    subject: str = "Pedido 4471"
    sender: Address | None = NORA
    files: tuple[str, ...] = ()


DIFFICULT = {
    "charset_koi8_undeclared": Says("Здравствуйте! Заказ не пришёл, верните деньги.", subject="Заказ"),
    "charset_gb2312_as_latin1": Says("您好，我的订单还没有收到，请尽快处理，谢谢。", subject="订单问题"),
    "charset_big5_unknown": Says("您好，我的訂單還沒有收到，請盡快處理，謝謝。"),
    "charset_shift_jis_as_utf8": Says("こんにちは。荷物がまだ届きません。確認をお願いします。"),
    "charset_euc_kr": Says("안녕하세요. 주문한 상품이 아직 도착하지 않았습니다.", subject="배송 문의"),
    "charset_iso_2022_jp_nec": Says("㈱アルファ\n① 4471"),
    "charset_utf7": Says("La señal se corta."),
    "charset_utf16_bom": Says("Größe und Preis stimmen nicht."),
    "charset_utf8_as_latin1": Says("La factura está equivocada: 50 € de más."),
    "charset_1252_as_ascii": Says("It’s “broken” – 50 € lost."),
    "charset_in_meta": Says("Zboží ještě nedorazilo."),
    "charset_as_in_subject": Says("Jó napot, hűtő nem működik.", subject="hűtő"),
    "header_raw_utf8": Says(
        "Hola.", subject="Avería en el salón", sender=Address("inigo@clientes.example", "Íñigo Peña")
    ),
    "header_words_broken": Says(
        "Hola.", subject="Reclamación nú ¿por qué? cut", sender=Address("martin@clientes.example", "Martín Álvarez")
    ),
    "header_badly_folded": Says("The body.", subject="A subject in three lines"),
    "header_doubled": Says("Dos veces cada línea."),
    "header_without_end": Says(
        "The text begins at once: here it is.\nSecond line.", subject="No empty line", sender=Address(NORA.email)
    ),
    "mbox_from_line": Says("From an mbox file.", subject="Mbox"),
    "bare_cr_lines": Says("Old line ends.\nTwo of them.", subject="Bare CR", sender=Address(NORA.email)),
    "double_cr_lines": Says("Two CR before each LF.\nStill two lines."),
    "from_encoded_whole": Says("Hola.", sender=Address("nuria@clientes.example", "Núria Mas")),
    "from_without_address": Says("Hola.", sender=Address("", "Pere Puig")),
    "from_daemon": Says("Hello.", sender=Address("MAILER-DAEMON", "Mail Delivery System")),
    "from_group_and_several": Says("Hola.", sender=Address("nora@[192.0.2.7]", "Vidal, Nora")),
    "apple_mail_pdf_between": Says("Antes del plano.\n\nDespués del plano.", files=("plan.pdf",)),
    "several_texts": Says("First part.\n\nSecond part.\n\nThird part, without a header.", files=("a.png",)),
    "boundary_without_end": Says("The end of this mail is missing.", files=("plan.pdf",)),
    "boundary_of_another_case": Says("The boundary is of another case."),
    "boundary_undeclared": Says("Nobody says what the boundary is.", files=("plan.pdf",)),
    "boundary_without_semicolon": Says("No semicolon before the boundary.", files=("plan.pdf",)),
    "boundary_twice": Says("The same boundary inside."),
    "mime_headers_lost": Says("Los encabezados se perdieron, la señal no.", files=("plan.pdf",)),
    "base64_in_pieces": Says("Each piece está cerrada by itself."),
    "base64_that_is_none": Says("This was never encoded, whatever the header says."),
    "quoted_printable_broken": Says(
        "A soft break with a space behind it, a lone = sign, ñ in small letters and 3 = 3."
    ),
    "unknown_encoding": Says("Así también se lee."),
    "uuencode_in_text": Says("The list is below.\n\n\nThanks, Nora", files=("lista.txt",)),
    "uuencode_as_encoding": Says("With the price list.", files=("lista.txt",)),
    "names_of_files": Says(
        "Five files.",
        files=(
            "presupuesto número sieteñ.pdf",
            "plan señal dos.pdf",
            "tres años.pdf",
            "without quotes (4).pdf",
            "the _fifth_ one.pdf",
        ),
    ),
    "digest": Says("Two mails of today.", files=("One.eml", "Two.eml")),
    "related_picture_as_attachment": Says("Look: and [the shop]", files=("lamp.png", "unused.png")),
    "enriched": Says("Attention: the price is 3 < 4.\nThanks"),
    "unknown_text": Says("# Avería\n\nNo funciona."),
    "partial": Says("The first half of a long letter.", files=("attachment-1",)),
    "only_a_mail": Says("The words are in here.", files=("Inside.eml",)),
    "calendar_alone": Says(f"Invitation{VISIT}", files=("invite.ics",)),
    "calendar_in_alternative": Says(f"Cancelled{VISIT}", files=("invite.ics",)),
    "smime_opaque": Says("El contrato firmado va adjunto, señora.", files=("contrato.pdf", "smime.p7m")),
    "smime_opaque_ber": Says("El contrato firmado va adjunto, señora.", files=("contrato.pdf", "smime.p7m")),
    "smime_encrypted": Says(
        "This mail is encrypted (S/MIME). It can be read only with the key it was written for.", files=("smime.p7m",)
    ),
    "pgp_signed": Says("I sign this with PGP.", files=("signature.asc",)),
    "pgp_clearsigned": Says("A note before.\nPlease cancel order 4471.\n-- \nNora\nA note after."),
    "pgp_encrypted": Says(
        "This mail is encrypted (PGP). It can be read only with the key it was written for.",
        files=("attachment-1.asc", "encrypted.asc"),
    ),
    "winmail_with_text_and_files": Says("El plano está aquí: planta 2.", files=("Plano señal.pdf",)),
    "winmail_beside_text": Says("The words stand outside.", files=("Plano señal.pdf",)),
}


@pytest.mark.parametrize(("name", "says"), DIFFICULT.items(), ids=DIFFICULT)
def test_a_difficult_mail_says_what_its_sender_wrote(name, says):
    parsed = mail(name)

    assert parsed.text == says.text
    assert parsed.subject == says.subject
    assert parsed.from_ == says.sender
    assert tuple(one.filename for one in parsed.attachments) == says.files


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("boundary_without_end", PLAN),
        ("mime_headers_lost", PLAN),
        ("boundary_undeclared", PLAN),
        ("uuencode_in_text", LIST),
        ("uuencode_as_encoding", LIST),
        ("winmail_beside_text", [("Plano señal.pdf", b"%PDF-1.4 plano")]),
        ("smime_opaque_ber", [("contrato.pdf", b"%PDF")]),
    ],
)
def test_a_file_comes_out_byte_for_byte(name, files):
    assert [(one.filename, one.content) for one in mail(name).attachments][: len(files)] == files


@pytest.mark.parametrize(
    ("name", "signed_with"),
    [
        ("smime_signed", "smime"),
        ("smime_opaque", "smime"),
        ("pgp_signed", "pgp"),
        ("pgp_clearsigned", "pgp"),
        ("smime_encrypted", ""),
        ("pgp_encrypted", ""),
        ("plain", ""),
    ],
)
def test_a_signature_is_named_and_not_believed(name, signed_with):
    assert mail(name).signed_with == signed_with


def test_words_around_an_encrypted_passage_stay():
    text = mail("pgp_encrypted_inline").text

    assert text.startswith("This mail is encrypted (PGP).")
    assert "For you only:" in text


def test_a_picture_stands_in_the_text_if_the_html_shows_it_whatever_its_part_says():
    parsed = mail("related_picture_as_attachment")

    assert [(one.filename, one.inline) for one in parsed.attachments] == [("lamp.png", True), ("unused.png", False)]
    assert 'src="cid:lamp%40x"' in parsed.html


def test_the_html_of_a_winmail_is_found_inside_its_rich_text():
    parsed = mail("winmail_with_text_and_files")

    assert parsed.html == "<p>El plano está aquí: <b>planta 2</b>.</p>"
    assert parsed.attachments[0].content_type == "application/pdf"


def test_html_on_both_sides_of_a_file_is_one_page():
    assert mail("apple_mail_pdf_between").html == "<p>Antes del plano.</p>\n<br>\n<p>Después del plano.</p>"


def test_the_first_of_several_headers_counts_and_every_recipient():
    parsed = mail("header_doubled")

    assert [one.email for one in parsed.to] == ["soporte@puente.example", "ventas@puente.example"]


def test_groups_are_their_members():
    assert mail("from_group_and_several").cc == (
        Address("ana@clientes.example"),
        Address("ben@clientes.example", "Ben Roe"),
    )


def test_dates_that_lie_are_kept_as_they_were_told():
    assert mail("date_of_1970_in_no_zone").date == datetime(1970, 1, 1, 0, 0, 7, tzinfo=UTC)
    assert mail("date_of_next_year").date == datetime(2038, 1, 19, 3, 14, 8, tzinfo=timezone(timedelta(hours=2)))
