"""Searching by keys, with what can be typed suggested below the field, in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from helpdesk.people.models import Customer, CustomerAddress
from tests import factories
from tests.cast import Cast
from tests.services import chromium
from tickets.models import Ticket
from tickets.search import indexing

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine"),
]
Open = Callable[..., Any]


@pytest.fixture
def meter(cast: Cast) -> Ticket:
    ticket = factories.a_ticket(cast.carla, subject="The meter hums", text="A router, too.", mailbox=cast.support)
    indexing.index_all()
    return ticket


def field_of(page: Any) -> Any:
    return page.get_by_role("combobox", name="Search in all tickets")


def test_arrows_choose_enter_takes_and_escape_closes(browse: Open, meter: Ticket) -> None:
    page = browse("/search/")
    field, options = field_of(page), page.get_by_role("option")
    playwright.expect(field).to_be_focused()
    playwright.expect(field).to_have_attribute("aria-expanded", "false")

    field.press_sequentially("car")
    playwright.expect(page.get_by_role("option", name="Carla Cruz")).to_be_visible()
    playwright.expect(field).to_have_attribute("aria-expanded", "true")
    playwright.expect(page.get_by_text("Suggestions below; arrows choose one")).to_have_count(1)
    assert field.get_attribute("aria-activedescendant") is None

    field.press("ArrowDown")
    chosen = page.locator(f"#{field.get_attribute('aria-activedescendant')}")
    playwright.expect(chosen).to_have_attribute("aria-selected", "true")
    field.press("ArrowUp")
    field.press("ArrowDown")  # round and round
    playwright.expect(field).to_be_focused()

    field.press("Escape")
    playwright.expect(options).to_have_count(0)
    playwright.expect(field).to_have_value("car")
    playwright.expect(field).to_have_attribute("aria-expanded", "false")

    field.press_sequentially("l")
    playwright.expect(page.get_by_role("option", name="Carla Cruz")).to_be_visible()
    carla = page.get_by_role("option", name="Carla Cruz").get_attribute("id")
    while field.get_attribute("aria-activedescendant") != carla:
        field.press("ArrowDown")
    field.press("Enter")
    playwright.expect(field).to_have_value("from:carla@example.com ")
    playwright.expect(options).to_have_count(0)

    field.press("Enter")
    page.wait_for_url("**/search/?q=*")
    playwright.expect(page.get_by_role("link", name=re.compile("The meter hums"))).to_be_visible()


def test_the_word_under_the_cursor_becomes_a_filter(browse: Open, meter: Ticket) -> None:
    page = browse("/search/")
    field = field_of(page)

    field.press_sequentially("meter status:o")
    playwright.expect(page.get_by_role("option", name=re.compile("Open"))).to_be_visible()
    page.get_by_role("option", name=re.compile("Open")).click()
    assert field.input_value().strip() == "meter status:Open"
    playwright.expect(field).to_be_focused()

    field.press("Enter")
    page.wait_for_url("**/search/?q=*")
    playwright.expect(page.get_by_role("list", name="Filters").get_by_role("link")).to_have_count(2)
    page.get_by_role("link", name=re.compile("Status: Open")).click()
    playwright.expect(field_of(page)).to_have_value("meter")


def test_a_ticket_is_gone_to_at_once(browse: Open, meter: Ticket) -> None:
    page = browse("/search/")
    field_of(page).press_sequentially("hum")
    page.get_by_role("option", name=re.compile("The meter hums")).click()
    page.wait_for_url(f"**{meter.get_absolute_url()}")


def test_what_was_searched_for_is_offered_in_an_empty_field(browse: Open, meter: Ticket) -> None:
    page = browse("/search/")
    field_of(page).fill("hums")
    field_of(page).press("Enter")
    page.wait_for_url("**/search/?q=hums")

    field = field_of(page)
    field.fill("")
    field.press("ArrowDown")
    playwright.expect(page.get_by_role("option", name="hums")).to_be_visible()


def test_a_misspelt_word_is_put_right_by_one_press(browse: Open, meter: Ticket) -> None:
    page = browse("/search/?q=rotuer+status:open")
    page.get_by_role("link", name="Did you mean “router”? Show that one").click()
    playwright.expect(field_of(page)).to_have_value("router status:open")
    playwright.expect(page.get_by_role("link", name=re.compile("The meter hums"))).to_be_visible()


def test_the_page_is_whole_without_scripts(browse: Open, meter: Ticket) -> None:
    page = browse("/search/", java_script_enabled=False)
    page.get_by_label("Search in all tickets").fill("humming")
    page.get_by_role("button", name="Search", exact=True).click()
    playwright.expect(page.get_by_role("link", name=re.compile("The meter hums"))).to_be_visible()


@pytest.mark.parametrize("typed", ["jose", "José W", "whit", "JOSÉ"])
def test_whom_we_know_stands_beside_the_form_of_a_new_ticket(browse: Open, cast: Cast, typed: str) -> None:
    jose = Customer.objects.create(name="José Whitlock")
    CustomerAddress.objects.create(customer=jose, address="j.whitlock@example.org")
    factories.a_ticket(jose, subject="An open matter", mailbox=cast.support)
    page = browse("/tickets/new/")

    page.get_by_label("Name").press_sequentially(typed)

    playwright.expect(page.get_by_role("radio", name=re.compile("José Whitlock"))).to_be_visible()
    playwright.expect(page.get_by_text("An open matter")).to_be_visible()
