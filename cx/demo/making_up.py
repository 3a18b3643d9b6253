"""What the demo's people did beyond answering: complaints on their way, gestures and their budgets, the register of
offers, notes on customers. Written onto conversations that are there already."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone

from cx.codebook import Direction
from cx.demo.company import People
from cx.models import GestureBudget, Offer, Recovery, Tagging
from helpdesk.people.models import CustomerNote
from tickets.models import Author, Complaint, Event, EventKind, Message, Ticket, TicketKind

COMPLAINTS: Final = 24
RECOVERIES: Final = 60
NOTES: Final = 40
REMEDIES: Final = ("refund", "repair", "explanation", "apology")
#: Reasons as customers read them, by language: for what we upheld, and for what we did not.
OURS: Final = {
    "en": (
        "We went through your messages and our own records. It happened as you say, and the mistake is ours.",
        "What we told you at the beginning and what you got were not the same. You were right to rely on the first.",
        "Our records show that we took longer than we may, and that nobody told you why. Neither should have happened.",
    ),
    "es": (
        "Hemos repasado tus mensajes y nuestros registros. Ocurrió como cuentas y nos tocaba a nosotros arreglarlo.",
        "Lo que te dijimos al principio y lo que recibiste no coinciden. Hacías bien en fiarte de lo primero.",
        "Según nuestros registros tardamos más de lo debido y nadie te explicó por qué. No debió pasar.",
    ),
}
THEIRS: Final = {
    "en": "We checked each step with the people who took it. It was done as agreed with you in writing, so it stands.",
    "es": "Hemos revisado cada paso con quienes lo dieron. Se hizo como acordamos por escrito, así que se mantiene.",
}
OBJECTIONS: Final = {
    "en": "I was never sent anything in writing. I ask you to look at it once more.",
    "es": "A mí nunca me llegó nada por escrito. Pido que lo reviséis otra vez.",
}
#: kind, words in English and Spanish, what it was worth
DONE: Final[Sequence[tuple[str, str, str, str]]] = (
    ("gesture", "20 GB added to the mobile line", "20 GB más en la línea móvil", "8"),
    ("gesture", "A month of the film channel", "Un mes del canal de cine", "12.50"),
    ("gesture", "A card with flowers from the team", "Una tarjeta con flores del equipo", "25"),
    ("apology", "Called to say that it was our mistake", "Llamada para decir que fue error nuestro", ""),
    ("apology", "A letter from the team lead", "Una carta de la jefa de equipo", ""),
    ("fix", "Sent a technician the same afternoon", "Técnico enviado la misma tarde", ""),
    ("fix", "Corrected the bill by hand", "Factura corregida a mano", ""),
    ("compensation", "Days without service taken off the bill", "Días sin servicio descontados de la factura", "14.20"),
    ("compensation", "Installation fee given back", "Cuota de instalación devuelta", "49"),
)
KNOWN: Final = {
    "en": (
        "Works nights: call after four in the afternoon.",
        "Hard of hearing, so write rather than call.",
        "Runs a guest house; an outage costs them bookings.",
        "Her daughter Elena may speak for her (consent on file).",
        "Reads carefully: give the figures, not a summary.",
    ),
    "es": (
        "Trabaja de noche: llamar a partir de las cuatro.",
        "Oye mal; mejor escribir que llamar.",
        "Tiene un bar y cobra con el datáfono por la fibra.",
        "Su hijo Andrés puede hablar por él (autorización firmada).",
        "Prefiere que le llamen de usted.",
    ),
}


def make_up(people: People, *, now: datetime, rng: random.Random) -> None:
    """All of it, onto tickets with which something fell short."""
    short = Tagging.objects.current().filter(direction=Direction.BELOW, ticket__merged_into=None)
    tickets = list(Ticket.objects.filter(pk__in=short.values("ticket")).order_by("pk"))
    rng.shuffle(tickets)
    _budgets(people)
    _offers(people, now=now)
    _complaints([t for t in tickets if t.first_replied_at][:COMPLAINTS], people, now=now)
    _recoveries([t for t in tickets if t.first_replied_at][:RECOVERIES], now=now, rng=rng)
    _notes(tickets[-NOTES:], people, rng=rng)


def _budgets(people: People) -> None:
    GestureBudget.objects.create(amount=300, most=30)
    GestureBudget.objects.create(team=people.teams["billing"], amount=200, most=25)


def _offers(people: People, *, now: datetime) -> None:
    today = timezone.localdate(now)

    def day(ago: int) -> Any:
        return today - timedelta(days=ago)

    kept_by = people.coordinator
    Offer.objects.bulk_create([
        Offer(kind="offer", name="Autumn on fibre", starts_on=day(75), ends_on=day(-20), kept_by=kept_by,
              text="Fibra 600 at €24.90 a month for twelve months, then €38.90. Installation free. No minimum term.",
              words=["Fibra 600", "600", "OTOÑO"], address="https://alborada.example/autumn"),
        Offer(kind="offer", name="Second home", starts_on=day(200), ends_on=day(12), kept_by=kept_by,
              text="Half the monthly fee on a second line at another address, from October to March.",
              words=["segunda residencia", "segunda vivienda", "second home"]),
        Offer(kind="benefit", name="Club Alborada", starts_on=day(400), kept_by=kept_by,
              text="One point for each euro; 500 points are €10 off a bill. Points last two years.",
              words=["Club", "points", "puntos"], address="https://alborada.example/club"),
        Offer(kind="offer", name="Bring a neighbour", starts_on=day(120), kept_by=kept_by,
              text="€30 for you and for them once their line has run for thirty days.",
              words=["neighbour", "vecino", "vecina", "referral", "amigo"]),
        Offer(kind="terms", name="Days without service", starts_on=day(400), kept_by=kept_by, words=[],
              text="From the second day without service each day is taken off the next bill, without asking for it."),
    ])  # fmt: skip


def _complaints(tickets: Sequence[Ticket], people: People, *, now: datetime) -> None:
    """Those of tickets that are done have ended; of the others every kind of place is shown."""
    places = ("received", "examined", "decided", "objected")
    for place, ticket in enumerate(tickets):
        language = ticket.language if ticket.language in OURS else "en"
        Ticket.objects.filter(pk=ticket.pk).update(kind=TicketKind.COMPLAINT)
        complaint = Complaint(
            ticket=ticket, received_at=ticket.created_at, remedy=REMEDIES[place % len(REMEDIES)],
            decide_by=timezone.localdate(ticket.created_at + timedelta(days=21)),
        )  # fmt: skip
        told = Message.objects.filter(ticket=ticket, author=Author.AGENT, user__isnull=False).order_by("pk").last()
        state = "ended" if ticket.is_done else places[place % len(places)]
        if told is None:
            state = "received"
        steps = {"received": 0, "examined": 1, "decided": 2, "objected": 4, "ended": 4}[state]
        if told is not None and steps >= 2:
            is_ours = place % 4 != 3
            complaint.decision = ("upheld", "partly")[place % 2] if is_ours else "rejected"
            complaint.reasons = OURS[language][place % 3] if is_ours else THEIRS[language]
            complaint.decided_by, complaint.decided_at = told.user, told.said_at - timedelta(minutes=5)
            if steps == 4:
                complaint.told_in = told
            if state == "objected":
                complaint.objection, complaint.objected_at = OBJECTIONS[language], now - timedelta(hours=20)
            if state == "ended":
                complaint.ended_at = told.said_at + timedelta(minutes=5)
        complaint.state = state
        complaint.save()
        _say(complaint, told, steps=steps)


def _say(complaint: Complaint, told: Message | None, *, steps: int) -> None:
    """The lines in the thread."""
    if told is None:
        return
    taken = ("examine", "decide", "tell")[:steps]
    for place, step in enumerate(taken):
        Event.objects.create(
            ticket=complaint.ticket, kind=EventKind.COMPLAINT_CHANGED, actor=told.user,
            happened_at=told.said_at - timedelta(minutes=9 - 3 * place) + timedelta(minutes=2),
            details={"step": step, "decision": complaint.decision if step == "decide" else ""},
        )  # fmt: skip


def _recoveries(tickets: Sequence[Ticket], *, now: datetime, rng: random.Random) -> None:
    for place, ticket in enumerate(tickets):
        reply = Message.objects.filter(ticket=ticket, author=Author.AGENT, user__isnull=False).order_by("pk").last()
        if reply is None or reply.user is None:
            continue
        kind, english, spanish, worth = DONE[place % len(DONE)]
        done = Recovery.objects.create(
            ticket=ticket, kind=kind, text=spanish if ticket.language == "es" else english, by=reply.user,
            amount=Decimal(worth) if worth else None,
            done_at=min(now, reply.said_at + timedelta(minutes=rng.randint(1, 50))),
        )  # fmt: skip
        Event.objects.create(
            ticket=ticket, kind=EventKind.RECOVERED, actor=reply.user, happened_at=done.done_at,
            details={"recovery": done.pk, "kind": kind, "text": done.text, "worth": done.worth},
        )  # fmt: skip


def _notes(tickets: Sequence[Ticket], people: People, *, rng: random.Random) -> None:
    for place, ticket in enumerate(tickets):
        words = KNOWN[ticket.language if ticket.language in KNOWN else "en"]
        CustomerNote.objects.create(
            customer_id=ticket.requester_id, user=rng.choice(people.answering), text=words[place % len(words)],
            written_at=ticket.created_at + timedelta(hours=3),
        )  # fmt: skip
