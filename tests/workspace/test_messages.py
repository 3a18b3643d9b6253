"""What stands behind a message: its mail, how each recipient's copy fared, and pictures to be looked at."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from PIL import Image

from helpdesk.people.models import User
from helpdesk.workspace.thread import ICONS, PASSING, SAID, words_for
from helpdesk.workspace.ticket_standing import standing_of
from tests import factories
from tickets.models import Attachment, Delivery, Event, EventKind, InboundEmail, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
MENU = {"HTTP_HX_REQUEST": "true"}


def path(ticket: Ticket, message: Any, end: str = "") -> str:
    return f"/tickets/{ticket.number}/messages/{message.pk}/mail/{end}"


@pytest.fixture
def mail(deliver: Callable[..., InboundEmail]) -> InboundEmail:
    return deliver(factories.a_mail(text="The bill <b>is</b> wrong.", message_id="<one@example.com>"))


class TestTheMailOfAMessage:
    def test_it_stands_as_text_with_its_headers_folded(self, as_user: Browser, ana: User, mail: InboundEmail):
        html = as_user(ana).get(path(mail.ticket, mail.message)).content.decode()
        headers, body = html.split("</summary>", 1)[1].split("</pre>", 1)
        assert "Message-Id: &lt;one@example.com&gt;" in headers
        assert "The bill &lt;b&gt;is&lt;/b&gt; wrong." in body
        assert "Message-Id" not in body

    def test_it_is_downloaded_byte_for_byte(self, as_user: Browser, ana: User, mail: InboundEmail):
        answer = as_user(ana).get(path(mail.ticket, mail.message, "raw/"))
        assert answer.content == bytes(mail.raw)
        assert answer["Content-Disposition"].endswith('.eml"')
        assert answer["Content-Type"] == "application/octet-stream"

    @pytest.mark.parametrize("end", ["", "raw/"])
    def test_nobody_reads_it_who_may_not_see_the_ticket(
        self, as_user: Browser, ben: User, mail: InboundEmail, ticket: Ticket, ana: User, end: str
    ):
        assert as_user(ben).get(path(mail.ticket, mail.message, end)).status_code == 404
        assert Client().get(path(mail.ticket, mail.message, end)).status_code == 302
        assert as_user(ana).get(path(ticket, mail.message, end)).status_code == 404  # it is another ticket's

    def test_the_menu_asks_for_it_only_when_it_opens(self, as_user: Browser, ana: User, mail: InboundEmail):
        html = as_user(ana).get(f"/tickets/{mail.ticket.number}/").content.decode()
        assert f'hx-get="{path(mail.ticket, mail.message)}"' in html
        assert "Download as .eml" not in html
        menu = as_user(ana).get(path(mail.ticket, mail.message), **MENU).content.decode()
        assert "<html" not in menu
        assert path(mail.ticket, mail.message, "raw/") in menu

    def test_a_message_from_the_phone_has_none(self, as_user: Browser, ana: User, carla: Any):
        ticket = factories.a_ticket(carla, channel="phone")
        message = ticket.messages.get()
        assert "it was said on the phone" in as_user(ana).get(path(ticket, message)).content.decode()
        assert "it was said on the phone" in as_user(ana).get(path(ticket, message), **MENU).content.decode()
        assert as_user(ana).get(path(ticket, message, "raw/")).status_code == 404

    def test_bytes_that_are_no_mail_are_shown_all_the_same(self, as_user: Browser, ana: User, mail: InboundEmail):
        InboundEmail.objects.update(raw=b"\x00\xff\xfe no headers at all")
        assert "no headers at all" in as_user(ana).get(path(mail.ticket, mail.message)).content.decode()


class TestHowItFared:
    def test_each_recipient_has_a_line_with_the_answer_of_the_server(
        self, as_user: Browser, ana: User, mail: InboundEmail
    ):
        message = mail.ticket.reply(by=ana, text="We are on it.")
        delivery = message.deliveries.get()
        Delivery.objects.filter(pk=delivery.pk).update(state="bounced", answer="550 no such user", attempts=2)
        for headers in ({}, MENU):
            html = as_user(ana).get(path(mail.ticket, message), **headers).content.decode()
            assert delivery.address in html
            assert "Came back" in html
            assert "550 no such user" in html

    def test_the_links_of_a_customer_are_shown_to_nobody_else(self, as_user: Browser, ana: User, mail: InboundEmail):
        message = mail.ticket.reply(by=ana, text="We are on it.")
        assert "/r/" not in as_user(ana).get(path(mail.ticket, message)).content.decode()
        assert as_user(ana).get(path(mail.ticket, message, "raw/")).status_code == 404


def test_a_picture_can_be_looked_at_large_and_its_file_downloaded(as_user: Browser, ana: User, deliver: Any) -> None:
    from tests.workspace.test_files import LETTER, a_letter

    ticket = deliver(a_letter(LETTER)).ticket
    html = as_user(ana).get(f"/tickets/{ticket.number}/").content.decode()
    photo = Attachment.objects.get(filename="photo.jpg")
    large = f"/tickets/{ticket.number}/files/{photo.pk}/preview/?size=large"
    assert f'href="{large}" data-lightbox="photo.jpg"' in html
    assert f'href="/tickets/{ticket.number}/files/{photo.pk}/" download' in html
    assert html.count('<dialog class="lightbox"') == 1
    with Image.open(io.BytesIO(b"".join(as_user(ana).get(large).streaming_content))) as drawn:
        assert drawn.size == (800, 500)


class TestInWords:
    @pytest.mark.parametrize("language", ["en", "es"])
    @pytest.mark.parametrize("kind", [kind for kind in EventKind if kind not in (*SAID, *PASSING)])
    @pytest.mark.parametrize("has_actor", [True, False])
    def test_every_event_is_a_sentence_whatever_it_knows(
        self, ana: User, ticket: Ticket, kind: str, language: str, has_actor: bool
    ):
        event = Event(ticket=ticket, kind=kind, actor=ana if has_actor else None, details={})
        with translation.override(language):
            words = words_for(event)
        assert words
        assert words[0].isupper()
        assert kind not in words
        assert not {"None", "{}", "%("} & set(words.split())
        assert "%(" not in words
        assert kind in ICONS or kind == EventKind.CREATED

    def test_the_status_says_since_when_and_by_whom(self, ana: User, ticket: Ticket):
        def words() -> str:
            ticket.refresh_from_db()
            return standing_of(ticket, ticket.events.order_by("pk")).words

        assert words() == "Open"
        ticket.reply(by=ana, text="Which bill?", then="waiting")
        assert words().startswith("Waiting for the customer since ")
        ticket.reply(by=ana, text="Done.", then="resolved")
        assert words().startswith("Resolved by Ana Alonso, ")
