"""The customer's own words that spoke for a decision: whole clauses, copied letter by letter."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from cx.tagging import features, reading

if TYPE_CHECKING:
    from cx.tagging.model import Head, Model, Sighting

MOST: Final = 2
#: A second clause is shown only if it did at least this share of what the first did.
SECOND_FROM: Final = 0.5


class Clause(NamedTuple):
    """A span of the subject or of the body."""

    part: int
    start: int
    end: int


class Witness:
    """Knows the clauses of one message and can say which of them speak for an answer."""

    def __init__(self, *, message: features.Message, model: Model, sighting: Sighting) -> None:
        self._message = message
        self._model = model
        self._clauses = {
            part: [Clause(part, *span) for span in reading.clauses(message.part(part).folded)]
            for part in (features.SUBJECT, features.BODY)
        }
        self._starts = {part: [clause.start for clause in found] for part, found in self._clauses.items()}
        placed = [
            (row, clause, value)
            for row, found, value in sighting.occurrences
            if (clause := self._clause_of(found)) is not None
        ]
        self._numbered = sorted({clause for _, clause, _ in placed})
        number = {clause: index for index, clause in enumerate(self._numbered)}
        self._rows = np.array([row for row, _, _ in placed], dtype=np.int64)
        self._at = np.array([number[clause] for _, clause, _ in placed], dtype=np.int64)
        self._values = np.array([value for _, _, value in placed], dtype=np.float32)

    def speaking_for(self, *, head: Head, answer: str) -> list[str]:
        """The clauses whose features did most for this answer against the head's others, strongest first.

        When none spoke for it, as when an answer won by what is absent, the one that spoke least against it. Only a
        message without words has no evidence.
        """
        if not self._numbered:
            return []
        gains = self._values * self._model.advantage(head=head, answer=answer, rows=self._rows)
        worth = np.bincount(self._at, weights=gains, minlength=len(self._numbered)).tolist()
        ranked = sorted(zip(worth, self._numbered, strict=True), key=lambda item: (-item[0], item[1]))
        floor = max(ranked[0][0] * SECOND_FROM, 0.0)
        chosen = ranked[:1] + [item for item in ranked[1:MOST] if item[0] > floor]
        return list(dict.fromkeys(self._message.part(c.part).at(c.start, c.end) for _, c in chosen))

    def _clause_of(self, found: features.Occurrence) -> Clause | None:
        if found.start == found.end:
            return None
        index = bisect_right(self._starts[found.part], found.start) - 1
        if index < 0:
            return None
        clause = self._clauses[found.part][index]
        return clause if found.start < clause.end else None
