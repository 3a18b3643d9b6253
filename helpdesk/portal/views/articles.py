"""What customers can read up by themselves: the articles that are for everybody, and no others."""

from __future__ import annotations

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Min
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from helpdesk.knowledge import rendering, searching
from helpdesk.knowledge.models import Article
from helpdesk.portal import limits
from helpdesk.portal.doors import spoken_to

ROWS = 50
MOST_FOUND = 20


@require_safe
def all_articles(request: HttpRequest) -> HttpResponse:
    """All of them by title, or what was found. Who searches much too often is shown all of them instead."""
    typed = request.GET.get("q", "").strip()[: searching.MOST_TYPED]
    among, language = Article.objects.for_everybody(), get_language() or ""
    context: dict[str, object] = {"typed": typed}
    if typed and not limits.may_search(request):
        typed = context["typed"] = ""
        context["is_slowed"] = True
    if typed:
        listed = searching.find(typed, among=among, language=language, most=MOST_FOUND)
    else:
        by_title = among.annotate(title=Min("texts__title")).order_by("title", "pk").with_titles()
        context["pages"] = pages = Paginator(by_title, ROWS).get_page(request.GET.get("page"))
        listed = list(pages)
    context["texts"] = [each.text_in(language) for each in listed]
    return render(request, "portal/articles.html", context, status=429 if "is_slowed" in context else 200)


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """One article; the page around it speaks the language that a link of ours asks for."""
    found = Article.objects.for_everybody().filter(slug=slug).with_texts().first()
    if found is None:
        raise Http404
    asked = request.GET.get("language", "")
    language = asked if asked in dict(settings.LANGUAGES) else get_language() or ""
    text = found.text_in(language)
    context = {
        "article": found,
        "text": text,
        "rendered": rendering.rendered(text.body),
        "is_in_own_language": language == asked,  # a switch that its address overrules is none
        "others": [other for other in found.texts.all() if other.pk != text.pk],
    }
    with spoken_to(request, language):
        return render(request, "portal/article.html", context)
