"""The books of a mailbox: what its server holds, what is here, what became of it, and an alarm when that differs.

Nothing is counted twice or by heart: each figure is an aggregate over the rows themselves. What became of the mail is
read in an index made for this alone, never in a mail (`inbound_email_counted`), what a folder holds in two others, so
that a million mails are counted in the time of one page.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count, Max, Min
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext

from tickets.models import FolderEntry, InboundEmail, MailAlarm, Mailbox, MailFolder, MailSource

if TYPE_CHECKING:
    from helpdesk.people.models import User
    from tickets.models.mail_source import FolderEntryQuerySet

DIFFERS_FOR = timedelta(minutes=10)
SILENT_FOR = timedelta(minutes=15)
UNREAD_FOR = timedelta(minutes=10)

Kind = MailAlarm.Kind
Outcome = InboundEmail.Outcome
State = InboundEmail.State

# In no message of a ticket, and yet read: it stands in a side conversation or became a note.
_READ_ELSEWHERE = frozenset({Outcome.SIDE_ANSWER.value, Outcome.NOTE_ADDED.value})


@dataclass(frozen=True)
class Balance:
    """What became of the mail of one mailbox. Every stored mail is in exactly one of the figures below `stored`."""

    mailbox: Mailbox
    on_server: int = 0  # as the server counted when it was last asked; 0 where mail comes in by itself
    here: int = 0  # of those, the ones stored here
    again: int = 0  # of the ones here, further copies of a mail that is there more than once
    before: int = 0  # was there when the account was connected, and nobody wants it
    settled: int = 0  # could not be had, and somebody said that it needs nothing
    stored: int = 0  # all mail ever stored, whichever way it came
    by_way_in: list[tuple[str, int]] = field(default_factory=list)
    messages: int = 0  # became, or belongs to, a message in a ticket, a note or a word in a side conversation
    ignored: list[tuple[str, int]] = field(default_factory=list)  # needed nothing: (why, how many), most first
    held: int = 0
    spam: int = 0
    unreadable: int = 0
    waiting: int = 0  # stored, not yet read

    @property
    def missing(self) -> int:
        """On the server and not here."""
        return max(0, self.difference)

    @property
    def surplus(self) -> int:
        """Here, as far as we know still on the server, and not counted there."""
        return max(0, -self.difference)

    @property
    def difference(self) -> int:
        return self.on_server - self.here - self.before - self.settled

    @property
    def here_once(self) -> int:
        """Different mails. With `again`, `before`, `settled` and the difference it makes up what is on the server."""
        return self.here - self.again

    @property
    def ignored_in_all(self) -> int:
        return sum(n for _why, n in self.ignored)


def balance(mailbox: Mailbox) -> Balance:
    return balances([mailbox])[0]


def balances(mailboxes: Iterable[Mailbox]) -> list[Balance]:
    """The balance of each of them, in the order given. The queries are as many for one mailbox as for all."""
    wanted = list(mailboxes)
    ids = [mailbox.pk for mailbox in wanted]
    by_state: dict[int, Counter[str]] = defaultdict(Counter)
    by_way: dict[int, Counter[str]] = defaultdict(Counter)
    ignored: dict[int, Counter[str]] = defaultdict(Counter)
    rows = InboundEmail.objects.filter(mailbox__in=ids).values("mailbox_id", "state", "source", "ignored_because")
    for row in rows.order_by().annotate(n=Count("*")):
        by_state[row["mailbox_id"]][row["state"]] += row["n"]
        by_way[row["mailbox_id"]][row["source"]] += row["n"]
        if row["ignored_because"] and row["ignored_because"] not in _READ_ELSEWHERE:
            ignored[row["mailbox_id"]][_why(row["ignored_because"])] += row["n"]
    folders = _folders(ids)
    found = []
    for mailbox in wanted:
        states, why = by_state[mailbox.pk], ignored[mailbox.pk]
        messages = states[State.PROCESSED] - sum(why.values())
        if states[State.DISCARDED]:
            why[_t("Discarded by one of us")] = states[State.DISCARDED]
        found.append(
            Balance(
                mailbox=mailbox,
                on_server=folders.on_server[mailbox.pk],
                here=folders.here[mailbox.pk],
                again=folders.again[mailbox.pk],
                before=folders.before[mailbox.pk],
                settled=folders.settled[mailbox.pk],
                stored=states.total(),
                by_way_in=[(_way_in(way), n) for way, n in by_way[mailbox.pk].most_common()],
                messages=messages,
                ignored=why.most_common(),
                held=states[State.HELD],
                spam=states[State.SPAM],
                unreadable=states[State.UNREADABLE],
                waiting=states[State.STORED],
            )
        )
    return found


def _why(because: str) -> str:
    """The words for one group. A bounce's reason names addresses and a duplicate's a mailbox: each is one group."""
    words = {
        Outcome.BOUNCE.value: _t("A mail of ours that came back"),
        Outcome.DUPLICATE.value: _t("Also addressed to another of our addresses"),
        Outcome.AUTO_REPLY.value: _t("An automatic mail"),
        Outcome.TICKET_CREATED.value: _t("Its message was deleted since"),
        Outcome.REPLY_ADDED.value: _t("Its message was deleted since"),
    }
    return words.get(because) or because[:1].upper() + because[1:]


def _way_in(source: str) -> str:
    names = {
        "smtp": _t("Our mail server"),
        "pipe": _t("Piped in"),
        "imap": _t("Fetched"),
        "sent": _t("Folder of sent mail"),
        "webhook": _t("Mail service"),
    }
    return names.get(source, source)


@dataclass(frozen=True)
class _Folders:
    """What the folders of each mailbox hold, by the key of the mailbox."""

    on_server: Counter[int] = field(default_factory=Counter)
    here: Counter[int] = field(default_factory=Counter)
    again: Counter[int] = field(default_factory=Counter)
    before: Counter[int] = field(default_factory=Counter)
    settled: Counter[int] = field(default_factory=Counter)


def _folders(mailboxes: list[int]) -> _Folders:
    found = _Folders()
    folders = MailFolder.objects.filter(source__mailbox__in=mailboxes, ended_at=None).select_related("source")
    mailbox_of = {folder.pk: folder.source.mailbox_id for folder in folders}
    for folder in folders:
        found.on_server[mailbox_of[folder.pk]] += folder.on_server
    entries = FolderEntry.objects.filter(folder__in=list(mailbox_of))
    for folder_id, n in _counted(entries.there()):
        found.here[mailbox_of[folder_id]] += n
    for folder_id, n in _counted(entries.missing()):
        found.here[mailbox_of[folder_id]] -= n
    for folder_id, why, n in _counted(entries.staying(), "stays_because"):
        found.here[mailbox_of[folder_id]] -= n
        (found.before if why == FolderEntry.Stays.BEFORE else found.settled)[mailbox_of[folder_id]] += n
    # Counted anew, since the first may have been deleted; looked for only among those that came as a copy.
    copied = entries.filter(is_again=True).values("inbound_email")
    copies = entries.there().filter(inbound_email__in=copied).values("inbound_email_id").order_by()
    for row in copies.annotate(n=Count("*"), one_folder=Min("folder_id")).filter(n__gt=1):
        found.again[mailbox_of[row["one_folder"]]] += row["n"] - 1
    return found


def _counted(entries: FolderEntryQuerySet, *by: str) -> Iterable[tuple[Any, ...]]:
    rows = entries.values("folder_id", *by).order_by().annotate(n=Count("*"))
    return rows.values_list("folder_id", *by, "n")


# --- Settling ---------------------------------------------------------------------------------------------------------


def settle(entry: FolderEntry, *, by: User, reason: str) -> bool:
    """Say that a mail which cannot be had needs nothing: the books count it as that, and its alarm ends. Once."""
    is_changed = entry.settle(by=by, reason=reason)
    check()
    return is_changed


def take_back(entry: FolderEntry) -> bool:
    """Not settled after all: it is missing again."""
    return entry.take_back()


# --- Alarms ----------------------------------------------------------------------------------------------------------


def check(*, now: datetime | None = None) -> int:
    """Open an alarm for what has been wrong for a while, end those that are over. Returns how many are open."""
    now = now or timezone.now()
    wrong = {(mailbox, kind): words for mailbox, kind, words in _wrong(now)}
    with transaction.atomic():
        for alarm in MailAlarm.objects.open().select_for_update():
            words = wrong.pop((alarm.mailbox_id, alarm.kind), None)
            if words is None:
                alarm.ended_at = now
            elif words == alarm.words:
                continue
            alarm.words = words or alarm.words
            alarm.save(update_fields=["ended_at", "words"])
        MailAlarm.objects.bulk_create(
            [
                MailAlarm(mailbox_id=mailbox, kind=kind, words=words, began_at=now)
                for (mailbox, kind), words in wrong.items()
            ],
            ignore_conflicts=True,  # two checks at once: one alarm of a kind is open
        )
    return MailAlarm.objects.open().count()


def _wrong(now: datetime) -> Iterator[tuple[int, str, str]]:
    for source in MailSource.objects.in_use():
        if words := _differs(source, now):
            yield source.mailbox_id, Kind.DIFFERENCE, words
        if words := _silent(source, now):
            yield source.mailbox_id, Kind.SILENT, words
    unread = InboundEmail.objects.filter(state=State.STORED, received_at__lt=now - UNREAD_FOR, mailbox__is_active=True)
    for row in unread.values("mailbox_id").order_by().annotate(n=Count("*"), since=Min("received_at")):
        minutes = _minutes(now - row["since"])
        yield (
            row["mailbox_id"],
            Kind.UNREAD,
            ngettext(
                "%(n)s stored mail has not been read for %(minutes)s minutes. Is a worker running?",
                "%(n)s stored mails have not been read, the oldest for %(minutes)s minutes. Is a worker running?",
                row["n"],
            )
            % {"n": row["n"], "minutes": minutes},
        )


def _differs(source: MailSource, now: datetime) -> str:
    """Why the count on the server and the count here are not the same, when that has lasted too long.

    Mail that is being read in, however much it is, is no alarm while it goes on.
    """
    long_ago = now - DIFFERS_FOR
    folders = list(source.folders.filter(ended_at=None))
    stuck = FolderEntry.objects.missing().filter(folder__in=folders, seen_at__lt=long_ago)
    n, problem = stuck.count(), stuck.order_by("seen_at").values_list("problem", flat=True).first()
    if n:
        words = ngettext("%(n)s mail on the server is not here.", "%(n)s mails on the server are not here.", n) % {
            "n": n
        }
        return f"{words} {problem}".strip()
    for folder in folders:
        there = folder.entries.there()
        differs_by = folder.on_server - there.count()
        latest = there.aggregate(latest=Max("seen_at"))["latest"] if differs_by else None
        if differs_by and (latest or folder.created_at) < long_ago:
            return _t("The server counts %(server)s mails in %(folder)s, here are %(here)s of them.") % {
                "server": folder.on_server, "folder": folder.name, "here": folder.on_server - differs_by,
            }  # fmt: skip
    return ""


def _silent(source: MailSource, now: datetime) -> str:
    since = source.fetched_at or source.failing_since or source.due_at
    if now - since < SILENT_FOR:
        return ""
    words = _t("Nothing could be fetched for %(minutes)s minutes.") % {"minutes": _minutes(now - since)}
    return f"{words} {source.error}".strip()


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
