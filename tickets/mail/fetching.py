"""An IMAP folder -> InboundEmail rows, raw bytes first.

What a folder holds stands in rows: one for the folder under its UIDVALIDITY, one for each message in it. A message and
its row are stored in one transaction, so a fetcher may be killed at any moment, may run twice at once, may come back
after an outage of any length: what has its row is not fetched again, what has none is. `last_uid` is only the short
cut. Whether we have all is seen by counting, and where the counts differ the two sets are compared number by number.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _t

from helpdesk.common.doorbell import ring
from helpdesk.common.errors import Refusal
from tickets.mail import imap, storing
from tickets.models import FolderEntry, InboundEmail, MailFolder, MailSource

log = logging.getLogger(__name__)

TURN = 100.0  # seconds that one turn may take for one folder; the rest is due at once, in the next
LISTED_AT_ONCE = 200
FETCHED_AT_ONCE, BYTES_AT_ONCE = 50, 4 * 1024 * 1024
CAREFUL = 20  # after an error so many are fetched one by one, so that a message that ends every line is found out
TOO_LARGE_AGAIN = timedelta(days=1)

Role = MailFolder.Role


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
    singly: int = field(init=False)  # so many more are fetched one by one
    until: float = field(init=False)

    def __post_init__(self) -> None:
        self.singly = CAREFUL if self.source.failing_since else 0

    def take_all(self) -> str:
        """The inbox, then the folder of sent mail: an answer is read after what it answers. Returns what is wrong with
        the latter, which is no reason to leave mail in the inbox."""
        self._take_folder(imap.INBOX, role=Role.INBOX)
        name = self.source.sent_folder.strip()
        if not name or name.upper() == imap.INBOX:
            self.source.folders.filter(role=Role.SENT, ended_at=None).update(ended_at=timezone.now())
            return ""
        try:
            self._take_folder(name, role=Role.SENT)
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
        if moves:
            self._move()
        self._compare(name, moves=moves)
        self._try_again()

    # --- Fetching ----------------------------------------------------------------------------------------------------

    def _take(self, uids: list[int]) -> None:
        """Store those of these messages that have no entry yet, in this order."""
        known = set(self.folder.entries.filter(uid__in=uids).values_list("uid", flat=True))
        left = [uid for uid in uids if uid not in known]
        while left:
            n = 1 if self.singly else len(left)
            self.singly = max(0, self.singly - 1)
            self._take_some(left[:n])
            left = left[n:]

    def _take_some(self, uids: list[int]) -> None:
        try:
            sizes = self.line.sizes(uids)
            for uid in uids:
                size = sizes.get(uid)
                if size is None:
                    self._cannot(uid, _t("The server lists this mail and does not hand it out."))
                elif size > settings.MAIL_SIZE_LIMIT:
                    self._cannot(uid, _too_large(size), is_final=True)
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
        if not self.source.keep_claim():
            raise _TakenOver(_t("Another process fetches this mailbox now."))
        if time.monotonic() > self.until:
            raise _TimeUp

    def _store(self, uid: int, raw: bytes) -> None:
        """The mail and its line in the ledger, in one transaction. One that cannot be stored stops no other."""
        try:
            with transaction.atomic():
                source = "sent" if self.folder.role == Role.SENT else "imap"
                inbound, is_new = storing.store(raw, mailbox=self.source.mailbox, source=source)
                if is_new or (source == "sent" and _is_ours_after_all(inbound)):
                    _ring(inbound)
                FolderEntry.objects.bulk_create(  # one statement, whether it is new or had a problem before
                    [FolderEntry(folder=self.folder, uid=uid, inbound_email=inbound)],
                    update_conflicts=True,
                    unique_fields=["folder", "uid"],
                    update_fields=["inbound_email", "problem", "due_at"],
                )
        except (OperationalError, InterfaceError):  # the database, not this mail
            raise
        except Refusal as refusal:
            self._cannot(uid, str(refusal))
        except Exception as error:  # whatever this mail does to us, the next one must be stored
            log.exception("Message %s of folder %s could not be stored", uid, self.folder.pk)
            self._cannot(uid, f"{type(error).__name__}: {error}")

    def _cannot(self, uid: int, problem: str, *, is_final: bool = False) -> None:
        """Note that this message is there and cannot be had; it is tried again later, behind all others."""
        now = timezone.now()
        with transaction.atomic():
            entry, _new = FolderEntry.objects.select_for_update().get_or_create(folder=self.folder, uid=uid)
            if entry.inbound_email_id:
                return
            entry.attempts, entry.problem = min(entry.attempts + 1, 10_000), problem[:2000]
            entry.due_at = now + TOO_LARGE_AGAIN if is_final else entry.next_try(entry.attempts, now=now)
            entry.save(update_fields=["attempts", "problem", "due_at"])

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
        if same.first() is None:
            raise _TakenOver(_t("Another account was named while this one was being read."))
        earlier = MailFolder.objects.filter(source=source, role=role, ended_at=None)
        earlier.exclude(name=name, uid_validity=opened.uid_validity).update(ended_at=now)
        folder, is_new = MailFolder.objects.get_or_create(
            source=source, name=name, uid_validity=opened.uid_validity, defaults={"role": role}
        )
        if not is_new and (folder.ended_at or _was_set_back(folder, opened, line)):
            # A numbering that was over has come back, or goes on below where it was: a server restored from an old
            # copy. Its numbers no longer mean what they meant, so everything is looked at anew.
            folder.entries.all().delete()
            folder.last_uid, folder.ended_at = 0, None
        folder.role, folder.on_server, folder.counted_at = role, opened.exists, now
        folder.save(update_fields=["role", "last_uid", "ended_at", "on_server", "counted_at"])
    return folder


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


def _too_large(size: int) -> str:
    return _t("A mail of %(size)s is larger than the %(limit)s that are taken.") % {
        "size": filesizeformat(size),
        "limit": filesizeformat(settings.MAIL_SIZE_LIMIT),
    }
