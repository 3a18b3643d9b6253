"""A complaint at the agents' door: its steps, the way back, who may."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.people.models import User
from tests.cast import Cast
from tickets.models import Complaint, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
DECISION = {"decision": "upheld", "reasons": "You were charged twice."}
STEPS: dict[str, dict[str, Any]] = {
    "seeking": {"remedy": "refund", "words": "All of it"}, "examining": {}, "deciding": DECISION,
    "telling": {"message": "1"}, "objecting": {"words": "No"}, "ending": {}, "undo": {"event": "1"},
}  # fmt: skip


@pytest.fixture
def complaint(ticket: Ticket, ana: User) -> Complaint:
    ticket.describe(by=ana, kind="complaint")
    return Complaint.objects.get()


def _post(client: Client, ticket: Ticket, step: str, **fields: Any) -> Any:
    return client.post(f"/tickets/{ticket.number}/complaint/{step}/", {**STEPS[step], **fields}, headers=HTMX)


def _rail(html: str) -> str:
    return html[html.index('id="rail-sections"') :]


def _undo(client: Client, html: str) -> Any:
    """Press Undo in the toast."""
    form = re.search(r'<form method="post" action="([^"]+)"[^>]*data-once>(?:(?!</form>).)*data-undo', html, re.S)
    assert form is not None
    fields = dict(re.findall(r'name="(event)" value="(\d+)"', form[0]))
    return client.post(form[1].replace("&amp;", "&"), fields, headers=HTMX)


def test_a_complaint_goes_its_way_in_the_rail_and_each_step_can_be_undone(
    as_user: Browser, ana: User, ticket: Ticket, complaint: Complaint
) -> None:
    client = as_user(ana)
    html = _rail(client.get(f"/tickets/{ticket.number}/").content.decode())
    assert "Step 1 of 5" in html
    assert "decide by" in html

    for step, shown in (("seeking", "Money back"), ("examining", "Step 2 of 5"), ("deciding", "Step 3 of 5")):
        before = Complaint.objects.values().get()
        answer = _post(client, ticket, step)
        assert answer.status_code == 200
        assert shown in _rail(answer.content.decode())
        after = Complaint.objects.values().get()
        assert after != before
        assert _undo(client, answer.content.decode()).status_code == 200
        assert Complaint.objects.values().get() == before
        _post(client, ticket, step)

    assert "Your next reply tells the customer" in client.get(f"/tickets/{ticket.number}/").content.decode()
    client.post(f"/tickets/{ticket.number}/replies/", {"text": "Here is what we decided."})
    html = _rail(client.get(f"/tickets/{ticket.number}/").content.decode())
    assert "Step 4 of 5" in html
    assert "End the complaint" in html
    assert "Step 5 of 5" in _rail(_post(client, ticket, "ending").content.decode())


def test_a_reply_that_was_sent_before_can_have_told_it(
    as_user: Browser, ana: User, ticket: Ticket, complaint: Complaint
) -> None:
    message = ticket.reply(by=ana, text="We give it back.")
    client = as_user(ana)
    html = _post(client, ticket, "deciding").content.decode()
    assert "told it" in _rail(html)

    _post(client, ticket, "telling", message=message.pk)

    assert Complaint.objects.get().told_in == message


@pytest.mark.parametrize("then", ["resolution", "send and resolve", "bulk"])
def test_no_door_resolves_what_waits_for_its_decision(
    as_user: Browser, ana: User, ticket: Ticket, complaint: Complaint, then: str
) -> None:
    client, number = as_user(ana), ticket.number
    words = "Decide the complaint and tell the customer first."
    if then == "resolution":
        said = client.post(f"/tickets/{number}/resolution/", {"reason": "Done by phone"}, headers=HTMX).content.decode()
        assert words in said
    elif then == "send and resolve":
        said = client.post(f"/tickets/{number}/replies/", {"text": "Hello", "then": "resolved"}).content.decode()
        assert words in said
    else:
        client.post("/bulk/", {"do": "resolve", "tickets": [number], "reason": "Done by phone"})

    ticket.refresh_from_db()
    assert ticket.is_open


def test_a_ticket_of_another_type_shows_none_and_takes_no_step(
    as_user: Browser, ana: User, ticket: Ticket, complaint: Complaint
) -> None:
    ticket.describe(by=ana, kind="question")

    assert 'id="complaint-h"' not in as_user(ana).get(f"/tickets/{ticket.number}/").content.decode()
    answer = _post(as_user(ana), ticket, "examining")
    assert answer.status_code == 422
    assert Complaint.objects.get().state == "received"


@pytest.mark.parametrize("fields", [{"decision": ""}, {"reasons": "  "}, {"decision": "perhaps"}])
def test_what_is_missing_in_a_decision_is_said(
    as_user: Browser, ana: User, ticket: Ticket, complaint: Complaint, fields: dict[str, str]
) -> None:
    answer = _post(as_user(ana), ticket, "deciding", **fields)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert Complaint.objects.get().state == "received"


@pytest.mark.parametrize("step", STEPS)
def test_only_who_answers_the_ticket_takes_a_step(
    as_user: Browser, cast: Cast, ticket: Ticket, complaint: Complaint, step: str
) -> None:
    before = Complaint.objects.values().get()

    assert _post(as_user(cast.ben), ticket, step).status_code == 404
    assert _post(as_user(cast.lou), ticket, step).status_code == 403
    assert _post(as_user(cast.gus), ticket, step).status_code == 403
    assert as_user(cast.ana).get(f"/tickets/{ticket.number}/complaint/{step}/").status_code == 405
    assert Complaint.objects.values().get() == before


def test_who_only_reads_sees_how_far_it_is_and_no_button(
    as_user: Browser, cast: Cast, ticket: Ticket, complaint: Complaint
) -> None:
    html = _rail(as_user(cast.lou).get(f"/tickets/{ticket.number}/").content.decode())

    assert "Step 1 of 5" in html
    assert "/complaint/" not in html


def test_what_customers_complain_of_is_shown_as_text(
    as_user: Browser, ana: User, ticket: Ticket, complaint: Complaint
) -> None:
    html = _post(as_user(ana), ticket, "seeking", words="<script>alert(1)</script>").content.decode()

    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


def test_the_thread_says_who_decided_what(as_user: Browser, ana: User, ticket: Ticket, complaint: Complaint) -> None:
    html = _post(as_user(ana), ticket, "deciding").content.decode()

    assert "Ana Alonso decided the complaint: Upheld" in html
