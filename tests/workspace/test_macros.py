from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from helpdesk.people.models import User
from tests.cast import Cast
from tests.tickets.test_macros import a_macro
from tickets.models import Macro, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


def test_an_agent_writes_a_macro_for_themselves(as_user: Browser, ana: User) -> None:
    said = {"name": "Hello", "text": "Hi {customer.first_name}", "then": "waiting"}
    answer = as_user(ana).post("/settings/macros/new/", said)

    macro = Macro.objects.get()
    assert answer.status_code == 302
    assert (macro.owner, macro.audience, macro.then) == (ana, "me", "waiting")


def test_an_agent_shares_with_nobody(as_user: Browser, ana: User) -> None:
    as_user(ana).post("/settings/macros/new/", {"name": "Hello", "text": "Hi", "audience": "everybody"})

    assert Macro.objects.get().audience == "me"


def test_a_lead_shares_with_their_own_team_alone(as_user: Browser, lea: User, cast: Cast) -> None:
    client = as_user(lea)
    (mine,) = lea.teams.all()
    theirs = next(team for team in (cast.billing, cast.installations) if team != mine)
    said = {"name": "Hello", "text": "Hi", "audience": "team"}
    refused = client.post("/settings/macros/new/", {**said, "team": theirs.pk})
    taken = client.post("/settings/macros/new/", {**said, "team": mine.pk})

    assert refused.status_code == 422
    assert taken.status_code == 302
    assert Macro.objects.get().team == mine


def test_a_team_is_asked_for_where_a_team_is_meant(as_user: Browser, olu: User) -> None:
    answer = as_user(olu).post("/settings/macros/new/", {"name": "Hello", "text": "Hi", "audience": "team"})

    assert answer.status_code == 422
    assert "Choose a team of yours" in answer.content.decode()


def test_a_variable_that_is_none_is_said(as_user: Browser, ana: User) -> None:
    answer = as_user(ana).post("/settings/macros/new/", {"name": "Hello", "text": "Hi {customer.firstname}"})

    assert answer.status_code == 422
    assert "“{customer.firstname}” is no variable." in answer.content.decode()


def test_deleting_is_undone(as_user: Browser, ana: User) -> None:
    macro, client = a_macro(ana), as_user(ana)
    client.post(f"/settings/macros/{macro.pk}/deleting/")
    assert not Macro.objects.visible_to(ana).exists()

    client.post(f"/settings/macros/{macro.pk}/restoring/")

    assert Macro.objects.visible_to(ana).get() == macro


@pytest.mark.parametrize("way", ["", "deleting/", "restoring/"])
def test_somebody_elses_macro_is_not_there(as_user: Browser, ben: User, ana: User, way: str) -> None:
    macro = a_macro(ana)
    if way == "restoring/":
        as_user(ana).post(f"/settings/macros/{macro.pk}/deleting/")

    client = as_user(ben)
    address = f"/settings/macros/{macro.pk}/{way}"
    assert (client.post(address) if way else client.get(address)).status_code == 404


def test_a_shared_macro_is_used_by_all_and_changed_by_few(
    as_user: Browser, ana: User, olu: User, ticket: Ticket
) -> None:
    macro = a_macro(olu, "It is on its way.", audience="everybody")
    client = as_user(ana)

    assert "It is on its way." in client.get(f"/tickets/{ticket.number}/macros/").content.decode()
    assert client.get(f"/settings/macros/{macro.pk}/").status_code == 404


def test_the_menu_has_the_text_filled_in(as_user: Browser, ana: User, ticket: Ticket) -> None:
    a_macro(ana, "About {ticket.number}", then="resolved")

    html = as_user(ana).get(f"/tickets/{ticket.number}/macros/", headers={"HX-Request": "true"}).content.decode()

    assert f"<template>About #{ticket.number}</template>" in html
    assert 'data-macro="resolved"' in html
    assert "<html" not in html


def test_without_a_script_a_link_puts_it_below_the_draft(as_user: Browser, ana: User, ticket: Ticket) -> None:
    macro = a_macro(ana, "About {ticket.number}", then="waiting")
    client = as_user(ana)
    client.post(f"/tickets/{ticket.number}/drafts/reply/", {"text": "Hello,"})

    html = client.get(f"/tickets/{ticket.number}/?macro={macro.pk}").content.decode()

    assert f"Hello,\n\nAbout #{ticket.number}</textarea>" in html
    assert '<input type="hidden" name="then" value="waiting"' in html


@pytest.mark.parametrize("key", ["x", "-1", "99999999999", "0"])
def test_an_address_that_names_no_macro_opens_the_ticket(as_user: Browser, ana: User, ticket: Ticket, key: str) -> None:
    assert as_user(ana).get(f"/tickets/{ticket.number}/?macro={key}").status_code == 200


def test_what_the_button_says_wins_over_the_macro(as_user: Browser, ana: User, ticket: Ticket) -> None:
    seen = ticket.messages.get().pk
    as_user(ana).post(
        f"/tickets/{ticket.number}/replies/", {"text": "Done.", "seen": seen, "then": ["waiting", "resolved"]}
    )

    ticket.refresh_from_db()
    assert ticket.status == "resolved"
