"""Waiting for what another process does."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_SECONDS = 60.0


def eventually(condition: Callable[[], object], *, seconds: float = PATIENCE_SECONDS) -> float:
    """Wait until it holds; returns how long that took."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < seconds, "It did not happen in time."
        time.sleep(0.02)
    return time.monotonic() - begin
