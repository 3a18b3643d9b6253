"""Two tickets about one matter, and the way back."""

from __future__ import annotations

import contextlib
import os
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cx import surveys
from cx.models import FollowUp, Promise
from helpdesk.common.errors import Refusal
from helpdesk.people.models import Customer
from tests import factories
from tests.cast import Cast
from tickets import merging
from tickets.models import FAR, EventKind, Message, Status, Target, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]

FULL = os.environ.get("TEST_SIZE") == "full"


@pytest.fixture
def again(carla: Customer, support: Any) -> Ticket:
    """Carla's second ticket, about the same bill."""
    return factories.a_ticket(carla, subject="Once more: the bill", text="Nobody answers me.", mailbox=support)


def how_it_stands(ticket: Ticket) -> dict[str, Any]:
    """Everything but when it was last touched, with its targets."""
    row = Ticket.objects.filter(pk=ticket.pk).values().get()
    del row["updated_at"]
    return {**row, "targets": list(ticket.targets.order_by("pk").values())}


class TestMerging:
    def test_the_merged_one_is_closed_and_leads_to_the_other(self, ticket, again, ana):
        assert merging.merge(again, into=ticket, by=ana)

        again.refresh_from_db()
        assert again.is_closed
        assert again.merged_into == again.survivor() == ticket
        assert again.resolution_reason == f"Merged into #{ticket.number}"
        assert not again.targets.unsettled().exists()
        assert again.due_next_at == FAR
        assert again.events.get(kind=EventKind.MERGED).actor == ana
        assert ticket.events.get(kind=EventKind.TOOK_IN).details["number"] == again.number

    def test_nothing_that_was_said_moves(self, ticket, again, ana):
        note = again.add_note(by=ana, text="Twice indeed")
        merging.merge(again, into=ticket, by=ana)
        assert again.messages.get().text == "Nobody answers me."
        assert again.notes.get() == note

    def test_twice_changes_nothing(self, ticket, again, ana):
        merging.merge(again, into=ticket, by=ana)
        before = how_it_stands(again), how_it_stands(ticket), ticket.events.count()
        assert not merging.merge(again, into=ticket, by=ana)
        assert before == (how_it_stands(again), how_it_stands(ticket), ticket.events.count())

    def test_into_where_it_ends_up_anyway_changes_nothing(self, ticket, again, ana, carla):
        oldest = factories.a_ticket(carla)
        merging.merge(again, into=ticket, by=ana)
        merging.merge(ticket, into=oldest, by=ana)
        assert not merging.merge(again, into=oldest, by=ana)
        assert not merging.merge(again, into=Ticket.objects.get(pk=ticket.pk), by=ana)
        again.refresh_from_db()
        assert again.survivor() == oldest

    def test_in_the_open_queue_there_is_one_matter(self, ticket, again, ana):
        merging.merge(again, into=ticket, by=ana)
        assert list(Ticket.objects.active()) == [ticket]
        assert list(Ticket.objects.not_merged()) == [ticket]


class TestWhatIsRefused:
    def test_itself(self, ticket, ana):
        with pytest.raises(Refusal, match="into itself"):
            merging.merge(ticket, into=Ticket.objects.get(pk=ticket.pk), by=ana)

    def test_what_was_merged_elsewhere_names_where(self, ticket, again, ana, carla):
        third = factories.a_ticket(carla)
        merging.merge(again, into=ticket, by=ana)
        with pytest.raises(Refusal, match=f"#{again.number} was merged into #{ticket.number}. Choose that one"):
            merging.merge(third, into=again, by=ana)
        with pytest.raises(Refusal, match=f"#{again.number} was merged into #{ticket.number}"):
            merging.merge(again, into=third, by=ana)

    def test_the_opposite_direction(self, ticket, again, ana):
        merging.merge(again, into=ticket, by=ana)
        with pytest.raises(Refusal, match="Undo that first"):
            merging.merge(ticket, into=again, by=ana)
        ticket.refresh_from_db()
        assert not ticket.is_merged

    @pytest.mark.parametrize("hidden", ["ticket", "into"])
    def test_what_this_person_may_not_see(self, ticket, ana, carla, installations, hidden):
        theirs = factories.a_ticket(carla, team=installations)
        pair = (theirs, ticket) if hidden == "ticket" else (ticket, theirs)
        with pytest.raises(Refusal, match=f"no ticket #{theirs.number}, or you may not see it"):
            merging.merge(pair[0], into=pair[1], by=ana)
        assert not Ticket.objects.exclude(merged_into=None).exists()

    def test_undoing_what_this_person_may_not_see(self, ticket, again, ana, ben):
        merging.merge(again, into=ticket, by=ana)
        with pytest.raises(Refusal, match="you may not see it"):
            merging.unmerge(again, by=ben)

    def test_an_unfinished_matter_into_a_closed_one(self, ticket, again, ana):
        ticket.reply(by=ana, text="Done", then="resolved")
        ticket.close()
        with pytest.raises(Refusal, match="closed for good"):
            merging.merge(again, into=ticket, by=ana)
        again.reply(by=ana, text="Done", then="resolved")
        assert merging.merge(again, into=ticket, by=ana)
        ticket.refresh_from_db()
        assert ticket.is_closed

    def test_another_customers_unless_it_is_meant(self, ticket, ana, dora, support):
        theirs = factories.a_ticket(dora, mailbox=support)
        with pytest.raises(merging.OtherCustomer, match="Carla Cruz"):
            merging.merge(theirs, into=ticket, by=ana)
        assert merging.merge(theirs, into=ticket, by=ana, other_customer=True)

    @pytest.mark.parametrize("verb", ["reply", "reopen", "take_back"])
    def test_what_goes_on_elsewhere_is_not_done_here(self, ticket, again, ana, verb):
        message = again.reply(by=ana, text="One moment", undo_seconds=60)
        merging.merge(again, into=ticket, by=ana)
        act = {
            "reply": lambda: again.reply(by=ana, text="Hello"),
            "reopen": lambda: again.reopen(by=ana),
            "take_back": lambda: again.take_back(message, by=ana),
        }[verb]
        with pytest.raises(Refusal, match=f"merged into #{ticket.number}. Go on there"):
            act()
        assert not again.resolve(by=ana)


class TestWhatIsOwed:
    def test_an_answer_that_was_owed_is_owed_in_the_other(self, ticket, again, ana):
        ticket.reply(by=ana, text="Which month?", then="waiting")
        owed = again.targets.unsettled().get(kind="first_reply")

        merging.merge(again, into=ticket, by=ana)

        ticket.refresh_from_db()
        assert ticket.is_open
        assert ticket.due_next_at == owed.due_at
        assert Ticket.objects.unanswered().filter(pk=ticket.pk).exists()
        assert ticket.targets.unsettled().get(kind="next_reply").started_at == owed.started_at
        assert ticket.targets.unsettled().filter(kind="resolution", paused_at=None).count() == 1

    def test_of_two_times_the_earlier_counts(self, ticket, carla, support, ana):
        urgent = factories.a_ticket(carla, priority="urgent", mailbox=support)
        due = urgent.due_next_at
        assert due < ticket.due_next_at
        merging.merge(urgent, into=ticket, by=ana)
        ticket.refresh_from_db()
        assert ticket.due_next_at == due
        assert ticket.targets.unsettled().filter(kind="first_reply").count() == 1

    def test_a_resolved_one_is_open_again_when_the_matter_is_not_over(self, resolved_ticket, again, ana, settle):
        settle()
        merging.merge(again, into=resolved_ticket, by=ana)
        settle()
        resolved_ticket.refresh_from_db()
        assert resolved_ticket.is_open
        assert resolved_ticket.resolved_at is None
        assert not FollowUp.objects.planned().filter(ticket=resolved_ticket).exists()

    def test_what_is_over_changes_nothing_in_the_other(self, ticket, again, ana):
        ticket.reply(by=ana, text="Which month?", then="waiting")
        again.resolve(by=ana, reason="The same again")
        before = how_it_stands(ticket)
        merging.merge(again, into=ticket, by=ana)
        assert how_it_stands(ticket) == before

    def test_two_that_sleep_wake_by_the_earlier_hour(self, ticket, again, ana):
        soon, late = (timezone.now() + timedelta(hours=hours) for hours in (2, 9))
        for each in (ticket, again):
            each.reply(by=ana, text="Soon")
        ticket.snooze(until=late, by=ana)
        again.snooze(until=soon, by=ana)
        merging.merge(again, into=ticket, by=ana)
        ticket.refresh_from_db()
        assert (ticket.status, ticket.snoozed_until) == (Status.SNOOZED, soon)

    def test_a_promise_stays_due_in_the_row_of_the_other(self, ticket, again, ana):
        due_at = timezone.now() + timedelta(minutes=5)
        promise = Promise.make(again, what="Pay it back", due_at=due_at, by=ana)
        merging.merge(again, into=ticket, by=ana)
        ticket.refresh_from_db()
        assert (ticket.due_next_at, ticket.due_next_kind) == (due_at, "promise")

        Promise.objects.get(pk=promise.pk).keep(by=ana)
        ticket.refresh_from_db()
        assert ticket.due_next_kind != "promise"
        assert Target.objects.get(kind="promise").met_at

    def test_a_promise_comes_back_with_its_ticket(self, ticket, again, ana):
        due_at = timezone.now() + timedelta(minutes=5)
        Promise.make(again, what="Pay it back", due_at=due_at, by=ana)
        merging.merge(again, into=ticket, by=ana)
        merging.unmerge(again, by=ana)
        again.refresh_from_db()
        ticket.refresh_from_db()
        assert again.due_next_kind == "promise"
        assert ticket.due_next_kind != "promise"

    def test_what_was_missed_is_missed_once(self, ticket, again, ana):
        late = timezone.now() + timedelta(days=30)
        again.mark_breaches(now=late)
        ticket.reply(by=ana, text="Which?", then="waiting")
        merging.merge(again, into=ticket, by=ana)
        ticket.refresh_from_db()
        assert ticket.targets.unsettled().get(kind="next_reply").breached_at
        assert not again.mark_breaches(now=late)

    def test_no_survey_is_sent_about_what_was_merged(self, ticket, again, ana, settle):
        again.reply(by=ana, text="Done", then="resolved")
        ticket.reply(by=ana, text="Done", then="resolved")
        settle()
        merging.merge(again, into=ticket, by=ana)
        again.refresh_from_db()
        assert surveys.reason_not_to_ask(again, now=timezone.now()) == "It was merged into another ticket"


class TestUndoing:
    def test_it_stands_as_it_stood_and_so_does_the_other(self, ticket, again, ana):
        ticket.reply(by=ana, text="Which month?", then="waiting")
        before = how_it_stands(again), how_it_stands(ticket)
        merging.merge(again, into=ticket, by=ana)

        assert merging.unmerge(again, by=ana)

        assert (how_it_stands(again), how_it_stands(ticket)) == before
        assert again.events.filter(kind=EventKind.UNMERGED, actor=ana).exists()

    def test_twice_changes_nothing(self, ticket, again, ana):
        merging.merge(again, into=ticket, by=ana)
        merging.unmerge(again, by=ana)
        before = how_it_stands(again), again.events.count()
        assert not merging.unmerge(again, by=ana)
        assert before == (how_it_stands(again), again.events.count())

    def test_what_was_done_in_the_other_since_stays(self, ticket, again, ana):
        ticket.reply(by=ana, text="Which month?", then="waiting")
        merging.merge(again, into=ticket, by=ana)
        ticket.reply(by=ana, text="Both are paid back.", then="resolved")
        merging.unmerge(again, by=ana)
        ticket.refresh_from_db()
        again.refresh_from_db()
        assert ticket.status == Status.RESOLVED
        assert again.is_open
        assert again.targets.unsettled().filter(kind="first_reply").exists()

    @pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
    def test_of_several_in_any_order(self, ticket, ana, carla, support, order):
        ticket.reply(by=ana, text="Which month?", then="waiting")
        others = [factories.a_ticket(carla, mailbox=support, priority=p) for p in ("normal", "urgent", "high")]
        before = [how_it_stands(each) for each in (ticket, *others)]
        for other in others:
            merging.merge(other, into=ticket, by=ana)
        for place in order[:2]:
            merging.unmerge(others[place], by=ana)
            ticket.refresh_from_db()
            assert ticket.is_open
        merging.unmerge(others[order[2]], by=ana)
        assert [how_it_stands(each) for each in (ticket, *others)] == before

    def test_out_of_the_middle_of_a_chain(self, ticket, again, ana, carla, support):
        oldest = factories.a_ticket(carla, mailbox=support)
        Promise.make(again, what="Pay", due_at=timezone.now() + timedelta(hours=1), by=ana)
        before = {each.pk: how_it_stands(each) for each in (oldest, ticket, again)}
        merging.merge(again, into=ticket, by=ana)
        merging.merge(ticket, into=oldest, by=ana)
        merging.unmerge(again, by=ana)
        assert how_it_stands(again) == before[again.pk]
        merging.unmerge(ticket, by=ana)
        assert how_it_stands(oldest) == before[oldest.pk]
        merging.merge(again, into=ticket, by=ana)
        merging.merge(Ticket.objects.get(pk=ticket.pk), into=oldest, by=ana)
        merging.unmerge(ticket, by=ana)
        again.refresh_from_db()
        assert again.survivor() == ticket
        assert Target.objects.get(kind="promise").ticket == ticket
        merging.unmerge(again, by=ana)
        assert how_it_stands(again) == before[again.pk]


VERBS = st.sampled_from(
    ["receive", "reply", "wait", "resolve_replied", "resolve", "snooze", "close", "urgent", "late", "promise"]
)


def _do(verb: str, ticket: Ticket, cast: Cast) -> None:
    ana = cast.ana
    with contextlib.suppress(Refusal):
        {
            "receive": lambda: ticket.receive(text="More", customer=cast.carla, channel="email"),
            "reply": lambda: ticket.reply(by=ana, text="Hello"),
            "wait": lambda: ticket.reply(by=ana, text="Which?", then="waiting"),
            "resolve_replied": lambda: ticket.reply(by=ana, text="Done", then="resolved"),
            "resolve": lambda: ticket.resolve(by=ana, reason="By phone"),
            "snooze": lambda: ticket.snooze(until=timezone.now() + timedelta(hours=3), by=ana),
            "close": lambda: ticket.close(),
            "urgent": lambda: ticket.prioritise(priority="urgent", by=ana),
            "late": lambda: ticket.mark_breaches(now=timezone.now() + timedelta(days=30)),
            "promise": lambda: Promise.make(ticket, what="x", due_at=timezone.now() + timedelta(hours=1), by=ana),
        }[verb]()


@settings(
    max_examples=300 if FULL else 30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(VERBS, max_size=5), st.lists(VERBS, max_size=5))
def test_there_and_back_leaves_no_trace_however_the_two_stood(cast, one, other):
    first, second = (factories.a_ticket(cast.carla, mailbox=cast.support) for _ in range(2))
    for ticket, verbs in ((first, one), (second, other)):
        for verb in verbs:
            _do(verb, ticket, cast)
    before = how_it_stands(first), how_it_stands(second)
    with contextlib.suppress(Refusal):
        merging.merge(second, into=first, by=cast.ana)
        first.refresh_from_db()
        if not first.is_done:
            assert first.targets.unsettled().filter(kind="resolution").count() == 1
        assert first.has_due_time or not first.is_open
        merging.unmerge(second, by=cast.ana)
    assert (how_it_stands(first), how_it_stands(second)) == before


class TestWhatArrives:
    """Mail, portal and machines: whatever names the merged ticket reaches the one that goes on."""

    def test_a_reply_to_our_mail_by_message_id(self, ticket, again, ana, deliver):
        sent = again.reply(by=ana, text="Which month?")
        merging.merge(again, into=ticket, by=ana)
        mail = deliver(factories.a_mail(text="September", in_reply_to=f"<{sent.rfc_id}>", message_id="<x@example.com>"))
        message = Message.objects.get(text__startswith="September")
        assert (message.ticket, mail.ticket, message.is_from_stranger) == (ticket, ticket, False)
        again.refresh_from_db()
        assert again.is_closed

    def test_a_mail_to_its_old_reply_address(self, ticket, again, ana, deliver, support):
        from tickets.mail import identity

        merging.merge(again, into=ticket, by=ana)
        deliver(factories.a_mail(to=identity.reply_address(support.address, number=again.number), text="News?"))
        assert ticket.messages.filter(text__startswith="News?").exists()

    def test_its_number_in_a_subject(self, ticket, again, ana, deliver):
        merging.merge(again, into=ticket, by=ana)
        deliver(factories.a_mail(subject=f"Re: the bill [#{again.number}]", text="News?"))
        assert ticket.messages.filter(text__startswith="News?").exists()

    def test_the_customers_own_earlier_mail(self, ticket, carla, ana, support, deliver):
        first = deliver(factories.a_mail(message_id="<first@example.com>", subject="New"))
        merging.merge(first.ticket, into=ticket, by=ana)
        deliver(factories.a_mail(in_reply_to="<first@example.com>", text="And also", subject="New"))
        assert ticket.messages.filter(text__startswith="And also").exists()

    def test_by_two_steps(self, ticket, again, ana, carla, support, deliver):
        oldest = factories.a_ticket(carla, mailbox=support)
        merging.merge(again, into=ticket, by=ana)
        merging.merge(ticket, into=oldest, by=ana)
        deliver(factories.a_mail(subject=f"[#{again.number}]", text="News?"))
        assert oldest.messages.filter(text__startswith="News?").exists()

    def test_after_undoing_it_arrives_where_it_was_sent(self, ticket, again, ana, deliver):
        merging.merge(again, into=ticket, by=ana)
        merging.unmerge(again, by=ana)
        deliver(factories.a_mail(subject=f"[#{again.number}]", text="News?"))
        assert again.messages.filter(text__startswith="News?").exists()

    def test_one_that_was_merged_just_now_hands_on_what_it_receives(self, ticket, again, ana, carla):
        stale = Ticket.objects.get(pk=again.pk)
        merging.merge(again, into=ticket, by=ana)
        message = stale.receive(text="News?", customer=carla, channel="email", from_address="carla@example.com")
        assert (message.ticket, message.is_from_stranger) == (ticket, False)

    def test_to_a_closed_one_it_opens_a_new_ticket_that_continues_it(self, resolved_ticket, again, ana, deliver):
        again.reply(by=ana, text="Done", then="resolved")
        merging.merge(again, into=resolved_ticket, by=ana)
        resolved_ticket.refresh_from_db()
        resolved_ticket.close()
        mail = deliver(factories.a_mail(subject=f"[#{again.number}]", text="Not at all"))
        assert mail.outcome == "ticket_created"
        assert mail.ticket.continues == resolved_ticket


class TestOfTwoCustomers:
    """Whoever wrote into one of the tickets is not thereby let into the other."""

    @pytest.fixture
    def theirs(self, dora, support, ticket, ana) -> Ticket:
        theirs = factories.a_ticket(dora, mailbox=support, text="My bill is wrong, too. I am Dora.")
        theirs.reply(by=ana, text="For Dora alone")
        merging.merge(theirs, into=ticket, by=ana, other_customer=True)
        return theirs

    def test_their_mail_arrives_and_is_a_strangers(self, ticket, theirs, deliver):
        deliver(factories.a_mail(sender="dora@example.org", subject=f"[#{theirs.number}]", text="News?"))
        message = ticket.messages.get(text__startswith="News?")
        assert message.is_from_stranger
        assert not ticket.has_participant("dora@example.org")
        assert message not in ticket.messages.all().shown_to_customer()

    def test_a_reply_goes_to_the_requester_alone(self, ticket, theirs, ana, deliver):
        deliver(factories.a_mail(sender="dora@example.org", subject=f"[#{theirs.number}]", text="News?"))
        reply = ticket.reply(by=ana, text="The money is on its way.")
        assert (reply.to, reply.cc) == (["carla@example.com"], [])

    def test_a_copied_colleague_of_the_merged_one_is_a_stranger_in_the_other(self, ticket, again, ana, deliver):
        again.reply(by=ana, text="Hello", to=["carla@example.com"], cc=["colleague@example.net"])
        merging.merge(again, into=ticket, by=ana)
        deliver(factories.a_mail(sender="colleague@example.net", subject=f"[#{again.number}]", text="I, too"))
        assert ticket.messages.get(text__startswith="I, too").is_from_stranger

    def test_a_number_alone_lets_nobody_in(self, ticket, again, ana, deliver):
        merging.merge(again, into=ticket, by=ana)
        mail = deliver(factories.a_mail(sender="evil@example.net", subject=f"[#{again.number}]", text="Tell me"))
        assert mail.ticket not in (ticket, again)

    def test_an_agents_mail_for_the_one_does_not_go_to_the_other(self, ticket, theirs, ana, support, deliver):
        support.trusted_servers = ["mx.alborada.example"]
        support.save()
        sent = theirs.messages.get(author="agent")
        deliver(
            factories.a_mail(
                sender=ana.email,
                text="Dora, your account number is 4711",
                in_reply_to=f"<{sent.rfc_id}>",
                authentication_results="mx.alborada.example; dkim=pass header.d=alborada.example",
            )
        )
        assert not ticket.deliveries.filter(message__text__contains="4711").exists()
        assert not Message.objects.filter(author="agent", text__contains="4711").exists()
