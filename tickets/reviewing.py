"""A colleague reads a reply before it is sent. The draft stays its writer's, and nobody but they or the colleague, who
can take it over, sends it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _t

from helpdesk.common.errors import Refusal
from helpdesk.people import access
from helpdesk.people.access import Ability
from tickets import notifying
from tickets.models import Draft, Event, EventKind, Notification, Ticket

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from helpdesk.people.models import User

Review = Draft.Review
LONGEST_WORDS = 500
ASKED_FIELDS = ["reviewer", "review", "review_asked_at", "review_says"]


def who_may_review(ticket: Ticket, *, besides: User) -> QuerySet[User]:
    """Whoever sees the ticket and may answer it."""
    return ticket.who_may_see().filter(role__in=access.roles_that_may(Ability.REPLY)).exclude(pk=besides.pk)


# --- The writer ------------------------------------------------------------------------------------------------------


def ask(draft: Draft, *, of: User, by: User) -> bool:
    """Have a colleague read this reply before it is sent. Asking another one takes it from the first.

    Asking the same colleague twice is no error and tells them once. Returns whether anything changed.
    """
    with _held(draft) as ticket:
        _writers(draft, by)
        if draft.mode != Draft.Mode.REPLY or not draft.text.strip():
            raise Refusal(_t("Write your reply first."))
        if draft.send_at is not None:
            raise Refusal(_t("This reply is planned for later. Stop that first."))
        if draft.reviewer_id == of.pk and draft.review == Review.ASKED:
            return False
        if not who_may_review(ticket, besides=by).filter(pk=of.pk).exists():
            raise Refusal(_t("%(name)s cannot answer this ticket.") % {"name": of.name})
        _settle(draft, Notification.Kind.REVIEW_ASKED)
        draft.reviewer, draft.review, draft.review_asked_at, draft.review_says = of, Review.ASKED, timezone.now(), ""
        draft.save(update_fields=ASKED_FIELDS)
        event = ticket.record(EventKind.REVIEW_ASKED, actor=by, draft=draft.pk, to=of.name)
        notifying.tell([of], Notification.Kind.REVIEW_ASKED, ticket=ticket, event=event)
    return True


def stop_asking(draft: Draft, *, by: User) -> bool:
    """The opposite of `ask`: nobody has to read it, and what was said of it is forgotten. Returns whether anything
    changed."""
    with _held(draft) as ticket:
        _writers(draft, by)
        if draft.reviewer is None and not draft.review:
            return False
        to = draft.reviewer.name if draft.reviewer else ""
        _settle(draft, Notification.Kind.REVIEW_ASKED)
        draft.reviewer, draft.review, draft.review_asked_at, draft.review_says = None, "", None, ""
        draft.save(update_fields=ASKED_FIELDS)
        ticket.record(EventKind.REVIEW_ASKED, actor=by, draft=draft.pk, to=to, stopped=True)
    return True


def ended(draft: Draft) -> None:
    """It is sent or thrown away: there is nothing to be read any more."""
    _settle(draft, Notification.Kind.REVIEW_ASKED)


def changed(draft: Draft, *, text: str, to: Any, cc: Any) -> None:
    """What is approved is those words to those people: other ones are approved by nobody. For whoever keeps the draft;
    `reviewer` stays, and says who read it as it was before."""
    if draft.review == Review.APPROVED and (draft.text, draft.to, draft.cc) != (text, to, cc):
        Draft.objects.filter(pk=draft.pk, review=Review.APPROVED).update(review="")


def changed_by_another(draft: Draft, *, since: datetime) -> bool:
    """Whether somebody else has written in it since: a page of before that must not put its own text over theirs."""
    others = draft.ticket.events.filter(kind=EventKind.REVIEWED_DRAFT, happened_at__gt=since)
    return others.filter(details__draft=draft.pk, details__verdict="edited").exclude(actor=draft.user_id).exists()


# --- The reader ------------------------------------------------------------------------------------------------------


def approve(draft: Draft, *, by: User, seen: str = "") -> bool:
    """The reader would send it as it is. Returns whether anything changed; refuses where it is no longer what they have
    `seen`."""
    with _held(draft) as ticket:
        if draft.reviewer_id == by.pk and draft.review == Review.APPROVED:
            return False
        _readers(draft, by)
        _unchanged(draft, seen)
        _answer(ticket, draft, by=by, review=Review.APPROVED, verdict="approved")
    return True


def send_back(draft: Draft, *, by: User, says: str) -> bool:
    """The reader would have it otherwise, and says how. Returns whether anything changed."""
    says = says.strip()
    if not says:
        raise Refusal(_t("Say what should be different."))
    if len(says) > LONGEST_WORDS:
        raise Refusal(_t("At most %(most)s letters.") % {"most": LONGEST_WORDS})
    with _held(draft) as ticket:
        if (draft.reviewer_id, draft.review, draft.review_says) == (by.pk, Review.RETURNED, says):
            return False
        _readers(draft, by)
        _answer(ticket, draft, by=by, review=Review.RETURNED, verdict="returned", says=says)
    return True


def think_again(draft: Draft, *, by: User) -> bool:
    """The opposite of `approve` and `send_back`: it is to be read still. Returns whether anything changed."""
    with _held(draft) as ticket:
        if draft.reviewer_id != by.pk:
            raise Refusal(_t("It is no longer yours to read."))
        if draft.review == Review.ASKED:
            return False
        _settle(draft, Notification.Kind.REVIEWED)
        draft.review, draft.review_says = Review.ASKED, ""
        draft.save(update_fields=["review", "review_says"])
        ticket.record(EventKind.REVIEWED_DRAFT, actor=by, draft=draft.pk, writer=draft.user.name, verdict="undone")
    return True


def rewrite(draft: Draft, *, by: User, text: str, seen: str) -> bool:
    """The reader changes the words themselves; its writer is told. It is still to be approved or sent back.

    Refuses where its writer has changed it since it was `seen`: no word of theirs is lost. Returns whether anything
    changed.
    """
    if not text.strip():
        raise Refusal(_t("A reply needs words."))
    with _held(draft) as ticket:
        _readers(draft, by)
        if draft.text == text:
            return False
        _unchanged(draft, seen)
        draft.text = text
        draft.save(update_fields=["text", "saved_at"])
        event = ticket.record(
            EventKind.REVIEWED_DRAFT, actor=by, draft=draft.pk, writer=draft.user.name, verdict="edited"
        )
        notifying.tell([draft.user], Notification.Kind.REVIEWED, ticket=ticket, event=event)
    return True


def take_over(draft: Draft, *, by: User) -> bool:
    """The reader goes on with it in their own composer, with whom it is for and its files, and sends it in their own
    name. Its writer is told. Returns whether anything changed."""
    with _held(draft) as ticket:
        if draft.user_id == by.pk:
            return False
        _readers(draft, by)
        writer = draft.user
        _pass_to(draft, by)
        draft.reviewer, draft.review, draft.review_asked_at, draft.review_says = writer, "", None, ""
        draft.save(update_fields=["user", *ASKED_FIELDS])
        event = ticket.record(EventKind.REVIEWED_DRAFT, actor=by, draft=draft.pk, writer=writer.name, verdict="taken")
        notifying.tell([writer], Notification.Kind.REVIEWED, ticket=ticket, event=event)
    return True


def give_back(draft: Draft, *, to: User, by: User) -> bool:
    """The opposite of `take_over`: it is its writer's again, to be read by whoever had taken it. Returns whether
    anything changed."""
    with _held(draft) as ticket:
        if draft.user_id == to.pk:
            return False
        if draft.user_id != by.pk or draft.reviewer_id != to.pk or not is_taken_over(draft):
            raise Refusal(_t("It is not yours to give back."))
        _pass_to(draft, to)
        draft.reviewer, draft.review, draft.review_asked_at = by, Review.ASKED, timezone.now()
        draft.save(update_fields=["user", *ASKED_FIELDS])
        event = ticket.record(EventKind.REVIEWED_DRAFT, actor=by, draft=draft.pk, writer=to.name, verdict="given_back")
        notifying.tell([to], Notification.Kind.REVIEWED, ticket=ticket, event=event)
    return True


def is_taken_over(draft: Draft) -> bool:
    """Whether its writer has it from a colleague, who is its `reviewer` then: nobody was asked to read it."""
    return draft.reviewer_id is not None and not draft.review and draft.review_asked_at is None


# --- Inside ----------------------------------------------------------------------------------------------------------


@contextmanager
def _held(draft: Draft) -> Iterator[Ticket]:
    """One at a time, with the draft as it is now. It may be gone: sent, or cleared."""
    with draft.ticket._locked() as ticket:  # first, as for every verb of a ticket that then touches a draft
        found = Draft.objects.select_for_update(of=("self",)).select_related("user", "reviewer")
        latest = found.filter(pk=draft.pk).first()
        if latest is None or ticket.is_deleted:
            raise Refusal(_t("This draft is no longer there: it was sent, or its writer cleared it."))
        for column in Draft._meta.concrete_fields:
            setattr(draft, column.attname, getattr(latest, column.attname))
        draft.user, draft.reviewer = latest.user, latest.reviewer
        yield ticket


def _writers(draft: Draft, by: User) -> None:
    if draft.user_id != by.pk:
        raise Refusal(_t("Only its writer asks for somebody to read it."))


def _readers(draft: Draft, by: User) -> None:
    if draft.reviewer_id != by.pk or draft.review != Review.ASKED:
        raise Refusal(_t("It is no longer yours to read."))


def _unchanged(draft: Draft, seen: str) -> None:
    if seen and seen != seen_mark(draft):
        raise Refusal(_t("%(name)s has changed it while you read. Read it again.") % {"name": draft.user.name})


def seen_mark(draft: Draft) -> str:
    """Which state of the draft a page shows: its words and whom it is for, however often the same is saved."""
    state = json.dumps([draft.text, draft.to, draft.cc])
    return hashlib.sha256(state.encode()).hexdigest()[:32]


def _answer(ticket: Ticket, draft: Draft, *, by: User, review: str, verdict: str, says: str = "") -> None:
    draft.review, draft.review_says = review, says
    draft.save(update_fields=["review", "review_says"])
    event: Event = ticket.record(
        EventKind.REVIEWED_DRAFT, actor=by, draft=draft.pk, writer=draft.user.name, verdict=verdict
    )
    notifying.tell([draft.user], Notification.Kind.REVIEWED, ticket=ticket, event=event)


def _pass_to(draft: Draft, to: User) -> None:
    """Each has one reply under way on a ticket. An empty one gives way, one with words or files does not."""
    mine = Draft.objects.filter(ticket=draft.ticket_id, user=to, mode=draft.mode)
    if mine.filter(~Q(text="") | Q(attachments__isnull=False)).exists():
        raise Refusal(_t("%(name)s has a reply of their own under way here.") % {"name": to.name})
    mine.delete()
    draft.user = to


def _settle(draft: Draft, kind: str) -> None:
    """What was told of it and is no longer so needs nobody's look."""
    told = Notification.objects.filter(ticket=draft.ticket_id, kind=kind, read_at=None, event__details__draft=draft.pk)
    people = list(told.values_list("user_id", flat=True))
    if people:
        told.update(read_at=timezone.now())
        notifying.notices_changed(people)
