"""Macros: saved replies whose variables are filled in from the ticket and from whoever writes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from helpdesk.people.models import Company
from tickets.models import Macro, Ticket

if TYPE_CHECKING:
    from helpdesk.people.models import User

_VARIABLE: Final = re.compile(r"(?P<space>[ \t]?)\{\s*(?P<name>[a-z_]+(?:\.[a-z_]+)?)\s*\}")


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
    "agent.first_name": Variable(_("Your first name"), lambda _ticket, by: by.first_name),
    "agent.name": Variable(_("Your name"), lambda _ticket, by: by.name),
    "company.name": Variable(_("The company's name"), lambda _ticket, _by: Company.current().name),
}


@dataclass(frozen=True)
class Filled:
    """A macro as it would be sent: its text, and the variables that had nothing to say."""

    text: str
    empty: tuple[str, ...] = ()


def fill(macro: Macro, *, ticket: Ticket, by: User) -> Filled:
    """The text for this ticket. A variable without a value is left out, with the space before it, and named in `empty`;
    what no variable is called stays as it was typed."""
    empty: list[str] = []

    def said(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in VARIABLES:
            return match[0]
        value = VARIABLES[name].value(ticket, by).strip()
        if not value:
            empty.append(name)
            return ""
        return f"{match['space']}{value}"

    return Filled(_VARIABLE.sub(said, macro.text), tuple(dict.fromkeys(empty)))


def unknown_in(text: str) -> list[str]:
    """What stands in braces like a variable and is none."""
    named = dict.fromkeys(match["name"] for match in _VARIABLE.finditer(text))
    return [name for name in named if name not in VARIABLES]


def offered(ticket: Ticket, *, to: User) -> list[Macro]:
    """The macros this person may use here: those in the ticket's language first, then those for every ticket."""
    found = list(Macro.objects.visible_to(to).by_name())
    return sorted(found, key=lambda macro: (macro.language != ticket.language, bool(macro.language)))


def chosen(key: str, *, by: User) -> Macro | None:
    """The macro that an address names, if this person may use it."""
    return Macro.objects.visible_to(by).filter(pk=int(key)).first() if key.isdecimal() and len(key) < 10 else None


def _first(name: str) -> str:
    return name.split(" ")[0] if name else ""
