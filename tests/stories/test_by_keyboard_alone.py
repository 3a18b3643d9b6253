"""An agent's whole day without a mouse, in a real browser: where the focus is after each step, and what was said."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from tests.stories.house import PASSWORD, House, eventually

# Long: nine walks of many steps each, which a busy machine can make wait longer than they allow.
pytestmark = [pytest.mark.story, pytest.mark.browser, pytest.mark.long]
WITHIN, REST = 8.0, 150
MONTHS = ("May", "June", "July", "August", "September", "October", "November")
SUBJECTS = [f"The bill of {month} was charged twice" for month in MONTHS]
COMPLAINT = "You charged me twice and the bill is wrong again. I waited two weeks for an answer."
# What has the focus, in words: an id, what it is called, or the row it stands in. Empty where nothing has it.
FOCUS = """() => {
  const el = document.activeElement;
  if (!el || el === document.body || el === document.documentElement) return "";
  const row = el.closest("[data-row]"), box = el.getBoundingClientRect();
  const seen = box.width > 0 && box.height > 0 && el.checkVisibility({ visibilityProperty: true });
  return (seen ? "" : "unseen ") + (row ? `row ${row.dataset.number}` : el.id || el.ariaLabel || el.textContent.trim());
}"""
SAID = """() => {
  window.said = [];
  new MutationObserver(changes => {
    for (const { target } of changes) {
      const region = (target.closest ? target : target.parentElement)?.closest("[role=status], [aria-live]");
      const words = region?.textContent.trim().replace(/\\s+/g, " ");
      if (words && !region.hidden && window.said.at(-1) !== words) window.said.push(words);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });
}"""


class Hands:
    """Ten fingers on a keyboard; there is no mouse."""

    def __init__(self, page: Page, house: House) -> None:
        self.page, self.house = page, house
        page.add_init_script(f"addEventListener('DOMContentLoaded', {SAID})")

    def open(self, path: str) -> None:
        """As a bookmark or a typed address does."""
        self.page.goto(self.house.url + path)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def tab_to(self, name: str, *, most: int = 60) -> None:
        """Tab until what is called so has the focus."""
        for _ in range(most):
            self.press("Tab")
            if self.focus == name or self.name == name:
                return
        raise AssertionError(f"{most} tabs do not lead to {name}; now at {self.focus}")

    @property
    def focus(self) -> str:
        return str(self.evaluate(FOCUS))

    @property
    def name(self) -> str:
        return str(self.evaluate(
            "() => { const e = document.activeElement;"
            "return (e.ariaLabel || e.labels?.[0]?.textContent || e.textContent || '').trim().replace(/\\s+/g, ' ') }"
        ))  # fmt: skip

    def is_at(self, focus: str) -> None:
        """What is called so has the focus, or soon will."""
        until = time.monotonic() + WITHIN
        while (now := self.focus) != focus:
            assert time.monotonic() < until, f"The focus is on “{now}”, not on “{focus}”."
            self.page.wait_for_timeout(30)

    def stays(self) -> None:
        """Something in sight has the focus, also after everything has come to rest."""
        self.page.wait_for_timeout(REST)
        assert self.focus, f"Nothing has the focus on {self.page.url}."
        assert not self.focus.startswith("unseen"), self.focus

    def hears(self, words: str) -> None:
        """The words are said in a region that is read out; what was said before is forgotten."""
        until = time.monotonic() + WITHIN
        while words not in " / ".join(heard := self.evaluate("window.said ?? []")):
            assert time.monotonic() < until, f"Said is {heard}, not “{words}”."
            self.page.wait_for_timeout(30)
        self.evaluate("window.said = []")

    def sees(self, words: str) -> None:
        expect(self.page.locator("main")).to_contain_text(words, timeout=WITHIN * 1000)

    def sees_in_dialog(self, words: str) -> None:
        expect(self.page.locator("dialog[open]")).to_contain_text(words)

    def goes_to(self, path: str) -> None:
        """A key has led to this page."""
        self.page.wait_for_url(re.compile(re.escape(self.house.url + path)), timeout=WITHIN * 1000)

    def evaluate(self, script: str) -> Any:
        """What the page says, also while it gives way to the next one."""
        try:
            return self.page.evaluate(script)
        except Error:
            self.page.wait_for_load_state()
            return self.page.evaluate(script)


@pytest.fixture(scope="module")
def hands(house: House, chrome: Browser) -> Iterator[Hands]:
    context = chrome.new_context(viewport={"width": 1440, "height": 900})
    hands = Hands(context.new_page(), house)
    hands.open("/sign-in/")
    hands.press("Tab")
    while hands.page.evaluate("document.activeElement.name") != "email":
        hands.press("Tab")
    hands.type("ana@alborada.example")
    hands.press("Tab")
    hands.type(PASSWORD)
    hands.press("Enter")
    hands.page.wait_for_url("**/queue/**")
    yield hands
    context.close()


@pytest.fixture(scope="module")
def numbers(house: House) -> list[int]:
    """Tickets of as many customers in Billing, oldest first, and a macro."""
    for at, subject in enumerate(SUBJECTS):
        house.mail(sender=f"nora{at}@customer.example", subject=subject, text=COMPLAINT)
        eventually(lambda wanted=subject: house.value(_NUMBER, wanted), what=f"the ticket “{subject}”")
    house.manage("shell", "-v", "0", "-c", _MACRO)
    return [int(house.value(_NUMBER, subject)) for subject in SUBJECTS]


_MACRO = """
from helpdesk.people.models import User
from tickets.models import Macro
Macro.objects.create(name="Money back", text="We pay it back.", owner=User.objects.get(email="ana@alborada.example"))
"""
_NUMBER = "SELECT number FROM tickets_ticket WHERE subject = ?"


def test_moving_opening_and_taking_a_ticket(hands: Hands, numbers: list[int]) -> None:
    hands.open("/queue/open/")
    hands.press("j")
    hands.is_at(f"row {numbers[0]}")
    hands.press("j", "j", "k")
    hands.is_at(f"row {numbers[1]}")
    hands.press("Enter")
    hands.goes_to(f"/tickets/{numbers[1]}/")

    hands.press("a")
    hands.is_at("Take itA")
    hands.press("a")
    hands.hears("Assigned to you.")
    hands.stays()
    hands.sees("Ana Alonso")
    hands.press("a")
    hands.is_at("Leave it to nobody")
    hands.press("Enter")
    hands.hears("Unassigned.")
    hands.stays()
    hands.press("z")
    hands.sees("Ana Alonso")
    hands.stays()


def test_confirming_a_gap_and_saying_another_one(hands: Hands, numbers: list[int]) -> None:
    hands.open(f"/tickets/{numbers[0]}/?in=open")
    hands.press("c")
    hands.hears("Confirmed: ")
    hands.press("z")
    hands.hears("Undone.")

    hands.press("Shift+C")
    hands.is_at("Tag stage and gap")
    hands.press("2")
    hands.hears("Response time, Fell short")
    hands.press("+")
    hands.hears("Better than expected")
    hands.press("2", "ArrowRight")
    hands.hears("Loyalty, Response time")
    hands.press("Enter")
    hands.hears("Loyalty")
    hands.stays()
    hands.sees("Loyalty")
    hands.press("z")
    hands.hears("Undone.")
    hands.stays()


def test_noting_answering_and_thinking_better_of_it(hands: Hands, numbers: list[int]) -> None:
    hands.open(f"/tickets/{numbers[0]}/?in=open")
    hands.press("n")
    hands.is_at("note-text")
    hands.type("One month was counted twice.")
    hands.press("Control+Enter")
    hands.sees("One month was counted twice.")
    hands.is_at("latest")

    hands.press("r")
    hands.is_at("reply-text")
    hands.stays()
    hands.press("Escape")
    hands.is_at("")
    hands.press("m")
    hands.is_at("macro-find")
    hands.type("mon")
    hands.press("Enter")
    hands.is_at("reply-text")
    expect(hands.page.locator("#reply-text")).to_have_value("We pay it back.")
    hands.press("Control+Enter")
    hands.is_at("latest")
    hands.sees("We pay it back.")
    hands.press("Shift+R")
    eventually(lambda: hands.house.sink.to("nora0@customer.example"), what="the reply")


def test_a_command_by_its_name(hands: Hands, numbers: list[int]) -> None:
    hands.open(f"/tickets/{numbers[2]}/?in=open")
    hands.press("Control+k")
    field = "Command, ticket number, customer or words"
    hands.is_at(field)
    hands.type("take")
    hands.press("Enter")
    hands.hears("Assigned to you.")
    hands.press("Control+k")
    hands.is_at(field)
    hands.type("tomorrow")
    hands.press("Enter")
    hands.hears("Snoozed #")


def test_going_about(hands: Hands, numbers: list[int]) -> None:
    for key, path in {"m": "mine", "p": "promises", "o": "open"}.items():
        hands.press("g", key)
        hands.goes_to(f"/queue/{path}/")
    hands.press("g", "f")
    hands.goes_to("/follow-ups/")
    hands.press("g", "n")
    hands.goes_to("/notifications/")


def test_several_at_once(hands: Hands, numbers: list[int]) -> None:
    hands.open("/queue/unassigned/")
    hands.press("j", "x")
    hands.hears("1 chosen")
    hands.press("Shift+J")
    hands.hears("2 chosen")
    hands.stays()
    hands.press("a")
    hands.is_at("Take themA")
    hands.press("a")
    hands.hears("2 tickets assigned to Ana Alonso.")
    hands.press("z")
    hands.hears("2 tickets")
    hands.press("j", "x", "h")
    hands.is_at("Later today")
    hands.press("Enter")
    hands.hears("1 ticket snoozed")
    hands.press("j", "x", "e")
    hands.is_at("Resolve themE")
    hands.press("Shift+Tab")
    hands.is_at("bulk-reason")
    hands.type("Sent twice")
    hands.press("Tab", "Enter")
    hands.hears("1 ticket resolved.")


def test_finding_and_keeping_what_was_asked(hands: Hands, numbers: list[int]) -> None:
    hands.open("/queue/open/")
    hands.press("/")
    hands.type("bill of October")
    hands.page.locator("#palette-list [role=option]", has_text="October").first.wait_for()
    hands.press("ArrowDown", "ArrowUp")
    hands.press("Enter")
    hands.page.wait_for_url(re.compile("/tickets/|/search/"))

    hands.open("/queue/open/")
    hands.press("t")
    hands.is_at("f-kind")
    hands.hears("All open")
    hands.press("Escape")
    hands.is_at("Filter")
    hands.press("Enter")
    hands.is_at("f-kind")
    hands.press("Tab")
    hands.is_at("f-0-field")
    while hands.evaluate("document.activeElement.value") != "priority":
        hands.press("ArrowDown")
    hands.page.locator("#f-0-normal").wait_for(state="attached")
    hands.tab_to("f-0-normal")
    hands.press("Space")
    hands.hears(" of “All open”")
    hands.is_at("f-0-normal")
    hands.tab_to("Show these tickets")
    hands.press("Enter")
    hands.goes_to("/queue/open/?q=")
    hands.tab_to("Save as view")
    hands.press("Enter")
    hands.goes_to("/views/new/")
    hands.tab_to("Name", most=120)
    hands.type("Ordinary ones")
    hands.press("Enter")
    hands.goes_to("/queue/view-")
    hands.hears("“Ordinary ones” saved.")


def test_putting_the_lists_into_another_order(hands: Hands, numbers: list[int]) -> None:
    hands.open("/views/")
    hands.tab_to("up-promises", most=120)
    hands.press("Enter")
    hands.hears("Promises due is number 3 of 7.")
    hands.stays()
    hands.is_at("up-promises")


def test_reading_the_keys_and_switching_them_off(hands: Hands, numbers: list[int]) -> None:
    hands.open("/queue/open/")
    hands.press("j", "?")
    hands.sees_in_dialog("Next in the list")
    hands.tab_to("Single keys work on this device")
    hands.press("Space", "Escape")
    hands.is_at(f"row {hands.focus.removeprefix('row ')}")
    hands.press("g", "m")
    hands.page.wait_for_timeout(300)
    assert hands.page.url.endswith("/queue/open/")
    hands.tab_to("Keyboard shortcuts", most=200)
    hands.press("Enter")
    hands.tab_to("Single keys work on this device")
    hands.press("Space", "Escape")
    hands.is_at("Keyboard shortcuts")
    hands.press("g", "m")
    hands.goes_to("/queue/mine/")
