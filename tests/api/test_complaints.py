from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from helpdesk.people.models import ApiToken, User
from tickets.models import Complaint, Ticket

pytestmark = pytest.mark.django_db


def test_machines_read_how_far_a_complaint_is_while_the_ticket_is_one(ticket: Ticket, ana: User) -> None:
    assert _said(ticket, ana) is None
    ticket.describe(by=ana, kind="complaint")
    Complaint.open(ticket).decide(decision="upheld", reasons="Ours.", by=ana)

    said = _said(ticket, ana)

    assert (said["state"], said["decision"], said["remedy"], said["is_told"]) == ("decided", "upheld", None, False)
    ticket.describe(by=ana, kind="question")
    assert _said(ticket, ana) is None


def _said(ticket: Ticket, user: User) -> Any:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiToken.issue(user=user, name='test')[1]}")
    return client.get(f"/api/v1/tickets/{ticket.number}/").json()["complaint"]
