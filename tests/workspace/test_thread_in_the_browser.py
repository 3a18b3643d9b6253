"""A long thread, its pictures and what is copied of it, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from helpdesk.people.models import User
from tests.services import chromium
from tests.workspace.test_files import LETTER, a_letter
from tickets.models import Message, Ticket

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine"),
]


@pytest.fixture
def long_ticket(deliver: Callable[..., Any], ana: User) -> Ticket:
    """A letter with two pictures, and thirty messages after it."""
    ticket: Ticket = deliver(a_letter(LETTER)).ticket
    start = timezone.now() + timedelta(seconds=1)
    Message.objects.bulk_create(
        Message(ticket=ticket, author="agent", user=ana, text=f"Word {n}.", said_at=start + timedelta(milliseconds=n))
        for n in range(30)
    )
    return ticket


def test_the_folded_middle_opens_in_place_and_the_keyboard_goes_on_there(browse: Any, long_ticket: Ticket) -> None:
    page = browse(f"/tickets/{long_ticket.number}/")
    expect(page.get_by_text("Word 0.", exact=True)).to_have_count(0)
    page.locator("#earlier").press("Enter")
    expect(page.get_by_role("article").filter(has_text="Word 0.")).to_be_focused()
    assert page.url.endswith("?all=1")
    page.locator("#earlier").press("Enter")
    expect(page.get_by_text("Word 0.", exact=True)).to_have_count(0)
    expect(page.locator("#earlier")).to_be_focused()


def test_an_address_of_a_folded_message_leads_to_it(browse: Any, long_ticket: Ticket) -> None:
    folded = long_ticket.messages.get(text="Word 3.")
    page = browse(f"/tickets/{long_ticket.number}/#message-{folded.pk}")
    expect(page.locator(f"#message-{folded.pk}")).to_be_focused()


def test_pictures_are_looked_at_with_the_keyboard_alone(browse: Any, long_ticket: Ticket) -> None:
    page = browse(f"/tickets/{long_ticket.number}/")
    links, box = page.locator("a[data-lightbox]"), page.locator("#lightbox")
    expect(links).to_have_count(2)
    first, second = (links.nth(place).get_attribute("data-lightbox") for place in (0, 1))
    links.first.press("Enter")
    expect(box.get_by_role("img", name=first)).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(box.get_by_role("img", name=second)).to_be_visible()
    expect(box.get_by_role("link", name="Download original")).to_have_attribute(
        "href", links.nth(1).get_attribute("data-original")
    )
    page.keyboard.press("ArrowRight")
    expect(box.get_by_role("img", name=first)).to_be_visible()
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(links.first).to_be_focused()


def test_without_scripts_a_picture_is_a_link_and_nothing_is_offered_to_copy(browse: Any, long_ticket: Ticket) -> None:
    page = browse(f"/tickets/{long_ticket.number}/", java_script_enabled=False)
    expect(page.locator("[data-copy]").first).to_be_hidden()
    expect(page.locator("#lightbox")).to_be_hidden()
    page.locator("#earlier").click()
    expect(page.get_by_text("Word 0.", exact=True)).to_be_visible()
    page.locator("a[data-lightbox]").first.click()
    expect(page.locator("img")).to_be_visible()


def test_the_link_of_a_ticket_is_copied_and_that_is_said(browse: Any, long_ticket: Ticket) -> None:
    page = browse(f"/tickets/{long_ticket.number}/", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_text("Copy number, title or link").locator("..").click()
    page.get_by_role("button", name="Copy the link").click()
    expect(page.locator("#live")).to_have_text("The link is copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.url
