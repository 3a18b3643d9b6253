from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk.common.errors import Refusal
from tests import factories
from tickets.models import Delivery, EventKind, Status, Target, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


def test_a_mail_becomes_a_ticket_with_a_number_and_an_acknowledgement(deliver, support):
    inbound = deliver(factories.a_mail(subject="Router dead"))

    ticket = inbound.ticket
    assert inbound.outcome == "ticket_created"
    assert ticket.number > 10_000
    assert ticket.subject == "Router dead"
    assert ticket.requester.email == "carla@example.com"
    assert ticket.due_next_kind == Target.Kind.FIRST_REPLY
    assert [d.kind for d in ticket.deliveries.all()] == ["acknowledgement"]


def test_the_same_mail_twice_is_one_ticket(deliver):
    raw = factories.a_mail(message_id="<one@example.com>")

    first, second = deliver(raw), deliver(raw)

    assert first.pk == second.pk
    assert Ticket.objects.count() == 1


def test_two_mails_with_one_message_id_are_both_kept(deliver):
    deliver(factories.a_mail(message_id="<one@example.com>", text="First"))
    deliver(factories.a_mail(message_id="<one@example.com>", text="Second, and different"))

    texts = sorted(t.messages.filter(author="customer").get().text for t in Ticket.objects.all())
    assert texts == ["First", "Second, and different"]


def test_an_answer_by_mail_lands_in_the_ticket_and_reopens_it(resolved_ticket, deliver):
    message = resolved_ticket.messages.get(author="agent")

    inbound = deliver(factories.a_mail(text="Still wrong.", in_reply_to=f"<{message.rfc_id}>"))

    resolved_ticket.refresh_from_db()
    assert inbound.outcome == "reply_added"
    assert inbound.ticket == resolved_ticket
    assert resolved_ticket.is_open
    assert resolved_ticket.events.filter(kind=EventKind.REOPENED).count() == 1


def test_nothing_is_resolved_without_an_answer_or_a_reason(ticket, ana):
    with pytest.raises(Refusal):
        ticket.resolve(by=ana)
    assert ticket.resolve(by=ana, reason="They called and it is mended.")
    assert not ticket.resolve(by=ana, reason="Again")
    assert ticket.events.filter(kind=EventKind.RESOLVED).count() == 1


def test_a_reply_meets_the_target_and_waiting_stops_the_resolution_clock(ticket, ana):
    ticket.reply(by=ana, text="We are looking.", then=Status.WAITING)

    assert not ticket.has_due_time
    assert ticket.targets.get(kind="first_reply").met_at
    assert ticket.targets.get(kind="resolution").paused_at


def test_a_reply_can_be_taken_back_until_it_leaves(ticket, ana):
    before = ticket.due_next_at
    message = ticket.reply(by=ana, text="Oops", undo_seconds=30, then=Status.RESOLVED)

    assert ticket.take_back(message, by=ana) == "Oops"

    ticket.refresh_from_db()
    assert ticket.is_open
    assert not ticket.has_public_reply
    assert ticket.due_next_at == before
    assert not Delivery.objects.filter(state="pending", kind="message").exists()


def test_ben_of_another_team_sees_nothing(ticket, ana, ben, olu, gus):
    assert list(Ticket.objects.visible_to(ana)) == [ticket]
    assert list(Ticket.objects.visible_to(olu)) == [ticket]
    assert not Ticket.objects.visible_to(ben).exists()
    assert not Ticket.objects.visible_to(gus).exists()


def test_a_snoozed_ticket_wakes_and_the_clock_ran_on(ticket, ana):
    due = ticket.due_next_at
    ticket.snooze(until=timezone.now() + timedelta(hours=1), by=ana)
    assert ticket.due_next_at == due
    ticket.wake()
    assert ticket.is_open


def test_taking_back_a_word_after_the_end_leaves_the_ticket_resolved(resolved_ticket, ana):
    message = resolved_ticket.reply(by=ana, text="One more thing", undo_seconds=30)
    resolved_ticket.take_back(message, by=ana)
    assert resolved_ticket.status == Status.RESOLVED


def test_taking_back_leaves_what_the_customer_wrote_meanwhile(ticket, ana, carla):
    message = ticket.reply(by=ana, text="Which month?", undo_seconds=30, then=Status.WAITING)
    ticket.receive(text="September", customer=carla, channel="email")
    ticket.take_back(message, by=ana)
    assert ticket.is_open
    assert ticket.targets.unsettled().get(kind__in=["first_reply", "next_reply"]).kind == Target.Kind.FIRST_REPLY
