"""Replies that leave later: once, in time, and never past the customer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from helpdesk.common.errors import Refusal
from helpdesk.people.models import Customer, Role, User
from tests import factories
from tickets import planning
from tickets.models import Author, Delivery, Draft, EventKind, Message, Notification, Status, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]

TEXT = "I have looked into it: the bill is wrong, and the new one is on its way."


@pytest.fixture
def ticket(carla: Customer, support: Any) -> Ticket:
    return factories.a_ticket(carla, mailbox=support)


def tomorrow() -> datetime:
    return timezone.now() + timedelta(hours=20)


def planned(ticket: Ticket, *, by: User, **values: Any) -> Draft:
    return planning.plan(ticket, by=by, **{"text": TEXT, "at": tomorrow(), **values})


def when(draft: Draft) -> datetime:
    assert draft.send_at is not None
    return draft.send_at


def replies(ticket: Ticket) -> list[Message]:
    return list(ticket.messages.filter(author=Author.AGENT))


def test_a_planned_reply_is_no_message_and_changes_nothing_before_its_time(ticket: Ticket, ana: User) -> None:
    planned(ticket, by=ana, then=Status.RESOLVED)

    assert planning.send_due() == 0
    ticket.refresh_from_db()
    assert (replies(ticket), ticket.status, ticket.first_replied_at) == ([], Status.OPEN, None)
    assert not Delivery.objects.exists()


def test_it_leaves_once_when_its_time_has_come(ticket: Ticket, ana: User) -> None:
    draft = planned(ticket, by=ana, then=Status.WAITING)
    at = when(draft) + timedelta(minutes=1)

    assert planning.send_due(now=at) == 1
    assert planning.send_due(now=at) == 0

    (message,) = replies(ticket)
    ticket.refresh_from_db()
    assert (message.text, message.user, ticket.status) == (TEXT, ana, Status.WAITING)
    assert message.deliveries.get().due_at <= timezone.now()
    assert not ticket.drafts.exists()


def test_files_of_the_draft_go_along(ticket: Ticket, ana: User) -> None:
    draft = planned(ticket, by=ana)
    draft.attachments.create(filename="bill.pdf", content_type="application/pdf", size=3, sha256="0" * 64, file="x")

    planning.send_due(now=draft.send_at)

    assert [file.filename for file in replies(ticket)[0].attachments.all()] == ["bill.pdf"]


def test_the_same_plan_twice_is_one_and_leaves_one_event(ticket: Ticket, ana: User) -> None:
    at = tomorrow()
    first, second = (planned(ticket, by=ana, at=at) for _ in range(2))

    assert first == second
    event = ticket.events.get(kind=EventKind.REPLY_PLANNED)
    assert event.details["leaves_at"] == at.isoformat()
    assert event.happened_at < at


@pytest.mark.parametrize(
    "values", [{"text": "  "}, {"at": timezone.now() - timedelta(minutes=1)}, {"text": "Hello {customer.name}"}]
)
def test_what_could_not_be_sent_cannot_be_planned(ticket: Ticket, ana: User, values: dict[str, Any]) -> None:
    with pytest.raises(Refusal):
        planned(ticket, by=ana, **values)
    assert not Draft.objects.exists()


def test_the_customer_who_writes_first_stops_it_and_its_writer_is_told(ticket: Ticket, ana: User, carla: Any) -> None:
    draft = planned(ticket, by=ana)

    ticket.receive(text="Never mind, I found it.", customer=carla, channel="email")

    draft.refresh_from_db()
    assert (draft.send_at, draft.text, draft.not_sent_because) == (None, TEXT, "The customer wrote first.")
    assert planning.send_due(now=timezone.now() + timedelta(days=2)) == 0
    told = Notification.objects.get(kind=Notification.Kind.NOT_SENT)
    assert (told.user, told.event.details["because"]) == (ana, "The customer wrote first.")


def test_a_machine_that_answers_stops_nothing(ticket: Ticket, ana: User, carla: Customer) -> None:
    draft = planned(ticket, by=ana)

    ticket.receive(text="I am away.", customer=carla, channel="email", is_auto=True)
    planning.send_due(now=draft.send_at)

    assert len(replies(ticket)) == 1


def test_a_colleague_who_answered_meanwhile_stops_it(ticket: Ticket, ana: User, mia: User) -> None:
    draft = planned(ticket, by=ana)
    ticket.reply(by=mia, text="Done already.")

    planning.send_due(now=draft.send_at)

    draft.refresh_from_db()
    assert draft.not_sent_because == "Mia Manrique wrote meanwhile. Read it, then send."
    assert [message.text for message in replies(ticket)] == ["Done already."]


def test_what_nobody_sent_for_half_a_day_is_given_back(ticket: Ticket, ana: User) -> None:
    draft = planned(ticket, by=ana)

    planning.send_due(now=when(draft) + planning.TOO_LATE + timedelta(minutes=1))

    draft.refresh_from_db()
    assert draft.send_at is None
    assert "nothing ran then" in draft.not_sent_because
    assert replies(ticket) == []


def test_whoever_may_not_answer_any_more_sends_nothing(ticket: Ticket, ana: User) -> None:
    draft = planned(ticket, by=ana)
    User.objects.filter(pk=ana.pk).update(role=Role.GUEST)

    planning.send_due(now=draft.send_at)

    draft.refresh_from_db()
    assert (draft.send_at, replies(ticket)) == (None, [])


def test_nothing_leaves_for_a_ticket_in_the_bin(ticket: Ticket, ana: User) -> None:
    from tickets import deleting

    draft = planned(ticket, by=ana)
    deleting.delete(ticket, by=ana)

    planning.send_due(now=draft.send_at)

    assert replies(ticket) == []


def test_its_writer_stops_it_and_nobody_is_told(ticket: Ticket, ana: User) -> None:
    draft = planned(ticket, by=ana)

    assert planning.stop(draft, by=ana)
    assert not planning.stop(draft, by=ana)

    draft.refresh_from_db()
    assert (draft.send_at, draft.text, draft.not_sent_because) == (None, TEXT, "")
    assert not Notification.objects.filter(kind=Notification.Kind.NOT_SENT).exists()


def test_a_lead_stops_it_and_its_writer_is_told_who_did(ticket: Ticket, ana: User, lea: User) -> None:
    draft = planned(ticket, by=ana)

    assert planning.stop(draft, by=lea)

    assert draft.not_sent_because == "Lea Lindgren stopped it."
    assert Notification.objects.get(kind=Notification.Kind.NOT_SENT).user == ana


def test_a_colleague_neither_stops_nor_sends_it(ticket: Ticket, ana: User, ben: User) -> None:
    draft = planned(ticket, by=ana)

    with pytest.raises(Refusal):
        planning.stop(draft, by=ben)
    with pytest.raises(Refusal):
        planning.send_now(draft, by=ben)
    draft.refresh_from_db()
    assert draft.send_at is not None


def test_its_writer_sends_it_at_once_and_a_second_time_nothing(ticket: Ticket, ana: User) -> None:
    draft = planned(ticket, by=ana)
    again = Draft.objects.get(pk=draft.pk)

    message = planning.send_now(draft, by=ana)

    assert message is not None
    assert planning.send_now(again, by=ana) is None
    assert replies(ticket) == [message]


def test_who_dies_in_the_middle_has_sent_nothing_and_the_next_sends_it_once(
    ticket: Ticket, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = planned(ticket, by=ana)

    def killed(*_args: Any, **_options: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Draft, "delete", killed)
        with pytest.raises(KeyboardInterrupt):
            planning.send_due(now=draft.send_at)
    assert replies(ticket) == []

    planning.send_due(now=draft.send_at)
    assert len(replies(ticket)) == 1


def test_one_that_cannot_be_sent_holds_up_no_other(
    ticket: Ticket, ana: User, mia: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = planned(ticket, by=ana), planned(ticket, by=mia, at=tomorrow() + timedelta(minutes=5))
    sends = Ticket.reply

    def reply(self: Ticket, **values: Any) -> Message:
        if values["by"] == ana:
            raise RuntimeError("the disk is full")
        return sends(self, **values)

    monkeypatch.setattr(Ticket, "reply", reply)
    planning.send_due(now=fine.send_at)

    broken.refresh_from_db()
    assert (broken.send_at, broken.not_sent_because) == (None, "It could not be sent.")
    assert [message.user for message in replies(ticket)] == [mia]
