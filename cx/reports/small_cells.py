"""Which numbers of a table somebody must not see because few customers stand behind them. Pure.

Leaving out the small cells alone protects nobody: with the sum in view, one missing cell is a subtraction away. So
every sum that is shown must have none of its parts left out, or at least two that make five or more together.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

FEW = 5  # one to four tickets may point at a person
Key = TypeVar("Key", bound=Hashable)
Line = tuple[Key, Sequence[Key]]  # a sum and its parts


def is_small(count: int) -> bool:
    return 0 < count < FEW


def hidden(counts: Mapping[Key, int], *, lines: Iterable[Line[Key]]) -> set[Key]:
    """The keys to leave out: the small ones, and as many more as keep a subtraction from bringing them back."""
    lines = list(lines)
    found = {key for key, count in counts.items() if is_small(count)}
    grown = True
    while grown:
        grown = False
        for total, parts in lines:
            if (more := _one_more(total, parts, counts=counts, left_out=found)) is not None:
                found.add(more)
                grown = True
    return found


def _one_more(total: Key, parts: Sequence[Key], *, counts: Mapping[Key, int], left_out: set[Key]) -> Key | None:
    """The next key of this sum that has to go, the one that costs least; None when the sum gives nothing away."""
    gone = [part for part in parts if part in left_out]
    shown = [part for part in parts if part not in left_out and counts[part] > 0]
    if total in left_out:
        # Without a missing part the others add up to it.
        return min(shown, key=counts.__getitem__) if shown and not gone else None
    if not gone or (len(gone) > 1 and sum(counts[part] for part in gone) >= FEW):
        return None
    return min(shown, key=counts.__getitem__) if shown else total
