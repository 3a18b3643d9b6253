from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.people.models import User
from tests import factories
from tests.cast import Cast
from tickets.models import Notification, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


def test_who_is_given_a_ticket_is_told(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    ticket.assign(to=cast.ana, by=cast.mia)

    html = as_user(cast.ana).get("/notifications/").content.decode()

    assert "Assigned to you" in html
    assert f'href="/tickets/{ticket.number}/"' in html
    assert "Assigned to you" not in as_user(cast.lea).get("/notifications/").content.decode()


def test_everything_can_be_marked_as_read(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    ticket.assign(to=cast.ana, by=cast.mia)

    for _ in range(2):
        assert as_user(cast.ana).post("/notifications/read/").status_code == 302

    assert not Notification.objects.filter(user=cast.ana, read_at=None).exists()


def test_nothing_to_tell_is_said(as_user: Browser, ana: User) -> None:
    assert "Nothing to tell you" in as_user(ana).get("/notifications/").content.decode()


def test_the_list_has_a_budget(as_user: Browser, cast: Cast, django_assert_max_num_queries: Any) -> None:
    for _ in range(12):
        factories.a_ticket(cast.carla, mailbox=cast.support).assign(to=cast.ana, by=cast.mia)
    client = as_user(cast.ana)

    with django_assert_max_num_queries(10):
        assert client.get("/notifications/").status_code == 200
