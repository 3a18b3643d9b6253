from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cx import found_promises, observing
from cx.models import FoundPromise, Promise
from helpdesk.people.models import User
from tests.cast import Cast
from tickets.models import Event, EventKind, Message, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
TEXT = "Hello Carla,\n\nI'll call you tomorrow before noon. Could you restart the router?\n\nRegards,\nAna"
WORDS = "I'll call you tomorrow before noon"
FREE = "You won't be charged for it"


@pytest.fixture(autouse=True)
def _on_wednesday() -> Any:
    with time_machine.travel("2026-11-18T10:30:00+01:00", tick=False):
        yield


def _look(client: Client, ticket: Ticket, text: str = TEXT, **fields: Any) -> Any:
    return client.post(f"/tickets/{ticket.number}/promises/found/", {"text": text, **fields}, headers=HTMX)


def _answer(client: Client, ticket: Ticket, state: str, text: str = TEXT, words: str = WORDS, **due: Any) -> Any:
    offers = found_promises.offers(text, ticket=ticket, by=User.objects.get(pk=client.session["_auth_user_id"]))
    key = next(offer.key for offer in offers if offer.words == words)
    fields = {f"due_on_{key}": "2026-11-19", f"due_time_{key}": "12:00"}
    fields |= {f"{name}_{key}": value for name, value in due.items()}
    given = {"text": text, **fields}
    return client.post(f"/tickets/{ticket.number}/promises/found/{key}/{state}/", given, headers=HTMX)


def _send(client: Client, ticket: Ticket, text: str = TEXT, **fields: Any) -> Message:
    answer = client.post(f"/tickets/{ticket.number}/replies/", {"text": text, **fields})
    assert answer.status_code == 302
    return ticket.messages.order_by("-pk")[0]


def _settle(client: Client, row: FoundPromise, state: str, **fields: Any) -> Any:
    due = {"due_on": "2026-11-20", "due_time": "12:00"} if state == "tracked" else {}
    return client.post(f"/promises/untracked/{row.pk}/{state}/", {**due, **fields})


class TestWhileWriting:
    def test_the_strip_offers_what_the_text_promises_and_keeps_nothing(
        self, as_user: Browser, ana: User, ticket: Ticket
    ) -> None:
        page = _look(as_user(ana), ticket).content.decode()

        assert "I&#x27;ll call you tomorrow before noon" in page
        assert 'value="2026-11-19"' in page
        assert 'value="12:00"' in page
        assert "restart" not in page
        assert "1 promise found" in page
        assert not FoundPromise.objects.exists()

    def test_what_is_shown_already_is_not_sent_again(self, as_user: Browser, ana: User, ticket: Ticket) -> None:
        client = as_user(ana)
        shown = re.search(r'name="promised" value="(\w+)"', _look(client, ticket).content.decode())
        assert shown

        assert _look(client, ticket, promised=shown[1]).status_code == 204
        assert _look(client, ticket, "Thank you.").status_code == 204
        assert _look(client, ticket, "Thank you.", promised=shown[1]).content.strip() == b""

    def test_an_answer_is_remembered_for_this_draft_and_taken_back(
        self, as_user: Browser, ana: User, ticket: Ticket
    ) -> None:
        client = as_user(ana)

        for _twice in range(2):
            assert "Do not track" in _answer(client, ticket, "tracked").content.decode()
        assert "Do not track" in _look(client, ticket).content.decode()
        assert FoundPromise.objects.get().state == "tracked"
        assert "No promise:" in _answer(client, ticket, "ignored").content.decode()
        assert FoundPromise.objects.get().state == "ignored"
        assert "Track" in _answer(client, ticket, "unanswered").content.decode()
        assert not FoundPromise.objects.exists()

    @pytest.mark.parametrize("day", ["2026-11-17", "", "soon"])
    def test_it_is_tracked_for_a_time_that_is_to_come(
        self, as_user: Browser, ana: User, ticket: Ticket, day: str
    ) -> None:
        page = _answer(as_user(ana), ticket, "tracked", due_on=day).content.decode()

        assert "must be due later than now" in page
        assert not FoundPromise.objects.exists()

    def test_words_that_were_changed_meanwhile_are_not_answered(
        self, as_user: Browser, ana: User, ticket: Ticket
    ) -> None:
        path = f"/tickets/{ticket.number}/promises/found/00000000/ignored/"

        assert as_user(ana).post(path, {"text": TEXT}, headers=HTMX).status_code == 200
        assert as_user(ana).post(path.replace("ignored", "nonsense"), {"text": TEXT}).status_code == 404
        assert not FoundPromise.objects.exists()

    def test_a_text_that_was_emptied_forgets_the_answers(self, as_user: Browser, ana: User, ticket: Ticket) -> None:
        client = as_user(ana)
        _answer(client, ticket, "ignored")

        _look(client, ticket, " ")

        assert not FoundPromise.objects.exists()

    def test_it_is_for_those_who_answer_this_ticket(self, as_user: Browser, cast: Cast, ticket: Ticket) -> None:
        ticket.team = cast.billing
        ticket.save()

        assert _look(as_user(cast.ben), ticket).status_code == 404
        assert _look(as_user(cast.lou), ticket).status_code in (403, 404)

    def test_each_writer_has_their_own_answers(self, as_user: Browser, cast: Cast, ticket: Ticket) -> None:
        _answer(as_user(cast.ana), ticket, "ignored")

        assert "No promise:" not in _look(as_user(cast.lea), ticket).content.decode()


class TestSent:
    def test_what_is_tracked_becomes_a_promise_with_its_reply(
        self, as_user: Browser, ana: User, ticket: Ticket
    ) -> None:
        client = as_user(ana)
        _answer(client, ticket, "tracked")

        message = _send(client, ticket)

        promise = Promise.objects.get()
        assert (promise.what, promise.message, promise.owner) == (WORDS, message, ana)
        assert promise.due_at == datetime(2026, 11, 19, 12, tzinfo=ZoneInfo("Europe/Madrid"))
        ticket.refresh_from_db()
        assert ticket.due_next_kind == "promise"
        page = client.get(f"/tickets/{ticket.number}/").content.decode()
        assert "<mark" in page.split('class="body"', 2)[-1]
        assert "This seems to promise" not in page

    def test_it_is_kept_once_however_often_the_reply_is_looked_at(
        self, as_user: Browser, ana: User, ticket: Ticket
    ) -> None:
        client = as_user(ana)
        _answer(client, ticket, "tracked")
        message = _send(client, ticket)

        found_promises.said(message)
        for event in Event.objects.filter(kind=EventKind.REPLIED):
            observing.observe(event)

        assert Promise.objects.count() == 1
        assert FoundPromise.objects.count() == 1

    def test_taken_back_it_is_as_if_nothing_was_said(
        self, as_user: Browser, ana: User, ticket: Ticket, settings: Any
    ) -> None:
        settings.UNDO_SEND_SECONDS = 10
        client = as_user(ana)
        text = f"{WORDS}. {FREE}."
        _answer(client, ticket, "tracked", text)
        ticket.refresh_from_db()
        before = ticket.due_next_at, ticket.due_next_kind
        message = _send(client, ticket, text)
        assert FoundPromise.objects.filter(message=message).count() == 2

        path = reverse("workspace:undo-reply", args=[ticket.number, message.pk])
        assert "Taken back" in client.post(path, follow=True).content.decode()

        ticket.refresh_from_db()
        assert (ticket.due_next_at, ticket.due_next_kind) == before
        assert not Promise.objects.exists()
        assert not ticket.events.filter(kind=EventKind.PROMISED).exists()
        assert not ticket.targets.filter(kind="promise").exists()
        only = FoundPromise.objects.get()
        assert (only.words, only.state, only.message) == (WORDS, "tracked", None)
        again = _send(client, ticket, text)
        assert Promise.objects.get().message == again

    def test_without_an_answer_it_is_left_to_be_tracked(self, as_user: Browser, ana: User, ticket: Ticket) -> None:
        client = as_user(ana)

        message = _send(client, ticket)

        row = FoundPromise.objects.get()
        assert (row.message, row.state) == (message, "unanswered")
        assert not Promise.objects.exists()
        assert "This seems to promise" in client.get(f"/tickets/{ticket.number}/").content.decode()

    def test_what_is_ignored_is_asked_of_nobody(self, as_user: Browser, cast: Cast, ticket: Ticket) -> None:
        client = as_user(cast.ana)
        _answer(client, ticket, "ignored")

        _send(client, ticket)

        assert FoundPromise.objects.get().state == "ignored"
        assert "This seems to promise" not in client.get(f"/tickets/{ticket.number}/").content.decode()

    def test_words_that_were_struck_out_promise_nothing(self, as_user: Browser, ana: User, ticket: Ticket) -> None:
        client = as_user(ana)
        _answer(client, ticket, "tracked")

        _send(client, ticket, "Thank you.")

        assert not FoundPromise.objects.exists()
        assert not Promise.objects.exists()

    def test_a_time_that_passed_before_it_was_sent_is_for_the_lead(
        self, as_user: Browser, ana: User, ticket: Ticket
    ) -> None:
        client = as_user(ana)
        _answer(client, ticket, "tracked")

        with time_machine.travel("2026-11-19T12:30:00+01:00", tick=False):
            ticket.reply(by=ana, text=TEXT)
            found_promises.said(ticket.messages.order_by("-pk")[0])

        assert FoundPromise.objects.get().state == "unanswered"
        assert not Promise.objects.exists()

    def test_replies_of_other_doors_are_looked_at_too(self, ticket: Ticket, ana: User) -> None:
        ticket.reply(by=ana, text=TEXT)

        for event in Event.objects.filter(kind=EventKind.REPLIED):
            assert observing.observe(event)

        assert FoundPromise.objects.get().words == WORDS

    def test_what_was_said_long_ago_is_history(self, ticket: Ticket, ana: User) -> None:
        ticket.reply(by=ana, text=TEXT)

        with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
            for event in Event.objects.filter(kind=EventKind.REPLIED):
                observing.observe(event)

        assert not FoundPromise.objects.exists()


class TestAfterwards:
    @pytest.fixture
    def row(self, ticket: Ticket, cast: Cast) -> FoundPromise:
        ticket.team = cast.billing
        ticket.save()
        ticket.reply(by=cast.ana, text=TEXT)
        found_promises.said(ticket.messages.order_by("-pk")[0])
        return FoundPromise.objects.get()

    def test_its_writer_tracks_it_below_the_reply_and_undoes_that(
        self, as_user: Browser, ana: User, row: FoundPromise
    ) -> None:
        client = as_user(ana)

        for _twice in range(2):
            assert _settle(client, row, "tracked").status_code == 302
        assert Promise.objects.get().message == row.message
        _settle(client, row, "unanswered")
        row.refresh_from_db()
        assert (row.state, row.promise) == ("unanswered", None)
        assert Promise.objects.get().state == "withdrawn"

    def test_what_the_lead_tracks_is_owed_by_its_writer(self, as_user: Browser, cast: Cast, row: FoundPromise) -> None:
        client = as_user(cast.lea)
        assert "call you tomorrow" in client.get("/promises/untracked/").content.decode()

        page = client.post(
            f"/promises/untracked/{row.pk}/tracked/",
            {"due_on": "2026-11-20", "due_time": "12:00", "from": "list"},
            follow=True,
        ).content.decode()

        promise = Promise.objects.get()
        assert (promise.owner, promise.made_by) == (cast.ana, cast.ana)
        assert promise.ticket.events.get(kind=EventKind.PROMISED).actor == cast.lea
        assert "Every promise is answered for" in page
        assert "Undo" in page

    def test_no_promise_and_back(self, as_user: Browser, cast: Cast, row: FoundPromise) -> None:
        client = as_user(cast.lea)

        _settle(client, row, "ignored", **{"from": "list"})
        assert "call you tomorrow before noon</q>" not in client.get("/promises/untracked/").content.decode()
        _settle(client, row, "unanswered", **{"from": "list"})

        assert "call you tomorrow before noon</q>" in client.get("/promises/untracked/").content.decode()

    def test_a_time_that_has_passed_is_refused(self, as_user: Browser, ana: User, row: FoundPromise) -> None:
        given = {"due_on": "2026-11-17", "due_time": "12:00"}

        answer = as_user(ana).post(f"/promises/untracked/{row.pk}/tracked/", given, headers=HTMX)

        assert answer.status_code == 422
        assert not Promise.objects.exists()

    def test_who_does_not_see_the_ticket_knows_nothing_of_it(
        self, as_user: Browser, cast: Cast, row: FoundPromise
    ) -> None:
        assert _settle(as_user(cast.ben), row, "ignored").status_code == 404
        assert as_user(cast.ana).get("/promises/untracked/").status_code in (403, 404)
        row.refresh_from_db()
        assert row.state == "unanswered"

    def test_a_colleague_in_the_team_does_not_answer_for_its_writer(
        self, as_user: Browser, cast: Cast, row: FoundPromise
    ) -> None:
        cast.ben.teams.add(cast.billing)
        client = as_user(cast.ben)

        assert _settle(client, row, "ignored").status_code == 404
        assert "This seems to promise" not in client.get(f"/tickets/{row.ticket.number}/").content.decode()
