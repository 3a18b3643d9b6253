"""Replies that leave later, at the door: planned, shown, stopped, sent; and seen by no customer before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from helpdesk.people.models import Customer, User
from helpdesk.portal.following import url_of
from tests import factories
from tickets import planning
from tickets.models import Author, Draft, Ticket

pytestmark = pytest.mark.django_db

TEXT = "Your new bill is on its way."


@pytest.fixture
def as_ana(as_user: Any, ana: User) -> Client:
    found: Client = as_user(ana)
    return found


@pytest.fixture
def as_mia(as_user: Any, mia: User) -> Client:
    found: Client = as_user(mia)
    return found


@pytest.fixture
def as_ben(as_user: Any, ben: User) -> Client:
    found: Client = as_user(ben)
    return found


@pytest.fixture
def ticket(carla: Customer, support: Any) -> Ticket:
    return factories.a_ticket(carla, mailbox=support)


def send_later(client: Client, ticket: Ticket, **values: str) -> Any:
    said = {"text": TEXT, "later": "tomorrow", "seen": str(ticket.messages.latest("pk").pk)}
    return client.post(f"/tickets/{ticket.number}/replies/", said | values, follow=True)


def test_send_later_plans_it_and_everybody_sees_when(as_ana: Client, as_mia: Client, ana: User, ticket: Ticket) -> None:
    page = send_later(as_ana, ticket)

    draft = Draft.objects.get()
    assert draft.send_at is not None
    assert timezone.localtime(draft.send_at, ana.zone).hour == 8
    assert "Your reply leaves tomorrow 08:00." in page.content.decode()
    assert not ticket.messages.filter(author=Author.AGENT).exists()
    shown = as_mia.get(f"/tickets/{ticket.number}/").content.decode()
    assert "Ana Alonso’s reply leaves tomorrow 08:00." in shown
    assert TEXT in shown


def test_a_day_and_an_hour_can_be_chosen(as_ana: Client, ana: User, ticket: Ticket) -> None:
    day = timezone.localdate() + timedelta(days=3)
    send_later(as_ana, ticket, later="at", later_on=day.isoformat(), later_at="15:30")

    at = timezone.localtime(Draft.objects.get().send_at, ana.zone)
    assert (at.date(), at.hour, at.minute) == (day, 15, 30)


@pytest.mark.parametrize("values", [{"later_on": ""}, {"later_on": "soon"}, {"later_on": "2020-01-01"}])
def test_without_a_day_to_come_nothing_is_planned_and_the_text_is_kept(
    as_ana: Client, ticket: Ticket, values: dict[str, str]
) -> None:
    page = send_later(as_ana, ticket, later="at", **values)

    assert page.status_code == 422
    assert TEXT in page.content.decode()
    assert not Draft.objects.filter(send_at__isnull=False).exists()
    assert not ticket.messages.filter(author=Author.AGENT).exists()


def test_a_new_domain_is_confirmed_first_and_the_time_is_kept(as_ana: Client, ticket: Ticket) -> None:
    addressed = {"to": "carla@example.com", "cc": "boss@elsewhere.example", "offered_to": "carla@example.com"}
    held = send_later(as_ana, ticket, **addressed)
    assert held.status_code == 422
    asked = held.context["reply"].written.asked

    send_later(as_ana, ticket, **addressed, later="", asked=asked, confirm="elsewhere.example")

    assert Draft.objects.get().send_at is not None
    assert not ticket.messages.filter(author=Author.AGENT).exists()


def test_change_puts_it_back_into_the_composer_and_undo_plans_it_again(as_ana: Client, ticket: Ticket) -> None:
    send_later(as_ana, ticket)
    draft = Draft.objects.get()
    at = draft.send_at
    assert at is not None

    page = as_ana.post(f"/tickets/{ticket.number}/planned/{draft.pk}/stopping/", follow=True)
    draft.refresh_from_db()
    assert draft.send_at is None
    assert TEXT in page.context["reply"].written.text

    as_ana.post(f"/tickets/{ticket.number}/planned/{draft.pk}/", {"at": at.isoformat()})
    draft.refresh_from_db()
    assert draft.send_at == at


def test_send_now_sends_it(as_ana: Client, ticket: Ticket) -> None:
    send_later(as_ana, ticket)
    draft = Draft.objects.get()

    as_ana.post(f"/tickets/{ticket.number}/planned/{draft.pk}/sending/")

    assert ticket.messages.get(author=Author.AGENT).text == TEXT
    assert not Draft.objects.exists()


def test_another_tab_that_saves_its_text_does_not_change_what_was_planned(as_ana: Client, ticket: Ticket) -> None:
    send_later(as_ana, ticket)

    as_ana.post(f"/tickets/{ticket.number}/drafts/reply/", {"text": "half a sen"})

    assert Draft.objects.get().text == TEXT


def test_what_is_planned_is_not_shown_to_whoever_may_not_see_the_ticket(
    as_ana: Client, as_ben: Client, ticket: Ticket
) -> None:
    send_later(as_ana, ticket)
    draft = Draft.objects.get()

    for way in ("stopping/", "sending/", ""):
        address = f"/tickets/{ticket.number}/planned/{draft.pk}/{way}"
        assert as_ben.post(address, {"at": "2030-01-01T00:00:00Z"}).status_code == 404
    draft.refresh_from_db()
    assert draft.send_at is not None


def test_it_reaches_no_customer_before_its_time(ana: User, ticket: Ticket, client: Client) -> None:
    planning.plan(ticket, by=ana, text=TEXT, at=timezone.now() + timedelta(hours=3))

    page = client.get(url_of(ticket), follow=True)
    assert page.status_code == 200
    assert TEXT not in page.content.decode()
    assert not ticket.deliveries.exists()
