from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cx import surveys
from cx.models import FollowUp, Invitation
from helpdesk.common import tokens
from helpdesk.portal import stamps
from tickets.models import EventKind, Ticket


@pytest.fixture
def browser(cast) -> Client:
    """A browser of somebody who is not signed in. It checks CSRF, as the real one would have to pass it."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def filled_in() -> Callable[..., dict[str, object]]:
    """The public form as a person sends it: shown a minute ago."""

    def _form(**changed: object) -> dict[str, object]:
        with time_machine.travel(timezone.now() - timedelta(minutes=1), tick=False):
            stamp = stamps.new()
        return {
            "name": "Nora Nuevo",
            "email": "nora@example.net",
            "topic": "purchase",
            "text": "The installer was booked for this morning and did not come. Nobody called.",
            "expected": "Someone to come, or a call",
            "website": "",
            "stamp": stamp,
            **changed,
        }

    return _form


@pytest.fixture
def page_of() -> Callable[[Ticket], str]:
    """The address of the request page, as our mails carry it."""
    return lambda ticket: reverse("portal:request", args=[token_of(ticket)])


@pytest.fixture
def invitation(resolved_ticket) -> Invitation:
    """Ana resolved Carla's ticket; Carla is asked how it was."""
    event = resolved_ticket.events.filter(kind=EventKind.RESOLVED).latest("pk")
    follow_up = FollowUp.objects.create(
        ticket=resolved_ticket, kind=FollowUp.Kind.REALLY_SOLVED, cause=event, due_at=timezone.now()
    )
    return surveys.invite(follow_up)


def token_of(ticket: Ticket) -> str:
    return tokens.make(tokens.Purpose.FOLLOW_TICKET, ticket=ticket.number)


def sent_before(span: timedelta, make: Callable[[], str]) -> str:
    """A token as it was made some time ago."""
    with time_machine.travel(timezone.now() - span, tick=False):
        return make()


def altered(token: str) -> str:
    """The token with one letter of its signature changed."""
    head, _colon, mac = token.rpartition(":")
    return f"{head}:{'a' if mac[0] != 'a' else 'b'}{mac[1:]}"


def read(response: object) -> str:
    """The words of a page, without its markup."""
    html = response.content.decode()  # type: ignore[attr-defined]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<(script|style).*?</\1>", "", html)))
