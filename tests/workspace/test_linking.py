"""Linking, splitting and changing the customer on a ticket's pages; an incident written to as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.common import tokens
from helpdesk.people.models import Customer, User
from tests import factories
from tests.cast import Cast
from tickets import linking, requesters
from tickets.models import EventKind, Link, Message, Status, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


@pytest.fixture
def again(cast: Cast) -> Ticket:
    return factories.a_ticket(cast.dora, subject="No bill at all", text="Nothing came.", mailbox=cast.support)


@pytest.fixture
def elsewhere(cast: Cast) -> Ticket:
    """A ticket that Ana may not see."""
    ticket = factories.a_ticket(cast.dora, subject="A secret wiring", mailbox=cast.support)
    ticket.move(to=cast.installations, by=cast.olu)
    return ticket


def _page(client: Client, ticket: Ticket) -> str:
    answer = client.get(f"/tickets/{ticket.number}/")
    assert answer.status_code == 200
    return str(answer.content.decode())


class TestLinking:
    def test_both_pages_say_it_in_words_and_undo_takes_it_off(
        self, as_user: Browser, ana: User, ticket: Ticket, again: Ticket
    ) -> None:
        client = as_user(ana)

        client.post(f"/tickets/{ticket.number}/links/", {"way": "child_of", "to": f"#{again.number}", "rail": "1"})

        html = _page(client, ticket)
        assert f'Part of incident <a href="/tickets/{again.number}/">' in html
        assert f"Linked to #{again.number}." in html
        assert f'action="/tickets/{ticket.number}/unlinking/"' in html
        assert "Part of this incident" in _page(client, again)
        client.post(f"/tickets/{again.number}/unlinking/", {"way": "child_of:other", "to": str(ticket.number)})
        assert not Link.objects.exists()
        assert "took the link to" in _page(client, ticket)

    def test_words_are_looked_for_and_only_where_one_may_look(
        self, as_user: Browser, ana: User, ticket: Ticket, again: Ticket, elsewhere: Ticket
    ) -> None:
        from tickets.search import indexing

        indexing.index_waiting()
        client = as_user(ana)

        answer = client.post(f"/tickets/{ticket.number}/links/", {"way": "blocks", "to": "bill"}, follow=True)
        assert f'value="{again.number}"' in answer.content.decode()
        answer = client.post(f"/tickets/{ticket.number}/links/", {"way": "blocks", "to": "secret"}, follow=True)
        assert f'value="{elsewhere.number}"' not in answer.content.decode()

    def test_another_teams_ticket_is_not_there(
        self, as_user: Browser, ana: User, ben: User, ticket: Ticket, elsewhere: Ticket
    ) -> None:
        answer = as_user(ana).post(f"/tickets/{ticket.number}/links/", {"way": "blocks", "to": str(elsewhere.number)})
        assert answer.status_code == 422
        assert "or you may not see it" in answer.content.decode()
        assert as_user(ben).get(f"/tickets/{ticket.number}/links/").status_code == 404

    def test_a_refusal_stands_beside_the_form(self, as_user: Browser, ana: User, ticket: Ticket) -> None:
        answer = as_user(ana).post(
            f"/tickets/{ticket.number}/links/",
            {"way": "blocks", "to": str(ticket.number)},
            headers={"HX-Request": "true"},
        )
        assert answer.status_code == 422
        assert "cannot be linked to itself" in answer.content.decode()

    def test_resolving_what_is_blocked_warns_and_goes(
        self, as_user: Browser, ana: User, ticket: Ticket, again: Ticket
    ) -> None:
        linking.link(again, ticket, kind="blocks", by=ana)
        client = as_user(ana)

        html = client.post(
            f"/tickets/{ticket.number}/resolution/", {"reason": "Done by phone."}, follow=True
        ).content.decode()

        assert f"It is blocked by #{again.number}, still unresolved." in html
        assert Ticket.objects.get(pk=ticket.pk).status == Status.RESOLVED

    def test_from_the_list_many_become_children_of_one(
        self, as_user: Browser, ana: User, ticket: Ticket, again: Ticket
    ) -> None:
        client = as_user(ana)
        asked = client.post("/bulk/?in=unassigned", {"do": "link", "tickets": [again.number]}).content.decode()
        assert 'name="kind" value="child_of"' in asked

        client.post(
            "/bulk/?in=unassigned",
            {"do": "link", "tickets": [again.number], "into": str(ticket.number), "kind": "child_of"},
        )

        assert linking.is_child_of(again, ticket)


class TestIncident:
    @pytest.fixture
    def incident(self, ticket: Ticket, again: Ticket, cast: Cast) -> Ticket:
        parent = factories.a_ticket(cast.carla, subject="The portal is down", mailbox=cast.support)
        for child in (ticket, again):
            linking.link(child, parent, kind="child_of", by=cast.ana)
        return parent

    def test_one_form_writes_to_all_and_offers_the_way_back(
        self, as_user: Browser, ana: User, incident: Ticket, settings: Any
    ) -> None:
        settings.UNDO_SEND_SECONDS = 10
        client = as_user(ana)
        assert "Write to all 2 children" in client.get(f"/tickets/{incident.number}/links/").content.decode()

        html = client.post(
            f"/tickets/{incident.number}/children/replies/",
            {"text": "Dear {customer.first_name}, it works.", "then": "waiting"},
            follow=True,
        ).content.decode()

        assert "2 customers written to." in html
        assert set(Message.objects.filter(user=ana).values_list("text", flat=True)) == {
            "Dear Carla, it works.",
            "Dear Dora, it works.",
        }
        undo = html.split('action="/bulk/')[1].split('"')[0]
        client.post(f"/bulk/{undo}")
        assert not Message.objects.filter(user=ana).exists()

    def test_what_is_wrong_with_the_text_stands_beside_it(self, as_user: Browser, ana: User, incident: Ticket) -> None:
        answer = as_user(ana).post(f"/tickets/{incident.number}/children/replies/", {"text": "Dear {nobody}, hello"})
        assert answer.status_code == 422
        assert "Dear {nobody}, hello" in answer.content.decode()
        assert not Message.objects.filter(user=ana).exists()

    def test_all_are_resolved_with_one_reason(self, as_user: Browser, ana: User, incident: Ticket) -> None:
        as_user(ana).post(f"/tickets/{incident.number}/children/resolving/", {"reason": "The portal is up again."})

        states = {child.status for child in linking.children_of(incident, user=ana)}
        assert states == {Status.RESOLVED}

    def test_the_list_cannot_write_to_many(self, as_user: Browser, ana: User, incident: Ticket, ticket: Ticket) -> None:
        as_user(ana).post("/bulk/?in=unassigned", {"do": "reply", "tickets": [ticket.number], "text": "Hello"})
        assert not Message.objects.filter(user=ana).exists()

    def test_nobody_of_another_team_writes(self, as_user: Browser, ben: User, incident: Ticket) -> None:
        answer = as_user(ben).post(f"/tickets/{incident.number}/children/replies/", {"text": "Hello"})
        assert answer.status_code == 404


class TestSplitting:
    def test_the_form_shows_the_message_and_makes_a_ticket_that_can_be_undone(
        self, as_user: Browser, ana: User, ticket: Ticket
    ) -> None:
        client, message = as_user(ana), ticket.messages.get()
        address = f"/tickets/{ticket.number}/messages/{message.pk}/splitting/"
        assert f'href="{address}"' in _page(client, ticket)
        assert message.text in client.get(address).content.decode()

        html = client.post(address, {"subject": "Money back"}, follow=True).content.decode()

        new = Ticket.objects.exclude(pk=ticket.pk).get()
        assert f"Split #{new.number} off from #{ticket.number}." in html
        assert f"split this off from #{ticket.number}" in html
        answer = client.post(f"/tickets/{new.number}/unsplitting/")
        assert answer["Location"] == f"/tickets/{ticket.number}/"
        assert "undid the splitting" in _page(client, ticket)
        assert not Ticket.objects.filter(pk=new.pk).exists()

    def test_nobody_of_another_team_splits_and_no_reply_is_split(
        self, as_user: Browser, ana: User, ben: User, ticket: Ticket
    ) -> None:
        message = ticket.messages.get()
        reply = ticket.reply(by=ana, text="We are looking into it.")
        assert as_user(ben).get(f"/tickets/{ticket.number}/messages/{message.pk}/splitting/").status_code == 404
        assert as_user(ana).get(f"/tickets/{ticket.number}/messages/{reply.pk}/splitting/").status_code == 404


class TestAnotherCustomer:
    def test_whoever_never_took_part_is_asked_about_once(
        self, as_user: Browser, cast: Cast, ticket: Ticket, again: Ticket
    ) -> None:
        client, address = as_user(cast.ana), f"/tickets/{ticket.number}/requester/"
        assert "Dora Dahl" in client.get(f"{address}?q=Dora").content.decode()

        asked = client.post(address, {"to": cast.dora.pk}).content.decode()
        assert "Dora Dahl has taken no part in this ticket so far." in asked
        ticket.refresh_from_db()
        assert ticket.requester == cast.carla

        html = client.post(address, {"to": cast.dora.pk, "confirm": "1"}, follow=True).content.decode()
        ticket.refresh_from_db()
        assert ticket.requester == cast.dora
        assert "This is Dora Dahl’s ticket now." in html
        assert "made this the ticket of Dora Dahl" in html
        client.post(address, {"to": cast.carla.pk, "confirm": "1"})
        ticket.refresh_from_db()
        assert ticket.requester == cast.carla

    def test_a_new_address_is_a_customer_only_once_it_is_confirmed(
        self, as_user: Browser, cast: Cast, ticket: Ticket
    ) -> None:
        client, address = as_user(cast.ana), f"/tickets/{ticket.number}/requester/"
        client.post(address, {"address": "eve@example.net"})
        assert not Customer.objects.by_address("eve@example.net").exists()

        client.post(address, {"address": "eve@example.net", "confirm": "1"})
        ticket.refresh_from_db()
        assert ticket.requester.email == "eve@example.net"

    def test_no_name_of_another_teams_customer_is_told(self, as_user: Browser, cast: Cast, ticket: Ticket) -> None:
        hidden = factories.a_ticket(cast.dora, mailbox=cast.support)
        hidden.move(to=cast.installations, by=cast.olu)
        client, address = as_user(cast.ana), f"/tickets/{ticket.number}/requester/"

        assert "Dora Dahl" not in client.get(f"{address}?q=Dora").content.decode()
        assert "Dora Dahl" not in client.post(address, {"address": "dora@example.org"}).content.decode()
        assert client.post(address, {"to": cast.dora.pk}).status_code == 422
        assert as_user(cast.ben).get(address).status_code == 404

    def test_the_old_customers_link_opens_it_no_more_and_the_new_ones_does(
        self, client: Client, cast: Cast, ticket: Ticket
    ) -> None:
        def link() -> str:
            named = requesters.link_values(Ticket.objects.get(pk=ticket.pk))
            return f"/r/{tokens.make(tokens.Purpose.FOLLOW_TICKET, **named)}/"

        carlas = link()
        ticket.change_requester(to=cast.dora, by=cast.ana)

        assert client.get(carlas).status_code == 404
        assert client.post(f"{carlas}replies/", {"text": "It is mine"}).status_code == 404
        assert client.get(link()).status_code == 200
        assert ticket.events.filter(kind=EventKind.REQUESTER_CHANGED).count() == 1


class TestLookingBeforeMerging:
    def test_both_are_shown_before_anything_is_done(
        self, as_user: Browser, ana: User, ticket: Ticket, again: Ticket
    ) -> None:
        client = as_user(ana)
        answer = client.post(f"/tickets/{again.number}/merging/", {"into": str(ticket.number), "look": "1"})

        html = client.get(answer["Location"]).content.decode()

        for words in (ticket.subject, again.subject, "Carla Cruz", "Dora Dahl", "1 message", "Nothing came."):
            assert words in html
        again.refresh_from_db()
        assert not again.is_merged

    def test_so_are_those_chosen_in_the_list(self, as_user: Browser, ana: User, ticket: Ticket, again: Ticket) -> None:
        html = (
            as_user(ana)
            .post("/bulk/?in=unassigned", {"do": "merge", "tickets": [ticket.number, again.number]})
            .content.decode()
        )

        for words in (ticket.subject, again.subject, "Dora Dahl", "1 message", "Nothing came."):
            assert words in html
