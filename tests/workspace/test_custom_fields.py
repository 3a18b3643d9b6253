"""The page on which the company names fields of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.people.models import User
from tests.cast import Cast
from tickets import custom_fields
from tickets.models import CustomField

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
NEW = {"label_en": "Colour", "label_es": "Color", "kind": "choice", "new-0-en": "Red", "new-0-es": "Rojo"}


@pytest.fixture
def colour(db: None) -> CustomField:
    choices = [{"labels": {"en": "Red", "es": "Rojo"}}, {"labels": {"en": "Blue", "es": "Azul"}}]
    return custom_fields.add(labels={"en": "Colour", "es": "Color"}, kind="choice", choices=choices)


def test_a_field_is_added_and_asked_in_both_languages(as_user: Browser, cast: Cast) -> None:
    client = as_user(cast.mia)

    html = client.post("/settings/fields/new/", {**NEW, "is_required": "on"}, follow=True).content.decode()

    (field,) = custom_fields.asked()
    assert (field.slug, field.is_required, field.labels["es"]) == ("colour", True, "Color")
    assert "“Colour” is asked from now on." in html
    assert "field.colour:" in html


@pytest.mark.parametrize(
    "wrong", [{"label_en": "", "label_es": ""}, {"kind": "nonsense"}, {"new-0-en": "", "new-0-es": ""}]
)
def test_what_is_missing_is_said_and_what_was_typed_stays(as_user: Browser, cast: Cast, wrong: dict[str, str]) -> None:
    answer = as_user(cast.mia).post(
        "/settings/fields/new/",
        {**NEW, "new-1-en": "Blue", **wrong} | ({"new-1-en": ""} if "new-0-en" in wrong else {}),
    )

    assert answer.status_code == 422
    html = answer.content.decode()
    assert "<title>Error:" in html
    assert 'value="Color"' in html or 'value="Rojo"' in html
    assert not CustomField.objects.exists()


def test_its_words_change_and_a_choice_that_is_emptied_is_offered_no_more(
    as_user: Browser, cast: Cast, colour: CustomField
) -> None:
    given = {
        "label_en": "Hue",
        "label_es": "Tono",
        "choice-red-en": "Crimson",
        "choice-red-es": "Carmesí",
        "new-0-en": "Green",
    }

    as_user(cast.mia).post("/settings/fields/colour/", given)

    colour.refresh_from_db()
    assert (colour.slug, custom_fields.label_of(colour)) == ("colour", "Hue")
    assert custom_fields.choices_of(colour) == [("red", "Crimson"), ("green", "Green")]


def test_a_field_is_retired_and_undo_brings_it_back(as_user: Browser, cast: Cast, colour: CustomField) -> None:
    client = as_user(cast.mia)

    html = client.post("/settings/fields/colour/retiring/", follow=True).content.decode()
    assert custom_fields.asked() == []
    assert "Asked no more" in html

    undo = re.search(r'action="(/settings/fields/colour/returning/)"[^>]*>(?:(?!</form>).)*data-undo', html, re.S)
    assert undo
    client.post(undo[1])
    assert [field.slug for field in custom_fields.asked()] == ["colour"]


def test_fields_are_moved_by_buttons(as_user: Browser, cast: Cast, colour: CustomField) -> None:
    custom_fields.add(labels={"en": "Speed"}, kind="number")

    as_user(cast.mia).post("/settings/fields/", {"do": "up:speed"})

    assert [field.slug for field in custom_fields.asked()] == ["speed", "colour"]


@pytest.mark.parametrize("path", ["", "new/", "colour/", "colour/retiring/", "colour/returning/"])
def test_only_who_names_fields_comes_here(as_user: Browser, cast: Cast, colour: CustomField, path: str) -> None:
    for who in (cast.lea, cast.ana, cast.lou):
        answer: Any = as_user(who).post(f"/settings/fields/{path}")
        assert answer.status_code == 403

    assert as_user(cast.mia).post("/settings/fields/nothing/retiring/").status_code == 404
