"""An IMAP folder -> InboundEmail rows, raw bytes first.

What a folder holds stands in rows: one for the folder under its UIDVALIDITY, one for each message in it. A message and
its row are stored in one transaction, so a fetcher may be killed at any moment, may run twice at once, may come back
after an outage of any length: what has its row is not fetched again, what has none is. `last_uid` is only the short
cut. Whether we have all is seen by counting, and where the counts differ the two sets are compared number by number.

Where only mail is wanted that arrives from the connecting on, what lay there has its row as well, and is not fetched.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Max
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext

from helpdesk.common.doorbell import ring
from helpdesk.common.errors import Refusal
from tickets.mail import imap, storing
from tickets.mail.parsing import Unreadable, parse
from tickets.models import FolderEntry, InboundEmail, MailFolder, MailSource

log = logging.getLogger(__name__)

TURN = 100.0  # seconds that one turn may take for one folder; the rest is due at once, in the next
LISTED_AT_ONCE = 200
FETCHED_AT_ONCE, BYTES_AT_ONCE = 50, 4 * 1024 * 1024
CAREFUL = 20  # after an error so many are fetched one by one, so that a message that ends every line is found out
TOO_LARGE_AGAIN = timedelta(days=1)
AT_ONCE = timedelta(minutes=1)  # so long after the connecting the highest number stands for that moment

Role = MailFolder.Role
Stays = FolderEntry.Stays
WhichMail = MailSource.WhichMail


def fetch(source: MailSource) -> bool:
    """Bring in what the server has and we have not. Returns whether there is more, for the next turn.

    Safe to repeat, to run twice at once and to kill. Whatever goes wrong with the server stands in the source's row.
    """
    if not source.claim():
        return False
    trouble, has_more = "", False
    try:
        with imap.connected(source) as line:
            trouble = _Turn(source, line).take_all()
    except _TimeUp:
        has_more = True
    except imap.ServerTrouble as error:
        source.went_wrong(str(error))
        return False
    except Exception as error:  # the next turn must come, and somebody must know of this one
        log.exception("Mail source %s could not be fetched", source.pk)
        source.went_wrong(f"{type(error).__name__}: {error}")
        return False
    source.went_well(has_more=has_more, trouble=trouble)
    return has_more


@dataclass(frozen=True)
class Lying:
    """What lies in one folder, and what will become of it."""

    folder: str
    on_server: int
    stays: int  # lay there before and is not fetched
    to_fetch: int

    @property
    def words(self) -> str:
        n = self.on_server
        said = [
            ngettext("%(folder)s holds %(n)s mail.", "%(folder)s holds %(n)s mails.", n)
            % {"folder": self.folder, "n": n}
        ]
        if self.stays:
            words = ngettext(
                "%(n)s was there before: it stays there and is not fetched.",
                "%(n)s were there before: they stay there and are not fetched.",
                self.stays,
            )
            said.append(words % {"n": self.stays})
        if self.to_fetch:
            words = ngettext(
                "%(n)s is not here yet and is fetched now.",
                "%(n)s are not here yet and are fetched now.",
                self.to_fetch,
            )
            said.append(words % {"n": self.to_fetch})
        if n and not self.stays and not self.to_fetch:
            said.append(_t("All of it is known here."))
        return " ".join(said)


def look(source: MailSource) -> list[Lying]:
    """Sign in, count what lies there and fetch nothing. Right after the connecting it notes up to which number that
    was. Raises `imap.ServerTrouble`."""
    found = []
    with imap.connected(source) as line:
        for name, role in _folders(source):
            opened = line.open(name)
            folder = _folder(source, name, role=role, opened=opened, line=line)
            if folder.there_up_to is None and timezone.now() - source.connected_at < AT_ONCE:
                numbers = [] if opened.uid_next else line.numbers()
                folder.there_up_to = opened.uid_next - 1 if opened.uid_next else max(numbers, default=0)
                MailFolder.objects.filter(pk=folder.pk).update(there_up_to=folder.there_up_to)
            found.append(_lying(source, folder, on_server=opened.exists))
    return found


def _lying(source: MailSource, folder: MailFolder, *, on_server: int) -> Lying:
    there = folder.entries.there()
    stays, unlisted = there.filter(stays_because=Stays.BEFORE).count(), max(0, on_server - there.count())
    is_sorted_out = folder.there_up_to is not None and folder.last_uid >= folder.there_up_to
    if source.which_mail == WhichMail.NEW and not is_sorted_out:
        stays, unlisted = stays + unlisted, 0
    return Lying(folder.name, on_server=on_server, stays=stays, to_fetch=unlisted)


class _TimeUp(Exception):
    """This turn has taken its time; the next goes on where it stopped."""


class _TakenOver(imap.ServerTrouble):
    """Another process fetches this source now."""


@dataclass
class _Turn:
    """One visit to one server."""

    source: MailSource
    line: imap.Line
    folder: MailFolder = field(init=False)
    lay_there: set[int] = field(default_factory=set, init=False)  # of those that are being fetched
    singly: int = field(init=False)  # so many more are fetched one by one
    until: float = field(init=False)

    def __post_init__(self) -> None:
        self.singly = CAREFUL if self.source.failing_since else 0

    def take_all(self) -> str:
        """The inbox, then the folder of sent mail: an answer is read after what it answers. Returns what is wrong with
        the latter, which is no reason to leave mail in the inbox."""
        (inbox, _role), *others = _folders(self.source)
        self._take_folder(inbox, role=Role.INBOX)
        if not others:
            self.source.folders.filter(role=Role.SENT, ended_at=None).update(ended_at=timezone.now())
        for name, role in others:
            try:
                self._take_folder(name, role=role)
            except (imap.LineDropped, _TakenOver):
                raise
            except imap.ServerTrouble as trouble:
                return str(trouble)
        return ""

    def _take_folder(self, name: str, *, role: str) -> None:
        moves = role == Role.INBOX and _moves(self.source)
        opened = self.line.open(name, for_writing=moves)
        self.folder = _folder(self.source, name, role=role, opened=opened, line=self.line)
        self.until = time.monotonic() + TURN
        for batch in imap.batches(self.line.numbers(above=self.folder.last_uid), most=LISTED_AT_ONCE):
            self._take(batch)
            MailFolder.objects.filter(pk=self.folder.pk, last_uid__lt=batch[-1]).update(last_uid=batch[-1])
        if self.folder.there_up_to is None:  # what lay there has its row by now; whatever has none is new
            self.folder.there_up_to = 0
            MailFolder.objects.filter(pk=self.folder.pk, there_up_to=None).update(there_up_to=0)
        if moves:
            self._move()
        self._compare(name, moves=moves)
        self._try_again()

    # --- Fetching ----------------------------------------------------------------------------------------------------

    def _take(self, uids: list[int]) -> None:
        """Store those of these messages that have no entry yet, in this order. What lay there before is only noted
        where nobody wants it."""
        known = set(self.folder.entries.filter(uid__in=uids).values_list("uid", flat=True))
        left = [uid for uid in uids if uid not in known]
        self.lay_there = self._which_lay_there(left)
        if self.source.which_mail == WhichMail.NEW and self.lay_there:
            before = [
                FolderEntry(folder=self.folder, uid=uid, was_there=True, stays_because=Stays.BEFORE)
                for uid in left
                if uid in self.lay_there
            ]
            FolderEntry.objects.bulk_create(before, ignore_conflicts=True)
            self._go_on()
            left = [uid for uid in left if uid not in self.lay_there]
        while left:
            n = 1 if self.singly else len(left)
            self.singly = max(0, self.singly - 1)
            self._take_some(left[:n])
            left = left[n:]

    def _which_lay_there(self, uids: list[int]) -> set[int]:
        """Those that lay there when the account was connected."""
        up_to = self.folder.there_up_to
        if up_to is not None:
            return {uid for uid in uids if uid <= up_to}
        dates = self.line.dates(uids) if uids else {}
        return {uid for uid, arrived_at in dates.items() if arrived_at < self.source.connected_at}

    def _go_on(self) -> None:
        """Ends this turn when its time is up, when another process has taken over, or when somebody has decided anew
        which mail is to be fetched."""
        if not self.source.keep_claim():
            raise _TakenOver(_t("Another process fetches this mailbox now."))
        same = MailSource.objects.filter(pk=self.source.pk, which_mail=self.source.which_mail)
        if time.monotonic() > self.until or not same.exists():
            raise _TimeUp

    def _take_some(self, uids: list[int]) -> None:
        try:
            sizes = self.line.sizes(uids)
            for uid in uids:
                if uid not in sizes:
                    self._cannot(uid, _t("The server lists this mail and does not hand it out."))
            self._name({uid: size for uid, size in sizes.items() if size > settings.MAIL_SIZE_LIMIT})
            for group in _groups({uid: size for uid, size in sizes.items() if size <= settings.MAIL_SIZE_LIMIT}):
                self._take_group(group)
        except imap.LineDropped as dropped:
            if len(uids) == 1:  # perhaps it was this message: go on behind it next time, and come back to it
                self._cannot(uids[0], str(dropped))
            raise
        except _TakenOver:
            raise
        except imap.ServerTrouble as trouble:
            if len(uids) == 1:
                return self._cannot(uids[0], str(trouble))
            for uid in uids:
                self._take_some([uid])

    def _take_group(self, uids: list[int]) -> None:
        mails = self.line.raw(uids)
        for uid in uids:
            if uid in mails:
                self._store(uid, mails[uid])
            else:
                self._cannot(uid, _t("The server lists this mail and does not hand it out."))
        self._go_on()

    def _name(self, too_large: dict[int, int]) -> None:
        """Note what the header of each says, for whoever has to decide what to do about it."""
        heads = {}
        if too_large:
            try:
                heads = self.line.heads(list(too_large))
            except (imap.LineDropped, _TakenOver):
                raise
            except imap.ServerTrouble as trouble:
                log.info("Mail source %s gives no headers: %s", self.source.pk, trouble)
        for uid, size in too_large.items():
            self._cannot(uid, _too_large(size), size=size, **_said_in(heads.get(uid, b"")))

    def _store(self, uid: int, raw: bytes) -> None:
        """The mail and its line in the ledger, in one transaction. One that cannot be stored stops no other."""
        try:
            with transaction.atomic():
                source = "sent" if self.folder.role == Role.SENT else "imap"
                inbound, is_new = storing.store(raw, mailbox=self.source.mailbox, source=source)
                if is_new or (source == "sent" and _is_ours_after_all(inbound)):
                    _ring(inbound)
                entry = FolderEntry(
                    folder=self.folder, uid=uid, inbound_email=inbound, was_there=uid in self.lay_there,
                    is_again=not is_new and self._is_there_already(inbound, uid=uid),
                )  # fmt: skip
                FolderEntry.objects.bulk_create(  # one statement, whether it is new or had a problem before
                    [entry],
                    update_conflicts=True,
                    unique_fields=["folder", "uid"],
                    update_fields=["inbound_email", "is_again", "problem", "due_at", "stays_because"],
                )
        except (OperationalError, InterfaceError):  # the database, not this mail
            raise
        except Refusal as refusal:
            self._cannot(uid, str(refusal))
        except Exception as error:  # whatever this mail does to us, the next one must be stored
            log.exception("Message %s of folder %s could not be stored", uid, self.folder.pk)
            self._cannot(uid, f"{type(error).__name__}: {error}")

    def _is_there_already(self, inbound: InboundEmail, *, uid: int) -> bool:
        """Under another number that counts."""
        known = FolderEntry.objects.there().filter(inbound_email=inbound, folder__ended_at=None)
        return known.exclude(folder=self.folder, uid=uid).exists()

    def _cannot(self, uid: int, problem: str, *, size: int | None = None, **said: Any) -> None:
        """Note that this message is there and cannot be had; it is tried again later, behind all others. `size`: it
        is too large; `said`: what its header says."""
        now = timezone.now()
        with transaction.atomic():
            entry, is_new = FolderEntry.objects.select_for_update().get_or_create(
                folder=self.folder, uid=uid, defaults={"was_there": uid in self.lay_there}
            )
            if entry.inbound_email_id:
                return
            entry.attempts, entry.problem, entry.size = min(entry.attempts + 1, 10_000), problem[:2000], size
            entry.due_at = now + TOO_LARGE_AGAIN if size else entry.next_try(entry.attempts, now=now)
            for name, value in said.items():
                setattr(entry, name, value)
            if is_new and size and (settled := self._settled_under_another_number(entry)):
                entry.stays_because, entry.reason = settled.stays_because, settled.reason
                entry.settled_by_id, entry.settled_at = settled.settled_by_id, settled.settled_at
            entry.save()

    def _settled_under_another_number(self, entry: FolderEntry) -> FolderEntry | None:
        """The same mail before the server numbered anew, if somebody said then that it needs nothing."""
        earlier = FolderEntry.objects.settled().filter(folder__source=self.source, folder__name=self.folder.name)
        alike = {name: getattr(entry, name) for name in ("size", "sender", "subject", "written_at")}
        return earlier.exclude(folder=self.folder).filter(**alike).first() if entry.sender else None

    def _try_again(self) -> None:
        """What could not be had before, one by one: a message that ends the line takes no other with it."""
        try:
            for entry in self.folder.entries.due()[:CAREFUL]:
                self._take_some([entry.uid])
        except imap.LineDropped as dropped:
            log.info("Mail source %s: %s", self.source.pk, dropped)  # noted on the entry; all the rest is done

    # --- Moving ------------------------------------------------------------------------------------------------------

    def _move(self) -> None:
        """Put what is stored into the other folder. Killed in between: the next turn moves what is still there."""
        stored = self.folder.entries.there().exclude(inbound_email=None).order_by("uid")
        uids = list(stored.values_list("uid", flat=True))
        if not uids or not self.line.can_move:
            return
        for batch in imap.batches(uids, most=LISTED_AT_ONCE):
            self.line.move(batch, to=self.source.move_to)
            self.folder.entries.filter(uid__in=batch).update(is_gone=True)
            self.source.keep_claim()

    # --- Comparing ---------------------------------------------------------------------------------------------------

    def _compare(self, name: str, *, moves: bool) -> None:
        """Count what the server has and what we know of. The same: done. Else compare the numbers one by one, note
        what is gone, and fetch what was never listed."""
        entries, on_server = self.folder.entries, self.line.exists
        if moves or entries.there().count() != on_server:  # moved, or mail came or went since the folder was opened
            on_server = self.line.open(name, for_writing=moves).exists
        if entries.there().count() != on_server:
            listed = set(self.line.numbers())
            known = dict(entries.values_list("uid", "is_gone"))
            gone = [uid for uid, is_gone in known.items() if not is_gone and uid not in listed]
            back = [uid for uid, is_gone in known.items() if is_gone and uid in listed]
            for changed, is_gone in ((gone, True), (back, False)):
                for batch in imap.batches(changed, most=LISTED_AT_ONCE):
                    entries.filter(uid__in=batch).update(is_gone=is_gone)
            for batch in imap.batches(sorted(listed - known.keys()), most=LISTED_AT_ONCE):
                self._take(batch)
            on_server = len(listed)
        MailFolder.objects.filter(pk=self.folder.pk).update(on_server=on_server, counted_at=timezone.now())


# --- Folders ---------------------------------------------------------------------------------------------------------


def _folder(source: MailSource, name: str, *, role: str, opened: imap.Folder, line: imap.Line) -> MailFolder:
    """The row of this folder under its present numbering; those of earlier ones end."""
    now = timezone.now()
    with transaction.atomic():
        # Under the lock with which somebody may just be naming another account: its numbers are not these.
        same = MailSource.objects.select_for_update().filter(pk=source.pk, host=source.host, username=source.username)
        present = same.first()
        if present is None:
            raise _TakenOver(_t("Another account was named while this one was being read."))
        source.which_mail, source.connected_at = present.which_mail, present.connected_at
        earlier = MailFolder.objects.filter(source=source, role=role, ended_at=None)
        earlier.exclude(name=name, uid_validity=opened.uid_validity).update(ended_at=now)
        folder, is_new = MailFolder.objects.get_or_create(
            source=source, name=name, uid_validity=opened.uid_validity, defaults={"role": role, "there_up_to": None}
        )
        if not is_new and (folder.ended_at or _was_set_back(folder, opened, line)):
            # A numbering that was over has come back, or goes on below where it was: a server restored from an old
            # copy. Its numbers no longer mean what they meant, so everything is looked at anew.
            folder.entries.all().delete()
            folder.last_uid, folder.ended_at, folder.there_up_to = 0, None, None
        if source.which_mail == WhichMail.ALL:
            _want_all(folder)
        folder.role, folder.on_server, folder.counted_at = role, opened.exists, now
        folder.save(update_fields=["role", "last_uid", "ended_at", "there_up_to", "on_server", "counted_at"])
    return folder


def _want_all(folder: MailFolder) -> None:
    """Whoever wanted only new mail wants everything now: what was left there is listed again, and fetched."""
    left = folder.entries.filter(stays_because=Stays.BEFORE)
    highest = left.aggregate(highest=Max("uid"))["highest"]
    if highest is not None:
        left.delete()
        folder.last_uid, folder.there_up_to = 0, max(folder.there_up_to or 0, highest)


def _folders(source: MailSource) -> list[tuple[str, str]]:
    """What is read of an account, in this order: (name, role)."""
    sent = source.sent_folder.strip()
    has_sent = sent and sent.upper() != imap.INBOX
    return [(imap.INBOX, Role.INBOX), (sent, Role.SENT)] if has_sent else [(imap.INBOX, Role.INBOX)]


def _was_set_back(folder: MailFolder, opened: imap.Folder, line: imap.Line) -> bool:
    if opened.uid_next is None or opened.uid_next > folder.last_uid or not opened.exists:
        return False
    return line.numbers()[-1] < opened.uid_next  # and not a server that does not know its own numbers


def _moves(source: MailSource) -> bool:
    is_elsewhere = source.move_to.strip().upper() not in ("", imap.INBOX)
    return source.after_reading == MailSource.AfterReading.MOVE and is_elsewhere


def _is_ours_after_all(inbound: InboundEmail) -> bool:
    """An answer of ours with ourselves on Cc came in by the inbox first, where nobody could tell that it is ours. Its
    copy among the sent mail says so: it is read again as that."""
    State = InboundEmail.State
    unread = InboundEmail.objects.filter(pk=inbound.pk, state__in=[State.STORED, State.HELD]).exclude(source="sent")
    return bool(unread.update(source="sent", state=State.STORED, outcome="", reason="", attempts=0))


def _ring(inbound: InboundEmail) -> None:
    from tickets.tasks import receive_inbound_email

    ring(receive_inbound_email, inbound_email_id=inbound.pk)


def _groups(sizes: dict[int, int]) -> Iterator[list[int]]:
    """These messages in groups that are fetched at once: a few megabytes each, or one message."""
    group: list[int] = []
    total = 0
    for uid, size in sizes.items():
        if group and (len(group) == FETCHED_AT_ONCE or total + size > BYTES_AT_ONCE):
            yield group
            group, total = [], 0
        group.append(uid)
        total += size
    if group:
        yield group


def _said_in(head: bytes) -> dict[str, Any]:
    """Sender, subject and date out of a few lines of a header."""
    try:
        mail = parse(head.rstrip() + b"\r\n\r\n")
    except Unreadable:
        return {}
    sender = mail.from_.email if mail.from_ else ""
    return {"sender": sender[:320], "subject": mail.subject[:255], "written_at": mail.date}


def _too_large(size: int) -> str:
    return _t("A mail of %(size)s is larger than the %(limit)s that are taken.") % {
        "size": filesizeformat(size),
        "limit": filesizeformat(settings.MAIL_SIZE_LIMIT),
    }
