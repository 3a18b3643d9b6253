"""Asking somebody outside from a ticket's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.cast import Cast
from tickets import side_conversations
from tickets.models import Delivery, Draft, SideConversation, SideMessage, Ticket

pytestmark = pytest.mark.django_db

Browser = Callable[..., Client]
ROSA = "rosa@courier.example"


@pytest.fixture
def asked(ticket: Ticket, cast: Cast) -> SideMessage:
    return side_conversations.start(
        ticket, by=cast.ana, to=ROSA, subject="Parcel 77", text="Where is it?", undo_seconds=0
    )


def ask(client: Client, ticket: Ticket, **more: Any) -> Any:
    given = {"to": ROSA, "subject": "Parcel 77", "text": "Where is parcel 77?"}
    return client.post(f"/tickets/{ticket.number}/side/", given | more)


def test_asking_leaves_in_a_moment_and_can_be_undone(
    as_user: Browser, cast: Cast, ticket: Ticket, settings: Any
) -> None:
    settings.UNDO_SEND_SECONDS = 10
    client = as_user(cast.ana)
    answer = ask(client, ticket, quote=[str(ticket.messages.get().pk)])
    said = SideMessage.objects.get()
    assert answer.url.startswith(f"/tickets/{ticket.number}/side/{said.conversation_id}/")
    assert "charged me twice" in said.quoted
    assert Delivery.objects.get(kind="side").can_be_undone
    page = client.get(answer.url).content.decode()
    assert "The customer cannot see this" in page
    assert f"/side/messages/{said.pk}/undo/" in page

    undone = client.post(f"/tickets/{ticket.number}/side/messages/{said.pk}/undo/", follow=True)
    form = undone.content.decode()
    assert "Where is parcel 77?" in form
    assert 'value="Parcel 77"' in form
    assert f'value="{ROSA}"' in form
    assert not SideConversation.objects.exists()
    again = client.post(f"/tickets/{ticket.number}/side/messages/{said.pk}/undo/")
    assert again.status_code == 302
    assert "taken back already" in client.get(again.url).content.decode()


def test_posting_twice_asks_once(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    client = as_user(cast.ana)
    first, second = ask(client, ticket), ask(client, ticket)
    assert first.url == second.url
    assert SideMessage.objects.count() == 1


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"to": "carla@example.com"}, "takes part in this ticket"),
        ({"to": "ben@alborada.example"}, "colleague"),
        ({"to": "x"}, "is not an email address"),
        ({"to": f"{ROSA}, b@c.example"}, "Write one address"),
        ({"subject": " "}, "Say in a few words"),
        ({"text": " "}, "Write your message first"),
    ],
)
def test_what_is_wrong_stands_beside_what_was_typed(
    as_user: Browser, cast: Cast, ticket: Ticket, wrong: dict[str, str], words: str
) -> None:
    answer = ask(as_user(cast.ana), ticket, **wrong)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert wrong.get("text", "Where is parcel 77?").strip() in page
    assert not SideConversation.objects.exists()


def test_a_file_is_kept_while_something_is_wrong_and_then_goes_along(
    as_user: Browser, cast: Cast, ticket: Ticket
) -> None:
    client = as_user(cast.ana)
    assert ask(client, ticket, to="x", files=SimpleUploadedFile("photo.txt", b"photo")).status_code == 422
    ask(client, ticket)
    assert SideMessage.objects.get().attachments.get().filename == "photo.txt"
    assert not Draft.objects.exists()


def test_the_thread_shows_it_folded_and_agents_alone_know_of_it(
    as_user: Browser, cast: Cast, ticket: Ticket, asked: SideMessage
) -> None:
    side_conversations.receive(asked.conversation, text="It is in Seville.", from_address=ROSA)
    address = f"/tickets/{ticket.number}/side/{asked.conversation_id}/"
    page = as_user(cast.ana).get(f"/tickets/{ticket.number}/").content.decode()
    assert f"With {ROSA}: 2 messages" in page
    assert address in page
    assert "It is in Seville." in as_user(cast.ana).get(address).content.decode()
    ticket.move(to=cast.billing, by=None)
    assert as_user(cast.ben).get(address).status_code == 404
    assert as_user(cast.gus).get(address).status_code in (403, 404)
    assert ask(as_user(cast.ben), ticket).status_code == 404


def test_who_may_not_answer_may_read_but_not_write(
    as_user: Browser, cast: Cast, ticket: Ticket, asked: SideMessage
) -> None:
    client, address = as_user(cast.lou), f"/tickets/{ticket.number}/side/{asked.conversation_id}/"
    page = client.get(address)
    assert page.status_code == 200
    assert 'name="text"' not in page.content.decode()
    assert client.post(address, {"text": "Hello"}).status_code == 404
    assert ask(client, ticket).status_code == 403


def test_of_another_ticket_it_is_not_found(as_user: Browser, cast: Cast, ticket: Ticket, asked: SideMessage) -> None:
    other = factories.a_ticket(cast.dora, mailbox=cast.support)
    assert as_user(cast.ana).get(f"/tickets/{other.number}/side/{asked.conversation_id}/").status_code == 404


def test_writing_again_ending_and_opening(as_user: Browser, cast: Cast, ticket: Ticket, asked: SideMessage) -> None:
    client, address = as_user(cast.lea), f"/tickets/{ticket.number}/side/{asked.conversation_id}/"
    client.post(f"{address}ending/")
    assert "Open again" in client.get(address).content.decode()
    client.post(f"{address}reopening/")
    client.post(address, {"text": "And now?", "to": "eve@evil.example"})
    latest = asked.conversation.messages.latest("pk")
    assert (latest.text, latest.user) == ("And now?", cast.lea)
    assert Delivery.objects.get(side_message=latest).address == ROSA


def test_a_draft_for_one_is_not_offered_for_another(
    as_user: Browser, cast: Cast, ticket: Ticket, asked: SideMessage
) -> None:
    client = as_user(cast.ana)
    client.post(f"/tickets/{ticket.number}/drafts/side/", {"text": "For Rosa alone", "to": ROSA})
    other = side_conversations.start(ticket, by=cast.ana, to="p@partner.example", subject="x", text="y")
    assert "For Rosa alone" in client.get(f"/tickets/{ticket.number}/side/{asked.conversation_id}/").content.decode()
    for address in (f"{other.conversation_id}/", ""):
        assert "For Rosa alone" not in client.get(f"/tickets/{ticket.number}/side/{address}").content.decode()


def test_the_api_and_the_portal_know_nothing_of_it(
    as_user: Browser, cast: Cast, ticket: Ticket, asked: SideMessage
) -> None:
    side_conversations.receive(asked.conversation, text="It is in Seville.", from_address=ROSA)
    client = as_user(cast.ana)
    for address in (f"/api/v1/tickets/{ticket.number}/", f"/api/v1/tickets/{ticket.number}/messages/"):
        said = client.get(address).content.decode()
        assert "Seville" not in said
        assert ROSA not in said
    customers = client.get("/customers/", {"q": "courier"}).content.decode()
    assert ROSA not in customers


def test_one_more_query_however_many_there_are(
    as_user: Browser, cast: Cast, ticket: Ticket, asked: SideMessage, django_assert_max_num_queries: Any
) -> None:
    client = as_user(cast.ana)
    with CaptureQueriesContext(connection) as one:
        client.get(f"/tickets/{ticket.number}/")
    for number in range(4):
        side_conversations.start(ticket, by=cast.ana, to=f"p{number}@x.example", subject="x", text="y")
    with django_assert_max_num_queries(len(one)):
        client.get(f"/tickets/{ticket.number}/")
