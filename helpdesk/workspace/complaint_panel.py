"""The complaint in the rail of its ticket: how far it is, what comes next, and the forms of each step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from helpdesk.common.text import normalise
from tickets import complaints
from tickets.models import Complaint, Message, Ticket, TicketKind

MOST_TEXT = 4000
SOON = timedelta(days=3)
#: The line on the screen: "told" is a step of its own there.
STATIONS = (
    pgettext_lazy("complaint", "Received"),
    pgettext_lazy("complaint", "Being looked into"),
    pgettext_lazy("complaint", "Decided"),
    pgettext_lazy("complaint", "Customer told"),
    pgettext_lazy("complaint", "Ended"),
)


@dataclass(frozen=True)
class Station:
    """One of the five steps of the line."""

    label: str
    state: str  # done, now or ahead


@dataclass(frozen=True)
class ComplaintPanel:
    """What the section shows. Which step may be taken is the model's to say."""

    complaint: Complaint
    stations: list[Station]
    title: str
    position: int
    due: str  # "", ok, risk, late
    may: dict[str, bool]
    latest_reply: Message | None  # which may be the one that told it

    @property
    def is_again(self) -> bool:
        return self.complaint.state == Complaint.State.OBJECTED


def panel_for(ticket: Ticket, *, replies: Iterable[Message]) -> ComplaintPanel | None:
    """None for a ticket that is no complaint. `replies` are ours on the ticket, in order."""
    if ticket.kind != TicketKind.COMPLAINT:
        return None
    complaint = getattr(ticket, "complaint", None) or Complaint(ticket=ticket, received_at=ticket.created_at)
    at = _position(complaint)
    said = [reply for reply in replies if reply.ticket_id == ticket.pk]
    return ComplaintPanel(
        complaint=complaint,
        stations=[
            Station(str(label), "done" if place < at else "now" if place == at else "ahead")
            for place, label in enumerate(STATIONS, start=1)
        ],
        title=pgettext("complaint", "Objected to") if complaint.state == "objected" else str(STATIONS[at - 1]),
        position=at,
        due=_due(complaint),
        may={step: complaint.may(step) for step in Complaint.MOVES},
        latest_reply=said[-1] if said and complaint.may("tell") else None,
    )


def _position(complaint: Complaint) -> int:
    state = Complaint.State
    if complaint.state == state.DECIDED:
        return 4 if complaint.is_told else 3
    return {state.RECEIVED: 1, state.EXAMINED: 2, state.OBJECTED: 2, state.ENDED: 5}[state(complaint.state)]


def _due(complaint: Complaint) -> str:
    if complaint.decide_by is None or not complaint.waits_for_decision:
        return ""
    today = complaints.today()
    if complaint.is_late(today):
        return "late"
    return "risk" if complaint.decide_by - today <= SOON else "ok"


# --- What is typed ----------------------------------------------------------------------------------------------------


class _Words(forms.Form):
    """Cleans what it calls `words`."""

    def _clean(self, name: str) -> str:
        return normalise(self.cleaned_data.get(name, "")).strip()

    @property
    def problems(self) -> str:
        return " ".join(str(problem) for problems in self.errors.values() for problem in problems)


class SeekForm(_Words):
    remedy = forms.ChoiceField(
        label=_("Remedy sought"), required=False, choices=[("", _("Not said")), *Complaint.Remedy.choices]
    )
    words = forms.CharField(
        label=_("In their words"), required=False, max_length=MOST_TEXT, widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean_words(self) -> str:
        return self._clean("words")


class DecideForm(_Words):
    decision = forms.ChoiceField(
        label=_("Decision"), choices=[("", _("Choose")), *Complaint.Decision.choices],
        error_messages={"required": _("Choose the decision."), "invalid_choice": _("Choose the decision.")},
    )  # fmt: skip
    reasons = forms.CharField(
        label=_("Reasons, in words for the customer"), max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Give the reasons, in words for the customer.")},
    )  # fmt: skip

    def clean_reasons(self) -> str:
        return self._clean("reasons")


class ObjectForm(_Words):
    words = forms.CharField(
        label=_("What they object to"), max_length=MOST_TEXT, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write down what they object to.")},
    )  # fmt: skip

    def clean_words(self) -> str:
        return self._clean("words")


def forms_for(panel: ComplaintPanel | None) -> dict[str, Any]:
    """The forms of the section, with what is known already."""
    if panel is None:
        return {}
    known = panel.complaint
    again = {} if panel.is_again else {"decision": known.decision, "reasons": known.reasons}
    return {
        "seek_form": SeekForm(
            auto_id="complaint-seek-%s", initial={"remedy": known.remedy, "words": known.remedy_text}
        ),
        "decide_form": DecideForm(auto_id="complaint-decide-%s", initial=again),
        "object_form": ObjectForm(auto_id="complaint-object-%s"),
    }


def said_of(step: str, complaint: Complaint) -> str:
    """What a step is called once it is taken, for the toast."""
    match step:
        case "seek":
            return _t("Remedy sought: saved.")
        case "examine":
            return _t("The complaint is being looked into.")
        case "decide":
            return _t("Decided: %(decision)s. Your next reply tells the customer.") % {
                "decision": complaint.get_decision_display()
            }
        case "tell":
            return _t("The customer was told.")
        case "object":
            return _t("The objection is recorded.")
    return _t("The complaint has ended.")
