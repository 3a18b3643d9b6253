"""Two matters in one message."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from helpdesk.common.errors import Refusal
from tests import factories
from tests.cast import Cast
from tickets import deleting, merging, splitting
from tickets.mail import identity
from tickets.models import Attachment, EventKind, Link, Message, Status, Tag, Target, Ticket, TicketTag

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


@pytest.fixture
def second(cast: Cast) -> Message:
    """Carla's second message, an hour ago, with a file; she wrote once more since."""
    ticket = factories.a_ticket(cast.carla, mailbox=cast.support, at=timezone.now() - timedelta(hours=2))
    at = timezone.now() - timedelta(hours=1)
    said = {"from_address": cast.carla.email, "rfc_id": "second@example.com"}
    ticket.language = "es"
    ticket.save(update_fields=["language"])
    message = ticket.receive(text="And my meter is broken.", customer=cast.carla, channel="email", at=at, **said)
    Attachment.objects.create(
        message=message, filename="meter.png", content_type="image/png", size=3, sha256="0",
        file=ContentFile(b"png", name="meter.png"),
    )  # fmt: skip
    ticket.receive(text="The meter smells, too.", customer=cast.carla, channel="email", from_address=cast.carla.email)
    return message


def test_the_second_matter_gets_a_ticket_with_a_copy_of_the_message(second: Message, cast: Cast) -> None:
    original = second.ticket
    TicketTag.objects.create(ticket=original, tag=Tag.objects.create(name="Meter", slug="meter"), by=cast.ana)

    new = splitting.split(second, by=cast.ana, subject="Broken meter")

    copy = new.messages.get()
    assert (copy.text, copy.copied_from, copy.customer) == ("And my meter is broken.", second, cast.carla)
    assert copy.attachments.get().filename == "meter.png"
    assert (new.subject, new.requester, new.team, new.language) == ("Broken meter", cast.carla, cast.billing, "es")
    assert new.ticket_tags.get().tag.slug == "meter"
    assert original.messages.count() == 3
    assert Link.objects.get(ticket=new, other=original).kind == Link.Kind.SPLIT_FROM
    for ticket, told_of in ((original, new), (new, original)):
        assert ticket.events.get(kind=EventKind.SPLIT).details["number"] == told_of.number


def test_its_clocks_began_when_the_message_was_written(second: Message, cast: Cast) -> None:
    new = splitting.split(second, by=cast.ana)

    assert new.created_at == second.said_at
    assert set(new.targets.values_list("started_at", flat=True)) == {second.said_at}
    assert {target.kind for target in new.targets.all()} == {Target.Kind.FIRST_REPLY, Target.Kind.RESOLUTION}
    assert new.status == Status.OPEN


def test_what_they_wrote_since_comes_along_when_asked_for(second: Message, cast: Cast) -> None:
    new = splitting.split(second, by=cast.ana, with_later=True)

    said = list(new.messages.in_order().values_list("text", flat=True))
    assert said == ["And my meter is broken.", "The meter smells, too."]
    assert new.excerpt == "The meter smells, too."


def test_splitting_twice_gives_the_same_ticket(second: Message, cast: Cast) -> None:
    new = splitting.split(second, by=cast.ana)

    assert splitting.split(second, by=cast.ana, subject="Again") == new
    assert Ticket.objects.count() == 2


def test_it_can_be_the_ticket_of_whoever_wrote(ticket: Ticket, cast: Cast) -> None:
    message = ticket.receive(
        text="My bill is wrong, too.", customer=cast.dora, channel="email", from_address=cast.dora.email,
        is_from_stranger=True,
    )  # fmt: skip

    new = splitting.split(message, by=cast.ana, for_writer=True)

    assert new.requester == cast.dora
    assert [each.text for each in new.messages.shown_to_customer()] == ["My bill is wrong, too."]


def test_a_strangers_words_are_not_shown_to_the_requester_of_the_new_ticket_either(ticket: Ticket, cast: Cast) -> None:
    message = ticket.receive(text="Psst", customer=cast.dora, channel="email", is_from_stranger=True)

    new = splitting.split(message, by=cast.ana)

    assert (new.requester, new.messages.get().customer) == (cast.carla, cast.dora)
    assert not new.messages.shown_to_customer().exists()


def test_only_what_a_customer_wrote_is_split_off(ticket: Ticket, cast: Cast) -> None:
    reply = ticket.reply(by=cast.ana, text="We are looking into it.")
    with pytest.raises(Refusal):
        splitting.split(reply, by=cast.ana)

    first = ticket.messages.earliest("pk")
    other = factories.a_ticket(cast.carla, mailbox=cast.support)
    merging.merge(ticket, into=other, by=cast.ana)
    with pytest.raises(Refusal, match="Go on there"):
        splitting.split(first, by=cast.ana)


def test_mail_that_answers_the_copied_message_stays_and_an_answer_to_the_new_one_goes_there(
    second: Message, cast: Cast
) -> None:
    new = splitting.split(second, by=cast.ana)
    ours = new.reply(by=cast.ana, text="A colleague will come.", undo_seconds=0)
    assert identity.looks_ours(ours.rfc_id)

    to_old = factories.a_mail(subject="Re: x", text="As I said", in_reply_to=f"<{second.rfc_id}>")
    to_new = factories.a_mail(subject="Re: x", text="When?", in_reply_to=f"<{ours.rfc_id}>")

    assert factories.deliver_raw(to_old, mailbox=cast.support).ticket == second.ticket
    assert factories.deliver_raw(to_new, mailbox=cast.support).ticket == new


# --- Undone ----------------------------------------------------------------------------------------------------------


def test_undone_it_is_gone_without_trace_but_for_the_events(second: Message, cast: Cast) -> None:
    original = second.ticket
    new = splitting.split(second, by=cast.ana)

    assert splitting.unsplit(new, by=cast.ana)

    assert list(Ticket.objects.all()) == [original]
    assert not Link.objects.exists()
    assert Message.objects.filter(ticket=original).count() == 3
    assert second.attachments.get().file.read() == b"png"
    assert original.events.get(kind=EventKind.UNSPLIT).details["number"] == new.number


def test_once_somebody_has_written_in_it_it_stays(second: Message, cast: Cast) -> None:
    new = splitting.split(second, by=cast.ana)
    new.add_note(by=cast.ana, text="Call the technician.")

    with pytest.raises(Refusal, match="written here since"):
        splitting.unsplit(new, by=cast.ana)

    assert Ticket.objects.filter(pk=new.pk).exists()


def test_a_customers_word_in_it_keeps_it_too(second: Message, cast: Cast) -> None:
    new = splitting.split(second, by=cast.ana)
    new.receive(text="When?", customer=cast.carla, channel="email")

    with pytest.raises(Refusal):
        splitting.unsplit(new, by=cast.ana)


def test_undoing_twice_is_no_error_and_what_was_never_split_is_refused(second: Message, cast: Cast) -> None:
    new = splitting.split(second, by=cast.ana)
    again = Ticket.objects.get(pk=new.pk)
    assert splitting.unsplit(new, by=cast.ana)
    assert not splitting.unsplit(again, by=cast.ana)

    with pytest.raises(Refusal):
        splitting.unsplit(second.ticket, by=cast.ana)


def test_after_the_new_one_was_deleted_it_can_be_split_off_anew(second: Message, cast: Cast) -> None:
    deleting.delete(splitting.split(second, by=cast.ana), by=cast.ana)

    assert splitting.split(second, by=cast.ana).is_deleted is False
