"""Complaints across tickets: what is owed before one is resolved, what the customer is told, what can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.people.models import Company
from tickets import resolving
from tickets.mail import composing
from tickets.mail.composing import Block
from tickets.models import Complaint, Message, Ticket, TicketKind
from tickets.query import fields
from tickets.query.fields import Choice, Field, Kind
from tickets.resolving import NotYet

if TYPE_CHECKING:
    from datetime import date

    from helpdesk.people.models import User

PLACE: Final = "complaint-steps"  # where it is put right on the ticket's page
UNTOLD, LATE = "untold", "late"


def register() -> None:
    """Called once, when the app is ready."""
    resolving.register_need(need)
    composing.register_block(block_for)
    fields.register(
        Field(
            "complaint", _("Complaint"), Kind.CHOICE, _asked, names=("queja", "reclamación"),
            choices=fields.static(
                Choice("received", pgettext_lazy("complaint", "Received"), ("recibida", "new", "nueva")),
                Choice("examined", pgettext_lazy("complaint", "Being looked into"), ("en estudio", "examining")),
                Choice("decided", pgettext_lazy("complaint", "Decided"), ("decidida",)),
                Choice(UNTOLD, pgettext_lazy("complaint", "Decided, not told"), ("sin comunicar", "not told")),
                Choice("objected", pgettext_lazy("complaint", "Objected to"), ("recurrida", "objection")),
                Choice("ended", pgettext_lazy("complaint", "Ended"), ("terminada", "cerrada")),
                Choice(LATE, pgettext_lazy("complaint", "Decision overdue"), ("fuera de plazo", "overdue", "late")),
            ),
        )
    )  # fmt: skip


def of(ticket: Ticket) -> Complaint | None:
    """The complaint of a ticket while that is one; what was begun under an earlier type is kept and not shown."""
    if ticket.kind != TicketKind.COMPLAINT:
        return None
    return Complaint.objects.select_related("decided_by", "told_in").filter(ticket=ticket).first()


def today() -> date:
    """The day it is where the company is: by it decisions are due."""
    return timezone.localdate(timezone=Company.current().zone)


# --- Before a ticket is resolved --------------------------------------------------------------------------------------


def need(ticket: Ticket) -> NotYet | None:
    """A complaint is decided and the customer told before its ticket is resolved."""
    if ticket.kind != TicketKind.COMPLAINT:
        return None
    found = of(ticket) or Complaint(ticket=ticket)
    words = found.why_not_resolved()
    return NotYet(words, place=PLACE) if words else None


# --- What the customer is told ----------------------------------------------------------------------------------------


def objection_text() -> str:
    """How to object, in the language that is spoken now: the company's words, or ours."""
    own = settings.COMPLAINT_OBJECTION.get((get_language() or "")[:2], "")
    return own or _t(
        "You can object to this decision: answer this email, or open your request and choose “Object to this "
        "decision”. We then look at it again."
    )


def block_for(message: Message) -> Block | None:
    """The decision, its reasons and the way to object, below the reply that tells it."""
    told = Complaint.objects.filter(told_in=message).exclude(decision="").first()
    if told is None:
        return None
    lines = [str(told.get_decision_display()), *filter(None, map(str.strip, told.reasons.splitlines()))]
    return Block(_t("Our decision on your complaint"), [*lines, objection_text()])


# --- What can be asked ------------------------------------------------------------------------------------------------


def _asked(_op: str, values: tuple[str, ...], _user: User) -> Q:
    """Of tickets that are complaints now."""
    state = Complaint.State
    found = Q(state__in=[value for value in values if value in state.values])
    if UNTOLD in values:
        found |= Q(state=state.DECIDED, told_in=None)
    if LATE in values:
        found |= Q(state__in=[state.RECEIVED, state.EXAMINED, state.OBJECTED], decide_by__lt=today())
    theirs = Complaint.objects.filter(found, ticket=OuterRef("pk"))
    return Q(kind=TicketKind.COMPLAINT) & Q(Exists(theirs))
