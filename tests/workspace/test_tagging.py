from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from cx.models import Tagging
from helpdesk.people.models import User
from tests.cast import Cast
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def _current(ticket: Ticket) -> Tagging:
    return Tagging.objects.current().get(ticket=ticket)


def _post(client: Client, ticket: Ticket, path: str = "", **fields: Any) -> Any:
    return client.post(f"/tickets/{ticket.number}/tagging/{path}", fields, headers=HTMX)


def test_confirming_makes_the_suggestion_solid(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging
) -> None:
    answer = _post(as_user(ana), ticket, "confirmation/", shown=suggestion.pk)

    said, html = _current(ticket), answer.content.decode()
    assert answer.status_code == 200
    assert said.is_confirmed
    assert said.tagged_by == ana
    assert said.agrees_with(suggestion)
    assert "Confirmed by you" in html
    assert "suggest done" in html
    assert "data-undo" in html


def test_without_a_script_confirming_leads_back_to_the_ticket(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging
) -> None:
    client = as_user(ana)

    answer = client.post(f"/tickets/{ticket.number}/tagging/confirmation/?in=open", {"shown": suggestion.pk})

    assert answer["Location"] == f"/tickets/{ticket.number}/?in=open"
    assert "Confirmed: Use, Quality." in client.get(answer["Location"]).content.decode()


def test_confirming_twice_is_one_answer(as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging) -> None:
    for _ in range(2):
        assert _post(as_user(ana), ticket, "confirmation/", shown=suggestion.pk).status_code == 200

    assert Tagging.objects.by_people().count() == 1


def test_what_changed_since_it_was_shown_is_not_confirmed(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging, suggest: Callable[..., Tagging]
) -> None:
    suggest(ticket, gap_primary="promise_mismatch")

    answer = _post(as_user(ana), ticket, "confirmation/", shown=suggestion.pk)

    assert answer.status_code == 422
    assert "The suggestion has changed" in answer.content.decode()
    assert not _current(ticket).is_confirmed


def test_without_a_suggestion_there_is_nothing_to_confirm(as_user: Browser, ana: User, ticket: Ticket) -> None:
    answer = _post(as_user(ana), ticket, "confirmation/")

    assert answer.status_code == 422
    assert not Tagging.objects.exists()


def test_another_stage_can_be_chosen_while_confirming(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging
) -> None:
    _post(as_user(ana), ticket, "confirmation/", shown=suggestion.pk, journey_stage="purchase", direction="below")

    said = _current(ticket)
    assert (said.journey_stage, said.gap_primary, said.severity) == ("purchase", "quality", 2)
    assert said.is_confirmed


def test_as_expected_is_no_gap(as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging) -> None:
    _post(as_user(ana), ticket, "confirmation/", shown=suggestion.pk, direction="met")

    said = _current(ticket)
    assert (said.gap_primary, said.direction, said.gap_secondary, said.root_cause, said.severity) == (
        "none", "met", "", "", None,
    )  # fmt: skip


def test_better_than_expected_has_no_cause_and_no_severity(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging
) -> None:
    _post(as_user(ana), ticket, "confirmation/", shown=suggestion.pk, direction="exceeded")

    said = _current(ticket)
    assert (said.gap_primary, said.direction, said.root_cause, said.severity) == ("quality", "exceeded", "", None)


def test_undo_shows_the_suggestion_again(as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging) -> None:
    _post(as_user(ana), ticket, "confirmation/", shown=suggestion.pk)

    for _ in range(2):  # undoing twice is no error
        answer = _post(as_user(ana), ticket, "undo/")
        assert answer.status_code == 200
        assert _current(ticket) == suggestion
    assert "Suggested gap" in answer.content.decode()


FULL = {
    "journey_stage": "purchase", "gap_primary": "promise_mismatch", "gap_secondary": "response_time",
    "direction": "below", "root_cause": "process_policy", "severity": "3",
}  # fmt: skip


def test_a_persons_own_answer_holds_in_every_field(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging
) -> None:
    answer = _post(as_user(ana), ticket, **FULL)

    said = _current(ticket)
    assert answer.status_code == 200
    assert {name: str(getattr(said, name)) for name in Tagging.FIELDS} == FULL
    assert "Operations" in answer.content.decode()


@pytest.mark.parametrize(
    "changed, expected",
    [
        ({"gap_primary": "none"}, ("none", "met", "", "")),
        ({"direction": "met", "gap_primary": "quality"}, ("none", "met", "", "")),
        ({"direction": "exceeded"}, ("promise_mismatch", "exceeded", "response_time", "")),
        ({"gap_secondary": ""}, ("promise_mismatch", "below", "", "process_policy")),
        ({"root_cause": ""}, ("promise_mismatch", "below", "response_time", "unknown")),
    ],
)
def test_what_follows_from_the_codebook_need_not_be_typed(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging, changed: dict[str, str],
    expected: tuple[str, ...],
) -> None:  # fmt: skip
    assert _post(as_user(ana), ticket, **(FULL | changed)).status_code == 200

    said = _current(ticket)
    assert (said.gap_primary, said.direction, said.gap_secondary, said.root_cause) == expected


@pytest.mark.parametrize(
    "changed, words",
    [
        ({"journey_stage": ""}, "Choose a stage."),
        ({"journey_stage": "moon"}, "Choose a stage from the list."),
        ({"gap_primary": "weather"}, "Choose a gap from the list."),
        ({"gap_primary": ""}, "Choose which expectation it was."),
        ({"gap_secondary": "promise_mismatch"}, "The second gap must be another than the first."),
        ({"direction": "met"}, "“As expected” goes with “No gap”, and the reverse."),
        ({"severity": "9"}, "Choose from the list."),
    ],
)
def test_a_contradiction_is_refused_in_words(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging, changed: dict[str, str], words: str
) -> None:
    answer = _post(as_user(ana), ticket, **(FULL | changed))

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert _current(ticket) == suggestion


def test_other_answers_are_one_click_away_and_hold(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging
) -> None:
    from helpdesk.workspace.panel import panel_for

    choices = panel_for(suggestion).choices
    assert [(choice.label, choice.percent) for choice in choices] == [
        ("Promise not kept", 7), ("Response time", 4), ("No gap", 2),
    ]  # fmt: skip
    for choice in choices:
        assert _post(as_user(ana), ticket, **choice.fields).status_code == 200
        assert _current(ticket).gap_primary == choice.fields["gap_primary"]


def test_an_unsure_suggestion_is_no_default_but_a_choice(
    as_user: Browser, ana: User, ticket: Ticket, suggest: Callable[..., Tagging]
) -> None:
    suggest(ticket, gap_confidence=0.42)

    html = as_user(ana).get(f"/tickets/{ticket.number}/").content.decode()

    assert "To be tagged" in html
    assert "Use × Quality 42%" in html
    assert 'data-key="c"' not in html


def test_a_light_agent_sees_the_tag_and_cannot_change_it(
    as_user: Browser, cast: Cast, ticket: Ticket, suggestion: Tagging
) -> None:
    html = as_user(cast.lou).get(f"/tickets/{ticket.number}/").content.decode()

    assert "Quality" in html
    assert "tagging/" not in html
