from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class OfferQuerySet(models.QuerySet["Offer"]):
    def standing(self) -> OfferQuerySet:
        """Not withdrawn; they may have ended."""
        return self.filter(withdrawn_at=None)

    def newest_first(self) -> OfferQuerySet:
        return self.order_by("-starts_on", "-pk")


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

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="offers_end_after_they_start", condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on"))
            )
        ]
        indexes = [models.Index(fields=["starts_on", "ends_on"], name="offer_span")]

    def __str__(self) -> str:
        return self.name

    def held_on(self, day: date) -> bool:
        """Whether it was promised on this day."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    def withdraw(self) -> bool:
        """It should never have stood here, or stands no more: no ticket shows it. Returns whether anything changed."""
        changed = Offer.objects.filter(pk=self.pk, withdrawn_at=None).update(withdrawn_at=timezone.now())
        self.refresh_from_db(fields=["withdrawn_at"])
        return bool(changed)

    def put_back(self) -> bool:
        """The opposite of `withdraw`."""
        changed = Offer.objects.filter(pk=self.pk).exclude(withdrawn_at=None).update(withdrawn_at=None)
        self.refresh_from_db(fields=["withdrawn_at"])
        return bool(changed)
