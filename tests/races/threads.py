"""Several things at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connections


def together(*work: Callable[[], Any]) -> list[Any]:
    """Each in a thread of its own, all beginning at once; what each returned."""
    barrier = Barrier(len(work))

    def run(one: Callable[[], Any]) -> Any:
        try:
            barrier.wait(10)
            return one()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(work)) as pool:
        return [each.result(60) for each in [pool.submit(run, one) for one in work]]
