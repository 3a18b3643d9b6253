"""Articles in the workspace: writing them, finding them, and putting them into a reply."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.knowledge.models import Article
from helpdesk.people.models import Customer, User
from tests import factories
from tests.cast import Cast
from tickets.models import Mailbox, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def roaming(lea: User) -> Article:
    texts = {
        "en": ("Using your phone abroad", "Roaming is on everywhere in Europe."),
        "es": ("Usar el móvil en el extranjero", "La itinerancia está activada."),
    }
    return Article.write(by=lea, audience="everybody", texts=texts)


@pytest.fixture
def refunds(lea: User) -> Article:
    said = "## Limits\nAsk your lead first, <b>always</b>."
    return Article.write(by=lea, audience="agents", texts={"en": ("Refunds: invoices charged twice", said)})


def _typed(**changed: str) -> dict[str, str]:
    return {
        "audience": "agents",
        "title-en": "Router lights",
        "body-en": "Red means off.",
        "title-es": "",
        "body-es": "",
        **changed,
    }


def _said(client: Client, path: str, **headers: Any) -> str:
    answer = client.get(path, **headers)
    assert answer.status_code == 200
    return str(answer.content.decode())


# --- The pages --------------------------------------------------------------------------------------------------------


def test_a_lead_writes_an_article_and_agents_read_it(as_user: Browser, lea: User, ana: User) -> None:
    answer = as_user(lea).post("/articles/new/", _typed(**{"body-en": "- <i>Red</i>\n- green"}))

    assert answer.status_code == 302
    assert answer.url == "/articles/router-lights/"
    page = _said(as_user(ana), answer.url)
    assert "<ul><li>&lt;i&gt;Red&lt;/i&gt;</li><li>green</li></ul>" in page
    assert "/articles/router-lights/edit/" not in page
    assert "Router lights" in _said(as_user(ana), "/articles/")


def test_looking_at_it_first_keeps_nothing(as_user: Browser, lea: User) -> None:
    page = as_user(lea).post("/articles/new/", _typed(**{"body-en": "1. Off\n2. On", "look": "1"})).content.decode()

    assert "<ol><li>Off</li><li>On</li></ol>" in page
    assert "1. Off\n2. On</textarea>" in page
    assert not Article.objects.exists()


def test_half_an_article_comes_back_with_its_words(as_user: Browser, lea: User) -> None:
    answer = as_user(lea).post("/articles/new/", _typed(**{"title-es": "Luces"}))

    assert answer.status_code == 422
    assert "Red means off." in answer.content.decode()
    assert "Each language needs a title and a text." in answer.content.decode()


def test_what_somebody_else_saved_meanwhile_is_not_overwritten(
    as_user: Browser, lea: User, mia: User, roaming: Article
) -> None:
    page = _said(as_user(lea), f"/articles/{roaming.slug}/edit/")
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    assert seen
    roaming.rewrite(by=mia, audience="everybody", texts={"en": ("Abroad", "Mia’s words.")})

    answer = as_user(lea).post(f"/articles/{roaming.slug}/edit/", _typed(seen=seen[1]))
    assert answer.status_code == 422
    assert roaming.texts.get().body == "Mia’s words."
    page = answer.content.decode()
    assert "Mia’s words." in page, "what she wrote is shown"
    assert "Red means off." in page, "what was typed stays"
    again = re.search(r'name="seen" value="([^"]+)"', page)
    assert again
    assert as_user(lea).post(f"/articles/{roaming.slug}/edit/", _typed(seen=again[1])).status_code == 302
    assert roaming.texts.get().body == "Red means off."


@pytest.mark.parametrize("seen", ["", "yesterday", "2026-01-01T10:00", "2026-13-45T10:00", "9999-12-31T23:59:59+00:00"])
def test_a_form_that_is_not_ours_is_no_error(as_user: Browser, lea: User, roaming: Article, seen: str) -> None:
    assert as_user(lea).post(f"/articles/{roaming.slug}/edit/", _typed(seen=seen)).status_code == 302


def test_deleting_is_undone(as_user: Browser, lea: User, roaming: Article) -> None:
    client, path = as_user(lea), f"/articles/{roaming.slug}/"
    for _ in range(2):
        assert client.post(f"{path}deleting/").status_code == 302
    assert client.get(path).status_code == 404

    for _ in range(2):
        assert client.post(f"{path}restoring/").status_code == 302
    assert client.get(path).status_code == 200


def test_who_may_only_read_writes_nothing(as_user: Browser, ana: User, gus: User, roaming: Article) -> None:
    for path in ("/articles/new/", f"/articles/{roaming.slug}/edit/"):
        assert as_user(ana).get(path).status_code == 403
        assert as_user(ana).post(path, _typed()).status_code == 403
    for verb in ("deleting", "restoring"):
        assert as_user(ana).post(f"/articles/{roaming.slug}/{verb}/").status_code == 403
    assert as_user(gus).get("/articles/").status_code == 403
    assert Article.objects.present().count() == 1


def test_the_list_is_searched(as_user: Browser, ana: User, roaming: Article, refunds: Article) -> None:
    page = _said(as_user(ana), "/articles/?q=itinerancia")
    assert roaming.get_absolute_url() in page
    assert refunds.get_absolute_url() not in page
    assert "No article with “zebra”" in _said(as_user(ana), "/articles/?q=zebra")


def test_the_palette_knows_articles(as_user: Browser, ana: User, refunds: Article) -> None:
    groups = as_user(ana).get("/search/suggestions/?q=refun").json()["groups"]

    assert [item["url"] for group in groups if group["name"] == "Articles" for item in group["items"]] == [
        refunds.get_absolute_url()
    ]


# --- From a ticket ----------------------------------------------------------------------------------------------------


def test_what_is_typed_after_the_question_marks_is_put_in_as_a_link(
    as_user: Browser, ana: User, ticket: Ticket, roaming: Article
) -> None:
    page = _said(as_user(ana), f"/articles/suggestions/?find=abroad&ticket={ticket.number}")

    assert page.count('role="option"') == 1
    assert 'data-insert="Using your phone abroad: http' in page
    assert f"/help/articles/{roaming.slug}/?language=en" in page


def test_it_is_put_in_in_the_language_of_the_ticket(
    as_user: Browser, ana: User, carla: Customer, support: Mailbox, roaming: Article
) -> None:
    ticket = factories.a_ticket(carla, mailbox=support)
    Ticket.objects.filter(pk=ticket.pk).update(language="es")

    page = _said(as_user(ana), f"/articles/suggestions/?find=abroad&ticket={ticket.number}")
    assert 'data-insert="Usar el móvil en el extranjero: http' in page
    assert "?language=es" in page


def test_of_an_article_for_agents_the_words_are_put_in_and_no_link(
    as_user: Browser, ana: User, ticket: Ticket, refunds: Article
) -> None:
    page = _said(as_user(ana), f"/articles/suggestions/?find=refund&ticket={ticket.number}")

    assert 'data-insert="Limits\nAsk your lead first, &lt;b&gt;always&lt;/b&gt;."' in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_eight_are_offered_at_most(as_user: Browser, lea: User, ana: User, ticket: Ticket) -> None:
    for at in range(10):
        Article.write(by=lea, audience="agents", texts={"en": (f"Refund {at}", "Text")})

    assert _said(as_user(ana), f"/articles/suggestions/?find=refund&ticket={ticket.number}").count("<li") == 8


def test_beside_a_ticket_stands_what_may_answer_it(
    as_user: Browser, ana: User, ticket: Ticket, roaming: Article, refunds: Article
) -> None:
    """The ticket says that an invoice was charged twice."""
    path = f"/tickets/{ticket.number}/articles/"
    fitting = _said(as_user(ana), path, **HTMX)
    assert refunds.get_absolute_url() in fitting
    assert roaming.get_absolute_url() not in fitting
    assert "data-insert-text=" in fitting

    found = _said(as_user(ana), f"{path}?q=abroad", **HTMX, HTTP_HX_TARGET="ticket-articles-found")
    assert roaming.get_absolute_url() in found
    assert "<form" not in found


def test_without_scripts_it_is_a_page(as_user: Browser, ana: User, ticket: Ticket, refunds: Article) -> None:
    for path in (f"/tickets/{ticket.number}/articles/", f"/articles/?ticket={ticket.number}&q="):
        page = _said(as_user(ana), path)
        assert "<html" in page
        assert refunds.get_absolute_url() in page
        assert ticket.get_absolute_url() in page


def test_nobody_learns_of_a_ticket_of_another_team(
    as_user: Browser, ben: User, ticket: Ticket, roaming: Article
) -> None:
    for path in (
        f"/tickets/{ticket.number}/articles/",
        f"/articles/?ticket={ticket.number}",
        f"/articles/suggestions/?find=abroad&ticket={ticket.number}",
    ):
        assert as_user(ben).get(path).status_code == 404


def test_the_ticket_page_asks_for_articles_only_when_somebody_looks(
    as_user: Browser, ana: User, ticket: Ticket, refunds: Article
) -> None:
    page = _said(as_user(ana), f"/tickets/{ticket.number}/")

    assert f'hx-get="/tickets/{ticket.number}/articles/' in page
    assert "Refunds: invoices" not in page
    assert page.count(f'data-insert-articles="/articles/suggestions/?ticket={ticket.number}"') == 2


def test_a_list_of_forty_takes_as_many_queries_as_one(
    cast: Cast, as_user: Browser, roaming: Article, django_assert_max_num_queries: Any
) -> None:
    client = as_user(cast.ana)
    _said(client, "/articles/")
    for at in range(39):
        Article.write(by=cast.lea, audience="agents", texts={"en": (f"Answer {at}", "Text")})

    with django_assert_max_num_queries(10):
        assert _said(client, "/articles/").count("<tr>") == 41
