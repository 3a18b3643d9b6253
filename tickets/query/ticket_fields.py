"""What a ticket itself can be asked about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from helpdesk.common.text import fold
from helpdesk.people import access
from helpdesk.people.access import Ability
from helpdesk.people.models import Customer, Team, User
from tickets.models import (
    FAR,
    Attachment,
    Channel,
    ChecklistItem,
    Mailbox,
    Note,
    Priority,
    Reading,
    Status,
    Ticket,
    TimeEntry,
    Watcher,
)
from tickets.query import fields
from tickets.query.fields import ME, NONE, Choice, Field, Kind, column_condition, date_condition, number_condition
from tickets.query.tree import Has, Op

if TYPE_CHECKING:
    from django.db.models import QuerySet

MOST_PEOPLE = 500
NOTHING_DUE = Q(due_next_at__gte=FAR)
#: Letters that are one and the same to whoever types them.
_ALIKE = {"a": "aáàâäãå", "c": "cç", "e": "eéèêë", "i": "iíìîï", "n": "nñ", "o": "oóòôöõø", "u": "uúùûü", "y": "yýÿ"}


def register() -> None:
    """Called once, when the app is ready."""
    fields.register(
        Field(
            "status", _("Status"), Kind.CHOICE, column_condition("status"), names=("estado",),
            choices=fields.of_enum(
                Status, open=("abierta", "abiertos"), waiting=("pending", "pendiente"), resolved=("solved", "done"),
                closed=("cerrada",),
            ),
        ),
        Field(
            "assignee", _("Assignee"), Kind.PERSON, _assignee, choices=_people, varies=True,
            names=("assigned", "agent", "owner", "asignado", "asignada", "agente", "responsable"),
        ),
        Field("team", _("Team"), Kind.TEAM, _team, choices=_teams, varies=True, names=("equipo",)),
        Field(
            "priority", _("Priority"), Kind.CHOICE, column_condition("priority"), names=("prioridad",),
            choices=fields.of_enum(Priority),
        ),
        Field(
            "from", pgettext_lazy("field of a search", "From"), Kind.CUSTOMER, _from,
            names=("customer", "requester", "organisation", "organization", "company", "de", "cliente", "empresa",
                   "organización"),
        ),
        Field("subject", _("Subject"), Kind.TEXT, _subject, names=("asunto",)),
        Field(
            "is", pgettext_lazy("field of a search", "It is"), Kind.FLAG, _is, choices=fields.static(*_STATES),
            names=("es", "está"), also={state: Has("status", Op.IS, (state,)) for state in Status.values},
        ),
        Field(
            "has", pgettext_lazy("field of a search", "It has"), Kind.FLAG, _has, choices=fields.static(*_THINGS),
            names=("tiene", "con"),
        ),
        Field("created", _("Created"), Kind.DATE, date_condition("created_at"), names=("date", "creado", "fecha")),
        Field(
            "updated", pgettext_lazy("field of a search", "Updated"), Kind.DATE, date_condition("updated_at"),
            names=("changed", "actualizado"),
        ),
        Field("resolved", _("Resolved on"), Kind.DATE, date_condition("resolved_at"), names=("solved", "resuelto")),
        Field(
            "due", _("Due next"), Kind.DATE, date_condition("due_next_at", is_ahead=True, empty=NOTHING_DUE),
            is_ahead=True, names=("vence", "vencimiento", "plazo"),
        ),
        Field(
            "channel", _("Channel"), Kind.CHOICE, column_condition("channel"), names=("via", "canal"),
            choices=fields.of_enum(
                Channel, email=("mail", "e-mail", "correo"), web=("form", "formulario"), phone=("call", "llamada"),
                store=("shop", "tienda"),
            ),
        ),
        Field("mailbox", _("Mailbox"), Kind.CHOICE, _mailbox, choices=_mailboxes, varies=True, names=("to", "buzón")),
        Field(
            "language", _("Language"), Kind.CHOICE, column_condition("language"), names=("lang", "idioma"),
            choices=lambda _user: [Choice(code, name) for code, name in settings.LANGUAGES],
        ),
        Field("number", _("Number"), Kind.NUMBER, number_condition("number"), names=("ticket", "número")),
        Field(
            "watcher", _("Watched by"), Kind.PERSON, _watcher, choices=_watchers, varies=True,
            names=("watching", "watched", "follower", "observador", "observa"),
        ),
    )  # fmt: skip


# --- People and places ------------------------------------------------------------------------------------------------


def _people(_user: User) -> Sequence[Choice]:
    """Whoever can answer a ticket. Colleagues' names are no secret among those who see tickets."""
    answering = User.objects.filter(is_active=True, role__in=access.roles_that_may(Ability.REPLY))
    named = answering.order_by("name", "pk").values_list("email", "name")[:MOST_PEOPLE]
    return [
        Choice(ME, pgettext_lazy("assignee", "Me")),
        Choice(NONE, pgettext_lazy("assignee", "Nobody")),
        *(Choice(email, name or email) for email, name in named),
    ]


def _assignee(_op: str, values: tuple[str, ...], user: User) -> Q:
    found = Q(assignee_id=user.pk) if ME in values else Q()
    if NONE in values:
        found |= Q(assignee=None)
    if others := [value for value in values if value not in (ME, NONE)]:
        found |= Q(assignee__in=User.objects.filter(email__in=others))
    return found


def _watchers(_user: User) -> Sequence[Choice]:
    """Whoever sees tickets can watch them."""
    seeing = User.objects.filter(is_active=True, role__in=access.roles_that_may(Ability.SEE_TICKETS))
    named = seeing.order_by("name", "pk").values_list("email", "name")[:MOST_PEOPLE]
    return [
        Choice(ME, pgettext_lazy("watcher", "Me")),
        Choice(NONE, pgettext_lazy("watcher", "Nobody")),
        *(Choice(email, name or email) for email, name in named),
    ]


def _watcher(_op: str, values: tuple[str, ...], user: User) -> Q:
    watching = Watcher.objects.filter(ticket=OuterRef("pk"))
    found = Q(Exists(watching.filter(user_id=user.pk))) if ME in values else Q()
    if NONE in values:
        found |= ~Q(Exists(watching))
    if others := [value for value in values if value not in (ME, NONE)]:
        found |= Q(Exists(watching.filter(user__email__in=others)))
    return found


def _teams(user: User) -> Sequence[Choice]:
    if user.may(Ability.SEE_ALL_TICKETS):
        teams = list(Team.objects.order_by("name"))
    else:
        teams = [membership.team for membership in user.memberships.all()]
    return [*(Choice(team.slug, team.name) for team in teams), Choice(NONE, pgettext_lazy("team", "None"))]


def _team(_op: str, values: tuple[str, ...], _user: User) -> Q:
    found = Q(team=None) if NONE in values else Q()
    if slugs := [value for value in values if value != NONE]:
        found |= Q(team__in=Team.objects.filter(slug__in=slugs))
    return found


def _mailboxes(user: User) -> Sequence[Choice]:
    """Addresses that customers know anyway."""
    return [
        Choice(address, address) for address in Mailbox.objects.order_by("address").values_list("address", flat=True)
    ]


def _mailbox(_op: str, values: tuple[str, ...], _user: User) -> Q:
    return Q(mailbox__in=Mailbox.objects.filter(address__in=values))


def _from(_op: str, values: tuple[str, ...], _user: User) -> Q:
    """Parts of the name, of an address, of the telephone or of the organisation."""
    found = Q()
    for value in values:
        found |= Q(requester__in=_customers(value))
    return found


def _customers(text: str) -> QuerySet[Customer]:
    at = text.strip()
    if "." in at.rpartition("@")[2] and "@" in at.strip("@"):  # a whole address has an index
        return Customer.objects.filter(addresses__address=at)
    return Customer.objects.matching(text)


# --- What it says and is ----------------------------------------------------------------------------------------------


def _subject(_op: str, values: tuple[str, ...], _user: User) -> Q:
    """Its subject has words that begin so: the index of the search finds them, however many tickets there are."""
    from tickets.search import marked_q
    from tickets.search.words import SUBJECT, words

    found = Q()
    for value in values:
        begun = words(value)
        found |= marked_q(SUBJECT, begun) if begun else Q(subject__iregex=pattern(value))
    return Q(Exists(Ticket.objects.filter(found, pk=OuterRef("pk"))))


def pattern(text: str) -> str:
    """The text as a regular expression that minds neither case nor accents."""
    return "".join(f"[{_ALIKE[char]}]" if char in _ALIKE else re.escape(char) for char in fold(text))


_STATES = (
    Choice("unread", pgettext_lazy("state of a ticket", "Unread"), ("sin leer", "no leído", "new")),
    Choice("unassigned", pgettext_lazy("state of a ticket", "Unassigned"), ("sin asignar", "nobodys", "de nadie")),
    Choice("mine", pgettext_lazy("state of a ticket", "Mine"), ("mío", "mía", "míos", "my")),
    Choice("watched", pgettext_lazy("state of a ticket", "Watched by me"), ("observado", "observada", "watching")),
    Choice("late", pgettext_lazy("state of a ticket", "Past due"), ("overdue", "past due", "tarde", "vencido")),
    Choice("unanswered", pgettext_lazy("state of a ticket", "Unanswered"), ("sin responder", "sin contestar")),
    Choice("merged", pgettext_lazy("state of a ticket", "Merged"), ("fusionado", "unido", "combinado")),
)
_THINGS = (
    Choice("files", pgettext_lazy("what a ticket has", "Files"), ("file", "attachment", "attachments", "archivo",
                                                                  "archivos", "adjunto", "adjuntos")),
    Choice("notes", pgettext_lazy("what a ticket has", "Internal notes"), ("note", "nota", "notas")),
    Choice("reply", pgettext_lazy("what a ticket has", "A reply of ours"), ("replies", "answer", "respuesta")),
    Choice("checklist", pgettext_lazy("what a ticket has", "A checklist"), ("list", "lista", "tareas", "tasks")),
    Choice("unticked", pgettext_lazy("what a ticket has", "Something on its checklist to do"),
           ("unchecked", "to do", "pendiente", "por hacer")),
    Choice("time", pgettext_lazy("what a ticket has", "Time written down"), ("tiempo", "hours", "horas")),
)  # fmt: skip


def _is(_op: str, values: tuple[str, ...], user: User) -> Q:
    found = Q()
    for value in values:
        found |= _state(value, user)
    return found


def _state(value: str, user: User) -> Q:
    match value:
        case "unread":
            latest = Coalesce(OuterRef("last_customer_message_at"), OuterRef("created_at"))
            seen = Reading.objects.filter(ticket=OuterRef("pk"), user_id=user.pk, read_at__gte=latest)
            return ~Q(Exists(seen))
        case "unassigned":
            return Q(assignee=None)
        case "mine":
            return Q(assignee_id=user.pk)
        case "watched":
            return Q(Exists(Watcher.objects.filter(ticket=OuterRef("pk"), user_id=user.pk)))
        case "late":
            return Q(due_next_at__lt=timezone.now())
        case "unanswered":
            return Q(Exists(Ticket.objects.filter(pk=OuterRef("pk")).unanswered()))
        case "merged":
            return Q(merged_into__isnull=False)
    return Q(pk__in=[])


def _has(_op: str, values: tuple[str, ...], _user: User) -> Q:
    found = Q()
    for value in values:
        found |= _thing(value)
    return found


def _thing(value: str) -> Q:
    ticket = OuterRef("pk")
    match value:
        case "files":
            kept = Attachment.objects.filter(is_inline=False)
            return Q(Exists(kept.filter(message__ticket=ticket))) | Q(Exists(kept.filter(note__ticket=ticket)))
        case "notes":
            return Q(Exists(Note.objects.filter(ticket=ticket)))
        case "reply":
            return Q(first_replied_at__isnull=False)
        case "checklist":
            return Q(Exists(ChecklistItem.objects.filter(ticket=ticket)))
        case "unticked":
            return Q(Exists(ChecklistItem.objects.filter(ticket=ticket, done_at=None)))
        case "time":
            return Q(Exists(TimeEntry.objects.filter(ticket=ticket)))
    return Q(pk__in=[])
