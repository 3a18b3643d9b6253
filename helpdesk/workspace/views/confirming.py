from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, push_url, reswap, retarget

from cx.confirming import SECOND_LOOK_EVERY, Walk
from cx.models import SecondLabel, Tagging
from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from helpdesk.workspace import confirm_page
from helpdesk.workspace.confirm_page import ASKED, Progress, Step
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.forms import TaggingForm
from helpdesk.workspace.shortcuts import page
from tickets.models import Ticket

LATEST = "confirmed"  # session key of what was answered last, with its way back
SKIPPED = "second-looks-skipped"  # session key: the numbers of tickets this person would not look at
MOST_SKIPPED = 50


@require_safe
@agent_required(needs=Ability.TAG)
def confirm(request: AgentRequest) -> HttpResponse:
    """The first suggestion that waits, or a word that none does."""
    walk = Walk(request.user)
    if (ticket := walk.first()) is not None:
        return _step_page(request, walk, confirm_page.step_for(ticket))
    progress = Progress.of(walk)
    context = {
        "progress": progress,
        "agreement": confirm_page.agreement(progress),
        "latest": request.session.pop(LATEST, None),
        "second_look": _second_look(request),
        "has_tags": Tagging.objects.current().exists(),
    }
    return page(request, "workspace/confirm/done.html", context, current="confirm")


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(needs=Ability.TAG)
def step(request: AgentRequest, number: int) -> HttpResponse:
    """One suggestion, and the answer to it; after the answer, the next one."""
    walk = Walk(request.user)
    ticket = _found(walk, number)
    shown: Tagging | None = ticket.tagging  # type: ignore[attr-defined]
    if request.method != "POST":
        if shown is None or shown.is_confirmed:
            return redirect("workspace:confirm")
        return _step_page(request, walk, confirm_page.step_for(ticket))
    onwards = walk.after(ticket)
    try:
        words = _answered(request, ticket, shown)
    except _NotYet as problem:
        return _step_page(request, walk, problem.step, status=422)
    return _next(request, walk, onwards, words, number=number)


@require_POST
@agent_required(needs=Ability.TAG)
def undo(request: AgentRequest, number: int) -> HttpResponse:
    """Take one's own answer back and look at the ticket again. Somebody else's answer stands."""
    walk = Walk(request.user)
    ticket = _found(walk, number)
    shown: Tagging | None = ticket.tagging  # type: ignore[attr-defined]
    if shown is not None and shown.tagged_by_id == request.user.pk:
        Tagging.undo(ticket, by=request.user)
        ticket = _found(walk, number)
    return _to(request, walk, ticket, _t("Undone. It waits to be confirmed again."))


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(needs=Ability.TAG)
def second_look(request: AgentRequest, number: int) -> HttpResponse:
    """A ticket that somebody has tagged, asked about as if nobody had. The answer changes no tag."""
    walk = Walk(request.user)
    _found(walk, number)
    try:
        asked = SecondLabel.objects.open_for(request.user).get(tagging__ticket__number=number)
    except SecondLabel.DoesNotExist:
        if request.method == "POST":
            messages.info(request, _t("Somebody else has answered this one already."))
        return redirect("workspace:confirm")
    chosen = {name: request.POST.get(name, "") for name in ASKED}
    if request.method != "POST":
        return _step_page(request, walk, confirm_page.second_look_at(asked.ticket))
    form = TaggingForm(request.POST)
    try:
        if not form.is_valid():
            raise Refusal(" ".join(_problems(form)))
        asked.answer(by=request.user, **{name: form.cleaned_data.get(name) or "" for name in ASKED})
    except Refusal as refusal:
        again = confirm_page.second_look_at(asked.ticket, chosen=chosen, problems=[str(refusal)])
        return _step_page(request, walk, again, status=422)
    return _to(request, walk, walk.first(), _t("Thank you. Your second look is kept; no tag has changed."))


@require_POST
@agent_required(needs=Ability.TAG)
def skip_second_look(request: AgentRequest, number: int) -> HttpResponse:
    """Not this one: it is not asked again in this session."""
    walk = Walk(request.user)
    _found(walk, number)
    request.session[SKIPPED] = [*request.session.get(SKIPPED, []), number][-MOST_SKIPPED:]
    return _to(request, walk, walk.first(), _t("Skipped."))


class _NotYet(Exception):
    """The answer was no answer; `step` asks again and says why."""

    def __init__(self, step: Step) -> None:
        self.step = step


def _found(walk: Walk, number: int) -> Ticket:
    ticket = walk.at(number)
    if ticket is None:
        raise Http404
    return ticket


def _answered(request: AgentRequest, ticket: Ticket, shown: Tagging | None) -> str:
    """Keep the answer and say so. Where somebody else was quicker, theirs stands and is told instead."""
    if shown is not None and shown.is_confirmed:
        if shown.tagged_by_id == request.user.pk:
            return _words(shown)
        return _t("%(name)s has tagged #%(number)s in the meantime: %(stage)s, %(gap)s. Nothing was changed.") % {
            "name": shown.tagged_by.name if shown.tagged_by else "",
            "number": ticket.number,
            "stage": shown.get_journey_stage_display(),
            "gap": shown.get_gap_primary_display(),
        }
    if shown is None:
        raise Http404
    if request.POST.get("shown", str(shown.pk)) != str(shown.pk):
        changed = _t("The suggestion has changed. Look at the new one, then confirm.")
        raise _NotYet(confirm_page.step_for(ticket, problems=[changed]))
    form = TaggingForm(request.POST, shown=shown if shown.is_sure else None)
    chosen = {name: request.POST.get(name, "") for name in ASKED}
    if not form.is_valid():
        raise _NotYet(confirm_page.step_for(ticket, chosen=chosen, problems=_problems(form)))
    try:
        return _words(confirm_page.answer(ticket, form, by=request.user))
    except Refusal as refusal:
        raise _NotYet(confirm_page.step_for(ticket, chosen=chosen, problems=[str(refusal)])) from None


def _words(said: Tagging) -> str:
    return _t("Confirmed: %(stage)s, %(gap)s.") % {
        "stage": said.get_journey_stage_display(),
        "gap": said.get_gap_primary_display(),
    }


def _problems(form: TaggingForm) -> list[str]:
    return list(dict.fromkeys(str(problem) for problems in form.errors.values() for problem in problems))


def _next(request: AgentRequest, walk: Walk, onwards: Ticket | None, words: str, *, number: int) -> HttpResponse:
    """The next suggestion; every few of them a second look instead, where one waits."""
    request.session[LATEST] = {"number": number, "words": words}
    progress = Progress.of(walk)
    is_time = progress.done and progress.done % SECOND_LOOK_EVERY == 0
    if is_time and (looked_at := _second_look(request)) is not None:
        return _answer(request, walk, confirm_page.second_look_at(looked_at.ticket), words, progress=progress)
    following = (onwards and walk.at(onwards.number)) or walk.first()
    return _to(request, walk, following, words, progress=progress, keeps_latest=True)


def _to(
    request: AgentRequest,
    walk: Walk,
    ticket: Ticket | None,
    words: str,
    *,
    progress: Progress | None = None,
    keeps_latest: bool = False,
) -> HttpResponse:
    if not keeps_latest:
        request.session[LATEST] = {"words": words}
    if ticket is None:
        address = reverse("workspace:confirm")
        return _sent_to(request, address)
    return _answer(request, walk, confirm_page.step_for(ticket), words, progress=progress)


def _answer(
    request: AgentRequest, walk: Walk, following: Step, words: str, *, progress: Progress | None = None
) -> HttpResponse:
    """The step in place for htmx, with the words for the live region; else its own page."""
    address = _address(following)
    if not request.htmx:
        return redirect(address)
    context = _context(request, walk, following, progress=progress)
    context["announced"] = f"{words} {context['progress'].in_words}"
    html = render_to_string("workspace/confirm/_answered.html", context, request)
    return push_url(reswap(retarget(HttpResponse(html), "#to-confirm"), "outerHTML"), address)


def _sent_to(request: AgentRequest, address: str) -> HttpResponse:
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _step_page(request: AgentRequest, walk: Walk, shown: Step, *, status: int = 200) -> HttpResponse:
    context = _context(request, walk, shown)
    if status != 200 and request.htmx:
        context["announced"] = " ".join(shown.problems)
        html = render_to_string("workspace/confirm/_answered.html", context, request)
        return reswap(retarget(HttpResponse(html, status=status), "#to-confirm"), "outerHTML")
    return page(request, "workspace/confirm/confirm.html", context, current="confirm", status=status)


def _context(request: AgentRequest, walk: Walk, shown: Step, *, progress: Progress | None = None) -> dict[str, Any]:
    progress = progress or Progress.of(walk)
    before = after = None
    if not shown.is_second_look:
        before, after = walk.before(shown.ticket), walk.after(shown.ticket)
    return {
        "step": shown,
        "ticket": shown.ticket,
        "progress": progress,
        "before": before,
        "after": after,
        "agreement": confirm_page.agreement(progress),
        "latest": request.session.pop(LATEST, None),
        "address": _address(shown),
    }


def _address(shown: Step) -> str:
    name = "second-look" if shown.is_second_look else "confirm-ticket"
    return reverse(f"workspace:{name}", args=[shown.ticket.number])


def _second_look(request: AgentRequest) -> SecondLabel | None:
    """The oldest second look that this person may be asked for and has not skipped."""
    skipped = request.session.get(SKIPPED, [])
    return SecondLabel.objects.open_for(request.user).exclude(tagging__ticket__number__in=skipped).first()
