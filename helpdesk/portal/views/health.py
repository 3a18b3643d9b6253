"""Whether Puente works, for machines that watch it. Ages and counts, nothing about anybody."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from celery import current_app
from django.db import DatabaseError, connection
from django.db.models import Count, Min
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tickets.models import Delivery, InboundEmail, MailAlarm

log = logging.getLogger(__name__)

LATE_AFTER = 300  # seconds that work may wait before somebody should look
PUT_OFF_AFTER = 3600
QUEUE = "celery"


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 when pages work; 503 when the database or the broker cannot be reached.

    `status` is "ok", "late" or "down". Late: the pages work, but mail does not, since work in the background has waited
    for more than five minutes, mail that no server took for more than an hour, or a mailbox has an open alarm.
    Restarting the web process does not help against "late", so that is no failure of this page.
    """
    database, broker = _database(), _broker()
    is_up = database["reachable"] and broker["reachable"]
    waits = [database.get("oldest_unread_email_seconds", 0), database.get("oldest_due_delivery_seconds", 0)]
    # A server may put one mail off for an hour, to see whether we are serious; not for longer, and not all of them.
    is_late = max(waits) > LATE_AFTER or database.get("oldest_deferred_delivery_seconds", 0) > PUT_OFF_AFTER
    status = "down" if not is_up else "late" if is_late or database.get("mail_alarms") else "ok"
    return JsonResponse({"status": status, "database": database, "broker": broker}, status=200 if is_up else 503)


def _database() -> dict[str, Any]:
    try:
        connection.ensure_connection()
        unread = InboundEmail.objects.waiting().values_list("received_at", flat=True).first()
        due = Delivery.objects.due().values_list("due_at", flat=True).first()
        deferred = Delivery.objects.filter(state=Delivery.State.DEFERRED).aggregate(
            n=Count("pk"), since=Min("trying_since")
        )
        alarms = MailAlarm.objects.open().count()
    except DatabaseError as error:
        log.warning("The database does not answer: %s", error)
        return {"reachable": False}
    return {
        "reachable": True,
        "oldest_unread_email_seconds": _age(unread),
        "oldest_due_delivery_seconds": _age(due),
        "deferred_deliveries": deferred["n"],
        "oldest_deferred_delivery_seconds": _age(deferred["since"]),
        "mail_alarms": alarms,
    }


def _broker() -> dict[str, Any]:
    """Reached within two seconds, or not; and how many tasks wait in it."""
    try:
        with current_app.connection_for_write(connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0.1, timeout=2)
            waiting = broker.default_channel.queue_declare(queue=QUEUE, durable=True).message_count
    except Exception as error:  # noqa: BLE001  every transport fails in its own way, and each means the same here
        log.warning("The broker does not answer: %s", error)
        return {"reachable": False}
    return {"reachable": True, "tasks_waiting": waiting}


def _age(since: datetime | None) -> int:
    return max(0, int((timezone.now() - since).total_seconds())) if since else 0
