"""The numbers beside the lists: several in one trip, written once, and always of what is there now."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from helpdesk.people.models import Customer
from tests import factories
from tickets.counting import Always, counted_up_to
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


def test_a_question_with_a_key_is_written_once_and_counts_what_is_there_now(carla: Customer) -> None:
    written: list[str] = []

    def tickets() -> QuerySet[Ticket]:
        written.append("once more")
        return Ticket.objects.filter(requester=carla)

    def counted() -> int:
        return counted_up_to(10, {"hers": Always(("hers", carla.pk), tickets)})["hers"]

    assert counted() == 0
    factories.a_ticket(carla)
    assert counted() == 1
    assert written == ["once more"]


def test_another_key_or_another_limit_is_another_question(carla: Customer, dora: Customer) -> None:
    for _ in range(3):
        factories.a_ticket(carla)

    def hers(customer: Customer, limit: int) -> int:
        asked = Always(("of", customer.pk), lambda: Ticket.objects.filter(requester=customer))
        return counted_up_to(limit, {"hers": asked})["hers"]

    assert (hers(carla, 10), hers(dora, 10), hers(carla, 2)) == (3, 0, 2)


def test_a_question_that_no_row_can_answer_is_asked_of_nobody(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        counts = counted_up_to(10, {"a": Ticket.objects.none(), "b": Always("nothing", Ticket.objects.none)})
    assert counts == {"a": 0, "b": 0}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL alone plans ahead")
def test_what_is_asked_a_tenth_time_is_still_planned_with_its_values(carla: Customer) -> None:
    """A plan for any values could use no index of open tickets alone, and pages were slow from the eleventh on."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW plan_cache_mode")
        assert cursor.fetchone() == ("force_custom_plan",)
