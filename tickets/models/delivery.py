from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.common.fields import MailAddressField
from helpdesk.people.access import Ability

if TYPE_CHECKING:
    from helpdesk.people.models import User

CLAIM_LASTS = timedelta(minutes=2)  # longer than one attempt may take: whoever is silent this long is gone


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self) -> DeliveryQuerySet:
        """What should leave the house now."""
        ready = [Delivery.State.PENDING, Delivery.State.DEFERRED]
        return self.filter(state__in=ready, due_at__lte=timezone.now()).order_by("due_at", "pk")

    def abandoned(self) -> DeliveryQuerySet:
        """Claimed by a process that has not spoken since: it was killed between claim and result."""
        return self.filter(state=Delivery.State.SENDING, claimed_at__lt=timezone.now() - CLAIM_LASTS)

    def undelivered(self) -> DeliveryQuerySet:
        """What could not be sent or came back, until a person settled it, and what is tried again; newest first."""
        # Written as the index is: its number stands beside every page, and what is settled must not be walked through.
        troubled = [Delivery.State.FAILED, Delivery.State.BOUNCED, Delivery.State.DEFERRED]
        return self.filter(state__in=troubled, settled_at=None).order_by("-created_at", "-pk")

    def visible_to(self, user: User) -> DeliveryQuerySet:
        """Mail of the tickets that this person sees."""
        from tickets.models.ticket import Ticket

        if user.may(Ability.SEE_ALL_TICKETS):
            return self.all()
        return self.filter(ticket__in=Ticket.objects.visible_to(user))


class Delivery(models.Model):
    """One row is one mail to one recipient: what, to whom, since when, and how it went.

    A row in SENDING may or may not have reached the server. The claim is committed before the first byte leaves;
    a process killed in between leaves a row that `abandoned()` finds. SMTP cannot tell whether the server took the
    mail, so it is sent again under the same Message-ID, which mail programs show once.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting to be sent")
        SENDING = "sending", _("Being sent")
        DEFERRED = "deferred", _("Not taken yet, tried again")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not delivered")
        BOUNCED = "bounced", _("Came back")
        CANCELLED = "cancelled", _("Taken back")

    message = models.ForeignKey("tickets.Message", null=True, on_delete=models.CASCADE, related_name="deliveries")
    notification = models.ForeignKey(
        "tickets.Notification", null=True, on_delete=models.CASCADE, related_name="deliveries"
    )
    side_message = models.ForeignKey(
        "tickets.SideMessage", null=True, on_delete=models.CASCADE, related_name="deliveries"
    )
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="deliveries")
    kind = models.CharField(max_length=20)  # which composer writes it: see mail/composing.py
    address = MailAddressField()
    rfc_id = models.CharField(max_length=255)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    due_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    trying_since = models.DateTimeField(null=True)  # the first attempt, or the first after a person said "again"
    sent_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)  # the last word of the server, or our error
    provider_id = models.CharField(max_length=255, blank=True)  # what a mail service calls it, to know its news by
    delivered_at = models.DateTimeField(null=True)  # a mail service said that the recipient's server took it
    settled_at = models.DateTimeField(null=True)  # a person saw that it failed and needs nothing more
    created_at = models.DateTimeField(default=timezone.now)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                name="delivery_due",
                condition=Q(state__in=["pending", "deferred", "sending"]),
            ),
            models.Index(
                fields=["-created_at"],
                name="delivery_undelivered",
                condition=Q(state__in=["failed", "bounced", "deferred"], settled_at=None),
            ),
            models.Index(fields=["provider_id"], name="delivery_provider", condition=~Q(provider_id="")),
            models.Index(fields=["rfc_id"], name="delivery_rfc_id"),
            models.Index(fields=["address", "created_at"], name="delivery_address"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["message", "address"],
                name="one_delivery_per_recipient",
                condition=Q(message__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["notification"],
                name="one_delivery_per_notification",
                condition=Q(notification__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.address} ({self.state})"

    def claim(self) -> bool:
        """Take the mail for sending. False when somebody else has it, or it is not due."""
        now = timezone.now()
        return bool(
            Delivery.objects.due()
            .filter(pk=self.pk)
            .order_by()
            .update(
                state=self.State.SENDING,
                claimed_at=now,
                trying_since=Coalesce("trying_since", now),
                attempts=F("attempts") + 1,
            )
        )

    @property
    def can_be_undone(self) -> bool:
        return self.state == self.State.PENDING and self.due_at > timezone.now()

    @property
    def word(self) -> str:
        """The state as a screen says it: what waits can still be taken back, what is queued leaves at once."""
        if self.state == self.State.PENDING:
            return _t("Waiting") if self.can_be_undone else _t("Queued")
        if self.state == self.State.SENT and self.delivered_at:
            return _t("Delivered")
        return str(self.get_state_display())
