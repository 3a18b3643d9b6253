from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class BlockedSender(models.Model):
    """One row is one address, or one domain, whose mail goes to the spam view and opens no ticket."""

    pattern = models.CharField(_("address or domain"), max_length=320, unique=True)  # a@b.example or b.example
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    blocked_by = models.ForeignKey("people.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.pattern


class SpamWord(models.Model):
    """One row is one word of mails, and in how many that people called spam, or not spam, it stood.

    The empty word counts the mails themselves.
    """

    word = models.CharField(max_length=40, unique=True)
    in_spam = models.PositiveIntegerField(default=0)
    in_wanted = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.word
