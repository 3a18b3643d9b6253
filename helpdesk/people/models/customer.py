from __future__ import annotations

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.common.fields import MailAddressField

MOST_WORDS = 5


class CustomerQuerySet(models.QuerySet["Customer"]):
    def by_address(self, address: str) -> CustomerQuerySet:
        """Those who write from this address: one at most."""
        return self.filter(addresses__address=address)

    def matching(self, text: str) -> CustomerQuerySet:
        """Those whose name, address or telephone has each of these words in it, or a part of it. Nobody for no words.

        Who was merged into somebody else is found as that one.
        """
        found = self.filter(merged_into=None)
        words = text.split()[:MOST_WORDS]
        for word in words:
            addresses = CustomerAddress.objects.filter(address__contains=word.lower())
            writes_from = models.Q(pk__in=addresses.values("customer"))
            if "@" in word[1:]:  # an address; a name on a social network begins with the sign
                found = found.filter(writes_from)
            else:
                found = found.filter(models.Q(name__icontains=word) | models.Q(phone__contains=word) | writes_from)
        return found if words else self.none()


class Customer(models.Model):
    """One row is one person who wrote to us, created from untrusted mail. Not a login."""

    name = models.CharField(_("name"), max_length=200, blank=True)
    organisation = models.ForeignKey(
        "people.Organisation", null=True, blank=True, on_delete=models.SET_NULL, related_name="customers"
    )
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    customer_since = models.DateField(_("customer since"), null=True, blank=True)  # empty: a prospect, or unknown
    refuses_surveys_at = models.DateTimeField(null=True, blank=True)
    # The same person under another name: their addresses and tickets are with that one now.
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")
    created_at = models.DateTimeField(default=timezone.now)

    objects = CustomerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name or self.email or str(_("Unknown"))

    @property
    def email(self) -> str:
        """The address we write to. Empty when there is none (a phone call)."""
        found = self.main_address()
        return found.address if found else ""

    def main_address(self) -> CustomerAddress | None:
        """The first one that is known to be theirs; one from which mail came back only where there is no other."""
        doubts = lambda each: (each.bounced_at is not None, each.confirmed_at is None, each.pk)  # noqa: E731
        return min(self.addresses.all(), key=doubts, default=None)

    @property
    def kept(self) -> Customer:
        """This person under the name they are kept by: themselves, unless they were merged into another one."""
        found = self
        while found.merged_into is not None:
            found = found.merged_into
        return found

    @classmethod
    def writing_from(
        cls, address: str, *, name: str = "", language: str = "", is_confirmed: bool = False, is_read: bool = False
    ) -> Customer:
        """The customer who writes from this address, created at the first mail.

        Two first mails at the same moment give one customer: the address is unique in the database.
        A name is taken only when none is known yet. `is_confirmed`: a mail came from there, so it is theirs. `is_read`:
        a person wrote it, so they read there again, even if mail came back from there before.
        """
        now = timezone.now() if is_confirmed else None
        address = address.strip()
        addresses = CustomerAddress.objects.select_related("customer")
        known = addresses.filter(address=address).first()
        if known is None:
            try:
                with transaction.atomic():
                    customer = cls.objects.create(name=name[:200], language=language)
                    CustomerAddress.objects.create(customer=customer, address=address, confirmed_at=now)
                return customer
            except IntegrityError:
                known = addresses.get(address=address)
        customer = known.customer
        if name and not customer.name:
            customer.name = name[:200]
            customer.save(update_fields=["name"])
        if is_confirmed and known.confirmed_at is None:
            addresses.filter(pk=known.pk, confirmed_at=None).update(confirmed_at=now)
        if is_read and known.bounced_at is not None:
            addresses.filter(pk=known.pk).update(bounced_at=None)
        return customer

    def refuse_surveys(self) -> bool:
        """Stop asking this person, until they say otherwise. Returns whether anything changed."""
        changed = Customer.objects.filter(pk=self.pk, refuses_surveys_at=None).update(refuses_surveys_at=timezone.now())
        self.refresh_from_db(fields=["refuses_surveys_at"])
        return bool(changed)

    def accept_surveys(self) -> bool:
        """The opposite of `refuse_surveys`."""
        changed = Customer.objects.filter(pk=self.pk).exclude(refuses_surveys_at=None).update(refuses_surveys_at=None)
        self.refresh_from_db(fields=["refuses_surveys_at"])
        return bool(changed)


class CustomerAddress(models.Model):
    """One row is one mail address that a customer writes from."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses")
    address = MailAddressField(_("email"), unique=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)  # a mail came from it, or a link sent to it was opened
    bounced_at = models.DateTimeField(null=True, blank=True)  # for good; nothing more is sent

    def __str__(self) -> str:
        return self.address


class CustomerMerge(models.Model):
    """One row is one time two customers were found to be one person, with what it takes to tell them apart again."""

    kept = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="merges")
    gone = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    moved = models.JSONField(default=dict)  # kind of row -> the ids that changed hands
    merged_at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"customer {self.gone_id} into {self.kept_id}"
