from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.delivery import Delivery


class Channel(models.TextChoices):
    """The codebook's slugs."""

    EMAIL = "email", _("Email")
    WEB = "web", _("Web form")
    CHAT = "chat", _("Chat")
    PHONE = "phone", _("Phone")
    SOCIAL = "social", _("Social network")
    REVIEW = "review", _("Review")
    API = "api", _("API")
    STORE = "store", _("Counter")


class Author(models.TextChoices):
    CUSTOMER = "customer", _("Customer")
    AGENT = "agent", _("Agent")
    AUTOMATIC = "automatic", _("Automatic")


class MessageQuerySet(models.QuerySet["Message"]):
    def in_order(self) -> MessageQuerySet:
        return self.order_by("said_at", "pk")

    def shown_to_customer(self) -> MessageQuerySet:
        """What the requester may read on a page: no stranger's words, and no reply that can still be taken back."""
        mine = Delivery.objects.filter(message=OuterRef("pk"))
        # What was tried once stays shown, also while it waits to be tried again.
        waiting = Q(state=Delivery.State.PENDING, attempts=0) | Q(state=Delivery.State.CANCELLED)
        left = mine.exclude(waiting)
        return self.filter(is_from_stranger=False).exclude(Q(author=Author.AGENT) & Exists(mine) & ~Exists(left))


class Message(models.Model):
    """One row is something said in a ticket, in or out, that the customer may read. Notes are not messages."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="messages")
    author = models.CharField(max_length=10, choices=Author)
    customer = models.ForeignKey(
        "people.Customer", null=True, on_delete=models.PROTECT, related_name="messages"
    )  # who wrote it, when a customer did: usually the requester, not always
    user = models.ForeignKey("people.User", null=True, on_delete=models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=20, default="message")  # what an automatic message is: see mail/composing.py
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    text = models.TextField()  # what is new in it
    quoted = models.TextField(blank=True)  # history and signature below it: folded, never thrown away
    html = models.TextField(blank=True)  # sanitised, as the customer's mail program showed it
    language = models.CharField(max_length=8, blank=True)
    said_at = models.DateTimeField(default=timezone.now)

    rfc_id = models.CharField(max_length=998, blank=True)  # RFC 5322, without < >
    in_reply_to = models.CharField(max_length=998, blank=True)
    from_address = models.CharField(max_length=320, blank=True)
    reply_to = models.JSONField(default=list)  # where its writer asked to be answered
    to = models.JSONField(default=list)
    cc = models.JSONField(default=list)
    is_auto = models.BooleanField(default=False)  # an out-of-office or another machine answered
    is_from_stranger = models.BooleanField(default=False)  # a valid thread, but a sender who took no part in it
    signed_with = models.CharField(max_length=8, blank=True)  # "smime" or "pgp": it bears a signature, unchecked
    bounced_at = models.DateTimeField(null=True)
    copied_from = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="copies")  # by a split

    objects = MessageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["ticket", "said_at"], name="message_thread"),
            models.Index(fields=["rfc_id"], name="message_rfc_id", condition=~models.Q(rfc_id="")),
        ]
        constraints = [
            models.CheckConstraint(
                name="message_author_is_known",
                condition=models.Q(author="customer", user=None)
                | models.Q(author="agent", user__isnull=False, customer=None)
                # Sent from a mail program by an address that is ours and no one person's.
                | models.Q(author="agent", kind="elsewhere", user=None, customer=None)
                | models.Q(author="automatic", user=None, customer=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.author} in ticket {self.ticket_id}"

    @property
    def is_from_customer(self) -> bool:
        return self.author == Author.CUSTOMER

    @property
    def signed_with_name(self) -> str:
        return {"smime": "S/MIME", "pgp": "PGP"}.get(self.signed_with, self.signed_with)

    @property
    def is_automatic(self) -> bool:
        return self.author == Author.AUTOMATIC

    @property
    def is_from_elsewhere(self) -> bool:
        """An agent's answer that was found in a folder of sent mail; it never passed through here."""
        return self.kind == "elsewhere"

    @property
    def author_name(self) -> str:
        """Who speaks, for a heading."""
        if self.user:
            return self.user.name
        if self.customer:
            return str(self.customer)
        if self.is_from_elsewhere:
            return self.from_address
        return str(Author.AUTOMATIC.label)

    @property
    def worst_delivery(self) -> Delivery | None:
        """The delivery to show on the message: a failed one first, then one tried again, then a waiting one."""
        order = {"bounced": 0, "failed": 1, "deferred": 2, "sending": 3, "pending": 4, "sent": 5, "cancelled": 6}
        return min(self.deliveries.all(), key=lambda d: order.get(d.state, 9), default=None)
