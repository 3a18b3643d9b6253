"""What is written down once: its verbs, who may read it, in which language, and how it is found."""

from __future__ import annotations

from datetime import timedelta

import pytest

from helpdesk.common.errors import Refusal
from helpdesk.knowledge import searching
from helpdesk.knowledge.models import Article, ArticleText
from helpdesk.people.models import User
from tests.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]

ROAMING = {
    "en": ("Using your phone abroad", "Roaming is on everywhere in Europe.\n\n- Calls cost nothing more."),
    "es": ("Usar el móvil en el extranjero", "La itinerancia está activada.\n\nEn Suiza se paga aparte."),
}
INVOICE = {"es": ("Cómo leer tu factura", "Cada línea dice un servicio. El prorrateo aparece el primer mes.")}


@pytest.fixture
def roaming(lea: User) -> Article:
    return Article.write(by=lea, audience="everybody", texts=ROAMING)


@pytest.fixture
def refunds(lea: User) -> Article:
    return Article.write(by=lea, audience="agents", texts={"en": ("Refunds over 50 €", "Ask your lead first.")})


def _found(typed: str, *, language: str = "en") -> list[Article]:
    return searching.find(typed, among=Article.objects.present(), language=language, most=5)


def test_an_article_has_its_address_from_the_title_in_the_companys_language(roaming: Article, lea: User) -> None:
    assert roaming.slug == "using-your-phone-abroad"
    assert roaming.written_by == lea
    assert {text.language: (text.title, text.body) for text in roaming.texts.all()} == ROAMING


def test_another_article_of_the_same_title_has_an_address_of_its_own(roaming: Article, lea: User) -> None:
    other = Article.write(by=lea, audience="agents", texts=ROAMING)

    assert other.slug.startswith("using-your-phone-abroad-")


@pytest.mark.parametrize("title", ["New", "Suggestions", "¿¡!?", "Ω"])
def test_no_title_takes_the_address_of_a_page(cast: Cast, title: str) -> None:
    article = Article.write(by=cast.lea, audience="agents", texts={"en": (title, "Text")})

    assert article.slug not in ("", "new", "suggestions")


def test_writing_it_anew_keeps_the_address_and_leaves_out_what_was_emptied(roaming: Article, lea: User) -> None:
    texts = {"en": ("Roaming", "Shorter."), "es": ("", "")}

    assert roaming.rewrite(by=lea, audience="agents", texts=texts) is True
    assert roaming.rewrite(by=lea, audience="agents", texts=texts) is False

    again = Article.objects.get()
    assert (again.slug, again.audience) == ("using-your-phone-abroad", "agents")
    assert [text.title for text in again.texts.all()] == ["Roaming"]
    assert _found("itinerancia") == []


def test_what_somebody_else_wrote_meanwhile_is_not_lost(roaming: Article, lea: User, mia: User) -> None:
    seen = roaming.updated_at
    Article.objects.get().rewrite(by=mia, audience="everybody", texts={"en": ("Abroad", "Mia’s words.")}, seen=seen)

    with pytest.raises(Refusal):
        roaming.rewrite(by=lea, audience="everybody", texts={"en": ("Abroad", "Lea’s words.")}, seen=seen)

    assert ArticleText.objects.get().body == "Mia’s words."
    assert roaming.rewrite(
        by=lea, audience="everybody", texts={"en": ("Abroad", "Both.")}, seen=roaming.updated_at + timedelta(seconds=1)
    )


@pytest.mark.parametrize(
    ("audience", "texts"),
    [
        ("agents", {}),
        ("agents", {"en": ("  ", "\n")}),
        ("agents", {"en": ("A title", "")}),
        ("agents", {"en": ("A title", "Text"), "es": ("", "Un texto")}),
        ("agents", {"en": ("T" * 151, "Text")}),
        ("nobody", {"en": ("A title", "Text")}),
    ],
)
def test_half_an_article_is_refused(lea: User, audience: str, texts: dict[str, tuple[str, str]]) -> None:
    with pytest.raises(Refusal):
        Article.write(by=lea, audience=audience, texts=texts)
    assert not Article.objects.exists()


def test_whoever_may_not_write_articles_changes_nothing(roaming: Article, ana: User) -> None:
    with pytest.raises(Refusal):
        Article.write(by=ana, audience="agents", texts=INVOICE)
    with pytest.raises(Refusal):
        roaming.rewrite(by=ana, audience="agents", texts=INVOICE)
    with pytest.raises(Refusal):
        roaming.remove(by=ana)
    with pytest.raises(Refusal):
        roaming.restore(by=ana)
    assert Article.objects.present().count() == 1


def test_removing_is_undone(roaming: Article, lea: User) -> None:
    assert [roaming.remove(by=lea), roaming.remove(by=lea)] == [True, False]
    assert not Article.objects.for_everybody().exists()
    assert _found("roaming") == []
    with pytest.raises(Refusal):
        roaming.rewrite(by=lea, audience="agents", texts=INVOICE)

    assert [roaming.restore(by=lea), roaming.restore(by=lea)] == [True, False]
    assert _found("roaming") == [roaming]


def test_who_reads_what(roaming: Article, refunds: Article, ana: User, lou: User, gus: User) -> None:
    for user in (ana, lou):
        assert set(Article.objects.visible_to(user)) == {roaming, refunds}
    assert list(Article.objects.visible_to(gus)) == [roaming]  # a guest reads reports, and what customers read
    assert list(Article.objects.for_everybody()) == [roaming]


def test_an_article_is_shown_in_the_language_asked_for_else_in_the_companys(cast: Cast, roaming: Article) -> None:
    assert roaming.text_in("es").title == "Usar el móvil en el extranjero"
    assert roaming.text_in("de").title == "Using your phone abroad"
    spanish_only = Article.write(by=cast.lea, audience="agents", texts=INVOICE)
    assert spanish_only.text_in("en").language == "es"


def test_the_link_for_customers_is_there_only_for_what_they_may_read(roaming: Article, refunds: Article) -> None:
    assert roaming.public_address("es").endswith("/help/articles/using-your-phone-abroad/?language=es")
    assert refunds.public_address("en") == ""


# --- Finding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["roaming", "ROAM", "itinerancia", "movil extranjero", "MÓVIL", "el móvil en el extranjero", "móviles"]
)
def test_it_is_found_by_beginnings_of_words_without_accents_in_both_languages(roaming: Article, typed: str) -> None:
    assert _found(typed) == [roaming]


@pytest.mark.parametrize("typed", ["", "   ", "¿?", "oaming", "%", "_", "zebra", "'; --", "\\"])
def test_what_nobody_wrote_finds_nothing(roaming: Article, typed: str) -> None:
    assert _found(typed) == []


def test_what_says_it_in_the_title_stands_first(cast: Cast, roaming: Article) -> None:
    mention = {"en": ("Your plans", "Each plan says whether roaming abroad is part of it.")}
    plans = Article.write(by=cast.lea, audience="agents", texts=mention)

    assert _found("abroad") == [roaming, plans]
    assert _found("plan") == [plans]


def test_all_words_are_looked_for_first_and_some_of_them_then(cast: Cast, roaming: Article) -> None:
    invoice = Article.write(by=cast.lea, audience="agents", texts=INVOICE)

    assert _found("factura prorrateo") == [invoice]
    assert set(_found("factura extranjero")) == {invoice, roaming}


@pytest.mark.parametrize("typed", ["extanjero", "phnoe", "estranjero"])
def test_a_slip_of_the_fingers_finds_it_all_the_same(roaming: Article, typed: str) -> None:
    assert _found(typed) == [roaming]


def test_a_customers_letter_finds_what_may_answer_it(cast: Cast, roaming: Article, refunds: Article) -> None:
    invoice = Article.write(by=cast.lea, audience="everybody", texts=INVOICE)
    letter = "Hola, no entiendo la factura de este mes. ¿Por qué hay un prorrateo? Gracias, un saludo."

    found = searching.fitting([letter], among=Article.objects.present(), language="es", most=5)
    assert found == [invoice]
    nothing = searching.fitting(["Hola, ¿cómo estáis? Gracias"], among=Article.objects.present(), language="es", most=5)
    assert nothing == []


def test_searching_takes_the_same_few_queries_however_much_there_is(
    cast: Cast, roaming: Article, django_assert_max_num_queries: object
) -> None:
    for at in range(5):
        Article.write(by=cast.lea, audience="agents", texts={"en": (f"Abroad {at}", "Roaming")})
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        found = _found("abroad")
        assert len([article.text_in("en").title for article in found]) == 5


def test_what_fits_a_letter_much_worse_than_the_best_is_left_out(cast: Cast, roaming: Article) -> None:
    vague = {"en": ("Your contract", "Ring us about the phone and the contract whenever you like.")}
    Article.write(by=cast.lea, audience="everybody", texts=vague)
    letter = "My phone finds no network abroad. Roaming is switched on and still nothing in Europe."

    assert searching.fitting([letter], among=Article.objects.present(), language="en", most=5) == [roaming]
