"""The books of a mailbox, and the alarms that ring when they do not balance."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from helpdesk.people.models import Team, User
from tests import factories
from tickets.mail import ledger, receiving, storing
from tickets.models import FolderEntry, InboundEmail, MailAlarm, Mailbox, MailFolder, MailSource

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]

MINUTE = timedelta(minutes=1)


@pytest.fixture
def source(support: Mailbox) -> MailSource:
    """A source that was fetched a moment ago."""
    return MailSource.objects.create(
        mailbox=support, host="imap.alborada.example", username=support.address, fetched_at=timezone.now()
    )


@pytest.fixture
def inbox(source: MailSource) -> MailFolder:
    return MailFolder.objects.create(source=source, name="INBOX", uid_validity=1, counted_at=timezone.now())


def line(inbox: MailFolder, uid: int, *, stored: bool = True, **fields: object) -> FolderEntry:
    """A mail on the server, stored here or not."""
    inbound = None
    if stored:
        raw = factories.a_mail(message_id=f"<{uid}@example.com>", subject=f"Order {uid}")
        inbound, _new = storing.store(raw, mailbox=inbox.source.mailbox, source="imap")
    MailFolder.objects.filter(pk=inbox.pk).update(on_server=uid)
    return FolderEntry.objects.create(folder=inbox, uid=uid, inbound_email=inbound, **fields)


def alarms(now: datetime | None = None) -> dict[str, str]:
    ledger.check(now=now)
    return dict(MailAlarm.objects.open().values_list("kind", "words"))


class TestTheBalance:
    def test_every_stored_mail_is_in_exactly_one_figure(self, support, deliver, olu):
        deliver(factories.a_mail(message_id="<1@e.example>"))
        deliver(factories.a_mail(message_id="<2@e.example>", in_reply_to="<1@e.example>"))
        deliver(factories.a_mail(subject="Out of office", auto_submitted="auto-replied"))
        deliver(factories.a_mail(subject="Out of office", auto_submitted="auto-replied", text="Until Monday"))
        deliver("dsn_bounce.eml")
        deliver(factories.a_mail(sender=support.address))
        receiving.discard(deliver(factories.a_mail(sender=support.address, text="x")), by=olu, reason="A test")
        storing.store(factories.a_mail(text="waits"), mailbox=support, source="webhook")
        InboundEmail.objects.create(mailbox=support, key="u", raw=b"?", size=1, state="unreadable", source="pipe")
        InboundEmail.objects.create(mailbox=support, key="s", raw=b"?", size=1, state="spam", source="pipe")

        balance = ledger.balance(support)
        assert balance.stored == 10
        assert balance.messages == 2
        (away, twice), *others = balance.ignored
        assert "away" in away
        assert twice == 2
        assert others == [("A mail of ours that came back", 1), ("Discarded by one of us", 1)]
        assert (balance.held, balance.spam, balance.unreadable, balance.waiting) == (1, 1, 1, 1)
        assert balance.stored == (
            balance.messages + balance.ignored_in_all + balance.held + balance.spam + balance.unreadable
            + balance.waiting
        )  # fmt: skip
        assert dict(balance.by_way_in) == {"Our mail server": 7, "Piped in": 2, "Mail service": 1}

    def test_a_mailbox_without_a_server_of_its_own_differs_by_nothing(self, support, deliver):
        deliver(factories.a_mail())
        balance = ledger.balance(support)
        assert (balance.on_server, balance.difference, balance.missing) == (0, 0, 0)

    def test_what_the_server_holds_and_is_not_here_is_missing(self, inbox, support):
        line(inbox, 1)
        line(inbox, 2, stored=False, problem="Too large")
        line(inbox, 3, is_gone=True)
        MailFolder.objects.update(on_server=4)  # and two that were not listed yet
        balance = ledger.balance(support)
        assert (balance.on_server, balance.here, balance.difference, balance.missing) == (4, 1, 3, 3)
        assert balance.stored == 2

    def test_an_old_numbering_is_history_and_counts_no_more(self, inbox, support):
        line(inbox, 1)
        MailFolder.objects.update(ended_at=timezone.now())
        assert ledger.balance(support).on_server == 0

    def test_all_mailboxes_cost_as_many_queries_as_one(self, inbox, support, django_assert_num_queries):
        line(inbox, 1)
        more = [Mailbox.objects.create(address=f"m{n}@alborada.example", name="M") for n in range(5)]
        for mailbox in more:
            source = MailSource.objects.create(mailbox=mailbox, host="imap.alborada.example", username="m")
            MailFolder.objects.create(source=source, name="INBOX", uid_validity=1)
        with django_assert_num_queries(6):
            ledger.balance(support)
        with django_assert_num_queries(6):
            assert [balance.mailbox for balance in ledger.balances([support, *more])] == [support, *more]


class TestAlarms:
    def test_nothing_is_wrong(self, inbox):
        line(inbox, 1)
        InboundEmail.objects.update(state="processed")
        assert alarms() == {}

    def test_mail_that_is_missing_for_a_while(self, inbox, support):
        line(inbox, 1, stored=False, problem="The server lists this mail and does not hand it out.")
        assert alarms() == {}
        MailSource.objects.update(fetched_at=timezone.now() + 11 * MINUTE)
        assert alarms(timezone.now() + 11 * MINUTE) == {
            "difference": "1 mail on the server is not here. The server lists this mail and does not hand it out."
        }
        FolderEntry.objects.update(is_gone=True)
        MailFolder.objects.update(on_server=0)
        assert alarms(timezone.now() + 12 * MINUTE) == {}
        assert MailAlarm.objects.get().ended_at is not None

    def test_a_long_import_is_no_alarm_while_it_goes_on(self, inbox):
        InboundEmail.objects.update(state="processed")
        line(inbox, 1, seen_at=timezone.now() - 30 * MINUTE)
        latest = line(inbox, 2)
        InboundEmail.objects.update(state="processed")
        MailFolder.objects.update(on_server=1_000_000, created_at=timezone.now() - 60 * MINUTE)
        assert alarms() == {}
        FolderEntry.objects.filter(pk=latest.pk).update(seen_at=timezone.now() - 11 * MINUTE)
        assert "The server counts 1000000 mails in INBOX, here are 2 of them." in alarms()["difference"]

    def test_a_server_that_was_silent_too_long(self, source):
        MailSource.objects.update(
            fetched_at=timezone.now() - 20 * MINUTE, failing_since=timezone.now() - 19 * MINUTE, error="Wrong password."
        )
        assert alarms() == {"silent": "Nothing could be fetched for 20 minutes. Wrong password."}
        MailSource.objects.update(fetched_at=timezone.now(), failing_since=None, error="")
        assert alarms() == {}

    def test_a_source_that_nobody_ever_asked(self, source):
        MailSource.objects.update(fetched_at=None, due_at=timezone.now() - 16 * MINUTE)
        assert "16 minutes" in alarms()["silent"]

    def test_stored_mail_that_nobody_reads(self, support):
        storing.store(factories.a_mail(), mailbox=support, source="smtp")
        assert alarms() == {}
        assert alarms(timezone.now() + 12 * MINUTE) == {
            "unread": "1 stored mail has not been read for 12 minutes. Is a worker running?"
        }
        receiving.receive_waiting()
        assert alarms(timezone.now() + 13 * MINUTE) == {}

    def test_one_alarm_lasts_and_keeps_when_it_began(self, source):
        MailSource.objects.update(fetched_at=timezone.now() - 20 * MINUTE)
        alarms()
        began_at = MailAlarm.objects.get().began_at
        assert "25 minutes" in alarms(timezone.now() + 5 * MINUTE)["silent"]
        assert MailAlarm.objects.get().began_at == began_at

    def test_one_that_comes_back_is_a_new_one(self, source):
        for fetched_at in (20 * MINUTE, 0 * MINUTE, 20 * MINUTE):
            MailSource.objects.update(fetched_at=timezone.now() - fetched_at)
            alarms()
        assert MailAlarm.objects.count() == 2
        assert MailAlarm.objects.open().count() == 1

    def test_a_mailbox_that_is_not_in_use_rings_no_alarm(self, source, support):
        MailSource.objects.update(fetched_at=timezone.now() - 20 * MINUTE)
        assert alarms()
        Mailbox.objects.update(is_active=False)
        assert alarms() == {}

    def test_alarms_are_seen_by_whoever_looks_after_that_mailbox(self, source, lea, mia, ana, ben, installations):
        MailSource.objects.update(fetched_at=timezone.now() - 20 * MINUTE)
        alarms()

        def sees(user: User) -> bool:
            return MailAlarm.objects.visible_to(user).exists()

        assert [sees(user) for user in (mia, lea, ana)] == [True, True, False]
        Mailbox.objects.update(team=Team.objects.get(pk=installations.pk))
        assert not sees(lea)
