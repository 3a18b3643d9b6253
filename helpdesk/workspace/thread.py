"""What was said and done on a ticket, in one order of time: messages, notes, events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, prefetch_related_objects
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from cx.codebook import Gap, JourneyStage
from cx.models import Promise
from helpdesk.people.access import Ability
from helpdesk.people.models import User
from helpdesk.workspace.evidence import paragraphs
from helpdesk.workspace.merged import Origin, Together
from tickets.mail import trust
from tickets.models import Attachment, Delivery, Event, EventKind, Message, Note, Priority

# A word to whoever answers, which is no part of the story.
PASSING = (EventKind.DUE_SOON,)
# These stand in the thread as what was said, not as a line about it.
SAID = (EventKind.RECEIVED, EventKind.REPLIED, EventKind.ANNOUNCED, EventKind.NOTED)

ICONS: Mapping[str, str] = {
    EventKind.ASSIGNED: "user-plus",
    EventKind.UNASSIGNED: "circle-dashed",
    EventKind.MOVED: "users",
    EventKind.WAITED: "pause",
    EventKind.SNOOZED: "alarm-clock",
    EventKind.WOKE: "alarm-clock",
    EventKind.PRIORITISED: "flag",
    EventKind.RESOLVED: "circle-check",
    EventKind.REOPENED: "rotate-ccw",
    EventKind.CLOSED: "archive",
    EventKind.CONTINUED: "arrow-up-right",
    EventKind.MERGED: "merge",
    EventKind.TOOK_IN: "merge",
    EventKind.UNMERGED: "undo-2",
    EventKind.ALSO_ADDRESSED: "mail",
    EventKind.ANSWERED_ELSEWHERE: "send",
    EventKind.RESENT: "send",
    EventKind.MARKED_SPAM: "shield",
    EventKind.UNDELIVERED: "circle-alert",
    EventKind.CONFIRMED: "check",
    EventKind.RESTORED: "undo-2",
    EventKind.BREACHED: "clock",
    EventKind.TAGGED: "tag",
    EventKind.REVIEWED: "tag",
    EventKind.UNTAGGED: "undo-2",
    EventKind.PROMISED: "signature",
    EventKind.PROMISE_SETTLED: "signature",
    EventKind.ANSWERED_SURVEY: "smile",
}

CAME_BY: Mapping[str, str] = {
    "email": "mail",
    "web": "globe",
    "chat": "message-circle",
    "phone": "phone",
    "social": "share-2",
    "review": "star",
    "api": "plug",
    "store": "store",
}

AUTOMATIC: Mapping[str, Any] = {
    "acknowledgement": _("Acknowledgement"),
    "survey": _("Survey"),
    "new_link": _("New link"),
}


NOTHING = SafeString("")
REMOTE_PICTURE = 'src="http'  # in cleaned HTML, values stand in double quotes


@dataclass
class Entry:
    """One thing in the thread. `kind` is message, automatic, note or event."""

    kind: str
    at: datetime
    rank: tuple[int, int]
    message: Message | None = None
    note: Note | None = None
    words: str = ""
    icon: str = ""
    name: str = ""
    body: SafeString = NOTHING
    delivery: DeliveryLine | None = None
    sender: SenderLine | None = None
    via: str = ""  # the address of the contact form that brought it
    remark: str = ""
    promises: list[Promise] = field(default_factory=list)
    is_new: bool = False  # the first thing said since this person last looked
    is_latest: bool = False
    is_mine: bool = False
    is_bad: bool = False
    origin: Origin | None = None  # the merged ticket in which it was said
    unmerges: str = ""  # where the merge that this line tells of is undone


@dataclass(frozen=True)
class DeliveryLine:
    """What became of an outgoing message, in words."""

    words: str
    tone: str  # "", "bad", "ok"
    undo_until: datetime | None = None
    seconds: int = 0


@dataclass(frozen=True)
class SenderLine:
    """What our mail server says of the sender, in words."""

    words: str
    is_good: bool


def thread_of(
    together: Together, *, user: User, words: Iterable[str], promises: list[Promise], read_at: datetime | None
) -> list[Entry]:
    """Every entry of the ticket and of those merged into it, oldest first. A constant number of queries, however long
    the thread is."""
    entries = [
        *_messages(together, user=user, words=list(words), promises=promises),
        *_notes(together, user=user),
        *_events(together, user),
    ]
    entries.sort(key=lambda entry: (entry.at, *entry.rank))
    said = [entry for entry in entries if entry.kind in ("message", "note")]
    if said:
        said[-1].is_latest = True
    if read_at and (unread := [e for e in said if e.at > read_at and not e.is_mine]) and unread[0] is not said[0]:
        unread[0].is_new = True
    return entries


def _messages(together: Together, *, user: User, words: list[str], promises: list[Promise]) -> Iterable[Entry]:
    messages = list(
        Message.objects.filter(ticket__in=together.keys)
        .in_order()
        .select_related("user", "customer")
        .prefetch_related("deliveries")
        .annotate(
            has_files=Exists(Attachment.objects.filter(message=OuterRef("pk"))),
            has_original=~Q(html=""),
            has_remote_pictures=Q(html__contains=REMOTE_PICTURE),
            authentication=F("inbound_email__authentication"),
            remark=F("inbound_email__reason"),
        )
        .defer("html")
    )
    if any(message.has_files for message in messages):
        prefetch_related_objects(messages, "attachments")
    requesters = together.requesters
    for message in messages:
        if message.customer_id in requesters:
            message.customer = requesters[message.customer_id]
        shown_in = "automatic" if message.is_automatic else "message"
        yield Entry(
            kind=shown_in,
            at=message.said_at,
            rank=(1, message.pk),
            message=message,
            name=_name(message),
            words=str(AUTOMATIC.get(message.kind, _("Automatic message"))),
            body=paragraphs(message.text, words=words if message.is_from_customer else ()),
            delivery=None if message.is_from_customer else delivery_line(message),
            sender=_sender_line(message.authentication),
            via=(message.authentication or {}).get("via", ""),
            remark=message.remark or "" if message.is_from_customer and not message.is_auto else "",
            promises=[promise for promise in promises if promise.message_id == message.pk],
            is_mine=message.user_id == user.pk,
            origin=together.origin_of(message.ticket_id),
        )


def _sender_line(authentication: dict[str, Any] | None) -> SenderLine | None:
    said = trust.words_for(authentication or {})
    return SenderLine(*said) if said else None


def _name(message: Message) -> str:
    if message.customer and not message.customer.name and message.from_address:
        return message.from_address
    return message.author_name


def _notes(together: Together, *, user: User) -> Iterable[Entry]:
    has_files = Exists(Attachment.objects.filter(note=OuterRef("pk")))
    written = Note.objects.filter(ticket__in=together.keys)
    notes = list(written.select_related("user").annotate(has_files=has_files))
    if any(note.has_files for note in notes):
        prefetch_related_objects(notes, "attachments")
    for note in notes:
        yield Entry(
            kind="note",
            at=note.written_at,
            rank=(2, note.pk),
            note=note,
            name=note.user.name,
            body=paragraphs(note.text),
            is_mine=note.user_id == user.pk,
            origin=together.origin_of(note.ticket_id),
        )


def _events(together: Together, user: User) -> Iterable[Entry]:
    reviews = user.may(Ability.REVIEW_COLLEAGUES)
    events = Event.objects.filter(ticket__in=together.keys).exclude(kind__in=(*SAID, *PASSING))
    for event in events.select_related("actor"):
        if event.kind == EventKind.REVIEWED and not reviews:  # what is about colleagues is for those who review them
            continue
        origin = together.origin_of(event.ticket_id)
        if event.details.get("by") == "merge" or (origin and event.kind == EventKind.MERGED):
            continue  # the line about the merge says it
        rank = (0 if event.kind in (EventKind.CREATED, EventKind.CONTINUED) else 3, event.pk)
        icon = CAME_BY.get(event.details.get("channel", ""), "inbox") if event.kind == EventKind.CREATED else ""
        icon = icon or ICONS.get(event.kind, "info")
        bad = event.kind in (EventKind.BREACHED, EventKind.UNDELIVERED)
        unmerges = ""
        if event.kind == EventKind.TOOK_IN:
            unmerges = together.undoing(event.details.get("ticket", 0), into=event.ticket_id)
        yield Entry(
            kind="event", at=event.happened_at, rank=rank, words=words_for(event), icon=icon, is_bad=bad,
            origin=origin, unmerges=unmerges,
        )  # fmt: skip


def delivery_line(message: Message) -> DeliveryLine:
    """How it goes with the mail, for every recipient: the worst first."""
    worst = message.worst_delivery
    if worst is None and message.is_from_elsewhere:
        return DeliveryLine(_t("Sent from a mail program, found among the sent mail"), "")
    if worst is None:
        return DeliveryLine(_t("Not sent by mail: no address"), "")
    if worst.can_be_undone:
        left = max(1, round((worst.due_at - timezone.now()).total_seconds()))
        return DeliveryLine(_t("Sending in %(seconds)s s") % {"seconds": left}, "", worst.due_at, left)
    is_bad = worst.state in (Delivery.State.FAILED, Delivery.State.BOUNCED)
    said: dict[str, list[str]] = {}  # what became of it -> to whom
    for delivery in sorted(message.deliveries.all(), key=lambda each: (each.state != worst.state, each.pk)):
        said.setdefault(_said_of(delivery), []).append(delivery.address)
    words = " · ".join(line.replace("%(to)s", ", ".join(to)) for line, to in said.items())
    return DeliveryLine(words, "bad" if is_bad else "")


def _said_of(delivery: Delivery) -> str:
    """What became of one mail, with %(to)s for its recipient, so that those who fared alike stand together."""
    state, answer = delivery.state, f": {delivery.answer[:300]}" if delivery.answer else ""
    if state == Delivery.State.SENT and delivery.delivered_at:
        return _t("Delivered %(time)s to %(to)s") % {"time": _clock(delivery.delivered_at), "to": "%(to)s"}
    if state == Delivery.State.SENT:
        return _t("Sent %(time)s to %(to)s") % {"time": _clock(delivery.sent_at), "to": "%(to)s"}
    if state == Delivery.State.FAILED:
        return _t("Not delivered to %(to)s") + answer
    if state == Delivery.State.BOUNCED:
        return _t("Came back from %(to)s") + answer
    if state == Delivery.State.DEFERRED:
        words = _t("Not sent to %(to)s yet, next try %(time)s")
        return words % {"to": "%(to)s", "time": _clock(delivery.due_at)} + answer
    return f"{delivery.word}: %(to)s"


def _clock(moment: datetime | None) -> str:
    if moment is None:
        return ""
    moment = timezone.localtime(moment)
    return date_format(moment, "H:i" if moment.date() == timezone.localdate() else "D j M, H:i")


# --- Events in words -------------------------------------------------------------------------------------------------


def words_for(event: Event) -> str:
    """The event as a sentence. Each is whole, because a sentence built from pieces cannot be translated."""
    details, actor = event.details, event.actor.name if event.actor else ""
    if sentence := SENTENCES.get(event.kind):
        return sentence(actor, details)
    return str(event.get_kind_display())


def _created(actor: str, details: Mapping[str, Any]) -> str:
    if actor:
        return _t("%(actor)s opened this ticket") % {"actor": actor}
    if details.get("held_because"):
        return _t("Opened through the web form. It looked like a machine’s, so no acknowledgement was sent.")
    ways = {
        "email": _t("Opened by email"),
        "web": _t("Opened through the web form"),
        "chat": _t("Opened in a chat"),
        "phone": _t("Opened by phone"),
        "api": _t("Opened through the API"),
        "store": _t("Opened at the counter"),
    }
    return ways.get(details.get("channel", ""), _t("Opened"))


def _assigned(actor: str, details: Mapping[str, Any]) -> str:
    to = details.get("to", "")
    if actor and actor == to:
        return _t("%(actor)s took this ticket") % {"actor": actor}
    if actor:
        return _t("%(actor)s assigned this to %(to)s") % {"actor": actor, "to": to}
    return _t("Assigned to %(to)s") % {"to": to}


def _moved(actor: str, details: Mapping[str, Any]) -> str:
    if not details.get("to"):
        return _t("Taken out of the team’s queue by %(actor)s") % {"actor": actor or _t("Puente")}
    return _t("Moved to %(team)s by %(actor)s") % {"team": details["to"], "actor": actor or _t("Puente")}


def _snoozed(actor: str, details: Mapping[str, Any]) -> str:
    until = parse_datetime(details.get("until", "")) if details.get("until") else None
    when = date_format(timezone.localtime(until), "D j M, H:i") if until else ""
    return _t("%(actor)s snoozed this until %(when)s") % {"actor": actor or _t("Puente"), "when": when}


def _prioritised(actor: str, details: Mapping[str, Any]) -> str:
    labels = dict(Priority.choices)
    return _t("%(actor)s changed the priority from %(was)s to %(to)s") % {
        "actor": actor or _t("Puente"),
        "was": labels.get(details.get("was", ""), "–"),
        "to": labels.get(details.get("to", ""), "–"),
    }


def _resolved(actor: str, details: Mapping[str, Any]) -> str:
    who, reason = actor or _t("The customer"), details.get("reason", "")
    if reason:
        return _t("%(actor)s resolved this without a reply: %(reason)s") % {"actor": who, "reason": reason}
    return _t("%(actor)s resolved this") % {"actor": who}


def _reopened(actor: str, details: Mapping[str, Any]) -> str:
    if details.get("by") == "undo":
        return _t("Open again: %(actor)s took the reply back") % {"actor": actor}
    if actor:
        return _t("%(actor)s reopened this") % {"actor": actor}
    if details.get("reason") == "survey":
        return _t("The customer says that it is not solved")
    return _t("Reopened: the customer wrote again")


def _took_in(actor: str, details: Mapping[str, Any]) -> str:
    said = {"actor": actor or _t("Puente"), "number": details.get("number", "–"), "customer": details.get("customer")}
    if said["customer"]:
        return _t("%(actor)s merged #%(number)s of %(customer)s into this") % said
    return _t("%(actor)s merged #%(number)s into this") % said


def _breached(_actor: str, details: Mapping[str, Any]) -> str:
    missed = {
        "first_reply": _t("The target for the first reply was missed"),
        "next_reply": _t("The target for the reply was missed"),
        "resolution": _t("The target for the resolution was missed"),
        "promise": _t("A promise was not kept in time"),
    }
    return missed.get(details.get("kind", ""), _t("A target was missed"))


def _reviewed(actor: str, _details: Mapping[str, Any]) -> str:
    return _t("%(actor)s looked into what stands behind the staff attitude") % {"actor": actor}


def _tagged(actor: str, details: Mapping[str, Any]) -> str:
    stages, gaps = dict(JourneyStage.choices), dict(Gap.choices)
    tag = {
        "actor": actor,
        "stage": stages.get(details.get("stage", ""), "–"),
        "gap": gaps.get(details.get("gap", ""), "–"),
    }
    if details.get("as_suggested"):
        return _t("%(actor)s confirmed %(stage)s, %(gap)s") % tag
    return _t("%(actor)s tagged this %(stage)s, %(gap)s") % tag


def _settled(actor: str, details: Mapping[str, Any]) -> str:
    state = dict(Promise.State.choices).get(details.get("state", ""), "–")
    if actor:
        return _t("Promise “%(what)s”: %(state)s (%(actor)s)") % {**details, "state": state, "actor": actor}
    return _t("Promise “%(what)s”: %(state)s") % {**details, "state": state}


def _with_actor(sentence: Callable[[], str]) -> Callable[[str, Mapping[str, Any]], str]:
    return lambda actor, _details: sentence() % {"actor": actor or _t("Puente")}


SENTENCES: Mapping[str, Callable[[str, Mapping[str, Any]], str]] = {
    EventKind.CREATED: _created,
    EventKind.ASSIGNED: _assigned,
    EventKind.UNASSIGNED: _with_actor(lambda: _t("%(actor)s took the assignee off")),
    EventKind.MOVED: _moved,
    EventKind.WAITED: _with_actor(lambda: _t("%(actor)s set this to waiting for the customer")),
    EventKind.SNOOZED: _snoozed,
    EventKind.WOKE: lambda actor, _details: _t("%(actor)s woke this up") % {"actor": actor} if actor else _t("Woke up"),
    EventKind.PRIORITISED: _prioritised,
    EventKind.RESOLVED: _resolved,
    EventKind.REOPENED: _reopened,
    EventKind.CLOSED: lambda _actor, _details: _t("Closed. A new message opens a new ticket linked to this one"),
    EventKind.CONTINUED: lambda _actor, details: _t("Continues #%(number)s") % {"number": details.get("number", "–")},
    EventKind.MERGED: lambda actor, details: (
        _t("%(actor)s merged this into #%(number)s")
        % {"actor": actor or _t("Puente"), "number": details.get("number", "–")}
    ),
    EventKind.TOOK_IN: _took_in,
    EventKind.UNMERGED: lambda actor, details: (
        _t("%(actor)s undid the merging with #%(number)s")
        % {"actor": actor or _t("Puente"), "number": details.get("number", "–")}
    ),
    EventKind.ALSO_ADDRESSED: lambda _actor, details: (
        _t("Also sent to %(to)s")
        % {"to": details.get("to") or details.get("address") or _t("another of our addresses")}
    ),
    EventKind.UNDELIVERED: lambda _actor, details: (
        _t("Mail to %(to)s could not be delivered") % {"to": details.get("to") or details.get("address") or "–"}
    ),
    EventKind.ANSWERED_ELSEWHERE: lambda actor, _details: (
        _t("%(actor)s answered from their own mail program") % {"actor": actor}
        if actor
        else _t("Somebody answered from a mail program of ours")
    ),
    EventKind.RESENT: lambda actor, details: (
        _t("%(actor)s sent the mail to %(to)s again")
        % {"actor": actor or _t("Puente"), "to": details.get("address") or "–"}
    ),
    EventKind.MARKED_SPAM: _with_actor(lambda: _t("%(actor)s marked this as spam")),
    EventKind.RESTORED: _with_actor(lambda: _t("%(actor)s put this back as it was")),
    EventKind.CONFIRMED: lambda _actor, _details: _t("The customer opened the link: their address is confirmed"),
    EventKind.BREACHED: _breached,
    EventKind.TAGGED: _tagged,
    EventKind.REVIEWED: _reviewed,
    EventKind.UNTAGGED: _with_actor(lambda: _t("%(actor)s undid the tag")),
    EventKind.PROMISED: lambda actor, details: (
        _t("%(actor)s recorded a promise: %(what)s") % {"actor": actor or _t("Puente"), "what": details.get("what", "")}
    ),
    EventKind.PROMISE_SETTLED: _settled,
    EventKind.ANSWERED_SURVEY: lambda _actor, details: (
        _t("The customer answered the survey: %(score)s") % {"score": details.get("score", "–")}
    ),
}
