"""Confirming by keys and tagging many at once, in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cx.models import SecondLabel, Tagging
from helpdesk.people.models import User
from tests import factories
from tests.cast import Cast
from tests.services import chromium
from tickets.models import Ticket

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine"),
]
Open = Callable[..., Any]


@pytest.fixture
def lot(cast: Cast, suggest: Callable[..., Tagging]) -> list[Ticket]:
    now = timezone.now()
    tickets = [
        factories.a_ticket(cast.carla, mailbox=cast.support, subject=f"Matter {at}", at=now - timedelta(hours=at))
        for at in range(4)
    ]
    for at, ticket in enumerate(tickets):
        suggest(ticket, **({"gap_confidence": 0.3} if at == 2 else {}))
    return tickets


def _said(ticket: Ticket) -> tuple[str, str, str] | None:
    said = Tagging.objects.current().by_people().filter(ticket=ticket).first()
    return (said.journey_stage, said.gap_primary, said.direction) if said else None


def _shows(page: Any, heading: str) -> None:
    playwright.expect(page.locator("#step-h")).to_have_text(heading)
    playwright.expect(page.locator("#step-h")).to_be_focused()


def test_going_through_suggestions_by_keys(browse: Open, lot: list[Ticket]) -> None:
    page = browse("/queue/open/")
    page.keyboard.press("g")
    page.keyboard.press("c")
    _shows(page, "Matter 0")

    page.keyboard.press("c")  # as shown
    _shows(page, "Matter 1")
    playwright.expect(page.locator("#live")).to_have_text("Confirmed: Use, Quality. 3 left.")
    playwright.expect(page.locator("#nav-to-confirm")).to_contain_text("3")
    assert page.url.endswith(f"/confirm/{lot[1].number}/")
    assert _said(lot[0]) == ("use", "quality", "below")

    page.keyboard.press("z")  # and back
    _shows(page, "Matter 0")
    assert _said(lot[0]) is None

    page.keyboard.press("2")  # another gap, another stage by number, and the one before it
    page.keyboard.press("s")
    page.keyboard.press("5")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    _shows(page, "Matter 1")
    assert _said(lot[0]) == ("interaction", "response_time", "below")

    page.keyboard.press("5")  # no gap is as expected
    assert page.locator("[name=direction]:checked").get_attribute("value") == "met"
    assert not page.locator("#step-cause").is_visible()
    page.keyboard.press("j")
    _shows(page, "Matter 2")
    page.keyboard.press("k")
    _shows(page, "Matter 1")
    assert _said(lot[1]) is None
    page.keyboard.press("j")
    _shows(page, "Matter 2")

    page.keyboard.press("c")  # below 50 % nothing is chosen for anybody
    playwright.expect(page.get_by_role("alert")).to_contain_text("Choose a stage.")
    assert _said(lot[2]) is None
    page.keyboard.press("1")
    page.keyboard.press("s")
    page.keyboard.press("6")
    page.keyboard.press("c")
    _shows(page, "Matter 3")
    assert _said(lot[2]) == ("use", "quality", "below")

    page.keyboard.press("o")
    page.wait_for_url(re.compile(rf"/tickets/{lot[3].number}/"))


def test_the_last_answer_leads_to_the_page_that_says_so(browse: Open, lot: list[Ticket], ana: User) -> None:
    for ticket in lot[1:]:
        Tagging.say(ticket, by=ana, journey_stage="use", gap_primary="none")
    page = browse("/confirm/")
    _shows(page, "Matter 0")

    page.keyboard.press("c")

    playwright.expect(page.get_by_role("heading", name="Every tag is confirmed")).to_be_focused()


def test_without_a_script_suggestions_are_gone_through_as_well(browse: Open, lot: list[Ticket]) -> None:
    page = browse("/confirm/", java_script_enabled=False)

    page.get_by_role("radio", name="Promise not kept").check()
    page.get_by_role("button", name="Confirm").click()

    assert page.locator("#step-h").inner_text() == "Matter 1"
    assert _said(lot[0]) == ("use", "promise_mismatch", "below")
    page.get_by_role("button", name="Undo").click()
    assert page.locator("#step-h").inner_text() == "Matter 0"
    assert _said(lot[0]) is None


def _ticked(page: Any) -> int:
    return int(page.locator(".row.sel").count())


def test_choosing_rows_and_tagging_them_by_keys(browse: Open, lot: list[Ticket]) -> None:
    page = browse("/queue/open/")
    boxes = page.locator("[data-row] input[type=checkbox]")
    playwright.expect(page.locator("#bulk")).to_be_hidden()

    page.keyboard.press("j")
    page.keyboard.press("x")
    playwright.expect(page.locator("#bulk")).to_be_visible()
    playwright.expect(page.locator(".filters")).to_be_hidden()
    boxes.nth(3).click(modifiers=["Shift"])
    assert _ticked(page) == 4
    page.keyboard.press("Escape")
    playwright.expect(page.locator("#bulk")).to_be_hidden()
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    playwright.expect(page.locator("[data-bulk-count]")).to_have_text("3")
    page.locator("thead [data-rows-all]").check()
    playwright.expect(page.locator("[data-bulk-count]")).to_have_text("4")

    page.keyboard.press("c")
    playwright.expect(page.get_by_text("3 tickets tagged.")).to_be_visible()
    playwright.expect(page.get_by_text("1 ticket was left as it was")).to_be_visible()
    assert [_said(ticket) is not None for ticket in lot] == [True, True, False, True]

    page.keyboard.press("z")
    playwright.expect(page.get_by_text("Undone. 3 tickets are as they were before.")).to_be_visible()
    assert not any(_said(ticket) for ticket in lot)


@pytest.mark.parametrize("with_script", [True, False])
def test_giving_many_the_same_tag(browse: Open, lot: list[Ticket], with_script: bool) -> None:
    page = browse("/queue/open/", java_script_enabled=with_script)
    boxes = page.locator("[data-row] input[type=checkbox]")
    for at in (0, 1):
        boxes.nth(at).check()

    page.locator("#bulk").get_by_text("Tag…").click()
    page.get_by_label("Stage", exact=True).last.select_option("purchase")
    page.locator("#bulk").get_by_label("Expectation gap").select_option("promise_mismatch")
    page.get_by_role("button", name="Tag them").click()

    playwright.expect(page.get_by_text("2 tickets tagged.")).to_be_visible()
    assert [_said(ticket) for ticket in lot].count(("purchase", "promise_mismatch", "below")) == 2


def test_a_filter_is_typed_with_suggestions_and_built_with_the_keyboard(browse: Open, lot: list[Ticket]) -> None:
    page = browse("/queue/open/")
    page.keyboard.press("Shift+T")
    page.keyboard.type("gap:quality stage:us")
    page.get_by_role("option", name="Use").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(r"/queue/open/\?q=gap:quality\+stage:use$"))
    assert page.locator(".active .chip").count() == 2

    page.keyboard.press("t")
    page.locator("#f-kind").wait_for()
    playwright.expect(page.locator("#f-kind")).to_be_focused()
    page.locator("#f-row").press("Enter")
    playwright.expect(page.locator("#f-2-field")).to_be_focused()
    page.locator("#f-2-field").select_option("is")
    page.locator("#f-2-late").press("Space")
    playwright.expect(page.locator(".stands code")).to_have_text("gap:quality stage:use is:late")
    playwright.expect(page.locator("#builder-said")).to_have_text(re.compile("ticket"))
    page.locator("#f-2-drop").press("Enter")
    playwright.expect(page.locator("#f-1-field")).to_be_focused()
    page.keyboard.press("Escape")
    playwright.expect(page.locator("#filter-form")).to_have_count(0)
    playwright.expect(page.locator("[data-key=t]")).to_be_focused()


LOOKS = [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark"), (320, "light")]


@pytest.mark.parametrize("width, theme", LOOKS)
def test_no_state_of_these_pages_breaks_an_accessibility_rule_or_overflows(
    browse: Open, cast: Cast, lot: list[Ticket], width: int, theme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    second = factories.a_ticket(cast.carla, mailbox=cast.support)
    said = Tagging.say(second, by=cast.lea, journey_stage="use", gap_primary="quality")
    SecondLabel.objects.create(tagging=said)
    page = browse("/confirm/", viewport={"width": width, "height": 900}, color_scheme=theme, bypass_csp=True)

    def look(what: str) -> None:
        broken = Axe().run(page).response["violations"]
        assert [f"{what}: {rule['id']} {rule['nodes'][0]['target']}" for rule in broken] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), what

    look("a suggestion")
    page.keyboard.press("c")
    _shows(page, "Matter 1")
    look("after an answer")
    home = page.url.split("/confirm/")[0]
    page.goto(f"{home}/confirm/{lot[2].number}/")
    page.keyboard.press("c")
    page.get_by_role("alert").wait_for()
    look("a refusal")
    page.goto(f"{home}/confirm/{second.number}/second-look/")
    look("a second look")
    page.goto(f"{home}/queue/open/?stage=use&tags=suggested")
    page.locator("[data-key=t]").click()
    page.locator("#f-kind").wait_for()
    look("filters")
    page.keyboard.press("Escape")
    page.locator("[data-row] input[type=checkbox]").first.check()
    page.locator("#bulk").get_by_text("Tag…").click()
    look("chosen rows")
    page.goto(f"{home}/queue/open/?q=moon")
    look("an unknown word")
    page.goto(f"{home}/queue/open/?stage=advocacy")
    look("nothing")
    for ticket in lot:
        Tagging.say(ticket, by=cast.ana, journey_stage="use", gap_primary="none")
    page.goto(f"{home}/confirm/")
    look("all done")
