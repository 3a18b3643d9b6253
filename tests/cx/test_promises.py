from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from cx import promises
from cx.models import Promise
from helpdesk.common.errors import Refusal
from tickets.models import EventKind, OutboxEmail

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]

FRIDAY_SIX = "2026-11-27T18:00:00+01:00"


@pytest.fixture
def promise(ticket, ana):
    """Ana promises the money by Friday at six."""
    with time_machine.travel("2026-11-23T10:00:00+01:00", tick=False):
        ticket.reply(by=ana, text="You have the money by Friday at six.", then="waiting")
        yield Promise.make(ticket, what="the money", due_at=timezone.datetime.fromisoformat(FRIDAY_SIX), by=ana)


def test_a_promise_sets_the_due_time_of_its_ticket(promise, ticket):
    ticket.refresh_from_db()
    assert ticket.due_next_kind == "promise"
    assert ticket.due_next_at == promise.due_at


@pytest.mark.parametrize(
    ("done_at", "state"),
    [("2026-11-27T18:00:00+01:00", "kept"), ("2026-11-27T18:00:01+01:00", "kept_late")],
)
def test_kept_to_the_second(promise, ana, done_at, state):
    with time_machine.travel(done_at, tick=False):
        assert promise.keep(by=ana)
        assert not promise.keep(by=ana)
    promise.refresh_from_db()
    promise.ticket.refresh_from_db()
    assert promise.state == state
    assert not promise.ticket.has_due_time
    assert promise.ticket.events.filter(kind=EventKind.PROMISE_SETTLED).count() == 1


def test_a_promise_breaks_by_itself_once_and_can_still_be_kept_late(promise, ana):
    assert promises.mark_broken() == 0
    with time_machine.travel("2026-11-27T18:01:00+01:00", tick=False):
        assert promises.mark_broken() == 1
        assert promises.mark_broken() == 0
        promise.refresh_from_db()
        assert promise.state == "broken"
        promise.keep(by=ana)
    promise.refresh_from_db()
    assert promise.state == "kept_late"


def test_nothing_is_promised_for_yesterday_or_without_words(ticket, ana):
    with pytest.raises(Refusal):
        Promise.make(ticket, what="the money", due_at=timezone.now() - timedelta(seconds=1), by=ana)
    with pytest.raises(Refusal):
        Promise.make(ticket, what="  ", due_at=timezone.now() + timedelta(days=1), by=ana)
    assert not Promise.objects.exists()


def test_the_customer_reads_what_was_promised_below_the_next_reply(promise, ticket, ana, settle):
    ticket.reply(by=ana, text="It is on its way.")
    settle()
    mail = OutboxEmail.objects.order_by("pk").last()
    assert b"What we promised you" in bytes(mail.raw)
    assert b"the money" in bytes(mail.raw)
