from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

from helpdesk.people.access import Ability
from helpdesk.people.models import User

if TYPE_CHECKING:
    from django.db.models import QuerySet


class OutboxEmailQuerySet(models.QuerySet["OutboxEmail"]):
    def visible_to(self, user: User) -> OutboxEmailQuerySet:
        """What this person may read here. Mail to another login may hold a link to that login's new password, so
        only who could change the login anyway reads it."""
        if not user.may(Ability.READ_OUTBOX):
            return self.none()
        if user.may(Ability.ADMINISTER):
            return self.all()
        others: QuerySet[User] = User.objects.exclude(pk=user.pk)
        return self.exclude(address__in=others.values("email"))


class OutboxEmail(models.Model):
    """One row is one mail that would have gone out, had the installation a mail server (see SMTP_URL)."""

    address = models.CharField(max_length=320)
    subject = models.CharField(max_length=255, blank=True)
    raw = models.BinaryField()
    posted_at = models.DateTimeField(default=timezone.now)

    objects = OutboxEmailQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["-posted_at", "-id"], name="outbox_newest")]

    def __str__(self) -> str:
        return f"{self.subject} to {self.address}"
