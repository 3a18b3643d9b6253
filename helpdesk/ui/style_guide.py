"""One page with every component in every state, for whoever builds pages. Mounted only while debugging.

Its words are samples, not the product's, and are not translated.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

STAGES = ("Awareness", "Discovery", "Attraction", "Interaction", "Purchase", "Use", "Loyalty", "Advocacy")
STAGES_ES = (
    "Conocimiento",
    "Descubrimiento",
    "Atracción",
    "Interacción",
    "Compra",
    "Uso",
    "Fidelización",
    "Prescripción",
)
GAPS = (
    ("quality", "Quality"),
    ("response_time", "Response time"),
    ("experience_process", "How it was handled"),
    ("promise_mismatch", "Promise not kept"),
)
# Tickets by gap and stage, with the tickets of each stage: rows and columns add up, as they do in a real report. The
# first stage has too few for a share, the last so few that its shares are only indicative.
TICKETS = (8, 219, 256, 198, 564, 921, 291, 21)
CELLS = (
    (1, 7, 3, 4, 41, 170, 16, 0),
    (1, 14, 13, 58, 50, 67, 12, 0),
    (2, 15, 18, 36, 28, 36, 46, 3),
    (0, 3, 32, 12, 78, 27, 21, 4),
)
BETTER = (1, 3, 10, 15, 25, 43, 18, 2)
STEPS = (2, 5, 8, 12, 16)  # percent at which the colour of a cell deepens
SHOWN_FROM, CERTAIN_FROM = 10, 30  # tickets of the stage


@dataclass(frozen=True)
class Cell:
    """One field of the sample heat map. `shade` is the class of its colour; without a share it stands for too few."""

    count: int
    percent: int | None
    shade: str
    is_chosen: bool = False
    moved: str = ""


class SampleForm(forms.Form):
    """A field of each kind, one of them wrong."""

    name = forms.CharField(label="Name", initial="Hannah Whitlock")
    order = forms.CharField(
        label="Order number", required=False, help_text="Starts with AL, on your confirmation email."
    )
    due_on = forms.DateField(label="Due date", error_messages={"invalid": "Due date must be today or later"})
    team = forms.ChoiceField(label="Team", choices=[("1", "Installations"), ("2", "Billing")])
    text = forms.CharField(label="What happened?", widget=forms.Textarea(attrs={"rows": 3}))
    notify = forms.BooleanField(label="Tell the team", required=False)


def _cell(count: int, of: int, *, shade: str = "", chosen: bool = False, moved: str = "") -> Cell:
    share = 100 * count / of
    if of < SHOWN_FROM:
        return Cell(count, None, "few", chosen)
    if of < CERTAIN_FROM:
        return Cell(count, round(share), "pale", chosen)
    return Cell(count, round(share), shade or f"q{sum(share >= step for step in STEPS)}", chosen, moved)


def _row(label: str, counts: list[int], *, shade: str = "", y: int = -1) -> dict[str, Any]:
    """A row with its total at the end."""
    cells = [
        _cell(count, of, shade=shade, chosen=(y, x) == (3, 4), moved={(1, 3): "up", (3, 4): "down"}.get((y, x), ""))
        for x, (count, of) in enumerate(zip(counts, TICKETS, strict=True))
    ]
    return {"label": label, "cells": [*cells, _cell(sum(counts), sum(TICKETS), shade="tot")]}


def _heat_map() -> dict[str, Any]:
    any_gap = [sum(column) for column in zip(*CELLS, strict=True)]
    none = [all_ - gap - better for all_, gap, better in zip(TICKETS, any_gap, BETTER, strict=True)]
    return {
        "heads": [*zip(STAGES, TICKETS, strict=True), ("All", sum(TICKETS))],
        "bodies": [
            ("", [_row(label, list(CELLS[y]), y=y) for y, (_slug, label) in enumerate(GAPS)]),
            ("sum", [_row("Any gap", any_gap, shade="tot")]),
            ("exc", [_row("Better than expected", list(BETTER), shade="ex")]),
            ("met", [_row("No gap", none, shade="tot")]),
        ],
    }


def examples() -> dict[str, Any]:
    """What the page shows: times around now, a form with a mistake, and figures that agree with each other."""
    now = timezone.now()
    form = SampleForm(
        {"name": "Hannah Whitlock", "due_on": "yesterday", "team": "1", "text": "The installer did not come."}
    )
    form.is_valid()
    return {
        "form": form,
        "stages": STAGES,
        "stages_es": STAGES_ES,
        "gaps": GAPS,
        "started_at": now - timedelta(hours=6),
        "due_later": now + timedelta(hours=5, minutes=5),
        "due_soon": now + timedelta(minutes=78),
        "due_past": now - timedelta(minutes=24),
        "heat": _heat_map(),
        "promises": [("kept", 412), ("late", 38), ("broken", 23), ("open", 57)],
        "page": {"newer": "x", "older": "y"},
        "steps": [
            {"state": "done", "title": "Received", "detail": "Mon 14 Sep, 18:22"},
            {"state": "done", "title": "With Daniel in Support", "detail": "replied in 29 minutes"},
            {"state": "now", "title": "Engineer visit", "detail": "Wed 16 Sep, 08:00–10:00"},
            {"state": "", "title": "Solved", "detail": "when you tell us it works"},
        ],
        "scores": range(11),
        "faces": [
            ("angry", "Very unhappy"),
            ("frown", "Unhappy"),
            ("meh", "Neither"),
            ("smile", "Happy"),
            ("laugh", "Very happy"),
        ],
    }


def style_guide(request: HttpRequest) -> HttpResponse:
    """The page itself. The project mounts it under DEBUG alone."""
    return render(request, "ui/style_guide.html", examples())
