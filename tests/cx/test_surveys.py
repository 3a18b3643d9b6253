from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from cx import follow_ups, surveys
from cx.models import FollowUp, Invitation, Response
from helpdesk.common.errors import Refusal
from tests import factories
from tickets import closing
from tickets.models import Message, Notification, OutboxEmail, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


@pytest.fixture
def asked(resolved_ticket, settle):
    """Carla was asked, days after her ticket was resolved."""
    settle()
    follow_up = FollowUp.objects.get()
    with time_machine.travel(follow_up.due_at + timedelta(minutes=1), tick=False):
        assert follow_ups.send_due() == 1
        yield Invitation.objects.get()


def test_the_question_goes_out_once_and_by_mail(asked, settle):
    assert follow_ups.send_due() == 0
    settle()
    mail = OutboxEmail.objects.filter(subject__icontains="solved").get()
    assert b"List-Unsubscribe" in bytes(mail.raw)
    assert mail.address == "carla@example.com"


def test_nobody_is_asked_while_another_ticket_of_theirs_is_open(resolved_ticket, settle, carla, support):
    settle()
    factories.a_ticket(carla, mailbox=support)
    with time_machine.travel(FollowUp.objects.get().due_at + timedelta(minutes=1)):
        follow_ups.send_due()
    follow_up = FollowUp.objects.get(ticket=resolved_ticket)
    assert (follow_up.state, follow_up.reason) == ("dropped", "Another ticket of theirs is still open")


def test_nobody_is_asked_twice_within_30_days_nor_after_saying_stop(asked, carla):
    ticket = asked.ticket
    assert surveys.reason_not_to_ask(ticket, now=timezone.now() + timedelta(days=29)).startswith("Asked within")
    assert surveys.reason_not_to_ask(ticket, now=timezone.now() + timedelta(days=31)) == ""
    carla.refuse_surveys()
    ticket.requester.refresh_from_db()
    assert surveys.reason_not_to_ask(ticket, now=timezone.now() + timedelta(days=31)).startswith("They asked")


def test_questions_wait_for_the_morning(resolved_ticket, settle):
    settle()
    FollowUp.objects.update(due_at="2026-11-24T02:00+01:00")
    with time_machine.travel("2026-11-24T02:05+01:00"):
        assert follow_ups.send_due() == 0
        due = FollowUp.objects.get().due_at
    assert due.astimezone(resolved_ticket.requester.tickets.first() and follow_ups.zone_of(resolved_ticket)).hour == 9


def test_not_solved_reopens_and_tells_the_agent_by_page_and_mail(asked, ana, settle):
    surveys.answer(asked, score=2, is_solved=False, comment="The money never came.")
    surveys.answer(asked, score=1, is_solved=False, comment="The money never came.")  # sent twice

    ticket = Ticket.objects.get(pk=asked.ticket_id)
    assert ticket.is_open
    assert Message.objects.filter(ticket=ticket, text="The money never came.").count() == 1
    assert Notification.objects.filter(user=ana, kind="not_solved").count() == 1
    settle()
    assert OutboxEmail.objects.filter(address=ana.email).count() == 1
    assert Response.objects.get().score == 1


def test_an_answer_can_change_for_14_days_and_a_click_never_replaces_it(asked):
    surveys.answer(asked, score=5, is_solved=True)
    surveys.answer(asked, score=1, is_final=False)
    assert Response.objects.get().score == 5
    surveys.answer(asked, score=4, is_solved=True)
    assert Response.objects.get().score == 4
    with time_machine.travel(timezone.now() + timedelta(days=15)), pytest.raises(Refusal):
        surveys.answer(asked, score=2)


@pytest.mark.parametrize("score", [0, 6, -1, 11])
def test_a_score_off_the_scale_is_refused(asked, score):
    with pytest.raises(Refusal):
        surveys.answer(asked, score=score)
    assert not Response.objects.exists()


def test_a_click_counts_after_a_day_when_nothing_follows(asked):
    surveys.answer(asked, score=3, is_final=False)
    assert not Response.objects.counted().exists()
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert Response.objects.counted().exists()


def test_a_ticket_closes_only_after_its_survey_link_has_ended(asked):
    invited = asked.invited_at
    with time_machine.travel(invited + timedelta(days=29)):
        assert closing.close_due() == 0
    with time_machine.travel(invited + timedelta(days=31)):
        assert closing.close_due() == 1
        assert closing.close_due() == 0
