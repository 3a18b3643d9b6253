"""A complaint as its customer sees it: how far it is, what we decided once they were told, how they can object."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from helpdesk.common.text import normalise
from tickets import complaints
from tickets.models import Complaint, Ticket

MOST_TEXT = 4000


@dataclass(frozen=True)
class Complained:
    """What the page says of it. Of a decision that the customer was not told nothing can be read from it."""

    words: str
    decision: str
    reasons: str
    may_object: bool


class ObjectionForm(forms.Form):
    words = forms.CharField(
        label=_("What do you object to, and why?"), max_length=MOST_TEXT,
        error_messages={
            "required": _("Say what you object to."),
            "max_length": _("Use at most %(limit_value)d characters, or attach a file"),
        },
        widget=forms.Textarea(attrs={"class": "input", "rows": 4}),
    )  # fmt: skip

    def clean_words(self) -> str:
        words = normalise(self.cleaned_data["words"]).strip()
        if not words:
            raise forms.ValidationError(_t("Say what you object to."))
        return words


def shown(ticket: Ticket, *, readable: Collection[int]) -> Complained | None:
    """None where the ticket is no complaint. `readable`: the messages that the customer may read by now, so that a
    decision whose reply can still be undone leaves no trace."""
    found = complaints.of(ticket)
    if found is None:
        return None
    is_told = found.told_in_id in readable and bool(found.decision)
    return Complained(
        words=_words(found, is_told=is_told),
        decision=str(found.get_decision_display()) if is_told else "",
        reasons=found.reasons if is_told else "",
        may_object=is_told and found.may("object") and not ticket.is_closed and not ticket.is_merged,
    )


def _words(complaint: Complaint, *, is_told: bool) -> str:
    day = _day(complaint)
    if complaint.state == Complaint.State.OBJECTED:
        said = _t("You objected to our decision. We look at it again and tell you by %(day)s.")
        return said % {"day": day} if day else _t("You objected to our decision. We look at it again.")
    if is_told:
        return _t("We have decided on your complaint.")
    if complaint.state == Complaint.State.RECEIVED:
        said = _t("We have your complaint and decide on it by %(day)s.")
        return said % {"day": day} if day else _t("We have your complaint.")
    said = _t("Somebody is looking into your complaint. We decide on it by %(day)s.")
    return said % {"day": day} if day else _t("Somebody is looking into your complaint.")


def _day(complaint: Complaint) -> str:
    """By when we decide; empty once that has passed: it says nothing any more."""
    if complaint.decide_by is None or complaint.decide_by < complaints.today():
        return ""
    return date_format(complaint.decide_by, pgettext("day and month in full, in Django's letters", "l j F"))
