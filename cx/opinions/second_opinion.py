"""A second opinion on suggestions, from a language-model service that the operator named (CX_LLM_URL). Off by default.

The suggestion never waits for it: the question is a row, a worker asks later, and the answer stands beside the
suggestion until a person takes it. It changes no tag by itself.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from cx import suggesting, tasks
from cx.models import OpinionRequest, Tagging
from cx.opinions import prompting
from cx.opinions.chat_completions import Service, ServiceError
from cx.opinions.prompting import NotUsable
from cx.opinions.redacting import redact
from helpdesk.common.doorbell import ring
from helpdesk.people.models import Customer
from tickets.models import Mailbox, Ticket

log = logging.getLogger(__name__)

A_WHILE: Final = 5.0  # seconds after which a task begins no other question: other work has its turn first
FIELDS: Final = (
    "journey_stage", "gap_primary", "gap_secondary", "direction", "severity", "root_cause", "sentiment", "churn_risk",
)  # fmt: skip


def ask_about(tagging: Tagging) -> bool:
    """Have somebody ask about this suggestion, where that may help. Once for each; returns whether it is new."""
    if not settings.CX_LLM_URL or tagging.is_confirmed or not tagging.is_current:
        return False
    if tagging.is_sure and settings.CX_LLM_ASKS != "always":
        return False
    _request, is_new = OpinionRequest.objects.get_or_create(tagging=tagging)
    if is_new:
        ring(tasks.ask_language_model)
    return is_new


def ask_waiting() -> int:
    """Ask what waits, one after the other, for a while or until the limits say stop. Returns how many were answered.

    Safe at any time and any number of times: a question belongs to one worker, and only one is being asked. What is
    left when the while is over gets a worker of its own.
    """
    if not settings.CX_LLM_URL:
        return 0
    OpinionRequest.tidy(now=timezone.now())
    answered, until = 0, time.monotonic() + A_WHILE
    while request := OpinionRequest.claim(
        now=timezone.now(), per_minute=settings.CX_LLM_PER_MINUTE, sends=settings.CX_LLM_SENDS
    ):
        answered += _ask(request)
        if time.monotonic() > until:
            ring(tasks.ask_language_model)
            break
    return answered


def _ask(request: OpinionRequest) -> bool:
    service = Service(settings.CX_LLM_URL, settings.CX_LLM_MODEL, settings.CX_LLM_KEY)
    try:
        reply = service.reply_to(_question(request.tagging.ticket, in_full=request.sent == "everything"))
        tags = prompting.tags_in(reply)
    except (ServiceError, NotUsable) as error:
        # The same question gets the same useless answer: temperature is nought.
        again, rest = (error.again, error.rest) if isinstance(error, ServiceError) else (False, None)
        log.warning("No second opinion on tagging %s: %s.", request.tagging_id, error)
        request.failed(str(error), now=timezone.now(), again=again, rest=rest)
        return False
    opinion: dict[str, Any] = {name: tags[name] for name in FIELDS}
    return request.answered(opinion | {"model": settings.CX_LLM_MODEL, "at": timezone.now().isoformat()})


# --- What leaves the house --------------------------------------------------------------------------------------------


def _question(ticket: Ticket, *, in_full: bool) -> list[dict[str, str]]:
    """Subject, channel and the customer's own words, no more; without what says whose they are, unless `in_full`."""
    own = suggesting.own_words(ticket.messages.all()).values_list("text", flat=True)
    said = [*own, *([ticket.expected] if ticket.expected else [])]
    subject = ticket.subject
    if not in_full:
        names = set(_names_in(ticket))
        subject = redact(subject, names=names, is_title=True)
        said = [redact(text, names=names) for text in said]
    return prompting.messages(subject=subject, text="\n\n".join(said), channel=ticket.channel)


def _names_in(ticket: Ticket) -> Iterator[str]:
    """What the people of this ticket are called, and where they are reached."""
    messages = ticket.messages.select_related("user")
    writers = {ticket.requester_id} | {message.customer_id for message in messages if message.customer_id}
    customers = Customer.objects.filter(pk__in=writers).select_related("organisation").prefetch_related("addresses")
    for customer in customers:
        yield from (customer.name, customer.phone, *(each.address for each in customer.addresses.all()))
        if customer.organisation:
            yield customer.organisation.name
    for user in {ticket.assignee, *(message.user for message in messages)} - {None}:
        assert user is not None
        yield from (user.name, user.email)
    ours = set(Mailbox.objects.values_list("address", flat=True))  # "orders@" is no name
    for message in messages:
        yield from {message.from_address, *message.reply_to, *message.to, *message.cc} - ours
