"""A complaint goes its way: received, looked into, decided, told, perhaps objected to, ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import override_settings
from django.utils import timezone

from helpdesk.common.errors import Refusal
from helpdesk.people.models import User
from tests import factories
from tests.cast import Cast
from tickets.mail import composing
from tickets.models import Complaint, EventKind, Message, Notification, Ticket

pytestmark = pytest.mark.django_db
State = Complaint.State
REASONS = "You were charged twice, and we gave one charge back."


@pytest.fixture
def complaint(ticket: Ticket, ana: User) -> Complaint:
    ticket.describe(by=ana, kind="complaint")
    return Complaint.objects.select_related("ticket").get()


@pytest.fixture
def told(complaint: Complaint, ana: User) -> Complaint:
    """Decided, and the customer was told."""
    complaint.decide(decision="partly", reasons=REASONS, by=ana)
    complaint.ticket.reply(by=ana, text="Here is what we decided.")
    return _anew(complaint)


def _anew(complaint: Complaint) -> Complaint:
    return Complaint.objects.select_related("ticket").get(pk=complaint.pk)


# --- How it begins ----------------------------------------------------------------------------------------------------


def test_a_ticket_that_becomes_a_complaint_has_one_from_then_on(ticket: Ticket, ana: User) -> None:
    ticket.describe(by=ana, kind="complaint")
    begun = Complaint.objects.get()
    ticket.describe(by=ana, kind="question")
    ticket.describe(by=ana, kind="complaint")

    assert Complaint.objects.get() == begun
    assert begun.state == State.RECEIVED
    assert begun.received_at == ticket.created_at


def test_it_is_to_be_decided_within_so_many_working_days(cast: Cast) -> None:
    came = datetime(2026, 11, 20, 10, 0, tzinfo=ZoneInfo("Europe/Madrid"))  # a Friday
    ticket = factories.a_ticket(cast.carla, mailbox=cast.support, at=came)

    with override_settings(COMPLAINT_DAYS=3):
        complaint = Complaint.open(ticket, by=cast.ana)

    assert complaint.decide_by == date(2026, 11, 25)
    assert not complaint.is_late(date(2026, 11, 25))
    assert complaint.is_late(date(2026, 11, 26))


def test_a_decision_that_was_made_is_never_late(told: Complaint) -> None:
    assert not told.is_late(date(2099, 1, 1))


# --- The machine ------------------------------------------------------------------------------------------------------

WAYS: dict[str, list[str]] = {
    "received": [],
    "examined": ["examine"],
    "decided": ["examine", "decide"],
    "told": ["examine", "decide", "tell"],
    "objected": ["examine", "decide", "tell", "object"],
    "ended": ["examine", "decide", "tell", "end"],
}
#: What each step leads to from each place; what is not named is refused, and "same" changes nothing.
LEADS: dict[str, dict[str, str]] = {
    "received": {"examine": "examined", "decide": "decided", "decide otherwise": "decided"},
    "examined": {"examine": "same", "decide": "decided", "decide otherwise": "decided"},
    "decided": {"decide": "same", "decide otherwise": "decided", "tell": "told"},
    "told": {"decide": "same", "tell": "same", "object": "objected", "end": "ended"},
    "objected": {"object": "same", "decide": "decided", "decide otherwise": "decided"},
    "ended": {"decide": "same", "tell": "same", "object": "objected", "end": "same"},
}
STEPS = ("examine", "decide", "decide otherwise", "tell", "object", "end")


def _take(complaint: Complaint, step: str, *, by: User) -> Any:
    """One step, always with the same words."""
    match step:
        case "decide":
            return complaint.decide(decision="partly", reasons=REASONS, by=by)
        case "decide otherwise":
            return complaint.decide(decision="rejected", reasons="The charge was right.", by=by)
        case "tell":
            # The reply is there from the beginning, so that it does not tell by itself.
            return complaint.tell(complaint.ticket.messages.get(author="agent"), by=by)
        case "object":
            return complaint.object("The money is not back.", by=by)
    return getattr(complaint, step)(by=by)


def _place(complaint: Complaint) -> str:
    if complaint.state == State.DECIDED and complaint.told_in_id:
        return "told"
    return str(complaint.state)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("place", WAYS)
def test_each_step_from_each_place_leads_where_it_should_or_is_refused_in_words(
    ticket: Ticket, ana: User, place: str, step: str
) -> None:
    ticket.reply(by=ana, text="You will hear from us.")
    complaint = Complaint.open(ticket, by=ana)
    for each in WAYS[place]:
        _take(complaint, each, by=ana)
    assert _place(complaint) == place
    before, events = Complaint.objects.values().get(), ticket.events.filter(kind="complaint.changed").count()

    leads_to = LEADS[place].get(step)
    if leads_to is None:
        with pytest.raises(Refusal, match=r"\w"):
            _take(complaint, step, by=ana)
    else:
        changed = _take(complaint, step, by=ana)
        assert (changed is None) == (leads_to == "same")

    now = Complaint.objects.values().get()
    if leads_to in (None, "same"):
        assert now == before
        assert ticket.events.filter(kind="complaint.changed").count() == events
        return
    assert _place(_anew(complaint)) == leads_to
    assert _anew(complaint).may(step.split()[0]) == complaint.may(step.split()[0])
    # And back again, exactly, once.
    event = ticket.events.filter(kind="complaint.changed").latest("pk")
    assert complaint.step_back(event.pk, by=ana)
    assert Complaint.objects.values().get() == before
    assert not complaint.step_back(event.pk, by=ana)
    assert Complaint.objects.values().get() == before


def test_only_the_latest_step_is_taken_back(complaint: Complaint, ana: User) -> None:
    first = complaint.examine(by=ana)
    complaint.decide(decision="upheld", reasons=REASONS, by=ana)
    assert first is not None

    with pytest.raises(Refusal, match="gone on since"):
        complaint.step_back(first.pk, by=ana)

    assert _anew(complaint).state == State.DECIDED


def test_what_is_wanted_can_be_written_down_and_taken_back(complaint: Complaint, ana: User) -> None:
    event = complaint.seek(remedy="refund", words=" All of it. ", by=ana)
    assert event is not None
    assert complaint.seek(remedy="refund", words="All of it.", by=ana) is None
    assert (_anew(complaint).remedy, _anew(complaint).remedy_text) == ("refund", "All of it.")

    complaint.step_back(event.pk, by=ana)

    assert (_anew(complaint).remedy, _anew(complaint).remedy_text) == ("", "")


@pytest.mark.parametrize(
    "decision, reasons, words",
    [("", REASONS, "Choose the decision"), ("maybe", REASONS, "Choose the decision"), ("upheld", "  ", "reasons")],
)
def test_a_decision_says_what_and_why(complaint: Complaint, ana: User, decision: str, reasons: str, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        complaint.decide(decision=decision, reasons=reasons, by=ana)

    assert _anew(complaint).state == State.RECEIVED


# --- Telling ----------------------------------------------------------------------------------------------------------


def test_the_first_reply_after_a_decision_tells_it_and_says_how_to_object(told: Complaint, ana: User) -> None:
    ticket = told.ticket
    ticket.reply(by=ana, text="One thing more.")
    told_in, other = ticket.messages.filter(author="agent").order_by("pk")
    letter, later = (_letter(message) for message in (told_in, other))

    assert _anew(told).told_in == told_in
    assert "OUR DECISION ON YOUR COMPLAINT" in letter
    assert "Upheld in part" in letter
    assert "we gave one charge back" in letter
    assert "object to this" in letter
    assert "DECISION" not in later


def _letter(message: Message) -> str:
    body = composing.compose(message.deliveries.get()).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@override_settings(COMPLAINT_OBJECTION={"en": "Write to the ombudsman.", "es": "Escribe a la defensora."})
@pytest.mark.parametrize("language, words", [("en", "Write to the ombudsman."), ("es", "Escribe a la defensora.")])
def test_the_company_has_its_own_words_for_it_in_each_language(
    complaint: Complaint, ana: User, language: str, words: str
) -> None:
    Ticket.objects.filter(pk=complaint.ticket_id).update(language=language)
    complaint.decide(decision="rejected", reasons=REASONS, by=ana)
    ticket = Ticket.objects.get(pk=complaint.ticket_id)
    ticket.reply(by=ana, text="Here it is.")

    assert words in composing.compose(ticket.deliveries.get()).as_string()


@override_settings(UNDO_SEND_SECONDS=10)
def test_a_reply_that_is_taken_back_has_told_nobody(complaint: Complaint, ana: User) -> None:
    complaint.decide(decision="upheld", reasons=REASONS, by=ana)
    message = complaint.ticket.reply(by=ana, text="Here it is.")
    assert _anew(complaint).is_told

    complaint.ticket.take_back(message, by=ana)

    assert not _anew(complaint).is_told
    assert _anew(complaint).may("tell")


def test_only_a_reply_on_this_ticket_can_have_told_it(complaint: Complaint, cast: Cast) -> None:
    complaint.decide(decision="upheld", reasons=REASONS, by=cast.ana)
    other = factories.a_ticket(cast.carla, mailbox=cast.support).reply(by=cast.ana, text="Elsewhere.")

    for message in (other, complaint.ticket.messages.get(author="customer")):
        with pytest.raises(Refusal, match="a reply on this ticket"):
            complaint.tell(message, by=cast.ana)


# --- Objecting --------------------------------------------------------------------------------------------------------


def test_an_objection_opens_the_ticket_again_and_tells_its_assignee(told: Complaint, ana: User) -> None:
    told.ticket.resolve(by=ana)
    Notification.objects.all().delete()

    told.object("The money is not back.", by=None)

    ticket = Ticket.objects.get(pk=told.ticket_id)
    assert ticket.is_open
    assert ticket.messages.latest("pk").text == "The money is not back."
    assert Notification.objects.filter(user=ana, ticket=ticket).exists()
    now = _anew(told)
    assert (now.state, now.objection) == ("objected", "The money is not back.")
    assert now.decide_by is not None
    assert now.decide_by >= timezone.localdate() + timedelta(days=15)


def test_the_decision_after_an_objection_is_told_anew(told: Complaint, ana: User) -> None:
    told.object("The money is not back.", by=None)
    told.decide(decision="upheld", reasons="You are right.", by=ana)
    assert not _anew(told).is_told

    reply = told.ticket.reply(by=ana, text="We looked again.")

    assert _anew(told).told_in == reply


# --- Before it is resolved --------------------------------------------------------------------------------------------


def test_a_complaint_is_resolved_once_it_is_decided_and_told(complaint: Complaint, ana: User) -> None:
    ticket = complaint.ticket
    ticket.reply(by=ana, text="We look into it.")
    with pytest.raises(Refusal, match="Decide the complaint and tell the customer first"):
        ticket.resolve(by=ana)

    complaint.decide(decision="upheld", reasons=REASONS, by=ana)
    with pytest.raises(Refusal, match="Tell the customer the decision first"):
        ticket.resolve(by=ana)

    ticket.reply(by=ana, text="Here it is.", then="resolved")  # tells it and ends it
    assert Ticket.objects.get().status == "resolved"


def test_with_an_objection_it_is_decided_again_first(told: Complaint, ana: User) -> None:
    told.object("No.", by=ana)

    with pytest.raises(Refusal, match="decide again"):
        told.ticket.resolve(by=ana)


def test_the_customer_is_asked_for_no_decision(complaint: Complaint) -> None:
    complaint.ticket.resolve(by=None, reason="The customer says that it is solved.")

    assert Ticket.objects.get().status == "resolved"


def test_what_is_no_complaint_any_more_waits_for_none(complaint: Complaint, ana: User) -> None:
    complaint.ticket.describe(by=ana, kind="question")
    complaint.ticket.resolve(by=ana, reason="Asked and answered by phone.")

    assert Ticket.objects.get().status == "resolved"


# --- What can be asked ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place, asked, found",
    [
        ("received", "complaint:received", True), ("received", "queja:recibida", True),
        ("decided", "complaint:decided", True), ("decided", "complaint:untold", True),
        ("told", "complaint:untold", False),
        ("objected", 'complaint:"Objected to"', True), ("ended", "complaint:objected", False),
    ],
)  # fmt: skip
def test_tickets_are_found_by_how_far_their_complaint_is(
    ask: Callable[[str], list[Ticket]], ticket: Ticket, ana: User, place: str, asked: str, found: bool
) -> None:
    ticket.reply(by=ana, text="You will hear from us.")
    ticket.describe(by=ana, kind="complaint")
    complaint = Complaint.objects.get()
    for step in WAYS[place]:
        _take(complaint, step, by=ana)

    assert (ask(asked) == [ticket]) is found


def test_overdue_decisions_are_found_while_the_ticket_is_a_complaint(
    ask: Callable[[str], list[Ticket]], complaint: Complaint, ana: User
) -> None:
    assert ask("complaint:late") == []
    Complaint.objects.update(decide_by=timezone.localdate() - timedelta(days=2))

    assert ask("complaint:late") == [complaint.ticket]
    complaint.ticket.describe(by=ana, kind="praise")
    assert ask("complaint:late") == []


@pytest.fixture
def ask(ana: User) -> Callable[[str], list[Ticket]]:
    from helpdesk.workspace.asking import Question

    return lambda text: list(Question.of(text, ana).among(Ticket.objects.visible_to(ana)))


def test_every_step_leaves_an_event_with_who_took_it(told: Complaint, ana: User) -> None:
    told.end(by=ana)

    events = told.ticket.events.filter(kind=EventKind.COMPLAINT_CHANGED).order_by("pk")

    assert [event.details["step"] for event in events] == ["decide", "tell", "end"]
    assert {event.actor for event in events} == {ana}
