"""Suggested answers in a real Chromium: they come while somebody writes, and take nothing away from them."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.knowledge.models import Article
from tests.cast import Cast
from tests.services import chromium

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine"),
]

ABROAD = {"en": ("Using your phone abroad", "Roaming is on everywhere in Europe.")}


def test_answers_come_while_somebody_writes_and_stay_while_they_read(chrome: Any, live_server: Any, cast: Cast) -> None:
    Article.write(by=cast.lea, audience="everybody", texts=ABROAD)
    context = chrome.new_context(viewport={"width": 390, "height": 800}, locale="en")
    page = context.new_page()
    page.goto(f"{live_server.url}/requests/new/")
    field, answer = page.get_by_label("What happened?"), page.locator("summary", has_text="Using your phone abroad")

    field.press_sequentially("My phone abroad is dead")
    answer.wait_for()
    assert page.locator("#live").text_content() == "1 answer may fit what you write."
    assert page.evaluate("document.activeElement.id") == "id_text", "nobody is torn out of what they write"
    below, above = answer.bounding_box()["y"], field.bounding_box()["y"]
    assert above < below < page.get_by_label("What did you expect instead?").bounding_box()["y"]

    answer.focus()
    page.keyboard.press("Enter")
    assert page.locator(".sugs .written").is_visible()
    assert field.input_value() == "My phone abroad is dead"

    page.keyboard.press("Enter")  # closed again: something else may be suggested
    field.fill("Zebra crossing number nine")
    answer.wait_for(state="detached")
    assert page.locator("[data-answers]").is_hidden()
    context.close()


def test_without_scripts_the_form_stays_a_form(chrome: Any, live_server: Any, cast: Cast) -> None:
    Article.write(by=cast.lea, audience="everybody", texts=ABROAD)
    context = chrome.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(f"{live_server.url}/requests/new/")

    page.get_by_label("What happened?").fill("My phone abroad is dead")
    assert page.locator("[data-answers]").is_hidden()
    assert page.get_by_role("button", name="Send").is_visible()
    context.close()
