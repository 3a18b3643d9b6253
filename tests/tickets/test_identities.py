"""Two customers who are one person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from cx.models import FollowUp, Invitation
from helpdesk.common.errors import Refusal
from helpdesk.people.models import Customer, CustomerAddress, CustomerMerge, User
from tests import factories
from tests.cast import Cast
from tickets import identities
from tickets.mail import composing, sending
from tickets.models import Channel, Delivery, Message, OutboxEmail, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]
Deliver = Callable[..., Any]


def everything() -> list[Any]:
    """Whose what is, to compare before and after."""
    holders: tuple[tuple[Any, str], ...] = (
        (CustomerAddress, "customer"),
        (Ticket, "requester"),
        (Message, "customer"),
        (Invitation, "customer"),
        (FollowUp, "customer"),
    )
    rows = [list(model.objects.order_by("pk").values_list("pk", column)) for model, column in holders]
    said = ("name", "organisation", "phone", "language", "time_zone", "customer_since", "refuses_surveys_at")
    return [*rows, list(Customer.objects.order_by("pk").values_list(*said, "merged_into"))]


@pytest.fixture
def caller(cast: Cast) -> Customer:
    """Carla again, who called and left no address."""
    customer = Customer.objects.create(name="Carla Cruz", phone="+34 600 100 200", language="es")
    ticket = factories.a_ticket(customer, subject="She called", channel=Channel.PHONE)
    FollowUp.plan(customer, text="Call back", due_at=timezone.now() + timedelta(days=2), owner=cast.ana, ticket=ticket)
    return customer


@pytest.fixture
def private(cast: Cast) -> Customer:
    """Carla at home: an address from the web form, which nobody has confirmed."""
    customer = Customer.writing_from("carla.home@example.net", name="C. Cruz")
    customer.customer_since = date(2019, 3, 1)
    customer.save()
    ticket = factories.a_ticket(customer, subject="From home", channel=Channel.WEB, text="A secret of home")
    Invitation.objects.create(kind="csat", customer=customer, ticket=ticket)
    return customer


@pytest.fixture
def known(carla: Customer, ticket: Ticket) -> Customer:
    """Carla at work, whose mails we have had."""
    carla.addresses.update(confirmed_at=timezone.now())
    return carla


def merge(gone: Customer, into: Customer, by: User) -> CustomerMerge:
    done = identities.merge(gone, into=into, by=by)
    assert done is not None
    return done


def test_everything_of_three_identities_is_one_customers(
    known: Customer, caller: Customer, private: Customer, mia: User
) -> None:
    merge(caller, known, mia)
    merge(private, known, mia)

    known.refresh_from_db()
    assert {t.subject for t in known.tickets.all()} == {"The bill is wrong", "She called", "From home"}
    assert {a.address for a in known.addresses.all()} == {"carla@example.com", "carla.home@example.net"}
    assert known.follow_ups.get().text == "Call back"
    assert known.invitations.count() == 1
    assert (known.name, known.phone, known.language) == ("Carla Cruz", "+34 600 100 200", "es")
    assert known.customer_since == date(2019, 3, 1)
    assert caller.tickets.count() == private.tickets.count() == 0


@pytest.mark.parametrize("order", [("caller", "private"), ("private", "caller")])
def test_splitting_puts_everything_back_as_it_was(
    known: Customer, caller: Customer, private: Customer, mia: User, order: tuple[str, str]
) -> None:
    before = everything()
    merges = {"caller": merge(caller, known, mia), "private": merge(private, known, mia)}

    for name in order:
        assert identities.split(merges[name], by=mia)

    assert everything() == before


def test_a_chain_is_undone_from_its_end(known: Customer, caller: Customer, private: Customer, mia: User) -> None:
    before = everything()
    first = merge(caller, private, mia)
    second = merge(private, known, mia)
    assert caller.tickets.count() == 0
    caller.refresh_from_db()
    assert caller.kept == known

    with pytest.raises(Refusal, match="Undo that first"):
        identities.split(first, by=mia)

    assert identities.split(second, by=mia)
    assert identities.split(first, by=mia)
    assert everything() == before


def test_merging_and_splitting_twice_change_nothing(known: Customer, caller: Customer, mia: User) -> None:
    done = merge(caller, known, mia)
    assert identities.merge(caller, into=known, by=mia) is None
    assert CustomerMerge.objects.count() == 1

    assert identities.split(done, by=mia)
    before = everything()
    assert not identities.split(done, by=mia)
    assert everything() == before


def test_what_cannot_be_merged_is_refused(known: Customer, caller: Customer, private: Customer, mia: User) -> None:
    with pytest.raises(Refusal, match="same customer"):
        identities.merge(known, into=known, by=mia)
    merge(caller, known, mia)
    with pytest.raises(Refusal):
        identities.merge(caller, into=private, by=mia)
    with pytest.raises(Refusal):
        identities.merge(private, into=caller, by=mia)
    assert private.tickets.count() == 1


def test_nobody_merges_a_customer_they_may_not_know_of(cast: Cast, known: Customer) -> None:
    factories.a_ticket(cast.dora, team=cast.installations)
    before = everything()

    with pytest.raises(Refusal):
        identities.merge(cast.dora, into=known, by=cast.ana)
    done = merge(cast.dora, known, cast.mia)
    Ticket.objects.update(team=cast.installations)
    with pytest.raises(Refusal):
        identities.split(done, by=cast.ana)

    assert identities.split(done, by=cast.mia)
    assert everything() == before


def test_later_mail_from_either_address_finds_the_one_that_was_kept(
    known: Customer, private: Customer, mia: User, deliver: Deliver
) -> None:
    merge(private, known, mia)

    for sender in ("carla@example.com", "Carla <CARLA.home@example.net>"):
        inbound = deliver(factories.a_mail(sender=sender, subject=f"From {sender}"))
        assert inbound.ticket.requester == known

    assert Customer.objects.filter(merged_into=None, name__contains="C").exclude(pk=known.pk).count() == 0


def test_what_an_address_wrote_since_goes_back_with_it(
    known: Customer, private: Customer, mia: User, deliver: Deliver
) -> None:
    done = merge(private, known, mia)
    hers = deliver(factories.a_mail(sender="carla.home@example.net", subject="Later, from home")).ticket
    others = deliver(factories.a_mail(sender="carla@example.com", subject="Later, from work")).ticket

    identities.split(done, by=mia)

    hers.refresh_from_db()
    others.refresh_from_db()
    assert (hers.requester, others.requester) == (private, known)
    assert hers.messages.filter(author="customer").get().customer == private


def test_what_was_changed_since_stays_when_they_are_told_apart(known: Customer, caller: Customer, mia: User) -> None:
    done = merge(caller, known, mia)
    Customer.objects.filter(pk=known.pk).update(phone="+34 911 000 000")

    identities.split(done, by=mia)

    known.refresh_from_db()
    assert (known.phone, known.language) == ("+34 911 000 000", "")


def test_whoever_asked_us_to_stop_asking_is_not_asked_as_somebody_else(
    known: Customer, caller: Customer, mia: User
) -> None:
    caller.refuse_surveys()

    merge(caller, known, mia)

    known.refresh_from_db()
    assert known.refuses_surveys_at is not None


def test_a_ticket_that_came_in_the_moment_of_merging_follows(
    known: Customer, caller: Customer, private: Customer, mia: User
) -> None:
    first, second = merge(caller, private, mia), merge(private, known, mia)
    late = factories.a_ticket(caller, subject="A moment late")

    assert identities.gather() == 2  # the ticket and its message
    assert identities.gather() == 0
    late.refresh_from_db()
    assert late.requester == known

    identities.split(second, by=mia)
    identities.split(first, by=mia)
    late.refresh_from_db()
    assert late.requester == caller


# --- What an address that nobody confirmed may read ------------------------------------------------------------------


def links_in(delivery: Delivery) -> set[int]:
    """The numbers of the requests that a mail leads to."""
    sending.send(delivery)
    raw = OutboxEmail.objects.latest("pk").raw
    text = bytes(raw).decode() if not isinstance(raw, str) else raw
    return {n for n in Ticket.objects.values_list("number", flat=True) if str(n) in text}


def test_an_unconfirmed_address_gets_no_link_to_what_merging_put_beside_it(
    known: Customer, private: Customer, ticket: Ticket, mia: User
) -> None:
    from_home = private.tickets.get()
    merge(private, known, mia)
    ticket.refresh_from_db()
    from_home.refresh_from_db()

    assert not ticket.send_link(to="carla.home@example.net")
    assert from_home.send_link(to="carla.home@example.net")
    unconfirmed = CustomerAddress.objects.get(address="carla.home@example.net")
    assert list(identities.tickets_for(unconfirmed)) == [from_home]
    letter = composing.compose(Delivery.objects.get(kind="link"))
    assert str(ticket.number) not in letter.as_string()
    assert not ticket.has_participant("carla.home@example.net")
    assert from_home.has_participant("carla.home@example.net")


def test_a_confirmed_address_reads_everything(known: Customer, private: Customer, ticket: Ticket, mia: User) -> None:
    from_home = private.tickets.get()
    merge(private, known, mia)
    from_home.refresh_from_db()

    confirmed = CustomerAddress.objects.get(address="carla@example.com")
    assert set(identities.tickets_for(confirmed)) == {ticket, from_home}
    assert from_home.send_link(to="carla@example.com")


def test_asking_for_a_link_at_the_door_shows_an_unconfirmed_address_its_own_alone(
    client: Any, known: Customer, private: Customer, ticket: Ticket, mia: User
) -> None:
    from_home = private.tickets.get()
    newer = factories.a_ticket(known, subject="Newer than the other")
    merge(private, known, mia)

    client.post("/links/", {"email": "carla.home@example.net"})

    delivery = Delivery.objects.get(kind="link")
    assert (delivery.address, delivery.ticket) == ("carla.home@example.net", from_home)
    assert not {ticket.number, newer.number} & links_in(delivery)


def test_opening_a_link_confirms_no_other_address(
    client: Any, known: Customer, private: Customer, ticket: Ticket, mia: User
) -> None:
    merge(private, known, mia)
    ticket.refresh_from_db()
    ticket.send_link(to="carla@example.com")

    ticket.confirm_address()

    assert CustomerAddress.objects.get(address="carla.home@example.net").confirmed_at is None


def test_what_we_send_by_ourselves_goes_where_the_ticket_may_be_read(
    known: Customer, private: Customer, ticket: Ticket, mia: User
) -> None:
    from_home = private.tickets.get()
    known.addresses.update(confirmed_at=None)
    merge(known, private, mia)  # the other way round, and nobody confirmed anything
    ticket.refresh_from_db()
    from_home.refresh_from_db()

    assert identities.address_for(ticket) == "carla@example.com"
    assert identities.address_for(from_home) == "carla.home@example.net"
    assert ticket.announce(kind="survey", text="How was it?").to == ["carla@example.com"]


def test_a_mail_from_the_address_confirms_it_and_opens_the_rest(
    known: Customer, private: Customer, ticket: Ticket, mia: User, deliver: Deliver
) -> None:
    merge(private, known, mia)

    deliver(factories.a_mail(sender="carla.home@example.net"))

    ticket.refresh_from_db()
    assert ticket.has_participant("carla.home@example.net")


# --- Twins -----------------------------------------------------------------------------------------------------------


def test_twins_are_suggested_by_phone_or_by_name_within_an_organisation(cast: Cast, known: Customer) -> None:
    Customer.objects.filter(pk=known.pk).update(phone="+34 600 1")
    known.refresh_from_db()
    by_phone = Customer.objects.create(name="Somebody", phone="+34 600 1")
    by_name = Customer.objects.create(name="carla cruz", organisation=known.organisation)
    namesake = Customer.objects.create(name="Carla Cruz")
    foreign = Customer.objects.create(name="Carla Cruz", organisation=known.organisation)
    for each in (by_phone, by_name, namesake):
        factories.a_ticket(each)
    factories.a_ticket(foreign, team=cast.installations)

    assert identities.twins_of(known, user=cast.ana) == [by_phone, by_name]
    assert identities.twins_of(known, user=cast.mia) == [by_phone, by_name, foreign]
    assert identities.twins_of(namesake, user=cast.mia) == []
    assert not CustomerMerge.objects.exists()
