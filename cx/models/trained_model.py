from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, models, transaction
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.common.errors import Refusal

if TYPE_CHECKING:
    from helpdesk.people.models import User

#: Of so many models made here, the latest, the content stays beside that of the one in use: a way back, in megabytes
#: that a database does not notice.
KEPT = 5


class TrainedModelQuerySet(models.QuerySet["TrainedModel"]):
    def without_content(self) -> TrainedModelQuerySet:
        """The rows without their megabytes."""
        holds = ExpressionWrapper(Q(content__isnull=False), output_field=BooleanField())
        return self.defer("content").annotate(holds_content=holds)

    def in_use(self) -> TrainedModelQuerySet:
        return self.filter(state=TrainedModel.State.IN_USE)

    def making_or_in_use(self) -> TrainedModelQuerySet:
        """The two rows at most over which somebody else might stumble."""
        return self.filter(state__in=[TrainedModel.State.MAKING, TrainedModel.State.IN_USE]).defer("content")

    def made(self) -> TrainedModelQuerySet:
        """Those that exist; not one that is being made."""
        return self.exclude(state=TrainedModel.State.MAKING)

    def made_here(self) -> TrainedModelQuerySet:
        """Those that learnt from this company's tickets."""
        return self.made().filter(confirmed__gt=0)

    def shipped(self) -> TrainedModelQuerySet:
        """Those that came with the program, the older versions of it too."""
        return self.made().filter(confirmed=0)

    def newest_first(self) -> TrainedModelQuerySet:
        return self.order_by("-trained_at", "-pk")


class TrainedModel(models.Model):
    """One row is one model that reads messages: who made it from what, how good it was, and whether it reads now.

    Being made is a state as well: the row is the claim of whoever trains, and at most one has it.
    """

    class State(models.TextChoices):
        MAKING = "making", _("Being made")
        IN_USE = "in_use", _("In use")
        RETIRED = "retired", _("Was in use")
        DECLINED = "declined", _("Not better, never used")
        SPARE = "spare", _("Came with the program, not used yet")

    version = models.CharField(max_length=40, unique=True)
    content = models.BinaryField(null=True)  # the .npz; empty for the one that comes with the program
    trained_at = models.DateTimeField(default=timezone.now)  # when its truth was read; what people said later is new
    texts = models.PositiveIntegerField(default=0)  # labelled texts that come with the program
    confirmed = models.PositiveIntegerField(default=0)  # tickets of this company that people have tagged
    held_back = models.PositiveIntegerField(default=0)  # confirmed tickets it never learnt from, for the figures
    figures = models.JSONField(default=dict)  # field -> figures on those
    rival = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")  # in use at the time
    rival_figures = models.JSONField(default=dict)  # of that one, on the same tickets
    state = models.CharField(max_length=10, choices=State)
    verdict = models.JSONField(default=dict)  # why it took over or did not, in figures
    in_use_since = models.DateTimeField(null=True)
    put_in_use_by = models.ForeignKey("people.User", null=True, on_delete=models.PROTECT, related_name="+")

    objects = TrainedModelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], name="one_model_in_use", condition=Q(state="in_use")),
            models.UniqueConstraint(fields=["state"], name="one_model_being_made", condition=Q(state="making")),
        ]

    def __str__(self) -> str:
        return self.version

    # --- Predicates ----------------------------------------------------------------------------------------------

    @property
    def is_in_use(self) -> bool:
        return self.state == self.State.IN_USE

    @property
    def is_being_made(self) -> bool:
        return self.state == self.State.MAKING

    @property
    def is_shipped(self) -> bool:
        """It came with the program; nothing was learnt here yet."""
        return self.confirmed == 0

    @property
    def has_content(self) -> bool:
        if "content" not in self.get_deferred_fields():
            return self.content is not None
        if hasattr(self, "holds_content"):
            return bool(self.holds_content)
        return TrainedModel.objects.filter(pk=self.pk, content__isnull=False).exists()

    def figure(self, field: str, name: str) -> Any:
        """One figure of one field, such as ("gap_primary", "macro_f1"); None where it was not measured."""
        return (self.figures.get(field) or {}).get(name)

    # --- Verbs ---------------------------------------------------------------------------------------------------

    @classmethod
    def note_shipped(cls, *, version: str, texts: int = 0) -> TrainedModel:
        """The row of the model that comes with the program, made on first need.

        It is in use where nothing else is, or where an older one that came with the program was. What was learnt here
        stays in use.
        """
        with transaction.atomic():
            found = cls.objects.without_content().filter(version=version).first()
            if found:
                return found
            using = cls.objects.select_for_update().in_use().defer("content").first()
            state = cls.State.SPARE if using and not using.is_shipped else cls.State.IN_USE
            if using and using.is_shipped:
                cls.objects.filter(pk=using.pk).update(state=cls.State.RETIRED)
            since = timezone.now() if state == cls.State.IN_USE else None
            return cls.objects.create(version=version, texts=texts, state=state, in_use_since=since)

    @classmethod
    def claim(cls, *, version: str, at: datetime, rival: TrainedModel, patience: timedelta) -> TrainedModel | None:
        """The row of a model that is now being made; None where somebody makes one, or this very one exists.

        A claim older than `patience` belonged to somebody who was killed, and is taken from them.
        """
        try:
            with transaction.atomic():
                cls.objects.filter(state=cls.State.MAKING, trained_at__lt=timezone.now() - patience).delete()
                return cls.objects.create(version=version, trained_at=at, rival=rival, state=cls.State.MAKING)
        except IntegrityError:
            return None

    def give_up(self) -> None:
        """Take the claim back: the model was not made. Harmless where it was."""
        TrainedModel.objects.filter(pk=self.pk, state=self.State.MAKING).delete()

    def finish(self, *, content: bytes, takes_over: bool, **found: Any) -> bool:
        """The model is made: keep it, and put it in use if it is better and nobody chose another in the meantime.

        Returns whether it is in use now. Nothing happens where the claim was taken away.
        """
        with transaction.atomic():
            rows = {row.state: row for row in TrainedModel.objects.select_for_update().making_or_in_use()}
            claim, using = rows.get(self.State.MAKING), rows.get(self.State.IN_USE)
            if claim is None or claim.pk != self.pk:
                return False
            was_changed = using is None or using.pk != self.rival_id
            for name, value in found.items():
                setattr(self, name, value)
            self.content = content
            self.verdict = {**self.verdict, "rival_changed": was_changed}
            self.state = self.State.DECLINED
            if takes_over and not was_changed:
                TrainedModel.objects.in_use().update(state=self.State.RETIRED)
                self.state, self.in_use_since = self.State.IN_USE, timezone.now()
            self.save()
            TrainedModel.forget_old_content()
            return self.is_in_use

    def put_in_use(self, *, by: User) -> bool:
        """A person's choice: this model reads from now on, whatever its figures. Twice is no error.

        Returns whether anything changed. Refused where its content is no longer kept.
        """
        with transaction.atomic():
            list(TrainedModel.objects.select_for_update().making_or_in_use())
            self.refresh_from_db(fields=["state"])
            if self.is_in_use:
                return False
            if self.is_being_made or not self.can_be_used:
                raise Refusal(_t("This model is no longer kept. Choose another one."))
            TrainedModel.objects.in_use().update(state=self.State.RETIRED)
            self.state, self.in_use_since, self.put_in_use_by = self.State.IN_USE, timezone.now(), by
            self.save(update_fields=["state", "in_use_since", "put_in_use_by"])
            return True

    @property
    def can_be_used(self) -> bool:
        """Whether it can read: its content is kept, or it is the one that comes with the program of today."""
        return self.has_content or (self.is_shipped and self == TrainedModel.objects.shipped().newest_first().first())

    @classmethod
    def forget_old_content(cls) -> None:
        """Keep the content of the latest models, and of the one in use."""
        kept = cls.objects.made_here().newest_first().values_list("pk", flat=True)[:KEPT]
        cls.objects.made_here().exclude(pk__in=list(kept)).exclude(state=cls.State.IN_USE).update(content=None)
