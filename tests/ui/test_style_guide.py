"""The style guide shows every partial, and what it shows can be read, operated and fitted on every screen."""

from __future__ import annotations

import gzip
import mimetypes
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.test.signals import template_rendered
from django.utils import translation
from playwright.sync_api import Browser, Page, Route

from helpdesk.ui import bundles
from helpdesk.ui.context import appearance
from helpdesk.ui.style_guide import SampleForm, examples
from tests.ui.browser import browsing
from tests.ui.files import ROOT, STATIC, bundles_of, loaded_by

PARTIALS = sorted(path.name for path in (ROOT / "helpdesk/ui/templates/ui").glob("_*.html"))
WIDTHS = (1440, 1024, 390, 320)
ADDRESS = "http://style.guide/"
# Text a third longer, with accents, as some translation will be. Codes, numbers and names of keys stay.
LONGER = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, words = node.data.trim();
    if (words.length < 3 || !/[a-z]/.test(words) || node.parentElement.closest("kbd, time, svg, script")) continue;
    node.data += " ñáéíóú".repeat(9).slice(0, Math.ceil(words.length * 0.35));
  }
}"""
OVERFLOWING = """() => {
  if (document.documentElement.scrollWidth <= innerWidth) return [];
  const allowed = ".heat-wrap, .vh, svg, .trunc, [hidden]";
  const past = [...document.querySelectorAll("body *")].filter(el => el.getBoundingClientRect().right > innerWidth + 1);
  return ["page", ...past.filter(el => !el.closest(allowed)).map(el => `${el.tagName}.${el.className}`).slice(0, 5)];
}"""


def render_guide() -> str:
    """The page without a visitor: no session, no company of the database."""
    request = RequestFactory().get("/style-guide/")
    return render_to_string("ui/style_guide.html", examples() | {"request": request, "company": {"name": "Alborada"}})


@pytest.fixture
def guide() -> str:
    return render_guide()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as running:
        yield running


@pytest.fixture
def page(browser: Browser, guide: str) -> Iterator[Page]:
    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ADDRESS)
        found = finders.find(path.removeprefix("static/"))
        if path == "":
            route.fulfill(body=guide, content_type="text/html; charset=utf-8")
        elif found:
            with open(str(found), "rb") as file:
                route.fulfill(body=file.read(), content_type=mimetypes.guess_type(path)[0] or "")
        else:
            route.fulfill(status=404)

    shown = browser.new_page()
    shown.route("**/*", answer)
    yield shown
    shown.close()


def test_every_partial_of_the_floor_stands_in_the_guide() -> None:
    names: set[str] = set()

    def note(*, template: Template, **_: object) -> None:
        names.add(str(template.name).removeprefix("ui/"))

    template_rendered.connect(note)
    try:
        render_guide()
    finally:
        template_rendered.disconnect(note)

    assert [name for name in PARTIALS if name not in names] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_components_have_no_known_barrier(page: Page, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(ADDRESS)

    found = Axe().run(page).response

    assert len(found["passes"]) > 20
    assert [(each["id"], each["nodes"][0]["target"]) for each in found["violations"]] == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("longer", [False, True], ids=["as it is", "a third longer"])
def test_nothing_leaves_the_screen(page: Page, width: int, longer: bool) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(ADDRESS)
    if longer:
        page.evaluate(LONGER)

    assert page.evaluate(OVERFLOWING) == []


def test_targets_of_agents_have_24_pixels(page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(ADDRESS)

    small = page.evaluate(
        """() => [...document.querySelectorAll(".btn, summary, .hit, .journey label, .dir label, .seg label")]
          .filter(el => el.getClientRects().length && el.getBoundingClientRect().height < 24)
          .map(el => el.outerHTML.slice(0, 80))"""
    )

    assert small == []


def test_customers_targets_have_44_pixels(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(ADDRESS)

    small = page.evaluate(
        """() => [...document.querySelectorAll(".pub :is(.btn, .topic, .scale label)")]
          .filter(el => el.getBoundingClientRect().height < 44).map(el => el.outerHTML.slice(0, 80))"""
    )

    assert small == []


def test_the_chosen_reply_or_note_alone_is_on_the_page_without_a_script(
    browser: Browser, guide: str, page: Page
) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.route("**/*.js", lambda route: route.abort())
    page.goto(ADDRESS)
    reply, note = page.get_by_label("Your reply"), page.get_by_label("Internal note", exact=True)

    assert reply.is_visible()
    assert not note.is_visible()
    page.get_by_role("radio", name="Note").check(force=True)
    assert note.is_visible()
    assert not reply.is_visible()


def test_colours_of_the_system_keep_what_is_chosen(page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(forced_colors="active")
    page.goto(ADDRESS)

    chosen = [f".{family} label:has(:checked)" for family in ("dir", "seg", "journey", "scale")]
    outlined = page.evaluate(
        "all => all.map(each => getComputedStyle(document.querySelector(each)).outlineStyle)", chosen
    )

    assert set(outlined) == {"solid"}


def test_paper_is_light_and_without_floating_things(page: Page) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(ADDRESS)

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("#toasts").is_visible()


# --- Partials ---------------------------------------------------------------------------------------------------


def shown(name: str, **values: object) -> str:
    html = render_to_string(f"ui/{name}.html", values)
    return re.sub(r"\s+", " ", html)


def test_a_field_is_label_hint_error_input_in_this_order() -> None:
    form = SampleForm({"due_on": "yesterday"})
    form.fields["due_on"].help_text = "A working day"

    html = shown("_field", field=form["due_on"])

    places = [html.index(part) for part in ("<label", "A working day", "Due date must be today or later", "<input")]
    assert places == sorted(places)
    assert 'aria-invalid="true"' in html
    described_by = re.search(r'aria-describedby="([^"]+)"', html)
    assert described_by
    assert all(f'id="{each}"' in html for each in described_by[1].split())


def test_a_box_to_tick_has_its_label_beside_it() -> None:
    html = shown("_field", field=SampleForm()["notify"])

    assert html.index('type="checkbox"') < html.index("Tell the team")
    assert html.count("Tell the team") == 1


def test_an_optional_field_says_so_and_a_required_one_does_not() -> None:
    form = SampleForm()

    assert "(optional)" in shown("_field", field=form["order"])
    assert "(optional)" not in shown("_field", field=form["name"])


def test_the_summary_says_the_same_words_as_the_field_and_leads_there() -> None:
    form = SampleForm({"name": "Hannah", "due_on": "yesterday", "team": "1", "text": "x"})

    assert '<a href="#id_due_on">Due date must be today or later</a>' in shown("_errors", form=form)
    assert shown("_errors", form=SampleForm()).strip() == ""


@pytest.mark.parametrize(
    ("values", "has", "has_not"),
    [
        ({"gap": "quality", "label": "Quality", "suggested": True}, ["sug", ", suggested", "?"], ["better"]),
        ({"gap": "quality", "label": "Quality"}, ['class="chip gap"'], ["sug", "?"]),
        ({"gap": "quality", "label": "Quality", "direction": "exceeded"}, ["better", "Better than expected:"], ["sug"]),
        ({"gap": "none", "label": "No gap"}, ['class="chip none"'], ["chip gap"]),
    ],
)
def test_a_gap_says_in_words_what_its_line_and_colour_say(
    values: dict[str, object], has: list[str], has_not: list[str]
) -> None:
    html = shown("_gap_chip", **values)

    assert [each for each in has if each not in html] == []
    assert [each for each in has_not if each in html.replace("suggested", "") and each != "sug"] == []
    assert ("sug" in html.split('"')[1].split()) == bool(values.get("suggested"))


def test_a_share_is_drawn_with_a_point_in_every_language() -> None:
    with translation.override("es"):
        assert 'width="86.5"' in shown("_meter", percent=86.5, label="86,5 %")


def test_a_pager_offers_only_what_is_there() -> None:
    html = shown("_pager", page={"newer": "", "older": "x"}, address="/queue/open/")

    assert 'href="/queue/open/?after=x" rel="next"' in html
    assert 'rel="prev"' not in html
    assert shown("_pager", page={"newer": "", "older": ""}, address="/queue/open/").strip() == ""
    assert "/report/?days=7&amp;before=y" in shown("_pager", page={"newer": "y"}, address="/report/?days=7")


def test_a_progress_line_marks_where_it_is() -> None:
    html = shown("_progress", label="Progress", steps=examples()["steps"])

    assert html.count('aria-current="step"') == 1
    assert "<b>Engineer visit</b>" in html.partition('aria-current="step"')[2][:60]


def test_an_icon_can_speak_for_itself() -> None:
    drawn = Template('{% load ui %}{% icon "flag" label=words also="acted" %}').render(
        Context({"words": "has an <action>"})
    )

    assert 'class="i acted"' in drawn
    assert 'role="img" aria-label="has an &lt;action&gt;"' in drawn
    assert "aria-hidden" not in drawn


# --- What this device chose -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cookies", "theme", "density"),
    [
        ({}, "", ""),
        ({"theme": "dark", "density": "compact"}, "dark", "compact"),
        ({"theme": '"><script>', "density": "huge"}, "", ""),
    ],
)
def test_only_looks_we_know_come_out_of_a_cookie(cookies: dict[str, str], theme: str, density: str) -> None:
    request = RequestFactory().get("/")
    request.COOKIES.update(cookies)

    assert {key: appearance(request)[key] for key in ("theme", "density")} == {"theme": theme, "density": density}


def test_rows_get_closer_at_once_and_stay_so(page: Page) -> None:
    page.goto(ADDRESS)
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<button data-density-toggle hidden>Compact</button>')"
    )
    page.add_script_tag(path=str(STATIC / "js" / "density.js"))
    before = page.locator(".queue tbody tr").first.bounding_box()
    page.get_by_role("button", name="Compact").click()
    after = page.locator(".queue tbody tr").first.bounding_box()

    assert before
    assert after
    assert after["height"] < before["height"]
    assert "density=compact" in page.evaluate("document.cookie")
    page.get_by_role("button", name="Compact").click()
    assert "density" not in page.evaluate("document.cookie")


def test_what_an_agents_page_loads_leaves_room_for_its_words() -> None:
    """60 KB compressed for all of a page; at least twelve of them are for the HTML."""
    shells = [ROOT / f"helpdesk/ui/templates/{name}.html" for name in ("base", "agent")]
    shells.append(ROOT / "helpdesk/workspace/templates/workspace/base.html")
    lots = [bundles.parts_of(bundle) for path in shells for bundle in bundles_of(path)]
    gathered = {part for lot in lots for part in lot}
    alone = {name for path in shells for name in loaded_by(path)} - gathered
    lots += [[name] for name in (*sorted(alone), "django_htmx/htmx-2.min.js")]

    assert len(gathered) > 15
    weight = 0
    for lot in lots:
        files = [finders.find(name) for name in lot]
        assert all(files)
        weight += len(gzip.compress(b"\n".join(Path(str(file)).read_bytes() for file in files), 6))
    assert weight <= 48 * 1024
