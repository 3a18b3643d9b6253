"""What words mean, as far as a small table can say: one vector for each word of English and Spanish.

The vectors were made once, by `distilling`, so that their weighted sum over a message comes near to what a large
multilingual model says of the whole message. Words of both languages that mean the same lie close together, so what is
learnt from one helps the other, and a word that few training texts had is understood by its neighbours.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cx.tagging import archives

SHIPPED: Final = Path(__file__).resolve().parent.parent / "data" / "vectors.npz"
#: An unknown word is read as the known one it shares most of its beginning with: at least so many letters, and at least
#: this share of it. Inflected forms are mostly found so.
SHARED_LETTERS: Final = 4
SHARED: Final = 0.6
UNKNOWN: Final = -1


@dataclass(frozen=True)
class Vectors:
    """A vector for each word, in steps of its own size. Words are folded and sorted."""

    version: str
    words: Sequence[str]
    table: NDArray[np.int8]
    steps: NDArray[np.float32]

    @property
    def width(self) -> int:
        """How many numbers a vector has."""
        return self.table.shape[1]

    def of(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors at these places."""
        vectors: NDArray[np.float32] = self.table[rows] * self.steps[rows, None]
        return vectors

    def row(self, word: str) -> int:
        """Where the word stands, or the known word it is most likely a form of; UNKNOWN if there is none."""
        place = bisect_left(self.words, word)
        if place < len(self.words) and self.words[place] == word:
            return place
        near = [at for at in (place - 1, place) if 0 <= at < len(self.words)]
        shared, nearest = max(((_shared(word, self.words[at]), at) for at in near), default=(0, UNKNOWN))
        return nearest if shared >= max(SHARED_LETTERS, SHARED * len(word)) else UNKNOWN


def _shared(one: str, other: str) -> int:
    """How many letters two words have in common at their beginning."""
    length = min(len(one), len(other))
    return next((place for place in range(length) if one[place] != other[place]), length)


def to_bytes(vectors: Vectors) -> bytes:
    """The content of a file of vectors. The same vectors give the same bytes."""
    arrays: dict[str, NDArray[Any]] = {
        "version": np.frombuffer(vectors.version.encode(), dtype=np.uint8),
        "words": np.frombuffer("\n".join(vectors.words).encode(), dtype=np.uint8),
        "table": vectors.table,
        "steps": vectors.steps.astype(np.float16),
    }
    return archives.to_bytes(arrays)


@lru_cache(maxsize=2)
def load(path: Path = SHIPPED) -> Vectors:
    """Read a table once and keep it."""
    with np.load(path, allow_pickle=False) as archive:
        return Vectors(
            version=archive["version"].tobytes().decode(),
            words=archive["words"].tobytes().decode().split("\n"),
            table=archive["table"],
            steps=archive["steps"].astype(np.float32),
        )
