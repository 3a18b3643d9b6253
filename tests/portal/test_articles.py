"""What customers read up by themselves, and what never stands there."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from helpdesk.knowledge.models import Article
from helpdesk.people.models import User
from helpdesk.portal import limits
from tests.cast import Cast

pytestmark = pytest.mark.django_db

SPANISH = {"HTTP_ACCEPT_LANGUAGE": "es"}


@pytest.fixture
def roaming(lea: User) -> Article:
    texts = {
        "en": ("Using your phone abroad", "Roaming is on. See https://alborada.example/maps."),
        "es": ("Usar el móvil en el extranjero", "La itinerancia está <b>activada</b>."),
    }
    return Article.write(by=lea, audience="everybody", texts=texts)


@pytest.fixture
def secret(lea: User) -> Article:
    return Article.write(by=lea, audience="agents", texts={"en": ("Abroad: what to waive", "Waive up to 50 €.")})


def _page(path: str, **headers: Any) -> str:
    answer = Client().get(path, **headers)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_an_article_is_read_in_the_readers_language(cast: Cast, roaming: Article) -> None:
    path = f"/help/articles/{roaming.slug}/"

    english, spanish = _page(path), _page(path, **SPANISH)
    assert '<a href="https://alborada.example/maps" rel="noopener noreferrer">' in english
    assert "La itinerancia está &lt;b&gt;activada&lt;/b&gt;." in spanish
    assert '<html lang="es"' in spanish


def test_a_link_that_we_sent_shows_the_language_it_was_sent_in(cast: Cast, roaming: Article) -> None:
    page = _page(f"/help/articles/{roaming.slug}/?language=es")

    assert "La itinerancia" in page
    assert '<html lang="es"' in page
    assert "Roaming is on" in _page(f"/help/articles/{roaming.slug}/?language=tlh")


def test_what_is_written_in_one_language_is_shown_in_that_and_says_so(cast: Cast, lea: User) -> None:
    article = Article.write(by=lea, audience="everybody", texts={"en": ("Opening hours", "From nine to six.")})

    assert '<article lang="en">' in _page(f"/help/articles/{article.slug}/", **SPANISH)
    assert 'lang="en"' in _page("/help/articles/", **SPANISH)


def test_what_is_for_agents_is_nowhere(cast: Cast, roaming: Article, secret: Article, as_user: Any, lea: User) -> None:
    assert Client().get(f"/help/articles/{secret.slug}/").status_code == 404
    assert as_user(lea).get(f"/help/articles/{secret.slug}/").status_code == 404  # no agent takes it for public
    for path in ("/help/articles/", "/help/articles/?q=abroad", "/help/articles/?q=wiave", "/", "/requests/new/"):
        assert "waive" not in _page(path)
    assert "to waive" not in _page("/help/articles/?q=waive")


def test_what_was_deleted_or_taken_back_is_gone(cast: Cast, roaming: Article, lea: User) -> None:
    path = f"/help/articles/{roaming.slug}/"
    roaming.remove(by=lea)
    assert Client().get(path).status_code == 404

    roaming.restore(by=lea)
    assert Client().get(path).status_code == 200

    roaming.rewrite(by=lea, audience="agents", texts={"en": ("Abroad", "Ours now.")})
    assert Client().get(path).status_code == 404


def test_it_is_searched_with_slips_and_without_accents(cast: Cast, roaming: Article) -> None:
    for typed in ("movil", "ABROAD", "extanjero"):
        assert roaming.slug in _page(f"/help/articles/?q={typed}")
    assert "We have no answer to “&lt;zebra&gt;”" in _page("/help/articles/?q=%3Czebra%3E")


def test_the_help_page_leads_there_once_there_is_something(cast: Cast, secret: Article) -> None:
    assert "/help/articles/" not in _page("/")

    secret.rewrite(by=cast.lea, audience="everybody", texts={"en": ("Abroad", "Roaming is on.")})
    assert "/help/articles/" in _page("/")


def test_whoever_searches_without_end_gets_the_list_instead(
    cast: Cast, roaming: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SEARCHES_AN_HOUR", 1)
    assert Client().get("/help/articles/?q=zebra").status_code == 200

    answer = Client().get("/help/articles/?q=zebra")
    assert answer.status_code == 429
    assert roaming.slug in answer.content.decode()


def test_a_list_takes_as_many_queries_for_forty_as_for_one(
    cast: Cast, roaming: Article, django_assert_max_num_queries: Any
) -> None:
    for at in range(39):
        Article.write(by=cast.lea, audience="everybody", texts={"en": (f"Answer {at}", "Text")})
    Article.objects.update(written_by=None)

    with django_assert_max_num_queries(6):
        page = _page("/help/articles/")
    assert page.count('href="/help/articles/') >= 40
