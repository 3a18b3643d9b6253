"""What a ticket's text says and what the ticket shows -> a suggestion on it. People decide; the model never has the
last word."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings

from cx import signals
from cx.learning.model_in_use import model_in_use
from cx.models import Tagging
from cx.tagging import combining
from tickets.models import Author, Event, Ticket

if TYPE_CHECKING:
    from cx.tagging.classifier import TagSuggestion
    from cx.tagging.model import Model
    from tickets.models.message import MessageQuerySet

MOST_TEXT = 20_000
SAME_WITHIN = 0.05  # of a probability: less is no news


def suggest_tagging(event: Event) -> None:
    """Tag the ticket anew from everything the customer has said in it. A machine's answer says nothing."""
    if event.details.get("auto"):
        return
    tagging = suggest(event.ticket)
    if tagging is not None and settings.CX_LLM_URL:
        from cx.opinions import second_opinion  # nothing of it is there unless somebody named a service

        second_opinion.ask_about(tagging)


def suggest(ticket: Ticket) -> Tagging | None:
    """The reading of the whole matter with what the ticket shows; None while the customer has said nothing. What
    strangers say in it is not the customer's.

    A reading that changes nothing is not kept again: the suggestion that stands is returned.
    """
    said = own_words(ticket.messages.all()).values_list("text", flat=True)
    read = reading_of(
        subject=ticket.subject, said=list(said), expected=ticket.expected, channel=ticket.channel,
        language=ticket.language, model=model_in_use,
    )  # fmt: skip
    if read is None:
        return None
    values = combining.combine(values_of(read), signals=signals.signals_of(ticket))
    latest = ticket.taggings.filter(source=Tagging.Source.MODEL).order_by("-tagged_at", "-pk").first()
    if latest is not None and latest.model_version == read.model_version and _says_the_same(latest, values):
        return latest
    return Tagging.suggest(ticket, values=values, model_version=read.model_version)


def own_words(messages: MessageQuerySet) -> MessageQuerySet:
    """Of these messages those that the customers wrote themselves, in their order."""
    return messages.filter(author=Author.CUSTOMER, is_auto=False, is_from_stranger=False).in_order()


def body_of(*, said: Sequence[str], expected: str) -> str:
    """Everything the customer has said so far, as one text to be read."""
    return "\n\n".join([*said, *([expected] if expected else [])])[:MOST_TEXT]


def reading_of(
    *,
    subject: str,
    said: Sequence[str],
    expected: str,
    channel: str,
    language: str,
    model: Callable[[], Model] | None = None,
) -> TagSuggestion | None:
    """What a model reads in everything the customer has said so far; None when that is nothing.

    `model` gives the model, and is asked only where there is something to read. Without it, the one that comes with
    the program reads, and no database is needed.
    """
    from cx.tagging import classifier  # heavy: loaded by the worker when it first tags, not by every process

    body = body_of(said=said, expected=expected)
    if not body.strip():
        return None
    chosen = model() if model else None
    return classifier.tag(subject=subject, body=body, channel=channel, lang=language or None, model=chosen)


def values_of(read: TagSuggestion) -> dict[str, Any]:
    """A reading as the columns of a tagging."""
    plain = read.as_dict()
    alternatives = {field: [[a.value, a.probability] for a in given] for field, given in read.alternatives.items()}
    return {
        **{field: plain[field] for field in ("journey_stage", "gap_primary", "direction", "severity", "sentiment")},
        **{field: plain[field] or "" for field in ("gap_secondary", "root_cause")},
        **{field: plain[field] for field in ("promise", "churn_risk", "confidence", "evidence")},
        "stage_confidence": read.confidence["journey_stage"],
        "gap_confidence": read.confidence["gap_primary"],
        "alternatives": alternatives,
    }


def _says_the_same(latest: Tagging, values: Mapping[str, Any]) -> bool:
    names = (*Tagging.FIELDS, "sentiment", "promise", "churn_risk")
    if any(getattr(latest, name) != values[name] for name in names):
        return False
    kinds = [[signal["kind"], signal["speaks_for"]] for signal in latest.signals]
    if kinds != [[signal["kind"], signal["speaks_for"]] for signal in values["signals"]]:
        return False
    before, after = latest.confidence, values["confidence"]
    return all(abs(before.get(name, 0.0) - after[name]) < SAME_WITHIN for name in after)
