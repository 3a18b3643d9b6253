"""A customer's whole course with us in one order of time: what they brought, what was said, promised, asked and done.

Each kind of thing is one query of a page's length behind one place, however long the course is; a page is the first
rows of all of them. A place is a moment, a kind and a row, so nothing is missed or said twice where moments are equal.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import F, Model, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise as LazyText
from django.utils.translation import pgettext_lazy

from cx.codebook import Direction, JourneyStage
from cx.models import FollowUp, Invitation, Promise, Response, Tagging
from helpdesk.common.text import excerpt
from helpdesk.people.models import Customer, CustomerMerge, User
from tickets.models import Author, Event, EventKind, Message, Note, Ticket

SIZE = 40
EXCERPT = 220
MOST_ON_BAND = 300  # tickets drawn on the journey; older ones than these are told in words
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

# What a reader may choose to see alone.
KINDS: Mapping[str, LazyText] = {
    "tickets": pgettext_lazy("timeline", "Tickets"),
    "messages": pgettext_lazy("timeline", "Messages"),
    "notes": pgettext_lazy("timeline", "Notes"),
    "promises": pgettext_lazy("timeline", "Promises"),
    "surveys": pgettext_lazy("timeline", "Surveys"),
    "follow-ups": pgettext_lazy("timeline", "Follow-ups"),
}


class Place(NamedTuple):
    """Where a page of the timeline ends."""

    at: datetime
    rank: int
    pk: int

    def __str__(self) -> str:
        return f"{(self.at - EPOCH) // MICROSECOND}.{self.rank}.{self.pk}"

    @classmethod
    def read(cls, text: str) -> Place | None:
        """The place that `str` wrote; None for anything else, which means: from the newest on."""
        try:
            microseconds, rank, pk = map(int, text.split("."))
            return cls(EPOCH + microseconds * MICROSECOND, rank, pk)
        except (ValueError, OverflowError):
            return None


@dataclass
class Entry:
    """One thing that happened. `what` names it for a template; `row` is what it is read from."""

    what: str
    place: Place
    row: Any
    ticket: Ticket | None = None
    text: str = ""  # of what was said, shortened
    tagging: Tagging | None = None

    @property
    def at(self) -> datetime:
        return self.place.at

    @property
    def year(self) -> int:
        return timezone.localtime(self.at).year


@dataclass(frozen=True)
class Timeline:
    """One page, newest first; `older` is the place behind it, empty where there is nothing more."""

    entries: list[Entry]
    older: str = ""


@dataclass(frozen=True)
class _Source:
    """One kind of thing: where its rows are, and which moment each of them stands at. `rank` orders equal moments."""

    what: str
    kind: str
    rank: int
    column: str
    rows: Callable[[_Asked], QuerySet[Any]]

    def page(self, asked: _Asked, *, size: int) -> list[Entry]:
        rows = self.rows(asked).exclude(**{self.column: None}).order_by(f"-{self.column}", "-pk")
        if asked.after:
            rows = rows.filter(self._behind(asked.after))
        return [Entry(self.what, Place(getattr(row, self.column), self.rank, row.pk), row) for row in rows[:size]]

    def _behind(self, place: Place) -> Q:
        earlier = Q(**{f"{self.column}__lt": place.at})
        if self.rank > place.rank:
            return earlier
        same = Q(**{self.column: place.at})
        return earlier | (same & Q(pk__lt=place.pk) if self.rank == place.rank else same)


@dataclass
class _Asked:
    """Whose timeline, for whom, from where on."""

    customer: Customer
    tickets: QuerySet[Ticket]  # theirs, as far as the reader may know of them
    kinds: Collection[str]
    after: Place | None
    # As a sub-select: it is the same in every source and stays short however many there are.
    ids: QuerySet[Any] = field(init=False)

    def __post_init__(self) -> None:
        self.ids = self.tickets.order_by().values("pk")


def timeline_of(
    customer: Customer, *, user: User, kinds: Collection[str] = (), after: str = "", size: int = SIZE
) -> Timeline:
    """What happened with this customer, as far as `user` may know of it, newest first, `size` things a page.

    `kinds` (of `KINDS`) leaves out all others. Ten queries at most, and two for the tickets' tags and words.
    """
    tickets = Ticket.objects.visible_to(user).filter(requester=customer)
    asked = _Asked(customer, tickets, [kind for kind in kinds if kind in KINDS] or list(KINDS), Place.read(after))
    found = [source.page(asked, size=size + 1) for source in SOURCES if source.kind in asked.kinds]
    merged = heapq.merge(*found, key=lambda entry: entry.place, reverse=True)
    entries = list(islice(merged, size + 1))
    older = str(entries[size - 1].place) if len(entries) > size else ""
    return Timeline(_told(entries[:size]), older)


def _told(entries: list[Entry]) -> list[Entry]:
    """With what a reader wants to know of each: its ticket, its tags, the words."""
    for entry in entries:
        entry.ticket = _ticket_of(entry.row)
        if entry.what in ("message", "note"):
            entry.text = excerpt(entry.row.text, limit=EXCERPT)
    opened = [entry.row for entry in entries if entry.what == "opened"]
    first = Message.objects.filter(ticket__in=[ticket.pk for ticket in opened], author=Author.CUSTOMER)
    words = dict(first.filter(said_at=F("ticket__created_at")).values_list("ticket", "text")) if opened else {}
    tagged = {entry.ticket.pk for entry in entries if entry.ticket and entry.what in ("opened", "event")}
    tags = {tagging.ticket_id: tagging for tagging in Tagging.objects.current().filter(ticket__in=tagged)}
    for entry in entries:
        if entry.what == "opened":
            entry.text = excerpt(words.get(entry.row.pk, ""), limit=EXCERPT)
        if entry.ticket and entry.what in ("opened", "event"):
            entry.tagging = tags.get(entry.ticket.pk)
    return entries


def _ticket_of(row: Model) -> Ticket | None:
    if isinstance(row, Ticket):
        return row
    if isinstance(row, Response):
        return row.invitation.ticket
    return getattr(row, "ticket", None)


def _opened(asked: _Asked) -> QuerySet[Any]:
    return asked.tickets


def _ended(asked: _Asked) -> QuerySet[Any]:
    ended = (EventKind.RESOLVED, EventKind.REOPENED)
    return Event.objects.filter(ticket__in=asked.ids, kind__in=ended).select_related("ticket", "actor")


def _messages(asked: _Asked) -> QuerySet[Any]:
    said = Message.objects.filter(ticket__in=asked.ids, copied_from=None).exclude(author=Author.AUTOMATIC)
    if "tickets" in asked.kinds:  # the first words stand with the ticket that they opened
        said = said.exclude(author=Author.CUSTOMER, said_at=F("ticket__created_at"))
    return said.select_related("ticket", "user", "customer").defer("html", "quoted")


def _notes(asked: _Asked) -> QuerySet[Any]:
    return Note.objects.filter(ticket__in=asked.ids).select_related("ticket", "user")


def _promised(asked: _Asked) -> QuerySet[Any]:
    return Promise.objects.filter(ticket__in=asked.ids).select_related("ticket", "owner", "owner_team", "made_by")


def _invited(asked: _Asked) -> QuerySet[Any]:
    return Invitation.objects.filter(ticket__in=asked.ids).select_related("ticket")


def _answered(asked: _Asked) -> QuerySet[Any]:
    answers = Response.objects.counted().filter(invitation__ticket__in=asked.ids)
    return answers.select_related("invitation__ticket")


def _followed_up(asked: _Asked) -> QuerySet[Any]:
    of_them = FollowUp.objects.contacts().filter(customer=asked.customer)
    return of_them.filter(Q(ticket=None) | Q(ticket__in=asked.ids)).select_related("ticket", "owner")


def _merged(asked: _Asked) -> QuerySet[Any]:
    return CustomerMerge.objects.filter(kept=asked.customer, undone_at=None).select_related("gone", "by")


SOURCES = (
    _Source("opened", "tickets", 0, "created_at", _opened),
    _Source("message", "messages", 1, "said_at", _messages),
    _Source("note", "notes", 2, "written_at", _notes),
    _Source("promised", "promises", 3, "made_at", _promised),
    _Source("settled", "promises", 4, "settled_at", _promised),
    _Source("event", "tickets", 5, "happened_at", _ended),
    _Source("invited", "surveys", 6, "invited_at", _invited),
    _Source("answered", "surveys", 7, "answered_at", _answered),
    _Source("followed_up", "follow-ups", 8, "settled_at", _followed_up),
    _Source("merged", "tickets", 9, "merged_at", _merged),
)


# --- The journey as a picture ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moment:
    """One ticket on the band of stages."""

    ticket: Ticket
    tagging: Tagging
    x: float  # share of the span shown
    position: int  # of the stage, 1 to 8


@dataclass(frozen=True)
class Band:
    """The stages of the journey with a customer's tickets on them over time."""

    moments: list[Moment]
    first: datetime | None
    latest: datetime | None
    by_stage: list[tuple[JourneyStage, int]]  # those that occur, in the journey's order
    fell_short: int
    better: int
    untagged: int
    stands_at: Tagging | None  # of the newest ticket that says where they stand

    @property
    def years(self) -> list[tuple[int, float]]:
        """Where each new year begins."""
        if self.first is None or self.latest is None:
            return []
        span = self.latest - self.first
        local = [timezone.localtime(moment) for moment in (self.first, self.latest)]
        begins = [
            (year, local[0].replace(year=year, month=1, day=1, hour=0, minute=0))
            for year in range(local[0].year + 1, local[1].year + 1)
        ]
        return [(year, (at - local[0]) / span) for year, at in begins]


def band_of(customer: Customer, *, user: User) -> Band:
    """The latest tickets on the journey, as far as `user` may know of them. Two queries."""
    theirs = Ticket.objects.visible_to(user).filter(requester=customer).newest_first()
    tickets = list(theirs.only("number", "subject", "language", "created_at", "channel")[:MOST_ON_BAND])[::-1]
    taggings = {
        each.ticket_id: each for each in Tagging.objects.current().filter(ticket__in=[ticket.pk for ticket in tickets])
    }
    sure = [
        (ticket, taggings[ticket.pk]) for ticket in tickets if ticket.pk in taggings and taggings[ticket.pk].is_sure
    ]
    first, latest = (tickets[0].created_at, tickets[-1].created_at) if tickets else (None, None)
    moments = [
        Moment(ticket, tagging, _share(ticket.created_at, first, latest), tagging.stage_position)
        for ticket, tagging in sure
    ]
    return Band(
        moments=moments,
        first=first,
        latest=latest,
        by_stage=_by_stage(tagging for _ticket, tagging in sure),
        fell_short=sum(tagging.direction == Direction.BELOW for _ticket, tagging in sure),
        better=sum(tagging.direction == Direction.EXCEEDED for _ticket, tagging in sure),
        untagged=len(tickets) - len(sure),
        stands_at=sure[-1][1] if sure else None,
    )


def _share(at: datetime, first: datetime | None, latest: datetime | None) -> float:
    if first is None or latest is None or first == latest:
        return 0.5
    return (at - first) / (latest - first)


def _by_stage(taggings: Iterable[Tagging]) -> list[tuple[JourneyStage, int]]:
    counts = dict.fromkeys(JourneyStage, 0)
    for tagging in taggings:
        counts[JourneyStage(tagging.journey_stage)] += 1
    return [(stage, count) for stage, count in counts.items() if count]
