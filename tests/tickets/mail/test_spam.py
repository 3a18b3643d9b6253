"""Spam is kept, opens nothing, is never answered, and a customer's mail is not taken for it."""

from __future__ import annotations

import pytest

from helpdesk.common.errors import Refusal
from helpdesk.people.models import Customer
from tests import factories
from tickets.mail import receiving, spam
from tickets.models import BlockedSender, Delivery, EventKind, InboundEmail, Mailbox, SpamWord, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]

SELLER = "Seller <{}@deals.example>"
OFFERS = (
    "Casino bonus waiting, claim your jackpot coins today and win, roulette vouchers, unlimited spins, "
    "guaranteed payout, exclusive jackpot membership, click casino now"
)
MATTERS = "The invoice of my boiler visit shows the wrong tariff, please correct the meter reading and send it again"


@pytest.fixture
def taught(deliver, ana, cast, monkeypatch) -> None:
    """People called some mails spam, and answered as many others."""
    monkeypatch.setattr(spam, "ENOUGH_TAUGHT", 6)
    for n in range(spam.ENOUGH_TAUGHT):
        asked = deliver(
            factories.a_mail(sender=f"P{n} <p{n}@people.example>", subject="My invoice", text=f"{MATTERS} {n}")
        )
        asked.ticket.reply(by=ana, text="Corrected.")
    for n in range(spam.ENOUGH_TAUGHT):
        offer = deliver(factories.a_mail(sender=SELLER.format(n), subject="Jackpot bonus", text=f"{OFFERS} {n}"))
        spam.mark(offer, by=ana)


class TestTheBlockList:
    def test_a_blocked_address_opens_nothing_and_is_answered_by_nobody(self, deliver, ana):
        spam.block(pattern="seller@deals.example", by=ana, reason="Sells lists")
        inbound = deliver(factories.a_mail(sender="Seller <Seller@Deals.example>"))
        assert (inbound.state, inbound.outcome) == ("spam", "held")
        assert "seller@deals.example" in inbound.reason
        assert not Ticket.objects.exists()
        assert not Delivery.objects.exists()
        assert deliver(factories.a_mail(sender="Other <other@deals.example>")).ticket

    def test_a_blocked_domain_covers_those_below_it_and_no_other(self, deliver, ana):
        spam.block(pattern=" @Deals.example ", by=ana)
        assert deliver(factories.a_mail(sender="x@deals.example")).state == "spam"
        assert deliver(factories.a_mail(sender="x@mail.deals.example")).state == "spam"
        assert deliver(factories.a_mail(sender="x@gooddeals.example")).ticket

    def test_blocking_twice_is_one_row_and_unblocking_lets_in_again(self, deliver, ana, lea):
        blocked = spam.block(pattern="deals.example", by=ana, reason="first")
        assert spam.block(pattern="DEALS.example", by=lea) == blocked
        assert BlockedSender.objects.get().reason == "first"
        assert spam.unblock(blocked, by=lea)
        assert not spam.unblock(blocked, by=lea)
        assert deliver(factories.a_mail(sender="x@deals.example")).ticket

    @pytest.mark.parametrize(
        "pattern",
        ["", "example", "two words.example", "a@b@c.example", "support@alborada.example", "ana@alborada.example",
         "alborada.example", "gmail.com", "*", "@"],
    )  # fmt: skip
    def test_nobody_can_block_us_or_half_the_world(self, pattern, ana, support):
        with pytest.raises(Refusal):
            spam.block(pattern=pattern, by=ana)
        assert not BlockedSender.objects.exists()

    def test_a_blocked_sender_is_blocked_in_a_thread_too(self, ticket, ana, deliver):
        message = ticket.reply(by=ana, text="Which month?")
        spam.block(pattern="carla@example.com", by=ana)
        assert deliver(factories.a_mail(in_reply_to=f"<{message.rfc_id}>")).state == "spam"


class TestWhatOurServerSays:
    def test_its_word_counts_where_it_is_trusted(self, deliver, support):
        Mailbox.objects.filter(pk=support.pk).update(trusted_servers=["mx.alborada.example"])
        support.refresh_from_db()
        said = {"x_spam_flag": "YES", "x_spam_checker_version": "SpamAssassin 4.0.0 on mx.alborada.example"}
        assert deliver(factories.a_mail(sender="x@deals.example", **said), mailbox=support).state == "spam"
        elsewhere = {"x_spam_flag": "YES", "x_spam_checker_version": "SpamAssassin 4.0.0 on relay.example"}
        assert deliver(factories.a_mail(sender="y@deals.example", **elsewhere), mailbox=support).ticket
        status = {"x_spam_status": "Yes, score=9", "authentication_results": "mx.alborada.example; spf=pass"}
        assert deliver(factories.a_mail(sender="z@deals.example", **status), mailbox=support).state == "spam"

    def test_nobody_elses_word_counts(self, deliver):
        assert deliver(factories.a_mail(sender="x@deals.example", x_spam_flag="YES")).ticket


class TestTeaching:
    def test_before_people_have_taught_nothing_is_guessed(self, deliver, ana):
        offer = deliver(factories.a_mail(sender=SELLER.format("a"), text=OFFERS))
        spam.mark(offer, by=ana)
        assert deliver(factories.a_mail(sender=SELLER.format("b"), text=OFFERS)).ticket

    def test_what_reads_like_taught_spam_goes_there_and_customers_do_not(self, taught, deliver):
        inbound = deliver(factories.a_mail(sender=SELLER.format("new"), subject="Jackpot", text=OFFERS))
        assert (inbound.state, inbound.ticket) == ("spam", None)
        assert "reads like" in inbound.reason
        assert deliver(factories.a_mail(sender="q@else.example", text=MATTERS)).ticket
        both = "Somebody sold my address, I get offers for a casino bonus since my boiler visit. Please correct it."
        assert deliver(factories.a_mail(sender="r@else.example", text=both)).ticket
        assert deliver(factories.a_mail(sender="s@else.example", subject="", text="Jackpot!")).ticket

    def test_whoever_was_answered_and_whoever_answers_is_never_guessed_at(self, taught, deliver, ticket, ana, dora):
        message = ticket.reply(by=ana, text="Which month?")
        assert deliver(factories.a_mail(text=OFFERS)).ticket  # Carla, answered before
        assert deliver(factories.a_mail(sender="Dora <dora@example.org>", text=OFFERS)).ticket  # in our books
        stranger = factories.a_mail(sender="h@else.example", text=OFFERS, in_reply_to=f"<{message.rfc_id}>")
        assert deliver(stranger).ticket == ticket

    def test_released_spam_is_a_ticket_and_teaches_that_it_was_wanted(self, taught, deliver, lea):
        inbound = deliver(factories.a_mail(sender=SELLER.format("new"), subject="Jackpot", text=OFFERS))
        wanted = SpamWord.objects.get(word="").in_wanted
        released = receiving.retry(inbound, by=lea)
        assert (released.outcome, released.is_taught) == ("ticket_created", "wanted")
        assert released.released_by == lea
        assert SpamWord.objects.get(word="").in_wanted == wanted + 1
        assert not released.ticket.is_done

    def test_teaching_the_other_way_takes_the_first_lesson_back(self, deliver, ana):
        inbound = deliver(factories.a_mail(sender="x@deals.example", subject="Jackpot"))
        assert spam.mark(inbound, by=ana)
        assert not spam.mark(inbound, by=ana)
        assert SpamWord.objects.get(word="subject:jackpot").in_spam == 1
        receiving.retry(InboundEmail.objects.get(), by=ana)
        row = SpamWord.objects.get(word="subject:jackpot")
        assert (row.in_spam, row.in_wanted) == (0, 1)


class TestMarking:
    def test_a_mail_marked_takes_its_unanswered_ticket_out_of_the_queue(self, deliver, ana):
        inbound = deliver(factories.a_mail(sender="x@deals.example"))
        spam.mark(inbound, by=ana)
        inbound.refresh_from_db()
        ticket = Ticket.objects.get()
        assert (inbound.state, inbound.outcome) == ("spam", "held")
        assert (ticket.status, ticket.resolution_reason) == ("resolved", "Spam")
        assert ticket.events.filter(kind=EventKind.MARKED_SPAM, actor=ana).count() == 1
        assert not ticket.has_due_time

    def test_a_ticket_marked_and_unmarked_stands_as_before(self, deliver, ana):
        inbound = deliver(factories.a_mail(sender="x@deals.example"))
        assert spam.mark_ticket(inbound.ticket, by=ana)
        assert not spam.mark_ticket(inbound.ticket, by=ana)
        inbound.refresh_from_db()
        assert inbound.state == "spam"
        assert spam.unmark_ticket(inbound.ticket, by=ana)
        assert not spam.unmark_ticket(inbound.ticket, by=ana)
        inbound.refresh_from_db()
        assert (inbound.state, inbound.outcome, inbound.is_taught) == ("processed", "ticket_created", "wanted")
        assert inbound.ticket.is_open
        assert inbound.ticket.messages.filter(author="customer").count() == 1

    def test_releasing_a_marked_mail_puts_it_back_and_says_nothing_twice(self, deliver, ana):
        inbound = deliver(factories.a_mail(sender="x@deals.example"))
        spam.mark(inbound, by=ana)
        inbound.refresh_from_db()
        again = receiving.retry(inbound, by=ana)
        assert (again.state, again.ticket.status) == ("processed", "open")
        assert again.ticket.messages.filter(author="customer").count() == 1
        assert Ticket.objects.count() == 1

    def test_a_ticket_that_no_mail_opened_can_be_spam_too(self, ana, cast):
        customer = Customer.writing_from("bot@deals.example")
        ticket = factories.a_ticket(customer, channel="web", text=OFFERS)
        assert spam.mark_ticket(ticket, by=ana)
        assert SpamWord.objects.get(word="casino").in_spam == 1
        assert spam.unmark_ticket(ticket, by=ana)
        row = SpamWord.objects.get(word="casino")
        assert (row.in_spam, row.in_wanted) == (0, 1)

    def test_an_answered_ticket_is_no_spam(self, resolved_ticket, ana):
        with pytest.raises(Refusal):
            spam.mark_ticket(resolved_ticket, by=ana)

    def test_who_sent_spam_is_never_asked_how_it_was(self, deliver, ana, settle):
        inbound = deliver(factories.a_mail(sender="x@deals.example"))
        spam.mark(inbound, by=ana)
        from cx import surveys

        ticket = Ticket.objects.get()
        assert surveys.reason_not_to_ask(ticket, now=ticket.created_at) == "It was marked as spam"
