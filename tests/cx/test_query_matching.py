"""A filter answers like somebody who looks at every ticket with the same question in mind."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any as Anything

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cx.codebook import Gap, JourneyStage
from cx.models import Promise, Tagging
from tests import factories
from tests.cast import Cast
from tickets.models import FAR, Attachment, Note, Priority, Reading, Status, Ticket
from tickets.query.fields import Vocabulary
from tickets.query.matching import among
from tickets.query.tree import EVERYTHING, All, Any, Has, Node, Not, Op
from tickets.search import indexing

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]
HOW_MANY = 24
Suggest = Callable[..., Tagging]


@pytest.fixture
def house(cast: Cast, suggest: Suggest) -> Cast:
    """Tickets of every kind, with empty columns among them."""
    chance = random.Random(7)
    now = timezone.now().replace(microsecond=0)
    for _ in range(HOW_MANY):
        ticket = factories.a_ticket(
            chance.choice([cast.carla, cast.dora]), mailbox=chance.choice([cast.support, None]),
            channel=chance.choice(["email", "phone"]), subject=chance.choice(["The bill", "Mi factura", "Rótulo 7"]),
        )  # fmt: skip
        if chance.random() < 0.5:
            Note.objects.create(ticket=ticket, user=cast.ana, text="Seen")
        if chance.random() < 0.4:
            Reading.objects.create(ticket=ticket, user=cast.ana, read_at=now + timedelta(minutes=5))
        if chance.random() < 0.3:
            message = ticket.messages.get()
            Attachment.objects.create(message=message, filename="a.txt", content_type="text/plain", size=1, sha256="0")
        if chance.random() < 0.4:
            promise = Promise.make(ticket, what="Call", due_at=now + timedelta(days=1), by=cast.ana)
            if chance.random() < 0.5:
                promise.keep(by=cast.ana)
        if chance.random() < 0.8:
            stage, gap = chance.choice(JourneyStage.values), chance.choice(Gap.values[:4])
            suggest(ticket, journey_stage=stage, gap_primary=gap, gap_secondary="",
                    gap_confidence=chance.choice([0.3, 0.9]))  # fmt: skip
        if chance.random() < 0.3:
            Tagging.say(ticket, by=cast.ana, journey_stage="use", gap_primary="none")
        status = chance.choice(Status.values)
        done = now - timedelta(days=chance.randrange(4)) if status in ("resolved", "closed") else None
        Ticket.objects.filter(pk=ticket.pk).update(
            status=status, resolved_at=done, resolution_reason="Said" if done else "",
            snoozed_until=now if status == "snoozed" else None,
            assignee=chance.choice([None, cast.ana, cast.lea]), team=chance.choice([None, cast.billing]),
            priority=chance.choice(Priority.values), created_at=now - timedelta(days=chance.randrange(5)),
            due_next_at=FAR if done else chance.choice([FAR, now - timedelta(hours=1), now + timedelta(hours=3)]),
            last_public_reply_at=chance.choice([None, now - timedelta(days=9), now + timedelta(days=9)]),
        )  # fmt: skip
    indexing.index_all()
    return cast


def holds(node: Node, ticket: Ticket, cast: Cast) -> bool:
    """The same question, asked of one ticket in plain Python."""
    if isinstance(node, All):
        return all(holds(part, ticket, cast) for part in node.parts)
    if isinstance(node, Any):
        return any(holds(part, ticket, cast) for part in node.parts)
    if isinstance(node, Not):
        return not holds(node.part, ticket, cast)
    assert isinstance(node, Has)
    return any(_one(node, value, ticket, cast) for value in node.values or ("",))


def _one(node: Has, value: str, ticket: Ticket, cast: Cast) -> bool:
    now = timezone.now()
    shown = Tagging.objects.counted().filter(ticket=ticket).first()
    match node.field:
        case "status" | "priority" | "channel":
            return str(getattr(ticket, node.field)) == value
        case "assignee":
            email = ticket.assignee.email if ticket.assignee else "none"
            return value in (email, "me" if ticket.assignee == cast.ana else "")
        case "team":
            return value == (ticket.team.slug if ticket.team else "none")
        case "mailbox":
            return ticket.mailbox is not None and ticket.mailbox.address == value
        case "from":
            who = ticket.requester
            return value in f"{who.name} {who.email} {who.organisation}".lower()
        case "subject":
            return value in ticket.subject.lower().replace("ó", "o")
        case "is":
            return {
                "unread": not ticket.readings.filter(
                    user=cast.ana, read_at__gte=ticket.last_customer_message_at
                ).exists(),
                "unassigned": ticket.assignee is None,
                "mine": ticket.assignee == cast.ana,
                "late": ticket.due_next_at < now,
                "unanswered": Ticket.objects.unanswered().filter(pk=ticket.pk).exists(),
                "merged": False,
            }[value]
        case "has":
            return {
                "files": Attachment.objects.filter(message__ticket=ticket).exists(),
                "notes": ticket.notes.exists(),
                "reply": ticket.first_replied_at is not None,
            }[value]
        case "created" | "resolved" | "due":
            return _moment(node, ticket, now=now)
        case "stage":
            return shown is not None and shown.journey_stage == value
        case "gap":
            return shown is not None and shown.gap_primary == value
        case "tagged":
            return value == ("none" if shown is None else "confirmed" if shown.is_confirmed else "suggested")
        case "severity":
            return shown is not None and shown.severity is not None and shown.severity >= int(value)
        case "promise":
            states = {"open": ("open", "at_risk"), "kept": ("kept",), "broken": ("broken", "kept_late")}[value]
            return Promise.objects.filter(ticket=ticket, state__in=states).exists()
    raise AssertionError(node)


def _moment(node: Has, ticket: Ticket, *, now: Anything) -> bool:
    column = {"created": ticket.created_at, "resolved": ticket.resolved_at, "due": ticket.due_next_at}[node.field]
    moment = None if column == FAR else column
    if node.op == Op.EMPTY:
        return moment is None
    if moment is None:
        return False
    length = timedelta(hours=int(node.values[0].rstrip("h")))
    if node.field == "due":
        return {Op.WITHIN: now <= moment < now + length, Op.BEFORE: moment < now + length,
                Op.AFTER: moment >= now + length}[Op(node.op)]  # fmt: skip
    return {Op.WITHIN: moment >= now - length, Op.BEFORE: moment >= now - length,
            Op.AFTER: moment < now - length}[Op(node.op)]  # fmt: skip


def trees() -> st.SearchStrategy[Node]:
    def of(field: str, *values: str) -> st.SearchStrategy[Node]:
        some = st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)
        return some.map(lambda chosen: Has(field, Op.IS, tuple(chosen)))

    span = st.sampled_from(["2h", "20h", "50h"])
    compared = st.sampled_from([Op.WITHIN, Op.BEFORE, Op.AFTER])
    leaves = st.one_of(
        of("status", *Status.values), of("priority", *Priority.values), of("channel", "email", "phone"),
        of("assignee", "me", "none", "lea@alborada.example"), of("team", "billing", "none", "nowhere"),
        of("mailbox", "support@alborada.example"), of("from", "carla", "dahl", "example.org", "nobody"),
        of("subject", "bill", "factura", "rotulo"), of("has", "files", "notes", "reply"),
        of("is", "unread", "unassigned", "mine", "late", "unanswered", "merged"),
        of("stage", "use", "purchase", "discovery"), of("gap", *Gap.values),
        of("tagged", "none", "suggested", "confirmed"),
        of("promise", "open", "kept", "broken"),
        st.sampled_from(["1", "2", "3"]).map(lambda value: Has("severity", Op.SINCE, (value,))),
        st.builds(lambda field, op, value: Has(field, op, (value,)), st.sampled_from(["created", "resolved", "due"]),
                  compared, span),
        st.sampled_from(["resolved", "due"]).map(lambda field: Has(field, Op.EMPTY)),
    )  # fmt: skip
    groups: Anything = lambda inner: st.one_of(  # noqa: E731
        st.lists(inner, max_size=4).map(lambda parts: All(tuple(parts))),
        st.lists(inner, max_size=4).map(lambda parts: Any(tuple(parts))),
        inner.map(Not),
    )
    return st.recursive(leaves, groups, max_leaves=7)


def test_a_filter_answers_like_a_plain_look_at_every_ticket(house: Cast) -> None:
    tickets = list(Ticket.objects.select_related("requester__organisation", "assignee", "team", "mailbox"))
    order = list(Ticket.objects.due_first().values_list("pk", flat=True))

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(tree=trees())
    def compare(tree: Node) -> None:
        found = list(among(Ticket.objects.due_first(), tree, house.ana).values_list("pk", flat=True))
        expected = {ticket.pk for ticket in tickets if holds(tree, ticket, house)}

        assert found == [pk for pk in order if pk in expected]

    compare()


def test_asking_for_nothing_changes_nothing(house: Cast) -> None:
    assert among(Ticket.objects.all(), EVERYTHING, house.ana).count() == HOW_MANY
    assert among(Ticket.objects.all(), Any(), house.ana).count() == 0
    assert among(Ticket.objects.all(), Has("no_such_field", Op.IS, ("x",)), house.ana).count() == 0


def test_words_are_found_through_the_search_and_left_out_by_it(house: Cast) -> None:
    known = Vocabulary(house.ana)
    with_word = among(Ticket.objects.all(), known.read("factura").tree, house.ana).count()
    without = among(Ticket.objects.all(), known.read("-factura").tree, house.ana).count()

    assert with_word
    assert without
    assert with_word + without == HOW_MANY
    fresh = factories.a_ticket(house.carla, mailbox=house.support, subject="Unheard of")
    assert fresh in among(Ticket.objects.all(), known.read("-factura").tree, house.ana)  # not indexed yet


def test_accents_and_case_do_not_matter_in_names(house: Cast) -> None:
    house.carla.name = "Carlá Núñez"
    house.carla.save()

    for text in ("nunez", "NÚÑEZ", "carla nu", "casa cruz", "carla@example.com", "@example.com"):
        tree = Vocabulary(house.ana).read(f'from:"{text}"').tree
        found = among(Ticket.objects.all(), tree, house.ana)
        assert {ticket.requester_id for ticket in found} == {house.carla.pk}, text


def test_a_filter_never_shows_what_one_may_not_see(house: Cast) -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(tree=trees())
    def compare(tree: Node) -> None:
        seen = set(Ticket.objects.visible_to(house.ben).values_list("pk", flat=True))
        found = among(Ticket.objects.visible_to(house.ben), tree, house.ben).values_list("pk", flat=True)
        assert set(found) <= seen

    compare()
