"""Every page of the workspace without JavaScript: what can be read and sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cx.models import FollowUp, Tagging
from helpdesk.people.models import User
from helpdesk.people.preferences import Preferences
from tests import factories
from tests.cast import Cast
from tests.services import chromium
from tickets.models import SavedView, Status, Ticket
from tickets.search import indexing

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine"),
]
Suggest = Callable[..., Tagging]


@pytest.fixture
def page(chrome: Any, live_server: Any, as_user: Callable[[User], Client], ana: User) -> Iterator[Any]:
    """Ana's browser, in which no script runs."""
    context = chrome.new_context(
        viewport={"width": 1440, "height": 900}, java_script_enabled=False, base_url=live_server.url
    )
    session = as_user(ana).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    yield context.new_page()
    context.close()


def _main(page: Any) -> str:
    return str(page.locator("main").inner_text())


def _press(page: Any, name: str, *, within: Any = None) -> None:
    """The button, and wait for the page that follows."""
    with page.expect_navigation():
        (within or page).get_by_role("button", name=name, exact=True).first.click()


def _enter(page: Any) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_queue_is_read_filtered_and_its_order_chosen(page: Any, cast: Cast, ticket: Ticket) -> None:
    factories.a_ticket(cast.carla, mailbox=cast.support, subject="An urgent one", priority="urgent")
    page.goto("/queue/open/")
    assert ticket.subject in _main(page)

    page.locator("#find").fill("priority:urgent")
    _enter(page)
    assert "An urgent one" in _main(page)
    assert ticket.subject not in _main(page)

    page.goto("/queue/open/?order=newest")
    assert _main(page).index("An urgent one") < _main(page).index(ticket.subject)


def test_a_filter_is_built_and_kept_as_a_view(page: Any, cast: Cast, ticket: Ticket) -> None:
    factories.a_ticket(cast.carla, mailbox=cast.support, subject="An urgent one", priority="urgent")
    page.goto("/queue/open/filter/")
    page.get_by_label("What is compared").select_option(label="Priority")
    _press(page, "Update")
    page.get_by_label("Urgent").check()
    _press(page, "Show these tickets")
    assert "An urgent one" in _main(page)
    assert ticket.subject not in _main(page)

    page.get_by_role("link", name="Save as view").click()
    page.get_by_label("Name").fill("Urgent ones")
    _press(page, "Save the view")
    assert SavedView.objects.get().name == "Urgent ones"
    assert "An urgent one" in _main(page)


def test_tickets_are_searched(page: Any, ticket: Ticket) -> None:
    indexing.index_all()
    page.goto("/search/")
    page.locator("main input[name=q]").fill("charged me twice")
    _enter(page)

    assert f"#{ticket.number}" in _main(page)


def test_a_ticket_is_read_answered_and_noted(page: Any, ticket: Ticket) -> None:
    page.goto(f"/tickets/{ticket.number}/")
    page.get_by_label(re.compile("^Your reply to")).fill("We are looking at it.")
    _press(page, "Send")
    assert "We are looking at it." in _main(page)

    page.locator(".composer input[value=note]").check()
    page.get_by_label(re.compile("^Internal note")).fill("Ask the warehouse.")
    _press(page, "Add note")
    assert "Ask the warehouse." in _main(page)
    assert ticket.messages.count() == 2
    assert ticket.notes.count() == 1


def test_a_ticket_is_tagged_and_snoozed(page: Any, ticket: Ticket, suggestion: Tagging) -> None:
    page.goto(f"/tickets/{ticket.number}/")
    page.get_by_text("Change⇧C").click()
    form = page.locator("[data-tag-keys] form")
    form.get_by_label("Expectation gap").select_option("promise_mismatch")
    _press(page, "Save the tag", within=form)
    assert Tagging.objects.filter(ticket=ticket, is_current=True).get().gap_primary == "promise_mismatch"

    page.locator(".t-acts summary", has_text="Snooze").click()
    _press(page, "Later today")
    ticket.refresh_from_db()
    assert ticket.status == Status.SNOOZED


def test_a_ticket_is_merged(page: Any, cast: Cast, ticket: Ticket) -> None:
    other = factories.a_ticket(cast.carla, mailbox=cast.support, subject="The same again")
    page.goto(f"/tickets/{other.number}/merging/")
    page.locator("main input[name=into]").fill(str(ticket.number))
    _press(page, "Merge")

    other.refresh_from_db()
    assert other.is_merged


def test_what_one_is_told_is_chosen(page: Any, ana: User) -> None:
    page.goto("/notifications/choices/")
    box = page.locator("main table input[type=checkbox]:checked").first
    name, value = box.get_attribute("name"), box.get_attribute("value")
    box.uncheck()
    _press(page, "Save")

    page.goto("/notifications/choices/")
    again = page.locator(f'main input[name="{name}"]' + (f'[value="{value}"]' if value else ""))
    assert not again.first.is_checked()


def test_a_customer_is_found_changed_and_followed_up(page: Any, cast: Cast, ticket: Ticket) -> None:
    page.goto("/customers/")
    page.get_by_role("link", name="Carla Cruz").first.click()
    assert ticket.subject in _main(page)
    page.goto(f"/customers/{cast.carla.pk}/edit/")
    page.get_by_label(re.compile("^Name")).fill("Carla Cruz Vega")
    _press(page, "Save")
    assert "Carla Cruz Vega" in _main(page)

    FollowUp.objects.create(
        customer=cast.carla, owner=cast.ana, kind="contact", text="Call her", due_at=timezone.now() + timedelta(hours=1)
    )
    page.goto("/follow-ups/")
    assert "Call her" in _main(page)
    with page.expect_navigation():
        page.get_by_role("button", name=re.compile("^Done")).first.click()
    assert not FollowUp.objects.planned().exists()


def test_the_lists_are_put_into_another_order(page: Any, ana: User) -> None:
    page.goto("/views/")
    _press(page, "Promises due: up")

    ana.refresh_from_db()
    assert Preferences.of(ana).view_order[:4] == ("mine", "open", "promises", "unassigned")
