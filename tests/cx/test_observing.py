from __future__ import annotations

import pytest

from cx import observing
from cx.models import FollowUp, Observation, Tagging
from tickets.models import Event, EventKind

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


@pytest.fixture
def received(ticket) -> Event:
    return ticket.events.get(kind=EventKind.RECEIVED)


def test_a_customers_message_is_tagged_once_however_often_the_bell_rings(received):
    assert observing.observe(received)
    assert not observing.observe(received)
    assert observing.observe_missed() == 0
    assert Tagging.objects.filter(ticket=received.ticket).count() == 1


def test_an_event_whose_bell_nobody_heard_is_found(received):
    assert observing.observe_missed() == 1
    assert Tagging.objects.current().get(ticket=received.ticket).evidence is not None


def test_reactions_and_receipt_are_one(received, monkeypatch):
    monkeypatch.setitem(observing.REACTIONS, EventKind.RECEIVED, (observing.follow_ups.drop_planned, _fail))

    assert not observing.observe(received)

    receipt = Observation.objects.get(event=received)
    assert receipt.done_at is None
    assert "broken on purpose" in receipt.error
    assert not Tagging.objects.exists()


def test_a_poisoned_event_is_left_alone_after_five_attempts(received, monkeypatch):
    calls = []
    monkeypatch.setitem(observing.REACTIONS, EventKind.RECEIVED, (lambda e: calls.append(e) or _fail(e),))
    for _ in range(8):
        observing.observe_missed()
        Observation.objects.update(tried_at="2020-01-01T00:00Z")
    assert len(calls) == observing.MOST_ATTEMPTS


def test_resolving_plans_one_question_in_three_days(resolved_ticket, settle):
    settle()
    settle()
    follow_up = FollowUp.objects.get(ticket=resolved_ticket)
    assert follow_up.state == "planned"
    assert (follow_up.due_at - resolved_ticket.resolved_at).days in (3, 4)  # moved into waking hours


def test_a_customer_who_writes_again_is_not_asked(resolved_ticket, settle, carla):
    settle()
    resolved_ticket.receive(text="Still wrong", customer=carla, channel="email")
    settle()
    assert FollowUp.objects.get(ticket=resolved_ticket).state == "dropped"


def test_a_person_s_word_stands_over_a_later_suggestion(ticket, ana, settle, carla):
    settle()
    Tagging.confirm(ticket, by=ana)
    ticket.receive(text="And the technician was rude, too.", customer=carla, channel="email")
    settle()
    current = Tagging.objects.current().get(ticket=ticket)
    assert current.tagged_by == ana
    assert Tagging.objects.filter(ticket=ticket, source="model").count() == 2


def _fail(_event: Event) -> None:
    raise RuntimeError("broken on purpose")
