"""An agent's whole day without a mouse, in a real browser: where the focus is after each step, and what was said."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.stories.house import PASSWORD, House, eventually

pytestmark = [pytest.mark.story, pytest.mark.browser]
SUBJECTS = [f"The bill of {month} was charged twice" for month in ("May", "June", "July", "August", "September", "October")]
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
      const region = (target.closest ?? target.parentElement?.closest)?.call(target.closest ? target : target.parentElement, "[role=status], [aria-live]");
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
        return str(self.page.evaluate(FOCUS))

    @property
    def name(self) -> str:
        return str(self.page.evaluate(
            "() => { const e = document.activeElement;"
            "return (e.ariaLabel || e.labels?.[0]?.textContent || e.textContent || '').trim().replace(/\\s+/g, ' ') }"
        ))  # fmt: skip

    def is_at(self, focus: str) -> None:
        expect.poll if False else None
        eventually(lambda: self.focus == focus, within=5, what=f"the focus on {focus}; it is on “{self.focus}”")

    def is_somewhere(self) -> None:
        assert self.focus, "Nothing has the focus."
        assert not self.focus.startswith("unseen"), self.focus

    def hears(self, words: str) -> None:
        eventually(lambda: any(words in said for said in self.page.evaluate("window.said")), within=5,
                   what=f"“{words}” is said; {self.page.evaluate('window.said')}")  # fmt: skip

    def sees(self, words: str) -> None:
        expect(self.page.locator("body")).to_contain_text(words)


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
    """Six tickets of as many customers in Billing, oldest first."""
    for at, subject in enumerate(SUBJECTS):
        house.mail(sender=f"nora{at}@customer.example", subject=subject,
                   text="You charged me twice and the bill is wrong again. I waited two weeks for an answer.")  # fmt: skip
        eventually(lambda wanted=subject: house.value(_NUMBER, wanted), what=f"the ticket “{subject}”")
    return [int(house.value(_NUMBER, subject)) for subject in SUBJECTS]


_NUMBER = "SELECT number FROM tickets_ticket WHERE subject = ?"


def test_explore(hands: Hands, numbers: list[int]) -> None:
    p = hands.page
    def step(what, *keys, typed=""):
        hands.press(*keys)
        if typed: hands.type(typed)
        p.wait_for_timeout(1300); p.wait_for_load_state()
        print(f"{what:30} | {keys} | {p.url.replace(hands.house.url,'')[:60]} | focus={hands.focus[:50]!r} | said={p.evaluate('window.said.splice(0)')}")
    hands.open("/queue/open/")
    step("first", "j"); step("second", "j"); step("back", "k"); step("open", "Enter")
    step("assign", "a", "a")
    step("assign menu", "a"); step("tab", "Tab"); step("esc", "Escape")
    step("change", "Shift+C"); step("gap", "2"); step("better", "+"); step("fell", "2"); step("stage", "ArrowRight"); step("save", "Enter")
    step("undo tag", "z")
    step("confirm", "c"); step("undo", "z")
    step("note", "n", typed="Looked it up."); step("add", "Control+Enter")
    step("reply", "r", typed="We are sorry."); step("send", "Control+Enter"); step("undo", "z")
    step("macro", "m"); step("macro type", typed="look"); step("macro enter", "Enter")
    step("esc", "Escape")
    step("palette", "Control+k"); step("typed", typed="snooze"); print(p.locator("#palette-list").inner_text()); step("enter", "Enter")
    step("esc", "Escape")
    step("g m", "g", "m"); step("g f", "g", "f"); step("g p", "g", "p"); step("g o", "g", "o"); step("g n", "g", "n")
    hands.open("/queue/open/")
    step("j", "j"); step("x", "x"); step("sj", "Shift+J"); step("sj", "Shift+J"); step("assign menu", "a"); step("me", "a")
    step("j","j"); step("x","x"); step("h","h"); step("enter","Enter")
    step("j","j"); step("x","x"); step("e","e"); step("reason",typed="Doubled"); step("tab","Tab"); step("enter","Enter")
    step("t","t"); step("values","Tab"); step("esc","Escape")
    step("/","/"); step("type",typed="august"); step("down","ArrowDown"); step("enter","Enter")
    step("?","?"); step("esc","Escape")
