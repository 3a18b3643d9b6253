"""The queues an agent works from: which tickets stand in each, in which order, and what is said when none does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from django.db.models import FilteredRelation, Q
from django.http import Http404
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from helpdesk.people.access import Ability
from helpdesk.people.models import Team, User
from helpdesk.workspace.paging import Order
from tickets.models import Status, Ticket
from tickets.models.ticket import TicketQuerySet

DUE_FIRST = Order("due_next_at")
WAKES_FIRST = Order("snoozed_until")
LATEST_RESOLVED_FIRST = Order("resolved_at", descending=True)
NEWEST_FIRST = Order("created_at", descending=True)
SORTED_BY_DUE = _("Sorted by what is due first")


@dataclass(frozen=True)
class Queue:
    """One list of tickets."""

    slug: str
    label: LazyText | str
    icon: str
    pick: Callable[[TicketQuerySet, User], TicketQuerySet]
    order: Order = DUE_FIRST
    ordered: LazyText | str = SORTED_BY_DUE
    empty_title: LazyText | str = ""
    empty_text: LazyText | str = ""
    hotkey: str = ""
    is_tab: bool = False  # stands at the bottom of a phone's screen
    is_team: bool = False

    def tickets_for(self, user: User) -> TicketQuerySet:
        """The tickets of this queue that this person may see, in no order yet."""
        return self.pick(Ticket.objects.visible_to(user), user)


MINE = Queue(
    slug="mine",
    label=_("My tickets"),
    icon="user",
    pick=lambda tickets, user: tickets.assigned_to(user).filter(status__in=[Status.OPEN, Status.WAITING]),
    empty_title=_("Nothing is due"),
    empty_text=_("No open ticket is yours. Take one from the unassigned ones."),
    hotkey="g m",
    is_tab=True,
)
OPEN = Queue(
    slug="open",
    label=_("All open"),
    icon="inbox",
    pick=lambda tickets, _user: tickets.open(),
    empty_title=_("No open tickets"),
    empty_text=_("Everything is answered. New tickets appear here by themselves."),
    hotkey="g o",
    is_tab=True,
)
UNASSIGNED = Queue(
    slug="unassigned",
    label=_("Unassigned"),
    icon="circle-dashed",
    pick=lambda tickets, _user: tickets.open().unassigned(),
    empty_title=_("Every open ticket has somebody"),
    empty_text=_("New tickets that nobody has taken stand here."),
    hotkey="g u",
    is_tab=True,
)
WAITING = Queue(
    slug="waiting",
    label=pgettext_lazy("queue", "Waiting"),
    icon="pause",
    pick=lambda tickets, _user: tickets.waiting(),
    empty_title=_("No customer owes us an answer"),
    empty_text=_("After “Send and wait” a ticket stands here until the customer writes."),
    hotkey="g w",
)
SNOOZED = Queue(
    slug="snoozed",
    label=pgettext_lazy("queue", "Snoozed"),
    icon="alarm-clock",
    pick=lambda tickets, _user: tickets.snoozed(),
    order=WAKES_FIRST,
    ordered=_("Sorted by what wakes first"),
    empty_title=_("Nothing is snoozed"),
    empty_text=_("A snoozed ticket stands here until its time, and wakes at once when the customer writes."),
    hotkey="g s",
)
RESOLVED = Queue(
    slug="resolved",
    label=pgettext_lazy("queue", "Resolved"),
    icon="circle-check",
    pick=lambda tickets, _user: tickets.filter(status=Status.RESOLVED),
    order=LATEST_RESOLVED_FIRST,
    ordered=_("Latest first"),
    empty_title=_("Nothing was resolved lately"),
    empty_text=_("Resolved tickets stand here until they are closed."),
    hotkey="g d",
)
CLOSED = Queue(
    slug="closed",
    label=pgettext_lazy("queue", "Closed"),
    icon="archive",
    pick=lambda tickets, _user: tickets.filter(status=Status.CLOSED),
    order=NEWEST_FIRST,
    ordered=_("Newest first"),
    empty_title=_("No closed tickets"),
    empty_text=_("A resolved ticket closes by itself after some weeks. It cannot be reopened."),
)
STANDING = (MINE, OPEN, UNASSIGNED, WAITING, SNOOZED, RESOLVED)
COUNTED = (MINE, OPEN, UNASSIGNED, WAITING, SNOOZED)  # what is done needs no number: it only grows


def of_team(team: Team) -> Queue:
    """The open tickets of one team."""
    return Queue(
        slug=f"team-{team.slug}",
        label=team.name,
        icon=team.icon,
        pick=lambda tickets, _user: tickets.open().filter(team_id=team.pk),
        empty_title=_("This team has no open tickets"),
        empty_text=_("New tickets for the team appear here by themselves."),
        is_team=True,
    )


def teams_of(user: User) -> list[Team]:
    """The teams whose queues this person sees."""
    if user.may(Ability.SEE_ALL_TICKETS):
        return list(Team.objects.order_by("name"))
    return [membership.team for membership in user.memberships.all()]


def find_queue(slug: str, *, teams: list[Team]) -> Queue:
    """The queue with this slug; 404 when there is none, or the team is not theirs."""
    for queue in (*STANDING, CLOSED, *map(of_team, teams)):
        if queue.slug == slug:
            return queue
    raise Http404


def opened_from(slug: str, *, teams: list[Team]) -> Queue:
    """The queue a ticket was opened from; their own where the address names none, or one they may not see."""
    try:
        return find_queue(slug or MINE.slug, teams=teams)
    except Http404:
        return MINE


def for_rows(tickets: TicketQuerySet, *, user: User) -> TicketQuerySet:
    """What a row shows, in one query and one for addresses: the ticket, its people, and its current tagging.

    At most one tagging of a ticket is current (the database says so), so the join repeats no row.
    """
    current = FilteredRelation("taggings", condition=Q(taggings__is_current=True))
    rows = tickets.for_queue(user).annotate(tagging=current).select_related("tagging")  # type: ignore[misc]
    return cast(TicketQuerySet, rows.prefetch_related("requester__addresses"))
