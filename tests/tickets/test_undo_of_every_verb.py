"""Whatever is done with many tickets and undone in reverse order leaves everything as it was.

Random histories over every verb that is registered, so that a new one is held to it from its first day: whatever it
needs comes from `VALUES`, and the test fails where that says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import models, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cx.codebook import Direction, Gap, JourneyStage
from cx.models import Promise
from helpdesk.common.errors import Refusal
from tests import factories
from tests.cast import Cast
from tickets import bulk, custom_fields, linking
from tickets.models import Link, Tag, Ticket, TicketTag

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]

Values = Callable[[Cast, list[Ticket], int], dict[str, Any]]

# What stays behind after an undoing, and should: it is no state of the ticket.
NOT_COMPARED = {"updated_at"}
# Rows that hang on a ticket and tell its story, or are made anew from it.
STORY = {"Event", "Notification", "SearchEntry", "Stake", "Delivery", "Observation", "Reading", "Presence", "FollowUp"}

VALUES: dict[str, Values] = {
    "assign": lambda cast, tickets, n: {"to": (cast.ana, cast.lea, cast.mia)[n % 3].pk},
    "move": lambda cast, tickets, n: {"team": (cast.billing.pk, None)[n % 2]},
    "prioritise": lambda cast, tickets, n: {"priority": ("low", "normal", "high", "urgent")[n % 4]},
    "snooze": lambda cast, tickets, n: {"until": (timezone.now() + timedelta(days=1 + n)).isoformat()},
    "resolve": lambda cast, tickets, n: {"reason": ("Solved by phone.", "")[n % 2]},
    "merge": lambda cast, tickets, n: {"into": tickets[n % len(tickets)].number, "other_customer": bool(n % 2)},
    "link": lambda cast, tickets, n: {
        "into": tickets[n % len(tickets)].number,
        "kind": linking.BY_HAND[n % len(linking.BY_HAND)],
    },
    "reply": lambda cast, tickets, n: {
        "parent": tickets[n % len(tickets)].number,
        "text": "Dear {customer.first_name}, it works again.",
        "then": ("open", "waiting", "resolved")[n % 3],
    },
    "kind": lambda cast, tickets, n: {"kind": ("", "problem", "question")[n % 3]},
    "tag-put": lambda cast, tickets, n: {"tag": ("Meter", "Portal")[n % 2]},
    "tag-take": lambda cast, tickets, n: {"tag": ("Meter", "Portal")[n % 2]},
    "field": lambda cast, tickets, n: {"field": "site", "value": ("", "Madrid", "Vigo")[n % 3]},
    "tag": lambda cast, tickets, n: {
        "journey_stage": JourneyStage.values[n % len(JourneyStage.values)],
        "gap_primary": Gap.QUALITY,
        "direction": Direction.BELOW,
    },
}
# Verbs that need nothing; "spam" teaches a filter besides, which is undone by its own tests.
NEED_NOTHING = {"unassign", "wake", "wait", "reopen", "spam", "confirm", "delete", "watch", "unwatch"}


def _of(model: type[models.Model], tickets: list[Ticket], path: str) -> list[dict[str, Any]]:
    columns = [field.attname for field in model._meta.concrete_fields if field.attname not in NOT_COMPARED]
    rows = model._default_manager.filter(**{f"{path}__in": [ticket.pk for ticket in tickets]})
    return list(rows.order_by("pk").values(*columns))


def _state(tickets: list[Ticket]) -> dict[str, list[dict[str, Any]]]:
    """The tickets' columns, and every row of every table that points at a ticket, but for their story.

    Rows that were taken off and put on again bear other keys; all else about them must be the same.
    """
    found = {"Ticket": _of(Ticket, tickets, "pk")}
    for relation in Ticket._meta.related_objects:
        model = relation.related_model
        assert not isinstance(model, str)
        if model is Ticket or model.__name__ in STORY:
            continue
        rows = _of(model, tickets, relation.field.name)
        if model.__name__ == "Tagging":  # what was withdrawn stays in the books
            rows = [row for row in rows if row["is_current"] or row["withdrawn_at"] is None]
        found[f"{model.__name__}.{relation.field.name}"] = _without_what_a_new_row_has(rows)
    return found


def _without_what_a_new_row_has(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    new = {"id", "made_at", "put_at", "saved_at", "since", "made_by_id", "by_id", "added_at", "created_at"}
    kept = [{name: value for name, value in row.items() if name not in new} for row in rows]
    return sorted(kept, key=repr)


def _tickets(cast: Cast) -> list[Ticket]:
    """Five, of two customers, in different states, linked, tagged and promised."""
    tickets = [factories.a_ticket((cast.carla, cast.dora)[n % 2], mailbox=cast.support) for n in range(5)]
    tickets[1].reply(by=cast.lea, text="We are looking into it.", undo_seconds=0)
    tickets[2].snooze(until=timezone.now() + timedelta(hours=5), by=cast.lea)
    tickets[3].assign(to=cast.ana, by=cast.lea)
    Promise.make(tickets[0], what="A call", due_at=timezone.now() + timedelta(days=2), by=cast.ana)
    linking.link(tickets[4], tickets[0], kind=Link.Kind.CHILD_OF, by=cast.lea)
    TicketTag.objects.create(ticket=tickets[1], tag=Tag.objects.create(name="Meter", slug="meter"), by=cast.lea)
    custom_fields.add(labels={"en": "Site"}, kind="text")
    return tickets


STEPS = st.lists(
    st.tuples(st.sampled_from(sorted(bulk.VERBS)), st.sets(st.integers(0, 4), min_size=1), st.integers(0, 11)),
    min_size=1,
    max_size=6,
)


def _walk(cast: Cast, steps: list[tuple[str, set[int], int]]) -> None:
    with _nothing_kept():
        tickets = _tickets(cast)
        numbers = [ticket.number for ticket in tickets]
        stood: list[tuple[bulk.BulkAction, dict[str, Any]]] = []
        for verb, chosen, n in steps:
            before = _state(tickets)
            values = VALUES[verb](cast, tickets, n) if verb in VALUES else {}
            try:
                action = bulk.act(verb, by=cast.mia, numbers=[numbers[i] for i in sorted(chosen)], values=values)
            except Refusal:
                continue
            if bulk.outcome(action).changed:
                stood.append((action, before))
            else:
                assert _state(tickets) == before, f"{verb} says that it changed nothing"
        for action, before in reversed(stood):
            became = bulk.outcome(bulk.undo(action, by=cast.mia))
            assert became.failed == {}, f"undoing {action.verb}: {became.failed}"
            assert _state(tickets) == before, f"undoing {action.verb}"


@contextmanager
def _nothing_kept() -> Iterator[None]:
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)


def test_every_verb_takes_part() -> None:
    """A new verb that needs values says here which; one that needs none is named, too."""
    assert set(bulk.VERBS) <= {*VALUES, *NEED_NOTHING}


@pytest.mark.parametrize("verb", sorted(bulk.VERBS))
def test_each_verb_alone_is_undone_exactly(cast: Cast, verb: str, settings: Any) -> None:
    settings.UNDO_SEND_SECONDS = 60
    for n in range(2):
        _walk(cast, [(verb, {0, 1, 2, 3, 4}, n)])


@given(steps=STEPS)
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_random_history_is_undone_step_by_step(cast: Cast, settings: Any, steps: Any) -> None:
    settings.UNDO_SEND_SECONDS = 60
    _walk(cast, steps)


@pytest.mark.long
@pytest.mark.timeout(1800)
@given(steps=STEPS)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_many_random_histories_are_undone_step_by_step(cast: Cast, settings: Any, steps: Any) -> None:
    settings.UNDO_SEND_SECONDS = 60
    _walk(cast, steps)
