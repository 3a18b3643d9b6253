"""What stands at the left of every page: the queues with their numbers, the reports, the person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.safestring import SafeString

from cx.confirming import to_confirm
from cx.models import FollowUp
from helpdesk.people.access import Ability
from helpdesk.people.models import Team, User
from helpdesk.ui.templatetags.ui import piece
from helpdesk.workspace import queues, standing
from helpdesk.workspace.decorators import AgentRequest
from helpdesk.workspace.queues import Queue
from tickets.counting import Always, counted_up_to
from tickets.models import Delivery, MailAlarm, Notification

MOST_COUNTED = 1000
MOST_TO_CONFIRM = 99
MOST_VIEWS_COUNTED = 12


@dataclass(frozen=True)
class NavItem:
    """A queue with its number."""

    queue: Queue
    count: str  # "12", "1,000+", or empty where there is nothing to count
    is_current: bool

    @property
    def drawn(self) -> SafeString:
        """The link, rendered once for each number that it shows."""
        return piece(
            "workspace/shell/_place.html", slug=self.queue.slug, label=str(self.queue.label), icon_name=self.queue.icon,
            hotkey=self.queue.hotkey, is_cut=self.queue.view is not None, count=self.count,
            is_current=self.is_current,
        )  # fmt: skip


@dataclass
class Navigation:
    """The left column. `counts` are strings fit for the screen."""

    items: list[NavItem]
    team_items: list[NavItem]
    view_items: list[NavItem]
    teams: list[Team]
    current: str  # the slug of the queue, or the name of another page
    unread: int  # notifications
    counts: dict[str, int] = field(default_factory=dict)
    count: str = ""  # of the current queue
    shown: str = ""  # of those that its filters let through, where there are any
    sees_tickets: bool = True
    sees_reports: bool = False
    sees_suggestions: bool = False
    runs_mail: bool = False
    reads_outbox: bool = False
    administers: bool = False
    names_tags: bool = False
    names_fields: bool = False
    tags: bool = False
    to_confirm: str = ""  # suggestions that wait for a person; empty where there is none
    alarms: int = 0  # what is wrong with mailboxes, for whoever looks after them
    overdue: str = ""  # what this person planned to do for customers and has not done yet
    undelivered: str = ""  # mail of theirs that could not be sent; empty where there is none


def counted(number: int) -> str:
    """The number as it is shown: "1,000+" where counting stopped."""
    return f"{MOST_COUNTED:,}+" if number >= MOST_COUNTED else str(number)


def few(number: int) -> str:
    """A number of suggestions as it is shown: "99+" where counting stopped, nothing for none."""
    return f"{MOST_TO_CONFIRM}+" if number > MOST_TO_CONFIRM else str(number or "")


def _always(user: User, name: str, queryset: Callable[[], QuerySet[Any]]) -> Always:
    """What a list means depends on whose it is, on their role and on the teams they are in."""
    teams = tuple(sorted(membership.team_id for membership in user.memberships.all()))
    return Always((name, user.pk, user.role, user.is_active, teams), queryset)


def navigation(
    request: AgentRequest,
    *,
    current: str = "",
    teams: list[Team] | None = None,
    also_counted: Mapping[str, QuerySet[Any]] | None = None,
) -> Navigation:
    """Every number of the left column in one query.

    For the queue that is shown, two more numbers go along: how many of it are past due, and how many are nobody's; and
    whatever else the page wants to have counted.
    """
    user = request.user
    sees = user.may(Ability.SEE_TICKETS)
    teams = (queues.teams_of(user) if sees else []) if teams is None else teams
    own, of_teams, views = (group.lists for group in standing.groups_of(user, teams=teams)) if sees else ([], [], [])
    asked: dict[str, QuerySet[Any] | Always] = dict(also_counted or {})
    always = partial(_always, user)
    if sees:
        listed = {queue.slug: queue for queue in (*queues.COUNTED, *of_teams)}
        asked |= {slug: always(slug, partial(queue.tickets_for, user)) for slug, queue in listed.items()}
        counted_views = [view for at, view in enumerate(views) if at < MOST_VIEWS_COUNTED or view.slug == current]
        asked |= {view.slug: view.tickets_for(user) for view in counted_views}
        if shown := listed.get(current) or next((view for view in counted_views if view.slug == current), None):
            asked["past_due"] = shown.tickets_for(user).filter(due_next_at__lt=timezone.now())
            asked["nobodys"] = shown.tickets_for(user).filter(assignee=None)
        asked["unread"] = always("unread", lambda: Notification.objects.told_to(user).unread())
        asked["overdue"] = FollowUp.objects.overdue().filter(owner=user.pk)
        asked["undelivered"] = always("undelivered", lambda: Delivery.objects.visible_to(user).undelivered())
    if user.may(Ability.RUN_MAIL):
        asked["alarms"] = always("alarms", lambda: MailAlarm.objects.visible_to(user).open())
    if user.may(Ability.TAG):
        asked["to_confirm"] = always("to_confirm", lambda: to_confirm(user))
    counts = counted_up_to(MOST_COUNTED, asked, sooner={"to_confirm": MOST_TO_CONFIRM + 1})

    def item(queue: Queue) -> NavItem:
        number = counts.get(queue.slug)
        return NavItem(queue, "" if number is None else counted(number), is_current=queue.slug == current)

    return Navigation(
        items=[item(queue) for queue in own],
        team_items=[item(queue) for queue in of_teams],
        view_items=[item(queue) for queue in views],
        teams=teams,
        current=current,
        unread=counts.get("unread", 0),
        counts=counts,
        count=counted(counts[current]) if current in counts else "",
        shown=counted(counts["shown"]) if "shown" in counts else "",
        sees_tickets=sees,
        sees_reports=user.may(Ability.SEE_REPORTS),
        sees_suggestions=user.may(Ability.SEE_REPORTS) and user.may(Ability.TAG),
        runs_mail=user.may(Ability.RUN_MAIL),
        reads_outbox=user.may(Ability.READ_OUTBOX),
        administers=user.may(Ability.ADMINISTER),
        names_tags=user.may(Ability.NAME_TAGS),
        names_fields=user.may(Ability.NAME_FIELDS),
        tags=user.may(Ability.TAG),
        to_confirm=few(counts.get("to_confirm", 0)),
        alarms=counts.get("alarms", 0),
        overdue=counted(counts["overdue"]) if counts.get("overdue") else "",
        undelivered=counted(counts["undelivered"]) if counts.get("undelivered") else "",
    )
