from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from helpdesk.people.models import User
from tickets.models import Draft, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


def test_what_is_being_written_is_kept_and_comes_back(as_user: Browser, ana: User, ticket: Ticket) -> None:
    client = as_user(ana)

    for text in ("Dear", "Dear Carla"):
        answer = client.post(f"/tickets/{ticket.number}/drafts/reply/", {"text": text})

    assert "Draft saved" in answer.content.decode()
    assert Draft.objects.get().text == "Dear Carla"
    assert "Dear Carla</textarea>" in client.get(f"/tickets/{ticket.number}/").content.decode()


def test_each_person_has_a_draft_of_their_own(as_user: Browser, ana: User, lea: User, ticket: Ticket) -> None:
    as_user(ana).post(f"/tickets/{ticket.number}/drafts/reply/", {"text": "Mine"})

    assert "Mine</textarea>" not in as_user(lea).get(f"/tickets/{ticket.number}/").content.decode()


def test_an_emptied_draft_is_forgotten(as_user: Browser, ana: User, ticket: Ticket) -> None:
    for text in ("Dear", " "):
        as_user(ana).post(f"/tickets/{ticket.number}/drafts/note/", {"text": text})

    assert not Draft.objects.exists()


@pytest.mark.parametrize("who, mode", [("ana", "letter"), ("lou", "reply")])
def test_no_draft_of_what_one_may_not_write(
    as_user: Browser, cast: object, ticket: Ticket, who: str, mode: str
) -> None:
    answer = as_user(getattr(cast, who)).post(f"/tickets/{ticket.number}/drafts/{mode}/", {"text": "Dear"})

    assert answer.status_code == 404
    assert not Draft.objects.exists()
