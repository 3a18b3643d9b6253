"""What stands above a queue to show only tickets with certain tags: the choices, what is chosen, what was typed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.utils.functional import Promise as LazyText

from cx import tag_filter, tag_words
from cx.tag_filter import NAMES, STATE, TagFilter
from helpdesk.workspace.queues import Queue
from helpdesk.workspace.shortcuts import list_address


@dataclass(frozen=True)
class ActiveFilter:
    """One value that is filtered by, and the address of the list without it."""

    name: LazyText
    label: str
    address: str


@dataclass(frozen=True)
class FilterGroup:
    """The values of one name: slug, label, whether it is chosen."""

    name: str
    label: LazyText
    choices: list[tuple[str, LazyText | str, bool]]


@dataclass(frozen=True)
class FilterForm:
    """The whole row above a queue. What was typed is kept where it could not be followed."""

    queue: Queue
    tags: TagFilter
    typed: str = ""
    no_ticket: str = ""

    @property
    def address(self) -> str:
        """The queue without any filter."""
        return list_address(self.queue, TagFilter())

    @cached_property
    def groups(self) -> list[FilterGroup]:
        names = (STATE, *tag_filter.FIELDS)
        return [
            FilterGroup(
                name,
                NAMES[name],
                [
                    (slug, label, slug in self.tags.values.get(name, ()))
                    for slug, label in tag_filter.labels(name).items()
                ],
            )
            for name in names
        ]

    @cached_property
    def active(self) -> list[ActiveFilter]:
        return [
            ActiveFilter(NAMES[name], tag_filter.Chosen(name, value).label, self._without(name, value))
            for name, value in self.tags
        ]

    @property
    def unknown(self) -> tuple[str, ...]:
        return self.tags.unknown

    @property
    def suggestions(self) -> list[tuple[str, str]]:
        return tag_words.suggestions()

    def _without(self, name: str, value: str) -> str:
        return list_address(self.queue, self.tags.without(name, value))
