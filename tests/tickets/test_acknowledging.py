"""Our first word to a customer must not become the tool of whoever wants to fill somebody's inbox."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk.people.models import Customer, CustomerAddress
from tests import factories
from tickets import acknowledging
from tickets.mail import composing, sending
from tickets.models import Delivery, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def write(support):
    """Somebody writes from this address, or says so in our form; whether we answered."""

    def _write(address: str, *, channel: str = "web") -> bool:
        customer = Customer.writing_from(address)
        ticket = factories.a_ticket(customer, channel=channel, mailbox=support)
        return acknowledging.acknowledge(ticket) is not None

    return _write


@pytest.mark.parametrize(
    "address, inbox",
    [
        ("Nora@Example.net", "nora@example.net"),
        ("nora+shop@example.net", "nora@example.net"),
        ("n.o.r.a@example.net", "n.o.r.a@example.net"),
        ("n.o.r.a+x+y@gmail.com", "nora@gmail.com"),
        ("Nora@GoogleMail.com", "nora@gmail.com"),
    ],
)
def test_one_inbox_has_many_spellings(address, inbox):
    assert acknowledging.inbox_of(address) == inbox


@pytest.mark.parametrize("channel", ["web", "email"])
def test_spellings_of_one_inbox_share_its_allowance(write, channel):
    written = [write(f"n{'.' * (n % 2)}ora+{n}@gmail.com", channel=channel) for n in range(8)]

    assert written == [True] * 5 + [False] * 3
    assert write("dora@gmail.com", channel=channel)


def test_the_allowance_is_new_after_three_hours(write, time_machine):
    assert [write("nora@example.net") for _ in range(6)] == [True] * 5 + [False]

    time_machine.move_to(timezone.now() + timedelta(hours=3, minutes=1))

    assert write("nora@example.net")


def test_forms_alone_cannot_make_us_write_without_end(write, monkeypatch):
    monkeypatch.setattr(acknowledging, "MOST_TO_CLAIMED_AN_HOUR", 3)

    assert [write(f"person{n}@example.net") for n in range(5)] == [True] * 3 + [False] * 2
    # Whoever writes a mail has shown their address, and is answered all the same.
    assert write("person9@example.net", channel="email")


def test_an_address_whose_mail_came_back_hears_nothing_more(write):
    assert write("nora@example.net")
    CustomerAddress.objects.filter(address="nora@example.net").update(bounced_at=timezone.now())

    assert not write("nora@example.net")


def test_what_was_on_its_way_when_the_bounce_came_does_not_leave(write):
    for _ in range(3):
        write("nora@example.net")
    first, *others = Delivery.objects.order_by("pk")
    sending.send(first)
    sending.came_back(first, why="550 5.1.1 No such person", is_for_good=True)

    sending.send_due()

    assert {Delivery.objects.get(pk=other.pk).state for other in others} == {"failed"}


def test_nothing_that_a_stranger_typed_is_in_the_envelope_either(support):
    customer = Customer.writing_from("nora@example.net", name="Buy pills")
    ticket = factories.a_ticket(customer, channel="web", mailbox=support, subject="Cheap pills", text="pills")
    acknowledging.acknowledge(ticket)

    raw = composing.compose(Ticket.objects.get().deliveries.get()).as_string()

    assert "pills" not in raw.lower()
