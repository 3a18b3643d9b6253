from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from cx.models import Tagging
from helpdesk.people.models import User
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


@pytest.fixture
def browse(chrome: Any, live_server: Any, as_user: Callable[[User], Client], ana: User) -> Iterator[Callable[..., Any]]:
    """Ana's browser on one page of the product. It is closed before the database is emptied."""
    contexts = []

    def _open(path: str, **how: Any) -> Any:
        context = chrome.new_context(**{"viewport": {"width": 1440, "height": 900}, **how})
        contexts.append(context)
        session = as_user(ana).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.goto(live_server.url + path)
        return page

    yield _open
    for context in contexts:
        context.close()
