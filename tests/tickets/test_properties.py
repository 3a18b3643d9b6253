"""Whatever people do to a ticket, in whatever order: what must never be false is not."""

from __future__ import annotations

import contextlib
import os
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from helpdesk.common.errors import Refusal
from tests import cast as people
from tests import factories
from tickets.models import FAR, EventKind, Status, Ticket

pytestmark = pytest.mark.django_db

FULL = os.environ.get("TEST_SIZE") == "full"
VERBS = st.sampled_from(
    [
        "receive", "machine", "reply", "reply_wait", "reply_resolve", "note", "resolve", "resolve_reason", "reopen",
        "wait", "snooze", "wake", "close", "assign", "unassign", "urgent", "take_back",
    ]
)  # fmt: skip


@settings(
    max_examples=300 if FULL else 25,
    stateful_step_count=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(VERBS, min_size=1, max_size=14))
@example(["resolve_reason", "close", "take_back"])
def test_a_ticket_is_always_answered_or_explained_and_always_due(transactional_or_not, verbs):
    cast = transactional_or_not
    ticket = factories.a_ticket(cast.carla, mailbox=cast.support)
    for verb in verbs:
        with contextlib.suppress(Refusal):
            _do(verb, ticket, cast)
        _check(Ticket.objects.get(pk=ticket.pk))


@pytest.fixture
def transactional_or_not(cast: people.Cast) -> people.Cast:
    return cast


def _do(verb: str, ticket: Ticket, cast: people.Cast) -> None:
    ana = cast.ana
    actions = {
        "receive": lambda: ticket.receive(text="More", customer=cast.carla, channel="email"),
        "machine": lambda: ticket.receive(text="Away", customer=cast.carla, channel="email", is_auto=True),
        "reply": lambda: ticket.reply(by=ana, text="Hello"),
        "reply_wait": lambda: ticket.reply(by=ana, text="Which?", then=Status.WAITING),
        "reply_resolve": lambda: ticket.reply(by=ana, text="Done", then=Status.RESOLVED),
        "note": lambda: ticket.add_note(by=ana, text="Hm"),
        "resolve": lambda: ticket.resolve(by=ana),
        "resolve_reason": lambda: ticket.resolve(by=ana, reason="By phone"),
        "reopen": lambda: ticket.reopen(by=ana),
        "wait": lambda: ticket.wait(by=ana),
        "snooze": lambda: ticket.snooze(until=timezone.now() + timedelta(hours=3), by=ana),
        "wake": lambda: ticket.wake(by=ana),
        "close": lambda: ticket.close(),
        "assign": lambda: ticket.assign(to=ana, by=cast.lea),
        "unassign": lambda: ticket.unassign(by=ana),
        "urgent": lambda: ticket.prioritise(priority="urgent", by=ana),
        "take_back": lambda: _take_back(ticket, cast),
    }
    actions[verb]()


def _take_back(ticket: Ticket, cast: people.Cast) -> None:
    message = ticket.reply(by=cast.ana, text="Oops", undo_seconds=60, then=Status.RESOLVED)
    ticket.take_back(message, by=cast.ana)


def _check(ticket: Ticket) -> None:
    targets = ticket.targets.unsettled()
    replies = targets.filter(kind__in=["first_reply", "next_reply"])
    if ticket.is_done:
        assert ticket.has_public_reply or ticket.resolution_reason  # duty: nobody's matter ends in silence
        assert ticket.resolved_at
        assert not targets.exists()
        assert ticket.due_next_at == FAR
    else:
        assert targets.filter(kind="resolution").count() == 1
        nearest = ticket.targets.running().order_by("due_at").first()
        assert ticket.due_next_at == (nearest.due_at if nearest else FAR)
    if ticket.is_open or ticket.status == Status.SNOOZED:
        assert ticket.has_due_time  # what is open never falls out of the queue's order
    if Ticket.objects.unanswered().filter(pk=ticket.pk).exists() and ticket.is_open:
        assert replies.exists() or ticket.events.filter(kind=EventKind.REOPENED).exists()
    assert replies.count() <= 1
    assert (ticket.status == Status.SNOOZED) == (ticket.snoozed_until is not None)


class TestNextReply:
    """Every turn has its clock, not only the first."""

    def test_each_customer_message_that_waits_starts_one(self, ticket, ana, carla):
        ticket.reply(by=ana, text="Which month?")
        assert not ticket.targets.unsettled().filter(kind="next_reply").exists()
        ticket.receive(text="September", customer=carla, channel="email")
        ticket.receive(text="And August", customer=carla, channel="email")
        waiting = ticket.targets.unsettled().get(kind="next_reply")
        assert ticket.due_next_at == waiting.due_at
        ticket.reply(by=ana, text="Thank you")
        waiting.refresh_from_db()
        assert waiting.met_at

    def test_an_automatic_message_meets_no_target(self, ticket):
        ticket.announce(kind="acknowledgement", text="We have it")
        assert ticket.targets.unsettled().filter(kind="first_reply").exists()

    def test_a_missed_target_is_recorded_once(self, ticket):
        late = timezone.now() + timedelta(days=30)
        assert ticket.mark_breaches(now=late) == 2
        assert ticket.mark_breaches(now=late) == 0
        assert ticket.events.filter(kind=EventKind.BREACHED).count() == 2


def test_a_ticket_works_while_nobody_has_tagged_it(ticket, ana, as_user):
    """Service does not wait for experience: no tagging exists, and everything goes on."""
    ticket.reply(by=ana, text="Done", then="resolved")
    page = as_user(ana).get(f"/tickets/{ticket.number}/")
    assert page.status_code == 200
    assert not ticket.taggings.exists()
