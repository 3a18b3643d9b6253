from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from helpdesk.people.models import User

MOST_COUNTED = 1000


class NotificationQuerySet(models.QuerySet["Notification"]):
    def told_to(self, user: User) -> NotificationQuerySet:
        """What this person was told in the page, as far as they still see the ticket: its subject may have changed."""
        from tickets.models.ticket import Ticket

        return self.filter(user=user, shows_in_page=True, ticket__in=Ticket.objects.visible_to(user))

    def unread(self) -> NotificationQuerySet:
        return self.filter(read_at=None)

    def unread_count(self, user: User) -> int:
        """How much this person has not read: the number beside the bell. It stops counting at a thousand."""
        return self.told_to(user).unread()[:MOST_COUNTED].count()

    def mark_read(self, *, by: User) -> datetime | None:
        """This person has read these. Returns the moment by which `mark_unread` finds them; None where all were."""
        from tickets.notifying import notices_changed

        now = timezone.now()
        if not self.filter(user=by, read_at=None).update(read_at=now):
            return None
        notices_changed([by.pk])
        return now

    def mark_unread(self, *, by: User, read_at: datetime) -> int:
        """The opposite of `mark_read`: what was read at this very moment is unread. It is not mailed again."""
        from tickets.notifying import notices_changed

        changed = self.filter(user=by, read_at=read_at).update(read_at=None)
        if changed:
            notices_changed([by.pk])
        return changed

    def mail_due(self, now: datetime) -> NotificationQuerySet:
        """What should be mailed now."""
        return self.filter(mail_due_at__lte=now, mailed_at=None, read_at=None)

    def read_in_time(self, now: datetime) -> NotificationQuerySet:
        """What was due to be mailed and need not be: it was read."""
        return self.filter(mail_due_at__lte=now, mailed_at=None, read_at__isnull=False)

    def in_digest(self, user: User, mailed_at: datetime | None) -> NotificationQuerySet:
        """What went into the digest that was claimed at this moment, the latest first."""
        return self.filter(user=user, is_for_digest=True, mailed_at=mailed_at).order_by("-created_at", "-pk")


class Notification(models.Model):
    """One row tells one agent one thing about a ticket, once. Who is told, and how: `tickets.notifying`."""

    class Kind(models.TextChoices):
        NOT_SOLVED = "not_solved", _("The customer says that it is not solved")
        ASSIGNED = "assigned", _("Assigned to you")
        CUSTOMER_WROTE = "customer_wrote", _("The customer wrote again")
        SOMEBODY_WROTE = "somebody_wrote", _("Somebody else wrote")
        BREACHED = "breached", _("A target was missed")
        DUE_SOON = "due_soon", _("A target is due soon")
        NOTED = "noted", _("A colleague wrote a note")
        MENTIONED = "mentioned", _("Somebody mentioned you")
        REVIEW_ASKED = "review_asked", _("A draft for you to read")
        REVIEWED = "reviewed", _("Your draft was read")
        NOT_SENT = "not_sent", _("A reply was not sent")
        SIDE_ANSWERED = "side_answered", _("An answer from outside")
        WATCHED = "watched", _("Something happened on a ticket you watch")
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
