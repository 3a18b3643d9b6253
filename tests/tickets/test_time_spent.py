"""Time that people spent on tickets."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from helpdesk.common.errors import Refusal
from tests.cast import Cast
from tickets import time_spent
from tickets.models import Event, EventKind, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("15", 15), ("15m", 15), ("15 min", 15), ("1h", 60), ("1 h", 60), ("1h 20", 80), ("1h20m", 80), ("1:20", 80),
        ("0:05", 5), ("1,5 h", 90), ("1.5h", 90), ("2 horas y 5 minutos", 125), (" 1H 20 ", 80), ("90 minutos", 90),
    ],
)  # fmt: skip
def test_time_is_read_as_people_write_it(text: str, minutes: int) -> None:
    assert time_spent.read(text) == minutes


@pytest.mark.parametrize("text", ["", "soon", "1:75", "-5", "1h 20m 3s", "12345", "h", ":20", "1,5"])
def test_what_is_no_time_is_told(text: str) -> None:
    assert time_spent.read(text) is None


def test_minutes_in_words_are_read_again() -> None:
    for language in ("en", "es"):
        with override(language):
            for minutes in (1, 59, 60, 61, 125, 1440):
                assert time_spent.read(time_spent.in_words(minutes)) == minutes


def test_time_is_written_down_and_forgotten_and_comes_back(cast: Cast, ticket: Ticket) -> None:
    entry = time_spent.spend(ticket, minutes=80, by=cast.ana, what=" On the  phone ")
    before = list(ticket.time_entries.values_list())
    assert (entry.what, entry.spent_on) == ("On the phone", timezone.localdate())

    forgotten = time_spent.forget(entry, by=cast.ana)
    assert isinstance(forgotten, Event)
    assert time_spent.forget(ticket.time_entries.model(pk=entry.pk, ticket=ticket, user=cast.ana), by=cast.ana) is None
    assert not ticket.time_entries.exists()

    assert time_spent.put_back(forgotten, by=cast.ana)
    assert not time_spent.put_back(forgotten, by=cast.ana)
    assert list(ticket.time_entries.values_list()) == before


def test_only_whoever_wrote_it_down_takes_it_off(cast: Cast, ticket: Ticket) -> None:
    entry = time_spent.spend(ticket, minutes=5, by=cast.ana)
    with pytest.raises(Refusal):
        time_spent.forget(entry, by=cast.lea)
    forgotten = time_spent.forget(entry, by=cast.ana)
    assert forgotten

    with pytest.raises(Refusal):
        time_spent.put_back(forgotten, by=cast.lea)


@pytest.mark.parametrize("minutes", [0, -5, 1441])
def test_no_time_and_more_than_a_day_are_refused(cast: Cast, ticket: Ticket, minutes: int) -> None:
    with pytest.raises(Refusal):
        time_spent.spend(ticket, minutes=minutes, by=cast.ana)

    assert not ticket.events.filter(kind=EventKind.TIME_SPENT).exists()


@pytest.mark.parametrize("days", [1, -400])
def test_neither_tomorrow_nor_years_ago(cast: Cast, ticket: Ticket, days: int) -> None:
    with pytest.raises(Refusal):
        time_spent.spend(ticket, minutes=5, by=cast.ana, on=timezone.localdate() + timedelta(days=days))
