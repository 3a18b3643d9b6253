from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.tickets.mail import imap_server
from tests.tickets.mail.imap_server import ImapServer


@pytest.fixture(scope="module")
def server() -> Iterator[ImapServer]:
    """A real IMAP server with empty mailboxes."""
    with imap_server.running() as server:
        yield server
