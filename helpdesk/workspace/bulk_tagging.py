"""Tagging many tickets from a list: what a form says, and what is said about it afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import ngettext

from cx.bulk import Outcome
from helpdesk.workspace.decorators import AgentRequest
from helpdesk.workspace.shortcuts import Undo

UNTAGGED = "untagged"  # session key of what could not be tagged last and why, shown once above the list
MOST_TOLD = 20
_PAIR = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,18}))?")


def pairs(texts: Iterable[str]) -> dict[int, int | None]:
    """ "48213.77", the ticket's number and the tagging that was seen, or the number alone. The rest is left out."""
    found: dict[int, int | None] = {}
    for text in texts:
        for word in text.split():
            if match := _PAIR.fullmatch(word):
                found[int(match[1])] = int(match[2]) if match[2] else None
    return found


def undo_of(outcome: Outcome) -> Undo | None:
    """One way back for the whole lot."""
    if not outcome.said:
        return None
    said = " ".join(f"{number}.{tagging}" for number, tagging in outcome.said.items())
    return Undo(reverse("workspace:bulk-tagging-undo"), {"said": said})


def words_for(outcome: Outcome) -> str:
    count = len(outcome.done)
    return ngettext("%(count)s ticket tagged.", "%(count)s tickets tagged.", count) % {"count": count}


def remember_untagged(request: AgentRequest, outcome: Outcome) -> None:
    if outcome.failed:
        request.session[UNTAGGED] = list(outcome.failed.items())


def untagged_of(request: AgentRequest) -> dict[str, object] | None:
    """What could not be tagged, said once: how many, and the first of them with the reason."""
    if UNTAGGED not in request.session:
        return None
    failed = request.session.pop(UNTAGGED)
    return {"count": len(failed), "tickets": failed[:MOST_TOLD], "more": max(len(failed) - MOST_TOLD, 0)}
