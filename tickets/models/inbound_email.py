from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.people.access import Ability

if TYPE_CHECKING:
    from helpdesk.people.models import User


_OF_MACHINES = ["auto_reply", "bounce"]


class InboundEmailQuerySet(models.QuerySet["InboundEmail"]):
    def visible_to(self, user: User) -> InboundEmailQuerySet:
        """What this person may read: mail of the tickets they see; of what is in no ticket, that of their teams'
        mailboxes and of those that are no team's."""
        from tickets.models.ticket import Ticket

        if not user.may(Ability.RUN_MAIL):
            return self.none()
        if user.may(Ability.SEE_ALL_TICKETS):
            return self.all()
        teams = [membership.team_id for membership in user.memberships.all()]
        theirs = models.Q(mailbox__team_id__in=teams) | models.Q(mailbox__team=None)
        # Asked of each mail, not as a list of all tickets they see: the lists of this page are short, that one is not.
        seen = models.Exists(Ticket.objects.visible_to(user).filter(pk=models.OuterRef("ticket_id")))
        return self.filter(models.Q(ticket=None) & theirs | models.Q(ticket__isnull=False) & models.Q(seen))

    def waiting(self) -> InboundEmailQuerySet:
        """Stored and not yet read, oldest first."""
        return self.filter(state=InboundEmail.State.STORED).order_by("pk")

    def unreadable(self) -> InboundEmailQuerySet:
        return self.filter(state=InboundEmail.State.UNREADABLE)

    def held(self) -> InboundEmailQuerySet:
        return self.filter(state=InboundEmail.State.HELD)

    def spam(self) -> InboundEmailQuerySet:
        return self.filter(state=InboundEmail.State.SPAM)

    def automatic(self) -> InboundEmailQuerySet:
        """What a machine wrote and belongs to no ticket, reports on no mail of ours among it: people write of such
        things too, and a mail that is taken for a report must be somewhere."""
        return self.filter(outcome__in=_OF_MACHINES, ticket=None, state=InboundEmail.State.PROCESSED)

    def recoverable(self) -> InboundEmailQuerySet:
        """What a person may look at and bring in after all: mail that cannot be read, mail held back, and mail
        taken for a machine's that belongs to no ticket."""
        state = InboundEmail.State
        unplaced = models.Q(outcome__in=_OF_MACHINES, ticket=None, state=state.PROCESSED)
        return self.filter(models.Q(state__in=[state.UNREADABLE, state.HELD, state.SPAM]) | unplaced)


_IGNORED = Q(state="processed", message=None)


class InboundEmail(models.Model):
    """One row is one raw mail as it arrived, and what became of it. Stored before anything looks inside."""

    class State(models.TextChoices):
        STORED = "stored", _("Waiting")
        PROCESSED = "processed", _("Read")
        HELD = "held", _("Held")
        UNREADABLE = "unreadable", _("Unreadable")
        SPAM = "spam", _("Spam")
        DISCARDED = "discarded", _("Discarded")

    class Outcome(models.TextChoices):
        """The words of `manage.py receive_mail`; people script against them."""

        TICKET_CREATED = "ticket_created", _("New ticket")
        REPLY_ADDED = "reply_added", _("Reply added")
        AUTO_REPLY = "auto_reply", _("Automatic answer")
        BOUNCE = "bounce", _("Bounce")
        DUPLICATE = "duplicate", _("Duplicate")
        HELD = "held", _("Held")
        UNREADABLE = "unreadable", _("Unreadable")
        SIDE_ANSWER = "side_answer", _("Answer in a side conversation")
        NOTE_ADDED = "note_added", _("Note added")
        IGNORED = "ignored", _("Ignored")  # found in a folder of sent mail and no answer to a ticket

    mailbox = models.ForeignKey("tickets.Mailbox", null=True, on_delete=models.PROTECT, related_name="inbound_emails")
    key = models.CharField(max_length=64)  # identity.key_of: Message-ID, or what the mail says where there is none
    rfc_id = models.CharField(max_length=998, blank=True)
    raw = models.BinaryField()
    size = models.PositiveIntegerField()
    envelope_from = models.CharField(max_length=320, blank=True)
    envelope_to = models.JSONField(default=list)
    source = models.CharField(max_length=10, default="smtp")  # smtp, pipe, imap, sent, webhook
    received_at = models.DateTimeField(default=timezone.now)

    state = models.CharField(max_length=12, choices=State, default=State.STORED)
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True)
    reason = models.TextField(blank=True)
    # Why what was read is in no ticket, short enough for an index: a machine's mail by its reason, else the outcome.
    # Empty for all else. The ledger counts by it without touching the mails.
    ignored_because = models.GeneratedField(
        expression=Case(
            When(_IGNORED & Q(outcome__in=["auto_reply", "ignored"]) & ~Q(reason=""), then=Left("reason", 100)),
            When(_IGNORED, then=F("outcome")),
            default=Value(""),
        ),
        output_field=models.CharField(max_length=100),
        db_persist=True,
    )
    subject = models.CharField(max_length=255, blank=True)
    sender = models.CharField(max_length=320, blank=True)
    # mail.trust.verdict: {"spf": "pass", "dkim": …, "dmarc": …, "server": who said so, "confirmed": ["dkim"]}; empty
    # where no server that we trust spoke. "via": the address of the contact form that brought it.
    authentication = models.JSONField(default=dict)
    is_taught = models.CharField(max_length=8, blank=True)  # "spam" or "wanted": what a person said it is
    tried_at = models.DateTimeField(null=True)  # when the latest try began
    attempts = models.PositiveSmallIntegerField(default=0)  # counted before each try, so that a killer is found out
    processed_at = models.DateTimeField(null=True)
    retried_at = models.DateTimeField(null=True)  # the same moment for all that somebody had tried again at once
    released_by = models.ForeignKey("people.User", null=True, on_delete=models.SET_NULL, related_name="+")
    ticket = models.ForeignKey("tickets.Ticket", null=True, on_delete=models.SET_NULL, related_name="inbound_emails")
    message = models.OneToOneField(
        "tickets.Message", null=True, on_delete=models.SET_NULL, related_name="inbound_email"
    )

    objects = InboundEmailQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "key"], name="one_row_per_mail_and_mailbox")]
        indexes = [
            models.Index(
                fields=["id"],
                name="inbound_email_waiting",
                condition=models.Q(state="stored"),
            ),
            models.Index(
                fields=["-received_at"],
                name="inbound_email_aside",
                condition=models.Q(state__in=["unreadable", "held", "spam"]),
            ),
            models.Index(
                fields=["-received_at"],
                name="inbound_email_automatic",
                condition=models.Q(outcome__in=_OF_MACHINES, ticket=None, state="processed"),
            ),
            models.Index(
                fields=["retried_at"], name="inbound_email_retried", condition=models.Q(retried_at__isnull=False)
            ),
            # The ledger counts in this and nothing else, however large the mails are.
            models.Index(fields=["mailbox", "state", "source", "ignored_because"], name="inbound_email_counted"),
            models.Index(fields=["key"], name="inbound_email_key"),
            models.Index(fields=["sender", "received_at"], name="inbound_email_sender"),
        ]

    def __str__(self) -> str:
        return f"{self.subject or self.rfc_id or self.key} ({self.state})"
