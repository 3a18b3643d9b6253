"""What agents keep about a customer, from the rail of a ticket and from the customer's page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cx.models import Invitation, Response
from helpdesk.people.models import Customer, CustomerNote, User
from tests import factories
from tests.cast import Cast
from tests.cx.tagged import a_tagged_ticket
from tickets import identities
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
WORDS = "Prefers to be called after five."


def _write(client: Client, customer: Customer, *, ticket: Ticket | None = None, text: str = WORDS) -> Any:
    fields = {"text": text, **({"ticket": ticket.number} if ticket else {})}
    return client.post(f"/customers/{customer.pk}/notes/", fields, headers=HTMX if ticket else {})


def test_a_note_stands_on_every_ticket_of_the_customer_and_on_their_page(
    as_user: Browser, cast: Cast, ticket: Ticket
) -> None:
    other = factories.a_ticket(cast.carla, team=cast.installations)

    html = _write(as_user(cast.ana), cast.carla, ticket=ticket).content.decode()

    assert 'id="rail-sections"' in html
    assert WORDS in html
    assert WORDS in as_user(cast.ben).get(f"/tickets/{other.number}/").content.decode()
    assert WORDS in as_user(cast.ana).get(f"/customers/{cast.carla.pk}/").content.decode()


def test_the_same_note_twice_is_one(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    for _ in range(2):
        assert _write(as_user(cast.ana), cast.carla).status_code == 302

    assert CustomerNote.objects.count() == 1


@pytest.mark.parametrize("from_a_ticket", [True, False])
def test_a_note_is_removed_and_put_back_as_it_was(
    as_user: Browser, cast: Cast, ticket: Ticket, from_a_ticket: bool
) -> None:
    note = CustomerNote.write(cast.carla, text=WORDS, by=cast.lea)
    before = CustomerNote.objects.values("customer", "user", "text", "written_at").get()
    client = as_user(cast.ana)
    fields, headers = ({"ticket": ticket.number}, HTMX) if from_a_ticket else ({}, {})
    answer = client.post(f"/customers/{cast.carla.pk}/notes/{note.pk}/removing/", fields, headers=headers)
    assert not CustomerNote.objects.exists()
    if from_a_ticket:
        kept = re.search(r'name="note" value="([^"]+)"', answer.content.decode())
        assert kept is not None
        was = kept[1]
    else:
        was = client.session["flash"]["undo"]["fields"]["note"]

    for _ in range(2):
        client.post(f"/customers/{cast.carla.pk}/notes/restoring/", {"note": was, **fields}, headers=headers)

    assert CustomerNote.objects.values("customer", "user", "text", "written_at").get() == before
    assert client.post(f"/customers/{cast.carla.pk}/notes/{note.pk}/removing/").status_code == 302  # gone long ago


def test_nobody_makes_up_a_note_of_somebody_else(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    for forged in ("", "nonsense", "WyJhIl0:1:abc"):
        answer = as_user(cast.ana).post(f"/customers/{cast.carla.pk}/notes/restoring/", {"note": forged})
        assert answer.status_code == 404


@pytest.mark.parametrize("text", ["", "   ", "x" * 1001])
def test_a_note_has_words_and_not_too_many(as_user: Browser, cast: Cast, ticket: Ticket, text: str) -> None:
    assert _write(as_user(cast.ana), cast.carla, ticket=ticket, text=text).status_code == 422
    assert not CustomerNote.objects.exists()


def test_a_light_agent_writes_notes_and_removes_their_own_alone(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    theirs = CustomerNote.write(cast.carla, text="Hers", by=cast.ana)
    client = as_user(cast.lou)
    _write(client, cast.carla)
    own = CustomerNote.objects.get(user=cast.lou)

    assert client.post(f"/customers/{cast.carla.pk}/notes/{theirs.pk}/removing/").status_code == 404
    assert client.post(f"/customers/{cast.carla.pk}/notes/{own.pk}/removing/").status_code == 302
    assert list(CustomerNote.objects.all()) == [theirs]


@pytest.mark.parametrize("path", ["notes/", "notes/1/removing/", "notes/restoring/", "surveys/"])
def test_whoever_sees_no_ticket_of_theirs_does_nothing(as_user: Browser, cast: Cast, ticket: Ticket, path: str) -> None:
    for user, status in ((cast.ben, 404), (cast.gus, 403)):
        assert as_user(user).post(f"/customers/{cast.carla.pk}/{path}", {"text": "x"}).status_code == status
    assert not CustomerNote.objects.exists()


def test_no_customer_reads_a_note(client: Client, cast: Cast, ticket: Ticket) -> None:
    from tickets.mail.composing import follow_url

    CustomerNote.write(cast.carla, text=WORDS, by=cast.ana)

    path = "/r/" + follow_url(ticket).partition("/r/")[2]

    assert client.get(path).status_code == 200
    assert WORDS not in client.get(path).content.decode()


def test_notes_follow_who_was_merged_and_come_back(cast: Cast, ticket: Ticket) -> None:
    factories.a_ticket(cast.dora, mailbox=cast.support)
    CustomerNote.write(cast.dora, text=WORDS, by=cast.ana)

    merge = identities.merge(cast.dora, into=cast.carla, by=cast.ana)
    assert merge is not None
    assert CustomerNote.objects.get().customer == cast.carla
    identities.split(merge, by=cast.ana)
    assert CustomerNote.objects.get().customer == cast.dora


# --- Whether they may be asked ----------------------------------------------------------------------------------------


def test_who_wants_no_surveys_is_asked_none_until_that_is_taken_back(
    as_user: Browser, cast: Cast, ticket: Ticket
) -> None:
    client = as_user(cast.ana)
    html = client.get(f"/tickets/{ticket.number}/").content.decode()
    assert "May be asked how it was" in html

    fields = {"ticket": ticket.number, "may_ask": "no"}
    for _ in range(2):
        html = client.post(f"/customers/{cast.carla.pk}/surveys/", fields, headers=HTMX).content.decode()
        assert "Not asked how it was, since" in html
    cast.carla.refresh_from_db()
    assert cast.carla.refuses_surveys_at is not None

    client.post(f"/customers/{cast.carla.pk}/surveys/", {**fields, "may_ask": "yes"}, headers=HTMX)

    cast.carla.refresh_from_db()
    assert cast.carla.refuses_surveys_at is None


def test_a_light_agent_sees_it_and_changes_nothing(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    assert as_user(cast.lou).post(f"/customers/{cast.carla.pk}/surveys/", {"may_ask": "no"}).status_code == 403


# --- What is rarely needed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_scores_stages_and_open_tickets_are_one_click_away(
    as_user: Browser, cast: Cast, ticket: Ticket, headers: dict[str, str]
) -> None:
    a_tagged_ticket(cast.carla, "purchase", at=timezone.now(), team=cast.billing, subject="Another bill")
    a_tagged_ticket(cast.carla, at=timezone.now(), team=cast.installations, subject="A foreign secret")
    for days, score in ((9, 1), (8, 2), (7, 3), (6, 4)):
        at = timezone.now() - timedelta(days=days)
        asked = Invitation.objects.create(kind="csat", customer=cast.carla, ticket=ticket, invited_at=at)
        Response.objects.create(invitation=asked, score=score, answered_at=at)

    html = as_user(cast.ana).get(f"/tickets/{ticket.number}/customer/", headers=headers).content.decode()

    assert ("<html" in html) is not bool(headers)
    assert [score for score in "4321" if f"{score} of 5" in html] == ["4", "3", "2"]
    assert "Another bill" in html
    assert "Purchase" in html
    assert "A foreign secret" not in html


def test_what_only_a_typed_address_says_shows_nothing_about_a_customer(as_user: Browser, cast: Cast) -> None:
    CustomerNote.write(cast.carla, text=WORDS, by=cast.ana)
    typed = factories.a_ticket(cast.carla, channel="web", team=cast.billing)

    html = as_user(cast.ana).get(f"/tickets/{typed.number}/").content.decode()

    assert WORDS not in html
    assert "May be asked" not in html
    assert as_user(cast.ana).get(f"/tickets/{typed.number}/customer/").status_code == 404


def test_somebody_elses_ticket_shows_nothing_of_its_customer(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    assert as_user(cast.ben).get(f"/tickets/{ticket.number}/customer/").status_code == 404
    assert as_user(cast.gus).get(f"/tickets/{ticket.number}/customer/").status_code == 403


def test_a_second_contact_about_the_same_is_said(as_user: Browser, cast: Cast) -> None:
    first, second = (a_tagged_ticket(cast.carla, at=timezone.now(), team=cast.billing) for _ in range(2))

    assert "Second contact about this in 7 days" in as_user(cast.ana).get(f"/tickets/{first.number}/").content.decode()
    a_tagged_ticket(cast.carla, at=timezone.now(), team=cast.billing)
    html = as_user(cast.ana).get(f"/tickets/{second.number}/").content.decode()
    assert "3 contacts about this in 7 days" in html
    assert "2 other tickets" in html
