"""Ticket event -> reactions: the only bridge from tickets to cx.

Once per event, by receipt: the observation is written in the transaction of the reactions, and it is unique per
event. A sweeper looks for events without one, so a lost doorbell costs a delay and nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from cx import follow_ups, found_promises, stakes, suggesting
from cx.models import Observation
from tickets.models import Event, EventKind

log = logging.getLogger(__name__)

Reaction = Callable[[Event], None]
REACTIONS: dict[str, tuple[Reaction, ...]] = {
    EventKind.RECEIVED: (suggesting.suggest_tagging, follow_ups.drop_planned, stakes.weigh_anew),
    EventKind.REOPENED: (suggesting.suggest_tagging, follow_ups.drop_planned, stakes.weigh_anew),
    # What the ticket shows has changed, though nobody wrote.
    EventKind.BREACHED: (suggesting.suggest_tagging, stakes.weigh_anew),
    EventKind.MOVED: (suggesting.suggest_tagging, stakes.weigh_anew),
    EventKind.PROMISE_SETTLED: (suggesting.suggest_tagging, stakes.weigh_anew),
    EventKind.REPLIED: (found_promises.reply_observed,),
    EventKind.RESOLVED: (follow_ups.plan_follow_up,),
    EventKind.RESTORED: (follow_ups.follow_what_stands_again,),
    # What is at stake has changed, and nothing that is suggested.
    EventKind.TAGGED: (stakes.weigh_anew,),
    EventKind.UNTAGGED: (stakes.weigh_anew,),
    EventKind.ANSWERED_SURVEY: (stakes.weigh_anew,),
    EventKind.CONFIRMED: (stakes.weigh_anew,),
    EventKind.TOOK_IN: (stakes.weigh_anew,),
    EventKind.UNMERGED: (stakes.weigh_anew,),
}

MOST_ATTEMPTS = 5
LOOK_BACK = timedelta(days=30)
PATIENCE = timedelta(seconds=10)  # the doorbell's turn first


def observe(event: Event) -> bool:
    """React to the event, unless that was done. Returns whether it was done now.

    A reaction that fails is tried again by the sweeper, five times; then the receipt keeps the error and the event
    is left alone.
    """
    try:
        with transaction.atomic():
            receipt, is_new = Observation.objects.select_for_update().get_or_create(event=event)
            if not is_new and receipt.done_at is not None:
                return False
            for react in REACTIONS.get(event.kind, ()):
                react(event)
            Observation.objects.filter(pk=receipt.pk).update(done_at=timezone.now(), error="")
            return True
    except IntegrityError:
        if Observation.objects.filter(event=event).exists():  # somebody else was faster
            return False
        raise
    except Exception as error:
        log.exception("Reactions to event %s failed", event.pk)
        receipt, _new = Observation.objects.get_or_create(event=event)
        Observation.objects.filter(pk=receipt.pk).update(
            attempts=F("attempts") + 1, tried_at=timezone.now(), error=f"{type(error).__name__}: {error}"[:1000]
        )
        return False


def observe_missed(*, limit: int = 500) -> int:
    """Events whose doorbell nobody heard, or whose reactions failed. Returns how many were done now.

    Looks for the receipt, not at a last id: a transaction that commits late is found all the same.
    """
    now = timezone.now()
    unanswered = Q(observation=None) | Q(
        observation__done_at=None, observation__attempts__lt=MOST_ATTEMPTS, observation__tried_at__lt=now - PATIENCE
    )
    missed = (
        Event.objects.filter(unanswered, kind__in=list(REACTIONS), happened_at__gt=now - LOOK_BACK)
        .select_related("ticket")
        .order_by("happened_at", "pk")[:limit]
    )
    return sum(observe(event) for event in list(missed))
