"""Waking the live process through Redis, where there is one. Without, it looks at the rows by itself."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings

from tickets.models import EventKind

log = logging.getLogger(__name__)
CHANNEL = "puente.live"


@lru_cache
def _server() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)


def event_recorded(sender: object, *, event_id: int, kind: str, **_: Any) -> None:
    """Ring. A bell that fails costs a poll's delay: the rows are the truth."""
    if not settings.REDIS_URL or kind == EventKind.CREATED:  # the first message was recorded with it, and rings
        return
    try:
        _server().publish(CHANNEL, str(event_id))
    except redis.RedisError as error:
        log.warning("The live process was not woken: %s", error)
