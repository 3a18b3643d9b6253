"""Mail of ours that did not arrive: seen by whoever sees its ticket, sent again, or settled."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from helpdesk.people.models import User
from helpdesk.workspace.views import undelivered
from tests import factories
from tests.cast import Cast
from tests.workspace.listing import through_all_pages
from tickets.mail import sending
from tickets.models import Delivery, EventKind, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
State = Delivery.State


def not_delivered(ticket: Ticket, by: User, *, state: str = State.FAILED, answer: str = "550 No such user") -> Delivery:
    """A reply in this ticket that its recipient did not get."""
    message = ticket.reply(by=by, text="An answer", undo_seconds=0)
    delivery: Delivery = message.deliveries.get()
    Delivery.objects.filter(pk=delivery.pk).update(
        state=state, answer=answer, attempts=1, due_at=timezone.now() + timedelta(minutes=20)
    )
    delivery.refresh_from_db()
    return delivery


@pytest.mark.data_layer
@pytest.mark.parametrize("who", ["olu", "ana"])
@pytest.mark.parametrize("how_many", [1, 20])
def test_the_list_has_a_budget(
    as_user: Browser, cast: Cast, django_assert_max_num_queries: Any, how_many: int, who: str
) -> None:
    for _each in range(how_many):
        not_delivered(factories.a_ticket(cast.carla, mailbox=cast.support), cast.ana)
    client = as_user(getattr(cast, who))

    with django_assert_max_num_queries(8):
        html = client.get("/mail/undelivered/").content.decode()

    assert html.count('<th scope="row"') == how_many


def test_its_pages_show_every_mail_once(as_user: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undelivered, "ROWS", 3)
    rows = [not_delivered(factories.a_ticket(cast.carla, mailbox=cast.support), cast.ana) for _each in range(8)]

    seen = through_all_pages(as_user(cast.ana), "/mail/undelivered/", row=r"/mail/undelivered/(\d+)/resending/")

    assert sorted(map(int, seen)) == sorted(row.pk for row in rows)


def test_the_page_says_to_whom_why_and_when_it_is_tried_next(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    not_delivered(ticket, cast.ana, state=State.DEFERRED, answer="451 Try again later")

    html = as_user(cast.ana).get("/mail/undelivered/").content.decode()

    assert "carla@example.com" in html
    assert f"#{ticket.number} The bill is wrong" in html
    assert "451 Try again later" in html
    assert "Next try" in html
    assert re.search(r'Could not be sent</span><span class="n hot">1<', html)


def test_sent_again_it_is_the_same_mail(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    delivery = not_delivered(ticket, cast.ana)

    html = as_user(cast.ana).post(f"/mail/undelivered/{delivery.pk}/resending/", follow=True).content.decode()

    again = Delivery.objects.get(pk=delivery.pk)
    assert "On its way to carla@example.com again." in html
    assert "Everything was sent" in html
    assert again.state == State.PENDING
    assert again.rfc_id == delivery.rfc_id
    assert ticket.events.get(kind=EventKind.RESENT).actor == cast.ana
    thread = as_user(cast.ana).get(f"/tickets/{ticket.number}/").content.decode()
    assert "Ana Alonso sent the mail to carla@example.com again" in thread
    sending.send_due()
    again.refresh_from_db()
    assert again.state == State.SENT


def test_sending_again_twice_sends_once(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    delivery = not_delivered(ticket, cast.ana)
    client = as_user(cast.ana)

    client.post(f"/mail/undelivered/{delivery.pk}/resending/")
    html = client.post(f"/mail/undelivered/{delivery.pk}/resending/", follow=True).content.decode()

    assert "It is on its way." in html
    assert ticket.events.filter(kind=EventKind.RESENT).count() == 1


def test_what_needs_nothing_leaves_the_list_and_can_be_taken_back(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    delivery = not_delivered(ticket, cast.ana, state=State.BOUNCED)
    client = as_user(cast.ana)

    html = client.post(f"/mail/undelivered/{delivery.pk}/settling/", follow=True).content.decode()
    assert "Everything was sent" in html
    way_back = re.search(r'action="(/mail/undelivered/\d+/settling/undo/)"', html)
    assert way_back

    html = client.post(way_back[1], follow=True).content.decode()
    assert "carla@example.com" in html


def test_people_see_the_mail_of_the_tickets_they_see(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    delivery = not_delivered(ticket, cast.ana)

    theirs = as_user(cast.ben)
    assert "carla@example.com" not in theirs.get("/mail/undelivered/").content.decode()
    for verb in ("resending", "settling", "settling/undo"):
        assert theirs.post(f"/mail/undelivered/{delivery.pk}/{verb}/").status_code == 404
    delivery.refresh_from_db()
    assert delivery.state == State.FAILED
    assert delivery.settled_at is None


def test_a_light_agent_looks_and_does_not_send(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    delivery = not_delivered(ticket, cast.ana)
    client = as_user(cast.lou)

    html = client.get("/mail/undelivered/").content.decode()

    assert "carla@example.com" in html
    assert "Resend" not in html
    assert client.post(f"/mail/undelivered/{delivery.pk}/resending/").status_code == 403
