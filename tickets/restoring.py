"""Putting a ticket back exactly as it stood: its status, its times, and the targets that a verb moved or ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _t

from helpdesk.common.errors import Refusal
from tickets.models import EventKind, Target, Ticket

if TYPE_CHECKING:
    from helpdesk.people.models import User

STATUS = ("status", "resolution_reason", "snoozed_until", "resolved_at", "closed_at")
SAID = ("last_customer_message_at", "last_public_reply_at")  # a word from either side since is a change, too
TIMES = ("due_at", "paused_at", "met_at", "dropped_at")
Snapshot = dict[str, Any]


def snapshot(ticket: Ticket) -> Snapshot:
    """How it stands, fit for JSON. The caller holds the row's lock and has its latest values."""
    return {
        "columns": {name: _written(getattr(ticket, name)) for name in (*STATUS, *SAID)},
        "targets": {str(target.pk): _times(target) for target in ticket.targets.all()},
    }


def difference(was: Snapshot, became: Snapshot) -> dict[str, Any]:
    """What `put_back` needs: both states of the columns, and of the targets only those that changed."""
    targets = {
        pk: [was["targets"].get(pk), times]
        for pk, times in became["targets"].items()
        if was["targets"].get(pk) != times
    }
    return {"was": was["columns"], "became": became["columns"], "targets": targets}


def put_back(ticket: Ticket, difference: dict[str, Any], *, by: User) -> None:
    """As it was before. Refuses where somebody has changed it since: what they did stands.

    A target that was settled or moved since, a promise that was kept meanwhile, stays as it is now.
    """
    with ticket._locked():
        if {name: _written(getattr(ticket, name)) for name in difference["became"]} != difference["became"]:
            raise Refusal(_t("It was changed since."))
        for name in STATUS:
            setattr(ticket, name, _read(name, difference["was"][name]))
        _put_targets_back(ticket, difference["targets"])
        ticket.record(EventKind.RESTORED, actor=by, status=ticket.status)
        ticket._save_and_refresh_due()


def _put_targets_back(ticket: Ticket, changed: dict[str, Any]) -> None:
    untouched = [
        target for target in ticket.targets.filter(pk__in=changed) if _times(target) == changed[str(target.pk)][1]
    ]
    # First those that did not exist before: of one kind at most one is unsettled.
    Target.objects.filter(pk__in=[target.pk for target in untouched if changed[str(target.pk)][0] is None]).delete()
    for target in untouched:
        if was := changed[str(target.pk)][0]:
            for name, value in zip(TIMES, was, strict=True):
                setattr(target, name, _moment(value))
            target.save(update_fields=TIMES)


def _times(target: Target) -> list[str | None]:
    return [_written(getattr(target, name)) for name in TIMES]


def _written(value: Any) -> Any:
    # In one zone: what was just set still has the one it was given in.
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _read(name: str, value: Any) -> Any:
    return _moment(value) if name.endswith(("_at", "_until")) else value


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
