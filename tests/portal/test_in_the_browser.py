"""The customers' pages in a real Chromium: rules of accessibility, without scripts, a double click, a scanner."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from cx import surveys
from cx.models import Promise, Response
from helpdesk.common import tokens
from tests.portal.conftest import token_of
from tests.services import chromium
from tickets.models import Delivery, Message, Ticket

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine"),
]


@pytest.fixture
def pages(ticket, ana, carla, invitation) -> dict[str, str]:
    """The address of each customers' page, with something to see on it."""
    from datetime import timedelta

    from django.utils import timezone

    subject, text = "Installer didn’t arrive, second missed slot", "It is half past ten. Number 0"
    other = Ticket.open_for(carla, subject=subject, channel="web", text=text, language="en").ticket
    for n in range(1, 4):
        other.receive(text=f"It is half past ten. Number {n}", quoted="> before", customer=carla, channel="web")
        other.reply(by=ana, text="Tomorrow between 8 and 10.\n\nAna")
    Promise.make(other, what="An engineer between 08:00 and 10:00", due_at=timezone.now() + timedelta(days=1), by=ana)
    Delivery.objects.update(state=Delivery.State.SENT)
    return {
        "home": "/",
        "form": reverse("portal:new-request"),
        "request": reverse("portal:request", args=[token_of(other)]),
        "survey": reverse("portal:survey", args=[surveys.token_for(invitation)]) + "?score=2",
        "altered": "/r/altered/",
        "links": "/links/",
        "stop": f"/surveys/stop/{tokens.make(tokens.Purpose.STOP_SURVEYS, customer=carla.pk)}/",
    }


@pytest.mark.parametrize("width, theme", [(1440, "light"), (390, "dark"), (320, "light")])
def test_no_page_breaks_an_accessibility_rule_or_overflows(chrome, live_server, pages, width, theme):
    from axe_playwright_python.sync_playwright import Axe

    context = chrome.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, bypass_csp=True)
    page = context.new_page()
    for name, path in pages.items():
        page.goto(live_server.url + path)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        broken = Axe().run(page).response["violations"]
        assert [f"{name}: {rule['id']} {rule['nodes'][0]['target']}" for rule in broken] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    context.close()


def test_a_double_click_on_send_is_one_request(chrome, live_server, cast):
    page = chrome.new_page()
    page.goto(live_server.url + "/requests/new/")
    page.get_by_label("Your email").fill("nora@example.net")
    page.get_by_text("Using the service or a bill").click()
    page.get_by_label("What happened?").fill("The bill is too high. Twice what you said.")
    page.wait_for_timeout(3100)
    page.get_by_role("button", name="Send").dblclick()
    page.wait_for_url("**/requests/sent/**")

    ticket = Ticket.objects.get()
    assert str(ticket.number) in page.inner_text("h1")
    assert ticket.topic == "use"
    assert ticket.deliveries.count() == 1
    page.close()


def test_focus_goes_to_what_is_wrong(chrome, live_server, cast):
    page = chrome.new_page()
    page.goto(live_server.url + "/requests/new/")
    page.get_by_role("button", name="Send").click()

    playwright.expect(page.locator("#error-summary")).to_be_focused()
    page.get_by_role("link", name="Choose what it is about").click()
    playwright.expect(page).to_have_url(re.compile("#id_topic"))
    page.close()


def test_everything_works_without_javascript(chrome, live_server, pages):
    context = chrome.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url + pages["request"])
    page.locator("textarea[name=text]").fill("Written without scripts")
    with page.expect_navigation():
        page.get_by_role("button", name="Send reply").click()
    assert Message.objects.filter(text="Written without scripts").count() == 1
    assert "Written without scripts" in page.inner_text("main")

    page.goto(live_server.url + pages["survey"])
    assert page.get_by_text("It took too long").is_visible()
    assert not page.get_by_text("How fast it was").is_visible()
    page.get_by_text("It took too long").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Send my answer").click()
    assert Response.objects.get().about == "response_time"

    page.goto(live_server.url + pages["request"])
    with page.expect_navigation():
        page.get_by_role("button", name="Switch between light and dark").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    context.close()


def test_a_person_is_noticed_and_a_scanner_is_not(chrome, live_server, pages):
    page = chrome.new_page()
    page.goto(live_server.url + pages["survey"])
    page.wait_for_timeout(1000)
    assert not Response.objects.exists()

    page.keyboard.press("Tab")
    playwright.expect(page.locator("[data-survey-status]")).not_to_be_empty()

    given = Response.objects.get()
    assert (given.score, given.is_final) == (2, False)
    page.close()


def test_the_policy_of_what_may_run_is_kept(chrome, live_server, pages):
    page = chrome.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    for name, path in pages.items():
        if name != "altered":
            page.goto(live_server.url + path)

    assert [text for text in said if "Refused to" in text or "violates" in text] == []
    page.close()
