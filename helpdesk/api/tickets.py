"""Tickets for machines: the same verbs and the same querysets as the pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Prefetch
from django.http import Http404
from django.utils.translation import gettext as _t
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view, parser_classes
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from cx.models import Tagging
from helpdesk.api import serializers as shapes
from helpdesk.api.parsers import BoundedJSONParser
from helpdesk.common import uploads
from helpdesk.people.access import Ability
from helpdesk.people.models import Customer, Team, User
from tickets import acknowledging, attaching, custom_fields, opening, tags
from tickets.models import Ticket
from tickets.models.ticket import TicketQuerySet

CURRENT = Prefetch(
    "taggings", queryset=Tagging.objects.current().select_related("sub_cause"), to_attr="current_taggings"
)


def user_of(request: Request, ability: Ability) -> User:
    """Who asks, if their role may do this at all."""
    user = request.user
    if not (isinstance(user, User) and user.may(ability)):
        raise PermissionDenied
    return user


def find_ticket(request: Request, number: int) -> Ticket:
    """The ticket of that number, if this person may see it; otherwise there is none."""
    user = user_of(request, Ability.SEE_TICKETS)
    ticket = with_relations(Ticket.objects.visible_to(user)).filter(number=number).first()
    if ticket is None:
        raise Http404
    return ticket


def with_relations(tickets: TicketQuerySet) -> TicketQuerySet:
    """Everything an answer shows, in a fixed number of queries."""
    return tickets.select_related("requester", "team", "assignee", "merged_into", "complaint").prefetch_related(
        "requester__addresses", CURRENT, "ticket_tags__tag", "custom_values"
    )


def whole(request: Request, number: int, *, status: int = 200) -> Response:
    return Response(shapes.WholeTicketOut(find_ticket(request, number)).data, status=status)


@extend_schema(
    operation_id="tickets_list", methods=["GET"], parameters=[shapes.TicketFilter], responses=shapes.TicketPage
)
@extend_schema(methods=["POST"], request=shapes.TicketIn, responses={201: shapes.WholeTicketOut})
@api_view(["GET", "POST"])
def collection(request: Request) -> Response:
    """GET: your tickets, what is due next first. POST: open one for a customer."""
    if request.method == "POST":
        return _create(request)
    asked = shapes.TicketFilter(data=request.query_params)
    asked.is_valid(raise_exception=True)
    wanted, limit = asked.validated_data, asked.validated_data["limit"]
    user = user_of(request, Ability.SEE_TICKETS)
    tickets = Ticket.objects.visible_to(user)
    if status := wanted.get("status"):
        tickets = tickets.filter(status=status)
    if wanted.get("assignee") == "me":
        tickets = tickets.assigned_to(user)
    elif wanted.get("assignee") == "none":
        tickets = tickets.unassigned()
    tickets = tickets.after_due(*_place(wanted["after"])) if wanted.get("after") else tickets.due_first()
    rows = list(with_relations(tickets)[: limit + 1])
    shown = rows[:limit]
    more = _cursor(shown[-1]) if len(rows) > limit else None
    return Response({"results": shapes.TicketOut(shown, many=True).data, "next": more})


def _cursor(ticket: Ticket) -> str:
    return base64.urlsafe_b64encode(f"{ticket.due_next_at.isoformat()}|{ticket.pk}".encode()).decode().rstrip("=")


def _place(cursor: str) -> tuple[datetime, int]:
    try:
        moment, _bar, pk = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition("|")
        place = datetime.fromisoformat(moment)
        if place.tzinfo is None:
            raise ValueError
        return place.astimezone(UTC), int(pk)
    except (ValueError, OverflowError, binascii.Error, UnicodeDecodeError):
        raise ValidationError({"after": [_t("Give back `next` of the page before, unchanged.")]}) from None


def _create(request: Request) -> Response:
    user = user_of(request, Ability.REPLY)
    asked = shapes.TicketIn(data=request.data)
    asked.is_valid(raise_exception=True)
    values = asked.validated_data
    with transaction.atomic():
        customer, team = _customer(values), _team(user, values.get("team"))
        ticket = Ticket.open_for(
            customer,
            subject=values["subject"],
            channel=values["channel"],
            text=values["text"],
            by=user,
            mailbox=opening.mailbox_of(team),
            team=team,
            language=values.get("language") or customer.language,
            priority=values["priority"],
            said={"from_address": values.get("email", "")},
        ).ticket
        acknowledging.acknowledge(ticket)
    return whole(request, ticket.number, status=201)


def _customer(values: dict[str, str]) -> Customer:
    if email := values.get("email"):
        return Customer.writing_from(email, name=values.get("name", ""), language=values.get("language", ""))
    return Customer.objects.create(name=values.get("name", ""), phone=values.get("phone", ""))


def _team(user: User, slug: str | None) -> Team | None:
    """A team of the person's own, or any for those who see all."""
    if not slug:
        return None
    mine: Iterable[Team] = Team.objects.all() if user.may(Ability.SEE_ALL_TICKETS) else user.teams.all()
    found = next((team for team in mine if team.slug == slug), None)
    if found is None:
        raise ValidationError({"team": [_t("You have no team of that name.")]})
    return found


@extend_schema(operation_id="tickets_retrieve", methods=["GET"], responses=shapes.WholeTicketOut)
@extend_schema(methods=["PATCH"], request=shapes.TicketPatch, responses=shapes.WholeTicketOut)
@api_view(["GET", "PATCH"])
def ticket(request: Request, number: int) -> Response:
    """GET: one ticket with its messages and notes. PATCH: what it is about; all that is given, or nothing."""
    if request.method == "PATCH":
        _describe(request, number)
    return whole(request, number)


def _describe(request: Request, number: int) -> None:
    found, user = find_ticket(request, number), user_of(request, Ability.REPLY)
    asked = shapes.TicketPatch(data=request.data)
    asked.is_valid(raise_exception=True)
    values = asked.validated_data
    columns = {name: values[name] for name in ("product", "order_reference") if name in values}
    if "type" in values:
        columns["kind"] = values["type"]
    filled = []
    for slug, value in values.get("fields", {}).items():
        field = custom_fields.by_slug(slug)
        if field is None:
            raise ValidationError({"fields": {slug: [_t("There is no field of this name.")]}})
        filled.append((field, value))
    with transaction.atomic():
        custom_fields.describe(found, by=user, columns=columns, values=filled)
        if "tags" in values:
            tags.put_only(found, names=values["tags"], by=user)


@extend_schema(
    request={"application/json": shapes.ReplyIn, "multipart/form-data": shapes.ReplyWithFilesIn},
    responses={201: shapes.MessageOut},
)
@api_view(["POST"])
@parser_classes([BoundedJSONParser, MultiPartParser])
def replies(request: Request, number: int) -> Response:
    """Answer the customer, and whom else `to` and `cc` name. With files it is sent as a form, else as JSON."""
    found, user = find_ticket(request, number), user_of(request, Ability.REPLY)
    quota = uploads.guard(request._request, uploads.Limits.for_agents())
    asked = shapes.ReplyWithFilesIn(data=request.data)
    asked.is_valid(raise_exception=True)
    values = asked.validated_data
    if problem := quota.problem:
        raise ValidationError({"attachments": [problem]})
    files = values.pop("attachments", [])
    with transaction.atomic():
        message = found.reply(by=user, undo_seconds=0, **values)
        attaching.attach(files, message=message)
    return Response(shapes.MessageOut(message).data, status=201)


@extend_schema(request=shapes.NoteIn, responses={201: shapes.NoteOut})
@api_view(["POST"])
def notes(request: Request, number: int) -> Response:
    """Say something among agents. No customer can read it."""
    found, user = find_ticket(request, number), user_of(request, Ability.WRITE_NOTES)
    asked = shapes.NoteIn(data=request.data)
    asked.is_valid(raise_exception=True)
    note = found.add_note(by=user, **asked.validated_data)
    return Response(shapes.NoteOut(note).data, status=201)


@extend_schema(request=shapes.AssignmentIn, responses=shapes.WholeTicketOut)
@api_view(["POST"])
def assignment(request: Request, number: int) -> Response:
    """Give the ticket to somebody, or take the assignee off."""
    found, user = find_ticket(request, number), user_of(request, Ability.REPLY)
    asked = shapes.AssignmentIn(data=request.data)
    asked.is_valid(raise_exception=True)
    email = asked.validated_data["assignee"]
    if email is None:
        found.unassign(by=user)
        return whole(request, number)
    to = found.who_may_answer().filter(email=email).first()
    if to is None:
        raise ValidationError({"assignee": [_t("Nobody who can answer this ticket has that address.")]})
    found.assign(to=to, by=user)
    return Response(shapes.WholeTicketOut(with_relations(Ticket.objects.all()).get(pk=found.pk)).data)


@extend_schema(request=shapes.ResolutionIn, responses=shapes.WholeTicketOut)
@api_view(["POST"])
def resolution(request: Request, number: int) -> Response:
    """Resolve. Refused without a public reply or a reason."""
    found, user = find_ticket(request, number), user_of(request, Ability.REPLY)
    asked = shapes.ResolutionIn(data=request.data)
    asked.is_valid(raise_exception=True)
    found.resolve(by=user, reason=asked.validated_data.get("reason", ""))
    return whole(request, number)


@extend_schema(request=None, responses=shapes.WholeTicketOut)
@api_view(["POST"])
def reopening(request: Request, number: int) -> Response:
    """Open again what waits, sleeps or is resolved."""
    find_ticket(request, number).reopen(by=user_of(request, Ability.REPLY))
    return whole(request, number)
