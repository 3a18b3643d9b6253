"""What a colleague writes comes into the open page, and watching by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast
from tests.services import chromium
from tickets.models import Draft, Ticket

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine"),
]
TELL = "number => document.dispatchEvent(new CustomEvent('puente:presence', { detail: { number, people: [] } }))"


def test_a_colleagues_draft_appears_when_they_pause_and_stays_open(
    cast: Cast, ticket: Ticket, browse: Callable[..., Any]
) -> None:
    page = browse(f"/tickets/{ticket.number}/")
    page.locator("#reply-text").fill("Dear Carla")
    draft = Draft.objects.create(ticket=ticket, user=cast.lea, mode="reply", text="It is paid.")

    page.evaluate(TELL, ticket.number)

    strip = page.locator("#drafts-strip")
    expect(strip).to_contain_text("Lea Lindgren is writing a reply")
    strip.locator("summary").click()
    expect(strip.get_by_text("It is paid.")).to_be_visible()
    Draft.objects.filter(pk=draft.pk).update(text="It is paid since Monday.")
    page.evaluate(TELL, ticket.number)
    expect(strip.get_by_text("It is paid since Monday.")).to_be_visible()
    expect(page.locator("#reply-text")).to_have_value("Dear Carla")


def test_one_key_watches_and_the_same_key_stops(cast: Cast, ticket: Ticket, browse: Callable[..., Any]) -> None:
    page = browse(f"/tickets/{ticket.number}/")
    page.keyboard.press("w")
    expect(page.locator("#watch")).to_have_text("Stop watching")
    expect(page.locator("#live")).to_have_text("You watch this ticket.")
    assert list(ticket.watching()) == [cast.ana]
    page.keyboard.press("w")
    expect(page.locator("#watch")).to_have_text("Watch")
    assert not ticket.watching()
