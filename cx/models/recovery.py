from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Q, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.common.errors import Refusal
from helpdesk.common.numbers import money
from helpdesk.people.models import Company
from tickets.models import Event, EventKind, Ticket
from tickets.periods import Period

if TYPE_CHECKING:
    from helpdesk.people.models import User

MOST_WORTH = Decimal("99999999.99")


class RecoveryQuerySet(models.QuerySet["Recovery"]):
    def gestures(self) -> RecoveryQuerySet:
        return self.filter(kind=Recovery.Kind.GESTURE)

    def done_in(self, period: Period) -> RecoveryQuerySet:
        return self.filter(**period.only("done_at"))

    def worth(self) -> Decimal:
        """All of it together."""
        return Decimal(self.aggregate(all=Sum("amount"))["all"] or 0)


class Recovery(models.Model):
    """One row is something we did to make up for what fell short, or a small gesture beyond what was owed."""

    class Kind(models.TextChoices):
        APOLOGY = "apology", _("Apology")
        FIX = "fix", _("Put right")
        COMPENSATION = "compensation", _("Compensation")
        GESTURE = "gesture", _("Gesture")

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="recoveries")
    kind = models.CharField(_("what"), max_length=12, choices=Kind)
    text = models.CharField(_("in words"), max_length=300)
    amount = models.DecimalField(_("worth"), max_digits=10, decimal_places=2, null=True)  # in the company's currency
    by = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="recoveries")
    done_at = models.DateTimeField(default=timezone.now)

    objects = RecoveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="worth_is_not_negative", condition=Q(amount=None) | Q(amount__gte=0))
        ]
        indexes = [
            models.Index(fields=["ticket", "done_at"], name="recovery_ticket"),
            models.Index(fields=["done_at"], name="recovery_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on ticket {self.ticket_id}"

    @property
    def worth(self) -> str:
        """What it is worth, as it is written here; empty for what has no price."""
        return money(self.amount, Company.current().currency)

    @classmethod
    def record(cls, ticket: Ticket, *, kind: str, text: str, by: User, amount: Decimal | None = None) -> Recovery:
        """Write down what was done for this customer. A gesture has a worth, and one beyond the budget is refused with
        what is left of it: two at the same moment, too, cannot spend it twice."""
        text = text.strip()
        if kind not in cls.Kind.values:
            raise Refusal(_t("Choose what was done."))
        if not text:
            raise Refusal(_t("Say in a few words what was done."))
        if amount is not None and not 0 <= amount <= MOST_WORTH:
            raise Refusal(_t("The worth must be nought or more."))
        if kind == cls.Kind.GESTURE and amount is None:
            raise Refusal(_t("Say what the gesture is worth."))
        with transaction.atomic():
            if kind == cls.Kind.GESTURE and amount:
                GestureBudget.refuse_beyond(ticket, amount)
            made = cls.objects.create(ticket=ticket, kind=kind, text=text[:300], amount=amount, by=by)
            ticket.record(EventKind.RECOVERED, actor=by, recovery=made.pk, kind=kind, text=made.text, worth=made.worth)
        return made

    def take_back(self, *, by: User) -> Event | None:
        """It was not done, or was written down by mistake: it is gone, and what it was worth can be given again. None
        when it was taken back already; `put_back` of the event is the opposite."""
        with transaction.atomic():
            row = Recovery.objects.select_for_update().select_related("ticket").filter(pk=self.pk).first()
            if row is None:
                return None
            kept = {
                "kind": row.kind, "text": row.text, "amount": None if row.amount is None else str(row.amount),
                "by": row.by_id, "done_at": row.done_at.isoformat(),
            }  # fmt: skip
            row.delete()
            return row.ticket.record(EventKind.RECOVERY_UNDONE, actor=by, recovery=self.pk, kept=kept, text=row.text)

    @classmethod
    def put_back(cls, event: Event, *, by: User) -> Recovery | None:
        """The opposite of `take_back`: as it was, with who did it and when. None when it stands there already.

        What was given meanwhile counts: where the budget is spent now, it is refused.
        """
        kept, pk = event.details["kept"], event.details["recovery"]
        amount = None if kept["amount"] is None else Decimal(kept["amount"])
        with transaction.atomic():
            Ticket.objects.select_for_update().get(pk=event.ticket_id)
            if cls.objects.filter(pk=pk).exists():
                return None
            done_at = parse_datetime(kept["done_at"]) or event.happened_at
            if kept["kind"] == cls.Kind.GESTURE and amount:
                GestureBudget.refuse_beyond(event.ticket, amount, at=done_at)
            back = cls.objects.create(
                pk=pk, ticket_id=event.ticket_id, kind=kept["kind"], text=kept["text"], amount=amount,
                by_id=kept["by"], done_at=done_at,
            )  # fmt: skip
            event.ticket.record(
                EventKind.RECOVERED, actor=by, recovery=pk, kind=back.kind, text=back.text, worth=back.worth
            )
        return back


@dataclass(frozen=True)
class Left:
    """What of a budget is spent in a month, and what can still be given."""

    amount: Decimal
    spent: Decimal
    most: Decimal | None  # for one gesture

    @property
    def left(self) -> Decimal:
        return max(Decimal(0), self.amount - self.spent)


class GestureBudget(models.Model):
    """One row is what may be given away in gestures in a calendar month: by a team, or by all where no team stands."""

    team = models.OneToOneField("people.Team", null=True, on_delete=models.CASCADE, related_name="gesture_budget")
    amount = models.DecimalField(_("a month"), max_digits=10, decimal_places=2)
    most = models.DecimalField(_("at most for one gesture"), max_digits=10, decimal_places=2, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(Coalesce("team", Value(0)), name="one_gesture_budget_each"),
        ]

    def __str__(self) -> str:
        return f"gesture budget of team {self.team_id}" if self.team_id else "gesture budget"

    @classmethod
    def of(cls, team_id: int | None) -> models.QuerySet[GestureBudget]:
        """What a ticket of this team is paid from: the team's own, else everybody's; none where neither stands."""
        return cls.objects.filter(Q(team=None) | Q(team=team_id)).order_by(models.F("team").desc(nulls_last=True))[:1]

    def gestures(self) -> RecoveryQuerySet:
        """What is paid from it: the team's, or of all whose team has none of its own."""
        if self.team_id:
            return Recovery.objects.gestures().filter(ticket__team=self.team_id)
        own = GestureBudget.objects.exclude(team=None).values("team")
        return Recovery.objects.gestures().filter(Q(ticket__team=None) | ~Q(ticket__team__in=own))

    def state(self, *, at: datetime | None = None) -> Left:
        """How it stands in the calendar month of this moment, where the company is."""
        return Left(self.amount, self.gestures().done_in(month_of(at or timezone.now())).worth(), self.most)

    @classmethod
    def refuse_beyond(cls, ticket: Ticket, amount: Decimal, *, at: datetime | None = None) -> None:
        """Refuse what is more than may be given. Holds the budget's row until the transaction ends. Where no budget
        stands nothing is limited."""
        row = cls.of(ticket.team_id).first()
        if row is None:
            return
        row = cls.objects.select_for_update().get(pk=row.pk)
        stands, currency = row.state(at=at), Company.current().currency
        if stands.most is not None and amount > stands.most:
            raise Refusal(_t("One gesture may be worth %(most)s at most.") % {"most": money(stands.most, currency)})
        if amount > stands.left:
            raise Refusal(_t("That is more than is left this month: %(left)s of %(all)s.") % {
                "left": money(stands.left, currency), "all": money(stands.amount, currency),
            })  # fmt: skip


def month_of(at: datetime) -> Period:
    """The calendar month of a moment, where the company is."""
    zone = Company.current().zone
    first = at.astimezone(zone).date().replace(day=1)
    return month_from(first)


def month_from(first: date) -> Period:
    """The calendar month that begins on this day, where the company is."""
    following = (first + timedelta(days=31)).replace(day=1)
    return Period(first, following - timedelta(days=1), Company.current().zone)
