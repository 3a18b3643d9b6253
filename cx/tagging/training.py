"""From labelled texts to the shipped model, and honest figures on the way.

Training is deterministic: the same texts give the same file. Figures come from texts the scored model never saw.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from cx import codebook
from cx.codebook import Direction, Gap
from cx.tagging import classifier, cues, evaluating, features
from cx.tagging.evaluating import FieldFigures
from cx.tagging.model import FORMAT, SHIPPED, Head, Model, save

TEXTS: Final = SHIPPED.parent / "texts"
#: Texts against which figures are taken; the others only ever help to train.
REFERENCE: Final = "dev_set"
FOLDS: Final = 5
SEED: Final = 7
#: A feature must be seen in this many texts to be learnt.
SEEN_IN: Final[dict[str, int]] = {"w": 2, "c": 4, "s": 2, "q": 2, "x": 2}
STRENGTH: Final = 8.0
YES_NO: Final = ("no", "yes")
FEWEST_TO_CALIBRATE: Final = 50


class TrainingError(Exception):
    """A training text cannot be used: it is broken, or breaks the codebook."""


@dataclass(frozen=True)
class Text:
    """One labelled message. `tags` has the codebook's fields by name, with `promise` a mapping or None."""

    id: str
    subject: str
    body: str
    channel: str
    lang: str
    tags: dict[str, Any]
    is_reference: bool = False

    @property
    def is_held_out(self) -> bool:
        """A fixed third of the reference texts, chosen by hash, on which nothing is ever tuned."""
        return self.is_reference and int(hashlib.sha256(self.id.encode()).hexdigest(), 16) % 3 == 0


@dataclass(frozen=True)
class Task:
    """What one head learns: its answers, how to read one off a text, and from which texts."""

    name: str
    answers: tuple[str, ...]
    label: Callable[[Text], str]
    learns_from: Callable[[Text], bool]


def _below(text: Text) -> bool:
    return bool(text.tags["direction"] == Direction.BELOW)


def _everything(text: Text) -> bool:
    return True


def _value(field: str) -> Callable[[Text], str]:
    return lambda text: str(text.tags[field])


def _gaps_without_none() -> tuple[str, ...]:
    return tuple(gap for gap in Gap.values if gap != Gap.NONE)


TASKS: Final = (
    Task("direction", tuple(Direction.values), _value("direction"), _everything),
    Task("journey_stage", tuple(codebook.JourneyStage.values), _value("journey_stage"), _everything),
    Task("gap_below", _gaps_without_none(), _value("gap_primary"), _below),
    Task(
        "gap_exceeded",
        _gaps_without_none(),
        _value("gap_primary"),
        lambda text: bool(text.tags["direction"] == Direction.EXCEEDED),
    ),
    Task(
        "gap_secondary",
        (*_gaps_without_none(), Gap.NONE.value),
        lambda text: text.tags["gap_secondary"] or Gap.NONE.value,
        lambda text: bool(text.tags["direction"] != Direction.MET),
    ),
    Task("severity", tuple(str(value) for value in codebook.Severity.values), _value("severity"), _below),
    Task("root_cause", tuple(codebook.RootCause.values), _value("root_cause"), _below),
    Task("sentiment", tuple(codebook.Sentiment.values), _value("sentiment"), _everything),
    Task("promise", YES_NO, lambda text: YES_NO[bool(text.tags["promise"])], _everything),
    Task("churn_risk", YES_NO, lambda text: YES_NO[bool(text.tags["churn_risk"])], _everything),
)


def load_texts(folder: Path = TEXTS) -> list[Text]:
    """Every labelled text under the folder, in the order of files and lines.

    Raises `TrainingError` naming file and line for a text that is broken or breaks the codebook.
    """
    texts = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if line.strip():
                texts.append(_text(line, where=f"{path.name}:{number}", is_reference=path.stem == REFERENCE))
    if not texts:
        raise TrainingError(f"There are no texts in {folder}.")
    return texts


def _text(line: str, *, where: str, is_reference: bool) -> Text:
    try:
        row = json.loads(line)
        text = Text(
            id=row["id"],
            subject=row["subject"] or "",
            body=row["body"],
            channel=row["channel"],
            lang=row["lang"],
            tags=row,
            is_reference=is_reference,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{where}: {error!r}") from error
    problems = codebook.violations(row)
    if problems:
        raise TrainingError(f"{where}: {'; '.join(problems)}")
    return text


class Corpus:
    """Labelled texts with their features counted once, from which many models can be trained."""

    def __init__(self, texts: Sequence[Text]) -> None:
        self.texts = list(texts)
        self.messages = [
            classifier.read(subject=text.subject, body=text.body, channel=text.channel, lang=text.lang)
            for text in self.texts
        ]
        self._counts = [Counter(found.name for found in features.occurrences(message)) for message in self.messages]

    @property
    def reference(self) -> list[int]:
        """Places of the texts against which figures are taken."""
        return [index for index, text in enumerate(self.texts) if text.is_reference]

    def train(self, chosen: Sequence[int]) -> Model:
        """A model from the chosen texts alone; nothing of the others leaks into it, not even their words."""
        idf = self._rarity(chosen)
        vocabulary = {name: row for row, name in enumerate(sorted(idf))}
        table = self._table(chosen, idf=idf, vocabulary=vocabulary)
        heads: dict[str, Head] = {}
        blocks, biases, first = [], [], 0
        for task in TASKS:
            weights, bias = self._learn(task, table=table, chosen=chosen)
            heads[task.name] = Head(task.name, task.answers, first, 1.0)
            blocks.append(weights)
            biases.append(bias)
            first += len(task.answers)
        stacked = np.vstack(blocks).T.astype(np.float16).astype(np.float32)
        return Model(
            version=version_of([self.texts[index] for index in chosen]),
            heads=heads,
            vocabulary=vocabulary,
            idf=idf,
            weights=stacked,
            bias=np.concatenate(biases).astype(np.float32),
        )

    def _rarity(self, chosen: Sequence[int]) -> dict[str, float]:
        seen: Counter[str] = Counter()
        for index in chosen:
            seen.update(self._counts[index].keys())
        return {
            name: float(np.float32(_idf(name, seen=times, of=len(chosen))))
            for name, times in seen.items()
            if times >= SEEN_IN[name[0]]
        }

    def _table(self, chosen: Sequence[int], *, idf: dict[str, float], vocabulary: dict[str, int]) -> sparse.csr_matrix:
        rows, columns, values = [], [], []
        for row, index in enumerate(chosen):
            for name, value in features.weights(dict(self._counts[index]), idf=idf).items():
                rows.append(row)
                columns.append(vocabulary[name])
                values.append(value)
        return sparse.csr_matrix((values, (rows, columns)), shape=(len(chosen), len(vocabulary)))

    def _learn(
        self, task: Task, *, table: sparse.csr_matrix, chosen: Sequence[int]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        kept = [row for row, index in enumerate(chosen) if task.learns_from(self.texts[index])]
        labels = [task.label(self.texts[chosen[row]]) for row in kept]
        weights = np.zeros((len(task.answers), table.shape[1]))
        bias = np.full(len(task.answers), -8.0)
        known = sorted(set(labels))
        if len(known) < 2:
            bias[[task.answers.index(answer) for answer in known]] = 0.0
            return weights, bias
        fitted = LogisticRegression(C=STRENGTH, max_iter=500, tol=1e-5)
        fitted.fit(table[kept], labels, sample_weight=_sample_weights(labels))
        coefficients, intercepts = fitted.coef_, fitted.intercept_
        if len(known) == 2:
            coefficients = np.vstack([-coefficients[0] / 2, coefficients[0] / 2])
            intercepts = np.array([-intercepts[0] / 2, intercepts[0] / 2])
        for answer, line, intercept in zip(fitted.classes_, coefficients, intercepts, strict=True):
            weights[task.answers.index(answer)] = line
            bias[task.answers.index(answer)] = intercept
        return weights, bias


def version_of(texts: Sequence[Text]) -> str:
    """The name of the model these texts make with this recipe."""
    recipe = [FORMAT, STRENGTH, SEEN_IN, features.BLOCKS, cues.fingerprint()]
    described = json.dumps([recipe, [text.tags for text in texts]], sort_keys=True)
    return f"words-{len(texts)}-{hashlib.sha256(described.encode()).hexdigest()[:8]}"


def _idf(name: str, *, seen: int, of: int) -> float:
    return math.log((1 + of) / (1 + seen)) + 1.0 if name[0] in "wcs" else 1.0


def _sample_weights(labels: Sequence[str]) -> list[float]:
    """Texts with rare answers count for more, so that those are found at all; fully balanced."""
    counts = Counter(labels)
    return [len(labels) / (len(counts) * counts[label]) for label in labels]


@dataclass(frozen=True)
class Fold:
    """Texts to be scored, and a model that has never seen them."""

    model: Model
    texts: list[int]


def folds(corpus: Corpus, *, among: Sequence[int]) -> list[Fold]:
    """The reference texts in `among`, split so that each is scored once. All of our own texts train every fold."""
    order = [int(place) for place in np.random.default_rng(SEED).permutation(len(among))]
    scorable = set(among)
    own = [i for i, text in enumerate(corpus.texts) if not text.is_reference and i not in scorable]
    made = []
    for number in range(FOLDS):
        scored = [among[place] for place in order[number::FOLDS]]
        outside = set(scored)
        made.append(Fold(corpus.train([*[index for index in among if index not in outside], *own]), scored))
    return made


def cross_validate(corpus: Corpus, *, made: Sequence[Fold], temperatures: dict[str, float]) -> dict[str, FieldFigures]:
    """Figures over the folds, each text tagged by the model that never saw it."""
    pairs = []
    for fold in made:
        model = calibrated(fold.model, temperatures=temperatures)
        for index in fold.texts:
            suggestion = classifier.suggest(message=corpus.messages[index], model=model)
            pairs.append((corpus.texts[index], suggestion))
    return _figures(pairs)


def best_temperatures(corpus: Corpus, *, made: Sequence[Fold]) -> dict[str, float]:
    """For each head the one number by which its scores must be divided to mean what they say."""
    scored: dict[str, list[tuple[NDArray[np.float64], int]]] = {task.name: [] for task in TASKS}
    for fold in made:
        for index in fold.texts:
            text = corpus.texts[index]
            scores = fold.model.scores(fold.model.see(corpus.messages[index])).astype(np.float64)
            for task in TASKS:
                if task.learns_from(text):
                    truth = task.answers.index(task.label(text))
                    scored[task.name].append((scores[fold.model.heads[task.name].columns], truth))
    return {name: _best_temperature(pairs) for name, pairs in scored.items()}


def calibrated(model: Model, *, temperatures: dict[str, float]) -> Model:
    """The same model with its probabilities made honest; its answers do not change."""
    heads = {name: replace(head, temperature=temperatures[name]) for name, head in model.heads.items()}
    return replace(model, heads=heads)


def _best_temperature(pairs: Sequence[tuple[NDArray[np.float64], int]]) -> float:
    if not pairs:
        return 1.0
    scores = np.array([score for score, _ in pairs])
    truth = np.array([answer for _, answer in pairs])
    candidates = [round(0.3 * 1.06**step, 3) for step in range(48)]
    return min(candidates, key=lambda temperature: _log_loss(scores / temperature, truth))


def _log_loss(scores: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    shifted = scores - scores.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-logs[np.arange(len(truth)), truth].mean())


def _figures(pairs: Sequence[tuple[Text, classifier.TagSuggestion]]) -> dict[str, FieldFigures]:
    return evaluating.evaluate((text.tags, answer.as_dict()) for text, answer in pairs)


@dataclass(frozen=True)
class Report:
    """What a training run can say for itself."""

    texts: int
    features: int
    version: str
    cross_validated: dict[str, FieldFigures] | None
    held_out: dict[str, FieldFigures] | None


def train(texts: Sequence[Text]) -> Model:
    """A calibrated model from all of these texts; the same texts in the same order give the same model.

    Calibration needs texts the scored model never saw: the reference texts in folds, or all in folds where none is
    marked as reference. Too few texts for that give a model whose scores are taken as they are.
    """
    corpus = Corpus(texts)
    among = corpus.reference or list(range(len(corpus.texts)))
    whole = corpus.train(range(len(corpus.texts)))
    if len(among) < FEWEST_TO_CALIBRATE:
        return whole
    return calibrated(whole, temperatures=best_temperatures(corpus, made=folds(corpus, among=among)))


def build(*, folder: Path = TEXTS, path: Path = SHIPPED, measure: bool = True) -> Report:
    """Train on every text and write the model; with `measure`, say how well the recipe does on unseen texts."""
    corpus = Corpus(load_texts(folder))
    reference = corpus.reference
    made = folds(corpus, among=reference)
    temperatures = best_temperatures(corpus, made=made)
    cross_validated = held_out = None
    if measure and reference:
        cross_validated = cross_validate(corpus, made=made, temperatures=temperatures)
        held_out = measure_held_out(corpus)
    model = calibrated(corpus.train(range(len(corpus.texts))), temperatures=temperatures)
    save(model, path=path)
    return Report(len(corpus.texts), len(model.vocabulary), model.version, cross_validated, held_out)


def measure_held_out(corpus: Corpus) -> dict[str, FieldFigures] | None:
    """Figures on the held-out third, from a model and temperatures that never met it."""
    held = [index for index, text in enumerate(corpus.texts) if text.is_held_out]
    if not held:
        return None
    rest = [index for index, text in enumerate(corpus.texts) if not text.is_held_out]
    tuned = [index for index in rest if corpus.texts[index].is_reference]
    temperatures = best_temperatures(corpus, made=folds(corpus, among=tuned))
    model = calibrated(corpus.train(rest), temperatures=temperatures)
    return _figures([(corpus.texts[i], classifier.suggest(message=corpus.messages[i], model=model)) for i in held])
