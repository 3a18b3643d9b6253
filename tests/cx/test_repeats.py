"""Who has to write again about the same thing within seven days."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk.people.models import User
from helpdesk.workspace.asking import Question
from tests import factories
from tests.cast import Cast
from tests.cx.tagged import a_tagged_ticket
from tickets import merging
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def _found(user: User, text: str = "is:repeat") -> set[int]:
    return set(Question.of(text, user).among(Ticket.objects.visible_to(user)).values_list("number", flat=True))


@pytest.mark.parametrize(
    "stage, gap, days, is_repeat",
    [
        ("use", "quality", 6.9, True),
        ("use", "quality", 7.1, False),
        ("use", "response_time", 1, False),
        ("purchase", "quality", 1, False),
    ],
)
def test_the_same_stage_and_gap_within_seven_days_is_a_contact_again(
    cast: Cast, stage: str, gap: str, days: float, is_repeat: bool
) -> None:
    first = a_tagged_ticket(cast.carla, at=NOW - timedelta(days=days))
    second = a_tagged_ticket(cast.carla, stage, gap, at=NOW)

    assert _found(cast.mia) == ({first.number, second.number} if is_repeat else set())


def test_no_gap_twice_and_an_unsure_suggestion_are_no_contact_about_the_same(cast: Cast) -> None:
    for _ in range(2):
        a_tagged_ticket(cast.carla, gap="none", at=NOW)
        a_tagged_ticket(cast.dora, at=NOW, sure=0.4)

    assert _found(cast.mia) == set()


@pytest.mark.parametrize("product, is_repeat", [("Fibra 600", True), ("Fibra 300", False), ("", False)])
def test_the_same_product_is_the_same_matter(cast: Cast, product: str, is_repeat: bool) -> None:
    first, second = (factories.a_ticket(cast.carla) for _ in range(2))
    first.describe(by=cast.mia, product=product)
    second.describe(by=cast.mia, product="Fibra 600" if product else "")

    assert bool(_found(cast.mia)) is is_repeat


def test_it_is_asked_of_one_customer_and_of_what_goes_on(cast: Cast) -> None:
    first = a_tagged_ticket(cast.carla, at=NOW)
    a_tagged_ticket(cast.dora, at=NOW)
    assert _found(cast.mia) == set()
    second = a_tagged_ticket(cast.carla, at=NOW)
    assert _found(cast.mia) == {first.number, second.number}

    merging.merge(second, into=first, by=cast.mia)

    assert _found(cast.mia) == set()


def test_it_counts_only_what_one_may_know_of(cast: Cast) -> None:
    a_tagged_ticket(cast.carla, at=NOW, team=cast.billing)
    a_tagged_ticket(cast.carla, at=NOW, team=cast.installations)

    assert len(_found(cast.mia)) == 2
    assert _found(cast.ana) == set()


def test_whose_address_nobody_has_confirmed_shows_nothing(cast: Cast) -> None:
    a_tagged_ticket(cast.carla, at=NOW)
    a_tagged_ticket(cast.carla, at=NOW, channel="web")

    assert _found(cast.mia) == set()


@pytest.mark.parametrize("text", ["is:repeat", "is:repetido", "contact:repeat", "contacto:repetido"])
def test_it_is_asked_for_in_both_languages(cast: Cast, text: str) -> None:
    for _ in range(2):
        a_tagged_ticket(cast.carla, at=NOW)

    assert len(_found(cast.mia, text)) == 2
