"""Tagged tickets for the tests of the reports, through the product's own verbs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cx.codebook import Direction, Gap, RootCause
from cx.models import Tagging
from helpdesk.people.models import Customer, User
from tests import factories
from tickets.models import Ticket


def a_tagged_ticket(
    requester: Customer,
    stage: str = "use",
    gap: str = Gap.QUALITY,
    direction: str = "",
    *,
    at: datetime,
    by: User | None = None,
    cause: str = "",
    sure: float = 0.9,
    **fields: Any,
) -> Ticket:
    """A ticket with a suggestion, or with a person's word where `by` says whose."""
    ticket = factories.a_ticket(requester, at=at, **fields)
    direction = direction or (Direction.MET if gap == Gap.NONE else Direction.BELOW)
    if direction == Direction.BELOW:
        cause = cause or RootCause.UNKNOWN
    values = {"journey_stage": stage, "gap_primary": gap, "direction": direction, "root_cause": cause}
    if by:
        Tagging.say(ticket, by=by, **values)
    else:
        sureness = {"stage_confidence": sure, "gap_confidence": sure}
        Tagging.suggest(ticket, values={**values, **sureness}, model_version="test")
    return ticket
