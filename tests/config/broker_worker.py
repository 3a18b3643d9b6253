"""A Celery app of its own for the tests of the embedded broker: its worker runs as a real process.

The tasks report by appending lines to the file REPORT, which is atomic for short lines, and one of them waits for
the file GATE, so that a test decides when it may end.
"""

import os
import time
from pathlib import Path

from celery import Celery

from config import sqlite_broker

REPORT = Path(os.environ.get("REPORT", "/nonexistent"))
GATE = Path(os.environ.get("GATE", "/nonexistent"))

app = Celery(
    "broker_worker",
    broker=sqlite_broker.url(Path(os.environ["BROKER_FILE"])),
    set_as_current=False,
    fixups=[],  # the broker alone, without the product's own settings and tasks
)
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    worker_lost_wait=1.0,
    broker_connection_retry_on_startup=True,
)


def report(line: str) -> None:
    with REPORT.open("a") as file:
        file.write(line + "\n")


@app.task(name="count")
def count(*, number: int) -> None:
    report(f"count {number}")


@app.task(name="wait_at_the_gate", bind=True)
def wait_at_the_gate(self, *, number: int) -> None:
    report(f"started {number} {os.getpid()} {self.request.delivery_info['redelivered']}")
    while not GATE.exists():
        time.sleep(0.02)
    report(f"done {number}")


@app.task(name="publish_more")
def publish_more(*, numbers: list[int]) -> None:
    """A task in a forked child that itself publishes."""
    for number in numbers:
        count.delay(number=number)


if __name__ == "__main__":  # a publisher: FIRST LAST
    import sys

    for each in range(int(sys.argv[1]), int(sys.argv[2])):
        count.delay(number=each)
