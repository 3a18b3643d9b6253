"""Reading mailboxes on a real IMAP server: nothing is lost, nothing twice, nothing touched."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import timezone

from tests import factories, services
from tests.tickets.mail.imap_server import PASSWORD, Cutter, ImapServer
from tickets import tasks
from tickets.mail import configuring, fetching, idling, imap, ledger, receiving
from tickets.models import FolderEntry, InboundEmail, Mailbox, MailFolder, MailSource, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]

FULL = services.is_full()
_users = itertools.count(1)


@pytest.fixture
def user() -> str:
    """Somebody whose mailbox on the server is empty."""
    return f"support{next(_users)}@alborada.example"


@pytest.fixture
def source(server: ImapServer, user: str, support: Mailbox) -> MailSource:
    """Our mailbox, read from that server."""
    return MailSource.objects.create(
        mailbox=support,
        host="127.0.0.1",
        port=server.port,
        security="none",
        username=user,
        password=PASSWORD,
        which_mail="all",
    )


def mails(n: int, *, start: int = 0) -> list[bytes]:
    """So many mails, no two alike."""
    return [
        factories.a_mail(
            subject=f"Order {i}", text=f"Where is order {i}?", message_id=f"<order-{i}@example.com>",
            sender=f"Customer {i} <c{i}@example.com>",
        )
        for i in range(start, start + n)
    ]  # fmt: skip


def fetch(source: MailSource) -> MailSource:
    """What a minute of the timetable does, and as many turns as it takes."""
    source = MailSource.objects.get(pk=source.pk)
    while fetching.fetch(source):
        pass
    return MailSource.objects.get(pk=source.pk)


def counts(source: MailSource) -> tuple[int, int, int]:
    """(on the server, of them here, stored)"""
    balance = ledger.balance(source.mailbox)
    return balance.on_server, balance.here, balance.stored


class TestFetching:
    def test_mail_is_stored_as_it_is_and_the_counts_are_the_same(self, server, user, source):
        sent = mails(3)
        server.put(user, *sent)
        fetch(source)
        stored = InboundEmail.objects.order_by("pk")
        assert [bytes(row.raw).replace(b"\r\n", b"\n") for row in stored] == sent
        assert {(row.source, row.state, row.mailbox) for row in stored} == {("imap", "stored", source.mailbox)}
        assert counts(source) == (3, 3, 3)

    def test_it_becomes_tickets_like_mail_from_anywhere(self, server, user, source):
        server.put(user, *mails(2))
        fetch(source)
        receiving.receive_waiting()
        assert set(Ticket.objects.values_list("subject", flat=True)) == {"Order 0", "Order 1"}

    def test_flags_and_dates_stay_as_they_are(self, server, user, source):
        server.put(user, *mails(2))
        server.put(user, *mails(1, start=2), flags=["\\Seen", "\\Flagged"])
        before = server.state_of(user)
        fetch(source)
        fetch(source)
        assert server.state_of(user) == before
        assert not any(b"\\Seen" in flags for flags, *_ in list(before.values())[:2])

    def test_a_second_time_brings_only_what_is_new(self, server, user, source):
        server.put(user, *mails(2))
        fetch(source)
        server.put(user, *mails(2, start=2))
        fetch(source)
        fetch(source)
        assert counts(source) == (4, 4, 4)
        assert FolderEntry.objects.values("uid").distinct().count() == FolderEntry.objects.count() == 4

    def test_an_empty_mailbox_is_read_too(self, source):
        assert fetch(source).error == ""
        assert counts(source) == (0, 0, 0)

    def test_mail_that_came_by_another_way_before_is_only_noted(self, server, user, source):
        factories.deliver_raw(mails(1)[0], mailbox=source.mailbox)
        server.put(user, *mails(1))
        fetch(source)
        assert counts(source) == (1, 1, 1)
        assert FolderEntry.objects.get().inbound_email.source == "smtp"

    def test_two_copies_of_one_mail_on_the_server_are_one_mail_and_two_lines(self, server, user, source):
        server.put(user, *mails(1), *mails(1))
        fetch(source)
        assert counts(source) == (2, 2, 1)

    def test_mail_deleted_on_the_server_stays_here_and_is_no_longer_counted_there(self, server, user, source):
        server.put(user, *mails(3))
        fetch(source)
        with server.signed_in(user) as client:
            client.select_folder("INBOX")
            client.delete_messages([2])
            client.expunge()
        fetch(source)
        assert counts(source) == (2, 2, 3)
        assert [entry.uid for entry in FolderEntry.objects.filter(is_gone=True)] == [2]

    def test_mail_that_appears_below_what_was_read_is_found_by_counting(self, server, user, source):
        server.put(user, *mails(3))
        fetch(source)
        MailFolder.objects.update(last_uid=3)
        FolderEntry.objects.filter(uid=2).delete()  # as if the server had shown number 2 only now
        fetch(source)
        assert counts(source) == (3, 3, 3)

    @pytest.mark.parametrize("n", [pytest.param(5000, marks=pytest.mark.long), 300])
    def test_a_full_mailbox_is_read_in_turns(self, server, user, source, n, monkeypatch):
        monkeypatch.setattr(fetching, "TURN", n / 1500)
        server.put(user, *mails(n))
        fetch(source)
        assert counts(source) == (n, n, n)
        assert MailFolder.objects.get().last_uid == n
        assert InboundEmail.objects.values("rfc_id").distinct().count() == n

    def test_a_folder_with_more_numbers_than_fit_on_a_line_is_listed_in_parts(self, server, user, source, monkeypatch):
        monkeypatch.setattr(imap, "MOST_LISTED", 7)
        server.put(user, *mails(20))
        with server.signed_in(user) as client:
            client.select_folder("INBOX")
            client.delete_messages([3, 4, 11])
            client.expunge()
        fetch(source)
        assert counts(source) == (17, 17, 17)

    def test_the_timetable_asks_each_source_once_a_minute(self, server, user, source):
        server.put(user, *mails(1))
        tasks.fetch_source(source_id=source.pk)
        server.put(user, *mails(1, start=1))
        tasks.fetch_source(source_id=source.pk)  # a second bell, or one that waited long in the broker
        assert InboundEmail.objects.count() == 1
        MailSource.objects.update(due_at=timezone.now())
        tasks.fetch_source(source_id=source.pk)
        assert InboundEmail.objects.count() == 2

    def test_a_command_fetches_all_and_says_how_the_counts_stand(self, server, user, source, capsys):
        server.put(user, *mails(2))
        call_command("fetch_mail", source.mailbox.address)
        assert "2 on the server, 2 of them here, 2 stored" in capsys.readouterr().out
        MailSource.objects.update(port=1)
        with pytest.raises(CommandError):
            call_command("fetch_mail")
        assert "Nothing answers on port 1" in capsys.readouterr().out


class TestNewNumbers:
    def test_a_server_that_numbers_anew_brings_nothing_twice(self, server, user, source):
        server.put(user, *mails(5))
        fetch(source)
        server.renumber(user)
        server.put(user, *mails(2, start=5))
        fetch(source)
        assert counts(source) == (7, 7, 7)
        old, new = MailFolder.objects.order_by("pk")
        assert old.ended_at is not None
        assert new.ended_at is None
        assert (old.entries.count(), new.entries.count()) == (5, 7)
        assert new.uid_validity > old.uid_validity

    def test_a_folder_deleted_and_made_again_loses_nothing(self, server, user, source):
        MailSource.objects.update(sent_folder="Sent")
        server.put(user, *mails(3), folder="Sent")
        fetch(source)
        with server.signed_in(user) as client:
            client.delete_folder("Sent")
        while True:
            server.put(user, *mails(1, start=3), folder="Sent")
            if server.uid_validity(user, "Sent") != MailFolder.objects.get(role="sent").uid_validity:
                break
            with server.signed_in(user) as client:  # the number of a folder is a clock of seconds
                client.delete_folder("Sent")
        fetch(source)
        assert counts(source) == (1, 1, 4)

    def test_a_numbering_that_comes_back_is_read_from_the_beginning(self, server, user, source):
        server.put(user, *mails(3))
        fetch(source)
        # Restored from a copy that was older than what we had read: its next numbers mean other mail.
        folder = MailFolder.objects.get()
        folder.entries.create(uid=4, inbound_email=InboundEmail.objects.first())
        MailFolder.objects.update(last_uid=4)
        server.put(user, *mails(0))
        fetch(source)
        assert [entry.uid for entry in FolderEntry.objects.order_by("uid")] == [1, 2, 3]
        server.put(user, *mails(1, start=9))
        fetch(source)
        assert counts(source) == (4, 4, 4)
        assert InboundEmail.objects.filter(rfc_id="order-9@example.com").exists()

    def test_another_account_may_use_the_same_numbers_for_other_mail(self, server, user, source):
        server.put(user, *mails(3))
        fetch(source)
        other = f"other-{user}"
        server.put(other, *mails(3, start=3))
        MailFolder.objects.update(uid_validity=server.uid_validity(other))
        account = {"host": source.host, "username": other, "sign_in": "password"}
        configuring.save(source.mailbox, account=account)
        fetch(source)
        assert counts(source) == (3, 3, 6)

    def test_a_turn_that_began_before_the_account_was_changed_notes_nothing(self, server, user, source):
        server.put(user, *mails(1))
        before = MailSource.objects.get()
        MailSource.objects.update(username="somebody@else.example")
        fetching.fetch(before)
        assert MailFolder.objects.count() == InboundEmail.objects.count() == 0


class TestTrouble:
    def test_a_mail_that_is_too_large_is_named_and_blocks_nothing(self, server, user, source, settings):
        settings.MAIL_SIZE_LIMIT = 20_000
        large = factories.a_mail(text="x " * 20_000, message_id="<large@example.com>")
        server.put(user, mails(1)[0], large, *mails(1, start=1))
        fetch(source)
        assert counts(source) == (3, 2, 2)
        entry = FolderEntry.objects.get(inbound_email=None)
        assert entry.uid == 2
        assert "larger than the 19.5" in entry.problem
        settings.MAIL_SIZE_LIMIT = 30_000_000
        FolderEntry.objects.update(due_at=timezone.now())
        fetch(source)
        assert counts(source) == (3, 3, 3)

    def test_a_mail_that_cannot_be_stored_is_named_and_blocks_nothing(self, server, user, source):
        server.put(user, mails(1)[0], b"\r\n", *mails(1, start=1))
        source = fetch(source)
        assert counts(source) == (3, 2, 2)
        entry = FolderEntry.objects.get(inbound_email=None)
        assert entry.problem == "The mail is empty."
        assert entry.due_at > timezone.now()
        assert source.error == ""

    def test_what_nobody_can_read_is_stored_all_the_same(self, server, user, source):
        poison = b"Content-Type: multipart/mixed; boundary=\r\nSubject: =?x?b?\xff\xfe?=\r\n\r\n\xff\xfe\x01" * 50
        server.put(user, poison, *mails(1))
        fetch(source)
        receiving.receive_waiting()
        assert counts(source) == (2, 2, 2)
        assert Ticket.objects.filter(subject="Order 0").exists()

    def test_a_line_that_drops_in_the_middle_costs_nothing(self, server, user, source):
        server.put(user, *mails(60))
        with Cutter(server.port) as cutter:
            MailSource.objects.update(port=cutter.port)
            cutter.after = 9_000
            said = fetch(source)
            assert "ended the connection" in said.error
            assert said.failing_since is not None
            for _ in range(60):
                MailSource.objects.update(due_at=timezone.now())
                if not fetch(source).error:
                    break
            assert cutter.cuts >= 3
            cutter.after = None
            FolderEntry.objects.update(due_at=timezone.now())  # the messages in which it dropped are tried again
            fetch(source)
        assert counts(source) == (60, 60, 60)

    def test_a_message_that_ends_every_line_is_found_out_and_passed_by(self, server, user, source):
        server.put(user, *mails(30))
        with Cutter(server.port) as cutter:
            MailSource.objects.update(port=cutter.port)
            cutter.when_said = b"FETCH 12 (BODY.PEEK[])"
            fetch(source)  # all at once: this one is fetched among others, and nothing happens
            assert counts(source) == (30, 30, 30)
            InboundEmail.objects.all().delete()
            MailFolder.objects.all().delete()
            cutter.when_said = b"12 (BODY.PEEK[])"
            MailSource.objects.update(failing_since=timezone.now())  # one by one from the beginning
            fetch(source)
            assert cutter.cuts == 1
            source = fetch(source)
            assert source.error == ""
            assert counts(source) == (30, 29, 29)
            assert "ended the connection" in FolderEntry.objects.get(inbound_email=None).problem
            FolderEntry.objects.update(due_at=timezone.now())
            assert fetch(source).error == ""  # everything else is done, so the source is well
            cutter.when_said = b""
            FolderEntry.objects.update(due_at=timezone.now())
            fetch(source)
        assert counts(source) == (30, 30, 30)

    def test_a_wrong_password_is_said_in_words_and_tried_more_and_more_rarely(self, source):
        MailSource.objects.update(password="wrong")
        source = fetch(source)
        assert "does not accept the user name or the password" in source.error
        assert "Authentication failed" in source.error
        assert timedelta(seconds=50) < source.due_at - timezone.now() < timedelta(minutes=2)
        MailSource.objects.update(failing_since=timezone.now() - timedelta(hours=5))
        source = fetch(source)
        assert timedelta(minutes=14) < source.due_at - timezone.now() < timedelta(minutes=16)
        MailSource.objects.update(password=PASSWORD)
        source = fetch(source)
        assert (source.error, source.failing_since) == ("", None)

    @pytest.mark.parametrize(
        "wiring, words",
        [
            ({"host": "imap.alborada.invalid"}, "There is no server named imap.alborada.invalid."),
            ({"port": 1}, "Nothing answers on port 1 of 127.0.0.1."),
            ({"security": "tls"}, "could not agree on encryption"),
            ({"security": "starttls"}, "offers no encryption"),
        ],
    )
    def test_what_is_wrong_is_said_in_words(self, source, wiring, words):
        MailSource.objects.update(**wiring)
        assert words in fetch(source).error
        assert InboundEmail.objects.count() == 0

    def test_a_missing_folder_of_sent_mail_keeps_no_mail_from_coming_in(self, server, user, source):
        MailSource.objects.update(sent_folder="Gesendet")
        server.put(user, *mails(2))
        source = fetch(source)
        assert "The folder Gesendet cannot be opened" in source.error
        assert InboundEmail.objects.count() == 2
        assert source.due_at < timezone.now() + timedelta(minutes=1)

    def test_a_source_that_somebody_fetches_is_left_to_them_until_they_are_gone(self, server, user, source):
        server.put(user, *mails(1))
        MailSource.objects.update(claimed_at=timezone.now() - timedelta(minutes=2))
        fetch(source)
        assert InboundEmail.objects.count() == 0
        MailSource.objects.update(claimed_at=timezone.now() - timedelta(minutes=4))
        fetch(source)
        assert InboundEmail.objects.count() == 1

    def test_a_mailbox_that_is_not_in_use_is_not_asked(self, source):
        assert list(MailSource.objects.due()) == [source]
        Mailbox.objects.update(is_active=False)
        assert list(MailSource.objects.due()) == []


class TestMoving:
    @pytest.fixture(autouse=True)
    def _moves(self, source: MailSource) -> None:
        MailSource.objects.update(after_reading="move", move_to="Done/Puente")

    def test_what_is_stored_is_moved_with_its_flags(self, server, user, source):
        server.put(user, *mails(3), flags=["\\Flagged"])
        fetch(source)
        assert server.state_of(user) == {}
        moved = server.state_of(user, "Done/Puente")
        assert len(moved) == 3
        assert all(b"\\Flagged" in flags and b"\\Seen" not in flags for flags, *_ in moved.values())
        assert counts(source) == (0, 0, 3)

    def test_killed_between_storing_and_moving_it_is_moved_the_next_time(self, server, user, source):
        server.put(user, *mails(3))
        MailSource.objects.update(after_reading="leave")
        fetch(source)  # as far as a fetcher got that was killed before it moved
        MailSource.objects.update(after_reading="move")
        server.put(user, *mails(1, start=3))
        fetch(source)
        assert server.state_of(user) == {}
        assert counts(source) == (0, 0, 4)

    def test_what_could_not_be_stored_stays_where_it_is(self, server, user, source, settings):
        settings.MAIL_SIZE_LIMIT = 20_000
        server.put(user, factories.a_mail(text="x " * 20_000), *mails(1))
        fetch(source)
        assert list(server.state_of(user)) == [1]
        assert counts(source) == (1, 0, 1)


class TestTheFolderOfSentMail:
    @pytest.fixture(autouse=True)
    def _is_read(self, source: MailSource) -> None:
        MailSource.objects.update(sent_folder="Sent")

    def answer(self, source: MailSource, **headers: str) -> bytes:
        """What an agent's mail program sent and kept a copy of."""
        return factories.a_mail(
            sender=f"Alborada <{source.mailbox.address}>", to="c0@example.com", in_reply_to="<order-0@example.com>",
            message_id="<answer@laptop>", text="It left on Monday.", **headers,
        )  # fmt: skip

    def test_an_answer_found_there_is_in_the_ticket(self, server, user, source):
        server.put(user, self.answer(source), folder="Sent", flags=["\\Seen"])
        server.put(user, *mails(1))
        before = server.state_of(user, "Sent")
        fetch(source)
        receiving.receive_waiting()
        ticket = Ticket.objects.get()
        assert ticket.messages.get(author="agent").text.strip() == "It left on Monday."
        assert ticket.has_public_reply
        assert counts(source) == (2, 2, 2)
        assert server.state_of(user, "Sent") == before

    def test_with_ourselves_on_cc_it_is_ours_whichever_copy_is_read_first(self, server, user, source):
        """Of a mail that comes in under our own name nobody can tell who wrote it. Its copy in our folder can."""
        copy = self.answer(source, cc=source.mailbox.address)
        server.put(user, *mails(1), copy)
        fetch(source)
        receiving.receive_waiting()
        assert InboundEmail.objects.get(rfc_id="answer@laptop").state == "held"
        server.put(user, copy, folder="Sent")
        fetch(source)
        receiving.receive_waiting()
        assert Ticket.objects.get().messages.filter(author="agent").count() == 1
        assert counts(source) == (3, 3, 2)

    def test_it_is_never_moved(self, server, user, source):
        MailSource.objects.update(after_reading="move", move_to="Done")
        server.put(user, self.answer(source), folder="Sent")
        fetch(source)
        assert len(server.state_of(user, "Sent")) == 1

    def test_it_is_counted_no_more_when_nobody_wants_it_read(self, server, user, source):
        server.put(user, self.answer(source), folder="Sent")
        fetch(source)
        MailSource.objects.update(sent_folder="")
        fetch(source)
        assert counts(source) == (0, 0, 1)


class TestTheServersBell:
    @pytest.mark.django_db(transaction=True)
    @pytest.mark.race
    @pytest.mark.skipif("connection.vendor != 'postgresql'", reason="a thread of its own cannot see SQLite in memory")
    def test_mail_is_fetched_when_the_server_rings_and_everything_ends_when_told(self, server, user, source):
        watches = idling.Watches()
        watches.start()
        try:
            server.put(user, *mails(1))
            _until(lambda: InboundEmail.objects.count() == 1, "the first mail")
            server.put(user, *mails(1, start=1))
            _until(lambda: InboundEmail.objects.count() == 2, "a mail while the server was being listened to")
            watch = watches.watches[source.pk]
            assert watch.is_alive()
        finally:
            watches.stop()
        _until(lambda: not watch.is_alive() and not watches.is_alive(), "the end of both")


def _until(found: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 20
    while not found():
        assert time.monotonic() < end, f"Waited in vain for {what}"
        time.sleep(0.02)


class TestKilledAndTwice:
    pytestmark = [
        pytest.mark.race,
        pytest.mark.django_db(transaction=True),
        pytest.mark.skipif("connection.vendor != 'postgresql'", reason="two processes need PostgreSQL"),
    ]

    def test_two_fetchers_at_once_store_each_mail_once(self, server, user, source):
        server.put(user, *mails(60))
        sources = [MailSource.objects.get(pk=source.pk) for _ in range(2)]
        for each in sources:
            each.claim = lambda: True  # as if a claim had ended while its holder was still alive
            each.keep_claim = lambda: True
        workers = [threading.Thread(target=_fetch_in_thread, args=(each,)) for each in sources]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        assert counts(source) == (60, 60, 60)
        assert FolderEntry.objects.count() == 60

    @pytest.mark.parametrize("n", [pytest.param(500, marks=pytest.mark.long), 120])
    def test_a_fetcher_killed_ten_times_stores_each_mail_once(self, server, user, source, n):
        draw = random.Random(20261122)
        generated = mails(n)
        server.put(user, *generated)
        for kill in range(10):
            child = _fetch_in_child(source)
            goal = (kill + 1) * n // 12
            _until(lambda goal=goal: InboundEmail.objects.count() >= goal, f"{goal} mails")
            time.sleep(draw.random() / 200)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            MailSource.objects.update(claimed_at=timezone.now() - timedelta(minutes=4))  # a while goes by
        fetch(source)
        found = Counter(InboundEmail.objects.values_list("rfc_id", flat=True))
        assert found == Counter(f"order-{i}@example.com" for i in range(n))
        assert counts(source) == (n, n, n)


def _fetch_in_thread(source: MailSource) -> None:
    try:
        fetching.fetch(source)
    finally:
        connections.close_all()


def _fetch_in_child(source: MailSource) -> int:
    """A process that fetches, slowly enough to be killed in the middle."""
    connections.close_all()
    child = os.fork()
    if child:
        return child
    with contextlib.suppress(BaseException):
        fetching.FETCHED_AT_ONCE = 7
        fetching.fetch(MailSource.objects.get(pk=source.pk))
    os._exit(0)


assert connection  # named in the skip conditions above
