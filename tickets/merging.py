"""Two tickets about one matter: one is closed and leads to the other, where the matter goes on. And the way back.

Nothing that was said moves: it stays with the ticket in which it was said, and the thread of the one that goes on
shows it too. What is owed moves: an answer, a solution, a promise is due there, by the earlier of two times. How both
stood before is kept in their events, so that undoing puts it back.

A merged ticket is always locked before the one it was merged into, and two that are to be merged in the order of
their numbers: nobody waits for each other, and no two can be merged into each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _t
from django.utils.translation import override

from helpdesk.common.errors import Refusal
from helpdesk.people.models import Company
from tickets import identities
from tickets.models import Event, EventKind, Status, Target, Ticket
from tickets.sla import policies

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from helpdesk.people.models import User

Standing = dict[str, Any]  # how a ticket stands, as it is kept in an event

_TIMES = ("snoozed_until", "resolved_at", "closed_at", "last_customer_message_at")
_WORDS = ("status", "resolution_reason")
_CLOCK = ("started_at", "due_at", "paused_at", "met_at", "dropped_at", "breached_at")
_REPLIES = (Target.Kind.FIRST_REPLY, Target.Kind.NEXT_REPLY)
# After these a ticket stands as people wanted it to, and undoing a merge leaves it so.
_DECIDED = frozenset(
    {
        EventKind.RECEIVED, EventKind.REPLIED, EventKind.ANSWERED_ELSEWHERE, EventKind.WAITED, EventKind.SNOOZED,
        EventKind.WOKE, EventKind.RESOLVED, EventKind.REOPENED, EventKind.CLOSED, EventKind.PRIORITISED,
        EventKind.MERGED, EventKind.MARKED_SPAM,
    }
)  # fmt: skip
_BY_MERGING = "merge"


class OtherCustomer(Refusal):
    """The two belong to different customers, and nobody has said that this is meant."""


# --- Merging and its opposite ----------------------------------------------------------------------------------------


def merge(ticket: Ticket, *, into: Ticket, by: User, other_customer: bool = False) -> bool:
    """Go on with this matter in `into`: this ticket is closed, and what is written for it from now on arrives there.

    What was owed here is owed there. Merging twice is no error. Refused: itself, what was merged elsewhere on either
    side, an unfinished matter into a closed one, what this person may not see, and another customer's ticket unless
    `other_customer` says that it is meant; neither customer ever reads the other's messages. Returns whether anything
    changed. `unmerge` is its opposite.
    """
    _refuse_unseen(ticket, into, by=by)
    if ticket.pk == into.pk:
        raise Refusal(_t("A ticket cannot be merged into itself."))
    first, second = sorted((ticket, into), key=lambda each: each.pk)
    with first._locked(), second._locked():
        if ticket.is_merged and into.pk in (ticket.merged_into_id, ticket.survivor().pk):
            return False
        _refuse_unfit(ticket, into, other_customer=other_customer)
        before, into_before = standing(ticket), standing(into)
        promised = list(_promised(ticket).values_list("pk", flat=True))
        details: dict[str, Any] = {"number": into.number, "before": before, "promised": promised}
        ticket.record(EventKind.MERGED, actor=by, **details)
        took_in: dict[str, Any] = {"ticket": ticket.pk, "number": ticket.number, "before": into_before}
        if ticket.requester_id != into.requester_id:
            took_in["customer"] = str(ticket.requester)
        into.record(EventKind.TOOK_IN, actor=by, **took_in)
        _end(ticket, into=into)
        Target.objects.filter(pk__in=promised).update(ticket=into)
        _take_over(into, before, by=by)
        into._save_and_refresh_due()
    return True


def unmerge(ticket: Ticket, *, by: User) -> bool:
    """The opposite of `merge`: this ticket stands as it stood before, and so does the one it was merged into, unless
    somebody has written or decided something there since.

    What arrived for it meanwhile stays where it arrived. Undoing twice is no error. Returns whether anything changed.
    """
    _refuse_unseen(ticket, by=by)
    with _with_survivor(ticket) as survivor:
        if survivor.pk == ticket.pk:
            return False
        merged = ticket.events.filter(kind=EventKind.MERGED).latest("pk")
        into_pk = ticket.merged_into_id
        ticket.merged_into = None
        ticket._save("merged_into")
        Target.objects.filter(pk__in=merged.details["promised"], ticket=survivor).update(ticket=ticket)
        _restore(ticket, merged.details["before"])
        ticket.record(EventKind.UNMERGED, actor=by, number=merged.details["number"])
        if survivor.pk == into_pk:
            survivor.record(EventKind.UNMERGED, actor=by, number=ticket.number)
            _give_back(survivor, ticket=ticket, by=by)
        survivor._save_and_refresh_due()
    return True


def taken_in(ticket: Ticket) -> list[Ticket]:
    """Every ticket that goes on in this one, those that were merged into a merged one too."""
    found: list[Ticket] = []
    above = [ticket.pk]
    while above:
        below = Ticket.objects.filter(merged_into__in=above).select_related("requester").order_by("pk")
        step = list(below.prefetch_related("requester__addresses"))
        found += step
        above = [each.pk for each in step]
    return found


def may_be_shown_together(ticket: Ticket, other: Ticket) -> bool:
    """Whether whoever holds the link to `ticket` may read `other`: the same customer, at every address that link may
    have gone to."""
    if ticket.requester_id != other.requester_id:
        return False
    readers = identities.readers_of(ticket)
    return all(identities.may_read(reader, other) for reader in readers)


# --- What is refused -------------------------------------------------------------------------------------------------


def _refuse_unseen(*tickets: Ticket, by: User) -> None:
    """The same words for what is not theirs and for what is not there."""
    seen = set(Ticket.objects.visible_to(by).filter(pk__in=[each.pk for each in tickets]).values_list("pk", flat=True))
    for ticket in tickets:
        if ticket.pk not in seen:
            raise Refusal(_t("There is no ticket #%(number)s, or you may not see it.") % {"number": ticket.number})


def _refuse_unfit(ticket: Ticket, into: Ticket, *, other_customer: bool) -> None:
    for each, another in ((ticket, into), (into, ticket)):
        if not each.is_merged:
            continue
        survivor = each.survivor()
        numbers = {"number": each.number, "into": survivor.number}
        if survivor.pk == another.pk:
            raise Refusal(_t("#%(number)s was merged into #%(into)s before. Undo that first.") % numbers)
        raise Refusal(_t("#%(number)s was merged into #%(into)s. Choose that one.") % numbers)
    if into.is_closed and not ticket.is_done:
        raise Refusal(_t("#%(number)s is closed for good. Merge it into this one instead.") % {"number": into.number})
    if ticket.requester_id != into.requester_id and not other_customer:
        raise OtherCustomer(
            _t("#%(number)s is %(name)s’s. Say that both are about the same matter.")
            % {"number": into.number, "name": into.requester}
        )


# --- Inside: each of these expects the locks -------------------------------------------------------------------------


@contextmanager
def _with_survivor(ticket: Ticket) -> Iterator[Ticket]:
    """Hold the ticket, and every one up to the one that goes on with it; that is itself where it is not merged."""
    with ExitStack() as held:
        held.enter_context(ticket._locked())
        survivor = ticket
        while survivor.merged_into_id is not None:
            survivor = Ticket.objects.select_related("requester", "assignee").get(pk=survivor.merged_into_id)
            held.enter_context(survivor._locked())
        yield survivor


def standing(ticket: Ticket) -> Standing:
    """Status, times and targets, to be put back later. Promises are not among them: they settle by themselves."""
    return {
        **{name: getattr(ticket, name) for name in _WORDS},
        **{name: _written(getattr(ticket, name)) for name in _TIMES},
        "targets": [
            {"pk": target.pk, "kind": target.kind, **{name: _written(getattr(target, name)) for name in _CLOCK}}
            for target in _measured(ticket)
        ],
    }


def _end(ticket: Ticket, *, into: Ticket) -> None:
    """Closed, with a reason in words. A reply that was owed is owed elsewhere, and no longer asked for here."""
    now = timezone.now()
    with override(Company.current().language):  # colleagues read it
        ticket.resolution_reason = _t("Merged into #%(number)s") % {"number": into.number}
    ticket.resolved_at, ticket.closed_at = ticket.resolved_at or now, ticket.closed_at or now
    ticket.status, ticket.snoozed_until = Status.CLOSED, None
    _measured(ticket).filter(met_at=None, dropped_at=None).update(dropped_at=now)
    ticket._save_and_refresh_due()
    ticket.merged_into = into
    ticket._save("merged_into")


def _take_over(into: Ticket, theirs: Standing, *, by: User) -> None:
    """What is owed in the other ticket is owed here, by the earlier of the two times. A matter that needs somebody
    opens the ticket, and one that was asleep in both wakes by the earlier hour."""
    if theirs["status"] in (Status.RESOLVED, Status.CLOSED):
        return
    now = timezone.now()
    owed = [target for target in theirs["targets"] if not (target["met_at"] or target["dropped_at"])]
    for target in owed:
        _owe(into, target)
    if any(target["kind"] in _REPLIES for target in owed):
        into.last_customer_message_at = now  # their words reach this ticket now: unread, and after whatever we said
    if theirs["status"] == Status.SNOOZED and into.status == Status.SNOOZED:
        times = [into.snoozed_until, _read(theirs["snoozed_until"])]
        into.snoozed_until = min(filter(None, times))
    elif not _stays(into, theirs["status"]):
        _open(into, by=by, at=now)
    if not _measured(into).filter(kind=Target.Kind.RESOLUTION, met_at=None, dropped_at=None).exists():
        policies.reopened(into, at=now)


def _stays(into: Ticket, theirs: str) -> bool:
    """Whether the ticket is watched at least as closely as the other one was."""
    return into.is_open or into.status == theirs or (into.status == Status.SNOOZED and theirs == Status.WAITING)


def _owe(into: Ticket, theirs: dict[str, Any]) -> None:
    """One target of the other ticket: a new one here, or one that is due earlier now."""
    is_reply = theirs["kind"] in _REPLIES
    kinds = _REPLIES if is_reply else (theirs["kind"],)
    own = _measured(into).filter(kind__in=kinds, met_at=None, dropped_at=None).first()
    clock: dict[str, Any] = {name: _read(theirs[name]) for name in ("started_at", "due_at", "paused_at", "breached_at")}
    if own is None:
        kind = theirs["kind"]
        if is_reply:
            kind = Target.Kind.NEXT_REPLY if into.first_replied_at else Target.Kind.FIRST_REPLY
        into.targets.create(kind=kind, **clock)
    elif not (own.paused_at or clock["paused_at"]) and clock["due_at"] < own.due_at:
        own.due_at, own.breached_at = clock["due_at"], own.breached_at or clock["breached_at"]
        own.save(update_fields=["due_at", "breached_at"])


def _open(into: Ticket, *, by: User | None, at: datetime) -> None:
    kind = EventKind.WOKE if into.status == Status.SNOOZED else EventKind.REOPENED
    was_done = into.is_done
    into.status, into.snoozed_until, into.resolved_at, into.closed_at = Status.OPEN, None, None, None
    if was_done:
        into.resolution_reason = ""
    into.record(kind, actor=by, at=at, by=_BY_MERGING, was_done=was_done)
    policies.resume(into, at=at)


def _give_back(into: Ticket, *, ticket: Ticket, by: User) -> None:
    """As it stood before the first of the merges that nobody has written or decided anything after, and then what is
    still merged taken over once more. So the order in which merges are undone makes no difference."""
    events = list(into.events.filter(kind__in=[*_DECIDED, EventKind.TOOK_IN]).order_by("pk"))
    decided = max((event.pk for event in events if _is_decision(event)), default=0)
    since = [event for event in events if event.kind == EventKind.TOOK_IN and event.pk > decided]
    if not any(event.details["ticket"] == ticket.pk for event in since):
        return
    was = into.status
    _restore(into, since[0].details["before"])
    still = Ticket.objects.filter(merged_into=into, pk__in=[event.details["ticket"] for event in since])
    latest: dict[int, Event] = {}
    for event in Event.objects.filter(kind=EventKind.MERGED, ticket__in=still).order_by("pk"):
        latest[event.ticket_id] = event
    for event in latest.values():
        _take_over(into, event.details["before"], by=by)
    _record_return(into, was=was, by=by)


def _is_decision(event: Event) -> bool:
    is_noise = event.kind == EventKind.RECEIVED and event.details.get("auto")
    return event.kind in _DECIDED and event.details.get("by") != _BY_MERGING and not is_noise


def _record_return(into: Ticket, *, was: str, by: User) -> None:
    """What the log must say for whoever reads it later: that it waits, sleeps or is done again."""
    again = {Status.WAITING: EventKind.WAITED, Status.SNOOZED: EventKind.SNOOZED, Status.RESOLVED: EventKind.RESOLVED}
    kind = again.get(Status(into.status))
    if kind is None or into.status == was:
        return
    details: dict[str, Any] = {"until": into.snoozed_until.isoformat()} if into.snoozed_until else {}
    if kind == EventKind.RESOLVED:
        details["reason"] = into.resolution_reason
    into.record(kind, actor=by, by=_BY_MERGING, **details)


def _restore(ticket: Ticket, before: Standing) -> None:
    """Put status, times and targets back; the caller's locks keep everybody else away meanwhile."""
    for name in _WORDS:
        setattr(ticket, name, before[name])
    for name in _TIMES:
        setattr(ticket, name, _read(before[name]))
    stood = {target["pk"]: target for target in before["targets"]}
    _measured(ticket).exclude(pk__in=stood).delete()  # what was only owed for the other one
    for target in _measured(ticket):
        was = {name: _read(stood[target.pk][name]) for name in _CLOCK}
        if was["due_at"] == target.due_at:  # missed meanwhile is missed, and recorded once
            was["breached_at"] = was["breached_at"] or target.breached_at
        for name, value in was.items():
            setattr(target, name, value)
        target.save(update_fields=_CLOCK)
    ticket._save_and_refresh_due()


def _measured(ticket: Ticket) -> QuerySet[Target]:
    """Its targets but for promises, which belong to whoever expects them."""
    return ticket.targets.exclude(kind=Target.Kind.PROMISE).order_by("pk")


def _promised(ticket: Ticket) -> QuerySet[Target]:
    return ticket.targets.unsettled().filter(kind=Target.Kind.PROMISE).order_by("pk")


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _read(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None
