from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from helpdesk.people.models import User
from tests import factories
from tests.cast import Cast
from tickets.models import Notification, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def undo_in(html: str) -> dict[str, str]:
    """What the form of the undo button posts."""
    form = re.search(r'action="([^"]+/undo/)".*?</form>', html, re.S)
    assert form
    (read_at,) = re.findall(r'name="read_at" value="([^"]+)"', form.group())
    return {"read_at": read_at.replace("&#x27;", "'").replace("+", "+")}


@pytest.fixture
def told(cast: Cast, ticket: Ticket) -> Notification:
    """Ana was given Carla's ticket."""
    ticket.assign(to=cast.ana, by=cast.mia)
    return Notification.objects.get(user=cast.ana)


def test_who_is_given_a_ticket_is_told(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    ticket.assign(to=cast.ana, by=cast.mia)

    html = as_user(cast.ana).get("/notifications/").content.decode()

    assert "Assigned to you" in html
    assert "Mia Manrique" in html
    assert f'href="/tickets/{ticket.number}/"' in html
    assert "Assigned to you" not in as_user(cast.lea).get("/notifications/").content.decode()


def test_what_was_said_stands_beside_it_once_by_ticket(as_user: Browser, cast: Cast, told: Notification) -> None:
    told.ticket.add_note(by=cast.lea, text="She called me, too.")
    told.ticket.receive(text="Hello? Anybody there?", customer=cast.carla, channel="email")

    html = as_user(cast.ana).get("/notifications/").content.decode()

    assert "She called me, too." in html
    assert "Hello? Anybody there?" in html
    assert html.count(f">#{told.ticket.number} The bill is wrong</a>") == 1


def test_everything_can_be_marked_as_read_and_taken_back(as_user: Browser, cast: Cast, told: Notification) -> None:
    client = as_user(cast.ana)

    assert client.post("/notifications/read/").status_code == 302
    assert not Notification.objects.filter(user=cast.ana, read_at=None).exists()
    undo = undo_in(client.get("/notifications/").content.decode())
    assert client.post("/notifications/read/").status_code == 302  # twice changes nothing

    client.post("/notifications/read/undo/", undo)
    assert Notification.objects.filter(user=cast.ana, read_at=None).count() == 1


def test_undo_gives_back_only_what_was_read_with_it(as_user: Browser, cast: Cast, told: Notification) -> None:
    Notification.objects.filter(pk=told.pk).update(read_at=timezone.now())
    other = factories.a_ticket(cast.carla, mailbox=cast.support)
    other.assign(to=cast.ana, by=cast.mia)
    client = as_user(cast.ana)
    client.post("/notifications/read/")

    client.post("/notifications/read/undo/", undo_in(client.get("/notifications/").content.decode()))

    assert Notification.objects.get(user=cast.ana, read_at=None).ticket == other


@pytest.mark.parametrize("read_at", ["", "nonsense", "2026-01-01", "2026-99-99T00:00:00", "2026-01-01T00:00:00"])
def test_a_moment_that_never_was_gives_nothing_back(
    as_user: Browser, cast: Cast, told: Notification, read_at: str
) -> None:
    client = as_user(cast.ana)
    client.post("/notifications/read/")
    assert client.post("/notifications/read/undo/", {"read_at": read_at}).status_code == 302
    assert not Notification.objects.filter(user=cast.ana, read_at=None).exists()


def test_one_is_read_without_opening_its_ticket_and_nobody_elses(
    as_user: Browser, cast: Cast, told: Notification
) -> None:
    assert as_user(cast.lea).post(f"/notifications/{told.pk}/read/").status_code == 404
    told.refresh_from_db()
    assert told.read_at is None

    for _ in range(2):
        assert as_user(cast.ana).post(f"/notifications/{told.pk}/read/").status_code == 302
    told.refresh_from_db()
    assert told.read_at


def test_the_unread_alone_can_be_shown(as_user: Browser, cast: Cast, told: Notification) -> None:
    client = as_user(cast.ana)
    assert "Assigned to you" in client.get("/notifications/?show=unread").content.decode()
    told.ticket.mark_read(by=cast.ana)
    assert "You have read everything." in client.get("/notifications/?show=unread").content.decode()
    assert "Assigned to you" in client.get("/notifications/").content.decode()


def test_nothing_to_tell_is_said(as_user: Browser, ana: User) -> None:
    assert "Nothing to tell you" in as_user(ana).get("/notifications/").content.decode()


class TestTheMenuOfTheBell:
    def test_it_shows_the_ten_newest_that_are_unread(self, as_user: Browser, cast: Cast) -> None:
        for number in range(12):
            factories.a_ticket(cast.carla, subject=f"Matter {number}.", mailbox=cast.support).assign(
                to=cast.ana, by=cast.mia
            )
        answer = as_user(cast.ana).get("/notifications/menu/", headers=HTMX)
        html = answer.content.decode()
        assert "Matter 11." in html
        assert "Matter 2." in html
        assert "Matter 1." not in html
        assert json.loads(answer["HX-Trigger"]) == {"puente:notices": {"unread": 12}}

    def test_without_a_script_it_is_the_page(self, as_user: Browser, ana: User) -> None:
        assert as_user(ana).get("/notifications/menu/")["Location"] == "/notifications/"

    def test_reading_one_and_all_and_taking_it_back_answers_with_the_menu(
        self, as_user: Browser, cast: Cast, told: Notification
    ) -> None:
        client = as_user(cast.ana)
        for path in (f"/notifications/{told.pk}/read/", "/notifications/read/"):
            html = client.post(path, headers=HTMX).content.decode()
            assert "You have read everything." in html
            html = client.post("/notifications/read/undo/", undo_in(html), headers=HTMX).content.decode()
            assert "Assigned to you" in html

    def test_it_costs_no_page_anything_until_it_is_opened(
        self, as_user: Browser, told: Notification, ana: User
    ) -> None:
        html = as_user(ana).get("/mail/undelivered/").content.decode()
        assert 'hx-get="/notifications/menu/"' in html
        assert "Assigned to you" not in html

    def test_it_has_a_budget(self, as_user: Browser, cast: Cast, django_assert_max_num_queries: Any) -> None:
        for _ in range(12):
            told = factories.a_ticket(cast.carla, mailbox=cast.support)
            told.assign(to=cast.ana, by=cast.mia)
            told.add_note(by=cast.lea, text="Look.")
        client = as_user(cast.ana)
        client.get("/notifications/menu/", headers=HTMX)
        with django_assert_max_num_queries(9):
            client.get("/notifications/menu/", headers=HTMX)


def test_the_list_has_a_budget(as_user: Browser, cast: Cast, django_assert_max_num_queries: Any) -> None:
    for _ in range(12):
        told = factories.a_ticket(cast.carla, mailbox=cast.support)
        told.assign(to=cast.ana, by=cast.mia)
        told.add_note(by=cast.lea, text="Look.")
        told.receive(text="Hello?", customer=cast.carla, channel="email")
    client = as_user(cast.ana)

    with django_assert_max_num_queries(12):
        assert client.get("/notifications/").status_code == 200
