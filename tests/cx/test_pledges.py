from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from cx.pledges import Found, find
from tests.cx.pledge_sentences import HELD_BACK, SEEN, Row
from tickets.sla.clock import Calendar

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 18, 10, 30, tzinfo=MADRID)
WEEK = {day: ((time(9), time(18)),) for day in range(5)}
HOURS = Calendar(MADRID, WEEK, frozenset({date(2026, 12, 8)}))


def found(text: str, language: str = "en", *, now: datetime = NOW) -> list[Found]:
    return find(text, language=language, now=now, hours=HOURS)


def due(text: str, language: str = "en", *, now: datetime = NOW) -> str:
    moments = [each.due_at for each in found(text, language, now=now) if each.due_at]
    return max(moments).astimezone(MADRID).strftime("%m-%d %H:%M") if moments else ""


@pytest.mark.parametrize("row", SEEN, ids=lambda row: row[1])
def test_a_promise_is_found_with_its_time_and_nothing_else_is(row: Row) -> None:
    language, text, when = row
    assert bool(found(text, language)) == (when is not None)
    if when is not None:
        assert due(text, language) == when


def test_what_was_held_back_is_found_without_false_alarms() -> None:
    promising = [(language, text, when) for language, text, when in HELD_BACK if when is not None]
    hits = [row for row in promising if found(row[1], row[0])]
    alarms = [text for language, text, when in HELD_BACK if when is None and found(text, language)]
    assert alarms == []
    assert len(hits) >= 30  # of 40: as many as at the first look
    assert sum(due(text, language) == when for language, text, when in hits) >= len(hits) - 2


def test_the_place_in_the_text_is_that_of_the_words() -> None:
    text = "Hello Ana,\n\nthank you. I’ll call you  tomorrow before noon.\n\nRegards,\nI'll be your colleague"
    (only,) = found(text)
    assert text[only.start : only.end] == "I’ll call you  tomorrow before noon."
    assert only.words == "I’ll call you tomorrow before noon"


@pytest.mark.parametrize(
    "text",
    [
        "> I'll call you tomorrow",
        "On Monday Ana wrote:\n> We will refund you today.\n> I'll ring.",
        "Regards,\nDaniel. We'll call you tomorrow.",
        "",
        "\n\n",
        "????",
    ],
)
def test_quotes_signatures_and_nothing_promise_nothing(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("language", "text", "is_conditional"),
    [
        ("en", "If you send us the form, we will cancel the line.", True),
        ("en", "We will cancel the line tomorrow.", False),
        ("es", "En cuanto confirmes la dirección, te mandamos otro router mañana.", True),
        ("es", "Te mandamos otro router mañana.", False),
    ],
)
def test_what_holds_once_the_customer_has_done_their_part_is_marked(
    language: str, text: str, is_conditional: bool
) -> None:
    assert [each.is_conditional for each in found(text, language)] == [is_conditional]


@pytest.mark.parametrize(
    ("now", "text", "when"),
    [
        ((2026, 12, 4, 17), "We will refund you within 2 business days.", "12-09 18:00"),  # over the holiday
        ((2026, 10, 24, 12), "I'll call you in 24 hours.", "10-25 11:00"),  # the night has an hour more
        ((2026, 12, 30, 12), "You'll have it on 2 January.", "01-02 18:00"),
        ((2026, 11, 20, 12), "I'll call you on Friday.", "11-27 18:00"),  # today is Friday: the next one is meant
        ((2026, 11, 18, 12), "I'll call you today at 9:00.", ""),  # has passed
        ((2026, 11, 18, 12), "You'll have it on 31 February.", ""),
    ],
)
def test_moments_at_the_edges(now: tuple[int, int, int, int], text: str, when: str) -> None:
    assert due(text, now=datetime(*now, tzinfo=MADRID)) == when


def test_a_ticket_without_a_language_is_read_in_both() -> None:
    assert len(found("Te llamo mañana. I'll call you tomorrow.", "")) == 2
    assert len(found("Te llamo mañana. I'll call you tomorrow.", "fr")) == 2


def test_letters_that_fold_to_several_do_not_move_the_place() -> None:
    text = "Straße ﬁx İstanbul ½. I'll call you tomorrow."
    assert [text[each.start : each.end] for each in found(text)] == ["I'll call you tomorrow."]
