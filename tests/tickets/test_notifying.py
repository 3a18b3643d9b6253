"""Who is told what, how and when; and what is mailed of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from helpdesk.people import preferences
from helpdesk.people.models import Membership, User
from tests import factories
from tests.cast import Cast
from tickets import notifying, tasks
from tickets.mail import composing, sending
from tickets.models import Delivery, EventKind, Notification, Target, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]
Kind = Notification.Kind


@pytest.fixture
def mine(ticket: Ticket, ana: User) -> Ticket:
    """Carla's ticket, which Ana took herself."""
    ticket.assign(to=ana, by=ana)
    return ticket


def wants(user: User, **channels: tuple[str, ...]) -> None:
    """Have this person be told of these kinds over these channels."""
    preferences.change(user, notices={**preferences.Preferences.of(user).notices, **channels})


def told(user: User) -> list[str]:
    return list(user.notifications.order_by("pk").values_list("kind", flat=True))


def mails(user: User) -> int:
    return Delivery.objects.filter(address=user.email, notification__isnull=False).count()


def text_of(delivery: Delivery) -> str:
    body = composing.compose(delivery).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


# --- Each kind is told once, to the right people ------------------------------------------------------------------


class TestWhoIsTold:
    def test_nobody_is_told_of_what_they_did_themselves(self, mine: Ticket, ana: User) -> None:
        mine.add_note(by=ana, text="I will call her.")
        assert told(ana) == []

    def test_a_note_is_told_to_whoever_answers(self, mine: Ticket, ana: User, lea: User) -> None:
        mine.add_note(by=lea, text="She called me, too.")
        assert told(ana) == [Kind.NOTED]
        assert told(lea) == []

    def test_a_ticket_that_wakes_by_itself_is_told_and_one_that_is_woken_is_not(self, mine: Ticket, ana: User) -> None:
        mine.snooze(until=timezone.now() + timedelta(hours=1), by=ana)
        mine.wake(by=ana)
        assert told(ana) == []
        mine.snooze(until=timezone.now() + timedelta(hours=1), by=ana)
        with time_machine.travel(timezone.now() + timedelta(hours=2)):
            for _ in range(2):
                tasks.wake_snoozed()
        assert told(ana) == [Kind.WOKE]

    def test_whoever_wrote_a_reply_is_told_that_it_came_back(self, mine: Ticket, ana: User, lea: User) -> None:
        reply = mine.reply(by=lea, text="Here it is.")
        delivery = reply.deliveries.get()
        for _ in range(2):
            sending.came_back(delivery, why="5.1.1 no such user", is_for_good=True)
        assert told(lea) == [Kind.UNDELIVERED]
        assert told(ana) == []

    def test_a_mail_to_one_of_us_that_comes_back_is_told_to_nobody(self, mine: Ticket, ana: User, mia: User) -> None:
        wants(ana, assigned=("page", "mail"))
        mine.unassign(by=mia)
        mine.assign(to=ana, by=mia)
        sending.came_back(Delivery.objects.get(notification__isnull=False), why="5.1.1", is_for_good=True)
        assert told(ana) == [Kind.ASSIGNED]

    def test_what_was_switched_off_is_not_told(self, mine: Ticket, ana: User, lea: User) -> None:
        wants(ana, noted=())
        mine.add_note(by=lea, text="She called me, too.")
        assert told(ana) == []

    def test_what_is_wanted_by_mail_alone_does_not_stand_in_the_page(self, mine: Ticket, ana: User, lea: User) -> None:
        wants(ana, noted=("mail",))
        mine.add_note(by=lea, text="She called me, too.")
        assert Notification.objects.unread_count(ana) == 0
        assert mails(ana) == 1

    def test_the_count_is_of_what_is_unread_and_visible(
        self, mine: Ticket, ana: User, lea: User, installations: Any, django_assert_num_queries: Any
    ) -> None:
        mine.add_note(by=lea, text="She called me, too.")
        list(ana.memberships.all())
        with django_assert_num_queries(2):  # her teams, and the count
            assert Notification.objects.unread_count(ana) == 1
        mine.unassign(by=lea)
        mine.move(to=installations, by=lea)
        assert Notification.objects.unread_count(ana) == 0


class TestDueSoon:
    @pytest.fixture
    def asked(self, cast: Cast) -> Ticket:
        """Asked on Tuesday at ten, to be answered by six, and Ana's."""
        with time_machine.travel("2026-09-15T10:00+02:00", tick=False):
            found = factories.a_ticket(cast.carla, mailbox=cast.support)
            found.assign(to=cast.ana, by=cast.ana)
        return found

    @pytest.mark.parametrize(
        ("at", "is_told"),
        [("2026-09-15T15:59", False), ("2026-09-15T16:01", True), ("2026-09-15T17:45", True), ("2026-09-15T18:01", 0)],
    )
    def test_the_last_quarter_is_told_and_what_is_late_already_is_not(
        self, asked: Ticket, ana: User, at: str, is_told: bool
    ) -> None:
        with time_machine.travel(f"{at}+02:00", tick=False):
            for _ in range(2):
                tasks.mark_due_soon()
        assert told(ana) == [Kind.DUE_SOON] * is_told

    def test_the_last_half_hour_counts_where_the_quarter_is_shorter(self, cast: Cast) -> None:
        with time_machine.travel("2026-09-15T10:00+02:00", tick=False):
            urgent = factories.a_ticket(cast.carla, mailbox=cast.support, priority="urgent")
            urgent.assign(to=cast.ana, by=cast.ana)
        with time_machine.travel("2026-09-15T10:29+02:00", tick=False):
            tasks.mark_due_soon()
            assert told(cast.ana) == []
        with time_machine.travel("2026-09-15T10:31+02:00", tick=False):
            tasks.mark_due_soon()
            assert told(cast.ana) == [Kind.DUE_SOON]

    def test_it_says_which_target_and_when_in_the_page_and_by_mail(self, asked: Ticket, ana: User) -> None:
        wants(ana, due_soon=("page", "mail"))
        with time_machine.travel("2026-09-15T16:01+02:00", tick=False), timezone.override(ana.zone):
            tasks.mark_due_soon()
            row = Notification.objects.select_related("event").get(user=ana)
            assert notifying.words_of([row]) == {row.pk: "First reply: today 18:00"}
            assert "First reply: today 18:00" in text_of(Delivery.objects.get(kind="notification"))

    def test_a_target_that_moves_is_told_once(self, asked: Ticket, ana: User) -> None:
        with time_machine.travel("2026-09-15T16:01+02:00", tick=False):
            tasks.mark_due_soon()
            Target.objects.filter(ticket=asked).update(due_at=timezone.now() + timedelta(minutes=10))
            tasks.mark_due_soon()
        assert asked.events.filter(kind=EventKind.DUE_SOON).count() == 2  # the reply, and the resolution since it moved
        assert told(ana) == [Kind.DUE_SOON] * 2

    def test_without_an_assignee_it_waits_for_one(self, asked: Ticket, ana: User) -> None:
        asked.unassign(by=ana)
        with time_machine.travel("2026-09-15T16:01+02:00", tick=False):
            tasks.mark_due_soon()
            assert told(ana) == []
            asked.assign(to=ana, by=ana)
            tasks.mark_due_soon()
        assert told(ana) == [Kind.DUE_SOON]

    def test_a_promise_is_its_owners_business(self, asked: Ticket, ana: User) -> None:
        with time_machine.travel("2026-09-15T12:00+02:00", tick=False):
            asked.expect_by(timezone.now() + timedelta(minutes=10), kind=Target.Kind.PROMISE, key="promise:1")
            tasks.mark_due_soon()
        assert told(ana) == []


class TestNewForTheTeam:
    def test_it_is_off_until_somebody_asks(self, ticket: Ticket, cast: Cast) -> None:
        notifying.tell_teams()
        assert not Notification.objects.exists()

    def test_who_asked_is_told_once_and_only_of_their_team(self, cast: Cast) -> None:
        for user in (cast.ana, cast.ben):
            wants(user, new_for_team=("page",))
        factories.a_ticket(cast.carla, mailbox=cast.support)
        for _ in range(2):
            notifying.tell_teams()
        assert told(cast.ana) == [Kind.NEW_FOR_TEAM]
        assert told(cast.ben) == told(cast.lea) == []

    def test_a_ticket_that_has_somebody_is_no_news(self, ticket: Ticket, cast: Cast) -> None:
        wants(cast.ana, new_for_team=("page",))
        ticket.assign(to=cast.lea, by=cast.lea)
        notifying.tell_teams()
        assert told(cast.ana) == []

    def test_an_old_one_is_no_news(self, ticket: Ticket, cast: Cast) -> None:
        wants(cast.ana, new_for_team=("page",))
        notifying.tell_teams(now=timezone.now() + timedelta(hours=2))
        assert told(cast.ana) == []

    def test_a_mail_that_comes_in_costs_nothing_for_it(
        self, cast: Cast, deliver: Callable[..., Any], django_assert_max_num_queries: Any
    ) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        deliver(factories.a_mail(sender="One <one@example.net>"))
        with CaptureQueriesContext(connection) as before:
            deliver(factories.a_mail(sender="Two <two@example.net>"))
        wants(cast.ana, new_for_team=("page", "mail"))
        with CaptureQueriesContext(connection) as after:
            deliver(factories.a_mail(sender="Three <three@example.net>"))
        assert len(after) == len(before)


# --- Mail -----------------------------------------------------------------------------------------------------------


class TestMail:
    @pytest.fixture(autouse=True)
    def _two_minutes(self, settings: Any) -> None:
        settings.NOTICE_MAIL_SECONDS = 120

    def reopened(self, ticket: Ticket, ana: User) -> Notification:
        """The customer says that Ana's answer did not solve it."""
        ticket.reply(by=ana, text="Done.", then="resolved")
        ticket.reopen(by=None, reason="survey")
        return Notification.objects.get(user=ana, kind=Kind.NOT_SOLVED)

    def test_what_stays_unread_for_two_minutes_is_mailed_once(self, mine: Ticket, ana: User) -> None:
        self.reopened(mine, ana)
        notifying.send_due()
        assert mails(ana) == 0
        for _ in range(2):
            notifying.send_due(now=timezone.now() + timedelta(minutes=3))
        assert mails(ana) == 1

    def test_what_was_read_in_time_is_not(self, mine: Ticket, ana: User) -> None:
        row = self.reopened(mine, ana)
        mine.mark_read(by=ana)
        notifying.send_due(now=timezone.now() + timedelta(minutes=3))
        row.refresh_from_db()
        assert (mails(ana), row.mail_due_at) == (0, None)

    def test_what_was_read_before_the_server_took_it_is_called_off(self, mine: Ticket, ana: User) -> None:
        self.reopened(mine, ana)
        notifying.send_due(now=timezone.now() + timedelta(minutes=3))
        mine.mark_read(by=ana)
        delivery = Delivery.objects.get(notification__isnull=False)
        assert not sending.send(delivery)
        delivery.refresh_from_db()
        assert delivery.state == Delivery.State.CANCELLED

    def test_who_may_no_longer_see_the_ticket_gets_no_mail(self, mine: Ticket, cast: Cast) -> None:
        row = self.reopened(mine, cast.ana)
        mine.unassign(by=cast.mia)
        mine.move(to=cast.installations, by=cast.mia)
        notifying.send_due(now=timezone.now() + timedelta(minutes=3))
        row.refresh_from_db()
        assert (mails(cast.ana), row.mail_due_at, row.mailed_at) == (0, None, None)

    def test_who_left_the_team_after_it_was_written_gets_no_mail(self, mine: Ticket, cast: Cast) -> None:
        self.reopened(mine, cast.ana)
        notifying.send_due(now=timezone.now() + timedelta(minutes=3))
        mine.unassign(by=cast.mia)
        Membership.objects.filter(user=cast.ana).delete()
        sending.send_due()
        assert Delivery.objects.get(notification__isnull=False).state == Delivery.State.CANCELLED

    def test_a_process_that_dies_while_writing_has_done_nothing(
        self, mine: Ticket, ana: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = self.reopened(mine, ana)
        with monkeypatch.context() as dying:
            dying.setattr(notifying, "_write", lambda *_a, **_k: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                notifying.send_due(now=timezone.now() + timedelta(minutes=3))
        row.refresh_from_db()
        assert row.mailed_at is None
        notifying.send_due(now=timezone.now() + timedelta(minutes=3))
        assert mails(ana) == 1

    def test_one_that_died_between_writing_and_sending_leaves_it_to_the_next(self, mine: Ticket, ana: User) -> None:
        self.reopened(mine, ana)
        notifying.send_due(now=timezone.now() + timedelta(minutes=3))
        delivery = Delivery.objects.get(notification__isnull=False)
        assert delivery.claim()
        with time_machine.travel(timezone.now() + timedelta(minutes=5)):
            sending.send_due()
        delivery.refresh_from_db()
        assert delivery.state == Delivery.State.SENT

    def test_it_says_who_what_and_where_in_the_persons_language(self, mine: Ticket, ana: User, mia: User) -> None:
        wants(ana, assigned=("mail",))
        User.objects.filter(pk=ana.pk).update(language="es")
        mine.unassign(by=mia)
        mine.assign(to=User.objects.get(pk=ana.pk), by=mia)
        notifying.send_due(now=timezone.now() + timedelta(minutes=3))
        mail = composing.compose(Delivery.objects.get(notification__isnull=False))
        text = str(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]
        assert "Mia Manrique" in text
        assert "You charged me twice" in text
        assert f"/tickets/{mine.number}/" in text
        assert "/notifications/choices/" in text
        assert "Assigned to you" not in text
        assert "/notifications/stop/" in mail["List-Unsubscribe"]
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    def test_no_word_of_a_note_stands_in_a_mail(self, mine: Ticket, ana: User, lea: User) -> None:
        wants(ana, noted=("mail",))
        mine.add_note(by=lea, text="Between us: she is difficult.")
        notifying.send_due(now=timezone.now() + timedelta(minutes=3))
        assert "difficult" not in composing.compose(Delivery.objects.get(kind="notice")).as_string()

    def test_an_answer_to_it_does_not_reach_the_customer(
        self, mine: Ticket, cast: Cast, deliver: Callable[..., Any]
    ) -> None:
        cast.support.trusted_servers = ["mx.alborada.example"]
        cast.support.save()
        wants(cast.ana, noted=("mail",))
        mine.add_note(by=cast.lea, text="Did you call her?")
        notifying.send_due(now=timezone.now() + timedelta(minutes=3))
        answered = Delivery.objects.get(kind="notice").rfc_id
        inbound = deliver(
            factories.a_mail(
                sender="Ana <ana@alborada.example>", text="Yes, she shouted.", in_reply_to=f"<{answered}>",
                authentication_results="mx.alborada.example; dkim=pass header.d=alborada.example",
            )
        )  # fmt: skip
        assert (inbound.state, inbound.message) == ("held", None)
        assert not mine.messages.filter(text__contains="shouted").exists()


class TestQuietHours:
    MADRID = "Europe/Madrid"

    @pytest.mark.parametrize(
        ("begins", "ends", "at", "until"),
        [
            ("", "", "2026-09-15T23:00+02:00", None),
            ("22:00", "", "2026-09-15T23:00+02:00", None),
            ("08:00", "08:00", "2026-09-15T08:00+02:00", None),
            ("13:00", "15:00", "2026-09-15T12:59+02:00", None),
            ("13:00", "15:00", "2026-09-15T13:00+02:00", "2026-09-15T15:00+02:00"),
            ("13:00", "15:00", "2026-09-15T15:00+02:00", None),
            ("22:00", "07:30", "2026-09-15T23:00+02:00", "2026-09-16T07:30+02:00"),
            ("22:00", "07:30", "2026-09-16T03:00+02:00", "2026-09-16T07:30+02:00"),
            ("22:00", "07:30", "2026-09-16T07:30+02:00", None),
            # The night of 29 March has no half past two, that of 25 October has it twice.
            ("22:00", "07:30", "2026-03-28T23:00+01:00", "2026-03-29T07:30+02:00"),
            ("22:00", "07:30", "2026-10-24T23:00+02:00", "2026-10-25T07:30+01:00"),
            ("22:00", "02:30", "2026-03-29T01:45+01:00", "2026-03-29T03:30+02:00"),
            ("22:00", "02:30", "2026-10-25T02:10+02:00", "2026-10-25T02:30+02:00"),
            ("22:00", "02:30", "2026-10-25T02:10+01:00", "2026-10-25T02:30+01:00"),
            ("nonsense", "07:30", "2026-09-16T03:00+02:00", None),
        ],
    )
    def test_they_end_by_the_wall_clock_of_the_person(
        self, ana: User, begins: str, ends: str, at: str, until: str | None
    ) -> None:
        ana.time_zone = self.MADRID
        preferences.change(ana, quiet_from=begins, quiet_until=ends)
        expected = datetime.fromisoformat(until).astimezone(UTC) if until else None
        assert notifying.quiet_until(ana, datetime.fromisoformat(at)) == expected

    def test_mail_waits_until_they_end_and_the_page_does_not(self, mine: Ticket, ana: User, lea: User) -> None:
        wants(ana, noted=("page", "mail"))
        preferences.change(ana, quiet_from="22:00", quiet_until="07:30")
        with time_machine.travel("2026-09-15T23:00+02:00", tick=False):
            mine.add_note(by=lea, text="Look at this.")
            notifying.send_due()
            assert notifying.is_quiet(ana)
            assert Notification.objects.unread_count(ana) == 1
            assert mails(ana) == 0
        with time_machine.travel("2026-09-16T07:31+02:00", tick=False):
            notifying.send_due()
        assert mails(ana) == 1

    def test_those_chosen_later_hold_for_what_waits(self, mine: Ticket, ana: User, lea: User, settings: Any) -> None:
        settings.NOTICE_MAIL_SECONDS = 120
        wants(ana, noted=("mail",))
        with time_machine.travel("2026-09-15T22:00+02:00", tick=False):
            mine.add_note(by=lea, text="Look at this.")
            preferences.change(ana, quiet_from="22:00", quiet_until="07:30")
        with time_machine.travel("2026-09-15T22:05+02:00", tick=False):
            notifying.send_due()
            assert mails(ana) == 0


class TestDigest:
    @pytest.fixture(autouse=True)
    def _at_eight(self, ana: User) -> None:
        wants(ana, noted=("page", "digest"), customer_wrote=("page", "digest"))
        preferences.change(ana, digest_at="08:00")

    def night(self, ticket: Ticket, lea: User, carla: Any) -> None:
        with time_machine.travel("2026-09-15T20:00+02:00", tick=False):
            ticket.add_note(by=lea, text="Between us: she is difficult.")
            ticket.receive(text="Hello?", customer=carla, channel="email")

    def test_everything_unread_stands_in_one_mail_a_day_by_ticket(self, mine: Ticket, cast: Cast) -> None:
        other = factories.a_ticket(cast.carla, subject="No connection", mailbox=cast.support)
        other.assign(to=cast.ana, by=cast.ana)
        self.night(mine, cast.lea, cast.carla)
        self.night(other, cast.lea, cast.carla)
        with time_machine.travel("2026-09-16T07:59+02:00", tick=False):
            assert notifying.send_due() == 0
        with time_machine.travel("2026-09-16T08:00+02:00", tick=False):
            assert [notifying.send_due() for _ in range(2)] == [1, 0]
            sent = Delivery.objects.get(kind="digest")
            mail, text = composing.compose(sent), text_of(sent)
            assert mail["Subject"] == "4 notifications you have not read"
            assert text.count("No connection") == text.count("The bill is wrong") == 1
            assert text.count("A colleague wrote a note · Lea Lindgren") == 2
            assert "difficult" not in mail.as_string()
            assert sending.send(sent)

    def test_what_was_read_is_left_out_and_without_anything_there_is_none(self, mine: Ticket, cast: Cast) -> None:
        self.night(mine, cast.lea, cast.carla)
        mine.mark_read(by=cast.ana)
        with time_machine.travel("2026-09-16T08:00+02:00", tick=False):
            assert notifying.send_due() == 0
        assert mails(cast.ana) == 0

    def test_a_ticket_that_is_no_longer_theirs_is_left_out(self, mine: Ticket, cast: Cast) -> None:
        other = factories.a_ticket(cast.carla, subject="No connection", mailbox=cast.support)
        other.assign(to=cast.ana, by=cast.ana)
        self.night(mine, cast.lea, cast.carla)
        self.night(other, cast.lea, cast.carla)
        other.unassign(by=cast.mia)
        with time_machine.travel("2026-09-16T08:00+02:00", tick=False):
            assert notifying.send_due() == 1
            mine_too, sent = mine, Delivery.objects.get(kind="digest")
            other.move(to=cast.installations, by=cast.mia)  # after it was written, before it leaves
            assert "No connection" not in text_of(sent)
            mine_too.mark_read(by=cast.ana)
            assert not sending.send(sent)

    def test_another_hour_holds_for_what_waits(self, mine: Ticket, cast: Cast) -> None:
        self.night(mine, cast.lea, cast.carla)
        with time_machine.travel("2026-09-15T20:30+02:00", tick=False):
            chosen = {"noted": ["digest"], "customer_wrote": ["digest"]}
            notifying.choose(cast.ana, channels=chosen, quiet_from="", quiet_until="", digest_at="21:00")
        with time_machine.travel("2026-09-15T21:00+02:00", tick=False):
            assert notifying.send_due() == 1

    def test_quiet_hours_hold_for_it_too(self, ana: User) -> None:
        preferences.change(ana, quiet_from="22:00", quiet_until="09:30")
        after = datetime.fromisoformat("2026-09-15T20:00+02:00")
        assert notifying.next_digest(ana, after) == datetime.fromisoformat("2026-09-16T09:30+02:00")

    def test_without_an_hour_there_is_none(self, mine: Ticket, cast: Cast) -> None:
        assert notifying.stop_mail(cast.ana, notifying.DIGEST)
        self.night(mine, cast.lea, cast.carla)
        assert not Notification.objects.filter(user=cast.ana, mail_due_at__isnull=False).exists()
        assert Notification.objects.unread_count(cast.ana) == 2


class TestStopping:
    def test_twice_is_once_and_it_can_be_undone(self, ana: User) -> None:
        assert [notifying.stop_mail(ana, Kind.NOT_SOLVED) for _ in range(2)] == [True, False]
        assert notifying.channels_of(ana, Kind.NOT_SOLVED) == ("page",)
        assert [notifying.resume_mail(ana, Kind.NOT_SOLVED) for _ in range(2)] == [True, False]
        assert notifying.channels_of(ana, Kind.NOT_SOLVED) == ("page", "mail")

    def test_what_waits_is_not_mailed(self, mine: Ticket, ana: User, lea: User, settings: Any) -> None:
        settings.NOTICE_MAIL_SECONDS = 120
        wants(ana, noted=("page", "mail"))
        mine.add_note(by=lea, text="Look at this.")
        notifying.stop_mail(ana, Kind.NOTED)
        notifying.send_due(now=timezone.now() + timedelta(minutes=3))
        assert mails(ana) == 0
