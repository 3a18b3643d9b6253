from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.common.fields import MailAddressField


class SideConversation(models.Model):
    """One row is what we talk over with somebody outside, a courier or a partner, about a ticket.

    Tables of its own, as with notes: nothing made for customers reads them, and nothing said here can reach one.
    """

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="side_conversations")
    subject = models.CharField(_("subject"), max_length=255)
    address = MailAddressField(_("to"))
    opened_by = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="side_conversations")
    opened_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)  # nothing more is awaited; an answer opens it again

    class Meta:
        indexes = [models.Index(fields=["ticket", "id"], name="side_conversation_ticket")]

    def __str__(self) -> str:
        return f"with {self.address} on ticket {self.ticket_id}"


class SideMessage(models.Model):
    """One row is something said in a side conversation: by one of us, or from outside."""

    conversation = models.ForeignKey(SideConversation, on_delete=models.CASCADE, related_name="messages")
    user = models.ForeignKey("people.User", null=True, on_delete=models.PROTECT, related_name="side_messages")
    from_address = models.CharField(max_length=320, blank=True)
    from_name = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    quoted = models.TextField(blank=True)
    rfc_id = models.CharField(max_length=998, blank=True)  # RFC 5322, without < >
    in_reply_to = models.CharField(max_length=998, blank=True)
    is_from_stranger = models.BooleanField(default=False)  # another address than the one we wrote to
    is_auto = models.BooleanField(default=False)
    said_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "said_at"], name="side_message_thread"),
            models.Index(fields=["rfc_id"], name="side_message_rfc_id", condition=~Q(rfc_id="")),
        ]

    def __str__(self) -> str:
        return f"in side conversation {self.conversation_id}"
