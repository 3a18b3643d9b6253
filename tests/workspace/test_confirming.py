from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cx import confirming
from cx.models import SecondLabel, Tagging
from helpdesk.people.models import User
from tests import factories
from tests.cast import Cast
from tests.workspace.reading import words_of
from tickets.mail import spam
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
Suggest = Callable[..., Tagging]
AS_SHOWN = {"journey_stage": "use", "gap_primary": "quality", "direction": "below", "root_cause": "technology"}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def lot(cast: Cast, suggest: Suggest) -> list[Ticket]:
    """Three open tickets with sure suggestions, the newest first: the order in which they are gone through."""
    now = timezone.now()
    tickets = [
        factories.a_ticket(cast.carla, mailbox=cast.support, subject=f"Matter {at}", at=now - timedelta(hours=at))
        for at in range(3)
    ]
    for ticket in tickets:
        suggest(ticket)
    return tickets


def _current(ticket: Ticket) -> Tagging:
    return Tagging.objects.current().get(ticket=ticket)


def _page(client: Client, address: str = "/confirm/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (answer.status_code, answer.headers.get("Location"))
    return str(answer.content.decode())


def _number(html: str) -> int:
    """Of the ticket that is asked about."""
    found = re.search(r'id="answer" method="post" action="/confirm/(\d+)/', html)
    assert found
    return int(found[1])


def _chosen(html: str) -> dict[str, str]:
    radios = re.findall(r'type="radio" name="(\w+)" value="(\w+)"[^>]* checked', html)
    causes = re.findall(r'<option value="(\w+)" selected', html)
    return dict(radios) | ({"root_cause": causes[0]} if causes else {})


def _answer(client: Client, ticket: Ticket, **fields: Any) -> Any:
    return client.post(f"/confirm/{ticket.number}/", {"shown": _current(ticket).pk, **fields})


# --- Going through them -----------------------------------------------------------------------------------------------


def test_a_step_shows_the_customers_words_and_the_suggestion_with_its_reasons(
    as_user: Browser, ana: User, lot: list[Ticket]
) -> None:
    html = _page(as_user(ana))
    words = words_of(html)

    assert _number(html) == lot[0].number
    assert "Matter 0" in words
    assert '<mark class="evidence">charged me twice</mark>' in html
    assert _chosen(html) == AS_SHOWN
    assert "Quality 86% 1" in words
    assert "Because: charged me twice" in words
    assert f'href="/tickets/{lot[0].number}/"' in html


def test_yes_confirms_as_shown_and_leads_to_the_next(as_user: Browser, ana: User, lot: list[Ticket]) -> None:
    client = as_user(ana)

    answer = _answer(client, lot[0], **AS_SHOWN)

    said = _current(lot[0])
    assert said.tagged_by == ana
    assert said.agrees_with(Tagging.objects.get(pk=said.suggestion_id))
    assert answer["Location"] == f"/confirm/{lot[1].number}/"
    html = _page(client, answer["Location"])
    assert _number(html) == lot[1].number
    assert "Confirmed: Use, Quality." in html
    assert "1 of 3 today" in words_of(html)


def test_another_answer_is_kept_instead(as_user: Browser, ana: User, lot: list[Ticket]) -> None:
    _answer(as_user(ana), lot[0], **{**AS_SHOWN, "gap_primary": "promise_mismatch", "journey_stage": "purchase"})

    said = _current(lot[0])
    assert (said.journey_stage, said.gap_primary, said.gap_secondary, said.severity) == (
        "purchase", "promise_mismatch", "response_time", 2,
    )  # fmt: skip


@pytest.mark.parametrize("changed", [{"gap_primary": "none"}, {"direction": "met"}])
def test_no_gap_and_as_expected_follow_from_each_other(
    as_user: Browser, ana: User, lot: list[Ticket], changed: dict[str, str]
) -> None:
    _answer(as_user(ana), lot[0], **{**AS_SHOWN, **changed})

    said = _current(lot[0])
    assert (said.gap_primary, said.direction, said.root_cause, said.severity) == ("none", "met", "", None)


def test_the_second_gap_as_the_first_leaves_no_second(as_user: Browser, ana: User, lot: list[Ticket]) -> None:
    _answer(as_user(ana), lot[0], **{**AS_SHOWN, "gap_primary": "response_time"})

    assert (_current(lot[0]).gap_primary, _current(lot[0]).gap_secondary) == ("response_time", "")


def test_one_can_go_on_and_back_without_deciding(as_user: Browser, ana: User, lot: list[Ticket]) -> None:
    client = as_user(ana)

    assert f'href="/confirm/{lot[1].number}/" data-key="j"' in _page(client)
    middle = _page(client, f"/confirm/{lot[1].number}/")
    assert f'href="/confirm/{lot[0].number}/" data-key="k"' in middle
    assert f'href="/confirm/{lot[2].number}/" data-key="j"' in middle
    last = _page(client, f"/confirm/{lot[2].number}/")
    assert 'data-key="j"' not in last
    assert not Tagging.objects.by_people().exists()


def test_after_the_last_one_come_those_that_were_passed_over(as_user: Browser, ana: User, lot: list[Ticket]) -> None:
    answer = _answer(as_user(ana), lot[2], **AS_SHOWN)

    assert answer["Location"] == f"/confirm/{lot[0].number}/"


def test_undo_comes_back_to_it(as_user: Browser, ana: User, lot: list[Ticket]) -> None:
    client = as_user(ana)
    following = _answer(client, lot[0], **AS_SHOWN)["Location"]
    assert f'action="/confirm/{lot[0].number}/undo/"' in _page(client, following)

    for _ in range(2):  # undoing twice is no error
        answer = client.post(f"/confirm/{lot[0].number}/undo/")
        assert answer["Location"] == f"/confirm/{lot[0].number}/"
    assert _current(lot[0]).is_suggestion
    assert _chosen(_page(client, answer["Location"])) == AS_SHOWN


def test_undo_leaves_what_a_colleague_said(as_user: Browser, ana: User, lea: User, lot: list[Ticket]) -> None:
    Tagging.confirm(lot[0], by=lea)

    as_user(ana).post(f"/confirm/{lot[0].number}/undo/")

    assert _current(lot[0]).tagged_by == lea


def test_a_double_click_is_one_answer(as_user: Browser, ana: User, lot: list[Ticket]) -> None:
    client, shown = as_user(ana), _current(lot[0]).pk
    for _ in range(2):
        answer = client.post(f"/confirm/{lot[0].number}/", {"shown": shown, **AS_SHOWN})

    assert answer["Location"] == f"/confirm/{lot[1].number}/"
    assert Tagging.objects.by_people().count() == 1


def test_where_a_colleague_was_quicker_theirs_stands_and_is_told(
    as_user: Browser, ana: User, lea: User, lot: list[Ticket]
) -> None:
    client, shown = as_user(ana), _current(lot[0]).pk
    Tagging.say(lot[0], by=lea, journey_stage="advocacy", gap_primary="none")

    answer = client.post(f"/confirm/{lot[0].number}/", {"shown": shown, **AS_SHOWN})

    assert _current(lot[0]).tagged_by == lea
    assert f"Lea Lindgren has tagged #{lot[0].number} in the meantime: Advocacy, No gap." in _page(
        client, answer["Location"]
    )


def test_what_changed_since_it_was_shown_is_asked_again(
    as_user: Browser, ana: User, lot: list[Ticket], suggest: Suggest
) -> None:
    shown = _current(lot[0]).pk
    suggest(lot[0], gap_primary="promise_mismatch")

    answer = as_user(ana).post(f"/confirm/{lot[0].number}/", {"shown": shown, **AS_SHOWN})

    html = answer.content.decode()
    assert answer.status_code == 422
    assert "The suggestion has changed" in html
    assert _chosen(html)["gap_primary"] == "promise_mismatch"
    assert _current(lot[0]).is_suggestion


# --- Below 50 % -------------------------------------------------------------------------------------------------------


def test_an_unsure_suggestion_is_not_chosen_for_anybody(
    as_user: Browser, ana: User, ticket: Ticket, suggest: Suggest
) -> None:
    suggest(ticket, gap_confidence=0.42)
    client = as_user(ana)

    html = _page(client)
    assert _chosen(html) == {}
    assert "below 50%" in html
    assert "Quality 42% 1" in words_of(html)

    refused = _answer(client, ticket)
    assert refused.status_code == 422
    assert "Choose a stage." in refused.content.decode()
    assert "Choose which expectation it was." in refused.content.decode()

    half = _answer(client, ticket, journey_stage="purchase")
    assert half.status_code == 422
    assert _chosen(half.content.decode()) == {"journey_stage": "purchase"}  # what was chosen is kept
    assert _current(ticket).is_suggestion

    assert _answer(client, ticket, journey_stage="purchase", gap_primary="quality").status_code == 302
    assert (_current(ticket).journey_stage, _current(ticket).direction) == ("purchase", "below")


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"journey_stage": "moon", "gap_primary": "quality"}, "Choose a stage from the list."),
        ({"journey_stage": "use", "gap_primary": "weather"}, "Choose a gap from the list."),
        ({"journey_stage": "use", "gap_primary": "quality", "root_cause": "fate"}, "Choose from the list."),
        ({"journey_stage": "use", "gap_primary": "none", "direction": "below"}, "goes with “No gap”"),
    ],
)
def test_what_is_no_answer_is_refused_in_words(
    as_user: Browser, ana: User, ticket: Ticket, suggest: Suggest, fields: dict[str, str], words: str
) -> None:
    suggest(ticket, gap_confidence=0.42)

    answer = _answer(as_user(ana), ticket, **fields)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert _current(ticket).is_suggestion


# --- In which order ---------------------------------------------------------------------------------------------------


def test_what_was_solved_lately_and_is_unsure_comes_first_then_the_rest_newest_first(
    as_user: Browser, cast: Cast, lot: list[Ticket], suggest: Suggest
) -> None:
    now = timezone.now()
    names = {}
    for name, days in (
        ("unsure, solved", 3),
        ("unsure, solved long ago", 50),
        ("unsure, open", 4),
        ("sure, solved", 2),
    ):
        ticket = factories.a_ticket(cast.carla, mailbox=cast.support, subject=name, at=now - timedelta(days=days))
        suggest(ticket, **({"gap_confidence": 0.3} if name.startswith("unsure") else {}))
        if "solved" in name:
            ticket.resolve(by=cast.ana, reason="Said on the phone")
            solved_at = now - timedelta(days=40 if "long" in name else 1)
            Ticket.objects.filter(pk=ticket.pk).update(resolved_at=solved_at)
        names[ticket.number] = name

    walk, order = confirming.Walk(cast.ana), []
    ticket = walk.first()
    while ticket:
        order.append(names.get(ticket.number, ticket.subject))
        whole = walk.at(ticket.number)
        assert whole
        following = walk.after(whole)
        if following:
            behind = walk.at(following.number)
            assert behind
            assert walk.before(behind) == ticket
        ticket = following

    assert order == [
        "unsure, solved", "Matter 0", "Matter 1", "Matter 2", "sure, solved", "unsure, open", "unsure, solved long ago",
    ]  # fmt: skip
    assert _number(_page(as_user(cast.ana))) == next(n for n, name in names.items() if name == "unsure, solved")


def test_spam_is_not_asked_about(as_user: Browser, ana: User, lot: list[Ticket]) -> None:
    spam.mark_ticket(lot[0], by=ana)

    assert _number(_page(as_user(ana))) == lot[1].number


# --- Whose ------------------------------------------------------------------------------------------------------------


def test_another_teams_tickets_are_neither_shown_nor_answered(as_user: Browser, ben: User, lot: list[Ticket]) -> None:
    client = as_user(ben)

    assert "Every tag is confirmed" in _page(client)
    assert client.get(f"/confirm/{lot[0].number}/").status_code == 404
    assert _answer(client, lot[0], **AS_SHOWN).status_code == 404
    assert client.post(f"/confirm/{lot[0].number}/undo/").status_code == 404
    assert not Tagging.objects.by_people().exists()


@pytest.mark.parametrize("who", ["lou", "gus"])
def test_who_may_not_tag_is_not_asked(as_user: Browser, cast: Cast, lot: list[Ticket], who: str) -> None:
    client = as_user(getattr(cast, who))

    assert client.get("/confirm/").status_code == 403
    assert _answer(client, lot[0], **AS_SHOWN).status_code == 403
    if who == "lou":
        assert "/confirm/" not in client.get("/queue/open/").content.decode()


def test_who_was_shut_out_is_asked_to_sign_in(as_user: Browser, ana: User, lot: list[Ticket]) -> None:
    client = as_user(ana)
    ana.is_active = False
    ana.save()

    assert _answer(client, lot[0], **AS_SHOWN)["Location"].startswith("/sign-in/")
    assert _current(lot[0]).is_suggestion


# --- How many ---------------------------------------------------------------------------------------------------------


def test_the_navigation_says_how_many_wait(
    as_user: Browser, ana: User, lot: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    from helpdesk.workspace import navigation

    def shown() -> str:
        html = as_user(ana).get("/queue/open/").content.decode()
        return words_of(re.findall(r'<span class="n" id="nav-to-confirm">(.*?)</a>', html, re.S)[0])

    assert shown() == "3 suggestions"
    monkeypatch.setattr(navigation, "MOST_TO_CONFIRM", 2)
    assert shown() == "2+ suggestions"
    for ticket in lot:
        Tagging.confirm(ticket, by=ana)
    assert shown() == ""


def test_when_nothing_waits_the_page_says_so(as_user: Browser, ana: User, lot: list[Ticket]) -> None:
    for ticket in lot:
        Tagging.confirm(ticket, by=ana)

    words = words_of(_page(as_user(ana)))

    assert "Every tag is confirmed" in words
    assert "You looked at 3 tickets today." in words


def test_a_new_installation_says_what_will_stand_here(as_user: Browser, ana: User) -> None:
    assert "No suggestions yet" in _page(as_user(ana))


@pytest.mark.data_layer
@pytest.mark.parametrize("how_many", [2, 30])
def test_a_step_costs_the_same_however_many_wait(
    as_user: Browser, cast: Cast, suggest: Suggest, django_assert_max_num_queries: Any, how_many: int
) -> None:
    for _ in range(how_many):
        suggest(factories.a_ticket(cast.carla, mailbox=cast.support))
    client = as_user(cast.ana)
    client.get("/confirm/")

    with django_assert_max_num_queries(15):
        _page(client)


# --- In place ---------------------------------------------------------------------------------------------------------


def test_with_a_script_the_next_one_comes_in_place_and_is_announced(
    as_user: Browser, ana: User, lot: list[Ticket]
) -> None:
    fields = {"shown": _current(lot[0]).pk, **AS_SHOWN}

    answer = as_user(ana).post(f"/confirm/{lot[0].number}/", fields, headers=HTMX)

    html = answer.content.decode()
    assert answer["HX-Push-Url"] == f"/confirm/{lot[1].number}/"
    assert "<html" not in html
    assert _number(html) == lot[1].number
    assert 'tabindex="-1" autofocus' in html
    assert "Confirmed: Use, Quality. 2 left." in html


def test_with_a_script_what_is_missing_is_said_in_place(
    as_user: Browser, ana: User, ticket: Ticket, suggest: Suggest
) -> None:
    suggest(ticket, gap_confidence=0.42)

    answer = as_user(ana).post(f"/confirm/{ticket.number}/", {"journey_stage": "use"}, headers=HTMX)

    assert answer.status_code == 422
    assert "<html" not in answer.content.decode()
    assert "Choose which expectation it was." in answer.content.decode()


def test_after_the_last_answer_the_script_goes_to_the_page_that_says_so(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging
) -> None:
    answer = as_user(ana).post(f"/confirm/{ticket.number}/", {"shown": suggestion.pk, **AS_SHOWN}, headers=HTMX)

    assert answer["HX-Redirect"] == "/confirm/"


# --- A second look ----------------------------------------------------------------------------------------------------


@pytest.fixture
def looked_at(cast: Cast, suggest: Suggest) -> Ticket:
    """A ticket that Lea has tagged and somebody else is asked about."""
    ticket = factories.a_ticket(cast.carla, mailbox=cast.support, subject="Seen by Lea")
    suggest(ticket)
    said = Tagging.say(
        ticket, by=cast.lea, journey_stage="advocacy", gap_primary="experience_process", root_cause="staff_attitude"
    )
    SecondLabel.objects.create(tagging=said)
    return ticket


def test_a_second_look_shows_nothing_of_the_first(as_user: Browser, ana: User, looked_at: Ticket) -> None:
    html = _page(as_user(ana), f"/confirm/{looked_at.number}/second-look/")
    main = html[html.index('id="to-confirm"') : html.index("</main>")]

    assert "Seen by Lea" in main
    assert _chosen(main) == {}
    assert "<mark" not in main
    assert "%" not in main
    assert "Because" not in main
    assert "Lindgren" not in main
    assert f"/tickets/{looked_at.number}/" not in main  # where the first answer stands
    assert "no tag changes" in main


def test_a_second_answer_is_kept_and_changes_no_tag(as_user: Browser, ana: User, looked_at: Ticket) -> None:
    client, before = as_user(ana), _current(looked_at)

    answer = client.post(f"/confirm/{looked_at.number}/second-look/", AS_SHOWN)

    kept = SecondLabel.objects.get()
    assert answer["Location"] == "/confirm/"
    assert (kept.answered_by, kept.journey_stage, kept.gap_primary) == (ana, "use", "quality")
    assert _current(looked_at) == before
    assert "no tag has changed" in _page(client)


def test_half_a_second_answer_is_asked_again(as_user: Browser, ana: User, looked_at: Ticket) -> None:
    answer = as_user(ana).post(f"/confirm/{looked_at.number}/second-look/", {"journey_stage": "use"})

    assert answer.status_code == 422
    assert "Choose which expectation it was." in answer.content.decode()
    assert _chosen(answer.content.decode()) == {"journey_stage": "use"}
    assert SecondLabel.objects.get().answered_at is None


def test_every_few_answers_a_second_look_is_offered(
    as_user: Browser, ana: User, lot: list[Ticket], looked_at: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpdesk.workspace.views.confirming.SECOND_LOOK_EVERY", 2)
    client = as_user(ana)

    assert _answer(client, lot[0], **AS_SHOWN)["Location"] == f"/confirm/{lot[1].number}/"
    assert _answer(client, lot[1], **AS_SHOWN)["Location"] == f"/confirm/{looked_at.number}/second-look/"


def test_a_second_look_can_be_skipped_and_is_not_asked_again(
    as_user: Browser, ana: User, lot: list[Ticket], looked_at: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpdesk.workspace.views.confirming.SECOND_LOOK_EVERY", 1)
    client = as_user(ana)

    answer = client.post(f"/confirm/{looked_at.number}/second-look/skipping/")

    assert answer["Location"] == f"/confirm/{lot[0].number}/"
    assert _answer(client, lot[0], **AS_SHOWN)["Location"] == f"/confirm/{lot[1].number}/"
    assert SecondLabel.objects.get().answered_at is None


def test_who_gave_the_first_answer_is_not_asked_for_the_second(
    as_user: Browser, lea: User, ben: User, looked_at: Ticket
) -> None:
    for who, answer in ((lea, 302), (ben, 404)):  # the first person; and one who may not see the ticket
        client = as_user(who)
        assert client.get(f"/confirm/{looked_at.number}/second-look/").status_code == answer
        client.post(f"/confirm/{looked_at.number}/second-look/", AS_SHOWN)
    assert SecondLabel.objects.get().answered_at is None


def test_how_far_people_agree_is_told_for_all_and_not_before_there_is_enough(
    as_user: Browser, cast: Cast, lot: list[Ticket]
) -> None:
    client = as_user(cast.ana)
    for at in range(10):
        assert "second looks" not in _page(client)
        ticket = factories.a_ticket(cast.carla, mailbox=cast.support)
        said = Tagging.say(ticket, by=cast.lea, journey_stage="use", gap_primary="quality")
        second = SecondLabel.objects.create(tagging=said)
        second.answer(by=cast.mia, journey_stage="use" if at else "purchase", gap_primary="quality", direction="below")

    assert "You and your colleagues agreed in 9 of 10 second looks." in words_of(_page(client))
    _answer(client, lot[0], **AS_SHOWN)
    assert "second looks" not in _page(client)  # once a day
