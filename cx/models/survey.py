from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cx.codebook import Gap

ANSWER_CHANGEABLE_FOR = timedelta(days=14)
PROVISIONAL_COUNTS_AFTER = timedelta(hours=24)


class SurveyKind(models.TextChoices):
    """Which question. Each asks one score and one open question."""

    CSAT = "csat", _("Satisfaction")
    CES = "ces", _("Effort")
    NPS = "nps", _("Recommendation")


SCALE = {SurveyKind.CSAT: (1, 5), SurveyKind.CES: (1, 7), SurveyKind.NPS: (0, 10)}


class Invitation(models.Model):
    """One row asks one person once. Its link works for 30 days."""

    kind = models.CharField(max_length=4, choices=SurveyKind)
    customer = models.ForeignKey("people.Customer", on_delete=models.CASCADE, related_name="invitations")
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="invitations")
    follow_up = models.OneToOneField("cx.FollowUp", null=True, on_delete=models.SET_NULL, related_name="invitation")
    message = models.OneToOneField("tickets.Message", null=True, on_delete=models.SET_NULL, related_name="invitation")
    invited_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["customer", "-invited_at"], name="invitation_customer")]

    def __str__(self) -> str:
        return f"{self.kind} for ticket {self.ticket_id}"


class ResponseQuerySet(models.QuerySet["Response"]):
    def counted(self) -> ResponseQuerySet:
        """Final answers, and provisional ones that nobody finished within a day."""
        return self.filter(Q(is_final=True) | Q(answered_at__lte=timezone.now() - PROVISIONAL_COUNTS_AFTER))


class Response(models.Model):
    """One row is one person's answer to one invitation. It can be changed for 14 days; the last one counts."""

    invitation = models.OneToOneField(Invitation, on_delete=models.CASCADE, related_name="response")
    score = models.PositiveSmallIntegerField()
    is_solved = models.BooleanField(null=True)
    about = models.CharField(max_length=20, choices=Gap.choices, blank=True)  # what fell short, or was better
    comment = models.TextField(blank=True)  # "What did you expect?"
    is_final = models.BooleanField(default=True)
    answered_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(null=True)

    objects = ResponseQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(name="score_is_0_to_10", condition=Q(score__range=(0, 10)))]
        indexes = [models.Index(fields=["answered_at"], name="response_time")]

    def __str__(self) -> str:
        return f"{self.score} for ticket {self.invitation.ticket_id}"

    @property
    def changeable_until(self) -> datetime:
        return self.answered_at + ANSWER_CHANGEABLE_FOR
