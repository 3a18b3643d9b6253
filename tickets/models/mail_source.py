from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.common.fields import SecretField

if TYPE_CHECKING:
    from helpdesk.people.models import User

CLAIM_LASTS = timedelta(minutes=3)  # whoever has not renewed it for so long is gone
ASK_EVERY = timedelta(seconds=50)  # by a timetable that looks twice a minute
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=15)  # after an error
LONGEST_WAIT_FOR_ONE = timedelta(hours=6)  # for a message that its server does not hand out


class MailSourceQuerySet(models.QuerySet["MailSource"]):
    def in_use(self) -> MailSourceQuerySet:
        return self.filter(mailbox__is_active=True)

    def due(self) -> MailSourceQuerySet:
        """What should be asked for new mail now."""
        return self.in_use().filter(due_at__lte=timezone.now()).order_by("due_at", "pk")


class MailSource(models.Model):
    """One row is one account on an IMAP server, from which a mailbox is read."""

    class Security(models.TextChoices):
        TLS = "tls", _("TLS")
        STARTTLS = "starttls", _("STARTTLS")
        NONE = "none", _("None")  # without encryption, said in so many words

    class SignIn(models.TextChoices):
        PASSWORD = "password", _("Password")
        GOOGLE = "google", _("Google")
        MICROSOFT = "microsoft", _("Microsoft 365")

    class AfterReading(models.TextChoices):
        LEAVE = "leave", _("Leave it where it is")
        MOVE = "move", _("Move it to a folder")

    class WhichMail(models.TextChoices):
        ALL = "all", _("Everything that lies there, too")
        NEW = "new", _("Only what arrives from now on")

    mailbox = models.OneToOneField("tickets.Mailbox", on_delete=models.CASCADE, related_name="source")
    host = models.CharField(_("server"), max_length=255)
    port = models.PositiveIntegerField(_("port"), default=993)
    security = models.CharField(_("encryption"), max_length=10, choices=Security, default=Security.TLS)
    username = models.CharField(_("user name"), max_length=320)
    sign_in = models.CharField(_("sign-in"), max_length=10, choices=SignIn, default=SignIn.PASSWORD)
    password = SecretField(_("password"), blank=True)

    # XOAUTH2: what the company's own app registration at Google or Microsoft gave.
    client_id = models.CharField(_("client ID"), max_length=255, blank=True)
    client_secret = SecretField(_("client secret"), blank=True)
    tenant = models.CharField(_("tenant"), max_length=100, blank=True)  # Microsoft's name for the organisation
    refresh_token = SecretField(blank=True)
    access_token = SecretField(blank=True)
    access_token_ends_at = models.DateTimeField(null=True, blank=True)

    which_mail = models.CharField(max_length=10, choices=WhichMail, default=WhichMail.ALL)
    connected_at = models.DateTimeField(default=timezone.now)  # since when mail is new, of this account by this choice
    after_reading = models.CharField(max_length=10, choices=AfterReading, default=AfterReading.LEAVE)
    move_to = models.CharField(_("folder"), max_length=255, blank=True)
    sent_folder = models.CharField(_("folder of sent mail"), max_length=255, blank=True)  # empty: it is not read
    uses_idle = models.BooleanField(default=True)  # the server rings; without it we ask every minute

    claimed_at = models.DateTimeField(null=True, blank=True)  # by a process that fetches, until it is done or gone
    due_at = models.DateTimeField(default=timezone.now)  # when it is asked next
    fetched_at = models.DateTimeField(null=True, blank=True)  # the latest time that the server gave us what we asked
    failing_since = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)  # in words for whoever mends it

    objects = MailSourceQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.username} on {self.host}"

    # --- Who fetches ---------------------------------------------------------------------------------------------

    def claim(self) -> bool:
        """Make it ours to fetch; False when somebody else is at it. A claim ends by itself when its holder is gone."""
        now = timezone.now()
        free = Q(claimed_at=None) | Q(claimed_at__lt=now - CLAIM_LASTS)
        return self._note(MailSource.objects.filter(free, pk=self.pk), claimed_at=now)

    def keep_claim(self) -> bool:
        """Say that we are still at it and that the server answers. False when somebody else has taken over."""
        now = timezone.now()
        return self._note(self._mine(), claimed_at=now, fetched_at=now)

    def went_well(self, *, has_more: bool, trouble: str = "") -> None:
        """The inbox was read, or as much of it as one turn may take; then the next turn is due at once. `trouble` is
        what is wrong beside it and puts nothing off."""
        now = timezone.now()
        due_at = now if has_more else now + ASK_EVERY
        since = (self.failing_since or now) if trouble else None
        self._note(
            self._mine(), claimed_at=None, fetched_at=now, due_at=due_at, failing_since=since, error=trouble[:2000]
        )

    def went_wrong(self, words: str) -> None:
        """The server could not be read. The longer that lasts, the more rarely it is asked: a password that is wrong
        every minute gets accounts locked."""
        now = timezone.now()
        since = self.failing_since or now
        wait = min(LONGEST_WAIT, max(FIRST_WAIT, now - since))
        self._note(self._mine(), claimed_at=None, due_at=now + wait, failing_since=since, error=words[:2000])

    def _mine(self) -> MailSourceQuerySet:
        return MailSource.objects.filter(pk=self.pk, claimed_at=self.claimed_at)

    def _note(self, rows: MailSourceQuerySet, **values: object) -> bool:
        if not rows.update(**values):
            return False
        for name, value in values.items():
            setattr(self, name, value)
        return True


class MailFolder(models.Model):
    """One row is one folder of a source under one UIDVALIDITY: how far it was read, and what the server said it holds.

    A server that changes UIDVALIDITY has numbered its mail anew, so the old row ends and a new one begins at nothing;
    mail that is known already is recognised by what it is, not by its number.
    """

    class Role(models.TextChoices):
        INBOX = "inbox", _("Inbox")
        SENT = "sent", _("Sent")

    source = models.ForeignKey(MailSource, on_delete=models.CASCADE, related_name="folders")
    name = models.CharField(max_length=255)
    role = models.CharField(max_length=10, choices=Role, default=Role.INBOX)
    uid_validity = models.BigIntegerField()
    last_uid = models.BigIntegerField(default=0)
    # Mail up to this number lay there when the account was connected. None where nobody looked at that moment, or the
    # numbers are other ones since: then the server's date of each mail says it, until all have been listed.
    there_up_to = models.BigIntegerField(null=True, default=0)
    on_server = models.PositiveIntegerField(default=0)  # messages the server counted when it was last asked
    counted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # the server has numbered its mail anew since
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "name", "uid_validity"], name="one_row_per_numbering"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.uid_validity})"


class FolderEntryQuerySet(models.QuerySet["FolderEntry"]):
    def there(self) -> FolderEntryQuerySet:
        """What the server holds, as far as we know."""
        return self.filter(is_gone=False)

    def missing(self) -> FolderEntryQuerySet:
        """On the server and not here, though it belongs here."""
        return self.there().filter(inbound_email=None, stays_because="")

    def staying(self) -> FolderEntryQuerySet:
        """On the server alone, and rightly so."""
        return self.there().exclude(stays_because="")

    def settled(self) -> FolderEntryQuerySet:
        """What somebody said of that it needs nothing."""
        return self.there().filter(stays_because=FolderEntry.Stays.SETTLED)

    def due(self) -> FolderEntryQuerySet:
        """What could not be had and is tried now: after a while, or as soon as the limit is higher than it is large."""
        may_be_had = Q(due_at=None) | Q(due_at__lte=timezone.now()) | Q(size__lte=settings.MAIL_SIZE_LIMIT)
        return self.missing().filter(may_be_had).order_by("uid")


class FolderEntry(models.Model):
    """One row is one message that a folder holds or held, and the raw mail it became here: the ledger's line."""

    class Stays(models.TextChoices):
        BEFORE = "before", _("Was there before it was connected")
        SETTLED = "settled", _("Settled: it needs nothing")

    folder = models.ForeignKey(MailFolder, on_delete=models.CASCADE, related_name="entries")
    uid = models.BigIntegerField()
    # None while the message could not be fetched or stored; `problem` says why, and it is tried again.
    inbound_email = models.ForeignKey(
        "tickets.InboundEmail", null=True, on_delete=models.SET_NULL, related_name="folder_entries"
    )
    is_again = models.BooleanField(default=False)  # when it came, the same mail was on the server under another number
    was_there = models.BooleanField(default=False)  # it lay there when the account was connected
    stays_because = models.CharField(max_length=10, choices=Stays, blank=True)  # empty: it belongs here
    problem = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)  # when what could not be fetched is tried again
    seen_at = models.DateTimeField(default=timezone.now)
    is_gone = models.BooleanField(default=False)  # moved or deleted on the server since: not counted there any more

    # Of a mail that is too large to be had: what its header says, so that a person can decide what to do about it.
    size = models.PositiveBigIntegerField(null=True)
    sender = models.CharField(max_length=320, blank=True)
    subject = models.CharField(max_length=255, blank=True)
    written_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)  # why it needs nothing, in the words of whoever settled it
    settled_by = models.ForeignKey("people.User", null=True, on_delete=models.SET_NULL, related_name="+")
    settled_at = models.DateTimeField(null=True)

    objects = FolderEntryQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["folder", "uid"], name="one_entry_per_uid")]
        indexes = [
            models.Index(
                fields=["folder"],
                name="folder_entry_missing",
                condition=models.Q(inbound_email=None, stays_because=""),
            ),
            models.Index(
                fields=["folder", "stays_because"], name="folder_entry_staying", condition=~models.Q(stays_because="")
            ),
            models.Index(fields=["folder"], name="folder_entry_again", condition=models.Q(is_again=True)),
            models.Index(fields=["folder", "is_gone"], name="folder_entry_there"),
        ]

    def __str__(self) -> str:
        return f"{self.folder_id}/{self.uid}"

    @property
    def is_too_large(self) -> bool:
        return self.size is not None and self.size > settings.MAIL_SIZE_LIMIT

    def settle(self, *, by: User, reason: str) -> bool:
        """Say that it needs nothing: it stays on the server and is missing no more. False when it is here by now, or
        was settled before."""
        return bool(
            FolderEntry.objects.missing().filter(pk=self.pk).update(
                stays_because=self.Stays.SETTLED, reason=reason[:200], settled_by=by, settled_at=timezone.now()
            )
        )  # fmt: skip

    def take_back(self) -> bool:
        """Not settled after all: it is missing again, and tried at once."""
        return bool(
            FolderEntry.objects.settled().filter(pk=self.pk).update(
                stays_because="", reason="", settled_by=None, settled_at=None, due_at=timezone.now()
            )
        )  # fmt: skip

    @staticmethod
    def next_try(attempts: int, *, now: datetime) -> datetime:
        """When a message is asked for again that could not be had so many times."""
        return now + min(LONGEST_WAIT_FOR_ONE, FIRST_WAIT * 2 ** min(attempts - 1, 12))
