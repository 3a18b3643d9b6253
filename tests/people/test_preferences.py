from __future__ import annotations

from typing import Any

import pytest

from helpdesk.people.models import User
from helpdesk.people.preferences import Preferences, change

pytestmark = pytest.mark.django_db


def test_what_nobody_chose_is_the_default(ana: User) -> None:
    assert Preferences.of(ana) == Preferences()


def test_a_choice_is_kept_and_leaves_the_others_alone(ana: User) -> None:
    change(ana, after_sending="next")
    change(ana, columns=("team", "priority"))

    ana.refresh_from_db()
    kept = Preferences.of(ana)
    assert (kept.after_sending, kept.columns, kept.layout) == ("next", ("team", "priority"), "table")


@pytest.mark.parametrize(
    "nonsense",
    [
        [],
        "x",
        None,
        {"after_sending": "elsewhere"},
        {"columns": "all"},
        {"columns": [1]},
        {"layout": 3},
        {"more": 1},
        {"undo_seconds": 7},
        {"undo_seconds": "10"},
        {"undo_seconds": False},
    ],
)
def test_nonsense_in_the_row_is_the_default(ana: User, nonsense: Any) -> None:
    ana.preferences = nonsense

    assert Preferences.of(ana) == Preferences()
