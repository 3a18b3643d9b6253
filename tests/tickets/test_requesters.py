"""Whose ticket it is: another customer's from now on, and back."""

from __future__ import annotations

import pytest

from helpdesk.common import tokens
from helpdesk.common.errors import Refusal
from helpdesk.people.models import Customer, CustomerAddress
from tests import factories
from tests.cast import Cast
from tickets import addressing, identities, merging, requesters
from tickets.models import EventKind, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


def _link(ticket: Ticket) -> dict[str, int]:
    return requesters.link_values(Ticket.objects.get(pk=ticket.pk))


def _opens(values: dict[str, int], ticket: Ticket) -> bool:
    return requesters.opens(values, Ticket.objects.get(pk=ticket.pk))


def test_the_ticket_is_another_customers_and_what_was_said_stays_theirs_who_said_it(ticket: Ticket, cast: Cast) -> None:
    assert ticket.change_requester(to=cast.dora, by=cast.ana)

    ticket.refresh_from_db()
    assert ticket.requester == cast.dora
    assert ticket.messages.get().customer == cast.carla
    event = ticket.events.get(kind=EventKind.REQUESTER_CHANGED)
    assert (event.details["was_name"], event.details["name"]) == ("Carla Cruz", "Dora Dahl")
    assert list(identities.tickets_for(cast.dora.addresses.get())) == [ticket]
    assert not identities.tickets_for(cast.carla.addresses.get()).exists()


def test_to_the_same_customer_changes_nothing(ticket: Ticket, cast: Cast) -> None:
    assert not ticket.change_requester(to=cast.carla, by=cast.ana)
    assert not ticket.events.filter(kind=EventKind.REQUESTER_CHANGED).exists()


def test_a_merged_ticket_is_changed_where_it_goes_on(ticket: Ticket, cast: Cast) -> None:
    merging.merge(ticket, into=factories.a_ticket(cast.carla, mailbox=cast.support), by=cast.ana)

    with pytest.raises(Refusal, match="Go on there"):
        ticket.change_requester(to=cast.dora, by=cast.ana)


def test_links_of_the_one_before_open_it_no_more_until_it_is_theirs_again(ticket: Ticket, cast: Cast) -> None:
    carlas = _link(ticket)
    ticket.change_requester(to=cast.dora, by=cast.ana)
    doras = _link(ticket)
    assert (_opens(carlas, ticket), _opens(doras, ticket)) == (False, True)

    ticket.change_requester(to=cast.carla, by=cast.ana)
    assert (_opens(carlas, ticket), _opens(doras, ticket)) == (True, False)
    assert _link(ticket) == carlas

    third = Customer.writing_from("eve@example.net")
    ticket.change_requester(to=third, by=cast.ana)
    assert (_opens(carlas, ticket), _opens(doras, ticket), _opens(_link(ticket), ticket)) == (False, False, True)
    ticket.change_requester(to=cast.dora, by=cast.ana)
    assert _link(ticket) == doras


def test_a_link_that_names_no_turn_was_mailed_to_the_first_requester(ticket: Ticket, cast: Cast) -> None:
    """So the links of mails that left before anybody knew of turns go on opening."""
    token = tokens.make(tokens.Purpose.FOLLOW_TICKET, ticket=ticket.number)
    assert _opens(tokens.read(tokens.Purpose.FOLLOW_TICKET, token), ticket)


def test_turns_are_loaded_along_with_many_tickets(ticket: Ticket, cast: Cast) -> None:
    other = factories.a_ticket(cast.carla, mailbox=cast.support)
    ticket.change_requester(to=cast.dora, by=cast.ana)

    loaded = Ticket.objects.annotate(**requesters.with_turn()).in_bulk()

    for each in (ticket, other):
        assert requesters.turn_of(loaded[each.pk]) == requesters.turn_of(Ticket.objects.get(pk=each.pk))
    assert requesters.turn_of(loaded[ticket.pk]).number == 1


def test_the_next_reply_goes_to_the_new_one_and_whoever_got_it_before_is_one_click_away(
    ticket: Ticket, cast: Cast
) -> None:
    before = addressing.circle_of(ticket).answered
    ticket.change_requester(to=cast.dora, by=cast.ana)

    answered = addressing.circle_of(ticket).answered
    assert answered.to == ("dora@example.org",)
    assert "carla@example.com" not in answered.cc
    assert "carla@example.com" in answered.others

    ticket.change_requester(to=cast.carla, by=cast.ana)
    assert addressing.circle_of(ticket).answered == before


def test_who_writes_after_the_change_is_answered_as_always(ticket: Ticket, cast: Cast) -> None:
    ticket.change_requester(to=cast.dora, by=cast.ana)
    ticket.receive(text="It is about me.", customer=cast.carla, channel="email", from_address="carla@example.com")

    assert addressing.circle_of(ticket).answered.to == ("carla@example.com",)


def test_whoever_was_copied_in_or_wrote_took_part(ticket: Ticket, cast: Cast) -> None:
    assert not requesters.took_part(cast.dora, ticket=ticket)
    CustomerAddress.objects.create(customer=cast.dora, address="copied@example.org")
    ticket.reply(by=cast.ana, text="Hello.", to=["carla@example.com"], cc=["copied@example.org"])

    assert requesters.took_part(cast.dora, ticket=ticket)


def test_a_customer_who_was_merged_meanwhile_is_the_one_they_became(ticket: Ticket, cast: Cast) -> None:
    other = Customer.writing_from("dora.private@example.org")
    factories.a_ticket(other, mailbox=cast.support)
    factories.a_ticket(cast.dora, mailbox=cast.support)
    identities.merge(other, into=cast.dora, by=cast.olu)
    other.refresh_from_db()

    ticket.change_requester(to=other, by=cast.ana)

    assert ticket.requester == cast.dora
