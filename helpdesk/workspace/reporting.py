"""What a reader asks of the report: which days, which channel. Read from the address and written into links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.people.access import Ability
from helpdesk.people.models import Company, User
from helpdesk.workspace.decorators import AgentRequest
from tickets.models import Channel
from tickets.periods import EARLIEST, Period
from tickets.reports import Scope

LATEST_DAYS = (7, 30, 90)
DEFAULT_DAYS = 30


class ReportForm(forms.Form):
    """Days of the reader's own choice, and one channel instead of all."""

    since = forms.DateField(
        label=_("From"),
        help_text=_("Empty: the latest days."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    channel = forms.ChoiceField(label=_("Channel"), required=False, choices=[("", _("All channels")), *Channel.choices])

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and since < EARLIEST:
            self.add_error("since", _t("From must be in the year 2000 or later."))
        if since and since > self.today:
            self.add_error("since", _t("From must be today or earlier."))
        if until and until > self.today:
            self.add_error("until", _t("To must be today or earlier."))
        if since and until and until < since:
            self.add_error("until", _t("To must be the same day as From or later."))
        if until and not since and "since" not in self.errors:
            self.add_error("since", _t("Enter the first day."))
        return cleaned


@dataclass(frozen=True)
class Reporting:
    """One reading of the report."""

    scope: Scope
    days: int  # of the latest days; 0 for days of the reader's own choice
    confirmed_only: bool
    form: ReportForm
    company: Company

    @classmethod
    def of(cls, request: AgentRequest) -> Reporting:
        """What the address asks for; where it makes no sense, the last 30 days, with the form saying why.

        Guests read whole periods of all channels: from two overlapping choices a small cell could be worked out.
        """
        company = cast(Company, getattr(request, "company", None) or Company.current())
        user, now = request.user, timezone.now()
        today = now.astimezone(company.zone).date()
        asked: Mapping[str, Any] = request.GET if may_choose(user) else {"days": request.GET.get("days", "")}
        form = ReportForm(asked, today=today)
        is_clean = form.is_valid()
        chosen = form.cleaned_data
        days = next((each for each in LATEST_DAYS if str(each) == asked.get("days")), DEFAULT_DAYS)
        if is_clean and chosen.get("since"):
            days, period = 0, Period(chosen["since"], chosen.get("until") or today, company.zone)
        else:
            period = Period.last_days(days, zone=company.zone, now=now)
        scope = Scope(viewer=user, period=period, channel=chosen.get("channel") or "")
        return cls(scope, days, bool(asked.get("confirmed")), form, company)

    @property
    def period(self) -> Period:
        return self.scope.period

    @property
    def may_choose(self) -> bool:
        return may_choose(self.scope.viewer)

    @property
    def latest_days(self) -> tuple[int, ...]:
        return LATEST_DAYS

    @property
    def channel_label(self) -> str:
        return str(dict(Channel.choices).get(self.scope.channel, ""))

    def query(self, **changes: object) -> str:
        """These choices as the end of an address, some of them changed; None or "" takes one away."""
        said: dict[str, object] = {"days": self.days} if self.days else {
            "since": self.period.first.isoformat(), "until": self.period.last.isoformat(),
        }  # fmt: skip
        if "days" in changes:
            said = {}
        said |= {"channel": self.scope.channel, "confirmed": "1" if self.confirmed_only else ""}
        return urlencode({name: value for name, value in {**said, **changes}.items() if value})

    def address(self, name: str, **changes: object) -> str:
        return f"{reverse(name)}?{self.query(**changes)}"


def may_choose(user: User) -> bool:
    return user.may(Ability.SEE_SMALL_CELLS)
