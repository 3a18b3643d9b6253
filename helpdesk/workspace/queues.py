"""The queues an agent works from: which tickets stand in each, in which order, and what is said when none does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

from django.db.models import Exists, FilteredRelation, OuterRef, Prefetch, Q
from django.http import Http404
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cx.models import Promise
from helpdesk.people.access import Ability
from helpdesk.people.models import Team, User
from helpdesk.workspace.asking import Question
from helpdesk.workspace.by_risk import ByRisk
from helpdesk.workspace.paging import Order, Ordering
from tickets.models import SavedView, Status, Ticket, TicketTag
from tickets.models.ticket import TicketQuerySet

DUE_FIRST = Order("due_next_at")
WAKES_FIRST = Order("snoozed_until")
LATEST_RESOLVED_FIRST = Order("resolved_at", descending=True)
NEWEST_FIRST = Order("created_at", descending=True)
OLDEST_FIRST = Order("created_at")
AT_RISK_FIRST = ByRisk()
MOST_VIEWS = 100
# Long texts and what a suggestion rests on: half of what the database would send for a page of rows.
NOT_IN_ROWS = (
    "expected", "resolution_reason", "assignee__password", "assignee__preferences", "tagging__sources",
    "tagging__confidence", "tagging__evidence", "tagging__signals", "tagging__opinion", "tagging__alternatives",
    "tagging__promise",
)  # fmt: skip
SORTED_BY_DUE = _("Sorted by what is due first")
# The orders a person may choose, under the names that addresses and saved views give them.
ORDERS: dict[str, tuple[Ordering, LazyText]] = {
    SavedView.Order.DUE: (DUE_FIRST, SORTED_BY_DUE),
    SavedView.Order.RISK: (AT_RISK_FIRST, _("Sorted by expectation at risk")),
    SavedView.Order.NEWEST: (NEWEST_FIRST, _("Newest first")),
    SavedView.Order.OLDEST: (OLDEST_FIRST, _("Oldest first")),
}


@dataclass(frozen=True)
class Queue:
    """One list of tickets."""

    slug: str
    label: LazyText | str
    icon: str
    pick: Callable[[TicketQuerySet, User], TicketQuerySet]
    order: Ordering = DUE_FIRST
    ordered: LazyText | str = SORTED_BY_DUE
    own_order: str = SavedView.Order.DUE  # one of ORDERS; empty where the list has an order that fits nothing else
    empty_title: LazyText | str = ""
    empty_text: LazyText | str = ""
    hotkey: str = ""
    is_tab: bool = False  # stands at the bottom of a phone's screen
    is_team: bool = False
    query: str = ""  # the same list in the language of `tickets.query`
    view: SavedView | None = None

    def tickets_for(self, user: User) -> TicketQuerySet:
        """The tickets of this queue that this person may see, in no order yet."""
        return self.pick(Ticket.objects.visible_to(user), user)

    def sorted_by(self, chosen: str) -> Queue:
        """The same list in this order; as it is where there is no such order, or it has one of its own."""
        if not self.own_order or chosen not in ORDERS:
            return self
        order, ordered = ORDERS[chosen]
        if order == OLDEST_FIRST and self.view is None:
            order = OLDEST_FIRST._replace(sorts_itself=True)
        return replace(self, order=order, ordered=ordered)

    @property
    def is_by_risk(self) -> bool:
        return self.order == AT_RISK_FIRST


_OWED = Promise.objects.owed().filter(ticket=OuterRef("pk"))

MINE = Queue(
    slug="mine",
    label=_("My tickets"),
    icon="user",
    pick=lambda tickets, user: tickets.assigned_to(user).filter(status__in=[Status.OPEN, Status.WAITING]),
    query="assignee:me status:open,waiting",
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
    query="status:open",
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
    query="status:open assignee:none",
    empty_title=_("Every open ticket has somebody"),
    empty_text=_("New tickets that nobody has taken stand here."),
    hotkey="g u",
)
# A promise whose time has passed is still owed, so it stays here until it is kept or withdrawn.
PROMISES = Queue(
    slug="promises",
    label=_("Promises due"),
    icon="signature",
    pick=lambda tickets, _user: tickets.active().filter(Exists(_OWED)),
    query="status:open,waiting,snoozed promise:owed",
    empty_title=_("No promise is due"),
    empty_text=_("What we promise a customer stands here, nearest first, until it is kept."),
    hotkey="g p",
    is_tab=True,
)
WAITING = Queue(
    slug="waiting",
    label=pgettext_lazy("queue", "Waiting"),
    icon="pause",
    pick=lambda tickets, _user: tickets.waiting(),
    query="status:waiting",
    empty_title=_("No customer owes us an answer"),
    empty_text=_("After “Send and wait” a ticket stands here until the customer writes."),
    hotkey="g w",
)
SNOOZED = Queue(
    slug="snoozed",
    label=pgettext_lazy("queue", "Snoozed"),
    icon="alarm-clock",
    pick=lambda tickets, _user: tickets.snoozed(),
    query="status:snoozed",
    order=WAKES_FIRST,
    own_order="",
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
    query="status:resolved",
    order=LATEST_RESOLVED_FIRST,
    own_order="",
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
    query="status:closed",
    order=NEWEST_FIRST,
    own_order="",
    ordered=_("Newest first"),
    empty_title=_("No closed tickets"),
    empty_text=_("A resolved ticket closes by itself after some weeks. It cannot be reopened."),
)
STANDING = (MINE, OPEN, UNASSIGNED, PROMISES, WAITING, SNOOZED, RESOLVED)
COUNTED = (MINE, OPEN, UNASSIGNED, PROMISES, WAITING, SNOOZED)  # what is done needs no number: it only grows


def of_team(team: Team) -> Queue:
    """The open tickets of one team."""
    return Queue(
        slug=f"team-{team.slug}",
        label=team.name,
        icon=team.icon,
        pick=lambda tickets, _user: tickets.open().filter(team_id=team.pk),
        query=f"status:open team:{team.slug}",
        empty_title=_("This team has no open tickets"),
        empty_text=_("New tickets for the team appear here by themselves."),
        is_team=True,
    )


def teams_of(user: User) -> list[Team]:
    """The teams whose queues this person sees."""
    if user.may(Ability.SEE_ALL_TICKETS):
        return list(Team.objects.order_by("name"))
    return [membership.team for membership in user.memberships.all()]


def of_view(view: SavedView) -> Queue:
    """A saved filter over all tickets that its reader may see."""
    queue = Queue(
        slug=f"view-{view.pk}",
        label=view.name,
        icon=view.icon,
        pick=lambda tickets, user: Question.of(view.query, user).among(tickets),
        query=view.query,
        own_order=view.order,
        empty_title=_("No ticket is in this view"),
        empty_text=_("A view shows whatever its filter lets through, also what comes in later."),
        view=view,
    )
    return queue.sorted_by(view.order)


def views_of(user: User) -> list[SavedView]:
    """The saved views that this person may open, asked for once in a request; the first ones where there are many."""
    kept = user.__dict__.get("_saved_views")
    if kept is None:
        views = SavedView.objects.visible_to(user).order_by("position", "name", "pk")
        kept = user.__dict__["_saved_views"] = list(views[:MOST_VIEWS])
    return cast(list[SavedView], kept)


def find_queue(slug: str, *, teams: list[Team], user: User | None = None) -> Queue:
    """The queue or view with this slug; 404 when there is none, or it is not theirs."""
    views = map(of_view, views_of(user)) if user and slug.startswith("view-") else ()
    for queue in (*STANDING, CLOSED, *map(of_team, teams), *views):
        if queue.slug == slug:
            return queue
    raise Http404


def opened_from(slug: str, *, teams: list[Team], user: User | None = None) -> Queue:
    """The queue a ticket was opened from; their own where the address names none, or one they may not see."""
    try:
        return find_queue(slug or MINE.slug, teams=teams, user=user)
    except Http404:
        return MINE


def with_tags(rows: TicketQuerySet) -> TicketQuerySet:
    """The same with their tags as `borne`, where the table shows them: one query more."""
    borne = TicketTag.objects.select_related("tag").order_by("tag__slug")
    return cast(TicketQuerySet, rows.prefetch_related(Prefetch("ticket_tags", borne, to_attr="borne")))


def for_rows(tickets: TicketQuerySet, *, user: User, with_stake: bool = False) -> TicketQuerySet:
    """What a row shows, in one query and one for addresses: the ticket, its people, and its current tagging.

    At most one tagging of a ticket is current (the database says so), so the join repeats no row. What is at stake is
    read where the list says why a ticket stands where it stands.
    """
    current = FilteredRelation("taggings", condition=Q(taggings__is_current=True))
    rows = tickets.for_queue(user).annotate(tagging=current).select_related("tagging")  # type: ignore[misc]
    rows = rows.select_related("stake") if with_stake else rows
    return cast(TicketQuerySet, rows.defer(*NOT_IN_ROWS).prefetch_related("requester__addresses"))
