"""An invitation as words: what, when, where, who. Pure; whatever is not understood is left out."""

import re
from itertools import islice

_FOLD = re.compile(r"\r?\n[ \t]")
_PARAMETER = re.compile(r';([A-Za-z-]{1,40})=("[^"]*"|[^;:"]*)')
_ESCAPES = re.compile(r"\\([\\;,nN])")
_MOST_LINES = 5_000
_MOST_GUESTS = 50
_KINDS = {"REQUEST": "Invitation", "CANCEL": "Cancelled", "REPLY": "Answer to an invitation",
          "COUNTER": "Other time proposed", "PUBLISH": "Event"}  # fmt: skip
_ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "perhaps", "DELEGATED": "delegated"}
_Line = tuple[str, dict[str, str], str]


def describe(calendar: str) -> str:
    """Return the first event or task of an iCalendar text in a few lines, "" if there is none."""
    method, event = _first_event(calendar)
    if not event:
        return ""
    what = _KINDS.get(method, "Event")
    lines = [f"{what}: {_said(event, 'SUMMARY')}".rstrip(": ")]
    when = _when(event)
    repeats = re.search(r"FREQ=([A-Z]+)", _said(event, "RRULE"))
    if when:
        lines.append(f"When: {when}" + (f", {repeats[1].lower()}" if repeats else ""))
    if where := _said(event, "LOCATION"):
        lines.append(f"Where: {' '.join(where.split())}")
    if organiser := [_person(line) for line in event if line[0] == "ORGANIZER"]:
        lines.append(f"Organiser: {organiser[0]}")
    guests = [_person(line) for line in islice((line for line in event if line[0] == "ATTENDEE"), _MOST_GUESTS)]
    if guests:
        lines.append(f"Guests: {', '.join(guests)}")
    words = _said(event, "DESCRIPTION") or _said(event, "COMMENT")
    return "\n".join(lines) + (f"\n\n{words}" if words else "")


def _first_event(calendar: str) -> tuple[str, list[_Line]]:
    method = ""
    event: list[_Line] = []
    depth = 0
    for raw in _FOLD.sub("", calendar).split("\n", _MOST_LINES)[:_MOST_LINES]:
        name, parameters, value = _parsed(raw.strip("\r"))
        if name == "METHOD":
            method = value.strip().upper()
        elif name == "BEGIN" and (depth or value.strip().upper() in {"VEVENT", "VTODO"}):
            depth += 1
        elif name == "END" and depth:
            depth -= 1
            if not depth:
                break
        elif depth == 1:  # deeper is an alarm
            event.append((name, parameters, value))
    return method, event


def _parsed(line: str) -> _Line:
    name = re.match(r"[A-Za-z-]{1,40}", line)
    if not name:
        return "", {}, ""
    parameters, position = {}, name.end()
    while found := _PARAMETER.match(line, position):
        parameters[found[1].upper()] = found[2].strip('"')
        position = found.end()
    return name.group().upper(), parameters, line[position:].removeprefix(":")


def _said(event: list[_Line], name: str) -> str:
    value = next((value for key, _, value in event if key == name), "")
    return _ESCAPES.sub(lambda match: "\n" if match[1] in "nN" else match[1], value).strip()


def _person(line: _Line) -> str:
    _, parameters, value = line
    address = re.sub(r"^mailto:", "", value.strip(), flags=re.I)
    name = parameters.get("CN", "")
    answer = _ANSWERS.get(parameters.get("PARTSTAT", "").upper(), "")
    shown = f"{name} <{address}>" if name and name != address else address
    return f"{shown} ({answer})" if answer else shown


def _when(event: list[_Line]) -> str:
    start = next((line for line in event if line[0] == "DTSTART"), None) or next(
        (line for line in event if line[0] == "DUE"), None
    )
    end = next((line for line in event if line[0] == "DTEND"), None)
    if start is None:
        return ""
    first = _moment(start[2])
    last = _moment(end[2]) if end else ("", "")
    zone = "UTC" if start[2].strip().endswith("Z") else start[1].get("TZID", "")
    text = " ".join(first).strip()
    if last[1] and last[0] == first[0]:
        text += f"–{last[1]}"
    elif last[1]:
        text += f" – {' '.join(last)}"
    elif last[0] and not first[1] and last[0] > first[0]:
        text += f" – {last[0]} (until the day before)"
    return f"{text} {zone}".strip() if first[1] else text


def _moment(value: str) -> tuple[str, str]:
    """The day and the time, as far as they are given."""
    found = re.match(r"(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d))?", value.strip())
    if not found:
        return value.strip()[:40], ""
    return f"{found[1]}-{found[2]}-{found[3]}", f"{found[4]}:{found[5]}" if found[4] else ""
