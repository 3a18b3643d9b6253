"""Several workers at once. PostgreSQL only: SQLite lets one writer in at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from cx import follow_ups, observing, surveys
from cx.models import FollowUp, Invitation, Observation, Response, Tagging
from helpdesk.common.errors import Refusal
from helpdesk.people.models import Allowance, Customer, User
from tests import cast as people
from tests import factories
from tests.races.threads import together
from tickets.mail import receiving, sending, storing
from tickets.models import Delivery, Event, EventKind, InboundEmail, OutboxEmail, Ticket

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="races need PostgreSQL"),
]

WORKERS = 6


def at_once(work: Callable[[], Any], *, workers: int = WORKERS) -> list[Any]:
    """The same work in several threads that begin together; what each returned or raised."""

    def run() -> Any:
        try:
            return work()
        except Refusal as refusal:
            return refusal

    return together(*[run] * workers)


@pytest.fixture
def open_ticket(everybody: people.Cast) -> Ticket:
    return factories.a_ticket(everybody.carla, mailbox=everybody.support)


def test_one_mail_stored_by_six_doors_is_one_row_one_ticket_one_acknowledgement(everybody):
    raw = factories.a_mail(message_id="<once@example.com>", sender="New <new@example.com>")

    at_once(lambda: receiving.receive(storing.store(raw, mailbox=everybody.support, source="smtp")[0]))

    assert InboundEmail.objects.count() == Ticket.objects.count() == 1
    assert Delivery.objects.filter(kind="acknowledgement").count() == 1
    assert Customer.objects.by_address("new@example.com").count() == 1


def test_two_first_mails_of_one_person_make_one_customer(everybody):
    at_once(lambda: Customer.writing_from("twin@example.com", name="Twin"))
    assert Customer.objects.by_address("TWIN@example.com").count() == 1


def test_one_event_is_observed_once(open_ticket):
    event = Event.objects.get(kind=EventKind.RECEIVED)
    done = at_once(lambda: observing.observe(Event.objects.get(pk=event.pk)))
    assert done.count(True) == 1
    assert Observation.objects.filter(event=event).count() == 1
    assert Tagging.objects.filter(ticket=open_ticket).count() == 1


def test_one_delivery_leaves_once(open_ticket, everybody):
    open_ticket.reply(by=everybody.ana, text="Hello")
    OutboxEmail.objects.all().delete()
    at_once(sending.send_due)
    assert OutboxEmail.objects.count() == 1
    assert set(Delivery.objects.values_list("state", "attempts")) == {("sent", 1)}


def test_two_agents_who_resolve_leave_one_event(open_ticket, everybody):
    at_once(lambda: Ticket.objects.get(pk=open_ticket.pk).resolve(by=everybody.ana, reason="Done"))
    assert Event.objects.filter(kind=EventKind.RESOLVED).count() == 1


def test_of_two_replies_to_the_same_message_the_second_is_held(open_ticket, everybody):
    seen = open_ticket.messages.latest("pk").pk
    writers = iter([everybody.ana, everybody.lea])

    def answer():
        return Ticket.objects.get(pk=open_ticket.pk).reply(by=next(writers), text="Hi", seen=seen)

    said = at_once(answer, workers=2)
    assert sum(isinstance(each, Refusal) for each in said) == 1
    assert open_ticket.messages.filter(author="agent").count() == 1


def test_taking_back_and_sending_never_both_happen(open_ticket, everybody):
    for _ in range(5):
        OutboxEmail.objects.all().delete()
        taken_back = "Oops" in _race_to_take_back(open_ticket, everybody.ana)
        sending.send_due()
        assert OutboxEmail.objects.filter(address="carla@example.com").count() == (0 if taken_back else 1)


def _race_to_take_back(ticket: Ticket, ana: User) -> list[Any]:
    message = ticket.reply(by=ana, text="Oops", undo_seconds=30)
    Delivery.objects.filter(message=message).update(due_at=timezone.now() + timedelta(milliseconds=40))
    tasks = iter([sending.send_due, lambda: Ticket.objects.get(pk=ticket.pk).take_back(message, by=ana)])
    return at_once(lambda: next(tasks)(), workers=2)


def test_one_follow_up_asks_once(open_ticket, everybody):
    open_ticket.reply(by=everybody.ana, text="Solved", then="resolved")
    observing.observe_missed()
    noon = timezone.now().replace(hour=11)
    FollowUp.objects.update(due_at=min(noon, timezone.now()) - timedelta(days=1))
    follow_ups.in_good_time, kept = (lambda moment, *, zone: moment), follow_ups.in_good_time
    try:
        at_once(follow_ups.send_due)
    finally:
        follow_ups.in_good_time = kept
    assert Invitation.objects.count() == 1
    assert Delivery.objects.filter(kind="survey").count() == 1


def test_not_solved_sent_twice_reopens_once(open_ticket, everybody):
    open_ticket.reply(by=everybody.ana, text="Solved", then="resolved")
    invitation = Invitation.objects.create(kind="csat", customer=everybody.carla, ticket=open_ticket)
    at_once(lambda: surveys.answer(invitation, score=1, is_solved=False, comment="No."))
    assert Response.objects.count() == 1
    assert Event.objects.filter(kind=EventKind.REOPENED).count() == 1
    assert open_ticket.messages.filter(text="No.").count() == 1


def test_a_limit_counts_all_processes_together(everybody):
    hour = timedelta(hours=1)
    took = at_once(lambda: sum(Allowance.take(what="x", who="y", most=20, within=hour) for _ in range(10)))
    assert sum(took) == 20


def test_numbers_are_never_given_twice(everybody):
    numbers = at_once(lambda: [factories.a_ticket(everybody.dora).number for _ in range(5)])
    flat = [number for group in numbers for number in group]
    assert len(set(flat)) == len(flat) == 30


assert connection  # named in the skip condition above
