from __future__ import annotations

import pytest

from helpdesk.workspace.evidence import paragraphs

MARK = '<mark class="evidence">{}</mark>'


@pytest.mark.parametrize(
    "text, words, html",
    [
        ("Nobody came.", [], "<p>Nobody came.</p>"),
        ("Nobody came.", ["Nobody came"], f"<p>{MARK.format('Nobody came')}.</p>"),
        ("It came late. It came late.", ["came late"], "<p>It " + MARK.format("came late") + ". It "
         + MARK.format("came late") + ".</p>"),
        ("One\n\nTwo\nThree", ["Two Three"], "<p>One</p><p>" + MARK.format("Two<br>Three") + "</p>"),
        ("a b c d", ["a b", "b c"], f"<p>{MARK.format('a b c')} d</p>"),
        ("<script>alert(1)</script>", ["alert(1)"], f"<p>&lt;script&gt;{MARK.format('alert(1)')}&lt;/script&gt;</p>"),
        ("Price (50 €) *bold*", ["(50 €) *bold*"], f"<p>Price {MARK.format('(50 €) *bold*')}</p>"),
        ("text", ["", "   ", "absent"], "<p>text</p>"),
        ("One\n\nTwo", ["One Two"], f"<p>{MARK.format('One')}</p><p>{MARK.format('Two')}</p>"),
        ("", ["x"], ""),
        ("\n\n  \n", [], ""),
    ],
)  # fmt: skip
def test_the_words_that_spoke_for_it_are_marked_and_everything_is_escaped(
    text: str, words: list[str], html: str
) -> None:
    assert paragraphs(text, words=words) == html
