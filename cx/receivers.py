"""When the bell of the event log rings: ask a worker to look at the event."""

from __future__ import annotations

from typing import Any

from cx import found_promises
from cx.observing import REACTIONS
from cx.tasks import observe_event
from helpdesk.common.doorbell import ring
from tickets.models import Message


def event_recorded(sender: object, *, event_id: int, kind: str, **_: Any) -> None:
    if kind in REACTIONS:
        ring(observe_event, event_id=event_id)


def reply_taken_back(sender: object, *, message: Message, **_: Any) -> None:
    found_promises.taken_back(message)
