"""Choosing rows and acting on them by keys, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from helpdesk.people.models import User
from tests import factories
from tests.cast import Cast
from tests.services import chromium
from tickets.models import Status, Ticket

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine"),
]
Open = Callable[..., Any]


@pytest.fixture
def lot(cast: Cast) -> list[Ticket]:
    now = timezone.now()
    return [
        factories.a_ticket(cast.carla, mailbox=cast.support, subject=f"Matter {at}", at=now - timedelta(hours=at))
        for at in range(4)
    ]


def _fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def _keys(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def _chosen(page: Any) -> Any:
    return page.locator("[data-bulk-count]")


def test_rows_are_chosen_by_keys_and_the_count_is_said_once(browse: Open, lot: list[Ticket]) -> None:
    page = browse("/queue/open/")

    _keys(page, "j", "Shift+J", "Shift+J")
    playwright.expect(_chosen(page)).to_have_text("3")
    playwright.expect(page.locator("[data-bulk-said]")).to_have_text("3 chosen")
    playwright.expect(page.get_by_role("button", name="Merge")).to_be_enabled()

    _keys(page, "Shift+K")  # back over what was chosen on the way
    playwright.expect(_chosen(page)).to_have_text("2")
    _keys(page, "x")
    playwright.expect(_chosen(page)).to_have_text("1")
    playwright.expect(page.get_by_role("button", name="Merge")).to_be_disabled()
    _keys(page, "Escape")
    playwright.expect(page.locator("#bulk")).to_be_hidden()
    playwright.expect(page.locator("[data-bulk-said]")).to_have_text("0 chosen")


def test_a_choice_is_given_to_me_and_back_by_keys(browse: Open, lot: list[Ticket], ana: User) -> None:
    page = browse("/queue/open/")

    _keys(page, "j", "x", "j", "x", "a", "a")

    playwright.expect(page.get_by_text("2 tickets assigned to Ana Alonso.")).to_be_visible()
    assert [_fresh(ticket).assignee == ana for ticket in lot].count(True) == 2
    _keys(page, "z")
    playwright.expect(page.get_by_text("Undone. 2 tickets are as they were before.")).to_be_visible()
    assert not Ticket.objects.exclude(assignee=None).exists()


def test_a_choice_is_given_to_somebody_from_the_list(browse: Open, lot: list[Ticket], lea: User, cast: Cast) -> None:
    page = browse("/queue/open/")
    _keys(page, "j", "x", "a")
    playwright.expect(page.get_by_role("button", name="Take them")).to_be_focused()

    page.get_by_label("Somebody else or a team").select_option("Lea Lindgren")
    page.locator("#bulk").get_by_role("button", name="Assign", exact=True).click()

    playwright.expect(page.get_by_text("1 ticket assigned to Lea Lindgren.")).to_be_visible()
    assert Ticket.objects.get(assignee=lea)


def test_a_choice_is_snoozed_and_resolved_by_keys(browse: Open, lot: list[Ticket]) -> None:
    page = browse("/queue/open/")
    _keys(page, "j", "x", "h")
    playwright.expect(page.get_by_role("button", name="Later today")).to_be_focused()
    _keys(page, "Enter")
    playwright.expect(page.get_by_text("1 ticket snoozed until")).to_be_visible()
    assert Ticket.objects.filter(status=Status.SNOOZED).count() == 1

    _keys(page, "j", "x", "Shift+J", "e")
    page.get_by_label("Why is no reply needed?").fill("Solved by phone.")
    page.get_by_role("button", name="Resolve them").click()
    playwright.expect(page.get_by_text("2 tickets resolved.")).to_be_visible()
    assert set(Ticket.objects.filter(status=Status.RESOLVED).values_list("resolution_reason", flat=True)) == {
        "Solved by phone."
    }


def test_enter_in_a_field_of_a_menu_presses_that_menus_button(browse: Open, lot: list[Ticket]) -> None:
    page = browse("/queue/open/")
    _keys(page, "j", "x", "h")
    page.locator("#bulk-on").fill("2099-01-02")
    page.locator("#bulk-on").press("Enter")

    playwright.expect(page.get_by_text("1 ticket snoozed until")).to_be_visible()
    assert Ticket.objects.get(status=Status.SNOOZED).snoozed_until.year == 2099  # type: ignore[union-attr]


def test_two_are_merged_by_keys_and_taken_apart_again(browse: Open, lot: list[Ticket]) -> None:
    page = browse("/queue/open/")
    _keys(page, "j", "x", "Shift+J", "Shift+M")
    page.get_by_role("button", name="Merge the others into it").click()

    playwright.expect(page.get_by_text("1 ticket merged into #")).to_be_visible()
    assert Ticket.objects.exclude(merged_into=None).count() == 1
    _keys(page, "z")
    playwright.expect(page.get_by_text("Undone. 1 ticket is as it was before.")).to_be_visible()
    assert not Ticket.objects.exclude(merged_into=None).exists()


def test_a_choice_outlives_rows_that_are_shown_anew(browse: Open, lot: list[Ticket]) -> None:
    page = browse("/queue/open/")
    _keys(page, "j", "x", "j", "x")

    page.evaluate("""() => {
        const body = document.querySelector("[data-rows] tbody"), fresh = body.cloneNode(true);
        for (const box of fresh.querySelectorAll("input")) box.checked = false;
        body.replaceWith(fresh);
        document.dispatchEvent(new CustomEvent("puente:shown"));
    }""")

    playwright.expect(_chosen(page)).to_have_text("2")
    assert page.locator(".row.sel").count() == 2
    assert page.locator("[data-row] :checked").count() == 2


def test_the_whole_list_is_chosen_once_all_of_the_page_is(browse: Open, lot: list[Ticket], cast: Cast) -> None:
    for at in range(24):
        factories.a_ticket(cast.carla, mailbox=cast.support, subject=f"More {at}")
    page = browse("/queue/open/")
    page.locator("thead [data-rows-all]").check()
    playwright.expect(_chosen(page)).to_have_text("25")

    page.get_by_label("All 28 of this list").check()
    playwright.expect(_chosen(page)).to_have_text("28")
    page.locator("[data-row] input[type=checkbox]").first.uncheck()
    playwright.expect(_chosen(page)).to_have_text("24")
    playwright.expect(page.locator(".whole")).to_be_hidden()
    page.locator("thead [data-rows-all]").check()
    page.get_by_label("All 28 of this list").check()
    _keys(page, "!")

    playwright.expect(page.get_by_text("28 tickets marked as spam.")).to_be_visible()


def test_on_a_phone_the_bar_takes_the_place_of_the_tabs(browse: Open, lot: list[Ticket]) -> None:
    page = browse("/queue/open/", viewport={"width": 390, "height": 844})
    page.locator("[data-row] input[type=checkbox]").first.check()

    bar = page.locator("#bulk").bounding_box()
    assert bar["y"] + bar["height"] == 844
    assert bar["height"] <= 64
    assert page.locator(".nav").first.evaluate("el => getComputedStyle(el).visibility") == "hidden"
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_without_a_script_the_same_buttons_work(browse: Open, lot: list[Ticket], ana: User) -> None:
    page = browse("/queue/open/", java_script_enabled=False)
    page.locator("[data-row] input[type=checkbox]").first.check()

    page.locator("#bulk").get_by_text("Assign…").click()
    page.get_by_role("button", name="Somebody else or a team…").click()
    page.get_by_label("Somebody else or a team").select_option("Ana Alonso")
    page.get_by_role("button", name="Assign", exact=True).click()

    assert "1 ticket assigned to Ana Alonso." in page.locator("main").inner_text()
    page.get_by_role("button", name="Undo").click()
    assert not Ticket.objects.filter(assignee=ana).exists()
