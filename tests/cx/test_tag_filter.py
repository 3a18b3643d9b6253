from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cx import tag_words, wording
from cx.models import Tagging, Wording
from cx.tag_filter import MOST_UNKNOWN, TagFilter
from helpdesk.people.models import Customer, User
from tests import factories
from tests.cast import Cast
from tickets.models import Ticket

Tickets = dict[str, Ticket]


def _asks(text: str) -> dict[str, tuple[str, ...]]:
    return {name: values for name, values in tag_words.read(text).tags.values.items() if values}


# --- What is typed ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, expected",
    [
        ("stage:use", {"stage": ("use",)}),
        ("etapa:uso", {"stage": ("use",)}),
        ("Stage: Use", {"stage": ("use",)}),
        ("gap:response_time", {"gap": ("response_time",)}),
        ('brecha:"tiempo de respuesta"', {"gap": ("response_time",)}),
        ("brecha:«Tiempo de respuesta»", {"gap": ("response_time",)}),
        ("gap:response time", {"gap": ("response_time",)}),
        ("dirección:“mejor de lo esperado”", {"direction": ("exceeded",)}),
        ("causa:formación", {"cause": ("training",)}),
        ("tagged:no", {"tags": ("none",)}),
        ("etiquetado:sí", {"tags": ("suggested", "confirmed")}),
        ("tags:surprise", {"direction": ("exceeded",)}),
        ("stage:use,purchase", {"stage": ("purchase", "use")}),  # in the journey's order
        ("use", {"stage": ("use",)}),
        ("promesa incumplida uso", {"gap": ("promise_mismatch",), "stage": ("use",)}),
        ("response time in use", {"gap": ("response_time",), "stage": ("use",)}),
        ("untagged", {"tags": ("none",)}),
        (
            "stage:use gap:response_time direction:below cause:training tagged:no",
            {"stage": ("use",), "gap": ("response_time",), "direction": ("below",), "cause": ("training",),
             "tags": ("none",)},
        ),
        ("", {}),
    ],
)  # fmt: skip
def test_slugs_and_labels_of_both_languages_are_understood(text: str, expected: dict[str, tuple[str, ...]]) -> None:
    assert _asks(text) == expected


@pytest.mark.parametrize(
    "text, number", [("#10012", 10012), ("10012", 10012), (" #10012 ", 10012), ("10012 use", None)]
)
def test_a_number_alone_is_a_ticket(text: str, number: int | None) -> None:
    assert tag_words.read(text).number == number


@pytest.mark.parametrize(
    "text, unknown",
    [
        ("moon", ("moon",)),
        ("stage:moon", ("moon",)),
        ("stage:quality", ("quality",)),  # a gap, not a stage
        ("colour:red", ("colour:red",)),
        ("use moon gap:quality", ("moon",)),
        ('"a long wait" use', ("a long wait",)),
        ("stage:", ("stage:",)),
        ("no", ("no",)),  # says nothing without its key
    ],
)
def test_what_means_nothing_is_told_in_the_words_it_was_typed_in(text: str, unknown: tuple[str, ...]) -> None:
    assert tag_words.read(text).tags.unknown == unknown


@pytest.mark.parametrize(
    "text", ["x " * 100_000, '"' * 5000, ":" * 5000, "\x00\ud800"[:1], "stage:" * 1000, "１２３", "²"]
)
def test_rubbish_is_answered_and_never_raises(text: str) -> None:
    asked = tag_words.read(text)

    assert not asked.tags
    assert len(asked.tags.unknown) <= MOST_UNKNOWN


def test_everything_that_is_suggested_is_understood_in_both_languages() -> None:
    from django.utils.translation import override

    for language in ("en", "es"):
        with override(language):
            for text, _name in tag_words.suggestions():
                asked = tag_words.read(text)
                assert asked.tags.unknown == (), text
                assert len(asked.tags) == 1, text


# --- What an address asks for -----------------------------------------------------------------------------------------


def test_an_address_may_ask_for_several_values_of_several_names() -> None:
    tags = TagFilter.of({"stage": ["use", "purchase"], "gap": ["quality"], "tags": ["suggested"]})

    assert [tuple(each) for each in tags] == [
        ("stage", "purchase"), ("stage", "use"), ("gap", "quality"), ("tags", "suggested"),
    ]  # fmt: skip
    assert [each.label for each in tags] == ["Purchase", "Use", "Quality", "Suggested"]
    assert [tuple(each) for each in tags.without("stage", "use")] == [
        ("stage", "purchase"), ("gap", "quality"), ("tags", "suggested"),
    ]  # fmt: skip


def test_an_unknown_value_filters_nothing_and_is_told() -> None:
    tags = TagFilter.of({"stage": ["moon", ""], "tags": ["maybe"]})

    assert not tags
    assert tags.unknown == ("moon", "maybe")


# --- Which tickets ----------------------------------------------------------------------------------------------------


@pytest.fixture
def tagged(cast: Cast, suggest: Callable[..., Tagging]) -> Tickets:
    """Tickets in every state that a tag can be in, by name."""

    def ticket(customer: Customer = cast.carla) -> Ticket:
        return factories.a_ticket(customer, mailbox=cast.support)

    tickets = {name: ticket() for name in ("suggested", "confirmed", "unsure", "untouched", "better", "as expected")}
    suggest(tickets["suggested"])  # use × quality, technology
    suggest(tickets["confirmed"])
    Tagging.say(tickets["confirmed"], by=cast.ana, journey_stage="purchase", gap_primary="response_time")
    suggest(tickets["unsure"], gap_confidence=0.3)
    Tagging.say(tickets["better"], by=cast.ana, journey_stage="use", gap_primary="quality", direction="exceeded")
    Tagging.say(tickets["as expected"], by=cast.ana, journey_stage="discovery", gap_primary="none")
    return tickets


@pytest.mark.data_layer
@pytest.mark.django_db
@pytest.mark.parametrize(
    "given, names",
    [
        ({}, {"suggested", "confirmed", "unsure", "untouched", "better", "as expected"}),
        ({"stage": ["use"]}, {"suggested", "better"}),  # an unsure guess is no tag yet
        ({"stage": ["use", "purchase"]}, {"suggested", "better", "confirmed"}),
        ({"stage": ["use"], "direction": ["below"]}, {"suggested"}),
        ({"gap": ["none"]}, {"as expected"}),
        ({"cause": ["technology"]}, {"suggested"}),
        ({"cause": ["unknown"]}, {"confirmed"}),
        ({"tags": ["suggested"]}, {"suggested"}),
        ({"tags": ["confirmed"]}, {"confirmed", "better", "as expected"}),
        ({"tags": ["none"]}, {"unsure", "untouched"}),
        ({"tags": ["none", "suggested"]}, {"unsure", "untouched", "suggested"}),
        ({"tags": ["surprise"]}, {"better"}),
        ({"stage": ["use"], "tags": ["confirmed"]}, {"better"}),
        ({"stage": ["use"], "tags": ["none"]}, set()),  # what is to be tagged has no stage
        ({"stage": ["use"], "tags": ["none", "confirmed"]}, {"better"}),
    ],
)  # fmt: skip
def test_a_filter_lets_through_what_its_chips_show(
    tagged: Tickets, given: dict[str, list[str]], names: set[str]
) -> None:
    found = TagFilter.of(given).among(Ticket.objects.all())

    assert {name for name, ticket in tagged.items() if ticket in found} == names
    assert found.count() == len(names)


@pytest.mark.django_db
def test_an_answer_that_was_taken_back_counts_no_more(tagged: Tickets, ana: User) -> None:
    Tagging.undo(tagged["confirmed"], by=ana)

    found: Any = TagFilter.of({"gap": ["response_time"]}).among(Ticket.objects.all())
    assert list(found) == []


@pytest.mark.django_db
def test_the_companys_own_words_are_suggested_and_understood_beside_the_shipped_ones() -> None:
    Wording.objects.create(field="journey_stage", slug="use", language="en", label="Day to day")
    wording.KEPT.forget()

    assert ('stage:"Day to day"', "Stage") in tag_words.suggestions()
    for text in ('stage:"day to day"', "day to day", "stage:use", "etapa:uso"):
        assert _asks(text) == {"stage": ("use",)}
