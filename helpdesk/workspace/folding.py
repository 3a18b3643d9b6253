"""What of a long conversation, and of a long message, is shown at once, and what when somebody asks for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from django.utils.safestring import SafeString

from helpdesk.workspace.decorators import AgentRequest
from helpdesk.workspace.evidence import paragraphs
from helpdesk.workspace.mentioned import marked_up

if TYPE_CHECKING:
    from helpdesk.workspace.thread import Entry

SPOKEN = ("message", "note", "side")  # what is counted: an event or an acknowledgement is folded with what it stands by
MANY, LATEST = 20, 15
FEWEST = 4  # less than that is not worth a line that stands for it

LINES, LETTERS = 30, 2_500  # of a message, shown at once
FEWEST_LINES, FEWEST_LETTERS = 8, 500  # a rest that is shorter is shown, too
MOST_LETTERS = 100_000  # of a message, on the page at all; a longer one is read as a file
_BREAKS = (re.compile(r"\n[ \t]*\n\s*"), re.compile(r"\n"), re.compile(r"(?<=[.!?…])\s+"), re.compile(r"\s+"))


# --- A long conversation ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Conversation:
    """A thread as the page shows it: what stands above the fold, how many are folded away, what stands below it.

    `number` is 0 where nothing is folded. Of what was opened, `begins_at` is the first.
    """

    above: Sequence[Entry]
    below: Sequence[Entry]
    number: int = 0
    is_open: bool = False
    begins_at: str = ""

    @classmethod
    def of(cls, thread: Sequence[Entry], *, read_at: datetime | None, shows_all: bool = False) -> Conversation:
        """The beginning and the latest of a long one. What this person has not read is never folded away, nor, when
        they see the ticket for the first time, what the customer said since the last answer."""
        spoken = [place for place, entry in enumerate(thread) if entry.kind in SPOKEN]
        if len(spoken) <= MANY:
            return cls(thread, ())
        start, end = spoken[0] + 1, min(spoken[-LATEST], _first_to_be_read(thread, spoken, read_at))
        folded = [place for place in spoken if start <= place < end]
        if len(folded) < FEWEST:
            return cls(thread, ())
        return cls(
            thread[:start], thread[start if shows_all else end :], len(folded), shows_all, thread[folded[0]].anchor
        )


def _first_to_be_read(thread: Sequence[Entry], spoken: Sequence[int], read_at: datetime | None) -> int:
    if read_at:
        unread = (place for place in spoken if thread[place].at > read_at and not thread[place].is_mine)
        return next(unread, len(thread))
    first = len(thread)
    for place in reversed(spoken):
        message = thread[place].message
        if message and not message.is_from_customer:
            break
        if message and not message.is_auto:
            first = place
    return first


def shows_all(request: AgentRequest) -> bool:
    """Whether the page, or the one that this fragment goes to, was opened in full."""
    if "all" in request.GET or not request.htmx:
        return request.GET.get("all") == "1"
    return parse_qs(urlsplit(request.htmx.current_url or "").query).get("all") == ["1"]


# --- A long message --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Body:
    """A message as HTML: what is shown at once, and the rest, which is folded. `lines` and `letters` are of it all."""

    first: SafeString
    rest: SafeString | str = ""
    lines: int = 0
    letters: int = 0
    is_cut: bool = False  # not all of it is on the page

    @property
    def is_told_in_lines(self) -> bool:
        """A few paragraphs without end are counted in letters."""
        return self.lines > LINES

    @classmethod
    def of(cls, text: str, *, words: Collection[str] = (), mentions: Collection[str] = ()) -> Body:
        """Everything is escaped; where `words` stand is marked, and so are `mentions`."""

        def shown(part: str) -> SafeString:
            return marked_up(paragraphs(part, words=words), mentions)

        page = text[:MOST_LETTERS]
        place = _fold_of(page)
        if place == len(page):
            return cls(shown(page))
        lines = text.count("\n") + 1
        return cls(shown(page[:place]), shown(page[place:]), lines, len(text), is_cut=len(text) > MOST_LETTERS)


def _fold_of(text: str) -> int:
    """Where the rest begins: after a paragraph, else a line, a sentence, a word. The end of a text that is short."""
    place = 0
    for _line in range(LINES):
        place = text.find("\n", place) + 1
        if not place:
            place = len(text)
            break
    most = min(place, LETTERS)
    rest = text[most:].strip()
    if len(rest) < FEWEST_LETTERS and rest.count("\n") < FEWEST_LINES:
        return len(text)
    for kind in _BREAKS:
        ends = [found.end() for found in kind.finditer(text, most // 2, most)]
        if ends:
            return ends[-1]
    return most
