from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from helpdesk.people.models import User
from tests.cast import Cast
from tickets.models import Delivery, Draft, Message, OutboxEmail, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
SECRET = "Between us: the invoice run failed in Malaga."


@pytest.mark.parametrize("who", ["ana", "lou", "mia"])
def test_a_note_stands_in_the_thread(as_user: Browser, cast: Cast, ticket: Ticket, who: str) -> None:
    user = getattr(cast, who)

    answer = as_user(user).post(f"/tickets/{ticket.number}/notes/", {"text": SECRET})

    assert answer.status_code == 302
    html = as_user(cast.ana).get(f"/tickets/{ticket.number}/").content.decode()
    assert SECRET in html
    assert f"Internal note by {user.name}" in html


def test_the_same_note_posted_twice_is_one(as_user: Browser, ana: User, ticket: Ticket) -> None:
    for _ in range(2):
        as_user(ana).post(f"/tickets/{ticket.number}/notes/", {"text": SECRET})

    assert ticket.notes.count() == 1


def test_an_empty_note_is_refused_in_its_own_box(as_user: Browser, ana: User, ticket: Ticket) -> None:
    answer = as_user(ana).post(f"/tickets/{ticket.number}/notes/", {"text": " "})

    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Write your note first." in html
    assert html.index('value="note"') < html.index("checked>", html.index('value="note"')) < html.index("note-text")


def test_a_note_reaches_no_customer(
    as_user: Browser, cast: Cast, ticket: Ticket, settle: Callable[[], None], client: Client
) -> None:
    from helpdesk.common import tokens

    agent = as_user(cast.ana)
    agent.post(f"/tickets/{ticket.number}/notes/", {"text": SECRET})
    agent.post(f"/tickets/{ticket.number}/replies/", {"text": "We are on it.", "then": "resolved"})
    settle()

    assert Delivery.objects.exists()
    assert OutboxEmail.objects.exists()
    for mail in OutboxEmail.objects.all():
        assert b"invoice run" not in bytes(mail.raw)
    assert not Message.objects.filter(text__contains="invoice run").exists()
    token = tokens.make(tokens.Purpose.FOLLOW_TICKET, ticket=ticket.pk)
    assert "invoice run" not in client.get(f"/r/{token}/", follow=True).content.decode()
    ticket.refresh_from_db()
    assert "invoice run" not in ticket.excerpt


def test_a_note_is_never_taken_for_a_reply_nor_the_reverse(as_user: Browser, ana: User, ticket: Ticket) -> None:
    """Each text has a form and a draft of its own, so no switch can carry one into the other."""
    client = as_user(ana)
    client.post(f"/tickets/{ticket.number}/drafts/note/", {"text": SECRET})
    client.post(f"/tickets/{ticket.number}/drafts/reply/", {"text": "Dear Carla"})

    html = client.get(f"/tickets/{ticket.number}/").content.decode()
    reply = html[html.index(f'action="/tickets/{ticket.number}/replies/') :]
    reply = reply[: reply.index("</form>")]
    assert "Dear Carla" in reply
    assert SECRET not in reply
    assert {draft.mode: draft.text for draft in Draft.objects.all()} == {"note": SECRET, "reply": "Dear Carla"}
