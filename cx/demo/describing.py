"""What the demo's tickets are about: type, product, order, tags, two fields of the company's own; lists and time."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone

from cx.codebook import Direction, Gap, JourneyStage
from cx.models import Tagging
from tickets import custom_fields
from tickets.models import ChecklistItem, CustomValue, Status, Tag, Ticket, TicketKind, TicketTag, TimeEntry
from tickets.tags import slug_of

TAGS: Final = {
    "router": re.compile(r"\brouters?\b", re.I),
    "invoice": re.compile(r"\b(invoices?|bills?|facturas?)\b", re.I),
    "second visit": re.compile(r"\b(again|second|segunda|otra vez)\b", re.I),
    "holiday home": re.compile(r"\b(holiday|summer|segunda vivienda|verano|apartamento)\b", re.I),
}
PRODUCTS: Final = (
    ("Móvil 20 GB", re.compile(r"\b(mobile|sim|phone number|móvil|portabilidad)\b", re.I)),
    ("Alborada TV", re.compile(r"\b(tv|telly|channels?|canales|televisión)\b", re.I)),
    ("Fibra 1000", re.compile(r"\b1000\b")),
    ("Fibra 600", re.compile(r"\b(600|fibre|fibra|router|internet)\b", re.I)),
)
AREAS: Final = (("Nerja", "Nerja"), ("Frigiliana", "Frigiliana"), ("Torrox", "Torrox"), ("Elsewhere", "Otro lugar"))
TO_DO: Final = {
    "en": ("Check the line from here", "Agree a slot with Installations", "Call the customer"),
    "es": ("Comprobar la línea desde aquí", "Acordar una cita con Instalaciones", "Llamar al cliente"),
}
ORDERED: Final = (JourneyStage.PURCHASE, JourneyStage.ATTRACTION)
BATCH: Final = 500


def describe(*, seed: int) -> None:
    """Write it down for the tickets that say something of the kind. What another part of the demo said stays."""
    rng = random.Random(seed)
    contract = custom_fields.add(labels={"en": "Contract", "es": "Contrato"}, kind="text")
    area = custom_fields.add(
        labels={"en": "Area", "es": "Zona"},
        kind="choice",
        choices=[{"labels": {"en": english, "es": spanish}} for english, spanish in AREAS],
    )
    areas = [slug for slug, _label in custom_fields.choices_of(area)]
    known = {name: Tag.objects.get_or_create(slug=slug_of(name), defaults={"name": name})[0] for name in TAGS}
    taggings = {tagging.ticket_id: tagging for tagging in Tagging.objects.filter(is_current=True).only(
        "ticket_id", "journey_stage", "gap_primary", "direction"
    )}  # fmt: skip
    tickets = list(Ticket.objects.filter(Q(kind="") | Q(product="")).order_by("pk"))
    tags, values, lines, entries = [], [], [], []
    for ticket in tickets:
        said, tagging = f"{ticket.subject} {ticket.excerpt}", taggings.get(ticket.pk)
        if not ticket.kind and rng.random() < 0.8:
            ticket.kind = _kind(tagging, said)
        if not ticket.product:
            ticket.product = next((name for name, pattern in PRODUCTS if pattern.search(said)), "")
        if tagging and tagging.journey_stage in ORDERED and not ticket.order_reference:
            ticket.order_reference = f"AL-{rng.randint(10_000, 99_999)}"
        tags += [TicketTag(ticket=ticket, tag=known[name]) for name, pattern in TAGS.items() if pattern.search(said)]
        if rng.random() < 0.4:
            values.append(CustomValue(ticket=ticket, field=contract, text=f"C-{rng.randint(100_000, 999_999)}"))
        if rng.random() < 0.5:
            values.append(CustomValue(ticket=ticket, field=area, text=rng.choice(areas)))
        if ticket.assignee_id and ticket.first_replied_at:
            if rng.random() < 0.3:
                day = timezone.localdate(ticket.first_replied_at)
                minutes = rng.choice([5, 10, 15, 20, 45])
                entries.append(TimeEntry(
                    ticket=ticket, user_id=ticket.assignee_id, minutes=minutes, spent_on=day,
                    created_at=ticket.first_replied_at + timedelta(minutes=minutes),
                ))  # fmt: skip
            if ticket.status in (Status.OPEN, Status.WAITING) and rng.random() < 0.4:
                lines += _checklist(ticket, done=rng.randint(0, 2))
    Ticket.objects.bulk_update(tickets, ["kind", "product", "order_reference"], batch_size=BATCH)
    for rows in (tags, values, lines, entries):
        if rows:
            type(rows[0])._default_manager.bulk_create(rows, batch_size=BATCH)  # type: ignore[arg-type]


def _kind(tagging: Tagging | None, said: str) -> str:
    if tagging is None:
        return ""
    if tagging.direction == Direction.EXCEEDED:
        return TicketKind.PRAISE
    if tagging.gap_primary == Gap.NONE:
        return TicketKind.QUESTION if "?" in said else TicketKind.REQUEST
    return TicketKind.PROBLEM


def _checklist(ticket: Ticket, *, done: int) -> list[ChecklistItem]:
    assert ticket.first_replied_at
    return [
        ChecklistItem(
            ticket=ticket, text=text, position=place, added_by_id=ticket.assignee_id, added_at=ticket.first_replied_at,
            done_by_id=ticket.assignee_id if place <= done else None,
            done_at=ticket.first_replied_at + timedelta(minutes=7 * place) if place <= done else None,
        )
        for place, text in enumerate(TO_DO["es" if ticket.language == "es" else "en"], start=1)
    ]  # fmt: skip
