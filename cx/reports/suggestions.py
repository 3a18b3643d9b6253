"""How well tags are suggested: what was suggested beside what people then said, and how far people agree themselves.

The latest answers of people that had a suggestion before them are compared with it, field by field. A field counts
only where the person decided it. People see the suggestion first, so this is kind to it; that two people agree is
measured by second answers given without seeing the first. Sums only: no figure is of one person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from cx import codebook
from cx.codebook import Direction
from cx.models import SecondLabel, Tagging
from cx.reports.measures import Share
from tickets.models import Channel

if TYPE_CHECKING:
    from cx.learning.agreement import Agreement, Estimate, OfAnswer

#: Enough for any figure's interval to be narrow, and read in one go however many there are.
LATEST: Final = 5_000
MONTHS: Final = 12
ENOUGH: Final = 30  # as in `cx.learning.agreement`, which would bring numpy along
MOST_CONFUSIONS = 3
HEAT: Final = (0.02, 0.05, 0.10, 0.20, 0.35)  # share of an answer taken for another, from the second colour on
NOTHING: Final = "none"  # an answer that is left out, as in `cx.tagging.evaluating`

FIELDS: Final[Mapping[str, LazyText]] = {
    "journey_stage": _("Stage"),
    "gap_primary": _("Gap"),
    "direction": _("Direction"),
    "sentiment": _("Feeling"),
    "root_cause": _("Cause"),
}
#: From how sure the suggestion said to be, up to the next.
SURENESS: Final = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class Asked:
    """What a reader asks of the page: which field is opened, and perhaps one language or one channel only."""

    field: str = "gap_primary"
    language: str = ""
    channel: str = ""


class Pair(NamedTuple):
    """One answer of a person with the suggestion that stood before it, or with a second person's answer."""

    language: str
    channel: str
    first: Mapping[str, str]  # field -> what the person said; without those they did not decide
    second: Mapping[str, str]
    sureness: Mapping[str, float]

    def of(self, field: str) -> tuple[str, str] | None:
        """Both answers of one field; None where the person did not decide it."""
        return (self.first[field], self.second[field]) if field in self.first and field in self.second else None


@dataclass(frozen=True)
class Field:
    """One field of the tagging: the suggestion against people, and people among themselves."""

    key: str
    against: Agreement
    among_people: Agreement

    @property
    def label(self) -> str:
        return str(FIELDS[self.key])

    @property
    def right(self) -> Share:
        return Share(self.against.agreed, self.against.n)

    @property
    def macro_f1(self) -> Estimate | None:
        return self.against.macro_f1 if self.against.is_enough else None

    @property
    def kappa(self) -> Estimate | None:
        return self.among_people.kappa if self.among_people.is_enough else None

    @property
    def agreed(self) -> Share:
        return Share(self.among_people.agreed, self.among_people.n)


@dataclass(frozen=True)
class Group:
    """One language or channel, for the opened field."""

    key: str
    label: str
    right: Share
    field: Field


@dataclass(frozen=True)
class Month:
    """The answers of one month for the opened field: how many agreed with the suggestion."""

    first: date
    right: Share


@dataclass(frozen=True)
class Answer:
    """One answer of the opened field."""

    label: str
    figures: OfAnswer

    @property
    def found(self) -> Share:
        """Of the tickets that people gave this answer, those for which it was suggested."""
        return Share(self.figures.right, self.figures.there)

    @property
    def held(self) -> Share:
        """Of the tickets for which it was suggested, those that people gave this answer."""
        return Share(self.figures.right, self.figures.said)


@dataclass(frozen=True)
class Taken:
    """So many tickets of one answer for which another (or the same) was suggested."""

    said: str
    suggested: str
    share: Share
    is_right: bool

    @property
    def heat(self) -> int:
        """0 to 5: which colour."""
        share = self.share.value or 0.0
        return sum(share >= limit for limit in HEAT) if self.share.k else 0


@dataclass(frozen=True)
class Sureness:
    """Suggestions that said to be about so sure, and how many of them were right."""

    low: float
    high: float
    claimed: float
    right: Share


class Quality:
    """The figures of the page, for what was asked. Reads its rows when it is made."""

    def __init__(self, asked: Asked, *, zone: ZoneInfo, now: datetime | None = None) -> None:
        self.asked = asked
        self.zone, self.now = zone, now or timezone.now()
        self._answers = list(_answers())
        self._seconds = list(_second_answers())

    @property
    def is_cut(self) -> bool:
        """Whether there are older answers that were not looked at."""
        return len(self._answers) == LATEST

    @cached_property
    def fields(self) -> list[Field]:
        return [_field(key, self._wanted, self._wanted_seconds) for key in FIELDS]

    @property
    def opened(self) -> Field:
        return self.field(self.asked.field)

    def field(self, key: str) -> Field:
        return next(field for field in self.fields if field.key == key)

    @property
    def n(self) -> int:
        """Answers that were compared, with the language and channel that were asked for."""
        return len(self._wanted)

    @property
    def is_enough(self) -> bool:
        return self.n >= ENOUGH

    # --- The opened field --------------------------------------------------------------------------------------------

    @cached_property
    def months(self) -> list[Month]:
        """The latest twelve months in which somebody answered, the latest first. All answers, counted in one query."""
        field, rows = self.asked.field, _compared()
        if self.asked.language:
            rows = rows.filter(ticket__language=self.asked.language)
        if self.asked.channel:
            rows = rows.filter(ticket__channel=self.asked.channel)
        counted = (
            rows.filter(_is_decided(field), tagged_at__gte=self.now - timedelta(days=31 * MONTHS))
            .annotate(month=TruncMonth("tagged_at", tzinfo=self.zone))
            .order_by()
            .values_list("month")
            .annotate(n=Count("pk"), agreed=Count("pk", filter=Q(**{field: F(f"suggestion__{field}")})))
        )
        found = [Month(month.astimezone(self.zone).date(), Share(agreed, n)) for month, n, agreed in counted]
        return sorted(found, key=lambda month: month.first, reverse=True)[:MONTHS]

    @cached_property
    def languages(self) -> list[Group]:
        """Each language, within the channel that was asked for."""
        names = {code: str(name) for code, name in settings.LANGUAGES}
        return self._groups(
            lambda pair: pair.language,
            label=lambda key: names.get(key, key.upper() if key else _t("Not known")),
            within=lambda pair: not self.asked.channel or pair.channel == self.asked.channel,
        )

    @cached_property
    def channels(self) -> list[Group]:
        """Each channel, within the language that was asked for."""
        names = {value: str(label) for value, label in Channel.choices}
        return self._groups(
            lambda pair: pair.channel,
            label=lambda key: names.get(key, key),
            within=lambda pair: not self.asked.language or pair.language == self.asked.language,
        )

    @cached_property
    def answers(self) -> list[Answer]:
        """Every answer of the opened field that people or suggestions gave."""
        of = self.opened.against.of_answers()
        return [Answer(label_of(self.asked.field, each.answer), each) for each in of]

    @cached_property
    def table(self) -> list[tuple[Answer, list[Taken]]]:
        """A row for each answer that people gave: what was suggested for its tickets, in their order."""
        counts = self.opened.against.counts
        return [
            (row, [self._taken(row, column, counts) for column in self.answers])
            for row in self.answers
            if row.figures.there
        ]

    @cached_property
    def confusions(self) -> list[Taken]:
        """The commonest ways to be wrong."""
        wrong = [taken for _row, cells in self.table for taken in cells if not taken.is_right and taken.share.k]
        return sorted(wrong, key=lambda taken: (-taken.share.k, taken.said, taken.suggested))[:MOST_CONFUSIONS]

    @cached_property
    def sureness(self) -> list[Sureness]:
        """How sure suggestions of the opened field said to be, against how often they were right."""
        parts: dict[float, list[tuple[float, bool]]] = defaultdict(list)
        for sure, is_right in self._sure():
            parts[max(limit for limit in SURENESS if sure >= limit)].append((sure, is_right))
        tops = dict(zip(SURENESS, (*SURENESS[1:], 1.0), strict=True))
        return [Sureness(low, tops[low], *_claimed_and_right(parts[low])) for low in SURENESS if low in parts]

    @cached_property
    def claimed(self) -> float:
        """How sure suggestions of the opened field said to be, on average."""
        sure = [sure for sure, _is_right in self._sure()]
        return sum(sure) / len(sure) if sure else 0.0

    # --- Inside ------------------------------------------------------------------------------------------------------

    @cached_property
    def _wanted(self) -> list[Pair]:
        return [pair for pair in self._answers if self._is_asked_for(pair)]

    @cached_property
    def _wanted_seconds(self) -> list[Pair]:
        return [pair for pair in self._seconds if self._is_asked_for(pair)]

    def _is_asked_for(self, pair: Pair) -> bool:
        asked = self.asked
        return asked.language in ("", pair.language) and asked.channel in ("", pair.channel)

    def _groups(
        self, key: Callable[[Pair], str], *, label: Callable[[str], str], within: Callable[[Pair], bool]
    ) -> list[Group]:
        parts: dict[str, tuple[list[Pair], list[Pair]]] = defaultdict(lambda: ([], []))
        for number, pairs in enumerate((self._answers, self._seconds)):
            for pair in filter(within, pairs):
                parts[key(pair)][number].append(pair)
        fields = {each: _field(self.asked.field, *both) for each, both in parts.items()}
        found = [Group(each, label(each), field.right, field) for each, field in fields.items()]
        return sorted(found, key=lambda group: (-group.right.n, group.label))

    def _taken(self, row: Answer, column: Answer, counts: Mapping[tuple[str, str], int]) -> Taken:
        pair = (row.figures.answer, column.figures.answer)
        return Taken(row.label, column.label, Share(counts.get(pair, 0), row.figures.there), pair[0] == pair[1])

    def _sure(self) -> Iterator[tuple[float, bool]]:
        for pair in self._wanted:
            both = pair.of(self.asked.field)
            sure = pair.sureness.get(self.asked.field)
            if both and sure is not None:
                yield sure, both[0] == both[1]


def _field(key: str, answers: Iterable[Pair], seconds: Iterable[Pair]) -> Field:
    from cx.learning.agreement import Agreement  # it brings numpy, which a process that shows no figures does without

    against, among_people = (
        Agreement(both for pair in pairs if (both := pair.of(key))) for pairs in (answers, seconds)
    )
    return Field(key, against, among_people)


def label_of(field: str, answer: str) -> str:
    """An answer as it is called on the screen."""
    if field == "root_cause" and answer == NOTHING:
        return _t("Nothing fell short")
    choices = codebook.FIELDS[field]
    return str(choices(answer).label) if answer in choices.values else answer


# --- Reading rows -----------------------------------------------------------------------------------------------------


def _compared() -> QuerySet[Tagging]:
    """What people said last, where a suggestion stood before it."""
    return Tagging.objects.current().by_people().filter(suggestion__isnull=False)


def _is_decided(field: str) -> Q:
    """The person decided it: always what says where and why; the feeling where they said so."""
    if field == "sentiment":
        return Q(sources__sentiment=Tagging.Source.PERSON.value)
    return Q(direction=Direction.BELOW) if field == "root_cause" else Q()


def _answers() -> Iterator[Pair]:
    names = list(FIELDS)
    rows = (
        _compared()
        .order_by("-tagged_at", "-pk")
        .values_list(
            "ticket__language", "ticket__channel", "sources", "suggestion__confidence",
            *names, *(f"suggestion__{name}" for name in names),
        )[:LATEST]
    )  # fmt: skip
    for language, channel, sources, sureness, *answers in rows:
        first, second = _named(answers[: len(names)]), _named(answers[len(names) :])
        if sources.get("sentiment") != Tagging.Source.PERSON:
            del first["sentiment"]
        if first["direction"] != Direction.BELOW:
            del first["root_cause"]
        yield Pair(language, channel, first, second, sureness)


def _second_answers() -> Iterator[Pair]:
    names = list(SecondLabel.FIELDS)
    rows = (
        SecondLabel.objects.answered()
        .order_by("-answered_at", "-pk")
        .values_list(
            "tagging__ticket__language", "tagging__ticket__channel",
            *(f"tagging__{name}" for name in names), *names,
        )[:LATEST]
    )  # fmt: skip
    for language, channel, *answers in rows:
        first, second = (dict(zip(names, part, strict=True)) for part in (answers[: len(names)], answers[len(names) :]))
        if not (first["root_cause"] and second["root_cause"]):  # both saw a shortfall and were asked for its cause
            del first["root_cause"]
        yield Pair(language, channel, first, second, {})


def _named(answers: Sequence[Any]) -> dict[str, str]:
    return {name: answer or NOTHING for name, answer in zip(FIELDS, answers, strict=True)}


def _claimed_and_right(part: Sequence[tuple[float, bool]]) -> tuple[float, Share]:
    claimed = sum(sure for sure, _is_right in part) / len(part)
    return claimed, Share(sum(is_right for _sure, is_right in part), len(part))
