"""The page of how well tags are suggested: its figures, who sees it, and the way back to another model."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from cx.models import SecondLabel, Tagging, TrainedModel
from cx.reports import suggestions
from cx.reports.suggestions import Asked, Quality
from helpdesk.people.models import User
from tests import factories
from tests.cast import Cast
from tickets.models import Ticket

NOW = datetime(2026, 9, 16, 10, tzinfo=UTC)
PAGE = "/reports/suggestions/"
MOST_QUERIES = 14  # eight of them stand behind every page of the workspace
HEAVIEST = 60 * 1024
SignIn = Callable[[User], Client]
State = TrainedModel.State


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def answered(cast: Cast) -> Callable[..., list[Ticket]]:
    """Tickets for which one gap was suggested and a person said another, or the same."""

    def _answered(
        how_many: int, suggested: str = "quality", said: str = "quality", *, sure: float = 0.8, at: datetime = NOW,
        by: User | None = None, feeling: str = "", **fields: Any,
    ) -> list[Ticket]:  # fmt: skip
        found = []
        with time_machine.travel(at, tick=False):
            for _ in range(how_many):
                ticket = factories.a_ticket(cast.carla, **{"language": "en", **fields})
                values = {
                    "journey_stage": "use", "gap_primary": suggested, "direction": "below", "root_cause": "technology",
                    "sentiment": "negative", "confidence": {"gap_primary": sure, "journey_stage": 0.9},
                }  # fmt: skip
                Tagging.suggest(ticket, values=values, model_version="test")
                more = {"sentiment": feeling} if feeling else {}
                Tagging.say(
                    ticket, by=by or cast.ana, journey_stage="use", gap_primary=said, root_cause="technology", **more
                )
                found.append(ticket)
        return found

    return _answered


@pytest.fixture
def second(cast: Cast) -> Callable[..., None]:
    """Ben's answers about tickets that Ana has tagged."""

    def _second(tickets: list[Ticket], **values: Any) -> None:
        for ticket in tickets:
            asked = SecondLabel.objects.create(tagging=Tagging.objects.current().get(ticket=ticket))
            asked.answer(by=cast.ben, **{"journey_stage": "use", "gap_primary": "quality", **values})

    return _second


def words(client: Client, address: str = PAGE) -> str:
    response = client.get(address)
    assert response.status_code == 200
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(text.replace("\u00a0", " ").split())


def quality(**asked: str) -> Quality:
    return Quality(Asked(**asked), zone=UTC, now=NOW)  # type: ignore[arg-type]


# --- Figures -------------------------------------------------------------------------------------------------------


def test_the_sentence_says_how_often_people_agreed(as_user: SignIn, mia: User, answered: Any) -> None:
    answered(30)
    answered(10, said="response_time")

    said = words(as_user(mia))

    assert "People agreed with the suggested stage in 100% and with the suggested gap in 75%." in said
    assert "Compared are 40 answers that had a suggestion before them." in said
    assert "Suggested “Quality”, people said “Response time”: 10 of 10" in said
    assert "On average it said 80% and was right in 75%" in said


def test_an_empty_helpdesk_says_that_it_is_too_early(as_user: SignIn, mia: User) -> None:
    said = words(as_user(mia))

    assert "Too few answers yet to say how well tags are suggested." in said
    assert "0 answers so far had a suggestion before them; 30 are needed." in said
    assert "The model that comes with the program reads." in said
    assert "100%" not in said


def test_under_thirty_no_share_is_shown(as_user: SignIn, mia: User, answered: Any) -> None:
    answered(29)
    assert "29 answers so far" in words(as_user(mia))
    assert "100%" not in words(as_user(mia))

    answered(1)
    assert "in 100%" in words(as_user(mia))


def test_macro_f1_counts_rare_answers_as_much_as_common_ones(answered: Any) -> None:
    """Quality: 30 there, 32 said, all found: 60/62. Response time: 4 there, 2 said, 2 right: 4/6."""
    answered(30)
    answered(2, suggested="response_time", said="response_time")
    answered(2, said="response_time")

    gap = quality().field("gap_primary")

    assert gap.macro_f1
    assert gap.macro_f1.value == pytest.approx((60 / 62 + 4 / 6) / 2)
    assert (gap.right.k, gap.right.n) == (32, 34)


@pytest.mark.data_layer
def test_only_what_people_decided_is_compared(answered: Any, cast: Cast) -> None:
    answered(3)
    answered(2, feeling="neutral")
    (undone,) = answered(1)
    Tagging.undo(undone, by=cast.ana)
    unsuggested = factories.a_ticket(cast.carla)
    Tagging.say(unsuggested, by=cast.ana, journey_stage="use", gap_primary="none")

    found = quality()

    assert found.n == 5
    assert found.field("sentiment").right.n == 2
    assert found.field("root_cause").right.n == 5


def test_a_cause_that_a_suggestion_did_not_see_is_counted_as_missed(cast: Cast) -> None:
    ticket = factories.a_ticket(cast.carla)
    values = {"journey_stage": "use", "gap_primary": "none", "direction": "met"}
    Tagging.suggest(ticket, values=values, model_version="test")
    Tagging.say(ticket, by=cast.ana, journey_stage="use", gap_primary="quality", root_cause="training")

    (row,) = quality(field="root_cause").table
    assert [(taken.said, taken.suggested, taken.share.k) for taken in row[1] if taken.share.k] == [
        ("Training", "Nothing fell short", 1)
    ]


def test_the_latest_answers_are_taken_and_the_page_says_so(
    as_user: SignIn, mia: User, answered: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggestions, "LATEST", 35)
    answered(40, said="response_time", at=NOW - timedelta(days=3))
    answered(35)

    assert quality().field("gap_primary").right.value == 1.0
    assert "older ones are left out" in words(as_user(mia))


def test_language_and_channel_are_chosen_by_address(as_user: SignIn, mia: User, answered: Any) -> None:
    answered(40)
    answered(20, said="response_time", language="es", channel="chat")
    answered(20, language="es", channel="email")
    client = as_user(mia)

    assert "the suggested gap in 75%" in words(client)
    assert "the suggested gap in 50%" in words(client, f"{PAGE}?language=es")
    assert "Too few answers yet" in words(client, f"{PAGE}?language=es&channel=chat")
    assert "the suggested gap in 100%" in words(client, f"{PAGE}?language=en&channel=email")
    groups = {group.key: (group.right.k, group.right.n) for group in quality(language="es").channels}
    assert groups == {"chat": (0, 20), "email": (20, 20)}


@pytest.mark.parametrize("query", ["?field=subject", "?channel=pigeon", "?language=" + "x" * 400, "?field=&channel="])
def test_what_makes_no_sense_is_as_if_not_asked(as_user: SignIn, mia: User, answered: Any, query: str) -> None:
    answered(1)

    assert as_user(mia).get(PAGE + query).status_code == 200


@pytest.mark.data_layer
def test_months_are_those_in_which_people_answered(answered: Any) -> None:
    answered(2, at=datetime(2026, 9, 1, 0, 30, tzinfo=UTC))
    answered(3, said="response_time", at=datetime(2026, 8, 31, 23, 30, tzinfo=UTC))
    answered(1, at=datetime(2025, 6, 1, tzinfo=UTC))

    found = [(month.first.month, month.right.k, month.right.n) for month in quality().months]

    assert found == [(9, 2, 2), (8, 0, 3)]


@pytest.mark.data_layer
def test_months_of_a_feeling_count_only_where_people_said_it(answered: Any) -> None:
    answered(3)
    answered(2, feeling="negative")
    answered(1, feeling="positive")

    (month,) = quality(field="sentiment").months
    assert (month.right.k, month.right.n) == (2, 3)


def test_sureness_is_held_against_what_was_right(answered: Any) -> None:
    answered(12, sure=0.85)
    answered(4, said="response_time", sure=0.85)
    answered(10, sure=1.0)

    low, high = quality().sureness

    assert (low.low, low.high, low.right.k, low.right.n) == (0.8, 0.9, 12, 16)
    assert low.claimed == pytest.approx(0.85)
    assert (high.low, high.right.n) == (0.9, 10)


def test_how_far_people_agree_stands_beside_it(as_user: SignIn, mia: User, answered: Any, second: Any) -> None:
    """Half of 40 pairs are said to be a gap of quality by both, a quarter by the first alone."""
    second(answered(20))
    second(answered(10), gap_primary="response_time")
    second(answered(10, said="response_time"), gap_primary="response_time")

    gap = quality().field("gap_primary")

    assert (gap.agreed.k, gap.agreed.n) == (30, 40)
    assert gap.kappa
    assert gap.kappa.value == pytest.approx(0.5)  # by chance: (30·20 + 10·20) / 1600 = .5
    said = words(as_user(mia))
    assert "two people who do not see each other’s answer agree in 75%" in said
    assert "0.50 0." in said
    assert "all the same answer" in said  # every stage was Use: kappa has no meaning there
    assert "not asked" in said  # nobody is asked for the feeling a second time


def test_too_few_pairs_say_nothing_of_people(as_user: SignIn, mia: User, answered: Any, second: Any) -> None:
    second(answered(29))

    assert "29 tickets of 30 were answered by two" in words(as_user(mia))


# --- Who sees it ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status"), [("olu", 200), ("mia", 200), ("lea", 200), ("ana", 200), ("lou", 403), ("gus", 403)]
)
def test_who_sees_the_page(as_user: SignIn, cast: Cast, name: str, status: int) -> None:
    client = as_user(getattr(cast, name))

    assert client.get(PAGE).status_code == status
    assert ("Quality of tags" in client.get("/reports/").content.decode()) == (status == 200)


def test_strangers_are_asked_to_sign_in(db: None, client: Client) -> None:
    assert client.get(PAGE).status_code == 302


def test_no_person_and_no_ticket_stands_behind_a_figure(
    as_user: SignIn, cast: Cast, answered: Any, second: Any
) -> None:
    second(answered(40, by=cast.lea, subject="The router of Carla"))

    for user in (cast.ben, cast.mia):
        page = as_user(user).get(PAGE).content.decode()
        assert "Lindgren" not in page
        assert "router" not in page
        assert "/tickets/1" not in page


def test_agents_see_how_far_people_agree_and_choose_no_model(as_user: SignIn, cast: Cast, answered: Any) -> None:
    TrainedModel.note_shipped(version="words-1")

    said = words(as_user(cast.ana))

    assert "People among themselves" in said
    assert "What reads the messages" not in said


# --- Models --------------------------------------------------------------------------------------------------------


@pytest.fixture
def learnt(db: None) -> TrainedModel:
    """A model that learnt here and reads, beside the one of the program and one that was declined."""
    change = {"new": 0.71, "old": 0.65, "difference": 0.06, "low": 0.01, "high": 0.11}
    whole = {"takes_over": True, "rival_changed": False, "whole": change, "fields": {}, "worse": []}
    fell = {"field": "gap_primary", "answer": "quality", "messages": 20, "change": {**change, "difference": -0.2}}
    TrainedModel.note_shipped(version="words-3000", texts=3000)
    TrainedModel.objects.create(
        version="words-3050", content=b"x", confirmed=50, state=State.DECLINED, trained_at=NOW - timedelta(days=9),
        verdict={**whole, "takes_over": False, "worse": [fell]},
    )  # fmt: skip
    TrainedModel.objects.in_use().update(state=State.RETIRED)
    return TrainedModel.objects.create(
        version="words-3100", content=b"x", texts=3000, confirmed=100, held_back=44, state=State.IN_USE,
        in_use_since=NOW, verdict=whole,
    )  # fmt: skip


def test_the_list_says_why(as_user: SignIn, mia: User, learnt: TrainedModel) -> None:
    said = words(as_user(mia))

    assert "3,000 texts, 100 tickets of yours In use since 16 Sep" in said
    assert "0.71 against 0.65 difference +0.06 (+0.01 to +0.11), 44 tickets" in said
    assert "Better on the whole, and worse in no answer beyond noise." in said
    assert "Worse beyond noise in: Gap: Quality (−0.20)" in said


@pytest.mark.data_layer
def test_one_click_puts_another_model_in_use_and_one_click_back(
    as_user: SignIn, mia: User, learnt: TrainedModel
) -> None:
    client, shipped = as_user(mia), TrainedModel.objects.get(version="words-3000")

    answer = client.post(f"{PAGE}models/{shipped.pk}/use/", follow=True)

    assert TrainedModel.objects.in_use().get() == shipped
    assert TrainedModel.objects.in_use().get().put_in_use_by == mia
    page = answer.content.decode()
    assert "In use. Messages are read with it within seconds." in page
    assert "Mia Manrique" in page.split('id="models"')[1]
    assert f'action="{PAGE}models/{learnt.pk}/use/"' in page.split('class="toasts"')[1]
    client.post(f"{PAGE}models/{learnt.pk}/use/")
    assert TrainedModel.objects.in_use().get() == learnt


@pytest.mark.parametrize("name", ["lea", "ana", "lou", "gus"])
def test_who_may_not_choose_a_model(as_user: SignIn, cast: Cast, learnt: TrainedModel, name: str) -> None:
    shipped = TrainedModel.objects.get(version="words-3000")

    assert as_user(getattr(cast, name)).post(f"{PAGE}models/{shipped.pk}/use/").status_code == 403
    assert TrainedModel.objects.in_use().get() == learnt


def test_what_is_no_longer_kept_is_not_offered_and_refused(as_user: SignIn, mia: User, learnt: TrainedModel) -> None:
    gone = TrainedModel.objects.get(version="words-3050")
    TrainedModel.objects.filter(pk=gone.pk).update(content=None)
    client = as_user(mia)

    assert f"models/{gone.pk}/use/" not in client.get(PAGE).content.decode()
    answer = client.post(f"{PAGE}models/{gone.pk}/use/", follow=True)
    assert "This model is no longer kept. Choose another one." in answer.content.decode()
    assert TrainedModel.objects.in_use().get() == learnt


def test_the_list_says_what_is_being_made_and_what_was_ended(as_user: SignIn, mia: User, learnt: TrainedModel) -> None:
    making = TrainedModel.objects.create(version="words-3200", state=State.MAKING, trained_at=NOW)
    client = as_user(mia)

    said = words(client)
    assert "It has been learning since" in said
    assert f"models/{making.pk}/use/" not in client.get(PAGE).content.decode()
    TrainedModel.objects.filter(pk=making.pk).update(trained_at=NOW - timedelta(hours=2))
    assert "was ended before it was done" in words(client)


def test_a_look_changes_nothing(as_user: SignIn, mia: User, learnt: TrainedModel) -> None:
    shipped = TrainedModel.objects.get(version="words-3000")

    assert as_user(mia).get(f"{PAGE}models/{shipped.pk}/use/").status_code == 405
    assert TrainedModel.objects.in_use().get() == learnt


# --- What every page keeps to --------------------------------------------------------------------------------------


def test_the_page_keeps_its_budget_whatever_the_volume(
    as_user: SignIn, mia: User, answered: Any, second: Any, learnt: TrainedModel, django_assert_max_num_queries: Any
) -> None:
    client = as_user(mia)
    with django_assert_max_num_queries(MOST_QUERIES) as few:
        client.get(PAGE)
    second(answered(31))
    answered(31, said="response_time", language="es", channel="chat")

    with django_assert_max_num_queries(len(few)):
        page = client.get(PAGE)

    assert len(gzip.compress(page.content)) < HEAVIEST / 4  # the rest is for styles and scripts
    assert " style=" not in page.content.decode()
    assert not re.search(r"<script(?![^>]* src=)", page.content.decode())


def test_every_section_says_how_it_is_counted(as_user: SignIn, mia: User, answered: Any) -> None:
    answered(31)
    page = as_user(mia).get(PAGE).content.decode()

    sections = re.findall(r'<section class="sec.*?</section>', page, re.S)
    without = [re.findall(r"<h2[^>]*>(.*?)</h2>", each)[0] for each in sections if 'class="how"' not in each]
    assert without == ["Gap: by language", "Gap: by channel"]  # the same figures as above, in parts
