"""Which tickets a person wants to see, told by their tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cx import codebook
from cx.codebook import Direction
from cx.models import Tagging
from tickets.models.ticket import TicketQuerySet

#: name in an address -> field of a tagging, in the order in which they are offered.
FIELDS: Final[Mapping[str, str]] = {
    "stage": "journey_stage",
    "gap": "gap_primary",
    "direction": "direction",
    "cause": "root_cause",
}
STATE: Final = "tags"
NONE, SUGGESTED, CONFIRMED = "none", "suggested", "confirmed"
STATES: Final[Mapping[str, LazyText]] = {
    NONE: _("To be tagged"),
    SUGGESTED: pgettext_lazy("tag", "Suggested"),
    CONFIRMED: pgettext_lazy("tag", "Confirmed"),
}
SURPRISE: Final = "surprise"  # an everyday name for a direction, where a state is asked for
NAMES: Final[Mapping[str, LazyText]] = {
    "stage": _("Stage"),
    "gap": _("Expectation gap"),
    "direction": _("Against what was expected"),
    "cause": _("Behind it"),
    STATE: pgettext_lazy("of tags", "State"),
}
MOST_UNKNOWN: Final = 5
MOST_GIVEN: Final = 20  # of one name; an address with more was not made by us


class Chosen(NamedTuple):
    """One value that is filtered by."""

    name: str
    value: str

    @property
    def label(self) -> str:
        return str(labels(self.name)[self.value])


def labels(name: str) -> Mapping[str, LazyText | str]:
    """slug -> label of everything that can be chosen under this name."""
    return STATES if name == STATE else dict(codebook.FIELDS[FIELDS[name]].choices)


@dataclass(frozen=True)
class TagFilter:
    """Values to filter by. Within one name any of them will do, and every name must hold.

    What a ticket is tagged with is what its chips show: a person's word, or a suggestion that is sure enough.
    """

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()  # what was asked for and is no tag

    @classmethod
    def of(cls, given: Mapping[str, Sequence[str]]) -> TagFilter:
        """What an address or a form asks for. Labels of both languages mean what their slugs mean."""
        found = cls()
        for name in (*FIELDS, STATE):
            for text in given.get(name, ())[:MOST_GIVEN]:
                if text.strip():
                    found = found.with_text(name, text.strip())
        return found

    def with_text(self, name: str, text: str) -> TagFilter:
        """The same with one more value; a text that means none of them is kept as unknown."""
        if name == STATE:
            if text.casefold() == SURPRISE:
                return self.with_value("direction", Direction.EXCEEDED.value)
            slug = text.casefold() if text.casefold() in STATES else None
        else:
            slug = codebook.slug_for(field=FIELDS[name], text=text)
        return self.with_value(name, slug) if slug else self.with_unknown(text)

    def with_value(self, name: str, value: str) -> TagFilter:
        chosen = {*self.values.get(name, ()), value}
        ordered = tuple(slug for slug in labels(name) if slug in chosen)
        return replace(self, values={**self.values, name: ordered})

    def with_unknown(self, text: str) -> TagFilter:
        if text in self.unknown or len(self.unknown) >= MOST_UNKNOWN:
            return self
        return replace(self, unknown=(*self.unknown, text[:60]))

    def without(self, name: str, value: str) -> TagFilter:
        left = tuple(each for each in self.values.get(name, ()) if each != value)
        return replace(self, values={**self.values, name: left})

    def __or__(self, other: TagFilter) -> TagFilter:
        """Everything that either of them asks for."""
        both = self
        for name, value in other:
            both = both.with_value(name, value)
        for text in other.unknown:
            both = both.with_unknown(text)
        return both

    def __bool__(self) -> bool:
        return any(self.values.values())

    def __iter__(self) -> Iterator[Chosen]:
        return (Chosen(name, value) for name in (*FIELDS, STATE) for value in self.values.get(name, ()))

    def __len__(self) -> int:
        return sum(1 for _chosen in self)

    def among(self, tickets: TicketQuerySet) -> TicketQuerySet:
        """Those of the tickets that it lets through, in the order they had."""
        if not self:
            return tickets
        shown = Tagging.objects.counted().filter(ticket=OuterRef("pk"))
        states = self.values.get(STATE) or ()
        fields = {f"{FIELDS[name]}__in": chosen for name, chosen in self.values.items() if chosen and name != STATE}
        wanted = Q()
        if not states or set(states) - {NONE}:
            tagged = shown.filter(**fields)
            if CONFIRMED not in states and SUGGESTED in states:
                tagged = tagged.filter(source=Tagging.Source.MODEL)
            elif SUGGESTED not in states and CONFIRMED in states:
                tagged = tagged.by_people()
            wanted |= Q(Exists(tagged))
        if NONE in states:  # what is to be tagged has no stage and no gap yet
            wanted |= Q(pk__in=[]) if fields else ~Q(Exists(shown))
        return tickets.filter(wanted)
