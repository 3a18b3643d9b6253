from __future__ import annotations

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, Value, When
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from cx import codebook
from cx.codebook import RootCause
from helpdesk.common.errors import Refusal
from helpdesk.common.text import normalise
from helpdesk.people.models import Company

LONGEST_WORD, LONGEST_DEPARTMENT, LONGEST_FINER_CAUSE = 60, 60, 80


def one_at_a_time() -> None:
    """Wait for whoever is naming things now, so that two people at once do not end with one word for two things.

    Within a transaction, until it ends. The company's row stands for all of its words: there is always one.
    """
    list(Company.objects.select_for_update().filter(pk=1).values_list("pk"))


class Wording(models.Model):
    """One row is the company's own word for one tag in one language. Slugs stay as they are."""

    class Field(models.TextChoices):
        JOURNEY_STAGE = "journey_stage", _("Stage")
        GAP = "gap_primary", _("Gap")
        DIRECTION = "direction", _("Direction")
        ROOT_CAUSE = "root_cause", _("Cause")

    field = models.CharField(max_length=20, choices=Field)
    slug = models.CharField(max_length=20)
    language = models.CharField(max_length=8, choices=settings.LANGUAGES)
    label = models.CharField(max_length=LONGEST_WORD)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["field", "slug", "language"], name="one_wording_per_tag")]

    def __str__(self) -> str:
        return self.label


class Department(models.Model):
    """One row is one department of the company that can be accountable for a cause."""

    name = models.CharField(_("name"), max_length=LONGEST_DEPARTMENT, unique=True)

    def __str__(self) -> str:
        return self.name


class CauseOwner(models.Model):
    """One row says which department answers for one cause here; without a row, the codebook's default does."""

    root_cause = models.CharField(max_length=20, choices=RootCause.choices, primary_key=True)
    department = models.ForeignKey(Department, on_delete=models.CASCADE, related_name="causes")

    def __str__(self) -> str:
        return f"{self.root_cause}: {self.department_id}"


class SubCauseQuerySet(models.QuerySet["SubCause"]):
    def offered(self) -> SubCauseQuerySet:
        """Those that can be chosen for a ticket now, in the causes' order, then by name."""
        return self.filter(is_active=True).in_order()

    def of(self, cause: str) -> SubCauseQuerySet:
        return self.filter(root_cause=cause)

    def in_order(self) -> SubCauseQuerySet:
        place = Case(*(When(root_cause=cause, then=Value(at)) for at, cause in enumerate(RootCause.values)))
        return self.order_by(place, "name", "pk")


class SubCause(models.Model):
    """One row is the company's finer name for a cause, below one of the codebook's ten.

    It can be switched off, and is deleted only while no ticket bears it: history stays readable.
    """

    root_cause = models.CharField(max_length=20, choices=RootCause.choices)
    name = models.CharField(_("name"), max_length=LONGEST_FINER_CAUSE)
    is_active = models.BooleanField(default=True)

    objects = SubCauseQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["root_cause", "name"], name="one_sub_cause_per_name")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def add(cls, cause: str, name: str) -> SubCause:
        """One more below a cause. Adding one that is there switches it on again."""
        with transaction.atomic():
            name = cls._acceptable(name)
            if there := cls._called(cause, name):
                there.switch_on()
                return there
            return cls.objects.create(root_cause=RootCause(cause), name=name)

    def rename(self, name: str) -> bool:
        """Tickets that bear it are called so, too. Returns whether anything changed."""
        with transaction.atomic():
            name = self._acceptable(name)
            there = self._called(self.root_cause, name)
            if there and there.pk != self.pk:
                raise Refusal(_t("“%(name)s” is there already, below the same cause.") % {"name": there.name})
            changed = bool(SubCause.objects.filter(pk=self.pk).exclude(name=name).update(name=name))
            self.name = name
            return changed

    def switch_off(self) -> bool:
        """Offer it no more. Tickets keep it. Returns whether anything changed."""
        return self._switch(False)

    def switch_on(self) -> bool:
        """Offer it again. Returns whether anything changed."""
        return self._switch(True)

    def remove(self) -> None:
        """Take one away that was added by mistake; one that tickets bear can only be switched off."""
        with transaction.atomic():
            if self.taggings.exists():
                raise Refusal(_t("Tickets bear “%(name)s”. Switch it off instead.") % {"name": self.name})
            self.delete()

    def _switch(self, on: bool) -> bool:
        changed = bool(SubCause.objects.filter(pk=self.pk).exclude(is_active=on).update(is_active=on))
        self.is_active = on
        return changed

    @classmethod
    def _called(cls, cause: str, name: str) -> SubCause | None:
        wanted = codebook.plain(name)
        one_at_a_time()
        same = (each for each in cls.objects.of(cause) if codebook.plain(each.name) == wanted)
        return next(same, None)

    @classmethod
    def _acceptable(cls, name: str) -> str:
        name = normalise(name, single_line=True)
        if not name:
            raise Refusal(_t("Enter a name."))
        if len(name) > LONGEST_FINER_CAUSE:
            raise Refusal(_t("Use at most %(most)s characters.") % {"most": LONGEST_FINER_CAUSE})
        return name
