"""The tags that put names and times in words: tables, with the clock standing still, in two languages and zones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.http import HttpRequest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from helpdesk.people.models import Team
from helpdesk.ui import context
from helpdesk.ui.templatetags import ui

NOW = datetime(2026, 9, 15, 9, 41, tzinfo=UTC)  # a Tuesday; 11:41 in Madrid
MADRID, UTC_ZONE, AUCKLAND = ZoneInfo("Europe/Madrid"), ZoneInfo("UTC"), ZoneInfo("Pacific/Auckland")


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False), timezone.override(MADRID), translation.override("en"):
        yield


def madrid(month: int, day: int, hour: int = 12, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=MADRID)


def speaks_spanish() -> bool:
    with translation.override("es"):
        return translation.gettext("Tomorrow") != "Tomorrow"


class FollowUpLetter:
    pk = 3


def test_the_id_of_an_element_names_noun_row_and_part() -> None:
    assert ui.dom_id(Team(pk=7), "properties") == "team-7-properties"
    assert ui.dom_id(Team(pk=7)) == "team-7"
    assert ui.dom_id(Team(), "form") == "team-new-form"
    assert ui.dom_id(FollowUpLetter(), "row") == "follow-up-letter-3-row"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Daniel Osei", "DO"),
        ("José María Ruiz Peña", "JP"),
        ("ángela", "Á"),
        ("  (Lucía)   de-Haro ", "LD"),
        ("hannah.whitlock@example.org", "H"),
        ("李 小龍", "李小"),
        ("42 Degrees", "4D"),
        ("!!!", "?"),
        ("", "?"),
        (None, "?"),
    ],
)
def test_initials(name: str | None, letters: str) -> None:
    assert ui.initials(name) == letters


@pytest.mark.parametrize(
    ("at", "en", "es"),
    [
        (NOW, "now", None),
        (NOW - timedelta(seconds=59), "now", None),
        (NOW + timedelta(seconds=5), "now", None),  # another machine's clock
        (NOW - timedelta(minutes=1), "1 min", "1 min"),
        (NOW - timedelta(minutes=9, seconds=59), "9 min", "9 min"),
        (NOW - timedelta(minutes=59), "59 min", "59 min"),
        (NOW - timedelta(hours=1), "1 h", "1 h"),
        (NOW - timedelta(hours=23, minutes=59), "23 h", "23 h"),
        (NOW - timedelta(hours=24), "Mon", "lun"),
        (madrid(9, 9, 0, 30), "Wed", "mié"),
        (madrid(9, 8, 23, 59), "8 Sep", None),
        (madrid(7, 12), "12 Jul", None),
        (madrid(12, 31, 12, year=2025), "31 Dec 2025", None),
    ],
)
def test_ago(at: datetime, en: str, es: str | None) -> None:
    assert ui.ago(at) == en
    if es:
        with translation.override("es"):
            assert ui.ago(at) == es


@pytest.mark.parametrize(
    ("zone", "said"), [(MADRID, "Tomorrow 00:30"), (UTC_ZONE, "Today 22:30"), (AUCKLAND, "Tomorrow 10:30")]
)
def test_days_are_those_of_the_zone_one_reads_in(zone: ZoneInfo, said: str) -> None:
    at = datetime(2026, 9, 15, 22, 30, tzinfo=UTC)

    with timezone.override(zone):
        assert ui.short_date(at) == said


@pytest.mark.parametrize(
    ("at", "en"),
    [
        (madrid(9, 15, 12), "Today 12:00"),
        (madrid(9, 16, 9), "Tomorrow 09:00"),
        (madrid(9, 14, 18, 22), "Yesterday 18:22"),
        (madrid(9, 17, 9), "Thu 17 Sep"),
        (madrid(9, 1, 9), "Tue 1 Sep"),
        (madrid(1, 4, 9, year=2027), "Mon 4 Jan 2027"),
    ],
)
def test_short_dates(at: datetime, en: str) -> None:
    assert ui.short_date(at) == en


@pytest.mark.parametrize(
    ("at", "es"),
    [(madrid(9, 15, 12), "Hoy 12:00"), (madrid(9, 16, 9), "Mañana 09:00"), (madrid(9, 14, 18, 22), "Ayer 18:22")],
)
def test_short_dates_in_spanish(at: datetime, es: str) -> None:
    if not speaks_spanish():
        pytest.skip("the Spanish catalogue is not there yet")
    with translation.override("es"):
        assert ui.short_date(at) == es


def test_weekdays_and_months_are_spanish_on_a_spanish_page() -> None:
    with translation.override("es"):
        assert ui.short_date(madrid(9, 17, 9)).lower() == "jue 17 sep"
        assert ui.due_text(madrid(1, 20, 9, year=2027)).lower() == "mié 20 ene 2027"


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (timedelta(days=-3, hours=-1), "−3d"),
        (timedelta(hours=-24), "−1d"),
        (timedelta(hours=-23, minutes=-59), "−23h 59m"),
        (timedelta(hours=-3, minutes=-5), "−3h 05m"),
        (timedelta(minutes=-24, seconds=-40), "−24m"),
        (timedelta(seconds=-1), "−1m"),
        (timedelta(), "−1m"),
        (timedelta(seconds=1), "1m"),
        (timedelta(minutes=9), "9m"),
        (timedelta(minutes=59, seconds=30), "1h 00m"),
        (timedelta(hours=1, minutes=18), "1h 18m"),
        (timedelta(hours=2, minutes=5), "2h 05m"),
        (timedelta(hours=12, minutes=18), "12h 18m"),  # 23:59 today
        (timedelta(hours=12, minutes=19), "Tomorrow"),  # midnight
        (timedelta(hours=36, minutes=18), "Tomorrow"),  # 23:59 tomorrow
        (timedelta(hours=36, minutes=19), "Thu 17 Sep"),
    ],
)
def test_due_in_the_width_of_a_chip(left: timedelta, text: str) -> None:
    assert ui.due_text(NOW + left) == text


def test_the_last_hours_before_midnight_count_on_into_the_next_day() -> None:
    with time_machine.travel(madrid(9, 15, 23), tick=False):
        assert ui.due_text(madrid(9, 16, 0, 18)) == "1h 18m"
        assert ui.due_text(madrid(9, 16, 9)) == "Tomorrow"


def test_an_hour_is_an_hour_when_the_clocks_change() -> None:
    before = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 in Madrid, half an hour before it is 02:00 again
    with time_machine.travel(before, tick=False):
        assert ui.due_text(before + timedelta(hours=1)) == "1h 00m"
        assert ui.short_date(before + timedelta(hours=1)) == "Today 02:30"


@pytest.mark.parametrize(
    ("left", "whole", "state"),
    [
        (timedelta(seconds=-1), timedelta(hours=8), "late"),
        (timedelta(), timedelta(hours=8), "late"),
        (timedelta(hours=1, minutes=59), timedelta(hours=8), "risk"),
        (timedelta(hours=2), timedelta(hours=8), "ok"),
        (timedelta(minutes=14), timedelta(hours=1), "risk"),
        (timedelta(minutes=16), timedelta(hours=1), "ok"),
        (timedelta(hours=1, minutes=59), None, "risk"),
        (timedelta(hours=2), None, "ok"),
        (timedelta(hours=1), timedelta(), "risk"),  # due the moment it began: nothing to divide
    ],
)
def test_at_risk_is_the_last_quarter_or_two_hours(left: timedelta, whole: timedelta | None, state: str) -> None:
    at = NOW + left
    started_at = None if whole is None else at - whole

    assert ui.due_state(at, started_at) == state


@pytest.mark.parametrize(
    ("span", "en"),
    [
        (timedelta(seconds=59), "under 1 min"),
        (timedelta(minutes=29, seconds=59), "29 min"),
        (timedelta(hours=2, minutes=5), "2 h 05 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=23, minutes=59), "23 h 59 min"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=3, hours=2), "3 days"),
        (timedelta(days=2, hours=13), "3 days"),
        (-timedelta(minutes=5), "−5 min"),
    ],
)
def test_durations(span: timedelta, en: str) -> None:
    assert ui.duration(span) == en


@pytest.mark.parametrize("say", [ui.ago, ui.short_date, ui.due_text, ui.due_state, ui.duration])
def test_what_is_not_known_is_not_said(say: object) -> None:
    assert say(None) == ""  # type: ignore[operator]


def test_all_tags_work_in_a_template() -> None:
    page = Template(
        "{% load ui %}{% icon 'mail' 's' %}|{{ team|dom_id:'row' }}|{{ name|initials }}|{{ at|due_text }}"
        '|{{ at|due_state:start }}|<html data-words="{% due_words %}">'
    )
    values = {
        "team": Team(pk=1),
        "name": "Ana Ruiz",
        "at": NOW + timedelta(minutes=5),
        "start": NOW - timedelta(hours=1),
    }

    shown = page.render(Context(values))

    assert "|team-1-row|AR|5m|risk|" in shown
    assert 'data-words="{&quot;zone&quot;: &quot;Europe/Madrid&quot;' in shown


def test_the_words_for_the_browser_are_complete() -> None:
    words = json.loads(ui.due_words())

    assert words["zone"] == "Europe/Madrid"
    assert set(words) == {"zone", "minutes", "hours", "days", "tomorrow"}


@pytest.mark.parametrize(
    ("cookie", "theme"), [("dark", "dark"), ("light", "light"), ("", ""), ('"><script>', ""), ("DARK", "")]
)
def test_a_theme_is_one_we_gave_away(cookie: str, theme: str) -> None:
    request: HttpRequest = RequestFactory().get("/")
    request.COOKIES["theme"] = cookie

    assert context.appearance(request)["theme"] == theme
    assert context.appearance(request)["language"] == "en"


def test_no_cookie_leaves_the_theme_to_the_system() -> None:
    assert context.appearance(RequestFactory().get("/"))["theme"] == ""
    assert context.appearance(SimpleNamespace(COOKIES={}))["language"] == "en"  # type: ignore[arg-type]
