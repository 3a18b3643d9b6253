from __future__ import annotations

from typing import Any

from django.core import signing
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from helpdesk.common.errors import Refusal
from helpdesk.people import preferences
from helpdesk.workspace import queues, standing
from helpdesk.workspace.asking import Question
from helpdesk.workspace.building import Builder
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.navigation import MOST_COUNTED, counted
from helpdesk.workspace.queues import Queue
from helpdesk.workspace.shortcuts import Undo, list_address, moved_on, order_of, page
from helpdesk.workspace.view_form import ViewForm
from tickets.models import SavedView, Ticket
from tickets.models.ticket import TicketQuerySet
from tickets.query.fields import Vocabulary
from tickets.query.language import joined

_DELETED = "workspace.deleted-view"  # salt of what the way back from deleting carries
_HOURS_TO_UNDO = 24

# --- Putting a filter together ----------------------------------------------------------------------------------------


@agent_required
def queue_filter(request: AgentRequest, view: str) -> HttpResponse:
    """The filter of a list as a form. Posted, it is drawn again, or leads to the filtered list."""
    teams = queues.teams_of(request.user)
    shown = queues.find_queue(view, teams=teams, user=request.user)
    order, known = order_of(request), Vocabulary.of(request.user)
    if request.method == "POST":
        builder = Builder.posted(request.POST, known)
        if request.POST.get("do") == "show":
            address = list_address(shown, Question(user=request.user).with_tree(builder.tree), order=order)
            return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
    else:
        builder = Builder.showing(Question.in_address(request.GET, request.user).tree, known)
    context = {
        "queue": shown,
        "builder": builder,
        "action": request.get_full_path(),
        "cancel": list_address(shown, Question.in_address(request.GET, request.user), order=order),
        "found": found_words(request, shown.tickets_for(request.user), builder, queue=shown),
    }
    if request.htmx:
        return render(request, "workspace/saved_view/_filter.html", context)
    return page(request, "workspace/saved_view/filter.html", context, current=shown.slug, teams=teams)


def found_words(request: AgentRequest, tickets: TicketQuerySet, builder: Builder, *, queue: Queue | None = None) -> str:
    """How many tickets the filter finds, in words; counting stops at a thousand."""
    asked = Question(user=request.user).with_tree(builder.tree)
    number = asked.among(tickets).counted_up_to(MOST_COUNTED)
    shown = {"count": counted(number), "queue": str(queue.label) if queue else ""}
    if queue:
        words = ngettext("%(count)s ticket of “%(queue)s”", "%(count)s tickets of “%(queue)s”", number)
    else:
        words = ngettext("%(count)s ticket", "%(count)s tickets", number)
    return words % shown


# --- Views ------------------------------------------------------------------------------------------------------------


@require_safe
@agent_required
def views(request: AgentRequest) -> HttpResponse:
    """Every list of the left column, in the order in which this person wants them."""
    return _order_page(request)


@agent_required
def new_view(request: AgentRequest) -> HttpResponse:
    """Keep a filter under a name."""
    known = Vocabulary.of(request.user)
    teams = queues.teams_of(request.user)
    if request.method == "POST":
        return _posted(request, None)
    origin = queues.opened_from(request.GET.get("from", ""), teams=teams, user=request.user)
    start = known.read(origin.query if "from" in request.GET else "").tree
    builder = Builder.showing(joined(start, Question.in_address(request.GET, request.user).tree), known)
    order = order_of(request) or (origin.view.order if origin.view else "")
    return _form_page(request, ViewForm(user=request.user, initial={"order": order or "due"}), builder)


@agent_required
def view(request: AgentRequest, pk: int) -> HttpResponse:
    """Change a view: its name, its filter, whom it is for."""
    found = _find(request, pk)
    if request.method == "POST":
        return _posted(request, found)
    asked = Question.of(request.GET.get("q", ""), request.user).tree
    known = Vocabulary.of(request.user)
    builder = Builder.showing(joined(known.read(found.query).tree, asked), known)
    return _form_page(request, ViewForm.of(found, user=request.user), builder, view=found)


@require_POST
@agent_required
def deleting(request: AgentRequest, pk: int) -> HttpResponse:
    """Delete a view. The way back lasts a day."""
    found = _find(request, pk)
    name = found.name
    try:
        kept = found.remove(by=request.user)
    except Refusal as refusal:
        return moved_on(request, reverse("workspace:views"), str(refusal))
    undo = Undo(reverse("workspace:view-restore"), {"kept": signing.dumps([request.user.pk, kept], salt=_DELETED)})
    return moved_on(request, reverse("workspace:views"), _t("“%(name)s” deleted.") % {"name": name}, undo=undo)


@require_POST
@agent_required
def restoring(request: AgentRequest) -> HttpResponse:
    """The opposite of deleting, for whoever deleted it."""
    try:
        who, kept = signing.loads(request.POST.get("kept", ""), salt=_DELETED, max_age=_HOURS_TO_UNDO * 3600)
    except signing.BadSignature:
        raise Http404 from None
    if who != request.user.pk:
        raise Http404
    try:
        restored = SavedView.bring_back(kept, by=request.user)
    except Refusal as refusal:
        return moved_on(request, reverse("workspace:views"), str(refusal))
    words = _t("“%(name)s” is back.") % {"name": restored.name}
    return moved_on(request, reverse("workspace:queue-view", args=[f"view-{restored.pk}"]), words)


@require_POST
@agent_required
def ordering(request: AgentRequest) -> HttpResponse:
    """Put the lists of the left column in another order: one step by a button, or a whole group as it was dragged."""
    lists = standing.groups_of(request.user)
    verb, _colon, slug = request.POST.get("do", "").partition(":")
    with transaction.atomic():
        if verb in ("up", "down"):
            chosen = standing.moved(lists, slug, step=-1 if verb == "up" else 1)
        else:
            chosen = standing.dragged(lists, request.POST.get("order", "").split(","))
        preferences.change(request.user, view_order=chosen)
    if request.htmx and verb not in ("up", "down"):
        return HttpResponse(status=204)
    if request.htmx:
        return render(request, "workspace/saved_view/_views.html", _order_context(request, moved=slug))
    return redirect("workspace:views")


# --- What they share --------------------------------------------------------------------------------------------------


def _find(request: AgentRequest, pk: int) -> SavedView:
    try:
        return SavedView.objects.visible_to(request.user).select_related("owner", "team").get(pk=pk)
    except SavedView.DoesNotExist:
        raise Http404 from None


def _posted(request: AgentRequest, found: SavedView | None) -> HttpResponse:
    builder = Builder.posted(request.POST, Vocabulary.of(request.user))
    form = ViewForm(request.POST, user=request.user, view=found)
    if request.POST.get("do") != "save":
        form = ViewForm(user=request.user, view=found, initial=request.POST.dict())  # only the filter changed
        return _form_page(request, form, builder, view=found)
    if form.is_valid():
        try:
            kept = form.save(query=builder.text)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            words = _t("“%(name)s” saved.") % {"name": kept.name}
            return moved_on(request, reverse("workspace:queue-view", args=[f"view-{kept.pk}"]), words)
    return _form_page(request, form, builder, view=found, status=422)


def _form_page(
    request: AgentRequest, form: ViewForm, builder: Builder, *, view: SavedView | None = None, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "view": view,
        "builder": builder,
        "action": request.get_full_path(),
        "found": found_words(request, Ticket.objects.visible_to(request.user), builder),
        "may_change": view is None or view.may_be_changed_by(request.user),
        "cancel": reverse("workspace:queue-view", args=[f"view-{view.pk}"]) if view else reverse("workspace:views"),
    }
    if request.htmx:
        return render(request, "workspace/saved_view/_form.html", context, status=status)
    current = f"view-{view.pk}" if view else "views"
    return page(request, "workspace/saved_view/form.html", context, current=current, status=status)


def _order_context(request: AgentRequest, *, moved: str = "") -> dict[str, Any]:
    return {"groups": standing.groups_of(request.user), "moved": moved}


def _order_page(request: AgentRequest) -> HttpResponse:
    return page(request, "workspace/saved_view/views.html", _order_context(request), current="views")
