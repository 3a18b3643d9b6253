"""One logistic regression for each decision, over one sparse table of texts.

Answers are smoothed (a text counts a little for every answer), which helps most where answers are rare or people would
disagree, and rare answers count for more, so that they are found at all.
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
    learnt = [_learn(table, decision) for decision in decisions]
    return Fitted(np.hstack([each.weights for each in learnt]), np.concatenate([each.bias for each in learnt]))


def _learn(table: sparse.csr_matrix, decision: Decision) -> Fitted:
    """One logistic regression, by L-BFGS from zero."""
    known = np.flatnonzero(decision.truth != UNKNOWN)
    width, answers = table.shape[1], decision.answers
    if not len(known):
        return Fitted(np.zeros((width, answers), dtype=np.float32), np.zeros(answers, dtype=np.float32))
    part = table[known]
    transposed = part.T.tocsr()
    targets, importance = _targets(decision.truth[known], answers)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        whole = flat.reshape(width + 1, answers).astype(np.float32)
        scores = part @ whole[:-1] + whole[-1]
        scores -= scores.max(axis=1, keepdims=True)
        raised = np.exp(scores)
        mass = raised.sum(axis=1, keepdims=True)
        missed = importance * (raised / mass - targets) * STRENGTH
        wrong = -float((importance * targets * (scores - np.log(mass))).sum(dtype=np.float64))
        gradient = np.empty_like(whole)
        gradient[:-1] = transposed @ missed + whole[:-1]
        gradient[-1] = missed.sum(axis=0)
        large = 0.5 * float(np.square(whole[:-1], dtype=np.float64).sum())
        return STRENGTH * wrong + large, gradient.ravel().astype(np.float64)

    found = minimize(
        loss,
        np.zeros((width + 1) * answers),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": MOST_STEPS, "maxcor": 6, "ftol": 1e-7},
    )
    whole = found.x.reshape(width + 1, answers).astype(np.float32)
    return Fitted(whole[:-1], whole[-1])


def _targets(truth: NDArray[np.int64], answers: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What each text should say, and how much it counts: texts with rare answers more."""
    counts = np.bincount(truth, minlength=answers)
    given = counts > 0
    share = len(truth) / (given.sum() * np.maximum(counts, 1))
    targets = np.repeat((SMOOTHING / given.sum() * given)[None], len(truth), axis=0).astype(np.float32)
    targets[np.arange(len(truth)), truth] += 1.0 - SMOOTHING
    return targets, share[truth][:, None].astype(np.float32)
