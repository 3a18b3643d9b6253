from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from cx import observing, wording
from helpdesk.people.models import Company, Customer, Team, User
from helpdesk.people.models import company as company_row
from tests import cast as people
from tests import factories, services
from tickets import custom_fields
from tickets.models import InboundEmail, Mailbox, Ticket

MAILS = Path(__file__).parent / "mail"


LONGEST = "test_every_page"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests begin first, one lot for each of two processes, so that neither waits for the other at the end.

    xdist hands each process an eighth of all tests to begin with, in this order.
    """
    longest = [item for item in items if item.name == LONGEST]
    stories = [item for item in items if "stories" in item.path.parts and item.name != LONGEST]
    others = [item for item in items if item not in set(longest) | set(stories)]
    second = max(0, len(items) // 8 - len(longest))
    items[:] = [*longest, *others[:second], *stories, *others[second:]]


@pytest.fixture(autouse=True)
def _nothing_remembered(settings: object, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"  # type: ignore[attr-defined]
    cache.clear()
    company_row.KEPT.forget()
    wording.KEPT.forget()
    custom_fields.KEPT.forget()


@pytest.fixture
def cast(db: None) -> people.Cast:
    """Everybody we test with; see tests/cast.py for who is who."""
    return people.assemble()


@pytest.fixture
def company(cast: people.Cast) -> Company:
    return cast.company


@pytest.fixture
def billing(cast: people.Cast) -> Team:
    return cast.billing


@pytest.fixture
def installations(cast: people.Cast) -> Team:
    return cast.installations


@pytest.fixture
def olu(cast: people.Cast) -> User:
    return cast.olu


@pytest.fixture
def mia(cast: people.Cast) -> User:
    return cast.mia


@pytest.fixture
def lea(cast: people.Cast) -> User:
    return cast.lea


@pytest.fixture
def ana(cast: people.Cast) -> User:
    return cast.ana


@pytest.fixture
def ben(cast: people.Cast) -> User:
    return cast.ben


@pytest.fixture
def lou(cast: people.Cast) -> User:
    return cast.lou


@pytest.fixture
def gus(cast: people.Cast) -> User:
    return cast.gus


@pytest.fixture
def carla(cast: people.Cast) -> Customer:
    return cast.carla


@pytest.fixture
def dora(cast: people.Cast) -> Customer:
    return cast.dora


@pytest.fixture
def support(cast: people.Cast) -> Mailbox:
    return cast.support


@pytest.fixture
def ticket(carla: Customer, support: Mailbox) -> Ticket:
    """Carla's open ticket in Billing, nobody's yet."""
    return factories.a_ticket(carla, mailbox=support)


@pytest.fixture
def resolved_ticket(ticket: Ticket, ana: User) -> Ticket:
    """Carla's ticket, answered and resolved by Ana."""
    ticket.reply(by=ana, text="The second charge is on its way back to you.", then="resolved")
    return ticket


@pytest.fixture
def deliver(support: Mailbox) -> Callable[..., InboundEmail]:
    """Have a mail come in: bytes, or the name of a file in tests/mail."""

    def _deliver(mail: bytes | str, *, mailbox: Mailbox = support) -> InboundEmail:
        raw = (MAILS / mail).read_bytes() if isinstance(mail, str) else mail
        return factories.deliver_raw(raw, mailbox=mailbox)

    return _deliver


@pytest.fixture
def settle() -> Callable[[], None]:
    """Do what workers would do: look at events, send what is due."""

    def _settle() -> None:
        from tickets.mail import sending

        observing.observe_missed()
        sending.send_due()

    return _settle


@pytest.fixture
def as_user() -> Callable[[User], Client]:
    """A browser signed in as this person."""

    def _client(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return _client


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    """The browser of this machine, one for all tests of a module."""
    playwright = pytest.importorskip("playwright.sync_api")
    with pytest.MonkeyPatch.context() as patch:
        # Playwright runs a loop of its own in this thread; Django would take every query for one made inside it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        with playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=str(services.chromium()), args=["--no-sandbox"])
            yield browser
            browser.close()
