"""What a ticket proves by itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from cx import signals, suggesting
from cx.models import Promise, Tagging
from tests.factories import a_ticket
from tickets.models import Target, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


def kinds(ticket: Ticket, **options: Any) -> list[str]:
    return [signal.kind for signal in signals.signals_of(ticket, **options)]


def test_a_new_ticket_proves_nothing(carla):
    assert kinds(a_ticket(carla)) == []


def test_a_reply_that_did_not_come_in_time(carla):
    ticket = a_ticket(carla)
    due = ticket.targets.get(kind=Target.Kind.FIRST_REPLY).due_at
    (signal,) = signals.signals_of(ticket, now=due + timedelta(days=2))
    assert (signal.kind, signal.amount) == ("reply_late", pytest.approx(48))
    assert signals.in_words(signal.as_dict()) == "a reply was 2 days late"
    with translation.override("es"):
        assert "2 días" in signals.in_words(signal.as_dict())


def test_a_reply_in_time_proves_nothing_later(ana, carla):
    ticket = a_ticket(carla)
    ticket.reply(by=ana, text="Here it is.", then="resolved")
    assert kinds(ticket, now=timezone.now() + timedelta(days=9)) == []


def test_what_else_it_shows(ana, carla, cast):
    carla.customer_since = date.today() - timedelta(days=12)
    carla.save()
    ticket = a_ticket(carla, topic="purchase", expected="A modem that works", team=cast.billing)
    for n in range(2):
        ticket.receive(text=f"Still nothing, {n}.", customer=carla, channel="email")
    promise = Promise.make(ticket, what="A call at noon", due_at=timezone.now() + timedelta(hours=1), by=ana)
    Promise.objects.filter(pk=promise.pk).update(state=Promise.State.BROKEN)
    found = {signal.kind: signal for signal in signals.signals_of(ticket)}
    assert set(found) == {"promise_missed", "contacts", "new_customer", "topic", "expected"}
    said = [signals.in_words(signal.as_dict()) for signal in found.values()]
    assert all(said)
    assert "“A call at noon” was promised and not kept" in said
    assert "they wrote 3 times" in said


def test_a_suggestion_names_what_the_ticket_shows(carla):
    ticket = a_ticket(carla, topic="purchase")
    tagging = suggesting.suggest(ticket)
    assert tagging is not None
    assert [signal["kind"] for signal in tagging.signals] == ["topic"]


def test_a_reading_that_changes_nothing_is_not_kept_again(carla):
    ticket = a_ticket(carla)
    assert suggesting.suggest(ticket) == suggesting.suggest(ticket)
    assert Tagging.objects.filter(ticket=ticket).count() == 1


def test_what_changes_the_picture_is_a_new_suggestion(ana, carla):
    ticket = a_ticket(carla, subject="Opening hours", text="When do you open on Saturdays?")
    before = suggesting.suggest(ticket)
    ticket.receive(
        text="Third time I ask. Disgraceful: nobody answers, I cancel today!", customer=carla, channel="email"
    )
    after = suggesting.suggest(ticket)
    assert before is not None
    assert after is not None
    assert after.pk != before.pk
    assert after.is_current
    assert (before.direction, after.direction) == ("met", "below")


def test_a_persons_word_stands_whatever_the_ticket_shows_later(ana, carla):
    ticket = a_ticket(carla)
    suggesting.suggest(ticket)
    said = Tagging.say(ticket, by=ana, journey_stage="use", gap_primary="quality", direction="below", severity=2)
    later = suggesting.suggest(Ticket.objects.get(pk=ticket.pk))
    ticket.receive(text="Hours: when do you open?", customer=carla, channel="email")
    suggesting.suggest(ticket)
    assert Tagging.objects.current().get(ticket=ticket) == said
    assert later is not None
    assert not later.is_current
    assert said.sources["gap_primary"] == "person"
    assert said.sources["sentiment"] == "model"
