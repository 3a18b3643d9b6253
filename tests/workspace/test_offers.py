"""The register of what the company promises everybody, and where a ticket shows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cx import offers
from cx.models import Offer
from helpdesk.people.models import User
from tests.cast import Cast
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _anew() -> None:
    offers.KEPT.forget()


def _typed(**changed: Any) -> dict[str, Any]:
    return {
        "kind": "offer", "name": "Autumn", "text": "Two months free", "words": "September, OTOÑO26 ,September",
        "starts_on": timezone.localdate().isoformat(), "ends_on": "", "address": "", **changed,
    }  # fmt: skip


def test_an_offer_is_written_down_and_its_ticket_shows_it(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    answer = as_user(cast.mia).post("/offers/new/", _typed())

    assert answer.status_code == 302
    offer = Offer.objects.get()
    assert (offer.words, offer.kept_by) == (["September", "OTOÑO26"], cast.mia)
    assert "Two months free" in as_user(cast.ana).get(f"/tickets/{ticket.number}/").content.decode()
    assert "Autumn" in as_user(cast.ana).get("/offers/").content.decode()


def test_one_that_ended_since_says_so(as_user: Browser, cast: Cast, ticket: Ticket) -> None:
    Ticket.objects.update(created_at=timezone.now() - timedelta(days=5))
    today = timezone.localdate()
    Offer.objects.create(
        name="Summer", text="Half", words=["september"], starts_on=today - timedelta(days=9),
        ends_on=today - timedelta(days=2),
    )  # fmt: skip

    assert "ended " in as_user(cast.ana).get(f"/tickets/{ticket.number}/").content.decode()


def test_withdrawing_is_undone(as_user: Browser, mia: User) -> None:
    offer = Offer.objects.create(name="Summer", text="Half", starts_on=timezone.localdate())
    client = as_user(mia)
    for _ in range(2):
        assert client.post(f"/offers/{offer.pk}/withdrawing/").status_code == 302
    assert "Half" not in client.get("/offers/").content.decode()

    for _ in range(2):
        assert client.post(f"/offers/{offer.pk}/putting-back/").status_code == 302

    assert "Half" in client.get("/offers/").content.decode()


@pytest.mark.parametrize(
    "changed, words",
    [
        ({"name": ""}, "Enter the name."), ({"text": " "}, "Say what is promised."),
        ({"starts_on": "soon"}, "A day looks like 2026-09-16."), ({"ends_on": "2001-01-01"}, "The last day must be"),
        ({"address": "javascript:alert(1)"}, "An address begins with https://."),
        ({"words": "!, ?"}, "Each word needs a letter"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(as_user: Browser, mia: User, changed: dict[str, str], words: str) -> None:
    answer = as_user(mia).post("/offers/new/", _typed(**changed))

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Offer.objects.exists()


@pytest.mark.parametrize(
    "who, reads, keeps", [("mia", 200, 200), ("lea", 200, 403), ("ana", 200, 403), ("lou", 200, 403), ("gus", 403, 403)]
)
def test_everybody_who_sees_tickets_reads_and_few_keep_it(
    as_user: Browser, cast: Cast, who: str, reads: int, keeps: int
) -> None:
    offer = Offer.objects.create(name="Summer", text="Half", starts_on=timezone.localdate())
    client = as_user(getattr(cast, who))

    assert client.get("/offers/").status_code == reads
    assert client.get(f"/offers/{offer.pk}/").status_code == keeps
    assert client.post("/offers/new/", _typed(name="")).status_code == (422 if keeps == 200 else 403)
    if keeps == 403:
        assert client.post(f"/offers/{offer.pk}/withdrawing/").status_code == 403
    assert Offer.objects.standing().count() == 1
