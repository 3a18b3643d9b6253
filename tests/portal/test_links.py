"""New links by mail."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk.common import tokens
from helpdesk.portal import limits
from tests import factories
from tests.portal.conftest import altered, read, sent_before, token_of
from tickets.models import Delivery, OutboxEmail

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


def ask(browser, email="carla@example.com", **extra):
    return browser.post("/links/", {"email": email}, follow=True, **extra)


def test_the_owner_of_the_address_gets_a_link_that_works(browser, ticket, settle):
    ask(browser, "Carla@Example.com")
    settle()

    sent = OutboxEmail.objects.get()
    assert sent.address == "carla@example.com"
    text = bytes(sent.raw).decode().replace("=\r\n", "").replace("=3D", "=")
    (token,) = set(re.findall(r"/r/([^/\s\"]+)/", text))
    assert browser.get(f"/r/{token}/").status_code == 200


def test_the_answer_is_the_same_whether_we_know_the_address(browser, ticket):
    known, unknown = ask(browser), ask(browser, "nobody@example.net")

    assert read(known) == read(unknown)
    assert known.redirect_chain == unknown.redirect_chain
    assert "carla" not in known.content.decode().lower()
    assert Delivery.objects.count() == 1


def test_three_links_an_hour_and_the_same_answer_after(browser, ticket):
    answers = [ask(browser, REMOTE_ADDR=f"198.51.100.{n}") for n in range(5)]

    assert len({read(answer) for answer in answers}) == 1
    assert Delivery.objects.filter(kind="link").count() == 3


def test_the_ticket_itself_sends_no_more_than_three(ticket):
    assert [ticket.send_link(to="carla@example.com") for _ in range(4)] == [True, True, True, False]

    Delivery.objects.update(created_at=timezone.now() - timedelta(hours=2))
    assert ticket.send_link(to="carla@example.com")


def test_a_ticket_sends_its_link_to_its_requester_alone(ticket, dora):
    assert not ticket.send_link(to="dora@example.org")
    assert not ticket.send_link(to="")
    assert not Delivery.objects.exists()


def test_an_address_whose_mail_came_back_gets_none(browser, ticket, carla):
    carla.addresses.update(bounced_at=timezone.now())

    ask(browser)

    assert not Delivery.objects.exists()


def test_one_connection_cannot_ask_for_everybody(browser, carla, dora, monkeypatch):
    monkeypatch.setattr(limits, "LINKS_FROM_CONNECTION", 1)
    factories.a_ticket(carla)
    factories.a_ticket(dora)

    ask(browser)
    ask(browser, "dora@example.org")

    assert [d.address for d in Delivery.objects.all()] == ["carla@example.com"]


def test_a_customer_without_a_request_gets_none(browser, dora):
    ask(browser, "dora@example.org")

    assert not Delivery.objects.exists()


@pytest.mark.parametrize(("email", "says"), [("", "Enter your email"), ("x", "Enter an email like")])
def test_a_wrong_address_is_said(browser, cast, email, says):
    response = ask(browser, email)

    assert response.status_code == 422
    assert says in read(response)
    assert "<title>Error: " in response.content.decode()


def test_an_expired_link_is_renewed_for_the_address_on_file(browser, ticket, settle):
    old = sent_before(timedelta(days=61), lambda: token_of(ticket))

    response = browser.post("/links/", {"token": old}, follow=True)
    settle()

    assert response.status_code == 200
    assert "carla" not in response.content.decode().lower()
    assert [sent.address for sent in OutboxEmail.objects.all()] == ["carla@example.com"]


def test_an_altered_link_is_not_renewed(browser, ticket):
    old = sent_before(timedelta(days=61), lambda: token_of(ticket))
    survey = tokens.make(tokens.Purpose.ANSWER_SURVEY, ticket=ticket.number)

    for token in (altered(old), survey, "x", "\x00"):
        assert browser.post("/links/", {"token": token}, follow=True).status_code == 200
    assert not Delivery.objects.exists()


def test_a_look_at_the_page_sends_nothing(browser, ticket):
    assert browser.get("/links/").status_code == 200
    assert browser.get("/links/", {"email": "carla@example.com"}).status_code == 200
    assert not Delivery.objects.exists()
