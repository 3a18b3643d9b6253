"""A customer's page, the list of customers, and one person under several names, at the agents' door."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cx.models import FollowUp, Invitation, Promise, Response, Tagging
from helpdesk.people.models import Customer, CustomerMerge, User
from tests import factories
from tests.cast import Cast
from tests.workspace.listing import through_all_pages
from tests.workspace.reading import words_of
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
NAMES = r"data-row-link>([^<]+)</a></span></th>"


def _page(client: Client, customer: Customer, query: str = "") -> str:
    answer = client.get(f"/customers/{customer.pk}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


# --- Who sees whom ---------------------------------------------------------------------------------------------------


def test_a_customer_none_of_whose_tickets_one_sees_is_nowhere(as_user: Browser, cast: Cast) -> None:
    factories.a_ticket(cast.dora, team=cast.installations, text="A foreign secret")
    client = as_user(cast.ana)

    assert client.get(f"/customers/{cast.dora.pk}/").status_code == 404
    assert client.get("/customers/999999/").status_code == 404
    assert client.post(f"/customers/{cast.dora.pk}/edit/", {"name": "X"}).status_code == 404
    assert client.post(f"/customers/{cast.dora.pk}/follow-ups/", {"text": "X"}).status_code == 404
    assert "Dora" not in client.get("/customers/").content.decode()
    assert "Dora" not in client.get("/customers/?q=dora").content.decode()
    assert "Dora" not in client.get("/customers/known/?name=Dora").content.decode()
    assert as_user(cast.mia).get(f"/customers/{cast.dora.pk}/").status_code == 200


def test_only_the_tickets_one_sees_stand_on_the_page(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    foreign = factories.a_ticket(cast.carla, team=cast.installations, subject="A foreign secret", text="A foreign word")
    foreign.add_note(by=cast.ben, text="A foreign note")
    Promise.make(foreign, what="A foreign promise", due_at=timezone.now() + timedelta(days=1), by=cast.ben)
    FollowUp.plan(
        cast.carla, text="A foreign plan", due_at=timezone.now() + timedelta(days=1), owner=cast.ben, ticket=foreign
    )

    for query in ("", "?kind=notes", "?kind=promises", "?kind=follow-ups"):
        assert "foreign" not in _page(as_user(cast.ana), cast.carla, query)
    assert "A foreign plan" in _page(as_user(cast.mia), cast.carla)


# --- The page --------------------------------------------------------------------------------------------------------


def test_the_page_says_who_they_are_and_what_is_next(
    as_user: Browser, cast: Cast, ticket: Ticket, suggestion: Tagging
) -> None:
    cast.carla.addresses.update(confirmed_at=timezone.now())
    Customer.objects.filter(pk=cast.carla.pk).update(phone="+34 600 1", language="es")
    Promise.make(ticket, what="Call with a slot", due_at=timezone.now() + timedelta(days=1), by=cast.ana)
    FollowUp.plan(cast.carla, text="Ask how it went", due_at=timezone.now() + timedelta(days=2), owner=cast.ana)
    invitation = Invitation.objects.create(kind="csat", customer=cast.carla, ticket=ticket)
    Response.objects.create(invitation=invitation, score=2, comment="I had expected a call.")

    said = words_of(_page(as_user(cast.ana), cast.carla))

    for words in ("Carla Cruz", "Casa Cruz", "carla@example.com confirmed", "+34 600 1", "Spanish", "2 of 5",
                  "Call with a slot", "Ask how it went", "I had expected a call.", "The bill is wrong"):  # fmt: skip
        assert words in said, words
    assert re.search(r"Stands at Use", said)
    assert "1 fell short." in said


def test_a_page_costs_the_same_queries_however_long_the_course_is(
    as_user: Browser, cast: Cast, ticket: Ticket, django_assert_max_num_queries: Any
) -> None:
    client = as_user(cast.ana)
    client.get("/notifications/")
    for number in range(12):
        other = factories.a_ticket(cast.carla, mailbox=cast.support, subject=f"Matter {number}")
        other.add_note(by=cast.ana, text="A note")
        other.reply(by=cast.ana, text="An answer")
        Promise.make(other, what=f"Thing {number}", due_at=timezone.now() + timedelta(days=1), by=cast.ana)
        FollowUp.plan(cast.carla, text=f"Call {number}", due_at=timezone.now() + timedelta(days=1), owner=cast.ana)

    with django_assert_max_num_queries(34):
        _page(client, cast.carla)


def test_a_light_agent_reads_and_changes_nothing(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    client = as_user(cast.lou)

    assert "Plan the next contact" not in _page(client, cast.carla)
    for path in ("edit", "merging", "follow-ups"):
        assert client.post(f"/customers/{cast.carla.pk}/{path}/", {}).status_code == 403


def test_one_kind_alone_can_be_read(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    ticket.add_note(by=cast.ana, text="Only among us")

    said = words_of(_page(as_user(cast.ana), cast.carla, "?kind=notes").partition('id="timeline"')[2])

    assert "Only among us" in said
    assert "charged me twice" not in said


# --- What we know of them --------------------------------------------------------------------------------------------


def test_name_phone_language_and_organisation_can_be_written_down(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    client = as_user(cast.ana)
    given = {"name": "Carla de la Cruz", "phone": "+34 600 2", "language": "es", "organisation": "dahl and daughters"}

    answer = client.post(f"/customers/{cast.carla.pk}/edit/", given)

    assert answer["Location"] == f"/customers/{cast.carla.pk}/"
    cast.carla.refresh_from_db()
    assert (cast.carla.name, cast.carla.phone, cast.carla.language) == ("Carla de la Cruz", "+34 600 2", "es")
    assert cast.carla.organisation == cast.dora.organisation  # the one of that name, however it is spelled
    assert ticket.events.latest("happened_at", "pk").is_indexed is False

    client.post(f"/customers/{cast.carla.pk}/edit/", {**given, "organisation": ""})
    cast.carla.refresh_from_db()
    assert cast.carla.organisation is None


def test_what_cannot_be_is_said_beside_the_form(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    answer = as_user(cast.ana).post(
        f"/customers/{cast.carla.pk}/edit/", {"name": "Kept as typed", "customer_since": "soon"}
    )

    assert answer.status_code == 422
    assert "A day looks like 2026-09-16." in answer.content.decode()
    assert "Kept as typed" in answer.content.decode()


# --- The list --------------------------------------------------------------------------------------------------------


@pytest.mark.data_layer
def test_the_list_has_everybody_once_the_newest_contact_first(as_user: Browser, cast: Cast) -> None:
    now = timezone.now()
    people = [Customer.objects.create(name=f"Customer {n:02}") for n in range(60)]
    for n, person in enumerate(people):
        factories.a_ticket(person, at=now - timedelta(days=n + 1))
    for person in people[::7]:
        factories.a_ticket(person, at=now - timedelta(days=400))  # an older ticket moves nobody

    found = through_all_pages(as_user(cast.ana), "/customers/", row=NAMES)

    assert found == [person.name for person in people]


@pytest.mark.data_layer
@pytest.mark.parametrize("text", ["carl", "CRUZ", "carla@", "example.com carla", "600 1", "cruz la"])
def test_customers_are_found_by_a_part_of_name_address_or_phone(
    as_user: Browser, cast: Cast, ticket: Ticket, text: str
) -> None:
    cast.carla.phone = "+34 600 100"
    cast.carla.save()
    factories.a_ticket(cast.dora)

    assert re.findall(NAMES, as_user(cast.ana).get("/customers/", {"q": text}).content.decode()) == ["Carla Cruz"]


@pytest.mark.parametrize("text", ["zzz", "c", "%", "_", "'; drop", "\x00a" * 3])
def test_what_nobody_is_called_finds_nobody(as_user: Browser, cast: Cast, ticket: Ticket, text: str) -> None:
    answer = as_user(cast.ana).get("/customers/", {"q": text})

    assert answer.status_code == 200
    assert re.findall(NAMES, answer.content.decode()) == []


def test_no_next_contact_and_an_overdue_one_are_lists_of_their_own(as_user: Browser, cast: Cast) -> None:
    for person in (cast.carla, cast.dora, nobody := Customer.objects.create(name="Nobody Planned")):
        factories.a_ticket(person)
    FollowUp.plan(cast.carla, text="Later", due_at=timezone.now() + timedelta(days=1), owner=cast.ana)
    late = FollowUp.plan(cast.dora, text="Late", due_at=timezone.now() + timedelta(days=1), owner=cast.ana)
    FollowUp.objects.filter(pk=late.pk).update(due_at=timezone.now() - timedelta(hours=3))
    client = as_user(cast.ana)

    assert re.findall(NAMES, client.get("/customers/?contact=none").content.decode()) == [nobody.name]
    assert re.findall(NAMES, client.get("/customers/?contact=overdue").content.decode()) == ["Dora Dahl"]


@pytest.mark.parametrize("how_many", [3, 25])
def test_the_list_has_a_budget(as_user: Browser, cast: Cast, django_assert_max_num_queries: Any, how_many: int) -> None:
    for number in range(how_many):
        factories.a_ticket(Customer.writing_from(f"c{number}@example.com", name=f"C {number}"))
    client = as_user(cast.ana)
    client.get("/notifications/")

    with django_assert_max_num_queries(8):
        client.get("/customers/?q=c")


# --- One person under several names ----------------------------------------------------------------------------------


@pytest.fixture
def twin(cast: Cast) -> Customer:
    customer = Customer.objects.create(name="Carla Cruz", organisation=cast.carla.organisation)
    factories.a_ticket(customer, subject="She called", channel="phone")
    return customer


def test_a_twin_is_suggested_and_never_merged_by_itself(
    as_user: Browser, cast: Cast, ticket: Ticket, twin: Customer
) -> None:
    page = _page(as_user(cast.ana), cast.carla)

    assert "may be the same person" in page
    assert "Same name and organisation." in page
    assert not CustomerMerge.objects.exists()


def test_two_are_merged_and_told_apart_again_from_the_toast(
    as_user: Browser, cast: Cast, ticket: Ticket, twin: Customer
) -> None:
    client = as_user(cast.ana)

    page = client.post(f"/customers/{cast.carla.pk}/merging/", {"other": twin.pk}, follow=True).content.decode()

    assert "She called" in page
    assert "Also known as" in page
    assert client.get(f"/customers/{twin.pk}/")["Location"] == f"/customers/{cast.carla.pk}/"
    merge = CustomerMerge.objects.get()
    assert f'action="/customers/merges/{merge.pk}/undo/"' in page

    page = client.post(f"/customers/merges/{merge.pk}/undo/", follow=True).content.decode()
    assert "They are two customers again." in page
    assert "She called" not in page
    assert "She called" in _page(client, twin)


def test_nobody_merges_or_splits_whom_they_do_not_see(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    factories.a_ticket(cast.dora, team=cast.installations)
    client = as_user(cast.ana)

    client.post(f"/customers/{cast.carla.pk}/merging/", {"other": cast.dora.pk})
    assert not CustomerMerge.objects.exists()
    for other in ("", "x", "9" * 30, "999999"):
        assert client.post(f"/customers/{cast.carla.pk}/merging/", {"other": other}).status_code == 404
    assert client.get(f"/customers/{cast.carla.pk}/merging/?q=Dora").content.decode().count("Dora Dahl") == 0

    as_user(cast.mia).post(f"/customers/{cast.carla.pk}/merging/", {"other": cast.dora.pk})
    Ticket.objects.update(team=cast.installations)
    merge = CustomerMerge.objects.get()
    assert client.post(f"/customers/merges/{merge.pk}/undo/").status_code == 404
    assert CustomerMerge.objects.get().undone_at is None


def test_three_identities_give_one_timeline_in_order(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    """Duty 2: by mail, by phone and in the web form, over three years."""
    now = timezone.now()
    caller = Customer.objects.create(name="Carla C.")
    home = Customer.writing_from("carla.home@example.net", name="C. Cruz")
    first = factories.a_ticket(caller, channel="phone", subject="By phone", at=now - timedelta(days=800))
    second = factories.a_ticket(home, channel="web", subject="By form", at=now - timedelta(days=400))
    first.reply(by=cast.ana, text="We will see to it.", then="resolved")
    second.add_note(by=cast.ana, text="She is the same person")
    client = as_user(cast.ana)

    for other in (caller, home):
        client.post(f"/customers/{cast.carla.pk}/merging/", {"other": other.pk})
    said = words_of(_page(client, cast.carla).partition('id="timeline"')[2])

    order = [said.index(words) for words in ("The bill is wrong", "By form", "By phone")]
    assert order == sorted(order)
    assert "She is the same person" in said
    assert "We will see to it." in said
