import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.common.text import detect_language, excerpt, fold, normalise, safe_filename, text_from_html


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("NUL\x00 and bell\x07 and escape\x1b[31m", "NUL and bell and escape[31m"),
        ("tab\tstays", "tab\tstays"),
        ("half a letter \ud800", "half a letter \ufffd"),
        ("factura\u202efdp.exe", "facturafdp.exe"),
        ("‏שלום‎", "‏שלום‎"),
    ],
)
def test_a_body_keeps_its_lines_and_loses_what_no_keyboard_types(text, expected):
    assert normalise(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ana\r\nBcc: x@example.com", "Ana Bcc: x@example.com"),
        ("so\u200bpor\u2060te\ufeff", "soporte"),
        ("pay\u200dpal", "paypal"),
        ("\u2066admin\u2069", "admin"),
        ("  many \t spaces\u00a0here ", "many spaces here"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
    ],
)
def test_a_name_or_subject_hides_nothing(text, expected):
    assert normalise(text, single_line=True) == expected


@given(st.text(), st.integers(min_value=0, max_value=80))
def test_an_excerpt_is_never_longer_than_asked(text, limit):
    assert len(excerpt(text, limit=limit)) <= limit


def test_an_excerpt_ends_at_a_word():
    assert excerpt("The lamp\nwas not in the box", limit=14) == "The lamp was…"
    assert excerpt("short", limit=14) == "short"
    assert excerpt("Donaudampfschifffahrt", limit=10) == "Donaudamp…"


def test_search_does_not_care_about_accents_case_or_spaces():
    assert fold("  RECLAMACIÓN  por el\tEnvío ") == fold("reclamacion por el envio") == "reclamacion por el envio"
    assert fold("Straße") == "strasse"


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\plan.docx", "plan.docx"),
        (".ht\u200baccess. .", "htaccess"),
        ("evil.php\u200b", "evil.php"),
        ("cod\u202egpj.exe", "codgpj.exe"),
        ("photo.jpg\x00.exe", "photo.jpg.exe"),
        ("a<b>:c|d?.txt", "a_b__c_d_.txt"),
        ("  . . ", ""),
        ("cafe\u0301.pdf", "café.pdf"),
        ("x" * 300 + ".tar", "x" * 116 + ".tar"),
    ],
)
def test_a_file_name_is_made_harmless(name, expected):
    assert safe_filename(name) == expected


@given(st.text())
def test_a_harmless_file_name_stays_as_it_is(name):
    once = safe_filename(name)
    assert safe_filename(once) == once
    assert not set("/\\\0") & set(once)
    assert not any(unicodedata.category(letter) in {"Cf", "Cc", "Cs"} for letter in once)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"),
        ("<div>One</div><div><br></div><div>Two</div>", "One\n\nTwo"),
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("<ol start=1><li>a</li><li>b<ul><li>c</li></ul></li></ol>", "1. a\n2. b\n  - c"),
        ("<table><tr><th>Item<th>Price<tr><td>Lamp<td>20 &euro;</table>", "Item | Price\nLamp | 20 €"),
        ("<blockquote>one<blockquote>two</blockquote></blockquote>three", "> one\n>\n> > two\n\nthree"),
        ('See <a href="https://a.example/x">the page</a>.', "See the page (https://a.example/x)."),
        ('<a href="https://a.example/">a.example</a>', "a.example"),
        ('<a href="javascript:alert(1)">here</a>', "here"),
        ("<style>p{}</style><script>alert(1)</script><!-- no -->yes", "yes"),
        ("1 < 2 &amp; 3 > 2 <unknown>x", "1 < 2 & 3 > 2 x"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("a&nbsp;&nbsp;b", "a b"),
        ('words <a title="never closed', 'words <a title="never closed'),
        ("", ""),
    ],
)
def test_html_reads_as_a_person_would_type_it(html, expected):
    assert text_from_html(html) == expected


@given(st.text(alphabet=st.sampled_from(list("<>/\"'= abp!-\n&;"))))
def test_any_markup_becomes_text(html):
    text_from_html(html)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The parcel has not arrived and nobody answers.", "en"),
        ("I need help with my order", "en"),
        ("El paquete no ha llegado y nadie contesta.", "es"),
        ("¿Cuándo llega mi pedido?", "es"),
        ("Je n'ai pas reçu le colis de la commande, merci de me répondre.", ""),
        ("Obrigado, mas não recebi o pedido que fiz em março.", ""),
        ("Ich habe die Rechnung nicht bekommen.", ""),
        ("48213", ""),
        ("", ""),
    ],
)
def test_the_language_is_told_or_left_open(text, language):
    assert detect_language(text) == language
