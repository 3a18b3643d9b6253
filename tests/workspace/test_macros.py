from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from helpdesk.people.models import User
from tests import factories
from tests.cast import Cast
from tests.tickets.test_macros import a_macro, doing
from tickets.models import EventKind, Macro, Note, Ticket

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


# --- What a macro does -----------------------------------------------------------------------------------------------


@pytest.fixture
def time_to_undo(settings: Any) -> None:
    settings.UNDO_SEND_SECONDS = 10


def reply(client: Client, ticket: Ticket, **said: Any) -> Any:
    seen = ticket.messages.latest("pk").pk
    return client.post(f"/tickets/{ticket.number}/replies/", {"text": "It is on its way.", "seen": seen, **said})


def shown(client: Client, ticket: Ticket) -> str:
    return str(client.get(f"/tickets/{ticket.number}/").content.decode())


def undone(client: Client, page: str) -> Any:
    """Press the Undo of the toast."""
    address = page.split('<div class="toast"')[1].split('action="')[1].split('"')[0]
    return client.post(address)


def test_a_macro_is_written_with_what_it_does(as_user: Browser, ana: User, billing: Any) -> None:
    said = {
        "name": "Over to billing", "text": "", "step-move": str(billing.pk), "step-assign": "nobody",
        "step-prioritise": "high", "step-note": "Look at {ticket.number}", "step-snooze": "",
    }  # fmt: skip
    client = as_user(ana)
    assert client.post("/settings/macros/new/", said).status_code == 302

    macro = Macro.objects.get()
    assert [action["verb"] for action in macro.actions] == ["move", "assign", "prioritise", "note"]
    page = client.get(f"/settings/macros/{macro.pk}/").content.decode()
    assert '<option value="high" selected>' in page
    assert "Look at {ticket.number}</textarea>" in page
    assert (
        "Move it to Billing · Leave it to nobody · Priority: High" in client.get("/settings/macros/").content.decode()
    )


def test_a_macro_needs_a_text_or_something_to_do(as_user: Browser, ana: User) -> None:
    answer = as_user(ana).post("/settings/macros/new/", {"name": "Empty", "text": " "})

    assert answer.status_code == 422
    assert "Write a text, or choose what happens to the ticket." in answer.content.decode()


@pytest.mark.usefixtures("time_to_undo")
def test_what_a_macro_does_is_done_with_the_reply_and_undone_with_it(
    as_user: Browser, ana: User, ticket: Ticket
) -> None:
    macro, client = doing(ana, ("prioritise", {"priority": "urgent"}), ("note", {"text": "Sorted"})), as_user(ana)

    assert reply(client, ticket, macro=str(macro.pk)).status_code == 302
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.notes.get().text) == ("urgent", "Sorted")
    page = shown(client, ticket)
    assert "Ana Alonso used the macro “Hello”" in page

    assert undone(client, page).status_code == 302
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.messages.count(), Note.objects.count()) == ("normal", 1, 0)


def test_a_second_click_does_nothing_twice(as_user: Browser, ana: User, ticket: Ticket) -> None:
    macro, client = doing(ana, ("note", {"text": "Once"})), as_user(ana)
    seen = ticket.messages.get().pk

    for _click in range(2):
        reply(client, ticket, macro=str(macro.pk), seen=seen)

    assert (ticket.messages.count(), ticket.notes.count()) == (2, 1)


def test_what_was_refused_of_a_macro_is_told_beside_the_reply(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    macro, client = doing(cast.ana, ("assign", {"to": str(cast.ben.pk)})), as_user(cast.ana)

    reply(client, ticket, macro=str(macro.pk))

    assert "Not done: Assign it to Ben Barker (Ben Barker does not work in its team.)" in shown(client, ticket)
    assert ticket.messages.count() == 2


@pytest.mark.usefixtures("time_to_undo")
def test_a_reply_that_moves_the_ticket_out_of_sight_leads_to_the_list_and_is_undone(
    as_user: Browser, cast: Cast, ticket: Ticket
) -> None:
    steps = ("move", {"team": str(cast.installations.pk)}), ("assign", {"to": str(cast.ben.pk)})
    macro, client = doing(cast.ana, *steps), as_user(cast.ana)

    answer = reply(client, ticket, macro=str(macro.pk))
    assert answer["Location"].startswith("/queue/")
    assert client.get(f"/tickets/{ticket.number}/").status_code == 404

    undone(client, client.get(answer["Location"]).content.decode())
    ticket.refresh_from_db()
    assert (ticket.team, ticket.messages.count()) == (cast.billing, 1)


def test_a_macro_that_is_not_theirs_does_nothing(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    macro, client = doing(cast.ben, ("prioritise", {"priority": "urgent"})), as_user(cast.ana)

    reply(client, ticket, macro=[str(macro.pk), "x", "99999999999"])
    assert client.post(f"/tickets/{ticket.number}/macros/", {"macro": macro.pk}).status_code == 302

    ticket.refresh_from_db()
    assert ticket.priority == "normal"
    assert not ticket.events.filter(kind=EventKind.MACRO_USED).exists()


def test_without_a_text_it_is_done_at_once_from_the_menu(as_user: Browser, ana: User, ticket: Ticket) -> None:
    macro = doing(ana, ("prioritise", {"priority": "high"}), name="Hurry", text="", then="waiting")
    client = as_user(ana)

    page = client.post(
        f"/tickets/{ticket.number}/macros/", {"macro": macro.pk}, headers={"HX-Request": "true"}
    ).content.decode()
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.status) == ("high", "waiting")
    assert "“Hurry” is done." in page
    assert 'id="composer"' not in page

    undone(client, page)
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.status) == ("normal", "open")


def test_where_nothing_of_it_can_be_done_the_words_stand_in_the_menu(
    as_user: Browser, ana: User, ticket: Ticket
) -> None:
    macro = doing(ana, text="", then="resolved")

    answer = as_user(ana).post(f"/tickets/{ticket.number}/macros/", {"macro": macro.pk}, headers={"HX-Request": "true"})

    assert answer.status_code == 422
    assert "Not done: Is resolved (Reply first, or say why no reply is needed.)" in answer.content.decode()


def test_nobody_else_undoes_a_macro_and_nobody_of_another_team_uses_one(
    as_user: Browser, cast: Cast, ticket: Ticket
) -> None:
    mine = doing(cast.ana, ("prioritise", {"priority": "high"}), text="")
    theirs = doing(cast.ben, ("prioritise", {"priority": "low"}), text="")
    as_user(cast.ana).post(f"/tickets/{ticket.number}/macros/", {"macro": mine.pk})
    event = ticket.events.get(kind=EventKind.MACRO_USED)

    for who in (cast.lea, cast.ben):
        assert as_user(who).post(f"/tickets/{ticket.number}/macros/{event.pk}/undo/").status_code == 404
    assert as_user(cast.ben).post(f"/tickets/{ticket.number}/macros/", {"macro": theirs.pk}).status_code == 404
    ticket.refresh_from_db()
    assert ticket.priority == "high"


def test_the_menu_and_the_page_say_what_it_will_change(as_user: Browser, ana: User, ticket: Ticket) -> None:
    doing(ana, ("prioritise", {"priority": "high"}), text="Hello {customer.first_name}", then="waiting")
    doing(ana, ("assign", {"to": "me"}), name="Mine", text="")
    client, address = as_user(ana), f"/tickets/{ticket.number}/macros/"

    for html in (
        client.get(address, headers={"HX-Request": "true"}).content.decode(),
        client.get(address).content.decode(),
    ):
        assert "Hello Carla" in html
        assert "Priority: High" in html
        assert "Waits for the customer" in html
        assert "Assign it to you" in html
    assert "Do it now" in client.get(address).content.decode()


def test_without_a_script_what_it_does_stands_below_the_text_and_can_be_left_out(
    as_user: Browser, ana: User, ticket: Ticket
) -> None:
    macro, client = doing(ana, ("prioritise", {"priority": "high"})), as_user(ana)

    html = client.get(f"/tickets/{ticket.number}/?macro={macro.pk}").content.decode()
    assert f'<input type="checkbox" name="macro" value="{macro.pk}" checked>' in html
    assert "Priority: High" in html

    reply(client, ticket)
    ticket.refresh_from_db()
    assert ticket.priority == "normal"


def test_a_reply_for_later_says_that_only_its_text_is_sent(as_user: Browser, ana: User, ticket: Ticket) -> None:
    macro, client = doing(ana, ("prioritise", {"priority": "high"})), as_user(ana)

    reply(client, ticket, macro=str(macro.pk), later="tomorrow")

    assert ticket.messages.count() == 1
    assert "what “Hello” does besides is not done." in shown(client, ticket)
    ticket.refresh_from_db()
    assert ticket.priority == "normal"


# --- What nobody has filled in ---------------------------------------------------------------------------------------


def test_a_reply_with_a_variable_comes_back_with_the_focus_in_its_text(
    as_user: Browser, ana: User, ticket: Ticket
) -> None:
    macro = doing(ana, ("prioritise", {"priority": "high"}))

    answer = reply(as_user(ana), ticket, text="By {blank.date} it is done.", macro=str(macro.pk))

    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#reply-text">Fill in {blank.date} first.</a>' in html
    assert "By {blank.date} it is done.</textarea>" in html
    assert html.count("autofocus") == 1
    assert "autofocus" in html.split('id="reply-text"')[1].split(">")[0]
    assert f'name="macro" value="{macro.pk}" checked' in html
    assert ticket.messages.count() == 1


def test_what_is_not_known_is_said_below_the_reply(as_user: Browser, ana: User, ticket: Ticket) -> None:
    macro = a_macro(ana, "Your order {ticket.order} is here.")

    html = as_user(ana).get(f"/tickets/{ticket.number}/?macro={macro.pk}").content.decode()

    assert "Your order {ticket.order} is here.</textarea>" in html
    assert "<b data-unfilled-names>{ticket.order}</b>" in html


def test_the_api_sends_no_variable_either(ana: User, ticket: Ticket) -> None:
    client = APIClient()
    client.force_authenticate(ana)

    answer = client.post(f"/api/v1/tickets/{ticket.number}/replies/", {"text": "By {blank.date}"}, format="json")

    assert answer.status_code == 422
    assert answer.json()["error"] == {"code": "refused", "message": "Fill in {blank.date} first."}


# --- While somebody writes -------------------------------------------------------------------------------------------


def test_the_list_has_macros_by_name_without_minding_accents(as_user: Browser, ana: User, ticket: Ticket) -> None:
    a_macro(ana, "Lo sentimos, {customer.first_name}", name="Disculpa rápida")
    a_macro(ana, "Hello", name="Hello")
    doing(ana, name="Rapid", text="", then="waiting")

    html = as_user(ana).get(f"/tickets/{ticket.number}/macros/?find=RAPID").content.decode()

    assert html.count('role="option"') == 1
    assert 'data-insert="Lo sentimos, Carla"' in html
    assert "<html" not in html


def test_whoever_sees_the_ticket_can_be_called(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    def offered(q: str) -> str:
        return str(as_user(cast.ana).get(f"/tickets/{ticket.number}/mentionable/?find={q}").content.decode())

    every = offered("")
    assert [name for name in ("Lea", "Lou", "Mia", "Olu", "Billing", "Installations") if f'"@{name}' in every] == [
        "Lea", "Lou", "Mia", "Olu", "Billing", "Installations",
    ]  # fmt: skip
    assert "Ben Barker" not in every
    assert "Gus Grau" not in every
    assert "Ana Alonso" not in every
    assert 'data-insert="@Mia Manrique"' in offered("manr")
    assert offered("zz").count("option") == 0


def test_nobody_of_another_team_learns_who_sees_it(as_user: Browser, cast: Cast) -> None:
    foreign = factories.a_ticket(cast.dora, team=cast.installations)

    assert as_user(cast.ana).get(f"/tickets/{foreign.number}/mentionable/").status_code == 404


# --- The ones that come with the product -----------------------------------------------------------------------------


def test_ready_made_ones_are_taken_once_and_left_again(as_user: Browser, ana: User) -> None:
    client = as_user(ana)
    assert "Take the ready-made ones" in client.get("/settings/macros/").content.decode()

    client.post("/settings/macros/ready-made/")
    client.post("/settings/macros/ready-made/")
    macros = Macro.objects.visible_to(ana)
    assert sorted(macros.values_list("language", flat=True)) == ["en"] * 5 + ["es"] * 5
    assert {macro.audience for macro in macros} == {"me"}


def test_taking_them_is_undone(as_user: Browser, lea: User, ben: User) -> None:
    client = as_user(lea)
    client.post("/settings/macros/ready-made/")
    assert Macro.objects.visible_to(ben).count() == 10
    page = client.get("/settings/macros/").content.decode()
    taken = page.split('name="taken" value="')[1].split('"')[0]

    assert as_user(ben).post("/settings/macros/ready-made/undo/", {"taken": taken}).status_code == 404
    client.post("/settings/macros/ready-made/undo/", {"taken": taken})

    assert not Macro.objects.visible_to(ben).exists()


# --- In a browser ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_macro_is_put_in_by_two_colons_and_keys_alone(browse: Callable[..., Any], ana: User, ticket: Ticket) -> None:
    doing(ana, ("prioritise", {"priority": "high"}), name="Apology", text="By {blank.date}, Carla.", then="waiting")
    a_macro(ana, "Hello.", name="Greeting")
    page = browse(f"/tickets/{ticket.number}/")
    from playwright.sync_api import expect

    text = page.locator("#reply-text")
    text.focus()

    text.press_sequentially("std::apol http://x::apol ")
    assert page.locator("#inserter").count() == 0
    text.press_sequentially("::")
    expect(page.locator("#inserter [role=option]")).to_have_count(2)
    text.press_sequentially("apol")
    expect(page.locator("#inserter [role=option]")).to_have_count(1)
    assert text.get_attribute("aria-activedescendant") == "inserter-0"
    text.press("Enter")

    assert text.input_value() == "std::apol http://x::apol By {blank.date}, Carla."
    assert page.evaluate("getSelection().toString()") == "{blank.date}"
    assert page.locator("[data-unfilled]").is_visible()
    assert page.get_by_label("Priority: High").is_checked()
    assert page.get_by_text("Once it is sent the ticket waits for the customer.").is_visible()
    page.keyboard.type("Monday")
    assert page.locator("[data-unfilled]").is_hidden()
    text.press("End")
    text.press_sequentially(" ::")
    page.wait_for_selector("#inserter:not([hidden])")
    text.press("Escape")
    text.press_sequentially("x")
    assert text.input_value().endswith("By Monday, Carla. ::x")
    assert page.locator("#inserter").is_hidden()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".toast")

    ticket.refresh_from_db()
    assert (ticket.priority, ticket.status) == ("high", "waiting")
