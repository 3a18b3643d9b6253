from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.people.access import Ability

if TYPE_CHECKING:
    from helpdesk.people.models import User


class MailAlarmQuerySet(models.QuerySet["MailAlarm"]):
    def open(self) -> MailAlarmQuerySet:
        """What is wrong now, the longest first."""
        return self.filter(ended_at=None).order_by("began_at", "pk")

    def visible_to(self, user: User) -> MailAlarmQuerySet:
        """Alarms of the mailboxes whose mail this person looks after: their teams', and those of no team."""
        if not user.may(Ability.RUN_MAIL):
            return self.none()
        if user.may(Ability.SEE_ALL_TICKETS):
            return self.all()
        teams = [membership.team_id for membership in user.memberships.all()]
        return self.filter(models.Q(mailbox__team_id__in=teams) | models.Q(mailbox__team=None))


class MailAlarm(models.Model):
    """One row is one thing that is wrong with a mailbox, from when to when. Open while `ended_at` is empty."""

    class Kind(models.TextChoices):
        DIFFERENCE = "difference", _("The server holds mail that is not here")
        SILENT = "silent", _("Nothing could be fetched")
        UNREAD = "unread", _("Stored mail is not being read")

    mailbox = models.ForeignKey("tickets.Mailbox", on_delete=models.CASCADE, related_name="alarms")
    kind = models.CharField(max_length=12, choices=Kind)
    words = models.TextField()  # what is wrong, with figures, for whoever mends it
    began_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = MailAlarmQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mailbox", "kind"], name="one_open_alarm_of_a_kind", condition=models.Q(ended_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.mailbox_id}"
