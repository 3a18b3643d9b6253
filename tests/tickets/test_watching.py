"""Who wants to know what happens on a ticket, and is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from helpdesk.common.errors import Refusal
from helpdesk.people import preferences
from helpdesk.people.models import User
from tests import factories
from tests.cast import Cast
from tickets import bulk
from tickets.mail import composing
from tickets.models import Delivery, InboundEmail, Notification, Ticket, Watcher
from tickets.query.fields import Vocabulary
from tickets.query.matching import among

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]
Kind = Notification.Kind


@pytest.fixture
def watched(ticket: Ticket, cast: Cast) -> Ticket:
    """Carla's ticket, Ana's, which Lou watches."""
    ticket.assign(to=cast.ana, by=cast.ana)
    ticket.watch(who=cast.lou, by=cast.lou)
    return ticket


def told(user: User) -> list[tuple[str, str]]:
    return list(user.notifications.order_by("pk").values_list("kind", "event__kind"))


class TestTheVerbs:
    def test_watching_twice_is_watching_once(self, ticket: Ticket, cast: Cast) -> None:
        assert ticket.watch(who=cast.ana, by=cast.ana)
        assert not ticket.watch(who=cast.ana, by=cast.ana)
        assert list(ticket.watching()) == [cast.ana]
        assert ticket.unwatch(who=cast.ana, by=cast.ana)
        assert not ticket.unwatch(who=cast.ana, by=cast.ana)
        assert not ticket.watching()

    def test_a_lead_has_others_watch_and_an_agent_has_not(self, ticket: Ticket, cast: Cast) -> None:
        assert ticket.watch(who=cast.lou, by=cast.lea)
        with pytest.raises(Refusal):
            ticket.unwatch(who=cast.lou, by=cast.ana)
        with pytest.raises(Refusal):
            ticket.watch(who=cast.mia, by=cast.ana)
        assert list(ticket.watching()) == [cast.lou]

    def test_nobody_watches_what_they_may_not_see(self, ticket: Ticket, cast: Cast) -> None:
        with pytest.raises(Refusal, match="Ben Barker cannot see this ticket"):
            ticket.watch(who=cast.ben, by=cast.lea)
        assert not Watcher.objects.exists()


class TestWhatIsTold:
    def test_everything_that_happens_is_told_once(self, watched: Ticket, cast: Cast) -> None:
        watched.receive(text="Any news?", customer=cast.carla, channel="email")
        watched.reply(by=cast.ana, text="Yes.", then="open")
        watched.add_note(by=cast.lea, text="She is a friend of the house.")
        watched.resolve(by=cast.ana)
        watched.reopen(by=cast.ana)
        assert told(cast.lou) == [
            (Kind.WATCHED, "message.received"), (Kind.WATCHED, "message.sent"), (Kind.WATCHED, "note.added"),
            (Kind.WATCHED, "ticket.resolved"), (Kind.WATCHED, "ticket.reopened"),
        ]  # fmt: skip

    def test_a_reply_that_resolves_is_one_thing(self, watched: Ticket, cast: Cast) -> None:
        watched.reply(by=cast.ana, text="Done.", then="resolved")
        assert told(cast.lou) == [(Kind.WATCHED, "message.sent")]

    def test_a_word_that_reopens_is_one_thing(self, watched: Ticket, cast: Cast) -> None:
        watched.resolve(by=cast.lou, reason="Nothing to say.")
        watched.receive(text="It is not.", customer=cast.carla, channel="email")
        assert told(cast.lou) == [(Kind.WATCHED, "ticket.reopened")]

    def test_nobody_is_told_of_their_own_doings(self, watched: Ticket, cast: Cast) -> None:
        watched.add_note(by=cast.lou, text="I saw it.")
        assert told(cast.lou) == []

    def test_whoever_is_told_for_a_better_reason_is_not_told_twice(self, watched: Ticket, cast: Cast) -> None:
        watched.watch(who=cast.ana, by=cast.ana)
        watched.receive(text="Any news?", customer=cast.carla, channel="email")
        assert told(cast.ana) == [(Kind.CUSTOMER_WROTE, "message.received")]

    def test_a_machines_answer_is_no_news(self, watched: Ticket, cast: Cast) -> None:
        watched.receive(text="Out of office", customer=cast.carla, channel="email", is_auto=True)
        assert told(cast.lou) == []

    def test_a_reply_that_is_taken_back_was_never_told(self, watched: Ticket, cast: Cast) -> None:
        message = watched.reply(by=cast.ana, text="Too early.", undo_seconds=10)
        watched.take_back(message, by=cast.ana)
        assert told(cast.lou) == []

    def test_whoever_loses_sight_of_it_is_told_nothing_until_they_see_it_again(
        self, watched: Ticket, cast: Cast
    ) -> None:
        watched.move(to=cast.installations, by=cast.olu)
        watched.add_note(by=cast.olu, text="For the fitters alone.")
        assert told(cast.lou) == []
        watched.move(to=cast.billing, by=cast.olu)
        watched.add_note(by=cast.olu, text="Back again.")
        assert told(cast.lou) == [(Kind.WATCHED, "note.added")]

    def test_a_colleague_who_answers_by_mail_is_not_told_of_it(self, watched: Ticket, cast: Cast) -> None:
        watched.receive(text="Me", customer=cast.carla, channel="email", from_address=cast.lou.email)
        assert told(cast.lou) == []

    def test_it_comes_in_the_page_and_by_no_mail(self, watched: Ticket, cast: Cast) -> None:
        watched.receive(text="Any news?", customer=cast.carla, channel="email")
        assert not Delivery.objects.filter(address=cast.lou.email).exists()
        assert Notification.objects.unread_count(cast.lou) == 1

    def test_a_mail_that_comes_in_is_told(
        self, watched: Ticket, cast: Cast, deliver: Callable[..., InboundEmail]
    ) -> None:
        deliver(factories.a_mail(subject=f"Re: [#{watched.number}]", text="And now?"))
        assert told(cast.lou) == [(Kind.WATCHED, "message.received")]


class TestFinding:
    @pytest.mark.parametrize("asked", ["is:watched", "watcher:me", "watcher:lou@alborada.example", "observa:Lou"])
    def test_what_one_watches_is_found(self, watched: Ticket, cast: Cast, asked: str) -> None:
        other = factories.a_ticket(cast.carla, mailbox=cast.support)
        other.watch(who=cast.mia, by=cast.mia)
        assert _found(asked, cast.lou) == [watched]

    def test_what_nobody_watches_is_found(self, watched: Ticket, cast: Cast) -> None:
        other = factories.a_ticket(cast.carla, mailbox=cast.support)
        assert _found("watcher:nobody", cast.lou) == [other]

    def test_somebody_of_another_team_finds_nothing(self, watched: Ticket, cast: Cast) -> None:
        assert _found("watcher:lou@alborada.example", cast.ben) == []


def _found(asked: str, user: User) -> list[Ticket]:
    return list(among(Ticket.objects.visible_to(user), Vocabulary.of(user).read(asked).tree, user))


class TestManyAtOnce:
    def test_many_are_watched_and_put_back(self, cast: Cast, ticket: Ticket) -> None:
        other = factories.a_ticket(cast.carla, mailbox=cast.support)
        other.watch(who=cast.ana, by=cast.ana)
        action = bulk.act("watch", by=cast.ana, numbers=[ticket.number, other.number])
        assert bulk.outcome(action).changed == [ticket.number]
        assert Watcher.objects.filter(user=cast.ana).count() == 2
        bulk.undo(action, by=cast.ana)
        assert list(Watcher.objects.values_list("ticket", flat=True)) == [other.pk]

    def test_many_are_no_longer_watched_and_put_back(self, cast: Cast, ticket: Ticket) -> None:
        ticket.watch(who=cast.ana, by=cast.ana)
        action = bulk.act("unwatch", by=cast.ana, numbers=[ticket.number])
        assert not Watcher.objects.exists()
        bulk.undo(action, by=cast.ana)
        assert list(ticket.watching()) == [cast.ana]

    def test_another_teams_is_not_there(self, cast: Cast, ticket: Ticket) -> None:
        action = bulk.act("watch", by=cast.ben, numbers=[ticket.number])
        assert list(bulk.outcome(action).failed) == [ticket.number]
        assert not Watcher.objects.exists()


def test_what_was_told_says_what_it_was(watched: Ticket, cast: Cast, as_user: Callable[[User], Any]) -> None:
    watched.resolve(by=cast.ana, reason="Nothing to say.")
    watched.add_note(by=cast.ana, text="Between us.")
    page = as_user(cast.lou).get("/notifications/").content.decode()
    assert "It was resolved" in page
    assert "A note: Between us." in page


def test_a_mail_about_it_says_what_it_was_and_nothing_of_a_note(watched: Ticket, cast: Cast, settings: Any) -> None:
    settings.NOTICE_MAIL_SECONDS = 0
    preferences.change(cast.lou, notices={Kind.WATCHED: ("mail",)})
    watched.add_note(by=cast.ana, text="Between us.")
    mail = composing.compose(Delivery.objects.get(address=cast.lou.email)).as_string()
    assert "A note" in mail
    assert "Between us" not in mail
