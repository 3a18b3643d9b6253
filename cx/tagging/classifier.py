"""One customer message to one suggested tagging, offline and the same every time.

Decides in the codebook's order: direction before gap, the gap within its direction, the rest each by itself. Every
decision comes with a calibrated probability, the next likely answers, and the customer's own words that spoke for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from cx.codebook import Direction, Gap
from cx.tagging import commitments, evidence, features, language, reading
from cx.tagging import model as models
from cx.tagging.model import Model

MOST_ALTERNATIVES: Final = 3
#: A second gap is offered from this share on. It is rare; on unseen texts about half of those offered are right.
SECONDARY_FROM: Final = 0.3
#: Promises and thoughts of leaving are rare, and missing one costs more than asking in vain.
YES_FROM: Final = 0.4
#: From this share of known words on a message counts as read; below it confidence sinks with the share.
KNOWN_WORDS: Final = 0.5
#: What is left of confidence in another language.
FOREIGN: Final = 0.5
#: Enough to keep the likeliest answer in front where nothing could be read.
LEAST_TRUST: Final = 0.05


@dataclass(frozen=True)
class Alternative:
    """An answer that was not chosen, and how likely it was."""

    value: str
    probability: float


@dataclass(frozen=True)
class TagSuggestion:
    """What the tagger believes about one message. Consistent with the codebook's invariants, always."""

    lang: str
    journey_stage: str
    gap_primary: str
    gap_secondary: str | None
    direction: str
    severity: int | None
    root_cause: str | None
    sentiment: str
    promise: commitments.Commitment | None
    churn_risk: bool
    confidence: Mapping[str, float]
    evidence: Mapping[str, list[str]]
    alternatives: Mapping[str, list[Alternative]]
    model_version: str
    #: False where the tagger could hardly read the message: another language or alphabet, or no words of the customer's
    #: own. Its answers are then guesses, its confidence says so, and a page should.
    is_legible: bool

    def as_dict(self) -> dict[str, object]:
        """Plain values, ready for JSON."""
        return asdict(self)


def tag(
    *, subject: str, body: str, channel: str, lang: str | None = None, model: Model | Path | None = None
) -> TagSuggestion:
    """Suggest a tagging for a message.

    Quoted history in the body is not read. An empty message gets the likeliest tagging of any message, with the low
    confidence that deserves. Without `lang` the language is detected. `model` is another model, or names its file.
    """
    return suggest(message=read(subject=subject, body=body, channel=channel, lang=lang), model=_model(model))


def _model(asked: Model | Path | None) -> Model:
    return asked if isinstance(asked, Model) else models.load(asked or models.SHIPPED)


def suggest(*, message: features.Message, model: Model) -> TagSuggestion:
    """The suggestion of a given model for a message that was already read."""
    return _Decision(message=message, model=model).suggestion()


def read(*, subject: str, body: str, channel: str, lang: str | None = None) -> features.Message:
    """The message as the features see it: own words only, folded, its language known."""
    own = reading.own_words(body)
    return features.Message(
        subject=reading.passage(subject),
        body=own,
        channel=channel,
        lang=lang or language.detect(f"{subject}\n{own.visible}"),
    )


class _Decision:
    """The steps from one message to one suggestion."""

    def __init__(self, *, message: features.Message, model: Model) -> None:
        sighting = model.see(message)
        self.message = message
        self.model = model
        self.sighting = sighting
        self.trust = _trust(message, known=sighting.known)
        self.confidence: dict[str, float] = {}
        self.evidence: dict[str, list[str]] = {}
        self.alternatives: dict[str, list[Alternative]] = {}

    def suggestion(self) -> TagSuggestion:
        direction = self._choose("direction")
        gap, secondary = self._gaps(direction)
        below = direction == Direction.BELOW
        return TagSuggestion(
            lang=self.message.lang,
            journey_stage=self._choose("journey_stage"),
            gap_primary=gap,
            gap_secondary=secondary,
            direction=direction,
            severity=int(self._choose("severity")) if below else None,
            root_cause=self._choose("root_cause") if below else None,
            sentiment=self._choose("sentiment"),
            promise=self._promise(),
            churn_risk=self._yes_or_no("churn_risk"),
            confidence=self.confidence,
            evidence=self.evidence,
            alternatives=self.alternatives,
            model_version=self.model.version,
            is_legible=self.trust > FOREIGN,
        )

    def _likely(self, head: str) -> dict[str, float]:
        """The answers with their probabilities, drawn towards a plain guess as far as the message could not be read."""
        likely = self.model.probabilities(head, self.sighting.scores)
        guess = (1.0 - self.trust) / len(likely)
        return {answer: self.trust * p + guess for answer, p in likely.items()}

    def _choose(self, field: str) -> str:
        likely = self._likely(field)
        answer = _ranked(likely)[0][0]
        self._note(field, answer=answer, likely=likely, words=self._words_for(field, answer))
        return answer

    def _note(self, field: str, *, answer: str, likely: Mapping[str, float], words: list[str]) -> None:
        """Keep how sure the answer is, what else it might have been, and the words that spoke for it."""
        self.confidence[field] = round(likely[answer], 4)
        others = [Alternative(value, round(p, 4)) for value, p in _ranked(likely) if value != answer]
        self.alternatives[field] = others[:MOST_ALTERNATIVES]
        self.evidence[field] = words

    def _words_for(self, head: str, answer: str) -> list[str]:
        return evidence.speaking_for(self.message, sighting=self.sighting, head=self.model.heads[head], answer=answer)

    def _gaps(self, direction: str) -> tuple[str, str | None]:
        """The gap within the chosen direction; how sure it is counts both decisions."""
        directions = self._likely("direction")
        below, exceeded = self._likely("gap_below"), self._likely("gap_exceeded")
        overall = {
            gap: directions[Direction.BELOW] * below[gap] + directions[Direction.EXCEEDED] * exceeded[gap]
            for gap in below
        }
        overall[Gap.NONE.value] = directions[Direction.MET]
        if direction == Direction.MET:
            self._note("gap_primary", answer=Gap.NONE.value, likely=overall, words=self.evidence["direction"])
            return Gap.NONE.value, None
        head, likely = ("gap_below", below) if direction == Direction.BELOW else ("gap_exceeded", exceeded)
        gap = _ranked(likely)[0][0]
        self._note("gap_primary", answer=gap, likely=overall, words=self._words_for(head, gap))
        return gap, self._secondary(gap)

    def _secondary(self, gap: str) -> str | None:
        likely = {value: p for value, p in self._likely("gap_secondary").items() if value != gap}
        value = max((candidate for candidate in likely if candidate != Gap.NONE), key=lambda v: (likely[v], v))
        probability = likely[value] / sum(likely.values())
        if probability < SECONDARY_FROM:
            return None
        self.confidence["gap_secondary"] = round(probability, 4)
        self.evidence["gap_secondary"] = self._words_for("gap_secondary", value)
        return value

    def _yes_or_no(self, field: str) -> bool:
        yes = self.model.probabilities(field, self.sighting.scores)["yes"] >= YES_FROM
        self.confidence[field] = round(self._likely(field)["yes" if yes else "no"], 4)
        self.evidence[field] = self._words_for(field, "yes") if yes else []
        return yes

    def _promise(self) -> commitments.Commitment | None:
        """The model says whether a promise is spoken of; the patterns say which one, in the customer's words."""
        if not self._yes_or_no("promise"):
            return None
        found = commitments.find(self.message.subject, self.message.body) or self._promise_as_spoken()
        if found is None:
            self.confidence["promise"] = round(1.0 - self.confidence["promise"], 4)
            return None
        self.evidence["promise"] = [found.what, *([found.by] if found.by else [])]
        return found

    def _promise_as_spoken(self) -> commitments.Commitment | None:
        """Without a phrase to quote, the clause that convinced the model is the promise."""
        if not self.evidence["promise"]:
            return None
        return commitments.Commitment(
            what=self.evidence["promise"][0], by=None, who=commitments.source(self.message.body)
        )


def _trust(message: features.Message, *, known: float) -> float:
    """How far the scores of a message deserve belief, from almost 0 to 1; `known` is its share of known words."""
    trust = min(1.0, known / KNOWN_WORDS)
    if message.lang == "other":
        trust *= FOREIGN
    return max(trust * message.body.trust, LEAST_TRUST)


def _ranked(likely: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(likely.items(), key=lambda item: (-item[1], item[0]))
