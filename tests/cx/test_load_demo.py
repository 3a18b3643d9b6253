"""`manage.py load_demo`: where it refuses, and any number of tickets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from cx import follow_ups, observing, promises
from cx.demo import volume
from cx.models import Tagging
from helpdesk.common.progress import Progress
from helpdesk.people.models import Company, Customer
from tickets import closing
from tickets.models import Message, Ticket, TicketNumber

NOW = datetime(2026, 10, 14, 10, 30, tzinfo=UTC)  # a Wednesday, half past noon in Madrid


@pytest.mark.django_db
def test_if_empty_leaves_a_company_alone(cast):
    out = StringIO()

    call_command("load_demo", if_empty=True, stdout=out)

    assert out.getvalue().count("\n") == 1
    assert not Ticket.objects.exists()
    assert Company.objects.get().is_demo is False


@pytest.mark.django_db
@pytest.mark.parametrize("tickets", [None, 5])
def test_a_database_in_use_is_refused_in_one_line(cast, ticket, tickets):
    with pytest.raises(CommandError) as refused:
        call_command("load_demo", tickets=tickets)

    assert "\n" not in str(refused.value)
    assert Ticket.objects.count() == 1


@pytest.mark.django_db
def test_a_number_of_tickets_that_is_none_is_refused():
    with pytest.raises(CommandError):
        call_command("load_demo", tickets=0)


# --- Volume -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.data_layer
def test_any_number_of_tickets_keeps_every_rule(django_assert_max_num_queries):
    with time_machine.travel(NOW, tick=False):
        out = StringIO()
        call_command("load_demo", tickets=700, seed=5, stdout=out)

        assert "700" in out.getvalue()
        assert Ticket.objects.count() == TicketNumber.objects.count() == 700
        assert 2.6 < Message.objects.count() / 700 < 3.6
        assert 1 <= Ticket.objects.active().count() <= 25
        assert Ticket.objects.earliest("created_at").created_at < NOW - timedelta(days=600)
        assert Tagging.objects.current().count() == 700
        assert closing.close_due() == 0
        assert observing.observe_missed() == 0
        assert promises.mark_broken() == 0
        assert follow_ups.send_due() == 0
        for customer in Customer.objects.filter(invitations__isnull=False).prefetch_related("invitations").distinct():
            at = sorted(invitation.invited_at for invitation in customer.invitations.all())
            assert all(later - earlier >= timedelta(days=30) for earlier, later in pairwise(at))
        connection.check_constraints()


@pytest.mark.django_db
@pytest.mark.data_layer
def test_the_database_counts_on_behind_the_volume():
    with time_machine.travel(NOW, tick=False):
        volume.load(tickets=30, now=NOW, seed=5)
        volume.load(tickets=30, now=NOW, seed=6)

    customer = Customer.writing_from("someone@example.com")
    ticket = Ticket.open_for(customer, subject="The next one", channel="email", text="Here I am.").ticket

    assert ticket.number == 10_061
    assert Ticket.objects.count() == 61


@pytest.mark.django_db
def test_the_same_seed_gives_the_same_tickets():
    def loaded(seed: int) -> list[tuple[Any, ...]]:
        volume.load(tickets=40, now=NOW, seed=seed)
        found = list(Ticket.objects.order_by("pk").values_list("subject", "created_at", "status", "requester__name"))
        transaction.set_rollback(True)
        return found

    with transaction.atomic():
        first = loaded(3)
    with transaction.atomic():
        again = loaded(3)
    with transaction.atomic():
        other = loaded(4)

    assert first == again
    assert first != other


def test_the_bar_says_how_far_it_is_and_is_silent_where_nobody_watches():
    drawn: list[str] = []
    shown = Progress(total=200, label="Tickets", write=drawn.append, is_shown=True)
    shown.step(50)
    shown.step(150)
    hidden = Progress(total=200, label="Tickets", write=drawn.append, is_shown=False)
    before = len(drawn)
    hidden.step(200)
    hidden.end()

    assert "50 of 200" in drawn[0]
    assert "left" in drawn[0]
    assert "200 of 200" in drawn[-1]
    assert len(drawn) == before
