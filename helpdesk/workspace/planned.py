"""Replies that leave later, as the ticket's page shows them; and the moment that its form asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _t

from helpdesk.common.moments import moment
from helpdesk.people.access import Ability
from helpdesk.people.models import User
from helpdesk.workspace.forms import SnoozeForm
from tickets.models import Draft, Status, Ticket

HELD = "later:"  # before the moment that a form which was held asks for once more


@dataclass(frozen=True)
class Planned:
    """One reply that is to leave later."""

    draft: Draft
    is_mine: bool
    may_stop: bool

    @property
    def words(self) -> str:
        """ "Daniel's reply leaves tomorrow 08:00", and how the ticket stands then."""
        at = self.draft.send_at
        assert at is not None
        when, name = moment(at), self.draft.user.name
        if self.draft.then == Status.WAITING:
            said = _t("%(name)s’s reply leaves %(when)s. Then the ticket waits for the customer.")
        elif self.draft.then == Status.RESOLVED:
            said = _t("%(name)s’s reply leaves %(when)s. Then the ticket is resolved.")
        else:
            said = _t("%(name)s’s reply leaves %(when)s.")
        return said % {"name": name, "when": when}


def planned_on(ticket: Ticket, *, user: User) -> list[Planned]:
    """The soonest first. No query for a ticket that was found to have none."""
    if not getattr(ticket, "has_planned", True):
        return []
    drafts = ticket.drafts.filter(send_at__isnull=False).select_related("user").order_by("send_at", "pk")
    leads = user.may(Ability.RUN_MAIL)
    return [
        Planned(draft, is_mine=draft.user_id == user.pk, may_stop=leads or draft.user_id == user.pk) for draft in drafts
    ]


def asked_for(request: HttpRequest) -> tuple[datetime | None, str]:
    """When the reply in this form should leave, None for now; and what is wrong with the moment, in words."""
    held = request.POST.get("asked", "")
    if "confirm" in request.POST and held.startswith(HELD):
        at = parse_datetime(held.removeprefix(HELD))
        return (at, "") if at and timezone.is_aware(at) else (None, "")
    chosen = request.POST.get("later", "")
    if not chosen:
        return None, ""
    preset = "" if chosen == "at" else chosen
    form = SnoozeForm({"preset": preset, "on": request.POST.get("later_on"), "at": request.POST.get("later_at")})
    at = form.until() if form.is_valid() else None
    return at, "" if at else _t("Choose the day on which it should leave.")
