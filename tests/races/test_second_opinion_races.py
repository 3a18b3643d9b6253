"""Several workers that want to ask a language-model service at the same moment. PostgreSQL only."""

from __future__ import annotations

import pytest
from django.db import connection

from cx.models import OpinionRequest, Tagging
from cx.opinions import second_opinion
from tests import cast as people
from tests import factories
from tests.language_model import LanguageModelServer
from tests.races.threads import together

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="races need PostgreSQL"),
]

assert connection  # named in the skip condition above


@pytest.mark.parametrize("turn", range(3))
def test_however_many_workers_come_each_question_is_asked_once_and_one_at_a_time(transactional_db, settings, turn):
    everybody = people.assemble()
    with LanguageModelServer().running() as server:
        settings.CX_LLM_URL, settings.CX_LLM_MODEL = server.url, "m"
        for n in range(4):
            ticket = factories.a_ticket(everybody.carla, subject=f"Matter {n}")
            values = {"journey_stage": "use", "gap_primary": "none", "direction": "met", "stage_confidence": 0.2}
            second_opinion.ask_about(Tagging.suggest(ticket, values=values, model_version="test"))

        answered = together(*[second_opinion.ask_waiting] * 5)

        # Who came while somebody was asking went away; what that one began, it finished.
        answered.append(second_opinion.ask_waiting())
        assert sum(answered) == 4
        assert len(server.asked) == 4
        assert len({asked.body for asked in server.asked}) == 4
    assert set(OpinionRequest.objects.values_list("state", "tries")) == {("answered", 1)}
    assert Tagging.objects.filter(opinion__isnull=False).count() == 4
