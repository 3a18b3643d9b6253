"""Two agents in two browsers see each other work, while processes die and access is taken away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.stories.house import PASSWORD, House, eventually

pytestmark = [pytest.mark.story, pytest.mark.browser]
SOON = 8_000


@pytest.fixture(scope="module")
def ana(house: House, chrome: Browser) -> Iterator[Page]:
    yield from _signed_in(house, chrome, "ana")


@pytest.fixture(scope="module")
def ben(house: House, chrome: Browser) -> Iterator[Page]:
    yield from _signed_in(house, chrome, "ben")


def _signed_in(house: House, chrome: Browser, name: str) -> Iterator[Page]:
    context = chrome.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{house.url}/sign-in/")
    page.get_by_label("Email").fill(f"{name}@alborada.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    yield page
    context.close()


@pytest.fixture(scope="module")
def number(house: House) -> int:
    """A customer's ticket in Billing."""
    house.mail(sender="nadia@customer.example", subject="Two of us look at this", text="My bill is twice as high.")
    found = "SELECT number FROM tickets_ticket WHERE subject = 'Two of us look at this'"
    return int(eventually(lambda: house.value(found), what="the ticket"))


def _row(page: Page, number: int) -> Any:
    return page.locator(f'[data-live-list] [data-row][data-number="{number}"]')


def _list(house: House, page: Page, number: int) -> None:
    page.goto(f"{house.url}/queue/open/")
    expect(_row(page, number)).to_be_visible()
    expect(page.locator("[data-live-lost]")).to_be_hidden()


def test_two_agents_see_each_other_at_the_ticket_and_in_the_list(
    house: House, ana: Page, ben: Page, number: int
) -> None:
    _list(house, ben, number)
    ana.goto(f"{house.url}/tickets/{number}/?in=open")
    expect(_row(ben, number).locator(".here .looking")).to_have_attribute(
        "title", "Ana Alonso is looking at this", timeout=SOON
    )

    ben.goto(f"{house.url}/tickets/{number}/?in=open")
    expect(ben.locator(".t-head .here")).to_contain_text("Ana Alonso is looking at this")
    expect(ana.locator(".t-head .here")).to_contain_text("Ben Barker is looking at this", timeout=SOON)
    expect(ben.locator(".t-head .here")).not_to_contain_text("Ben Barker")

    ana.locator("#reply-text").click()
    ana.keyboard.type("Good morning Nadia,")
    expect(ben.locator(".t-head .here")).to_contain_text("Ana Alonso is writing", timeout=SOON)
    expect(ben.locator("#live")).to_have_text("Ana Alonso is writing")

    _list(house, ben, number)
    expect(_row(ben, number).locator(".here .writing")).to_have_attribute("title", "Ana Alonso is writing")
    expect(ana.locator(".t-head .here .av")).to_have_count(0, timeout=SOON)


def test_what_one_does_and_undoes_the_other_sees_without_a_row_moving(
    house: House, ana: Page, ben: Page, number: int
) -> None:
    _list(house, ben, number)
    ben.evaluate("window.isTheSamePage = true")
    ana.goto(f"{house.url}/tickets/{number}/?in=open")
    ana.keyboard.press("a")
    ana.keyboard.press("a")
    expect(ana.locator(".t-meta")).to_contain_text("Ana Alonso")
    news = ben.locator("[data-live-new]")
    expect(news).to_be_visible(timeout=SOON)
    expect(_row(ben, number).locator("[data-row-changed]")).to_have_text("Changed")
    expect(_row(ben, number).locator(".c-ass")).to_contain_text("Nobody yet")
    ben.keyboard.press(".")
    expect(_row(ben, number).locator(".c-ass")).to_contain_text("Ana Alonso")
    expect(news).to_be_hidden()

    ana.keyboard.press("z")
    expect(ana.locator(".t-meta")).to_contain_text("Unassigned")
    expect(news).to_be_visible(timeout=SOON)
    ben.keyboard.press(".")
    expect(_row(ben, number).locator(".c-ass")).to_contain_text("Nobody yet")
    assert ben.evaluate("window.isTheSamePage")


def test_a_reply_is_in_the_others_thread_at_once(house: House, ana: Page, ben: Page, number: int) -> None:
    ben.goto(f"{house.url}/tickets/{number}/?in=open")
    ana.goto(f"{house.url}/tickets/{number}/?in=open")
    ana.locator("#reply-text").fill("We have counted one month twice.")
    ana.keyboard.press("Control+Enter")
    expect(ben.locator("#thread")).to_contain_text("We have counted one month twice.", timeout=SOON)


def test_what_happens_while_the_live_process_is_dead_is_heard_afterwards(
    house: House, ana: Page, ben: Page, number: int
) -> None:
    _list(house, ben, number)
    ben.evaluate("window.isTheSamePage = true")
    for turn in range(3):
        house.kill("live")
        ana.goto(f"{house.url}/tickets/{number}/?in=open")
        ana.keyboard.press("n")
        ana.locator("#note-text").fill(f"Written in the dark, {turn}")
        ana.keyboard.press("Control+Enter")
        expect(ana.locator("#thread")).to_contain_text(f"Written in the dark, {turn}")
        expect(_row(ben, number).locator("[data-row-changed]")).to_be_visible(timeout=20_000)
        ben.keyboard.press(".")
        expect(ben.locator("[data-live-new]")).to_be_hidden()
    expect(ben.locator("[data-live-lost]")).to_be_hidden()
    assert ben.evaluate("window.isTheSamePage")


def test_a_page_that_hears_nothing_says_so_and_takes_it_back(house: House, ana: Page, ben: Page, number: int) -> None:
    _list(house, ben, number)
    expect(ben.locator("[data-live-lost]")).to_be_hidden()
    port = house.environment["LIVE_PORT"]
    ben.context.route(re.compile(rf":{port}/"), lambda route: route.abort())
    house.kill("live")
    expect(ben.locator("[data-live-lost]")).to_be_visible(timeout=SOON)
    ana.goto(f"{house.url}/tickets/{number}/?in=open")
    ana.keyboard.press("n")
    ana.locator("#note-text").fill("Written in the silence")
    ana.keyboard.press("Control+Enter")
    ben.context.unroute_all()
    expect(ben.locator("[data-live-lost]")).to_be_hidden(timeout=20_000)
    expect(_row(ben, number).locator("[data-row-changed]")).to_be_visible(timeout=SOON)


def test_a_web_process_that_dies_costs_the_stream_nothing(house: House, ana: Page, ben: Page, number: int) -> None:
    _list(house, ben, number)
    house.kill("web")
    eventually(lambda: _answers(house), what="the pages answer again")
    ana.goto(f"{house.url}/tickets/{number}/?in=open")
    expect(_row(ben, number).locator(".here .av")).to_have_count(1, timeout=SOON)
    expect(ben.locator("[data-live-lost]")).to_be_hidden()


def _answers(house: House) -> bool:
    from tests.stories.house import answers

    return answers(f"{house.url}/health/")


def test_whoever_is_signed_out_elsewhere_hears_nothing_more_and_is_told(
    house: House, ana: Page, ben: Page, number: int
) -> None:
    _list(house, ben, number)
    ben.evaluate("document.addEventListener('puente:ticket', () => { window.heard = true })")
    house.manage(
        "shell", "-v", "0", "-c",
        "from helpdesk.people.models import User; user = User.objects.get(email='ben@alborada.example');"
        "user.set_password('another three words'); user.save()",
    )  # fmt: skip
    expect(ben.locator("[data-live-out]")).to_be_visible(timeout=SOON)
    ana.goto(f"{house.url}/tickets/{number}/?in=open")
    ana.keyboard.press("n")
    ana.locator("#note-text").fill("Not for Ben")
    ana.keyboard.press("Control+Enter")
    expect(ana.locator("#thread")).to_contain_text("Not for Ben")
    ben.wait_for_timeout(2_000)
    assert not ben.evaluate("window.heard")
    house.manage(
        "shell", "-v", "0", "-c",
        f"from helpdesk.people.models import User; user = User.objects.get(email='ben@alborada.example');"
        f"user.set_password({PASSWORD!r}); user.save()",
    )  # fmt: skip
