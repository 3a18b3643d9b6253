"""What is at stake on a ticket: how badly it fell short, times what its customer has been through.

The product is the ticket's level, 1 to 12. It orders the queue by "expectation at risk": the time that is left is
divided by it, and lateness is multiplied.

Severity is the harm of the gap, where something fell short: the loss grows with the size of the failure (Smith, Bolton
and Wagner 1999, Journal of Marketing Research 36: 356-372). What a customer has been through makes it weigh more: a
second failure after a first ("double deviation") costs more than the two apart (Bitner, Booms and Tetreault 1990,
Journal of Marketing 54: 71-84; Maxham and Netemeyer 2002, Journal of Marketing 66: 57-71; de Matos, Henrique and Rossi
2007, Journal of Service Research 10: 60-77).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext

from cx.codebook import Direction
from cx.models import Promise, Response, Stake, Tagging
from cx.models.survey import SurveyKind
from cx.signals import MISSED
from helpdesk.people.models import Customer
from tickets.models import Event, EventKind, Target, Ticket

REMEMBERED = timedelta(days=90)  # how long what a customer has been through counts
WEIGHED_FOR = timedelta(days=1)  # time passes, and what lies further back no longer counts
MOST_AT_ONCE = 50  # tickets of one customer that one event weighs; the timetable does the rest
BATCH = 500

UNKNOWN_SEVERITY = 2  # something fell short and nobody has said how badly: the middle
# How many steps each adds to the one with which everybody begins, and where it is read.
STEPS = {
    "matters": 2,  # tickets of the same customer that came before within 90 days and fell short (taggings)
    "promises_broken": 1,  # to this customer within 90 days: broken, or kept late (promises)
    "reopened": 1,  # this ticket, after it was done (events)
    "targets_missed": 1,  # of this ticket: a reply or the resolution came late (targets)
    "not_solved": 1,  # the customer said so, or gave a low score, within 90 days (survey responses)
}
MOST_THROUGH = 4
MOST_LEVEL = 3 * MOST_THROUGH
LOW_SCORE = {SurveyKind.CSAT: 3, SurveyKind.CES: 3, SurveyKind.NPS: 6}  # up to here we ask what fell short


@dataclass(frozen=True)
class Burden:
    """What is weighed of one ticket."""

    severity: int = 0  # 0: nothing fell short, or nobody knows of it
    counts: Counter[str] = field(default_factory=Counter)  # the names of STEPS

    @property
    def level(self) -> int:
        """1 to 12. More of anything never makes it less."""
        steps = sum(min(most, self.counts[name]) for name, most in STEPS.items())
        return max(1, self.severity) * min(MOST_THROUGH, 1 + steps)

    @property
    def reasons(self) -> list[list[str | int]]:
        """Slug and number of everything that counts, heaviest kinds first."""
        said: list[list[str | int]] = [["fell_short", self.severity]] if self.severity else []
        return said + [[name, self.counts[name]] for name in STEPS if self.counts[name]]


# --- When ----------------------------------------------------------------------------------------------------------


def weigh_anew(event: Event) -> None:
    """Something happened that may change what is at stake for this customer. Weighed after the commit.

    Without its stake the ticket is found by the timetable, should this process end before.
    """
    Stake.objects.filter(ticket=event.ticket_id).delete()
    transaction.on_commit(partial(weigh_with_others, event.ticket_id), robust=True)


def weigh_with_others(ticket_id: int) -> int:
    """This ticket and the latest others of the same customer that are not done. Returns how many were weighed."""
    ticket = Ticket.objects.filter(pk=ticket_id).only("pk", "requester_id").first()
    if ticket is None:
        return 0
    theirs = Ticket.objects.not_deleted().active().filter(requester=ticket.requester_id)
    others = theirs.exclude(pk=ticket_id).newest_first().values_list("pk", flat=True)[:MOST_AT_ONCE]
    return weigh([ticket_id, *others])


def weigh_waiting(*, limit: int = BATCH) -> int:
    """Tickets that are not done and were never weighed, or not within a day. Returns how many were weighed now."""
    stale = Q(stake=None) | Q(stake__weighed_at__lt=timezone.now() - WEIGHED_FOR)
    waiting = Ticket.objects.not_deleted().active().filter(stale)
    return weigh(list(waiting.order_by("pk").values_list("pk", flat=True)[:limit]))


def weigh(ticket_ids: Collection[int]) -> int:
    """Work out what is at stake on these tickets that are not done. Nine queries, however many tickets.

    One customer is weighed by one process at a time, so that of two changes the later look knows both. A ticket that
    somebody holds at this moment is not waited for: it loses its stake, and the next look finds it.
    """
    with transaction.atomic():
        theirs = Customer.objects.filter(tickets__in=ticket_ids).order_by("pk").values_list("pk", flat=True)
        list(Customer.objects.select_for_update(no_key=True).filter(pk__in=theirs).order_by("pk"))
        tickets = list(_free(ticket_ids))
        held = set(ticket_ids) - {ticket.pk for ticket in tickets}
        Stake.objects.filter(ticket__in=held).delete()
        burdens = burdens_of(tickets, now=timezone.now())
        _keep(tickets, burdens)
    return len(tickets)


def _free(ticket_ids: Collection[int]) -> Iterable[Ticket]:
    skip = connection.features.has_select_for_update_skip_locked
    tickets = Ticket.objects.active().filter(pk__in=ticket_ids).order_by("pk")
    return tickets.select_for_update(skip_locked=skip).defer("expected", "excerpt", "resolution_reason")


def _keep(tickets: list[Ticket], burdens: dict[int, Burden]) -> None:
    now = timezone.now()
    Stake.objects.bulk_create(
        [
            Stake(ticket=ticket, level=burdens[ticket.pk].level, reasons=burdens[ticket.pk].reasons, weighed_at=now)
            for ticket in tickets
        ],
        update_conflicts=True, unique_fields=["ticket"], update_fields=["level", "reasons", "weighed_at"],
    )  # fmt: skip
    for ticket in tickets:
        if ticket.risk != burdens[ticket.pk].level:
            ticket.weigh(burdens[ticket.pk].level)


# --- What ----------------------------------------------------------------------------------------------------------


def burdens_of(tickets: Collection[Ticket], *, now: datetime) -> dict[int, Burden]:
    """What each of these tickets and its customer carry. Six queries."""
    since = now - REMEMBERED
    ids = [ticket.pk for ticket in tickets]
    customers = {ticket.requester_id for ticket in tickets}
    severities = {
        ticket_id: severity or UNKNOWN_SEVERITY
        for ticket_id, severity in Tagging.objects.counted()
        .filter(ticket__in=ids, direction=Direction.BELOW)
        .values_list("ticket_id", "severity")
    }
    matters = _by_customer(
        Tagging.objects.counted()
        .filter(
            ticket__requester__in=customers,
            ticket__merged_into=None,
            ticket__deleted_at=None,
            direction=Direction.BELOW,
            arrived_at__gt=since,
        )
        .values_list("ticket__requester_id", "ticket_id", "arrived_at")
    )
    promises = _by_customer(
        Promise.objects.filter(ticket__requester__in=customers, ticket__deleted_at=None)
        .filter(state__in=MISSED, due_at__gt=since)
        .values_list("ticket__requester_id", "ticket_id", "due_at")
    )  # fmt: skip
    unhappy = _by_customer(_unhappy(customers, since=since))
    reopened = Counter(
        event.ticket_id
        for event in Event.objects.filter(ticket__in=ids, kind=EventKind.REOPENED)
        if event.details.get("was_done", True) is not False
    )
    missed = Counter(
        Target.objects.filter(ticket__in=ids, breached_at__isnull=False)
        .exclude(kind=Target.Kind.PROMISE)
        .values_list("ticket_id", flat=True)
    )

    # Whoever typed an address into the form has shown nothing about whose it is: only their own ticket counts.
    def burden(ticket: Ticket) -> Burden:
        theirs, own = ticket.requester_id, ticket.is_address_confirmed
        place = (ticket.created_at, ticket.pk)
        counts = {
            "matters": sum(own and (at, ticket_id) < place for ticket_id, at in matters[theirs]),
            "promises_broken": sum(own or ticket_id == ticket.pk for ticket_id, _at in promises[theirs]),
            "reopened": reopened[ticket.pk],
            "targets_missed": missed[ticket.pk],
            "not_solved": sum(own or ticket_id == ticket.pk for ticket_id, _at in unhappy[theirs]),
        }
        return Burden(severities.get(ticket.pk, 0), Counter(counts))

    return {ticket.pk: burden(ticket) for ticket in tickets}


def _unhappy(customers: set[int], *, since: datetime) -> Iterable[tuple[int, int, datetime]]:
    """Customer, ticket and time of answers that say: not solved, or a low score."""
    given = Response.objects.counted().filter(invitation__customer__in=customers, answered_at__gt=since)
    for response in given.select_related("invitation"):
        if response.is_solved is False or response.score <= LOW_SCORE[SurveyKind(response.invitation.kind)]:
            yield response.invitation.customer_id, response.invitation.ticket_id, response.answered_at


def _by_customer(rows: Iterable[tuple[int, int, datetime]]) -> dict[int, list[tuple[int, datetime]]]:
    found: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    for customer_id, ticket_id, at in rows:
        found[customer_id].append((ticket_id, at))
    return found


# --- In words ------------------------------------------------------------------------------------------------------


def in_words(stake: Stake) -> list[str]:
    """Why it stands where it stands, a clause for each reason. How many, never which: those may be others' tickets."""
    return [words for slug, number in stake.reasons if (words := _clause(slug, int(number)))]


def _clause(slug: str, n: int) -> str:
    match slug:
        case "fell_short":
            return _t("fell short, severity %(n)s") % {"n": n}
        case "matters":
            return _matter(n + 1)
        case "promises_broken":
            return ngettext("a promise was broken", "%(n)s promises were broken", n) % {"n": n}
        case "reopened":
            return ngettext("it was reopened", "it was reopened %(n)s times", n) % {"n": n}
        case "targets_missed":
            return ngettext("one target was missed", "%(n)s targets were missed", n) % {"n": n}
        case "not_solved":
            return _t("they said that we had not solved it, or gave a low score")
    return ""


def _matter(n: int) -> str:
    said = {2: _t("second matter in 90 days"), 3: _t("third matter in 90 days"), 4: _t("fourth matter in 90 days")}
    return said.get(n) or _t("matter %(n)s in 90 days") % {"n": n}
