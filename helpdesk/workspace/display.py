"""How a list is shown to one person: as a table or as two-line entries, with which columns, in which order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.utils.functional import Promise as LazyText

from helpdesk.people.models import User
from helpdesk.people.preferences import Preferences
from helpdesk.workspace.columns import ALWAYS, COLUMNS, columns_of
from helpdesk.workspace.queues import ORDERS, Queue
from tickets.models import SavedView


@dataclass(frozen=True)
class OrderChoice:
    """One order of the menu: the address of the list in it."""

    label: LazyText | str
    address: str
    is_current: bool


@dataclass(frozen=True)
class Display:
    """What the bar above a list offers, and what is chosen there."""

    layout: str
    columns: frozenset[str]
    orders: list[OrderChoice]
    address: str  # of this page, to come back to

    @property
    def is_list(self) -> bool:
        return self.layout == "list"

    @property
    def other_layout(self) -> str:
        return "table" if self.is_list else "list"

    @property
    def order(self) -> LazyText | str:
        """The label of the order that is chosen; empty where there is no choice."""
        return next((choice.label for choice in self.orders if choice.is_current), "")

    @property
    def column_choices(self) -> list[tuple[str, LazyText, bool, bool]]:
        """Slug, label, whether it is shown, whether it always is."""
        return [(name, label, name in self.columns, name in ALWAYS) for name, label in COLUMNS.items()]


def display_for(user: User, queue: Queue, *, here: Any, address: str) -> Display:
    """For this list as it is opened: `queue` is sorted already, `here` leads back to it."""
    return Display(
        layout=Preferences.of(user).layout,
        columns=columns_of(user),
        orders=_orders(queue, here) if queue.own_order else [],
        address=address,
    )


def _orders(queue: Queue, here: Any) -> list[OrderChoice]:
    current = here.order or queue.own_order
    return [
        OrderChoice(
            label=SavedView.Order(name).label,
            address=replace(here, order="" if name == queue.own_order else name).list_address(queue),
            is_current=name == current,
        )
        for name in ORDERS
    ]
