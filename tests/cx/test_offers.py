"""Which of what the company promises everybody a ticket speaks of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cx import offers
from cx.models import Offer
from helpdesk.people.models import Customer
from tests import factories
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _anew() -> None:
    offers.KEPT.forget()


def _offer(**fields: Any) -> Offer:
    today = timezone.localdate()
    given = {"name": "Summer", "text": "Half price", "words": ["Fibra 600"], "starts_on": today, **fields}
    return Offer.objects.create(**given)


def _names(ticket: Ticket, *said: str) -> list[str]:
    offers.KEPT.forget()
    return [bearing.offer.name for bearing in offers.bearing_on(ticket, said=said)]


@pytest.mark.parametrize(
    "word, said, is_found",
    [
        ("Fibra 600", "I have fibra 600 at home", True),
        ("Fibra 600", "fibra 6000", False),
        ("600", "The year 1600", False),
        ("VERANO26", "el código verano26 no va", True),
        ("Teléfono", "mi telefono", True),
        ("telefono", "Mi TELÉFONO.", True),
        ("Fibra 600", "fibra, 600 megas", True),
        ("Fibra 600", "fibra de 600", False),
    ],
)
def test_a_ticket_speaks_of_it_in_whole_words(ticket: Ticket, word: str, said: str, is_found: bool) -> None:
    _offer(words=[word])

    assert (_names(ticket, said) == ["Summer"]) is is_found


@pytest.mark.parametrize("where", ["subject", "product", "order_reference"])
def test_product_order_and_subject_speak_too(ticket: Ticket, where: str) -> None:
    _offer(words=["Router X"])
    assert _names(ticket) == []

    setattr(ticket, where, "A router x")

    assert _names(ticket) == ["Summer"]


def test_what_holds_for_all_is_shown_behind_what_is_spoken_of(ticket: Ticket) -> None:
    _offer(name="Terms", kind="terms", words=[])
    _offer(name="An offer without words", kind="offer", words=[])
    _offer(name="Named", words=["September"])

    assert _names(ticket, "charged for September") == ["Named", "Terms"]


@pytest.mark.parametrize(
    "starts, ends, is_found, has_ended",
    [
        (-10, None, True, False),
        (-10, -5, False, False),
        (-3, -1, True, True),
        (-3, 0, True, False),
        (1, None, False, False),
    ],
)
def test_it_is_what_was_promised_on_the_day_of_the_ticket(
    carla: Customer, starts: int, ends: int | None, is_found: bool, has_ended: bool
) -> None:
    today = timezone.localdate()
    ticket = factories.a_ticket(carla, subject="Fibra 600", at=timezone.now() - timedelta(days=2))
    _offer(starts_on=today + timedelta(days=starts), ends_on=None if ends is None else today + timedelta(days=ends))
    offers.KEPT.forget()

    found = offers.bearing_on(ticket)

    assert [bearing.has_ended for bearing in found] == ([has_ended] if is_found else [])


def test_what_is_withdrawn_is_shown_no_more_until_it_is_put_back(ticket: Ticket) -> None:
    offer = _offer(words=["twice"])
    assert offer.withdraw()
    assert not offer.withdraw()
    assert _names(ticket, "charged twice") == []

    assert offer.put_back()
    assert not offer.put_back()
    assert _names(ticket, "charged twice") == ["Summer"]


def test_the_register_is_read_once_for_many_tickets(ticket: Ticket, django_assert_num_queries: Any) -> None:
    _offer(words=["twice"])
    offers.KEPT.forget()

    with django_assert_num_queries(1):
        for _ in range(5):
            assert offers.bearing_on(ticket, said=["twice"])
