"""A reply that a colleague reads before it is sent: asked for by its writer, answered by the reader."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.common.errors import Refusal
from helpdesk.common.text import normalise
from helpdesk.common.uploads import takes_files
from helpdesk.people.access import Ability
from helpdesk.people.models import User
from helpdesk.workspace import composer
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.forms import MOST_TEXT
from helpdesk.workspace.shortcuts import Here, Undo, find_ticket, moved_on, page, refused
from tickets import reviewing
from tickets.models import Draft, Ticket

MODE = Draft.Mode.REPLY
MOST_UNDONE = 20_000  # letters that the way back of a rewriting may carry


# --- The writer ------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.REPLY)
@takes_files
def asking(request: AgentRequest, number: int) -> HttpResponse:
    """Whom to ask to read the reply. The composer posts here what stands in it, which is kept first."""
    ticket = find_ticket(request, number)
    address = f"{reverse('workspace:review-ask', args=[number])}{Here.of(request)}"
    if request.method == "POST" and "reviewer" not in request.POST:
        composer.keep_files(request, ticket, mode=MODE, quota=request.quota)
        composer.keep_draft(request, ticket, mode=MODE)
        return redirect(address)
    draft = Draft.objects.filter(ticket=ticket, user=request.user, mode=MODE).first()
    if request.method == "GET":
        return _asking_page(request, ticket, draft)
    try:
        if draft is None:
            raise Refusal(_t("Write your reply first."))
        of = _person(request.POST.get("reviewer", ""))
        changed = reviewing.ask(draft, of=of, by=request.user)
    except Refusal as refusal:
        return _asking_page(request, ticket, draft, refusal=str(refusal), status=422)
    undo = Undo(reverse("workspace:review-stop", args=[number])) if changed else None
    return _back(request, ticket, _t("%(name)s was asked to read it.") % {"name": of.name}, undo=undo)


def _asking_page(
    request: AgentRequest, ticket: Ticket, draft: Draft | None, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "ticket": ticket,
        "here": Here.of(request),
        "draft": draft,
        "people": reviewing.who_may_review(ticket, besides=request.user),
        "refusal": refusal,
    }
    return page(request, "workspace/review/asking.html", context, status=status)


def _person(given: str) -> User:
    known = given.isascii() and given.isdecimal() and len(given) < 19
    person = User.objects.filter(pk=given, is_active=True).first() if known else None
    if person is None:
        raise Refusal(_t("Choose a person from the list."))
    return person


@require_POST
@agent_required(needs=Ability.REPLY)
def stopping(request: AgentRequest, number: int) -> HttpResponse:
    """The opposite of `asking`."""
    ticket = find_ticket(request, number)
    draft = Draft.objects.filter(ticket=ticket, user=request.user, mode=MODE).select_related("reviewer").first()
    undo = None
    if draft:
        asked = draft.reviewer_id if draft.review == Draft.Review.ASKED else None
        try:
            changed = reviewing.stop_asking(draft, by=request.user)
        except Refusal as refusal:
            return refused(request, ticket, refusal)
        if changed and asked:
            undo = Undo(reverse("workspace:review-ask", args=[number]), {"reviewer": str(asked)})
    return _back(request, ticket, _t("Nobody has to read it any more."), undo=undo)


# --- The reader ------------------------------------------------------------------------------------------------------


@require_safe
@agent_required(needs=Ability.REPLY)
def reading(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    """The reply as it stands, with what its reader can do with it."""
    ticket = find_ticket(request, number)
    return _reading_page(request, ticket, _draft(request, ticket, pk))


def _reading_page(
    request: AgentRequest, ticket: Ticket, draft: Draft, *, status: int = 200, **context: Any
) -> HttpResponse:
    latest = ticket.messages.filter(author="customer", is_auto=False).select_related("customer").order_by("-pk").first()
    full = {
        "ticket": ticket,
        "here": Here.of(request),
        "draft": draft,
        "mark": reviewing.seen_mark(draft),
        "latest": latest,
        "files": draft.attachments.order_by("pk"),
        "longest": reviewing.LONGEST_WORDS,
        **context,
    }
    return page(request, "workspace/review/reading.html", full, status=status)


@require_POST
@agent_required(needs=Ability.REPLY)
def approval(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    ticket = find_ticket(request, number)
    draft = _draft(request, ticket, pk)
    try:
        changed = reviewing.approve(draft, by=request.user, seen=request.POST.get("seen", ""))
    except Refusal as refusal:
        return _refused(request, ticket, draft, refusal)
    return _back(request, ticket, _t("Approved."), undo=_again(ticket, draft) if changed else None)


@require_POST
@agent_required(needs=Ability.REPLY)
def sending_back(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    ticket = find_ticket(request, number)
    draft, says = _draft(request, ticket, pk), normalise(request.POST.get("says", ""))
    try:
        changed = reviewing.send_back(draft, by=request.user, says=says)
    except Refusal as refusal:
        return _refused(request, ticket, draft, refusal, says=says, wrong="says")
    said = _t("Sent back to %(name)s.") % {"name": draft.user.name}
    return _back(request, ticket, said, undo=_again(ticket, draft) if changed else None)


@require_POST
@agent_required(needs=Ability.REPLY)
def thinking_again(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    """The opposite of `approval` and `sending_back`."""
    ticket = find_ticket(request, number)
    draft = _draft(request, ticket, pk)
    try:
        reviewing.think_again(draft, by=request.user)
    except Refusal as refusal:
        return _refused(request, ticket, draft, refusal)
    return moved_on(request, _page_of(request, ticket, draft), _t("It is to be read still."))


@require_POST
@agent_required(needs=Ability.REPLY)
def rewriting(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    """The reader changes the words. What they typed is never lost: refused, it stands in the page that comes back."""
    ticket = find_ticket(request, number)
    draft = _draft(request, ticket, pk)
    before, text = draft.text, normalise(request.POST.get("text", ""))[:MOST_TEXT]
    try:
        changed = reviewing.rewrite(draft, by=request.user, text=text, seen=request.POST.get("seen", ""))
    except Refusal as refusal:
        return _refused(request, ticket, draft, refusal, text=text, wrong="text")
    undo = None
    if changed and len(before) <= MOST_UNDONE:
        fields = {"text": before, "seen": reviewing.seen_mark(draft)}
        undo = Undo(reverse("workspace:review-text", args=[number, pk]), fields)
    return moved_on(request, _page_of(request, ticket, draft), _t("The text is changed."), undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def taking_over(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    """The reader goes on with it in their own composer."""
    ticket = find_ticket(request, number)
    draft = _draft(request, ticket, pk)
    try:
        changed = reviewing.take_over(draft, by=request.user)
    except Refusal as refusal:
        return _refused(request, ticket, draft, refusal)
    undo = Undo(reverse("workspace:review-give-back", args=[number, pk])) if changed else None
    return _back(request, ticket, _t("It stands in your composer now. Send it when it is ready."), undo=undo)


@require_POST
@agent_required(needs=Ability.REPLY)
def giving_back(request: AgentRequest, number: int, pk: int) -> HttpResponse:
    """The opposite of `taking_over`."""
    ticket = find_ticket(request, number)
    found = Draft.objects.filter(ticket=ticket, pk=pk, mode=MODE, user=request.user).select_related("reviewer").first()
    if found is None or found.reviewer is None or not reviewing.is_taken_over(found):
        raise Http404
    try:
        reviewing.give_back(found, to=found.reviewer, by=request.user)
    except Refusal as refusal:
        return refused(request, ticket, refusal)
    return _back(request, ticket, _t("%(name)s has it again.") % {"name": found.user.name})


# --- Inside ----------------------------------------------------------------------------------------------------------


def _draft(request: AgentRequest, ticket: Ticket, pk: int) -> Draft:
    """The draft that this person was asked to read; 404 for everything else, also for what was sent meanwhile."""
    found = Draft.objects.filter(ticket=ticket, pk=pk, mode=MODE, reviewer=request.user)
    draft = found.exclude(user=request.user).select_related("user", "reviewer", "ticket").first()
    if draft is None:
        raise Http404
    return draft


def _page_of(request: AgentRequest, ticket: Ticket, draft: Draft) -> str:
    return f"{reverse('workspace:review', args=[ticket.number, draft.pk])}{Here.of(request)}"


def _again(ticket: Ticket, draft: Draft) -> Undo:
    return Undo(reverse("workspace:review-again", args=[ticket.number, draft.pk]))


def _back(request: AgentRequest, ticket: Ticket, said: str, *, undo: Undo | None = None) -> HttpResponse:
    return moved_on(request, f"{ticket.get_absolute_url()}{Here.of(request)}", said, undo=undo)


def _refused(
    request: AgentRequest, ticket: Ticket, draft: Draft, refusal: Refusal, *, wrong: str = "", **typed: str
) -> HttpResponse:
    if request.htmx or Draft.objects.filter(pk=draft.pk, reviewer=request.user).exclude(user=request.user).count() == 0:
        return refused(request, ticket, refusal)
    return _reading_page(request, ticket, draft, status=422, refusal=str(refusal), wrong=wrong, **typed)
