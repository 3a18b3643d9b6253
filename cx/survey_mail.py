"""The mail that asks: one question, its scores as links. Opening a link records nothing; the page's button does."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _t

from cx import questions, surveys
from cx.models.survey import SurveyKind
from helpdesk.common import tokens
from tickets.mail.composing import Letter, render
from tickets.models import Delivery


def compose(delivery: Delivery) -> Letter:
    """The invitation's mail, with a link for each score and one to stop being asked."""
    ticket = delivery.ticket
    invitation = ticket.invitations.get(message=delivery.message)
    url = settings.PUBLIC_URL + reverse("portal:survey", args=[surveys.token_for(invitation)])
    stop_token = tokens.make(tokens.Purpose.STOP_SURVEYS, customer=ticket.requester_id)
    stop_url = settings.PUBLIC_URL + reverse("portal:stop-surveys", args=[stop_token])
    text, html = render(
        "survey",
        ticket=ticket,
        url=url,
        stop_url=stop_url,
        asks_if_solved=invitation.kind == SurveyKind.CSAT,
        question=questions.question(invitation),
        ends=questions.ENDS[invitation.kind],
        every_days=questions.EVERY_DAYS[invitation.kind],
        scores=[(score, f"{url}?score={score}") for score in questions.scores(invitation)],
        highest=questions.scores(invitation)[-1],
    )
    if invitation.kind == SurveyKind.CSAT:
        subject = _t("Is it really solved? [#%(number)s]") % {"number": ticket.number}
    else:
        subject = _t("One question about your request [#%(number)s]") % {"number": ticket.number}
    return Letter(subject, text, html, stop_url=stop_url)
