"""Where in the journey which expectation was missed: stages by gaps, for the tickets that arrived in a period.

The tag is the person's, else the suggestion where it is sure of stage and gap. Every tagged ticket stands in exactly
one of six rows (four gaps, better than expected, no gap), so that columns add up to the stage's tickets and rows to
the last column. Untagged tickets are a line of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cx import codebook
from cx.codebook import Direction, Gap, JourneyStage, RootCause, in_own_words
from cx.models import Tagging
from cx.reports import small_cells
from cx.reports.measures import (
    ENOUGH,
    FALSE_ALARMS,
    Difference,
    Presentable,
    Share,
    benjamini_hochberg,
    newcombe,
)
from tickets.models.ticket import TicketQuerySet
from tickets.reports import Scope

STAGES: Final = tuple(JourneyStage.values)
GAPS: Final = tuple(gap for gap in Gap.values if gap != Gap.NONE)
ANY, BETTER, NONE, UNTAGGED = "any", "better", "none", "untagged"
ROWS: Final = (*GAPS, BETTER, NONE)  # every tagged ticket is in exactly one of these
MARKED_ROWS: Final = (*GAPS, BETTER)  # those in which a change is looked for
ALL = "all"  # the last column: every stage
HEAT: Final = (0.02, 0.05, 0.08, 0.12, 0.16)  # from the second colour on
LARGEST_CAUSES = 3

ROW_LABELS: Final[Mapping[str, LazyText | str]] = {
    **{gap.value: gap.label for gap in Gap if gap != Gap.NONE},
    ANY: _("Any gap"),
    BETTER: Direction.EXCEEDED.label,
    NONE: Gap.NONE.label,
    UNTAGGED: _("To be tagged"),
}
# Heads of narrow columns: where a name is long, its translation carries soft hyphens.
_SHIPPED_HEADS: Final[Mapping[JourneyStage, LazyText]] = {
    JourneyStage.AWARENESS: pgettext_lazy("narrow column, soft hyphens", "Awareness"),
    JourneyStage.DISCOVERY: pgettext_lazy("narrow column, soft hyphens", "Discovery"),
    JourneyStage.ATTRACTION: pgettext_lazy("narrow column, soft hyphens", "Attraction"),
    JourneyStage.INTERACTION: pgettext_lazy("narrow column, soft hyphens", "Interaction"),
    JourneyStage.PURCHASE: pgettext_lazy("narrow column, soft hyphens", "Purchase"),
    JourneyStage.USE: pgettext_lazy("narrow column, soft hyphens", "Use"),
    JourneyStage.CULTIVATION: pgettext_lazy("narrow column, soft hyphens", "Loyalty"),
    JourneyStage.ADVOCACY: pgettext_lazy("narrow column, soft hyphens", "Advocacy"),
}
STAGE_HEADS: Final[Mapping[str, LazyText]] = {
    stage: in_own_words(stage, head) for stage, head in _SHIPPED_HEADS.items()
}
STAGE_LABELS: Final[Mapping[str, LazyText | str]] = {
    **{stage.value: stage.label for stage in JourneyStage},
    ALL: _("All"),
}


class Place(NamedTuple):
    """A cell's address: a stage or `ALL`, and a row or `ANY`."""

    stage: str
    row: str

    def __str__(self) -> str:
        return f"{self.stage}.{self.row}"

    @property
    def label(self) -> str:
        """ "Purchase × Promise not kept"; of every stage, only the row."""
        if self.stage == ALL:
            return str(ROW_LABELS[self.row])
        return f"{STAGE_LABELS[self.stage]} × {ROW_LABELS[self.row]}"

    @classmethod
    def read(cls, text: str) -> Place | None:
        """The place that `str` wrote; None for anything else."""
        stage, _dot, row = text.partition(".")
        known = stage in STAGE_LABELS and row in (*ROWS, ANY)
        return cls(stage, row) if known else None


def row_of(*, gap: str, direction: str) -> str:
    """In which of the six rows a tagging stands."""
    if direction == Direction.MET:
        return NONE
    return BETTER if direction == Direction.EXCEEDED else gap


class TaggedCount(NamedTuple):
    """So many tickets with this tagging, of this period or the one before."""

    is_now: bool
    stage: str
    gap: str
    direction: str
    root_cause: str
    source: str
    n: int


# --- Counting ----------------------------------------------------------------------------------------------------


def counted(scope: Scope, *, arrived: int | None = None, confirmed_only: bool = False) -> HeatMap:
    """The heat map of a period and the one before it, in one query. `arrived`, if known already, saves another."""
    rows = (
        _taggings(scope, confirmed_only=confirmed_only)
        .filter(**scope.period.with_previous("arrived_at"))
        .annotate(is_now=scope.period.is_now("arrived_at"))
        .order_by()
        .values_list("is_now", "journey_stage", "gap_primary", "direction", "root_cause", "source")
        .annotate(n=Count("pk"))
    )
    return HeatMap.of(
        (TaggedCount(bool(row[0]), *row[1:]) for row in rows),
        arrived=scope.arrived().count() if arrived is None else arrived,
        confirmed_only=confirmed_only,
        shows_small_cells=scope.sees_small_cells,
    )


def tickets_behind(
    scope: Scope, place: Place, *, confirmed_only: bool = False, causes: Iterable[str] = ()
) -> TicketQuerySet:
    """The tickets that a cell counts, perhaps only those with one of these root causes."""
    taggings = _taggings(scope, confirmed_only=confirmed_only).filter(**scope.period.only("arrived_at"))
    if place.row == UNTAGGED:
        return scope.arrived().exclude(pk__in=taggings.values("ticket"))
    taggings = taggings.filter(_in_row(place.row))
    if place.stage != ALL:
        taggings = taggings.filter(journey_stage=place.stage)
    if causes := list(causes):
        taggings = taggings.filter(root_cause__in=causes)
    return scope.tickets().filter(pk__in=taggings.values("ticket"))


class FinerCause(NamedTuple):
    """So many of the tickets behind a cause were said to be this, in the company's own words."""

    label: str
    tickets: int


def finer_causes(
    scope: Scope, place: Place, *, confirmed_only: bool = False, causes: Iterable[str] = ()
) -> list[FinerCause]:
    """What the tickets behind a cell were, more exactly, the most frequent first; empty where nobody said."""
    taggings = _taggings(scope, confirmed_only=confirmed_only).filter(**scope.period.only("arrived_at"))
    taggings = taggings.filter(_in_row(place.row), sub_cause__isnull=False)
    if place.stage != ALL:
        taggings = taggings.filter(journey_stage=place.stage)
    if causes := list(causes):
        taggings = taggings.filter(root_cause__in=causes)
    rows = taggings.order_by().values_list("sub_cause__name").annotate(n=Count("pk"))
    return sorted((FinerCause(*row) for row in rows), key=lambda each: (-each.tickets, each.label))


def _taggings(scope: Scope, *, confirmed_only: bool) -> QuerySet[Tagging]:
    found = Tagging.objects.counted()
    return scope.of(found.by_people() if confirmed_only else found)


def _in_row(row: str) -> Q:
    if row == NONE:
        return Q(direction=Direction.MET)
    if row == BETTER:
        return Q(direction=Direction.EXCEEDED)
    below = Q(direction=Direction.BELOW)
    return below if row == ANY else below & Q(gap_primary=row)


# --- The table ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """One cell: its share of the stage's tagged tickets now and before, and whether the change is real."""

    place: Place
    now: Share
    before: Share
    change: Difference | None = None
    is_real: bool = False  # the interval of the change leaves out zero, and the whole table has few false alarms
    is_hidden: bool = False  # from this reader, because few customers stand behind it
    is_change_hidden: bool = False

    @property
    def tickets(self) -> int:
        return self.now.k

    @property
    def row_label(self) -> LazyText | str:
        return ROW_LABELS[self.place.row]

    @property
    def stage_label(self) -> LazyText | str:
        return STAGE_LABELS[self.place.stage]

    @property
    def is_total(self) -> bool:
        return self.place.stage == ALL or self.place.row == ANY

    @property
    def is_better(self) -> bool:
        return self.place.row == BETTER

    @property
    def heat(self) -> int | None:
        """The colour from 0 to 5; None where there is none: too few, only indicative, or good news."""
        if self.is_hidden or self.is_total or self.place.row not in GAPS:
            return None
        if self.now.presentable is not Presentable.NORMAL or self.now.value is None:
            return None
        return sum(self.now.value >= step for step in HEAT)

    @property
    def rose(self) -> bool:
        return self.change is not None and self.change.value > 0


@dataclass(frozen=True)
class Head:
    """The head of a column."""

    stage: str
    label: LazyText | str
    tickets: int
    is_hidden: bool = False


@dataclass(frozen=True)
class Cause:
    """What was behind some of a cell's tickets. "Other causes" names them all in `slugs`."""

    label: LazyText | str
    slugs: tuple[str, ...]
    share: Share
    departments: tuple[str, ...]
    is_hidden: bool = False


@dataclass(frozen=True)
class Department:
    """The gaps one department answers for, now and before, and where most of them happened."""

    label: str
    causes: tuple[str, ...]
    now: Share
    before: int
    mostly: str  # a stage; empty where no stage has most
    longest: int  # the count whose bar is as long as the drawing
    is_hidden: bool = False

    @property
    def length(self) -> float:
        return self.now.k / self.longest

    @property
    def length_before(self) -> float:
        return self.before / self.longest

    @property
    def mostly_label(self) -> LazyText | str:
        return STAGE_LABELS[self.mostly] if self.mostly else ""

    @property
    def cause_label(self) -> str:
        return ", ".join(str(RootCause(cause).label) for cause in self.causes)


@dataclass
class HeatMap:
    """The counts and what they prove. Built by `of`, from counts of any origin."""

    cells: dict[Place, Cell]
    causes: dict[Place, Counter[str]]
    causes_before: Counter[str]
    arrived: int
    confirmed: int
    confirmed_only: bool = False
    shows_small_cells: bool = True
    hidden: set[Place] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        rows: Iterable[TaggedCount],
        *,
        arrived: int,
        confirmed_only: bool = False,
        shows_small_cells: bool = True,
    ) -> HeatMap:
        now: Counter[Place] = Counter()
        before: Counter[Place] = Counter()
        causes: dict[Place, Counter[str]] = {}
        causes_before: Counter[str] = Counter()
        confirmed = 0
        for row in rows:
            place = Place(row.stage, row_of(gap=row.gap, direction=row.direction))
            for counted_in in _with_totals(place):
                (now if row.is_now else before)[counted_in] += row.n
                if row.is_now and row.root_cause:
                    causes.setdefault(counted_in, Counter())[row.root_cause] += row.n
            if not row.is_now:
                if row.root_cause:
                    causes_before[row.root_cause] += row.n
            elif row.source == Tagging.Source.PERSON:
                confirmed += row.n
        left_out = set() if shows_small_cells else _hidden(now)
        left_out_before = set() if shows_small_cells else _hidden(before)
        return cls(
            cells=_cells(now, before, left_out=left_out, left_out_before=left_out_before),
            causes=causes,
            causes_before=causes_before,
            arrived=arrived,
            confirmed=confirmed,
            confirmed_only=confirmed_only,
            shows_small_cells=shows_small_cells,
            hidden=left_out,
        )

    @property
    def tagged(self) -> int:
        return self.cells[Place(ALL, NONE)].now.n

    @property
    def gaps(self) -> int:
        return self.cells[Place(ALL, ANY)].tickets

    @property
    def untagged(self) -> int:
        """Arrived, but neither tagged by a person nor surely enough by the model."""
        return max(0, self.arrived - self.tagged)

    @property
    def confirmed_share(self) -> Share:
        return Share(self.confirmed, self.tagged)

    def stage_total(self, stage: str) -> int:
        return self.cells[Place(stage, NONE)].now.n

    def is_stage_hidden(self, stage: str) -> bool:
        return Place(stage, _TOTAL) in self.hidden

    @property
    def heads(self) -> list[Head]:
        """The columns: eight stages and all, each with its tickets."""
        return [
            Head(stage, STAGE_HEADS.get(stage, STAGE_LABELS[stage]),
                 self.stage_total(stage), is_hidden=self.is_stage_hidden(stage))
            for stage in (*STAGES, ALL)
        ]  # fmt: skip

    @property
    def gap_rows(self) -> list[list[Cell]]:
        return [self.row(gap) for gap in GAPS]

    @property
    def any_row(self) -> list[Cell]:
        return self.row(ANY)

    @property
    def better_row(self) -> list[Cell]:
        return self.row(BETTER)

    @property
    def none_row(self) -> list[Cell]:
        return self.row(NONE)

    def row(self, row: str) -> list[Cell]:
        """Eight stages in the journey's order, then all."""
        return [self.cells[Place(stage, row)] for stage in (*STAGES, ALL)]

    def __getitem__(self, place: Place) -> Cell:
        return self.cells[place]

    def real_changes(self) -> list[Cell]:
        """The cells with an arrow, the largest change first."""
        real = (cell for cell in self.cells.values() if cell.is_real)
        return sorted(real, key=lambda cell: (-abs(cell.change.value) if cell.change else 0, str(cell.place)))

    @property
    def largest_gap(self) -> Cell | None:
        """Where most tickets fell short, of what may be shown; None where nothing did."""
        shown = [self.cells[Place(stage, gap)] for stage in STAGES for gap in GAPS]
        largest = max((cell for cell in shown if not cell.is_hidden), key=lambda cell: cell.tickets, default=None)
        return largest if largest and largest.tickets else None

    @property
    def first_to_look_at(self) -> Place:
        """The cell beside the map when none is chosen: the gap that grew most, else the one of most tickets."""
        worse = [cell for cell in self.real_changes() if cell.rose and not cell.is_better]
        if worse:
            return worse[0].place
        return self.largest_gap.place if self.largest_gap else Place(ALL, ANY)

    @property
    def is_comparable(self) -> bool:
        """Whether the previous period holds enough to be compared with at all."""
        return self.cells[Place(ALL, ANY)].before.is_shown

    # --- What was behind it --------------------------------------------------------------------------------------

    def behind(self, place: Place) -> list[Cause]:
        """The three largest known causes, the others together, and what is not known yet. They add up to the cell."""
        counts = self.causes.get(place, Counter())
        known = Counter({slug: n for slug, n in counts.items() if slug != RootCause.UNKNOWN})
        order = list(RootCause.values)
        largest = sorted(known, key=lambda slug: (-known[slug], order.index(slug)))[:LARGEST_CAUSES]
        others = [slug for slug in order if slug in known and slug not in largest]
        groups: list[tuple[LazyText | str, tuple[str, ...]]] = [(RootCause(slug).label, (slug,)) for slug in largest]
        if others:
            groups.append((_("Other causes"), tuple(others)))
        groups.append((RootCause.UNKNOWN.label, (RootCause.UNKNOWN.value,)))
        total = counts.total()
        summed: dict[tuple[str, ...], int] = {slugs: sum(counts[slug] for slug in slugs) for _label, slugs in groups}
        left_out = self._hidden_parts(summed, total)
        return [
            Cause(label, slugs, Share(summed[slugs], total), _departments(slugs), is_hidden=slugs in left_out)
            for label, slugs in groups
        ]

    @cached_property
    def departments(self) -> list[Department]:
        """Every gap once, by the department that answers for its cause; what nobody knows yet comes last."""
        counts = self.causes.get(Place(ALL, ANY), Counter())
        total = self.cells[Place(ALL, ANY)].tickets
        answers_for = self._answers_for(
            cause for cause in RootCause.values if counts[cause] or self.causes_before[cause]
        )
        now = {causes: _sum(counts, causes) for _label, causes in answers_for}
        before = {causes: _sum(self.causes_before, causes) for _label, causes in answers_for}
        left_out = self._hidden_parts(now, total)
        longest = max([*now.values(), *before.values()], default=0) or 1
        found = [
            Department(
                label,
                causes,
                Share(now[causes], total),
                before[causes],
                self._mostly(causes),
                longest,
                is_hidden=causes in left_out,
            )
            for label, causes in answers_for
        ]
        return sorted(found, key=lambda each: (each.causes == (RootCause.UNKNOWN,), -each.now.k))

    def _answers_for(self, causes: Iterable[str]) -> list[tuple[str, tuple[str, ...]]]:
        """The departments of these causes, each once with all of its causes.

        To somebody who must not see small cells each cause stands alone: what a sum holds, less the cause that is
        shown beside the map, would be the small cell that is hidden there.
        """
        named = [(str(codebook.department_of(cause)), cause) for cause in causes]
        if not self.shows_small_cells:
            return [(label, (cause,)) for label, cause in named]
        grouped: dict[str, tuple[str, ...]] = {}
        for label, cause in named:
            grouped[label] = (*grouped.get(label, ()), cause)
        return list(grouped.items())

    @property
    def not_caused_by_service(self) -> Share:
        """Of the gaps whose cause is known, those that the people who answer customers did not cause.

        Service answers for training and attitude, and for being too few; everything else was decided elsewhere.
        """
        counts = self.causes.get(Place(ALL, ANY), Counter())
        known = counts.total() - counts[RootCause.UNKNOWN]
        return Share(known - sum(counts[cause] for cause in OF_SERVICE), known)

    def _mostly(self, causes: tuple[str, ...]) -> str:
        by_stage = Counter({stage: _sum(self.causes.get(Place(stage, ANY), Counter()), causes) for stage in STAGES})
        (stage, n), *others = by_stage.most_common(2)
        return stage if n and n > others[0][1] else ""

    def _hidden_parts(self, counts: Mapping[tuple[str, ...], int], total: int) -> set[tuple[str, ...]]:
        if self.shows_small_cells:
            return set()
        whole: tuple[str, ...] = (ALL,)
        return small_cells.hidden({**counts, whole: total}, lines=[(whole, list(counts))])


OF_SERVICE: Final = (RootCause.TRAINING, RootCause.STAFF_ATTITUDE, RootCause.STAFFING)
_TOTAL = "total"


def _with_totals(place: Place) -> Iterator[Place]:
    """The cell itself and the sums it goes into."""
    rows = (place.row, ANY) if place.row in GAPS else (place.row,)
    for row in rows:
        yield Place(place.stage, row)
        yield Place(ALL, row)


def _stage_totals(counts: Counter[Place]) -> dict[str, int]:
    return {stage: sum(counts[Place(stage, row)] for row in ROWS) for stage in (*STAGES, ALL)}


def _cells(
    now: Counter[Place], before: Counter[Place], *, left_out: set[Place], left_out_before: set[Place]
) -> dict[Place, Cell]:
    of_now, of_before = _stage_totals(now), _stage_totals(before)
    shares = {
        Place(stage, row): (
            Share(now[Place(stage, row)], of_now[stage]),
            Share(before[Place(stage, row)], of_before[stage]),
        )
        for stage in (*STAGES, ALL)
        for row in (*ROWS, ANY)
    }
    changes = {place: newcombe(*pair) for place, pair in shares.items()}
    real = _real_changes(shares, changes)
    return {
        place: Cell(
            place,
            *shares[place],
            change=changes[place],
            is_real=place in real and place not in left_out | left_out_before,
            is_hidden=place in left_out,
            is_change_hidden=place in left_out | left_out_before,
        )
        for place in shares
    }


def _real_changes(
    shares: Mapping[Place, tuple[Share, Share]], changes: Mapping[Place, Difference | None]
) -> set[Place]:
    """The cells that deserve an arrow. All comparable ones are judged together, for some change by chance alone.

    Those that were empty in both periods cannot change and are no part of the family.
    """
    tested: dict[Place, Difference] = {}
    for place, change in changes.items():
        now, before = shares[place]
        is_cell = place.stage != ALL and place.row in MARKED_ROWS and now.k + before.k > 0
        if is_cell and change and min(now.n, before.n) >= ENOUGH:
            tested[place] = change
    qs = dict(zip(tested, benjamini_hochberg([change.p for change in tested.values()]), strict=True))
    return {place for place, change in tested.items() if change.excludes_zero and qs[place] < FALSE_ALARMS}


def _hidden(counts: Counter[Place]) -> set[Place]:
    """The cells and sums that may not be shown to somebody who must not see one to four tickets."""
    columns = (*STAGES, ALL)
    everything = {Place(stage, row): counts[Place(stage, row)] for stage in columns for row in (*ROWS, ANY)}
    everything |= {Place(stage, _TOTAL): total for stage, total in _stage_totals(counts).items()}
    lines = []
    for stage in columns:
        lines.append((Place(stage, ANY), [Place(stage, gap) for gap in GAPS]))
        lines.append((Place(stage, _TOTAL), [Place(stage, row) for row in (ANY, BETTER, NONE)]))
    for row in (*ROWS, ANY, _TOTAL):
        lines.append((Place(ALL, row), [Place(stage, row) for stage in STAGES]))
    return small_cells.hidden(everything, lines=lines)


def _departments(slugs: Iterable[str]) -> tuple[str, ...]:
    """Each once: the company may have one answer for several causes."""
    return tuple(dict.fromkeys(str(codebook.department_of(slug)) for slug in slugs))


def _sum(counts: Counter[str], causes: Iterable[str]) -> int:
    return sum(counts[cause] for cause in causes)
