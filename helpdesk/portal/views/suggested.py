"""What may answer somebody before they have sent their request: beside the public form, while they write."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from helpdesk.common.text import detect_language, excerpt
from helpdesk.knowledge import rendering, searching
from helpdesk.knowledge.models import Article, ArticleText
from helpdesk.portal import limits
from helpdesk.portal.doors import open_door

MOST = 3
LONGEST_READ = 4000  # letters of what somebody has typed so far
LONGEST_WHOLE = 3000  # letters of an article that is opened beside the form; a longer one has a page of its own
EXCERPT = 110


@dataclass(frozen=True)
class Answer:
    """An article as it stands beside the form: closed its first words, opened all of it, so that nobody leaves."""

    text: ArticleText
    first_words: str
    whole: SafeString | None


@never_cache
@open_door
@require_POST
def suggested(request: HttpRequest) -> HttpResponse:
    """Public articles that fit what was typed, as a piece of the page; nothing of it is kept.

    By POST, because what customers write belongs in no address and no log of addresses.
    """
    if not limits.may_be_suggested(request):
        return HttpResponse(status=429)
    said = request.POST.get("text", "")[:LONGEST_READ]
    language = detect_language(said) or get_language() or ""
    found = searching.fitting(
        [said], among=Article.objects.for_everybody(), language=language, most=MOST, with_texts=True
    )
    answers = [_answer(article.text_in(language)) for article in found]
    return render(request, "portal/_suggested.html", {"answers": answers})


def _answer(text: ArticleText) -> Answer:
    whole = rendering.rendered(text.body) if len(text.body) <= LONGEST_WHOLE else None
    return Answer(text, excerpt(rendering.plain(text.body), limit=EXCERPT), whole)
