"""The strip of figures under the headline, each compared with the period before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from cx.codebook import Direction
from cx.reports.heat_map import ALL, ANY, BETTER, HeatMap, Place
from cx.reports.measures import ENOUGH, FALSE_ALARMS, Difference, Share, benjamini_hochberg, newcombe
from cx.reports.promises import Ledger
from cx.reports.satisfaction import Satisfaction
from cx.reports.small_cells import is_small
from tickets.models import Target
from tickets.reports import Met


@dataclass(frozen=True)
class Kpi:
    """One share of the strip: now, before, and whether it changed for real."""

    key: str
    label: LazyText | str
    now: Share
    before: Share
    more_is_better: bool
    change: Difference | None = None
    is_real: bool = False
    is_hidden: bool = False  # from a reader who must not see one to four tickets
    is_before_hidden: bool = False

    @property
    def rose(self) -> bool:
        return self.change is not None and self.change.value > 0

    @property
    def is_level(self) -> bool:
        """Whether the change vanishes in the rounding."""
        return self.change is None or abs(self.change.value) < 0.0005

    @property
    def is_good(self) -> bool:
        """Whether a real change is good news."""
        return self.rose == self.more_is_better


def kpis(
    *,
    heat_map: HeatMap,
    ledgers: tuple[Ledger, Ledger],
    first_replies: tuple[Met, Met],
    satisfaction: tuple[Satisfaction, Satisfaction],
    shows_small_cells: bool = True,
) -> list[Kpi]:
    """Gaps, pleasant surprises, promises, first replies, satisfaction: customers before ourselves."""
    gap, better = heat_map[Place(ALL, ANY)], heat_map[Place(ALL, BETTER)]
    reply_now, reply_before = (Share(each.met, each.decided) for each in first_replies)
    figures = [
        ("gap", _("Tickets with a gap"), gap.now, gap.before, False),
        ("better", Direction.EXCEEDED.label, better.now, better.before, True),
        ("promises", _("Promises kept on time"), ledgers[0].on_time, ledgers[1].on_time, True),
        (Target.Kind.FIRST_REPLY.value, _("First reply on time"), reply_now, reply_before, True),
        ("csat", _("Satisfied customers"), satisfaction[0].satisfied, satisfaction[1].satisfied, True),
    ]
    changes = [newcombe(now, before) for _key, _label, now, before, _better in figures]
    real = _real([figure[2:4] for figure in figures], changes)
    return [
        Kpi(
            key,
            label,
            now,
            before,
            more_is_better,
            change=change,
            is_real=is_real and (shows_small_cells or not _points_at_few(before)),
            is_hidden=not shows_small_cells and _points_at_few(now),
            is_before_hidden=not shows_small_cells and _points_at_few(before),
        )
        for (key, label, now, before, more_is_better), change, is_real in zip(figures, changes, real, strict=True)
    ]


def _real(pairs: Sequence[tuple[Share, Share]], changes: Sequence[Difference | None]) -> list[bool]:
    """Which changes are real: all are judged together, and only where both periods have 30."""
    tested = [i for i, pair in enumerate(pairs) if changes[i] and min(share.n for share in pair) >= ENOUGH]
    qs = dict(zip(tested, benjamini_hochberg([c.p for i in tested if (c := changes[i])]), strict=True))
    return [bool(c and c.excludes_zero and qs.get(i, 1.0) < FALSE_ALARMS) for i, c in enumerate(changes)]


def _points_at_few(share: Share) -> bool:
    """Whether a few customers stand behind the share, or behind what is missing to all."""
    return is_small(share.k) or is_small(share.n - share.k)
