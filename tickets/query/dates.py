"""Days and spans as people type them, and the moments they stand for. Pure: the clock and the zone are given."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from tickets.query.tree import Op

TODAY, YESTERDAY, TOMORROW = "today", "yesterday", "tomorrow"
RELATIVE: Final = {TODAY: 0, YESTERDAY: -1, TOMORROW: 1}
UNITS: Final = {
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "m": timedelta(days=30),
    "y": timedelta(days=365),
}
_LONGEST: Final = timedelta(days=36_500)
_ALSO_DAYS: Final = {"hoy": TODAY, "ayer": YESTERDAY, "manana": TOMORROW}
_ALSO_UNITS: Final = {
    **dict.fromkeys(("minute", "minutes", "minuto", "minutos"), "min"),
    **dict.fromkeys(("hour", "hours", "hora", "horas"), "h"),
    **dict.fromkeys(("day", "days", "dia", "dias"), "d"),
    **dict.fromkeys(("week", "weeks", "sem", "semana", "semanas"), "w"),
    **dict.fromkeys(("month", "months", "mes", "meses"), "m"),
    **dict.fromkeys(("year", "years", "a", "ano", "anos"), "y"),
}
_SPAN: Final = re.compile(r"([0-9]{1,5}) ?([a-z]+)")
_ISO: Final = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})[./]([0-9]{1,2})[./]([0-9]{4})")


def read_day(text: str) -> str | None:
    """The day as it is written: "2026-10-01", "today"; None where the text is none."""
    word = _ALSO_DAYS.get(text, text)
    if word in RELATIVE:
        return word
    if found := _ISO.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year = map(int, found.groups())
    else:
        return None
    try:
        return date(year, month, day).isoformat() if 1970 <= year <= 2200 else None
    except ValueError:
        return None


def read_span(text: str) -> str | None:
    """The span as it is written: "7d", "2h"; None where the text is none."""
    found = _SPAN.fullmatch(text)
    if not found:
        return None
    unit = _ALSO_UNITS.get(found[2], found[2])
    number = int(found[1])
    return f"{number}{unit}" if unit in UNITS and number > 0 and number * UNITS[unit] <= _LONGEST else None


def length_of(span: str) -> timedelta:
    """How long a span is that `read_span` wrote."""
    number, unit = re.match(r"([0-9]+)([a-z]+)", span).groups()  # type: ignore[union-attr]
    return int(number) * UNITS[unit]


def is_span(value: str) -> bool:
    return value[:1].isdigit() and value[-1:].isalpha()


def between(
    op: str, values: tuple[str, ...], *, now: datetime, zone: tzinfo, is_ahead: bool
) -> list[tuple[datetime | None, datetime | None]]:
    """The stretches of time that a comparison stands for: from the first moment, up to and without the second.

    A span is counted back from now; for what is still to come, with `is_ahead`, forward.
    """
    if op == Op.BETWEEN:
        return [(_day(values[0], now=now, zone=zone)[0], _day(values[1], now=now, zone=zone)[1])]
    return [_stretch(op, value, now=now, zone=zone, is_ahead=is_ahead) for value in values]


def _stretch(
    op: str, value: str, *, now: datetime, zone: tzinfo, is_ahead: bool
) -> tuple[datetime | None, datetime | None]:
    if is_span(value):
        return _from_now(op, length_of(value), now=now, is_ahead=is_ahead)
    start, end = _day(value, now=now, zone=zone)
    stretches = {Op.BEFORE: (None, start), Op.AFTER: (end, None), Op.SINCE: (start, None), Op.UNTIL: (None, end)}
    return stretches.get(Op(op), (start, end))


def _from_now(op: str, length: timedelta, *, now: datetime, is_ahead: bool) -> tuple[datetime | None, datetime | None]:
    """Less than a span: nearer to now than that. More: further away."""
    edge = now + length if is_ahead else now - length
    if op in (Op.WITHIN, Op.IS):
        return (now, edge) if is_ahead else (edge, now + timedelta(minutes=1))
    is_nearer = op in (Op.BEFORE, Op.UNTIL)
    return (None, edge) if is_nearer == is_ahead else (edge, None)


def _day(value: str, *, now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    if value in RELATIVE:
        day = now.astimezone(zone).date() + timedelta(days=RELATIVE[value])
    else:
        day = date.fromisoformat(value)
    midnight = datetime.combine(day, time.min, tzinfo=zone)
    return midnight, datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)
