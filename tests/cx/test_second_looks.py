"""A second person is asked about a few of yesterday's answers, and does not see the first one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from cx.learning import second_looks
from cx.learning.second_looks import MOST_OPEN
from cx.models import SecondLabel, Tagging
from helpdesk.common.errors import Refusal
from helpdesk.people.models import User
from tests import factories
from tests.cast import Cast
from tickets.models import Event, Ticket

YESTERDAY = datetime(2026, 9, 15, 10, tzinfo=UTC)
TONIGHT = datetime(2026, 9, 16, 1, 23, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(TONIGHT, tick=False):
        yield


@pytest.fixture
def tagged(cast: Cast) -> Callable[..., list[Ticket]]:
    """Tickets of no team that Ana tagged yesterday."""

    def _tagged(how_many: int, *, by: User | None = None, at: datetime = YESTERDAY, **fields: Any) -> list[Ticket]:
        found = []
        for _ in range(how_many):
            with time_machine.travel(at, tick=False):
                ticket = factories.a_ticket(cast.carla, **fields)
                Tagging.say(
                    ticket, by=by or cast.ana, journey_stage="use", gap_primary="quality", root_cause="technology"
                )
            found.append(ticket)
        return found

    return _tagged


@pytest.fixture
def asked(tagged: Any) -> SecondLabel:
    tagged(1)
    second_looks.ask()
    return SecondLabel.objects.get()


# --- Asking --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answers", "questions"), [(0, 0), (1, 1), (19, 1), (40, 2)])
def test_one_in_twenty_is_asked_again_and_at_least_one(tagged: Any, answers: int, questions: int) -> None:
    tagged(answers)

    assert second_looks.ask() == questions
    assert SecondLabel.objects.open().count() == questions


@pytest.mark.data_layer
def test_asking_twice_asks_for_the_same(tagged: Any) -> None:
    tagged(40)
    second_looks.ask()
    first = set(SecondLabel.objects.values_list("tagging_id", flat=True))

    assert second_looks.ask() == 0
    SecondLabel.objects.all().delete()
    second_looks.ask()
    assert set(SecondLabel.objects.values_list("tagging_id", flat=True)) == first


def test_only_yesterdays_answers_of_people_are_asked_about(tagged: Any, cast: Cast) -> None:
    tagged(1, at=YESTERDAY - timedelta(days=1))
    tagged(1, at=TONIGHT)
    Tagging.undo(*tagged(1), by=cast.ana)

    assert second_looks.ask() == 0


def test_no_more_than_twenty_wait_at_once(tagged: Any) -> None:
    for ticket in tagged(MOST_OPEN - 1, at=YESTERDAY - timedelta(days=2)):
        SecondLabel.objects.create(tagging=ticket.taggings.get())
    tagged(60)

    assert second_looks.ask() == 1
    assert SecondLabel.objects.open().count() == MOST_OPEN


def test_a_question_nobody_answers_is_dropped_after_a_fortnight(asked: SecondLabel, ben: User) -> None:
    with time_machine.travel(TONIGHT + timedelta(days=13), tick=False):
        second_looks.ask()
        assert SecondLabel.objects.open_for(ben).exists()
    with time_machine.travel(TONIGHT + timedelta(days=14), tick=False):
        assert not SecondLabel.objects.open_for(ben).exists()
        second_looks.ask()
    assert not SecondLabel.objects.exists()


# --- Who is asked --------------------------------------------------------------------------------------------------


@pytest.mark.data_layer
def test_never_the_first_person_nor_one_who_has_tagged_it_before(asked: SecondLabel, cast: Cast) -> None:
    assert [each.ticket for each in SecondLabel.objects.open_for(cast.ben)] == [asked.ticket]
    assert not SecondLabel.objects.open_for(cast.ana).exists()

    with time_machine.travel(TONIGHT + timedelta(hours=1), tick=False):
        said = Tagging.say(asked.ticket, by=cast.mia, journey_stage="purchase", gap_primary="none")
        SecondLabel.objects.create(tagging=said)
        assert not SecondLabel.objects.open_for(cast.mia).exists()
        assert not SecondLabel.objects.open_for(cast.ana).exists()
        assert SecondLabel.objects.open_for(cast.ben).count() == 1  # the one whose first answer still stands


def test_nobody_is_asked_about_a_ticket_they_may_not_see(tagged: Any, cast: Cast) -> None:
    tagged(1, mailbox=cast.support)
    second_looks.ask()
    asked = SecondLabel.objects.get()

    assert SecondLabel.objects.open_for(cast.lea).exists()
    assert SecondLabel.objects.open_for(cast.mia).exists()
    for user in (cast.ben, cast.lou, cast.gus):  # another team; may not tag; sees no tickets
        assert not SecondLabel.objects.open_for(user).exists()
        with pytest.raises(Refusal):
            asked.answer(by=user, journey_stage="use", gap_primary="none")
    assert not SecondLabel.objects.get().is_answered


def test_the_question_brings_nothing_of_the_first_answer(
    asked: SecondLabel, ben: User, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2):  # ben's teams, and all the rest
        (question,) = SecondLabel.objects.open_for(ben)
        assert question.ticket.subject
    assert {getattr(question, name) for name in SecondLabel.FIELDS} == {""}
    assert {*Tagging.FIELDS, "evidence", "sentiment"} <= question.tagging.get_deferred_fields()


# --- Answering -----------------------------------------------------------------------------------------------------


@pytest.mark.data_layer
def test_a_second_answer_is_kept_and_changes_no_tagging(asked: SecondLabel, ben: User) -> None:
    before = list(Tagging.objects.values()), Event.objects.count()

    assert asked.answer(by=ben, journey_stage="purchase", gap_primary="response_time")

    kept = SecondLabel.objects.get()
    assert (kept.journey_stage, kept.gap_primary, kept.direction) == ("purchase", "response_time", "below")
    assert kept.root_cause == ""  # he was not asked for it
    assert (kept.answered_by, kept.answered_at) == (ben, TONIGHT)
    assert (list(Tagging.objects.values()), Event.objects.count()) == before
    assert not SecondLabel.objects.open_for(ben).exists()


@pytest.mark.parametrize(
    ("given", "direction", "gap", "cause"),
    [
        ({"gap_primary": "none"}, "met", "none", ""),
        ({"direction": "met"}, "met", "none", ""),
        ({"gap_primary": "quality", "direction": "exceeded", "root_cause": "training"}, "exceeded", "quality", ""),
        ({"gap_primary": "quality", "root_cause": "training"}, "below", "quality", "training"),
    ],
)
def test_what_follows_from_the_rest_need_not_be_given(
    asked: SecondLabel, ben: User, given: dict[str, str], direction: str, gap: str, cause: str
) -> None:
    asked.answer(by=ben, journey_stage="use", **given)

    kept = SecondLabel.objects.get()
    assert (kept.direction, kept.gap_primary, kept.root_cause) == (direction, gap, cause)


def test_answering_twice_is_no_error_and_the_first_one_counts(asked: SecondLabel, ben: User) -> None:
    asked.answer(by=ben, journey_stage="use", gap_primary="none")

    assert not asked.answer(by=ben, journey_stage="purchase", gap_primary="quality")
    assert SecondLabel.objects.get().journey_stage == "use"


def test_who_is_refused(asked: SecondLabel, cast: Cast) -> None:
    answer = {"journey_stage": "use", "gap_primary": "none"}
    with pytest.raises(Refusal, match="somebody else"):
        asked.answer(by=cast.ana, **answer)
    with pytest.raises(Refusal, match="journey_stage"):
        asked.answer(by=cast.ben, gap_primary="none")
    asked.answer(by=cast.ben, **answer)
    with pytest.raises(Refusal, match="already"):
        asked.answer(by=cast.mia, **answer)

    assert SecondLabel.objects.get().answered_by == cast.ben


def test_there_is_nothing_to_compare_once_the_first_answer_is_taken_back(asked: SecondLabel, cast: Cast) -> None:
    Tagging.undo(asked.ticket, by=cast.ana)

    assert not SecondLabel.objects.open_for(cast.ben).exists()
    with pytest.raises(Refusal, match="taken back"):
        asked.answer(by=cast.ben, journey_stage="use", gap_primary="none")


def test_pairs_whose_first_answer_was_a_slip_do_not_count(asked: SecondLabel, cast: Cast) -> None:
    asked.answer(by=cast.ben, journey_stage="use", gap_primary="none")
    assert SecondLabel.objects.answered().count() == 1

    Tagging.undo(asked.ticket, by=cast.ana)

    assert SecondLabel.objects.answered().count() == 0
