"""The whole report of a period: what pages, exports and mails show alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from django.utils import timezone
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from cx.reports import attitude, heat_map, kpis, promises, satisfaction, small_cells
from cx.reports.attitude import TeamAttitude
from cx.reports.coverage import Coverage, coverage
from cx.reports.headline import headline
from cx.reports.heat_map import HeatMap
from cx.reports.kpis import Kpi
from cx.reports.measures import Percentile, Presentable, Share, censored_percentile, percentile, presentable
from cx.reports.promises import Ledger, Quoted
from cx.reports.satisfaction import Satisfaction
from tickets import reports
from tickets.models import Channel, Target
from tickets.reports import Backlog, Durations, Met, Scope, Times, Volume

TARGET_LABELS: Final[Mapping[str, LazyText]] = {
    Target.Kind.FIRST_REPLY: _("First reply on time"),
    Target.Kind.NEXT_REPLY: _("Later replies on time"),
    Target.Kind.RESOLUTION: _("Resolved on time"),
}
MOST_OPEN = 0.10  # with more still open, leaving them out would flatter us


@dataclass(frozen=True)
class Speed:
    """Half and nine tenths of the tickets took no longer than this, in seconds."""

    half: Percentile
    most: Percentile
    ended: int
    still_open: int
    is_censored: bool  # the open ones were taken into account

    @property
    def is_shown(self) -> bool:
        return presentable(self.ended + self.still_open) is not Presentable.TOO_FEW

    @property
    def end_of_scale(self) -> float:
        known = [time for found in self.both for time in (found.low, found.value, found.high) if time is not None]
        return max(known, default=0.0) * 1.05

    @property
    def both(self) -> tuple[Percentile, Percentile]:
        return self.half, self.most

    @classmethod
    def of(cls, times: Times) -> Speed:
        is_censored = times.open_share > MOST_OPEN
        if is_censored:
            every = [(time, True) for time in times.ended] + [(time, False) for time in times.so_far]
            half, most = censored_percentile(every, 0.5), censored_percentile(every, 0.9)
        else:
            half, most = percentile(times.ended, 0.5), percentile(times.ended, 0.9)
        return cls(half, most, len(times.ended), len(times.so_far), is_censored)


@dataclass(frozen=True)
class SpeedRow:
    """One line of the table of times."""

    key: str
    label: LazyText | str
    clock: str  # "business" or "calendar"
    speed: Speed
    most: float  # the end of the scale on which its drawing lies


@dataclass(frozen=True)
class Part:
    """One of several counts that add up: a channel, a score, an outcome."""

    key: str
    label: LazyText | str
    share: Share
    before: int | None = None
    is_hidden: bool = False  # from a reader who must not see one to four tickets


@dataclass(frozen=True)
class Overview:
    """Everything counted; what follows from it is worked out when it is asked for."""

    scope: Scope
    heat_map: HeatMap
    coverage: Coverage
    volume: list[Volume]
    targets: dict[str, tuple[Met, Met]]
    durations: Durations
    backlog: Backlog
    ledgers: tuple[Ledger, Ledger]
    quoted: list[Quoted]
    attitudes: list[TeamAttitude]
    satisfactions: tuple[Satisfaction, Satisfaction]

    @property
    def arrived(self) -> int:
        return self.heat_map.arrived

    @property
    def ledger(self) -> Ledger:
        return self.ledgers[0]

    @property
    def satisfaction(self) -> Satisfaction:
        return self.satisfactions[0]

    @property
    def arrived_before(self) -> int:
        return sum(each.before for each in self.volume)

    @cached_property
    def kpis(self) -> list[Kpi]:
        return kpis.kpis(
            heat_map=self.heat_map,
            ledgers=self.ledgers,
            first_replies=self.targets[Target.Kind.FIRST_REPLY],
            satisfaction=self.satisfactions,
            shows_small_cells=self.scope.sees_small_cells,
        )

    @cached_property
    def headline(self) -> str:
        period = self.scope.period
        return headline(self.heat_map, self.kpis, days=period.days, is_latest=period.holds(timezone.now()))

    @cached_property
    def speed_rows(self) -> list[list[SpeedRow]]:
        """First reply and resolution, each in business hours and by the calendar."""
        timed = self.durations
        pairs = [
            ("first_reply", _("First reply"), timed.first_reply, timed.first_reply_by_calendar),
            ("resolution", _("Resolution"), timed.resolution, timed.resolution_by_calendar),
        ]
        rows = []
        for key, label, *times in pairs:
            speeds = [Speed.of(each) for each in times]
            rows.append(
                [
                    SpeedRow(key, label, clock, speed, speed.end_of_scale)
                    for clock, speed in zip(("business", "calendar"), speeds, strict=True)
                ]
            )
        return rows

    # --- Counts that add up --------------------------------------------------------------------------------------

    @cached_property
    def channels(self) -> list[Part]:
        labels = dict(Channel.choices)
        return self._parts([(each.channel, labels[each.channel], each.now, each.before) for each in self.volume])

    @cached_property
    def scores(self) -> list[Part]:
        return self._parts(
            [(str(score), _score_label(score), share.k, None) for score, share in self.satisfaction.distribution]
        )

    @cached_property
    def outcomes(self) -> list[Part]:
        ledger = self.ledger
        return self._parts(
            [
                ("kept", _("Kept on time"), ledger.kept, None),
                ("late", _("Kept late"), ledger.kept_late, None),
                ("broken", _("Broken"), ledger.broken + ledger.overdue, None),
                ("open", _("Not due yet"), ledger.not_due, None),
                ("moved", _("New date agreed"), ledger.renegotiated, None),
                ("withdrawn", _("Withdrawn"), ledger.withdrawn, None),
            ]
        )

    @property
    def outcome_stack(self) -> list[tuple[str, int]]:
        """For the drawing: what may be shown of the outcomes."""
        return [(part.key, 0 if part.is_hidden else part.share.k) for part in self.outcomes]

    def _parts(self, counts: Sequence[tuple[str, LazyText | str, int, int | None]]) -> list[Part]:
        total = sum(now for _key, _label, now, _before in counts)
        left_out: set[str] = set()
        if not self.scope.sees_small_cells:
            keyed = {key: now for key, _label, now, _before in counts}
            left_out = small_cells.hidden({**keyed, "": total}, lines=[("", list(keyed))])
        return [
            Part(key, label, Share(now, total), before, is_hidden=key in left_out) for key, label, now, before in counts
        ]

    @cached_property
    def met(self) -> list[tuple[LazyText | str, Share, int]]:
        """For each kind of target: its label, how many were met, and how many are still running."""
        return [
            (TARGET_LABELS[kind], Share(now.met, now.decided), now.running)
            for kind, (now, _before) in self.targets.items()
        ]


def _score_label(score: int) -> str:
    if score == 5:
        return _t("5, very satisfied")
    return _t("1, very dissatisfied") if score == 1 else str(score)


def overview(scope: Scope, *, confirmed_only: bool = False) -> Overview:
    """Count everything, in a fixed number of queries whatever the volume."""
    volume = reports.volume(scope)
    arrived = sum(each.now for each in volume)
    return Overview(
        scope=scope,
        heat_map=heat_map.counted(scope, arrived=arrived, confirmed_only=confirmed_only),
        coverage=coverage(scope),
        volume=volume,
        targets=reports.targets(scope),
        durations=reports.durations(scope, arrived=arrived),
        backlog=reports.backlog(scope),
        ledgers=promises.ledgers(scope),
        quoted=[each for each in promises.quoted(scope) if scope.sees_small_cells or not each.is_small],
        attitudes=attitude.attitudes(scope),
        satisfactions=satisfaction.satisfaction(scope),
    )
