from __future__ import annotations

import pytest
from django.db import connection

from helpdesk.common import trigrams
from tickets.search.checks import trigrams_can_be_used

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


def test_where_trigrams_are_there_nothing_is_said() -> None:
    assert trigrams_can_be_used(databases=["default"]) == []
    assert trigrams_can_be_used() == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has its trigrams always")
def test_a_role_that_may_not_make_them_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trigrams, "are_there", lambda _connection: False)
    assert trigrams_can_be_used(databases=["default"]) == []  # the next migrate makes them

    monkeypatch.setattr(trigrams, "can_be_made", lambda _connection: False)
    (said,) = trigrams_can_be_used(databases=["default"])
    assert said.id == "tickets.W001"
    assert "pg_trgm" in said.msg
