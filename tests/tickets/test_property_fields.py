"""Asking for what people wrote down about tickets, compared with looking through all of them one by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import override

from tests import factories
from tests.cast import Cast
from tickets import checklists, custom_fields, tags, time_spent
from tickets.models import Ticket
from tickets.query import language
from tickets.query.fields import Vocabulary
from tickets.query.matching import among
from tickets.search import indexing

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]
TODAY = timezone.localdate()


@pytest.fixture
def four(cast: Cast) -> list[Ticket]:
    """Tickets that differ in everything; the last says nothing."""
    labels = {"en": "Serial number", "es": "Número de serie"}
    serial = custom_fields.add(labels=labels, kind="text")
    speed = custom_fields.add(labels={"en": "Speed", "es": "Velocidad"}, kind="number")
    bought = custom_fields.add(labels={"en": "Bought", "es": "Comprado"}, kind="date")
    choices = [{"labels": {"en": "Red", "es": "Rojo"}}, {"labels": {"en": "Blue", "es": "Azul"}}]
    colour = custom_fields.add(labels={"en": "Colour", "es": "Color"}, kind="choice", choices=choices)
    tickets = [factories.a_ticket(cast.carla, subject=f"Ticket {number}") for number in range(4)]
    about = [
        ("problem", "Fibra 600", "ES-4411-B", ["VIP", "Café"], "SN 44-A", "12,5", TODAY, "red"),
        ("complaint", "Fibra Óptica 1000", "4412", ["vip"], "SN 45", "100", TODAY - timedelta(days=9), "blue"),
        ("", "Móvil", "", ["second visit"], "", "-3", TODAY + timedelta(days=2), ""),
    ]
    for ticket, (kind, product, order, names, number, fast, day, hue) in zip(tickets, about, strict=False):
        ticket.describe(by=cast.ana, kind=kind, product=product, order_reference=order)
        tags.put_all(ticket, names=names, by=cast.ana)
        for field, value in ((serial, number), (speed, fast), (bought, day.isoformat()), (colour, hue)):
            custom_fields.fill(ticket, field, value, by=cast.ana)
    line = checklists.add(tickets[0], text="Call", by=cast.ana)
    checklists.tick(line, by=cast.ana)
    checklists.add(tickets[1], text="Call", by=cast.ana)
    time_spent.spend(tickets[2], minutes=5, by=cast.ana)
    indexing.index_all()
    return tickets


def _said(ticket: Ticket) -> dict[str, Any]:
    """All of it in plain Python."""
    found = Ticket.objects.get(pk=ticket.pk)
    values = {said.field.slug: said for said in found.custom_values.select_related("field")}
    return {
        "kind": found.kind,
        "product": found.product.casefold(),
        "order": found.order_reference.casefold(),
        "tags": {tag.slug for tag in tags.of(found)},
        "serial": values["serial-number"].text.casefold() if "serial-number" in values else None,
        "speed": values["speed"].number if "speed" in values else None,
        "bought": values["bought"].day if "bought" in values else None,
        "colour": values["colour"].text if "colour" in values else None,
        "open_lines": found.checklist.filter(done_at=None).count(),
        "lines": found.checklist.count(),
        "minutes": sum(entry.minutes for entry in found.time_entries.all()),
    }


ASKED: list[tuple[str, Callable[[dict[str, Any]], bool]]] = [
    ("type:complaint", lambda it: it["kind"] == "complaint"),
    ("tipo:queja,problema", lambda it: it["kind"] in ("complaint", "problem")),
    ("type:none", lambda it: it["kind"] == ""),
    ("-type:problem", lambda it: it["kind"] != "problem"),
    ("product:fibra", lambda it: "fibra" in it["product"]),
    ('producto:"fibra optica"', lambda it: "fibra óptica" in it["product"]),
    ("-product:fibra", lambda it: "fibra" not in it["product"]),
    ("order:4411", lambda it: "4411" in it["order"]),
    ("pedido:es-4411", lambda it: "es-4411" in it["order"]),
    ("tag:vip", lambda it: "vip" in it["tags"]),
    ("etiqueta:cafe", lambda it: "cafe" in it["tags"]),
    ('tag:"second visit",café', lambda it: bool({"second-visit", "cafe"} & it["tags"])),
    ("tag:none", lambda it: not it["tags"]),
    ("-tag:vip", lambda it: "vip" not in it["tags"]),
    ("tag:vip tag:café", lambda it: {"vip", "cafe"} <= it["tags"]),
    ("field.serial-number:sn", lambda it: "sn" in (it["serial"] or "")),
    ('field.serial-number:"44-a"', lambda it: "44-a" in (it["serial"] or "")),
    ("campo.número-de-serie:45", lambda it: "45" in (it["serial"] or "")),
    ("field.speed:12.5", lambda it: it["speed"] == Decimal("12.5")),
    ('field.velocidad:"12,50"', lambda it: it["speed"] == Decimal("12.5")),
    ("field.speed:>12", lambda it: it["speed"] is not None and it["speed"] > 12),
    ("field.speed:<=12.5", lambda it: it["speed"] is not None and it["speed"] <= Decimal("12.5")),
    ("field.speed:-5..13", lambda it: it["speed"] is not None and -5 <= it["speed"] <= 13),
    ("-field.speed:>12", lambda it: not (it["speed"] is not None and it["speed"] > 12)),
    ("field.bought:today", lambda it: it["bought"] == TODAY),
    ("field.bought:none", lambda it: it["bought"] is None),
    (f"field.bought:<{TODAY}", lambda it: it["bought"] is not None and it["bought"] < TODAY),
    (f"field.bought:>={TODAY}", lambda it: it["bought"] is not None and it["bought"] >= TODAY),
    ("field.bought:10d", lambda it: it["bought"] is not None and TODAY - timedelta(days=10) <= it["bought"] <= TODAY),
    ("field.colour:red", lambda it: it["colour"] == "red"),
    ("campo.color:azul,rojo", lambda it: it["colour"] in ("red", "blue")),
    ("field.colour:none", lambda it: it["colour"] is None),
    ("field.colour:none,blue", lambda it: it["colour"] in (None, "blue")),
    ("has:checklist", lambda it: it["lines"] > 0),
    ("has:unticked", lambda it: it["open_lines"] > 0),
    ("tiene:tiempo", lambda it: it["minutes"] > 0),
]


@pytest.mark.parametrize(("text", "holds"), ASKED, ids=[text for text, _holds in ASKED])
def test_what_is_asked_is_what_looking_through_all_of_them_finds(
    cast: Cast, four: list[Ticket], text: str, holds: Callable[[dict[str, Any]], bool]
) -> None:
    known = Vocabulary(cast.ana)
    asked = known.read(text)
    assert asked.unknown == ()

    found = set(among(Ticket.objects.visible_to(cast.ana), asked.tree, cast.ana).values_list("pk", flat=True))

    assert found == {ticket.pk for ticket in four if holds(_said(ticket))}
    written = language.write(asked.tree)
    assert known.read(written).tree == asked.tree


@pytest.mark.parametrize(
    "text", ["type:nonsense", "tag:nothing-like-it", "field.colour:green", "field.speed:fast", "field.nothing:1"]
)
def test_what_there_is_not_is_told(cast: Cast, four: list[Ticket], text: str) -> None:
    asked = Vocabulary(cast.ana).read(text)

    assert not asked
    assert len(asked.unknown) == 1


@pytest.mark.parametrize(
    ("begun", "offered"),
    [
        ("typ", "type:"), ("type:com", "type:Complaint"), ("tag:vi", "tag:VIP"), ("serial", "field.serial-number:"),
        ("field.col", "field.colour:"), ("field.colour:r", "field.colour:Red"),
    ],
)  # fmt: skip
def test_while_somebody_types_it_is_offered(cast: Cast, four: list[Ticket], begun: str, offered: str) -> None:
    with override("en"):
        assert offered in [each.text for each in Vocabulary(cast.ana).suggest(begun)]


def test_words_find_what_tickets_are_about(cast: Cast, four: list[Ticket]) -> None:
    known = Vocabulary(cast.ana)
    for typed, ticket in (("cafe", four[0]), ("4412", four[1]), ('"sn 44"', four[0]), ("movil", four[2])):
        found = among(Ticket.objects.visible_to(cast.ana), known.read(typed).tree, cast.ana)
        assert [each.pk for each in found] == [ticket.pk], typed


def test_a_retired_field_can_still_be_asked_for(cast: Cast, four: list[Ticket]) -> None:
    field = custom_fields.by_slug("colour")
    assert field
    custom_fields.retire(field)

    asked = Vocabulary(cast.ana).read("field.colour:red")

    assert among(Ticket.objects.all(), asked.tree, cast.ana).count() == 1
