"""Whose a ticket was, one after the other, and when its customer is told that somebody else looks after it now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _t

from tickets.mail.composing import Block
from tickets.models import Author, Event, EventKind, Message, Ticket

HANDED = (EventKind.ASSIGNED, EventKind.UNASSIGNED)
ANSWERED = (EventKind.REPLIED, EventKind.ANSWERED_ELSEWHERE)


@dataclass(frozen=True)
class Turn:
    """A ticket was this person's from then on."""

    name: str
    since: datetime
    key: int | str  # who it is, also where two bear one name; events of long ago know the name alone

    @classmethod
    def of(cls, event: Event) -> Turn:
        name = str(event.details.get("to", ""))
        return cls(name, event.happened_at, event.details.get("to_id") or name)

    @property
    def first_name(self) -> str:
        return self.name.split(" ")[0]


@dataclass(frozen=True)
class Owners:
    """Whose it is now, since when, and whose it was before: the latest first, each once."""

    now: Turn | None
    before: list[str]


def owners_of(events: Iterable[Event]) -> Owners:
    """From the events of one ticket in their order; those of other kinds tell nothing."""
    turns: list[Turn] = []
    now: Turn | None = None
    for event in events:
        if event.kind == EventKind.UNASSIGNED:
            now = None
        elif event.kind == EventKind.ASSIGNED:
            now = Turn.of(event)
            turns.append(now)
    earlier = {turn.key: turn.name for turn in reversed(turns) if now is None or turn.key != now.key}
    return Owners(now, list(earlier.values()))


# --- What the customer is told ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """Somebody else looks after it than at our last answer."""

    before: Turn
    now: Turn

    @property
    def words(self) -> str:
        """One line for the customer, with first names alone. In the language that is spoken at the moment."""
        names = {"name": self.now.first_name, "before": self.before.first_name}
        return _t("%(name)s has taken over from %(before)s.") % names


def changes_told(ticket: Ticket) -> dict[int, Change]:
    """By message of ours, the change of owner since the one before it: so each is told once, with the next answer.

    Nothing is told where the customer had no answer of ours yet, nor by a reply that was taken back. Who stands in for
    one answer is no new owner.
    """
    said = set(ticket.messages.filter(author=Author.AGENT).values_list("pk", flat=True))
    if len(said) < 2:
        return {}
    found: dict[int, Change] = {}
    owner: Turn | None = None
    known: Turn | None = None  # as far as the customer knows
    for event in ticket.events.filter(kind__in=(*HANDED, *ANSWERED)).order_by("pk"):
        if event.kind in HANDED:
            owner = Turn.of(event) if event.kind == EventKind.ASSIGNED else None
        elif owner and (message := event.details.get("message")) in said:
            if known and known.key != owner.key and known.first_name != owner.first_name:
                found[int(message)] = Change(known, owner)
            known = owner
    return found


def block_for(message: Message) -> Block | None:
    """ "Ben has taken over from Daniel." below the first reply after it."""
    change = changes_told(message.ticket).get(message.pk)
    return Block(_t("Who looks after your request"), [change.words]) if change else None
