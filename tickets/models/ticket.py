from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.common.errors import Refusal
from helpdesk.common.moments import is_in_a_lifetime
from helpdesk.common.text import excerpt, normalise
from helpdesk.people import access
from helpdesk.people.access import Ability
from helpdesk.people.models import CustomerAddress
from helpdesk.people.preferences import Preferences
from tickets import addressing, notifying, resolving, signals
from tickets.mail import identity
from tickets.models.attachment import Attachment
from tickets.models.complaint import Complaint
from tickets.models.delivery import Delivery
from tickets.models.draft import Draft
from tickets.models.event import Event, EventKind
from tickets.models.message import Author, Channel, Message
from tickets.models.note import Note
from tickets.models.notification import Notification
from tickets.models.reading import Reading
from tickets.models.sla import Target
from tickets.models.watcher import Watcher
from tickets.sla import policies

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from helpdesk.people.models import Customer, Team, User
    from tickets.models.mailbox import Mailbox

# Where nothing is due: one date far ahead instead of NULL, so that one index orders the queue on every database.
FAR = datetime(9999, 1, 1, tzinfo=UTC)
FIRST_NUMBER = 10_000
EXCERPT = 160
MOST_LINKS, LINK_WINDOW = 3, timedelta(hours=1)
LONGEST_PROPERTY = 80  # letters of a product and of an order


class Status(models.TextChoices):
    OPEN = "open", _("Open")
    WAITING = "waiting", _("Waiting")
    SNOOZED = "snoozed", _("Snoozed")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")


class Priority(models.TextChoices):
    LOW = "low", _("Low")
    NORMAL = "normal", _("Normal")
    HIGH = "high", _("High")
    URGENT = "urgent", _("Urgent")


class TicketKind(models.TextChoices):
    """What the customer came for. "Type" on screens."""

    QUESTION = "question", _("Question")
    PROBLEM = "problem", _("Problem")
    REQUEST = "request", _("Request")
    COMPLAINT = "complaint", _("Complaint")
    PRAISE = "praise", _("Praise")


ACTIVE = (Status.OPEN, Status.WAITING, Status.SNOOZED)
DONE = (Status.RESOLVED, Status.CLOSED)


class TicketNumber(models.Model):
    """One row is one public number given out. A number is never given twice; gaps are no harm."""

    @classmethod
    def next(cls) -> int:
        return FIRST_NUMBER + cls.objects.create().pk


class TicketQuerySet(models.QuerySet["Ticket"]):
    # --- Who may see -----------------------------------------------------------------------------------------

    def visible_to(self, user: User) -> TicketQuerySet:
        """The tickets this person may know of: their teams', their own, and those no team has yet.

        What lies in the bin nobody knows of, whoever they are: see `in_bin_of`.
        """
        return self.not_deleted()._within_reach_of(user)

    def in_bin_of(self, user: User) -> TicketQuerySet:
        """The deleted tickets that this person may take back: whoever minds the mail of a team those of the team,
        everybody else what they deleted themselves."""
        found = self.deleted()._within_reach_of(user)
        return found if user.may(Ability.RUN_MAIL) else found.filter(deleted_by_id=user.pk)

    def _within_reach_of(self, user: User) -> TicketQuerySet:
        if not user.may(Ability.SEE_TICKETS):
            return self.none()
        if user.may(Ability.SEE_ALL_TICKETS):
            return self.all()
        # The ids are few: as constants they let the planner use the queue's index, which a sub-select does not.
        teams = [membership.team_id for membership in user.memberships.all()]
        return self.filter(Q(team_id__in=teams) | Q(team_id=None) | Q(assignee_id=user.pk))

    # --- Which ones ------------------------------------------------------------------------------------------

    def not_deleted(self) -> TicketQuerySet:
        """What is not in the bin. Whatever counts, sends or waits by itself begins here."""
        return self.filter(deleted_at=None)

    def deleted(self) -> TicketQuerySet:
        return self.filter(deleted_at__isnull=False)

    def open(self) -> TicketQuerySet:
        return self.filter(status=Status.OPEN)

    def waiting(self) -> TicketQuerySet:
        return self.filter(status=Status.WAITING)

    def snoozed(self) -> TicketQuerySet:
        return self.filter(status=Status.SNOOZED)

    def not_merged(self) -> TicketQuerySet:
        """One ticket for each matter: what was merged into another one is told there."""
        return self.filter(merged_into=None)

    def active(self) -> TicketQuerySet:
        """Not resolved and not closed."""
        return self.filter(status__in=ACTIVE)

    def done(self) -> TicketQuerySet:
        return self.filter(status__in=DONE)

    def assigned_to(self, user: User) -> TicketQuerySet:
        return self.filter(assignee_id=user.pk)

    def unassigned(self) -> TicketQuerySet:
        return self.filter(assignee=None)

    def unanswered(self) -> TicketQuerySet:
        """The customer has the last public word and nobody has said why no answer is needed."""
        return self.active().filter(
            Q(last_public_reply_at=None) | Q(last_public_reply_at__lt=F("last_customer_message_at"))
        )

    def asked_by_customers(self) -> TicketQuerySet:
        """Without those in which one of us wrote first: nothing was asked in them, so no answer took any time."""
        ours = Event.objects.filter(ticket=OuterRef("pk"), kind=EventKind.CREATED, details__written_first=True)
        return self.filter(~Exists(ours))

    # --- In which order --------------------------------------------------------------------------------------

    def due_first(self) -> TicketQuerySet:
        return self.order_by("due_next_at", "pk")

    def after_due(self, due_next_at: datetime, pk: int) -> TicketQuerySet:
        """What comes behind this place in `due_first` order: a keyset, so page 200 costs what page 1 costs."""
        return self.filter(due_next_at__gte=due_next_at).exclude(due_next_at=due_next_at, pk__lte=pk).due_first()

    def newest_first(self) -> TicketQuerySet:
        return self.order_by("-created_at", "-pk")

    # --- With what -------------------------------------------------------------------------------------------

    def for_queue(self, user: User) -> TicketQuerySet:
        """What a queue row shows, in one query; `is_unread` is this user's own."""
        latest = Coalesce(OuterRef("last_customer_message_at"), OuterRef("created_at"))  # we may have written first
        seen = Reading.objects.filter(ticket=OuterRef("pk"), user_id=user.pk, read_at__gte=latest)
        return self.select_related("requester", "assignee", "team").annotate(
            is_unread=~Exists(seen) if user.pk else Value(False)
        )

    def counted_up_to(self, limit: int) -> int:
        """How many there are, but never counting past the limit: a number on a tab must not cost a table scan."""
        return self.order_by()[:limit].count()


class Ticket(models.Model):
    """One row is one matter that a customer brought to us."""

    number = models.PositiveBigIntegerField(unique=True)
    subject = models.CharField(_("subject"), max_length=255)
    requester = models.ForeignKey("people.Customer", on_delete=models.PROTECT, related_name="tickets")
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    mailbox = models.ForeignKey(
        "tickets.Mailbox", null=True, blank=True, on_delete=models.SET_NULL, related_name="tickets"
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    priority = models.CharField(_("priority"), max_length=6, choices=Priority, default=Priority.NORMAL)
    team = models.ForeignKey("people.Team", null=True, blank=True, on_delete=models.SET_NULL, related_name="tickets")
    assignee = models.ForeignKey(
        "people.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="assigned_tickets"
    )
    language = models.CharField(_("language"), max_length=8, blank=True)  # what the customer reads
    continues = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="continued_by")
    # Merged: it is closed, what it says stands in the other one's thread, and what comes for it goes there.
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")
    topic = models.CharField(max_length=20, blank=True)  # what was chosen in the web form: a hint, no more
    expected = models.TextField(blank=True)  # "What did you expect instead?"
    kind = models.CharField(_("type"), max_length=10, choices=TicketKind, blank=True)
    product = models.CharField(_("product"), max_length=80, blank=True)
    order_reference = models.CharField(_("order"), max_length=80, blank=True)
    # A web form takes any address; until a link that was sent there is opened, nobody knows whose it is.
    address_confirmed_at = models.DateTimeField(null=True)

    excerpt = models.CharField(max_length=EXCERPT, blank=True)  # of the latest thing said in public
    resolution_reason = models.TextField(blank=True)  # why no reply was needed
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    first_replied_at = models.DateTimeField(null=True)
    last_customer_message_at = models.DateTimeField(null=True)
    last_public_reply_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    # In the bin: nobody sees it, and after a while it is gone. A word from the customer takes it out again.
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.ForeignKey("people.User", null=True, on_delete=models.SET_NULL, related_name="+")

    # Neutral, indexed columns for the queue. The engines fill the due ones from targets; what else is expected or
    # at risk comes from above through `expect_by` and `weigh`.
    due_next_at = models.DateTimeField(default=FAR)
    due_next_kind = models.CharField(max_length=12, blank=True)
    risk = models.PositiveSmallIntegerField(default=0)

    objects = TicketQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["status", "due_next_at", "id"], name="ticket_queue"),
            models.Index(fields=["assignee", "status", "due_next_at", "id"], name="ticket_mine"),
            models.Index(fields=["team", "status", "due_next_at", "id"], name="ticket_team"),
            models.Index(fields=["status", "risk", "due_next_at", "id"], name="ticket_at_risk"),
            models.Index(fields=["requester", "-created_at"], name="ticket_requester"),
            models.Index(fields=["-created_at", "-id"], name="ticket_newest"),
            models.Index(fields=["resolved_at"], name="ticket_resolved", condition=Q(status="resolved")),
            models.Index(fields=["snoozed_until"], name="ticket_snoozed", condition=Q(status="snoozed")),
            models.Index(fields=["deleted_at"], name="ticket_bin", condition=Q(deleted_at__isnull=False)),
        ]
        constraints = [
            # Nobody's matter ends without an answer or a reason in words.
            models.CheckConstraint(
                name="done_means_answered_or_explained",
                condition=~Q(status__in=["resolved", "closed"])
                | Q(first_replied_at__isnull=False)
                | ~Q(resolution_reason=""),
            ),
            models.CheckConstraint(
                name="merged_means_closed", condition=Q(merged_into__isnull=True) | Q(status="closed")
            ),
            models.CheckConstraint(
                name="snoozed_means_until", condition=~Q(status="snoozed") | Q(snoozed_until__isnull=False)
            ),
            models.CheckConstraint(
                name="resolved_has_its_time",
                condition=~Q(status__in=["resolved", "closed"]) | Q(resolved_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.subject}"

    def get_absolute_url(self) -> str:
        return reverse("workspace:ticket", args=[self.number])

    # --- Predicates ----------------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        return self.status == Status.OPEN

    @property
    def is_done(self) -> bool:
        return self.status in DONE

    @property
    def is_closed(self) -> bool:
        return self.status == Status.CLOSED

    @property
    def is_merged(self) -> bool:
        return self.merged_into_id is not None

    @property
    def is_deleted(self) -> bool:
        """It lies in the bin."""
        return self.deleted_at is not None

    @property
    def has_public_reply(self) -> bool:
        return self.first_replied_at is not None

    @property
    def has_due_time(self) -> bool:
        return self.due_next_at < FAR

    @property
    def is_address_confirmed(self) -> bool:
        return self.channel != Channel.WEB or self.address_confirmed_at is not None

    @property
    def mail_domain(self) -> str:
        """What stands behind the @ of this ticket's Message-IDs."""
        return self.mailbox.domain if self.mailbox else urlsplit(settings.PUBLIC_URL).hostname or "localhost"

    def survivor(self) -> Ticket:
        """The ticket that goes on with this matter: the one it was merged into, however often that was merged, too;
        itself while it is merged into none. `merging` makes no circles."""
        ticket = self
        while ticket.merged_into_id is not None:
            ticket = Ticket.objects.select_related("requester", "mailbox", "team").get(pk=ticket.merged_into_id)
        return ticket

    # --- Opening -------------------------------------------------------------------------------------------------

    @classmethod
    def open_for(
        cls,
        requester: Customer,
        *,
        subject: str,
        channel: str,
        text: str,
        by: User | None = None,
        mailbox: Mailbox | None = None,
        team: Team | None = None,
        language: str = "",
        priority: str = Priority.NORMAL,
        continues: Ticket | None = None,
        topic: str = "",
        expected: str = "",
        at: datetime | None = None,
        said: Mapping[str, Any] | None = None,
        **details: Any,
    ) -> Message:
        """The first message of a new ticket, which has the next public number and the targets of its priority.

        `said` are more columns of the message; `details` go into the event of the opening: what else is known of how it
        came in. What a machine said starts no clock.
        """
        now = at or timezone.now()
        ticket = cls(
            subject=subject.strip()[:255] or _t("(no subject)"),
            requester=requester,
            channel=channel,
            mailbox=mailbox,
            team_id=team.pk if team else mailbox.team_id if mailbox else None,
            language=language,
            priority=priority,
            continues=continues,
            topic=topic,
            expected=expected,
            created_at=now,
            updated_at=now,
        )
        message = Message(
            author=Author.CUSTOMER, customer=requester, text=text, channel=channel, said_at=now, **(said or {})
        )
        with transaction.atomic(savepoint=False):
            targets = []
            if not message.is_auto:
                targets = policies.first_asked(ticket, at=now)
                ticket.last_customer_message_at, ticket.excerpt = now, excerpt(text, limit=EXCERPT)
                ticket._take_due_time(min(targets, key=lambda target: target.due_at))
            # Written once, with what is true at the end of the transaction.
            ticket.number = TicketNumber.next()
            ticket.save(force_insert=True)
            message.ticket = ticket
            message.save(force_insert=True)
            Target.objects.bulk_create(targets)
            if continues and not message.is_auto:
                continues.return_from_bin(by=None, because="customer")
            facts: list[tuple[str, User | None, dict[str, Any]]] = [
                (EventKind.CREATED, by, {"channel": channel, **details})
            ]
            if continues:
                facts.append((EventKind.CONTINUED, None, {"number": continues.number}))
            facts.append((EventKind.RECEIVED, None, {"message": message.pk, "auto": message.is_auto}))
            ticket._record_all(facts, at=now)
        return message

    @classmethod
    def begin(
        cls,
        requester: Customer,
        *,
        subject: str,
        by: User,
        mailbox: Mailbox | None = None,
        team: Team | None = None,
        language: str = "",
    ) -> Ticket:
        """A new ticket in which nobody has said anything: one of us is about to write first.

        Nothing was asked, so no clock runs before the customer writes.
        """
        now = timezone.now()
        with transaction.atomic():
            ticket = cls.objects.create(
                number=TicketNumber.next(), subject=subject.strip()[:255] or _t("(no subject)"), requester=requester,
                channel=Channel.EMAIL, mailbox=mailbox, language=language,
                team_id=team.pk if team else mailbox.team_id if mailbox else None, created_at=now, updated_at=now,
            )  # fmt: skip
            ticket.record(EventKind.CREATED, actor=by, at=now, channel=ticket.channel, written_first=True)
        return ticket

    # --- What is said --------------------------------------------------------------------------------------------

    def receive(
        self,
        *,
        text: str,
        customer: Customer,
        channel: str,
        at: datetime | None = None,
        **fields: Any,
    ) -> Message:
        """Add what a customer said. Wakes, un-waits or reopens the ticket; a machine's answer changes no state.

        A ticket that was merged, perhaps only just now, hands it on: the message is the survivor's, and whoever takes
        no part there is a stranger in it. One that lies in the bin comes out of it. Replies that were planned for
        later are drafts again.
        """
        from tickets import planning  # which says replies

        with self._locked(savepoint=False):
            if self.is_merged:
                survivor, address = self.survivor(), str(fields.get("from_address", ""))
                knows = survivor.has_participant(address) if address else customer.pk == survivor.requester_id
                fields["is_from_stranger"] = not knows or bool(fields.get("is_from_stranger"))
                return survivor.receive(text=text, customer=customer, channel=channel, at=at, **fields)
            now = at or timezone.now()
            message = self.messages.create(
                author=Author.CUSTOMER, customer=customer, text=text, channel=channel, said_at=now, **fields
            )
            event = self.record(EventKind.RECEIVED, at=now, message=message.pk, auto=message.is_auto)
            if message.is_auto:
                return message
            self.return_from_bin(by=None, because="customer")
            planning.customer_wrote(self)
            if self.is_done:
                event = self.record(EventKind.REOPENED, at=now, by="customer")
            self.status, self.resolved_at, self.closed_at, self.snoozed_until = Status.OPEN, None, None, None
            self.last_customer_message_at = max(now, self.last_customer_message_at or now)
            self.excerpt = excerpt(text, limit=EXCERPT)
            running = policies.customer_wrote(self, at=now)
            self._save_and_refresh_due(nearest=min(running, key=lambda target: (target.due_at, target.pk)))
            if self.assignee_id and not (message.is_from_stranger and self._is_assignee_at(message.from_address)):
                kind = Notification.Kind
                told = kind.SOMEBODY_WROTE if message.is_from_stranger else kind.CUSTOMER_WROTE
                notifying.tell([self.assignee], told, ticket=self, event=event)
            self._tell_watchers(event, besides=message.from_address)
        return message

    def reply(
        self,
        *,
        by: User,
        text: str,
        then: str = Status.OPEN,
        to: Collection[str] | None = None,
        cc: Collection[str] | None = None,
        files: Iterable[Attachment] = (),
        undo_seconds: int | None = None,
        seen: int | None = None,
    ) -> Message:
        """Say something to the customer, by mail where we have an address, and leave the ticket as `then` says.

        Without `to` and `cc` it goes to whom `recipients.who_is_answered` names; with `to` alone to nobody else.
        `files` waited with the writer's draft and go with it. `seen` is the newest message the writer had before
        them; when another has come since, the reply is refused so that nobody answers past the customer. So it is
        while a macro's variable stands in it unfilled. Until `undo_seconds` are over `take_back` undoes it all.
        """
        from tickets import macros  # which read tickets

        if not text.strip():
            raise Refusal(_t("Write your reply first."))
        macros.check_filled(text)
        with self._locked():
            self._refuse_if_merged()
            self._refuse_if_deleted()
            if newer := self.said_since(seen, by=by):
                raise Refusal(
                    _t("%(name)s wrote while you were writing. Read the new message, then send.")
                    % {"name": newer.author_name}
                )
            now = timezone.now()
            to, cc = addressing.circle_of(self, typed=[*(to or ()), *(cc or ())]).checked(to, cc)
            was = self.status
            message = self.messages.create(
                author=Author.AGENT, user=by, text=text.strip(), channel=self.channel, said_at=now,
                language=self.language, to=to, cc=cc, rfc_id=self._message_id(),
            )  # fmt: skip
            self._take_files(files, by=by, mode=Draft.Mode.REPLY, message=message)
            wait = Preferences.of(by).undo_span if undo_seconds is None else undo_seconds
            for address in (*to, *cc):
                self._deliver(message, address, due_at=now + timedelta(seconds=wait))
            self.first_replied_at = self.first_replied_at or now
            self.last_public_reply_at = now
            self.excerpt = excerpt(text, limit=EXCERPT)
            if self.assignee is None:
                self.assignee = by
                self.record(EventKind.ASSIGNED, actor=by, to=by.name, to_id=by.pk)
            policies.agent_replied(self, at=now)
            event = self.record(EventKind.REPLIED, actor=by, at=now, message=message.pk, was=was)
            self._tell_watchers(event)
            if self.kind == TicketKind.COMPLAINT:
                Complaint.told_by(message)
            if self.is_done and then in (Status.OPEN, Status.RESOLVED):
                then = self.status  # a word after the end reopens nothing, not even what is closed
            self._become(then, by=by, at=now)
            self._save_and_refresh_due()
        return message

    def said_since(self, seen: int | None, *, by: User) -> Message | None:
        """The newest message, where it is another's than `by`'s and they have not had it before them. What a machine
        says is no reason to read again."""
        if seen is None:
            return None
        people = self.messages.exclude(author=Author.AUTOMATIC).exclude(is_auto=True)
        newest = people.select_related("user", "customer").order_by("-pk").first()
        return newest if newest is not None and newest.pk > seen and newest.user_id != by.pk else None

    def answered_elsewhere(self, *, by: User | None, text: str, at: datetime, **fields: Any) -> Message:
        """Add an answer that left by somebody's own mail program: it meets the targets as a reply does, and no mail
        goes out. `by` is None when it came from an address of ours that is no one person's. The status stays."""
        with self._locked():
            if self.is_merged:
                return self.survivor().answered_elsewhere(by=by, text=text, at=at, **fields)
            message = self.messages.create(
                author=Author.AGENT, kind="elsewhere", user=by, text=text, channel=Channel.EMAIL, said_at=at, **fields
            )
            self.return_from_bin(by=by, because="answer")
            self.first_replied_at = min(at, self.first_replied_at or at)
            self.last_public_reply_at = max(at, self.last_public_reply_at or at)
            if self.last_public_reply_at == at and at >= (self.last_customer_message_at or at):
                self.excerpt = excerpt(text, limit=EXCERPT)
            if self.assignee is None and by is not None:
                self.assignee = by
                self.record(EventKind.ASSIGNED, actor=by, to=by.name, to_id=by.pk)
            policies.agent_replied(self, at=at)
            event = self.record(EventKind.ANSWERED_ELSEWHERE, actor=by, at=at, message=message.pk)
            self._tell_watchers(event)
            self._save_and_refresh_due()
        return message

    def announce(
        self, *, kind: str, text: str, due_at: datetime | None = None, address: str | None = None
    ) -> Message | None:
        """Say something by machine: an acknowledgement, a survey. Meets no target and changes no state.

        None when there is no address to say it to. `kind` names the composer that writes the mail; `address` is the
        requester's, where the caller has it already.
        """
        from tickets import identities  # which reads tickets

        address = identities.address_for(self) if address is None else address
        if not address:
            return None
        with transaction.atomic(savepoint=False):  # the ticket's row stays as it is, so it is not locked
            message = self.messages.create(
                author=Author.AUTOMATIC,
                kind=kind,
                text=text,
                channel=Channel.EMAIL,
                language=self.language,
                to=[address],
                rfc_id=self._message_id(),
            )
            self._deliver(message, address, due_at=due_at or timezone.now())
            self.record(EventKind.ANNOUNCED, message=message.pk, what=kind)
        return message

    def send_link(self, *, to: str) -> bool:
        """Mail the link that follows this ticket to an address of its requester, and to nobody else's.

        At most three an hour to one address, and none to one whose mail came back. Returns whether one will leave.
        """
        from tickets import identities  # which reads tickets

        with self._locked():
            known = self.requester.addresses.filter(address=to.strip(), bounced_at=None).first()
            if known is None or not identities.may_read(known, self):
                return False
            lately = Delivery.objects.filter(
                kind="link", address=known.address, created_at__gt=timezone.now() - LINK_WINDOW
            )
            if lately[:MOST_LINKS].count() >= MOST_LINKS:
                return False
            delivery = self.deliveries.create(
                kind="link", address=known.address, rfc_id=identity.link_id(number=self.number, domain=self.mail_domain)
            )
            self.record(EventKind.ANNOUNCED, what="link")
            self._ring(delivery)
        return True

    def take_back(self, message: Message, *, by: User) -> str:
        """Undo a reply while it still waits to be sent, and return its text.

        It is its writer's draft again, with whom it was for and its files. Refuses once any recipient's mail has
        left. The state of the ticket is what it was before the reply.
        """
        with self._locked():
            self._refuse_if_merged()
            if message.ticket_id != self.pk or message.user_id != by.pk:
                raise Refusal(_t("Only the person who wrote a reply can take it back."))
            waiting = message.deliveries.count()
            if (
                not waiting
                or message.deliveries.filter(state=Delivery.State.PENDING, due_at__gt=timezone.now()).update(
                    state=Delivery.State.CANCELLED
                )
                < waiting
            ):
                raise Refusal(_t("Too late: the reply was sent."))
            text, since = message.text, message.said_at
            was = self._status_before(message)
            draft, _new = Draft.objects.update_or_create(
                ticket=self, user=by, mode=Draft.Mode.REPLY,
                defaults={"text": text, "to": message.to, "cc": message.cc},
            )  # fmt: skip
            message.attachments.update(message=None, draft=draft)
            self._forget_what_watchers_were_told(message)
            signals.reply_taken_back.send(type(self), message=message)
            message.delete()
            self._forget_reply()
            self.targets.filter(met_at__gte=since).update(met_at=None)
            self.targets.filter(dropped_at__gte=since, kind__in=["first_reply", "next_reply"]).update(dropped_at=None)
            if self.targets.unsettled().filter(kind=Target.Kind.FIRST_REPLY).exists():
                # The customer wrote again meanwhile; it is their first answer that is due once more.
                self.targets.unsettled().filter(kind=Target.Kind.NEXT_REPLY).delete()
            if self.status != was and self.status in (Status.WAITING, Status.RESOLVED):
                self._return_to(was, by=by)
            self._save_and_refresh_due()
        return text

    def send_now(self, message: Message, *, by: User) -> bool:
        """Let a reply leave that still waits for its writer to think again; only they may. It can't be taken back
        then. Returns whether anything still waited."""
        with self._locked():
            if message.ticket_id != self.pk or message.user_id != by.pk:
                raise Refusal(_t("Only the person who wrote a reply can send it."))
            now = timezone.now()
            waiting = list(message.deliveries.filter(state=Delivery.State.PENDING, due_at__gt=now))
            message.deliveries.filter(pk__in=[delivery.pk for delivery in waiting]).update(due_at=now)
            for delivery in waiting:
                self._ring(delivery)
            return bool(waiting)

    def add_note(self, *, by: User, text: str, files: Iterable[Attachment] = ()) -> Note:
        """Say something among agents. It can reach no customer: it is not a message.

        `files` waited with the writer's draft of a note and stand beside it. Whom it calls by name is told, as far as
        they may see the ticket, and watches it from now on; who may not is in the note's `left_out`.
        """
        from tickets import mentions  # which reads tickets

        if not text.strip():
            raise Refusal(_t("Write your note first."))
        with self._locked():
            called = mentions.called_in(text, ticket=self, by=by)
            note = self.notes.create(user=by, text=text.strip(), mentions=called.words)
            note.left_out = called.left_out
            self._take_files(files, by=by, mode=Draft.Mode.NOTE, note=note)
            event = self.record(EventKind.NOTED, actor=by, note=note.pk)
            kind = Notification.Kind
            notifying.tell([*called.people, *called.members], kind.MENTIONED, ticket=self, event=event)
            notifying.tell([self.assignee], kind.NOTED, ticket=self, event=event)
            self._tell_watchers(event)
            self._have_watched_by(called.people)
        return note

    # --- Who wants to know ---------------------------------------------------------------------------------------

    def who_may_see(self) -> QuerySet[User]:
        """The people who may know of it: `visible_to`, asked from the other side. Nobody while it is in the bin."""
        people = self._people_who_may(Ability.SEE_TICKETS)
        return people.none() if self.is_deleted else people

    def watching(self) -> QuerySet[User]:
        """Who watches it and may still see it. Whoever no longer may is told nothing, until they may again."""
        return self.who_may_see().filter(watched__ticket=self)

    def watch(self, *, who: User, by: User) -> bool:
        """Tell this person what happens here from now on. Returns whether they did not watch it before.

        Everybody decides for themselves; leads and managers for others, too.
        """
        self._refuse_for_others(who, by=by)
        with self._locked():
            if not self.who_may_see().filter(pk=who.pk).exists():
                raise Refusal(_t("%(name)s cannot see this ticket.") % {"name": who.name})
            return bool(self._have_watched_by([who]))

    def unwatch(self, *, who: User, by: User) -> bool:
        """The opposite of `watch`. Returns whether they watched it."""
        self._refuse_for_others(who, by=by)
        with self._locked():
            return bool(self.watchers.filter(user=who).delete()[0])

    def _refuse_for_others(self, who: User, *, by: User) -> None:
        if who.pk != by.pk and not by.may(Ability.SHARE):
            raise Refusal(_t("Only team leads and managers choose what others watch."))

    def _have_watched_by(self, people: Iterable[User]) -> list[Watcher]:
        """Those that are new. In one statement, so that two at once are no conflict."""
        wanted = {user.pk for user in people}
        if not wanted:
            return []
        watching = set(self.watchers.filter(user__in=wanted).values_list("user_id", flat=True))
        rows = [Watcher(ticket=self, user_id=pk) for pk in wanted - watching]
        return Watcher.objects.bulk_create(rows, ignore_conflicts=True)

    def _tell_watchers(self, event: Event, *, besides: str = "") -> None:
        """After everybody who is told the same for a better reason: one event tells each person one thing."""
        people = [user for user in self.watching() if user.email.lower() != (besides or "").strip().lower()]
        notifying.tell(people, Notification.Kind.WATCHED, ticket=self, event=event)

    def _forget_what_watchers_were_told(self, message: Message) -> None:
        """A reply that is taken back was never said: what is neither read nor mailed of it is told to nobody."""
        of_it = self.events.filter(kind=EventKind.REPLIED, details__message=message.pk)
        told = Notification.objects.filter(event__in=of_it, kind=Notification.Kind.WATCHED)
        told.filter(read_at=None, mailed_at=None).delete()

    # --- Who answers ---------------------------------------------------------------------------------------------

    def who_may_answer(self) -> QuerySet[User]:
        """The people it can be given to: who answers tickets and sees this one, or works for every team."""
        return self._people_who_may(Ability.REPLY)

    def _people_who_may(self, ability: Ability) -> QuerySet[User]:
        """By their role, and because it is in no team, in one of theirs, or their own."""
        from helpdesk.people.models import User

        people = User.objects.filter(is_active=True, role__in=access.roles_that_may(ability))
        if self.team_id:
            wide = Q(role__in=access.roles_that_may(Ability.SEE_ALL_TICKETS))
            people = people.filter(wide | Q(memberships__team_id=self.team_id) | Q(pk=self.assignee_id)).distinct()
        return people.order_by("name", "pk")

    def assign(self, *, to: User, by: User | None) -> bool:
        """Give the ticket to a person. Returns whether anything changed."""
        with self._locked():
            if self.assignee_id == to.pk:
                return False
            if not to.may(Ability.REPLY):
                raise Refusal(_t("%(name)s cannot answer tickets.") % {"name": to.name})
            was = self.assignee
            self.assignee = to
            before: dict[str, Any] = {"was": was.name, "was_id": was.pk} if was else {}
            event = self.record(EventKind.ASSIGNED, actor=by, to=to.name, to_id=to.pk, **before)
            self._save("assignee")
            notifying.tell([to], Notification.Kind.ASSIGNED, ticket=self, event=event)
        return True

    def unassign(self, *, by: User | None) -> bool:
        """The opposite of `assign`."""
        with self._locked():
            was = self.assignee
            if was is None:
                return False
            self.assignee = None
            self.record(EventKind.UNASSIGNED, actor=by, was=was.name, was_id=was.pk)
            self._save("assignee")
        return True

    def move(self, *, to: Team | None, by: User | None) -> bool:
        """Give the ticket to another team's queue. Returns whether anything changed."""
        with self._locked():
            if self.team_id == (to.pk if to else None):
                return False
            self.team = to
            self.record(EventKind.MOVED, actor=by, to=to.name if to else "")
            self._save("team")
        return True

    def change_requester(self, *, to: Customer, by: User | None) -> bool:
        """It is this customer's ticket from now on; with the one who had it before, it is its own opposite.

        What was said stays with whoever said it. The new requester reads all of it, and replies go to them; a link
        that was mailed to the one before opens it no more, until it is theirs again. Returns whether anything changed.
        """
        from tickets import requesters  # which reads tickets

        with self._locked():
            self._refuse_if_merged()
            to, was = to.kept, self.requester
            if was.pk == to.pk:
                return False
            turn = requesters.next_turn(self, to=to, now=timezone.now())
            self.requester = to
            self.record(
                EventKind.REQUESTER_CHANGED, actor=by, was=was.pk, was_name=str(was), to=to.pk, name=str(to),
                turn=turn.number, since=turn.since.isoformat() if turn.since else None,
            )  # fmt: skip
            self._save("requester")
            for known in ("requester_since", "requester_turn"):  # what a page had loaded before
                self.__dict__.pop(known, None)
        return True

    def prioritise(self, *, priority: str, by: User | None) -> bool:
        """Set the priority. Replies that are due move with it. Returns whether anything changed."""
        if priority not in Priority.values:
            raise Refusal(_t("Choose one of the four priorities."))
        with self._locked():
            if self.priority == priority:
                return False
            self.record(EventKind.PRIORITISED, actor=by, was=self.priority, to=priority)
            self.priority = priority
            policies.priority_changed(self)
            self._save_and_refresh_due()
        return True

    # --- What it is about ----------------------------------------------------------------------------------------

    def describe(
        self,
        *,
        by: User | None,
        kind: str | None = None,
        product: str | None = None,
        order_reference: str | None = None,
    ) -> bool:
        """Say what the customer came for, and which product and order it is about. Returns whether anything changed.

        What is not given stays as it is, and an empty text takes it off. So it is its own way back, with what stood
        there before, which the event keeps.
        """
        if kind is not None and kind not in ("", *TicketKind.values):
            raise Refusal(_t("Choose a type from the list."))
        said = {"kind": kind, "product": product, "order_reference": order_reference}
        given = {name: normalise(text, single_line=True) for name, text in said.items() if text is not None}
        if any(len(text) > LONGEST_PROPERTY for text in given.values()):
            raise Refusal(_t("At most %(most)s letters.") % {"most": LONGEST_PROPERTY})
        with self._locked():
            was = {name: getattr(self, name) for name, text in given.items() if getattr(self, name) != text}
            if not was:
                return False
            became = {name: given[name] for name in was}
            for name, text in became.items():
                setattr(self, name, text)
            self.record(EventKind.DESCRIBED, actor=by, was=was, became=became)
            self._save(*was)
            if became.get("kind") == TicketKind.COMPLAINT:
                Complaint.open(self, by=by)
        return True

    # --- Where it stands -----------------------------------------------------------------------------------------

    def wait(self, *, by: User | None) -> bool:
        """It is the customer's turn: the resolution clock stops. Returns whether anything changed."""
        return self._change(Status.WAITING, by=by)

    def resolve(self, *, by: User | None, reason: str = "", regardless: bool = False) -> bool:
        """Close our side of the conversation. A customer's next message reopens it.

        Resolving twice is no error and leaves one event. Refuses one of us while something is still needed of the
        ticket (`resolving`), unless it is resolved regardless, as spam is. Returns whether anything changed.
        """
        with self._locked():
            if self.is_done:
                return False
            self.resolution_reason = reason.strip() or self.resolution_reason
            self._become(Status.RESOLVED, by=by, at=timezone.now(), regardless=regardless)
            self._save_and_refresh_due()
            self._tell_watchers(self.events.filter(kind=EventKind.RESOLVED).latest("pk"))
        return True

    def reopen(self, *, by: User | None, reason: str = "") -> bool:
        """The opposite of `resolve`, `wait` and `snooze`. A closed ticket stays closed."""
        with self._locked():
            self._refuse_if_merged()
            if self.is_closed:
                raise Refusal(_t("This ticket is closed. A new message opens a new one that is linked to it."))
            if self.is_open:
                return False
            now, was_done = timezone.now(), self.is_done
            self.status, self.resolved_at, self.snoozed_until = Status.OPEN, None, None
            self.resolution_reason = ""
            event = self.record(EventKind.REOPENED, actor=by, reason=reason, was_done=was_done)
            policies.resume(self, at=now)
            policies.reopened(self, at=now)
            self._save_and_refresh_due()
            if by is None:
                self._tell_not_solved(event)
            if was_done:
                self._tell_watchers(event)
        return True

    def snooze(self, *, until: datetime, by: User | None) -> bool:
        """Out of sight until then; every clock runs on. Returns whether anything changed."""
        if until <= timezone.now():
            raise Refusal(_t("Choose a time that is still to come."))
        if not is_in_a_lifetime(until):
            raise Refusal(_t("Choose a time within the next hundred years."))
        with self._locked():
            if self.is_done:
                raise Refusal(_t("A resolved ticket needs no snoozing."))
            if self.status == Status.SNOOZED and self.snoozed_until == until:
                return False
            self.status, self.snoozed_until = Status.SNOOZED, until
            self.record(EventKind.SNOOZED, actor=by, until=until.isoformat())
            policies.resume(self, at=timezone.now())
            self._save_and_refresh_due()
        return True

    def wake(self, *, by: User | None = None) -> bool:
        """The opposite of `snooze`. Returns whether anything changed."""
        with self._locked():
            if self.status != Status.SNOOZED:
                return False
            self.status, self.snoozed_until = Status.OPEN, None
            event = self.record(EventKind.WOKE, actor=by)
            self._save_and_refresh_due()
            if by is None:
                notifying.tell([self.assignee], Notification.Kind.WOKE, ticket=self, event=event)
        return True

    def close(self) -> bool:
        """End a resolved ticket for good; `closing` decides when. Returns whether anything changed."""
        with self._locked():
            if self.status != Status.RESOLVED:
                return False
            self.status, self.closed_at = Status.CLOSED, timezone.now()
            self.record(EventKind.CLOSED)
            self._save("status", "closed_at")
        return True

    # --- The bin -------------------------------------------------------------------------------------------------

    def return_from_bin(self, *, by: User | None, because: str = "") -> bool:
        """As if it had never been deleted, with what was merged into it. `deleting.delete` is the opposite.

        Somebody's word takes it out by itself: `because` says whose. Returns whether anything changed.
        """
        from tickets import merging  # which reads tickets

        with self._locked():
            if self.is_merged:
                return self.survivor().return_from_bin(by=by, because=because)
            if not self.is_deleted:
                return False
            self.deleted_at, self.deleted_by = None, None
            self._save("deleted_at", "deleted_by")
            along = [one.pk for one in merging.taken_in(self)]
            Ticket.objects.filter(pk__in=along).update(deleted_at=None, deleted_by=None)
            self.record(EventKind.UNDELETED, actor=by, because=because)
        return True

    def confirm_address(self) -> bool:
        """A link that went to the requester's address was opened: it is theirs."""
        with self._locked():
            if self.address_confirmed_at is not None:
                return False
            self.address_confirmed_at = timezone.now()
            self._confirmed_addresses().update(confirmed_at=self.address_confirmed_at)
            self.record(EventKind.CONFIRMED)
            self._save("address_confirmed_at")
        return True

    def _confirmed_addresses(self) -> QuerySet[CustomerAddress]:
        """Whose opening of the ticket's link it was. Where that went to several of the requester's addresses, nobody
        knows, and it shows nothing about any of them."""
        theirs = self.requester.addresses.all()
        if theirs.count() > 1:
            mailed = list(theirs.filter(address__in=self.deliveries.values("address")).values_list("pk", flat=True))
            theirs = theirs.filter(pk__in=mailed if len(mailed) == 1 else [])
        return theirs.filter(confirmed_at=None)

    # --- What is expected ----------------------------------------------------------------------------------------

    def expect_by(self, due_at: datetime, *, kind: str, key: str, started_at: datetime | None = None) -> None:
        """Something else is due on this ticket: a promise. The same key again moves it."""
        with self._locked():
            if self.is_merged:
                return self.survivor().expect_by(due_at, kind=kind, key=key, started_at=started_at)
            self.targets.unsettled().update_or_create(
                ticket=self, kind=kind, key=key, defaults={"due_at": due_at},
                create_defaults={"due_at": due_at, "started_at": started_at or timezone.now()},
            )  # fmt: skip
            self._save_and_refresh_due()

    def expectation_ended(self, *, kind: str, key: str, met: bool) -> None:
        """What `expect_by` announced was done, or is no longer expected."""
        with self._locked():
            if self.is_merged:
                return self.survivor().expectation_ended(kind=kind, key=key, met=met)
            now = timezone.now()
            ended = {"met_at": now} if met else {"dropped_at": now}
            self.targets.unsettled().filter(kind=kind, key=key).update(**ended)
            self._save_and_refresh_due()

    def weigh(self, risk: int) -> None:
        """How much is at stake, 0 to 100, for the second order of the queue."""
        self.risk = max(0, min(100, risk))
        Ticket.objects.filter(pk=self.pk).update(risk=self.risk)

    def mark_breaches(self, *, now: datetime) -> int:
        """Record each running target whose time has passed, once. Returns how many were new."""
        with self._locked():
            missed = list(self.targets.running().filter(due_at__lt=now, breached_at=None))
            for target in missed:
                target.breached_at = now
                target.save(update_fields=["breached_at"])
                event = self.record(EventKind.BREACHED, kind=target.kind, due=target.due_at.isoformat())
                if target.kind != Target.Kind.PROMISE:
                    notifying.tell([self.assignee], Notification.Kind.BREACHED, ticket=self, event=event)
        return len(missed)

    def mark_due_soon(self, *, now: datetime) -> int:
        """Say once of each target that it is nearly due, to whoever answers. Returns how many were new."""
        with self._locked():
            if self.assignee is None:
                return 0
            near = list(notifying.due_soon(now).filter(ticket=self))
            for target in near:
                due = target.due_at.isoformat()
                event = self.record(EventKind.DUE_SOON, target=str(target.pk), kind=target.kind, due=due)
                notifying.tell([self.assignee], Notification.Kind.DUE_SOON, ticket=self, event=event)
        return len(near)

    # --- Reading and recording -----------------------------------------------------------------------------------

    def mark_read(self, *, by: User) -> None:
        """This person has the ticket before them now."""
        now = timezone.now()
        Reading.objects.bulk_create(  # one statement: two tabs opened at once are no conflict
            [Reading(ticket=self, user=by, read_at=now)],
            update_conflicts=True, unique_fields=["user", "ticket"], update_fields=["read_at"],
        )  # fmt: skip
        Notification.objects.filter(ticket=self, user=by, read_at=None).update(read_at=now)

    def has_participant(self, address: str) -> bool:
        """Whether somebody at this address has written in the ticket or been written to."""
        from tickets import identities  # which reads tickets

        address = address.strip().lower()
        theirs = CustomerAddress.objects.filter(customer=self.requester_id, address=address).first()
        return (
            (theirs is not None and identities.may_read(theirs, self))
            or self.deliveries.filter(address=address, message__isnull=False).exists()
            or self.messages.filter(from_address=address, is_from_stranger=False).exists()
        )

    def _is_assignee_at(self, address: str) -> bool:
        return self.assignee is not None and self.assignee.email.lower() == address.strip().lower()

    def record(self, kind: str, /, *, actor: User | None = None, at: datetime | None = None, **details: Any) -> Event:
        """Write the fact into the log, in the transaction of the change it is about. The bell rings after commit."""
        (event,) = self._record_all([(kind, actor, details)], at=at or timezone.now())
        return event

    # --- Inside --------------------------------------------------------------------------------------------------

    def _record_all(self, facts: Iterable[tuple[str, User | None, dict[str, Any]]], *, at: datetime) -> list[Event]:
        """Facts as (kind, actor, details), in the order in which they came about."""
        events = Event.objects.bulk_create(
            Event(ticket=self, kind=kind, actor=actor, happened_at=at, details=details)
            for kind, actor, details in facts
        )
        for event in events:
            ring = partial(
                signals.event_recorded.send_robust, sender=Ticket, event_id=event.pk, ticket_id=self.pk, kind=event.kind
            )
            transaction.on_commit(ring, robust=True)
        return events

    def _locked(self, *, savepoint: bool = True) -> _Locked:
        return _Locked(self, savepoint=savepoint)

    def _refuse_if_merged(self) -> None:
        if self.is_merged:
            raise Refusal(_t("This ticket was merged into #%(number)s. Go on there.") % {
                "number": self.survivor().number,
            })  # fmt: skip

    def _refuse_if_deleted(self) -> None:
        if self.is_deleted:
            raise Refusal(_t("This ticket is in the bin. Take it back first."))

    def _change(self, status: str, *, by: User | None) -> bool:
        with self._locked():
            if self.status == status:
                return False
            self._become(status, by=by, at=timezone.now())
            self._save_and_refresh_due()
        return True

    def _become(self, status: str, *, by: User | None, at: datetime, regardless: bool = False) -> None:
        """Change the status with its clocks and its event. The caller holds the lock and saves."""
        if status == self.status:
            return
        if status == Status.WAITING:
            if self.is_done:
                raise Refusal(_t("Reopen the ticket first."))
            self.status, self.snoozed_until = Status.WAITING, None
            policies.pause(self, at=at)
            self.record(EventKind.WAITED, actor=by, at=at)
        elif status == Status.RESOLVED:
            if not self.has_public_reply and not self.resolution_reason:
                raise Refusal(_t("Reply first, or say why no reply is needed."))
            if by is not None and not regardless:
                resolving.check(self)
            self.status, self.resolved_at, self.snoozed_until = Status.RESOLVED, at, None
            policies.resolved(self, at=at)
            self.record(EventKind.RESOLVED, actor=by, at=at, reason=self.resolution_reason)
        elif status == Status.OPEN:
            was = self.status
            self.status, self.snoozed_until = Status.OPEN, None
            policies.resume(self, at=at)
            if was == Status.SNOOZED:
                self.record(EventKind.WOKE, actor=by, at=at)
            elif was == Status.WAITING:
                self.record(EventKind.REOPENED, actor=by, at=at, was_done=False)
        else:
            raise Refusal(_t("Choose open, waiting or resolved."))

    def _status_before(self, message: Message) -> str:
        """How the ticket stood when the reply was written."""
        event = self.events.filter(kind=EventKind.REPLIED, details__message=message.pk).first()
        return str(event.details.get("was", Status.OPEN)) if event else str(Status.OPEN)

    def _forget_reply(self) -> None:
        """What the columns say of replies, from those that are left."""
        said = self.messages.filter(author=Author.AGENT).order_by("said_at", "pk")
        first, latest = said.first(), said.last()
        self.first_replied_at = first.said_at if first else None
        self.last_public_reply_at = latest.said_at if latest else None
        last = self.messages.exclude(author=Author.AUTOMATIC).in_order().last()
        self.excerpt = excerpt(last.text, limit=EXCERPT) if last else ""

    def _return_to(self, was: str, *, by: User) -> None:
        """Undo what a reply did to the status. A snooze that it ended stays ended: its time may have come."""
        now = timezone.now()
        self.status = Status.WAITING if was == Status.WAITING else Status.OPEN
        self.resolved_at, self.resolution_reason = None, ""
        policies.resume(self, at=now)
        if self.status == Status.WAITING:
            policies.pause(self, at=now)
        self.record(EventKind.REOPENED, actor=by, by="undo", was_done=False)

    def _save(self, *fields: str) -> None:
        self.updated_at = timezone.now()
        self.save(update_fields=[*fields, "updated_at"])

    def _save_and_refresh_due(self, *, nearest: Target | None = None) -> None:
        """Save what the verbs change, with the nearest running target as the due time of the queue."""
        if nearest is None and not self.is_done:
            nearest = self.targets.running().order_by("due_at", "pk").first()
        self._take_due_time(nearest)
        self._save(
            "status", "priority", "assignee", "excerpt", "resolution_reason", "first_replied_at",
            "last_customer_message_at", "last_public_reply_at", "snoozed_until", "resolved_at", "closed_at",
            "due_next_at", "due_next_kind",
        )  # fmt: skip

    def _take_due_time(self, nearest: Target | None) -> None:
        self.due_next_at, self.due_next_kind = (nearest.due_at, nearest.kind) if nearest else (FAR, "")

    def _take_files(self, files: Iterable[Attachment], *, by: User, mode: str, **to: Message | Note) -> None:
        """Move files from a draft to what it became. Only the writer's, and only of that mode: what was put beside a
        note can go with no reply."""
        wanted = [file.pk for file in files]
        if wanted:
            waiting = Attachment.objects.filter(draft__ticket=self, draft__user=by, draft__mode=mode, pk__in=wanted)
            if waiting.update(draft=None, **to) < len(wanted):
                raise Refusal(_t("One of the files is no longer here. Choose it again."))

    def _message_id(self) -> str:
        """For an outgoing message: one, whoever receives it."""
        return identity.message_id(number=self.number, message=identity.new_number(), domain=self.mail_domain)

    def _deliver(self, message: Message, address: str, *, due_at: datetime) -> None:
        delivery = self.deliveries.create(
            message=message, kind=message.kind, address=address, rfc_id=message.rfc_id, due_at=due_at
        )
        if due_at <= timezone.now():
            self._ring(delivery)

    def _ring(self, delivery: Delivery) -> None:
        ring = partial(signals.delivery_due.send_robust, sender=Ticket, delivery_id=delivery.pk)
        transaction.on_commit(ring, robust=True)

    def _tell_not_solved(self, event: Event) -> None:
        """The customer said "No, not solved": tell whoever answers.

        Without an assignee the team's members are told; without a team, everybody who may see such tickets is not:
        the ticket stands in the queue of unassigned ones, unread.
        """
        team = [m.user for m in self.team.memberships.select_related("user")] if self.team else []
        people = [self.assignee] if self.assignee and self.assignee.may(Ability.REPLY) else team
        notifying.tell(people, Notification.Kind.NOT_SOLVED, ticket=self, event=event)


class _Locked:
    """A transaction that holds the ticket's row, with its latest values read.

    Related objects that are loaded stay loaded unless the row now points elsewhere. Without a savepoint, an error
    inside takes the transaction around it along.
    """

    def __init__(self, ticket: Ticket, *, savepoint: bool) -> None:
        self.ticket = ticket
        self.atomic = transaction.atomic(savepoint=savepoint)

    def __enter__(self) -> Ticket:
        self.atomic.__enter__()
        try:
            latest = Ticket.objects.select_for_update().get(pk=self.ticket.pk)
            for column in Ticket._meta.concrete_fields:
                setattr(self.ticket, column.attname, getattr(latest, column.attname))
        except BaseException as error:
            self.atomic.__exit__(type(error), error, error.__traceback__)
            raise
        return self.ticket

    def __exit__(self, *exc: Any) -> None:
        self.atomic.__exit__(*exc)
