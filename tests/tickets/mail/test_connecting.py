"""Connecting an account that holds mail already: what is fetched of it, what stays there, and what is said about it."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from helpdesk.people.models import User
from tests import factories
from tests.cast import Cast
from tests.tickets.mail.imap_server import PASSWORD, ImapServer
from tickets.mail import configuring, fetching, ledger, receiving
from tickets.models import Delivery, FolderEntry, InboundEmail, MailAlarm, Mailbox, MailFolder, MailSource, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]
Browser = Callable[[User], Client]

_users = itertools.count(1)


@pytest.fixture
def user() -> str:
    """Somebody whose mailbox on the server is empty."""
    return f"old{next(_users)}@alborada.example"


@pytest.fixture
def form(server: ImapServer, user: str, support: Mailbox) -> dict[str, str]:
    """What is posted to connect the account, for the mail that arrives from now on."""
    return {
        "address": support.address, "name": "Alborada", "language": "en", "is_active": "on", "way_in": "imap",
        "host": "127.0.0.1", "port": str(server.port), "security": "none", "username": user, "sign_in": "password",
        "password": PASSWORD, "which_mail": "new", "after_reading": "leave", "uses_idle": "on",
    }  # fmt: skip


@pytest.fixture
def save(as_user: Browser, cast: Cast, form: dict[str, str]) -> Callable[..., str]:
    """Save the form, with these values in it; returns the page that follows."""
    client = as_user(cast.olu)

    def _save(**values: str) -> str:
        answer = client.post(f"/settings/mailboxes/{cast.support.pk}/", form | values, follow=True)
        return answer.content.decode()

    return _save


def mails(n: int, *, start: int = 0) -> list[bytes]:
    return [
        factories.a_mail(subject=f"Order {i}", message_id=f"<order-{i}@example.com>") for i in range(start, start + n)
    ]


def fetch() -> MailSource:
    while fetching.fetch(MailSource.objects.get()):
        pass
    return MailSource.objects.get()


def books() -> tuple[int, int, int, int]:
    """(on the server, here, was there before, difference)"""
    found = ledger.balance(Mailbox.objects.get())
    return found.on_server, found.here, found.before, found.difference


def arrived() -> set[str]:
    return set(InboundEmail.objects.values_list("rfc_id", flat=True))


def orders(*numbers: int) -> set[str]:
    return {f"order-{number}@example.com" for number in numbers}


class TestOnlyWhatArrivesFromNowOn:
    def test_what_lies_there_stays_and_what_comes_is_fetched(self, server, user, save):
        server.put(user, *mails(3))
        before = server.state_of(user)

        page = save()
        assert "INBOX holds 3 mails. 3 were there before: they stay there and are not fetched." in page
        server.put(user, *mails(2, start=3))
        assert fetch().error == ""

        assert arrived() == orders(3, 4)
        assert books() == (5, 2, 3, 0)
        assert {uid: said for uid, said in server.state_of(user).items() if uid <= 3} == before
        receiving.receive_waiting()
        assert set(Ticket.objects.values_list("subject", flat=True)) == {"Order 3", "Order 4"}

    def test_mail_that_comes_between_the_connecting_and_the_first_turn_is_new(self, server, user, save):
        server.put(user, *mails(1))
        save()
        server.put(user, *mails(1, start=1))  # in the same second, as like as not
        fetch()
        assert arrived() == orders(1)

    def test_the_form_proposes_everything(self, as_user, cast):
        page = as_user(cast.olu).get("/settings/mailboxes/new/").content.decode()
        assert re.search(r'name="which_mail" value="all"[^>]* checked', page)

    def test_saved_again_nothing_begins_anew(self, server, user, save):
        server.put(user, *mails(2))
        save()
        server.put(user, *mails(1, start=2))
        fetch()
        connected_at = MailSource.objects.get().connected_at
        server.put(user, *mails(1, start=3))

        page = save(password="")

        assert "is saved.<" in re.sub(r"\s+<", "<", page)  # and nothing is said of what lies there
        assert MailSource.objects.get().connected_at == connected_at
        fetch()
        assert arrived() == orders(2, 3)
        assert books() == (4, 2, 2, 0)

    def test_new_numbers_bring_in_nothing_of_the_old_and_nothing_twice(self, server, user, save):
        server.put(user, *mails(3))
        save()
        MailSource.objects.update(connected_at=timezone.now() + timedelta(seconds=1))  # the server counts in seconds
        _wait_until(MailSource.objects.get().connected_at + timedelta(seconds=1))
        server.put(user, *mails(2, start=3))
        fetch()
        server.renumber(user)
        server.put(user, *mails(1, start=5))
        fetch()
        fetch()

        assert arrived() == orders(3, 4, 5)
        assert books() == (6, 3, 3, 0)
        assert InboundEmail.objects.count() == 3

    def test_a_server_that_could_not_be_asked_at_first_is_believed_by_its_dates(self, server, user, save):
        server.put(user, *mails(2))
        page = save(port="1")
        assert "Nothing answers on port 1" in page
        MailSource.objects.update(port=server.port, connected_at=timezone.now() + timedelta(seconds=1))
        _wait_until(MailSource.objects.get().connected_at + timedelta(seconds=1))
        server.put(user, *mails(1, start=2))
        fetch()
        assert arrived() == orders(2)
        assert books() == (3, 1, 2, 0)
        server.put(user, *mails(1, start=3))
        fetch()
        assert arrived() == orders(2, 3)

    def test_as_long_as_nobody_could_look_the_connecting_is_the_latest_change(self, server, user, save):
        save(port="1")
        MailSource.objects.update(connected_at=timezone.now() - timedelta(days=3))
        server.put(user, *mails(2))

        page = save(password=PASSWORD)

        assert "2 were there before" in page
        fetch()
        assert arrived() == set()

    def test_a_mail_moved_into_the_inbox_later_is_fetched_however_old_it_is(self, server, user, save):
        server.put(user, *mails(1))
        save()
        fetch()
        with server.signed_in(user) as client:
            client.append("INBOX", mails(1, start=1)[0], msg_time=timezone.now() - timedelta(days=90))
        fetch()
        assert arrived() == orders(1)

    def test_mail_sent_before_stays_in_its_folder_too(self, server, user, save):
        server.put(user, *mails(2), folder="Sent")
        assert "Sent holds 2 mails. 2 were there before" in save(sent_folder="Sent")
        server.put(user, *mails(1, start=2), folder="Sent")
        fetch()
        assert arrived() == orders(2)
        assert books() == (3, 1, 2, 0)

    def test_what_stays_is_not_moved_away(self, server, user, save):
        server.put(user, *mails(2))
        save(after_reading="move", move_to="Done")
        server.put(user, *mails(1, start=2))
        fetch()
        assert sorted(server.state_of(user)) == [1, 2]
        assert books() == (2, 0, 2, 0)

    def test_it_is_no_alarm_and_the_ledger_names_it(self, server, user, save, as_user, cast):
        server.put(user, *mails(3))
        save()
        fetch()
        FolderEntry.objects.update(seen_at=timezone.now() - timedelta(hours=1))
        MailFolder.objects.update(created_at=timezone.now() - timedelta(hours=1))

        assert ledger.check() == 0

        page = as_user(cast.olu).get("/mail/ledger/").content.decode()
        assert "<dt>Was there before it was connected</dt><dd>3</dd>" in page
        assert 'class="zero"' in page
        page = as_user(cast.olu).get(f"/mail/ledger/{cast.support.pk}/missing/").content.decode()
        assert "3 were there before it was connected, and are not fetched." in page
        assert "Every mail on the server is here, or is known to stay there." in page

    def test_what_is_deleted_there_counts_no_more(self, server, user, save):
        server.put(user, *mails(3))
        save()
        fetch()
        with server.signed_in(user) as client:
            client.select_folder("INBOX")
            client.delete_messages([2])
            client.expunge()
        fetch()
        assert books() == (2, 0, 2, 0)

    def test_another_account_begins_at_its_own_moment(self, server, user, save):
        save()
        server.put(user, *mails(1))
        fetch()
        other = f"other-{user}"
        server.put(other, *mails(2, start=1))

        page = save(username=other, password=PASSWORD)

        assert "2 were there before" in page
        server.put(other, *mails(1, start=3))
        fetch()
        assert arrived() == orders(0, 3)
        assert books() == (3, 1, 2, 0)


class TestEverything:
    def test_all_of_it_is_fetched_and_the_page_says_so_before(self, server, user, save):
        server.put(user, *mails(3))
        page = save(which_mail="all")
        assert "INBOX holds 3 mails. 3 are not here yet and are fetched now." in page
        fetch()
        assert books() == (3, 3, 0, 0)

    def test_what_lay_there_is_known_as_that(self, server, user, save):
        server.put(user, *mails(2))
        save(which_mail="all")
        server.put(user, *mails(1, start=2))
        fetch()
        lay_there = FolderEntry.objects.filter(was_there=True).values_list("inbound_email__rfc_id", flat=True)
        assert set(lay_there) == orders(0, 1)

    def test_what_lay_there_is_not_acknowledged_however_young_it_is(self, server, user, save):
        today = b"Date: " + format_datetime(timezone.now()).encode() + b"\n"
        server.put(user, *[today + mail for mail in mails(2)])
        save(which_mail="all")
        fetch()
        server.put(user, *[today + mail for mail in mails(1, start=2)])
        fetch()
        receiving.receive_waiting()
        assert Ticket.objects.count() == 3
        told = Delivery.objects.filter(kind="acknowledgement").values_list("ticket__subject", flat=True)
        assert list(told) == ["Order 2"]

    def test_whoever_wants_everything_later_gets_the_rest_and_nothing_twice(self, server, user, save):
        server.put(user, *mails(3))
        save()
        server.put(user, *mails(1, start=3))
        fetch()

        page = save(which_mail="all", password="")

        assert "INBOX holds 4 mails. 3 are not here yet and are fetched now." in page
        fetch()
        assert arrived() == orders(0, 1, 2, 3)
        assert InboundEmail.objects.count() == 4
        assert books() == (4, 4, 0, 0)
        assert FolderEntry.objects.filter(was_there=True).count() == 3

    def test_whoever_stops_it_in_the_middle_keeps_what_is_here_and_leaves_the_rest(
        self, server, user, save, monkeypatch
    ):
        monkeypatch.setattr(fetching, "LISTED_AT_ONCE", 5)
        server.put(user, *mails(12))
        save(which_mail="all")
        store = fetching.storing.store

        def store_until_somebody_stops_it(*args: Any, **values: Any) -> Any:
            if InboundEmail.objects.count() == 3:
                save(which_mail="new", password="")
            return store(*args, **values)

        monkeypatch.setattr(fetching.storing, "store", store_until_somebody_stops_it)
        fetch()
        server.put(user, *mails(1, start=12))
        fetch()

        on_server, here, before, difference = books()
        assert (on_server, difference) == (13, 0)
        assert here == 6  # what was on its way came in, and the new one
        assert before == 7
        assert "order-12@example.com" in arrived()


class TestWhatIsSaidAndDone:
    def test_the_test_says_what_lies_there(self, server, user, save, as_user, cast):
        server.put(user, *mails(2))

        page = save(then="test")

        assert "What lies there: works" in page
        assert "2 were there before: they stay there and are not fetched." in page
        fetch()
        page = as_user(cast.olu).post(f"/settings/mailboxes/{cast.support.pk}/testing/").content.decode()
        assert "2 were there before: they stay there and are not fetched." in page

    def test_a_test_that_works_ends_an_old_error_and_fetches_at_once(
        self, server, user, save, as_user, cast, django_capture_on_commit_callbacks, monkeypatch
    ):
        save()
        later = timezone.now() + timedelta(minutes=10)
        MailSource.objects.update(error="Wrong password", failing_since=timezone.now(), due_at=later)
        client = as_user(cast.olu)
        assert "Wrong password" in client.get(f"/settings/mailboxes/{cast.support.pk}/").content.decode()
        server.put(user, *mails(1))
        rung: list[dict[str, int]] = []
        monkeypatch.setattr("tickets.tasks.fetch_source.apply_async", lambda kwargs, **_: rung.append(kwargs))

        with django_capture_on_commit_callbacks(execute=True):
            page = client.post(f"/settings/mailboxes/{cast.support.pk}/testing/").content.decode()

        assert "Wrong password" not in page
        source = MailSource.objects.get()
        assert (source.error, source.failing_since) == ("", None)
        assert source.due_at < later
        assert rung == [{"source_id": source.pk}]

    def test_a_save_that_works_ends_it_as_well(self, server, user, save):
        save()
        MailSource.objects.update(error="Wrong password", failing_since=timezone.now())
        assert "Wrong password" not in save(password="")
        assert MailSource.objects.get().error == ""

    def test_one_that_does_not_work_leaves_it_and_says_what_is_wrong(self, server, user, save):
        save()
        MailSource.objects.update(error="An old error", failing_since=timezone.now(), password="wrong")
        page = save(password="")
        assert "does not accept the user name or the password" in page
        assert MailSource.objects.get().error == "An old error"

    def test_a_mailbox_that_is_not_in_use_is_asked_nothing(self, server, user, save, monkeypatch):
        monkeypatch.setattr(configuring, "connect", lambda _source: pytest.fail("It was asked"))
        save(is_active="")


class TestTooLarge:
    @pytest.fixture
    def large(self, server: ImapServer, user: str, save: Callable[..., str], settings: Any) -> FolderEntry:
        """A mail that is not taken, in a mailbox with another one."""
        settings.MAIL_SIZE_LIMIT = 20_000
        save()
        subject = "=?utf-8?q?Pl=C3=A4ne_of_the_roof?="
        raw = factories.a_mail(text="x " * 20_000, message_id="<large@example.com>", subject=subject,
                               sender="Carla <carla@example.com>")  # fmt: skip
        raw = b"Date: Fri, 20 Nov 2026 09:15:00 +0100\n" + raw
        server.put(user, raw, *mails(1))
        fetch()
        return FolderEntry.objects.missing().get()

    @pytest.fixture
    def missing(self, as_user: Browser, cast: Cast) -> Callable[..., str]:
        client = as_user(cast.lea)

        def _missing(query: str = "", **values: Any) -> str:
            path = f"/mail/ledger/{cast.support.pk}/missing/{query}"
            answer = client.post(path, values, follow=True) if values else client.get(path)
            return answer.content.decode()

        return _missing

    def test_the_page_says_which_mail_it_is_and_what_to_change(self, large, missing):
        assert (large.sender, large.subject) == ("carla@example.com", "Pläne of the roof")
        assert large.written_at == datetime(2026, 11, 20, 8, 15, tzinfo=UTC)
        assert large.size > 20_000
        page = missing()
        assert "2026-11-20T09:15" in page
        assert "Pläne of the roof" in page
        assert "carla@example.com" in page
        assert "no more than 19.5\xa0KB are taken" in page
        assert "MAIL_SIZE_LIMIT" in page

    def test_with_a_higher_limit_it_is_fetched_at_the_next_turn(self, large, settings):
        settings.MAIL_SIZE_LIMIT = 30_000_000
        fetch()
        assert FolderEntry.objects.missing().count() == 0
        assert books()[3] == 0

    def test_it_needs_nothing_settles_it_and_ends_the_alarm(self, large, missing, cast, as_user):
        MailSource.objects.update(fetched_at=timezone.now() + timedelta(minutes=11))
        ledger.check(now=timezone.now() + timedelta(minutes=11))
        FolderEntry.objects.update(seen_at=timezone.now() - timedelta(minutes=11))
        receiving.receive_waiting()
        assert MailAlarm.objects.open().filter(kind="difference").exists()

        page = missing(entry=large.pk, reason="She sent them on a stick.")

        assert "Settled. The ledger counts it as that." in page
        assert "Nothing is missing" in page
        assert not MailAlarm.objects.open().exists()
        balance = ledger.balance(cast.support)
        assert (balance.on_server, balance.here, balance.settled, balance.difference) == (2, 1, 1, 0)
        listed = missing("?show=settled")
        assert "She sent them on a stick." in listed
        assert "Pläne of the roof" in listed
        assert str(cast.lea) in listed
        books_page = as_user(cast.lea).get("/mail/ledger/").content.decode()
        assert "Settled: it needs nothing</a></dt><dd>1</dd>" in books_page
        fetch()
        assert ledger.balance(cast.support).settled == 1

    def test_twice_is_once_and_it_can_be_taken_back(self, large, missing, cast):
        missing(entry=large.pk, reason="First")
        missing(entry=large.pk, reason="Second")
        large.refresh_from_db()
        assert (large.reason, large.settled_by) == ("First", cast.lea)
        assert "Back in the list." in missing(entry=large.pk, back="1")
        assert FolderEntry.objects.missing().get() == large
        assert ledger.balance(cast.support).difference == 1

    def test_it_is_refused_without_a_reason(self, large, missing):
        assert "Say why it needs nothing." in missing(entry=large.pk, reason="  ")
        assert FolderEntry.objects.missing().exists()

    @pytest.mark.parametrize("entry", ["", "x", "²", "0", "999999"])
    def test_what_is_not_there_cannot_be_settled(self, large, missing, entry):
        missing(entry=entry, reason="So")
        assert FolderEntry.objects.missing().count() == 1

    def test_it_is_nobodys_who_does_not_look_after_that_mailbox(self, large, as_user, cast):
        path = f"/mail/ledger/{cast.support.pk}/missing/"
        Mailbox.objects.filter(pk=cast.support.pk).update(team=cast.installations)
        for who, status in ((cast.lea, 404), (cast.ana, 403)):
            answer = as_user(who).post(path, {"entry": large.pk, "reason": "So"})
            assert answer.status_code == status
        assert FolderEntry.objects.missing().count() == 1

    def test_settled_it_stays_settled_under_new_numbers(self, large, missing, server, user, cast):
        missing(entry=large.pk, reason="She sent them on a stick.")
        MailSource.objects.update(which_mail="all")  # else it may be too old by a second
        server.renumber(user)
        fetch()
        settled = FolderEntry.objects.settled().get(folder__ended_at=None)
        assert (settled.reason, settled.settled_by) == ("She sent them on a stick.", cast.lea)
        assert books()[3] == 0

    def test_a_server_that_gives_no_header_costs_nothing_but_the_names(self, server, user, save, settings, monkeypatch):
        from tickets.mail import imap

        def refuse(_line: object, _uids: object) -> None:
            raise imap.ServerTrouble("No")

        monkeypatch.setattr(imap.Line, "heads", refuse)
        settings.MAIL_SIZE_LIMIT = 20_000
        save()
        server.put(user, factories.a_mail(text="x " * 20_000), *mails(1))
        assert fetch().error == ""
        assert FolderEntry.objects.missing().get().subject == ""
        assert arrived() == orders(0)

    def test_no_more_than_a_few_kilobytes_of_a_header_are_asked_for(self, server, user, save, settings):
        settings.MAIL_SIZE_LIMIT = 20_000
        save()
        endless = b"Subject: " + b"word " * 20_000 + b"\r\nFrom: carla@example.com\r\n\r\nHello\r\n"
        server.put(user, endless)
        fetch()
        entry = FolderEntry.objects.missing().get()
        assert entry.subject.startswith("word word")
        assert len(entry.subject) <= 255


class TestTheLinesAddUp:
    def test_a_mail_that_is_there_twice_has_a_line(self, server, user, save, as_user, cast):
        save(which_mail="all")
        server.put(user, *mails(3), *mails(2), *mails(1))
        fetch()

        balance = ledger.balance(cast.support)

        assert (balance.on_server, balance.here_once, balance.again, balance.stored) == (6, 3, 3, 3)
        page = as_user(cast.olu).get("/mail/ledger/").content.decode()
        assert "<dt>Of these here</dt><dd>3</dd>" in page
        assert "<dt>The same mail again</dt><dd>3</dd>" in page

    def test_every_line_together_is_what_the_server_holds(self, server, user, save, settings, olu, cast):
        settings.MAIL_SIZE_LIMIT = 20_000
        server.put(user, *mails(4))
        save()
        large = [factories.a_mail(text=f"{i} " * 20_000, message_id=f"<large-{i}@example.com>") for i in range(3)]
        server.put(user, *mails(3, start=4), *mails(1, start=4), *large)
        fetch()
        ledger.settle(FolderEntry.objects.missing().order_by("uid")[0], by=olu, reason="A test")

        balance = ledger.balance(cast.support)

        assert (balance.here_once, balance.again, balance.before, balance.settled, balance.difference) == (
            3,
            1,
            4,
            1,
            2,
        )
        assert balance.on_server == 11

    def test_a_copy_that_is_deleted_there_is_no_second_one_any_more(self, server, user, save, cast):
        save(which_mail="all")
        server.put(user, *mails(1), *mails(1))
        fetch()
        with server.signed_in(user) as client:
            client.select_folder("INBOX")
            client.delete_messages([1])
            client.expunge()
        fetch()
        balance = ledger.balance(cast.support)
        assert (balance.on_server, balance.here_once, balance.again) == (1, 1, 0)


def _wait_until(moment: datetime) -> None:
    time.sleep(max(0.0, (moment - timezone.now()).total_seconds()))
