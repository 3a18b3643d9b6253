"""The customer's own words that spoke for a decision: whole clauses, copied letter by letter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cx.tagging import features

if TYPE_CHECKING:
    from cx.tagging.model import Head, Sighting

MOST: Final = 2
#: A second clause is shown only if it did at least this share of what the first did.
SECOND_FROM: Final = 0.5


def speaking_for(message: features.Message, *, sighting: Sighting, head: Head, answer: str) -> list[str]:
    """The clauses that did most for this answer against the head's others, strongest first.

    When none spoke for it, as when an answer won by what is absent, the one that spoke least against it. Only a message
    without words has no evidence.
    """
    if not sighting.clauses:
        return []
    worth = sighting.advantage(head=head, answer=answer)
    ranked = sorted(zip(worth, sighting.clauses, strict=True), key=lambda item: (-item[0], item[1]))
    floor = max(ranked[0][0] * SECOND_FROM, 0.0)
    chosen = ranked[:1] + [item for item in ranked[1:MOST] if item[0] > floor]
    return list(dict.fromkeys(message.part(clause.part).at(clause.start, clause.end) for _, clause in chosen))
