"""The help page, and the page that machines watch."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from helpdesk.people.models import Company
from helpdesk.portal.opening_hours import in_words
from helpdesk.portal.views import health
from tests import factories
from tests.portal.conftest import read
from tickets.mail import storing
from tickets.models import Delivery, InboundEmail, MailAlarm

pytestmark = pytest.mark.django_db


def test_the_help_page_leads_to_everything_a_customer_may_want(browser, support):
    response = browser.get("/")

    html = response.content.decode()
    assert 'href="/requests/new/"' in html
    assert 'action="/links/"' in html
    assert "mailto:support@alborada.example" in html
    assert "/sign-in/" in html
    assert "Monday to Friday, 09:00–18:00" in read(response)


def test_before_any_mailbox_there_is_still_a_help_page(browser, support):
    support.delete()

    assert browser.get("/").status_code == 200


def test_hours_as_one_says_them():
    company = Company(business_hours={
        "0": [["09:00", "14:00"], ["16:00", "19:00"]], "1": [["09:00", "14:00"], ["16:00", "19:00"]],
        "4": [["09:00", "14:00"]], "6": [],
    })  # fmt: skip

    assert in_words(company) == ["Monday to Tuesday, 09:00–14:00, 16:00–19:00", "Friday, 09:00–14:00"]
    assert in_words(Company(business_hours={})) == []


# --- Health ----------------------------------------------------------------------------------------------------------


def test_all_is_well(browser):
    response = browser.get("/health/")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "database": {
            "reachable": True,
            "oldest_unread_email_seconds": 0,
            "oldest_due_delivery_seconds": 0,
            "deferred_deliveries": 0,
            "oldest_deferred_delivery_seconds": 0,
            "mail_alarms": 0,
        },
        "broker": {"reachable": True, "tasks_waiting": 0},
    }
    assert "no-store" in response["Cache-Control"]


def test_work_that_waits_is_seen(browser, ticket, ana, support):
    storing.store(factories.a_mail(), mailbox=support, source="smtp")
    InboundEmail.objects.update(received_at=timezone.now() - timedelta(minutes=10))
    ticket.reply(by=ana, text="Hello")
    Delivery.objects.update(due_at=timezone.now() - timedelta(minutes=2))

    response = browser.get("/health/")

    database = response.json()["database"]
    assert response.status_code == 200
    assert response.json()["status"] == "late"
    assert 600 <= database["oldest_unread_email_seconds"] < 660
    assert 120 <= database["oldest_due_delivery_seconds"] < 180


@pytest.mark.parametrize("minutes, status", [(30, "ok"), (90, "late")])
def test_mail_that_no_server_takes_is_seen_although_each_try_puts_it_off(browser, ticket, ana, minutes, status):
    ticket.reply(by=ana, text="Hello")
    now = timezone.now()
    Delivery.objects.update(
        state="deferred", trying_since=now - timedelta(minutes=minutes), due_at=now + timedelta(minutes=20)
    )

    found = browser.get("/health/").json()

    assert found["status"] == status
    assert found["database"]["deferred_deliveries"] == 1
    assert found["database"]["oldest_deferred_delivery_seconds"] >= minutes * 60


def test_an_open_alarm_of_a_mailbox_is_seen(browser, support):
    MailAlarm.objects.create(mailbox=support, kind="silent", words="Nothing answers.")
    MailAlarm.objects.create(mailbox=support, kind="unread", words="Over.", ended_at=timezone.now())

    found = browser.get("/health/").json()
    assert (found["status"], found["database"]["mail_alarms"]) == ("late", 1)


def test_a_broker_out_of_reach_is_said(browser, settings, monkeypatch):
    from celery import current_app

    monkeypatch.setattr(
        health.current_app, "connection_for_write", lambda **_: current_app.connection("redis://127.0.0.1:1/0")
    )

    response = browser.get("/health/")

    assert response.status_code == 503
    assert response.json()["status"] == "down"
    assert response.json()["broker"] == {"reachable": False}


def test_a_database_out_of_reach_is_said_without_its_words(rf, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise DatabaseError("password authentication failed for user puente")

    monkeypatch.setattr(connection, "ensure_connection", refuse)

    answer = health.health(rf.get("/health/"))

    assert answer.status_code == 503
    assert b"password" not in answer.content
