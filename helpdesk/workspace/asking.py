"""What the address of a list asks for: `?q=` in the language of `tickets.query`, one text for each meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from django.http import QueryDict

from tickets.models.ticket import TicketQuerySet
from tickets.query.fields import Vocabulary
from tickets.query.language import MOST_TYPED, Asked, clean_value, joined, write
from tickets.query.matching import among
from tickets.query.tree import Node

if TYPE_CHECKING:
    from helpdesk.people.models import User

WITHIN: Final = "within"  # what the list was filtered by already, beside what is typed now
#: name in an address of before there was a language -> field
OLD_NAMES: Final[Mapping[str, str]] = {
    "stage": "stage",
    "gap": "gap",
    "direction": "direction",
    "cause": "cause",
    "tags": "tagged",
}


@dataclass(frozen=True)
class Question:
    """What is asked for, by whom. Asking for nothing lets every ticket through."""

    asked: Asked = field(default_factory=Asked)
    user: User | None = None

    @classmethod
    def of(cls, text: str, user: User) -> Question:
        return cls(Vocabulary.of(user).read(text), user)

    @classmethod
    def in_address(cls, given: QueryDict, user: User) -> Question:
        """What an address asks for; one of before there was a language, too."""
        return cls.of(given.get("q", "") or old_text(given), user)

    @classmethod
    def typed(cls, text: str, user: User, *, within: str) -> Question:
        """What is typed above a list, added to what it was filtered by. A label alone means its tag there."""
        known = Vocabulary.of(user)
        asked = known.read(text, takes_labels=True)
        if asked.number is not None:
            return cls(asked, user)
        return cls(replace(asked, tree=joined(known.read(within).tree, asked.tree)), user)

    def __bool__(self) -> bool:
        return bool(self.asked)

    @cached_property
    def text(self) -> str:
        """As it stands in an address."""
        return write(self.tree)

    @property
    def tree(self) -> Node:
        return self.asked.tree

    def with_tree(self, tree: Node) -> Question:
        return replace(self, asked=Asked(tree))

    def among(self, tickets: TicketQuerySet) -> TicketQuerySet:
        """Those of the tickets that it lets through, in the order they had."""
        return among(tickets, self.tree, self.user) if self and self.user else tickets


def address_with(address: str, **said: str) -> str:
    """The address with what is said behind it, as readable as an address can be; what is empty is left out."""
    given = urlencode({name: value for name, value in said.items() if value}, safe=":,()@*")
    return f"{address}?{given}" if given else address


def old_text(given: QueryDict) -> str:
    """`?stage=use&gap=quality&tags=none` as it is said now; empty where there is no such thing."""
    terms = []
    for name, field_ in OLD_NAMES.items():
        values = [f'"{value}"' for text in given.getlist(name)[:20] if (value := clean_value(text[:60]))]
        if values:
            terms.append(f"{field_}:{','.join(values)}")
    return " ".join(terms)[:MOST_TYPED]
