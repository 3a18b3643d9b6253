"""Two customers who are one person: merging them, telling them apart again, and who may read what came together.

Rows change hands: whatever points at the one that goes points at the one that is kept, and a record says which rows
did. What stands in a floor above registers its rows. Nothing is merged by itself; `twins_of` suggests.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, Field, Model, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _t

from helpdesk.common.errors import Refusal
from helpdesk.people.models import Customer, CustomerAddress, CustomerMerge, CustomerNote, User
from tickets.models import Author, Event, Message, Ticket
from tickets.models.ticket import TicketQuerySet

# What the one that is kept takes over where it has nothing of its own.
FILLED = ("name", "organisation_id", "phone", "language", "time_zone")
_COLUMNS: dict[str, Field[Any, Any]] = {field.attname: field for field in Customer._meta.concrete_fields}
MOST_TWINS = 3


@dataclass(frozen=True)
class Holding:
    """A kind of row that points at a customer."""

    kind: str
    model: type[Model]
    column: str = "customer_id"

    def of(self, customer: Customer) -> QuerySet[Any]:
        return self.model._default_manager.filter(**{self.column: customer.pk})

    def hand_over(self, rows: QuerySet[Any], *, to: Customer) -> list[int]:
        """Returns which rows changed hands."""
        moved = list(rows.order_by("pk").values_list("pk", flat=True))
        if moved:
            rows.model._default_manager.filter(pk__in=moved).update(**{self.column: to.pk})
        return moved


_holdings: dict[str, Holding] = {}


def register(kind: str, model: type[Model], column: str = "customer_id") -> None:
    """Rows of this kind go along when customers are merged, and come back when that is undone."""
    _holdings[kind] = Holding(kind, model, column)


register("addresses", CustomerAddress)
register("tickets", Ticket, "requester_id")
register("messages", Message)
register("notes", CustomerNote)


# --- Merging and its opposite ----------------------------------------------------------------------------------------


def merge(gone: Customer, *, into: Customer, by: User) -> CustomerMerge | None:
    """Make one customer of two: everything of `gone` is `into`'s, and mail from any of their addresses finds `into`.

    None when that was done before. Refuses what cannot be, and what this person may not see. `split` is its opposite.
    """
    if gone.pk == into.pk:
        raise Refusal(_t("This is the same customer."))
    for customer in (gone, into):
        if not is_known_to(by, customer):
            raise Refusal(_t("You can see no ticket of that customer."))
    with transaction.atomic():
        gone, into = _locked(gone, into)
        if gone.merged_into_id == into.pk:
            return None
        for customer in (gone, into):
            if customer.merged_into is not None:
                raise Refusal(_t("%(name)s was merged into %(kept)s before.") % {
                    "name": customer, "kept": customer.kept,
                })  # fmt: skip
        filled = _fill(into, gone)
        gone.merged_into = into
        gone.save(update_fields=["merged_into"])
        moved: dict[str, Any] = _hand_over(gone, to=into)
        done = CustomerMerge.objects.create(kept=into, gone=gone, by=by, moved={**moved, "filled": filled})
        _say_changed(moved["tickets"])
        Customer.objects.filter(pk__in=[gone.pk, into.pk]).index()
    return done


def split(merge: CustomerMerge, *, by: User) -> bool:
    """The opposite of `merge`: two customers again, each with what was theirs. Returns whether anything changed.

    What an address that goes back has written since goes back with it. What was filled in and changed since stays.
    """
    if not is_known_to(by, merge.kept):
        raise Refusal(_t("You can see no ticket of that customer."))
    with transaction.atomic():
        gone, kept = _locked(merge.gone, merge.kept)
        merge = CustomerMerge.objects.select_for_update().get(pk=merge.pk)
        if merge.undone_at is not None:
            return False
        if kept.merged_into is not None:
            raise Refusal(
                _t("%(name)s was merged into %(kept)s since. Undo that first.") % {"name": kept, "kept": kept.kept}
            )
        tickets: list[int] = []
        for holding in _holdings.values():
            moved = merge.moved.get(holding.kind, [])
            back = holding.hand_over(holding.of(kept).filter(pk__in=moved), to=gone)
            tickets += back if holding.kind == "tickets" else []
        tickets += _hand_back_since(gone=gone, kept=kept)
        _unfill(kept, merge.moved.get("filled", {}))
        gone.merged_into = None
        gone.save(update_fields=["merged_into"])
        Customer.objects.filter(pk__in=[gone.pk, kept.pk]).index()
        merge.undone_at = timezone.now()
        merge.save(update_fields=["undone_at"])
        _say_changed(tickets)
    return True


def gather() -> int:
    """Rows that reached a customer in the moment in which they were merged: they follow. Returns how many did.

    A mail that was being read just then may have looked its sender up before and opened its ticket after.
    """
    late: set[int] = set()
    for holding in _holdings.values():
        to_gone = holding.model._default_manager.filter(
            **{f"{holding.column.removesuffix('_id')}__merged_into__isnull": False}
        )
        late.update(to_gone.values_list(holding.column, flat=True)[:100])
    return sum(_gather(Customer.objects.get(pk=pk)) for pk in sorted(late))


def _gather(gone: Customer) -> int:
    with transaction.atomic():
        chain = [gone]
        while chain[-1].merged_into is not None:
            chain.append(chain[-1].merged_into)
        _locked(*chain)
        moved = _hand_over(gone, to=chain[-1])
        # Each undoing along the way must know of them.
        for step in chain[:-1]:
            record = CustomerMerge.objects.filter(gone=step, undone_at=None).select_for_update().latest("pk")
            for kind, ids in moved.items():
                record.moved[kind] = [*record.moved.get(kind, []), *ids]
            record.save(update_fields=["moved"])
        _say_changed(moved["tickets"])
        Customer.objects.filter(pk=chain[-1].pk).index()
        return sum(map(len, moved.values()))


def _locked(*customers: Customer) -> list[Customer]:
    """These rows with their latest values, held in the order of their numbers, so that no two wait for each other."""
    held = Customer.objects.select_for_update().filter(pk__in=[each.pk for each in customers]).order_by("pk")
    by_number = {each.pk: each for each in held}
    return [by_number[each.pk] for each in customers]


def _hand_over(gone: Customer, *, to: Customer) -> dict[str, list[int]]:
    return {holding.kind: holding.hand_over(holding.of(gone), to=to) for holding in _holdings.values()}


def _fill(into: Customer, gone: Customer) -> dict[str, list[Any]]:
    """What `into` takes over from the other one: column -> what stood there, and what stands there now.

    A customer since the earlier day of the two; asked for opinions only if neither asked us to stop.
    """
    taken: dict[str, Any] = {
        name: getattr(gone, name) for name in FILLED if getattr(gone, name) and not getattr(into, name)
    }
    for name in ("customer_since", "refuses_surveys_at"):
        theirs, ours = getattr(gone, name), getattr(into, name)
        if theirs and (ours is None or theirs < ours):
            taken[name] = theirs
    filled = {name: [_plain(getattr(into, name)), _plain(value)] for name, value in taken.items()}
    for name, value in taken.items():
        setattr(into, name, value)
    if taken:
        into.save(update_fields=[name.removesuffix("_id") for name in taken])
    return filled


def _unfill(kept: Customer, filled: dict[str, list[Any]]) -> None:
    changed = []
    for name, (was, became) in filled.items():
        if _plain(getattr(kept, name)) == became:
            setattr(kept, name, _COLUMNS[name].to_python(was) if was is not None else None)
            changed.append(name.removesuffix("_id"))
    if changed:
        kept.save(update_fields=changed)


def _plain(value: Any) -> Any:
    """As it stands in the record."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def _hand_back_since(*, gone: Customer, kept: Customer) -> list[int]:
    """What came since from an address that is the other one's again: their messages, and the tickets that these
    opened. Before, nothing from there was the kept one's. Returns the tickets."""
    addresses = list(gone.addresses.values_list("address", flat=True))
    said = Message.objects.filter(customer=kept, author=Author.CUSTOMER, from_address__in=addresses)
    first = Message.objects.filter(ticket=OuterRef("ticket"), author=Author.CUSTOMER).order_by("said_at", "pk")
    opening = said.filter(pk=Subquery(first.values("pk")[:1]))
    opened = Ticket.objects.filter(requester=kept, pk__in=opening.values("ticket"))
    tickets = _holdings["tickets"].hand_over(opened, to=gone)
    _holdings["messages"].hand_over(said, to=gone)
    return tickets


def say_changed(customer: Customer) -> None:
    """The customer has another name or the like: the search looks at their tickets again."""
    _say_changed(customer.tickets.values_list("pk", flat=True))


def _say_changed(tickets: Iterable[int]) -> None:
    """What the search knows of these tickets names another customer now."""
    latest = Event.objects.filter(ticket=OuterRef("ticket")).order_by("-happened_at", "-pk").values("pk")[:1]
    Event.objects.filter(ticket__in=list(tickets), pk=latest).update(is_indexed=False)


# --- Who may know what -----------------------------------------------------------------------------------------------


def is_known_to(user: User, customer: Customer) -> bool:
    """Whether this person may know of the customer, by whatever name: of one ticket of theirs at least."""
    kept = Customer.objects.get(pk=customer.pk).kept
    return Ticket.objects.visible_to(user).filter(requester=kept).exists()


def may_read(address: CustomerAddress, ticket: Ticket) -> bool:
    """Whether whoever reads at this address of the requester may be shown the ticket, or be taken for its customer.

    An address that is known to be theirs may. One that nobody has ever confirmed may be anybody's: it keeps what it
    had before it was merged and what was written from it, and gets nothing that merging put beside it.
    """
    if address.confirmed_at is not None or not _was_merged(address.customer_id):
        return True
    wrote = Message.objects.filter(ticket=ticket, from_address=address.address, is_from_stranger=False).exists()
    return wrote or _origin(address.customer_id, "addresses", address.pk) == _origin(
        address.customer_id, "tickets", ticket.pk
    )


def readers_of(ticket: Ticket) -> list[CustomerAddress]:
    """The requester's addresses that may be shown the ticket, the best one first."""
    addresses = sorted(
        ticket.requester.addresses.all(), key=lambda a: (a.bounced_at is not None, a.confirmed_at is None, a.pk)
    )
    return [each for each in addresses if len(addresses) == 1 or may_read(each, ticket)]


def address_for(ticket: Ticket) -> str:
    """Where we write to the requester of this ticket by ourselves. Empty when there is nowhere."""
    return next((reader.address for reader in readers_of(ticket)), "")


def tickets_for(address: CustomerAddress) -> TicketQuerySet:
    """The requester's tickets that whoever reads at this address may be shown."""
    theirs = Ticket.objects.not_deleted().filter(requester=address.customer_id)
    if address.confirmed_at is not None or not _was_merged(address.customer_id):
        return theirs
    origin = _origin(address.customer_id, "addresses", address.pk)
    brought_by: dict[int, int] = {}
    for record in _merges_into(address.customer_id):
        for pk in record.moved.get("tickets", []):
            brought_by.setdefault(pk, record.gone_id)
    wrote = Exists(Message.objects.filter(ticket=OuterRef("pk"), from_address=address.address, is_from_stranger=False))
    if origin == address.customer_id:
        return theirs.filter(~Q(pk__in=list(brought_by)) | wrote)
    return theirs.filter(Q(pk__in=[pk for pk, gone in brought_by.items() if gone == origin]) | wrote)


def _was_merged(customer_id: int) -> bool:
    return CustomerMerge.objects.filter(kept=customer_id, undone_at=None).exists()


def _merges_into(customer_id: int) -> list[CustomerMerge]:
    """Whatever became of this customer by merging, the earliest first, also by way of another one."""
    found: list[CustomerMerge] = []
    kept = [customer_id]
    while kept:
        step = list(CustomerMerge.objects.filter(kept__in=kept, undone_at=None).order_by("pk"))
        found += step
        kept = [record.gone_id for record in step]
    return sorted(found, key=lambda record: record.pk)


def _origin(customer_id: int, kind: str, pk: int) -> int:
    """Whose it was before anything was merged."""
    found = (record.gone_id for record in _merges_into(customer_id) if pk in record.moved.get(kind, []))
    return next(found, customer_id)


# --- Twins -----------------------------------------------------------------------------------------------------------


def twins_of(customer: Customer, *, user: User) -> list[Customer]:
    """Customers who may be the same person, as far as `user` may know of them: of the same telephone, or of the same
    name in the same organisation. A suggestion for people; nothing is merged by itself."""
    alike = Q(pk__in=[])
    if customer.phone:
        alike |= Q(phone=customer.phone)
    if customer.name and customer.organisation_id:
        alike |= Q(name__iexact=customer.name, organisation=customer.organisation_id)
    if not alike:
        return []
    known = Exists(Ticket.objects.visible_to(user).filter(requester=OuterRef("pk")))
    others = Customer.objects.filter(alike, merged_into=None).exclude(pk=customer.pk).filter(known)
    return list(others.prefetch_related("addresses").select_related("organisation").order_by("pk")[:MOST_TWINS])
