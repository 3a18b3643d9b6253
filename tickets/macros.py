"""Macros: saved replies whose variables are filled in from the ticket and from whoever writes, and what they do.

A variable without a value stays in the text in its braces: it is seen, and `Ticket.reply` refuses to send it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.common.errors import Refusal
from helpdesk.common.text import normalise
from helpdesk.people.models import Company
from tickets.models import Event, EventKind, Macro, Message, Ticket

if TYPE_CHECKING:
    from helpdesk.people.models import User
    from tickets import steps

_VARIABLE: Final = re.compile(r"\{\s*(?P<name>[a-z_]+(?:\.[a-z_]+)?)\s*\}")
MOST_AT_ONCE: Final = 10  # in one reply
BLANK: Final = "blank"  # {blank}, {blank.date}: what only the writer knows, so it never has a value


@dataclass(frozen=True)
class Variable:
    """Something a macro may name in braces."""

    label: LazyText
    value: Callable[[Ticket, User], str]


VARIABLES: Final[Mapping[str, Variable]] = {
    "customer.first_name": Variable(_("The customer's first name"), lambda ticket, _by: _first(ticket.requester.name)),
    "customer.name": Variable(_("The customer's name"), lambda ticket, _by: ticket.requester.name),
    "ticket.number": Variable(_("The number of the ticket"), lambda ticket, _by: f"#{ticket.number}"),
    "ticket.subject": Variable(_("What the ticket is about"), lambda ticket, _by: ticket.subject),
    "ticket.product": Variable(_("The product it is about"), lambda ticket, _by: ticket.product),
    "ticket.order": Variable(_("The order it is about"), lambda ticket, _by: ticket.order_reference),
    "agent.first_name": Variable(_("Your first name"), lambda _ticket, by: by.first_name),
    "agent.name": Variable(_("Your name"), lambda _ticket, by: by.name),
    "company.name": Variable(_("The company's name"), lambda _ticket, _by: Company.current().name),
    BLANK: Variable(_("A gap that you fill in each time; name it as you like: {blank.date}"), lambda _ticket, _by: ""),
}


# --- What it says ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filled:
    """A macro as it would be sent: its text, and the variables in it that had nothing to say."""

    text: str
    empty: tuple[str, ...] = ()


def fill(macro: Macro, *, ticket: Ticket, by: User) -> Filled:
    return filled(macro.text, ticket=ticket, by=by)


def filled(text: str, *, ticket: Ticket, by: User) -> Filled:
    """The text for this ticket. A variable without a value stays, in its braces, and is named in `empty`; what no
    variable is called stays as it was typed."""
    empty: list[str] = []

    def said(match: re.Match[str]) -> str:
        name = match["name"]
        if (variable := _variable(name)) is None:
            return match[0]
        value = normalise(variable.value(ticket, by), single_line=True)
        if not value:
            empty.append(name)
        return value or f"{{{name}}}"

    return Filled(_VARIABLE.sub(said, text), tuple(dict.fromkeys(empty)))


def unfilled_in(text: str) -> list[str]:
    """The variables that still stand in braces in a text that is about to be sent, each once."""
    named = dict.fromkeys(match["name"] for match in _VARIABLE.finditer(text))
    return [name for name in named if _variable(name)]


def unknown_in(text: str) -> list[str]:
    """What stands in braces like a variable and is none."""
    named = dict.fromkeys(match["name"] for match in _VARIABLE.finditer(text))
    return [name for name in named if not _variable(name)]


def check_text(text: str) -> None:
    """Refuse a text that names a variable which does not exist."""
    if unknown := unknown_in(text):
        raise Refusal(_t("“%(name)s” is no variable. Choose one of the list.") % {"name": f"{{{unknown[0]}}}"})


def check_filled(text: str) -> None:
    """Refuse to send a text in which a variable still stands."""
    if unfilled := unfilled_in(text):
        raise Refusal(_t("Fill in %(name)s first.") % {"name": f"{{{unfilled[0]}}}"})


def _variable(name: str) -> Variable | None:
    return VARIABLES.get(BLANK if name.startswith(f"{BLANK}.") else name)


# --- Which there are -------------------------------------------------------------------------------------------------


def offered(ticket: Ticket, *, to: User) -> list[Macro]:
    """The macros this person may use here: those in the ticket's language first, then those for every ticket."""
    found = list(Macro.objects.visible_to(to).by_name())
    return sorted(found, key=lambda macro: (macro.language != ticket.language, bool(macro.language)))


def chosen(key: str, *, by: User) -> Macro | None:
    """The macro that an address names, if this person may use it."""
    return Macro.objects.visible_to(by).filter(pk=int(key)).first() if key.isdecimal() and len(key) < 10 else None


def named(keys: Sequence[str], *, by: User) -> list[Macro]:
    """The macros that a form names, each once, in its order; none that this person may not use."""
    wanted = dict.fromkeys(int(key) for key in keys[:MOST_AT_ONCE] if key.isdecimal() and len(key) < 10)
    found = Macro.objects.visible_to(by).in_bulk(list(wanted)) if wanted else {}
    return [found[pk] for pk in wanted if pk in found]


def _first(name: str) -> str:
    return name.split(" ")[0] if name else ""


# --- What it does ----------------------------------------------------------------------------------------------------


@dataclass
class Applied:
    """What became of a macro's steps, in words; `event` is what `undo` needs, None where nothing changed."""

    done: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    event: Event | None = None

    @property
    def words(self) -> str:
        """What was not done, as one sentence; empty when all was."""
        return _t("Not done: %(what)s") % {"what": " ".join(self.refused)} if self.refused else ""


def does(macro: Macro, *, alone: bool) -> list[dict[str, object]]:
    """Its steps. `alone`: how the ticket stands then is one of them, for no reply brings it along."""
    verb = {"waiting": "wait", "resolved": "resolve"}.get(macro.then) if alone else None
    own = [dict(action) for action in macro.actions]
    if verb is None:
        return own
    last = [action for action in own if action["verb"] == "snooze"]
    return [*(action for action in own if action not in last), {"verb": verb, "values": {}}, *last]


def apply(macro: Macro, *, ticket: Ticket, by: User, message: Message | None = None) -> Applied:
    """Do all that the macro does besides saying something, one step after the other.

    With `message`, the reply that it was sent in, whose undoing takes it along (`take_back`); without, at once, with an
    undo of its own. A step that is refused stops no other one: it is told in words. All is done to the ticket as this
    person found it, also what follows a step that takes it out of their sight.
    """
    from tickets import steps  # which fill in notes

    applied, done = Applied(), list[dict[str, object]]()
    with ticket._locked():
        for action in does(macro, alone=message is None):
            (line,) = lines(macro, [action], by=by)
            try:
                with transaction.atomic():
                    changed = steps.do(action, ticket=ticket, by=by)
            except Refusal as refusal:
                applied.refused.append(f"{line.words} ({refusal})")
                continue
            applied.done.append(line.words)
            done += changed
        if done:
            applied.event = ticket.record(
                EventKind.MACRO_USED, actor=by, macro=macro.name, message=message.pk if message else None, done=done
            )
    return applied


def lines(macro: Macro, actions: Sequence[Mapping[str, object]] | None = None, *, by: User) -> list[steps.Line]:
    """What it will change, in words, with what this person may not do."""
    from tickets import steps

    said = []
    for action in does(macro, alone=True) if actions is None else actions:
        if action["verb"] in ("wait", "resolve"):
            icon = "pause" if action["verb"] == "wait" else "circle-check"
            said.append(steps.Line(str(Macro.Then(macro.then).label), icon))
        else:
            said += steps.lines_of([action], by=by)
    return said


def undo(event: Event, *, by: User) -> list[str]:
    """Put back what a macro has changed, the last step first. Returns what stays as it is, in words: what somebody has
    changed since. Undoing twice is no error and changes nothing."""
    if event.kind != EventKind.MACRO_USED or event.actor_id != by.pk:
        raise Refusal(_t("Only the person who did it can undo it."))
    ticket = event.ticket
    with ticket._locked():
        if ticket.events.filter(kind=EventKind.MACRO_UNDONE, details__event=event.pk).exists():
            return []
        kept = _put_back(event, ticket=ticket, by=by)
        ticket.record(EventKind.MACRO_UNDONE, actor=by, macro=event.details["macro"], event=event.pk)
    return kept


def take_back(ticket: Ticket, message: Message, *, by: User) -> list[str]:
    """Undo a reply as `Ticket.take_back` does, and what its macros have changed with it. All or nothing: where the
    reply has left, they stand. Returns what stays as it is, in words."""
    kept: list[str] = []
    with transaction.atomic():
        for event in used_with(message, by=by):
            kept += undo(event, by=by)
        ticket.take_back(message, by=by)
    return kept


def used_with(message: Message, *, by: User) -> list[Event]:
    """What this person's macros have changed when the message was sent, the latest first."""
    theirs = Event.objects.filter(ticket=message.ticket_id, kind=EventKind.MACRO_USED, actor=by)
    return list(theirs.filter(details__message=message.pk).select_related("ticket").order_by("-pk"))


def _put_back(event: Event, *, ticket: Ticket, by: User) -> list[str]:
    from tickets import steps

    kept = []
    for done in reversed(event.details["done"]):
        try:
            with transaction.atomic():
                steps.undo(done, ticket=ticket, by=by)
        except Refusal as refusal:
            kept.append(f"{steps.verb_of(done['verb']).label} ({refusal})")
    return kept
