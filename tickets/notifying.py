"""Who is told what of a ticket, and how: in the page, by a mail of its own, or in one mail a day.

A notification is born with its event, in the same transaction, and says from the beginning when it should be mailed.
The timetable mails what is due; what was read by then, or is no longer the person's to know, is not mailed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction
from django.db.models import (
    CharField,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    Value,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.common.moments import moment
from helpdesk.common.text import excerpt
from helpdesk.people import preferences
from helpdesk.people.access import Ability
from helpdesk.people.models import Membership, User
from helpdesk.people.preferences import Preferences
from tickets import signals
from tickets.mail import identity
from tickets.models.delivery import Delivery
from tickets.models.event import Event, EventKind
from tickets.models.message import Message
from tickets.models.note import Note
from tickets.models.notification import Notification
from tickets.models.side_conversation import SideMessage
from tickets.models.sla import Target

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from tickets.models.ticket import Ticket

Kind = Notification.Kind

PAGE, MAIL, DIGEST = "page", "mail", "digest"
CHANNELS: Final[dict[str, str | Promise]] = {
    PAGE: _("In the page"),
    MAIL: _("By mail, if it stays unread"),
    DIGEST: _("In the daily digest"),
}
FRESH = timedelta(hours=1)  # a ticket that lay unseen for longer stands in the queue, and is no news
SOON, SOON_SHARE = timedelta(minutes=30), 4  # the last half hour, or the last quarter: whichever is longer
AHEAD = timedelta(days=2)  # no quarter of a target is longer
BATCH = 200
EXCERPT = 160


@dataclass(frozen=True)
class Choice:
    """What a person may choose for one kind: what it is, and over which channels it comes unless they say otherwise."""

    says: str | Promise
    channels: tuple[str, ...] = (PAGE,)


# In the order in which a person reads them: what cannot wait comes first.
CHOICES: Final[dict[str, Choice]] = {
    Kind.NOT_SOLVED: Choice(_("After you resolved it, the customer said No."), (PAGE, MAIL)),
    Kind.UNDELIVERED: Choice(_("A reply of yours came back or could not be sent."), (PAGE, MAIL)),
    Kind.ASSIGNED: Choice(_("Somebody gave you a ticket.")),
    Kind.CUSTOMER_WROTE: Choice(_("There is a new message on a ticket of yours.")),
    Kind.SOMEBODY_WROTE: Choice(_("Somebody who took no part before wrote on a ticket of yours.")),
    Kind.DUE_SOON: Choice(_("The last half hour, or the last quarter of the time, has begun on a ticket of yours.")),
    Kind.BREACHED: Choice(_("The time to answer or to resolve a ticket of yours is over.")),
    Kind.NOTED: Choice(_("Something was said among us about a ticket of yours.")),
    Kind.NOT_SENT: Choice(_("A reply that was to leave later did not: the customer wrote first."), (PAGE, MAIL)),
    Kind.MENTIONED: Choice(_("Somebody wrote your name, or your team’s, in a note."), (PAGE, MAIL)),
    Kind.REVIEW_ASKED: Choice(_("Somebody wants you to read a draft before it is sent.")),
    Kind.REVIEWED: Choice(_("Somebody has read your draft.")),
    Kind.SIDE_ANSWERED: Choice(_("A courier or partner answered on a ticket of yours.")),
    Kind.WATCHED: Choice(_("Somebody wrote, or it was resolved or opened again, on a ticket that you watch.")),
    Kind.WOKE: Choice(_("The time until which a ticket of yours was snoozed is over.")),
    Kind.NEW_FOR_TEAM: Choice(_("It has come in and is nobody's yet."), ()),
}

# Kinds whose mail may be answered: the answer is a note, or the customer's where it says so in its first line. A
# colleague's note is answered in the ticket, where it stands.
ANSWERABLE: Final = frozenset(Kind.values) - {Kind.NOTED, Kind.UNDELIVERED}


# --- What a person chose ---------------------------------------------------------------------------------------------


def channels_of(user: User, kind: str) -> tuple[str, ...]:
    """Over which channels this person is told of this kind."""
    chosen = Preferences.of(user).notices.get(kind, CHOICES[kind].channels)
    return tuple(channel for channel in CHANNELS if channel in chosen)


def quiet_until(user: User, at: datetime) -> datetime | None:
    """When the quiet hours end that this moment lies in; None outside of them. The wall's clock decides, as the person
    reads it: an hour that comes twice is quiet twice."""
    chosen = Preferences.of(user)
    begins, ends = _clock(chosen.quiet_from), _clock(chosen.quiet_until)
    if begins is None or ends is None or begins == ends:
        return None
    local = at.astimezone(user.zone)
    clock, day = local.time(), local.date()
    if begins < ends:
        is_quiet = begins <= clock < ends
    else:
        is_quiet = clock >= begins or clock < ends
        day += timedelta(days=clock >= begins)
    if not is_quiet:
        return None
    candidates = (datetime.combine(day, ends.replace(fold=fold), user.zone).astimezone(UTC) for fold in (0, 1))
    return next((end for end in candidates if end > at), None)


def is_quiet(user: User, at: datetime | None = None) -> bool:
    """Whether this person wants to hear nothing now. The page shows what is new all the same, without a word."""
    return quiet_until(user, at or timezone.now()) is not None


def next_digest(user: User, after: datetime) -> datetime | None:
    """When the next daily mail leaves: at the hour the person chose, after quiet hours if it lies in them. None for
    whoever wants no such mail."""
    at = _clock(Preferences.of(user).digest_at)
    if at is None:
        return None
    day = after.astimezone(user.zone).date()
    for offset in range(3):
        due = datetime.combine(day + timedelta(days=offset), at, user.zone).astimezone(UTC)
        if due > after:
            break
    return quiet_until(user, due) or due


def choose(
    user: User, *, channels: Mapping[str, Iterable[str]], quiet_from: str, quiet_until: str, digest_at: str
) -> None:
    """Keep what this person wants to be told, how and when. What waits to be mailed follows it at once."""
    with transaction.atomic():
        user.refresh_from_db(from_queryset=User.objects.select_for_update())
        notices = {kind: tuple(chosen) for kind, chosen in channels.items()}
        preferences.change(
            user, notices=notices, quiet_from=quiet_from, quiet_until=quiet_until, digest_at=digest_at
        )  # fmt: skip
        reschedule(user)


def reschedule(user: User) -> None:
    """What waits to be mailed is due by what the person has just chosen."""
    now = timezone.now()
    waiting = Notification.objects.filter(user=user, mailed_at=None, read_at=None, mail_due_at__isnull=False)
    waiting.filter(is_for_digest=True).update(mail_due_at=next_digest(user, now))  # None: it stays in the page alone
    waiting.filter(is_for_digest=False).update(mail_due_at=quiet_until(user, now) or now)


def is_mailed(user: User, kind: str) -> bool:
    """Whether mails of this kind go to this person; of the daily digest where `kind` is that."""
    if kind == DIGEST:
        return bool(Preferences.of(user).digest_at)
    return MAIL in channels_of(user, kind)


def stop_mail(user: User, kind: str) -> bool:
    """Send this person no more mail of this kind, or no more digests; in the page they are told as before.

    Returns whether anything changed.
    """
    with transaction.atomic():
        user.refresh_from_db(from_queryset=User.objects.select_for_update())
        if not is_mailed(user, kind):
            return False
        waiting = Notification.objects.filter(user=user, mailed_at=None)
        if kind == DIGEST:
            preferences.change(user, digest_at="")
            waiting.filter(is_for_digest=True).update(mail_due_at=None, is_for_digest=False)
        else:
            _choose(user, kind, tuple(channel for channel in channels_of(user, kind) if channel != MAIL))
            waiting.filter(kind=kind, is_for_digest=False).update(mail_due_at=None)
    return True


def resume_mail(user: User, kind: str) -> bool:
    """The opposite of `stop_mail`, for whoever clicked by mistake. Returns whether anything changed."""
    with transaction.atomic():
        user.refresh_from_db(from_queryset=User.objects.select_for_update())
        if is_mailed(user, kind):
            return False
        if kind == DIGEST:
            preferences.change(user, digest_at=Preferences.digest_at)
        else:
            _choose(user, kind, (*channels_of(user, kind), MAIL))
    return True


def _choose(user: User, kind: str, channels: tuple[str, ...]) -> None:
    preferences.change(user, notices={**Preferences.of(user).notices, kind: channels})


def _clock(text: str) -> time | None:
    try:
        return time.fromisoformat(text) if text else None
    except ValueError:
        return None


# --- Telling ---------------------------------------------------------------------------------------------------------


def tell(people: Iterable[User | None], kind: str, *, ticket: Ticket, event: Event) -> None:
    """Tell each of these people of the event, once, as they chose; in the transaction of the event.

    Nobody is told of what they did themselves, nor who no longer sees tickets or chose not to be told of this kind.
    """
    wanted = [user for user in people if user and user.pk != event.actor_id and user.may(Ability.SEE_TICKETS)]
    rows = [row for user in wanted if (row := _row(user, kind, ticket=ticket, event=event))]
    if not rows:
        return
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    now = timezone.now()
    if any(row.mail_due_at and row.mail_due_at <= now for row in rows):
        for row in Notification.objects.filter(event=event).mail_due(now).select_related("user", "ticket__mailbox"):
            _mail_alone(row, now=now)


def _row(user: User, kind: str, *, ticket: Ticket, event: Event) -> Notification | None:
    channels = channels_of(user, kind)
    if not channels:
        return None
    # Counted from now, not from the event: what comes in late is told now. The event's own time stands in the list.
    now = timezone.now()
    soon = now + timedelta(seconds=settings.NOTICE_MAIL_SECONDS)
    due: datetime | None = None
    if MAIL in channels:
        due = quiet_until(user, soon) or soon
    elif DIGEST in channels:
        due = next_digest(user, now)
    return Notification(
        user=user, ticket=ticket, event=event, kind=kind, shows_in_page=PAGE in channels, mail_due_at=due,
        is_for_digest=MAIL not in channels and due is not None,
    )  # fmt: skip


def tell_teams(*, now: datetime | None = None) -> int:
    """Tell of new tickets that are nobody's whoever in their team wants to know. Returns how many people were told.

    From the timetable and not with the ticket: what comes in must not wait for a look at everybody's wishes.
    """
    now = now or timezone.now()
    wishing = _who_wants_new_tickets()
    if not wishing:
        return 0
    told = Notification.objects.filter(ticket=OuterRef("ticket_id"), kind=Kind.NEW_FOR_TEAM)
    fresh = Event.objects.filter(
        kind=EventKind.CREATED, happened_at__gte=now - FRESH, ticket__created_at__gte=now - FRESH,
        ticket__status="open", ticket__assignee=None, ticket__team__in=wishing, ticket__deleted_at=None,
    )  # fmt: skip
    number = 0
    for event in fresh.filter(~Exists(told)).select_related("ticket").order_by("pk")[:BATCH]:
        people = wishing[event.ticket.team_id]
        with transaction.atomic():
            tell(people, Kind.NEW_FOR_TEAM, ticket=event.ticket, event=event)
        notices_changed(user.pk for user in people)
        number += len(people)
    return number


def _who_wants_new_tickets() -> dict[int | None, list[User]]:
    """By team, the members who asked to be told. It is off unless somebody asks, so there are few."""
    asked = Membership.objects.filter(
        user__is_active=True, user__preferences__notices__has_key=str(Kind.NEW_FOR_TEAM)
    ).select_related("user")
    found: dict[int | None, list[User]] = {}
    for membership in asked.order_by("pk"):
        if channels_of(membership.user, Kind.NEW_FOR_TEAM):
            found.setdefault(membership.team_id, []).append(membership.user)
    return found


def due_soon(now: datetime) -> QuerySet[Target]:
    """Targets on somebody's ticket that are nearly due and of which nobody was told yet, the nearest first."""
    told = Event.objects.annotate(target=KeyTextTransform("target", "details")).filter(
        ticket=OuterRef("ticket_id"), kind=EventKind.DUE_SOON, target=Cast(OuterRef("pk"), CharField())
    )
    return (
        Target.objects.running()
        .filter(breached_at=None, due_at__gt=now, due_at__lte=now + AHEAD)
        .filter(ticket__assignee__isnull=False, ticket__deleted_at=None)
        .exclude(kind=Target.Kind.PROMISE)  # a promise has an owner, who may be somebody else
        .filter(Q(due_at__lte=now + SOON) | Q(started_at__lte=_started_before(now)))
        .filter(~Exists(told))
        .order_by("due_at", "pk")
    )


def _started_before(now: datetime) -> ExpressionWrapper:
    """Of what is due at `due_at`, three quarters have passed if it began by then."""
    left = ExpressionWrapper(F("due_at") - Value(now), output_field=DurationField())
    passed = ExpressionWrapper(left * Value(SOON_SHARE - 1), output_field=DurationField())
    return ExpressionWrapper(Value(now) - passed, output_field=DateTimeField())


def notices_changed(user_ids: Iterable[int]) -> None:
    """Ring for people whose number of unread notifications changed without an event of a ticket."""
    ring = partial(signals.notices_changed.send_robust, sender=Notification, user_ids=sorted(set(user_ids)))
    transaction.on_commit(ring, robust=True)


# --- Mailing ---------------------------------------------------------------------------------------------------------


def send_due(*, limit: int = BATCH, now: datetime | None = None) -> int:
    """Write the mails that are due into the books, from which they leave. Returns how many.

    A row and its mail are claimed in one transaction, so a process that is killed has done both or nothing.
    """
    now = now or timezone.now()
    Notification.objects.read_in_time(now).update(mail_due_at=None)
    due = Notification.objects.mail_due(now).select_related("user", "ticket__mailbox").order_by("mail_due_at", "pk")
    written, have_digest = 0, set()
    for row in due[:limit]:
        if not row.is_for_digest:
            written += _mail_alone(row, now=now)
        elif row.user_id not in have_digest:
            have_digest.add(row.user_id)
            written += _mail_digest(row.user, now=now)
    return written


def _mail_alone(row: Notification, *, now: datetime) -> bool:
    with transaction.atomic():
        waiting = Notification.objects.filter(pk=row.pk, mailed_at=None, read_at=None)
        if later := quiet_until(row.user, now):  # chosen since it was told, or the mail was late
            waiting.update(mail_due_at=later)
            return False
        if not _may_know(row.user, [row.ticket_id]):
            waiting.update(mail_due_at=None)
            return False
        if not waiting.update(mailed_at=now):
            return False
        _write(row, kind="notification" if row.kind in ANSWERABLE else "notice")
    return True


def _mail_digest(user: User, *, now: datetime) -> bool:
    """One mail with everything of this person's that waits for it; none where all was read meanwhile."""
    with transaction.atomic():
        waiting = Notification.objects.filter(user=user, is_for_digest=True, mailed_at=None, read_at=None)
        if later := quiet_until(user, now):
            waiting.update(mail_due_at=later)
            return False
        tickets = _may_know(user, list(waiting.values_list("ticket_id", flat=True)))
        waiting.exclude(ticket__in=tickets).update(mail_due_at=None, is_for_digest=False)
        if not waiting.filter(mail_due_at__isnull=False).update(mailed_at=now):
            return False
        first = Notification.objects.in_digest(user, now).select_related("user", "ticket__mailbox").first()
        if first is None:
            return False
        _write(first, kind="digest")
    return True


def _write(row: Notification, *, kind: str) -> None:
    domain = row.ticket.mail_domain
    delivery, is_new = Delivery.objects.get_or_create(
        notification=row,
        defaults={
            "ticket": row.ticket,
            "kind": kind,
            "address": row.user.email,
            "rfc_id": identity.notification_id(number=row.ticket.number, notification=row.pk, domain=domain),
        },
    )
    if is_new:
        ring = partial(signals.delivery_due.send_robust, sender=Notification, delivery_id=delivery.pk)
        transaction.on_commit(ring, robust=True)


def is_wanted(delivery: Delivery) -> bool:
    """Whether a mail to one of us should still leave: they have not read it, and may know of the ticket."""
    row = delivery.notification
    if row is None:
        return True
    rows = digest_of(row) if delivery.kind == "digest" else [row]
    unread = [each.ticket_id for each in rows if each.read_at is None]
    return bool(unread and _may_know(row.user, unread))


def digest_of(first: Notification) -> list[Notification]:
    """What the digest that hangs on this notification tells: what was claimed with it, as far as the person may still
    know of it and has not read it. Ticket by ticket, the latest first."""
    rows = list(
        Notification.objects.in_digest(first.user, first.mailed_at)
        .filter(read_at=None)
        .select_related("ticket__requester", "event__actor")
    )
    allowed = _may_know(first.user, {row.ticket_id for row in rows})
    return [row for row in rows if row.ticket_id in allowed]


def _may_know(user: User, ticket_ids: Iterable[int]) -> set[int]:
    """Those of the tickets that this person may know of now."""
    from tickets.models.ticket import Ticket

    return set(Ticket.objects.visible_to(user).filter(pk__in=list(ticket_ids)).values_list("pk", flat=True))


# --- What was said ---------------------------------------------------------------------------------------------------


def words_of(rows: Iterable[Notification]) -> dict[int, str]:
    """By notification, the beginning of what was said, or which target it is about. For the page alone: notes go into
    no mail, since whoever answers a mail quotes it, and the answer may go to a customer."""
    rows = list(rows)
    said = _excerpts(Message, {row.event.details.get("message") for row in rows})
    noted = _excerpts(Note, {row.event.details.get("note") for row in rows})
    outside = _excerpts(SideMessage, {row.event.details.get("side_message") for row in rows})
    found = {}
    for row in rows:
        details = row.event.details
        words = said.get(details.get("message")) or noted.get(details.get("note"))
        words = words or outside.get(details.get("side_message"))
        if words := ": ".join(filter(None, [what_it_is(row), words])):
            found[row.pk] = words
    return found


def what_it_is(row: Notification) -> str:
    """What its kind leaves open, without a word of what was said: which target it is about, what happened on a ticket
    that somebody watches, why a reply was not sent."""
    if row.kind == Kind.NOT_SENT:
        return str(row.event.details.get("because", ""))
    return _what_happened(row.event) if row.kind == Kind.WATCHED else what_is_due(row.event)


def _what_happened(event: Event) -> str:
    happened = {
        EventKind.RECEIVED: _t("The customer wrote"),
        EventKind.REPLIED: _t("It was answered"),
        EventKind.ANSWERED_ELSEWHERE: _t("It was answered"),
        EventKind.NOTED: _t("A note"),
        EventKind.RESOLVED: _t("It was resolved"),
        EventKind.REOPENED: _t("It was opened again"),
    }
    return happened.get(EventKind(event.kind), "")


def what_is_due(event: Event) -> str:
    """Which target is nearly due or was missed, and when it is or was due; nothing for any other event."""
    due = parse_datetime(str(event.details.get("due", "")))
    if event.kind not in (EventKind.DUE_SOON, EventKind.BREACHED) or due is None:
        return ""
    kind = event.details.get("kind")
    label = Target.Kind(kind).label if kind in Target.Kind.values else ""
    return _t("%(target)s: %(when)s") % {"target": label, "when": moment(due)}


def _excerpts(model: type[Message] | type[Note] | type[SideMessage], pks: set[int | None]) -> dict[int | None, str]:
    wanted = [pk for pk in pks if pk is not None]
    if not wanted:
        return {}
    return {
        pk: excerpt(text, limit=EXCERPT) for pk, text in model.objects.filter(pk__in=wanted).values_list("pk", "text")
    }
