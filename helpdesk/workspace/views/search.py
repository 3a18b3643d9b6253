from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypedDict
from urllib.parse import urlencode

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from cx.models import Tagging
from helpdesk.knowledge import searching
from helpdesk.knowledge.models import Article
from helpdesk.people.models import Customer, User
from helpdesk.workspace import queues
from helpdesk.workspace.asking import address_with
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.filtering import Chip, chip_words, trees_without
from helpdesk.workspace.shortcuts import page
from tickets.models import Ticket
from tickets.models.search_entry import said_at
from tickets.query import matching, telling
from tickets.query.fields import Suggestion, Vocabulary
from tickets.query.language import MOST_TYPED, Asked, write
from tickets.query.tree import Node, Words, walk
from tickets.search import documents, has_words, latest_first, meaning, suggesting, words_q
from tickets.search.documents import Part, Where
from tickets.search.excerpts import Excerpt, Highlighter, Piece

ROWS = 25
LAST_PLACE = 2**63 - 1
MOST_SUGGESTED = 6
MOST_ARTICLES = 3
MOST_SILENT = 6  # words that are looked up one by one where nothing was found
ICONS = {
    Where.SUBJECT: "mail",
    Where.CUSTOMER: "user",
    Where.SAID: "message-circle",
    Where.REPLY: "reply",
    Where.NOTE: "lock",
    Where.SIDE: "lock",
    Where.FILE: "paperclip",
    Where.ABOUT: "tag",
}


@dataclass(frozen=True)
class Hit:
    """A ticket that was found, and where."""

    ticket: Ticket
    said_at: datetime
    tagging: Tagging | None
    subject: SafeString
    customer: SafeString
    part: Part | None  # where it was found, unless no words were looked for
    excerpt: SafeString

    @property
    def icon(self) -> str:
        return ICONS[self.part.where] if self.part else ""


@dataclass(frozen=True)
class Found:
    """A page of hits, and the cursor of the one below."""

    hits: list[Hit]
    older: str = ""
    newer: str = ""


@require_safe
@agent_required
def search(request: AgentRequest) -> HttpResponse:
    """Everything that was ever said, in all tickets of this person; a number alone opens its ticket."""
    typed = request.GET.get("q", "").strip()[:MOST_TYPED]
    vocabulary = Vocabulary.of(request.user)
    asked = vocabulary.read(typed)
    no_ticket = ""
    if asked.number is not None:
        if ticket := Ticket.objects.visible_to(request.user).filter(number=asked.number).first():
            return redirect(ticket)
        no_ticket = _t("There is no ticket #%(number)s that you can see.") % {"number": asked.number}
    found = _found(request, asked) if asked else None
    context = {
        "typed": typed,
        "asked": asked,
        "no_ticket": no_ticket,
        "unknown": [telling.told(unknown) for unknown in asked.unknown],
        "said": telling.described(asked.tree, vocabulary) if asked else "",
        "conditions": _conditions(asked.tree, vocabulary),
        "found": found,
        "meant": [(each, _address(each.tree)) for each in _meant(request, asked, found)],
        "silent": [] if found is None or found.hits else _silent(asked.tree, user=request.user),
        "address": f"{reverse('workspace:search')}?{urlencode({'q': typed})}",
    }
    return page(request, "workspace/search/search.html", context, current="search")


def _found(request: AgentRequest, asked: Asked) -> Found:
    """A page of what was found, whatever was said last first."""
    tickets = matching.among(Ticket.objects.visible_to(request.user), asked.tree, request.user)
    after, before = (_place(request.GET.get(name, "")) for name in ("after", "before"))
    list_up = partial(latest_first, tickets, most=ROWS + 1, has_beginnings=_has_beginnings(asked.tree))
    listed = list(list_up(after=after, before=before).items())
    if before and len(listed) <= ROWS:  # the beginning was reached: show it whole
        before, listed = None, list(list_up().items())
    more = len(listed) > ROWS
    shown = dict(listed[-ROWS:] if before else listed[:ROWS])
    places = [str(place) for place in shown.values()]
    return Found(
        _hits(shown, asked, user=request.user),
        newer=places[0] if places and (before or after) else "",
        older=places[-1] if places and (before or more) else "",
    )


def _has_beginnings(tree: Node) -> bool:
    return any(isinstance(node, Words) and node.is_beginning for node in walk(tree))


def _silent(tree: Node, *, user: User) -> list[str]:
    """The words of a question that no ticket of this person says."""
    asked = [node for node in meaning.said(tree) if has_words(node.text)][:MOST_SILENT]
    tickets = Ticket.objects.visible_to(user)
    return [node.text for node in asked if not tickets.filter(words_q(node)).exists()]


def _meant(request: AgentRequest, asked: Asked, found: Found | None) -> list[meaning.Meant]:
    """What may have been meant where next to nothing was found."""
    if found is None or found.older or found.newer or len(found.hits) > meaning.HARDLY_ANY:
        return []
    return meaning.meant(asked.tree, user=request.user)


def _conditions(tree: Node, vocabulary: Vocabulary) -> list[Chip]:
    """What is asked for, each condition with the search without it. None for words alone: they stand in the field."""
    parts = trees_without(tree)
    if len(parts) == 1 and isinstance(parts[0][0], Words):
        return []
    return [Chip(*chip_words(part, vocabulary), _address(left)) for part, left in parts]


def _address(tree: Node) -> str:
    return address_with(reverse("workspace:search"), q=write(tree))


# Of what a row leaves out, a hit may be found in these two.
_UNREAD = [name for name in queues.NOT_IN_ROWS if name not in ("expected", "resolution_reason")]


def _hits(found: dict[int, int], asked: Asked, *, user: User) -> list[Hit]:
    highlighter = Highlighter(asked.tree)
    rows = queues.for_rows(Ticket.objects.filter(pk__in=list(found)), user=user)
    whole = rows.select_related("requester__organisation").defer(None).defer(*_UNREAD)
    tickets = {ticket.pk: ticket for ticket in whole}
    said = documents.of(tickets.values()) if highlighter else {}
    return [
        Hit(
            ticket,
            said_at(place),
            getattr(ticket, "tagging", None),
            marked(highlighter.pieces(ticket.subject)),
            marked(highlighter.pieces(str(ticket.requester))),
            *_told(highlighter.excerpt(said[ticket.pk]) if ticket.pk in said else None),
        )
        for ticket, place in ((tickets[pk], place) for pk, place in found.items() if pk in tickets)
    ]


def _told(excerpt: Excerpt | None) -> tuple[Part | None, SafeString]:
    return (excerpt.part, marked(excerpt.pieces)) if excerpt else (None, SafeString(""))


def marked(pieces: Iterable[Piece]) -> SafeString:
    """The text with its hits marked. In Python, since a page has a hundred of them."""
    return mark_safe("".join(  # noqa: S308 - every text is escaped
        f"<mark>{escape(piece.text)}</mark>" if piece.is_hit else escape(piece.text) for piece in pieces
    ))  # fmt: skip


def _place(cursor: str) -> int | None:
    """The place that a cursor names; None for anything else, which means: from the beginning."""
    return min(int(cursor), LAST_PLACE) if cursor.isascii() and cursor.isdigit() and len(cursor) < 20 else None


# --- While somebody types ---------------------------------------------------------------------------------------------


class Item(TypedDict, total=False):
    """A suggestion. `kind`: "term" takes the place of the word under the cursor, "text" of all that is typed, "link" is
    gone to at once."""

    kind: str
    label: str
    detail: str
    text: str
    url: str


@require_safe
@agent_required
def suggestions(request: AgentRequest) -> HttpResponse:
    """What the word under the cursor may become (`term`), and what the whole text may mean (`q`)."""
    typed, term = (request.GET.get(name, "").strip()[:200] for name in ("q", "term"))
    term = term or typed.rsplit(" ", 1)[-1]
    fields = Vocabulary.of(request.user).suggest(term, most=MOST_SUGGESTED) if term else []
    groups = [(_t("Filters"), [_of_field(each) for each in fields])]
    # Behind a filter only the word under the cursor can be the beginning of somebody's name.
    plain, kind = (term, "term") if ":" in typed else (typed, "text")
    if plain and ":" not in plain:
        customers = suggesting.customers(plain, user=request.user)
        groups.append((_t("Customers"), [_of_customer(each, kind=kind) for each in customers]))
        tickets = suggesting.tickets(plain, user=request.user)
        groups.append((_t("Tickets"), [_of_ticket(each) for each in tickets]))
        among, language = Article.objects.visible_to(request.user), get_language() or ""
        articles = searching.find(plain, among=among, language=language, most=MOST_ARTICLES)
        groups.append((_t("Articles"), [_of_article(each, language) for each in articles]))
    return JsonResponse({"groups": [{"name": name, "items": items} for name, items in groups if items]})


def _of_field(suggestion: Suggestion) -> Item:
    return {"kind": "term", "label": suggestion.label, "detail": suggestion.name, "text": suggestion.text}


def _of_customer(customer: Customer, *, kind: str) -> Item:
    said = customer.email or customer.name
    text = f'from:"{said}"' if " " in said else f"from:{said}"
    detail = customer.organisation.name if customer.organisation else customer.email
    url = f"{reverse('workspace:search')}?{urlencode({'q': text})}"
    return {"kind": kind, "label": str(customer), "detail": detail, "text": text, "url": url}


def _of_article(article: Article, language: str) -> Item:
    detail = str(article.get_audience_display())
    return {
        "kind": "link", "label": article.text_in(language).title, "detail": detail, "url": article.get_absolute_url()
    }  # fmt: skip


def _of_ticket(ticket: Ticket) -> Item:
    detail = f"#{ticket.number} · {ticket.requester}"
    return {"kind": "link", "label": ticket.subject, "detail": detail, "url": ticket.get_absolute_url()}
