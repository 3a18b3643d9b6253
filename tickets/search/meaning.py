"""What somebody may have meant whose words stand in no ticket, or in hardly any: "factrua" was meant to be "factura".

Only words are offered that a ticket says which this person may see: that a word is known here would tell that somewhere
a ticket says it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from helpdesk.common.text import fold
from tickets.models import Ticket
from tickets.query.matching import among
from tickets.query.tree import All, Any, Node, Words
from tickets.search import vocabulary, words_q
from tickets.search.words import spots, stems

if TYPE_CHECKING:
    from helpdesk.people.models import User
    from tickets.models.ticket import TicketQuerySet

HARDLY_ANY = 3  # tickets: a word that so few say may be one customer's slip
MANY_TIMES = 10  # as many tickets must say what is offered instead of a word that is there
MOST = 3
MOST_ASKED = 6  # words of one question that are looked after
MOST_COUNTED = 1_000


@dataclass(frozen=True)
class Meant:
    """The question as it may have been meant."""

    words: str  # what stands in it instead of what was typed
    tree: Node
    number: int  # of tickets that it finds, counted no further than `MOST_COUNTED`

    @property
    def is_many(self) -> bool:
        return self.number >= MOST_COUNTED


@dataclass(frozen=True)
class _Slip:
    """A word that is said by few or none, and what is said instead, the closest first."""

    node: Words
    start: int
    end: int
    said: int
    instead: list[str]

    def put_right(self, node: Words, word: str) -> Words:
        return replace(node, text=node.text[: self.start] + word + node.text[self.end :])


def meant(tree: Node, *, user: User) -> list[Meant]:
    """Questions that find something, with other words for those that were misspelt: some for one such word, all at once
    for several. Costs some look-ups for each word: for a question that found next to nothing.
    """
    visible = Ticket.objects.visible_to(user)
    slips = list(_slips(tree, visible))
    if not slips:
        return []
    if len(slips) > 1:
        found = [_meant(tree, [(slip, slip.instead[0]) for slip in slips], visible, user)]
    else:
        found = [_meant(tree, [(slips[0], word)], visible, user) for word in slips[0].instead]
    least = max(1, MANY_TIMES * max(slip.said for slip in slips))
    likely = max(each.number for each in found) / MANY_TIMES  # beside what many say, the slips of others are no answer
    return [each for each in found if each.number >= max(least, likely)]


def said(tree: Node) -> Iterator[Words]:
    """The words that should be there."""
    if isinstance(tree, Words):
        yield tree
    elif isinstance(tree, All | Any):
        for part in tree.parts:
            yield from said(part)


def _slips(tree: Node, visible: TicketQuerySet) -> Iterator[_Slip]:
    asked = [
        (node, spot)
        for node in dict.fromkeys(said(tree))
        for spot in spots(node.text)
        if not node.is_beginning and len(spot.run.words) == 1 and vocabulary.is_word(spot.run.words[0])
    ]
    for node, spot in asked[:MOST_ASKED]:
        word = spot.run.words[0]
        count = len(visible.filter(words_q(Words(word))).order_by().values_list("pk", flat=True)[: HARDLY_ANY + 1])
        if count <= HARDLY_ANY and (instead := _instead(word, visible)):
            yield _Slip(node, spot.start, spot.end, count, instead)


def _instead(word: str, visible: TicketQuerySet) -> list[str]:
    """Nearly the same words, no two of them forms of each other. Each is said as it stands: a form of it is not it."""
    found: list[str] = []
    forms = stems(word)
    for near in vocabulary.closest(word, most=2 * MOST):
        theirs = stems(fold(near))
        if theirs & forms or not visible.filter(words_q(Words(near, is_phrase=True))).exists():
            continue
        found.append(near)
        forms |= theirs
    return found[:MOST]


def _meant(tree: Node, instead: list[tuple[_Slip, str]], visible: TicketQuerySet, user: User) -> Meant:
    right: dict[Words, Words] = {}
    for slip, word in reversed(instead):  # from the end, so that the places of those before stay what they are
        right[slip.node] = slip.put_right(right.get(slip.node, slip.node), word)
    meant_tree = _with(tree, right)
    found = among(visible, meant_tree, user).order_by().values_list("pk", flat=True)[:MOST_COUNTED]
    nodes = dict.fromkeys(slip.node for slip, _word in instead)
    return Meant(" ".join(right[node].text for node in nodes), meant_tree, len(found))


def _with(tree: Node, right: dict[Words, Words]) -> Node:
    if isinstance(tree, Words):
        return right.get(tree, tree)
    if isinstance(tree, All | Any):
        return type(tree)(tuple(_with(part, right) for part in tree.parts))
    return tree
