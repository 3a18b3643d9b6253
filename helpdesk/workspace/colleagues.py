"""What colleagues do with a ticket besides answering it: who owns it, who watches it, what they are writing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _t

from helpdesk.people.access import Ability
from helpdesk.people.models import User
from helpdesk.workspace.thread import Entry
from tickets import owners, reviewing
from tickets.models import Draft, Event, EventKind, Ticket
from tickets.models.presence import LASTS

KEPT = timedelta(days=14)  # a draft that lay for longer is being written by nobody
MOST_DRAFTS = 10


def colleagues_context(ticket: Ticket, *, user: User, thread: Iterable[Entry]) -> dict[str, Any]:
    """Who owned it is told by the thread. No query more for a ticket that `load` found to have neither watchers nor
    what this person may read of drafts."""
    watching = list(ticket.watching()) if getattr(ticket, "has_watchers", True) else []
    events = [entry.event for entry in thread if entry.event and entry.origin is None]
    may_read = user.may(Ability.REPLY) and getattr(ticket, "has_begun", True)
    drafts = list(begun_on(ticket, user=user).select_related("user", "reviewer")[:MOST_DRAFTS]) if may_read else []
    mine = next((draft for draft in drafts if draft.user_id == user.pk), None)
    return {
        "owners": owners.owners_of(events),
        "watching": watching,
        "is_watching": user in watching,
        "may_choose_watchers": user.may(Ability.SHARE),
        "begun": _begun_by_others(drafts, user=user),
        "own": _own(mine, events) if mine else None,
    }


def begun_on(ticket: Ticket | OuterRef, *, user: User) -> QuerySet[Draft]:
    """The replies that are under way on a ticket: others', and one's own that a colleague has to do with. What is
    planned for later stands in the thread as that."""
    found = Draft.objects.filter(ticket=ticket, mode=Draft.Mode.REPLY, send_at=None, user__is_active=True)
    return found.filter(~Q(user=user.pk) | Q(reviewer__isnull=False)).order_by("saved_at", "pk")


@dataclass(frozen=True)
class Begun:
    """A reply that a colleague has begun, as others may read it."""

    draft: Draft
    is_being_written: bool
    is_for_you: bool  # to be read before it is sent

    @property
    def when(self) -> str:
        """The hour of a draft of today, the day with it of any other."""
        at = timezone.localtime(self.draft.saved_at)
        return date_format(at, "H:i" if at.date() == timezone.localdate() else "D j M, H:i")


def _begun_by_others(drafts: Iterable[Draft], *, user: User) -> list[Begun]:
    """What lay for a fortnight or has no words is nothing to be shown."""
    now = timezone.now()
    return [
        Begun(
            draft,
            is_being_written=draft.saved_at >= now - LASTS,
            is_for_you=draft.reviewer_id == user.pk and draft.review == Draft.Review.ASKED,
        )
        for draft in drafts
        if draft.user_id != user.pk and draft.saved_at >= now - KEPT and draft.text.strip()
    ]


@dataclass(frozen=True)
class Own:
    """How it goes with one's own draft that somebody was asked to read, or that was somebody else's."""

    draft: Draft
    words: str
    icon: str
    tone: str = ""
    at: datetime | None = None
    may_stop: bool = False
    may_ask_again: bool = False
    may_give_back: bool = False
    may_reload: bool = False


def _own(draft: Draft, events: Iterable[Event]) -> Own | None:
    """None where nobody was asked, as usual."""
    if draft.reviewer is None:
        return None
    name = draft.reviewer.name
    if reviewing.is_taken_over(draft):
        words = _t("You have this from %(name)s. It is sent in your name.") % {"name": name}
        return Own(draft, words, "square-pen", may_give_back=True)
    of_it = [each for each in events if each.kind == EventKind.REVIEWED_DRAFT and each.details.get("draft") == draft.pk]
    latest = of_it[-1] if of_it else None
    at = latest.happened_at if latest else None
    if draft.review == Draft.Review.APPROVED:
        words = _t("%(name)s approved it") % {"name": name}
        return Own(draft, words, "circle-check", "ok", at)
    if draft.review == Draft.Review.RETURNED:
        words = _t("%(name)s: %(says)s") % {"name": name, "says": draft.review_says}
        return Own(draft, words, "undo-2", "warn", at, may_stop=True, may_ask_again=True)
    if draft.review == Draft.Review.ASKED:
        if latest and latest.details.get("verdict") == "edited":
            words = _t("%(name)s changed the text") % {"name": name}
            return Own(draft, words, "pencil", "warn", at, may_stop=True, may_reload=True)
        words = _t("%(name)s was asked to read it") % {"name": name}
        return Own(draft, words, "eye", at=draft.review_asked_at, may_stop=True)
    words = _t("Changed since %(name)s approved it.") % {"name": name}
    return Own(draft, words, "eye", "warn", may_stop=True, may_ask_again=True)
