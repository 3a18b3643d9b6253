from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AccountEmail(models.Model):
    """One row is one mail about a login that is due or was sent: a new password, an invitation.

    The row holds no link: the link is made when the mail is sent, so the table gives nothing away.
    """

    class Kind(models.TextChoices):
        NEW_PASSWORD = "new_password", _("New password")
        INVITATION = "invitation", _("Invitation")

    user = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="account_emails")
    kind = models.CharField(max_length=20, choices=Kind)
    due_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="account_email_due", condition=models.Q(sent_at=None))]

    def __str__(self) -> str:
        return f"{self.kind} to {self.user}"
