"""One ticket's life, written down after the fact: the rows that its verbs would have left, with their times.

The verbs of `Ticket` act now; a chronicle says when. It follows the same rules (`tickets.sla.policies`, the reactions
of `cx.observing`) without a query, so that a quarter's correspondence is there in seconds. A test replays
conversations by the real verbs and compares.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from cx import signals
from cx.demo.company import People
from cx.demo.storing import Rows, made
from cx.demo.timing import Rhythm
from cx.effort import effort_from
from cx.follow_ups import ASKED_AFTER, in_good_time
from cx.models import FollowUp, Invitation, Observation, Promise, Response, Tagging
from cx.models.survey import SurveyKind
from cx.observing import REACTIONS
from cx.surveys import LINK_LASTS, SPACING
from cx.tagging import combining
from helpdesk.common.text import excerpt
from helpdesk.people.models import Team, User
from tickets.closing import CLOSES_AFTER
from tickets.mail import identity
from tickets.models import (
    FAR,
    Author,
    Channel,
    Delivery,
    Event,
    EventKind,
    Mailbox,
    Message,
    Note,
    Notification,
    Reading,
    Status,
    Target,
    Ticket,
    TicketNumber,
)
from tickets.models.ticket import DONE, EXCERPT, FIRST_NUMBER
from tickets.sla import policies

UNDO: Final = timedelta(seconds=10)
REPLIES: Final = (Target.Kind.FIRST_REPLY, Target.Kind.NEXT_REPLY)
SHOWING: Final = (EventKind.BREACHED, EventKind.MOVED, EventKind.PROMISE_SETTLED)  # a suggestion is looked at again

#: What the model reads in everything said so far: the columns of a tagging, and the model's version.
Reader = Callable[["Chronicle"], tuple[dict[str, Any], str] | None]


@dataclass(frozen=True)
class World:
    """What all chronicles of one load share."""

    now: datetime
    people: People
    rhythm: Rhythm
    reader: Reader
    acknowledgement: dict[str, str]  # by language, with %(number)s
    survey_text: dict[str, str]
    receipts_since: datetime  # older events need no receipt: the sweeper does not look back so far
    in_full: bool = True  # with our automatic mail, and with who else looked at the ticket

    @property
    def rng(self) -> random.Random:
        return self.rhythm.rng


@dataclass
class Correspondent:
    """The customer, as far as a chronicle needs to know them."""

    id: int
    name: str
    email: str
    refuses_surveys_since: datetime | None = None
    asked_at: list[datetime] = field(default_factory=list)


@dataclass
class Chronicle:
    """One ticket under way. Call its verbs in the order of time, then `end`."""

    world: World
    rows: Rows
    customer: Correspondent
    ticket: Ticket
    domain: str
    said: list[str] = field(default_factory=list)
    agents: list[User] = field(default_factory=list)
    verdict: Callable[[datetime], tuple[datetime, Response] | None] | None = None
    answered_at: datetime | None = None
    answer_was_no: bool = False

    def __post_init__(self) -> None:
        self._events: list[Event] = []
        self._of_event: list[tuple[Any, str, Event]] = []  # rows that wait for the id of their event
        self._targets: list[Target] = []
        self._notifications: list[Notification] = []
        self._readings: dict[int, datetime] = {}
        self._follow_up: FollowUp | None = None
        self._invitation: Invitation | None = None
        self._response: tuple[datetime, Response] | None = None
        self._suggestions: list[Tagging] = []
        self._promises: list[Promise] = []
        self._current: Tagging | None = None
        self._last_rfc_id = ""

    # --- Opening ----------------------------------------------------------------------------------------------------

    @classmethod
    def open_for(
        cls, customer: Correspondent, *, world: World, rows: Rows, subject: str, channel: str, language: str,
        at: datetime, by: User | None = None, team: Team | None = None, mailbox: Mailbox | None = None, topic: str = "",
    ) -> Chronicle:  # fmt: skip
        """A ticket with the next number, as `Ticket.open_for` makes it."""
        number = rows.new(TicketNumber)
        ticket = rows.new(
            Ticket, number=FIRST_NUMBER + number.pk, subject=subject, requester_id=customer.id, channel=channel,
            mailbox=mailbox, team=team, language=language, topic=topic, created_at=at, updated_at=at,
        )  # fmt: skip
        chronicle = cls(world, rows, customer, ticket, ticket.mail_domain)
        chronicle.record(EventKind.CREATED, at=at, actor=by, channel=channel)
        return chronicle

    # --- What is said -----------------------------------------------------------------------------------------------

    def receive(self, text: str, *, at: datetime, channel: str = "") -> Message:
        """What the customer said. Wakes, un-waits or reopens the ticket."""
        self.advance(at)
        ticket, channel = self.ticket, channel or self.ticket.channel
        by_mail = channel == Channel.EMAIL
        message = self._message(
            author=Author.CUSTOMER, customer_id=self.customer.id, text=text, channel=channel, said_at=at,
            from_address=self.customer.email,
        )  # fmt: skip
        if by_mail:
            message.rfc_id = f"{self.world.rng.getrandbits(96):024x}@{self.customer.email.rpartition('@')[2]}"
            message.in_reply_to = self._last_rfc_id
            message.to = [ticket.mailbox.address] if ticket.mailbox else []
        event = self.record(EventKind.RECEIVED, at=at, message=message.pk, auto=False)
        if self.is_done:
            event = self.record(EventKind.REOPENED, at=at, by="customer")
        self._drop_follow_up(at)
        ticket.status, ticket.resolved_at, ticket.closed_at, ticket.snoozed_until = Status.OPEN, None, None, None
        ticket.last_customer_message_at = at
        ticket.excerpt = excerpt(text[:1000], limit=EXCERPT)  # the rest is cut anyway
        self._customer_wrote(at)
        self._notify(ticket.assignee, Notification.Kind.CUSTOMER_WROTE, event)
        self.said.append(text)
        self._suggest(at)
        return message

    def acknowledge(self, *, at: datetime) -> None:
        """The automatic answer that gives the number."""
        self._announce("acknowledgement", self.world.acknowledgement, at=at)

    def reply(self, text: str, *, by: User, at: datetime, then: str = Status.OPEN) -> Message:
        """What we said, and how the ticket stands after it."""
        self.advance(at)
        ticket = self.ticket
        message = self._message(
            author=Author.AGENT, user=by, text=text.strip(), channel=ticket.channel, said_at=at,
            to=[self.customer.email] if self.customer.email else [],
        )  # fmt: skip
        self._send(message, at=at)
        ticket.first_replied_at = ticket.first_replied_at or at
        ticket.last_public_reply_at = at
        ticket.excerpt = excerpt(text[:1000], limit=EXCERPT)  # the rest is cut anyway
        if ticket.assignee is None:
            ticket.assignee = by
            self.record(EventKind.ASSIGNED, at=at, actor=by, to=by.name, to_id=by.pk)
        for target in self._unsettled(*REPLIES):
            self._look_for_breach(target, until=at)
            target.met_at = at
        self.record(EventKind.REPLIED, at=at, actor=by, message=message.pk, was=ticket.status)
        if self.is_done and then == Status.OPEN:
            then = ticket.status
        self._become(then, by=by, at=at)
        self.read_by(by, at=at)
        self.agents.append(by)
        return message

    def note(self, text: str, *, by: User, at: datetime) -> None:
        """What we said among ourselves."""
        self.advance(at)
        note = self.rows.new(Note, ticket_id=self.ticket.pk, user=by, text=text.strip(), written_at=at)
        event = self.record(EventKind.NOTED, at=at, actor=by, note=note.pk)
        if self.ticket.assignee != by:
            self._notify(self.ticket.assignee, Notification.Kind.NOTED, event)
        self.read_by(by, at=at)

    # --- Who answers, and how urgently ------------------------------------------------------------------------------

    def assign(self, to: User, *, by: User, at: datetime) -> None:
        self.advance(at)
        if self.ticket.assignee == to:
            return
        was = self.ticket.assignee
        before = {"was": was.name, "was_id": was.pk} if was else {}
        self.ticket.assignee = to
        event = self.record(EventKind.ASSIGNED, at=at, actor=by, to=to.name, to_id=to.pk, **before)
        if by.pk != to.pk:
            self._notify(to, Notification.Kind.ASSIGNED, event)

    def move(self, to: Team, *, by: User, at: datetime) -> None:
        if self.ticket.team != to:
            self.ticket.team = to
            self.record(EventKind.MOVED, at=at, actor=by, to=to.name)

    def prioritise(self, priority: str, *, by: User, at: datetime) -> None:
        if self.ticket.priority == priority:
            return
        self.record(EventKind.PRIORITISED, at=at, actor=by, was=self.ticket.priority, to=priority)
        self.ticket.priority = priority
        for target in self._unsettled(*REPLIES):
            self._look_for_breach(target, until=at)
            if target.breached_at is None:
                target.due_at = policies.reply_due(
                    priority=priority, since=target.started_at, hours=self.world.rhythm.hours
                )

    def confirm_address(self, *, at: datetime) -> None:
        self.ticket.address_confirmed_at = at
        self.record(EventKind.CONFIRMED, at=at)

    # --- Where it stands --------------------------------------------------------------------------------------------

    @property
    def is_done(self) -> bool:
        return self.ticket.status in DONE

    def resolve(self, *, by: User, at: datetime, reason: str = "") -> None:
        self.advance(at)
        self.ticket.resolution_reason = reason or self.ticket.resolution_reason
        self._become(Status.RESOLVED, by=by, at=at)
        self.read_by(by, at=at)

    def snooze(self, *, until: datetime, by: User, at: datetime) -> None:
        self.advance(at)
        self.ticket.status, self.ticket.snoozed_until = Status.SNOOZED, until
        self.record(EventKind.SNOOZED, at=at, actor=by, until=until.isoformat())
        self._resume(at)

    def wake(self, *, at: datetime) -> None:
        self.advance(at)
        if self.ticket.status == Status.SNOOZED:
            self.ticket.status, self.ticket.snoozed_until = Status.OPEN, None
            self._notify(self.ticket.assignee, Notification.Kind.WOKE, self.record(EventKind.WOKE, at=at))

    def advance(self, to: datetime) -> None:
        """Let happen what was due by then without anybody's doing: missed targets, the follow-up, the answer to it."""
        for target in self._targets:
            if not (target.met_at or target.dropped_at or target.paused_at or target.kind == Target.Kind.PROMISE):
                self._look_for_breach(target, until=to)
        follow_up = self._follow_up
        if follow_up and follow_up.state == FollowUp.State.PLANNED and follow_up.due_at <= to:
            self._ask(follow_up, at=follow_up.due_at + self._moment())
        if self._response and self._response[0] <= to:
            at, response = self._response
            self._response = None
            self._answer(response, at=at)

    # --- Promises ---------------------------------------------------------------------------------------------------

    def promise(
        self, *, what: str, made_at: datetime, due_at: datetime, by: User | None, message: Message | None
    ) -> Promise:
        """Something we said we would do; `settle_promise` says what became of it."""
        team = self.ticket.team if by is None else None
        promise = self.rows.new(
            Promise, ticket_id=self.ticket.pk, message=message, what=what, made_by=by, owner=by, owner_team=team,
            made_at=made_at, due_at=due_at,
        )  # fmt: skip
        self._promises.append(promise)
        self.record(EventKind.PROMISED, at=made_at, actor=by, promise=promise.pk, what=what)
        if due_at > made_at:  # what was due before we heard of it is expected no more
            self._target(Target.Kind.PROMISE, at=made_at, due=due_at, key=promise.key)
        return promise

    def settle_promise(
        self, promise: Promise, *, state: str, at: datetime | None, by: User | None, instead: Promise | None = None
    ) -> None:
        """How it ended, unless that is still to come. Its time passes before it is kept late."""
        target = next((t for t in self._targets if t.key == promise.key), None)
        kept = state in (Promise.State.KEPT, Promise.State.KEPT_LATE)
        now = self.world.now
        overdue = min(promise.due_at + self._moment(), max(now, promise.due_at))
        ended = at is not None and at <= now
        if promise.due_at < now and not (ended and at is not None and at < overdue):
            self._end_promise(promise, Promise.State.BROKEN, at=overdue, by=None)
            if target:
                self._look_for_breach(target, until=now)
        if not ended or at is None or state in (Promise.State.BROKEN, Promise.State.OPEN):
            return
        if promise.state == Promise.State.BROKEN:
            if not kept:
                return  # too late to be let off
            state = Promise.State.KEPT_LATE
        elif kept:
            state = Promise.State.KEPT if at <= promise.due_at else Promise.State.KEPT_LATE
        self._end_promise(promise, state, at=at, by=by)
        promise.renegotiated_to = instead if state == Promise.State.RENEGOTIATED else None
        if target:
            target.met_at, target.dropped_at = (at, None) if kept else (None, at)

    def _end_promise(self, promise: Promise, state: str, *, at: datetime, by: User | None) -> None:
        promise.state, promise.settled_at = state, at
        self.record(EventKind.PROMISE_SETTLED, at=at, actor=by, promise=promise.pk, what=promise.what, state=state)

    # --- Tags -------------------------------------------------------------------------------------------------------

    def say(self, answer: dict[str, Any], *, by: User, at: datetime) -> None:
        """A person's own answer about stage and gap. Later suggestions do not take its place."""
        shown = next((s for s in reversed(self._suggestions) if s.tagged_at < at), None)
        kept = (*Tagging.ALSO_READ, "evidence", "signals")
        sources = {**(shown.sources if shown else {}), **dict.fromkeys(answer, Tagging.Source.PERSON.value)}
        said = self.rows.new(
            Tagging, ticket_id=self.ticket.pk, arrived_at=self.ticket.created_at, source=Tagging.Source.PERSON,
            tagged_by=by, tagged_at=at, suggestion=shown, is_current=True, sources=sources,
            **{**({name: getattr(shown, name) for name in kept} if shown else {}), **answer},
        )  # fmt: skip
        if self._current:
            self._current.is_current = False
        self._current = said
        self.record(
            EventKind.TAGGED, at=at, actor=by, tagging=said.pk, stage=said.journey_stage, gap=said.gap_primary,
            direction=said.direction, as_suggested=bool(shown and said.agrees_with(shown)),
        )  # fmt: skip

    @property
    def is_surely_tagged(self) -> bool:
        """Whether what stands now may be counted."""
        return self._current is not None and self._current.is_sure

    def _suggest(self, at: datetime) -> None:
        read = self.world.reader(self)
        if read is None:
            return
        values, version = read
        if self.world.in_full:
            values = combining.combine(values, signals=self._signals(at))
        if self._current:
            self._current.is_current = False
        self._current = self.rows.new(
            Tagging, ticket_id=self.ticket.pk, arrived_at=self.ticket.created_at, source=Tagging.Source.MODEL,
            is_current=True, tagged_at=at + timedelta(seconds=2), model_version=version, **values,
        )  # fmt: skip
        self._suggestions.append(self._current)

    def _signals(self, at: datetime) -> list[combining.Signal]:
        """What the ticket shows at this moment."""
        events = [event for event in self._events if event.happened_at <= at]
        return signals.found_in(
            self.ticket,
            targets=self._targets,
            promises=[promise for promise in self._promises if promise.settled_at and promise.settled_at <= at],
            effort=replace(effort_from(events, ()), messages=len(self.said)),
            now=at,
        )

    def _suggest_from_what_it_shows(self) -> None:
        """The ticket went on after the customer's last word: a target missed, a promise broken."""
        shown = [event.happened_at for event in self._events if event.kind in SHOWING]
        if not (self.world.in_full and shown and self._current) or self._current.is_confirmed:
            return
        if max(shown) > self._current.tagged_at:
            self._suggest(max(shown))

    # --- Reading ----------------------------------------------------------------------------------------------------

    def read_by(self, user: User, *, at: datetime) -> None:
        """This person had the ticket before them then."""
        self._readings[user.pk] = max(at, self._readings.get(user.pk, at))
        for notification in self._notifications:
            if notification.user_id == user.pk and notification.read_at is None and notification.created_at <= at:
                notification.read_at = at

    @property
    def latest_at(self) -> datetime:
        """When something last happened."""
        return max(event.happened_at for event in self._events)

    @property
    def due_at(self) -> datetime | None:
        """The nearest time by which something is due."""
        running = [t.due_at for t in self._targets if not (t.met_at or t.dropped_at or t.paused_at)]
        return None if self.is_done else min(running, default=None)

    # --- Recording and ending ---------------------------------------------------------------------------------------

    def record(self, kind: str, /, *, at: datetime, actor: User | None = None, **details: Any) -> Event:
        event = made(  # taken up by the search: `storing.finish` sees to it
            Event, ticket_id=self.ticket.pk, kind=kind, actor=actor, happened_at=at, details=details, is_indexed=True
        )
        self._events.append(event)
        return event

    def end(self) -> Ticket:
        """The state of things now: what broke meanwhile, what is due next, the log in the order of time."""
        now, ticket = self.world.now, self.ticket
        self.advance(now)
        self._close_if_due()
        for target in self._targets:
            if not (target.met_at or target.dropped_at or target.paused_at):
                self._look_for_breach(target, until=now)
        self._suggest_from_what_it_shows()
        running = [t for t in self._targets if not (t.met_at or t.dropped_at or t.paused_at)]
        nearest = None if self.is_done else min(running, key=lambda t: (t.due_at, t.pk), default=None)
        ticket.due_next_at, ticket.due_next_kind = (nearest.due_at, nearest.kind) if nearest else (FAR, "")
        self._write_events()
        ticket.updated_at = self._events[-1].happened_at
        for user_id, read_at in self._readings.items():
            self.rows.new(Reading, user_id=user_id, ticket_id=ticket.pk, read_at=read_at)
        return ticket

    def _write_events(self) -> None:
        self._events.sort(key=lambda event: event.happened_at)
        since = self.world.receipts_since
        for event in self._events:
            event.pk = self.rows.next_id(Event)
            self.rows.keep(event)
            if event.kind in REACTIONS and event.happened_at >= since:
                done_at = event.happened_at + timedelta(seconds=2)
                self.rows.keep(made(Observation, event_id=event.pk, done_at=done_at, tried_at=done_at))
        for row, name, event in self._of_event:
            setattr(row, name, event.pk)

    def _close_if_due(self) -> None:
        ticket = self.ticket
        if ticket.status != Status.RESOLVED or ticket.resolved_at is None:
            return
        ends = [ticket.resolved_at + CLOSES_AFTER]
        if self._invitation:
            ends.append(self._invitation.invited_at + LINK_LASTS)
        if self._follow_up and self._follow_up.state == FollowUp.State.PLANNED:
            ends.append(self._follow_up.due_at + LINK_LASTS)
        looked = max(ends).replace(minute=17, second=0, microsecond=0)  # the timetable looks once an hour
        closed_at = looked if looked > max(ends) else looked + timedelta(hours=1)
        if closed_at <= self.world.now:
            ticket.status, ticket.closed_at = Status.CLOSED, closed_at
            self.record(EventKind.CLOSED, at=closed_at)

    # --- Inside: messages -------------------------------------------------------------------------------------------

    def _message(self, **fields: Any) -> Message:
        return self.rows.new(Message, ticket_id=self.ticket.pk, language=self.ticket.language, **fields)

    def _send(self, message: Message, *, at: datetime, undo: timedelta = UNDO) -> None:
        """A Message-ID, and a delivery that went well, where there is an address."""
        message.rfc_id = self._last_rfc_id = identity.message_id(
            number=self.ticket.number, message=message.pk, domain=self.domain
        )
        if self.customer.email:
            due_at = at + undo
            self.rows.new(
                Delivery, message=message, ticket_id=self.ticket.pk, kind=message.kind, address=self.customer.email,
                rfc_id=message.rfc_id, state=Delivery.State.SENT, due_at=due_at, claimed_at=due_at, attempts=1,
                sent_at=due_at + timedelta(seconds=1), created_at=at,
            )  # fmt: skip

    def _announce(self, kind: str, texts: dict[str, str], *, at: datetime) -> Message | None:
        if not self.customer.email or not self.world.in_full:
            return None
        message = self._message(
            author=Author.AUTOMATIC, kind=kind, text=texts[self.ticket.language] % {"number": self.ticket.number},
            channel=Channel.EMAIL, to=[self.customer.email], said_at=at,
        )  # fmt: skip
        self._send(message, at=at, undo=timedelta())
        self.record(EventKind.ANNOUNCED, at=at, message=message.pk, what=kind)
        return message

    def _notify(self, user: User | None, kind: str, event: Event) -> Notification | None:
        if user is None or any(
            n.user_id == user.pk and e is event for n, _name, e in self._of_event if isinstance(n, Notification)
        ):
            return None
        notification = self.rows.new(
            Notification, user=user, ticket_id=self.ticket.pk, kind=kind, created_at=event.happened_at
        )
        self._notifications.append(notification)
        self._of_event.append((notification, "event_id", event))
        return notification

    # --- Inside: the clocks -----------------------------------------------------------------------------------------

    def _moment(self) -> timedelta:
        """How long it takes until the timetable looks."""
        return timedelta(seconds=self.world.rng.randrange(2, 59))

    def _target(self, kind: str, *, at: datetime, due: datetime, key: str = "") -> Target:
        target = self.rows.new(Target, ticket_id=self.ticket.pk, kind=kind, key=key, started_at=at, due_at=due)
        self._targets.append(target)
        return target

    def _unsettled(self, *kinds: str) -> list[Target]:
        return [t for t in self._targets if t.kind in kinds and t.met_at is None and t.dropped_at is None]

    def _customer_wrote(self, at: datetime) -> None:
        hours, ticket = self.world.rhythm.hours, self.ticket
        if not self._unsettled(*REPLIES):
            kind = Target.Kind.NEXT_REPLY if ticket.first_replied_at else Target.Kind.FIRST_REPLY
            self._target(kind, at=at, due=policies.reply_due(priority=ticket.priority, since=at, hours=hours))
        if self._unsettled(Target.Kind.RESOLUTION):
            self._resume(at)
        else:
            self._target(Target.Kind.RESOLUTION, at=at, due=policies.resolution_due(since=at, hours=hours))

    def _pause(self, at: datetime) -> None:
        for target in self._unsettled(Target.Kind.RESOLUTION):
            if target.paused_at is None:
                self._look_for_breach(target, until=at)
                target.paused_at = at

    def _resume(self, at: datetime) -> None:
        hours = self.world.rhythm.hours
        for target in self._targets:
            if target.met_at or target.dropped_at or target.paused_at is None:
                continue
            if target.due_at > target.paused_at:
                target.due_at = hours.add(at, hours.between(target.paused_at, target.due_at))
            target.paused_at = None

    def _look_for_breach(self, target: Target, *, until: datetime) -> None:
        """Mark the target as missed if the timetable saw its time pass while it ran."""
        if target.breached_at is not None or target.due_at >= until:
            return
        at = target.due_at + self._moment()
        if at >= until and until != self.world.now:
            return  # met within the minute, before anybody looked
        target.breached_at = at = min(at, until)
        event = self.record(EventKind.BREACHED, at=at, kind=target.kind, due=target.due_at.isoformat())
        if target.kind != Target.Kind.PROMISE:
            self._notify(self.ticket.assignee, Notification.Kind.BREACHED, event)

    def _become(self, status: str, *, by: User, at: datetime) -> None:
        ticket = self.ticket
        if status == ticket.status:
            return
        was, ticket.status, ticket.snoozed_until = ticket.status, status, None
        if status == Status.WAITING:
            self._pause(at)
            self.record(EventKind.WAITED, at=at, actor=by)
        elif status == Status.RESOLVED:
            ticket.resolved_at = at
            self._settle_targets(at)
            event = self.record(EventKind.RESOLVED, at=at, actor=by, reason=ticket.resolution_reason)
            self._plan_follow_up(event)
        else:
            self._resume(at)
            if was == Status.SNOOZED:
                self.record(EventKind.WOKE, at=at, actor=by)
            elif was == Status.WAITING:
                self.record(EventKind.REOPENED, at=at, actor=by, was_done=False)

    def _settle_targets(self, at: datetime) -> None:
        for target in self._unsettled(Target.Kind.RESOLUTION):
            if target.paused_at is None:
                self._look_for_breach(target, until=at)
            target.met_at, target.paused_at = at, None
        for target in self._unsettled(*REPLIES):
            self._look_for_breach(target, until=at)
            target.dropped_at = at

    # --- Inside: asking how it was ----------------------------------------------------------------------------------

    def _plan_follow_up(self, event: Event) -> None:
        due_at = in_good_time(event.happened_at + ASKED_AFTER, zone=self.world.rhythm.zone)
        self._follow_up = self.rows.new(
            FollowUp, ticket_id=self.ticket.pk, kind=FollowUp.Kind.REALLY_SOLVED, due_at=due_at
        )
        self._of_event.append((self._follow_up, "cause_id", event))

    def _drop_follow_up(self, at: datetime, reason: str = "The ticket went on") -> None:
        follow_up = self._follow_up
        if follow_up and follow_up.state == FollowUp.State.PLANNED:
            follow_up.state, follow_up.settled_at, follow_up.reason = FollowUp.State.DROPPED, at, reason

    def _reason_not_to_ask(self, at: datetime) -> str:
        """In the words of `surveys.reason_not_to_ask`."""
        customer = self.customer
        if customer.refuses_surveys_since and customer.refuses_surveys_since <= at:
            return "They asked us to stop asking"
        if not customer.email:
            return "No address"
        if not self.ticket.is_address_confirmed:
            return "The address was never confirmed"
        lately = any(abs(at - asked_at) < SPACING for asked_at in customer.asked_at)
        return "Asked within the last 30 days" if lately else ""

    def _ask(self, follow_up: FollowUp, *, at: datetime) -> None:
        if reason := self._reason_not_to_ask(at):
            self._drop_follow_up(at, reason)
            return
        follow_up.state, follow_up.settled_at = FollowUp.State.DONE, at
        self.customer.asked_at.append(at)
        self._invitation = self.rows.new(
            Invitation, kind=SurveyKind.CSAT, customer_id=self.customer.id, ticket_id=self.ticket.pk,
            follow_up=follow_up, message=self._announce("survey", self.world.survey_text, at=at), invited_at=at,
        )  # fmt: skip
        self._response = self.verdict(at) if self.verdict else None

    def _answer(self, response: Response, *, at: datetime) -> None:
        assert self._invitation
        self.answered_at, self.answer_was_no = at, response.is_solved is False
        response.pk, response.invitation_id = self.rows.next_id(Response), self._invitation.pk
        self.rows.keep(response)
        self.record(
            EventKind.ANSWERED_SURVEY, at=at, score=response.score, kind=SurveyKind.CSAT, solved=response.is_solved
        )
        if self.answer_was_no:
            self._go_on(response.comment, at=at)

    def _go_on(self, comment: str, *, at: datetime) -> None:
        """ "No, not solved": open again, and whoever answers it is told, by mail too."""
        ticket = self.ticket
        ticket.status, ticket.resolved_at, ticket.resolution_reason = Status.OPEN, None, ""
        event = self.record(EventKind.REOPENED, at=at, reason="survey", was_done=True)
        self._target(
            Target.Kind.RESOLUTION, at=at, due=policies.resolution_due(since=at, hours=self.world.rhythm.hours)
        )
        notification = self._notify(ticket.assignee, Notification.Kind.NOT_SOLVED, event)
        if notification and ticket.assignee:
            self.rows.new(
                Delivery, notification=notification, ticket_id=ticket.pk, kind="notification",
                address=ticket.assignee.email, state=Delivery.State.SENT, due_at=at, claimed_at=at, attempts=1,
                sent_at=at + timedelta(seconds=1), created_at=at,
                rfc_id=identity.notification_id(
                    number=ticket.number, notification=notification.pk, domain=self.domain
                ),
            )  # fmt: skip
        self.receive(comment, at=at + timedelta(milliseconds=40), channel=Channel.WEB)
