"""Promises, satisfaction, the strip of figures and the sentence above it."""

from __future__ import annotations

import zoneinfo
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone, translation

from cx.models import Invitation, Promise, Response
from cx.models.survey import SurveyKind
from cx.reports import promises
from cx.reports.headline import headline
from cx.reports.heat_map import HeatMap
from cx.reports.kpis import Kpi, kpis
from cx.reports.measures import Share, newcombe
from cx.reports.overview import Speed, overview
from cx.reports.promises import Ledger
from cx.reports.satisfaction import Satisfaction, satisfaction, with_low_score
from helpdesk.common.numbers import percent, points, whole
from helpdesk.people.models import Customer, User
from tests.cx.test_heat_map import a_count, compared
from tests.factories import a_ticket
from tickets.models import Ticket
from tickets.periods import Period
from tickets.reports import Met, Scope, Times

pytestmark = pytest.mark.data_layer

MADRID = zoneinfo.ZoneInfo("Europe/Madrid")
FRIDAY_SIX = datetime(2026, 9, 11, 16, tzinfo=UTC)
PERIOD = Period(date(2026, 9, 1), date(2026, 9, 16), MADRID)


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(datetime(2026, 9, 8, 9, tzinfo=UTC), tick=False) as travelled:
        yield travelled


@pytest.fixture
def scope(mia: User) -> Scope:
    return Scope(viewer=mia, period=PERIOD)


# --- Promises ----------------------------------------------------------------------------------------------------


def promised(ticket: Ticket, by: User, *, due_at: datetime = FRIDAY_SIX) -> Promise:
    return Promise.make(ticket, what="Call back", due_at=due_at, by=by)


@pytest.mark.parametrize(
    "done_at, state, on_time",
    [(FRIDAY_SIX, "kept", Share(1, 1)), (FRIDAY_SIX + timedelta(seconds=1), "kept_late", Share(0, 1))],
)
def test_a_promise_is_kept_up_to_its_very_second(
    ticket: Ticket,
    ana: User,
    scope: Scope,
    clock: time_machine.Coordinates,
    done_at: datetime,
    state: str,
    on_time: Share,
) -> None:
    promise = promised(ticket, ana)
    clock.move_to(done_at)
    promise.keep(by=ana)

    found, _before = promises.ledgers(scope)

    assert promise.state == state
    assert found.on_time == on_time


def test_open_past_its_time_is_broken_and_before_it_is_nothing_yet(
    ticket: Ticket, ana: User, scope: Scope, clock: time_machine.Coordinates
) -> None:
    promised(ticket, ana)
    assert promises.ledgers(scope)[0] == Ledger(not_due=1)
    assert promises.ledgers(scope)[0].on_time.n == 0

    clock.move_to(FRIDAY_SIX + timedelta(minutes=1))

    found, _before = promises.ledgers(scope)
    assert found == Ledger(overdue=1)
    assert found.on_time == Share(0, 1)
    assert list(promises.with_late_promise(scope)) == [ticket]


def test_a_withdrawn_promise_is_no_longer_judged(
    ticket: Ticket, ana: User, scope: Scope, clock: time_machine.Coordinates
) -> None:  # fmt: skip
    promised(ticket, ana).withdraw(by=ana)

    found, _before = promises.ledgers(scope)
    assert (found.withdrawn, found.on_time.n, found.all) == (1, 0, 1)


def test_a_promise_belongs_to_the_period_in_which_it_was_due(
    ticket: Ticket, ana: User, scope: Scope, clock: time_machine.Coordinates
) -> None:
    clock.move_to(PERIOD.previous.start)
    promised(ticket, ana, due_at=PERIOD.start - timedelta(microseconds=1)).keep(by=ana)
    promised(ticket, ana, due_at=PERIOD.start).keep(by=ana)
    promised(ticket, ana, due_at=PERIOD.end).keep(by=ana)

    now, before = promises.ledgers(scope)

    assert (now.kept, before.kept) == (1, 1)


# --- Satisfaction ------------------------------------------------------------------------------------------------


def invited(ticket: Ticket, *, score: int | None = None, at: datetime | None = None, **fields: object) -> Invitation:
    at = at or timezone.now()
    invitation = Invitation.objects.create(
        kind=SurveyKind.CSAT,
        customer=ticket.requester,
        ticket=ticket,
        invited_at=at,
        message=fields.pop("message", None),
    )
    if score is not None:
        Response.objects.create(invitation=invitation, score=score, answered_at=at, **fields)
    return invitation


def test_satisfaction_and_how_many_answered(
    ticket: Ticket, scope: Scope, clock: time_machine.Coordinates
) -> None:  # fmt: skip
    for score in (5, 4, 4, 3, 1, None, None):
        invited(ticket, score=score)
    message = ticket.announce(kind="survey", text="How was it?")
    assert message
    message.deliveries.update(state="bounced")
    invited(ticket, message=message)

    found, before = satisfaction(scope)

    assert found.satisfied == Share(3, 5)
    assert found.response_rate == Share(5, 7)  # the one that came back was never asked
    assert [share.k for _score, share in found.distribution] == [1, 2, 1, 0, 1]
    assert before == Satisfaction()
    assert list(with_low_score(scope)) == [ticket]


def test_a_click_alone_counts_after_a_day(ticket: Ticket, scope: Scope, clock: time_machine.Coordinates) -> None:
    invited(ticket, score=5, is_final=False)
    assert satisfaction(scope)[0].satisfied.n == 0

    clock.shift(timedelta(hours=24))

    assert satisfaction(scope)[0].satisfied.n == 1


def test_other_surveys_are_not_mixed_in(ticket: Ticket, scope: Scope, clock: time_machine.Coordinates) -> None:
    invitation = invited(ticket, score=5)
    Invitation.objects.filter(pk=invitation.pk).update(kind=SurveyKind.NPS)

    assert satisfaction(scope)[0] == Satisfaction()


# --- Figures -----------------------------------------------------------------------------------------------------


def strip(
    *, now: tuple[int, int] = (0, 0), before: tuple[int, int] = (0, 0), shows_small_cells: bool = True
) -> dict[str, Kpi]:
    found = kpis(
        heat_map=HeatMap.of([], arrived=0),
        ledgers=(Ledger(kept=now[0], broken=now[1] - now[0]), Ledger(kept=before[0], broken=before[1] - before[0])),
        first_replies=(Met(), Met()),
        satisfaction=(Satisfaction(Counter({5: 3, 1: 40})), Satisfaction()),
        shows_small_cells=shows_small_cells,
    )
    return {kpi.key: kpi for kpi in found}


def test_a_figure_changed_for_real_only_outside_of_noise() -> None:
    up, noise = strip(now=(190, 200), before=(160, 200)), strip(now=(162, 200), before=(160, 200))

    assert up["promises"].is_real
    assert up["promises"].is_good
    assert not noise["promises"].is_real


def test_a_figure_with_fewer_than_thirty_before_is_not_compared() -> None:
    assert not strip(now=(190, 200), before=(0, 29))["promises"].is_real


def test_fewer_gaps_are_good_and_more_are_bad() -> None:
    def gap(*, now: int, before: int) -> Kpi:
        change = newcombe(Share(now, 100), Share(before, 100))
        return Kpi("gap", "", Share(now, 100), Share(before, 100), more_is_better=False, change=change)

    fell, rose = gap(now=1, before=50), gap(now=50, before=1)
    assert fell.is_good
    assert not rose.is_good


def test_a_guest_sees_no_figure_that_points_at_a_few() -> None:
    assert strip(shows_small_cells=False)["csat"].is_hidden  # three satisfied of 43
    assert not strip(shows_small_cells=True)["csat"].is_hidden
    assert strip(now=(98, 100), shows_small_cells=False)["promises"].is_hidden  # two broken


# --- Speed -------------------------------------------------------------------------------------------------------


def test_open_tickets_are_taken_into_account_from_a_tenth_on() -> None:
    few = Speed.of(Times(ended=[float(t) for t in range(1, 91)], so_far=[50.0] * 10))
    many = Speed.of(Times(ended=[float(t) for t in range(1, 90)], so_far=[50.0] * 11))

    assert not few.is_censored
    assert few.half.value == 45
    assert many.is_censored
    assert (many.half.value or 0) > 45
    assert (many.ended, many.still_open) == (89, 11)


def test_nine_of_ten_are_unknown_while_too_many_are_open() -> None:
    found = Speed.of(Times(ended=[1.0] * 20, so_far=[2.0] * 20))
    assert found.most.value is None


# --- The sentence ------------------------------------------------------------------------------------------------


def test_the_largest_real_change_comes_first() -> None:
    found = compared(now=(14, 210), before=(44, 200))

    assert headline(found, [], days=30) == "In Use, poor quality fell from 22% to 7%."


def test_a_rise_is_told_as_one_and_figures_follow_the_cells() -> None:
    found = compared(now=(60, 200), before=(10, 200))
    figure = strip(now=(190, 200), before=(160, 200))["promises"]

    assert headline(found, [figure], days=30) == (
        "In Use, poor quality rose from 5% to 30%. Promises kept on time rose from 80% to 95%."
    )


def test_nothing_real_is_said_so_with_what_to_look_at() -> None:
    found = compared(now=(20, 200), before=(21, 200))

    assert headline(found, [], days=30) == (
        "No clear change in the last 30 days. The largest gap: Use × Quality, 10% of Use tickets."
    )
    assert headline(found, [], days=30, is_latest=False).startswith("No clear change in these 30 days.")


def test_too_few_tickets_make_no_largest_gap() -> None:
    assert headline(HeatMap.of([a_count(n=9)], arrived=9), [], days=7) == "No clear change in the last 7 days."


def test_no_tickets_at_all() -> None:
    assert headline(HeatMap.of([], arrived=0), [], days=7) == "No ticket arrived in the last 7 days."


def test_every_gap_has_a_sentence_for_both_directions() -> None:
    for gap, direction in [
        *((gap, "below") for gap in ("quality", "response_time", "experience_process", "promise_mismatch")),
        ("quality", "exceeded"),
    ]:
        for now, before in (((60, 200), (10, 200)), ((10, 200), (60, 200))):
            rows = []
            for is_now, (k, n) in ((True, now), (False, before)):
                rows += [a_count("use", gap, direction, n=k, is_now=is_now)]
                rows += [a_count("use", "none", "met", n=n - k, is_now=is_now)]
            said = headline(HeatMap.of(rows, arrived=200), [], days=30)
            assert said.startswith("In Use, ")
            assert ("rose" in said) == (now > before)


# --- All together ------------------------------------------------------------------------------------------------


def test_an_empty_helpdesk_has_a_report(scope: Scope, clock: time_machine.Coordinates) -> None:
    found = overview(scope)

    assert found.headline == "No ticket arrived in the last 16 days."
    assert [kpi.now.n for kpi in found.kpis] == [0] * 5
    assert found.channels == []


def test_small_counts_are_left_out_for_guests(
    gus: User, mia: User, carla: Customer, clock: time_machine.Coordinates
) -> None:
    for channel, number in (("email", 9), ("web", 7), ("phone", 2)):
        for _ in range(number):
            a_ticket(carla, channel=channel)

    def shown(viewer: User) -> dict[str, bool]:
        return {part.key: not part.is_hidden for part in overview(Scope(viewer=viewer, period=PERIOD)).channels}

    assert shown(mia) == {"email": True, "web": True, "phone": True}
    assert shown(gus) == {"email": True, "web": False, "phone": False}


# --- Numbers as people write them --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "share, said",
    [
        (0.0, "0%"),
        (1.0, "100%"),
        (0.144, "14%"),
        (0.6988, "70%"),
        (0.0031, "0.3%"),
        (0.9969, "99.7%"),
        (0.99999, "99.9%"),
        (0.00001, "0.1%"),
        (None, ""),
    ],
)
def test_shares_are_rounded_and_never_to_nothing_or_all(share: float | None, said: str) -> None:
    assert percent(share) == said


def test_points_have_a_sign_and_thousands_a_mark() -> None:
    assert (points(0.064), points(-0.086), points(0.0001), points(None)) == ("+6.4", "−8.6", "0.0", "")
    assert whole(2597) == "2,597"
    with translation.override("es"):
        assert points(-0.086) == "−8,6"
