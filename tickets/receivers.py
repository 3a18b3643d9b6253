"""What tickets itself does when one of its bells rings."""

from __future__ import annotations

import time
from typing import Any

from django.db.models import Q
from django.db.models.signals import post_delete, post_save

from helpdesk.common.doorbell import ring
from helpdesk.people.models import Customer, CustomerAddress, Organisation
from tickets.models import Attachment, Message, Note, SideMessage, Ticket
from tickets.search import indexing
from tickets.tasks import index_tickets, send_delivery

SECONDS_BETWEEN_RINGS = 1.0  # of one process: mail that comes in by the thousand rings for the search once a second
_rang_at = float("-inf")


def delivery_due(sender: object, *, delivery_id: int, **_: Any) -> None:
    ring(send_delivery, delivery_id=delivery_id)


# --- The search -------------------------------------------------------------------------------------------------------


def event_recorded(sender: object, **_: Any) -> None:
    """Have the search look, at most once a second: what it is not rung for, the timetable finds within seconds."""
    global _rang_at
    now = time.monotonic()
    if now - _rang_at >= SECONDS_BETWEEN_RINGS:
        _rang_at = now
        ring(index_tickets)


def customer_changed(sender: object, *, instance: Customer, created: bool, **_: Any) -> None:
    if not created:  # a new one has no tickets yet
        indexing.look_again(Ticket.objects.filter(requester=instance))


def address_changed(sender: object, *, instance: CustomerAddress, **_: Any) -> None:
    indexing.look_again(Ticket.objects.filter(requester=instance.customer_id))


def organisation_changed(sender: object, *, instance: Organisation, created: bool, **_: Any) -> None:
    if not created:
        indexing.look_again(Ticket.objects.filter(requester__organisation=instance))


def words_removed(sender: object, *, instance: Message | Note, **_: Any) -> None:
    indexing.look_again(Ticket.objects.filter(pk=instance.ticket_id))


def side_words_removed(sender: object, *, instance: SideMessage, **_: Any) -> None:
    indexing.look_again(Ticket.objects.filter(side_conversations=instance.conversation_id))


def file_changed(sender: object, *, instance: Attachment, **_: Any) -> None:
    """One that comes later than its message, or goes. What comes with one is told by the message's event."""
    if instance.side_message_id:
        where = Q(side_conversations__messages=instance.side_message_id)
    else:
        where = Q(messages=instance.message_id) if instance.message_id else Q(notes=instance.note_id)
    if instance.message_id or instance.note_id or instance.side_message_id:
        indexing.look_again(Ticket.objects.filter(where))


def keep_search_up_to_date() -> None:
    """Listen to what changes the words of a ticket. Events say most; the rest has no event."""
    from tickets import signals

    signals.event_recorded.connect(event_recorded, dispatch_uid="tickets.search")
    post_save.connect(customer_changed, sender=Customer, dispatch_uid="tickets.search.customer")
    post_save.connect(organisation_changed, sender=Organisation, dispatch_uid="tickets.search.organisation")
    for signal in (post_save, post_delete):
        signal.connect(address_changed, sender=CustomerAddress, dispatch_uid="tickets.search.address")
    for model in (Message, Note):
        post_delete.connect(words_removed, sender=model, dispatch_uid="tickets.search.words")
    post_delete.connect(side_words_removed, sender=SideMessage, dispatch_uid="tickets.search.side_words")
    post_delete.connect(file_changed, sender=Attachment, dispatch_uid="tickets.search.file")
