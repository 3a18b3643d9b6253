from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy


class Link(models.Model):
    """One row says what one ticket is to another: `ticket` <kind> `other`."""

    class Kind(models.TextChoices):
        CHILD_OF = "child_of", pgettext_lazy("this ticket", "belongs to the incident")
        BLOCKS = "blocks", pgettext_lazy("this ticket", "blocks")
        DUPLICATE_OF = "duplicate_of", pgettext_lazy("this ticket", "is a duplicate of")
        SPLIT_FROM = "split_from", pgettext_lazy("this ticket", "was split from")

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="links")
    other = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="linked_from")
    kind = models.CharField(max_length=12, choices=Kind)
    made_by = models.ForeignKey("people.User", null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "other", "kind"], name="a_link_once"),
            models.UniqueConstraint(fields=["ticket"], name="one_parent", condition=Q(kind="child_of")),
            models.CheckConstraint(name="a_link_joins_two", condition=~Q(ticket=F("other"))),
        ]

    def __str__(self) -> str:
        return f"ticket {self.ticket_id} {self.kind} {self.other_id}"
