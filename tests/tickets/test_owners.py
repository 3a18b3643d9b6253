"""Whom the customer is told of when somebody else looks after their request."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils.translation import get_language

from tests.cast import Cast
from tickets.mail import composing
from tickets.models import Message, Ticket
from tickets.owners import changes_told

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]
LINE = "Lea has taken over from Ana."


def mail_of(message: Message) -> str:
    parts = composing.compose(message.deliveries.get()).get_body(("plain",))
    assert parts is not None
    return str(parts.get_content())


def lines(ticket: Ticket) -> list[str]:
    return [change.words for change in changes_told(ticket).values()]


@pytest.fixture
def handed_over(ticket: Ticket, cast: Cast) -> Ticket:
    """Answered by Ana, then given to Lea."""
    ticket.reply(by=cast.ana, text="I will look.", undo_seconds=0)
    ticket.assign(to=cast.lea, by=cast.ana)
    return ticket


def test_the_next_answer_tells_of_a_new_owner_once(handed_over: Ticket, cast: Cast) -> None:
    first = handed_over.messages.get(user=cast.ana)
    second = handed_over.reply(by=cast.lea, text="It is paid.", undo_seconds=0)
    third = handed_over.reply(by=cast.lea, text="And gone.", undo_seconds=0)

    assert [LINE in mail_of(each) for each in (first, second, third)] == [False, True, False]
    assert "Lindgren" not in mail_of(second)


def test_it_is_said_in_the_customers_language(handed_over: Ticket, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    Ticket.objects.filter(pk=handed_over.pk).update(language="es")
    monkeypatch.setattr("tickets.owners._t", lambda words: f"[{get_language()}] {words}")
    message = handed_over.reply(by=cast.lea, text="Ya está.", undo_seconds=0)
    assert f"[es] {LINE}" in mail_of(message)


def test_before_any_answer_nothing_is_told(ticket: Ticket, cast: Cast) -> None:
    ticket.assign(to=cast.ana, by=cast.ana)
    ticket.assign(to=cast.lea, by=cast.ana)
    ticket.reply(by=cast.lea, text="Hello.", undo_seconds=0)
    assert lines(ticket) == []


def test_who_stands_in_is_no_new_owner(ticket: Ticket, cast: Cast) -> None:
    ticket.reply(by=cast.ana, text="I will look.")
    ticket.reply(by=cast.lea, text="Ana is at lunch; it is paid.")
    assert lines(ticket) == []


def test_back_and_forth_between_two_answers_is_no_change(handed_over: Ticket, cast: Cast) -> None:
    handed_over.assign(to=cast.ana, by=cast.lea)
    handed_over.reply(by=cast.ana, text="Me again.")
    assert lines(handed_over) == []


def test_a_reply_that_was_taken_back_told_nothing(handed_over: Ticket, cast: Cast) -> None:
    message = handed_over.reply(by=cast.lea, text="Too early.", undo_seconds=10)
    handed_over.take_back(message, by=cast.lea)
    assert lines(handed_over) == []
    handed_over.reply(by=cast.lea, text="Now.")
    assert lines(handed_over) == [LINE]


def test_through_nobody_it_is_told_all_the_same(handed_over: Ticket, cast: Cast) -> None:
    handed_over.unassign(by=cast.lea)
    handed_over.reply(by=cast.mia, text="Mine now.")
    assert lines(handed_over) == ["Mia has taken over from Ana."]


def test_the_portal_says_it_where_it_was_said(
    handed_over: Ticket, cast: Cast, client: Client, settle: Callable[[], None]
) -> None:
    settle()
    link = urlsplit(composing.follow_url(handed_over)).path
    assert "I will look." in client.get(link, follow=True).content.decode()
    assert LINE not in client.get(link, follow=True).content.decode()
    handed_over.reply(by=cast.lea, text="It is paid.", undo_seconds=0)
    settle()
    page = client.get(link, follow=True).content.decode()
    assert page.count(LINE) == 1
    assert "Lindgren" not in page


def test_an_assignment_alone_mails_nobody(handed_over: Ticket, settle: Callable[[], None]) -> None:
    before = handed_over.deliveries.filter(message__isnull=False).count()
    settle()
    assert handed_over.deliveries.filter(message__isnull=False).count() == before
