from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.people.access import Ability
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.macro_form import MacroForm
from helpdesk.workspace.shortcuts import Here, Undo, find_ticket, moved_on, page
from tickets import macros
from tickets.models import Macro


@require_safe
@agent_required(needs=Ability.REPLY)
def ticket_macros(request: AgentRequest, number: int) -> HttpResponse:
    """What can be said on this ticket, filled in: the menu of the composer, or a page where there is no script."""
    ticket = find_ticket(request, number)
    found = [
        (macro, macros.fill(macro, ticket=ticket, by=request.user)) for macro in macros.offered(ticket, to=request.user)
    ]
    context = {"ticket": ticket, "macros": found, "here": Here.of(request)}
    if request.htmx:
        return render(request, "workspace/macro/_menu.html", context)
    return page(request, "workspace/macro/of_ticket.html", context)


@require_safe
@agent_required(needs=Ability.REPLY)
def all_macros(request: AgentRequest) -> HttpResponse:
    found = [
        (macro, macro.may_be_changed_by(request.user)) for macro in _visible(request).select_related("team", "owner")
    ]
    return page(request, "workspace/macro/macros.html", {"macros": found}, current="macros")


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.REPLY)
def new_macro(request: AgentRequest) -> HttpResponse:
    return _edited(request, Macro(owner=request.user), _t("Saved “%(name)s”."))


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.REPLY)
def macro(request: AgentRequest, pk: int) -> HttpResponse:
    return _edited(request, _mine(request, pk), _t("Saved “%(name)s”."))


@require_POST
@agent_required(needs=Ability.REPLY)
def deleting(request: AgentRequest, pk: int) -> HttpResponse:
    found = _mine(request, pk)
    Macro.objects.filter(pk=found.pk).update(deleted_at=timezone.now())
    undo = Undo(reverse("workspace:macro-restore", args=[pk]))
    return moved_on(request, reverse("workspace:macros"), _t("Deleted “%(name)s”.") % {"name": found.name}, undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def restoring(request: AgentRequest, pk: int) -> HttpResponse:
    found = Macro.objects.filter(pk=pk).exclude(deleted_at=None).first()
    if found is None or not found.may_be_changed_by(request.user):
        raise Http404
    Macro.objects.filter(pk=pk).update(deleted_at=None)
    return moved_on(request, reverse("workspace:macros"), _t("“%(name)s” is back.") % {"name": found.name})


def _visible(request: AgentRequest) -> QuerySet[Macro]:
    return Macro.objects.visible_to(request.user).by_name()


def _mine(request: AgentRequest, pk: int) -> Macro:
    """The macro, if this person may change it; 404 else, as for one that is not there."""
    found = _visible(request).filter(pk=pk).first()
    if found is None or not found.may_be_changed_by(request.user):
        raise Http404
    return found


def _edited(request: AgentRequest, found: Macro, said: str) -> HttpResponse:
    form = MacroForm(request.POST or None, instance=found, user=request.user)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        return moved_on(request, reverse("workspace:macros"), said % {"name": saved.name})
    context = {"form": form, "macro": found, "variables": macros.VARIABLES.items()}
    return page(request, "workspace/macro/macro.html", context, current="macros", status=422 if form.errors else 200)
