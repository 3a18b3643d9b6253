"""Every channel there is comes in through its own door and stands in one list (duties 29 and 72)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from helpdesk.people.models import ApiToken, Customer, CustomerAddress, User
from helpdesk.portal import stamps
from tests import factories
from tests.cast import Cast
from tests.workspace.reading import words_of
from tickets.models import Channel, InboundEmail, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
BY_HAND = [Channel.PHONE, Channel.STORE, Channel.CHAT, Channel.SOCIAL, Channel.REVIEW]
CALL = {"channel": "phone", "name": "Carla Cruz", "subject": "Paper bills", "text": "She wants paper bills."}


def test_by_mail(cast: Cast, deliver: Callable[..., InboundEmail]) -> None:
    ticket = deliver(factories.a_mail(text="The bill is wrong")).ticket

    assert (ticket.channel, ticket.requester) == (Channel.EMAIL, cast.carla)
    assert ticket.messages.filter(author="customer").get().text == "The bill is wrong"


def test_by_web_form(client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp = stamps.new()
    later = timezone.now() + timedelta(minutes=1)  # nobody types that fast
    monkeypatch.setattr(timezone, "now", lambda: later)

    client.post(
        "/requests/new/",
        {"topic": "use", "text": "The bill is wrong.", "name": "Carla", "email": "carla@example.com", "stamp": stamp},
    )

    ticket = Ticket.objects.get()
    assert (ticket.channel, ticket.requester, ticket.topic) == (Channel.WEB, cast.carla, "use")


def test_by_api(cast: Cast) -> None:
    _row, key = ApiToken.issue(user=cast.ana, name="test")
    body = {"subject": "The bill", "text": "It is wrong.", "email": "carla@example.com"}

    answer = Client(headers={"Authorization": f"Bearer {key}"}).post("/api/v1/tickets/", body, "application/json")

    assert answer.status_code == 201
    ticket = Ticket.objects.get()
    assert (ticket.channel, ticket.requester) == (Channel.API, cast.carla)


@pytest.mark.parametrize("channel", BY_HAND)
def test_written_down_by_an_agent(as_user: Browser, cast: Cast, channel: str) -> None:
    client = as_user(cast.ana)

    client.post("/tickets/new/", {**CALL, "channel": channel, "address": "carla@example.com", "is_mine": "on"})

    ticket = Ticket.objects.get()
    assert (ticket.channel, ticket.requester, ticket.assignee) == (channel, cast.carla, cast.ana)
    assert ticket.messages.get().channel == channel
    assert "Paper bills" in client.get("/queue/mine/").content.decode()
    assert ticket.has_due_time


def test_one_customer_by_three_channels_is_one_course(
    as_user: Browser, cast: Cast, deliver: Callable[..., InboundEmail]
) -> None:
    deliver(factories.a_mail(subject="By mail"))
    client = as_user(cast.ana)
    for channel in (Channel.PHONE, Channel.STORE):
        said = {**CALL, "channel": channel, "subject": f"By {channel}", "customer": cast.carla.pk, "name": ""}
        assert client.post("/tickets/new/", said).status_code == 302

    page = client.get(f"/customers/{cast.carla.pk}/").content.decode()
    for subject in ("By mail", "By phone", "By store"):
        assert subject in page
    assert Customer.objects.filter(name__startswith="Carla").count() == 1


# --- Whom we know already --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", [{"name": "carl"}, {"address": "carla@"}, {"phone": "600 100"}])
def test_who_it_may_be_is_shown_with_what_is_open(
    as_user: Browser, cast: Cast, ticket: Ticket, typed: dict[str, str]
) -> None:
    cast.carla.phone = "+34 600 100 200"
    cast.carla.save()

    said = words_of(as_user(cast.ana).get("/customers/known/", typed).content.decode())

    assert "Carla Cruz" in said
    assert f"Open already: #{ticket.number} The bill is wrong" in said


def test_without_a_script_they_are_looked_up_by_a_button(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    client = as_user(cast.ana)

    answer = client.post("/tickets/new/", {"channel": "phone", "name": "Carla", "text": "Kept as typed", "look": "1"})

    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'name="customer" value="{cast.carla.pk}"' in page
    assert "Kept as typed" in page
    assert "There is a problem" not in page
    assert Ticket.objects.count() == 1

    nobody = client.post("/tickets/new/", {"channel": "phone", "name": "Zzz", "look": "1"}).content.decode()
    assert "We know nobody by this name, address or phone." in nobody


def test_the_chosen_customer_is_the_one_whatever_was_typed(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    as_user(cast.ana).post("/tickets/new/", {**CALL, "name": "Somebody", "customer": cast.carla.pk})

    assert Ticket.objects.latest("pk").requester == cast.carla
    cast.carla.refresh_from_db()
    assert cast.carla.name == "Carla Cruz"


def test_an_address_given_by_a_known_caller_is_theirs_and_nobody_elses(as_user: Browser, cast: Cast) -> None:
    caller = Customer.objects.create(name="Carla")
    factories.a_ticket(caller, channel="phone")
    client = as_user(cast.ana)

    client.post("/tickets/new/", {**CALL, "customer": caller.pk, "address": "DORA@example.org"})
    assert caller.email == ""
    client.post("/tickets/new/", {**CALL, "customer": caller.pk, "address": "Carla.New@example.com"})

    address = CustomerAddress.objects.get(customer=caller)
    assert (address.address, address.confirmed_at) == ("carla.new@example.com", None)


def test_a_customer_one_does_not_see_cannot_be_chosen(as_user: Browser, cast: Cast) -> None:
    factories.a_ticket(cast.dora, team=cast.installations)

    answer = as_user(cast.ana).post("/tickets/new/", {**CALL, "name": "", "customer": cast.dora.pk})

    assert answer.status_code == 422
    assert Ticket.objects.count() == 1


def test_a_new_ticket_from_the_customers_page_has_them_chosen(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    page = as_user(cast.ana).get(f"/tickets/new/?customer={cast.carla.pk}").content.decode()

    assert f'value="{cast.carla.pk}" checked' in page


@pytest.mark.parametrize(
    "fields", [{"name": "\x00\x00a"}, {"customer": "9" * 40}, {"phone": "%%%%%"}, {"name": "a" * 999}]
)
def test_rubbish_finds_nobody(as_user: Browser, cast: Cast, ticket: Ticket, fields: dict[str, Any]) -> None:
    answer = as_user(cast.ana).get("/customers/known/", fields)

    assert answer.status_code == 200
    assert "Carla" not in answer.content.decode()
