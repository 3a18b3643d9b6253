"""A request as its customer sees it, opened by a signed link."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.common import tokens
from helpdesk.common.errors import Refusal
from helpdesk.people.models import Company
from helpdesk.portal import following, limits, receiving, stamps, uploads
from helpdesk.portal.complaining import ObjectionForm
from helpdesk.portal.doors import open_door, private, spoken_to
from helpdesk.portal.forms import ReplyForm
from helpdesk.portal.views.links import link_altered, link_expired, link_gone
from tickets import requesters
from tickets.models import Complaint, Ticket


@private
@require_http_methods(["GET", "HEAD"])
def show(request: HttpRequest, token: str) -> HttpResponse:
    """The request's page. Opening it shows that the mail arrived where the address said."""
    found = find_ticket(request, token)
    if isinstance(found, HttpResponse):
        return found
    if request.method == "GET" and not request.user.is_authenticated:  # one of us proves nothing
        _confirm(found, token)
    return _page(request, found, token=token, form=ReplyForm(initial={"stamp": stamps.new()}))


@private
@open_door
@require_http_methods(["GET", "HEAD", "POST"])
def reply(request: HttpRequest, token: str) -> HttpResponse:
    """Say something more. A closed request is continued in a new one."""
    if request.method != "POST":  # somebody reloaded the address of a form with errors
        return redirect("portal:request", token=token)
    quota = uploads.guard(request)
    found = find_ticket(request, token, even_deleted=True)  # a word takes it out of the bin
    if isinstance(found, HttpResponse):
        return found
    with spoken_to(request, found.language):
        form = ReplyForm(request.POST, request.FILES, quota=quota)
        if not form.is_valid():
            return _page(request, found, token=token, form=form, status=422)
        if not limits.may_reply(number=found.number):
            form.add_error(None, _t("That were many replies within an hour. Your text is still here: send it later."))
            return _page(request, found, token=token, form=form, status=429)
        _confirm(found, token)
        said = form.cleaned_data
        stamp = stamps.read(said["stamp"])
        key = stamp.key if stamp else said["stamp"]
        ticket = receiving.add_reply(found, key=key, text=said["text"], files=said["attachments"])
    if ticket.pk != found.pk:
        return redirect(f"{following.url_of(ticket)}?said=continued")
    return redirect(f"{_url(token)}?said=sent#messages")


@private
@open_door
@require_POST
def solved(request: HttpRequest, token: str) -> HttpResponse:
    """ "Yes, it's solved." Saying it twice changes nothing."""
    found = find_ticket(request, token)
    if isinstance(found, HttpResponse):
        return found
    _confirm(found, token)
    with override(Company.current().language):  # agents read it
        reason = _t("The customer says that it is solved.")
    found.resolve(by=None, reason=reason)
    return redirect(f"{_url(token)}?said=solved")


@private
@open_door
@require_POST
def objection(request: HttpRequest, token: str) -> HttpResponse:
    """ "I object to this decision." Saying it twice changes nothing."""
    found = find_ticket(request, token)
    if isinstance(found, HttpResponse):
        return found
    with spoken_to(request, found.language):
        form = ObjectionForm(request.POST)
        blank = ReplyForm(initial={"stamp": stamps.new()})
        shown = following.look_at(found).complaint
        if shown is None or not (shown.may_object or _has_objected(found)):
            return redirect("portal:request", token=token)
        if form.is_valid() and not limits.may_reply(number=found.number):
            form.add_error(None, _t("That were many replies within an hour. Your text is still here: send it later."))
        if not form.is_valid():
            return _page(request, found, token=token, form=blank, objection=form, status=422)
        _confirm(found, token)
        try:
            Complaint.open(found).object(form.cleaned_data["words"], by=None)
        except Refusal as refusal:  # somebody was faster
            form.add_error(None, str(refusal))
            return _page(request, found, token=token, form=blank, objection=form, status=422)
    return redirect(f"{_url(token)}?said=objected")


def _has_objected(ticket: Ticket) -> bool:
    return Complaint.objects.filter(ticket=ticket, state=Complaint.State.OBJECTED).exists()


def find_ticket(request: HttpRequest, token: str, *, even_deleted: bool = False) -> Ticket | HttpResponse:
    """The ticket that the link leads to, or the page that says what is wrong with the link."""
    try:
        values = tokens.read(tokens.Purpose.FOLLOW_TICKET, token)
    except tokens.ExpiredLink as expired:
        return link_expired(request, token, ticket=_named(expired.values.get("ticket")))
    except tokens.AlteredLink:
        return link_altered(request)
    found = _named(values.get("ticket"))
    if found is None or not requesters.opens(values, found):  # it became another customer's since
        return link_altered(request)
    found = following.goes_on_in(found)
    return link_gone(request, found) if found.is_deleted and not even_deleted else found


def _named(number: object) -> Ticket | None:
    if not isinstance(number, int):
        return None
    return Ticket.objects.filter(number=number).select_related("requester", "mailbox", "team").first()


def _confirm(found: Ticket, token: str) -> None:
    """The link arrived where it was mailed to. That says something of the request it names, and of none that it was
    merged into."""
    number = tokens.read(tokens.Purpose.FOLLOW_TICKET, token)["ticket"]
    named = found if found.number == number else _named(number)
    if named:
        named.confirm_address()


def _url(token: str) -> str:
    return reverse("portal:request", args=[token])


def _page(
    request: HttpRequest, ticket: Ticket, *, token: str, form: ReplyForm, objection: ObjectionForm | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    with spoken_to(request, ticket.language):
        context = {
            "followed": following.look_at(ticket),
            "ticket": ticket,
            "token": token,
            "form": form,
            "objection": objection or ObjectionForm(),
            "wrong": objection or form,
            "said": request.GET.get("said", ""),
            "company": Company.current(),
            "limits": uploads,
        }
        response = render(request, "portal/request.html", context, status=status)
        response.headers["Content-Language"] = request.LANGUAGE_CODE or ""
        return response
