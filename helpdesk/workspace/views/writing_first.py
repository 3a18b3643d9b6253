"""Writing to a customer who asked nothing: a mail that begins a ticket."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods

from helpdesk.common.errors import Refusal
from helpdesk.common.uploads import Limits, takes_files
from helpdesk.people.access import Ability
from helpdesk.people.models import Customer
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.forms import WriteFirstForm
from helpdesk.workspace.shortcuts import Undo, moved_on, page
from helpdesk.workspace.views.customers import known_by
from helpdesk.workspace.views.new_ticket import chosen_customer
from tickets import opening, recipients
from tickets.models import Message, Ticket
from tickets.recipients import WrongRecipient


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.REPLY)
@takes_files
def writing_first(request: AgentRequest) -> HttpResponse:
    """Write to a customer, known or not. `?customer=` names one we know.

    Whom we know by what is typed into To stands below it, with their open tickets: the matter may be here already.
    The same mail posted twice is sent once.
    """
    customer = chosen_customer(request)
    form = WriteFirstForm(request.POST or None, customer=customer, user=request.user)
    is_looking = "look" in request.POST
    if request.method == "POST" and not is_looking and form.is_valid():
        problem = request.quota.problem
        values = form.cleaned_data
        said = _already_said(request, to=values["to"], subject=values["subject"], text=values["text"])
        if said is not None:
            return _sent(request, said)
        try:
            if problem:
                raise Refusal(problem)
            message = opening.write_first(
                by=request.user, customer=customer, files=request.FILES.getlist("files"), **values
            )
        except WrongRecipient as refusal:
            form.add_error(refusal.field, str(refusal))
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return _sent(request, message)
    if is_looking:  # what is not filled yet is no mistake
        form.errors.clear()
    context = {
        "form": form,
        "known": _known(request, form, customer),
        "is_looking": is_looking,
        "limits": Limits.for_agents(),
        "lost_files": form.is_bound and not is_looking and bool(request.FILES),
    }
    status = 422 if form.is_bound and not is_looking else 200
    return page(request, "workspace/ticket/writing_first.html", context, current="new", status=status)


def _known(request: AgentRequest, form: WriteFirstForm, customer: Customer | None) -> list[dict[str, object]]:
    typed = str(form["to"].value() or "")[:100].replace("\x00", "")
    is_address = recipients.is_address(typed.strip())
    return known_by(
        request,
        name="" if is_address else typed,
        address=typed if is_address else "",
        phone="",
        customer=str(customer.pk) if customer else "",
    )


def _sent(request: AgentRequest, message: Message) -> HttpResponse:
    ticket, undo = message.ticket, None
    if any(delivery.can_be_undone for delivery in message.deliveries.all()):
        undo = Undo(reverse("workspace:undo-reply", args=[ticket.number, message.pk]))
        said = _t("Ticket #%(number)s opened. Your mail waits a moment, then it is sent.")
    else:
        said = _t("Ticket #%(number)s opened and your mail sent.")
    return moved_on(request, ticket.get_absolute_url(), said % {"number": ticket.number}, undo=undo)


def _already_said(request: AgentRequest, *, to: str, subject: str, text: str) -> Message | None:
    """The mail that an impatient second click would repeat: the last ticket this person began, word for word."""
    latest = Ticket.objects.visible_to(request.user).filter(assignee=request.user).newest_first().first()
    if latest is None or latest.subject != subject or latest.last_customer_message_at is not None:
        return None
    message = latest.messages.order_by("pk").last()
    is_it = message is not None and message.user_id == request.user.pk and message.text == text and to in message.to
    return message if is_it else None
