"""Which ticket a mail belongs to, by what, and who joins it as whom."""

from __future__ import annotations

import pytest

from cx import suggesting
from helpdesk.people.models import Customer, CustomerAddress
from tests import factories
from tickets.mail import identity, receiving, sending
from tickets.models import Delivery, EventKind, InboundEmail, Mailbox, Message, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


@pytest.fixture
def answered(ticket, ana) -> Message:
    """Ana's reply in Carla's ticket."""
    return ticket.reply(by=ana, text="Which month?")


@pytest.fixture
def careful(support) -> Mailbox:
    """The mailbox asks one of us before a stranger joins a ticket."""
    Mailbox.objects.filter(pk=support.pk).update(holds_strangers=True)
    support.refresh_from_db()
    return support


class TestTheToken:
    @pytest.mark.parametrize("header", ["to", "cc", "delivered_to", "x_original_to", "envelope_to"])
    def test_it_counts_in_each_header_that_names_a_recipient(self, ticket, deliver, support, header):
        address = identity.reply_address(support.address, number=ticket.number)
        found = {"to": "support@alborada.example", header: address}
        assert deliver(factories.a_mail(**found)).ticket == ticket

    def test_it_counts_in_the_envelope(self, ticket, support):
        from tickets.mail import storing

        address = identity.reply_address(support.address, number=ticket.number).upper()
        inbound, _new = storing.store(factories.a_mail(), mailbox=support, envelope_to=[address], source="smtp")
        assert receiving.receive(inbound).ticket == ticket

    def test_among_a_thousand_recipients_it_costs_a_hundred_looks_at_most(self, ticket, support, deliver):
        crowd = ", ".join(f"p{n}+r{n}.{'0' * 16}@example.net" for n in range(300))
        assert deliver(factories.a_mail(sender="new@example.net", to=crowd)).outcome == "ticket_created"


class TestOurMessageIds:
    def test_an_answer_to_a_link_an_acknowledgement_or_a_survey_finds_its_ticket(self, deliver, carla, settle):
        ticket = deliver(factories.a_mail()).ticket
        ticket.send_link(to="carla@example.com")
        settle()
        for number, sent in enumerate(Delivery.objects.order_by("pk")):
            inbound = deliver(
                factories.a_mail(subject=f"About {number}", in_reply_to=f"<{sent.rfc_id}>", text=f"About {sent.kind}")
            )
            assert (inbound.outcome, inbound.ticket) == ("reply_added", ticket), sent.kind
        assert Delivery.objects.count() == 2

    def test_the_nearest_mail_decides_not_the_whole_chain(self, answered, deliver, dora, ana, support):
        other = factories.a_ticket(dora, mailbox=support).reply(by=ana, text="Hello Dora")
        chain = f"<{other.rfc_id}> <{answered.rfc_id}>"
        assert deliver(factories.a_mail(references=chain)).ticket == answered.ticket

    @pytest.mark.parametrize("host, is_found", [("eu-west-1.amazonses.com", True), ("elsewhere.example", False)])
    def test_a_service_that_put_its_own_id_in_place_of_ours_is_known_by_it(self, answered, deliver, host, is_found):
        Delivery.objects.filter(message=answered).update(provider_id="0102018f-6d0c-000000")
        inbound = deliver(factories.a_mail(sender="carla@example.com", in_reply_to=f"<0102018f-6d0c-000000@{host}>"))
        assert (inbound.ticket == answered.ticket) is is_found

    def test_who_was_written_to_in_cc_takes_part(self, ticket, ana, deliver):
        message = ticket.reply(by=ana, text="Which month?", to=["carla@example.com"], cc=["tax@adviser.example"])
        inbound = deliver(factories.a_mail(sender="Tax <tax@adviser.example>", in_reply_to=f"<{message.rfc_id}>"))
        assert inbound.ticket == ticket
        assert not inbound.message.is_from_stranger
        assert inbound.message.customer.email == "tax@adviser.example"


class TestTheSubject:
    def test_the_number_counts_for_those_who_take_part(self, ticket, deliver):
        assert deliver(factories.a_mail(subject=f"AW: Fwd: x [#{ticket.number}]")).ticket == ticket

    def test_of_several_numbers_the_one_of_their_own_ticket_counts(self, ticket, deliver, dora, support):
        other = factories.a_ticket(dora, mailbox=support)
        subject = f"Re: [#{other.number}] and [#{ticket.number}]"
        assert deliver(factories.a_mail(subject=subject)).ticket == ticket

    def test_whoever_else_guesses_numbers_opens_tickets_of_their_own(self, ticket, deliver):
        for number in range(ticket.number - 2, ticket.number + 3):
            inbound = deliver(factories.a_mail(sender=f"Eve <eve{number}@evil.example>", subject=f"Re: [#{number}]"))
            assert inbound.outcome == "ticket_created"
        assert ticket.messages.count() == 1


class TestStrangers:
    def test_the_agent_is_told_who_wrote_and_nothing_of_their_own_mail(self, answered, deliver, ana, support):
        reply_address = identity.reply_address(support.address, number=answered.ticket.number)
        deliver(factories.a_mail(sender="new@example.net", to=reply_address, text="May I?"))
        deliver(factories.a_mail(sender=ana.email, to=reply_address, text="From my phone"))
        deliver(factories.a_mail(sender="carla@example.com", to=reply_address, text="October"))

        told = [note.get_kind_display() for note in ana.notifications.order_by("pk")]
        assert told == ["Somebody else wrote", "The customer wrote again"]

    def test_what_they_say_is_no_evidence_of_what_the_customer_expected(self, answered, deliver, support):
        ticket = answered.ticket
        reply_address = identity.reply_address(support.address, number=ticket.number)
        deliver(factories.a_mail(sender="new@example.net", to=reply_address, text="An outrage, I shall leave you!"))

        read = suggesting.suggest(ticket)
        assert "outrage" not in str(read.evidence)

    def test_one_who_holds_a_token_joins_by_their_own_name(self, answered, deliver, carla):
        inbound = deliver(factories.a_mail(sender="Hugo <hugo@example.com>", in_reply_to=f"<{answered.rfc_id}>"))
        assert inbound.message.is_from_stranger
        assert inbound.message.author_name == "Hugo"
        assert inbound.ticket.requester == carla
        assert not CustomerAddress.objects.filter(customer=carla, address="hugo@example.com").exists()

    def test_where_the_mailbox_asks_they_are_held_until_one_of_us_says_yes(self, careful, answered, deliver, lea):
        raw = factories.a_mail(sender="Hugo <hugo@example.com>", in_reply_to=f"<{answered.rfc_id}>", text="March.")
        inbound = deliver(raw)
        assert (inbound.state, inbound.outcome, inbound.ticket) == ("held", "held", answered.ticket)
        assert "hugo@example.com" in inbound.reason
        assert not Customer.objects.by_address("hugo@example.com").exists()
        assert answered.ticket.messages.filter(text="March.").count() == 0

        released = receiving.retry(inbound, by=lea)
        assert (released.outcome, released.ticket) == ("reply_added", answered.ticket)
        assert released.message.author_name == "Hugo"
        assert not released.message.is_from_stranger
        again = factories.a_mail(sender="Hugo <hugo@example.com>", in_reply_to=f"<{answered.rfc_id}>", text="April.")
        assert deliver(again).outcome == "reply_added"

    def test_the_customer_is_not_held(self, careful, answered, deliver):
        assert deliver(factories.a_mail(in_reply_to=f"<{answered.rfc_id}>")).outcome == "reply_added"
        assert deliver(factories.a_mail(sender="New <new@example.net>")).outcome == "ticket_created"

    def test_an_answer_to_somebody_elses_notification_waits_for_one_of_us(self, resolved_ticket, ana, deliver, settle):
        resolved_ticket.assign(to=ana, by=None)
        resolved_ticket.reopen(by=None, reason="survey")
        sent = Delivery.objects.get(kind="notification")
        inbound = deliver(factories.a_mail(sender="Eve <eve@evil.example>", in_reply_to=f"<{sent.rfc_id}>"))
        assert (inbound.state, inbound.ticket) == ("held", resolved_ticket)
        assert not inbound.message


class TestTwoOfOurAddresses:
    def test_one_of_them_held_does_not_hide_the_other(self, deliver, support, lea):
        sales = Mailbox.objects.create(address="sales@alborada.example", name="Sales")
        raw = factories.a_mail(sender="Us <help@alborada.example>", message_id="<both@x.example>")
        raw = raw.replace(b"help@alborada.example", b"support@alborada.example")
        first, second = deliver(raw), deliver(raw, mailbox=sales)
        assert {first.outcome, second.outcome} == {"held"}
        assert receiving.retry(first, by=lea).outcome == "ticket_created"
        assert receiving.retry(second, by=lea).outcome == "duplicate"
        assert Ticket.objects.count() == 1

    def test_whoever_knows_a_message_id_cannot_hide_another_mail_behind_it(self, deliver, support):
        sales = Mailbox.objects.create(address="sales@alborada.example", name="Sales")
        deliver(factories.a_mail(sender="Eve <eve@evil.example>", message_id="<known@x.example>"), mailbox=sales)
        assert deliver(factories.a_mail(message_id="<known@x.example>")).outcome == "ticket_created"


class TestLoops:
    def test_a_machine_that_counts_in_its_subject_is_held_after_ten(self, deliver):
        outcomes = [
            deliver(factories.a_mail(sender="mon@x.example", subject=f"Re: Alarm {n} of host 7", text=f"{n}")).outcome
            for n in range(12)
        ]
        assert outcomes == ["ticket_created"] * 10 + ["held"] * 2

    def test_a_customer_may_write_more_often_within_a_ticket(self, answered, deliver):
        for n in range(14):
            mail = factories.a_mail(subject="Re: The bill", in_reply_to=f"<{answered.rfc_id}>", text=f"And {n}")
            assert deliver(mail).outcome == "reply_added"

    def test_our_own_mail_that_comes_back_is_kept_and_disturbs_nobody(self, resolved_ticket, deliver, settle):
        from tickets.models import OutboxEmail

        settle()
        sent = bytes(OutboxEmail.objects.filter(address="carla@example.com").latest("pk").raw)
        inbound = deliver(b"Received: from her.mailbox.example\r\n" + sent)
        assert (inbound.state, inbound.outcome, inbound.message) == ("processed", "auto_reply", None)
        resolved_ticket.refresh_from_db()
        assert resolved_ticket.is_done

    def test_a_held_flood_can_be_let_in(self, deliver, lea):
        for n in range(11):
            inbound = deliver(factories.a_mail(subject="Alarm", text=f"{n}"))
        assert receiving.retry(inbound, by=lea).outcome == "ticket_created"


class TestBounces:
    def report(self, address: str, returned: str, *, status: str = "5.1.1") -> bytes:
        return (
            "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: support@alborada.example\r\n"
            "Subject: Undelivered\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
            f"Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: {status}\r\n"
            f"Diagnostic-Code: smtp; 550 {status} no such user\r\n\r\n"
            f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{returned}\r\n\r\n--b--\r\n"
        ).encode()

    def test_every_kind_of_mail_is_found_by_its_message_id(self, deliver, carla, ana, settle):
        ticket = deliver(factories.a_mail()).ticket
        ticket.send_link(to="carla@example.com")
        ticket.assign(to=ana, by=None)
        ticket.reply(by=ana, text="Done.", then="resolved")
        ticket.reopen(by=None, reason="survey")
        sending.send_due()
        kinds = set()
        for sent in Delivery.objects.all():
            inbound = deliver(self.report(sent.address, f"Message-ID: <{sent.rfc_id}>"))
            assert (inbound.outcome, inbound.ticket) == ("bounce", ticket), sent.kind
            sent.refresh_from_db()
            assert sent.state == "bounced"
            kinds.add(sent.kind)
        assert kinds == {"acknowledgement", "link", "message", "notification"}
        assert carla.addresses.get().bounced_at
        assert ticket.events.filter(kind=EventKind.UNDELIVERED).count() == 4

    def test_without_the_message_id_the_ticket_in_the_returned_headers_tells(self, deliver, ticket, ana, carla):
        ticket.reply(by=ana, text="Which month?")
        sending.send_due()
        mark = f"X-Puente-Ticket: {identity.ticket_mark(ticket.number)}"
        inbound = deliver(self.report("Carla@Example.com", f"Subject: x\r\n{mark}"))
        assert (inbound.outcome, inbound.ticket) == ("bounce", ticket)
        assert Delivery.objects.get(kind="message").state == "bounced"
        assert carla.addresses.get().bounced_at

    def test_a_report_on_somebody_we_never_wrote_to_changes_nothing(self, deliver, ticket, ana, dora):
        ticket.reply(by=ana, text="Which month?")
        sending.send_due()
        inbound = deliver(self.report("dora@example.org", f"X-Puente-Ticket: {identity.ticket_mark(ticket.number)}"))
        assert (inbound.outcome, inbound.ticket) == ("bounce", None)
        assert dora.addresses.get().bounced_at is None

    def test_the_same_report_twice_is_one_event(self, deliver, ticket, ana):
        message = ticket.reply(by=ana, text="Which month?")
        sending.send_due()
        for n in range(2):
            deliver(self.report("carla@example.com", f"Message-ID: <{message.rfc_id}>\r\nX-Try: {n}"))
        assert InboundEmail.objects.filter(outcome="bounce").count() == 2
        assert ticket.events.filter(kind=EventKind.UNDELIVERED).count() == 1

    def test_a_full_mailbox_marks_no_address(self, deliver, ticket, ana, carla):
        message = ticket.reply(by=ana, text="Which month?")
        sending.send_due()
        deliver(self.report("carla@example.com", f"Message-ID: <{message.rfc_id}>", status="4.2.2"))
        assert carla.addresses.get().bounced_at is None
        assert message.deliveries.get().state == "sent"

    def test_whoever_writes_again_is_written_to_again(self, deliver, ticket, carla):
        from django.utils import timezone

        carla.addresses.update(bounced_at=timezone.now())
        deliver(factories.a_mail(subject="Out of office", auto_submitted="auto-replied"))
        assert carla.addresses.get().bounced_at
        deliver(factories.a_mail())
        assert carla.addresses.get().bounced_at is None
