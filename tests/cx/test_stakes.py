"""What is at stake on a ticket: the harm of the gap, times what the customer has been through."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from cx import observing, stakes, surveys
from cx.models import Invitation, Promise, Response, Stake, Tagging
from cx.stakes import MOST_LEVEL, STEPS, Burden
from tests.factories import a_ticket
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


def weighed(ticket: Ticket) -> Stake:
    stakes.weigh([ticket.pk])
    ticket.refresh_from_db()
    stake = Stake.objects.get(ticket=ticket)
    assert ticket.risk == stake.level
    return stake


def say(ticket: Ticket, *, by: Any, gap: str = "quality", severity: int | None = 3, **values: Any) -> Tagging:
    values = {"journey_stage": "use", "gap_primary": gap, **({"severity": severity} if gap != "none" else {}), **values}
    return Tagging.say(ticket, by=by, **values)


# --- The table -----------------------------------------------------------------------------------------------------

COUNTS = st.fixed_dictionaries({name: st.integers(0, 6) for name in STEPS}).map(Counter)


@given(severity=st.integers(0, 3), counts=COUNTS)
def test_a_level_is_one_to_twelve(severity: int, counts: Counter[str]) -> None:
    assert 1 <= Burden(severity, counts).level <= MOST_LEVEL


@given(severity=st.integers(0, 3), counts=COUNTS, more=st.sampled_from(["severity", *STEPS]))
def test_more_of_anything_never_weighs_less(severity: int, counts: Counter[str], more: str) -> None:
    heavier = Burden(min(3, severity + 1), counts) if more == "severity" else Burden(severity, counts + Counter([more]))

    assert heavier.level >= Burden(severity, counts).level


@given(severity=st.integers(0, 3), counts=COUNTS)
def test_every_reason_that_counts_is_named_and_said(severity: int, counts: Counter[str]) -> None:
    burden = Burden(severity, counts)
    stake = Stake(level=burden.level, reasons=burden.reasons)

    assert len(stakes.in_words(stake)) == len(burden.reasons) == bool(severity) + sum(map(bool, counts.values()))
    assert burden.level == 1 or burden.reasons


# --- What is weighed -----------------------------------------------------------------------------------------------


def test_a_ticket_of_which_nothing_is_known_weighs_least(ticket):
    stake = weighed(ticket)

    assert (stake.level, stake.reasons) == (1, [])


def test_the_severity_of_what_fell_short_counts(ticket, ana):
    say(ticket, by=ana, severity=3)

    assert weighed(ticket).reasons == [["fell_short", 3]]
    assert ticket.risk == 3


@pytest.mark.parametrize("values", [{"gap": "none"}, {"direction": "exceeded", "severity": None}])
def test_what_was_as_expected_or_better_does_not(ticket, ana, values):
    say(ticket, by=ana, **values)

    assert weighed(ticket).reasons == []


def test_where_nobody_said_how_severe_it_is_the_middle_is_taken(ticket, ana):
    say(ticket, by=ana, severity=None)

    assert weighed(ticket).reasons == [["fell_short", 2]]


def test_a_suggestion_counts_when_it_is_sure_and_a_persons_word_above_it(ticket, ana, suggest):
    suggest(ticket, severity=2, gap_confidence=0.4)
    assert weighed(ticket).level == 1

    suggest(ticket, severity=2)
    assert weighed(ticket).level == 2

    say(ticket, by=ana, severity=3)
    assert weighed(ticket).level == 3


def test_earlier_matters_that_fell_short_count_two_at_most(carla, support, ana):
    now = timezone.now()
    earlier = [a_ticket(carla, mailbox=support, at=now - timedelta(days=days)) for days in (200, 40, 30, 20)]
    met = a_ticket(carla, mailbox=support, at=now - timedelta(days=10))
    ticket = a_ticket(carla, mailbox=support)
    later = a_ticket(carla, mailbox=support, at=now + timedelta(minutes=1))
    for each in (*earlier, ticket, later):
        say(each, by=ana, severity=1)
    say(met, by=ana, gap="none")

    stake = weighed(ticket)

    assert stake.reasons == [["fell_short", 1], ["matters", 3]]
    assert stake.level == 3
    assert weighed(earlier[0]).reasons == [["fell_short", 1]]


def test_what_was_merged_into_another_is_no_matter_of_its_own(carla, support, ana):
    merged = a_ticket(carla, mailbox=support, at=timezone.now() - timedelta(days=3))
    ticket = a_ticket(carla, mailbox=support)
    say(merged, by=ana)
    assert weighed(ticket).reasons == [["matters", 1]]

    merged.resolve(by=ana, reason="The same as the other one")
    merged.close()
    Ticket.objects.filter(pk=merged.pk).update(merged_into=ticket)

    assert weighed(ticket).reasons == []


def test_a_broken_promise_counts_on_every_ticket_of_the_customer(carla, support, ana):
    ticket, other = a_ticket(carla, mailbox=support), a_ticket(carla, mailbox=support)
    promise = Promise.make(other, what="A call", due_at=timezone.now() + timedelta(hours=1), by=ana)
    assert weighed(ticket).reasons == []

    Promise.objects.filter(pk=promise.pk).update(state=Promise.State.BROKEN)

    assert weighed(ticket).reasons == weighed(other).reasons == [["promises_broken", 1]]
    assert ticket.risk == 2


def test_a_ticket_that_was_reopened_weighs_more(ticket, ana):
    ticket.reply(by=ana, text="Done.", then="resolved")
    ticket.reopen(by=ana)

    assert weighed(ticket).reasons == [["reopened", 1]]


def test_going_on_after_waiting_is_no_reopening(ticket, ana):
    ticket.wait(by=ana)
    ticket.reopen(by=ana)

    assert weighed(ticket).reasons == []


def test_a_missed_target_counts_and_a_late_promise_not_twice(ticket, ana):
    Promise.make(ticket, what="A call", due_at=timezone.now() + timedelta(minutes=1), by=ana)
    ticket.mark_breaches(now=timezone.now() + timedelta(days=20))

    assert dict(weighed(ticket).reasons)["targets_missed"] == 2  # the first reply and the resolution


@pytest.mark.parametrize(
    ("score", "is_solved", "counts"), [(5, True, False), (5, False, True), (3, None, True), (4, None, False)]
)
def test_not_solved_or_a_low_score_counts(carla, support, ana, score, is_solved, counts):
    asked = a_ticket(carla, mailbox=support)
    ticket = a_ticket(carla, mailbox=support)
    invitation = Invitation.objects.create(kind="csat", customer=carla, ticket=asked)
    surveys.answer(invitation, score=score, is_solved=is_solved)

    assert weighed(ticket).reasons == ([["not_solved", 1]] if counts else [])

    Response.objects.update(answered_at=timezone.now() - timedelta(days=91))
    assert weighed(ticket).reasons == []


def test_an_address_that_anybody_may_have_typed_brings_no_history(carla, support, ana):
    say(a_ticket(carla, mailbox=support, at=timezone.now() - timedelta(days=3)), by=ana)
    ticket = a_ticket(carla, mailbox=support, channel="web")
    assert weighed(ticket).reasons == []

    ticket.confirm_address()

    assert weighed(ticket).reasons == [["matters", 1]]


def test_another_customers_matters_are_not_theirs(ticket, dora, support, ana):
    say(a_ticket(dora, mailbox=support, at=timezone.now() - timedelta(days=3)), by=ana)

    assert weighed(ticket).reasons == []


def test_what_is_done_is_not_weighed(resolved_ticket):
    assert stakes.weigh([resolved_ticket.pk]) == 0
    assert not Stake.objects.exists()


def test_weighing_twice_changes_nothing(ticket, ana):
    say(ticket, by=ana)
    first = weighed(ticket)
    again = weighed(ticket)

    assert (first.level, first.reasons) == (again.level, again.reasons)
    assert Stake.objects.count() == 1


# --- When ----------------------------------------------------------------------------------------------------------


def test_what_happens_to_one_ticket_weighs_the_customers_others(
    carla, support, ana, django_capture_on_commit_callbacks
):
    earlier = a_ticket(carla, mailbox=support, at=timezone.now() - timedelta(days=3))
    ticket = a_ticket(carla, mailbox=support)
    stakes.weigh_waiting()
    say(earlier, by=ana)

    with django_capture_on_commit_callbacks(execute=True):
        observing.observe(earlier.events.get(kind="cx.tagged"))

    ticket.refresh_from_db()
    assert ticket.risk == 2
    assert [reason[0] for reason in ticket.stake.reasons] == ["matters"]


@pytest.mark.parametrize("kind", ["cx.tagged", "cx.untagged", "message.received", "ticket.reopened", "sla.breached",
                                  "cx.promise_settled", "cx.answered_survey"])  # fmt: skip
def test_every_event_that_may_change_it_weighs_anew(kind):
    assert stakes.weigh_anew in observing.REACTIONS[kind]


def test_a_process_that_ends_between_change_and_weighing_loses_nothing(ticket, ana):
    stakes.weigh_waiting()
    say(ticket, by=ana)
    observing.observe(ticket.events.get(kind="cx.tagged"))  # after the commit nobody was left
    assert not Stake.objects.filter(ticket=ticket).exists()

    assert stakes.weigh_waiting() == 1

    ticket.refresh_from_db()
    assert ticket.risk == 3


def test_the_timetable_weighs_what_nobody_weighed_and_what_is_a_day_old(carla, support):
    tickets = [a_ticket(carla, mailbox=support) for _ in range(5)]

    assert [stakes.weigh_waiting(limit=3), stakes.weigh_waiting(limit=3), stakes.weigh_waiting(limit=3)] == [3, 2, 0]

    Stake.objects.filter(ticket=tickets[0]).update(weighed_at=timezone.now() - timedelta(days=2))
    assert stakes.weigh_waiting() == 1


def test_fifty_tickets_cost_no_more_queries_than_one(carla, support, ana):
    def queries(number: int) -> int:
        tickets = [a_ticket(carla, mailbox=support) for _ in range(number)]
        with CaptureQueriesContext(
            connection,
        ) as ran:
            stakes.weigh([ticket.pk for ticket in tickets])
        return len([query for query in ran if not query["sql"].startswith(("UPDATE", "SAVEPOINT", "RELEASE"))])

    few = queries(1)
    assert few <= 10
    assert queries(30) <= few + 1  # SQLite writes many rows in several statements


# --- In words ------------------------------------------------------------------------------------------------------


def test_it_is_said_in_words():
    stake = Stake(level=12, reasons=[["fell_short", 3], ["matters", 2], ["promises_broken", 1], ["reopened", 2]])

    assert stakes.in_words(stake) == [
        "fell short, severity 3", "third matter in 90 days", "a promise was broken", "it was reopened 2 times",
    ]  # fmt: skip


def test_a_reason_of_tomorrow_is_left_out_today():
    assert stakes.in_words(Stake(level=2, reasons=[["something_new", 1]])) == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_step_has_words(language):
    with translation.override(language):
        for number in (1, 2, 7):
            said = stakes.in_words(Stake(level=2, reasons=[[name, number] for name in ("fell_short", *STEPS)]))
            assert len(said) == 1 + len(STEPS)
