"""One suggestion after another: what a step of it shows, and what an answer to it means."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise as LazyText
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from cx import codebook
from cx.codebook import Direction, Gap, JourneyStage, RootCause
from cx.confirming import TeamAgreement, Walk, said_since, team_agreement
from cx.models import Tagging
from helpdesk.people.models import User
from helpdesk.workspace.evidence import marked, paragraphs
from helpdesk.workspace.forms import TaggingForm
from helpdesk.workspace.navigation import MOST_TO_CONFIRM, few
from helpdesk.workspace.panel import Reason, is_foreign, percent_of, reasons_for, words_of
from tickets.models import Author, Ticket

MOST_MESSAGES = 20
MOST_TEXT = 20_000  # of one ticket: what the model reads, too
ASKED = ("journey_stage", "gap_primary", "direction", "root_cause")


@dataclass(frozen=True)
class Option:
    """One answer that can be chosen: `key` chooses it, `percent` says how likely it is where that is known."""

    slug: str
    label: LazyText | str
    is_chosen: bool = False
    key: str = ""
    percent: int | None = None


@dataclass(frozen=True)
class Options:
    """Everything that is asked about a ticket."""

    stages: list[Option]
    gaps: list[Option]
    directions: list[Option]
    causes: list[Option]


@dataclass(frozen=True)
class Said:
    """One message of the customer."""

    at: datetime
    text: str
    body: SafeString
    language: str = ""


@dataclass(frozen=True)
class Progress:
    """How far this person is today. `left` is fit for the screen: "12", "99+"."""

    done: int
    left: str
    total: str = ""

    @property
    def in_words(self) -> str:
        """As it is read out after each answer."""
        count = int(self.left.rstrip("+") or 0)
        return ngettext("%(left)s left.", "%(left)s left.", count) % {"left": self.left or "0"}

    @classmethod
    def of(cls, walk: Walk) -> Progress:
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        done, left = said_since(walk.user, since=midnight), walk.left(at_most=MOST_TO_CONFIRM + 1)
        return cls(done, few(left), str(done + left) if left <= MOST_TO_CONFIRM else "")


@dataclass(frozen=True)
class Step:
    """One ticket to look at. In a second look nothing is suggested, marked or chosen."""

    ticket: Ticket
    subject: SafeString
    said: list[Said]
    options: Options
    is_second_look: bool = False
    is_sure: bool = False
    is_foreign: bool = False
    percent: int = 0
    shown: int | None = None
    also: str = ""
    reasons: list[Reason] = field(default_factory=list)
    stage_reasons: list[Reason] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def step_for(ticket: Ticket, *, chosen: dict[str, str] | None = None, problems: list[str] | None = None) -> Step:
    """A suggestion as it is asked about. `chosen` is what was chosen and refused, with the `problems`."""
    tagging: Tagging = ticket.tagging  # type: ignore[attr-defined]
    if chosen is None:
        chosen = {name: getattr(tagging, name) for name in ASKED} if tagging.is_sure else {}
    words = words_of(tagging)
    said = _said(ticket, words=words)
    return Step(
        ticket=ticket,
        subject=marked(ticket.subject, words=words),
        said=said,
        options=_options(chosen, likely=_likely(tagging)),
        is_sure=tagging.is_sure,
        is_foreign=is_foreign(tagging, [ticket.subject, *(each.text for each in said)]),
        percent=percent_of(tagging.gap_confidence),
        shown=tagging.pk,
        also=str(tagging.get_gap_secondary_display()) if tagging.gap_secondary and tagging.is_sure else "",
        reasons=reasons_for(tagging, "gap_primary", "direction", "journey_stage"),
        stage_reasons=reasons_for(tagging, "journey_stage"),
        problems=problems or [],
    )


def second_look_at(ticket: Ticket, *, chosen: dict[str, str] | None = None, problems: list[str] | None = None) -> Step:
    """The same ticket as if nobody had looked at it yet."""
    return Step(
        ticket=ticket,
        subject=marked(ticket.subject),
        said=_said(ticket, words=[]),
        options=_options(chosen or {}, likely={}),
        is_second_look=True,
        problems=problems or [],
    )


def answer(ticket: Ticket, form: TaggingForm, *, by: User) -> Tagging:
    """A valid form's answer: yes to what was shown, or what was chosen instead."""
    shown = form.shown
    values: dict[str, Any] = {name: form.cleaned_data.get(name) or "" for name in ASKED}
    if shown is not None and shown.is_sure and values == {name: _asked_as(shown, name) for name in ASKED}:
        return Tagging.confirm(ticket, by=by)
    if shown is not None and values["gap_primary"] != Gap.NONE:
        values["gap_secondary"] = "" if shown.gap_secondary == values["gap_primary"] else shown.gap_secondary
        values["severity"] = shown.severity
    return Tagging.say(ticket, by=by, **values)


def agreement(progress: Progress) -> TeamAgreement | None:
    """Told once a day, before the first answer."""
    return team_agreement() if not progress.done else None


def _asked_as(shown: Tagging, name: str) -> str:
    """As the form says it: not known is nothing chosen."""
    value: str = getattr(shown, name)
    return "" if value == RootCause.UNKNOWN else value


def _options(chosen: dict[str, str], *, likely: dict[str, int]) -> Options:
    def options(name: str, choices: Any, *, key: str = "") -> list[Option]:
        return [
            Option(slug, label, slug == chosen.get(name), key.format(at) if key else "", likely.get(f"{name}:{slug}"))
            for at, (slug, label) in enumerate(choices, start=1)
        ]

    return Options(
        stages=options("journey_stage", JourneyStage.choices, key="s {}"),
        gaps=options("gap_primary", Gap.choices, key="{}"),
        directions=options("direction", [(each, codebook.DIRECTION_SHORT[each]) for each in Direction]),
        causes=options("root_cause", [c for c in RootCause.choices if c[0] != RootCause.UNKNOWN]),
    )


def _likely(tagging: Tagging) -> dict[str, int]:
    """ "gap_primary:quality" -> percent, of every answer whose likelihood is known."""
    found = {
        f"journey_stage:{tagging.journey_stage}": percent_of(tagging.stage_confidence),
        f"gap_primary:{tagging.gap_primary}": percent_of(tagging.gap_confidence),
    }
    for name in ("journey_stage", "gap_primary"):
        for slug, likely in tagging.alternatives.get(name, []):
            found.setdefault(f"{name}:{slug}", percent_of(likely))
    return {name: percent for name, percent in found.items() if percent}


def _said(ticket: Ticket, *, words: list[str]) -> list[Said]:
    """What the customer wrote, as far as the model reads it: no stranger's words and no automatic answer."""
    own = ticket.messages.filter(author=Author.CUSTOMER, is_auto=False, is_from_stranger=False).in_order()
    found, left = [], MOST_TEXT
    for at, text, language in own.values_list("said_at", "text", "language")[:MOST_MESSAGES]:
        if left <= 0:
            break
        found.append(Said(at, text[:left], paragraphs(text[:left], words=words), language))
        left -= len(text)
    return found
