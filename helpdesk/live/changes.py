"""What changed, and who may know. Plain synchronous reading of rows; the server calls it in a thread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, cast

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import Error as DatabaseError
from django.db import connection
from django.db.models import Count, Max, Q
from django.http.cookie import parse_cookie
from django.utils import timezone

from helpdesk.people.access import Ability
from helpdesk.people.models import User
from tickets.models import Event, Notification, Presence, Ticket
from tickets.models.presence import Person

# A transaction may commit this long after the moment its event bears; looking back further than that finds it.
OVERLAP = timedelta(seconds=15)
JUST_WRITTEN = timedelta(seconds=1)  # a page reads its rows this little while before it is written
WINDOW = timedelta(minutes=2)  # a page that was gone longer reloads its list


def data_version() -> int | None:
    """SQLite's own counter of other connections' commits: when it stands still, there is nothing to look for."""
    if connection.vendor != "sqlite":
        return None
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        return int(cursor.fetchone()[0])


# --- Who may listen, and what they may know ---------------------------------------------------------------------------


class Pass(NamedTuple):
    """What a stream was opened with: it stays open for as long as this holds."""

    session_key: str
    user_id: int
    password_hash: str  # a changed password ends the session; this is what Django itself compares


@dataclass(frozen=True)
class Viewer:
    """One person, and which tickets they may know of.

    It says what `Ticket.objects.visible_to` says, without a query for each listener; the tests hold one against the
    other.
    """

    user_id: int
    sees_all: bool
    team_ids: frozenset[int]

    def may_see(self, ticket: Facts) -> bool:
        if self.sees_all or ticket.assignee_id == self.user_id:
            return True
        return ticket.team_id is None or ticket.team_id in self.team_ids


def pass_of(cookies: str) -> Pass | None:
    """What these cookies give a right to hear by; None where nobody is signed in with them."""
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    session = cast(SessionBase, SessionStore(key))
    pk = session.get(SESSION_KEY)
    return Pass(key, int(pk), session.get(HASH_SESSION_KEY, "")) if pk else None


def viewers(passes: Iterable[Pass]) -> dict[Pass, Viewer]:
    """Those of the passes that hold now, with what their people may see now. Three queries, however many there are.

    What ends one: signing out, also from elsewhere; a new password; being switched off; a role that sees no tickets.
    """
    asked = set(passes)
    if not asked:
        return {}
    keys = Session.objects.filter(session_key__in=[each.session_key for each in asked], expire_date__gt=timezone.now())
    alive = set(keys.values_list("session_key", flat=True))
    people = User.objects.filter(pk__in={each.user_id for each in asked}).prefetch_related("memberships")
    users = {user.pk: user for user in people if user.may(Ability.SEE_TICKETS)}
    seen = {user.pk: _viewer(user) for user in users.values()}
    hashes = {user.pk: user.get_session_auth_hash() for user in users.values()}
    return {
        each: seen[each.user_id]
        for each in asked
        if each.session_key in alive and hashes.get(each.user_id) == each.password_hash
    }


def _viewer(user: User) -> Viewer:
    teams = frozenset(membership.team_id for membership in user.memberships.all())
    return Viewer(user.pk, user.may(Ability.SEE_ALL_TICKETS), teams)


# --- What happened ----------------------------------------------------------------------------------------------------


class Facts(NamedTuple):
    """What decides who may know of a ticket, and the number they know it by."""

    pk: int
    number: int
    team_id: int | None
    assignee_id: int | None


class Here(NamedTuple):
    """Who is at a ticket, by their user's id."""

    ticket: Facts
    people: dict[int, Person]


@dataclass
class News:
    """What one look found that no earlier look had."""

    tickets: list[Facts] = field(default_factory=list)
    here: list[Here] = field(default_factory=list)
    unread: dict[int, int] = field(default_factory=dict)  # user id -> their unread notices

    def __bool__(self) -> bool:
        return bool(self.tickets or self.here or self.unread)


class Looks:
    """Remembers what was found, so that each look finds only what is new.

    Every look goes back over the overlap, because rows become visible later than the moment they bear; and a row
    whose number is above all others is new whatever moment it bears: a mail may be older than its arrival.
    """

    def __init__(self) -> None:
        self.events: dict[int, tuple[datetime, int]] = {}  # event id -> when it was found, ticket id
        self.presences: set[tuple[int, datetime]] = set()
        self.notices: dict[int, tuple[int, int]] = {}  # user id -> how many unread, the latest of them
        self.listening: set[int] = set()
        self.latest_event: int | None = None

    def look(self, rights: Iterable[Pass]) -> tuple[News, dict[Pass, Viewer]]:
        """What is new since the last look, and who may still know. A look that fails half-way has found nothing.

        The rights are read last, so that no news overtake their end.
        """
        before, asked = vars(self).copy(), set(rights)
        try:
            news = self._news(listening={each.user_id for each in asked})
            return news, viewers(asked)
        except DatabaseError:
            vars(self).update(before)
            raise

    def heard_since(self, moment: datetime) -> set[int]:
        """The tickets that looks since this moment found something of, whatever moment their rows bear."""
        return {ticket for found_at, ticket in self.events.values() if found_at >= moment}

    def _news(self, *, listening: set[int]) -> News:
        began = timezone.now() - OVERLAP
        changed, present = self._changed(began), self._present(began)
        facts = facts_of(changed | present)
        return News(
            tickets=[facts[pk] for pk in changed if pk in facts],
            here=here_at(facts[pk] for pk in present if pk in facts),
            unread={user_id: unread_of(user_id) for user_id in self._noticed(listening)},
        )

    def _changed(self, began: datetime) -> set[int]:
        recent = Q(happened_at__gte=began)
        if self.latest_event is not None:
            recent |= Q(pk__gt=self.latest_event)
        now, found = timezone.now(), dict(Event.objects.filter(recent).values_list("pk", "ticket_id"))
        fresh = {pk: (now, ticket) for pk, ticket in found.items() if pk not in self.events}
        self.latest_event = max([*found, self.latest_event or 0])
        kept = {pk: each for pk, each in self.events.items() if pk in found or each[0] >= now - WINDOW}
        self.events = kept | fresh
        return {ticket for _found_at, ticket in fresh.values()}

    def _present(self, began: datetime) -> set[int]:
        rows = Presence.objects.filter(changed_at__gte=began).values_list("pk", "changed_at", "ticket_id")
        found = {(pk, changed_at): ticket for pk, changed_at, ticket in rows}
        fresh = {ticket for key, ticket in found.items() if key not in self.presences}
        self.presences = set(found)
        return fresh

    def _noticed(self, listening: set[int]) -> set[int]:
        """Those whose unread notices are others than at the last look; at the first one, nobody."""
        rows = Notification.objects.filter(user__in=listening).unread().values("user_id")
        found = {row["user_id"]: (row["n"], row["latest"]) for row in rows.annotate(n=Count("pk"), latest=Max("pk"))}
        fresh = {user for user in listening & self.listening if found.get(user) != self.notices.get(user)}
        self.notices, self.listening = found, listening
        return fresh


def facts_of(ticket_ids: Iterable[int]) -> dict[int, Facts]:
    wanted = set(ticket_ids)
    if not wanted:
        return {}
    # What was deleted just now is told once, so that lists let go of it; what lies in the bin is silent.
    told = Q(deleted_at=None) | Q(deleted_at__gte=timezone.now() - OVERLAP)
    rows = Ticket.objects.filter(told, pk__in=wanted).values_list("pk", "number", "team_id", "assignee_id")
    return {row[0]: Facts(*row) for row in rows}


def here_at(tickets: Iterable[Facts]) -> list[Here]:
    """Who is at these tickets now; nobody is worth telling, too."""
    known = {ticket.pk: ticket for ticket in tickets}
    people: dict[int, dict[int, Person]] = defaultdict(dict)
    for presence in Presence.objects.at(known) if known else ():
        people[presence.ticket_id][presence.user_id] = presence.told
    return [Here(ticket, people[pk]) for pk, ticket in known.items()]


def everybody_here() -> list[Here]:
    """Who is where now: what a page that has just come is told."""
    return here_at(facts_of(Presence.objects.here().values_list("ticket_id", flat=True)).values())


def since(moment_ms: int, overlap: timedelta = OVERLAP) -> set[int]:
    """The ids of the tickets of which something happened since then, the overlap included."""
    begin = timezone.now() - WINDOW
    moment = max(begin, moment_of(moment_ms) - overlap)
    return set(Event.objects.filter(happened_at__gte=moment).values_list("ticket_id", flat=True))


def moment_of(moment_ms: int) -> datetime:
    """The moment that a page names; now for one that is still to come, and may be in no calendar."""
    return datetime.fromtimestamp(min(moment_ms / 1000, timezone.now().timestamp()), tz=UTC)


def unread_of(user_id: int) -> int:
    """How many notices this person has not read, of tickets they still may see."""
    user = User.objects.filter(pk=user_id).first()
    return Notification.objects.unread_count(user) if user else 0
