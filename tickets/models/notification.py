from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from helpdesk.people.models import User


class NotificationQuerySet(models.QuerySet["Notification"]):
    def told_to(self, user: User) -> NotificationQuerySet:
        """What this person was told, as far as they still see the ticket: its subject may have changed since."""
        from tickets.models.ticket import Ticket

        return self.filter(user=user, ticket__in=Ticket.objects.visible_to(user))


class Notification(models.Model):
    """One row tells one agent one thing about a ticket, once."""

    class Kind(models.TextChoices):
        NOT_SOLVED = "not_solved", _("The customer says that it is not solved")
        ASSIGNED = "assigned", _("Assigned to you")
        CUSTOMER_WROTE = "customer_wrote", _("The customer wrote again")
        SOMEBODY_WROTE = "somebody_wrote", _("Somebody else wrote")
        BREACHED = "breached", _("A target was missed")
        DUE_SOON = "due_soon", _("An answer is due soon")
        NOTED = "noted", _("A colleague wrote a note")
        WOKE = "woke", _("A snoozed ticket came back")
        UNDELIVERED = "undelivered", _("A mail could not be delivered")
        NEW_FOR_TEAM = "new_for_team", _("A new ticket for your team")

    user = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="notifications")
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="notifications")
    event = models.ForeignKey("tickets.Event", on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=20, choices=Kind)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    shows_in_page = models.BooleanField(default=True)
    mail_due_at = models.DateTimeField(null=True)  # when it goes out by mail, if it is unread then
    is_for_digest = models.BooleanField(default=False)  # with others in one mail, instead of one of its own
    mailed_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "event"], name="one_notification_per_user_and_event")]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="notification_unread", condition=models.Q(read_at=None)),
            models.Index(
                fields=["mail_due_at"],
                name="notification_mail_due",
                condition=models.Q(mail_due_at__isnull=False, mailed_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for user {self.user_id}"
