"""Finding articles by what somebody types, or by what a customer wrote.

Some thousands of articles are read with one look at the table: which words stand where decides, in Python, what fits
best. A word counts the more, the fewer articles say it, and most in a title.
"""

from __future__ import annotations

import difflib
import math
from collections import Counter
from collections.abc import Iterable
from typing import Final

from django.db.models import Q

from helpdesk.knowledge.models.article import Article, ArticleQuerySet, ArticleText, words_of

MOST_TYPED: Final = 200
_MOST_WORDS: Final = 12
_MOST_SAID: Final = 30  # words of a message that are looked for
_IN_TITLE: Final = 3.0
_SAME_LANGUAGE: Final = 1.2
_LIKENESS: Final = 0.75
_NEAR_THE_BEST: Final = 0.5  # what fits a letter half as well as the best does not fit it
# They stand in every message, and say nothing about what it is about.
_SILENT_WORDS: Final = (
    "about after again also and any are but can could did does for from get got had has have hello help how into its "
    "just know like more much need not now only our out please should since some still than thank thanks that the "
    "their them then there they this time very want was were what when where which who why will with would you your "
    "algo alguien antes aqui asi aun aunque bien buenas buenos cada como con cual cuando desde dias donde del "
    "ella ellos ese eso esta estan estas este esto estoy fue gracias hace hacer han hasta hay hola las los mas "
    "mis muy nada nos nuestro otra otro para pero por porque puede pueden puedo que quien quiero saludos sea ser "
    "sido sin sobre solo son sus tambien tampoco tardes tengo tiene tienen toda todo todos una unas uno unos usted "
    "ustedes vez voy"
)
_SILENT: Final = frozenset(_SILENT_WORDS.split())


def find(typed: str, *, among: ArticleQuerySet, language: str, most: int, with_texts: bool = False) -> list[Article]:
    """What fits every word typed, best first; else what fits some of them; else what may have been meant.

    Accents and case do not count, and the beginning of a word is enough. Nothing typed finds nothing.
    """
    words = list(dict.fromkeys(words_of(typed[:MOST_TYPED])))[:_MOST_WORDS]
    telling = [word for word in words if word not in _SILENT] or words
    stems = [_stem(word) for word in telling]
    ranked = _ranked(stems, among=among, language=language)
    whole = [pk for pk, _score, hits in ranked if len(hits) == len(set(stems))]
    some = [pk for pk, _score, hits in ranked if any(len(stem) > 2 for stem in hits)]
    keys = whole or some or _meant(words, among=among)
    return _in_order(keys[:most], among=among, with_texts=with_texts)


def fitting(
    said: Iterable[str], *, among: ArticleQuerySet, language: str, most: int, with_texts: bool = False
) -> list[Article]:
    """What may answer what a customer said: a word of a title, or two words of a text, are the least."""
    words = (word for text in said for word in words_of(text[:4000]))
    telling = [word for word in words if len(word) > 3 and not word.isdigit() and word not in _SILENT]
    stems = [_stem(word) for word, _times in Counter(telling).most_common(_MOST_SAID)]
    ranked = _ranked(stems, among=among, language=language)
    enough = ranked[0][1] * _NEAR_THE_BEST if ranked else 0.0
    keys = [pk for pk, score, hits in ranked if score >= enough and (len(hits) > 1 or any(hits.values()))]
    return _in_order(keys[:most], among=among, with_texts=with_texts)


def _ranked(stems: list[str], *, among: ArticleQuerySet, language: str) -> list[tuple[int, float, dict[str, bool]]]:
    """The articles that say any of these, best first: what they say of it, and whether in the title."""
    if not (stems := list(dict.fromkeys(stems))):
        return []
    says = {f"says_{at}": Q(found_by__contains=f" {stem}") for at, stem in enumerate(stems)}
    any_of = Q()
    for each in says.values():
        any_of |= each
    rows = list(
        ArticleText.objects.filter(any_of, article__in=among.order_by())
        .annotate(**says)
        .values_list("article_id", "language", "title", *says)
    )
    times = [sum(row[3 + at] for row in rows) for at in range(len(stems))]
    weights = [math.log(1 + (len(rows) + 1) / count) if count else 0.0 for count in times]
    best: dict[int, tuple[float, dict[str, bool]]] = {}
    for pk, written_in, title, *said in rows:
        of_title = words_of(title)
        hits = {
            stem: any(word.startswith(stem) for word in of_title)
            for stem, is_said in zip(stems, said, strict=True)
            if is_said
        }
        score = sum(
            weight * (_IN_TITLE if hits[stem] else 1)
            for stem, weight in zip(stems, weights, strict=True)
            if stem in hits
        )
        score *= _SAME_LANGUAGE if written_in == language else 1
        if pk not in best or (len(hits), score) > (len(best[pk][1]), best[pk][0]):
            best[pk] = (score, hits)
    listed = [(pk, score, hits) for pk, (score, hits) in best.items()]
    return sorted(listed, key=lambda found: (-found[1], found[0]))


def _stem(word: str) -> str:
    """The part of a word by which it is found: "facturas" finds "factura", and the other way round."""
    if len(word) > 5 and word.endswith("es"):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _meant(words: list[str], *, among: ArticleQuerySet) -> list[int]:
    """Articles with a word in their title that looks much like one that was typed."""
    titles = ArticleText.objects.filter(article__in=among.order_by()).values_list("article_id", "title")
    of_word: dict[str, list[int]] = {}
    for pk, title in titles:
        for word in words_of(title):
            of_word.setdefault(word, []).append(pk)
    counted: Counter[int] = Counter()
    for word in words:
        if len(word) > 3:
            for like in difflib.get_close_matches(word, of_word, n=3, cutoff=_LIKENESS):
                counted.update(set(of_word[like]))
    return [pk for pk, _times in counted.most_common()]


def _in_order(keys: list[int], *, among: ArticleQuerySet, with_texts: bool) -> list[Article]:
    rows = among.filter(pk__in=keys) if keys else among.none()
    found = {article.pk: article for article in (rows.with_texts() if with_texts else rows.with_titles())}
    return [found[pk] for pk in keys if pk in found]
