"""What stands beside a ticket about its complaint, its customer and what was done for them: one query for each of what
there is, and none for what there is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _t

from cx import offers, repeats
from cx.models import Recovery
from helpdesk.people.access import Ability
from helpdesk.people.models import CustomerNote, User
from helpdesk.workspace import complaint_panel
from tickets.models import Author, Message, Ticket

NOTES = 5
FLAGS: dict[str, Combinable] = {  # in the query of the ticket
    "has_recoveries": Exists(Recovery.objects.filter(ticket=OuterRef("pk"))),
    "has_customer_notes": Exists(CustomerNote.objects.filter(customer=OuterRef("requester"))),
}


def context_of(
    ticket: Any, *, user: User, others: Sequence[Ticket], keys: Sequence[int], messages: Iterable[Message]
) -> dict[str, Any]:
    """For the sections of the rail. `keys` are the ticket and what was merged into it, `messages` what was said;
    `others` are the latest other tickets of its customer, as far as this person may know of them."""
    said = list(messages)
    replies = [message for message in said if message.author == Author.AGENT]
    panel = complaint_panel.panel_for(ticket, replies=replies)
    done: list[Recovery] = []
    if ticket.has_recoveries or len(keys) > 1:  # and what was done in a ticket that goes on here
        done = list(Recovery.objects.filter(ticket__in=keys).select_related("by").order_by("done_at", "pk"))
    words = [message.text for message in said if not message.is_automatic]
    known = ticket.is_address_confirmed
    about_the_same, open_besides = _besides(ticket, user=user) if others else (0, 0)
    return {
        "complaint_panel": panel,
        **complaint_panel.forms_for(panel),
        "recoveries": done,
        "offers": offers.bearing_on(ticket, said=words),
        "customer_notes": notes_on(ticket.requester_id) if known and ticket.has_customer_notes else [],
        "repeat": _repeat(about_the_same) if known and not ticket.is_merged else "",
        "open_besides": open_besides if known else 0,
        "may_keep_customer": user.may(Ability.REPLY),
    }


def notes_on(customer_id: int) -> list[CustomerNote]:
    """The latest notes on a customer, newest first."""
    written = CustomerNote.objects.filter(customer=customer_id).select_related("user")
    return list(written.order_by("-written_at", "-pk")[:NOTES])


def _repeat(others: int) -> str:
    """ "Second contact about this": said of the customer's tickets about the same within seven days."""
    if not others:
        return ""
    if others == 1:
        return _t("Second contact about this in 7 days")
    return _t("%(count)s contacts about this in 7 days") % {"count": others + 1}


def _besides(ticket: Ticket, *, user: User) -> tuple[int, int]:
    """Of the customer's other tickets: how many are about the same, and how many are open."""
    theirs = Ticket.objects.visible_to(user).active().not_merged().filter(requester=ticket.requester_id)
    still_open = theirs.exclude(pk=ticket.pk).order_by().values("requester").annotate(n=Count("pk")).values("n")
    counted = Ticket.objects.filter(pk=ticket.pk).annotate(
        about_the_same=repeats.how_many(user),
        open_besides=Coalesce(Subquery(still_open), 0, output_field=IntegerField()),
    )
    about_the_same, open_besides = counted.values_list("about_the_same", "open_besides").get()
    return about_the_same, open_besides
