"""A reply that leaves later, with two workers at it, or the customer at the same moment. PostgreSQL only."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from helpdesk.people.models import Customer
from tests import cast as people
from tests import factories
from tests.races.threads import together
from tickets import planning
from tickets.models import Author, Draft, Ticket

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="races need PostgreSQL"),
]


@pytest.fixture
def draft(everybody: people.Cast) -> Draft:
    ticket = factories.a_ticket(everybody.carla, mailbox=everybody.support)
    return planning.plan(ticket, by=everybody.ana, text="Done.", at=timezone.now() + timedelta(hours=1))


@pytest.mark.parametrize("turn", range(4))
def test_two_workers_send_it_once(draft: Draft, turn: int) -> None:
    at = draft.send_at
    assert at is not None

    ended = together(*[partial(planning.send_due, now=at)] * 3)

    assert sum(ended) == 1
    assert draft.ticket.messages.filter(author=Author.AGENT).count() == 1


@pytest.mark.parametrize("turn", range(4))
def test_the_customer_at_the_same_moment_is_answered_before_or_not_at_all(draft: Draft, turn: int) -> None:
    at, ticket = draft.send_at, draft.ticket
    assert at is not None

    def write() -> None:
        fresh = Ticket.objects.get(pk=ticket.pk)
        fresh.receive(text="Wait.", customer=Customer.objects.get(pk=fresh.requester_id), channel="email")

    together(partial(planning.send_due, now=at), write)

    order = list(ticket.messages.order_by("pk").values_list("author", flat=True))
    kept = Draft.objects.filter(pk=draft.pk).first()
    if kept is None:
        assert order == [Author.CUSTOMER, Author.AGENT, Author.CUSTOMER]
    else:
        assert order == [Author.CUSTOMER, Author.CUSTOMER]
        assert (kept.send_at, kept.not_sent_because) == (None, "The customer wrote first.")
