"""Logistic regressions of all decisions at once, over one sparse table of texts.

They share nothing but the table; walking over it once for all of them is what takes the time. Answers are smoothed (a
text counts a little for every answer), which helps most where answers are rare or people would disagree, and rare
answers count for more, so that they are found at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize

#: How little large weights cost (the usual C), the share of a text that goes to all answers alike, and when to stop.
STRENGTH: Final = 12.0
SMOOTHING: Final = 0.1
MOST_STEPS: Final = 60
RECIPE: Final = (STRENGTH, SMOOTHING, MOST_STEPS)
#: The answer of a text from which a decision learns nothing.
UNKNOWN: Final = -1


@dataclass(frozen=True)
class Decision:
    """The answer of each text, as a number below `answers` or UNKNOWN."""

    truth: NDArray[np.int64]
    answers: int


class Fitted(NamedTuple):
    """Weights (features by answers of all decisions side by side) and the bias of each answer."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]


def fit(table: sparse.csr_matrix, *, decisions: Sequence[Decision]) -> Fitted:
    """Learn all decisions. The same table and answers give the same weights."""
    texts, width = table.shape
    size = sum(decision.answers for decision in decisions)
    targets = np.zeros((texts, size), dtype=np.float32)
    importance = np.zeros((texts, size), dtype=np.float32)
    columns, first = [], 0
    for decision in decisions:
        here = slice(first, first + decision.answers)
        columns.append(here)
        targets[:, here], importance[:, here] = _targets(decision)
        first += decision.answers
    transposed = table.T.tocsr()

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        whole = flat.reshape(width + 1, size).astype(np.float32)
        scores = table @ whole[:-1] + whole[-1]
        missed, total = np.empty_like(scores), 0.0
        for here in columns:
            part = scores[:, here] - scores[:, here].max(axis=1, keepdims=True)
            raised = np.exp(part)
            mass = raised.sum(axis=1, keepdims=True)
            total -= float((importance[:, here] * targets[:, here] * (part - np.log(mass))).sum(dtype=np.float64))
            missed[:, here] = importance[:, here] * (raised / mass - targets[:, here])
        gradient = np.empty_like(whole)
        gradient[:-1] = transposed @ missed
        gradient[-1] = missed.sum(axis=0)
        gradient *= STRENGTH
        gradient[:-1] += whole[:-1]
        cost = STRENGTH * total + 0.5 * float(np.square(whole[:-1], dtype=np.float64).sum())
        return cost, gradient.ravel().astype(np.float64)

    found = minimize(
        loss,
        np.zeros((width + 1) * size),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": MOST_STEPS, "maxcor": 6, "ftol": 1e-7},
    )
    whole = found.x.reshape(width + 1, size).astype(np.float32)
    return Fitted(whole[:-1], whole[-1])


def _targets(decision: Decision) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What each text should say, and how much it counts: rare answers more, unknown ones nothing."""
    known = decision.truth != UNKNOWN
    counts = np.bincount(decision.truth[known], minlength=decision.answers)
    given = counts > 0
    importance = np.zeros((len(known), decision.answers), dtype=np.float32)
    targets = np.zeros_like(importance)
    if not known.any():
        return targets, importance
    share = known.sum() / (given.sum() * np.maximum(counts, 1))
    importance[known] = share[decision.truth[known]][:, None]
    targets[known] = SMOOTHING / given.sum() * given
    targets[np.flatnonzero(known), decision.truth[known]] += 1.0 - SMOOTHING
    return targets, importance
