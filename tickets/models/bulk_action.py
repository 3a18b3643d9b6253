from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from helpdesk.people.models import User

# Whoever works on it says so every few seconds; silent this long, it is taken over. Two at once do no ticket twice.
CLAIM_LASTS = timedelta(seconds=45)


class BulkActionQuerySet(models.QuerySet["BulkAction"]):
    def of(self, user: User) -> BulkActionQuerySet:
        return self.filter(by=user)

    def unfinished(self) -> BulkActionQuerySet:
        return self.filter(state=BulkAction.State.RUNNING).order_by("created_at", "pk")


class BulkAction(models.Model):
    """One row is one verb that one person gave for many tickets, and how far it has come."""

    class State(models.TextChoices):
        RUNNING = "running", pgettext_lazy("bulk action", "Running")
        STOPPED = "stopped", pgettext_lazy("bulk action", "Stopped")
        DONE = "done", pgettext_lazy("bulk action", "Done")

    verb = models.CharField(max_length=20)  # a name in `tickets.bulk.VERBS`
    values = models.JSONField(default=dict)  # what the verb needs: to whom, until when
    by = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="bulk_actions")
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    undoes = models.OneToOneField("self", null=True, on_delete=models.CASCADE, related_name="undone_by")
    total = models.PositiveIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    objects = BulkActionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], name="bulk_running", condition=Q(state="running")),
            models.Index(fields=["by", "-created_at"], name="bulk_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} on {self.total} tickets by user {self.by_id}"


class BulkItem(models.Model):
    """One row is one ticket of a bulk action: what became of it, and what stood there before."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("bulk item", "Waiting")
        DONE = "done", pgettext_lazy("bulk item", "Done")
        UNCHANGED = "unchanged", _("Stood so already")
        FAILED = "failed", pgettext_lazy("bulk item", "Not done")
        LEFT = "left", _("Not reached before it was stopped")

    action = models.ForeignKey(BulkAction, on_delete=models.CASCADE, related_name="items")
    number = models.PositiveBigIntegerField()  # as the person gave it; it may name nothing they see
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=300, blank=True)  # why it was not done, in words
    before = models.JSONField(default=dict)  # what the way back needs

    class Meta:
        constraints = [models.UniqueConstraint(fields=["action", "number"], name="one_bulk_item_per_ticket")]
        indexes = [models.Index(fields=["action", "state", "id"], name="bulk_item_state")]

    def __str__(self) -> str:
        return f"ticket {self.number}: {self.state}"
