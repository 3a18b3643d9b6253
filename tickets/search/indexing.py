"""Keeping what tickets are found by up to date.

The event log is the outbox: an event that is not `is_indexed` says that its ticket has changed. The log is read in
batches, newest first, by one worker at a time; each batch writes the entries of its tickets and marks the events it
saw, in one transaction. So a worker may be killed at any time, run twice or come late, and what was there before
there was a search is taken up in the same way. What customers are found by is kept by themselves; who was changed past
that is taken up here, too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from django.db import connection, transaction
from django.db.models import Max, QuerySet

from helpdesk.people.models import Customer
from tickets.models.event import Event
from tickets.models.search_entry import SearchEntry
from tickets.models.ticket import Ticket
from tickets.search import documents, tokens, vocabulary

BATCH = 200  # events that are looked for at once; the tickets are fewer
LOCK = 0x5EA2C4  # of PostgreSQL's advisory locks: ours


def index_waiting(*, limit: int = BATCH) -> int:
    """Take up some tickets that have changed. Returns how many events that settled: none where nothing waits, or where
    somebody else is at it.
    """
    with transaction.atomic():
        if not _is_our_turn():
            return 0
        # Locked, so that nobody asks for a second look at an event while we are about to say that it was seen.
        waiting = Event.objects.filter(is_indexed=False).select_for_update(skip_locked=True, of=("self",))
        tickets = list(dict.fromkeys(waiting.order_by("-pk").values_list("ticket_id", flat=True)[:limit]))
        if not tickets:
            return 0
        seen = list(waiting.filter(ticket__in=tickets).values_list("pk", flat=True))
        write(tickets)
        for start in range(0, len(seen), 2_000):
            Event.objects.filter(pk__in=seen[start : start + 2_000]).update(is_indexed=True)
        return len(seen)


def index_customers(*, limit: int = BATCH) -> int:
    """Take up some customers who are not found by all that is known of them. Returns how many that were."""
    latest = Customer.objects.not_indexed().order_by("-pk").values_list("pk", flat=True)[:limit]
    return Customer.objects.filter(pk__in=list(latest)).index()


def index_all(*, step: Callable[[int], None] = lambda _count: None, batch: int = 500) -> int:
    """Take up everything that waits. Returns how many events that settled."""
    while index_customers(limit=batch):
        pass
    total = 0
    while done := index_waiting(limit=batch):
        total += done
        step(done)
    if total:
        learn_how_common()
    return total


def write(tickets: Collection[int]) -> None:
    """The entries of these tickets, as they are now, and the words that nobody has used before."""
    found = documents.of_tickets(tickets).values()
    SearchEntry.objects.bulk_create(
        [document.entry() for document in found],
        update_conflicts=True,
        unique_fields=["ticket"],
        update_fields=["place", "text", "tokens"],
    )
    vocabulary.learn(part.text for document in found for part in document.parts)


def write_missing(*, batch: int = 1_000) -> int:
    """Entries for tickets that have none, all in one transaction: after a load whose events stand as taken up. Returns
    how many.
    """
    with transaction.atomic():
        missing = list(Ticket.objects.filter(search_entry=None).order_by("pk").values_list("pk", flat=True))
        is_first = len(missing) > batch and not SearchEntry.objects.exists()
        if is_first:
            tokens.drop(connection)  # an index is made from all rows in a fraction of the time
        for start in range(0, len(missing), batch):
            write(missing[start : start + batch])
        if is_first:
            tokens.prepare(connection)
        if missing:
            learn_how_common()
    while index_customers(limit=batch):
        pass
    return len(missing)


def look_again(tickets: QuerySet[Ticket]) -> int:
    """Have these tickets taken up again after a change that is no event: their customer has another name. In the
    transaction of the change. Returns how many tickets that concerns.
    """
    latest = Event.objects.filter(ticket__in=tickets.order_by().values("pk")).values("ticket").annotate(top=Max("pk"))
    return Event.objects.filter(pk__in=latest.order_by().values("top")).update(is_indexed=False)


def waiting() -> int:
    """How many events wait. Counts them: for a person who wants to know."""
    return Event.objects.filter(is_indexed=False).count()


def begin_anew() -> None:
    """Have every ticket taken up again: what tickets are found by is made in another way now."""
    look_again(Ticket.objects.all())
    Customer.objects.update(is_indexed=False)


def learn_how_common() -> None:
    """Let the database know how common words are, after many entries were written at once."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ANALYZE {tokens.TABLE}")
        else:
            cursor.execute(f"INSERT INTO {tokens.FULL_TEXT} ({tokens.FULL_TEXT}) VALUES ('optimize')")  # noqa: S608


def _is_our_turn() -> bool:
    """Two workers would write the same ticket, the later one perhaps what it read earlier. SQLite has one writer."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])
