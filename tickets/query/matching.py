"""A tree as a condition on tickets. Permission is not its business: it only ever narrows what it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from typing import Any as Anything

from django.db.models import Exists, OuterRef, Q, QuerySet

from tickets.models import Ticket
from tickets.query.fields import FIELDS
from tickets.query.tree import EVERYTHING, All, Any, Has, Node, Not, Words, walk

if TYPE_CHECKING:
    from helpdesk.people.models import User
    from tickets.models.ticket import TicketQuerySet

NOTHING = Q(pk__in=[])
Rows = Callable[[], QuerySet[Anything]]


def among(tickets: TicketQuerySet, tree: Node, user: User) -> TicketQuerySet:
    """Those of the tickets that the tree lets through, in the order they had, none twice."""
    return tickets if tree == EVERYTHING else tickets.filter(condition(tree, user))


def condition(node: Node, user: User) -> Q:
    """The tree as one condition, without joins that repeat a ticket."""
    if isinstance(node, Has):
        return _has(node, user)
    if isinstance(node, Words):
        return _words(node)
    if isinstance(node, Not):
        if any(isinstance(each, Not) for each in walk(node.part)):
            return condition(_opposite(node.part), user)
        return ~_apart(condition(node.part, user), node.part)
    if isinstance(node, Any):
        found = NOTHING
        for part in node.parts:
            found = condition(part, user) if found is NOTHING else found | condition(part, user)
        return found
    return _all(node.parts, user) if node.parts else ~NOTHING  # an empty condition would vanish from those around it


def _opposite(node: Node) -> Node:
    """What holds where this does not, with each "not" beside a single condition: "not" within "not" would be a
    sub-select within a sub-select, of which SQLite follows only a few."""
    if isinstance(node, Not):
        return node.part
    if isinstance(node, All):
        return Any(tuple(map(_opposite, node.parts)))
    return All(tuple(map(_opposite, node.parts))) if isinstance(node, Any) else Not(node)


def _all(parts: Sequence[Node], user: User) -> Q:
    """What several fields say about one and the same row is asked in one sub-select."""
    found = Q()
    asked: dict[Rows, Q] = {}
    for part in parts:
        rows = FIELDS[part.field].rows if isinstance(part, Has) and part.field in FIELDS else None
        if rows is None or not isinstance(part, Has):
            found &= condition(part, user)
        else:
            asked[rows] = asked.get(rows, Q()) & FIELDS[part.field].find(part.op, part.values, user)
    for rows, wanted in asked.items():
        found &= _exists(rows, wanted)
    return found


def _words(node: Words) -> Q:
    from tickets.search import words_q

    return words_q(node)


def _apart(wanted: Q, node: Node) -> Q:
    """The same, in a sub-select of its own where words are among it: a ticket that is not indexed yet has no row to
    say no with."""
    if any(isinstance(each, Words) for each in walk(node)):
        return Q(Exists(Ticket.objects.filter(wanted, pk=OuterRef("pk"))))
    return wanted


def _has(node: Has, user: User) -> Q:
    field = FIELDS.get(node.field)
    if field is None:
        return NOTHING
    wanted = field.find(node.op, node.values, user)
    return wanted if field.rows is None else _exists(field.rows, wanted)


def _exists(rows: Rows, wanted: Q) -> Q:
    return Q(Exists(rows().filter(wanted, ticket=OuterRef("pk"))))
