"""What a ticket proves by itself, whatever its text says: rows -> signals, and signals in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext, pgettext

from cx import codebook
from cx.codebook import JourneyStage
from cx.effort import Effort, effort_of
from cx.models import Promise
from cx.tagging.combining import Signal
from helpdesk.common.text import excerpt
from tickets.models import Target, Ticket

NEW_FOR = timedelta(days=30)
LATE_FROM = 0.5  # hours; a few minutes prove nothing
MANY_CONTACTS = 3
MANY_TRANSFERS = 2
MISSED = (Promise.State.BROKEN, Promise.State.KEPT_LATE)


def signals_of(ticket: Ticket, *, now: datetime | None = None) -> list[Signal]:
    """What the ticket shows at this moment, strongest kinds first. Four queries."""
    return found_in(
        ticket,
        targets=ticket.targets.all(),
        promises=ticket.promises.filter(state__in=MISSED),
        effort=effort_of(ticket),
        customer_since=ticket.requester.customer_since,
        now=now or timezone.now(),
    )


def found_in(
    ticket: Ticket, *, targets: Iterable[Target], promises: Iterable[Promise], effort: Effort, now: datetime,
    customer_since: date | None = None,
) -> list[Signal]:  # fmt: skip
    """The same from rows that are at hand."""
    late = [(target, _hours_late(target, now=now)) for target in targets if target.kind != Target.Kind.PROMISE]
    replies = [hours for target, hours in late if target.kind != Target.Kind.RESOLUTION and hours >= LATE_FROM]
    resolution = [hours for target, hours in late if target.kind == Target.Kind.RESOLUTION and hours >= LATE_FROM]
    signals = [Signal("promise_missed", detail=promise.what) for promise in promises if promise.state in MISSED][:1]
    if replies:
        signals.append(Signal("reply_late", amount=max(replies)))
    if resolution:
        signals.append(Signal("resolution_late", amount=max(resolution)))
    if effort.reopenings:
        signals.append(Signal("reopened", amount=effort.reopenings))
    if effort.transfers >= MANY_TRANSFERS:
        signals.append(Signal("handed_on", amount=effort.transfers))
    if effort.messages >= MANY_CONTACTS:
        signals.append(Signal("contacts", amount=effort.messages))
    customer_for = ticket.created_at.date() - customer_since if customer_since else None
    if customer_for is not None and timedelta(0) <= customer_for <= NEW_FOR:
        signals.append(Signal("new_customer", amount=customer_for.days))
    if ticket.topic in JourneyStage.values:
        signals.append(Signal("topic", detail=ticket.topic))
    if ticket.expected.strip():
        signals.append(Signal("expected", detail=excerpt(ticket.expected, limit=120)))
    return signals


def _hours_late(target: Target, *, now: datetime) -> float:
    """By the calendar: a customer waits through the night, too. Nought or less: in time."""
    if target.dropped_at is not None or (target.paused_at is not None and target.breached_at is None):
        return 0.0
    return (min(target.met_at or now, now) - target.due_at).total_seconds() / 3600


def in_words(signal: Mapping[str, Any]) -> str:
    """A stored signal as the end of a sentence: "… and the first reply was 2 days late"; empty for an unknown one."""
    amount, detail = float(signal.get("amount") or 0), str(signal.get("detail") or "")
    n = round(amount)
    match signal.get("kind"):
        case "reply_late":
            return _t("a reply was %(time)s late") % {"time": _span(amount)}
        case "resolution_late":
            return _t("the solution was %(time)s late") % {"time": _span(amount)}
        case "promise_missed":
            return _t("“%(what)s” was promised and not kept") % {"what": detail}
        case "reopened":
            return ngettext("it had to be reopened", "it had to be reopened %(n)s times", n) % {"n": n}
        case "handed_on":
            return ngettext("it was handed on once", "it was handed on %(n)s times", n) % {"n": n}
        case "contacts":
            return ngettext("they wrote once", "they wrote %(n)s times", n) % {"n": n}
        case "new_customer":
            return ngettext("they were a customer for %(n)s day", "they were a customer for %(n)s days", n) % {"n": n}
        case "topic" if detail in JourneyStage.values:
            topic = codebook.FORM_TOPICS[JourneyStage(detail)]
            return pgettext("signal", "they chose “%(topic)s” in the form") % {"topic": topic}
        case "expected":
            return _t("they wrote what they had expected")
    return ""


def _span(hours: float) -> str:
    if hours < 1:
        n = max(round(hours * 60), 1)
        return ngettext("%(n)s minute", "%(n)s minutes", n) % {"n": n}
    if hours < 48:
        n = round(hours)
        return ngettext("%(n)s hour", "%(n)s hours", n) % {"n": n}
    n = round(hours / 24)
    return ngettext("%(n)s day", "%(n)s days", n) % {"n": n}
