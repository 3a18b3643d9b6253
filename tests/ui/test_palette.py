"""The palette, the keys of a tag and the rail in a real browser, under the product's Content-Security-Policy."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from tests import services
from tests.ui.browser import Site, eventually

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(services.chromium() is None and not services.in_ci(), reason="no Chromium here"),
]

PALETTE = """
<nav data-commands="Go to"><a href="/search/" data-key="/|mod+k" data-palette-open>Search</a>
<a href="/reports/" data-key="g r" data-key-label="Go to the report"><svg class="i"></svg>Journey × gap</a></nav>
<div data-commands="This ticket"><button id="resolve" data-key="e">Resolve<kbd>E</kbd></button>
<button data-key="h" hidden>Wake up</button>
<details><summary data-key="h">Snooze</summary><button id="tomorrow">Snooze until tomorrow 08:00</button>
</details></div>
<button id="promise" data-key="p">Grabar una promesa rápida</button>
<textarea id="text"></textarea><p id="log"></p>
<dialog id="palette" data-src="/suggest/" data-search="/search/" data-searching="Search"
 data-everywhere="All tickets with:"
 data-here="This page" data-last="Go to">
<input role="combobox" aria-expanded="true" aria-controls="list" aria-label="Command">
<div role="listbox" id="list"></div>
<p data-palette-none hidden>Nothing found.</p></dialog>
"""


@pytest.fixture
def palette(site: Site, page: Page) -> Page:
    joaquin = {"label": "Joaquín Herrera", "detail": "j@x.es", "url": "/c/7/"}
    known = {"groups": [{"name": "Customers", "items": [joaquin]}]}
    for path in ("/reports/", "/search/", "/c/7/"):
        site.show(path, "<h1>there</h1>", scripts="")
    page.route("**/suggest/**", lambda route: route.fulfill(content_type="application/json", body=json.dumps(known)))
    page.goto(site.show("/", PALETTE, scripts="keys palette commands lookup"))
    page.evaluate("window.log = []")
    page.evaluate(
        "document.addEventListener('click', e => e.target.id && e.target.tagName === 'BUTTON' && log.push(e.target.id))"
    )
    return page


def lines(page: Page) -> list[str]:
    return page.locator("#palette [role=option] .grow").all_inner_texts()


@pytest.mark.parametrize("chord", ["/", "Control+k"])
def test_the_palette_opens_by_key_with_what_is_here_first(palette: Page, chord: str) -> None:
    palette.keyboard.press(chord)

    expect(palette.get_by_role("combobox")).to_be_focused()
    assert palette.locator("#palette h3").all_inner_texts() == ["This ticket", "This page", "Go to"]
    assert lines(palette) == [
        "Resolve", "Snooze", "Snooze until tomorrow 08:00", "Grabar una promesa rápida", "Go to the report",
    ]  # fmt: skip
    expect(palette.locator("[role=option][aria-selected=true]")).to_contain_text("Resolve")
    assert palette.get_by_role("combobox").get_attribute("aria-activedescendant") == "palette-0"


def test_it_opens_while_writing_too_and_gives_the_focus_back(palette: Page) -> None:
    palette.locator("#text").focus()
    palette.keyboard.press("Control+k")
    expect(palette.locator("#palette")).to_be_visible()

    palette.keyboard.press("Escape")

    expect(palette.locator("#palette")).to_be_hidden()
    expect(palette.locator("#text")).to_be_focused()


def test_typing_narrows_without_accents_and_marks_what_was_found(palette: Page) -> None:
    palette.keyboard.press("/")
    palette.keyboard.type("rapi")

    expect(palette.locator("[role=option]").first).to_contain_text("Grabar una promesa rápida")
    expect(palette.locator("[role=option] mark").first).to_have_text("rápi")


def test_enter_does_what_is_chosen(palette: Page) -> None:
    palette.keyboard.press("/")
    palette.keyboard.press("ArrowDown")
    palette.keyboard.press("ArrowDown")
    palette.keyboard.press("Enter")

    expect(palette.locator("#palette")).to_be_hidden()
    assert palette.evaluate("log") == ["tomorrow"]  # out of the closed menu


def test_the_arrows_go_round(palette: Page) -> None:
    palette.keyboard.press("/")
    palette.keyboard.press("ArrowUp")

    expect(palette.locator("[role=option][aria-selected=true]")).to_contain_text("Go to the report")


def test_what_the_server_knows_stands_below_and_leads_there(palette: Page, site: Site) -> None:
    palette.keyboard.press("/")
    palette.keyboard.type("joa")
    expect(palette.locator("[role=option]").first).to_contain_text("Joaquín Herrera")
    expect(palette.locator("[role=option]").last).to_contain_text("All tickets with: joa")
    palette.keyboard.press("Enter")

    palette.wait_for_url(f"{site.url}/c/7/")


def test_without_the_server_the_commands_are_still_there(palette: Page, site: Site) -> None:
    palette.unroute("**/suggest/**")
    palette.route("**/suggest/**", lambda route: route.abort())
    palette.keyboard.press("/")
    palette.keyboard.type("resol")

    expect(palette.locator("[role=option]").last).to_contain_text("All tickets with: resol")
    assert lines(palette)[0] == "Resolve"


def test_a_click_chooses_too(palette: Page, site: Site) -> None:
    palette.get_by_role("link", name="Search").click()
    palette.get_by_role("option", name="Go to the report").click()

    palette.wait_for_url(f"{site.url}/reports/")


# --- The keys of a tag ------------------------------------------------------------------------------------------------

TAG = """
<details data-tag-keys><summary data-key="shift+c">Change</summary><form method="post" action="/tagging/">
<select name="journey_stage"><option value="">–</option><option value="purchase" selected>Purchase</option>
<option value="use">Use</option></select>
<select name="gap_primary"><option value="">–</option><option value="quality" selected>Quality</option>
<option value="response_time">Response time</option><option value="none">No gap</option></select>
<label><input type="radio" name="direction" value="below" checked>Fell short</label>
<label><input type="radio" name="direction" value="met">As expected</label>
<label><input type="radio" name="direction" value="exceeded">Better than expected</label>
<p data-tag-said></p><button>Save</button></form></details>
"""


def test_a_tag_is_changed_and_saved_by_keys_alone(site: Site, page: Page) -> None:
    page.goto(site.show("/", TAG, scripts="keys tagkeys"))
    page.keyboard.press("2")  # not while the form is closed
    for key in ("Shift+C", "2", "+", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)

    expect(page.locator("[data-tag-said]")).to_have_text("Use, Response time, Better than expected")
    page.keyboard.press("Enter")
    eventually(lambda: bool(site.posted), page=page)
    assert site.posted[0][1] == {"journey_stage": ["use"], "gap_primary": ["response_time"], "direction": ["exceeded"]}


@pytest.mark.parametrize(
    "keys, gap, direction",
    [("0", "none", "met"), ("01", "quality", "below"), ("+0", "none", "met"), ("0+", "", "exceeded")],
)
def test_no_gap_and_as_expected_go_together(site: Site, page: Page, keys: str, gap: str, direction: str) -> None:
    page.goto(site.show("/", TAG, scripts="keys tagkeys"))
    page.keyboard.press("Shift+C")
    for key in keys:
        page.keyboard.press(key)

    assert page.locator("[name=gap_primary]").input_value() == gap
    assert page.locator("[name=direction]:checked").get_attribute("value") == direction


# --- The rail ---------------------------------------------------------------------------------------------------------


def test_the_details_are_put_away_and_stay_so(site: Site, page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(site.show("/", '<a href="#rail" data-key="i" data-rail-toggle>Details</a>', scripts="keys rail"))
    expect(page.get_by_role("link")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("i")
    expect(page.get_by_role("link")).to_have_attribute("aria-expanded", "false")

    page.reload()

    expect(page.locator("html")).to_have_attribute("data-rail", "off")
    page.keyboard.press("i")
    expect(page.locator("html")).not_to_have_attribute("data-rail", "off")


def test_on_a_narrow_screen_the_details_are_a_drawer(site: Site, page: Page) -> None:
    page.set_viewport_size({"width": 1024, "height": 800})
    page.goto(site.show("/", '<a href="#rail" data-key="i" data-rail-toggle>Details</a>', scripts="keys rail"))
    page.keyboard.press("i")
    expect(page).to_have_url(f"{site.url}/#rail")

    page.keyboard.press("i")

    expect(page).to_have_url(f"{site.url}/#main")


# --- Macros -----------------------------------------------------------------------------------------------------------

MACROS = """
<form method="post" action="/replies/"><input type="hidden" name="then" value="" data-macro-then>
<p data-macro-says="waiting" hidden>Waits.</p><textarea name="text" data-draft-url="/drafts/">Hello,</textarea>
<details data-macros><summary data-key="m">Macros</summary><input data-macro-find aria-label="Find"><ul>
<li><button type="button" data-macro="waiting">Apología<template>We are sorry.</template></button></li>
<li><button type="button" data-macro="">Steps<template>Do &lt;this&gt;.</template></button></li></ul></details>
<button>Send</button></form>
"""


@pytest.fixture
def macros(site: Site, page: Page) -> Page:
    page.goto(site.show("/", MACROS, scripts="keys insert macros"))
    page.keyboard.press("m")
    page.get_by_label("Find").focus()
    return page


def test_a_macro_is_found_and_put_into_the_reply_by_keys_alone(macros: Page) -> None:
    macros.keyboard.type("apolog")
    expect(macros.get_by_role("button", name="Steps")).to_be_hidden()
    macros.keyboard.press("ArrowDown")
    macros.keyboard.press("Enter")

    expect(macros.locator("textarea")).to_have_value("Hello,\n\nWe are sorry.")
    expect(macros.locator("textarea")).to_be_focused()
    expect(macros.locator("[name=then]")).to_have_value("waiting")
    expect(macros.get_by_text("Waits.")).to_be_visible()
    expect(macros.locator("details")).not_to_have_attribute("open", "")


def test_enter_in_the_field_takes_the_first_and_sends_nothing(macros: Page, site: Site) -> None:
    macros.keyboard.type("steps")
    macros.keyboard.press("Enter")

    expect(macros.locator("textarea")).to_have_value("Hello,\n\nDo <this>.")
    assert site.posted == []
