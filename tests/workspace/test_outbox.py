"""The list of mail that stays here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.people.models import User
from helpdesk.workspace.views import outbox
from tests import factories
from tests.cast import Cast
from tests.workspace.listing import through_all_pages
from tickets.mail import sending
from tickets.models import OutboxEmail

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


def _sent(cast: Cast, how_many: int) -> None:
    for number in range(how_many):
        ticket = factories.a_ticket(cast.carla, mailbox=cast.support)
        ticket.reply(by=cast.ana, text=f"Answer {number}", undo_seconds=0)
    sending.send_due()


@pytest.mark.data_layer
@pytest.mark.parametrize("how_many", [1, 30])
def test_the_outbox_has_a_budget(
    as_user: Browser, cast: Cast, django_assert_max_num_queries: Any, how_many: int
) -> None:
    _sent(cast, how_many)
    client = as_user(cast.olu)

    with django_assert_max_num_queries(8):
        html = client.get("/outbox/").content.decode()

    assert html.count('<th scope="row">') == how_many


def test_its_pages_show_every_mail_once(as_user: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "ROWS", 3)
    _sent(cast, 7)

    seen = through_all_pages(as_user(cast.olu), "/outbox/", row=r'<th scope="row"><a href="/outbox/(\d+)/"')

    assert sorted(map(int, seen)) == sorted(OutboxEmail.objects.values_list("pk", flat=True))
