"""A trained model: numbers and words in one file, scored with numpy alone.

The file is a NumPy archive read with `allow_pickle=False`, so opening a model never runs code from it.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cx.tagging import archives, features, vectors
from cx.tagging.vectors import Vectors

SHIPPED: Final = Path(__file__).resolve().parent.parent / "data" / "model.npz"
FORMAT: Final = 3
#: Words whose rows are remembered; after that many the memory starts anew.
MOST_WORDS: Final = 30_000


class ModelError(Exception):
    """A model could not be read: missing, damaged, or of another format."""


@dataclass(frozen=True)
class Head:
    """One decision: its possible answers, their columns in the weights, and how far to trust its scores."""

    name: str
    answers: tuple[str, ...]
    first_column: int
    temperature: float

    @property
    def columns(self) -> slice:
        """Where this head's answers stand among the model's outputs."""
        return slice(self.first_column, self.first_column + len(self.answers))


@dataclass(frozen=True)
class Sighting:
    """What a model makes of one message: a raw score for every answer of every head, what each clause, in the order of
    `clauses`, gave to it, and the share of the message's words that the model knows (0 without words)."""

    scores: NDArray[np.float32]
    clauses: list[features.Clause]
    gifts: NDArray[np.float32]
    known: float

    def advantage(self, *, head: Head, answer: str) -> list[float]:
        """How much each clause spoke for the answer rather than for the head's others."""
        gifts = self.gifts[:, head.columns]
        column = head.answers.index(answer)
        others = (gifts.sum(axis=1) - gifts[:, column]) / max(len(head.answers) - 1, 1)
        worth: list[float] = (gifts[:, column] - others).tolist()
        return worth


class _Word(NamedTuple):
    """What a model knows of one word: the rows of its features, and the row of its vector or -1."""

    rows: list[int]
    vector: int
    is_letters: bool
    is_known: bool


@dataclass(frozen=True)
class Model:
    """Weights for every head: over a vocabulary of features, and over the meaning of the words together. Immutable; the
    same message always gets the same scores."""

    version: str
    heads: dict[str, Head]
    vocabulary: dict[str, int]
    idf: NDArray[np.float32]
    weights: NDArray[np.float16]
    meaning_weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    vectors: Vectors = field(repr=False)
    #: What is known of words met lately: words come back, and their pieces are most of the work.
    _known: dict[str, _Word] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def blocks(self) -> NDArray[np.int8]:
        """The block of each row."""
        return features.blocks_of(self.vocabulary)

    def see(self, message: features.Message) -> Sighting:
        """The scores of a message and where they come from."""
        view = features.look(message)
        words = [self._known.get(word) or self._learn(word) for word, _clause in view.words]
        # One row for each clause and a last one for the message as a whole, whose number is -1.
        gifts = self._gifts_of_features(view, words)
        gifts += self._gifts_of_meaning(view, words)
        letters = [word for word in words if word.is_letters]
        return Sighting(
            scores=gifts.sum(axis=0) + self.bias,
            clauses=view.clauses,
            gifts=gifts[:-1],
            known=sum(word.is_known for word in letters) / len(letters) if letters else 0.0,
        )

    def _gifts_of_features(self, view: features.View, words: Sequence[_Word]) -> NDArray[np.float32]:
        rows: list[int] = []
        clauses: list[int] = []
        for word, (_, clause) in zip(words, view.words, strict=True):
            rows += word.rows
            clauses += [clause] * len(word.rows)
        row_of = self.vocabulary.get
        for name, clause in view.named:
            row = row_of(name)
            if row is not None:
                rows.append(row)
                clauses.append(clause)
        known, table = _shared_out(rows, clauses, len(view.clauses) + 1, self._worth)
        return table @ self.weights[known].astype(np.float32)

    def _worth(self, known: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.float32]:
        return features.weigh(counts, of=np.zeros_like(known), idf=self.idf[known], blocks=self.blocks[known])

    def _gifts_of_meaning(self, view: features.View, words: Sequence[_Word]) -> NDArray[np.float32]:
        placed = [(word.vector, at) for word, (_, at) in zip(words, view.words, strict=True) if word.vector >= 0]
        rows, clauses = [row for row, _ in placed], [clause for _, clause in placed]
        known, table = _shared_out(rows, clauses, len(view.clauses) + 1, lambda _known, counts: 1.0 + np.log(counts))
        meanings = table @ self.vectors.of(known)
        length = float(np.linalg.norm(meanings.sum(axis=0)))
        scale = features.MEANING / length if length else 0.0
        return (meanings @ self.meaning_weights * scale).astype(np.float32)

    def _learn(self, word: str) -> _Word:
        """What the model knows of a word it has not met lately."""
        if len(self._known) >= MOST_WORDS:
            self._known.clear()
        rows = [self.vocabulary[name] for name in features.names_of(word) if name in self.vocabulary]
        is_letters = word[0].isalpha()
        known = _Word(
            rows=rows,
            vector=self.vectors.row(word) if is_letters else -1,
            is_letters=is_letters,
            is_known=f"w:{word}" in self.vocabulary,
        )
        self._known[word] = known
        return known

    def probabilities(self, head: str, scores: NDArray[np.float32]) -> dict[str, float]:
        """The head's answers with their calibrated probabilities, which sum to one."""
        chosen = self.heads[head]
        raw = scores[chosen.columns].astype(np.float64) / chosen.temperature
        raised = np.exp(raw - raw.max())
        return dict(zip(chosen.answers, (raised / raised.sum()).tolist(), strict=True))


def _shared_out(
    rows: Sequence[int],
    clauses: Sequence[int],
    size: int,
    worth: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[Any]],
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The different rows, and for each of `size` clauses how much of each row's worth falls to it."""
    known, place, counts = np.unique(np.array(rows, dtype=np.int64), return_inverse=True, return_counts=True)
    cells = (np.array(clauses, dtype=np.int64) % size) * len(known) + place
    shares = np.bincount(cells, weights=(worth(known, counts) / counts)[place], minlength=size * len(known))
    return known, shares.reshape(size, len(known)).astype(np.float32)


def to_bytes(model: Model) -> bytes:
    """The model as the content of a model file. The same model gives the same bytes, so a rebuilt file shows no false
    change."""
    names = sorted(model.vocabulary, key=model.vocabulary.__getitem__)
    description = {
        "format": FORMAT,
        "version": model.version,
        "vectors": model.vectors.version,
        "heads": [
            {"name": h.name, "answers": h.answers, "first_column": h.first_column, "temperature": h.temperature}
            for h in model.heads.values()
        ],
    }
    arrays: dict[str, NDArray[Any]] = {
        "description": np.frombuffer(json.dumps(description, ensure_ascii=False).encode(), dtype=np.uint8),
        "vocabulary": np.frombuffer("\n".join(names).encode(), dtype=np.uint8),
        "idf": model.idf.astype(np.float32),
        "weights": model.weights,
        "meaning_weights": model.meaning_weights.astype(np.float32),
        "bias": model.bias.astype(np.float32),
    }
    return archives.to_bytes(arrays)


def from_bytes(content: bytes) -> Model:
    """The model that `to_bytes` wrote. Raises `ModelError` for anything else; never runs code from it."""
    return _read(io.BytesIO(content), named="This")


def save(model: Model, *, path: Path) -> None:
    """Write a model file that `load` reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(to_bytes(model))


@lru_cache(maxsize=4)
def load(path: Path = SHIPPED) -> Model:
    """Read a model file once and keep it. Raises `ModelError` in words fit for the person who named the file."""
    if not path.is_file():
        raise ModelError(f"There is no model at {path}. Build it with: manage.py cx_train")
    return _read(path, named=str(path))


def _read(source: Path | io.BytesIO, *, named: str) -> Model:
    try:
        with np.load(source, allow_pickle=False) as archive:
            description = json.loads(archive["description"].tobytes())
            names = archive["vocabulary"].tobytes().decode().split("\n")
            idf, weights, bias = archive["idf"], archive["weights"], archive["bias"]
            meaning_weights = archive["meaning_weights"]
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"{named} is not a model file: {error}") from error
    if description.get("format") != FORMAT:
        raise ModelError(f"{named} has model format {description.get('format')}; this version reads {FORMAT}.")
    if not (len(names) == len(idf) == len(weights)):
        raise ModelError(f"{named} is damaged: vocabulary and weights differ in length.")
    if description["vectors"] != vectors.load().version:
        raise ModelError(f"{named} was trained with other word vectors. Train it anew.")
    heads = {entry["name"]: Head(**{**entry, "answers": tuple(entry["answers"])}) for entry in description["heads"]}
    return Model(
        version=description["version"],
        heads=heads,
        vocabulary={name: row for row, name in enumerate(names)},
        idf=idf,
        weights=weights,
        meaning_weights=meaning_weights,
        bias=bias,
        vectors=vectors.load(),
    )
