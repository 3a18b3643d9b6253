from __future__ import annotations

from datetime import UTC, datetime

from django.db import models

from tickets.search.tokens import TokensField

_ROOM = 2**30  # for the tickets of one second
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def place_of(ticket_id: int, said_at: datetime) -> int:
    """Where a ticket stands when what was said last comes first: the second it was said in, then the ticket."""
    return int((said_at - _EPOCH).total_seconds()) * _ROOM + ticket_id % _ROOM


def said_at(place: int) -> datetime:
    """When something was last said by the ticket that stands there, to the second."""
    return datetime.fromtimestamp(place // _ROOM, tz=UTC)


class SearchEntry(models.Model):
    """One row is what one ticket is found by. Made by `tickets.search.indexing` from the ticket; never the truth."""

    # Without a constraint, since inserting would wait for whoever holds the ticket.
    ticket = models.OneToOneField(
        "tickets.Ticket", primary_key=True, on_delete=models.CASCADE, db_constraint=False, related_name="search_entry"
    )
    # The order of what is found, and the key by which pages follow each other: one number, so that one index serves.
    place = models.BigIntegerField(unique=True)
    text = models.TextField()  # all words as `words.line` has them, a line for each part: where phrases are looked for
    tokens = TokensField()

    def __str__(self) -> str:
        return f"what ticket {self.ticket_id} is found by"
