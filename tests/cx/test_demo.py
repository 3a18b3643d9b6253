"""The demo is one world: what its rows say of one another is true, and the timetable finds nothing left to do."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.db.models import F
from django.utils import timezone

from cx import codebook, follow_ups, observing, promises
from cx.demo import company, loading, stories
from cx.models import FollowUp, Invitation, Promise, Response, Tagging
from helpdesk.people.access import Ability
from helpdesk.people.demo import DEMO_PASSWORD
from helpdesk.people.models import Company, Customer, Role, Team, User
from tickets import closing
from tickets import tasks as ticket_tasks
from tickets.models import (
    FAR,
    Author,
    Channel,
    Delivery,
    Event,
    EventKind,
    Mailbox,
    Message,
    Notification,
    OutboxEmail,
    Status,
    Target,
    Ticket,
    TicketNumber,
)

NOW = datetime(2026, 10, 14, 10, 30, tzinfo=UTC)  # a Wednesday, half past noon in Madrid
SENTENCES = re.compile(r"[.!?…\n]+")


# --- The conversations as they are written ----------------------------------------------------------------------------


def test_the_conversations_keep_to_the_codebook():
    wrong = {story.id: found for story in stories.read() if (found := codebook.violations(story.tags))}

    assert wrong == {}


def test_at_least_250_whole_conversations_in_both_languages_over_all_channels():
    told = stories.read()

    assert len(told) == 600
    assert len({story.id for story in told}) == 600
    whole = [story for story in told if story.is_whole]
    assert len(whole) >= 250
    assert all(len(story.lines) >= 3 for story in whole)
    assert {story.channel for story in told} == set(Channel.values)
    languages = Counter(story.language for story in told)
    assert set(languages) == {"en", "es"}
    assert min(languages.values()) >= 250


def test_no_customer_says_what_another_has_said():
    said: dict[str, str] = {}
    twice = []
    for story in stories.read():
        words = [line.text for line in story.lines if line.speaker == "customer"]
        words += [story.verdict.comment] if story.verdict else []
        for sentence in (plain for text in words for plain in _sentences(text)):
            if sentence in said:
                twice.append((said[sentence], story.id, sentence))
            said[sentence] = story.id

    assert twice == []


def _sentences(text: str) -> Iterator[str]:
    """Sentences of three words and more, without case and punctuation."""
    for piece in SENTENCES.split(text):
        words = re.findall(r"\w+", piece.casefold())
        if len(words) >= 3:
            yield " ".join(words)


def test_customers_can_be_told_apart_and_live_at_addresses_that_do_not_exist():
    addresses = [story.email for story in stories.read() if story.email]

    assert len({address.lower() for address in addresses}) == len(addresses)
    assert all(re.search(r"@([\w-]+\.)*example\.(com|net|org)$", address) for address in addresses)


def test_promises_are_made_by_us_or_quoted():
    for story in stories.read():
        for told in story.promises:
            assert told.line is None or story.lines[told.line].speaker == "agent", story.id
            assert told.outcome in Promise.State.values, story.id


def test_who_answered_a_survey_can_be_reached_and_had_an_end():
    for story in stories.read():
        if story.verdict:
            assert story.is_done, story.id
            assert story.email, story.id
            assert story.verdict.comment or story.verdict.is_solved, story.id


# --- The world they make ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """The demo, loaded once for all tests below on a Wednesday at noon; they read, and what they change is undone."""
    with django_db_blocker.unblock():
        from django.db import transaction

        atomic = transaction.atomic()
        atomic.__enter__()
        loading.load(now=NOW, seed=1)
        try:
            yield NOW
        finally:
            transaction.set_rollback(True)
            atomic.__exit__(None, None, None)


@pytest.fixture
def demo(world: Any, db: None) -> Iterator[Any]:
    with time_machine.travel(world, tick=False):
        yield world


def test_everybody_is_there(demo):
    row = Company.objects.get()
    assert (row.name, row.is_demo, row.time_zone) == ("Alborada", True, "Europe/Madrid")
    assert row.set_up_at is not None
    assert row.active_customers
    assert set(Team.objects.values_list("slug", flat=True)) == {"installations", "billing", "connection"}
    assert set(User.objects.values_list("role", flat=True)) == set(Role.values)
    assert User.objects.filter(role=Role.LEAD, memberships__is_lead=True).count() == 3
    assert all(user.check_password(DEMO_PASSWORD) for user in User.objects.all()[:2])
    assert dict(Mailbox.objects.values_list("language", "address")) == {
        "en": "support@alborada.example",
        "es": "soporte@alborada.example",
    }
    assert company.is_whole()


def test_there_are_six_hundred_tickets_of_the_last_ninety_days(demo):
    tickets = Ticket.objects.all()

    assert tickets.count() == 600
    assert not tickets.filter(created_at__gt=demo).exists()
    assert not tickets.filter(created_at__lt=demo - loading.PERIOD - timedelta(days=3)).exists()
    assert set(tickets.values_list("channel", flat=True)) == set(Channel.values)
    assert set(tickets.values_list("status", flat=True)) == set(Status.values)
    assert TicketNumber.objects.count() == 600
    by_arrival = list(tickets.order_by("created_at").values_list("number", flat=True))
    assert by_arrival == sorted(by_arrival)


def test_few_write_at_night_and_on_sundays(demo):
    arrived = [timezone.localtime(at, company_zone()) for at in Ticket.objects.values_list("created_at", flat=True)]

    assert sum(at.hour < 6 for at in arrived) < 0.06 * len(arrived)
    assert sum(at.weekday() == 6 for at in arrived) < 0.08 * len(arrived)


def company_zone() -> Any:
    return Company.current().zone


def test_we_work_when_we_are_open(demo):
    from tickets.sla import policies

    hours = policies.calendar()
    said = list(Message.objects.filter(author=Author.AGENT).values_list("said_at", flat=True))

    assert sum(not hours.is_open(at) for at in said) < 0.01 * len(said)


def test_what_is_done_was_answered_or_explained(demo):
    for ticket in Ticket.objects.done():
        assert ticket.has_public_reply or ticket.resolution_reason
        assert ticket.resolved_at


def test_the_columns_of_a_ticket_are_what_its_messages_say(demo):
    for ticket in Ticket.objects.prefetch_related("messages").all():
        people_said = sorted(
            (m for m in ticket.messages.all() if m.author != Author.AUTOMATIC), key=lambda m: (m.said_at, m.pk)
        )
        ours = [m.said_at for m in people_said if m.author == Author.AGENT]
        theirs = [m.said_at for m in people_said if m.author == Author.CUSTOMER]
        assert ticket.first_replied_at == (ours[0] if ours else None)
        assert ticket.last_public_reply_at == (ours[-1] if ours else None)
        assert ticket.last_customer_message_at == theirs[-1]
        assert ticket.created_at == theirs[0]
        assert people_said[-1].text[:20].split()[0] in ticket.excerpt
        assert people_said[-1].said_at <= demo
        if ticket.status == Status.WAITING:
            assert people_said[-1].author == Author.AGENT


# What the demo puts down once all of its tickets are there.
AFTERWARDS = (EventKind.COMPLAINT_CHANGED, EventKind.RECOVERED)


def test_the_log_of_each_ticket_is_in_order_and_complete(demo):
    for ticket in Ticket.objects.prefetch_related("events", "messages", "notes").all():
        events = sorted(ticket.events.all(), key=lambda event: event.pk)
        assert all(event.happened_at <= demo for event in events)
        events = [event for event in events if event.kind not in AFTERWARDS]
        kinds = Counter(event.kind for event in events)
        assert all(a.happened_at <= b.happened_at for a, b in pairwise(events)), ticket.number
        assert events[0].kind == EventKind.CREATED
        by_author = Counter(message.author for message in ticket.messages.all())
        assert kinds[EventKind.RECEIVED] == by_author[Author.CUSTOMER]
        assert kinds[EventKind.REPLIED] == by_author[Author.AGENT]
        assert kinds[EventKind.ANNOUNCED] == by_author[Author.AUTOMATIC]
        assert kinds[EventKind.NOTED] == ticket.notes.count()
        named = {e.details["message"] for e in events if "message" in e.details}
        assert named == {message.pk for message in ticket.messages.all()}
        assert (kinds[EventKind.CLOSED] == 1) == (ticket.status == Status.CLOSED)


def test_the_real_verbs_leave_the_same_rows(demo):
    """Every twelfth ticket is handled again by the product's own verbs, at the times of their events."""
    chosen = list(Ticket.objects.order_by("pk"))[::12]
    assert len(chosen) >= 40
    for ticket in chosen:
        again = _Again(ticket).handled()
        assert _shape(again) == _shape(ticket), ticket.number


class _Again:
    """One ticket of the demo, handled again by the verbs of the product, each at the time of its event."""

    def __init__(self, ticket: Ticket) -> None:
        self.model = ticket
        self.events = list(ticket.events.select_related("actor").order_by("pk"))
        self.messages = ticket.messages.in_bulk()
        self.promises: dict[int, Promise] = {}

    def handled(self) -> Ticket:
        first, received = self.events[:2]
        said = self.messages[received.details["message"]]
        with time_machine.travel(first.happened_at, tick=False):
            self.ticket = Ticket.open_for(
                self.model.requester, subject=self.model.subject, channel=self.model.channel, text=said.text,
                by=first.actor, mailbox=self.model.mailbox, language=self.model.language, topic=self.model.topic,
                team=self.model.team if first.actor else None,
            ).ticket  # fmt: skip
        for place, event in enumerate(self.events[2:], start=2):
            verb = getattr(self, "on_" + event.kind.replace(".", "_"), None)
            if verb:
                with time_machine.travel(event.happened_at, tick=False):
                    verb(event, place)
        self.ticket.refresh_from_db()
        return self.ticket

    def _follows(self, place: int, *kinds: str) -> str | None:
        """Which of these events stands behind this one, at the same moment and by the same verb."""
        event = self.events[place]
        for later in self.events[place + 1 :]:
            if later.happened_at != event.happened_at:
                return None
            if later.kind in kinds:
                return later.kind
        return None

    def on_message_received(self, event: Event, place: int) -> None:
        message = self.messages[event.details["message"]]
        before = self.events[place - 1]
        if before.kind == EventKind.REOPENED and before.details.get("reason") == "survey":
            pass  # the answer came a moment ago
        self.ticket.receive(text=message.text, customer=message.customer, channel=message.channel)

    def on_message_sent(self, event: Event, place: int) -> None:
        after = self._follows(place, EventKind.WAITED, EventKind.RESOLVED)
        message = self.messages[event.details["message"]]
        then = {EventKind.WAITED: Status.WAITING, EventKind.RESOLVED: Status.RESOLVED}.get(after, Status.OPEN)
        if after is None and self.ticket.status == Status.WAITING and not self._follows(place, EventKind.REOPENED):
            then = Status.WAITING
        self.ticket.reply(by=event.actor, text=message.text, then=then)

    def on_note_added(self, event: Event, place: int) -> None:
        self.ticket.add_note(by=event.actor, text="What we say among ourselves.")

    def on_ticket_assigned(self, event: Event, place: int) -> None:
        if not self._follows(place, EventKind.REPLIED):
            self.ticket.assign(to=User.objects.get(name=event.details["to"]), by=event.actor)

    def on_ticket_moved(self, event: Event, place: int) -> None:
        self.ticket.move(to=Team.objects.get(name=event.details["to"]), by=event.actor)

    def on_ticket_prioritised(self, event: Event, place: int) -> None:
        self.ticket.prioritise(priority=event.details["to"], by=event.actor)

    def on_ticket_snoozed(self, event: Event, place: int) -> None:
        self.ticket.snooze(until=datetime.fromisoformat(event.details["until"]), by=event.actor)

    def on_ticket_woke(self, event: Event, place: int) -> None:
        self.ticket.wake()

    def on_ticket_resolved(self, event: Event, place: int) -> None:
        if not self.ticket.is_done:
            self.ticket.resolve(by=event.actor, reason=event.details["reason"])

    def on_ticket_reopened(self, event: Event, place: int) -> None:
        if event.details.get("reason") == "survey":
            self.ticket.reopen(by=None, reason="survey")

    def on_ticket_closed(self, event: Event, place: int) -> None:
        self.ticket.close()

    def on_address_confirmed(self, event: Event, place: int) -> None:
        self.ticket.confirm_address()

    def on_message_announced(self, event: Event, place: int) -> None:
        if event.details["what"] == "survey":
            self.ticket.announce(kind="survey", text="How was it?")
        else:
            self.ticket.announce(kind="acknowledgement", text="We have it.")

    def on_sla_breached(self, event: Event, place: int) -> None:
        self.ticket.mark_breaches(now=timezone.now())

    def on_cx_promised(self, event: Event, place: int) -> None:
        told = Promise.objects.get(pk=event.details["promise"])
        if told.due_at > event.happened_at and told.made_by:
            self.promises[told.pk] = Promise.make(self.ticket, what=told.what, due_at=told.due_at, by=told.made_by)
        elif told.due_at > event.happened_at:
            self.ticket.expect_by(told.due_at, kind=Target.Kind.PROMISE, key=told.key)
            self.ticket.record(EventKind.PROMISED, actor=event.actor)
        else:
            self.ticket.record(EventKind.PROMISED, actor=event.actor)

    def on_cx_promise_settled(self, event: Event, place: int) -> None:
        promise = self.promises.get(event.details["promise"])
        state = event.details["state"]
        if promise is None or state == Promise.State.RENEGOTIATED:
            told = Promise.objects.get(pk=event.details["promise"])
            if state != Promise.State.BROKEN:
                key = promise.key if promise else told.key
                met = state in (Promise.State.KEPT, Promise.State.KEPT_LATE)
                self.ticket.expectation_ended(kind=Target.Kind.PROMISE, key=key, met=met)
            self.ticket.record(EventKind.PROMISE_SETTLED, actor=event.actor)
            return
        verbs = {Promise.State.BROKEN: promise.mark_broken, Promise.State.WITHDRAWN: promise.withdraw}
        changed = verbs[state]() if state == Promise.State.BROKEN else (
            promise.withdraw(by=event.actor) if state == Promise.State.WITHDRAWN else promise.keep(by=event.actor)
        )  # fmt: skip
        assert changed
        assert promise.state == state
        self.ticket.refresh_from_db()

    def on_cx_tagged(self, event: Event, place: int) -> None:
        self.ticket.record(EventKind.TAGGED, actor=event.actor)

    def on_cx_answered_survey(self, event: Event, place: int) -> None:
        self.ticket.record(EventKind.ANSWERED_SURVEY)


def _shape(ticket: Ticket) -> dict[str, Any]:
    """Everything about a ticket but its keys."""
    ticket.refresh_from_db()
    columns = (
        "subject", "requester_id", "channel", "mailbox_id", "status", "priority", "team_id", "assignee_id", "language",
        "topic", "address_confirmed_at", "excerpt", "resolution_reason", "created_at", "first_replied_at",
        "last_customer_message_at", "last_public_reply_at", "snoozed_until", "resolved_at", "closed_at", "due_next_at",
        "due_next_kind",
    )  # fmt: skip
    return {
        **{name: getattr(ticket, name) for name in columns},
        "targets": sorted(
            str((t.kind, t.started_at, t.due_at, t.paused_at, t.met_at, t.dropped_at, t.breached_at))
            for t in ticket.targets.all()
        ),
        "events": [
            (e.kind, e.happened_at, e.actor_id) for e in ticket.events.exclude(kind__in=AFTERWARDS).order_by("pk")
        ],
        "notifications": sorted(
            str((n.user_id, n.kind, n.event.kind, n.created_at)) for n in ticket.notifications.select_related("event")
        ),
        "deliveries": sorted((d.kind, d.address) for d in ticket.deliveries.all()),
    }


def test_the_timetable_finds_nothing_left_to_do(demo):
    before = Event.objects.count()

    assert closing.close_due() == 0
    assert observing.observe_missed() == 0
    assert promises.mark_broken() == 0
    assert follow_ups.send_due() == 0
    ticket_tasks.mark_breaches()
    ticket_tasks.wake_snoozed()
    ticket_tasks.send_due()

    assert Event.objects.count() == before


def test_nothing_is_sent_by_loading(demo):
    assert not OutboxEmail.objects.exists()
    assert set(Delivery.objects.values_list("state", flat=True)) == {Delivery.State.SENT}
    assert not Delivery.objects.filter(sent_at__gt=demo + timedelta(minutes=1)).exists()
    reachable = Message.objects.exclude(author=Author.CUSTOMER).filter(ticket__requester__addresses__isnull=False)
    assert reachable.filter(deliveries=None).count() == 0


def test_targets_are_settled_with_what_they_wait_for(demo):
    for target in Target.objects.select_related("ticket"):
        if target.breached_at:
            assert target.due_at < target.breached_at
        if target.met_at and target.met_at > target.due_at + timedelta(minutes=1):
            assert target.breached_at or target.kind == Target.Kind.RESOLUTION
        if target.ticket.is_done and target.kind != Target.Kind.PROMISE:
            assert target.met_at or target.dropped_at
    replies = Target.objects.filter(kind=Target.Kind.FIRST_REPLY)
    missed = replies.exclude(breached_at=None).count()
    assert 0.02 * replies.count() < missed < 0.25 * replies.count()


def test_some_of_the_open_ones_are_late_some_nearly_and_most_are_not(demo):
    still_open = Ticket.objects.open().exclude(due_next_at=FAR)
    late = still_open.filter(due_next_at__lt=demo).count()
    soon = still_open.filter(due_next_at__gte=demo, due_next_at__lt=demo + timedelta(hours=3)).count()

    assert late >= 5
    assert soon >= 5
    assert late < 0.45 * still_open.count()
    for ticket in Ticket.objects.active():
        nearest = ticket.targets.running().order_by("due_at", "pk").first()
        assert ticket.due_next_at == (nearest.due_at if nearest else FAR)


# --- Tags, promises, surveys ------------------------------------------------------------------------------------------


def test_the_suggestions_are_the_models_own(demo):
    from cx import suggesting

    for ticket in Ticket.objects.order_by("pk")[::60]:
        first = ticket.taggings.filter(source=Tagging.Source.MODEL).order_by("tagged_at").first()
        said = ticket.messages.filter(author=Author.CUSTOMER).in_order().first()
        read = suggesting.reading_of(
            subject=ticket.subject, said=[said.text], expected="", channel=ticket.channel, language=ticket.language
        )
        values = json.loads(json.dumps(suggesting.values_of(read)))
        assert first.evidence == values["evidence"]
        if not first.signals:
            assert {name: getattr(first, name) for name in values} == values
        assert first.model_version == read.model_version


def test_each_ticket_has_one_current_tagging_and_people_have_spoken_about_most(demo):
    assert Tagging.objects.current().count() == 600
    assert Tagging.objects.values("ticket").distinct().count() == 600
    done = Tagging.objects.current().filter(ticket__status__in=[Status.RESOLVED, Status.CLOSED])
    assert 0.6 < done.by_people().count() / done.count() < 0.8
    assert done.counted().count() / done.count() >= 0.95  # what is solved says where in the journey and what was missed
    active = Tagging.objects.current().exclude(ticket__status__in=[Status.RESOLVED, Status.CLOSED])
    assert 0.15 < active.by_people().count() / active.count() < 0.55
    truth = {(s.subject, s.name): s.answer for s in stories.read()}
    for tagging in Tagging.objects.by_people().select_related("ticket__requester", "suggestion", "tagged_by"):
        answer = {name: getattr(tagging, name) for name in Tagging.FIELDS}
        assert answer == truth[tagging.ticket.subject, tagging.ticket.requester.name]
        assert tagging.tagged_by.may(Ability.TAG)
        assert tagging.suggestion
        assert tagging.suggestion.tagged_at < tagging.tagged_at


def test_every_stage_and_every_gap_has_something_to_show(demo):
    shown = Counter(Tagging.objects.counted().values_list("journey_stage", "gap_primary"))

    for stage in codebook.JourneyStage.values:
        assert sum(n for (s, _g), n in shown.items() if s == stage) >= 20, stage
    for gap in codebook.Gap.values:
        assert sum(n for (_s, g), n in shown.items() if g == gap) >= 25, gap
    assert len(shown) >= 36  # of forty cells
    assert set(Tagging.objects.counted().values_list("direction", flat=True)) == set(codebook.Direction.values)


def test_promises_end_as_they_were_told_unless_their_time_is_still_to_come(demo):
    states = Counter(Promise.objects.values_list("state", flat=True))

    assert states[Promise.State.KEPT] > 150
    for state in ("open", "broken", "kept_late", "renegotiated", "withdrawn"):
        assert states[state], state
    assert not Promise.objects.pending().filter(due_at__lt=demo).exists()
    assert not Promise.objects.filter(settled_at__gt=demo).exists()
    assert not Promise.objects.filter(state=Promise.State.KEPT, settled_at__gt=F("due_at")).exists()
    assert not Promise.objects.filter(state=Promise.State.KEPT_LATE, settled_at__lte=F("due_at")).exists()
    for promise in Promise.objects.pending():
        expected = promise.ticket.targets.unsettled().get(key=promise.key)
        assert expected.due_at == promise.due_at


def test_surveys_are_asked_once_and_answered_by_some(demo):
    invited, answered = Invitation.objects.count(), Response.objects.count()

    assert 0.15 < answered / invited < 0.5
    assert not FollowUp.objects.planned().filter(due_at__lt=demo).exists()
    assert FollowUp.objects.planned().exists()
    assert not Response.objects.filter(answered_at__lt=F("invitation__invited_at")).exists()
    assert not Response.objects.filter(answered_at__gt=demo).exists()
    for customer in Customer.objects.filter(invitations__isnull=False).prefetch_related("invitations"):
        at = sorted(invitation.invited_at for invitation in customer.invitations.all())
        assert all(later - earlier >= timedelta(days=30) for earlier, later in pairwise(at))
        assert customer.email
    told_no = Response.objects.filter(is_solved=False)
    assert told_no.count() >= 5
    assert Notification.objects.filter(kind=Notification.Kind.NOT_SOLVED).count() == told_no.count()


def test_there_is_something_unread(demo):
    agents = User.objects.filter(role__in=[Role.AGENT, Role.LEAD])

    for user in agents:
        queue = Ticket.objects.visible_to(user).active().for_queue(user)
        assert {ticket.is_unread for ticket in queue} == {True, False}, user
    assert Notification.objects.filter(read_at=None).count() >= 10
    assert Notification.objects.exclude(read_at=None).count() >= 10
