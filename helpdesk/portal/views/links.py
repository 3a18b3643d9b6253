"""Links that no longer work, and new ones by mail."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from helpdesk.common import tokens
from helpdesk.people.models import Company, CustomerAddress
from helpdesk.portal import limits
from helpdesk.portal.doors import open_door, spoken_to
from helpdesk.portal.forms import LinkForm
from tickets import identities, requesters
from tickets.models import Ticket


@never_cache
@open_door
@require_http_methods(["GET", "HEAD", "POST"])
def new_link(request: HttpRequest) -> HttpResponse:
    """Have a link mailed: to the address somebody types, or to the one behind a link that has expired.

    Says the same whether we know the address or not, whether a mail leaves or too many did.
    """
    if request.method != "POST":
        return _page(request, LinkForm(), is_sent="sent" in request.GET)
    if token := request.POST.get("token", ""):
        _renew(request, token)
        return _done()
    form = LinkForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    email = form.cleaned_data["email"]
    if limits.may_ask_for_link(request, email=email):
        known = CustomerAddress.objects.filter(address=email).first()
        latest = identities.tickets_for(known).newest_first().first() if known else None
        if latest:
            latest.send_link(to=email)
    return _done()


def link_altered(request: HttpRequest) -> HttpResponse:
    """The link is not one of ours: cut off by a mail program, say. Offers a new one for an address."""
    return render(
        request, "portal/link_altered.html", {"form": LinkForm(), "company": Company.current()}, status=404
    )  # fmt: skip


def link_expired(request: HttpRequest, token: str, *, ticket: Ticket | None) -> HttpResponse:
    """The link was ours once. Offers a new one to the address on file, without asking for it or showing it."""
    with spoken_to(request, ticket.language if ticket else ""):
        context = {"token": token, "ticket": ticket, "form": LinkForm(), "company": Company.current()}
        return render(request, "portal/link_expired.html", context, status=410)


def link_gone(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """The request was removed by us. Says so, says nothing of it, and how to write to us again."""
    with spoken_to(request, ticket.language):
        return render(request, "portal/link_gone.html", {"company": Company.current()}, status=410)


def _renew(request: HttpRequest, token: str) -> None:
    try:
        values = tokens.read(tokens.Purpose.FOLLOW_TICKET, token)
    except tokens.ExpiredLink as expired:
        values = expired.values
    except tokens.AlteredLink:
        return
    ticket = Ticket.objects.filter(number=int(values.get("ticket", 0))).select_related("requester").first()
    if ticket is None or ticket.is_deleted or not requesters.opens(values, ticket):
        return
    email = identities.address_for(ticket)
    if limits.may_ask_for_link(request, email=email):
        ticket.send_link(to=email)


def _done() -> HttpResponse:
    return redirect(f"{reverse('portal:new-link')}?sent")


def _page(request: HttpRequest, form: LinkForm, *, is_sent: bool = False, status: int = 200) -> HttpResponse:
    context = {"form": form, "is_sent": is_sent, "company": Company.current()}
    return render(request, "portal/new_link.html", context, status=status)
