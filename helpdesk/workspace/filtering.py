"""What stands above a list to narrow it: a field to type into, what it is filtered by, and the way to the builder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import pgettext

from helpdesk.people.models import User
from helpdesk.workspace.asking import Question, address_with
from helpdesk.workspace.queues import Queue
from helpdesk.workspace.shortcuts import list_address
from tickets.query.fields import FIELDS, Vocabulary
from tickets.query.language import normal, parts_of, write
from tickets.query.telling import described, told, value_of
from tickets.query.tree import EVERYTHING, All, Has, Node, Not, Words, walk


@dataclass(frozen=True)
class Chip:
    """One condition in words, and the address of the list without it."""

    name: str
    label: str
    address: str


def chip_words(part: Node, vocabulary: Vocabulary) -> tuple[str, str]:
    """A condition as a name and a value: ("Stage", "Use, or Purchase"), ("Stage", "not Use"), ("Words", "“router”")."""
    inner = part.part if isinstance(part, Not) else part
    if isinstance(inner, Has) and inner.field in FIELDS:
        name, value = str(FIELDS[inner.field].label), value_of(inner, vocabulary)
        return name, value if inner is part else _t("not %(condition)s") % {"condition": value}
    if isinstance(inner, Words):
        return pgettext("field of a search", "Words"), described(part, vocabulary)
    return _t("Filter"), described(part, vocabulary)


def trees_without(tree: Node) -> list[tuple[Node, Node]]:
    """Each condition that must hold, with the tree that is left without it."""
    if tree == EVERYTHING:
        return []
    parts = parts_of(tree)
    return [(part, normal(All(tuple(each for each in parts if each is not part)))) for part in parts]


@dataclass(frozen=True)
class FilterForm:
    """The whole row above a list. What was typed is kept where it could not be followed."""

    queue: Queue
    question: Question
    user: User
    typed: str = ""
    no_ticket: str = ""
    order: str = ""

    @property
    def address(self) -> str:
        """The list without any filter."""
        return self._address(self.question.with_tree(EVERYTHING))

    @property
    def text(self) -> str:
        """What the list is filtered by, as it is typed."""
        return self.question.text

    @cached_property
    def active(self) -> list[Chip]:
        known = Vocabulary.of(self.user)
        return [
            Chip(*chip_words(part, known), self._address(self.question.with_tree(left)))
            for part, left in trees_without(self.question.tree)
        ]

    @cached_property
    def unknown(self) -> list[str]:
        return [told(each) for each in self.question.asked.unknown]

    @property
    def everywhere(self) -> str:
        """Where all tickets are searched for the words of the filter; nowhere without words."""
        words = tuple(
            part for part in parts_of(self.question.tree) if any(isinstance(each, Words) for each in walk(part))
        )
        return address_with(reverse("workspace:search"), q=write(normal(All(words)))) if words else ""

    @property
    def builder(self) -> str:
        """Where the same filter is put together by hand."""
        return address_with(reverse("workspace:queue-filter", args=[self.queue.slug]), q=self.text, order=self.order)

    @property
    def new_view(self) -> str:
        """Where this list is kept as a view."""
        said = {"from": self.queue.slug, "q": self.text, "order": self.order}
        return address_with(reverse("workspace:view-new"), **said)

    def _address(self, question: Question) -> str:
        return list_address(self.queue, question, order=self.order)
