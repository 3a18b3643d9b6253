"""From labelled texts to the shipped model, and honest figures on the way.

Training is deterministic: the same texts give the same file. Figures come from texts the scored model never saw.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cx import codebook
from cx.codebook import Direction, Gap
from cx.tagging import classifier, cues, evaluating, features, fitting, vectors
from cx.tagging.evaluating import FieldFigures
from cx.tagging.model import FORMAT, SHIPPED, Head, Model, save
from cx.tagging.vectors import UNKNOWN, Vectors

TEXTS: Final = SHIPPED.parent / "texts"
#: Texts against which figures are taken; the others only ever help to train.
REFERENCE: Final = "dev_set"
FOLDS: Final = 2
SEED: Final = 7
_SEEN_IN: Final = np.array([block.seen_in for block in features.BLOCKS.values()])
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
        self._names, self._counts = _count(self.messages)
        self._blocks = features.blocks_of(self._names)
        self._vectors = vectors.load()
        self._meanings = _meanings(self.messages, self._vectors)

    @property
    def reference(self) -> list[int]:
        """Places of the texts against which figures are taken."""
        return [index for index, text in enumerate(self.texts) if text.is_reference]

    def train(self, chosen: Sequence[int]) -> Model:
        """A model from the chosen texts alone; nothing of the others leaks into it, not even their words."""
        counts = self._counts[list(chosen)]
        seen = np.bincount(counts.indices, minlength=len(self._names))
        kept = np.flatnonzero(seen >= _SEEN_IN[self._blocks])
        blocks = self._blocks[kept]
        idf = _rarity(seen[kept], of=len(chosen), blocks=blocks)
        table = _weighed(counts[:, kept], idf=idf, blocks=blocks)
        fitted = fitting.fit(
            sparse.hstack([table, self._meanings[list(chosen)]], format="csr"),
            decisions=[self._decision(task, chosen) for task in TASKS],
        )
        heads, first = {}, 0
        for task in TASKS:
            heads[task.name] = Head(task.name, task.answers, first, 1.0)
            first += len(task.answers)
        return Model(
            version=version_of([self.texts[index] for index in chosen]),
            heads=heads,
            vocabulary={self._names[column]: row for row, column in enumerate(kept.tolist())},
            idf=idf,
            weights=fitted.weights[: len(kept)].astype(np.float16),
            meaning_weights=fitted.weights[len(kept) :],
            bias=fitted.bias,
            vectors=self._vectors,
        )

    def _decision(self, task: Task, chosen: Sequence[int]) -> fitting.Decision:
        """What a head has to learn from the chosen texts. A text it does not learn from counts for nothing."""
        answers = np.full(len(chosen), fitting.UNKNOWN)
        for row, index in enumerate(chosen):
            if task.learns_from(self.texts[index]):
                answers[row] = task.answers.index(task.label(self.texts[index]))
        return fitting.Decision(answers, len(task.answers))


def _count(messages: Sequence[features.Message]) -> tuple[list[str], sparse.csr_matrix]:
    """The names of all features, sorted, and how often each message has each."""
    row_of: dict[str, int] = {}
    of_word: dict[str, list[int]] = {}
    numbers: list[NDArray[np.int64]] = []
    times: list[NDArray[np.int64]] = []
    for message in messages:
        view = features.look(message)
        found = [row_of.setdefault(name, len(row_of)) for name, _clause in view.named]
        for word, _clause in view.words:
            if word not in of_word:
                of_word[word] = [row_of.setdefault(name, len(row_of)) for name in features.names_of(word)]
            found += of_word[word]
        unique, counts = np.unique(np.array(found, dtype=np.int64), return_counts=True)
        numbers.append(unique)
        times.append(counts)
    order = np.array(sorted(range(len(row_of)), key=list(row_of).__getitem__), dtype=np.int64)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    table = sparse.csr_matrix(
        (
            np.concatenate(times).astype(np.float32),
            place[np.concatenate(numbers)],
            np.cumsum([0, *(len(part) for part in numbers)]),
        ),
        shape=(len(messages), len(order)),
    )
    names = list(row_of)
    return [names[number] for number in order], table


def _meanings(messages: Sequence[features.Message], known: Vectors) -> sparse.csr_matrix:
    """What the words of each message mean together, as the model would see it."""
    row_of: dict[str, int] = {}
    found = np.zeros((len(messages), known.width), dtype=np.float32)
    for number, message in enumerate(messages):
        counts: Counter[int] = Counter()
        for part in (message.subject, message.body):
            for word in features.words_of(part.folded):
                if word not in row_of:
                    row_of[word] = known.row(word) if word[0].isalpha() else UNKNOWN
                counts[row_of[word]] += 1
        rows = np.array([row for row in counts if row != UNKNOWN], dtype=np.int64)
        times = np.array([counts[int(row)] for row in rows])
        meaning = ((1.0 + np.log(times))[:, None] * known.of(rows)).sum(axis=0)
        found[number] = meaning * (features.MEANING / (np.linalg.norm(meaning) or 1.0))
    return sparse.csr_matrix(found)


def _weighed(counts: sparse.csr_matrix, *, idf: NDArray[np.float32], blocks: NDArray[np.int8]) -> sparse.csr_matrix:
    """A table of counts as the weights that the model would see."""
    of = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    weights = features.weigh(counts.data, of=of, idf=idf[counts.indices], blocks=blocks[counts.indices])
    return sparse.csr_matrix((weights, counts.indices, counts.indptr), shape=counts.shape)


def version_of(texts: Sequence[Text]) -> str:
    """The name of the model these texts make with this recipe."""
    recipe = [FORMAT, fitting.RECIPE, features.BLOCKS, features.MEANING, vectors.load().version, cues.fingerprint()]
    described = json.dumps([recipe, [text.tags for text in texts]], sort_keys=True)
    return f"words-{len(texts)}-{hashlib.sha256(described.encode()).hexdigest()[:8]}"


def _rarity(seen: NDArray[np.int64], *, of: int, blocks: NDArray[np.int8]) -> NDArray[np.float32]:
    """How much a feature is worth for being rare; where lengths are not made equal, all are worth the same."""
    idf = np.where(features.NORMALISED[blocks], np.log((1 + of) / (1 + seen)) + 1.0, 1.0)
    return idf.astype(np.float32)


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
            scores = fold.model.see(corpus.messages[index]).scores.astype(np.float64)
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
