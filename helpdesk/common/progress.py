"""How far a long load is, on one line of the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

WIDTH: Final = 30
EVERY: Final = 0.1  # seconds between two drawings


class Progress:
    """A bar with the time that is left. Draws nothing where nobody watches."""

    def __init__(self, *, total: int, label: str, write: Callable[[str], None], is_shown: bool) -> None:
        self.total, self.label, self.write, self.is_shown = max(total, 1), label, write, is_shown
        self.done = 0
        self.began = time.monotonic()
        self._drawn = 0.0

    def step(self, count: int = 1) -> None:
        self.done += count
        now = time.monotonic()
        if self.is_shown and (now - self._drawn >= EVERY or self.done >= self.total):
            self._drawn = now
            self.write(f"\r{self.line(now)}\x1b[K")

    def line(self, now: float) -> str:
        share = min(1.0, self.done / self.total)
        left = (now - self.began) * (1 - share) / share if share else 0.0
        bar = "█" * round(WIDTH * share) + "░" * (WIDTH - round(WIDTH * share))
        return f"{self.label} {bar} {self.done:,} of {self.total:,}, {_spoken(left)} left"

    def end(self) -> None:
        if self.is_shown:
            self.write("\r\x1b[K")


def _spoken(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60:02} s" if whole >= 60 else f"{whole} s"
