"""Which tickets changed, and who may know. Plain synchronous reading of rows; the server calls it in a thread."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.http.cookie import parse_cookie
from django.utils import timezone

from helpdesk.people.access import Ability
from helpdesk.people.models import User
from tickets.models import Event, Ticket

# A transaction may commit this long after the moment its event bears; looking back further than that finds it.
OVERLAP = timedelta(seconds=15)
JUST_WRITTEN = timedelta(seconds=1)  # a page reads its rows this little while before it is written
WINDOW = timedelta(minutes=2)  # a page that was gone longer reloads its list


def since(moment_ms: int, overlap: timedelta = OVERLAP) -> dict[int, int]:
    """{event id: ticket id} of everything that happened since then, the overlap included."""
    begin = timezone.now() - WINDOW
    moment = max(begin, datetime.fromtimestamp(moment_ms / 1000, tz=UTC) - overlap)
    return dict(Event.objects.filter(happened_at__gte=moment).values_list("pk", "ticket_id"))


def data_version() -> int | None:
    """SQLite's own counter of other connections' commits: when it stands still, there is nothing to look for."""
    if connection.vendor != "sqlite":
        return None
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        return int(cursor.fetchone()[0])


def user_of(cookies: str) -> int | None:
    """The id of the user who is signed in with these cookies and may see tickets; None for everybody else."""
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    session = cast(SessionBase, SessionStore(key))
    pk = session.get(SESSION_KEY)
    user = User.objects.filter(pk=pk, is_active=True).first() if pk else None
    if user is None or not user.may(Ability.SEE_TICKETS):
        return None
    # A changed password ends the session; the hash is what Django itself compares.
    return user.pk if session.get("_auth_user_hash") == user.get_session_auth_hash() else None


def visible_numbers(user_id: int, ticket_ids: Iterable[int]) -> list[int]:
    """The public numbers of those tickets that this user may see."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        return []
    return list(Ticket.objects.visible_to(user).filter(pk__in=set(ticket_ids)).values_list("number", flat=True))
