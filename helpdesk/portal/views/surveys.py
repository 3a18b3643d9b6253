"""How it was: one question, its reasons, and a way to be asked no more.

A GET records nothing, since mail scanners follow every link. The POST does.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from cx import questions, surveys
from cx.models import Invitation, Response
from cx.models.survey import SurveyKind
from helpdesk.common import tokens
from helpdesk.common.errors import Refusal
from helpdesk.people.models import Company, Customer
from helpdesk.portal.doors import open_door, private, spoken_to
from helpdesk.portal.forms import SurveyForm


@private
@open_door
@require_http_methods(["GET", "HEAD", "POST"])
def survey(request: HttpRequest, token: str) -> HttpResponse:
    """The question, with the score that was clicked in the mail already chosen; sending it is final."""
    invitation = _find_invitation(request, token)
    if isinstance(invitation, HttpResponse):
        return invitation
    with spoken_to(request, invitation.ticket.language):
        given = Response.objects.filter(invitation=invitation).first()
        if request.method == "POST":
            return _answer(request, invitation, token=token)
        if given and given.is_final and "sent" in request.GET:
            return _thanks(request, invitation, given, token=token)
        if given and timezone.now() > given.changeable_until:
            return render(request, "portal/survey_over.html", _context(invitation, given=given))
        form = SurveyForm(initial=_initial(request, invitation, given), invitation=invitation)
        return _page(request, invitation, form, token=token)


@private
@open_door
@require_POST
def provisional(request: HttpRequest, token: str) -> HttpResponse:
    """The score somebody has before them, kept in case they send no more. Never takes the place of a final answer."""
    invitation = _find_invitation(request, token)
    if isinstance(invitation, HttpResponse):
        return invitation
    form = SurveyForm(request.POST, invitation=invitation)
    form.is_valid()
    if "score" in form.cleaned_data:
        try:
            surveys.answer(invitation, score=form.cleaned_data["score"], is_final=False)
        except Refusal:
            return HttpResponse(status=409)
    return HttpResponse(status=204)


@private
@open_door
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Be asked no more, and undo it. Mail programs post here by themselves (RFC 8058); a GET only shows the button."""
    try:
        values = tokens.read(tokens.Purpose.STOP_SURVEYS, token)
    except tokens.ExpiredLink as expired:  # whoever wants to be left alone is not turned away for being late
        values = expired.values
    except tokens.AlteredLink:
        return _dead_link(request, status=404)
    customer = Customer.objects.filter(pk=int(values.get("customer", 0))).first()
    if customer is None:
        return _dead_link(request, status=404)
    customer = customer.kept
    if request.method == "POST":
        if "again" in request.POST:
            customer.accept_surveys()
        else:
            customer.refuse_surveys()
        if "List-Unsubscribe" not in request.POST:  # a mail program must not be redirected
            return redirect("portal:stop-surveys", token=token)
    latest = customer.tickets.not_deleted().newest_first().first()
    with spoken_to(request, latest.language if latest else customer.language):
        context = {"is_stopped": customer.refuses_surveys_at is not None, "token": token, "company": Company.current()}
        return render(request, "portal/stop_surveys.html", context)


def _find_invitation(request: HttpRequest, token: str) -> Invitation | HttpResponse:
    try:
        pk = int(tokens.read(tokens.Purpose.ANSWER_SURVEY, token)["invitation"])
    except tokens.ExpiredLink:
        return _dead_link(request, status=410)
    except (tokens.AlteredLink, KeyError, ValueError, TypeError):
        return _dead_link(request, status=404)
    found = Invitation.objects.filter(pk=pk).select_related("ticket", "ticket__requester", "ticket__mailbox").first()
    return found or _dead_link(request, status=404)


def _answer(request: HttpRequest, invitation: Invitation, *, token: str) -> HttpResponse:
    form = SurveyForm(request.POST, invitation=invitation)
    if not form.is_valid():
        return _page(request, invitation, form, token=token, status=422)
    try:
        surveys.answer(invitation, **form.answer)
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return _page(request, invitation, form, token=token, status=422)
    return redirect(f"{reverse('portal:survey', args=[token])}?sent")


def _initial(request: HttpRequest, invitation: Invitation, given: Response | None) -> dict[str, Any]:
    """What is chosen when the page opens: the score clicked in the mail, else what was answered before."""
    initial: dict[str, Any] = {}
    if given:
        solved = {True: "yes", False: "no"}.get(given.is_solved) if given.is_solved is not None else ""
        initial = {"score": str(given.score), "solved": solved, "comment": given.comment}
        initial["short" if given.score <= 3 else "better"] = given.about
    clicked = request.GET.get("score", "")
    if clicked in {str(score) for score in questions.scores(invitation)}:
        initial["score"] = clicked
    return initial


def _page(
    request: HttpRequest, invitation: Invitation, form: SurveyForm, *, token: str, status: int = 200
) -> HttpResponse:
    context = {**_context(invitation), "form": form, "token": token}
    context["chosen"] = str(form["score"].value() or "") if form["score"].value() != 0 else "0"
    return render(request, "portal/survey.html", context, status=status)


def _thanks(request: HttpRequest, invitation: Invitation, given: Response, *, token: str) -> HttpResponse:
    context = {
        **_context(invitation, given=given),
        "token": token,
        "can_change": timezone.now() <= given.changeable_until,
    }
    if given.is_solved is False:
        context["going_on"] = invitation.ticket.continued_by.newest_first().first() or invitation.ticket
    return render(request, "portal/survey_thanks.html", context)


def _context(invitation: Invitation, *, given: Response | None = None) -> dict[str, Any]:
    kind = invitation.kind
    names = questions.SATISFACTION if kind == SurveyKind.CSAT else {}
    return {
        "company": Company.current(),
        "invitation": invitation,
        "ticket": invitation.ticket,
        "question": questions.question(invitation),
        "is_satisfaction": kind == SurveyKind.CSAT,
        "steps": [(str(score), names.get(score, str(score))) for score in questions.scores(invitation)],
        "ends": questions.ENDS[kind],
        "given": given,
    }


def _dead_link(request: HttpRequest, *, status: int) -> HttpResponse:
    context = {"is_expired": status == 410, "company": Company.current()}
    return render(request, "portal/survey_link.html", context, status=status)
