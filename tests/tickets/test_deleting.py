"""Into the bin and out of it again; and what happens after its time."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from cx import follow_ups, promises, stakes, surveys
from cx.models import FollowUp, Invitation, Promise
from helpdesk.common.errors import Refusal
from helpdesk.people.models import Company
from tests import factories
from tests.cast import Cast
from tickets import bulk, closing, deleting, identities, merging, planning, reports, splitting, tasks
from tickets.models import Attachment, Event, EventKind, InboundEmail, Message, Notification, Status, Target, Ticket
from tickets.periods import Period

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]

LATER = timedelta(days=40)


@pytest.fixture
def binned(ticket: Ticket, cast: Cast) -> Ticket:
    deleting.delete(ticket, by=cast.ana)
    return ticket


def _kinds(ticket: Ticket) -> list[str]:
    return list(ticket.events.order_by("pk").values_list("kind", flat=True))


def _everything(days: int = 30) -> Period:
    today = timezone.localdate()
    return Period(today - timedelta(days=days), today, Company.current().zone)


def test_a_deleted_ticket_is_seen_by_nobody(binned: Ticket, cast: Cast) -> None:
    for user in (cast.olu, cast.mia, cast.lea, cast.ana, cast.lou):
        assert not Ticket.objects.visible_to(user).filter(pk=binned.pk).exists()
    assert _kinds(binned)[-1] == EventKind.DELETED


def test_deleting_twice_leaves_one_event(binned: Ticket, cast: Cast) -> None:
    since = binned.deleted_at

    assert not deleting.delete(binned, by=cast.lea)

    binned.refresh_from_db()
    assert binned.deleted_at == since
    assert binned.deleted_by == cast.ana
    assert _kinds(binned).count(EventKind.DELETED) == 1


def test_it_comes_back_as_it_was_and_coming_back_twice_is_no_error(ticket: Ticket, cast: Cast) -> None:
    columns = [field.attname for field in Ticket._meta.concrete_fields if field.attname != "updated_at"]
    before = Ticket.objects.filter(pk=ticket.pk).values(*columns).get()
    targets = list(Target.objects.filter(ticket=ticket).order_by("pk").values())
    deleting.delete(ticket, by=cast.ana)

    assert deleting.undelete(ticket, by=cast.lea)
    assert not deleting.undelete(ticket, by=cast.lea)

    assert Ticket.objects.filter(pk=ticket.pk).values(*columns).get() == before
    assert list(Target.objects.filter(ticket=ticket).order_by("pk").values()) == targets
    assert _kinds(ticket)[-2:] == [EventKind.DELETED, EventKind.UNDELETED]


def test_the_bin_shows_a_lead_the_teams_tickets_and_an_agent_their_own(binned: Ticket, cast: Cast) -> None:
    lost = {user.first_name: list(Ticket.objects.in_bin_of(user)) for user in (cast.mia, cast.lea, cast.ana, cast.ben)}
    assert lost == {"Mia": [binned], "Lea": [binned], "Ana": [binned], "Ben": []}
    assert list(Ticket.objects.in_bin_of(cast.lou)) == []


def test_what_was_merged_into_it_goes_and_comes_with_it(ticket: Ticket, cast: Cast) -> None:
    other = factories.a_ticket(cast.carla, mailbox=cast.support)
    merging.merge(other, into=ticket, by=cast.ana)

    with pytest.raises(Refusal, match="merged into"):
        deleting.delete(other, by=cast.ana)
    deleting.delete(ticket, by=cast.ana)

    assert not Ticket.objects.visible_to(cast.olu).exists()
    deleting.undelete(ticket, by=cast.ana)
    assert Ticket.objects.visible_to(cast.olu).count() == 2


def test_an_answer_to_a_deleted_ticket_is_refused(binned: Ticket, cast: Cast) -> None:
    with pytest.raises(Refusal, match="in the bin"):
        binned.reply(by=cast.ana, text="We are on it.")


# --- A word from the customer ----------------------------------------------------------------------------------------


def test_mail_from_the_customer_takes_it_out_again(binned: Ticket, cast: Cast) -> None:
    raw = factories.a_mail(subject=f"Re: [#{binned.number}] The bill is wrong", text="Hello? Still waiting.")

    came = factories.deliver_raw(raw, mailbox=cast.support)

    assert came.ticket == binned
    assert Ticket.objects.visible_to(cast.ana).filter(pk=binned.pk).exists()
    back = binned.events.get(kind=EventKind.UNDELETED)
    assert back.actor is None
    assert back.details["because"] == "customer"


def test_an_out_of_office_leaves_it_in_the_bin(binned: Ticket, cast: Cast) -> None:
    raw = factories.a_mail(subject=f"Re: [#{binned.number}] Out of office", auto_submitted="auto-replied")

    factories.deliver_raw(raw, mailbox=cast.support)

    binned.refresh_from_db()
    assert binned.is_deleted


def test_a_word_about_a_closed_one_in_the_bin_opens_a_new_one_and_takes_it_out(ticket: Ticket, cast: Cast) -> None:
    ticket.resolve(by=cast.ana, reason="Done by phone.")
    ticket.close()
    deleting.delete(ticket, by=cast.ana)
    raw = factories.a_mail(subject=f"Re: [#{ticket.number}] The bill is wrong", text="It is wrong again.")

    came = factories.deliver_raw(raw, mailbox=cast.support)

    ticket.refresh_from_db()
    assert came.ticket != ticket
    assert came.ticket is not None
    assert came.ticket.continues == ticket
    assert not ticket.is_deleted


def test_a_word_for_what_was_merged_into_it_takes_both_out(ticket: Ticket, cast: Cast) -> None:
    other = factories.a_ticket(cast.carla, mailbox=cast.support)
    merging.merge(other, into=ticket, by=cast.ana)
    deleting.delete(ticket, by=cast.ana)

    other.receive(text="And another thing", customer=cast.carla, channel="email", from_address=cast.carla.email)

    assert Ticket.objects.visible_to(cast.ana).count() == 2


# --- Nothing happens by itself ---------------------------------------------------------------------------------------


def test_in_the_bin_nothing_happens_by_itself_and_afterwards_it_does(ticket: Ticket, cast: Cast) -> None:
    ticket.assign(to=cast.ana, by=cast.lea)
    promise = Promise.make(ticket, what="A credit note", due_at=timezone.now() + timedelta(hours=2), by=cast.ana)
    ticket.snooze(until=timezone.now() + timedelta(hours=1), by=cast.ana)
    deleting.delete(ticket, by=cast.ana)
    Notification.objects.all().delete()

    with time_machine.travel(timezone.now() + timedelta(days=20), tick=False):
        _everything_that_happens_by_itself()
        ticket.refresh_from_db()
        promise.refresh_from_db()
        assert ticket.status == Status.SNOOZED
        assert not ticket.targets.exclude(breached_at=None).exists()
        assert promise.state == Promise.State.OPEN
        assert not Notification.objects.exists()

        deleting.undelete(ticket, by=cast.ana)
        _everything_that_happens_by_itself()
        ticket.refresh_from_db()
        promise.refresh_from_db()
        assert ticket.status == Status.OPEN
        assert ticket.targets.exclude(breached_at=None).exists()
        assert promise.state == Promise.State.BROKEN


def _everything_that_happens_by_itself() -> None:
    for task in (tasks.wake_snoozed, tasks.mark_breaches, tasks.mark_due_soon, tasks.send_notices):
        task()
    closing.close_due()
    promises.mark_broken()
    follow_ups.send_due()


def test_nobody_is_asked_about_a_deleted_ticket_nor_is_it_closed(ticket: Ticket, cast: Cast) -> None:
    ticket.reply(by=cast.ana, text="Corrected.", then=Status.RESOLVED, undo_seconds=0)
    event = Event.objects.filter(ticket=ticket, kind=EventKind.RESOLVED).get()
    follow_ups.plan_follow_up(event)
    deleting.delete(ticket, by=cast.ana)

    with time_machine.travel(timezone.now() + LATER, tick=False):
        _everything_that_happens_by_itself()

    ticket.refresh_from_db()
    assert ticket.status == Status.RESOLVED
    assert not Invitation.objects.exists()
    assert FollowUp.objects.planned().filter(ticket=ticket).exists()


def test_a_planned_reply_waits_while_its_ticket_is_in_the_bin(ticket: Ticket, cast: Cast) -> None:
    at = timezone.now() + timedelta(hours=1)
    planning.plan(ticket, by=cast.ana, text="Good morning.", at=at)
    deleting.delete(ticket, by=cast.ana)

    with time_machine.travel(at + timedelta(minutes=1), tick=False):
        assert planning.send_due() == 0
        assert not ticket.messages.filter(user=cast.ana).exists()
        deleting.undelete(ticket, by=cast.ana)
        assert planning.send_due() == 1

    assert ticket.messages.filter(user=cast.ana).exists()


def test_it_holds_no_other_question_back_and_weighs_on_nothing(binned: Ticket, cast: Cast) -> None:
    done = factories.a_ticket(cast.carla, mailbox=cast.support)
    done.reply(by=cast.ana, text="Corrected.", then=Status.RESOLVED, undo_seconds=0)

    assert surveys.reason_not_to_ask(done, now=timezone.now()) == ""
    assert surveys.reason_not_to_ask(binned, now=timezone.now()) != ""
    assert stakes.weigh_waiting() == 0


def test_no_report_counts_it(ticket: Ticket, cast: Cast) -> None:
    kept = factories.a_ticket(cast.carla, mailbox=cast.support)
    deleting.delete(ticket, by=cast.ana)

    for viewer in (cast.mia, cast.lea, cast.gus):
        scope = reports.Scope(viewer=viewer, period=_everything())
        assert [each.now for each in reports.volume(scope)] == [1]
        assert list(scope.tickets().values_list("pk", flat=True)) == [kept.pk]
        for with_merged in (True, False):
            counted = scope.of(Target.objects.all(), with_merged=with_merged)
            assert set(counted.values_list("ticket_id", flat=True)) == {kept.pk}


def test_the_customers_other_link_does_not_lead_to_it(binned: Ticket, cast: Cast) -> None:
    address = cast.carla.addresses.get()

    assert not identities.tickets_for(address).exists()


# --- Many at once ----------------------------------------------------------------------------------------------------


def test_many_are_deleted_and_taken_back_at_once(ticket: Ticket, cast: Cast) -> None:
    other = factories.a_ticket(cast.dora, mailbox=cast.support)
    action = bulk.act("delete", by=cast.ana, numbers=[ticket.number, other.number])
    assert not Ticket.objects.visible_to(cast.olu).exists()

    back = bulk.undo(action, by=cast.ana)

    assert bulk.outcome(back).failed == {}
    assert Ticket.objects.visible_to(cast.olu).count() == 2


def test_nobody_of_another_team_deletes_it(ticket: Ticket, cast: Cast) -> None:
    action = bulk.act("delete", by=cast.ben, numbers=[ticket.number])

    assert bulk.outcome(action).failed == {ticket.number: "There is no such ticket for you."}


# --- For good --------------------------------------------------------------------------------------------------------


def test_after_its_time_it_is_gone_with_rows_and_files_and_the_raw_mail_stays(cast: Cast) -> None:
    came = factories.deliver_raw(factories.a_mail(), mailbox=cast.support)
    ticket, message = came.ticket, came.message
    assert ticket is not None
    assert message is not None
    file = Attachment.objects.create(
        message=message, filename="bill.pdf", content_type="application/pdf", size=3, sha256="0",
        file=ContentFile(b"pdf", name="bill.pdf"),
    )  # fmt: skip
    merged = factories.a_ticket(cast.carla, mailbox=cast.support)
    merging.merge(merged, into=ticket, by=cast.ana)
    deleting.delete(ticket, by=cast.ana)
    assert deleting.purge_due() == 0

    with time_machine.travel(timezone.now() + LATER, tick=False):
        tasks.empty_bin()

    assert not Ticket.objects.exists()
    assert not Message.objects.exists()
    assert not default_storage.exists(file.file.name or "")
    raw = InboundEmail.objects.get(pk=came.pk)
    assert raw.ticket is None
    assert raw.raw


def test_what_was_taken_back_is_not_removed(binned: Ticket, cast: Cast) -> None:
    deleting.undelete(binned, by=cast.ana)

    with time_machine.travel(timezone.now() + LATER, tick=False):
        assert deleting.purge_due() == 0

    assert Ticket.objects.filter(pk=binned.pk).exists()


def test_a_file_that_a_split_ticket_shares_stays(ticket: Ticket, cast: Cast) -> None:
    message = ticket.messages.get()
    file = Attachment.objects.create(
        message=message, filename="bill.pdf", content_type="application/pdf", size=3, sha256="0",
        file=ContentFile(b"pdf", name="bill.pdf"),
    )  # fmt: skip
    new = splitting.split(message, by=cast.ana)
    deleting.delete(ticket, by=cast.ana)

    with time_machine.travel(timezone.now() + LATER, tick=False):
        assert deleting.purge_due() == 1

    copy = Attachment.objects.get(message__ticket=new)
    assert copy.file.name == file.file.name
    assert default_storage.exists(copy.file.name or "")


def test_the_bin_is_emptied_in_pieces(cast: Cast) -> None:
    for _ in range(3):
        deleting.delete(factories.a_ticket(cast.carla, mailbox=cast.support), by=cast.ana)

    with time_machine.travel(timezone.now() + LATER, tick=False):
        assert [deleting.purge_due(limit=2) for _ in range(3)] == [2, 1, 0]
