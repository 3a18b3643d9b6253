"""What is written down: the pages of it, and finding it from a ticket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Min
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.common.errors import Refusal
from helpdesk.knowledge import rendering, searching
from helpdesk.knowledge.models import Article, ArticleText
from helpdesk.people.access import Ability
from helpdesk.people.models import Company
from helpdesk.workspace.article_form import ArticleForm
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.shortcuts import Here, Undo, find_ticket, moved_on, page
from tickets.models import Message, Ticket

ROWS = 50
MOST_FOUND = 50
MOST_OPTIONS = 8
MOST_BESIDE = 5  # in the rail of a ticket
LATEST = 2  # messages of the customer that say what is asked now

# --- The pages --------------------------------------------------------------------------------------------------------


@require_safe
@agent_required
def all_articles(request: AgentRequest) -> HttpResponse:
    """Every article by its title, or what was found; for a ticket, too (`ticket`), where there is no script."""
    typed = request.GET.get("q", "").strip()[: searching.MOST_TYPED]
    ticket = _ticket(request)
    among, language = Article.objects.visible_to(request.user), get_language() or ""
    context: dict[str, Any] = {
        "typed": typed,
        "ticket": ticket,
        "languages": settings.LANGUAGES,
        "may_write": request.user.may(Ability.WRITE_ARTICLES),
    }
    if typed:
        listed = searching.find(typed, among=among, language=language, most=MOST_FOUND)
    elif ticket:
        listed = _fitting(request, ticket, most=MOST_FOUND)
    else:
        by_title = among.annotate(title=Min("texts__title")).order_by("title", "pk").with_titles()
        context["pages"] = Paginator(by_title, ROWS).get_page(request.GET.get("page"))
        listed = list(context["pages"])
    context["articles"] = [(each, each.text_in(language), _titles(each)) for each in listed]
    return page(request, "workspace/article/articles.html", context, current="articles")


def _titles(article: Article) -> list[tuple[str, str]]:
    """Each language with the title in it, empty where it is not written in it."""
    titles = {text.language: text.title for text in article.texts.all()}
    return [(str(label), titles.get(language, "")) for language, label in settings.LANGUAGES]


@require_safe
@agent_required
def article(request: AgentRequest, slug: str) -> HttpResponse:
    """One article, in the language of whoever reads it or the one they ask for."""
    found = _find(request, slug)
    text = found.text_in(request.GET.get("language") or get_language() or "")
    context = {
        "article": found,
        "text": text,
        "rendered": rendering.rendered(text.body),
        "others": [other for other in found.texts.all() if other.pk != text.pk],
        "address": found.public_address(text.language),
        "may_write": request.user.may(Ability.WRITE_ARTICLES),
    }
    return page(request, "workspace/article/article.html", context, current="articles")


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(needs=Ability.WRITE_ARTICLES)
def new_article(request: AgentRequest) -> HttpResponse:
    return _edited(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(needs=Ability.WRITE_ARTICLES)
def editing(request: AgentRequest, slug: str) -> HttpResponse:
    return _edited(request, _find(request, slug))


@require_POST
@agent_required(needs=Ability.WRITE_ARTICLES)
def deleting(request: AgentRequest, slug: str) -> HttpResponse:
    """Take an article away. A second time finds it gone, and is no error."""
    found = _find(request, slug, among=Article.objects.all())
    changed = found.remove(by=request.user)
    undo = Undo(reverse("workspace:article-restore", args=[slug])) if changed else None
    return moved_on(request, reverse("workspace:articles"), _t("Deleted “%(name)s”.") % _named(found), undo=undo)


@require_POST
@agent_required(needs=Ability.WRITE_ARTICLES)
def restoring(request: AgentRequest, slug: str) -> HttpResponse:
    found = _find(request, slug, among=Article.objects.all())
    found.restore(by=request.user)
    return moved_on(request, found.get_absolute_url(), _t("“%(name)s” is back.") % _named(found))


def _find(request: AgentRequest, slug: str, *, among: Any = None) -> Article:
    if among is None:
        among = Article.objects.visible_to(request.user)
    found: Article | None = among.filter(slug=slug).with_texts().first()
    if found is None:
        raise Http404
    return found


def _named(found: Article) -> dict[str, str]:
    return {"name": found.text_in(get_language() or "").title}


def _edited(request: AgentRequest, found: Article | None) -> HttpResponse:
    """Write it, or look at it first: the same form comes back with the pages it would make below it."""
    form = ArticleForm(request.POST or None, article=found, user=request.user)
    context: dict[str, Any] = {"form": form, "article": found, "name": _named(found)["name"] if found else ""}
    if request.method == "POST" and form.is_valid():
        if "look" in request.POST:
            texts = form.texts()
            said = [(each["code"], texts[each["code"]]) for each in form.languages()]
            context["looks"] = [
                (code, title, rendering.rendered(body)) for code, (title, body) in said if title or body
            ]
            return page(request, "workspace/article/edit.html", context, current="articles")
        try:
            saved = form.save()
        except Refusal as refusal:
            form.add_error(None, str(refusal))
            if found is not None and found.deleted_at is None and not form.has_seen(found):
                context["theirs"] = [
                    (text.language, text.title, rendering.rendered(text.body)) for text in found.texts.all()
                ]
        else:
            return moved_on(request, saved.get_absolute_url(), _t("Saved “%(name)s”.") % _named(saved))
    return page(request, "workspace/article/edit.html", context, current="articles", status=422 if form.errors else 200)


# --- From a ticket ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Offered:
    """An article beside a ticket, and what of it goes into a text."""

    article: Article
    text: ArticleText
    insert: str

    @property
    def shown(self) -> SafeString:
        return rendering.rendered(self.text.body)


@require_safe
@agent_required(needs=Ability.WRITE_NOTES)
def suggestions(request: AgentRequest) -> HttpResponse:
    """The list that opens with "??" in the composer: what fits `find`, else what fits the ticket."""
    ticket = _ticket(request)
    typed = request.GET.get("find", "").strip()
    if typed:
        found = searching.find(
            typed, among=Article.objects.visible_to(request.user), language=_language(ticket), most=MOST_OPTIONS,
            with_texts=True,
        )  # fmt: skip
    else:
        found = _fitting(request, ticket, most=MOST_OPTIONS) if ticket else []
    return render(request, "workspace/article/_options.html", {"offered": _offered(found, ticket)})


@require_safe
@agent_required(needs=Ability.WRITE_NOTES)
def beside(request: AgentRequest, number: int) -> HttpResponse:
    """Articles beside a ticket: those that may answer it, or what somebody looks for (`q`)."""
    ticket = find_ticket(request, number)
    typed = request.GET.get("q", "").strip()[: searching.MOST_TYPED]
    if typed:
        found = searching.find(
            typed, among=Article.objects.visible_to(request.user), language=_language(ticket), most=MOST_BESIDE,
            with_texts=True,
        )  # fmt: skip
    else:
        found = _fitting(request, ticket, most=MOST_BESIDE)
    context = {
        "ticket": ticket, "typed": typed, "offered": _offered(found, ticket), "here": Here.of(request),
        "may_insert": request.user.may(Ability.WRITE_NOTES),
    }  # fmt: skip
    if request.htmx:
        is_search = request.htmx.target == "ticket-articles-found"
        template = "workspace/article/_found.html" if is_search else "workspace/article/_beside.html"
        return render(request, template, context)
    return page(request, "workspace/article/beside.html", context)


def _ticket(request: AgentRequest) -> Ticket | None:
    number = request.GET.get("ticket", "")
    return find_ticket(request, int(number)) if number.isdecimal() and len(number) < 19 else None


def _language(ticket: Ticket | None) -> str:
    """What is sent is read by the customer: in the language of the ticket, else in the company's."""
    return (ticket.language if ticket else "") or Company.current().language


def _fitting(request: AgentRequest, ticket: Ticket, *, most: int) -> list[Article]:
    """What may answer the subject of the ticket and what its customer said last."""
    theirs = Message.objects.filter(ticket=ticket, author="customer").order_by("-pk")
    said = [ticket.subject, *theirs.values_list("text", flat=True)[:LATEST]]
    among = Article.objects.visible_to(request.user)
    return searching.fitting(said, among=among, language=_language(ticket), most=most, with_texts=True)


def _offered(found: list[Article], ticket: Ticket | None) -> list[Offered]:
    language = _language(ticket)
    texts = [(each, each.text_in(language)) for each in found]
    return [Offered(each, text, _insert(each, text)) for each, text in texts]


def _insert(article: Article, text: ArticleText) -> str:
    """The title and its address where customers may read it; else the words themselves, never a link that leads them
    nowhere."""
    address = article.public_address(text.language)
    return f"{text.title}: {address}" if address else rendering.plain(text.body)
