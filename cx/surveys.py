"""Asking a customer how it was, and what their answer does."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import override

from cx.models import FollowUp, Invitation, Response
from cx.models.survey import SCALE, SurveyKind
from helpdesk.common import tokens
from helpdesk.common.errors import Refusal
from helpdesk.people.models import Company, Customer
from tickets.mail import spam
from tickets.models import EventKind, Status, Ticket

SPACING = timedelta(days=30)  # between two invitations of any kind to one person
LINK_LASTS = tokens.LIFETIME[tokens.Purpose.ANSWER_SURVEY]


def reason_not_to_ask(ticket: Ticket, *, now: datetime) -> str:
    """Why this customer is not asked now, in words for the record; empty when they may be."""
    customer = ticket.requester
    if not ticket.is_done:
        return "The ticket is not resolved"
    if ticket.is_deleted:
        return "It was deleted"
    if ticket.is_merged:
        return "It was merged into another ticket"
    if spam.is_marked(ticket):
        return "It was marked as spam"
    if ticket.last_customer_message_at is None:
        return "They never wrote"
    if Ticket.objects.not_deleted().filter(requester=customer).active().exists():
        return "Another ticket of theirs is still open"
    if customer.refuses_surveys_at:
        return "They asked us to stop asking"
    if not customer.email:
        return "No address"
    if customer.addresses.filter(address=customer.email, bounced_at__isnull=False).exists():
        return "Mail to their address came back"
    if not ticket.is_address_confirmed:
        return "The address was never confirmed"
    if Invitation.objects.filter(customer=customer, invited_at__gt=now - SPACING).exists():
        return "Asked within the last 30 days"
    return ""


def invite(follow_up: FollowUp) -> Invitation:
    """Ask whether it is really solved and how it was (CSAT). In the transaction of the follow-up: once, or not."""
    ticket = follow_up.ticket
    assert ticket is not None
    with transaction.atomic():
        invitation = Invitation.objects.create(
            kind=SurveyKind.CSAT, customer=ticket.requester, ticket=ticket, follow_up=follow_up
        )
        with override(ticket.language or Company.current().language):
            text = _t("We asked whether it is really solved, and how it was.")
        invitation.message = ticket.announce(kind="survey", text=text)
        invitation.save(update_fields=["message"])
    return invitation


def token_for(invitation: Invitation) -> str:
    """The signed name of the invitation that its link carries."""
    return tokens.make(tokens.Purpose.ANSWER_SURVEY, invitation=invitation.pk)


def answer(
    invitation: Invitation,
    *,
    score: int,
    is_solved: bool | None = None,
    about: str = "",
    comment: str = "",
    is_final: bool = True,
) -> Response:
    """Record what the customer says. The last final answer counts and can be changed for 14 days.

    A provisional answer (a score clicked, nothing sent yet) never takes the place of a final one. "Not solved" in
    a final answer reopens the ticket and tells whoever answers it.
    """
    lowest, highest = SCALE[SurveyKind(invitation.kind)]
    if not lowest <= score <= highest:
        raise Refusal(_t("Choose a score from %(low)s to %(high)s.") % {"low": lowest, "high": highest})
    now = timezone.now()
    with transaction.atomic():
        Invitation.objects.select_for_update().get(pk=invitation.pk)
        given = Response.objects.filter(invitation=invitation).first()
        if given and given.is_final and not is_final:
            return given
        if given and now > given.changeable_until:
            raise Refusal(_t("This answer was given more than 14 days ago and can no longer be changed."))
        was_solved = given.is_solved if given and given.is_final else None
        is_news = given is None or not given.is_final or (given.score, given.is_solved) != (score, is_solved)
        said = {"score": score, "is_solved": is_solved, "about": about, "comment": comment.strip()[:5000]}
        values = {**said, "is_final": is_final}
        if given:
            Response.objects.filter(pk=given.pk).update(**values, changed_at=now)
            given.refresh_from_db()
        else:
            given = Response.objects.create(invitation=invitation, answered_at=now, **values)
        if is_final and is_news:
            invitation.ticket.record(EventKind.ANSWERED_SURVEY, score=score, kind=invitation.kind, solved=is_solved)
        if is_final and is_solved is False and was_solved is not False:
            _go_on(invitation.ticket, customer=invitation.customer.kept, comment=given.comment)
    return given


def _go_on(ticket: Ticket, *, customer: Customer, comment: str) -> None:
    """ "No, not solved": the ticket is open again, or the one it was merged into; when that was closed, a new one takes
    it up."""
    ticket.refresh_from_db()
    text = comment or _t("It is not solved.")
    said: dict[str, Any] = {"from_address": customer.email}
    goes_on = ticket.survivor()
    if goes_on.is_closed:
        Ticket.open_for(
            customer, subject=ticket.subject, channel="web", text=text, mailbox=ticket.mailbox,
            team=ticket.team, language=ticket.language, continues=ticket, said=said,
        )  # fmt: skip
    elif goes_on.is_done or comment:
        if goes_on.status == Status.RESOLVED:
            goes_on.reopen(by=None, reason="survey")
        ticket.receive(text=text, customer=customer, channel="web", **said)


def links_end(ticket_ids: Collection[int]) -> dict[int, datetime]:
    """Until when each of these tickets has a survey link that works: it is not closed before."""
    invited = Invitation.objects.filter(ticket__in=ticket_ids).values_list("ticket_id", "invited_at")
    asking = FollowUp.objects.sent_by_itself().planned().filter(ticket__in=ticket_ids)
    planned = asking.values_list("ticket_id", "due_at")
    ends: dict[int, datetime] = {}
    for ticket_id, since in (*invited, *planned):
        ends[ticket_id] = max(ends.get(ticket_id, since), since + LINK_LASTS)
    return ends
