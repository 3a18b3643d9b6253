from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class EventKind(models.TextChoices):
    """What happened, dotted and past. Words for the screen stand beside it."""

    CREATED = "ticket.created", _("opened the ticket")
    RECEIVED = "message.received", _("wrote")
    REPLIED = "message.sent", _("replied")
    ANNOUNCED = "message.announced", _("an automatic message was sent")
    NOTED = "note.added", _("added a note")
    ASSIGNED = "ticket.assigned", _("assigned the ticket")
    UNASSIGNED = "ticket.unassigned", _("took the assignee off")
    MOVED = "ticket.moved", _("moved the ticket to another team")
    WAITED = "ticket.waiting", _("is waiting for the customer")
    SNOOZED = "ticket.snoozed", _("snoozed the ticket")
    WOKE = "ticket.woke", _("the ticket woke up")
    PRIORITISED = "ticket.prioritised", _("changed the priority")
    RESOLVED = "ticket.resolved", _("resolved the ticket")
    REOPENED = "ticket.reopened", _("reopened the ticket")
    CLOSED = "ticket.closed", _("the ticket was closed")
    CONTINUED = "ticket.continued", _("continues an earlier ticket")
    ALSO_ADDRESSED = "mail.also_addressed", _("was also sent to another of our addresses")
    ANSWERED_ELSEWHERE = "mail.answered_elsewhere", _("answered from their own mail program")
    RESENT = "mail.resent", _("sent a mail again")
    MARKED_SPAM = "mail.marked_spam", _("marked it as spam")
    UNDELIVERED = "mail.undelivered", _("a mail could not be delivered")
    CONFIRMED = "address.confirmed", _("confirmed the address")
    MERGED = "ticket.merged", _("merged the ticket into another")
    TOOK_IN = "ticket.took_in", _("merged another ticket into this one")
    UNMERGED = "ticket.unmerged", _("undid the merging")
    RESTORED = "ticket.restored", _("put the ticket back as it was")
    BREACHED = "sla.breached", _("a target was missed")
    DUE_SOON = "sla.due_soon", _("a target is due soon")
    TAGGED = "cx.tagged", _("tagged the ticket")
    UNTAGGED = "cx.untagged", _("undid the tagging")
    REVIEWED = "cx.reviewed", _("looked into what stands behind the staff attitude")
    PROMISED = "cx.promised", _("recorded a promise")
    PROMISE_SETTLED = "cx.promise_settled", _("settled a promise")
    ANSWERED_SURVEY = "cx.answered_survey", _("answered a survey")


class Event(models.Model):
    """One row is one fact about a ticket: kind, actor, time, details. Append-only.

    Do not read it with a "last id" cursor: a transaction that commits late is skipped for ever.
    """

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=30, choices=EventKind)
    actor = models.ForeignKey("people.User", null=True, on_delete=models.PROTECT, related_name="events")
    happened_at = models.DateTimeField(default=timezone.now)
    details = models.JSONField(default=dict)
    # Whether the search has taken up what the ticket says since; new ones wait for that, so none is missed.
    is_indexed = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="event_unindexed", condition=models.Q(is_indexed=False)),
            models.Index(fields=["ticket", "happened_at"], name="event_thread"),
            models.Index(fields=["happened_at"], name="event_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on ticket {self.ticket_id}"
