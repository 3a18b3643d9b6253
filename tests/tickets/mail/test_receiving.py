from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest
from django.core.management import call_command
from django.utils import timezone

from helpdesk.common import tokens
from helpdesk.people.models import Customer
from tests import factories
from tickets.mail import identity, receiving, sending, storing
from tickets.models import Delivery, EventKind, InboundEmail, Mailbox, Message, OutboxEmail, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


@pytest.fixture
def answered(ticket, ana) -> Message:
    """Ana's reply in Carla's ticket."""
    return ticket.reply(by=ana, text="Which month?")


class TestThreading:
    def test_by_our_message_id(self, answered, deliver):
        inbound = deliver(factories.a_mail(subject="whatever", references=f"<x@y> <{answered.rfc_id}>"))
        assert inbound.ticket == answered.ticket

    def test_by_the_reply_address_even_in_cc(self, ticket, deliver, support):
        address = identity.reply_address(support.address, number=ticket.number)
        inbound = deliver(factories.a_mail(to="somebody@else.example", cc=address))
        assert inbound.ticket == ticket

    def test_by_the_customers_own_message_id(self, deliver, ticket):
        first = deliver(factories.a_mail(message_id="<first@example.com>", subject="Second matter"))
        again = deliver(factories.a_mail(message_id="<more@example.com>", in_reply_to="<first@example.com>"))
        assert again.ticket == first.ticket

    def test_the_number_in_a_subject_counts_for_those_who_take_part_only(self, ticket, deliver, dora):
        subject = f"Re: bill [#{ticket.number}]"
        assert deliver(factories.a_mail(subject=subject)).ticket == ticket
        strange = deliver(factories.a_mail(subject=subject, sender="Dora <dora@example.org>"))
        assert strange.outcome == "ticket_created"
        assert strange.ticket != ticket

    def test_a_made_up_message_id_or_token_opens_nothing(self, ticket, deliver, support):
        forged = f"<m.{ticket.number}.1.{'0' * 16}@alborada.example>"
        local, _at, domain = support.address.partition("@")
        address = f"{local}+r{ticket.number}.{'0' * 16}@{domain}"
        mail = factories.a_mail(sender="Eve <eve@evil.example>", in_reply_to=forged, to=address)
        assert deliver(mail).ticket != ticket

    def test_somebody_else_who_answers_our_mail_joins_marked_and_becomes_nobody_else(self, answered, deliver, carla):
        inbound = deliver(
            factories.a_mail(sender="Husband <h@example.com>", in_reply_to=f"<{answered.rfc_id}>", text="March.")
        )
        assert inbound.ticket == answered.ticket
        assert inbound.message.is_from_stranger
        assert inbound.message.customer != carla
        carla.refresh_from_db()
        assert carla.name == "Carla Cruz"
        assert not Delivery.objects.filter(address="h@example.com").exists()

    def test_an_answer_to_a_closed_ticket_opens_one_that_continues_it(self, resolved_ticket, deliver):
        rfc_id = resolved_ticket.messages.get(author="agent").rfc_id
        resolved_ticket.close()
        inbound = deliver(factories.a_mail(in_reply_to=f"<{rfc_id}>", text="It is back."))
        assert inbound.outcome == "ticket_created"
        assert inbound.ticket.continues == resolved_ticket
        resolved_ticket.refresh_from_db()
        assert resolved_ticket.is_closed


class TestMachines:
    def test_an_out_of_office_answer_joins_and_changes_nothing(self, resolved_ticket, deliver, settle):
        rfc_id = resolved_ticket.messages.get(author="agent").rfc_id
        before = Delivery.objects.count()
        inbound = deliver(
            factories.a_mail(in_reply_to=f"<{rfc_id}>", subject="Out of office", auto_submitted="auto-replied")
        )
        resolved_ticket.refresh_from_db()
        assert inbound.outcome == "auto_reply"
        assert inbound.message.is_auto
        assert not resolved_ticket.is_open
        assert Delivery.objects.count() == before

    def test_an_automatic_mail_about_nothing_is_kept_and_can_be_made_a_ticket(self, deliver, support, lea):
        inbound = deliver(factories.a_mail(subject="Newsletter", precedence="bulk"))
        assert (inbound.outcome, inbound.ticket) == ("auto_reply", None)
        assert InboundEmail.objects.recoverable().get() == inbound
        receiving.retry(inbound, by=lea)
        inbound.refresh_from_db()
        assert inbound.ticket.subject == "Newsletter"
        assert not Delivery.objects.exists()  # and even then a machine is not answered

    def test_two_helpdesks_that_answer_each_other_stop(self, deliver, support):
        """The other one acknowledges our acknowledgement, without saying that it is a machine."""
        first = deliver(factories.a_mail(sender="Other <help@other.example>", subject="A question"))
        sending.send_due()
        for turn in range(4):
            ours = Delivery.objects.filter(kind="acknowledgement").latest("pk")
            deliver(
                factories.a_mail(
                    sender="Other <help@other.example>", subject="We have your mail", in_reply_to=f"<{ours.rfc_id}>",
                    text=f"Thank you, we will answer soon ({turn}).",
                )
            )  # fmt: skip
            sending.send_due()
        assert OutboxEmail.objects.count() == 1
        assert Ticket.objects.count() == 1
        assert first.ticket.messages.count() == 6

    def test_a_flood_of_one_mail_is_held_after_ten(self, deliver):
        outcomes = [
            deliver(factories.a_mail(subject="Alarm", text=f"Disk full {n}", message_id=f"<{n}@m.example>")).outcome
            for n in range(12)
        ]
        assert outcomes == ["ticket_created"] * 10 + ["held"] * 2
        assert Delivery.objects.filter(kind="acknowledgement").count() == 5

    def test_a_mail_that_says_it_is_from_us_is_held(self, deliver, support):
        assert deliver(factories.a_mail(sender=f"Us <{support.address}>")).outcome == "held"


class TestBounces:
    def test_a_bounce_stands_on_the_message_and_on_the_address(self, ticket, ana, deliver, carla):
        message = ticket.reply(by=ana, text="Which month?")
        sending.send_due()
        report = (
            "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: support@alborada.example\r\n"
            "Subject: Undelivered\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\nMIME-Version: 1.0\r\n\r\n'
            "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
            "Final-Recipient: rfc822; carla@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n"
            "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
            f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{message.rfc_id}>\r\n\r\n--b--\r\n"
        ).encode()
        inbound = deliver(report)
        assert (inbound.outcome, inbound.ticket) == ("bounce", ticket)
        assert message.deliveries.get().state == "bounced"
        assert carla.addresses.get().bounced_at
        assert ticket.events.filter(kind=EventKind.UNDELIVERED).count() == 1
        ticket.refresh_from_db()
        assert not ticket.messages.filter(text__contains="could not be delivered").exists()


class TestUnreadable:
    def test_it_is_kept_listed_retried_and_never_in_the_way(self, deliver, monkeypatch, lea):
        monkeypatch.setattr(receiving, "parse", _refuse)
        poisoned = deliver(factories.a_mail(subject="Poison", message_id="<p@example.com>"))
        assert (poisoned.state, poisoned.outcome) == ("unreadable", "unreadable")
        assert "on purpose" in poisoned.reason
        monkeypatch.undo()
        assert deliver(factories.a_mail(subject="The next one")).outcome == "ticket_created"
        receiving.retry(poisoned, by=lea)
        poisoned.refresh_from_db()
        assert poisoned.ticket.subject == "Poison"

    def test_a_mail_that_kills_its_reader_is_set_aside_after_three_attempts(self, support):
        inbound, _new = storing.store(factories.a_mail(), mailbox=support, source="smtp")
        InboundEmail.objects.filter(pk=inbound.pk).update(attempts=3)
        assert receiving.receive(inbound).state == "unreadable"
        assert receiving.receive_waiting() == 0

    def test_what_the_reader_did_not_expect_is_no_lost_mail(self, deliver, monkeypatch):
        monkeypatch.setattr(receiving.threading, "find", _break)
        inbound = deliver(factories.a_mail())
        assert inbound.state == "unreadable"
        assert not Ticket.objects.exists()
        assert not Customer.objects.by_address("new@example.com").exists()


def test_one_mail_to_two_of_our_addresses_is_one_ticket_that_names_both(deliver, support, cast):
    sales = Mailbox.objects.create(address="sales@alborada.example", name="Sales")
    raw = factories.a_mail(message_id="<both@example.com>", to="support@alborada.example, sales@alborada.example")
    first, second = deliver(raw), deliver(raw, mailbox=sales)
    assert second.outcome == "duplicate"
    assert Ticket.objects.count() == 1
    event = first.ticket.events.get(kind=EventKind.ALSO_ADDRESSED)
    assert event.details == {"address": "sales@alborada.example"}
    assert Delivery.objects.filter(kind="acknowledgement").count() == 1


def test_an_acknowledgement_repeats_nothing_that_was_typed(deliver, settle):
    deliver(factories.a_mail(sender="BUY CHEAP <victim@example.com>", subject="BUY CHEAP", text="BUY CHEAP"))
    settle()
    mail = OutboxEmail.objects.get(address="victim@example.com")
    assert b"BUY CHEAP" not in bytes(mail.raw)


def test_a_note_is_in_no_mail(ticket, ana, settle, deliver):
    ticket.add_note(by=ana, text="MARKER the customer is lying")
    ticket.reply(by=ana, text="We are looking into it.")
    settle()
    ticket.reply(by=ana, text="Found it.", then="resolved")
    settle()
    assert OutboxEmail.objects.count() >= 2
    assert not any(b"MARKER" in bytes(mail.raw) for mail in OutboxEmail.objects.all())


def test_a_token_of_one_ticket_is_no_token_of_another(ticket, support):
    address = identity.reply_address(support.address, number=ticket.number)
    assert identity.read_reply_address(address) == ticket.number
    assert identity.read_reply_address(address.replace(str(ticket.number), str(ticket.number + 1))) is None
    assert identity.read_message_id(f"m.{ticket.number}.2.{tokens.mac('message', ticket.number, 1)}@x") is None


def _refuse(*_args: object, **_kwargs: object) -> None:
    raise receiving.Unreadable("broken on purpose")


def _break(*_args: object, **_kwargs: object) -> None:
    raise ZeroDivisionError


@pytest.mark.django_db(transaction=True)
def test_receive_mail_prints_one_line_and_tells_an_mta_to_try_again(support, capsys, monkeypatch):
    import io
    import json

    def run(raw: bytes, *arguments: str) -> dict[str, object]:
        monkeypatch.setattr("sys.stdin", type("In", (), {"buffer": io.BytesIO(raw)})())
        call_command("receive_mail", *arguments)
        return json.loads(capsys.readouterr().out)

    mail = factories.a_mail(message_id="<cli@example.com>")
    first = run(mail)
    assert first["outcome"] == "ticket_created"
    assert first["ticket"] == Ticket.objects.get().number
    assert first["message"] == Message.objects.get(author="customer").pk
    assert set(first) == {"outcome", "inbound_email", "ticket", "message", "reason"}
    assert run(mail, "--mailbox", support.address) == {**first, "outcome": "duplicate"}
    monkeypatch.setattr(storing, "store", _out_of_disk)
    with pytest.raises(SystemExit) as stopped:
        run(factories.a_mail(message_id="<other@example.com>"))
    assert stopped.value.code == 75


def _out_of_disk(*_args: object, **_kwargs: object) -> None:
    raise OSError("No space left on device")


@pytest.mark.parametrize("days, n", [(1, 1), (3, 0)])
def test_mail_that_lay_elsewhere_for_days_is_a_ticket_and_nobody_is_told(support, days, n):
    written = format_datetime(timezone.now() - timedelta(days=days))
    raw = factories.a_mail(date=written)
    inbound, _new = storing.store(raw, mailbox=support, source="imap")

    received = receiving.receive(inbound)

    assert received.outcome == "ticket_created"
    assert received.ticket.messages.filter(kind="acknowledgement").count() == n
