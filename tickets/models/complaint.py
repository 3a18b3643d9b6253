from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from helpdesk.common.errors import Refusal
from helpdesk.people.models import Company
from tickets.models.event import Event, EventKind
from tickets.models.message import Author
from tickets.sla import policies

if TYPE_CHECKING:
    from helpdesk.people.models import User
    from tickets.models.message import Message
    from tickets.models.ticket import Ticket

#: What a step can change, and what taking it back therefore puts back.
_COLUMNS: Final = (
    "state", "remedy", "remedy_text", "decide_by", "decision", "reasons", "decided_by_id", "decided_at",
    "told_in_id", "objection", "objected_at", "ended_at",
)  # fmt: skip


class Complaint(models.Model):
    """One row is one complaint on its way, as ISO 10002 has it: what remedy is sought, what we decided and why, that
    the customer was told, and how they can object."""

    class State(models.TextChoices):
        RECEIVED = "received", pgettext_lazy("complaint", "Received")
        EXAMINED = "examined", pgettext_lazy("complaint", "Being looked into")
        DECIDED = "decided", pgettext_lazy("complaint", "Decided")
        OBJECTED = "objected", pgettext_lazy("complaint", "Objected to")
        ENDED = "ended", pgettext_lazy("complaint", "Ended")

    class Remedy(models.TextChoices):
        REFUND = "refund", _("Money back")
        REPLACEMENT = "replacement", _("A replacement")
        REPAIR = "repair", _("A repair")
        COMPENSATION = "compensation", _("Compensation")
        APOLOGY = "apology", _("An apology")
        EXPLANATION = "explanation", _("An explanation")
        OTHER = "other", _("Something else")

    class Decision(models.TextChoices):
        UPHELD = "upheld", _("Upheld")
        PARTLY = "partly", _("Upheld in part")
        REJECTED = "rejected", _("Not upheld")

    #: Which step leads from where to where. "Told" is no state of its own, but a decision with the reply that told it.
    MOVES: Final[Mapping[str, Mapping[str, str]]] = {
        "examine": {State.RECEIVED: State.EXAMINED},
        "decide": {
            State.RECEIVED: State.DECIDED, State.EXAMINED: State.DECIDED, State.OBJECTED: State.DECIDED,
            State.DECIDED: State.DECIDED,  # put right before the customer was told
        },
        "tell": {State.DECIDED: State.DECIDED},
        "object": {State.DECIDED: State.OBJECTED, State.ENDED: State.OBJECTED},
        "end": {State.DECIDED: State.ENDED},
    }  # fmt: skip

    ticket = models.OneToOneField("tickets.Ticket", on_delete=models.CASCADE, related_name="complaint")
    state = models.CharField(max_length=8, choices=State, default=State.RECEIVED)
    remedy = models.CharField(_("remedy sought"), max_length=12, choices=Remedy, blank=True)
    remedy_text = models.TextField(_("in their words"), blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    decide_by = models.DateField(_("to be decided by"), null=True)
    decision = models.CharField(_("decision"), max_length=8, choices=Decision, blank=True)
    reasons = models.TextField(_("reasons"), blank=True)  # of the decision, fit for the customer
    decided_by = models.ForeignKey("people.User", null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    told_in = models.ForeignKey("tickets.Message", null=True, on_delete=models.SET_NULL, related_name="+")
    objection = models.TextField(_("objection"), blank=True)
    objected_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_decision_has_its_reasons",
                condition=Q(decision="", decided_at=None)
                | (~Q(decision="") & ~Q(reasons="") & Q(decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="only_what_was_decided_ends",
                condition=Q(state__in=["received", "examined"]) | ~Q(decision=""),
            ),
        ]

    def __str__(self) -> str:
        return f"complaint of ticket {self.ticket_id}: {self.state}"

    # --- Predicates ----------------------------------------------------------------------------------------------

    @property
    def is_decided(self) -> bool:
        """Whether a decision stands: one that was objected to has to be made anew."""
        return self.state in (self.State.DECIDED, self.State.ENDED)

    @property
    def is_told(self) -> bool:
        return self.is_decided and self.told_in_id is not None

    @property
    def waits_for_decision(self) -> bool:
        return not self.is_decided

    def is_late(self, today: date) -> bool:
        """Whether the day by which it was to be decided has passed without a decision."""
        return self.waits_for_decision and self.decide_by is not None and self.decide_by < today

    def may(self, step: str) -> bool:
        """Whether this step can be taken now."""
        if self.state not in self.MOVES[step]:
            return False
        if self.state == self.State.DECIDED:
            return not self.is_told if step in ("decide", "tell") else self.is_told
        return True

    def why_not_resolved(self) -> str:
        """What is still owed to the customer before the ticket may be resolved, in words; empty for nothing."""
        if self.state == self.State.OBJECTED:
            return _t("The customer objected to the decision: decide again and tell them first.")
        if self.waits_for_decision:
            return _t("Decide the complaint and tell the customer first.")
        if not self.is_told:
            return _t("Tell the customer the decision first: your next reply does.")
        return ""

    # --- Verbs ---------------------------------------------------------------------------------------------------

    @classmethod
    def open(cls, ticket: Ticket, *, by: User | None = None, remedy: str = "", remedy_text: str = "") -> Complaint:
        """The complaint of this ticket, begun if there is none yet. It is to be decided within so many working days
        from when the ticket came (`COMPLAINT_DAYS`).

        One that was begun stays, whatever the ticket's type becomes; it goes on when that is a complaint again.
        """
        with ticket._locked():
            known = cls.objects.filter(ticket=ticket).first()
            if known is not None:
                known.ticket = ticket
                return known
            return cls.objects.create(
                ticket=ticket, remedy=remedy, remedy_text=remedy_text.strip(), received_at=ticket.created_at,
                decide_by=_due(ticket.created_at),
            )  # fmt: skip

    def seek(self, *, remedy: str, words: str, by: User) -> Event | None:
        """Write down what the customer wants us to do about it, with their words. None when that is known already."""
        if remedy and remedy not in self.Remedy.values:
            raise Refusal(_t("Choose the remedy from the list."))
        with self.ticket._locked():
            self._refresh()
            if (self.remedy, self.remedy_text) == (remedy, words.strip()):
                return None
            return self._step("seek", by=by, remedy=remedy, remedy_text=words.strip())

    def examine(self, *, by: User) -> Event | None:
        """Somebody looks into it. None when somebody does already."""
        with self.ticket._locked():
            self._refresh()
            if self.state == self.State.EXAMINED:
                return None
            self._refuse_unless("examine", _t("The complaint is decided already."))
            return self._step("examine", by=by, state=self.State.EXAMINED)

    def decide(self, *, decision: str, reasons: str, by: User) -> Event | None:
        """What we decided and why, in words for the customer, whom the next reply tells. None when it says the same.

        A decision that was told stands until the customer objects; then it is made anew.
        """
        if decision not in self.Decision.values:
            raise Refusal(_t("Choose the decision."))
        if not reasons.strip():
            raise Refusal(_t("Give the reasons, in words for the customer."))
        with self.ticket._locked():
            self._refresh()
            if self.is_decided and (self.decision, self.reasons) == (decision, reasons.strip()):
                return None
            self._refuse_unless("decide", _t("The customer was told this decision. It is made anew when they object."))
            return self._step(
                "decide", by=by, state=self.State.DECIDED, decision=decision, reasons=reasons.strip(), decided_by=by,
                decided_at=timezone.now(), told_in=None,
            )  # fmt: skip

    def tell(self, message: Message, *, by: User | None) -> Event | None:
        """This reply told the customer. `Ticket.reply` says so of the first one after the decision; None for one that
        told it already."""
        if message.ticket_id != self.ticket_id or message.author != Author.AGENT:
            raise Refusal(_t("Choose a reply on this ticket."))
        with self.ticket._locked():
            self._refresh()
            if self.is_decided and self.told_in_id == message.pk:
                return None
            self._refuse_unless("tell", _t("There is no decision that the customer has not been told."))
            return self._step("tell", by=by, told_in=message)

    def object(self, words: str, *, by: User | None) -> Event | None:
        """The customer does not accept the decision, which is to be made anew in its time: the ticket is open again and
        its assignee is told. None when this objection is written down already.

        From the customer (`by` is None) the words are a message on the ticket, too.
        """
        words = words.strip()
        if not words:
            raise Refusal(_t("Say what you object to.") if by is None else _t("Write down what they object to."))
        with self.ticket._locked():
            self._refresh()
            if self.state == self.State.OBJECTED and (by is None or self.objection == words):
                return None
            self._refuse_unless("object", _t("There is no decision yet that the customer was told."))
            now = timezone.now()
            event = self._step(
                "object", by=by, state=self.State.OBJECTED, objection=words, objected_at=now, ended_at=None,
                decide_by=_due(now),
            )  # fmt: skip
            if by is not None:
                self.ticket.reopen(by=by)
            else:
                requester = self.ticket.requester
                self.ticket.receive(text=words, customer=requester, channel="web", from_address=requester.email)
            return event

    def end(self, *, by: User) -> Event | None:
        """Nothing more is to be done: it was decided, told and not objected to. None when it has ended already."""
        with self.ticket._locked():
            self._refresh()
            if self.state == self.State.ENDED:
                return None
            self._refuse_unless("end", self.why_not_resolved())
            return self._step("end", by=by, state=self.State.ENDED, ended_at=timezone.now())

    def step_back(self, event_id: int, *, by: User) -> bool:
        """The opposite of each of them: everything the step changed is as it was before. Returns whether it was so now.

        Only the latest step can be taken back. A ticket that an objection opened again stays open.
        """
        with self.ticket._locked():
            self._refresh()
            steps = self.ticket.events.filter(kind=EventKind.COMPLAINT_CHANGED).order_by("-pk")
            latest = steps.first()
            if latest is not None and latest.details.get("of") == event_id:
                return False
            if latest is None or latest.pk != event_id or "was" not in latest.details:
                raise Refusal(_t("The complaint has gone on since."))
            for column, value in latest.details["was"].items():
                setattr(self, column, _from_json(column, value))
            self.save(update_fields=[column.removesuffix("_id") for column in latest.details["was"]])
            self.ticket.record(
                EventKind.COMPLAINT_CHANGED, actor=by, step="back", of=event_id, back=latest.details["step"]
            )
        return True

    @classmethod
    def told_by(cls, message: Message) -> None:
        """Have the first reply after a decision be the one that tells it. The caller holds the ticket's lock."""
        found = cls.objects.filter(ticket=message.ticket_id, state=cls.State.DECIDED, told_in=None).first()
        if found is not None:
            found.ticket = message.ticket
            found._step("tell", by=message.user, told_in=message)

    # --- Inside --------------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """As the row is now; the ticket stays the one that is locked."""
        self.refresh_from_db(fields=[column.removesuffix("_id") for column in _COLUMNS])

    def _refuse_unless(self, step: str, words: str) -> None:
        if not self.may(step):
            raise Refusal(words or _t("The complaint has gone on since."))

    def _step(self, step: str, *, by: User | None, **values: Any) -> Event:
        """Change these columns and record what they were. The caller holds the ticket's lock."""
        was = {column: _as_json(getattr(self, column)) for column in _COLUMNS}
        for name, value in values.items():
            setattr(self, name, value)
        self.save(update_fields=list(values))
        return self.ticket.record(
            EventKind.COMPLAINT_CHANGED,
            actor=by,
            step=step,
            decision=self.decision if step == "decide" else "",
            was=was,
        )


def _due(since: datetime) -> date:
    """The day by which to decide what came at this moment."""
    due = policies.calendar().add_days(since, settings.COMPLAINT_DAYS)
    return due.astimezone(Company.current().zone).date()


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _from_json(column: str, value: Any) -> Any:
    if column == "decide_by":
        return parse_date(value) if value else None
    return parse_datetime(value) if column.endswith("_at") and value else value
