from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cx.models import Tagging
from tickets.models import Ticket

SUGGESTION: dict[str, Any] = {
    "journey_stage": "use",
    "gap_primary": "quality",
    "gap_secondary": "response_time",
    "direction": "below",
    "severity": 2,
    "root_cause": "technology",
    "stage_confidence": 0.91,
    "gap_confidence": 0.86,
    "confidence": {"gap_primary": 0.86},
    "evidence": {"gap_primary": ["charged me twice"], "journey_stage": ["for September"]},
    "alternatives": {
        "gap_primary": [["promise_mismatch", 0.07], ["response_time", 0.04], ["none", 0.02]],
        "journey_stage": [["purchase", 0.05]],
    },
}


@pytest.fixture
def suggest() -> Callable[..., Tagging]:
    """Have the model suggest something for a ticket: a sure shortfall in quality, unless said otherwise."""

    def _suggest(ticket: Ticket, **values: Any) -> Tagging:
        return Tagging.suggest(ticket, values=SUGGESTION | values, model_version="test")

    return _suggest


@pytest.fixture
def suggestion(ticket: Ticket, suggest: Callable[..., Tagging]) -> Tagging:
    return suggest(ticket)
