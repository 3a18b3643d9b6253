"""Writing to a customer first, from the customer's page and from "New ticket"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.cast import Cast
from tickets.models import Mailbox, Ticket

pytestmark = pytest.mark.django_db

Browser = Callable[..., Client]
PAGE = "/tickets/new/writing/"


def write(client: Client, **more: Any) -> Any:
    given = {"to": "carla@example.com", "subject": "Your router", "text": "It arrives on Friday.", "then": "waiting"}
    return client.post(PAGE, given | more)


def test_a_mail_begins_a_ticket_and_can_be_undone(as_user: Browser, cast: Cast, settings: Any) -> None:
    settings.UNDO_SEND_SECONDS = 10
    client = as_user(cast.ana)
    answer = write(client, files=SimpleUploadedFile("plan.txt", b"plan"))
    ticket = Ticket.objects.get()
    message = ticket.messages.get()
    assert (answer.url, ticket.status, ticket.requester) == (ticket.get_absolute_url(), "waiting", cast.carla)
    assert message.attachments.get().filename == "plan.txt"
    page = client.get(answer.url).content.decode()
    assert f"/replies/{message.pk}/undo/" in page
    assert "Ana Alonso wrote to the customer first" in page

    undone = client.post(f"/tickets/{ticket.number}/replies/{message.pk}/undo/", follow=True).content.decode()
    assert "stays open without a message" in undone
    assert "It arrives on Friday." in undone


def test_posting_twice_writes_once(as_user: Browser, cast: Cast) -> None:
    client = as_user(cast.ana)
    assert write(client).url == write(client).url
    assert Ticket.objects.count() == 1


def test_a_known_customer_is_chosen_by_name(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    client = as_user(cast.ana)
    offered = client.get("/customers/known/", {"to": "Carla"}).content.decode()
    assert f'value="{cast.carla.pk}"' in offered
    assert f"#{ticket.number}" in offered
    looked = write(client, to="Carla", look="1")
    assert looked.status_code == 200
    assert f'value="{cast.carla.pk}"' in looked.content.decode()
    write(client, to="Carla", customer=str(cast.carla.pk))
    assert Ticket.objects.latest("pk").messages.get().to == ["carla@example.com"]


def test_nobody_is_offered_whom_this_person_may_not_know(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    offered = as_user(cast.ben).get("/customers/known/", {"to": "Carla"}).content.decode()
    assert str(cast.carla) not in offered
    write(as_user(cast.ben), to="", customer=str(cast.carla.pk))
    assert Ticket.objects.count() == 1


def test_from_the_customers_page_the_address_stands_there(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    client = as_user(cast.ana)
    assert f"{PAGE}?customer={cast.carla.pk}" in client.get(f"/customers/{cast.carla.pk}/").content.decode()
    form = client.get(PAGE, {"customer": cast.carla.pk}).content.decode()
    assert 'value="carla@example.com"' in form
    assert PAGE in client.get("/tickets/new/").content.decode()


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"to": ""}, "Write an address, or choose a customer."),
        ({"to": "carla"}, "is not an email address"),
        ({"to": "a@b.example, c@d.example"}, "the others in Cc"),
        ({"to": "ben@alborada.example"}, "colleague"),
        ({"cc": "support@alborada.example"}, "one of our own mailboxes"),
        ({"cc": "x"}, "is not an email address"),
        ({"text": " "}, "Write your message first"),
        ({"subject": ""}, "Say in a few words"),
        ({"then": "closed"}, "Choose from the list"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    as_user: Browser, cast: Cast, wrong: dict[str, str], words: str
) -> None:
    answer = write(as_user(cast.ana), **wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert "text" in wrong or "It arrives on Friday." in page
    assert not Ticket.objects.exists()


def test_who_may_not_answer_may_not_write(as_user: Browser, cast: Cast) -> None:
    for user in (cast.lou, cast.gus):
        assert write(as_user(user)).status_code == 403
    assert not Ticket.objects.exists()


def test_which_of_several_addresses_it_comes_from(as_user: Browser, cast: Cast) -> None:
    sales = Mailbox.objects.create(address="sales@alborada.example", name="Sales")
    write(as_user(cast.ana), mailbox=str(sales.pk), team=str(cast.billing.pk))
    ticket = Ticket.objects.get()
    assert (ticket.mailbox, ticket.team) == (sales, cast.billing)
