"""A trained model: numbers and words in one file, scored with numpy alone.

The file is a NumPy archive read with `allow_pickle=False`, so opening a model never runs code from it.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cx.tagging import features

SHIPPED: Final = Path(__file__).resolve().parent.parent / "data" / "model.npz"
FORMAT: Final = 1


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
    """What the model saw in one message: its features' weights, and every place they stood."""

    rows: NDArray[np.int64]
    values: NDArray[np.float32]
    occurrences: Sequence[tuple[int, features.Occurrence, float]]


@dataclass(frozen=True)
class Model:
    """Weights for every head over one vocabulary. Immutable; the same message always gets the same scores."""

    version: str
    heads: dict[str, Head]
    vocabulary: dict[str, int]
    idf: dict[str, float]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def see(self, message: features.Message) -> Sighting:
        """Features of the message that the model knows, with their weights."""
        known = [found for found in features.occurrences(message) if found.name in self.vocabulary]
        counts: dict[str, float] = {}
        for found in known:
            counts[found.name] = counts.get(found.name, 0.0) + 1.0
        weighted = features.weights(counts, idf=self.idf)
        return Sighting(
            rows=np.fromiter((self.vocabulary[name] for name in weighted), dtype=np.int64, count=len(weighted)),
            values=np.fromiter(weighted.values(), dtype=np.float32, count=len(weighted)),
            occurrences=[
                (self.vocabulary[found.name], found, weighted[found.name] / counts[found.name]) for found in known
            ],
        )

    def scores(self, sighting: Sighting) -> NDArray[np.float32]:
        """One raw score for every answer of every head."""
        return sighting.values @ self.weights[sighting.rows] + self.bias

    def advantage(self, *, head: Head, answer: str, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """How much one unit of each of these features speaks for the answer rather than for the head's others."""
        weights = self.weights[rows, head.columns]
        column = head.answers.index(answer)
        return weights[:, column] - np.delete(weights, column, axis=1).mean(axis=1)

    def probabilities(self, head: str, scores: NDArray[np.float32]) -> dict[str, float]:
        """The head's answers with their calibrated probabilities, which sum to one."""
        chosen = self.heads[head]
        raw = scores[chosen.columns].astype(np.float64) / chosen.temperature
        raised = np.exp(raw - raw.max())
        return dict(zip(chosen.answers, (raised / raised.sum()).tolist(), strict=True))


def to_bytes(model: Model) -> bytes:
    """The model as the content of a model file. The same model gives the same bytes, so a rebuilt file shows no false
    change."""
    names = sorted(model.vocabulary, key=model.vocabulary.__getitem__)
    description = {
        "format": FORMAT,
        "version": model.version,
        "heads": [
            {"name": h.name, "answers": h.answers, "first_column": h.first_column, "temperature": h.temperature}
            for h in model.heads.values()
        ],
    }
    arrays: dict[str, NDArray[Any]] = {
        "description": np.frombuffer(json.dumps(description, ensure_ascii=False).encode(), dtype=np.uint8),
        "vocabulary": np.frombuffer("\n".join(names).encode(), dtype=np.uint8),
        "idf": np.array([model.idf[name] for name in names], dtype=np.float32),
        "weights": model.weights.astype(np.float16),
        "bias": model.bias.astype(np.float32),
    }
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, buffer.getvalue(), zipfile.ZIP_DEFLATED)
    return whole.getvalue()


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
            idf, weights, bias = archive["idf"], archive["weights"].astype(np.float32), archive["bias"]
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"{named} is not a model file: {error}") from error
    if description.get("format") != FORMAT:
        raise ModelError(f"{named} has model format {description.get('format')}; this version reads {FORMAT}.")
    if not (len(names) == len(idf) == len(weights)):
        raise ModelError(f"{named} is damaged: vocabulary and weights differ in length.")
    heads = {entry["name"]: Head(**{**entry, "answers": tuple(entry["answers"])}) for entry in description["heads"]}
    return Model(
        version=description["version"],
        heads=heads,
        vocabulary={name: row for row, name in enumerate(names)},
        idf=dict(zip(names, idf.tolist(), strict=True)),
        weights=weights,
        bias=bias,
    )
