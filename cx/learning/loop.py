"""What people say about tickets teaches the tagger: when there is enough new, a model is trained and compared.

The truth is what a person said last and did not take back. One ticket in five, chosen by a hash of its key, is held
back for ever: no model ever learns from it, and on those alone a new model is compared with the one in use. The rule
stands in `cx.learning.comparing`; every model made is a row with its figures, and a person can put any that is kept in
use again.
"""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Max, Q
from django.utils import timezone

from cx import codebook, suggesting
from cx.codebook import LANGUAGES, Direction, RootCause, Severity
from cx.learning.model_in_use import loaded
from cx.models import Tagging, TrainedModel
from tickets.models import Message

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from cx.learning.comparing import Verdict
    from cx.tagging.model import Model
    from cx.tagging.training import Text

log = logging.getLogger(__name__)

#: New answers before it learns again. Beside some thousand texts fewer change nothing, and each training takes minutes.
NEW_ANSWERS: Final = 50
#: Held-back tickets before anything is compared: with fewer, the interval of a share is wider than 30 points.
HELD_BACK: Final = 40
HELD_BACK_OF: Final = 5  # one in so many
#: The latest so many teach, and the latest so many are compared on: beside the shipped texts this takes a quarter of an
#: hour of one core, and three gigabytes.
MOST_TEACHING, MOST_COMPARED = 3_000, 2_000
#: How long somebody who trains may take; after that their claim is taken from them.
PATIENCE: Final = timedelta(minutes=65)
MOST_COUNTED: Final = 800
CHUNK: Final = 500


class Outcome(StrEnum):
    """What became of one look."""

    TOOK_OVER = "took_over"
    DECLINED = "declined"
    WAITS_FOR_ANSWERS = "waits_for_answers"
    WAITS_FOR_HELD_BACK = "waits_for_held_back"
    NOTHING_NEW = "nothing_new"
    IS_LEARNING = "is_learning"
    GIVEN_UP = "given_up"  # somebody else took the claim over


@dataclass(frozen=True)
class Progress:
    """How far it is to the next learning."""

    new_answers: int  # counted no further than `MOST_COUNTED`
    held_back: int  # counted no further than needed
    is_outdated: bool = False  # the program has brought a newer model since something was learnt here

    @property
    def has_new(self) -> bool:
        return self.is_outdated or self.new_answers >= NEW_ANSWERS

    @property
    def has_held_back(self) -> bool:
        return self.held_back >= HELD_BACK


def is_held_back(ticket_id: int) -> bool:
    """Whether nothing ever learns from this ticket. The same for ever, whoever asks."""
    return int(hashlib.sha256(f"held back {ticket_id}".encode()).hexdigest(), 16) % HELD_BACK_OF == 0


def truth() -> QuerySet[Tagging]:
    """What people said last and did not take back."""
    return Tagging.objects.current().by_people()


def progress() -> Progress:
    """How many answers are new since a model was last made here, and whether enough are held back. Two queries."""
    made = TrainedModel.objects.made().aggregate(
        here=Max("trained_at", filter=Q(confirmed__gt=0)), shipped=Max("trained_at", filter=Q(confirmed=0))
    )
    # So many of the latest answers hold back more than enough, whatever the hash.
    latest = list(truth().order_by("-tagged_at").values_list("ticket_id", "tagged_at")[:MOST_COUNTED])
    return Progress(
        new_answers=sum(made["here"] is None or tagged_at > made["here"] for _ticket, tagged_at in latest),
        held_back=sum(1 for _ in islice((ticket for ticket, _at in latest if is_held_back(ticket)), HELD_BACK)),
        is_outdated=bool(made["here"] and made["shipped"] and made["shipped"] > made["here"]),
    )


def learn(*, now: datetime | None = None) -> Outcome:
    """Train, compare and perhaps take over, if it is time. Safe to repeat, and at any moment safe to kill.

    Takes minutes. Two at once do nothing twice: the second one finds the claim of the first. A model that was made
    before is never made again, so one that a person took out of use stays out until a person puts it back.
    """
    from cx.tagging import training

    now = now or timezone.now()
    _note_shipped()
    found = progress()
    if not found.has_new:
        return Outcome.WAITS_FOR_ANSWERS
    judged = list(islice(texts(held_back=True), MOST_COMPARED)) if found.has_held_back else []
    if len(judged) < HELD_BACK:
        return Outcome.WAITS_FOR_HELD_BACK
    shipped = training.load_texts()
    own = [text for _row, text in islice(texts(held_back=False), MOST_TEACHING)]
    version = training.version_of([*shipped, *own])
    rival = TrainedModel.objects.in_use().get()
    claim = TrainedModel.claim(version=version, at=now, rival=rival, patience=PATIENCE)
    if claim is None:
        is_known = TrainedModel.objects.made().filter(version=version).exists()
        return Outcome.NOTHING_NEW if is_known else Outcome.IS_LEARNING
    try:
        outcome = _make(claim, shipped=shipped, own=own, judged=judged)
    finally:
        claim.give_up()
    log.info("Learning from %s tickets of ours: model %s, %s", len(own), version, outcome)
    return outcome


def _note_shipped() -> None:
    from cx.tagging import model as models
    from cx.tagging import training

    version = models.load().version
    if not TrainedModel.objects.filter(version=version).exists():
        TrainedModel.note_shipped(version=version, texts=len(training.load_texts()))


def _make(
    claim: TrainedModel, *, shipped: Sequence[Text], own: Sequence[Text], judged: Sequence[tuple[Tagging, Text]]
) -> Outcome:
    from cx.tagging import model as models
    from cx.tagging import training

    assert claim.rival
    made = training.train([*shipped, *own])
    compared = _compared(made, _rival(claim.rival), judged)
    takes_over = claim.finish(
        content=models.to_bytes(made),
        takes_over=compared.verdict.takes_over,
        texts=len(shipped),
        confirmed=len(own),
        held_back=len(judged),
        figures=compared.figures,
        rival_figures=compared.rival_figures,
        verdict=compared.verdict.as_dict(),
    )
    if claim.is_being_made:
        return Outcome.GIVEN_UP
    return Outcome.TOOK_OVER if takes_over else Outcome.DECLINED


# --- Truth as texts ---------------------------------------------------------------------------------------------------


def texts(*, held_back: bool) -> Iterator[tuple[Tagging, Text]]:
    """What people said, the latest first, each with the ticket's text as the tagger reads it.

    Left out is where the customer said nothing, and what breaks today's codebook.
    """
    rows = truth().select_related("ticket", "suggestion").order_by("-tagged_at", "-pk").iterator(chunk_size=CHUNK)
    wanted = (row for row in rows if is_held_back(row.ticket_id) == held_back)
    while chunk := list(islice(wanted, CHUNK)):
        said = _said(chunk)
        for row in chunk:
            body = suggesting.body_of(said=said[row.ticket_id], expected=row.ticket.expected)
            text = _text(row, body=body)
            if body.strip() and not codebook.violations(text.tags):
                yield row, text


def _said(rows: Sequence[Tagging]) -> Mapping[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    own = suggesting.own_words(Message.objects.filter(ticket__in=[row.ticket_id for row in rows]))
    for ticket, text in own.values_list("ticket_id", "text"):
        found[ticket].append(text)
    return found


def _text(row: Tagging, *, body: str) -> Text:
    from cx.tagging.training import Text

    ticket = row.ticket
    return Text(
        id=f"ticket-{ticket.pk}",
        subject=ticket.subject,
        body=body,
        channel=ticket.channel,
        lang=ticket.language if ticket.language in LANGUAGES else "",
        tags={**labels_of(row), **_left_open(row), "id": ticket.pk, "tagging": row.pk},
    )


def _left_open(row: Tagging) -> dict[str, Any]:
    """What a shortfall has and the person did not say: as it was read, else what stands for "nobody knows"."""
    if row.direction != Direction.BELOW:
        return {}
    read = row.suggestion
    return {
        "severity": row.severity or (read and read.severity) or Severity.MATERIAL.value,
        "root_cause": row.root_cause or RootCause.UNKNOWN.value,
    }


def labels_of(row: Tagging) -> dict[str, Any]:
    """A tagging as the codebook's labels, every field of it."""
    return {
        "journey_stage": row.journey_stage,
        "gap_primary": row.gap_primary,
        "gap_secondary": row.gap_secondary or None,
        "direction": row.direction,
        "severity": row.severity,
        "root_cause": row.root_cause or None,
        "sentiment": row.sentiment,
        "promise": row.promise,
        "churn_risk": row.churn_risk,
    }


def decided(row: Tagging) -> dict[str, Any]:
    """Only the labels that the person decided. What they left as it was read is no truth to measure a reading by."""
    by_person = {name for name, source in row.sources.items() if source == Tagging.Source.PERSON} | set(Tagging.FIELDS)
    known = {name: value for name, value in labels_of(row).items() if name in by_person}
    if row.severity is None:
        known.pop("severity")
    return known


# --- Comparing --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Compared:
    verdict: Verdict
    figures: dict[str, Any]
    rival_figures: dict[str, Any]


def _rival(row: TrainedModel) -> Model:
    """The model in use, as workers read with it: where its content cannot be read, the one of the program."""
    from cx.tagging import model as models

    try:
        return loaded(row)
    except Exception:
        log.exception("Model %s cannot be read; the new one is compared with the program's", row.version)
        return models.load()


def _compared(new: Model, old: Model, judged: Sequence[tuple[Tagging, Text]]) -> _Compared:
    from cx.learning import comparing
    from cx.tagging import evaluating

    truths = [decided(row) for row, _text in judged]
    news, olds = ([_tags(text, model=model) for _row, text in judged] for model in (new, old))
    messages = [_twice(labels, newly, formerly) for labels, newly, formerly in zip(truths, news, olds, strict=True)]
    return _Compared(
        comparing.compare(messages),
        figures={f: each.as_dict() for f, each in evaluating.evaluate(zip(truths, news, strict=True)).items()},
        rival_figures={f: each.as_dict() for f, each in evaluating.evaluate(zip(truths, olds, strict=True)).items()},
    )


def _tags(text: Text, *, model: Model) -> dict[str, Any]:
    from cx.tagging import classifier

    read = classifier.tag(
        subject=text.subject, body=text.body, channel=text.channel, lang=text.lang or None, model=model
    )
    return read.as_dict()


def _twice(labels: Mapping[str, Any], new: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    from cx.learning import comparing
    from cx.tagging.evaluating import word

    return {
        name: comparing.Twice(word(labels[name]), word(new[name]), word(old[name]))
        for name in comparing.FIELDS
        if labels.get(name)  # the cause is judged where something fell short, and there it always is
    }
