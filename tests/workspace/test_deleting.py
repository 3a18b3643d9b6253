"""The bin at the doors: out of sight, taken back, and what the customer's link says meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from helpdesk.common import tokens
from helpdesk.people.models import User
from tests.cast import Cast
from tickets import deleting
from tickets.models import EventKind, Message, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


@pytest.fixture
def binned(ticket: Ticket, cast: Cast) -> Ticket:
    deleting.delete(ticket, by=cast.ana)
    return ticket


def _link(ticket: Ticket) -> str:
    return f"/r/{tokens.make(tokens.Purpose.FOLLOW_TICKET, ticket=ticket.number)}/"


def test_one_post_deletes_and_the_next_page_offers_the_way_back(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    client = as_user(cast.ana)

    answer = client.post(f"/tickets/{ticket.number}/deleting/", follow=True)

    html = answer.content.decode()
    assert f"Moved #{ticket.number} to the bin." in html
    assert f'action="/tickets/{ticket.number}/undeleting/' in html
    assert client.get(f"/tickets/{ticket.number}/").status_code == 404


def test_undo_brings_it_back(as_user: Browser, cast: Cast, binned: Ticket) -> None:
    client = as_user(cast.ana)

    answer = client.post(f"/tickets/{binned.number}/undeleting/")

    assert answer["Location"] == f"/tickets/{binned.number}/"
    html = client.get(answer["Location"]).content.decode()
    assert "Ana Alonso moved this to the bin" in html
    assert "Ana Alonso took this back from the bin" in html


def test_in_the_bin_no_list_search_or_api_shows_it(as_user: Browser, cast: Cast, binned: Ticket) -> None:
    client = as_user(cast.olu)
    for path in ("/queue/open/", "/queue/unassigned/", f"/search/?q={binned.number}", f"/customers/{cast.carla.pk}/"):
        answer = client.get(path)
        assert f"/tickets/{binned.number}/" not in answer.content.decode(), path
    for path in ("", "thread/", "links/", "merging/", "requester/"):
        assert client.get(f"/tickets/{binned.number}/{path}").status_code == 404, path


def test_the_bin_is_the_leads_and_an_agents_own_and_nobody_elses(as_user: Browser, cast: Cast, binned: Ticket) -> None:
    shown = {}
    for user in (cast.mia, cast.lea, cast.ana, cast.ben):
        shown[user.first_name] = f"#{binned.number} " in as_user(user).get("/tickets/bin/").content.decode()
    assert shown == {"Mia": True, "Lea": True, "Ana": True, "Ben": False}
    assert as_user(cast.ben).post(f"/tickets/{binned.number}/undeleting/").status_code == 404
    assert as_user(cast.lou).get("/tickets/bin/").status_code == 403
    assert deleting.gone_at(Ticket.objects.get(pk=binned.pk)) is not None


def test_nobody_of_another_team_deletes_it_and_no_light_agent_does(
    as_user: Browser, cast: Cast, ticket: Ticket
) -> None:
    assert as_user(cast.ben).post(f"/tickets/{ticket.number}/deleting/").status_code == 404
    assert as_user(cast.lou).post(f"/tickets/{ticket.number}/deleting/").status_code == 403
    assert not Ticket.objects.get(pk=ticket.pk).is_deleted


def test_the_customers_link_says_that_it_is_gone_and_nothing_of_it(client: Client, binned: Ticket) -> None:
    answer = client.get(_link(binned))

    assert answer.status_code == 410
    html = answer.content.decode()
    assert "no longer here" in html
    assert binned.subject not in html
    assert "charged me twice" not in html
    assert client.post(f"{_link(binned)}solved/").status_code == 410


def test_what_the_customer_sends_from_a_page_that_stood_open_takes_it_out(
    client: Client, ticket: Ticket, cast: Cast
) -> None:
    link = _link(ticket)
    stamp = client.get(link).content.decode().split('name="stamp" value="')[1].split('"')[0]
    deleting.delete(ticket, by=cast.ana)

    client.post(f"{link}replies/", {"text": "Are you still there?", "stamp": stamp})

    ticket.refresh_from_db()
    assert not ticket.is_deleted
    assert Message.objects.filter(ticket=ticket, text="Are you still there?").exists()
    assert ticket.events.filter(kind=EventKind.UNDELETED).exists()
    assert client.get(link).status_code == 200


def test_from_the_list_many_are_deleted_and_taken_back(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    client = as_user(cast.ana)

    chosen = {"do": "delete", "tickets": [ticket.number]}
    html = client.post("/bulk/?in=unassigned", chosen, follow=True).content.decode()

    assert "1 ticket moved to the bin." in html
    assert Ticket.objects.get(pk=ticket.pk).is_deleted
    undo = html.split('action="/bulk/')[1].split('"')[0]
    client.post(f"/bulk/{undo}")
    assert not Ticket.objects.get(pk=ticket.pk).is_deleted
