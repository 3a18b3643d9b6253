"""Mail that several workers have in their hands at the same moment. PostgreSQL only."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from tests import factories
from tests.races.threads import together
from tickets import side_conversations
from tickets.mail import receiving, spam, storing
from tickets.models import Delivery, EventKind, InboundEmail, Mailbox, SpamWord, Ticket

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="races need PostgreSQL"),
]


def reading(inbound: InboundEmail) -> Callable[[], InboundEmail]:
    return lambda: receiving.receive(InboundEmail.objects.get(pk=inbound.pk))


@pytest.mark.parametrize("turn", range(5))
def test_one_mail_to_three_of_our_addresses_read_at_the_same_moment_is_one_ticket(everybody, turn):
    mailboxes = [everybody.support] + [
        Mailbox.objects.create(address=f"{name}@alborada.example", name=name) for name in ("sales", "visits")
    ]
    raw = factories.a_mail(message_id=f"<both{turn}@example.com>")
    rows = [storing.store(raw, mailbox=mailbox, source="smtp")[0] for mailbox in mailboxes]
    if turn % 2:
        rows.reverse()

    read = together(*[reading(row) for row in [*rows, *rows]])

    assert Ticket.objects.count() == 1
    assert sorted(InboundEmail.objects.values_list("outcome", flat=True)) == ["duplicate"] * 2 + ["ticket_created"]
    ticket = Ticket.objects.get()
    first = InboundEmail.objects.get(outcome="ticket_created")
    named = set(ticket.events.filter(kind=EventKind.ALSO_ADDRESSED).values_list("details__address", flat=True))
    assert named == {mailbox.address for mailbox in mailboxes if mailbox != first.mailbox}
    assert ticket.events.filter(kind=EventKind.ALSO_ADDRESSED).count() == 2
    assert Delivery.objects.filter(kind="acknowledgement").count() == 1
    assert len(read) == 6


def test_stored_and_read_through_two_doors_at_once_it_is_one_ticket_too(everybody):
    sales = Mailbox.objects.create(address="sales@alborada.example", name="Sales")
    for turn in range(8):
        raw = factories.a_mail(message_id=f"<turn{turn}@example.com>", subject=f"Turn {turn}")

        def come_in(mailbox: Mailbox, raw: bytes = raw) -> InboundEmail:
            return receiving.receive(storing.store(raw, mailbox=mailbox, source="smtp")[0])

        together(lambda: come_in(everybody.support), lambda: come_in(sales))
        assert Ticket.objects.count() == turn + 1


def test_two_who_teach_at_once_count_both(everybody):
    rows = []
    for number in range(6):
        sender = f"s{number}@deals.example"
        mail = factories.a_mail(sender=sender, subject=f"Jackpot {number}", text="zebra casino apple win")
        rows.append(factories.deliver_raw(mail, mailbox=everybody.support))

    together(*[lambda row=row: spam.mark(row, by=everybody.ana) for row in rows])

    assert SpamWord.objects.get(word="").in_spam == 6
    assert set(SpamWord.objects.filter(word__in=["zebra", "casino", "apple"]).values_list("in_spam", flat=True)) == {6}


def test_two_who_release_the_same_mail_open_one_ticket(everybody):
    spam.block(pattern="deals.example", by=everybody.ana)
    inbound = factories.deliver_raw(factories.a_mail(sender="s@deals.example"), mailbox=everybody.support)
    assert inbound.state == "spam"

    def release() -> InboundEmail:
        return receiving.retry(InboundEmail.objects.get(pk=inbound.pk), by=everybody.lea)

    together(release, release, release)

    assert Ticket.objects.count() == 1
    assert InboundEmail.objects.get().outcome == "ticket_created"


assert connection  # named in the skip condition above


@pytest.mark.parametrize("turn", range(3))
def test_an_answer_from_outside_to_two_of_our_addresses_is_said_once(everybody, turn):
    ticket = factories.a_ticket(everybody.carla, mailbox=everybody.support)
    said = side_conversations.start(
        ticket, by=everybody.ana, to="rosa@courier.example", subject="Parcel", text="Where?", undo_seconds=0
    )
    sales = Mailbox.objects.create(address="sales@alborada.example", name="Sales")
    raw = factories.a_mail(
        sender="rosa@courier.example", in_reply_to=f"<{said.rfc_id}>", message_id=f"<answer{turn}@courier.example>"
    )
    rows = [storing.store(raw, mailbox=mailbox, source="smtp")[0] for mailbox in (everybody.support, sales)]

    together(*[reading(row) for row in [*rows, *rows]])

    assert said.conversation.messages.count() == 2
    assert sorted(InboundEmail.objects.values_list("outcome", flat=True)) == ["duplicate", "side_answer"]
    assert ticket.messages.count() == 1
