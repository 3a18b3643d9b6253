"""What a report counts of tickets alone: periods, volume, targets, waiting times, what is left."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.people.models import Customer, User
from tests.cast import Cast
from tests.factories import a_ticket
from tickets import reports
from tickets.models import Ticket
from tickets.periods import Period
from tickets.reports import Backlog, Met, Scope, Volume
from tickets.sla.clock import Calendar
from tickets.sla.ruler import Ruler

pytestmark = pytest.mark.data_layer

MADRID = zoneinfo.ZoneInfo("Europe/Madrid")
# A Monday at 09:00 in Madrid, when the company opens.
MONDAY = datetime(2026, 9, 7, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
PERIOD = Period(date(2026, 9, 7), date(2026, 9, 13), MADRID)


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(MONDAY, tick=False) as travelled:
        yield travelled


@pytest.fixture
def scope(mia: User) -> Scope:
    return Scope(viewer=mia, period=PERIOD)


# --- Periods -----------------------------------------------------------------------------------------------------


def test_the_last_days_end_today_where_the_company_is() -> None:
    at = datetime(2026, 9, 16, 22, 30, tzinfo=UTC)  # already the 17th in Madrid

    found = Period.last_days(7, zone=MADRID, now=at)

    assert (found.first, found.last, found.days) == (date(2026, 9, 11), date(2026, 9, 17), 7)
    assert found.holds(at)


def test_the_previous_period_has_as_many_days_and_ends_where_this_one_begins() -> None:
    assert PERIOD.previous == Period(date(2026, 8, 31), date(2026, 9, 6), MADRID)
    assert PERIOD.previous.end == PERIOD.start


@pytest.mark.parametrize(
    "day, length", [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 9, 7), 24)]
)  # fmt: skip
def test_a_day_lasts_from_midnight_to_midnight_also_when_clocks_change(day: date, length: int) -> None:
    found = Period(day, day, MADRID)
    assert found.end - found.start == timedelta(hours=length)


def test_where_clocks_skip_midnight_the_day_begins_at_its_first_moment() -> None:
    found = Period(date(2026, 9, 6), date(2026, 9, 6), zoneinfo.ZoneInfo("America/Santiago"))
    assert found.start == datetime(2026, 9, 6, 4, tzinfo=UTC)  # 24:00 became 01:00
    assert found.end - found.start == timedelta(hours=23)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError):
        Period(date(2026, 9, 2), date(2026, 9, 1), MADRID)


# --- Business time, measured often -------------------------------------------------------------------------------

HOURS = Calendar(
    MADRID,
    {0: ((time(9), time(13, 30)), (time(15), time(18))), 1: ((time(9), time(18)),), 4: ((time(22), time.max),)},
    frozenset({date(2026, 10, 26)}),
)
moments = st.datetimes(datetime(2026, 10, 10), datetime(2026, 11, 10), timezones=st.just(UTC))


@given(moments, moments)
def test_the_ruler_measures_what_the_calendar_counts(one: datetime, other: datetime) -> None:
    ruler = Ruler(HOURS, start=datetime(2026, 10, 10, tzinfo=UTC), end=datetime(2026, 11, 10, tzinfo=UTC))

    assert ruler.between(one.timestamp(), other.timestamp()) == pytest.approx(
        HOURS.between(one, other).total_seconds(), abs=1e-3
    )


def test_without_working_hours_all_time_is_working_time() -> None:
    ruler = Ruler(Calendar(MADRID, {}), start=MONDAY, end=MONDAY + HOUR)
    assert ruler.between(MONDAY.timestamp(), MONDAY.timestamp() + 5000) == 5000


# --- Volume ------------------------------------------------------------------------------------------------------


def test_volume_by_channel_now_and_before(carla: Customer, scope: Scope) -> None:
    for channel, at in (
        ("email", PERIOD.start), ("email", PERIOD.end - timedelta(microseconds=1)), ("phone", PERIOD.end),
        ("phone", MONDAY), ("web", PERIOD.start - timedelta(microseconds=1)), ("web", PERIOD.previous.start - HOUR),
    ):  # fmt: skip
        a_ticket(carla, channel=channel, at=at)

    assert reports.volume(scope) == [Volume("email", 2, 0), Volume("phone", 1, 0), Volume("web", 0, 1)]


def test_nobody_counts_what_they_may_not_see(cast: Cast, ben: User, gus: User, mia: User) -> None:
    a_ticket(cast.carla, at=MONDAY, team=cast.billing)
    a_ticket(cast.carla, at=MONDAY, team=cast.installations)

    def counted(viewer: User) -> int:
        return sum(each.now for each in reports.volume(Scope(viewer=viewer, period=PERIOD)))

    assert (counted(mia), counted(gus), counted(ben)) == (2, 2, 1)
    assert not Scope(viewer=gus, period=PERIOD).sees_lists


# --- Targets -----------------------------------------------------------------------------------------------------


def test_a_first_reply_is_met_missed_running_or_no_longer_asked_for(
    carla: Customer, ana: User, scope: Scope, clock: time_machine.Coordinates
) -> None:
    in_time, late, unanswered, needless = (a_ticket(carla) for _ in range(4))
    clock.shift(HOUR)
    in_time.reply(by=ana, text="Done.")
    needless.resolve(by=ana, reason="A duplicate")
    assert reports.targets(scope)["first_reply"][0] == Met(met=1, missed=0, running=2)

    clock.shift(timedelta(days=2))
    late.reply(by=ana, text="Sorry, done.")

    found = reports.targets(scope)["first_reply"][0]
    assert found == Met(met=1, missed=2, running=0)
    assert found.decided == 3
    assert set(reports.with_late_first_reply(scope)) == {late, unanswered}


def test_an_automatic_answer_meets_no_target(
    carla: Customer, scope: Scope, clock: time_machine.Coordinates
) -> None:  # fmt: skip
    a_ticket(carla).announce(kind="acknowledgement", text="We have it.")

    assert reports.targets(scope)["first_reply"][0].met == 0


def test_a_resolution_that_waits_for_the_customer_is_not_missed(
    carla: Customer, ana: User, scope: Scope, clock: time_machine.Coordinates
) -> None:
    a_ticket(carla).reply(by=ana, text="Which bill?", then="waiting")
    clock.shift(timedelta(days=30))

    assert reports.targets(scope)["resolution"][0] == Met(met=0, missed=0, running=1)


def test_targets_of_the_period_before_stand_apart(
    carla: Customer, ana: User, scope: Scope, clock: time_machine.Coordinates
) -> None:
    clock.move_to(MONDAY - timedelta(days=7))
    a_ticket(carla).reply(by=ana, text="Done.")

    assert reports.targets(scope)["first_reply"] == (Met(), Met(met=1))


# --- Times -------------------------------------------------------------------------------------------------------


def hours(seconds: list[float]) -> list[float]:
    return [round(each / 3600, 3) for each in seconds]


def test_times_by_both_clocks(
    carla: Customer, ana: User, scope: Scope, clock: time_machine.Coordinates
) -> None:  # fmt: skip
    ticket = a_ticket(carla, at=MONDAY + timedelta(hours=8))  # Monday 17:00
    clock.move_to(MONDAY + timedelta(hours=26))  # Tuesday 11:00
    ticket.reply(by=ana, text="Done.", then="resolved")

    found = reports.durations(scope, arrived=1)

    assert hours(found.first_reply.ended) == [3]
    assert hours(found.first_reply_by_calendar.ended) == [18]
    assert hours(found.resolution.ended) == [3]
    assert found.first_reply.so_far == []


def test_waiting_for_the_customer_stops_the_resolution_but_not_the_first_reply(
    carla: Customer, ana: User, scope: Scope, clock: time_machine.Coordinates
) -> None:
    ticket = a_ticket(carla)
    clock.shift(2 * HOUR)
    ticket.reply(by=ana, text="Which bill?", then="waiting")  # 11:00
    clock.shift(3 * HOUR)
    ticket.receive(text="I am away.", customer=carla, channel="email", is_auto=True)  # ends no waiting
    clock.shift(HOUR)
    ticket.receive(text="September's.", customer=carla, channel="email")  # 15:00
    clock.shift(HOUR)
    ticket.reply(by=ana, text="Done.", then="resolved")  # 16:00

    found = reports.durations(scope, arrived=1)

    assert hours(found.first_reply.ended) == [2]
    assert hours(found.resolution.ended) == [3]
    assert hours(found.resolution_by_calendar.ended) == [3]


def test_what_waits_now_has_stopped_its_clock(
    carla: Customer, ana: User, scope: Scope, clock: time_machine.Coordinates
) -> None:  # fmt: skip
    ticket = a_ticket(carla)
    clock.shift(HOUR)
    ticket.reply(by=ana, text="Which bill?", then="waiting")
    clock.shift(timedelta(days=2))

    found = reports.durations(scope, arrived=1)

    assert hours(found.resolution.so_far) == [1]
    assert found.resolution.ended == []


def test_reopening_extends_the_resolution(
    carla: Customer, ana: User, scope: Scope, clock: time_machine.Coordinates
) -> None:  # fmt: skip
    ticket = a_ticket(carla)
    clock.shift(HOUR)
    ticket.reply(by=ana, text="Done.", then="resolved")
    clock.shift(HOUR)
    ticket.reopen(by=ana)
    clock.shift(HOUR)
    ticket.resolve(by=ana)

    assert hours(reports.durations(scope, arrived=1).resolution.ended) == [3]


def test_open_ones_stand_beside_with_the_time_so_far(
    carla: Customer, scope: Scope, clock: time_machine.Coordinates
) -> None:  # fmt: skip
    a_ticket(carla)
    clock.shift(4 * HOUR)

    found = reports.durations(scope, arrived=1)

    assert hours(found.first_reply.so_far) == [4]
    assert found.first_reply.open_share == 1


def test_what_needed_no_reply_has_no_time_to_a_first_reply(
    carla: Customer, ana: User, scope: Scope, clock: time_machine.Coordinates
) -> None:
    ticket = a_ticket(carla)
    clock.shift(HOUR)
    ticket.resolve(by=ana, reason="Spam")

    found = reports.durations(scope, arrived=1)

    assert found.needed_no_reply == 1
    assert (found.first_reply.ended, found.first_reply.so_far) == ([], [])
    assert hours(found.resolution.ended) == [1]


def test_of_very_many_an_even_part_is_timed(
    carla: Customer, scope: Scope, clock: time_machine.Coordinates, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(9):
        a_ticket(carla)
    monkeypatch.setattr(reports, "MOST_TIMED", 3)

    found = reports.durations(scope, arrived=9)

    assert found.every == 3
    assert len(found.resolution.so_far) == 3


# --- What is left ------------------------------------------------------------------------------------------------


def test_the_backlog_by_status_and_who_waits_for_us(
    carla: Customer, ana: User, scope: Scope, clock: time_machine.Coordinates
) -> None:
    oldest = a_ticket(carla, at=MONDAY - timedelta(days=90))
    a_ticket(carla).reply(by=ana, text="Which bill?", then="waiting")
    a_ticket(carla).snooze(until=MONDAY + timedelta(days=9), by=ana)
    a_ticket(carla).reply(by=ana, text="Done.", then="resolved")
    clock.shift(HOUR)

    assert reports.backlog(scope) == Backlog(
        open=1, waiting=1, snoozed=1, unanswered=2, overdue=1, oldest_at=oldest.created_at, resolved=1
    )
    assert reports.backlog(scope).all == 3
    assert set(reports.still_open(scope)) == set(Ticket.objects.active().exclude(pk=oldest.pk))


@pytest.mark.django_db
def test_every_count_is_one_query_whatever_the_volume(
    carla: Customer, ana: User, scope: Scope, django_assert_max_num_queries: Any, clock: time_machine.Coordinates
) -> None:
    for _ in range(12):
        a_ticket(carla).reply(by=ana, text="Which bill?", then="waiting")

    with django_assert_max_num_queries(7):  # one each; times: tickets, waits and the calendar; what is left: two
        reports.volume(scope)
        reports.targets(scope)
        reports.durations(scope, arrived=12)
        reports.backlog(scope)
