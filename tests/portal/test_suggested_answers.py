"""What may answer somebody beside the public form, while they write."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from django.test import Client

from helpdesk.knowledge.models import Article
from helpdesk.people.models import User
from helpdesk.portal import limits
from tests.cast import Cast

pytestmark = pytest.mark.django_db

DOOR = "/help/articles/suggestions/"
ABROAD = {
    "en": ("Using your phone abroad", "Roaming is on <b>everywhere</b> in Europe."),
    "es": ("Usar el móvil en el extranjero", "La itinerancia está activada en toda Europa."),
}


@pytest.fixture
def roaming(lea: User) -> Article:
    return Article.write(by=lea, audience="everybody", texts=ABROAD)


def _suggested(text: str, **headers: Any) -> str:
    # A browser without our cookies passes, as on the form itself.
    answer = Client(enforce_csrf_checks=True).post(DOOR, {"text": text}, **headers)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_what_is_typed_brings_what_may_answer_it(cast: Cast, roaming: Article) -> None:
    html = _suggested("I am going abroad next week. Will my phone work there?")

    assert "Using your phone abroad" in html
    assert "Roaming is on &lt;b&gt;everywhere&lt;/b&gt; in Europe." in html
    assert "1 answer may fit what you write." in html


def test_it_speaks_the_language_that_is_written_rather_than_that_of_the_page(cast: Cast, roaming: Article) -> None:
    html = _suggested("Hola, me voy al extranjero y quiero saber si mi móvil funciona. Gracias.")

    assert '<details lang="es">' in html
    assert "La itinerancia está activada" in html
    assert "This might answer it now" in html


@pytest.mark.parametrize("text", ["", "   ", "Hello, can you help me?", "Zebra crossing", "\x00", "%_%_%_%_%_"])
def test_where_nothing_fits_nothing_is_said(cast: Cast, roaming: Article, text: str) -> None:
    assert _suggested(text).strip() == ""


def test_what_is_for_agents_or_deleted_is_never_suggested(cast: Cast, roaming: Article) -> None:
    Article.write(by=cast.lea, audience="agents", texts={"en": ("Abroad: what to waive", "Waive up to 50 €.")})
    assert "aive" not in _suggested("My phone abroad: what do you waive?")

    roaming.remove(by=cast.lea)
    assert _suggested("My phone abroad: what do you waive?").strip() == ""


def test_three_are_suggested_at_most_and_a_long_one_has_its_own_page(cast: Cast, roaming: Article) -> None:
    for at in range(5):
        texts = {"en": (f"Abroad with your phone {at}", "Phone words abroad. " * 400)}
        Article.write(by=cast.lea, audience="everybody", texts=texts)

    html = _suggested("My phone abroad does nothing at all")
    assert html.count("<details") == 3
    assert "Read all of it" in html
    assert len(html) < 10_000


def test_whoever_asks_without_end_is_told_nothing(
    cast: Cast, roaming: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SUGGESTIONS_AN_HOUR", 1)
    assert "abroad" in _suggested("My phone abroad")

    assert Client().post(DOOR, {"text": "My phone abroad"}).status_code == 429


def test_what_is_typed_goes_into_no_address_and_no_cache(cast: Cast, roaming: Article) -> None:
    assert Client().get(DOOR, {"text": "abroad"}).status_code == 405
    assert "no-store" in Client().post(DOOR, {"text": "abroad"})["Cache-Control"]


def test_the_form_asks_once_there_is_something_to_suggest(cast: Cast) -> None:
    path = "/requests/new/"
    assert DOOR not in Client().get(path).content.decode()

    Article.write(by=cast.lea, audience="everybody", texts=ABROAD)
    page = Client().get(path).content
    html = page.decode()
    assert html.index('id="id_text"') < html.index(DOOR) < html.index('id="id_expected"')
    assert len(gzip.compress(page)) < 12_000
