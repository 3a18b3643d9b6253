"""Promises that were found in what agents write: offered in the draft, kept with the reply, left to the team lead.

A draft's rows are answers only: what was found and not answered is found again from the text. When the reply is sent
each promise in it gets a row with the message, and what was to be tracked becomes a promise. A reply that is taken back
leaves the answers as they were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _t

from cx.models import FoundPromise, Promise
from cx.pledges import Found, find
from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from helpdesk.people.models import User
from tickets.models import Author, Event, EventKind, Message, Ticket
from tickets.sla.policies import calendar

State = FoundPromise.State

LATE: Final = timedelta(days=1)  # a reply that nobody looked at for so long is history: nobody is asked about it


@dataclass(frozen=True)
class Offer:
    """One promise in a draft: what was found, and what its writer said to it, if anything."""

    found: Found
    answer: FoundPromise | None
    proposed_at: datetime  # what the form offers as its time

    @property
    def words(self) -> str:
        return self.found.words

    @property
    def key(self) -> str:
        """A short name for the words, to say which one is answered."""
        return hashlib.blake2s(self.words.encode(), digest_size=4).hexdigest()

    @property
    def is_tracked(self) -> bool:
        return self.answer is not None and self.answer.state == State.TRACKED

    @property
    def is_ignored(self) -> bool:
        return self.answer is not None and self.answer.state == State.IGNORED

    @property
    def due_at(self) -> datetime | None:
        return self.answer.due_at if self.answer and self.is_tracked else self.found.due_at


def find_in(text: str, *, ticket: Ticket, by: User, at: datetime | None = None) -> list[Found]:
    """The promises in what this person writes on the ticket, each words once. No query beyond the company's hours."""
    if not text.strip():
        return []
    now = (at or timezone.now()).astimezone(by.zone)
    found = {each.words: each for each in find(text, language=ticket.language, now=now, hours=calendar())}
    return list(found.values())


def offers(text: str, *, ticket: Ticket, by: User) -> list[Offer]:
    """What the strip under the draft shows. Where nothing is found nothing is asked of the database."""
    found = find_in(text, ticket=ticket, by=by)
    if not found:
        return []
    answers = {row.words: row for row in _in_draft(ticket, by)}
    return [_offer(each, answers) for each in found]


def answer(text: str, *, ticket: Ticket, by: User, words: str, state: str, due_at: datetime | None = None) -> bool:
    """What the writer of a draft says to a promise in it: to track it by then, that it is none, or (unanswered) nothing
    any more. Remembered for this draft. Returns whether anything changed."""
    if words not in {each.words for each in find_in(text, ticket=ticket, by=by)}:
        raise Refusal(_t("That does not stand in your reply any more."))
    if state == State.UNANSWERED:
        return bool(_in_draft(ticket, by).filter(words=words).delete()[0])
    if state == State.TRACKED:
        _check_due(due_at)
    values = {"state": state, "due_at": due_at}
    if _in_draft(ticket, by).filter(words=words, **values).exists():
        return False
    FoundPromise.objects.update_or_create(ticket=ticket, user=by, words=words, message=None, defaults=values)
    return True


def forget_draft(*, ticket: Ticket, by: User) -> None:
    """Nothing is written any more: what was answered to it is forgotten."""
    _in_draft(ticket, by).delete()


def _in_draft(ticket: Ticket, by: User) -> QuerySet[FoundPromise]:
    return FoundPromise.objects.filter(ticket=ticket, user=by, message=None)


def _offer(found: Found, answers: Mapping[str, FoundPromise]) -> Offer:
    given = answers.get(found.words)
    due_at = given.due_at if given and given.state == State.TRACKED else found.due_at
    return Offer(found, given, proposed(due_at))


def proposed(due_at: datetime | None) -> datetime:
    """What is offered as its time: the one it names while that is to come, else the end of the next working day."""
    now, hours = timezone.now(), calendar()
    if due_at and due_at > now:
        return due_at
    tomorrow = hours.add_days(now, 1)
    spans = hours.spans_on(tomorrow.astimezone(hours.zone).date())
    return spans[-1][1] if spans else tomorrow


def _check_due(due_at: datetime | None) -> None:
    if due_at is None or due_at <= timezone.now():
        raise Refusal(_t("The promise must be due later than now."))


# --- Sent ------------------------------------------------------------------------------------------------------------


def said(message: Message) -> int:
    """Keep what this reply promises: tracked as its writer said, else for the team lead. Once per message, however
    often it is asked for. Returns how many were found."""
    writer = message.user
    if message.author != Author.AGENT or writer is None:
        return 0
    with transaction.atomic():
        ticket = Ticket.objects.select_for_update().get(pk=message.ticket_id)
        found = find_in(message.text, ticket=ticket, by=writer, at=message.said_at)
        # What was answered since it was sent belongs to the next draft.
        answered = _in_draft(ticket, writer).filter(found_at__lte=message.said_at)
        if found and not _is_done(message):
            answers = {row.words: row for row in answered}
            for each in found:
                row = answers.get(each.words) or FoundPromise(
                    words=each.words, due_at=each.due_at, found_at=message.said_at
                )
                row.ticket, row.user, row.message = ticket, writer, message
                if row.state == State.TRACKED:
                    _make(row, by=writer)
                row.save()
        answered.delete()
    return len(found)


def _is_done(message: Message) -> bool:
    """Its promises were kept before, or it was taken back meanwhile."""
    kept = FoundPromise.objects.filter(message=message)
    return kept.exists() or not Message.objects.filter(pk=message.pk).exists()


def reply_observed(event: Event) -> None:
    """A reply of any door: the page's, a plan's, the API's, of many at once."""
    if event.happened_at < timezone.now() - LATE:
        return
    message = Message.objects.filter(pk=event.details.get("message")).select_related("user").first()
    if message is not None:
        said(message)


def taken_back(message: Message) -> None:
    """The reply was never said: its promises are gone without a trace, and its writer's answers stand in the draft
    again. In the transaction that takes it back, before the message goes."""
    rows = list(FoundPromise.objects.filter(message=message).select_related("promise"))
    FoundPromise.objects.filter(message=message).delete()
    for row in rows:
        if row.promise is not None:
            _forget(row.promise, ticket=message.ticket)
        if row.state != State.UNANSWERED:
            FoundPromise.objects.get_or_create(
                ticket_id=row.ticket_id, user_id=row.user_id, words=row.words, message=None,
                defaults={"state": row.state, "due_at": row.due_at, "found_at": row.found_at},
            )  # fmt: skip


def _make(row: FoundPromise, *, by: User) -> None:
    """What was tracked becomes a promise of the writer's. One whose time passed before it was sent is left open."""
    assert row.due_at is not None
    if row.due_at <= timezone.now():
        row.state = State.UNANSWERED
        return
    row.promise = Promise.make(
        row.ticket, what=row.words, due_at=row.due_at, by=by, message=row.message, made_by=row.user
    )


def _forget(promise: Promise, *, ticket: Ticket) -> None:
    ticket.targets.filter(key=promise.key).delete()
    kinds = (EventKind.PROMISED, EventKind.PROMISE_SETTLED)
    Event.objects.filter(ticket=ticket, kind__in=kinds, details__promise=promise.pk).delete()
    promise.delete()


# --- Afterwards ------------------------------------------------------------------------------------------------------


def _sent_for(user: User) -> QuerySet[FoundPromise]:
    """Of what was sent, what this person may answer: their own words, and for who leads those of the team."""
    sent = FoundPromise.objects.filter(message__isnull=False)
    return sent if user.may(Ability.RUN_MAIL) else sent.filter(user=user)


def asked_of(user: User) -> QuerySet[FoundPromise]:
    """What waits for an answer of theirs; on tickets that are known to be visible to them."""
    return _sent_for(user).filter(state=State.UNANSWERED)


def answerable(user: User) -> QuerySet[FoundPromise]:
    """What they may answer, or answer anew."""
    return _sent_for(user).filter(ticket__in=Ticket.objects.visible_to(user))


def untracked(user: User) -> QuerySet[FoundPromise]:
    """Promises that nobody answered for, in what was sent on the tickets that this person sees."""
    return answerable(user).filter(state=State.UNANSWERED)


def track(found: FoundPromise, *, by: User, due_at: datetime | None) -> bool:
    """It is a promise of its writer's after all. Returns whether anything changed."""
    _check_due(due_at)
    with transaction.atomic():
        row = _held(found)
        if row is None or row.state == State.TRACKED:
            return False
        row.state, row.due_at = State.TRACKED, due_at
        _make(row, by=by)
        row.save(update_fields=["state", "due_at", "promise"])
    return True


def ignore(found: FoundPromise, *, by: User) -> bool:
    """It promises nothing. Returns whether anything changed."""
    return _set(found, State.IGNORED, by=by)


def reopen(found: FoundPromise, *, by: User) -> bool:
    """The opposite of `track` and `ignore`: nobody has answered. What was tracked is withdrawn."""
    return _set(found, State.UNANSWERED, by=by)


def _set(found: FoundPromise, state: str, *, by: User) -> bool:
    with transaction.atomic():
        row = _held(found)
        if row is None or row.state == state:
            return False
        if row.promise is not None:
            row.promise.withdraw(by=by)
        row.state, row.promise = state, None
        row.save(update_fields=["state", "promise"])
    return True


def _held(found: FoundPromise) -> FoundPromise | None:
    """Its row, locked after its ticket, as every verb of a ticket locks."""
    Ticket.objects.select_for_update().get(pk=found.ticket_id)
    rows = FoundPromise.objects.filter(pk=found.pk, message__isnull=False)
    return rows.select_for_update(of=("self",)).select_related("promise__ticket", "ticket", "user", "message").first()
