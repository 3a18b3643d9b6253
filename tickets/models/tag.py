from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Tag(models.Model):
    """One row is one word of the team's own that tickets may bear. What `cx` says of a ticket is a tagging, no tag."""

    name = models.CharField(_("name"), max_length=40)
    slug = models.CharField(max_length=60, unique=True)  # the name folded: "Café" and "cafe" are one tag
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class TicketTag(models.Model):
    """One row is one tag on one ticket, and who put it there."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="ticket_tags")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="ticket_tags")
    by = models.ForeignKey("people.User", null=True, on_delete=models.SET_NULL, related_name="+")
    put_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "tag"], name="a_tag_once_a_ticket")]

    def __str__(self) -> str:
        return f"tag {self.tag_id} on ticket {self.ticket_id}"
