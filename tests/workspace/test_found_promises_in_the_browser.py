"""A promise found while writing, answered by keys alone, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cx.models import FoundPromise, Promise
from tests.services import chromium
from tickets.models import Ticket

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine"),
]
Open = Callable[..., Any]


def test_a_promise_is_tracked_and_another_set_aside_by_keys(browse: Open, ticket: Ticket) -> None:
    page = browse(f"/tickets/{ticket.number}/")
    page.locator("#reply-text").focus()
    page.keyboard.type("I'll call you in two days. You won't be charged for it.")
    call, free = page.locator("[data-promised]").nth(0), page.locator("[data-promised]").nth(1)
    back = "Do not track: I'll call you in two days"
    playwright.expect(page.locator("#live")).to_have_text("2 promises found in your reply.")
    playwright.expect(page.locator("#reply-text")).to_be_focused()

    call.locator("input[type=date]").focus()
    page.keyboard.press("Enter")  # tracks it, and sends nothing

    playwright.expect(page.locator("#promised .is-tracked button")).to_have_text(back)
    playwright.expect(page.locator("#promised .is-tracked button")).to_be_focused()
    free.get_by_role("button", name="Not a promise").focus()
    page.keyboard.press("Enter")
    playwright.expect(page.locator("#promised .is-ignored button")).to_be_focused()
    assert not ticket.messages.filter(author="agent").exists()
    assert dict(FoundPromise.objects.values_list("words", "state")) == {
        "I'll call you in two days": "tracked",
        "You won't be charged for it": "ignored",
    }

    page.locator("#reply-text").focus()
    page.keyboard.press("Control+Enter")

    playwright.expect(page.locator("#thread mark")).to_have_text("I'll call you in two days")
    assert Promise.objects.get().message == ticket.messages.get(author="agent")


def test_what_is_selected_stands_in_the_form_for_a_promise(browse: Open, ticket: Ticket) -> None:
    page = browse(f"/tickets/{ticket.number}/")
    page.locator("#reply-text").fill("Gladly. The router is yours to keep.")
    page.evaluate("document.getElementById('reply-text').setSelectionRange(8, 35)")

    page.locator("details:has(#promise-what) > summary").click()

    playwright.expect(page.locator("#promise-what")).to_have_value("The router is yours to keep")
