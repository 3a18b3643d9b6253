"""A customer's message -> a suggestion on the ticket. People decide; the model never has the last word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cx.models import Tagging
from tickets.models import Author, Event, Ticket

if TYPE_CHECKING:
    from cx.tagging.classifier import TagSuggestion

MOST_TEXT = 20_000


def suggest_tagging(event: Event) -> None:
    """Tag the ticket anew from everything the customer has said in it. A machine's answer says nothing."""
    if not event.details.get("auto"):
        suggest(event.ticket)


def suggest(ticket: Ticket) -> Tagging | None:
    """The model's reading of the whole matter; None while the customer has said nothing. What strangers say in it is
    not the customer's."""
    own = ticket.messages.filter(author=Author.CUSTOMER, is_auto=False, is_from_stranger=False)
    said = own.in_order().values_list("text", flat=True)
    read = reading_of(
        subject=ticket.subject, said=list(said), expected=ticket.expected, channel=ticket.channel,
        language=ticket.language,
    )  # fmt: skip
    return Tagging.suggest(ticket, values=values_of(read), model_version=read.model_version) if read else None


def reading_of(
    *, subject: str, said: Sequence[str], expected: str, channel: str, language: str
) -> TagSuggestion | None:
    """What the model reads in everything the customer has said so far; None when that is nothing."""
    from cx.tagging import classifier  # heavy: loaded by the worker when it first tags, not by every process

    body = "\n\n".join([*said, *([expected] if expected else [])])[:MOST_TEXT]
    if not body.strip():
        return None
    return classifier.tag(subject=subject, body=body, channel=channel, lang=language or None)


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
