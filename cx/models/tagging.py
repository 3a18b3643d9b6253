from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from cx import codebook
from cx.codebook import Direction, Gap, JourneyStage, RootCause, Sentiment
from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from tickets.models import EventKind, Ticket

if TYPE_CHECKING:
    from helpdesk.people.models import User

SURE_ENOUGH = 0.5  # below, a suggestion is a choice among others and not a default


class TaggingQuerySet(models.QuerySet["Tagging"]):
    def current(self) -> TaggingQuerySet:
        """What counts now for each ticket: the person's word, else the latest suggestion."""
        return self.filter(is_current=True)

    def counted(self) -> TaggingQuerySet:
        """Current taggings that reports may count: a person's, or a suggestion sure of both stage and gap."""
        return self.current().filter(
            Q(source=Tagging.Source.PERSON) | Q(stage_confidence__gte=SURE_ENOUGH, gap_confidence__gte=SURE_ENOUGH)
        )

    def by_people(self) -> TaggingQuerySet:
        return self.filter(source=Tagging.Source.PERSON)


class Tagging(models.Model):
    """One row is one answer to: where in the journey, what fell short or was better, and why.

    History is kept; one row per ticket is current. A suggestion never takes the place of a person's word.
    """

    class Source(models.TextChoices):
        MODEL = "model", _("Suggested from the text")
        RULE = "rule", _("Suggested by what the ticket shows")  # of a field, never of a whole row
        PERSON = "person", _("Confirmed by a person")

    class Refinement(models.TextChoices):
        """What stands behind a staff attitude: a manager's finding at review, never read from a text."""

        ENGAGEMENT = "engagement", _("Not engaged with what we stand for")
        HIRING = "hiring", _("The wrong hire")

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="taggings")
    arrived_at = models.DateTimeField()  # of the ticket: reports count by arrival without a join
    source = models.CharField(max_length=8, choices=Source)
    is_current = models.BooleanField(default=True)
    tagged_at = models.DateTimeField(default=timezone.now)
    tagged_by = models.ForeignKey("people.User", null=True, on_delete=models.PROTECT, related_name="taggings")
    model_version = models.CharField(max_length=40, blank=True)
    withdrawn_at = models.DateTimeField(null=True)  # a person's answer that was taken back
    suggestion = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="answers")

    journey_stage = models.CharField(max_length=12, choices=JourneyStage.choices)
    gap_primary = models.CharField(max_length=20, choices=Gap.choices)
    gap_secondary = models.CharField(max_length=20, choices=Gap.choices, blank=True)
    direction = models.CharField(max_length=8, choices=Direction.choices)
    severity = models.PositiveSmallIntegerField(null=True)
    root_cause = models.CharField(max_length=20, choices=RootCause.choices, blank=True)
    sub_cause = models.ForeignKey("cx.SubCause", null=True, on_delete=models.SET_NULL, related_name="taggings")
    refinement = models.CharField(max_length=10, choices=Refinement, blank=True)
    sentiment = models.CharField(max_length=8, choices=Sentiment.choices, default=Sentiment.NEUTRAL)
    promise = models.JSONField(null=True)  # {what, by, who} as the customer quotes it
    churn_risk = models.BooleanField(default=False)

    stage_confidence = models.FloatField(default=1.0)
    gap_confidence = models.FloatField(default=1.0)
    sources = models.JSONField(default=dict)  # field -> who decided it: rule, model, person
    confidence = models.JSONField(default=dict)  # field -> 0..1
    evidence = models.JSONField(default=dict)  # field -> the customer's own words
    signals = models.JSONField(default=list)  # what the ticket itself proves: see cx/tagging/combining.py
    opinion = models.JSONField(null=True)  # what a language-model service thinks, where one is asked
    alternatives = models.JSONField(default=dict)  # field -> [[slug, probability], ...]

    objects = TaggingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket"], name="one_current_tagging", condition=Q(is_current=True)),
            models.CheckConstraint(
                name="no_gap_means_as_expected",
                condition=Q(gap_primary="none", direction="met") | (~Q(gap_primary="none") & ~Q(direction="met")),
            ),
            models.CheckConstraint(
                name="second_gap_differs",
                condition=Q(gap_secondary="")
                | (~Q(gap_secondary="none") & ~Q(gap_secondary=models.F("gap_primary")) & ~Q(gap_primary="none")),
            ),
            models.CheckConstraint(
                name="cause_and_severity_need_a_shortfall",
                condition=Q(direction="below") | Q(severity__isnull=True, root_cause=""),
            ),
            models.CheckConstraint(
                name="refinement_is_of_staff_attitude", condition=Q(refinement="") | Q(root_cause="staff_attitude")
            ),
            models.CheckConstraint(
                name="severity_is_one_to_three", condition=Q(severity__isnull=True) | Q(severity__range=(1, 3))
            ),
            models.CheckConstraint(
                name="a_person_has_a_name",
                condition=Q(source="person", tagged_by__isnull=False) | Q(source="model", tagged_by=None),
            ),
        ]
        indexes = [
            models.Index(
                fields=["arrived_at", "journey_stage", "gap_primary", "direction"],
                name="tagging_cells",
                condition=Q(is_current=True),
            ),
            models.Index(fields=["ticket", "-tagged_at"], name="tagging_history"),
            models.Index(fields=["-tagged_at"], name="tagging_answers", condition=Q(is_current=True, source="person")),
            # What waits to be confirmed is counted on every page, and is little where people keep up with it.
            models.Index(fields=["ticket"], name="tagging_suggested", condition=Q(is_current=True, source="model")),
        ]

    def __str__(self) -> str:
        return f"{self.journey_stage} × {self.gap_primary} ({self.source}) of ticket {self.ticket_id}"

    # --- Predicates ----------------------------------------------------------------------------------------------

    @property
    def is_confirmed(self) -> bool:
        return self.source == self.Source.PERSON

    @property
    def is_suggestion(self) -> bool:
        return not self.is_confirmed

    @property
    def is_sure(self) -> bool:
        """Whether it may stand as a default, not only as one choice among several."""
        return self.is_confirmed or min(self.stage_confidence, self.gap_confidence) >= SURE_ENOUGH

    @property
    def stage_position(self) -> int:
        """1 to 8, in the journey's order."""
        return list(JourneyStage.values).index(self.journey_stage) + 1

    @property
    def department(self) -> str:
        """The label of the department that answers for the cause; empty where nothing fell short."""
        return str(codebook.department_of(self.root_cause)) if self.root_cause else ""

    @property
    def may_be_refined(self) -> bool:
        """Whether a manager can say what stands behind it: a person found a staff attitude to be the cause."""
        return self.is_confirmed and self.is_current and self.root_cause == RootCause.STAFF_ATTITUDE

    # --- Verbs ---------------------------------------------------------------------------------------------------

    FIELDS = ("journey_stage", "gap_primary", "gap_secondary", "direction", "severity", "root_cause")
    ALSO_READ = ("sentiment", "promise", "churn_risk")  # kept as they were read, unless the person says otherwise

    @classmethod
    def suggest(cls, ticket: Ticket, *, values: dict[str, Any], model_version: str) -> Tagging:
        """Keep what the model thinks. It becomes current unless a person has spoken."""
        with transaction.atomic():
            Ticket.objects.select_for_update().only("pk").get(pk=ticket.pk)
            said = cls.objects.current().by_people().filter(ticket=ticket).exists()
            if not said:
                cls.objects.current().filter(ticket=ticket).update(is_current=False)
            return cls.objects.create(
                ticket=ticket,
                arrived_at=ticket.created_at,
                source=cls.Source.MODEL,
                is_current=not said,
                model_version=model_version,
                **values,
            )

    @classmethod
    def confirm(cls, ticket: Ticket, *, by: User) -> Tagging:
        """Say yes to the suggestion as it is shown. Confirming twice is no error."""
        with transaction.atomic():
            Ticket.objects.select_for_update().only("pk").get(pk=ticket.pk)
            shown = cls.objects.current().filter(ticket=ticket).first()
            if shown is None:
                raise Refusal(_t("There is no suggestion yet. Choose a stage and a gap."))
            if shown.is_confirmed:
                return shown
            values = {name: getattr(shown, name) for name in cls.FIELDS}
            return cls._said(ticket, by=by, shown=shown, values=values)

    @classmethod
    def say(cls, ticket: Ticket, *, by: User, **values: Any) -> Tagging:
        """A person's own answer. What contradicts the codebook is refused in words.

        What follows from the rest need not be given: no gap means "as expected" and the reverse, and severity and
        cause exist only where something fell short. `values` may name a sub-cause, sentiment, promise and churn risk,
        too; what they do not name stays as it was read.
        """
        values = completed(values)
        known = {name: values[name] or None for name in codebook.FIELDS if name in values}
        problems = codebook.violations({"sentiment": Sentiment.NEUTRAL, **known, "severity": values["severity"]})
        if problems:
            raise Refusal(problems[0])
        if (finer := values.get("sub_cause")) and finer.root_cause != values["root_cause"]:
            raise Refusal(_t("“%(finer)s” belongs to another cause.") % {"finer": finer.name})
        with transaction.atomic():
            Ticket.objects.select_for_update().only("pk").get(pk=ticket.pk)
            shown = cls.objects.current().filter(ticket=ticket).first()
            if shown and shown.is_confirmed and all(getattr(shown, name) == value for name, value in values.items()):
                return shown
            return cls._said(ticket, by=by, shown=shown, values=values)

    @classmethod
    def refine(cls, ticket: Ticket, *, by: User, refinement: str) -> Tagging:
        """A manager's finding on what stands behind a staff attitude; empty takes it back.

        It is about colleagues: only who may review them says or sees it, and the event tells that it was looked at,
        by whom, and not what was found. Saying it twice is no error and leaves one event.
        """
        if not by.may(Ability.REVIEW_COLLEAGUES):
            raise Refusal(_t("Only managers look into what stands behind a staff attitude."))
        if refinement and refinement not in cls.Refinement.values:
            raise Refusal(_t("Choose from the list."))
        with transaction.atomic():
            Ticket.objects.select_for_update().only("pk").get(pk=ticket.pk)
            shown = cls.objects.current().filter(ticket=ticket).first()
            if shown is None or not shown.may_be_refined:
                raise Refusal(_t("Only where a person has confirmed a staff attitude as the cause."))
            if shown.refinement == refinement:
                return shown
            shown.refinement = refinement
            shown.save(update_fields=["refinement"])
            ticket.record(EventKind.REVIEWED, actor=by, tagging=shown.pk)
            return shown

    @classmethod
    def undo(cls, ticket: Ticket, *, by: User) -> Tagging | None:
        """Take the latest person's answer back; what stood before it is current again."""
        with transaction.atomic():
            Ticket.objects.select_for_update().only("pk").get(pk=ticket.pk)
            shown = cls.objects.current().by_people().filter(ticket=ticket).first()
            if shown is None:
                return cls.objects.current().filter(ticket=ticket).first()
            before = (  # what stood before, unless that was taken back as well
                cls.objects.filter(ticket=ticket, tagged_at__lt=shown.tagged_at, withdrawn_at=None)
                .order_by("-tagged_at", "-pk")
                .first()
            )
            cls.objects.filter(pk=shown.pk).update(is_current=False, withdrawn_at=timezone.now())
            if before:
                before.is_current = True
                before.save(update_fields=["is_current"])
            ticket.record(EventKind.UNTAGGED, actor=by, tagging=shown.pk)
            return before

    @classmethod
    def _said(cls, ticket: Ticket, *, by: User, shown: Tagging | None, values: dict[str, Any]) -> Tagging:
        cls.objects.current().filter(ticket=ticket).update(is_current=False)
        suggestion = shown if shown is None or not shown.is_confirmed else shown.suggestion
        # Two answers in one tick of the clock must still have an order.
        now = max(timezone.now(), shown.tagged_at + timedelta(microseconds=1)) if shown else timezone.now()
        kept = {name: getattr(shown, name) for name in (*cls.ALSO_READ, "evidence", "signals")} if shown else {}
        if shown and shown.root_cause == values["root_cause"]:  # what was found out about a cause goes with it
            kept |= {"sub_cause": shown.sub_cause, "refinement": shown.refinement}
        sources = {**(shown.sources if shown else {}), **dict.fromkeys(values, cls.Source.PERSON.value)}
        said = cls.objects.create(
            ticket=ticket, arrived_at=ticket.created_at, source=cls.Source.PERSON, tagged_by=by, tagged_at=now,
            suggestion=suggestion, sources=sources, **{**kept, **values},
        )  # fmt: skip
        ticket.record(
            EventKind.TAGGED, actor=by, tagging=said.pk, stage=said.journey_stage, gap=said.gap_primary,
            direction=said.direction, as_suggested=bool(suggestion and said.agrees_with(suggestion)),
        )  # fmt: skip
        return said

    def agrees_with(self, other: Tagging) -> bool:
        return all(getattr(self, name) == getattr(other, name) for name in self.FIELDS)


_TAGS = ("journey_stage", "gap_primary", "gap_secondary", "direction", "root_cause")


def completed(values: dict[str, Any]) -> dict[str, Any]:
    """The answer with everything that follows from it by the codebook's invariants."""
    full = {
        "journey_stage": "",
        "gap_primary": "",
        "gap_secondary": "",
        "direction": "",
        "severity": None,
        "root_cause": "",
    }
    full |= {name: value if name not in _TAGS else value or "" for name, value in values.items()}
    if full["gap_primary"] == Gap.NONE or (full["direction"] == Direction.MET and not full["gap_primary"]):
        full |= {"gap_primary": Gap.NONE, "direction": Direction.MET, "gap_secondary": ""}
    elif full["gap_primary"] and not full["direction"]:
        full["direction"] = Direction.BELOW
    if full["direction"] != Direction.BELOW:
        full |= {"severity": None, "root_cause": ""}
        if "sub_cause" in full:
            full["sub_cause"] = None
    elif not full["root_cause"]:
        full["root_cause"] = RootCause.UNKNOWN
    return full
