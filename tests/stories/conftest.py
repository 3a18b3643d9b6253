from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests import services
from tests.stories import house as houses


@pytest.fixture(scope="session")
def house() -> Iterator[houses.House]:
    """A company of its own, set up at the terminal: Olu administers, Mia manages, Ana and Ben answer in Billing."""
    with houses.opened() as house:
        yield house


@pytest.fixture(scope="session")
def demo_house() -> Iterator[houses.House]:
    """The demo company, as somebody sees it who has called `make run`."""
    with houses.opened(demo=True) as house:
        yield house


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """The browser of this machine. Without one the test is left out, except in CI, where it must be there."""
    program = services.chromium()
    if program is None:
        if services.in_ci():
            pytest.fail("CI needs Chromium: install it, or say where it is with CHROMIUM.")
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """A story that fails shows what the processes said."""
    report = yield
    for value in getattr(item, "funcargs", {}).values():
        if report.failed and isinstance(value, houses.House):
            report.sections.append(("What the processes said", value.log[-8000:]))
    return report
