from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Offer(models.Model):
    """One row is something the company promises everybody for a while: an offer, its terms, a loyalty benefit."""

    class Kind(models.TextChoices):
        OFFER = "offer", _("Offer")
        TERMS = "terms", _("Terms")
        BENEFIT = "benefit", _("Loyalty benefit")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.OFFER)
    name = models.CharField(_("name"), max_length=120)
    text = models.TextField(_("what is promised"))
    words = models.JSONField(default=list)  # products and codes by which a ticket speaks of it; none: of every ticket
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True)  # the last day; empty: until further notice
    address = models.URLField(_("where it was published"), blank=True)
    kept_by = models.ForeignKey("people.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="offers_end_after_they_start", condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on"))
            )
        ]
        indexes = [models.Index(fields=["starts_on", "ends_on"], name="offer_span")]

    def __str__(self) -> str:
        return self.name
