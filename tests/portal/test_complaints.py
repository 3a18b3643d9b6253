"""A complaint as its customer sees it, and how they object."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from helpdesk.people.models import User
from tests.portal.conftest import read
from tickets.models import Complaint, Notification, Ticket

pytestmark = pytest.mark.django_db
PageOf = Callable[[Ticket], str]
REASONS = "The second charge was ours, and it is given back."


@pytest.fixture
def complaint(ticket: Ticket, ana: User) -> Complaint:
    ticket.describe(by=ana, kind="complaint")
    return Complaint.objects.get()


@pytest.fixture
def told(complaint: Complaint, ticket: Ticket, ana: User, settle: Callable[[], None]) -> Complaint:
    complaint.decide(decision="partly", reasons=REASONS, by=ana)
    ticket.reply(by=ana, text="Here is what we decided.")
    settle()
    return Complaint.objects.get()


def _object(browser: Client, page: str, words: str = "I want it all back.") -> Any:
    return browser.post(f"{page}objection/", {"words": words})


def test_the_customer_reads_how_far_it_is(
    browser: Client, page_of: PageOf, ticket: Ticket, complaint: Complaint, ana: User
) -> None:
    assert "We have your complaint and decide on it by" in read(browser.get(page_of(ticket)))

    complaint.examine(by=ana)
    assert "Somebody is looking into your complaint" in read(browser.get(page_of(ticket)))

    Complaint.objects.update(decide_by=timezone.localdate() - timedelta(days=3))
    assert "decide on it by" not in read(browser.get(page_of(ticket)))  # a day that has passed is no promise


@override_settings(UNDO_SEND_SECONDS=10)
def test_nothing_of_a_decision_can_be_read_before_it_was_told(
    browser: Client, page_of: PageOf, ticket: Ticket, complaint: Complaint, ana: User
) -> None:
    complaint.decide(decision="rejected", reasons="A secret so far.", by=ana)
    for moment in ("before the reply", "while it can be undone"):
        words = read(browser.get(page_of(ticket)))
        assert "A secret so far." not in words, moment
        assert "Not upheld" not in words, moment
        assert "Object to this decision" not in words, moment
        assert "Somebody is looking into your complaint" in words, moment
        ticket.reply(by=ana, text="It can still be undone.")


def test_once_told_they_read_what_and_why(browser: Client, page_of: PageOf, ticket: Ticket, told: Complaint) -> None:
    words = read(browser.get(page_of(ticket)))

    assert "Upheld in part" in words
    assert REASONS in words
    assert "Object to this decision" in words


def test_they_object_and_it_is_looked_at_again(
    browser: Client, page_of: PageOf, ticket: Ticket, told: Complaint, ana: User
) -> None:
    ticket.resolve(by=ana)
    Notification.objects.all().delete()

    for _ in range(2):  # a second press changes nothing
        answer = _object(browser, page_of(ticket))
        assert answer.status_code == 302

    ticket.refresh_from_db()
    assert ticket.is_open
    assert Complaint.objects.get().objection == "I want it all back."
    assert ticket.messages.filter(text="I want it all back.").count() == 1
    assert Notification.objects.filter(user=ana, ticket=ticket).count() == 1
    words = read(browser.get(answer["Location"]))
    assert "We have your objection" in words
    assert "You objected to our decision" in words


@pytest.mark.parametrize("words", ["", "  \n "])
def test_an_objection_needs_words(
    browser: Client, page_of: PageOf, ticket: Ticket, told: Complaint, words: str
) -> None:
    answer = _object(browser, page_of(ticket), words)

    assert answer.status_code == 422
    assert "Say what you object to." in read(answer)
    assert Complaint.objects.get().state == "decided"


def test_there_is_nothing_to_object_to_before_a_decision_or_on_a_closed_ticket(
    browser: Client, page_of: PageOf, ticket: Ticket, complaint: Complaint, ana: User, settle: Callable[[], None]
) -> None:
    _object(browser, page_of(ticket))
    assert Complaint.objects.get().state == "received"

    complaint.decide(decision="partly", reasons=REASONS, by=ana)
    ticket.reply(by=ana, text="Here.", then="resolved")
    settle()
    assert "Object to this decision" in read(browser.get(page_of(ticket)))
    ticket.close()
    assert "Object to this decision" not in read(browser.get(page_of(ticket)))
    _object(browser, page_of(ticket))
    assert Complaint.objects.get().state == "decided"


def test_a_ticket_that_is_no_complaint_has_no_such_section(
    browser: Client, page_of: PageOf, ticket: Ticket, told: Complaint, ana: User
) -> None:
    ticket.describe(by=ana, kind="question")

    assert "Your complaint" not in read(browser.get(page_of(ticket)))
    _object(browser, page_of(ticket))
    assert Complaint.objects.get().state == "decided"


def test_it_is_said_in_the_language_of_the_ticket(
    browser: Client, page_of: PageOf, ticket: Ticket, complaint: Complaint
) -> None:
    Ticket.objects.update(language="es")

    answer = browser.get(page_of(ticket))

    assert answer["Content-Language"] == "es"
