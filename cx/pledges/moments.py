"""By when something will be, in words: "tomorrow before noon", "en 5 días laborables", "the end of the week".

English and Spanish. A day without an hour ends with the working day; a day on which nobody works ends at six. Days of
the week that have passed are the next ones. Of a range ("3 to 5 days", "between 8 and 10") the later end counts: that
is when it is broken. Nothing here knows the time: `now` is given, with the reader's zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from tickets.sla.clock import Calendar

CLOSES: Final = time(18)  # of a day on which nobody works

_EN_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ES_DAYS: Final = ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo")
_EN_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_ES_MONTHS: Final = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip
_EN_NUMBERS: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
_ES_NUMBERS: Final = (
    "cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce",
)  # fmt: skip
_NUMBERS: Final = {
    **{word: n for n, word in enumerate(_EN_NUMBERS)}, **{word: n for n, word in enumerate(_ES_NUMBERS)},
    "a": 1, "an": 1, "couple": 2, "few": 3, "fifteen": 15, "twenty": 20, "thirty": 30, "half an": 0.5,
    "un": 1, "una": 1, "par": 2, "quince": 15, "veinte": 20, "treinta": 30, "media": 0.5,
}  # fmt: skip


def resolve(folded: str, *, now: datetime, hours: Calendar) -> datetime | None:
    """The moment by which the text says that something will be; None where it names none.

    `folded` is without accents and in small letters. `now` is aware, and its zone is the reader's.
    """
    return _after_a_while(folded, now, hours) or _on_a_day(folded, now, hours)


# --- "in 48 hours" ---------------------------------------------------------------------------------------------------

_AMOUNT: Final = (
    r"(?:\d{1,3}|half an|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|"
    r"(?:a )?couple of|(?:a )?few|un par de|una?|media|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|"
    r"quince|veinte|treinta)"
)
_WORKING: Final = r"(?:business|working|week|laborables?|habiles?|laborales?)"
_UNIT: Final = r"(?:minutes?|mins?|hours?|hrs?|days?|weeks?|months?|minutos?|horas?|h|dias?|semanas?|mes(?:es)?)"
_WHILE: Final = re.compile(
    r"\b(?:(?:with)?in(?: the)?(?: next)?(?: the)?|over the next|no later than|after|dentro de|"
    r"en(?: un plazo de)?(?: las?| los?)?(?: proxim[oa]s)?|en menos de|en un maximo de|como mucho en|antes de|"
    r"de aqui a)"
    r"(?: about| around| unos| unas| aproximadamente| un maximo de| como maximo| at most)?"
    rf" (?P<from>{_AMOUNT})(?:(?: ?(?:-|–|to|or|a|o|y) ?)(?P<to>{_AMOUNT}))?[ -]?(?P<working>{_WORKING} )?"
    rf"(?P<unit>{_UNIT})\b(?: (?P<after>laborables?|habiles?|laborales?))?"
)
_FROM_NOW: Final = re.compile(
    rf"\b(?P<from>{_AMOUNT}) (?P<working>{_WORKING} )?(?P<unit>{_UNIT}) "
    r"(?:from now|from today|a partir de (?:hoy|ahora))\b"
)


def _after_a_while(text: str, now: datetime, hours: Calendar) -> datetime | None:
    match = _WHILE.search(text) or _FROM_NOW.search(text)
    if match is None:
        return None
    groups = match.groupdict()
    amount = _number(groups.get("to") or groups["from"])
    is_working = bool(groups["working"] or groups.get("after"))
    return _later(now, amount, unit=groups["unit"], is_working=is_working, hours=hours)


def _number(text: str) -> float:
    text = text.removesuffix(" of").removesuffix(" de").removeprefix("a ").removeprefix("un ")
    return float(text) if text.isdigit() else float(_NUMBERS.get(text, 1))


def _later(now: datetime, amount: float, *, unit: str, is_working: bool, hours: Calendar) -> datetime:
    if unit.startswith("min"):
        return _elapsed(now, timedelta(minutes=amount))
    if unit.startswith("h"):
        return hours.add(now, timedelta(hours=amount)) if is_working else _elapsed(now, timedelta(hours=amount))
    if unit.startswith("d"):
        if is_working:
            return _end_of(hours.add_days(now, int(amount)).astimezone(now.tzinfo).date(), now, hours)
        return _end_of(now.date() + timedelta(days=int(amount)), now, hours)
    if unit.startswith(("w", "s")):
        return _end_of(now.date() + timedelta(weeks=int(amount)), now, hours)
    return _end_of(_months_on(now.date(), int(amount)), now, hours)


def _elapsed(now: datetime, span: timedelta) -> datetime:
    """Real time: on the wall's clock a night with a change has its hour more or less."""
    return (now.astimezone(UTC) + span).astimezone(now.tzinfo)


def _months_on(day: date, months: int) -> date:
    year, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + year, month + 1, 1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return min(first + timedelta(days=day.day - 1), last)


# --- "on Thursday before noon" ---------------------------------------------------------------------------------------

Reader = Callable[[re.Match[str], datetime, Calendar], date | None]


def _alternatives(months: tuple[str, ...]) -> str:
    short = {"september": "sept?(?:ember)?", "septiembre": "sept?(?:iembre)?"}
    return "|".join(short.get(name, f"{name[:3]}(?:{name[3:]})?") for name in months)


_ENGLISH_DAY: Final = "|".join(_EN_DAYS)
_SPANISH_DAY: Final = "|".join(_ES_DAYS)
_ENGLISH_MONTH: Final = _alternatives(_EN_MONTHS)
_SPANISH_MONTH: Final = _alternatives(_ES_MONTHS)


def _in_days(days: int) -> Reader:
    return lambda _match, now, _hours: now.date() + timedelta(days=days)


def _weekday(names: tuple[str, ...]) -> Reader:
    def read(match: re.Match[str], now: datetime, _hours: Calendar) -> date:
        day = names.index(match["day"])
        if match["which"] in ("next", "proxima semana", "semana que viene"):
            return now.date() + timedelta(days=7 - now.weekday() + day)
        return now.date() + timedelta(days=(day - now.weekday()) % 7 or 7)

    return read


def _before_weekday(match: re.Match[str], now: datetime, hours: Calendar) -> date:
    day = _weekday(_ES_DAYS if match["day"] in _ES_DAYS else _EN_DAYS)(match, now, hours)
    assert day is not None
    return _working_day_before(day, hours)


def _working_day_before(day: date, hours: Calendar) -> date:
    for back in range(1, 15):
        if hours.spans_on(day - timedelta(days=back)):
            return day - timedelta(days=back)
    return day - timedelta(days=1)


def _named_day(months: tuple[str, ...]) -> Reader:
    def read(match: re.Match[str], now: datetime, _hours: Calendar) -> date | None:
        month = next(n for n, name in enumerate(months, 1) if name.startswith(match["month"][:3]))
        return _next_date(now, day=int(match["n"]), month=month, year=match["year"])

    return read


def _figures(match: re.Match[str], now: datetime, _hours: Calendar) -> date | None:
    return _next_date(now, day=int(match["n"]), month=int(match["month"]), year=match["year"])


def _iso(match: re.Match[str], _now: datetime, _hours: Calendar) -> date | None:
    return _date(int(match["year"]), int(match["month"]), int(match["n"]))


def _day_of_month(match: re.Match[str], now: datetime, _hours: Calendar) -> date | None:
    for months in range(3):
        first = _months_on(now.date().replace(day=1), months)
        found = _date(first.year, first.month, int(match["n"]))
        if found and found >= now.date():
            return found
    return None


def _next_date(now: datetime, *, day: int, month: int, year: str | None) -> date | None:
    if year:
        return _date(int(year) + (2000 if len(year) == 2 else 0), month, day)
    found = _date(now.year, month, day)
    return found if found and found >= now.date() else _date(now.year + 1, month, day)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _end_of_week(weeks: int) -> Reader:
    def read(_match: re.Match[str], now: datetime, hours: Calendar) -> date:
        sunday = now.date() + timedelta(days=6 - now.weekday() + 7 * weeks)
        last = _working_day_before(sunday + timedelta(days=1), hours)
        return last if last >= now.date() else sunday

    return read


def _end_of_month(months: int) -> Reader:
    def read(_match: re.Match[str], now: datetime, hours: Calendar) -> date:
        first = _months_on(now.date().replace(day=1), months + 1)
        last = _working_day_before(first, hours)
        return last if last >= now.date() else first - timedelta(days=1)

    return read


_YEAR: Final = r"(?:,? (?:de |del )?(?P<year>20\d\d))?"
_DAYS: Final[tuple[tuple[re.Pattern[str], Reader], ...]] = tuple(
    (re.compile(pattern), reader)
    for pattern, reader in (
        (r"\b(?P<year>20\d\d)-(?P<month>\d\d)-(?P<n>\d\d)\b", _iso),
        (
            rf"\b(?:the )?(?P<n>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<month>{_ENGLISH_MONTH})\b\.?{_YEAR}",
            _named_day(_EN_MONTHS),
        ),
        (rf"\b(?P<month>{_ENGLISH_MONTH})\.? (?P<n>\d{{1,2}})(?:st|nd|rd|th)?\b{_YEAR}", _named_day(_EN_MONTHS)),
        (rf"\b(?:el )?(?:dia )?(?P<n>\d{{1,2}}) de (?P<month>{_SPANISH_MONTH})\b\.?{_YEAR}", _named_day(_ES_MONTHS)),
        (r"\b(?P<n>\d{1,2})/(?P<month>\d{1,2})(?:/(?P<year>(?:20)?\d\d))?\b", _figures),
        (r"\b(?:the )?day after tomorrow\b|\bpasado manana\b", _in_days(2)),
        (r"\btomorrow\b|\b(?<!por la )(?<!de la )(?<!a la )(?<!la )(?<!esta )manana\b", _in_days(1)),
        (r"\btoday\b|\btonight\b|\bthis (?:morning|afternoon|evening)\b", _in_days(0)),
        (r"\bhoy\b|\besta (?:manana|tarde|noche)\b", _in_days(0)),
        (
            rf"\b(?:antes del?|before) (?:el )?(?P<which>next |proximo )?(?P<day>{_ENGLISH_DAY}|{_SPANISH_DAY})\b",
            _before_weekday,
        ),
        (rf"\b(?P<which>next|this)? ?(?P<day>{_ENGLISH_DAY})\b", _weekday(_EN_DAYS)),
        (rf"\b(?P<day>{_SPANISH_DAY}) de la (?P<which>proxima semana|semana que viene)\b", _weekday(_ES_DAYS)),
        (rf"\b(?P<which>este|proximo)? ?(?P<day>{_SPANISH_DAY})\b(?: que viene)?", _weekday(_ES_DAYS)),
        (r"\bnext week\b|\bla (?:proxima semana|semana que viene|semana proxima)\b", _end_of_week(1)),
        (
            r"\b(?:this|the) week\b|\besta (?:misma )?semana\b|\b(?:a )?fin(?:al(?:es)?)? de (?:la )?semana\b",
            _end_of_week(0),
        ),
        (r"\bnext month\b|\bel (?:proximo mes|mes que viene|mes proximo)\b", _end_of_month(1)),
        (r"\b(?:this|the) month\b|\beste (?:mismo )?mes\b|\b(?:a )?fin(?:al(?:es)?)? de mes\b", _end_of_month(0)),
        (
            r"\b(?:on the|by the|until the|el dia|antes del(?: dia)?|hasta el(?: dia)?) (?P<n>\d{1,2})"
            r"(?:st|nd|rd|th)?\b(?! (?:de|of|a\.?m|p\.?m|h))",
            _day_of_month,
        ),
        (r"\bend of (?:the )?(?:business )?day\b|\bclose of business\b", _in_days(0)),
        (r"\bal final del dia\b|\ba ultima hora\b", _in_days(0)),
    )
)

_CLOCK: Final = re.compile(
    r"\b(?:at|by|before|around|about|until|from|between|and|to|a las?|antes de las?|sobre las?|hacia las?|hasta las?|"
    r"de|y(?: las?)?)"
    r" (?P<hour>\d{1,2})(?:[:.h](?P<minute>\d\d))?(?P<half> y media| y cuarto)?"
    r"(?P<zone> ?(?:h\b|hrs\b|horas\b|o'?clock))?"
    r" ?(?P<noon>a\.?m\b\.?|p\.?m\b\.?|de la (?:manana|tarde|noche)|in the (?:morning|afternoon|evening))?"
    r"(?!\d|[/:.]\d| ?(?:euros?|%|days?|hours?|weeks?|minutes?|dias?|semanas?|minutos?|mb|gb|"
    r"de (?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|sept|octubre|nov|dic)))"
)
_AFTER_NOON: Final = ("pm", "de la tarde", "de la noche", "in the afternoon", "in the evening")
_PARTS: Final[tuple[tuple[re.Pattern[str], time], ...]] = tuple(
    (re.compile(pattern), at)
    for pattern, at in (
        (r"\bnoon\b|\bmidday\b|\bmediodia\b|\blunch\b", time(12)),
        (r"\bfirst thing\b|\ba primera hora\b", time(10)),
        (r"\bmorning\b", time(12)),
        (r"\bpor la manana\b|\besta manana\b|\bde la manana\b", time(14)),
        (r"\bafternoon\b", time(18)),
        (r"\bpor la tarde\b|\besta tarde\b", time(20)),
        (r"\bevening\b|\btonight\b|\bpor la noche\b|\besta noche\b", time(21)),
        (r"\bmidnight\b|\bmedianoche\b", time(23, 59)),
    )
)


def _on_a_day(text: str, now: datetime, hours: Calendar) -> datetime | None:
    day, at = next(_days(text, now, hours), None), _clock(text)
    if day is not None:
        return datetime.combine(day, at, now.tzinfo) if at else _end_of(day, now, hours)
    if at is None:
        return None
    due_at = datetime.combine(now.date(), at, now.tzinfo)
    return due_at if due_at > now else datetime.combine(now.date() + timedelta(days=1), at, now.tzinfo)


def _days(text: str, now: datetime, hours: Calendar) -> Iterator[date]:
    for pattern, reader in _DAYS:
        for match in pattern.finditer(text):
            if (day := reader(match, now, hours)) is not None:
                yield day


def _clock(text: str) -> time | None:
    """The latest hour that is named: of "between 8 and 10" it is ten."""
    found: list[time] = []
    for match in _CLOCK.finditer(text):
        is_sure = match["minute"] or match["half"] or match["zone"] or match["noon"]
        word = match[0].split(" ", 1)[0]
        if word in ("and", "to", "y", "de", "from", "about", "until") and not found and not is_sure:
            continue
        hour = int(match["hour"])
        minute = int(match["minute"] or 0) or {" y media": 30, " y cuarto": 15}.get(match["half"] or "", 0)
        noon = (match["noon"] or "").replace(".", "")
        if noon in _AFTER_NOON and hour < 12:
            hour += 12
        elif not noon and not match["zone"] and hour < 8 and not match["minute"]:
            hour += 12  # nobody works at three in the night
        if hour < 24 and minute < 60:
            found.append(time(hour, minute))
    if found:
        return found[-1]
    return next((at for pattern, at in _PARTS if pattern.search(text)), None)


def _end_of(day: date, now: datetime, hours: Calendar) -> datetime:
    spans = hours.spans_on(day)
    return spans[-1][1].astimezone(now.tzinfo) if spans else datetime.combine(day, CLOSES, now.tzinfo)
