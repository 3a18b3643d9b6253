"""What tickets are to each other: one incident with its children, what waits for what, the same thing reported twice.

A link says nothing to customers and moves nothing; merging does that. Of two tickets that are to be linked the older
row is locked first, so no two links can make a circle between the same two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _t

from helpdesk.common.errors import Refusal
from tickets.models import EventKind, Link, Ticket

if TYPE_CHECKING:
    from helpdesk.people.models import User
    from tickets.models.ticket import TicketQuerySet

Kind = Link.Kind
BY_HAND: Final = (Kind.CHILD_OF, Kind.BLOCKS, Kind.DUPLICATE_OF)  # a split is linked by `splitting`
MOST_STEPS: Final = 50  # how far a chain of waiting is followed


# --- Linking and its opposite ----------------------------------------------------------------------------------------


def link(ticket: Ticket, other: Ticket, *, kind: str, by: User) -> bool:
    """Say that `ticket` <kind> `other`. `unlink` is the opposite.

    Refused: itself, what this person may not see, what was merged, a child of a child, a second incident for one
    ticket, and whatever would have two tickets wait for each other. Linking twice is no error. Returns whether
    anything changed.
    """
    if kind not in BY_HAND:
        raise Refusal(_t("Choose how the two belong together."))
    _refuse_unseen(ticket, other, by=by)
    if ticket.pk == other.pk:
        raise Refusal(_t("A ticket cannot be linked to itself."))
    first, second = sorted((ticket, other), key=lambda each: each.pk)
    with first._locked(), second._locked():
        if Link.objects.filter(ticket=ticket, other=other, kind=kind).exists():
            return False
        for each in (ticket, other):
            each._refuse_if_merged()
        _refuse_unfit(ticket, other, kind=Kind(kind))
        Link.objects.create(ticket=ticket, other=other, kind=kind, made_by=by)
        _record(EventKind.LINKED, ticket, other, kind=kind, by=by)
    return True


def unlink(ticket: Ticket, other: Ticket, *, kind: str, by: User) -> bool:
    """The opposite of `link`. Undoing twice is no error. Returns whether anything changed."""
    _refuse_unseen(ticket, other, by=by)
    first, second = sorted((ticket, other), key=lambda each: each.pk)
    with first._locked(), second._locked():
        if not Link.objects.filter(ticket=ticket, other=other, kind=kind).delete()[0]:
            return False
        _record(EventKind.UNLINKED, ticket, other, kind=kind, by=by)
    return True


def _record(event: str, ticket: Ticket, other: Ticket, *, kind: str, by: User | None) -> None:
    """In both, each with the number of the other one, and from which side it is said."""
    ticket.record(event, actor=by, link=kind, number=other.number, is_other_side=False)
    other.record(event, actor=by, link=kind, number=ticket.number, is_other_side=True)


def _refuse_unseen(*tickets: Ticket, by: User) -> None:
    """The same words for what is not theirs and for what is not there."""
    seen = set(Ticket.objects.visible_to(by).filter(pk__in=[each.pk for each in tickets]).values_list("pk", flat=True))
    for ticket in tickets:
        if ticket.pk not in seen:
            raise Refusal(_t("There is no ticket #%(number)s, or you may not see it.") % {"number": ticket.number})


def _refuse_unfit(ticket: Ticket, other: Ticket, *, kind: Kind) -> None:
    numbers = {"number": ticket.number, "other": other.number}
    if kind == Kind.CHILD_OF:
        if parent := Link.objects.filter(ticket=ticket, kind=kind).select_related("other").first():
            raise Refusal(
                _t("#%(number)s belongs to #%(other)s already. Take that link off first.")
                % {"number": ticket.number, "other": parent.other.number}
            )
        if parent := Link.objects.filter(ticket=other, kind=kind).select_related("other").first():
            raise Refusal(
                _t("#%(other)s belongs to #%(parent)s itself. Link to that one.")
                % {**numbers, "parent": parent.other.number}
            )
        if Link.objects.filter(other=ticket, kind=kind).exists():
            raise Refusal(_t("Other tickets belong to #%(number)s, so it can belong to none.") % numbers)
    if kind == Kind.DUPLICATE_OF:
        if same := Link.objects.filter(ticket=ticket, kind=kind).select_related("other").first():
            raise Refusal(
                _t("#%(number)s is a duplicate of #%(other)s already. Take that link off first.")
                % {"number": ticket.number, "other": same.other.number}
            )
        if Link.objects.filter(ticket=other, other=ticket, kind=kind).exists():
            raise Refusal(_t("#%(other)s is the duplicate of the two. Take that link off first.") % numbers)
    both = Q(ticket=ticket, other=other) | Q(ticket=other, other=ticket)
    excluded = {Kind.CHILD_OF: Kind.DUPLICATE_OF, Kind.DUPLICATE_OF: Kind.CHILD_OF}.get(kind)
    if excluded and Link.objects.filter(both, kind=excluded).exists():
        raise Refusal(_t("The two are linked as incident or duplicate already. Take that link off first."))
    if kind == Kind.CHILD_OF:
        waits, for_whom = ticket, other
    elif kind == Kind.BLOCKS:
        waits, for_whom = other, ticket
    else:
        return
    if _waits_for(for_whom, waits):
        raise Refusal(_t("#%(number)s and #%(other)s would wait for each other.") % numbers)


def _waits_for(ticket: Ticket, other: Ticket) -> bool:
    """Whether the ticket waits for the other one, however many stand between: a child for its incident, and what is
    blocked for what blocks it."""
    seen: set[int] = set()
    step = {ticket.pk}
    for _ in range(MOST_STEPS):
        seen |= step
        upward = Link.objects.filter(ticket__in=step, kind=Kind.CHILD_OF).values_list("other_id", flat=True)
        blocking = Link.objects.filter(other__in=step, kind=Kind.BLOCKS).values_list("ticket_id", flat=True)
        step = {*upward, *blocking} - seen
        if other.pk in step:
            return True
        if not step:
            return False
    return True  # so long a chain is a circle for all that anybody can tell


# --- What is linked --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Linked:
    """One link as seen from one of its two tickets."""

    link: Link
    ticket: Ticket  # the one at the other end
    is_other_side: bool  # the link was said of that one: it <kind> this one

    @property
    def words(self) -> str:
        """What the other one is to this one, before its number."""
        return words_of(self.link.kind, is_other_side=self.is_other_side)

    @property
    def is_by_hand(self) -> bool:
        return self.link.kind in BY_HAND


def words_of(kind: str, *, is_other_side: bool) -> str:
    said = {
        (Kind.CHILD_OF, False): _t("Part of incident"),
        (Kind.CHILD_OF, True): _t("Part of this incident"),
        (Kind.BLOCKS, False): _t("Blocks"),
        (Kind.BLOCKS, True): _t("Blocked by"),
        (Kind.DUPLICATE_OF, False): _t("Duplicate of"),
        (Kind.DUPLICATE_OF, True): _t("Has a duplicate"),
        (Kind.SPLIT_FROM, False): _t("Split from"),
        (Kind.SPLIT_FROM, True): _t("Split off from this"),
    }
    return said[Kind(kind), is_other_side]


@dataclass(frozen=True)
class Around:
    """Everything that a ticket is linked to, as far as one person may see it."""

    children: tuple[Linked, ...] = ()
    others: tuple[Linked, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.children or self.others)

    @property
    def incident(self) -> Linked | None:
        """The incident that the ticket is part of."""
        return next((one for one in self.others if one.link.kind == Kind.CHILD_OF), None)

    @property
    def open_children(self) -> int:
        return sum(not one.ticket.is_done for one in self.children)

    @property
    def blocked_by(self) -> list[Ticket]:
        """What blocks it and is not over."""
        blocking = (one for one in self.others if one.link.kind == Kind.BLOCKS and one.is_other_side)
        return [one.ticket for one in blocking if not one.ticket.is_done]


def around(ticket: Ticket, *, user: User) -> Around:
    """One query. What this person may not see does not count."""
    seen = Ticket.objects.visible_to(user)
    links = (
        Link.objects.filter(
            Q(ticket=ticket.pk) & Exists(seen.filter(pk=OuterRef("other")))
            | Q(other=ticket.pk) & Exists(seen.filter(pk=OuterRef("ticket")))
        )
        .select_related("ticket", "other")
        .order_by("kind", "pk")
    )
    found: dict[bool, list[Linked]] = defaultdict(list)
    for one in links:
        is_other_side = one.other_id == ticket.pk
        linked = Linked(one, one.ticket if is_other_side else one.other, is_other_side)
        found[is_other_side and one.kind == Kind.CHILD_OF].append(linked)
    return Around(tuple(found[True]), tuple(found[False]))


def children_of(ticket: Ticket, *, user: User) -> TicketQuerySet:
    """The tickets that belong to this incident, as far as this person may see them, the oldest first."""
    children = Link.objects.filter(other=ticket.pk, kind=Kind.CHILD_OF, ticket=OuterRef("pk"))
    return Ticket.objects.visible_to(user).filter(Exists(children)).order_by("created_at", "pk")


def is_child_of(ticket: Ticket, parent: Ticket) -> bool:
    return Link.objects.filter(ticket=ticket, other=parent, kind=Kind.CHILD_OF).exists()


def warning_when_resolved(ticket: Ticket, *, user: User) -> str:
    """What to say beside "Resolved" where something else was to come first; empty where nothing was. It goes all the
    same: whoever resolves knows more than a link does."""
    return blocked_words(around(ticket, user=user).blocked_by)


def blocked_words(blocking: Iterable[Ticket]) -> str:
    numbers = ", ".join(f"#{one.number}" for one in blocking)
    return _t("It is blocked by %(numbers)s, still unresolved.") % {"numbers": numbers} if numbers else ""
