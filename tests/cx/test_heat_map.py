"""Stage by gap: what is counted, that it adds up, what counts as a change, and what a guest is not shown."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from cx.codebook import Direction, Gap, JourneyStage, RootCause
from cx.models import Tagging
from cx.reports import heat_map, small_cells
from cx.reports.heat_map import ALL, ANY, BETTER, GAPS, NONE, ROWS, STAGES, UNTAGGED, HeatMap, Place, TaggedCount
from cx.reports.measures import Presentable
from helpdesk.people.models import Customer, User
from tests.cx.tagged import a_tagged_ticket
from tickets.models import Ticket
from tickets.periods import Period
from tickets.reports import Scope

pytestmark = pytest.mark.data_layer

MADRID = zoneinfo.ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 9, 16, 10, tzinfo=UTC)
PERIOD = Period(date(2026, 9, 1), date(2026, 9, 16), MADRID)
INSIDE, BEFORE = datetime(2026, 9, 10, 9, tzinfo=UTC), datetime(2026, 8, 25, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def a_count(
    stage: str = "use", gap: str = "quality", direction: str = "below", *, n: int = 1, is_now: bool = True,
    cause: str | None = None, source: str = "person",
) -> TaggedCount:  # fmt: skip
    cause = cause if cause is not None else "unknown" if direction == "below" else ""
    return TaggedCount(is_now, stage, gap, direction, cause, source, n)


@st.composite
def counts(draw: st.DrawFn) -> TaggedCount:
    direction = draw(st.sampled_from(Direction.values))
    gap = Gap.NONE.value if direction == Direction.MET else draw(st.sampled_from(GAPS))
    cause = draw(st.sampled_from(RootCause.values)) if direction == Direction.BELOW else ""
    return TaggedCount(
        draw(st.booleans()), draw(st.sampled_from(STAGES)), gap, direction, cause,
        draw(st.sampled_from(Tagging.Source.values)), draw(st.integers(1, 60)),
    )  # fmt: skip


# --- It adds up --------------------------------------------------------------------------------------------------


@given(st.lists(counts(), max_size=80))
def test_every_tagged_ticket_stands_in_exactly_one_of_the_six_rows(rows: list[TaggedCount]) -> None:
    tickets = sum(row.n for row in rows if row.is_now)
    found = HeatMap.of(rows, arrived=tickets + 3)

    assert found.tagged == tickets
    assert found.untagged == 3
    for stage in (*STAGES, ALL):
        cells = [found[Place(stage, row)].tickets for row in ROWS]
        assert sum(cells) == found.stage_total(stage)
        assert found[Place(stage, ANY)].tickets == sum(found[Place(stage, gap)].tickets for gap in GAPS)
        assert all(found[Place(stage, row)].now.n == found.stage_total(stage) for row in (*ROWS, ANY))
    for row in (*ROWS, ANY):
        assert found[Place(ALL, row)].tickets == sum(found[Place(stage, row)].tickets for stage in STAGES)


@given(st.lists(counts(), max_size=80))
def test_causes_add_up_to_their_cell_and_departments_to_any_gap(rows: list[TaggedCount]) -> None:
    found = HeatMap.of(rows, arrived=10_000)

    for stage in (*STAGES, ALL):
        for row in (*GAPS, ANY):
            causes = found.behind(Place(stage, row))
            assert sum(cause.share.k for cause in causes) == found[Place(stage, row)].tickets
            assert causes[-1].slugs == ("unknown",)
            assert len(causes) <= 5
            named = [slug for cause in causes for slug in cause.slugs]
            assert len(named) == len(set(named))
    assert sum(department.now.k for department in found.departments) == found[Place(ALL, ANY)].tickets


def test_the_three_largest_causes_stand_alone_and_name_their_departments() -> None:
    causes = {"process_policy": 9, "third_party": 5, "training": 4, "staffing": 3, "technology": 2, "unknown": 7}
    found = HeatMap.of([a_count(cause=cause, n=n) for cause, n in causes.items()], arrived=30)

    said = [(str(cause.label), cause.share.k) for cause in found.behind(Place("use", "quality"))]

    assert said == [
        ("A process or rule", 9),
        ("A partner or courier", 5),
        ("Training", 4),
        ("Other causes", 5),
        ("Not known yet", 7),
    ]
    assert found.behind(Place("use", "quality"))[3].slugs == ("technology", "staffing")
    assert str(found.behind(Place("use", "quality"))[0].departments[0]) == "Operations"


def test_the_share_not_caused_by_service_leaves_out_what_nobody_knows() -> None:
    causes = {"process_policy": 6, "product_design": 2, "training": 1, "staff_attitude": 1, "unknown": 5}
    found = HeatMap.of([a_count(cause=cause, n=n) for cause, n in causes.items()], arrived=15)

    assert (found.not_caused_by_service.k, found.not_caused_by_service.n) == (8, 10)


# --- What is counted ---------------------------------------------------------------------------------------------


@pytest.fixture
def scope(mia: User) -> Scope:
    return Scope(viewer=mia, period=PERIOD)


def test_a_small_map_by_hand(carla: Customer, ana: User, scope: Scope) -> None:
    for gap in ("quality", "quality", "response_time"):
        a_tagged_ticket(carla, "use", gap, at=INSIDE)
    a_tagged_ticket(carla, "use", "response_time", "exceeded", at=INSIDE, by=ana)
    a_tagged_ticket(carla, "purchase", "none", at=INSIDE, by=ana)
    a_tagged_ticket(carla, "purchase", "promise_mismatch", at=BEFORE)

    found = heat_map.counted(scope)

    assert found[Place("use", "quality")].tickets == 2
    assert found[Place("use", "response_time")].tickets == 1
    assert found[Place("use", BETTER)].tickets == 1
    assert found[Place("purchase", NONE)].tickets == 1
    assert (found.stage_total("use"), found.stage_total("purchase"), found.stage_total(ALL)) == (4, 1, 5)
    assert found[Place("purchase", "promise_mismatch")].tickets == 0
    assert found[Place("purchase", "promise_mismatch")].before.k == 1
    assert (found.arrived, found.untagged, found.confirmed_share.k) == (5, 0, 2)


@pytest.mark.parametrize("sure, counts", [(0.49, False), (0.5, True)])
def test_a_suggestion_counts_from_half_sure_on(carla: Customer, scope: Scope, sure: float, counts: bool) -> None:
    a_tagged_ticket(carla, at=INSIDE, sure=sure)

    found = heat_map.counted(scope)

    assert found.tagged == counts
    assert found.untagged == (not counts)


def test_a_persons_word_takes_the_place_of_the_suggestion(carla: Customer, ana: User, scope: Scope) -> None:
    ticket = a_tagged_ticket(carla, "use", "quality", at=INSIDE)
    Tagging.say(ticket, by=ana, journey_stage="purchase", gap_primary="response_time")

    found = heat_map.counted(scope)

    assert found[Place("use", "quality")].tickets == 0
    assert found[Place("purchase", "response_time")].tickets == 1
    Tagging.undo(ticket, by=ana)
    assert heat_map.counted(scope)[Place("use", "quality")].tickets == 1


def test_confirmed_only_leaves_suggestions_to_be_tagged(carla: Customer, ana: User, scope: Scope) -> None:
    a_tagged_ticket(carla, at=INSIDE)
    a_tagged_ticket(carla, at=INSIDE, by=ana)

    found = heat_map.counted(scope, confirmed_only=True)

    assert (found.tagged, found.untagged) == (1, 1)


def test_open_and_resolved_tickets_count_alike(carla: Customer, ana: User, scope: Scope) -> None:
    a_tagged_ticket(carla, at=INSIDE)
    a_tagged_ticket(carla, at=INSIDE).resolve(by=ana, reason="A duplicate")

    assert heat_map.counted(scope).tagged == 2


def test_days_begin_at_midnight_where_the_company_is_also_when_clocks_change(carla: Customer, mia: User) -> None:
    # On 25 October 2026 Madrid goes from +02:00 to +01:00: the day has 25 hours, 24 Oct 22:00 to 25 Oct 23:00 UTC.
    day = Scope(viewer=mia, period=Period(date(2026, 10, 25), date(2026, 10, 25), MADRID))
    first, last = datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)
    for at in (first - timedelta(seconds=1), first, last, last + timedelta(seconds=1)):
        a_tagged_ticket(carla, at=at)

    found = heat_map.counted(day)

    assert found.tagged == 2
    assert found[Place(ALL, ANY)].before.n == 1


def test_the_tickets_behind_each_cell_are_as_many_as_it_says(carla: Customer, ana: User, scope: Scope) -> None:
    places = [("use", "quality", ""), ("use", "quality", "exceeded"), ("use", "none", ""), ("purchase", "quality", "")]
    for number, (stage, gap, direction) in enumerate(places * 3):
        a_tagged_ticket(carla, stage, gap, direction, at=INSIDE, by=ana if number % 2 else None)
    a_tagged_ticket(carla, at=INSIDE, sure=0.2)
    a_tagged_ticket(carla, at=BEFORE)

    for confirmed_only in (False, True):
        found = heat_map.counted(scope, confirmed_only=confirmed_only)
        for place, cell in found.cells.items():
            behind = heat_map.tickets_behind(scope, place, confirmed_only=confirmed_only)
            assert behind.count() == cell.tickets, place
        untagged = heat_map.tickets_behind(scope, Place(ALL, UNTAGGED), confirmed_only=confirmed_only)
        assert untagged.count() == found.untagged


def test_the_tickets_behind_a_cause(carla: Customer, ana: User, scope: Scope) -> None:
    late = a_tagged_ticket(carla, at=INSIDE, by=ana, cause="staffing")
    a_tagged_ticket(carla, at=INSIDE, by=ana, cause="training")

    found = heat_map.tickets_behind(scope, Place("use", "quality"), causes=["staffing", "technology"])

    assert list(found) == [late]


# --- Whose tickets -----------------------------------------------------------------------------------------------


@pytest.fixture
def three_teams_tickets(carla: Customer, cast: Any) -> dict[str, Ticket]:
    return {
        "billing": a_tagged_ticket(carla, at=INSIDE, team=cast.billing),
        "installations": a_tagged_ticket(carla, at=INSIDE, team=cast.installations),
        "nobody's": a_tagged_ticket(carla, at=INSIDE, channel="phone"),
    }


def test_an_agent_counts_what_an_agent_sees(ben: User, three_teams_tickets: dict[str, Ticket]) -> None:
    scope = Scope(viewer=ben, period=PERIOD)

    assert heat_map.counted(scope).tagged == 2
    seen = set(heat_map.tickets_behind(scope, Place(ALL, ANY)))
    assert seen == {three_teams_tickets["installations"], three_teams_tickets["nobody's"]}


def test_managers_and_guests_count_everything(mia: User, gus: User, three_teams_tickets: dict[str, Ticket]) -> None:
    for viewer in (mia, gus):
        assert heat_map.counted(Scope(viewer=viewer, period=PERIOD)).tagged == 3


def test_one_channel_only(mia: User, three_teams_tickets: dict[str, Ticket]) -> None:
    scope = Scope(viewer=mia, period=PERIOD, channel="phone")

    assert heat_map.counted(scope).tagged == 1
    assert list(heat_map.tickets_behind(scope, Place(ALL, ANY))) == [three_teams_tickets["nobody's"]]


@pytest.mark.django_db
def test_two_periods_cost_one_query(django_assert_num_queries: Any, mia: User) -> None:
    with django_assert_num_queries(1):
        heat_map.counted(Scope(viewer=mia, period=PERIOD), arrived=0)


# --- What counts as a change -------------------------------------------------------------------------------------


def compared(*, now: tuple[int, int], before: tuple[int, int], others: int = 0) -> HeatMap:
    """Use × Quality with k of n now and before; `others` cells that hardly moved stand beside it."""
    rows = []
    for is_now, (k, n) in ((True, now), (False, before)):
        rows += [a_count(n=k, is_now=is_now), a_count(gap="none", direction="met", n=n - k, is_now=is_now)]
        for stage in [stage for stage in STAGES if stage != "use"][:others]:
            rows += [a_count(stage, n=10 + is_now, is_now=is_now)]
            rows += [a_count(stage, "none", "met", n=90 - is_now, is_now=is_now)]
    return HeatMap.of([row for row in rows if row.n], arrived=10_000)


def test_a_real_change_has_an_arrow() -> None:
    found = compared(now=(14, 210), before=(30, 200), others=3)
    cell = found[Place("use", "quality")]

    assert cell.is_real
    assert not cell.rose
    assert [each.place for each in found.real_changes()] == [Place("use", "quality")]


def test_noise_has_none() -> None:
    assert not compared(now=(14, 210), before=(17, 200)).real_changes()


@pytest.mark.parametrize("now, before", [((20, 29), (0, 200)), ((100, 200), (0, 29))])
def test_fewer_than_thirty_in_either_period_have_none(now: tuple[int, int], before: tuple[int, int]) -> None:
    found = compared(now=now, before=before)[Place("use", "quality")]

    assert found.change is not None
    assert found.change.excludes_zero
    assert not found.is_real


def test_a_change_that_chance_explains_among_many_cells_has_none() -> None:
    # Alone 38 of 400 against 20 of 400 would do (p = 0.015); beside seven that hardly move it does not (q = 0.12).
    alone, among = compared(now=(38, 400), before=(20, 400)), compared(now=(38, 400), before=(20, 400), others=7)
    cell = among[Place("use", "quality")]

    assert cell.change is not None
    assert cell.change.excludes_zero
    assert not cell.is_real
    assert alone[Place("use", "quality")].is_real


@pytest.mark.parametrize(
    "n, said, heat", [(9, Presentable.TOO_FEW, None), (10, Presentable.INDICATIVE, None), (30, Presentable.NORMAL, 0)]
)
def test_the_stages_tickets_decide_what_a_cell_may_say(n: int, said: Presentable, heat: int | None) -> None:
    found = compared(now=(0, n), before=(0, 0))[Place("use", "quality")]

    assert found.now.presentable is said
    assert found.heat == heat


@pytest.mark.parametrize("k, heat", [(0, 0), (1, 0), (2, 1), (5, 2), (8, 3), (12, 4), (16, 5), (100, 5)])
def test_the_ramp_has_six_steps(k: int, heat: int) -> None:
    assert compared(now=(k, 100), before=(0, 0))[Place("use", "quality")].heat == heat


def test_good_news_has_no_heat() -> None:
    found = HeatMap.of([a_count(direction="exceeded", n=50), a_count(n=50)], arrived=100)
    assert found[Place("use", BETTER)].heat is None


def test_the_cell_shown_first_is_the_gap_that_grew_else_the_largest() -> None:
    grew = compared(now=(60, 200), before=(10, 200))
    still = HeatMap.of([a_count("purchase", n=40), a_count("use", n=30)], arrived=70)

    assert grew.first_to_look_at == Place("use", "quality")
    assert still.first_to_look_at == Place("purchase", "quality")
    assert HeatMap.of([], arrived=0).first_to_look_at == Place(ALL, ANY)


@pytest.mark.parametrize("text", ["", "use", "use.", "use.nothing", "nowhere.quality", "use.untagged", "a.b.c", "<b>"])
def test_what_is_no_place_is_none(text: str) -> None:
    assert Place.read(text) is None


def test_places_come_back_from_their_addresses() -> None:
    for stage in (*STAGES, ALL):
        for row in (*ROWS, ANY):
            assert Place.read(str(Place(stage, row))) == Place(stage, row)


# --- What a guest is not shown -----------------------------------------------------------------------------------


@given(st.lists(counts(), max_size=60))
def test_a_guest_sees_no_cell_of_one_to_four_and_cannot_subtract_one(rows: list[TaggedCount]) -> None:
    found = HeatMap.of(rows, arrived=10_000, shows_small_cells=False)
    shown = {place: cell for place, cell in found.cells.items() if not cell.is_hidden}

    assert not [place for place, cell in shown.items() if 1 <= cell.tickets <= 4]
    assert not [cell for cell in found.cells.values() if cell.is_real and cell.is_hidden]
    sums = [(Place(stage, ANY), [Place(stage, gap) for gap in GAPS]) for stage in (*STAGES, ALL)]
    sums += [(Place(ALL, row), [Place(stage, row) for stage in STAGES]) for row in (*ROWS, ANY)]
    for total, parts in sums:
        if total in shown:
            missing = [found[part].tickets for part in parts if part not in shown]
            assert not missing or (len(missing) > 1 and sum(missing) >= 5), (total, missing)
    for stage in (*STAGES, ALL):
        if not found.is_stage_hidden(stage):
            missing = [
                found[Place(stage, row)].tickets for row in (ANY, BETTER, NONE) if Place(stage, row) not in shown
            ]
            assert not missing or (len(missing) > 1 and sum(missing) >= 5)


@given(st.lists(counts(), max_size=60))
def test_a_guest_sees_no_small_cause_or_department(rows: list[TaggedCount]) -> None:
    found = HeatMap.of(rows, arrived=10_000, shows_small_cells=False)

    everywhere = Place(ALL, ANY)
    causes = {
        place: [(cause.share.k, cause.is_hidden) for cause in found.behind(place)]
        for place in found.cells
        if place.row in (*GAPS, ANY)
    }
    departments = [(each.now.k, each.is_hidden) for each in found.departments]
    for place, parts in [*causes.items(), (everywhere, departments)]:
        hidden = [count for count, is_hidden in parts if is_hidden]
        assert not [count for count, is_hidden in parts if 1 <= count <= 4 and not is_hidden]
        if not found[place].is_hidden:
            assert not hidden or (len(hidden) > 1 and sum(hidden) >= 5)


def test_agents_see_small_cells(ana: User, gus: User, carla: Customer) -> None:
    a_tagged_ticket(carla, at=INSIDE)

    assert not heat_map.counted(Scope(viewer=ana, period=PERIOD))[Place("use", "quality")].is_hidden
    assert heat_map.counted(Scope(viewer=gus, period=PERIOD))[Place("use", "quality")].is_hidden


def test_large_cells_are_shown_to_guests() -> None:
    found = HeatMap.of(
        [a_count(n=40), a_count(gap="none", direction="met", n=60)], arrived=100, shows_small_cells=False
    )

    assert not any(cell.is_hidden for cell in found.cells.values())


def test_one_small_part_takes_the_next_smallest_with_it() -> None:
    counts = {"sum": 30, "a": 3, "b": 20, "c": 7, "d": 0}
    assert small_cells.hidden(counts, lines=[("sum", ["a", "b", "c", "d"])]) == {"a", "c"}
    assert small_cells.hidden({"sum": 3, "a": 3, "b": 0}, lines=[("sum", ["a", "b"])]) == {"sum", "a"}
    assert small_cells.hidden({"sum": 12, "a": 5, "b": 7}, lines=[("sum", ["a", "b"])]) == set()


def test_the_stages_stand_in_the_journeys_order() -> None:
    assert [head.stage for head in HeatMap.of([], arrived=0).heads] == [*JourneyStage.values, ALL]
