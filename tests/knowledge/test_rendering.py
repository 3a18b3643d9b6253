"""Articles as a page: what people type becomes paragraphs, lists and links; nothing that they type becomes markup."""

from __future__ import annotations

import re

import pytest

from helpdesk.knowledge.rendering import plain, rendered

TAGS = re.compile(
    r"<(?!/?(?:h2|p|ul|ol|li)>|br>|ol start=\"\d{1,3}\">|a href=\"https?://[^\"<>]+\" rel=\"noopener noreferrer\">|/a>)"
)


def test_paragraphs_lists_and_headings() -> None:
    text = "First line\nsecond line\n\n\n## Steps\n1. Switch it off\n2. Wait\n- one\n- two\nAfter"

    assert rendered(text) == (
        "<p>First line<br>second line</p>\n<h2>Steps</h2>\n<ol><li>Switch it off</li><li>Wait</li></ol>\n"
        "<ul><li>one</li><li>two</li></ul>\n<p>After</p>"
    )


def test_a_list_goes_on_counting_where_it_began() -> None:
    assert rendered("3. three\n4. four") == '<ol start="3"><li>three</li><li>four</li></ol>'


@pytest.mark.parametrize("text", ["", "\n \n", "-", "##", "1."])
def test_signs_without_words_are_no_lists(text: str) -> None:
    assert "<li>" not in rendered(text)
    assert "<h2>" not in rendered(text)


@pytest.mark.parametrize(
    ("text", "address", "after"),
    [
        ("See https://alborada.example/a?b=1&c=2.", "https://alborada.example/a?b=1&amp;c=2", "."),
        ("(http://alborada.example/x)", "http://alborada.example/x", ")"),
        ("https://es.example/wiki/Sol_(estrella)", "https://es.example/wiki/Sol_(estrella)", ""),
        ("«https://alborada.example», dice", "https://alborada.example", "», dice"),
    ],
)
def test_an_address_becomes_a_link(text: str, address: str, after: str) -> None:
    assert f'<a href="{address}" rel="noopener noreferrer">{address}</a>{after}</p>' in rendered(text)


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "## <img src=x onerror=alert(1)>",
        "- <svg/onload=alert(1)>",
        "1. </li></ol><script>alert(1)</script>",
        'https://x.example/"onmouseover="alert(1)',
        "https://x.example/'onmouseover='alert(1)",
        "https://x.example/<script>alert(1)</script>",
        "https://x.example/&quot;onmouseover=alert(1)",
        "javascript:alert(1)",
        "JAVASCRIPT://alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "https://",
        "https://...",
        "https://)))",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<!-- --><style>*{}</style>",
    ],
)
def test_nothing_that_is_typed_becomes_markup(attack: str) -> None:
    html = str(rendered(attack))

    assert not TAGS.search(html), html
    assert 'href="javascript' not in html.lower()
    assert 'href="data' not in html.lower()
    for tag in re.findall(r"<a [^>]*>", html):
        assert tag.count('"') == 4


def test_long_rubbish_is_shown_in_a_moment() -> None:
    for text in ("https://" + "(" * 20_000, ")" * 20_000, "https://x" + ")" * 20_000, "## " * 7000, "1. " * 7000):
        assert rendered(text)


def test_in_a_letter_the_signs_of_headings_are_gone() -> None:
    assert plain("## Steps\n- one\n\nhttps://x.example") == "Steps\n- one\n\nhttps://x.example"
