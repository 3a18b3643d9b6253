"""What a survey asks, in words: the same in the mail and on the page."""

from __future__ import annotations

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cx.models.survey import SCALE, Invitation, SurveyKind
from helpdesk.people.models import Company
from tickets.models import Author, Ticket

#: The ends of each scale.
ENDS: dict[str, tuple[LazyText, LazyText]] = {
    SurveyKind.CSAT: (_("very unhappy"), _("very happy")),
    SurveyKind.CES: (_("strongly disagree"), _("strongly agree")),
    SurveyKind.NPS: (_("not at all likely"), _("extremely likely")),
}

#: Each step of the satisfaction scale has a name of its own.
SATISFACTION: dict[int, LazyText] = {
    1: _("Very unhappy"),
    2: _("Unhappy"),
    3: pgettext_lazy("neither happy nor unhappy", "Neither"),
    4: _("Happy"),
    5: _("Very happy"),
}

#: How often one person is asked at most, in days.
EVERY_DAYS: dict[str, int] = {SurveyKind.CSAT: 30, SurveyKind.CES: 30, SurveyKind.NPS: 90}


def question(invitation: Invitation) -> str:
    """The question that is answered with a score."""
    company = Company.current().name
    if invitation.kind == SurveyKind.NPS:
        return _t("How likely are you to recommend %(company)s to a friend?") % {"company": company}
    if invitation.kind == SurveyKind.CES:
        return _t("“%(company)s made it easy for me to handle my issue.” How far do you agree?") % {"company": company}
    if name := _who_answered(invitation.ticket):
        return _t("How do you feel about the help you got from %(name)s?") % {"name": name}
    return _t("How do you feel about the help you got?")


def scores(invitation: Invitation) -> range:
    lowest, highest = SCALE[SurveyKind(invitation.kind)]
    return range(lowest, highest + 1)


def _who_answered(ticket: Ticket) -> str:
    """The first name of the person who wrote last; empty when nobody did."""
    last = ticket.messages.filter(author=Author.AGENT).select_related("user").order_by("-said_at", "-pk").first()
    return last.user.first_name if last and last.user else ""
