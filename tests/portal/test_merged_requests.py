"""What customers see of requests that were merged: all of their own, and nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from helpdesk.people.models import Customer, CustomerAddress, User
from helpdesk.portal import following
from tests import factories
from tickets import identities, merging
from tickets.models import Attachment, Message, Ticket

pytestmark = pytest.mark.django_db
SECRET = "Dora’s account is 4711"


@pytest.fixture
def again(carla: Customer, support: object) -> Ticket:
    return factories.a_ticket(carla, subject="The bill once more", text="Nobody answers me.", mailbox=support)


@pytest.fixture
def doras(dora: Customer, support: object, ticket: Ticket, ana: User, settle: Callable[[], None]) -> Ticket:
    """Dora's ticket, merged into Carla's."""
    theirs = factories.a_ticket(dora, subject="Dora’s bill", text=SECRET, mailbox=support)
    theirs.reply(by=ana, text="For Dora alone")
    settle()
    merging.merge(theirs, into=ticket, by=ana, other_customer=True)
    return theirs


def page_of(client: Client, ticket: Ticket) -> str:
    answer = client.get(following.url_of(ticket))
    assert answer.status_code == 200
    return str(answer.content.decode())


def write(client: Client, ticket: Ticket, text: str) -> object:
    from helpdesk.portal import stamps

    return client.post(f"{following.url_of(ticket)}replies/", {"text": text, "stamp": stamps.new()})


class TestOfOneCustomer:
    def test_both_links_lead_to_one_page_with_everything(self, client, ticket, again, ana, settle):
        again.reply(by=ana, text="From the second one")
        settle()
        merging.merge(again, into=ticket, by=ana)
        for each in (ticket, again):
            page = page_of(client, each)
            assert f"Your request {ticket.number}" in page
            assert f"Your request {again.number} goes on here, too." in page
            for words in ("charged me twice", "Nobody answers me.", "From the second one"):
                assert words in page

    def test_a_merged_one_is_not_called_solved_while_the_other_is_open(self, ticket, again, ana):
        merging.merge(again, into=ticket, by=ana)
        assert not following.look_at(following.goes_on_in(Ticket.objects.get(pk=again.pk))).is_solved

    def test_a_reply_by_the_old_link_lands_in_the_other(self, client, ticket, again, ana):
        merging.merge(again, into=ticket, by=ana)
        answer = write(client, again, "Any news?")
        assert answer.status_code == 302
        assert ticket.messages.filter(text="Any news?", is_from_stranger=False).exists()
        assert Ticket.objects.count() == 2

    def test_its_files_are_still_there(self, client, ticket, again, ana):
        file = Attachment(message=again.messages.get(), filename="a.txt", content_type="text/plain", size=1, sha256="0")
        file.file.save("a.txt", ContentFile(b"x"))
        merging.merge(again, into=ticket, by=ana)
        for each in (ticket, again):
            assert client.get(f"{following.url_of(each)}files/{file.pk}/").status_code == 200

    def test_undone_they_are_two_pages_again(self, client, ticket, again, ana):
        merging.merge(again, into=ticket, by=ana)
        merging.unmerge(again, by=ana)
        assert "charged me twice" not in page_of(client, again)
        assert "Nobody answers me." not in page_of(client, ticket)

    def test_an_address_that_nobody_confirmed_reads_no_more_by_it(
        self, client, ticket, again, ana, lea, support, carla
    ):
        """Somebody typed that they were Carla, and a colleague believed it."""
        claimed = Customer.objects.create(name="Carla Cruz")
        CustomerAddress.objects.create(customer=claimed, address="carla@evil.example")
        theirs = factories.a_ticket(claimed, mailbox=support, text="I am Carla, too")
        identities.merge(claimed, into=carla, by=ana)
        theirs.refresh_from_db()
        merging.merge(theirs, into=ticket, by=ana)
        page = page_of(client, theirs)
        assert "I am Carla, too" in page
        assert "charged me twice" not in page

    def test_opening_the_old_link_confirms_the_old_request_alone(self, client, carla, support, ana):
        one, other = (factories.a_ticket(carla, channel="web", mailbox=support) for _ in range(2))
        merging.merge(other, into=one, by=ana)
        page_of(client, other)
        one.refresh_from_db()
        other.refresh_from_db()
        assert other.address_confirmed_at
        assert not one.address_confirmed_at


class TestOfTwoCustomers:
    def test_neither_reads_a_word_of_the_other(self, client, ticket, doras):
        carlas, hers = page_of(client, ticket), page_of(client, doras)
        for words in (SECRET, "Dora’s bill", "For Dora alone", str(doras.number)):
            assert words not in carlas
        for words in ("charged me twice", "The bill is wrong", str(ticket.number)):
            assert words not in hers
        assert SECRET in hers
        assert "For Dora alone" in hers

    def test_what_she_writes_is_read_by_us_and_shown_to_her_alone(self, client, ticket, doras, ana):
        answer = write(client, doras, "And my other bill?")
        message = Message.objects.get(text="And my other bill?")
        assert (message.ticket, message.is_from_stranger) == (ticket, True)
        followed = client.get(answer["Location"]).content.decode()
        assert "And my other bill?" in followed
        assert "charged me twice" not in followed
        assert "And my other bill?" not in page_of(client, ticket)

    def test_the_answer_to_it_never_leads_to_the_others_page(self, client, ticket, doras):
        answer = write(client, doras, "And my other bill?")
        again = write(client, doras, "And my other bill?")
        for each in (answer, again):
            shown = client.get(each["Location"]).content.decode()
            assert f"Your request {doras.number}" in shown

    def test_files_are_not_reached_across(self, client, ticket, doras):
        files = []
        for each in (ticket, doras):
            message = each.messages.order_by("pk").first()
            file = Attachment(message=message, filename="a.txt", content_type="text/plain", size=1, sha256="0")
            file.file.save("a.txt", ContentFile(b"x"))
            files.append(file)
        assert client.get(f"{following.url_of(doras)}files/{files[0].pk}/").status_code == 404
        assert client.get(f"{following.url_of(ticket)}files/{files[1].pk}/").status_code == 404

    def test_when_the_other_is_solved_hers_says_so_and_her_word_opens_her_own(self, client, ticket, doras, ana):
        ticket.reply(by=ana, text="Done", then="resolved")
        ticket.close()
        write(client, doras, "It is not solved for me.")
        new = Message.objects.get(text="It is not solved for me.").ticket
        assert (new.requester, new.continues) == (doras.requester, doras)
