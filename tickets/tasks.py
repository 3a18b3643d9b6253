"""The doors that Celery opens. Keyword ids in, one call, safe to run twice; the rows are the truth."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from helpdesk.common.doorbell import ring
from tickets import bulk, closing, deleting, identities, notifying, planning
from tickets.mail import fetching, ledger, receiving, scanning, sending
from tickets.models import BulkAction, Delivery, InboundEmail, MailSource, Presence, Status, Target, Ticket
from tickets.search import indexing

BATCH = 200


@shared_task
def receive_inbound_email(*, inbound_email_id: int, **_: object) -> None:  # **_: old workers survive new arguments
    inbound = InboundEmail.objects.select_related("mailbox").filter(pk=inbound_email_id).first()
    if inbound:
        receiving.receive(inbound)


@shared_task
def receive_waiting(**_: object) -> None:
    """Mail whose doorbell nobody heard. While there is more than fits into one run, the next run follows at once."""
    if receiving.receive_waiting(limit=BATCH) == BATCH:
        ring(receive_waiting)


@shared_task(soft_time_limit=90, time_limit=100)  # under Delivery's claim
def send_delivery(*, delivery_id: int, **_: object) -> None:
    delivery = Delivery.objects.filter(pk=delivery_id).first()
    if delivery:
        sending.send(delivery)


@shared_task
def send_due(**_: object) -> None:
    """Mail that is due by its row: after the time to undo, after a failure, after a lost doorbell."""
    sending.send_due(limit=BATCH)


@shared_task
def send_planned(**_: object) -> None:
    """Replies whose time has come. While there are more than fit into one run, the next follows at once."""
    if planning.send_due() == planning.BATCH:
        ring(send_planned)


@shared_task
def wake_snoozed(**_: object) -> None:
    due = (
        Ticket.objects.not_deleted()
        .filter(status=Status.SNOOZED, snoozed_until__lte=timezone.now())
        .order_by("snoozed_until", "pk")
    )
    for ticket in due[:BATCH]:
        ticket.wake()


@shared_task
def mark_breaches(**_: object) -> None:
    now = timezone.now()
    missed = (
        Target.objects.running()
        .filter(due_at__lt=now, breached_at=None, ticket__deleted_at=None)
        .order_by("due_at")[:BATCH]
    )
    for pk in dict.fromkeys(missed.values_list("ticket_id", flat=True)):
        Ticket.objects.get(pk=pk).mark_breaches(now=now)


@shared_task
def mark_due_soon(**_: object) -> None:
    now = timezone.now()
    near = notifying.due_soon(now)[:BATCH]
    for pk in dict.fromkeys(near.values_list("ticket_id", flat=True)):
        Ticket.objects.get(pk=pk).mark_due_soon(now=now)


@shared_task
def send_notices(**_: object) -> None:
    """New tickets are told to their teams, and what stayed unread is mailed."""
    notifying.tell_teams()
    notifying.send_due(limit=BATCH)


@shared_task
def close_resolved(**_: object) -> None:
    closing.close_due()


@shared_task
def empty_bin(**_: object) -> None:
    """What has lain in the bin for its time. While there is more than fits into one run, the next follows at once."""
    if deleting.purge_due() == deleting.BATCH:
        ring(empty_bin)


@shared_task
def gather_merged(**_: object) -> None:
    """What reached a customer in the moment in which they were merged."""
    identities.gather()


@shared_task
def fetch_due(**_: object) -> None:
    """Each mailbox that should be asked now, by a worker of its own: a slow server keeps no other waiting."""
    for source in MailSource.objects.due():
        ring(fetch_source, source_id=source.pk)


@shared_task
def fetch_source(*, source_id: int, **_: object) -> None:
    source = MailSource.objects.due().filter(pk=source_id).first()  # asked for twice is fetched once
    if source and fetching.fetch(source):
        ring(fetch_source, source_id=source_id)


@shared_task
def check_ledger(**_: object) -> None:
    ledger.check()


@shared_task
def scan_files(**_: object) -> None:
    """Files that the virus scanner has not looked at, where there is one."""
    scanning.scan_waiting()


@shared_task
def run_bulk_action(*, bulk_action_id: int, **_: object) -> None:
    """One turn of it. Then it goes to the end of the line, so that mail does not wait for ten thousand tickets."""
    action = BulkAction.objects.unfinished().select_related("by").filter(pk=bulk_action_id).first()
    if action and bulk.run_for_a_worker(action):
        ring(run_bulk_action, bulk_action_id=bulk_action_id)


@shared_task
def run_bulk_actions(**_: object) -> None:
    """Those whose doorbell was lost, and those whose worker was killed."""
    bulk.run_unfinished()


@shared_task
def forget_bulk_actions(**_: object) -> None:
    bulk.forget_old()


@shared_task
def index_tickets(**_: object) -> None:
    """What tickets say, taken up by the search. While more waits than fits into one run, the next follows at once."""
    customers = indexing.index_customers()
    if max(indexing.index_waiting(), customers) >= indexing.BATCH:
        ring(index_tickets)


@shared_task
def sweep_presence(**_: object) -> None:
    """Rows of people who left tickets long ago."""
    Presence.objects.sweep()
