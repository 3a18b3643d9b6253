"""What stands at the left of every page: the queues with their numbers, the reports, the person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from helpdesk.people.access import Ability
from helpdesk.people.models import Team
from helpdesk.workspace import queues
from helpdesk.workspace.decorators import AgentRequest
from helpdesk.workspace.queues import Queue
from tickets.counting import counted_up_to
from tickets.models import Delivery, MailAlarm, Notification

MOST_COUNTED = 1000


@dataclass(frozen=True)
class NavItem:
    """A queue with its number."""

    queue: Queue
    count: str  # "12", "1,000+", or empty where there is nothing to count
    is_current: bool


@dataclass
class Navigation:
    """The left column. `counts` are strings fit for the screen."""

    items: list[NavItem]
    team_items: list[NavItem]
    teams: list[Team]
    current: str  # the slug of the queue, or the name of another page
    unread: int  # notifications
    counts: dict[str, int] = field(default_factory=dict)
    count: str = ""  # of the current queue
    sees_tickets: bool = True
    sees_reports: bool = False
    runs_mail: bool = False
    reads_outbox: bool = False
    administers: bool = False
    alarms: int = 0  # what is wrong with mailboxes, for whoever looks after them
    undelivered: str = ""  # mail of theirs that could not be sent; empty where there is none


def counted(number: int) -> str:
    """The number as it is shown: "1,000+" where counting stopped."""
    return f"{MOST_COUNTED:,}+" if number >= MOST_COUNTED else str(number)


def navigation(request: AgentRequest, *, current: str = "", teams: list[Team] | None = None) -> Navigation:
    """Every number of the left column in one query.

    For the queue that is shown, two more numbers go along: how many of it are past due, and how many are nobody's.
    """
    user = request.user
    sees = user.may(Ability.SEE_TICKETS)
    teams = (queues.teams_of(user) if sees else []) if teams is None else teams
    team_queues = [queues.of_team(team) for team in teams]
    asked: dict[str, QuerySet[Any]] = {}
    if sees:
        asked = {queue.slug: queue.tickets_for(user) for queue in (*queues.COUNTED, *team_queues)}
        if current in asked:
            asked["past_due"] = asked[current].filter(due_next_at__lt=timezone.now())
            asked["nobodys"] = asked[current].filter(assignee=None)
        asked["unread"] = Notification.objects.told_to(user).filter(read_at=None)
        asked["undelivered"] = Delivery.objects.visible_to(user).undelivered()
    if user.may(Ability.RUN_MAIL):
        asked["alarms"] = MailAlarm.objects.visible_to(user).open()
    counts = counted_up_to(MOST_COUNTED, asked)

    def item(queue: Queue) -> NavItem:
        number = counts.get(queue.slug)
        return NavItem(queue, "" if number is None else counted(number), is_current=queue.slug == current)

    return Navigation(
        items=[item(queue) for queue in queues.STANDING] if sees else [],
        team_items=[item(queue) for queue in team_queues],
        teams=teams,
        current=current,
        unread=counts.get("unread", 0),
        counts=counts,
        count=counted(counts[current]) if current in counts else "",
        sees_tickets=sees,
        sees_reports=user.may(Ability.SEE_REPORTS),
        runs_mail=user.may(Ability.RUN_MAIL),
        reads_outbox=user.may(Ability.READ_OUTBOX),
        administers=user.may(Ability.ADMINISTER),
        alarms=counts.get("alarms", 0),
        undelivered=counted(counts["undelivered"]) if counts.get("undelivered") else "",
    )
