from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods

from helpdesk.people.access import Ability
from helpdesk.people.models import Customer
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.forms import NewTicketForm
from helpdesk.workspace.shortcuts import moved_on, page
from helpdesk.workspace.views.customers import known_by
from tickets import identities, opening


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.REPLY)
def new_ticket(request: AgentRequest) -> HttpResponse:
    """Write down a contact that came by phone, at the counter, in a chat, on a social network or as a review.

    Who it may be and what is open for them stands beside the fields while they are filled; without a script, after
    "Look them up".
    """
    team = next((membership.team_id for membership in request.user.memberships.all()), None)
    customer = chosen_customer(request)
    form = NewTicketForm(request.POST or None, customer=customer, initial={"team": team})
    is_looking = "look" in request.POST
    if request.method == "POST" and not is_looking and form.is_valid():
        values = form.cleaned_data
        assignee = request.user if values.pop("is_mine") else None
        ticket = opening.write_down(by=request.user, assignee=assignee, customer=customer, **values)
        return moved_on(
            request, ticket.get_absolute_url(), _t("Ticket #%(number)s opened.") % {"number": ticket.number}
        )
    if is_looking:  # what is not filled yet is no mistake
        form.errors.clear()
    typed = {name: request.POST.get(name, "")[:100].replace("\x00", "") for name in ("name", "address", "phone")}
    context = {
        "form": form,
        "known": known_by(request, **typed, customer=str(customer.pk) if customer else ""),
        "is_looking": is_looking,
    }
    status = 422 if form.is_bound and not is_looking else 200
    return page(request, "workspace/ticket/new.html", context, current="new", status=status)


def chosen_customer(request: AgentRequest) -> Customer | None:
    """The customer who was chosen among those we know, if this person may know of them."""
    number = (request.POST or request.GET).get("customer", "")
    found = Customer.objects.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    return found.kept if found and identities.is_known_to(request.user, found) else None
