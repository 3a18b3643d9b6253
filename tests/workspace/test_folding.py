"""A long conversation and a long message: what stands there at once, and what when somebody asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from helpdesk.people.models import User
from helpdesk.workspace.folding import LETTERS, LINES, MOST_LETTERS, Body
from tickets.models import Message, Reading, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


@pytest.fixture
def long_ticket(ticket: Ticket, ana: User) -> Ticket:
    """The customer's first words and 59 messages after them, the last of which is Ana's."""
    start = timezone.now() - timedelta(days=9)
    ticket.messages.update(said_at=start)
    Message.objects.bulk_create(
        Message(
            ticket=ticket,
            text=f"Word number {number}.",
            said_at=start + timedelta(hours=number),
            author="agent" if number % 2 else "customer",
            user=ana if number % 2 else None,
            customer=None if number % 2 else ticket.requester,
        )
        for number in range(1, 60)
    )
    return ticket


def page(client: Client, ticket: Ticket, query: str = "", **headers: Any) -> str:
    answer = client.get(f"/tickets/{ticket.number}/{query}", **headers)
    assert answer.status_code == 200
    return str(answer.content.decode())


def numbers(html: str) -> list[int]:
    return [int(number) for number in re.findall(r"Word number (\d+)\.<", html[html.index('id="thread"') :])]


class TestALongConversation:
    def test_the_first_and_the_latest_fifteen_stand_there(self, as_user: Browser, ana: User, long_ticket: Ticket):
        html = page(as_user(ana), long_ticket)
        assert "charged me twice" in html
        assert numbers(html) == list(range(45, 60))
        assert html.count("Show 44 earlier") == 1
        assert f'href="/tickets/{long_ticket.number}/?all=1#message-' in html

    def test_asked_for_all_stand_there_in_order(self, as_user: Browser, ana: User, long_ticket: Ticket):
        html = page(as_user(ana), long_ticket, "?all=1")
        assert numbers(html) == list(range(1, 60))
        assert "Show 44 earlier" not in html
        assert "Fold 44 earlier" in html
        anchor = re.search(r'\?all=1#(message-\d+)"', page(as_user(ana), long_ticket))
        assert anchor
        assert f'id="{anchor[1]}"' in html

    def test_the_part_comes_alone_and_the_focus_goes_to_what_was_unfolded(
        self, as_user: Browser, ana: User, long_ticket: Ticket
    ):
        headers = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "thread"}
        answer = as_user(ana).get(f"/tickets/{long_ticket.number}/thread/?all=1", **headers)
        assert numbers(answer.content.decode()) == list(range(1, 60))
        assert "message-" in answer["HX-Trigger-After-Settle"]

    def test_what_was_opened_stays_open_when_the_page_is_refreshed_in_part(
        self, as_user: Browser, ana: User, long_ticket: Ticket
    ):
        where = f"http://testserver/tickets/{long_ticket.number}/?all=1"
        headers = {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": where}
        assert len(numbers(page(as_user(ana), long_ticket, "thread/", **headers))) == 59
        assert len(numbers(page(as_user(ana), long_ticket, "thread/?all=0", **headers))) == 15

    def test_what_is_unread_is_not_folded_away(self, as_user: Browser, ana: User, long_ticket: Ticket):
        read_at = long_ticket.messages.get(text="Word number 21.").said_at
        Reading.objects.update_or_create(ticket=long_ticket, user=ana, defaults={"read_at": read_at})
        html = page(as_user(ana), long_ticket)
        assert numbers(html) == list(range(22, 60))
        assert "Show 21 earlier" in html

    def test_who_comes_for_the_first_time_sees_all_that_is_unanswered(
        self, as_user: Browser, ana: User, long_ticket: Ticket
    ):
        long_ticket.messages.filter(text__gt="Word", said_at__gt=timezone.now() - timedelta(days=8)).update(
            author="customer", user=None, customer=long_ticket.requester
        )
        shown = numbers(page(as_user(ana), long_ticket))
        assert shown[0] < 45
        assert long_ticket.messages.get(text=f"Word number {shown[0] - 1}.").author == "agent"

    def test_twenty_stand_there_whole(self, as_user: Browser, ana: User, long_ticket: Ticket):
        kept = long_ticket.messages.order_by("said_at")[:20].values("pk")
        long_ticket.messages.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
        html = page(as_user(ana), long_ticket)
        assert numbers(html) == list(range(1, 20))
        assert 'id="earlier"' not in html


class TestALongMessage:
    def test_it_is_folded_after_its_first_part_and_nothing_stands_twice_or_is_lost(
        self, as_user: Browser, ana: User, ticket: Ticket
    ):
        ticket.receive(
            text="\n".join(f"Line {number};" for number in range(84)), customer=ticket.requester, channel="email"
        )
        html = page(as_user(ana), ticket)
        assert "Show all (84 lines)" in html
        assert [int(one) for one in re.findall(r"Line (\d+);", html[html.index('id="thread"') :])] == list(range(84))
        first, rest = html.split('<details class="rest">')
        assert "Line 29;" in first
        assert "Line 30;" in rest

    def test_one_that_is_a_little_longer_is_whole(self):
        assert not Body.of("\n".join(["Line."] * (LINES + 5))).rest
        assert not Body.of("a" * (LETTERS + 300)).rest

    def test_it_is_cut_between_sentences(self):
        body = Body.of("This is a sentence. " * 300)
        assert body.first.endswith("sentence. </p>")
        assert body.rest.startswith("<p>This")
        assert not body.is_told_in_lines

    def test_what_speaks_for_a_suggestion_is_marked_in_either_part(self):
        body = Body.of(
            "charged twice\n" + "\n".join(["Line."] * 80) + "\nrefund it", words=["charged twice", "refund it"]
        )
        assert "<mark" in body.first
        assert "<mark" in body.rest

    def test_markup_in_it_is_words(self):
        body = Body.of("<b>" * 2_000)
        assert "<b>" not in body.first + body.rest

    def test_one_without_end_is_read_as_a_file(self, as_user: Browser, ana: User, ben: User, ticket: Ticket):
        text = "All work and no play. " * 10_000
        message = ticket.receive(text=text, customer=ticket.requester, channel="email")
        html = page(as_user(ana), ticket)
        path = f"/tickets/{ticket.number}/messages/{message.pk}/text/"
        assert path in html
        assert len(html) < MOST_LETTERS + 150_000
        answer = as_user(ana).get(path)
        assert answer.content.decode() == Message.objects.get(pk=message.pk).text
        assert answer["Content-Disposition"].startswith("attachment")
        assert as_user(ben).get(path).status_code == 404
