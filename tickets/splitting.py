"""Two matters in one message: the second gets a ticket of its own, with a copy of what was said about it.

The original keeps all that is its own. Mail that answers the copied message goes on in the original, whose Message-ID
it bears; mail that answers a reply of the new ticket goes on in the new one. A copy is no second contact: reports
count tickets, and the history of a customer leaves copies out (`Message.copied_from`). The new matter arrived when
its message did, so that is when its clocks begin, and the day for which it is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _t

from helpdesk.common.errors import Refusal
from helpdesk.common.text import excerpt
from tickets.models import Attachment, Author, EventKind, Link, Message, Ticket, TicketTag
from tickets.models.ticket import EXCERPT

if TYPE_CHECKING:
    from helpdesk.people.models import User

# What a copy says of itself. Its Message-ID stays with the original: there the thread goes on.
_COPIED: Final = ("quoted", "html", "language", "from_address", "reply_to", "to", "cc", "signed_with")
_FILE: Final = ("filename", "content_type", "size", "sha256", "content_id", "is_inline", "scanned_at", "threat")
# After these somebody has worked in the new ticket, and taking it away would lose their work.
_WORKED: Final = (
    EventKind.REPLIED, EventKind.ANSWERED_ELSEWHERE, EventKind.NOTED, EventKind.ANNOUNCED, EventKind.TOOK_IN,
    EventKind.PROMISED, EventKind.RECOVERED, EventKind.SIDE_SENT, EventKind.COMPLAINT_CHANGED, EventKind.TIME_SPENT,
    EventKind.ANSWERED_SURVEY, EventKind.SPLIT,
)  # fmt: skip


def split(
    message: Message, *, by: User, subject: str = "", with_later: bool = False, for_writer: bool = False
) -> Ticket:
    """A new ticket about what this message of a customer says, with a copy of the message and its files.

    It is the same requester's, or with `for_writer` that of whoever wrote the message. `with_later` copies along what
    the same person has written since. Team, language and tags are those of the original; nobody has it yet. A message
    that was split off before gives the ticket that it gave then, while that one is there. `unsplit` is the opposite.
    """
    with message.ticket._locked():
        ticket = message.ticket
        ticket._refuse_if_merged()
        ticket._refuse_if_deleted()
        if not message.is_from_customer or message.customer is None or message.is_auto:
            raise Refusal(_t("Only what a customer wrote can be split off."))
        if earlier := Link.objects.filter(
            other=ticket, kind=Link.Kind.SPLIT_FROM, ticket__deleted_at=None, ticket__messages__copied_from=message
        ).first():
            return earlier.ticket
        new = _open(message, subject=subject, by=by, for_writer=for_writer)
        if with_later:
            _copy_later(message, into=new)
        Link.objects.create(ticket=new, other=ticket, kind=Link.Kind.SPLIT_FROM, made_by=by)
        ticket.record(EventKind.SPLIT, actor=by, message=message.pk, number=new.number, is_other_side=True)
        new.record(EventKind.SPLIT, actor=by, number=ticket.number, is_other_side=False)
    return new


def unsplit(ticket: Ticket, *, by: User) -> bool:
    """The opposite of `split`, while nobody has written in the new ticket: it is gone, and the original's events say
    so. Undoing twice is no error. Refused once there is something in it that would be lost."""
    link = Link.objects.filter(ticket=ticket, kind=Link.Kind.SPLIT_FROM).select_related("other").first()
    if link is None:
        if not Ticket.objects.filter(pk=ticket.pk).exists():
            return False
        raise Refusal(_t("This ticket was not split from another one."))
    with link.other._locked(), ticket._locked():
        if _has_something_of_its_own(ticket):
            raise Refusal(_t("Somebody has written here since. Merge it into #%(number)s instead.") % {
                "number": link.other.number,
            })  # fmt: skip
        link.other.record(EventKind.UNSPLIT, actor=by, number=ticket.number)
        with transaction.atomic():
            Ticket.objects.filter(pk=ticket.pk).delete()
    return True


def _has_something_of_its_own(ticket: Ticket) -> bool:
    return (
        ticket.is_merged
        or ticket.messages.filter(copied_from=None).exists()
        or ticket.events.filter(Q(kind__in=_WORKED) & ~Q(kind=EventKind.SPLIT, details__is_other_side=False)).exists()
        or ticket.drafts.exclude(text="").exists()
        or ticket.merged.exists()
    )


def _open(message: Message, *, subject: str, by: User, for_writer: bool) -> Ticket:
    original = message.ticket
    assert message.customer is not None
    requester = message.customer.kept if for_writer else original.requester
    said: dict[str, Any] = {name: getattr(message, name) for name in _COPIED}
    said["is_from_stranger"] = message.is_from_stranger and requester.pk != message.customer_id
    said["copied_from"] = message
    copy = Ticket.open_for(
        requester, subject=subject.strip() or original.subject, channel=message.channel, text=message.text,
        mailbox=original.mailbox, team=original.team, language=original.language, priority=original.priority,
        at=message.said_at, said=said, split_from=original.number,
    )  # fmt: skip
    new = copy.ticket
    if copy.customer_id != message.customer_id:
        copy.customer = message.customer
        copy.save(update_fields=["customer"])
    new.team, new.address_confirmed_at = original.team, original.address_confirmed_at
    new.save(update_fields=["team", "address_confirmed_at"])
    _copy_files(message, to=copy)
    tags = TicketTag.objects.filter(ticket=original).values_list("tag_id", flat=True)
    TicketTag.objects.bulk_create(TicketTag(ticket=new, tag_id=tag, by=by) for tag in tags)
    return new


def _copy_later(message: Message, *, into: Ticket) -> None:
    """What the same person wrote after it, each at its own time. The targets are those of the first."""
    said = message.ticket.messages.filter(author=Author.CUSTOMER, customer=message.customer_id, is_auto=False)
    later = said.filter(Q(said_at__gt=message.said_at) | Q(said_at=message.said_at, pk__gt=message.pk))
    for one in later.in_order():
        copy = Message.objects.create(
            ticket=into, author=one.author, customer_id=one.customer_id, text=one.text, channel=one.channel,
            said_at=one.said_at, copied_from=one,
            is_from_stranger=one.is_from_stranger and into.requester_id != one.customer_id,
            **{name: getattr(one, name) for name in _COPIED},
        )  # fmt: skip
        _copy_files(one, to=copy)
        into.record(EventKind.RECEIVED, at=one.said_at, message=copy.pk, auto=False)
        into.last_customer_message_at, into.excerpt = one.said_at, excerpt(one.text, limit=EXCERPT)
    into._save("last_customer_message_at", "excerpt")


def _copy_files(message: Message, *, to: Message) -> None:
    """The same bytes, which `deleting` keeps for as long as one of the two is there."""
    Attachment.objects.bulk_create(
        Attachment(message=to, file=one.file.name, **{name: getattr(one, name) for name in _FILE})
        for one in message.attachments.order_by("pk")
    )
