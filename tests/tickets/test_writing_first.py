"""Writing to a customer who asked nothing."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from cx import surveys
from helpdesk.common.errors import Refusal
from helpdesk.people.models import Customer, CustomerAddress
from tests import factories
from tickets import acknowledging, opening, reports
from tickets.mail import sending
from tickets.models import Delivery, Draft, EventKind, Message, OutboxEmail, Target, Ticket
from tickets.periods import Period

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


@pytest.fixture
def write(ana, billing):
    """Have Ana write to a customer."""

    def _write(**said) -> Message:
        given = {
            "to": "carla@example.com", "subject": "Your new router", "text": "It arrives on Friday.", "team": billing,
            "undo_seconds": 0,
        }  # fmt: skip
        return opening.write_first(by=ana, **(given | said))

    return _write


class TestTheTicket:
    def test_is_theirs_and_waits_for_them_and_our_mail_is_its_first_message(self, write, carla, ana, support, settle):
        message = write(cc=["tax@adviser.example"], files=[SimpleUploadedFile("plan.txt", b"plan")])
        ticket = message.ticket
        settle()

        assert (ticket.requester, ticket.status, ticket.assignee, ticket.mailbox) == (carla, "waiting", ana, support)
        assert list(ticket.messages.all()) == [message]
        assert ticket.events.get(kind=EventKind.CREATED).actor == ana
        sent = OutboxEmail.objects.get(address="carla@example.com")
        assert b"It arrives on Friday." in bytes(sent.raw)
        assert b"plan.txt" in bytes(sent.raw)
        assert OutboxEmail.objects.filter(address="tax@adviser.example").exists()
        assert not Delivery.objects.filter(kind="acknowledgement").exists()

    def test_has_no_clock_until_they_write_and_then_one(self, write, deliver):
        message = write()
        assert not Target.objects.exists()
        inbound = deliver(factories.a_mail(in_reply_to=f"<{message.rfc_id}>", subject="Re: x", text="On Saturday?"))
        message.ticket.refresh_from_db()
        assert (inbound.ticket, inbound.outcome, message.ticket.status) == (message.ticket, "reply_added", "open")
        assert set(Target.objects.values_list("kind", flat=True)) == {"next_reply", "resolution"}

    def test_of_a_new_address_is_a_new_customers_whose_address_nobody_has_confirmed(self, write):
        message = write(to="New@Example.net")
        address = CustomerAddress.objects.get(address="new@example.net")
        assert (message.ticket.requester, address.confirmed_at) == (address.customer, None)

    def test_of_somebody_chosen_without_an_address_gives_them_one(self, write):
        caller = Customer.objects.create(name="Cal Caller")
        assert write(to="cal@example.net", customer=caller).ticket.requester == caller
        assert caller.email == "cal@example.net"

    def test_of_an_address_that_is_somebodys_is_theirs_whoever_was_chosen(self, write, carla, dora):
        assert write(customer=dora).ticket.requester == carla

    def test_can_stay_open_or_be_resolved(self, write):
        assert write(then="open").ticket.status == "open"
        assert write(then="resolved").ticket.status == "resolved"

    def test_is_no_news_to_its_writer(self, write, ana, lea):
        ticket = write().ticket
        assert not Ticket.objects.for_queue(ana).get(pk=ticket.pk).is_unread
        assert Ticket.objects.for_queue(lea).get(pk=ticket.pk).is_unread


class TestRefusals:
    @pytest.mark.parametrize(
        "address",
        ["support@alborada.example", "Support+x@alborada.example", "ben@alborada.example", "nobody", "a@b, c@d.e"],
    )
    def test_what_is_no_customers_address_leaves_nothing_behind(self, write, ben, address):
        with pytest.raises(Refusal):
            write(to=address)
        assert not Ticket.objects.exists()
        assert not CustomerAddress.objects.filter(address=address).exists()

    def test_without_words_and_by_who_may_not(self, write, lou):
        with pytest.raises(Refusal):
            write(text=" ")
        with pytest.raises(Refusal):
            opening.write_first(by=lou, to="carla@example.com", subject="x", text="y")
        assert not Ticket.objects.exists()


class TestTakingBack:
    def test_leaves_the_ticket_open_without_a_message_and_the_text_as_a_draft(self, write, ana):
        message = write(undo_seconds=30)
        ticket = message.ticket
        ticket.take_back(message, by=ana)
        sending.send_due()
        ticket.refresh_from_db()
        assert (ticket.status, ticket.messages.count(), ticket.first_replied_at) == ("open", 0, None)
        assert Draft.objects.get(ticket=ticket, user=ana).text == "It arrives on Friday."
        assert not OutboxEmail.objects.exists()

    def test_and_sending_again_is_still_no_answer(self, write, ana):
        message = write(undo_seconds=30)
        ticket = message.ticket
        ticket.take_back(message, by=ana)
        ticket.reply(by=ana, text="On Monday.", then="waiting")
        assert not Target.objects.exists()
        assert not Ticket.objects.asked_by_customers().exists()


class TestReports:
    def test_it_is_no_time_to_a_first_reply(self, write, carla, ana, mia, support):
        write()
        asked = factories.a_ticket(carla, mailbox=support, at=timezone.now() - timedelta(hours=2))
        asked.reply(by=ana, text="Which month?")
        period = Period.last_days(7, zone=ZoneInfo("Europe/Madrid"), now=timezone.now())
        found = reports.durations(reports.Scope(viewer=mia, period=period), arrived=2)
        assert len(found.first_reply.ended) + len(found.first_reply.so_far) == 1

    def test_nor_does_it_make_us_promise_more_than_we_keep(self, write, carla, ana, support, monkeypatch):
        monkeypatch.setattr(acknowledging, "ENOUGH_REPLIES", 1)
        for _n in range(3):
            write()
        assert acknowledging._ninetieth_percentile() == 0.0


def test_nobody_is_asked_how_it_was_who_never_wrote(write):
    ticket = write(then="resolved").ticket
    assert surveys.reason_not_to_ask(ticket, now=timezone.now()) == "They never wrote"
