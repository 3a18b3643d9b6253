"""To and Cc with a script: chips that can be read, typed, removed and announced, over fields that are sent."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests import services
from tests.ui.browser import Site, eventually

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(services.chromium() is None and not services.in_ci(), reason="no Chromium here"),
]

FORM = """
<p id="live" role="status"></p>
<div data-composer>
  <form data-panel="reply" method="post" action="/replies/">
    <div data-recipients data-known="example.com alborada.example carla@gmail.example" data-asked=""
      data-bounced="bob@example.com" data-came-back="mail came back" data-no-address="%s is not an email address."
      data-remove="Remove %s" data-removed="%s removed" data-added="%s added">
      <label for="to">To</label><textarea id="to" name="to" data-addresses data-draft-field>carla@example.com</textarea>
      <details class="cc"><summary>Cc</summary>
        <textarea id="cc" name="cc" data-addresses data-draft-field aria-label="Cc"></textarea></details>
      <button type="submit" name="add" value="dora@example.com" data-add="dora@example.com">Add</button>
      <template data-outside><p class="c-outside"><span><b data-domain></b> is new in this ticket.</span>
        <label><input type="checkbox" name="outside"><span>Send to <span data-domain></span> too</span></label></p>
      </template>
    </div>
    <textarea id="reply" name="text" data-draft-url="/drafts/reply/"></textarea>
    <details id="files"><summary>Files</summary>
      <input type="file" name="files" aria-label="Files" aria-describedby="help" data-most="2" data-each="10"
        data-total="15"><span id="help">Up to 2 files, 10 bytes each</span></details>
    <button type="submit" data-primary>Send</button>
  </form>
</div>
"""


@pytest.fixture
def form(site: Site, page: Page) -> Page:
    site.show("/after/", "<h1>sent</h1>", scripts="draft")
    page.goto(site.show("/", FORM, scripts="draft addresses recipients composer"))
    return page


def sent(form: Page, site: Site) -> dict[str, list[str]]:
    form.get_by_role("button", name="Send", exact=True).click()
    expect(form).to_have_url(site.url + "/after/")
    return next(values for path, values in site.posted if path == "/replies/")


def test_what_stands_in_the_fields_becomes_chips_and_is_sent_as_before(form: Page, site: Site) -> None:
    expect(form.get_by_role("button", name="Remove carla@example.com")).to_be_visible()

    values = sent(form, site)
    assert (values["to"], values["cc"]) == (["carla@example.com"], [""])


def test_addresses_are_typed_pasted_and_sent(form: Page, site: Site) -> None:
    to = form.get_by_label("To", exact=True)
    to.press_sequentially("max@example.com,")
    to.fill('"Cruz, Cora" <Cora@Example.com>; zoe@example.com')
    to.press("Tab")

    assert sent(form, site)["to"] == ["carla@example.com, max@example.com, cora@example.com, zoe@example.com"]


def test_enter_makes_a_chip_and_sends_nothing(form: Page, site: Site) -> None:
    form.get_by_label("To", exact=True).fill("max@example.com")
    form.keyboard.press("Enter")

    expect(form.get_by_role("button", name="Remove max@example.com")).to_be_visible()
    assert not [path for path, _values in site.posted if path == "/replies/"]


def test_a_chip_is_removed_by_its_button_or_by_backspace_and_that_is_said(form: Page) -> None:
    form.get_by_label("To", exact=True).fill("max@example.com,")
    form.keyboard.press("Backspace")
    expect(form.locator("#live")).to_have_text("max@example.com removed")

    form.get_by_role("button", name="Remove carla@example.com").click()

    expect(form.locator("#live")).to_have_text("carla@example.com removed")
    expect(form.get_by_label("To", exact=True)).to_be_focused()
    assert form.locator("textarea[name=to]").input_value() == ""


def test_what_is_no_address_stays_and_says_so_and_the_server_hears_of_it(form: Page, site: Site) -> None:
    to = form.get_by_label("To", exact=True)
    to.fill("max at home")
    form.keyboard.press("Enter")

    expect(to).to_have_value("max at home")
    expect(form.get_by_text("max at home is not an email address.")).to_be_visible()
    assert sent(form, site)["to"] == ["carla@example.com, max at home"]


def test_nobody_stands_there_twice(form: Page) -> None:
    form.get_by_text("Cc", exact=True).click()
    form.locator("#cc").fill("carla@example.com, max@example.com, max@example.com,")

    assert form.locator("textarea[name=cc]").input_value() == "max@example.com"


def test_a_bounced_address_is_marked_in_words(form: Page) -> None:
    form.get_by_label("To", exact=True).fill("bob@example.com,")

    expect(form.locator(".chip.bad")).to_contain_text("mail came back")


@pytest.mark.parametrize(
    "address, name",
    [
        ("zoe@new.example", "new.example"),
        ("karla@gmail.example", "karla@gmail.example"),
        ("carla@gmail.example", ""),
        ("x@alborada.example", ""),
    ],
)
def test_a_new_domain_is_pointed_out_at_once(form: Page, site: Site, address: str, name: str) -> None:
    form.get_by_label("To", exact=True).fill(f"{address},")

    if not name:
        expect(form.get_by_role("button", name=f"Remove {address}")).to_be_visible()
        expect(form.locator(".c-outside")).to_have_count(0)
        return
    expect(form.locator("#live")).to_have_text(f"{name} is new in this ticket.")
    form.get_by_label(f"Send to {name} too").check()
    assert sent(form, site)["outside"] == [name]


def test_once_it_is_gone_nothing_is_pointed_out(form: Page) -> None:
    form.get_by_label("To", exact=True).fill("zoe@new.example,")
    expect(form.locator(".c-outside")).to_have_count(1)
    form.keyboard.press("Backspace")

    expect(form.locator(".c-outside")).to_have_count(0)


def test_a_click_puts_somebody_on_cc(form: Page, site: Site) -> None:
    form.get_by_role("button", name="Add").click()

    expect(form.get_by_role("button", name="Remove dora@example.com")).to_be_visible()
    expect(form.locator("#live")).to_have_text("dora@example.com added")
    assert sent(form, site)["cc"] == ["dora@example.com"]


def test_a_draft_is_saved_with_whom_it_is_for(form: Page, site: Site) -> None:
    form.get_by_label("To", exact=True).fill("max@example.com,")
    form.locator("#reply").fill("Hola")
    form.locator("#reply").blur()
    eventually(lambda: form.evaluate("localStorage.length") == 0, page=form)

    drafts = [values for path, values in site.posted if path == "/drafts/reply/"]
    assert drafts[-1]["to"] == ["carla@example.com, max@example.com"]
    assert drafts[-1]["text"] == ["Hola"]


def test_a_file_that_is_too_large_is_named_and_sending_says_so_again(form: Page, site: Site) -> None:
    large = {"name": "damage.png", "mimeType": "image/png", "buffer": b"x" * 11}
    form.locator("#files summary").click()
    form.get_by_label("Files", exact=True).set_input_files([large])
    expect(form.locator("#help")).to_have_text("damage.png: Up to 2 files, 10 bytes each")
    form.locator("#files summary").click()
    form.get_by_role("button", name="Send", exact=True).click()

    expect(form.locator("#files")).to_have_attribute("open", "")
    expect(form.get_by_label("Files", exact=True)).to_be_focused()
    assert not [path for path, _values in site.posted if path == "/replies/"]

    form.get_by_label("Files", exact=True).set_input_files([{**large, "buffer": b"small"}])
    expect(form.locator("#help")).to_have_text("Up to 2 files, 10 bytes each")
    sent(form, site)
