"""Who has to write again about the same thing: a second ticket on it within seven days.

The same thing is the same product, or the same stage and gap by what the tickets' chips show. It is asked of both
tickets, whichever came first.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from cx.codebook import Gap
from cx.models import Tagging
from tickets.models import Channel, Ticket
from tickets.models.ticket import TicketQuerySet

if TYPE_CHECKING:
    from helpdesk.people.models import User

WITHIN: Final = timedelta(days=7)


def others_about_the_same(user: User) -> TicketQuerySet:
    """For a query over tickets: the other tickets of the same customer about the same, within seven days of it, as far
    as this person may know of them.

    One that was merged is no contact of its own: it stands in the one that goes on. Whose address nobody has confirmed
    has not shown that they are the same customer.
    """
    known = ~Q(channel=Channel.WEB) | Q(address_confirmed_at__isnull=False)
    return Ticket.objects.visible_to(user).not_merged().filter(
        known,
        _about_the_same(),
        requester=OuterRef("requester"),
        created_at__gte=_moved(-WITHIN),
        created_at__lte=_moved(WITHIN),
    ).exclude(pk=OuterRef("pk"))  # fmt: skip


def is_repeat(user: User) -> Q:
    """The condition that a ticket is one of several contacts about the same."""
    known = ~Q(channel=Channel.WEB) | Q(address_confirmed_at__isnull=False)
    return known & Q(merged_into=None) & Q(Exists(others_about_the_same(user)))


def how_many(user: User) -> Coalesce:
    """For a query over tickets: how many others there are about the same."""
    others = others_about_the_same(user).order_by().values("requester").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(others), 0)


def _moved(span: timedelta) -> Combinable:
    return OuterRef("created_at") + span


def _about_the_same() -> Q:
    own = Tagging.objects.counted().exclude(gap_primary=Gap.NONE).filter(ticket=OuterRef("pk"))
    twin = own.filter(
        journey_stage=Subquery(_of_the_outer("journey_stage")), gap_primary=Subquery(_of_the_outer("gap_primary"))
    )
    return (~Q(product="") & Q(product=OuterRef("product"))) | Q(Exists(twin))


def _of_the_outer(column: str) -> QuerySet[Any, Any]:
    """What the ticket that is asked about is tagged with, two queries further out."""
    theirs = Tagging.objects.counted().filter(ticket=OuterRef(OuterRef(OuterRef("pk"))))
    return theirs.values(column)[:1]
