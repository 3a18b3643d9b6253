"""Watching a ticket, and who owns it, on the pages of the workspace."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from helpdesk.people.models import User
from tests.cast import Cast
from tests.workspace.reading import words_of
from tickets.models import EventKind, Ticket, Watcher

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


def page_of(client: Client, ticket: Ticket) -> str:
    return client.get(f"/tickets/{ticket.number}/").content.decode()


def rail_of(client: Client, ticket: Ticket) -> str:
    return words_of(client.get(f"/tickets/{ticket.number}/thread/?part=rail").content.decode())


def test_watching_and_its_undo(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    lou = as_user(cast.lou)  # who may not answer, but may want to know
    assert "Nobody watches it." in rail_of(lou, ticket)

    answer = lou.post(f"/tickets/{ticket.number}/watching/", follow=True)

    html = answer.content.decode()
    assert "You watch this ticket." in html
    assert f'action="/tickets/{ticket.number}/unwatching/' in html
    assert list(ticket.watching()) == [cast.lou]
    assert "Undo" in html
    again = lou.post(f"/tickets/{ticket.number}/watching/", follow=True)
    assert "data-undo" not in again.content.decode()
    lou.post(f"/tickets/{ticket.number}/unwatching/")
    assert not Watcher.objects.exists()


def test_who_watches_is_named(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    ticket.watch(who=cast.lou, by=cast.lou)
    assert "Lou Lambert" in rail_of(as_user(cast.ana), ticket)


def test_a_lead_chooses_who_watches(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    lea = as_user(cast.lea)
    page = lea.get(f"/tickets/{ticket.number}/watching/").content.decode()
    assert f'<option value="{cast.lou.pk}">' in page
    assert f'<option value="{cast.ben.pk}">' not in page

    answer = lea.post(f"/tickets/{ticket.number}/watching/", {"who": cast.lou.pk, "stay": "1"}, follow=True)

    assert "Lou Lambert watches this ticket." in answer.content.decode()
    assert list(ticket.watching()) == [cast.lou]


@pytest.mark.parametrize("who", ["lou", "ben", "x", "999999999999999999999"])
def test_an_agent_chooses_for_nobody_else(as_user: Browser, cast: Cast, ticket: Ticket, who: str) -> None:
    given = getattr(cast, who).pk if hasattr(cast, who) else who
    as_user(cast.ana).post(f"/tickets/{ticket.number}/watching/", {"who": given})
    as_user(cast.ana).post(f"/tickets/{ticket.number}/unwatching/", {"who": given})
    assert not Watcher.objects.exists()
    assert "<option" not in as_user(cast.ana).get(f"/tickets/{ticket.number}/watching/").content.decode()


def test_another_teams_ticket_is_not_there(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    ben = as_user(cast.ben)
    assert ben.get(f"/tickets/{ticket.number}/watching/").status_code == 404
    assert ben.post(f"/tickets/{ticket.number}/watching/").status_code == 404
    assert ben.post(f"/tickets/{ticket.number}/unwatching/").status_code == 404
    assert not Watcher.objects.exists()


# --- Notes that call somebody -----------------------------------------------------------------------------------------


def test_who_could_not_be_told_is_said(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    answer = as_user(cast.ana).post(f"/tickets/{ticket.number}/notes/", {"text": "@Ben @Lea look"}, follow=True)
    assert "Note added. Ben Barker cannot see this ticket and was not told." in answer.content.decode()


def test_a_mention_is_marked_and_nothing_in_a_note_is_markup(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    User.objects.filter(pk=cast.lea.pk).update(name="Lea <b>O'Hara</b> & Co")
    ticket.add_note(by=cast.ana, text="@Lea <b>O'Hara</b> & Co, <script>alert(1)</script> x@Lea @Leander")
    page = page_of(as_user(cast.ana), ticket)
    assert '<b class="mention">@Lea</b>' in page or '<b class="mention">@Lea &lt;b&gt;O&#x27;Hara' in page
    assert page.count('class="mention"') == 1
    assert "<script>alert" not in page
    assert "<b>O'Hara" not in page


# --- Who owned it -----------------------------------------------------------------------------------------------------


def test_hand_offs_are_told_as_what_they_were(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    ticket.assign(to=cast.ana, by=cast.lea)
    ticket.assign(to=cast.mia, by=cast.lea)
    ticket.assign(to=cast.olu, by=cast.mia)
    ticket.assign(to=cast.lea, by=cast.lea)
    ticket.unassign(by=cast.ana)
    thread = words_of(as_user(cast.ana).get(f"/tickets/{ticket.number}/thread/").content.decode())
    assert "Lea Lindgren assigned this to Ana Alonso" in thread
    assert "Lea Lindgren handed it from Ana Alonso to Mia Manrique" in thread
    assert "Mia Manrique handed it to Olu Adebayo" in thread
    assert "Lea Lindgren took this over from Olu Adebayo" in thread
    assert "Ana Alonso took this from Lea Lindgren and left it to nobody" in thread


def test_the_rail_says_whose_it_is_and_was(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    for to in (cast.ana, cast.mia, cast.ana, cast.lea):
        ticket.assign(to=to, by=cast.olu)
    rail = rail_of(as_user(cast.ana), ticket)
    assert "Owner Lea Lindgren, since" in rail
    assert "Before Ana Alonso, Mia Manrique" in rail


def test_a_reassignment_is_an_event_that_says_from_whom(cast: Cast, ticket: Ticket) -> None:
    ticket.assign(to=cast.ana, by=cast.lea)
    ticket.assign(to=cast.lea, by=cast.lea)
    details = list(ticket.events.filter(kind=EventKind.ASSIGNED).order_by("pk").values_list("details", flat=True))
    assert details == [
        {"to": "Ana Alonso", "to_id": cast.ana.pk},
        {"to": "Lea Lindgren", "to_id": cast.lea.pk, "was": "Ana Alonso", "was_id": cast.ana.pk},
    ]
