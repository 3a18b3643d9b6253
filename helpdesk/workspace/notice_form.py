"""The table of what a person wants to be told, and over which channels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.people.models import User
from helpdesk.people.preferences import Preferences
from tickets import notifying
from tickets.models import Notification

PAIRS = [(f"{kind}:{channel}", "") for kind in notifying.CHOICES for channel in notifying.CHANNELS]


@dataclass(frozen=True)
class Box:
    """Where a kind and a channel meet."""

    value: str
    channel: str
    label: str | Promise
    is_ticked: bool


@dataclass(frozen=True)
class Row:
    kind: str
    label: str | Promise
    says: str | Promise
    boxes: list[Box]


def a_time(label: Any, **more: Any) -> forms.TimeField:
    """A time of day as the browser asks for it; also by hand, as 18:00."""
    return forms.TimeField(
        label=label,
        required=False,
        input_formats=["%H:%M", "%H:%M:%S", "%H.%M"],
        error_messages={"invalid": _("Enter a time like 18:00")},
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        **more,
    )


class NoticeForm(forms.Form):
    told = forms.MultipleChoiceField(choices=PAIRS, required=False)
    digest_at = a_time(
        _("Daily digest at"), help_text=_("Everything unread in one mail, if there is something. Empty: no digest.")
    )
    quiet_from = a_time(_("Quiet from"))
    quiet_until = a_time(_("Quiet until"))

    def __init__(self, data: Any = None, *, user: User) -> None:
        kept = Preferences.of(user)
        initial = {name: getattr(kept, name) for name in ("digest_at", "quiet_from", "quiet_until")}
        super().__init__(data, initial=initial)
        self.user = user

    @property
    def channels(self) -> list[tuple[str, str | Promise]]:
        return list(notifying.CHANNELS.items())

    def rows(self) -> Iterator[Row]:
        """The table as it is ticked: what was just sent, else what is kept."""
        for kind, choice in notifying.CHOICES.items():
            chosen = notifying.channels_of(self.user, kind)
            if self.is_bound:
                sent = self["told"].value() or []
                chosen = tuple(channel for channel in notifying.CHANNELS if f"{kind}:{channel}" in sent)
            boxes = [
                Box(f"{kind}:{channel}", channel, label, is_ticked=channel in chosen)
                for channel, label in notifying.CHANNELS.items()
            ]
            yield Row(kind, Notification.Kind(kind).label, choice.says, boxes)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        begins, ends = cleaned.get("quiet_from"), cleaned.get("quiet_until")
        if begins and not ends and "quiet_until" not in self.errors:
            self.add_error("quiet_until", _t("Enter when the quiet hours end"))
        if ends and not begins and "quiet_from" not in self.errors:
            self.add_error("quiet_from", _t("Enter when the quiet hours begin"))
        return cleaned

    @property
    def chosen(self) -> dict[str, Any]:
        """What `notifying.choose` keeps."""
        ticked = [value.partition(":") for value in self.cleaned_data["told"]]
        channels: dict[str, list[str]] = {kind: [] for kind in notifying.CHOICES}
        for kind, _colon, channel in ticked:
            channels[kind].append(channel)
        times = {name: _as_text(self.cleaned_data[name]) for name in ("digest_at", "quiet_from", "quiet_until")}
        return {"channels": channels, **times}


def _as_text(at: time | None) -> str:
    return f"{at:%H:%M}" if at else ""
