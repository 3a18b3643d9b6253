"""Whatever a mail declares, its bytes become the words they were made from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.mail.charsets import codec_named, decode_text

SENTENCES = {
    "ru": "Здравствуйте! Мой заказ не пришёл, прошу вернуть деньги.",
    "zh": "您好，我的订单还没有收到，请尽快处理，谢谢。",
    "tw": "您好，我的訂單還沒有收到，請盡快處理，謝謝。",
    "ja": "こんにちは。荷物がまだ届きません。至急ご確認をお願いします。",
    "ko": "안녕하세요. 주문한 상품이 아직 도착하지 않았습니다. 확인 부탁드립니다.",
    "es": "La señal se corta y nadie me da solución. ¿Pagué 50 € de más?",
    "de": "Die Lieferung für Herrn Größl fehlt, wir hätten sie gestern gebraucht.",
    "fr": "Je n’ai pas reçu ma commande à la date prévue, où est-elle ?",
    "pl": "Dzień dobry, nie otrzymałem jeszcze przesyłki, proszę o wyjaśnienie.",
    "cs": "Příliš žluťoučký kůň ještě nedorazil, děkuji za kontrolu účtů.",
    "el": "Καλημέρα, η παραγγελία μου δεν έχει φτάσει ακόμα.",
    "he": "שלום, ההזמנה שלי עדיין לא הגיעה, מתי היא תגיע?",
    "ar": "مرحبا، طلبي لم يصل بعد، أرجو المساعدة.",
    "th": "สวัสดีครับ สินค้ายังไม่มาถึง กรุณาตรวจสอบ",
}
WRITTEN_IN = [
    ("ru", "cp1251"), ("ru", "koi8-r"), ("ru", "cp866"), ("zh", "gb18030"), ("tw", "big5"), ("ja", "cp932"),
    ("ja", "euc_jp"), ("ja", "iso2022_jp"), ("ko", "euc_kr"), ("es", "cp1252"), ("es", "mac_roman"), ("de", "cp850"),
    ("fr", "cp1252"), ("pl", "cp1250"), ("pl", "iso8859-2"), ("cs", "cp1250"), ("cs", "iso8859-2"), ("el", "cp1253"),
    ("he", "cp1255"), ("ar", "cp1256"), ("th", "cp874"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "charset"), WRITTEN_IN)
@pytest.mark.parametrize("declared", [None, "us-ascii", "x-unknown", "no such charset"])
def test_undeclared_bytes_are_read_as_the_language_they_are(language, charset, declared):
    sentence = SENTENCES[language].encode(charset, "ignore")

    assert decode_text(sentence, declared) == sentence.decode(charset)


@pytest.mark.parametrize(("language", "charset"), WRITTEN_IN)
def test_what_is_declared_rightly_is_believed(language, charset):
    sentence = SENTENCES[language].encode(charset, "ignore")

    assert decode_text(sentence, charset) == sentence.decode(charset)


OTHER_SCRIPTS = [(one, charset) for one, charset in WRITTEN_IN if one in ("ru", "zh", "tw", "ja", "ko", "el", "th")]


@pytest.mark.parametrize(("language", "charset"), OTHER_SCRIPTS)
def test_other_scripts_are_found_under_a_western_name_too(language, charset):
    sentence = SENTENCES[language].encode(charset, "ignore")

    assert decode_text(sentence, "iso-8859-1") == sentence.decode(charset)


WESTERN = ("es", "de", "fr", "pl", "cs")  # a few letters beyond ASCII may be UTF-8 by chance
UNDER_OTHER_NAMES = [
    (language, declared)
    for language in SENTENCES
    for declared in (None, "iso-8859-1", "koi8-r", "gb2312", "big5", "shift_jis", "euc-kr", "cp1251")
    if language not in WESTERN or declared in (None, "iso-8859-1")
]


@pytest.mark.parametrize(("language", "declared"), UNDER_OTHER_NAMES)
def test_utf8_is_seen_whatever_it_calls_itself(language, declared):
    assert decode_text(SENTENCES[language].encode(), declared) == SENTENCES[language]


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("ISO-8859-1", "cp1252"),
        ("windows-1251", "cp1251"),
        ("x-cp1250", "cp1250"),
        ("win-1252", "cp1252"),
        ("8859_2", "iso8859-2"),
        ("ISO8859-15", "iso8859-15"),
        ("GB2312", "gb18030"),
        ("ks_c_5601-1987", "cp949"),
        ('"utf-8"', "utf-8"),
        ("UTF-8; format=flowed", "utf-8"),
        ("_iso-2022-jp$ESC", "iso2022_jp_ext"),
        ("windows-31j", "cp932"),
        ("us-ascii", None),
        ("x-unknown", None),
        ("unicode_escape", None),
        ("zip", None),
        ("", None),
        (None, None),
    ],
)
def test_names_of_charsets_as_programs_write_them(name, codec):
    assert codec_named(name) == codec


@pytest.mark.parametrize("declared", [None, "utf-16", "utf-8", "utf-16le"])
@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_wide_letters_are_seen_by_their_mark_or_their_zeros(codec, declared):
    assert decode_text("Hello, it is broken.".encode(codec), declared).lstrip("\ufeff") == "Hello, it is broken."


@given(st.binary(max_size=80), st.sampled_from([None, "utf-8", "utf-16", "iso-2022-jp", "hz", "big5", "gb2312", "x"]))
def test_any_bytes_become_text(raw, declared):
    decode_text(b"\x1b$B" + raw, declared).encode("utf-8", "surrogatepass")
    assert isinstance(decode_text(raw, declared), str)
