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


def event_recorded(sender: object, *, kind: str, **_: Any) -> None:
    if kind != EventKind.CREATED:  # the first message was recorded with it, and rings
        ring("event")


def presence_changed(sender: object, **_: Any) -> None:
    ring("presence")


def notices_changed(sender: object, **_: Any) -> None:
    ring("notices")


def ring(what: str) -> None:
    """Ask the live process to look now. A bell that fails costs a poll's delay: the rows are the truth."""
    if not settings.REDIS_URL:
        return
    try:
        _server().publish(CHANNEL, what)
    except redis.RedisError as error:
        log.warning("The live process was not woken: %s", error)
