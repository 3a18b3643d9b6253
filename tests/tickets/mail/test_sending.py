"""Mail leaves the house: every state a row can take, a real mail server that misbehaves, a process that is killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from helpdesk.people.models import CustomerAddress
from tests import factories
from tests.mail_servers import PASSWORD, MailServer, outside_address, write_certificate
from tickets.mail import composing, posting, sending
from tickets.models import Delivery, EventKind, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]

State = Delivery.State


@pytest.fixture
def delivery(ticket, ana) -> Delivery:
    return ticket.reply(by=ana, text="It is mended.").deliveries.get()


def put(delivery: Delivery, state: str, **fields: object) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(state=state, **fields)
    delivery.refresh_from_db()


# --- Again, and enough -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.FAILED, State.BOUNCED, State.DEFERRED])
def test_a_mail_that_did_not_arrive_can_be_sent_again_under_its_message_id(delivery, ana, state):
    rfc_id = delivery.rfc_id
    put(delivery, state, settled_at=timezone.now(), attempts=9)

    assert sending.resend(delivery, by=ana)
    assert not sending.resend(delivery, by=ana)

    assert sending.send(delivery)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.rfc_id, delivery.settled_at) == (State.SENT, rfc_id, None)
    event = delivery.ticket.events.get(kind=EventKind.RESENT)
    assert (event.actor, event.details) == (ana, {"address": "carla@example.com"})


@pytest.mark.parametrize("state", [State.PENDING, State.SENDING, State.SENT, State.CANCELLED])
def test_only_what_did_not_arrive_can_be_sent_again(delivery, ana, state):
    put(delivery, state)

    assert not sending.resend(delivery, by=ana)
    assert not sending.settle(delivery, by=ana)

    assert delivery.state == state


def test_sending_again_takes_the_mark_off_the_message(delivery, ana):
    put(delivery, State.BOUNCED)
    delivery.message.bounced_at = timezone.now()
    delivery.message.save()

    sending.resend(delivery, by=ana)

    delivery.message.refresh_from_db()
    assert delivery.message.bounced_at is None


@pytest.mark.parametrize("state", [State.FAILED, State.BOUNCED])
def test_a_failed_mail_that_needs_nothing_leaves_the_list(delivery, ana, state):
    put(delivery, state)

    assert sending.settle(delivery, by=ana)
    assert not sending.settle(delivery, by=ana)

    assert not Delivery.objects.undelivered().exists()
    assert (delivery.state, delivery.settled_at is None) == (state, False)


def test_a_mail_still_tried_that_needs_nothing_is_given_up(delivery, ana):
    put(delivery, State.DEFERRED)

    assert sending.settle(delivery, by=ana)

    assert delivery.state == State.FAILED
    assert not Delivery.objects.undelivered().exists()
    assert delivery.ticket.events.get(kind=EventKind.UNDELIVERED).actor == ana


def test_what_did_not_arrive_is_listed_newest_first(ticket, ana):
    made = [ticket.reply(by=ana, text=f"Words {n}").deliveries.get() for n in range(7)]
    for delivery, state in zip(made, State.values, strict=True):
        put(delivery, state)

    listed = [delivery.state for delivery in Delivery.objects.undelivered()]

    assert listed == [State.BOUNCED, State.FAILED, State.DEFERRED]


def test_each_sees_the_mail_of_the_tickets_they_see(delivery, dora, support, installations, olu, ana, ben, gus):
    factories.a_ticket(dora, mailbox=support, team=installations).announce(kind="acknowledgement", text="Taken.")
    Delivery.objects.filter(pk=delivery.pk).update(state=State.FAILED)

    for user in (olu, ana, ben, gus):
        seen = set(Delivery.objects.visible_to(user).values_list("ticket_id", flat=True))
        theirs = set(Ticket.objects.visible_to(user).values_list("pk", flat=True))
        assert seen == theirs


# --- Words -----------------------------------------------------------------------------------------------------------


def test_the_screen_tells_waiting_from_queued_and_sent_from_delivered(ticket, ana):
    delivery = ticket.reply(by=ana, text="Wait a little.", undo_seconds=60).deliveries.get()
    assert delivery.word == "Waiting"

    put(delivery, State.PENDING, due_at=timezone.now())
    assert delivery.word == "Queued"

    put(delivery, State.SENT)
    assert delivery.word == "Sent"

    put(delivery, State.SENT, delivered_at=timezone.now())
    assert delivery.word == "Delivered"


# --- A real server ---------------------------------------------------------------------------------------------------


@pytest.fixture
def server(settings) -> Iterator[MailServer]:
    """The customers' mail server, to which everything goes."""
    with MailServer().running() as server:
        settings.SMTP_URL = server.url
        yield server


def test_a_mail_that_is_taken_is_sent_with_the_servers_words(delivery, server):
    assert sending.send(delivery)
    assert not sending.send(delivery)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.answer) == (State.SENT, "250 2.0.0 Taken as 17")
    assert [to for to, _raw in server.mails] == ["carla@example.com"]
    assert server.message_ids() == [delivery.rfc_id]


@pytest.mark.parametrize("step", ["at_mail", "at_rcpt", "at_data"])
def test_a_temporary_no_is_tried_again_later_under_the_same_message_id(delivery, server, step):
    setattr(server, step, "451 4.3.0 Later, please")

    assert not sending.send(delivery)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.answer) == (State.DEFERRED, "451 4.3.0 Later, please")
    assert timedelta(seconds=30) < delivery.due_at - timezone.now() <= timedelta(minutes=1)
    assert not delivery.ticket.events.filter(kind=EventKind.UNDELIVERED).exists()

    setattr(server, step, "250 OK")
    put(delivery, State.DEFERRED, due_at=timezone.now())
    assert sending.send(delivery)
    assert server.message_ids() == [delivery.rfc_id]


@pytest.mark.parametrize("step", ["at_mail", "at_rcpt", "at_data"])
def test_a_permanent_no_stops_at_once_and_stands_in_the_ticket(delivery, server, step):
    setattr(server, step, "550 5.7.1 Not wanted here")

    assert not sending.send(delivery)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.answer) == (State.FAILED, "550 5.7.1 Not wanted here")
    event = delivery.ticket.events.get(kind=EventKind.UNDELIVERED)
    assert event.details == {"address": "carla@example.com", "why": "550 5.7.1 Not wanted here"}
    assert not CustomerAddress.objects.filter(bounced_at__isnull=False).exists()


def test_an_address_that_does_not_exist_gets_no_more_automatic_mail(ticket, server):
    server.at_rcpt = "550 5.1.1 No such person"
    first = ticket.announce(kind="acknowledgement", text="Taken.").deliveries.get()
    second = ticket.announce(kind="acknowledgement", text="Taken again.").deliveries.get()
    sending.send(first)
    server.at_rcpt = "250 OK"

    assert not sending.send(second)

    second.refresh_from_db()
    assert (second.state, second.answer) == (State.FAILED, "An earlier mail to this address came back.")
    assert CustomerAddress.objects.get(address="carla@example.com").bounced_at
    assert server.mails == []


def test_what_an_agent_writes_is_tried_although_an_earlier_mail_came_back(delivery, server):
    CustomerAddress.objects.filter(address="carla@example.com").update(bounced_at=timezone.now())

    assert sending.send(delivery)


@pytest.mark.parametrize("moment", ["in data", "after data"])
def test_a_server_that_hangs_up_gets_the_same_mail_again(delivery, server, moment):
    server.hangs_up = moment

    assert not sending.send(delivery)
    delivery.refresh_from_db()
    assert delivery.state == State.DEFERRED

    server.hangs_up = ""
    put(delivery, State.DEFERRED, due_at=timezone.now())
    assert sending.send(delivery)
    # After the whole mail nobody can know whether it was taken: it comes twice, and is one mail to every program.
    assert server.message_ids() == [delivery.rfc_id] * (2 if moment == "after data" else 1)


def test_how_the_goodbye_goes_does_not_matter(delivery, server):
    server.at_quit = "421 4.4.2 I was gone already"

    assert sending.send(delivery)
    sending.send_due()

    assert server.message_ids() == [delivery.rfc_id]


def test_a_server_that_never_comes_to_an_end_is_left_before_the_claim_is(delivery, server, monkeypatch):
    monkeypatch.setattr(posting, "ALL_TOGETHER", 0.2)
    server.drips = True

    assert not sending.send(delivery)

    delivery.refresh_from_db()
    assert delivery.state == State.DEFERRED
    assert server.mails == []


def test_no_server_is_no_reason_to_lose_a_mail(delivery, settings):
    settings.SMTP_URL = "smtp://127.0.0.1:1"

    assert not sending.send(delivery)

    delivery.refresh_from_db()
    assert delivery.state == State.DEFERRED
    assert delivery.answer == "Nothing answers on port 1 of 127.0.0.1."


def test_what_is_wrong_is_noted_in_the_language_of_the_mailbox(delivery, support, settings):
    settings.SMTP_URL = "smtp://127.0.0.1:1"
    type(support).objects.update(language="es")

    sending.send(delivery)

    delivery.refresh_from_db()
    assert delivery.answer == "Nada responde en el puerto 1 de 127.0.0.1."


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_refused_sign_in_is_ours_to_mend_and_costs_no_mail(delivery, settings):
    with MailServer(wants_sign_in=True).running() as server:
        settings.SMTP_URL = f"smtp://puente:wrong@127.0.0.1:{server.port}"
        assert not sending.send(delivery)
        delivery.refresh_from_db()
        assert delivery.state == State.DEFERRED
        assert delivery.answer.startswith("127.0.0.1 does not accept the user name or the password: 535")

        settings.SMTP_URL = f"smtp://puente:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{server.port}"
        put(delivery, State.DEFERRED, due_at=timezone.now())
        assert sending.send(delivery)


def test_a_recipient_whom_the_server_refuses_does_not_cost_the_others_their_mail(ticket, ana, server):
    message = ticket.reply(by=ana, text="To both.", cc=["bob@example.com"])
    server.at_rcpt = lambda address: "550 5.1.1 Unknown" if address.startswith("bob") else "250 OK"

    sending.send_due()

    states = dict(message.deliveries.values_list("address", "state"))
    assert states == {"carla@example.com": State.SENT, "bob@example.com": State.FAILED}


# --- Never in the clear ----------------------------------------------------------------------------------------------

OUTSIDE = outside_address()
needs_outside = pytest.mark.skipif(not OUTSIDE, reason="This machine has no address but loopback")


@needs_outside
def test_without_encryption_nothing_leaves_this_machine(delivery, settings, support):
    with MailServer(host=OUTSIDE).running() as server:
        settings.SMTP_URL = server.url
        assert not sending.send(delivery)
        delivery.refresh_from_db()
        assert (delivery.state, delivery.answer) == (
            State.DEFERRED,
            "The mail server offers no encryption, so nothing was sent.",
        )
        assert server.mails == []

        support.allows_plain_smtp = True
        support.save()
        put(delivery, State.DEFERRED, due_at=timezone.now())
        assert sending.send(Delivery.objects.get(pk=delivery.pk))


@needs_outside
@pytest.mark.parametrize("is_plain_allowed", [False, True])
@pytest.mark.parametrize("answer", ["454 4.7.0 Not available", "501 5.5.4 What?", "554 5.7.0 No"])
def test_a_server_that_offers_encryption_and_refuses_it_gets_nothing(
    delivery, settings, support, answer, is_plain_allowed
):
    support.allows_plain_smtp = is_plain_allowed
    support.save()
    with MailServer(host=OUTSIDE, at_starttls=answer).running() as server:
        settings.SMTP_URL = server.url
        assert not sending.send(delivery)

    delivery.refresh_from_db()
    assert delivery.state == State.DEFERRED
    assert server.mails == []


@needs_outside
def test_a_certificate_decides_who_the_server_is(delivery, settings, tmp_path, monkeypatch):
    certificate = write_certificate(OUTSIDE, to=tmp_path / "server.pem")
    with MailServer(host=OUTSIDE, certificate=certificate).running() as server:
        settings.SMTP_URL = server.url
        assert not sending.send(delivery)
        delivery.refresh_from_db()
        assert "certificate" in delivery.answer
        assert server.mails == []

        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        put(delivery, State.DEFERRED, due_at=timezone.now())
        assert sending.send(delivery)
        assert server.message_ids() == [delivery.rfc_id]


# --- For how long ----------------------------------------------------------------------------------------------------


def test_it_is_tried_for_two_days_each_time_later(delivery, server, time_machine):
    server.at_rcpt = "450 4.2.1 Mailbox busy"
    began = timezone.now()
    time_machine.move_to(began, tick=False)
    waits = []

    while not waits or delivery.state == State.DEFERRED:
        sending.send_due()
        delivery.refresh_from_db()
        waits.append(delivery.due_at - timezone.now())
        time_machine.move_to(delivery.due_at, tick=False)

    minutes = [round(wait.total_seconds() / 60) for wait in waits[:-1]]
    assert minutes[:9] == [1, 1, 2, 4, 8, 16, 32, 60, 60]
    assert set(minutes[9:]) == {60}
    assert timedelta(days=2) <= timezone.now() - began < timedelta(days=2, hours=1)
    assert delivery.state == State.FAILED
    assert delivery.answer == "450 4.2.1 Mailbox busy"
    assert delivery.ticket.events.filter(kind=EventKind.UNDELIVERED).count() == 1


def test_two_days_begin_with_the_first_attempt_and_anew_when_a_person_says_again(delivery, server, ana):
    server.at_rcpt = "450 4.2.1 Mailbox busy"
    put(delivery, State.PENDING, created_at=timezone.now() - timedelta(days=9))
    sending.send(delivery)
    put(delivery, State.FAILED, trying_since=timezone.now() - timedelta(days=3))

    sending.resend(delivery, by=ana)
    sending.send(delivery)

    delivery.refresh_from_db()
    assert delivery.state == State.DEFERRED


# --- Killed in the middle --------------------------------------------------------------------------------------------

SENDER = "import django; django.setup(); from tickets.mail import sending; sending.send_due()"


class House:
    """The tests' database, or on SQLite a copy of it in a file, and processes that send from it."""

    def __init__(self, folder: Path, server: MailServer) -> None:
        self.folder, self.server = folder, server
        self.file = folder / "copy.sqlite3" if connection.vendor == "sqlite" else None
        known = connection.settings_dict
        if self.file:
            with sqlite3.connect(self.file) as copy:
                connection.connection.backup(copy)
            self.url = f"sqlite:///{self.file}"
        else:
            who = f"{known['USER']}:{known['PASSWORD']}@{known['HOST']}:{known['PORT'] or 5432}"
            self.url = f"postgresql://{who}/{known['NAME']}"

    def sender(self) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ, "DATABASE_URL": self.url, "DATA_DIR": str(self.folder), "SMTP_URL": self.server.url,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        }  # fmt: skip
        return subprocess.Popen([sys.executable, "-c", SENDER], env=environment)

    def rows(self) -> list[tuple[object, ...]]:
        return self._do("SELECT state, attempts FROM tickets_delivery")

    def age_claims(self) -> None:
        long_ago = (timezone.now() - timedelta(minutes=3)).replace(tzinfo=None if self.file else UTC)
        self._do(f"UPDATE tickets_delivery SET claimed_at = '{long_ago.isoformat(' ')}'")

    def _do(self, sql: str) -> list[tuple[object, ...]]:
        if self.file:
            with sqlite3.connect(self.file) as database:
                return database.execute(sql).fetchall()
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moment", ["before the mail", "after the mail"])
def test_a_sender_killed_between_claim_and_result_loses_nothing_and_changes_no_message_id(
    delivery, server, tmp_path, moment
):
    house = House(tmp_path, server)
    first = house.sender()
    kill: Callable[[], None] = lambda: os.kill(first.pid, signal.SIGKILL)  # noqa: E731
    if moment == "after the mail":  # the server has it, the sender does not know yet
        server.is_thinking = kill
    else:
        server.at_rcpt = lambda _address: kill() or "250 OK"
    first.wait(timeout=60)
    server.is_thinking, server.at_rcpt = None, "250 OK"

    assert first.returncode == -signal.SIGKILL
    assert house.rows() == [("sending", 1)]

    # Its claim still holds: whoever looks now leaves the mail alone.
    assert house.sender().wait(timeout=60) == 0
    assert len(server.mails) == (moment == "after the mail")

    house.age_claims()
    assert house.sender().wait(timeout=60) == 0

    assert house.rows() == [("sent", 2)]
    assert set(server.message_ids()) == {delivery.rfc_id}
    assert len(server.mails) == 1 + (moment == "after the mail")


def test_whoever_was_silent_for_too_long_has_nothing_more_to_say(delivery, monkeypatch):
    """The claim ended while the server thought, and somebody else has the mail now."""
    later = timezone.now() + timedelta(seconds=1)

    def another_takes_it(*_: object, **__: object) -> list[posting.Result]:
        Delivery.objects.filter(pk=delivery.pk).update(claimed_at=later)
        return [posting.Never("550 No")]

    monkeypatch.setattr(sending, "post_to_all", another_takes_it)
    sending.send(delivery)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.claimed_at) == (State.SENDING, later)


def test_a_mail_that_cannot_be_composed_does_not_stop_the_others(ticket, ana, server, monkeypatch):
    broken, good = (ticket.reply(by=ana, text=text).deliveries.get() for text in ("First", "Second"))
    compose = composing.compose

    def stumble(delivery: Delivery) -> object:
        if delivery.pk == broken.pk:
            raise RuntimeError("a template is gone")
        return compose(delivery)

    monkeypatch.setattr(composing, "compose", stumble)

    sending.send_due()

    broken.refresh_from_db()
    good.refresh_from_db()
    assert (broken.state, good.state) == (State.DEFERRED, State.SENT)
    assert broken.answer == "RuntimeError: a template is gone"
