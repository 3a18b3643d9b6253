"""The doors that Celery opens. Keyword ids in, one call, safe to run twice; the rows are the truth."""

from __future__ import annotations

from celery import shared_task

from cx import follow_ups, observing, promises
from tickets.models import Event


@shared_task
def observe_event(*, event_id: int, **_: object) -> None:  # **_: old workers survive new arguments
    event = Event.objects.select_related("ticket").filter(pk=event_id).first()
    if event:
        observing.observe(event)


@shared_task
def observe_missed(**_: object) -> None:
    observing.observe_missed()


@shared_task
def send_due_follow_ups(**_: object) -> None:
    follow_ups.send_due()


@shared_task
def mark_broken_promises(**_: object) -> None:
    promises.mark_broken()
