from __future__ import annotations

import pytest

from helpdesk.people.models import User
from tests.cast import Cast
from tickets import macros
from tickets.models import Macro, Ticket

pytestmark = pytest.mark.django_db


def a_macro(owner: User, text: str = "Hello", **values: object) -> Macro:
    return Macro.objects.create(**{"name": "Greeting", "text": text, "owner": owner, **values})


def test_variables_are_filled_in(ticket: Ticket, ana: User) -> None:
    ticket.requester.name = "Carla Ruiz"
    macro = a_macro(ana, "Hi {customer.first_name}, about {ticket.number}: { agent.name }, {company.name}")

    filled = macros.fill(macro, ticket=ticket, by=ana)

    assert filled.text.startswith(f"Hi Carla, about #{ticket.number}: {ana.name}, ")
    assert filled.empty == ()


def test_what_is_not_known_is_left_out_and_said(ticket: Ticket, ana: User) -> None:
    ticket.requester.name = ""

    filled = macros.fill(a_macro(ana, "Hi {customer.first_name},\n\nHi again {customer.name}!"), ticket=ticket, by=ana)

    assert filled.text == "Hi,\n\nHi again!"
    assert filled.empty == ("customer.first_name", "customer.name")


def test_what_is_no_variable_stays_as_it_was_typed(ticket: Ticket, ana: User) -> None:
    text = "Use {curly braces} and {unknown.thing} and {0}"

    assert macros.fill(a_macro(ana, text), ticket=ticket, by=ana).text == text
    assert macros.unknown_in(text) == ["unknown.thing"]


def test_a_value_is_not_read_as_a_variable_again(ticket: Ticket, ana: User) -> None:
    ticket.subject = "{agent.name}"

    assert macros.fill(a_macro(ana, "{ticket.subject}"), ticket=ticket, by=ana).text == "{agent.name}"


def test_who_sees_which_macro(cast: Cast, ana: User) -> None:
    a_macro(ana, name="Ana's")
    a_macro(cast.olu, name="Billing's", audience="team", team=cast.billing)
    a_macro(cast.olu, name="Installations'", audience="team", team=cast.installations)
    a_macro(cast.olu, name="All", audience="everybody")
    a_macro(cast.olu, name="Olu's")

    assert set(Macro.objects.visible_to(ana).values_list("name", flat=True)) == {"Ana's", "Billing's", "All"}


def test_those_in_the_tickets_language_come_first(ticket: Ticket, ana: User) -> None:
    for name, language in (("A", "en"), ("B", ""), ("C", "es")):
        a_macro(ana, name=name, language=language)
    ticket.language = "es"

    assert [macro.name for macro in macros.offered(ticket, to=ana)] == ["C", "B", "A"]
