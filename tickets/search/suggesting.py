"""What somebody who is typing may mean: customers and tickets. Only of tickets that they may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Prefetch

from helpdesk.people.models import Customer, CustomerAddress
from tickets.models import Ticket
from tickets.search import latest_first, marked_q, words

if TYPE_CHECKING:
    from helpdesk.people.models import User

MOST = 5
LOOKED_AT = 60  # tickets for different customers: those who write often have many
SHORTEST = 2  # letters from which on there is a sense in guessing
SHORTEST_PART = 3  # of something in the middle of a word


def customers(typed: str, *, user: User, most: int = MOST) -> list[Customer]:
    """Customers with such words in their name, address or organisation, whoever was heard from last first; then those
    with these letters anywhere.
    """
    latest = _latest(typed, words.CUSTOMER, user=user, most=LOOKED_AT)
    requesters = dict(Ticket.objects.filter(pk__in=latest).values_list("pk", "requester_id"))
    ids = list(dict.fromkeys(requesters[pk] for pk in latest if pk in requesters))[:most]
    if len(ids) < most and len(typed.strip()) >= SHORTEST_PART:
        ids = list(dict.fromkeys([*ids, *_anywhere(typed, user=user, most=most)]))[:most]
    addresses = Prefetch("addresses", CustomerAddress.objects.order_by("pk"))
    known = Customer.objects.select_related("organisation").prefetch_related(addresses).in_bulk(ids)
    return [known[pk] for pk in ids if pk in known]


def tickets(typed: str, *, user: User, most: int = MOST) -> list[Ticket]:
    """Tickets with such words in their subject, or with this number."""
    number = typed.strip().removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) <= 18:
        return list(Ticket.objects.visible_to(user).filter(number=int(number)).select_related("requester"))
    latest = _latest(typed, words.SUBJECT, user=user, most=most)
    known = Ticket.objects.select_related("requester").prefetch_related("requester__addresses").in_bulk(latest)
    return [known[pk] for pk in latest if pk in known]


def _anywhere(typed: str, *, user: User, most: int) -> list[int]:
    known = Exists(Ticket.objects.visible_to(user).filter(requester=OuterRef("pk")))
    return list(Customer.objects.matching(typed).filter(known).order_by("-pk").values_list("pk", flat=True)[:most])


def _latest(typed: str, mark: str, *, user: User, most: int) -> list[int]:
    begun = words.words(typed)[:8]
    if not begun or len(max(begun, key=len)) < SHORTEST:
        return []
    found = Ticket.objects.visible_to(user).filter(marked_q(mark, begun))
    return list(latest_first(found, most=most, has_beginnings=True))
