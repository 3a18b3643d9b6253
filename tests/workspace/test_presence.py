"""Who else is at a ticket: said by pages, shown on pages, forgotten by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from helpdesk.people.models import User
from tests import factories
from tests.cast import Cast
from tickets.models import Presence, Ticket
from tickets.models.presence import KEPT, LASTS
from tickets.signals import presence_changed
from tickets.tasks import sweep_presence

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


def _say(client: Client, ticket: Ticket, state: str = "looking", **more: str) -> int:
    return client.post(f"/tickets/{ticket.number}/presence/", {"state": state, **more}).status_code


def _here(ticket: Ticket) -> list[tuple[str, bool]]:
    return [(each.user.name, each.is_writing) for each in Presence.objects.at([ticket.pk])]


# --- The verb ---------------------------------------------------------------------------------------------------------


def test_whoever_has_a_ticket_open_is_there_until_they_leave(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    ana = as_user(cast.ana)
    assert _say(ana, ticket) == 204
    assert _here(ticket) == [("Ana Alonso", False)]
    assert _say(ana, ticket, "writing") == 204
    assert _here(ticket) == [("Ana Alonso", True)]
    assert _say(ana, ticket, "left") == 204
    assert _here(ticket) == []


@pytest.mark.data_layer
def test_saying_it_twice_is_one_row_in_one_statement(
    cast: Cast, ticket: Ticket, django_assert_num_queries: Any
) -> None:
    Presence.keep(ticket, by=cast.ana)
    with django_assert_num_queries(1):
        Presence.keep(ticket, by=cast.ana, is_writing=True)
    assert Presence.objects.count() == 1
    assert Presence.end(ticket, by=cast.ana)
    assert not Presence.end(ticket, by=cast.ana)


def test_presence_ends_by_itself(cast: Cast, ticket: Ticket) -> None:
    Presence.keep(ticket, by=cast.ana)
    with time_machine.travel(timezone.now() + LASTS + timedelta(seconds=1), tick=False):
        assert _here(ticket) == []


def test_a_beat_lengthens_it(cast: Cast, ticket: Ticket) -> None:
    began = timezone.now()
    with time_machine.travel(began, tick=False):
        Presence.keep(ticket, by=cast.ana)
    with time_machine.travel(began + timedelta(seconds=15), tick=False):
        Presence.keep(ticket, by=cast.ana, is_beat=True)
    with time_machine.travel(began + LASTS + timedelta(seconds=10), tick=False):
        assert _here(ticket) == [("Ana Alonso", False)]


def test_whoever_was_switched_off_is_nowhere(cast: Cast, ticket: Ticket) -> None:
    Presence.keep(ticket, by=cast.ana)
    User.objects.filter(pk=cast.ana.pk).update(is_active=False)
    assert _here(ticket) == []


def test_what_is_new_rings_and_a_beat_does_not(
    cast: Cast, ticket: Ticket, django_capture_on_commit_callbacks: Any
) -> None:
    rung: list[object] = []
    hear = lambda sender, **_: rung.append(sender)  # noqa: E731
    presence_changed.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            Presence.keep(ticket, by=cast.ana)
        assert len(rung) == 1
        with django_capture_on_commit_callbacks(execute=True):
            Presence.keep(ticket, by=cast.ana, is_beat=True)
        assert len(rung) == 1
        with django_capture_on_commit_callbacks(execute=True):
            Presence.end(ticket, by=cast.ana)
        assert len(rung) == 2
    finally:
        presence_changed.disconnect(hear)


@pytest.mark.data_layer
def test_rows_of_people_long_gone_are_swept(cast: Cast, ticket: Ticket) -> None:
    Presence.keep(ticket, by=cast.ana)
    Presence.keep(ticket, by=cast.lea)
    Presence.objects.filter(user=cast.ana).update(until=timezone.now() - KEPT - timedelta(minutes=1))
    sweep_presence()
    assert [each.user for each in Presence.objects.all()] == [cast.lea]
    sweep_presence()


# --- The door ---------------------------------------------------------------------------------------------------------


def test_a_ticket_one_may_not_see_is_not_there(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    assert _say(as_user(cast.ben), ticket) == 404
    assert not Presence.objects.exists()


def test_a_light_agent_is_there_too_and_a_guest_is_not(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    assert _say(as_user(cast.lou), ticket) == 204
    assert _say(as_user(cast.gus), ticket) == 403
    assert _here(ticket) == [("Lou Lambert", False)]


def test_nonsense_is_refused(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    assert _say(as_user(cast.ana), ticket, "dancing") == 404
    assert as_user(cast.ana).get(f"/tickets/{ticket.number}/presence/").status_code == 405
    assert not Presence.objects.exists()


def test_a_beat_is_cheap(as_user: Browser, cast: Cast, ticket: Ticket, django_assert_max_num_queries: Any) -> None:
    ana = as_user(cast.ana)
    with django_assert_max_num_queries(5):  # the session, the person, their teams, the ticket, the row
        _say(ana, ticket, "writing", beat="1")


# --- Pages, as they are without a script ------------------------------------------------------------------------------


def test_the_page_says_who_else_is_there_and_not_oneself(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    Presence.keep(ticket, by=cast.lea, is_writing=True)
    Presence.keep(ticket, by=cast.ana)
    for path in (f"/tickets/{ticket.number}/", "/queue/open/"):
        page = as_user(cast.ana).get(path).content.decode()
        assert "Lea Lindgren is writing" in page, path
        assert "Ana Alonso is" not in page, path


def test_a_list_costs_one_query_however_many_are_there(
    as_user: Browser, cast: Cast, django_assert_num_queries: Any
) -> None:
    from helpdesk.workspace.presence import people_at

    tickets = [factories.a_ticket(cast.carla, mailbox=cast.support) for _ in range(5)]
    for ticket in tickets:
        Presence.keep(ticket, by=cast.lea)
        Presence.keep(ticket, by=cast.lou)
    with django_assert_num_queries(1):
        found = people_at(tickets, besides=cast.lea)
    assert {pk: [person["name"] for person in people] for pk, people in found.items()} == {
        ticket.pk: ["Lou Lambert"] for ticket in tickets
    }


def test_a_name_is_never_markup(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    User.objects.filter(pk=cast.lea.pk).update(name='<b>"Lea</b>')
    Presence.keep(ticket, by=cast.lea)
    page = as_user(cast.ana).get(f"/tickets/{ticket.number}/").content.decode()
    assert '<b>"Lea' not in page
    assert "&lt;b&gt;&quot;Lea&lt;/b&gt; is looking at this" in page


# --- What concerns a list ---------------------------------------------------------------------------------------------


def _news(client: Client, query: str) -> dict[str, Any]:
    answer = client.get(f"/news/{query}")
    assert answer.status_code == 200
    return json.loads(answer.content)


def test_only_what_belongs_to_the_list_is_news_there(as_user: Browser, cast: Cast, ticket: Ticket, dora: Any) -> None:
    foreign = factories.a_ticket(dora, team=cast.installations)
    asked = f"changed={ticket.number},{foreign.number},99999"
    ana = as_user(cast.ana)
    assert _news(ana, f"?in=open&{asked}")["changed"] == [ticket.number]
    assert _news(ana, f"?in=mine&{asked}")["changed"] == []
    assert _news(as_user(cast.olu), f"?in=open&{asked}")["changed"] == sorted([ticket.number, foreign.number])


def test_what_left_the_list_concerns_a_page_that_still_shows_it(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    ana = as_user(cast.ana)
    ticket.move(to=cast.installations, by=cast.olu)
    asked = f"?in=open&changed={ticket.number}"
    assert _news(ana, asked)["changed"] == []
    assert _news(ana, f"{asked}&shown={ticket.number}")["changed"] == [ticket.number]


def test_ones_own_deed_before_the_page_was_written_is_no_news(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    ana = as_user(cast.ana)
    ticket.assign(to=cast.ana, by=cast.ana)
    written = int((timezone.now() + timedelta(milliseconds=5)).timestamp() * 1000)
    asked = f"?in=open&changed={ticket.number}&since={written}"
    assert _news(ana, asked)["changed"] == []
    assert _news(as_user(cast.lea), asked)["changed"] == [ticket.number]
    ticket.add_note(by=cast.lea, text="After that")
    assert _news(ana, asked)["changed"] == [ticket.number]


def test_the_numbers_of_the_left_column_come_along(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    found = _news(as_user(cast.ana), "")
    assert found["counts"]["/queue/open/"] == "1"
    assert found["counts"]["/queue/mine/"] == "0"
    assert found["unread"] == 0


def test_news_cost_the_same_for_many(
    as_user: Browser, cast: Cast, ticket: Ticket, django_assert_max_num_queries: Any
) -> None:
    ana, written = as_user(cast.ana), int(timezone.now().timestamp() * 1000)
    numbers = ",".join(str(factories.a_ticket(cast.carla, mailbox=cast.support).number) for _ in range(20))
    with django_assert_max_num_queries(8):
        assert len(_news(ana, f"?in=open&changed={numbers}&since={written}")["changed"]) == 20


@pytest.mark.parametrize("query", ["?changed=a,-1,1e9,999999999999999999999", "?since=x&changed=1", "?in=nowhere"])
def test_nonsense_is_no_news(as_user: Browser, cast: Cast, query: str) -> None:
    assert _news(as_user(cast.ana), query)["changed"] == []


# --- The title --------------------------------------------------------------------------------------------------------


def test_the_page_knows_how_much_is_unread(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    ticket.assign(to=cast.ana, by=cast.lea)
    assert 'data-unread="1"' in as_user(cast.ana).get("/queue/open/").content.decode()
    assert 'data-unread="0"' in as_user(cast.lea).get("/queue/open/").content.decode()


# --- Two tabs of one person -------------------------------------------------------------------------------------------


def test_a_tab_in_which_they_write_speaks_louder_than_one_in_which_they_look(
    as_user: Browser, cast: Cast, ticket: Ticket
) -> None:
    ana = as_user(cast.ana)
    _say(ana, ticket, "writing", was="looking")
    _say(ana, ticket, "looking", was="left")
    _say(ana, ticket, "looking", was="looking", beat="1")
    _say(ana, ticket, "left", was="looking")
    assert _here(ticket) == [("Ana Alonso", True)]
    _say(ana, ticket, "looking", was="writing")
    assert _here(ticket) == [("Ana Alonso", False)]


def test_a_tab_that_died_while_they_wrote_is_heard_for_a_while_only(
    as_user: Browser, cast: Cast, ticket: Ticket
) -> None:
    began = timezone.now()
    with time_machine.travel(began, tick=False):
        Presence.keep(ticket, by=cast.ana, is_writing=True)
        _say(as_user(cast.ana), ticket, "looking", was="looking", beat="1")
    with time_machine.travel(began + LASTS + timedelta(seconds=1), tick=False):
        _say(as_user(cast.ana), ticket, "looking", was="looking", beat="1")
        assert _here(ticket) == [("Ana Alonso", False)]
