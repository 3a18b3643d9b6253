"""Business time, worked by hand. No database."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.sla.clock import Calendar

MADRID = ZoneInfo("Europe/Madrid")
NINE_TO_SIX = Calendar(MADRID, {day: ((time(9), time(18)),) for day in range(5)})
WITH_SIESTA = Calendar(MADRID, {day: ((time(9), time(13, 30)), (time(15), time(18))) for day in range(5)})
CHRISTMAS = Calendar(MADRID, NINE_TO_SIX.week, frozenset({date(2026, 12, 25)}))
NIGHTS = Calendar(MADRID, {day: ((time(0), time.max),) for day in range(7)})
NEVER = Calendar(MADRID, {})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MADRID)


@pytest.mark.parametrize(
    ("calendar", "start", "hours", "end"),
    [
        (NINE_TO_SIX, "2026-11-23T10:00", 4, "2026-11-23T14:00"),
        (NINE_TO_SIX, "2026-11-23T16:00", 4, "2026-11-24T11:00"),  # over the night
        (NINE_TO_SIX, "2026-11-27T17:00", 8, "2026-11-30T16:00"),  # over the weekend
        (NINE_TO_SIX, "2026-11-21T12:00", 1, "2026-11-23T10:00"),  # from a Saturday
        (NINE_TO_SIX, "2026-11-23T09:00", 9, "2026-11-23T18:00"),  # the whole day ends today, not tomorrow
        (NINE_TO_SIX, "2026-11-21T12:00", 0, "2026-11-23T09:00"),
        (WITH_SIESTA, "2026-11-23T13:00", 1, "2026-11-23T15:30"),
        (WITH_SIESTA, "2026-11-23T14:00", 1, "2026-11-23T16:00"),
        (CHRISTMAS, "2026-12-24T17:00", 2, "2026-12-28T10:00"),  # Friday is Christmas
        (NEVER, "2026-11-23T10:00", 4, "2026-11-23T14:00"),  # no hours at all: always open
        (NIGHTS, "2026-03-29T01:00", 4, "2026-03-29T06:00"),  # the clocks go forward at two
        (NIGHTS, "2026-10-25T01:00", 4, "2026-10-25T04:00"),  # and back at three
    ],
)
def test_when_the_work_is_done(calendar, start, hours, end):
    assert calendar.add(at(start), timedelta(hours=hours)) == at(end)
    if calendar.is_open(at(start)):
        assert calendar.between(at(start), at(end)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-11-27T10:00", 1, "2026-11-30T10:00"),
        ("2026-11-22T10:00", 1, "2026-11-24T09:00"),
        ("2026-11-25T17:30", 3, "2026-11-30T17:30"),
    ],
)
def test_working_days_keep_the_time_of_day(start, days, end):
    assert NINE_TO_SIX.add_days(at(start), days) == at(end)


def test_time_that_does_not_pass_is_nought():
    assert NINE_TO_SIX.between(at("2026-11-21T10:00"), at("2026-11-22T20:00")) == timedelta()
    assert NINE_TO_SIX.between(at("2026-11-24T10:00"), at("2026-11-23T10:00")) == timedelta()


def test_hours_come_from_the_company_row():
    calendar = Calendar.from_json(
        zone="Atlantic/Canary", week={"0": [["09:00", "13:00"], ["16:00", "24:00"]]}, holidays=["2026-11-30"]
    )
    spans = calendar.spans_on(date(2026, 11, 23))
    assert [end - start for start, end in spans] == [timedelta(hours=4), timedelta(hours=8)]
    assert calendar.spans_on(date(2026, 11, 30)) == []


moments = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)).map(lambda d: d.replace(tzinfo=UTC))
works = st.integers(1, 200 * 60).map(lambda minutes: timedelta(minutes=minutes))


@given(moments, works)
def test_between_undoes_add(moment, work):
    for calendar in (NINE_TO_SIX, WITH_SIESTA, CHRISTMAS, NIGHTS):
        assert calendar.between(moment, calendar.add(moment, work)) == work


@given(moments, works, works)
def test_work_adds_up(moment, one, two):
    assert WITH_SIESTA.add(WITH_SIESTA.add(moment, one), two) == WITH_SIESTA.add(moment, one + two)
