from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.common.errors import Refusal
from helpdesk.common.text import fold
from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.macro_form import MacroForm
from helpdesk.workspace.shortcuts import (
    Here,
    Undo,
    back_to_list,
    find_ticket,
    moved_on,
    page,
    refused,
    ticket_changed,
)
from tickets import macros, ready_made
from tickets.macros import Applied, Filled
from tickets.models import Event, EventKind, Macro, Ticket
from tickets.steps import Line

MOST_OPTIONS = 8
_TAKEN = "workspace.ready-made"  # salt of what the way back from taking the ready-made ones carries

# --- On a ticket -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Offer:
    """A macro as it would be used here: what it says, and what it changes."""

    macro: Macro
    filled: Filled
    lines: list[Line]

    @property
    def does(self) -> list[str]:
        return [line.words for line in self.lines]


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(needs=Ability.REPLY)
def ticket_macros(request: AgentRequest, number: int) -> HttpResponse:
    """What can be said and done on this ticket: the menu of the composer, the list that opens with "::" (`find`), or a
    page where there is no script. Posted, the macro is used at once."""
    ticket = find_ticket(request, number)
    if request.method == "POST":
        return _use(request, ticket)
    found = [_offer(request, macro, ticket) for macro in macros.offered(ticket, to=request.user)]
    context: dict[str, Any] = {"ticket": ticket, "macros": found, "here": Here.of(request)}
    if "find" in request.GET:
        asked = fold(request.GET["find"].strip())
        fitting = [each for each in found if each.macro.text and asked in fold(each.macro.name)]
        context["macros"] = fitting[:MOST_OPTIONS]
        return render(request, "workspace/macro/_options.html", context)
    if request.htmx:
        return render(request, "workspace/macro/_menu.html", context)
    return page(request, "workspace/macro/of_ticket.html", context)


def _offer(request: AgentRequest, macro: Macro, ticket: Ticket) -> Offer:
    return Offer(macro, macros.fill(macro, ticket=ticket, by=request.user), macros.lines(macro, by=request.user))


def _use(request: AgentRequest, ticket: Ticket) -> HttpResponse:
    """Do what the macro does, without a reply."""
    macro = macros.chosen(request.POST.get("macro", ""), by=request.user)
    if macro is None:
        return refused(request, ticket, _t("This macro is no longer here."))
    if macro.text:
        return redirect(f"{ticket.get_absolute_url()}?macro={macro.pk}#reply-text")
    applied = macros.apply(macro, ticket=ticket, by=request.user)
    if not applied.done:
        return refused(request, ticket, applied.words)
    undo = None
    if applied.event:
        undo = Undo(reverse("workspace:macro-undo", args=[ticket.number, applied.event.pk]))
    said = words_of(macro, applied)
    if not Ticket.objects.visible_to(request.user).filter(pk=ticket.pk).exists():
        return moved_on(request, back_to_list(request), said, undo=undo)
    return ticket_changed(request, ticket, said, undo=undo)


def words_of(macro: Macro, applied: Applied) -> str:
    done = _t("“%(name)s” is done.") if applied.event else _t("“%(name)s”: it stood so already.")
    return " ".join(filter(None, [done % {"name": macro.name}, applied.words]))


@require_POST
@agent_required(needs=Ability.REPLY)
def undoing(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    """Put back what a macro has changed; also what it took out of the sight of whoever used it."""
    mine = Event.objects.filter(kind=EventKind.MACRO_USED, actor=request.user, ticket__number=number)
    event = mine.filter(pk=pk).select_related("ticket").first()
    if event is None:
        raise Http404
    kept = macros.undo(event, by=request.user)
    said = _t("Undone, but not all of it: %(what)s") % {"what": " ".join(kept)} if kept else _t("Undone.")
    if not Ticket.objects.visible_to(request.user).filter(pk=event.ticket_id).exists():
        return moved_on(request, back_to_list(request), said)
    return ticket_changed(request, find_ticket(request, number), said)


# --- All of them -----------------------------------------------------------------------------------------------------


@require_safe
@agent_required(needs=Ability.REPLY)
def all_macros(request: AgentRequest) -> HttpResponse:
    found = [
        (macro, macro.may_be_changed_by(request.user), macros.lines(macro, by=request.user))
        for macro in _visible(request).select_related("team", "owner")
    ]
    return page(request, "workspace/macro/macros.html", {"macros": found}, current="macros")


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.REPLY)
def new_macro(request: AgentRequest) -> HttpResponse:
    return _edited(request, None)


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.REPLY)
def macro(request: AgentRequest, pk: int) -> HttpResponse:
    return _edited(request, _mine(_visible(request), request, pk))


@require_POST
@agent_required(needs=Ability.REPLY)
def deleting(request: AgentRequest, pk: int) -> HttpResponse:
    found = _mine(_visible(request), request, pk)
    found.remove(by=request.user)
    undo = Undo(reverse("workspace:macro-restore", args=[pk]))
    return moved_on(request, reverse("workspace:macros"), _t("Deleted “%(name)s”.") % {"name": found.name}, undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def restoring(request: AgentRequest, pk: int) -> HttpResponse:
    """The opposite of deleting, as often as it is asked for."""
    found = _mine(Macro.objects.all(), request, pk)
    try:
        found.restore(by=request.user)
    except Refusal as refusal:
        return moved_on(request, reverse("workspace:macros"), str(refusal))
    return moved_on(request, reverse("workspace:macros"), _t("“%(name)s” is back.") % {"name": found.name})


@require_POST
@agent_required(needs=Ability.REPLY)
def taking_ready_made(request: AgentRequest) -> HttpResponse:
    """Have the ones that come with the product: for everybody where this person may share, else for themselves."""
    taken = ready_made.take(by=request.user)
    if not taken:
        return moved_on(request, reverse("workspace:macros"), _t("They are all here already."))
    words = ngettext("%(count)s macro is here.", "%(count)s macros are here.", len(taken)) % {"count": len(taken)}
    keys = signing.dumps([request.user.pk, [each.pk for each in taken]], salt=_TAKEN)
    undo = Undo(reverse("workspace:macros-ready-undo"), {"taken": keys})
    return moved_on(request, reverse("workspace:macros"), words, undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def leaving_ready_made(request: AgentRequest) -> HttpResponse:
    """The opposite: those that were taken, and are still this person's, are gone."""
    try:
        who, keys = signing.loads(request.POST.get("taken", ""), salt=_TAKEN, max_age=24 * 3600)
    except signing.BadSignature:
        raise Http404 from None
    if who != request.user.pk:
        raise Http404
    for each in Macro.objects.filter(pk__in=keys, owner=request.user):
        each.remove(by=request.user)
    return moved_on(request, reverse("workspace:macros"), _t("Undone."))


def _visible(request: AgentRequest) -> QuerySet[Macro]:
    return Macro.objects.visible_to(request.user).by_name()


def _mine(among: QuerySet[Macro], request: AgentRequest, pk: int) -> Macro:
    """The macro, if this person may change it; 404 else, as for one that is not there."""
    found = among.filter(pk=pk).first()
    if found is None or not found.may_be_changed_by(request.user):
        raise Http404
    return found


def _edited(request: AgentRequest, found: Macro | None) -> HttpResponse:
    form = MacroForm(request.POST or None, macro=found, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            saved = form.save()
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return moved_on(request, reverse("workspace:macros"), _t("Saved “%(name)s”.") % {"name": saved.name})
    context = {"form": form, "macro": found, "variables": macros.VARIABLES.items()}
    return page(request, "workspace/macro/macro.html", context, current="macros", status=422 if form.errors else 200)
