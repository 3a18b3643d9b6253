from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.common.errors import Refusal
from helpdesk.common.moments import is_in_a_lifetime
from tickets.models import EventKind, Message, Target, Ticket

if TYPE_CHECKING:
    from helpdesk.people.models import Team, User


class PromiseQuerySet(models.QuerySet["Promise"]):
    def pending(self) -> PromiseQuerySet:
        return self.filter(state__in=[Promise.State.OPEN, Promise.State.AT_RISK])

    def owed(self) -> PromiseQuerySet:
        """Not kept yet, in time or late."""
        return self.filter(state__in=[Promise.State.OPEN, Promise.State.AT_RISK, Promise.State.BROKEN])

    def overdue(self) -> PromiseQuerySet:
        """Past its time, of tickets that somebody can see: what is in the bin breaks no promise meanwhile."""
        return self.pending().filter(due_at__lt=timezone.now(), ticket__deleted_at=None)

    def by_due(self) -> PromiseQuerySet:
        return self.order_by("due_at", "pk")


class Promise(models.Model):
    """One row is one thing we said we would do, by when; and whether we did."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        AT_RISK = "at_risk", _("At risk")
        KEPT = "kept", _("Kept")
        KEPT_LATE = "kept_late", _("Kept late")
        BROKEN = "broken", _("Broken")
        RENEGOTIATED = "renegotiated", _("New date agreed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="promises")
    message = models.ForeignKey("tickets.Message", null=True, on_delete=models.SET_NULL, related_name="promises")
    what = models.CharField(_("what"), max_length=200)
    made_by = models.ForeignKey("people.User", null=True, on_delete=models.PROTECT, related_name="promises_made")
    owner = models.ForeignKey("people.User", null=True, on_delete=models.PROTECT, related_name="promises")
    owner_team = models.ForeignKey("people.Team", null=True, on_delete=models.PROTECT, related_name="promises")
    made_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(_("by when"))
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    settled_at = models.DateTimeField(null=True)
    renegotiated_to = models.OneToOneField(
        "self", null=True, on_delete=models.SET_NULL, related_name="renegotiated_from"
    )

    objects = PromiseQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="promise_pending", condition=Q(state__in=["open", "at_risk"])),
            models.Index(fields=["ticket", "due_at"], name="promise_ticket"),
            # Which of the tickets at hand we still owe something: most promises were kept long ago.
            models.Index(fields=["ticket"], name="promise_owed", condition=Q(state__in=["open", "at_risk", "broken"])),
        ]
        constraints = [
            models.CheckConstraint(
                name="settled_has_its_time",
                condition=Q(state__in=["open", "at_risk"], settled_at=None)
                | (~Q(state__in=["open", "at_risk"]) & (Q(settled_at__isnull=False) | Q(state="broken"))),
            )
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def is_pending(self) -> bool:
        return self.state in (self.State.OPEN, self.State.AT_RISK)

    @property
    def key(self) -> str:
        """The name under which the ticket expects it."""
        return f"promise:{self.pk}"

    @classmethod
    def make(
        cls, ticket: Ticket, *, what: str, due_at: datetime, by: User, message: Message | None = None,
        owner_team: Team | None = None, made_by: User | None = None,
    ) -> Promise:  # fmt: skip
        """Record what we promised. The ticket is due by then, too. `made_by` is who gave their word, where that was
        somebody else than who records it: they owe it."""
        if not what.strip():
            raise Refusal(_t("Say what was promised."))
        if due_at <= timezone.now():
            raise Refusal(_t("The promise must be due later than now."))
        if not is_in_a_lifetime(due_at):
            raise Refusal(_t("Choose a time within the next hundred years."))
        giver = made_by or by
        with transaction.atomic():
            promise = cls.objects.create(
                ticket=ticket, message=message, what=what.strip()[:200], made_by=giver,
                owner=None if owner_team else giver, owner_team=owner_team, due_at=due_at,
            )  # fmt: skip
            ticket.expect_by(due_at, kind=Target.Kind.PROMISE, key=promise.key)
            ticket.record(EventKind.PROMISED, actor=by, promise=promise.pk, what=promise.what)
        return promise

    def keep(self, *, by: User | None) -> bool:
        """It was done. By the due time it is kept, later kept late. Returns whether anything changed."""
        now = timezone.now()
        return self._settle(self.State.KEPT if now <= self.due_at else self.State.KEPT_LATE, by=by)

    def withdraw(self, *, by: User | None) -> bool:
        """It is no longer owed: recorded by mistake, or the customer let us off."""
        return self._settle(self.State.WITHDRAWN, by=by)

    def mark_broken(self) -> bool:
        """Its time has passed. It can still be kept late. Returns whether anything changed."""
        if timezone.now() <= self.due_at:
            return False
        return self._settle(self.State.BROKEN, by=None)

    def _settle(self, state: str, *, by: User | None) -> bool:
        with transaction.atomic():
            promise = Promise.objects.select_for_update().get(pk=self.pk)
            late = promise.state == self.State.BROKEN and state in (self.State.KEPT, self.State.KEPT_LATE)
            if not promise.is_pending and not late:
                return False
            self.state = self.State.KEPT_LATE if late else state
            self.settled_at = timezone.now()
            self.save(update_fields=["state", "settled_at"])
            if state != self.State.BROKEN:
                met = self.state in (self.State.KEPT, self.State.KEPT_LATE)
                self.ticket.expectation_ended(kind=Target.Kind.PROMISE, key=self.key, met=met)
            self.ticket.record(EventKind.PROMISE_SETTLED, actor=by, promise=self.pk, what=self.what, state=self.state)
        return True
