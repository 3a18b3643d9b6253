"""A browser, pages that load the product's scripts, and a server that answers them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.ui.browser import Site, browsing, serving


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as found:
        yield found


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as found:
        yield found


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    found = browser.new_context(color_scheme="light")
    yield found
    found.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which no script may throw and nothing may break the policy."""
    said: list[str] = []
    found = context.new_page()
    found.on("pageerror", lambda error: said.append(str(error)))
    found.on("console", lambda line: said.append(line.text) if "Content Security" in line.text else None)
    yield found
    assert said == []
