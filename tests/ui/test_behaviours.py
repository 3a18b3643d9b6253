"""The small scripts in a real browser, under the product's Content-Security-Policy."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from html import escape
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from helpdesk.ui.templatetags import ui
from tests import services
from tests.ui.browser import Site, eventually

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(services.chromium() is None and not services.in_ci(), reason="no Chromium here"),
]


def stop_the_clock(page: Page) -> None:
    """From here on, time passes on this page, and on the next that it opens, only where a test says `run_for`."""
    page.clock.install(time=0)
    page.clock.pause_at(1)


# --- Keys -------------------------------------------------------------------------------------------------------------

KEYS = """
<button id="resolve" data-key="e" data-key-label="Resolve">E</button>
<button id="change" data-key="shift+c">Change</button>
<a href="#open" data-key="g o">All open</a>
<button id="menu" data-key="a">Assign</button><button id="me" data-key="a a">Take it</button>
<details><summary>More</summary><input id="search" data-key="/|mod+k" data-key-focus aria-label="Search"></details>
<button id="gone" data-key="h" hidden>Snooze</button><button id="off" data-key="d" disabled>Delete</button>
<input id="text"><input type="checkbox" id="box">
<button data-keys-open>Keyboard shortcuts</button><i data-key-hint="mod+Enter" data-key-label="Send"></i>
<i data-key-hint="ArrowLeft ArrowRight" data-key-label="Choose"></i>
<label>Quality<input type="radio" data-key="1" data-key-quiet></label>
<dialog id="keys"><div data-keys-list></div><label><input type="checkbox" data-keys-switch checked>On</label>
<form method="dialog"><button>Close</button></form></dialog>
<p id="log"></p>
"""


@pytest.fixture
def keys(site: Site, page: Page) -> Page:
    page.goto(site.show("/", KEYS, scripts="keys keysheet"))
    page.evaluate("window.log = []")
    page.evaluate(
        "document.addEventListener('click', e => e.target.id && e.target.tagName === 'BUTTON' && log.push(e.target.id))"
    )
    return page


def clicked(page: Page) -> list[str]:
    found: list[str] = page.evaluate("log")
    return found


def test_a_single_key_clicks_its_element(keys: Page) -> None:
    keys.keyboard.press("e")
    assert clicked(keys) == ["resolve"]

    keys.keyboard.press("c")
    assert clicked(keys) == ["resolve"]
    keys.keyboard.press("Shift+C")
    assert clicked(keys) == ["resolve", "change"]


def test_two_keys_one_after_the_other(keys: Page) -> None:
    keys.keyboard.press("g")
    keys.keyboard.press("o")
    expect(keys).to_have_url(keys.url.split("#")[0] + "#open")

    keys.keyboard.press("a")
    keys.keyboard.press("a")
    assert clicked(keys) == ["menu", "me"]


def test_a_pause_ends_a_sequence(keys: Page) -> None:
    keys.keyboard.press("g")
    keys.wait_for_timeout(1300)
    keys.keyboard.press("o")

    assert "#open" not in keys.url


def test_keys_are_off_while_typing_but_not_on_a_box(keys: Page) -> None:
    keys.locator("#text").focus()
    keys.keyboard.type("e")
    assert clicked(keys) == []
    expect(keys.locator("#text")).to_have_value("e")

    keys.locator("#box").focus()
    keys.keyboard.press("e")
    assert clicked(keys) == ["resolve"]


@pytest.mark.parametrize("chord", ["Control+e", "Meta+e", "Alt+e"])
def test_keys_are_off_with_a_modifier(keys: Page, chord: str) -> None:
    keys.keyboard.press(chord)

    assert clicked(keys) == []


def test_what_is_hidden_or_disabled_has_no_key(keys: Page) -> None:
    keys.keyboard.press("h")
    keys.keyboard.press("d")

    assert clicked(keys) == []


@pytest.mark.parametrize("chord", ["/", "Control+k"])
def test_a_key_may_focus_and_opens_what_is_folded_around_it(keys: Page, chord: str) -> None:
    keys.keyboard.press(chord)

    expect(keys.locator("#search")).to_be_focused()
    expect(keys.locator("#search")).to_have_value("")


def test_the_sheet_lists_the_keys_of_the_page_and_switches_them_off(keys: Page) -> None:
    keys.keyboard.press("?")
    sheet = keys.locator("#keys")
    expect(sheet).to_be_visible()
    expect(sheet.locator("[data-keys-list] dt").first).to_contain_text("E")
    expect(sheet.locator("[data-keys-list] dd").first).to_have_text("Resolve")
    expect(sheet.locator("[data-keys-list]")).to_contain_text("⇧C")
    expect(sheet.locator("[data-keys-list]")).to_contain_text("Enter Send")
    expect(sheet.locator("[data-keys-list]")).to_contain_text("← → Choose")
    expect(sheet.locator("[data-keys-list]")).not_to_contain_text("Quality")

    keys.keyboard.press("e")
    assert clicked(keys) == []  # not in a dialog

    sheet.locator("[data-keys-switch]").uncheck()
    sheet.get_by_role("button", name="Close").click()
    keys.keyboard.press("e")
    keys.keyboard.press("?")
    assert clicked(keys) == []
    expect(sheet).to_be_hidden()

    keys.reload()
    keys.get_by_role("button", name="Keyboard shortcuts").click()
    expect(sheet.locator("[data-keys-switch]")).not_to_be_checked()


def test_assistive_technology_is_told(keys: Page) -> None:
    expect(keys.locator("#change")).to_have_attribute("aria-keyshortcuts", "Shift+c")
    assert keys.locator("[data-key='g o']").get_attribute("aria-keyshortcuts") is None


# --- Rows -------------------------------------------------------------------------------------------------------------

ROWS = (
    '<form id="bulk" action="/bulk/" method="post" data-bulk><b data-bulk-count></b> selected'
    '<button type="reset">None</button><button>Tag</button></form><input type="checkbox" data-rows-all><ul data-rows>'
    + "".join(
        f'<li data-row id="r{n}"><input type="checkbox" form="bulk" name="n" value="{n}">'
        f'<a href="/t/{n}/">Ticket {n}</a></li>'
        for n in range(1, 6)
    )
    + "</ul>"
)


@pytest.fixture
def rows(site: Site, page: Page) -> Page:
    for n in range(1, 6):
        site.show(f"/t/{n}/", "<h1>ticket</h1>", scripts="keys")
    page.goto(site.show("/", ROWS, scripts="keys rows select"))
    return page


def test_j_and_k_move_and_enter_opens(rows: Page, site: Site) -> None:
    rows.keyboard.press("j")
    expect(rows.get_by_role("link", name="Ticket 1")).to_be_focused()
    expect(rows.locator("#r1")).to_have_class("cur")

    for key in "jjk":
        rows.keyboard.press(key)
    expect(rows.locator(".cur")).to_have_id("r2")

    rows.keyboard.press("Enter")
    expect(rows).to_have_url(site.url + "/t/2/")


def test_the_ends_of_the_list_hold(rows: Page) -> None:
    for _ in range(8):
        rows.keyboard.press("j")
    expect(rows.locator(".cur")).to_have_id("r5")

    for _ in range(8):
        rows.keyboard.press("k")
    expect(rows.locator(".cur")).to_have_id("r1")


def test_x_ticks_and_the_bulk_row_says_how_many(rows: Page) -> None:
    expect(rows.locator("[data-bulk]")).to_be_hidden()
    for key in "jxjx":
        rows.keyboard.press(key)

    expect(rows.locator("[data-bulk-count]")).to_have_text("2")
    expect(rows.locator("#r1")).to_have_class("sel")

    rows.keyboard.press("Escape")
    expect(rows.locator("[data-bulk]")).to_be_hidden()
    assert rows.locator("[data-row] :checked").count() == 0


def test_shift_click_ticks_a_range_in_either_direction(rows: Page) -> None:
    rows.locator("#r4 input").click()
    rows.locator("#r2 input").click(modifiers=["Shift"])
    expect(rows.locator("[data-bulk-count]")).to_have_text("3")

    rows.locator("[data-rows-all]").click()
    expect(rows.locator("[data-bulk-count]")).to_have_text("5")


def test_a_reset_ticks_none(rows: Page) -> None:
    rows.locator("[data-rows-all]").click()
    expect(rows.locator("[data-bulk-count]")).to_have_text("5")

    rows.get_by_role("button", name="None").click()

    expect(rows.locator("[data-bulk]")).to_be_hidden()
    assert rows.locator(".sel").count() == 0


def test_enter_on_a_box_opens_the_row_and_sends_no_form(rows: Page, site: Site) -> None:
    rows.locator("#r3 input").focus()
    rows.keyboard.press("Enter")

    expect(rows).to_have_url(site.url + "/t/3/")
    assert site.posted == []


# --- Drafts and the composer ------------------------------------------------------------------------------------------

COMPOSER = """
<div data-composer>
  <label><input type="radio" name="mode" value="reply" data-key="r" checked>Reply</label>
  <label><input type="radio" name="mode" value="note" data-key="n">Note</label>
  <form data-panel="reply" method="post" action="/replies/"><input type="hidden" name="csrfmiddlewaretoken" value="t0k">
    <textarea id="reply" name="text" data-draft-url="/drafts/reply/" data-draft-mode="reply"></textarea>
    <span data-draft-status="reply" data-saving="Saving" data-offline="Kept on this device"></span>
    <button name="then" value="wait" type="submit">Send and wait</button>
    <button name="then" value="send" type="submit" data-primary>Send</button></form>
  <form data-panel="note" method="post" action="/notes/">
    <textarea id="note" name="text" data-draft-url="/drafts/note/" data-draft-mode="note"></textarea>
    <span data-draft-status="note"></span><button type="submit">Add note</button></form>
</div>
"""


@pytest.fixture
def composer(site: Site, page: Page) -> Page:
    site.show("/after/", "<h1>sent</h1>", scripts="draft")
    page.goto(site.show("/", COMPOSER, scripts="keys draft composer"))
    return page


def drafts(site: Site) -> list[tuple[str, str]]:
    return [(values["mode"][0], values["text"][0]) for path, values in site.posted if path.startswith("/drafts/")]


def copies(page: Page) -> list[str]:
    found: list[str] = page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('puente.draft'))")
    return found


def test_a_draft_is_saved_after_the_last_key(composer: Page, site: Site) -> None:
    composer.locator("#reply").press_sequentially("Hola", delay=20)
    expect(composer.locator("[data-draft-status=reply]")).to_have_text("Saving")
    expect(composer.locator("[data-draft-status=reply]")).to_have_text("Draft saved 10:41")

    assert drafts(site) == [("reply", "Hola")]
    assert copies(composer) == []


def test_a_draft_is_saved_when_its_field_is_left(composer: Page, site: Site) -> None:
    composer.locator("#note").evaluate("el => el.closest('form').hidden = false")
    stop_the_clock(composer)  # so that no pause after the last key ever ends
    composer.locator("#note").fill("Call back")
    assert drafts(site) == []
    composer.locator("#note").blur()

    eventually(lambda: drafts(site) == [("note", "Call back")], page=composer)


def test_without_a_server_the_text_stays_on_the_device_and_comes_back(composer: Page, site: Site) -> None:
    site.answers["/drafts/reply/"] = 503
    composer.locator("#reply").fill("Not lost")
    expect(composer.locator("[data-draft-status=reply]")).to_have_text("Kept on this device")

    site.answers.clear()
    composer.reload()
    expect(composer.locator("#reply")).to_have_value("Not lost")
    expect(composer.locator("[data-draft-status=reply]")).to_have_text("Draft saved 10:41")
    assert copies(composer) == []


def test_a_copy_older_than_the_servers_draft_gives_way(composer: Page, site: Site) -> None:
    site.answers["/drafts/reply/"] = 503
    composer.locator("#reply").fill("old")
    expect(composer.locator("[data-draft-status=reply]")).to_have_text("Kept on this device")
    later = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    site.pages["/"] = site.pages["/"].replace(
        'data-draft-mode="reply"></textarea>', f'data-draft-mode="reply" data-draft-saved-at="{later}">newer</textarea>'
    )
    composer.goto(site.url + "/")

    expect(composer.locator("#reply")).to_have_value("newer")
    assert copies(composer) == []


def test_what_was_sent_does_not_come_back(composer: Page, site: Site) -> None:
    composer.locator("#reply").fill("Sent in haste")
    composer.keyboard.press("Control+Enter")
    composer.wait_for_url("**/after/")  # and until its scripts have run, which forget what was sent

    assert ("/replies/", "Sent in haste") in [(path, values.get("text", [""])[0]) for path, values in site.posted]
    assert copies(composer) == []
    composer.goto(site.url + "/")
    expect(composer.locator("#reply")).to_have_value("")


def test_a_text_whose_sending_failed_is_kept(composer: Page, site: Site) -> None:
    site.answers["/drafts/reply/"] = 503
    site.answers["/replies/"] = 500
    composer.locator("#reply").fill("Precious")
    composer.keyboard.press("Control+Enter")
    composer.wait_for_url("**/replies/")
    composer.goto(site.url + "/")

    expect(composer.locator("#reply")).to_have_value("Precious")


def test_reply_and_note_are_two_texts_and_control_enter_sends_the_one_in_sight(composer: Page, site: Site) -> None:
    expect(composer.locator("#note")).to_be_hidden()
    composer.locator("#reply").fill("To the customer")
    composer.locator("#reply").press("Escape")
    composer.keyboard.press("n")
    expect(composer.locator("#note")).to_be_focused()
    expect(composer.locator("#note")).to_have_value("")
    expect(composer.locator("#reply")).to_be_hidden()

    composer.keyboard.type("For us alone")
    composer.keyboard.press("Control+Enter")
    expect(composer).to_have_url(site.url + "/after/")
    sent = [(path, values["text"]) for path, values in site.posted if not path.startswith("/drafts/")]
    assert sent == [("/notes/", ["For us alone"])]


def test_control_enter_presses_the_primary_button(composer: Page, site: Site) -> None:
    composer.locator("#reply").fill("Done")
    composer.keyboard.press("Control+Enter")
    expect(composer).to_have_url(site.url + "/after/")

    assert [values["then"] for path, values in site.posted if path == "/replies/"] == [["send"]]


def test_arrow_keys_change_the_mode_without_taking_the_focus_away(composer: Page) -> None:
    composer.locator("[value=reply]").focus()
    composer.keyboard.press("ArrowRight")

    expect(composer.locator("#note")).to_be_visible()
    expect(composer.locator("[value=note]")).to_be_focused()


# --- Live -------------------------------------------------------------------------------------------------------------

LIVE = """
<p id="live"></p><p data-live-lost hidden>Interrupted</p><p data-live-out hidden>Signed out</p>
<nav class="nav"><a href="/queue/open/">Open <span class="n">9</span></a></nav>
<a href="/" data-live-new data-key="." data-changed="Changed" data-shown="Up to date" hidden>
<b data-live-count></b> new</a>
<ul data-live-list data-rows data-news-src="/news/?in=open">%s</ul>
<section id="part" data-live-ticket="7" data-live-src="/part/"><p>Old</p></section>
<section id="told" data-live-ticket="7"><p data-live-changed hidden>Changed</p></section>
<section id="writing" data-live-ticket="7" data-live-src="/part/"><p data-live-changed hidden>New reply</p>
  <div data-composer><textarea></textarea></div></section>
"""


def live_rows(*numbers: int) -> str:
    return LIVE % "".join(
        f'<li id="row-{n}" data-row data-number="{n}"><input type="checkbox"><a href="#{n}" data-row-link>T{n}</a></li>'
        for n in numbers
    )


def show_rows(site: Site, *numbers: int) -> str:
    attributes = 'data-live-url="/live/?since=5"'
    return site.show("/", live_rows(*numbers), scripts="keys rows live changes news fresh", attributes=attributes)


@pytest.fixture
def live(site: Site, page: Page) -> Page:
    site.pages["/part/"] = "<p>Fresh</p>"
    site.pages["/news/"] = json.dumps({"changed": [3, 4], "counts": {"/queue/open/": "12"}})
    page.goto(show_rows(site, 1, 3))
    eventually(lambda: site.streams, page=page)
    return page


def test_the_list_says_how_many_are_new_and_leaves_the_rows_alone(live: Page, site: Site) -> None:
    for number in (3, 4, 3, 99):
        site.ring("ticket", json.dumps({"number": number}))

    expect(live.locator("[data-live-new]")).to_have_text("2 new")
    expect(live.locator("[data-live-list]")).to_have_text("T1T3Changed")
    expect(live.locator(".n")).to_have_text("12")
    assert site.asked.count("/news/") == 1


def test_what_concerns_another_list_is_no_news_here(live: Page, site: Site) -> None:
    site.pages["/news/"] = json.dumps({"changed": [], "counts": {"/queue/open/": "10"}})
    site.ring("ticket", json.dumps({"number": 99}))

    expect(live.locator(".n")).to_have_text("10")
    expect(live.locator("[data-live-new]")).to_be_hidden()


def test_a_dot_shows_the_list_anew_with_ticks_and_focus_where_they_were(live: Page, site: Site) -> None:
    site.ring("ticket", json.dumps({"number": 4}))
    expect(live.locator("[data-live-new]")).to_be_visible()
    live.locator("#row-3 input").check()
    live.locator("#row-3 a").focus()
    live.evaluate("window.isTheSamePage = true")
    show_rows(site, 4, 1, 3)
    live.keyboard.press(".")

    expect(live.locator("[data-live-list]")).to_have_text("T4T1T3")
    expect(live.locator("#row-3 a")).to_be_focused()
    expect(live.locator("#row-3 input")).to_be_checked()
    expect(live.locator("[data-live-new]")).to_be_hidden()
    expect(live.locator("#live")).to_have_text("Up to date")
    assert live.evaluate("window.isTheSamePage")


def test_the_focus_of_a_row_that_is_gone_is_taken_over_by_the_one_in_its_place(live: Page, site: Site) -> None:
    site.ring("ticket", json.dumps({"number": 4}))
    expect(live.locator("[data-live-new]")).to_be_visible()
    live.locator("#row-1 a").focus()
    show_rows(site, 4, 3)
    live.keyboard.press(".")

    expect(live.locator("[data-live-list]")).to_have_text("T4T3")
    expect(live.locator("#row-4 a")).to_be_focused()


def test_where_the_list_cannot_be_had_the_link_is_an_ordinary_one(live: Page, site: Site) -> None:
    site.ring("ticket", json.dumps({"number": 4}))
    expect(live.locator("[data-live-new]")).to_be_visible()
    site.pages["/"] = "<!doctype html><title>Nothing is left</title>"
    with live.expect_navigation():
        live.keyboard.press(".")

    expect(live).to_have_title("Nothing is left")


def test_a_ticket_is_refreshed_in_place_but_never_under_somebody_who_writes(live: Page, site: Site) -> None:
    live.locator("textarea").fill("half a sentence")
    site.ring("ticket", '{"number": 7}')

    expect(live.locator("#part")).to_have_text("Fresh")
    expect(live.locator("#told [data-live-changed]")).to_be_visible()
    expect(live.locator("#writing [data-live-changed]")).to_be_visible()
    expect(live.locator("textarea")).to_have_value("half a sentence")


def test_another_ticket_changes_nothing_here(live: Page, site: Site) -> None:
    site.ring("ticket", '{"number": 8}')
    expect(live.locator("[data-live-new]")).to_be_visible()

    expect(live.locator("#part")).to_have_text("Old")
    expect(live.locator("#told [data-live-changed]")).to_be_hidden()


def test_other_scripts_hear_the_doorbell(live: Page, site: Site) -> None:
    live.evaluate("document.addEventListener('puente:ticket', event => { document.title = event.detail.number })")
    site.ring("ticket", '{"number": 12}')

    expect(live).to_have_title("12")


def test_a_short_interruption_is_not_worth_a_word(live: Page, site: Site) -> None:
    site.hang_up()
    eventually(lambda: site.streams, page=live)
    live.wait_for_timeout(3300)

    expect(live.locator("[data-live-lost]")).to_be_hidden()
    site.ring("ticket", '{"number": 7}')
    expect(live.locator("#part")).to_have_text("Fresh")


def test_a_long_interruption_is_said_and_taken_back(live: Page, site: Site) -> None:
    site.answers["/live/"] = 503
    live.clock.install()
    site.hang_up()
    eventually(lambda: site.asked.count("/live/") >= 3, page=live)  # the browser's try, and ours
    live.clock.run_for(3500)
    expect(live.locator("[data-live-lost]")).to_be_visible()

    site.answers.clear()
    live.clock.run_for(15_500)
    expect(live.locator("[data-live-lost]")).to_be_hidden()


def test_whoever_is_signed_out_is_told_so_and_not_asked_for_again(live: Page, site: Site) -> None:
    site.answers["/live/"] = 401
    live.clock.install()
    site.hang_up()
    eventually(lambda: site.asked.count("/live/") >= 3, page=live)
    expect(live.locator("[data-live-out]")).to_be_visible()
    asked = site.asked.count("/live/")
    live.clock.run_for(60_000)
    live.wait_for_timeout(200)

    assert site.asked.count("/live/") == asked
    expect(live.locator("[data-live-lost]")).to_be_hidden()


def test_a_connection_that_was_cut_in_silence_is_opened_anew_and_says_what_it_heard_last(
    site: Site, page: Page
) -> None:
    page.clock.install()
    page.goto(show_rows(site, 1))
    eventually(lambda: site.streams, page=page)
    site.ring("beat", "{}")
    page.wait_for_timeout(200)
    page.clock.run_for(26_000)
    eventually(lambda: len(site.streams) == 2, page=page)

    page.clock.run_for(4_000)
    expect(page.locator("[data-live-lost]")).to_be_hidden()


def test_told_to_reload_the_list_shows_itself_anew(live: Page, site: Site) -> None:
    show_rows(site, 5)
    site.ring("reload", "{}")

    expect(live.locator("[data-live-list]")).to_have_text("T5")


def test_told_to_reload_a_list_somebody_works_in_says_so_instead(live: Page, site: Site) -> None:
    live.locator("textarea").focus()
    show_rows(site, 5)
    site.ring("reload", "{}")

    expect(live.locator("[data-live-new]")).to_be_visible()
    expect(live.locator("[data-live-list]")).to_have_text("T1T3")


# --- Who is there, and how much is unread -----------------------------------------------------------------------------

WORDS = '{"looking": "%(name)s is looking at this", "writing": "%(name)s is writing"}'


def person(name: str, until: int, *, writing: bool = False) -> dict[str, object]:
    return {"name": name, "initials": name[:1], "writing": writing, "until": until}


def test_people_come_write_and_go_and_whoever_falls_silent_is_dropped(site: Site, page: Page) -> None:
    body = '<p id="live"></p><i data-presence="7"></i><b data-presence="7" data-in-words></b><u data-presence="8"></u>'
    page.clock.install(time=datetime(2026, 9, 15, 9, 41, tzinfo=UTC))
    attributes = f"data-live-url='/live/?since=5' data-presence-words='{WORDS}'"
    page.goto(site.show("/", body, scripts="live presence", attributes=attributes))
    eventually(lambda: site.streams, page=page)
    until = page.evaluate("Date.now()") + 40_000

    def told(*people: dict[str, object]) -> None:
        site.ring("presence", json.dumps({"number": 7, "people": people}))

    told(person("Ana", until))
    expect(page.locator("i .av.looking")).to_have_attribute("title", "Ana is looking at this")
    expect(page.locator("b .here-words")).to_have_text("Ana is looking at this")
    expect(page.locator("#live")).to_have_text("Ana is looking at this")
    told(person("Ana", until, writing=True), person("<b>Ben", until))
    expect(page.locator("i .av.writing")).to_have_attribute("title", "Ana is writing")
    expect(page.locator("b .here-words")).to_have_text("Ana is writing")
    expect(page.locator("i .av")).to_have_count(2)
    expect(page.locator("#live")).to_have_text("Ana is writing. <b>Ben is looking at this")
    expect(page.locator("u .av")).to_have_count(0)

    page.evaluate("document.getElementById('live').textContent = ''")
    told(person("Ana", until))
    told(person("Ana", until, writing=True))
    expect(page.locator("i .av")).to_have_count(1)
    expect(page.locator("#live")).to_have_text("")  # said once

    page.clock.run_for(41_000)
    expect(page.locator(".av")).to_have_count(0)


def states(site: Site) -> list[str]:
    return [values["state"][0] + ("+" if "beat" in values else "") for path, values in site.posted if path == "/here/"]


def test_a_page_says_that_somebody_is_there_and_when_they_begin_and_stop_writing(site: Site, page: Page) -> None:
    body = (
        '<input type="hidden" name="csrfmiddlewaretoken" value="t"><main data-here-url="/here/"><div data-composer>'
        "<textarea></textarea></div></main><button>Elsewhere</button>"
    )
    page.clock.install()
    page.goto(site.show("/", body, scripts="here"))
    eventually(lambda: states(site) == ["looking"], page=page)
    page.clock.run_for(15_500)
    eventually(lambda: states(site) == ["looking", "looking+"], page=page)

    page.locator("textarea").focus()
    page.keyboard.type("Dear")
    eventually(lambda: states(site)[2:] == ["writing"], page=page)
    page.clock.run_for(21_000)
    eventually(lambda: states(site)[3:] == ["writing+", "looking"], page=page)
    page.keyboard.type(" Carla")
    page.locator("button").focus()
    eventually(lambda: states(site)[5:] == ["writing", "looking"], page=page)
    assert all(values["csrfmiddlewaretoken"] == ["t"] for _path, values in site.posted)

    page.goto("about:blank")
    eventually(lambda: states(site)[-1] == "left", page=page)


def test_the_title_and_the_icon_show_what_is_unread(site: Site, page: Page) -> None:
    body = '<span class="n" data-unread-count hidden>0<span> unread</span></span>'
    attributes = 'data-live-url="/live/?since=5" data-unread="0" data-icon-news="/news.svg"'
    page.goto(site.show("/", body, scripts="live title", attributes=attributes))
    eventually(lambda: site.streams, page=page)
    expect(page).to_have_title("t")

    site.ring("notices", '{"unread": 3}')
    expect(page).to_have_title("(3) t")
    expect(page.locator("link[rel=icon]")).to_have_attribute("href", "/news.svg")
    expect(page.locator("[data-unread-count]")).to_have_text("3 unread")

    site.ring("notices", '{"unread": 0}')
    expect(page).to_have_title("t")
    expect(page.locator("link[rel=icon]")).to_have_attribute("href", "data:,")
    expect(page.locator("[data-unread-count]")).to_be_hidden()


# --- Due times --------------------------------------------------------------------------------------------------------

LEFT = [
    *[timedelta(minutes=m) for m in (-5000, -1441, -1440, -1439, -185, -61, -60, -59, -24, -1)],
    *[timedelta(seconds=s) for s in (-61, -59, -1, 0, 1, 59, 60, 61)],
    *[
        timedelta(minutes=m)
        for m in (9, 59, 60, 78, 119, 120, 121, 125, 359, 360, 361, 600, 738, 739, 1440, 2178, 2179)
    ],
]


@pytest.mark.parametrize("zone", ["Europe/Madrid", "America/Bogota", "Pacific/Auckland"])
@pytest.mark.parametrize("now", ["2026-09-15T09:41:00+00:00", "2026-10-24T23:10:00+00:00"])
def test_the_browser_says_due_times_as_the_server_does(site: Site, page: Page, zone: str, now: str) -> None:
    moment = datetime.fromisoformat(now)
    with time_machine.travel(moment, tick=False), timezone.override(ZoneInfo(zone)):
        words = escape(ui.due_words())
        cases = [(moment + left, started) for left in LEFT for started in (None, moment - timedelta(hours=3))]
        expected = [[ui.due_text(at), ui.due_state(at, started)] for at, started in cases]
        far = [text for text, _state in expected if re.match(r"[A-Z][a-z]{2} \d", text)]
    times = "".join(
        f'<span class="due"><time data-due datetime="{at.isoformat()}"'
        + (f' data-started="{started.isoformat()}"' if started else "")
        # What is further away than tomorrow is the server's to say.
        + f">{text if text in far else 'wrong'}</time></span>"
        for (at, started), (text, _state) in zip(cases, expected, strict=True)
    )
    page.clock.set_fixed_time(moment)
    page.goto(site.show("/", times, scripts="due", html=f'data-words="{words}"'))

    shown = page.evaluate(
        "[...document.querySelectorAll('.due')].map(el => [el.textContent, "
        "el.classList.contains('late') ? 'late' : el.classList.contains('risk') ? 'risk' : 'ok'])"
    )
    assert shown == expected


def test_a_time_runs_out_without_a_request(site: Site, page: Page) -> None:
    moment = datetime(2026, 9, 15, 9, 41, tzinfo=UTC)
    words = escape(ui.due_words())
    at = (moment + timedelta(minutes=2)).isoformat()
    page.clock.install(time=moment)
    page.goto(site.show("/", f'<time data-due datetime="{at}">2m</time>', scripts="due", html=f'data-words="{words}"'))
    before = list(site.asked)
    page.clock.run_for(3 * 60_000)

    expect(page.locator("time")).to_have_text("−1m")
    expect(page.locator("time")).to_have_class("late")
    assert site.asked == before


# --- Toasts, menus, forms, theme, connection, surveys -----------------------------------------------------------------


def test_a_toast_goes_by_itself_but_not_from_under_somebody(site: Site, page: Page) -> None:
    body = (
        '<main tabindex="-1"></main><div class="toast" data-seconds="3"><b data-left>3</b><button>Undo</button></div>'
    )
    stop_the_clock(page)
    page.goto(site.show("/", body, scripts="toast"))
    page.clock.run_for(1000)
    expect(page.locator("[data-left]")).to_have_text("2")

    page.locator("button").focus()
    page.clock.run_for(10_000)
    expect(page.locator("[data-left]")).to_have_text("2")

    page.locator("button").blur()
    page.clock.run_for(2000)
    expect(page.locator(".toast")).to_have_count(0)


def test_z_takes_back_what_was_done_last(site: Site, page: Page) -> None:
    body = "".join(f'<div class="toast"><a href="#u{n}" data-undo>Undo</a></div>' for n in (1, 2))
    page.goto(site.show("/", body, scripts="keys toast"))
    page.keyboard.press("z")

    expect(page).to_have_url(site.url + "/#u2")


def test_one_menu_is_open_and_escape_gives_the_focus_back(site: Site, page: Page) -> None:
    menu = '<details data-menu id="m{n}"><summary>Menu {n}</summary><button type="button">Do {n}</button></details>'
    page.goto(site.show("/", menu.format(n=1) + menu.format(n=2) + "<p>outside</p>", scripts="menu"))
    page.locator("#m1 summary").click()
    page.locator("#m2 summary").click()
    expect(page.locator("#m1")).not_to_have_attribute("open", "")

    page.locator("#m2 button").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#m2")).not_to_have_attribute("open", "")
    expect(page.locator("#m2 summary")).to_be_focused()

    page.locator("#m1 summary").click()
    page.locator("p").click()
    expect(page.locator("#m1")).not_to_have_attribute("open", "")

    page.locator("#m1 summary").click()
    page.locator("#m1 button").click()
    expect(page.locator("#m1")).not_to_have_attribute("open", "")


def test_a_form_is_sent_once(site: Site, page: Page) -> None:
    page.goto(
        site.show(
            "/",
            '<form data-once method="post" action="/slow/" target="elsewhere">'
            '<button name="then" value="x">Send</button></form><iframe name="elsewhere"></iframe>',
            scripts="once",
        )
    )
    page.evaluate("document.querySelector('button').click(); document.querySelector('button').click()")

    expect(page.locator("button")).to_have_attribute("aria-busy", "true")
    eventually(lambda: site.posted, page=page)
    page.wait_for_timeout(200)
    assert site.posted == [("/slow/", {"then": ["x"]})]


def test_the_theme_changes_at_once_and_is_remembered(site: Site, page: Page, context: BrowserContext) -> None:
    form = (
        '<form method="post" action="/theme/" data-theme-toggle><button name="theme" value="dark">Theme</button></form>'
    )
    page.goto(site.show("/", form, scripts=""))
    page.locator("button").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")

    page.locator("button").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert {cookie["name"]: cookie["value"] for cookie in context.cookies()} == {"theme": "light"}
    assert site.posted == []


def test_without_a_connection_sending_is_refused_and_the_text_stays(
    site: Site, page: Page, context: BrowserContext
) -> None:
    form = '<form method="post" action="/x/"><input name="t"><button>Send</button></form>'
    body = f'<p data-offline hidden>Offline</p><i data-offline="Kept on this device">Draft saved</i>{form}'
    page.goto(site.show("/", body, scripts="offline"))
    context.set_offline(True)
    expect(page.locator("p[data-offline]")).to_be_visible()
    page.locator("input").fill("kept")
    page.locator("button").click()
    expect(page.locator("input")).to_have_value("kept")

    context.set_offline(False)
    expect(page.locator("p[data-offline]")).to_be_hidden()
    expect(page.locator("i")).to_be_visible()
    assert site.posted == []


SURVEY = """
<form data-survey data-provisional-url="/provisional/" method="post" action="/final/">
  <input type="radio" name="score" value="2" id="two" checked><input type="radio" name="score" value="5" id="five">
  <fieldset data-when="1-3"><input name="short" value="late"></fieldset><p data-when="5">Better</p>
</form><p data-survey-status data-saved="Noted"></p>
"""


def test_opening_a_survey_records_nothing_and_a_person_records_the_score(site: Site, page: Page) -> None:
    site.answers["/provisional/"] = 200
    stop_the_clock(page)
    page.goto(site.show("/", SURVEY, scripts="survey"))
    page.keyboard.press("Shift")  # too soon: a browser that restores something, or a scanner in haste
    page.clock.run_for(1200)
    assert site.posted == []

    page.keyboard.press("Shift")
    expect(page.locator("[data-survey-status]")).to_have_text("Noted")
    assert [path for path, _values in site.posted] == ["/provisional/"]


def test_events_of_scripts_are_no_sign_of_a_person(site: Site, page: Page) -> None:
    page.goto(site.show("/", SURVEY, scripts="survey"))
    page.wait_for_timeout(900)
    page.evaluate("window.dispatchEvent(new Event('scroll')); document.body.click()")
    page.wait_for_timeout(200)

    assert site.posted == []


def test_a_survey_asks_what_fits_the_score(site: Site, page: Page) -> None:
    page.goto(site.show("/", SURVEY, scripts="survey"))
    expect(page.locator("fieldset")).to_be_visible()
    expect(page.locator("p[data-when]")).to_be_hidden()

    page.locator("#five").check()
    expect(page.locator("fieldset")).to_be_hidden()
    expect(page.locator("fieldset")).to_have_attribute("disabled", "")
    expect(page.locator("p[data-when]")).to_be_visible()
