"""Search over everything an agent may see: one question, answered alike by PostgreSQL and SQLite.

`words` takes texts apart, `documents` says what a ticket is found by, `indexing` keeps that up to date, `tokens` asks
the database, `excerpts` shows where it was found, `suggesting` helps while somebody types, `vocabulary` and `meaning`
where a word is misspelt. Who may see what is no matter of this package: its answers are filters within
`Ticket.objects.visible_to`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db.models import Q

from tickets.query.tree import Words
from tickets.search.words import Sought, Token, Way, runs, sought

if TYPE_CHECKING:
    from tickets.models.ticket import TicketQuerySet

ENTRY = "search_entry"
LOOKED_AT = 60


def has_words(text: str) -> bool:
    """Whether there is anything in it to look for: "…" and ":-)" have no words."""
    return any(run.words for run in runs(text))


def words_q(words: Words) -> Q:
    """Tickets that say this, as a filter of tickets. Without any words: all."""
    found = Q()
    for each in sought(words.text, is_phrase=words.is_phrase, is_beginning=words.is_beginning):
        found &= _found(each)
    return found


def _found(each: Sought) -> Q:
    anywhere = [way for way in each if not way.row]
    asked = Q(**{f"{ENTRY}__tokens__found_by": anywhere}) if anywhere else Q()
    for way in each:
        if way.row:
            asked |= Q(**{f"{ENTRY}__tokens__found_by": [way], f"{ENTRY}__text__contains": way.row})
    return asked


def latest_first(
    tickets: TicketQuerySet,
    *,
    most: int,
    after: int | None = None,
    before: int | None = None,
    has_beginnings: bool = False,
) -> dict[int, int]:
    """The ids of these tickets with their places, whatever was said last first: those behind the place `after`, or the
    last ones in front of `before`. `has_beginnings`: words that may go on are among what is asked for.
    """
    found = tickets.filter(search_entry__isnull=False)
    if before is not None:
        found = found.filter(search_entry__place__gt=before)
    elif after is not None:
        found = found.filter(search_entry__place__lt=after)
    found = found.order_by("search_entry__place" if before is not None else "-search_entry__place")
    # PostgreSQL knows how common words are, and chooses: their index, or the tickets in their order. Of beginnings it
    # knows nothing, takes them for common, and would walk to the end for a rare one; for more rows it takes the index.
    look_at = max(most, LOOKED_AT) if has_beginnings else most
    pairs = list(found.values_list("pk", "search_entry__place")[:look_at])[:most]
    return dict(pairs[::-1] if before is not None else pairs)


def marked_q(mark: str, beginnings: Sequence[str]) -> Q:
    """Tickets with a word that begins so in a certain place: see `words.CUSTOMER` and `words.SUBJECT`."""
    wanted = [Token(mark + beginning, is_beginning=True) for beginning in beginnings]
    return Q(**{f"{ENTRY}__tokens__found_by": [Way(tuple(wanted))]}) if wanted else Q()
