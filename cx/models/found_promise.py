from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class FoundPromise(models.Model):
    """One row is a promise that was found in what an agent wrote, and what they said to tracking it.

    While it is a draft the text stands alone; once it was sent the row names the message. What nobody answered is left
    for the team lead.
    """

    class State(models.TextChoices):
        UNANSWERED = "unanswered", _("Not tracked")
        TRACKED = "tracked", _("Tracked")
        IGNORED = "ignored", _("No promise")

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="found_promises")
    message = models.ForeignKey("tickets.Message", null=True, on_delete=models.CASCADE, related_name="found_promises")
    user = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="found_promises")
    words = models.CharField(max_length=300)  # as they stand in the text
    due_at = models.DateTimeField(null=True)  # what they say of when; empty: nothing
    state = models.CharField(max_length=10, choices=State, default=State.UNANSWERED)
    promise = models.OneToOneField("cx.Promise", null=True, on_delete=models.SET_NULL, related_name="found_as")
    found_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "user", "words"], name="found_once_in_a_draft", condition=Q(message=None)
            )
        ]
        indexes = [
            models.Index(
                fields=["found_at"], name="found_unanswered", condition=Q(state="unanswered", message__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return self.words
