"""Answers that agents send from their own mail programs, found in the folder of sent mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime

import pytest
from django.utils import timezone

from helpdesk.workspace.thread import delivery_line
from tests import factories
from tickets.mail import receiving, storing
from tickets.models import Delivery, EventKind, InboundEmail, Mailbox, Message, OutboxEmail, Target, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


@pytest.fixture
def asked(deliver) -> Ticket:
    """Carla's ticket, by a mail of hers."""
    return deliver(factories.a_mail(message_id="<question@example.com>", subject="The bill is wrong")).ticket


@pytest.fixture
def found(support: Mailbox) -> Callable[..., InboundEmail]:
    """A mail that is found among the sent mail."""

    def _found(**headers: str) -> InboundEmail:
        mail = {
            "sender": "Ana Alonso <ana@alborada.example>", "to": "carla@example.com",
            "subject": "Re: The bill is wrong",
            "text": "The second charge goes back today.", "message_id": "<answer@ana-laptop.example>",
        }  # fmt: skip
        inbound, _new = storing.store(factories.a_mail(**mail | headers), mailbox=support, source="sent")
        return receiving.receive(inbound)

    return _found


class TestAnAnswer:
    def test_is_the_agents_message_and_meets_the_first_reply(self, asked, found, ana):
        before = Delivery.objects.count()
        inbound = found(in_reply_to="<question@example.com>")
        asked.refresh_from_db()
        message = asked.messages.get(author="agent")
        assert (message.user, message.text.strip()) == (ana, "The second charge goes back today.")
        assert (inbound.ticket, inbound.message, inbound.outcome) == (asked, message, "reply_added")
        assert asked.first_replied_at == asked.last_public_reply_at == message.said_at
        assert asked.targets.get(kind=Target.Kind.FIRST_REPLY).met_at == message.said_at
        assert asked not in Ticket.objects.unanswered()
        assert asked.is_open
        event = asked.events.get(kind=EventKind.ANSWERED_ELSEWHERE)
        assert event.actor == ana
        assert Delivery.objects.count() == before

    def test_is_shown_as_what_it_is(self, asked, found):
        message = found(in_reply_to="<question@example.com>").message
        assert "mail program" in delivery_line(message).words
        assert list(asked.messages.shown_to_customer().filter(pk=message.pk)) == [message]

    def test_takes_the_ticket_like_any_reply(self, asked, found, ana):
        found(in_reply_to="<question@example.com>")
        asked.refresh_from_db()
        assert asked.assignee == ana

    def test_from_the_mailbox_itself_is_ours_and_no_one_persons(self, asked, found, support):
        message = found(sender=f"Alborada <{support.address}>", in_reply_to="<question@example.com>").message
        asked.refresh_from_db()
        assert (message.author, message.user, message.author_name) == ("agent", None, support.address)
        assert asked.has_public_reply
        assert asked.assignee is None

    def test_is_recognised_by_our_message_id_and_by_the_number_in_its_subject(self, asked, found, ana):
        reply = asked.reply(by=ana, text="Which month?")
        again = found(in_reply_to=f"<{reply.rfc_id}>", message_id="<one@laptop>", subject="Nothing that names it")
        numbered = found(subject=f"Bill [#{asked.number}]", message_id="<two@laptop>")
        assert again.ticket == numbered.ticket == asked

    def test_leads_the_customers_answer_into_the_same_ticket(self, asked, found, deliver):
        found(in_reply_to="<question@example.com>")
        inbound = deliver(factories.a_mail(in_reply_to="<answer@ana-laptop.example>", subject="Thank you"))
        assert inbound.ticket == asked

    def test_counts_from_when_it_was_sent_but_not_from_before_the_question(self, asked, found, deliver):
        asked_at = timezone.now() - timedelta(hours=5)
        Ticket.objects.update(created_at=asked_at)
        asked.messages.update(said_at=asked_at)
        asked.targets.update(started_at=asked_at)
        sent_at = asked_at + timedelta(hours=1)
        told = found(in_reply_to="<question@example.com>", date=format_datetime(sent_at)).message
        assert abs(told.said_at - sent_at) < timedelta(seconds=2)
        early = format_datetime(asked_at - timedelta(days=400))
        assert found(in_reply_to="<question@example.com>", date=early, message_id="<b@l>").message.said_at >= asked_at
        late = format_datetime(timezone.now() + timedelta(days=400))
        ahead = found(in_reply_to="<question@example.com>", date=late, message_id="<c@l>").message
        assert ahead.said_at <= timezone.now()

    def test_does_not_answer_what_was_asked_after_it(self, asked, found, deliver, ana):
        asked_at = timezone.now() - timedelta(hours=5)
        asked.messages.update(said_at=asked_at)
        asked.targets.update(started_at=asked_at)
        found(in_reply_to="<question@example.com>", date=format_datetime(asked_at + timedelta(hours=1)))
        deliver(factories.a_mail(message_id="<more@example.com>", in_reply_to="<question@example.com>", text="And?"))
        sent_between = format_datetime(asked_at + timedelta(hours=2))
        found(in_reply_to="<question@example.com>", date=sent_between, message_id="<late@laptop>")
        asked.refresh_from_db()
        assert asked.targets.get(kind=Target.Kind.NEXT_REPLY).met_at is None
        assert asked in Ticket.objects.unanswered()

    def test_reopens_nothing(self, asked, found, ana):
        asked.resolve(by=ana, reason="Told by telephone")
        found(in_reply_to="<question@example.com>")
        asked.refresh_from_db()
        assert asked.is_done

    def test_found_twice_is_one_message(self, asked, found):
        found(in_reply_to="<question@example.com>")
        found(in_reply_to="<question@example.com>")
        assert asked.messages.filter(author="agent").count() == 1

    def test_keeps_its_files(self, asked, found):
        raw = factories.a_mail(
            sender="ana@alborada.example", to="carla@example.com", in_reply_to="<question@example.com>"
        ).replace(
            b"Content-Type: text/plain", b"Content-Type: text/plain; name=bill.txt\nContent-Disposition: attachment"
        )
        inbound, _new = storing.store(raw, mailbox=asked.mailbox, source="sent")
        assert receiving.receive(inbound).message.attachments.count() == 1

    def test_waits_until_what_it_answers_was_read(self, support, found):
        question, _new = storing.store(factories.a_mail(message_id="<q@e.example>"), mailbox=support, source="imap")
        answer = found(in_reply_to="<q@e.example>")
        answer.refresh_from_db()
        assert (answer.state, answer.attempts) == ("stored", 0)
        receiving.receive_waiting()
        answer.refresh_from_db()
        question.refresh_from_db()
        assert answer.ticket == question.ticket is not None


class TestEverythingElse:
    @pytest.mark.parametrize(
        "headers, why",
        [
            ({}, "It answers no ticket, or goes to nobody who takes part in one."),
            (
                {"to": "buyer@supplier.example", "in_reply_to": "<question@example.com>", "subject": "Fwd: The bill"},
                "It answers no ticket, or goes to nobody who takes part in one.",
            ),
            (
                {"sender": "stranger@elsewhere.example", "in_reply_to": "<question@example.com>"},
                "Its sender is neither one of our mailboxes nor one of us.",
            ),
            (
                {"in_reply_to": "<question@example.com>", "subject": "Out of office", "auto_submitted": "auto-replied"},
                "A machine wrote it.",
            ),
            (
                {"sender": "lou@alborada.example", "in_reply_to": "<question@example.com>"},
                "Its sender may not answer customers.",
            ),
        ],
    )
    def test_is_recorded_with_its_reason_and_opens_nothing(self, asked, found, headers, why):
        inbound = found(**headers)
        assert (inbound.state, inbound.outcome, inbound.reason) == ("processed", "ignored", why)
        assert Ticket.objects.count() == 1
        assert not asked.messages.filter(author="agent").exists()

    def test_our_own_mail_that_a_server_keeps_a_copy_of_is_not_said_twice(self, asked, ana, support, settle):
        asked.reply(by=ana, text="Which month?")
        settle()
        copies = [bytes(mail.raw) for mail in OutboxEmail.objects.all()]
        assert len(copies) == 2  # the acknowledgement and the reply
        messages = Message.objects.count()
        for raw in copies:
            inbound, _new = storing.store(raw, mailbox=support, source="sent")
            assert receiving.receive(inbound).reason == "We sent it from here."
        assert Message.objects.count() == messages
