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
    DESCRIBED = "ticket.described", _("said what the ticket is about")  # its type, product, order
    TAG_PUT = "ticket.tag_put", _("put a tag on it")
    TAG_TAKEN = "ticket.tag_taken", _("took a tag off")
    FIELD_SET = "ticket.field_set", _("filled in a field")
    CHECKLIST_CHANGED = "ticket.checklist_changed", _("changed the checklist")
    TIME_SPENT = "ticket.time_spent", _("wrote down time")
    LINKED = "ticket.linked", _("linked it to another ticket")
    UNLINKED = "ticket.unlinked", _("took a link off")
    SPLIT = "ticket.split", _("split a message off into another ticket")
    UNSPLIT = "ticket.unsplit", _("undid the splitting")
    REQUESTER_CHANGED = "ticket.requester_changed", _("changed whose ticket it is")
    DELETED = "ticket.deleted", _("deleted the ticket")
    UNDELETED = "ticket.undeleted", _("took the ticket back from the bin")
    REPLY_PLANNED = "reply.planned", _("planned a reply for later")
    REPLY_UNPLANNED = "reply.unplanned", _("a planned reply was stopped")
    REVIEW_ASKED = "reply.review_asked", _("asked a colleague to read a draft")
    REVIEWED_DRAFT = "reply.reviewed", _("read a draft")
    SIDE_SENT = "side.sent", _("wrote to somebody outside")
    SIDE_RECEIVED = "side.received", _("somebody outside answered")
    MACRO_USED = "macro.used", _("used a macro")
    MACRO_UNDONE = "macro.undone", _("undid a macro")
    COMPLAINT_CHANGED = "complaint.changed", _("went on with the complaint")
    BREACHED = "sla.breached", _("a target was missed")
    DUE_SOON = "sla.due_soon", _("a target is due soon")
    TAGGED = "cx.tagged", _("tagged the ticket")
    UNTAGGED = "cx.untagged", _("undid the tagging")
    REVIEWED = "cx.reviewed", _("looked into what stands behind the staff attitude")
    PROMISED = "cx.promised", _("recorded a promise")
    PROMISE_SETTLED = "cx.promise_settled", _("settled a promise")
    RECOVERED = "cx.recovered", _("made up for it")
    RECOVERY_UNDONE = "cx.recovery_undone", _("took the making up back")
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
