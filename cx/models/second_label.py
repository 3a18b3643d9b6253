from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _t

from cx import codebook
from cx.codebook import Direction, Gap, JourneyStage, RootCause
from cx.models.tagging import Tagging, completed
from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from tickets.models import Ticket

if TYPE_CHECKING:
    from helpdesk.people.models import User

#: After that long the company's view of such a matter may have changed, and the agent would be asked about old news.
EXPIRES_AFTER = timedelta(days=14)


class SecondLabelQuerySet(models.QuerySet["SecondLabel"]):
    def open(self) -> SecondLabelQuerySet:
        """Asked for, not answered, not expired, and the first answer still stands."""
        return self.filter(
            answered_at=None, asked_at__gt=timezone.now() - EXPIRES_AFTER,
            tagging__is_current=True, tagging__source=Tagging.Source.PERSON,
        )  # fmt: skip

    def expired(self) -> SecondLabelQuerySet:
        return self.filter(answered_at=None, asked_at__lte=timezone.now() - EXPIRES_AFTER)

    def open_for(self, user: User) -> SecondLabelQuerySet:
        """Those this person may be asked: of tickets they see and have never tagged themselves. The oldest first.

        The ticket comes along; of the first answer nothing does but who gave it, so that no page can show it unasked.
        """
        if not user.may(Ability.TAG):
            return self.none()
        answer = [f"tagging__{name}" for name in (*Tagging.FIELDS, *Tagging.ALSO_READ, "evidence", "sources")]
        return (
            self.open()
            .filter(tagging__ticket__in=Ticket.objects.visible_to(user))
            .exclude(tagging__ticket__in=Tagging.objects.filter(tagged_by=user).values("ticket"))
            .select_related("tagging__ticket")
            .defer(*answer)
            .order_by("asked_at", "pk")
        )

    def answered(self) -> SecondLabelQuerySet:
        """Those that measure agreement: answered, and the first answer was not taken back as a slip."""
        return self.filter(answered_at__isnull=False, tagging__withdrawn_at=None)


class SecondLabel(models.Model):
    """One row is a second person's answer about a ticket that somebody has tagged, given without seeing the first.

    Asked for on a sample. It measures how far people agree and changes no tagging.
    """

    tagging = models.OneToOneField("cx.Tagging", on_delete=models.CASCADE, related_name="second_label")
    asked_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("people.User", null=True, on_delete=models.PROTECT, related_name="second_labels")
    journey_stage = models.CharField(max_length=12, choices=JourneyStage.choices, blank=True)
    gap_primary = models.CharField(max_length=20, choices=Gap.choices, blank=True)
    direction = models.CharField(max_length=8, choices=Direction.choices, blank=True)
    root_cause = models.CharField(max_length=20, choices=RootCause.choices, blank=True)

    objects = SecondLabelQuerySet.as_manager()

    FIELDS = ("journey_stage", "gap_primary", "direction", "root_cause")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="second_label_is_whole",
                condition=Q(answered_at=None, answered_by=None)
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(journey_stage="") & ~Q(gap_primary="")),
            )
        ]
        indexes = [models.Index(fields=["asked_at"], name="second_label_open", condition=Q(answered_at=None))]

    def __str__(self) -> str:
        return f"second label of tagging {self.tagging_id}"

    @property
    def ticket(self) -> Ticket:
        return self.tagging.ticket

    @property
    def is_answered(self) -> bool:
        return self.answered_at is not None

    def answer(self, *, by: User, **values: Any) -> bool:
        """This person's answer: stage, gap, and where they say so direction and root cause. No tagging changes.

        What follows from the rest need not be given. Refused for the first person and for anyone else who has tagged
        the ticket, for whoever may not see it, and where somebody answered already; the same person answering twice
        is no error, and their first answer counts. Returns whether it was kept.
        """
        given = {name: values.get(name) or "" for name in self.FIELDS}
        known = completed(given)
        problems = codebook.violations({**{name: known[name] or None for name in known}, "sentiment": "neutral"})
        if problems:
            raise Refusal(problems[0])
        with transaction.atomic():
            asked = SecondLabel.objects.select_for_update(of=("self",)).select_related("tagging").get(pk=self.pk)
            asked._must_be_open_to(by)
            if asked.answered_by_id == by.pk:
                return False
            for name in self.FIELDS:
                setattr(self, name, known[name])
            if not given["root_cause"]:
                self.root_cause = ""  # not asked is not the same as "not known"
            self.answered_at, self.answered_by = timezone.now(), by
            self.save(update_fields=[*self.FIELDS, "answered_at", "answered_by"])
            return True

    def _must_be_open_to(self, user: User) -> None:
        ticket = self.tagging.ticket_id
        if not user.may(Ability.TAG) or not Ticket.objects.visible_to(user).filter(pk=ticket).exists():
            raise Refusal(_t("You cannot see this ticket."))
        if self.answered_by_id not in (None, user.pk):
            raise Refusal(_t("Somebody else has answered this one already."))
        if Tagging.objects.filter(ticket=ticket, tagged_by=user).exists():
            raise Refusal(_t("You have tagged this ticket yourself. A second opinion must come from somebody else."))
        if self.tagging.withdrawn_at is not None:
            raise Refusal(_t("The first answer was taken back, so there is nothing to compare with."))
