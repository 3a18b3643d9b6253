from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST

from cx import found_promises
from helpdesk.common.errors import Refusal
from helpdesk.common.moments import moment
from helpdesk.common.uploads import takes_files
from helpdesk.people.access import Ability
from helpdesk.people.models import User
from helpdesk.people.preferences import Preferences
from helpdesk.workspace import composer, planned
from helpdesk.workspace.composer import Written
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.forms import ReplyForm
from helpdesk.workspace.shortcuts import Here, Undo, back_to_list, find_ticket, moved_on, next_in_queue, refused
from helpdesk.workspace.ticket_page import answer_with_ticket, load
from tickets import addressing, linking, macros, planning, recipients
from tickets.models import Author, Draft, Message, Status, Ticket
from tickets.recipients import WrongRecipient
from tickets.resolving import NotYet

MODE = Draft.Mode.REPLY

SAID = {
    Status.OPEN: lambda: _t("Reply sent."),
    Status.WAITING: lambda: _t("Reply sent. Waiting for the customer."),
    Status.RESOLVED: lambda: _t("Reply sent and ticket resolved."),
}


@require_POST
@agent_required(needs=Ability.REPLY)
@takes_files
def replies(request: AgentRequest, number: int) -> HttpResponse:
    """Say something to the customer, and to whom else To and Cc name.

    Where somebody wrote in the meantime the reply is held: the page comes back with the new message and the text.
    So it does where a domain is new in this ticket, until that is confirmed. The same reply posted twice is sent once.
    Where one is afterwards each person chooses once.
    """
    ticket = find_ticket(request, number)
    form = ReplyForm(request.POST)
    form.is_valid()
    text, seen = form.cleaned_data.get("text", ""), form.cleaned_data.get("seen")
    message = _already_said(ticket, by=request.user, text=text, seen=seen)
    if message is not None:
        return _sent(request, ticket, message)
    files, problem = composer.keep_files(request, ticket, mode=MODE, quota=request.quota)
    if "remove" in request.POST or "add" in request.POST:
        return _changed(request, ticket)
    errors = composer.errors_of(form) | ({"files": problem} if problem else {})
    if not text and "text" not in errors:
        errors = {"text": _t("Write your reply first.")} | errors
    unfilled = macros.unfilled_in(text)
    if unfilled and "text" not in errors:
        errors = {"text": _t("Fill in %(name)s first.") % {"name": f"{{{unfilled[0]}}}"}} | errors
    to, cc = form.cleaned_data.get("to"), form.cleaned_data.get("cc")
    new: list[str] = []
    if not errors:
        try:
            circle = addressing.circle_of(ticket, typed=[*(to or ()), *(cc or ())])
            to, cc = circle.checked(to, cc)
            new = _unconfirmed(request, circle.outside([*to, *cc]))
        except WrongRecipient as refusal:
            errors[refusal.field] = str(refusal)
    if errors:
        return _kept(request, number, Written(errors=errors, focus="text" if unfilled and len(errors) == 1 else ""))
    then = form.cleaned_data["then"]
    if "confirm" in request.POST and request.POST.get("asked") in SAID:
        then = request.POST["asked"]  # as the first post said, before it was held
    then = then or Status.OPEN
    at, wrong = planned.asked_for(request)
    if wrong:
        return _kept(request, number, Written(errors={"": wrong}))
    if new:
        return _kept(request, number, Written(outside=new, asked=f"{planned.HELD}{at.isoformat()}" if at else then))
    onwards = _after_sending(request, ticket)
    if at is not None:
        return _planned(request, ticket, at=at, onwards=onwards, text=text, then=then, to=to, cc=cc, seen=seen)
    try:
        with transaction.atomic():
            message = ticket.reply(by=request.user, text=text, then=then, to=to, cc=cc, files=files, seen=seen)
            found_promises.said(message)
            not_done = _use_macros(request, ticket, message)
    except Refusal as refusal:
        place = refusal.place if isinstance(refusal, NotYet) else ""
        newer = ticket.said_since(seen, by=request.user)
        written = Written(errors={"": str(refusal)}, newer=newer, focus="place" if place else "")
        return _kept(request, number, written, status=409 if newer else 422, place=place)
    composer.forget_draft(request, ticket, mode=MODE)
    return _sent(request, ticket, message, then=then, onwards=onwards, besides=not_done)


def _planned(request: AgentRequest, ticket: Ticket, *, at: datetime, onwards: str, **said: Any) -> HttpResponse:
    """It leaves later. What a macro does besides is not kept for then: it is said in words."""
    try:
        draft = planning.plan(ticket, by=request.user, at=at, **said)
    except Refusal as refusal:
        newer = ticket.said_since(said["seen"], by=request.user)
        written = Written(errors={"": str(refusal)}, newer=newer)
        return _kept(request, ticket.number, written, status=409 if newer else 422)
    words = _t("Your reply leaves %(when)s.") % {"when": moment(at)}
    not_kept = [each.name for each in macros.named(request.POST.getlist("macro"), by=request.user) if each.actions]
    if not_kept:
        besides = _t("Only the text is sent then: what “%(name)s” does besides is not done.")
        words = f"{words} {besides % {'name': ', '.join(not_kept)}}"
    undo = Undo(reverse("workspace:planned-stop", args=[ticket.number, draft.pk]))
    return moved_on(request, onwards or f"{ticket.get_absolute_url()}{Here.of(request)}#planned", words, undo=undo)


def _use_macros(request: AgentRequest, ticket: Ticket, message: Message) -> str:
    """Do what the macros that were put into the reply do besides. Returns what was not done, in words."""
    applied = [
        macros.apply(macro, ticket=ticket, by=request.user, message=message)
        for macro in macros.named(request.POST.getlist("macro"), by=request.user)
    ]
    return " ".join(filter(None, [each.words for each in applied]))


def _after_sending(request: AgentRequest, ticket: Ticket) -> str:
    """Where this person wants to be then; found before the reply changes the ticket's place. Empty: where they are."""
    chosen = Preferences.of(request.user).after_sending
    if chosen == "next":
        return next_in_queue(request, ticket)
    return back_to_list(request) if chosen == "list" else ""


def _sent(
    request: AgentRequest, ticket: Ticket, message: Message, *, then: str = Status.OPEN, onwards: str = "",
    besides: str = "",
) -> HttpResponse:  # fmt: skip
    undo = Undo(reverse("workspace:undo-reply", args=[ticket.number, message.pk])) if _may_take_back(message) else None
    if not message.to:
        said = _t("Reply recorded. No mail goes out: there is no address.")
    else:
        waits = _t("Your reply to #%(number)s waits a moment, then it is sent.") % {"number": ticket.number}
        said = waits if undo else SAID[Status(then)]()
    blocked = linking.warning_when_resolved(ticket, user=request.user) if then == Status.RESOLVED else ""
    said = " ".join(filter(None, [said, blocked, besides]))
    if not onwards and not Ticket.objects.visible_to(request.user).filter(pk=ticket.pk).exists():
        onwards = back_to_list(request)  # a macro gave it to another team
    return moved_on(request, onwards or f"{ticket.get_absolute_url()}{Here.of(request)}#latest", said, undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def undo_reply(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    """Take a reply back while it waits to be sent; its text stands in the composer again, and what its macros have
    changed is as it was."""
    ticket = _answered_by(request, number, pk)
    message = ticket.messages.filter(pk=pk, author=Author.AGENT).first()
    if message is None:  # taken back before: the text is where it was put then
        return refused(request, ticket, _t("That reply was taken back already."))
    try:
        kept = macros.take_back(ticket, message, by=request.user)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    said = _t("Taken back. Your text is in the reply again.")
    if not ticket.messages.exists():  # it was the mail that began the ticket
        said = _t("Taken back. The ticket stays open without a message; your text is in the reply again.")
    if kept:
        said = f"{said} {_t('Not undone: %(what)s') % {'what': ' '.join(kept)}}"
    if not Ticket.objects.visible_to(request.user).filter(pk=ticket.pk).exists():
        return moved_on(request, back_to_list(request), said)
    return moved_on(request, f"{ticket.get_absolute_url()}{Here.of(request)}#reply-text", said)


@require_POST
@agent_required(needs=Ability.REPLY)
def send_now(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    """A reply that still waits need not wait any longer."""
    ticket = _answered_by(request, number, pk)
    message = ticket.messages.filter(pk=pk, author=Author.AGENT).first()
    if message is None:
        return refused(request, ticket, _t("That reply was taken back already."))
    try:
        ticket.send_now(message, by=request.user)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    if not Ticket.objects.visible_to(request.user).filter(pk=ticket.pk).exists():
        return moved_on(request, back_to_list(request), _t("Reply sent."))
    return moved_on(request, f"{ticket.get_absolute_url()}{Here.of(request)}#latest", _t("Reply sent."))


def _answered_by(request: AgentRequest, number: int, pk: int) -> Ticket:
    """The ticket; also one that a macro in this very reply took out of its writer's sight."""
    try:
        return find_ticket(request, number)
    except Http404:
        message = Message.objects.filter(pk=pk, ticket__number=number, user=request.user).first()
        if message is None or not macros.used_with(message, by=request.user):
            raise
        return message.ticket


def _changed(request: AgentRequest, ticket: Ticket) -> HttpResponse:
    """Somebody was put on Cc, or a file taken away, by a button of the form. Nothing is sent."""
    written, added = Written(focus="files"), request.POST.get("add", "").strip()
    if recipients.is_address(added):
        posted = request.POST.copy()
        posted["cc"] = ", ".join(filter(None, [composer.typed(request, "cc").strip(" ,"), added]))
        request.POST = posted  # type: ignore[assignment]  # as if it had been typed
        written.focus = "cc"
    composer.remove_file(request, ticket, mode=MODE)
    return _kept(request, ticket.number, written, status=200)


def _kept(request: AgentRequest, number: int, written: Written, *, status: int = 422, place: str = "") -> HttpResponse:
    """The ticket as it is now, with what was typed still in the composer and beside it why it was not sent. Where that
    is put right elsewhere on the page, the focus goes to that `place`."""
    composer.keep_draft(request, find_ticket(request, number), mode=MODE)
    ticket = load(request, number)
    written.text = composer.typed(request, "text")
    if "to" in request.POST:
        written.to, written.cc = composer.typed(request, "to"), composer.typed(request, "cc")
    else:
        by_rule = addressing.circle_of(ticket).answered
        written.to, written.cc = ", ".join(by_rule.to), ", ".join(by_rule.cc)
    return answer_with_ticket(request, ticket, status=status, mode=MODE, written=written, place=place)


def _unconfirmed(request: AgentRequest, domains: list[str]) -> list[str]:
    """The new domains that this person has not said yes to."""
    said = ",".join([request.POST.get("confirm", ""), *request.POST.getlist("outside")])
    confirmed = {name.strip().lower() for name in said.split(",")}
    return [name for name in domains if not confirmed & {name, recipients.domain_of(name)}]


def _already_said(ticket: Ticket, *, by: User, text: str, seen: int | None) -> Message | None:
    """The reply that an impatient second click would repeat."""
    if seen is None or not text:
        return None
    return ticket.messages.filter(user=by, text=text, pk__gt=seen).first()


def _may_take_back(message: Message) -> bool:
    deliveries = list(message.deliveries.all())
    return bool(deliveries) and all(delivery.can_be_undone for delivery in deliveries)
