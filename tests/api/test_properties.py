"""What a ticket is about, for machines."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from helpdesk.people.models import ApiToken, User
from tests.cast import Cast
from tickets import custom_fields, tags
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
URL = "/api/v1/tickets/"


def _machine(user: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiToken.issue(user=user, name='test')[1]}")
    return client


def _patch(user: User, ticket: Ticket, **given: Any) -> Any:
    return _machine(user).patch(f"{URL}{ticket.number}/", given, format="json")


@pytest.fixture
def speed(db: None) -> Any:
    return custom_fields.add(labels={"en": "Speed"}, kind="number")


def test_all_of_it_is_written_and_read(cast: Cast, ticket: Ticket, speed: Any) -> None:
    tags.put(ticket, name="old", by=cast.ana)
    given = {
        "type": "problem", "product": "Fibra 600", "order_reference": "A-1", "tags": ["VIP", "Café"],
        "fields": {"speed": 12.5},
    }  # fmt: skip

    answer = _patch(cast.ana, ticket, **given)

    assert answer.status_code == 200
    said = answer.json()
    assert {name: said[name] for name in given} == given | {"tags": ["Café", "VIP"], "fields": {"speed": "12.5"}}


def test_what_is_left_out_stays(cast: Cast, ticket: Ticket, speed: Any) -> None:
    ticket.describe(by=cast.ana, kind="praise", product="Fibra")
    tags.put(ticket, name="vip", by=cast.ana)
    custom_fields.fill(ticket, speed, "3", by=cast.ana)

    said = _patch(cast.ana, ticket, product="").json()

    assert (said["type"], said["product"], said["tags"], said["fields"]) == ("praise", "", ["vip"], {"speed": "3"})
    assert _patch(cast.ana, ticket, fields={"speed": None}, tags=[]).json()["fields"] == {}
    assert not tags.of(ticket).exists()


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"fields": {"colour": "red"}}, 400), ({"type": "nonsense"}, 400), ({"tags": ["x" * 41]}, 400),
        ({"fields": {"speed": "fast"}}, 422), ({"tags": ["…"]}, 422),
    ],
)  # fmt: skip
def test_one_wrong_value_and_nothing_is_changed(
    cast: Cast, ticket: Ticket, speed: Any, given: dict[str, Any], status: int
) -> None:
    answer = _patch(cast.ana, ticket, **{"product": "Fibra", **given})

    assert answer.status_code == status
    ticket.refresh_from_db()
    assert ticket.product == ""


def test_who_may_not_change_tickets_may_not_here(cast: Cast, ticket: Ticket) -> None:
    assert _patch(cast.ben, ticket, product="Fibra").status_code == 404
    assert _patch(cast.lou, ticket, product="Fibra").status_code == 403


def test_a_needed_field_comes_before_resolving(cast: Cast, ticket: Ticket) -> None:
    custom_fields.add(labels={"en": "Serial number"}, kind="text", is_required=True)

    answer = _machine(cast.ana).post(f"{URL}{ticket.number}/resolution/", {"reason": "By phone"}, format="json")

    assert answer.status_code == 422
    assert answer.json()["error"]["message"] == "Fill in Serial number first."
