"""Several people who name things at once: one word never ends up standing for two things."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils.translation import override

from cx import wording
from cx.codebook import JourneyStage
from cx.models import Department, SubCause, Wording
from cx.wording import Term
from helpdesk.common.errors import Refusal
from tests.cast import Cast
from tests.races.threads import together

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="races need PostgreSQL"),
]


def at_once(work: Callable[[str], Any], whats: list[str]) -> list[Any]:
    """The same work on each of these, in threads that begin together; what each returned or refused."""

    def run(what: str) -> Any:
        try:
            with override("en"):
                return work(what)
        except Refusal as refusal:
            return refusal

    return together(*[partial(run, what) for what in whats])


def test_of_many_who_take_one_word_for_different_tags_one_gets_it(cast: Cast) -> None:
    found = at_once(lambda slug: wording.rename({Term("journey_stage", slug, "en"): "Service"}), JourneyStage.values)

    assert Wording.objects.count() == 1
    assert sum(isinstance(each, Refusal) for each in found) == len(JourneyStage) - 1


def test_of_many_who_add_the_same_there_is_one(cast: Cast) -> None:
    at_once(lambda cause: wording.assign({cause: "People"}), ["training", "staffing", "staff_attitude", "technology"])
    at_once(lambda name: SubCause.add("training", name), ["Tariffs", "tariffs", "TARIFFS", "Tariffs"])

    assert Department.objects.count() == 1
    assert len(wording.owners()) == 4
    assert SubCause.objects.count() == 1
