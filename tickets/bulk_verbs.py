"""What can be done with many tickets: the verbs of one ticket, each with its way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from helpdesk.common.errors import Refusal
from helpdesk.common.moments import is_in_a_lifetime
from helpdesk.common.numbers import whole
from helpdesk.people.access import Ability
from helpdesk.people.models import Team, User
from tickets import merging
from tickets.bulk import Values, Verb, register
from tickets.mail import spam
from tickets.models import Priority, Ticket
from tickets.restoring import difference, put_back, snapshot

MOST_MERGED = 100


def register_all() -> None:
    for verb in (ASSIGN, UNASSIGN, MOVE, PRIORITISE, SNOOZE, WAKE, WAIT, RESOLVE, REOPEN, SPAM, MERGE, WATCH, UNWATCH):
        register(verb)


def _changed_since() -> Refusal:
    return Refusal(_t("It was changed since."))


# --- Who answers -----------------------------------------------------------------------------------------------------


def _check_assign(values: Values, by: User) -> dict[str, Any]:
    to = User.objects.filter(pk=_number(values.get("to")), is_active=True).first()
    if to is None:
        raise Refusal(_t("Choose a person from the list."))
    if not to.may(Ability.REPLY):
        raise Refusal(_t("%(name)s cannot answer tickets.") % {"name": to.name})
    return {"to": to.pk, "name": to.name}


def _ready_assign(values: Values, by: User) -> Values:
    to = User.objects.filter(pk=values["to"]).prefetch_related("memberships").first()
    if to is None or not to.may(Ability.REPLY):
        raise Refusal(_t("%(name)s cannot answer tickets.") % {"name": values["name"]})
    return {"person": to, "teams": {membership.team_id for membership in to.memberships.all()}}


def _assign(ticket: Ticket, given: Values, by: User) -> dict[str, Any] | None:
    to, was = given["person"], ticket.assignee_id
    sees_it = ticket.team_id is None or ticket.team_id in given["teams"] or to.may(Ability.SEE_ALL_TICKETS)
    if was != to.pk and not sees_it:
        raise Refusal(_t("%(name)s does not work in its team.") % {"name": to.name})
    return {"was": was, "became": to.pk} if ticket.assign(to=to, by=by) else None


def _unassign(ticket: Ticket, given: Values, by: User) -> dict[str, Any] | None:
    was = ticket.assignee_id
    return {"was": was, "became": None} if ticket.unassign(by=by) else None


def _undo_assign(ticket: Ticket, before: Values, by: User) -> None:
    if ticket.assignee_id != before["became"]:
        raise _changed_since()
    if before["was"] is None:
        ticket.unassign(by=by)
    else:
        ticket.assign(to=User.objects.get(pk=before["was"]), by=by)


def _assigned(count: int, values: Values) -> str:
    said = ngettext("%(count)s ticket assigned to %(name)s.", "%(count)s tickets assigned to %(name)s.", count)
    return said % {"count": whole(count), "name": values["name"]}


ASSIGN = Verb(
    slug="assign",
    label=_("Assign"),
    icon="user-plus",
    check=_check_assign,
    ready=_ready_assign,
    do=_assign,
    undo=_undo_assign,
    done=_assigned,
)
UNASSIGN = Verb(
    slug="unassign",
    label=_("Leave it to nobody"),
    icon="circle-dashed",
    do=_unassign,
    undo=_undo_assign,
    done=lambda count, values: ngettext(
        "%(count)s ticket is nobody’s now.", "%(count)s tickets are nobody’s now.", count
    ) % {"count": whole(count)},
)  # fmt: skip


def _check_move(values: Values, by: User) -> dict[str, Any]:
    if values.get("team") in ("", None):
        return {"team": None, "name": ""}
    team = Team.objects.filter(pk=_number(values["team"])).first()
    if team is None:
        raise Refusal(_t("Choose a team from the list."))
    return {"team": team.pk, "name": team.name}


def _ready_move(values: Values, by: User) -> Values:
    team = Team.objects.filter(pk=values["team"]).first()
    if team is None and values["team"] is not None:
        raise Refusal(_t("There is no such team any more."))
    return {"team": team}


def _move(ticket: Ticket, given: Values, by: User) -> dict[str, Any] | None:
    to, was = given["team"], ticket.team_id
    return {"was": was, "became": to.pk if to else None} if ticket.move(to=to, by=by) else None


def _undo_move(ticket: Ticket, before: Values, by: User) -> None:
    if ticket.team_id != before["became"]:
        raise _changed_since()
    team = Team.objects.filter(pk=before["was"]).first()
    if team is None and before["was"] is not None:
        raise Refusal(_t("There is no such team any more."))
    ticket.move(to=team, by=by)


def _moved(count: int, values: Values) -> str:
    if not values["name"]:
        said = ngettext(
            "%(count)s ticket taken out of its team’s queue.",
            "%(count)s tickets taken out of their teams’ queues.",
            count,
        )
        return said % {"count": whole(count)}
    said = ngettext("%(count)s ticket moved to %(team)s.", "%(count)s tickets moved to %(team)s.", count)
    return said % {"count": whole(count), "team": values["name"]}


MOVE = Verb(
    slug="move",
    label=_("Move to a team"),
    icon="users",
    check=_check_move,
    ready=_ready_move,
    do=_move,
    undo=_undo_move,
    done=_moved,
)


# --- How urgent ------------------------------------------------------------------------------------------------------


def _check_priority(values: Values, by: User) -> dict[str, Any]:
    if values.get("priority") not in Priority.values:
        raise Refusal(_t("Choose one of the four priorities."))
    return {"priority": values["priority"]}


def _prioritise(ticket: Ticket, given: Values, by: User) -> dict[str, Any] | None:
    was = ticket.priority
    changed = ticket.prioritise(priority=given["priority"], by=by)
    return {"was": was, "became": given["priority"]} if changed else None


def _undo_priority(ticket: Ticket, before: Values, by: User) -> None:
    if ticket.priority != before["became"]:
        raise _changed_since()
    ticket.prioritise(priority=before["was"], by=by)


def _prioritised(count: int, values: Values) -> str:
    said = ngettext(
        "%(count)s ticket has this priority now: %(priority)s.",
        "%(count)s tickets have this priority now: %(priority)s.",
        count,
    )
    return said % {"count": whole(count), "priority": Priority(values["priority"]).label}


PRIORITISE = Verb(
    slug="prioritise",
    label=_("Set the priority"),
    icon="flag",
    check=_check_priority,
    do=_prioritise,
    undo=_undo_priority,
    done=_prioritised,
)


# --- Where it stands -------------------------------------------------------------------------------------------------


def _status(change: Callable[[Ticket, Values, User], bool]) -> Callable[[Ticket, Values, User], dict[str, Any] | None]:
    """A verb that changes the status, with its clocks and times kept for the way back."""

    def do(ticket: Ticket, given: Values, by: User) -> dict[str, Any] | None:
        was = snapshot(ticket)
        return difference(was, snapshot(ticket)) if change(ticket, given, by) else None

    return do


def _undo_status(ticket: Ticket, before: Values, by: User) -> None:
    put_back(ticket, dict(before), by=by)


def _check_snooze(values: Values, by: User) -> dict[str, Any]:
    try:
        until = datetime.fromisoformat(str(values.get("until")))
    except ValueError:
        raise Refusal(_t("Choose until when.")) from None
    if until <= timezone.now():
        raise Refusal(_t("Choose a time that is still to come."))
    if not is_in_a_lifetime(until):
        raise Refusal(_t("Choose a time within the next hundred years."))
    return {"until": until.isoformat()}


def _snoozed(count: int, values: Values) -> str:
    until = date_format(timezone.localtime(datetime.fromisoformat(values["until"])), "D j M, H:i")
    said = ngettext("%(count)s ticket snoozed until %(when)s.", "%(count)s tickets snoozed until %(when)s.", count)
    return said % {"count": whole(count), "when": until}


SNOOZE = Verb(
    slug="snooze",
    label=_("Snooze"),
    icon="alarm-clock",
    check=_check_snooze,
    do=_status(lambda ticket, given, by: ticket.snooze(until=datetime.fromisoformat(given["until"]), by=by)),
    undo=_undo_status,
    done=_snoozed,
)
WAKE = Verb(
    slug="wake",
    label=_("Wake up"),
    icon="bell",
    do=_status(lambda ticket, given, by: ticket.wake(by=by)),
    undo=_undo_status,
    done=lambda count, values: (
        ngettext("%(count)s ticket is awake.", "%(count)s tickets are awake.", count) % {"count": whole(count)}
    ),
)
WAIT = Verb(
    slug="wait",
    label=_("Wait for the customer"),
    icon="pause",
    do=_status(lambda ticket, given, by: ticket.wait(by=by)),
    undo=_undo_status,
    done=lambda count, values: ngettext(
        "%(count)s ticket waits for the customer.", "%(count)s tickets wait for the customer.", count
    ) % {"count": whole(count)},
)  # fmt: skip
RESOLVE = Verb(
    slug="resolve",
    label=_("Resolve"),
    icon="check",
    check=lambda values, by: {"reason": str(values.get("reason", "")).strip()},
    do=_status(lambda ticket, given, by: ticket.resolve(by=by, reason=given["reason"])),
    undo=_undo_status,
    done=lambda count, values: (
        ngettext("%(count)s ticket resolved.", "%(count)s tickets resolved.", count) % {"count": whole(count)}
    ),
)
REOPEN = Verb(
    slug="reopen",
    label=_("Open again"),
    icon="rotate-ccw",
    do=_status(lambda ticket, given, by: ticket.reopen(by=by)),
    undo=_undo_status,
    done=lambda count, values: (
        ngettext("%(count)s ticket is open.", "%(count)s tickets are open.", count) % {"count": whole(count)}
    ),
)


# --- Spam ------------------------------------------------------------------------------------------------------------


def _mark(ticket: Ticket, given: Values, by: User) -> dict[str, Any] | None:
    was = snapshot(ticket)
    if not spam.mark_ticket(ticket, by=by):
        return None
    ticket.refresh_from_db()
    return difference(was, snapshot(ticket))


def _unmark(ticket: Ticket, before: Values, by: User) -> None:
    """Its words are wanted ones again; and it stands as it stood, with the clocks that the mark had stopped."""
    marked = snapshot(ticket)
    if marked["columns"] != before["became"] or not spam.unmark_ticket(ticket, by=by):
        raise _changed_since()
    ticket.refresh_from_db()
    opened = snapshot(ticket)
    targets = {pk: [None, times] for pk, times in opened["targets"].items() if pk not in marked["targets"]}
    targets |= {pk: [was, opened["targets"].get(pk)] for pk, (was, _became) in before["targets"].items()}
    put_back(ticket, {"was": before["was"], "became": opened["columns"], "targets": targets}, by=by)


SPAM = Verb(
    slug="spam",
    label=_("Mark as spam"),
    icon="shield",
    do=_mark,
    undo=_unmark,
    done=lambda count, values: ngettext(
        "%(count)s ticket marked as spam.", "%(count)s tickets marked as spam.", count
    ) % {"count": whole(count)},
)  # fmt: skip


# --- Merging ---------------------------------------------------------------------------------------------------------


def _check_merge(values: Values, by: User) -> dict[str, Any]:
    into = Ticket.objects.visible_to(by).filter(number=_number(values.get("into"))).first()
    if into is None:
        raise Refusal(_t("Choose the ticket that stays."))
    return {"into": into.number, "other_customer": bool(values.get("other_customer"))}


def _ready_merge(values: Values, by: User) -> Values:
    into = Ticket.objects.visible_to(by).filter(number=values["into"]).first()
    if into is None:
        raise Refusal(_t("There is no such ticket for you."))
    return {"into": into, "other_customer": values["other_customer"]}


def _merge(ticket: Ticket, given: Values, by: User) -> dict[str, Any] | None:
    changed = merging.merge(ticket, into=given["into"], by=by, other_customer=given["other_customer"])
    return {"into": given["into"].pk} if changed else None


def _unmerge(ticket: Ticket, before: Values, by: User) -> None:
    if ticket.merged_into_id != before["into"] or not merging.unmerge(ticket, by=by):
        raise _changed_since()


def _merged(count: int, values: Values) -> str:
    said = ngettext("%(count)s ticket merged into #%(into)s.", "%(count)s tickets merged into #%(into)s.", count)
    return said % {"count": whole(count), "into": values["into"]}


MERGE = Verb(
    slug="merge",
    label=_("Merge"),
    icon="merge",
    check=_check_merge,
    ready=_ready_merge,
    do=_merge,
    undo=_unmerge,
    done=_merged,
    locks=False,  # merging locks both tickets, the older first
    most=MOST_MERGED,
)


# --- Who wants to know -----------------------------------------------------------------------------------------------


def _watch(ticket: Ticket, given: Values, by: User) -> dict[str, Any] | None:
    return {"watched": False} if ticket.watch(who=by, by=by) else None


def _unwatch(ticket: Ticket, given: Values, by: User) -> dict[str, Any] | None:
    return {"watched": True} if ticket.unwatch(who=by, by=by) else None


def _undo_watch(ticket: Ticket, before: Values, by: User) -> None:
    changed = ticket.watch(who=by, by=by) if before["watched"] else ticket.unwatch(who=by, by=by)
    if not changed:
        raise _changed_since()


WATCH = Verb(
    slug="watch",
    label=_("Watch"),
    icon="eye",
    do=_watch,
    undo=_undo_watch,
    done=lambda count, values: (
        ngettext("You watch %(count)s ticket.", "You watch %(count)s tickets.", count) % {"count": whole(count)}
    ),
    needs=Ability.SEE_TICKETS,
)
UNWATCH = Verb(
    slug="unwatch",
    label=_("Stop watching"),
    icon="eye-off",
    do=_unwatch,
    undo=_undo_watch,
    done=lambda count, values: ngettext(
        "You no longer watch %(count)s ticket.", "You no longer watch %(count)s tickets.", count
    ) % {"count": whole(count)},
    needs=Ability.SEE_TICKETS,
)  # fmt: skip


def _number(given: Any) -> int:
    """What the form gave as a number; 0, which nothing has, for anything else."""
    text = str(given or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
