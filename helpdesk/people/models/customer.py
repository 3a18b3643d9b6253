from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.common.fields import MailAddressField
from helpdesk.common.text import fold

MOST_WORDS = 5
FOUND_BY = frozenset({"name", "phone", "organisation", "organisation_id"})  # besides their addresses
_TELEPHONE = re.compile(r"\+?[\d\s()./-]{4,}")


def found_by(parts: Iterable[str]) -> str:
    """What somebody is found by: a line for each thing that is known of them, without accents, in small letters."""
    return "\n".join(dict.fromkeys(filter(None, map(fold, parts))))


def sought(text: str) -> list[str]:
    """The parts that must be there, all of them. Of a telephone number the figures alone, however it is grouped."""
    text = fold(text.replace("\x00", ""))
    figures = re.sub(r"\D", "", text)
    if len(figures) >= 4 and _TELEPHONE.fullmatch(text):
        return [figures.removeprefix("00")]
    return text.split()[:MOST_WORDS]


class CustomerQuerySet(models.QuerySet["Customer"]):
    def by_address(self, address: str) -> CustomerQuerySet:
        """Those who write from this address: one at most."""
        return self.filter(addresses__address=address)

    def matching(self, text: str) -> CustomerQuerySet:
        """Those whose name, addresses, telephone and organisation have each of these words in them, or a part of it;
        accents make no difference. Nobody for no words.

        Who was merged into somebody else is found as that one.
        """
        found = self.filter(merged_into=None)
        parts = sought(text)
        for part in parts:
            found = found.filter(found_by__contains=part)
        return found if parts else self.none()

    def not_indexed(self) -> CustomerQuerySet:
        """Those of whom more is known, or something else, than they are found by."""
        return self.filter(is_indexed=False)

    def index(self) -> int:
        """Make anew what these are found by. Returns how many that was.

        Who is being changed by somebody else just now is left for later.
        """
        with transaction.atomic():
            rows = self.select_for_update(skip_locked=True, no_key=True, of=("self",))
            known = list(rows.select_related("organisation").prefetch_related("addresses"))
            for customer in known:
                customer.found_by = found_by(customer.known_words())
                customer.is_indexed = True
            self.model._default_manager.bulk_update(known, ["found_by", "is_indexed"], batch_size=250)
        return len(known)

    def update(self, **values: Any) -> int:
        if FOUND_BY.intersection(values):
            values.setdefault("is_indexed", False)
        return super().update(**values)

    update.alters_data = True  # type: ignore[attr-defined]  # no template changes rows


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
    # What they are found by, folded. Whatever writes past `save` leaves `is_indexed` unset, and a worker makes it anew.
    found_by = models.TextField(blank=True, default="", editable=False)
    is_indexed = models.BooleanField(default=False, editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["id"], name="customer_unindexed", condition=models.Q(is_indexed=False))]

    def __str__(self) -> str:
        return self.name or self.email or str(_("Unknown"))

    def save(self, *args: Any, **options: Any) -> None:
        fields = options.get("update_fields")
        if fields is None or FOUND_BY.intersection(fields):
            # An address that somebody adds at this moment may be missing: a worker looks again.
            is_new = self._state.adding
            self.found_by = self.found_by if is_new and self.found_by else found_by(self.known_words())
            self.is_indexed = is_new
            if fields is not None:
                options["update_fields"] = {*fields, "found_by", "is_indexed"}
        super().save(*args, **options)

    def known_words(self) -> list[str]:
        """All that this person may be looked for by."""
        addresses = [] if self._state.adding else [each.address for each in self.addresses.all()]
        organisation = self.organisation.name if self.organisation else ""
        return [self.name, *addresses, self.phone, re.sub(r"\D", "", self.phone), organisation]

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
                    customer = cls(name=name[:200], language=language)
                    customer.found_by = found_by([customer.name, address])
                    customer.save(force_insert=True)
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

    def save(self, *args: Any, **options: Any) -> None:
        is_new, fields = self._state.adding, options.get("update_fields")
        super().save(*args, **options)
        theirs = Customer.objects.filter(pk=self.customer_id)
        line = fold(self.address)
        if is_new:
            if line not in self.customer.found_by.split("\n"):  # a first mail brought both
                theirs.update(found_by=Concat(models.F("found_by"), models.Value(f"\n{line}")))
        elif fields is None or {"address", "customer"}.intersection(fields):
            theirs.update(is_indexed=False)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        Customer.objects.filter(pk=self.customer_id).update(is_indexed=False)
        return super().delete(*args, **options)


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
