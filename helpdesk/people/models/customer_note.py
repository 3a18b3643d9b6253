from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _t

from helpdesk.common.errors import Refusal

if TYPE_CHECKING:
    from helpdesk.people.models.customer import Customer
    from helpdesk.people.models.user import User

LONGEST_NOTE = 1000


class CustomerNote(models.Model):
    """One row is something agents should know of a customer, whatever the ticket. No customer reads it."""

    customer = models.ForeignKey("people.Customer", on_delete=models.CASCADE, related_name="notes")
    user = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=1000)
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["customer", "written_at"], name="customer_note_order")]

    def __str__(self) -> str:
        return f"note on customer {self.customer_id}"

    @classmethod
    def write(cls, customer: Customer, *, text: str, by: User) -> CustomerNote:
        """Keep a note on somebody. The same words again are the note that is there."""
        text = text.strip()
        if not text:
            raise Refusal(_t("Write your note first."))
        if len(text) > LONGEST_NOTE:
            raise Refusal(_t("A note on a customer has at most %(most)s letters.") % {"most": LONGEST_NOTE})
        known = cls.objects.filter(customer=customer, text=text).first()
        return known or cls.objects.create(customer=customer, user=by, text=text)

    def remove(self) -> bool:
        """The opposite of `write`. Returns whether it was there."""
        return bool(CustomerNote.objects.filter(pk=self.pk).delete()[0])
