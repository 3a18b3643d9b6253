"""The doors that Celery opens. Keyword ids in, one call, safe to run twice; the rows are the truth."""

from __future__ import annotations

import os
import subprocess
import sys

from celery import shared_task
from django.conf import settings

from cx import follow_ups, observing, promises, stakes
from cx.learning import second_looks
from helpdesk.people.models import Company
from tickets.models import Event

HOUR = 3600


@shared_task
def observe_event(*, event_id: int, **_: object) -> None:  # **_: old workers survive new arguments
    event = Event.objects.select_related("ticket").filter(pk=event_id).first()
    if event:
        observing.observe(event)


@shared_task
def observe_missed(**_: object) -> None:
    observing.observe_missed()


@shared_task
def weigh_waiting(**_: object) -> None:
    for _batch in range(20):  # after an update all open tickets wait: some thousands a minute, and others have a turn
        if stakes.weigh_waiting() == 0:
            return


@shared_task
def send_due_follow_ups(**_: object) -> None:
    follow_ups.send_due()


@shared_task
def mark_broken_promises(**_: object) -> None:
    promises.mark_broken()


@shared_task
def ask_for_second_looks(**_: object) -> None:
    second_looks.ask()


@shared_task(soft_time_limit=90, time_limit=120)
def ask_language_model(**_: object) -> None:
    if settings.CX_LLM_URL:
        from cx.opinions import second_opinion  # nothing of it is there unless somebody named a service

        second_opinion.ask_waiting()


@shared_task(acks_late=False, soft_time_limit=HOUR, time_limit=HOUR + 60)
def learn(**_: object) -> None:
    """Begin anew what was killed: at the next look, for nothing is half done. So it is not offered again by the broker.

    In a process of its own, which yields to others and gives its memory back: training takes several times what a
    worker may hold. A demo's invented tickets teach nothing.
    """
    if Company.current().is_demo:
        return
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "cx_learn"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, preexec_fn=lambda: os.nice(10))  # noqa: S603
