"""What was said and done on a ticket, in one order of time: messages, notes, events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, prefetch_related_objects
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from cx.codebook import Gap, JourneyStage
from cx.models import FoundPromise, Promise, Recovery
from helpdesk.common.text import excerpt
from helpdesk.people.access import Ability
from helpdesk.people.models import User
from helpdesk.workspace import property_events
from helpdesk.workspace.folding import Body
from helpdesk.workspace.merged import Origin, Together
from tickets.mail import trust
from tickets.models import (
    Attachment,
    Complaint,
    Delivery,
    Event,
    EventKind,
    Link,
    Message,
    Note,
    Priority,
    SideConversation,
    SideMessage,
)

# A word to whoever answers, which is no part of the story.
PASSING = (EventKind.DUE_SOON,)
# These stand in the thread as what was said, not as a line about it.
SAID = (
    EventKind.RECEIVED, EventKind.REPLIED, EventKind.ANNOUNCED, EventKind.NOTED, EventKind.SIDE_SENT,
    EventKind.SIDE_RECEIVED,
)  # fmt: skip

ICONS: Mapping[str, str] = {
    **property_events.ICONS,
    EventKind.ASSIGNED: "user-plus",
    EventKind.UNASSIGNED: "circle-dashed",
    EventKind.REVIEW_ASKED: "eye",
    EventKind.REVIEWED_DRAFT: "eye",
    EventKind.MOVED: "users",
    EventKind.WAITED: "pause",
    EventKind.SNOOZED: "alarm-clock",
    EventKind.REPLY_PLANNED: "calendar-clock",
    EventKind.REPLY_UNPLANNED: "undo-2",
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
    EventKind.MACRO_USED: "zap",
    EventKind.MACRO_UNDONE: "undo-2",
    EventKind.LINKED: "link",
    EventKind.UNLINKED: "link",
    EventKind.SPLIT: "split",
    EventKind.UNSPLIT: "undo-2",
    EventKind.REQUESTER_CHANGED: "user",
    EventKind.DELETED: "trash-2",
    EventKind.UNDELETED: "undo-2",
    EventKind.BREACHED: "clock",
    EventKind.TAGGED: "tag",
    EventKind.REVIEWED: "tag",
    EventKind.UNTAGGED: "undo-2",
    EventKind.PROMISED: "signature",
    EventKind.PROMISE_SETTLED: "signature",
    EventKind.ANSWERED_SURVEY: "smile",
    EventKind.COMPLAINT_CHANGED: "megaphone",
    EventKind.RECOVERED: "heart",
    EventKind.RECOVERY_UNDONE: "undo-2",
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


EXCERPT = 120
REMOTE_PICTURE = 'src="http'  # in cleaned HTML, values stand in double quotes


@dataclass
class Entry:
    """One thing in the thread. `kind` is message, automatic, note, side or event."""

    kind: str
    at: datetime
    rank: tuple[int, int]
    message: Message | None = None
    note: Note | None = None
    event: Event | None = None
    side: SideConversation | None = None
    words: str = ""
    icon: str = ""
    name: str = ""
    marks: Collection[str] = ()  # words of the customer that spoke for a suggestion
    delivery: DeliveryLine | None = None
    sender: SenderLine | None = None
    via: str = ""  # the address of the contact form that brought it
    remark: str = ""
    promises: list[Promise] = field(default_factory=list)
    untracked: list[tuple[FoundPromise, datetime]] = field(default_factory=list)  # and what to offer as their time
    is_new: bool = False  # the first thing said since this person last looked
    is_latest: bool = False
    is_mine: bool = False
    is_bad: bool = False
    origin: Origin | None = None  # the merged ticket in which it was said
    unmerges: str = ""  # where the merge that this line tells of is undone

    @property
    def anchor(self) -> str:
        """Where a link leads to it: "message-12"."""
        return f"{'message' if self.message else self.kind}-{self.rank[1]}"

    @cached_property
    def body(self) -> Body:
        """What it says, as HTML. Made when it is shown: most of a long thread is folded away."""
        if self.note:
            return Body.of(self.note.text, mentions=self.note.mentions)
        return Body.of(self.message.text if self.message else "", words=self.marks)


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
        *_side_conversations(together),
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
            marks=words if message.is_from_customer else _promised(message, promises),
            delivery=None if message.is_from_customer else delivery_line(message),
            sender=_sender_line(message.authentication),
            via=(message.authentication or {}).get("via", ""),
            remark=message.remark or "" if message.is_from_customer and not message.is_auto else "",
            promises=[promise for promise in promises if promise.message_id == message.pk],
            is_mine=message.user_id == user.pk,
            origin=together.origin_of(message.ticket_id),
        )


def _promised(message: Message, promises: list[Promise]) -> list[str]:
    """The words of a reply that are underlined: what is tracked of it."""
    return [
        promise.what
        for promise in promises
        if promise.message_id == message.pk and promise.state != Promise.State.WITHDRAWN
    ]


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
            is_mine=note.user_id == user.pk,
            origin=together.origin_of(note.ticket_id),
        )


def _side_conversations(together: Together) -> Iterable[Entry]:
    """Each once, where its latest words were said. No query more for a ticket that `load` found to have none."""
    if not (together.taken_in or getattr(together.ticket, "has_side", True)):
        return
    latest = SideMessage.objects.filter(conversation=OuterRef("pk")).order_by("-said_at", "-pk")
    troubled = Delivery.objects.undelivered().filter(side_message__conversation=OuterRef("pk")).order_by()
    found = SideConversation.objects.filter(ticket__in=together.keys).annotate(
        number=Count("messages"),
        latest_at=Subquery(latest.values("said_at")[:1]),
        latest_text=Subquery(latest.values("text")[:1]),
        latest_is_ours=Subquery(latest.values("user")[:1]),
        has_trouble=Exists(troubled),
    )
    for side in found.select_related("ticket"):
        yield Entry(
            kind="side", at=side.latest_at or side.opened_at, rank=(2, side.pk), side=side, name=side.address,
            words=excerpt(side.latest_text or "", limit=EXCERPT), is_bad=side.has_trouble,
            origin=together.origin_of(side.ticket_id),
        )  # fmt: skip


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
            kind="event", at=event.happened_at, rank=rank, event=event, words=words_for(event), icon=icon, is_bad=bad,
            origin=origin, unmerges=unmerges,
        )  # fmt: skip


def delivery_line(message: Message) -> DeliveryLine:
    """How it goes with the mail, for every recipient: the worst first."""
    worst = message.worst_delivery
    if worst is None and message.is_from_elsewhere:
        return DeliveryLine(_t("Sent from a mail program, found among the sent mail"), "")
    if worst is None:
        return DeliveryLine(_t("Not sent by mail: no address"), "")
    return line_of(worst, message.deliveries.all())


def line_of(worst: Delivery, deliveries: Iterable[Delivery]) -> DeliveryLine:
    """The same for these deliveries, of which `worst` is told first."""
    if worst.can_be_undone:
        left = max(1, round((worst.due_at - timezone.now()).total_seconds()))
        return DeliveryLine(_t("Sending in %(seconds)s s") % {"seconds": left}, "", worst.due_at, left)
    is_bad = worst.state in (Delivery.State.FAILED, Delivery.State.BOUNCED)
    said: dict[str, list[str]] = {}  # what became of it -> to whom
    for delivery in sorted(deliveries, key=lambda each: (each.state != worst.state, each.pk)):
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
    return capfirst(str(event.get_kind_display()))


def _created(actor: str, details: Mapping[str, Any]) -> str:
    if details.get("written_first"):
        return _t("%(actor)s wrote to the customer first") % {"actor": actor or _t("Puente")}
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
    to, was = details.get("to", ""), details.get("was", "")
    said = {"actor": actor, "to": to, "was": was}
    if actor and actor == to:
        return (_t("%(actor)s took this over from %(was)s") if was else _t("%(actor)s took this ticket")) % said
    if actor and was:
        words = _t("%(actor)s handed it from %(was)s to %(to)s")
        return (_t("%(actor)s handed it to %(to)s") if actor == was else words) % said
    if actor:
        return _t("%(actor)s assigned this to %(to)s") % {"actor": actor, "to": to}
    return _t("Assigned to %(to)s") % {"to": to}


def _unassigned(actor: str, details: Mapping[str, Any]) -> str:
    said = {"actor": actor or _t("Puente"), "was": details.get("was", "")}
    if not said["was"]:
        return _t("%(actor)s took the assignee off") % said
    if actor == said["was"]:
        return _t("%(actor)s left this to nobody") % said
    return _t("%(actor)s took this from %(was)s and left it to nobody") % said


def _review_asked(actor: str, details: Mapping[str, Any]) -> str:
    said = {"actor": actor or _t("Puente"), "to": details.get("to") or "–"}
    if details.get("stopped"):
        return _t("%(actor)s no longer asks %(to)s to read the reply") % said
    return _t("%(actor)s asked %(to)s to read a reply before it is sent") % said


def _reviewed_draft(actor: str, details: Mapping[str, Any]) -> str:
    said = {"actor": actor or _t("Puente"), "writer": details.get("writer") or "–"}
    verdicts = {
        "approved": _t("%(actor)s approved the reply that %(writer)s wants to send"),
        "returned": _t("%(actor)s sent the reply back to %(writer)s"),
        "edited": _t("%(actor)s changed the reply that %(writer)s wants to send"),
        "taken": _t("%(actor)s took the reply over from %(writer)s"),
        "given_back": _t("%(actor)s gave the reply back to %(writer)s"),
        "undone": _t("%(actor)s thinks again about the reply of %(writer)s"),
    }
    return verdicts.get(details.get("verdict", ""), _t("%(actor)s read a reply of %(writer)s")) % said


def _reply_planned(actor: str, details: Mapping[str, Any]) -> str:
    at = parse_datetime(str(details.get("leaves_at", "")))
    when = date_format(timezone.localtime(at), "D j M, H:i") if at else "–"
    return _t("%(actor)s planned a reply for %(when)s") % {"actor": actor or _t("Puente"), "when": when}


def _reply_unplanned(actor: str, details: Mapping[str, Any]) -> str:
    said = {"actor": actor or _t("Puente"), "writer": details.get("writer") or "–"}
    said["because"] = details.get("because", "")
    if not said["because"]:
        return _t("%(actor)s planned the reply no more") % said
    return _t("The reply that %(writer)s had planned was not sent. %(because)s") % said


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


def _linked(actor: str, details: Mapping[str, Any]) -> str:
    """One sentence for each kind, from either side."""
    said: dict[tuple[str, bool], str] = {
        (Link.Kind.CHILD_OF, False): _t("%(actor)s made this part of incident #%(number)s"),
        (Link.Kind.CHILD_OF, True): _t("%(actor)s made #%(number)s part of this incident"),
        (Link.Kind.BLOCKS, False): _t("%(actor)s said that this blocks #%(number)s"),
        (Link.Kind.BLOCKS, True): _t("%(actor)s said that #%(number)s blocks this"),
        (Link.Kind.DUPLICATE_OF, False): _t("%(actor)s said that this is a duplicate of #%(number)s"),
        (Link.Kind.DUPLICATE_OF, True): _t("%(actor)s said that #%(number)s is a duplicate of this"),
    }
    plain = _t("%(actor)s linked this to #%(number)s")
    sentence = said.get((details.get("link", ""), bool(details.get("is_other_side"))), plain)
    return sentence % {"actor": actor or _t("Puente"), "number": details.get("number", "–")}


def _unlinked(actor: str, details: Mapping[str, Any]) -> str:
    said = {"actor": actor or _t("Puente"), "number": details.get("number", "–")}
    return _t("%(actor)s took the link to #%(number)s off") % said


def _split(actor: str, details: Mapping[str, Any]) -> str:
    said = {"actor": actor or _t("Puente"), "number": details.get("number", "–")}
    if details.get("is_other_side"):
        return _t("%(actor)s split a message off into #%(number)s") % said
    return _t("%(actor)s split this off from #%(number)s") % said


def _undeleted(actor: str, details: Mapping[str, Any]) -> str:
    if details.get("because") == "customer":
        return _t("Taken out of the bin: the customer wrote")
    return _t("%(actor)s took this back from the bin") % {"actor": actor or _t("Puente")}


def _breached(_actor: str, details: Mapping[str, Any]) -> str:
    missed = {
        "first_reply": _t("The target for the first reply was missed"),
        "next_reply": _t("The target for the reply was missed"),
        "resolution": _t("The target for the resolution was missed"),
        "promise": _t("A promise was not kept in time"),
    }
    return missed.get(details.get("kind", ""), _t("A target was missed"))


def _reviewed(actor: str, _details: Mapping[str, Any]) -> str:
    return _t("%(actor)s looked into what stands behind the staff attitude") % {"actor": actor or _t("Puente")}


def _tagged(actor: str, details: Mapping[str, Any]) -> str:
    stages, gaps = dict(JourneyStage.choices), dict(Gap.choices)
    tag = {
        "actor": actor or _t("Puente"),
        "stage": stages.get(details.get("stage", ""), "–"),
        "gap": gaps.get(details.get("gap", ""), "–"),
    }
    if details.get("as_suggested"):
        return _t("%(actor)s confirmed %(stage)s, %(gap)s") % tag
    return _t("%(actor)s tagged this %(stage)s, %(gap)s") % tag


def _settled(actor: str, details: Mapping[str, Any]) -> str:
    state = dict(Promise.State.choices).get(details.get("state", ""), "–")
    said = {"what": details.get("what") or "–", "state": state, "actor": actor}
    if actor:
        return _t("Promise “%(what)s”: %(state)s (%(actor)s)") % said
    return _t("Promise “%(what)s”: %(state)s") % said


def _complaint_changed(actor: str, details: Mapping[str, Any]) -> str:
    said = {"actor": actor or _t("The customer")}
    decision = dict(Complaint.Decision.choices).get(details.get("decision", ""), "–")
    match details.get("step"):
        case "seek":
            return _t("%(actor)s wrote down which remedy is sought") % said
        case "examine":
            return _t("%(actor)s looks into the complaint") % said
        case "decide":
            return _t("%(actor)s decided the complaint: %(decision)s") % {**said, "decision": decision}
        case "tell":
            return _t("%(actor)s told the customer the decision") % said
        case "object":
            if actor:
                return _t("%(actor)s recorded an objection to the decision") % said
            return _t("The customer objected to the decision")
        case "end":
            return _t("%(actor)s ended the complaint") % said
    return _t("%(actor)s took the latest step of the complaint back") % said


def _recovered(actor: str, details: Mapping[str, Any]) -> str:
    kind = dict(Recovery.Kind.choices).get(details.get("kind", ""), "–")
    said = {"actor": actor or _t("Puente"), "kind": kind, "what": details.get("text", "")}
    if worth := details.get("worth"):
        return _t("%(actor)s made up for it: %(kind)s, %(what)s (%(worth)s)") % {**said, "worth": worth}
    return _t("%(actor)s made up for it: %(kind)s, %(what)s") % said


def _with_actor(sentence: Callable[[], str]) -> Callable[[str, Mapping[str, Any]], str]:
    return lambda actor, _details: sentence() % {"actor": actor or _t("Puente")}


SENTENCES: Mapping[str, Callable[[str, Mapping[str, Any]], str]] = {
    **property_events.SENTENCES,
    EventKind.CREATED: _created,
    EventKind.ASSIGNED: _assigned,
    EventKind.UNASSIGNED: _unassigned,
    EventKind.REVIEW_ASKED: _review_asked,
    EventKind.REVIEWED_DRAFT: _reviewed_draft,
    EventKind.MOVED: _moved,
    EventKind.WAITED: _with_actor(lambda: _t("%(actor)s set this to waiting for the customer")),
    EventKind.SNOOZED: _snoozed,
    EventKind.REPLY_PLANNED: _reply_planned,
    EventKind.REPLY_UNPLANNED: _reply_unplanned,
    EventKind.WOKE: lambda actor, _details: _t("%(actor)s woke this up") % {"actor": actor} if actor else _t("Woke up"),
    EventKind.PRIORITISED: _prioritised,
    EventKind.RESOLVED: _resolved,
    EventKind.REOPENED: _reopened,
    EventKind.MACRO_USED: lambda actor, details: (
        _t("%(actor)s used the macro “%(macro)s”")
        % {"actor": actor or _t("Puente"), "macro": details.get("macro", "–")}
    ),
    EventKind.MACRO_UNDONE: lambda actor, details: (
        _t("%(actor)s undid the macro “%(macro)s”")
        % {"actor": actor or _t("Puente"), "macro": details.get("macro", "–")}
    ),
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
    EventKind.LINKED: _linked,
    EventKind.UNLINKED: _unlinked,
    EventKind.SPLIT: _split,
    EventKind.UNSPLIT: lambda actor, details: (
        _t("%(actor)s undid the splitting: #%(number)s is gone")
        % {"actor": actor or _t("Puente"), "number": details.get("number", "–")}
    ),
    EventKind.REQUESTER_CHANGED: lambda actor, details: (
        _t("%(actor)s made this the ticket of %(name)s; it was %(was)s’s")
        % {"actor": actor or _t("Puente"), "name": details.get("name", "–"), "was": details.get("was_name", "–")}
    ),
    EventKind.DELETED: _with_actor(lambda: _t("%(actor)s moved this to the bin")),
    EventKind.UNDELETED: _undeleted,
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
    EventKind.COMPLAINT_CHANGED: _complaint_changed,
    EventKind.RECOVERED: _recovered,
    EventKind.RECOVERY_UNDONE: lambda actor, details: (
        _t("%(actor)s took back: %(what)s") % {"actor": actor or _t("Puente"), "what": details.get("text", "")}
    ),
}
