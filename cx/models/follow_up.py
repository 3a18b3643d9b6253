from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.common.errors import Refusal
from helpdesk.common.moments import is_in_a_lifetime
from helpdesk.people.models import Customer
from tickets.models import Ticket

if TYPE_CHECKING:
    from helpdesk.people.models import User

CLAIM_LASTS = timedelta(minutes=10)


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def planned(self) -> FollowUpQuerySet:
        return self.filter(state=FollowUp.State.PLANNED)

    def due(self) -> FollowUpQuerySet:
        return self.planned().filter(due_at__lte=timezone.now()).order_by("due_at", "pk")

    def sent_by_itself(self) -> FollowUpQuerySet:
        """What the timetable does. All others are done by people."""
        return self.filter(kind=FollowUp.Kind.REALLY_SOLVED)

    def contacts(self) -> FollowUpQuerySet:
        """What a person planned to do for a customer, and will do."""
        return self.filter(kind=FollowUp.Kind.CONTACT)

    def overdue(self) -> FollowUpQuerySet:
        return self.contacts().planned().filter(due_at__lt=timezone.now())

    def visible_to(self, user: User) -> FollowUpQuerySet:
        """Those about a customer one of whose tickets this person may know of, and about no other ticket than such."""
        tickets = Ticket.objects.visible_to(user)
        of_ticket = Exists(tickets.filter(pk=OuterRef("ticket")))
        of_customer = Exists(tickets.filter(requester=OuterRef("customer")))
        return self.filter(Q(ticket=None) | of_ticket).filter(of_customer)

    def soonest_first(self) -> FollowUpQuerySet:
        return self.order_by("due_at", "pk")


class FollowUp(models.Model):
    """One row is something we will do unasked at `due_at`, and what came of it. Never a reply, never an event."""

    class Kind(models.TextChoices):
        REALLY_SOLVED = "really_solved", _("Is it really solved?")
        CONTACT = "contact", _("Get in touch")  # planned by a person, done by a person

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        DONE = "done", _("Done")
        DROPPED = "dropped", _("Not done")

    ticket = models.ForeignKey("tickets.Ticket", null=True, on_delete=models.CASCADE, related_name="follow_ups")
    customer = models.ForeignKey("people.Customer", null=True, on_delete=models.CASCADE, related_name="follow_ups")
    kind = models.CharField(max_length=20, choices=Kind)
    cause = models.ForeignKey("tickets.Event", null=True, on_delete=models.CASCADE, related_name="follow_ups")
    owner = models.ForeignKey("people.User", null=True, on_delete=models.SET_NULL, related_name="follow_ups")
    text = models.CharField(max_length=300, blank=True)  # what we will do, in the words of whoever planned it
    state = models.CharField(max_length=8, choices=State, default=State.PLANNED)
    due_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=100, blank=True)  # why it was not done, in words

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "cause"], name="one_follow_up_per_cause"),
            models.CheckConstraint(
                name="follow_up_has_its_subject",
                condition=(Q(kind="contact") & Q(customer__isnull=False))
                | (~Q(kind="contact") & Q(ticket__isnull=False, cause__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="follow_up_due", condition=Q(state="planned")),
            models.Index(fields=["owner", "due_at"], name="follow_up_owner", condition=Q(state="planned")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for " + (f"ticket {self.ticket_id}" if self.ticket_id else f"customer {self.customer_id}")

    @property
    def is_planned(self) -> bool:
        return self.state == self.State.PLANNED

    @property
    def is_overdue(self) -> bool:
        return self.is_planned and self.due_at < timezone.now()

    @classmethod
    def plan(
        cls, customer: Customer, *, text: str, due_at: datetime, owner: User, ticket: Ticket | None = None
    ) -> FollowUp:
        """Something `owner` will do for the customer. The same thing for the same time is planned once.

        A customer who was merged into another one meanwhile is that one.
        """
        text = text.strip()[:300]
        if not text:
            raise Refusal(_t("Say what you will do."))
        if due_at <= timezone.now():
            raise Refusal(_t("Choose a time that is still to come."))
        if not is_in_a_lifetime(due_at):
            raise Refusal(_t("Choose a time within the next hundred years."))
        with transaction.atomic():
            customer = Customer.objects.select_for_update().get(pk=customer.kept.pk)
            if ticket is not None and ticket.requester_id != customer.pk:
                ticket = None
            planned = cls.objects.contacts().planned().filter(customer=customer, text=text, due_at=due_at, owner=owner)
            return planned.first() or cls.objects.create(
                kind=cls.Kind.CONTACT, customer=customer, ticket=ticket, owner=owner, text=text, due_at=due_at
            )

    def move(self, *, to: datetime) -> bool:
        """To another time. Returns whether anything changed; what is done or dropped stays as it is."""
        if to == self.due_at:
            return False
        if to <= timezone.now():
            raise Refusal(_t("Choose a time that is still to come."))
        if not is_in_a_lifetime(to):
            raise Refusal(_t("Choose a time within the next hundred years."))
        return self._change_planned(due_at=to)

    def move_back(self, *, to: datetime) -> bool:
        """The opposite of `move`: to where it stood, though that may have passed."""
        return self._change_planned(due_at=to)

    def finish(self) -> bool:
        """It was done. Returns whether it was still planned."""
        return self._change_planned(state=self.State.DONE, settled_at=timezone.now())

    def drop(self, *, reason: str) -> bool:
        """Decide against it, saying why. Returns whether it was still planned."""
        return self._change_planned(state=self.State.DROPPED, settled_at=timezone.now(), reason=reason[:100])

    def resume(self) -> bool:
        """The opposite of `finish` and `drop`, for what a person planned. Returns whether anything changed."""
        settled = FollowUp.objects.contacts().exclude(state=self.State.PLANNED).filter(pk=self.pk)
        changed = settled.update(state=self.State.PLANNED, settled_at=None, reason="")
        self.refresh_from_db(fields=["state", "settled_at", "reason"])
        return bool(changed)

    def _change_planned(self, **values: object) -> bool:
        """One conditional update, so that of two people who settle it at once one does."""
        changed = FollowUp.objects.planned().filter(pk=self.pk).update(**values)
        self.refresh_from_db(fields=["state", "due_at", "settled_at", "reason"])
        return bool(changed)
