"""Ringing a worker. The work itself stands in a row; a bell that nobody hears costs a sweep's delay, nothing more."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def ring(task: Task, **arguments: Any) -> None:
    """Ask a worker to run the task after this transaction commits. Never fails: the timetable finds the row."""
    transaction.on_commit(partial(_send, task, arguments), robust=True)


def _send(task: Task, arguments: dict[str, Any]) -> None:
    try:
        task.apply_async(kwargs=arguments, retry=False)
    except (OperationalError, ConnectionError, TimeoutError) as error:
        log.warning("The broker did not take %s: %s. The timetable will find the work.", task.name, error)
