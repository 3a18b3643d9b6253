"""Servers that ring: one thread for each source waits until its server says that mail has come, and fetches it.

The timetable asks every minute in any case; this only makes it sooner. So a watch may end at any moment, keeps nothing
to itself, and leaves a source that is failing to the timetable, which asks more and more rarely.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Hashable

from django.db import close_old_connections, connections
from django.db.models import F, Q
from django.db.utils import Error as DatabaseError

from tickets.mail import fetching, imap
from tickets.models import MailSource

log = logging.getLogger(__name__)

LOOK_EVERY = 20.0  # seconds, for sources that are new, changed or well again
RENEW_AFTER = 25 * 60.0  # servers end an IDLE of half an hour
CANNOT_RING_FOR = 60 * 60.0  # a server without IDLE may have learned it by then


class Watch(threading.Thread):
    """Waits on one server, for one source, until it is told to stop or something goes wrong."""

    def __init__(self, source: MailSource) -> None:
        super().__init__(name=f"mail-source-{source.pk}", daemon=True)
        self.source = source
        self.knows = _wiring(source)
        self.pause = threading.Event()  # set: stop
        self.line: imap.Line | None = None

    def stop(self) -> None:
        self.pause.set()
        if line := self.line:
            line.interrupt()

    def run(self) -> None:
        try:
            with imap.connected(self.source) as self.line:
                self._wait_and_fetch(self.line)
        except imap.ServerTrouble as trouble:
            if not self.pause.is_set():
                log.info("Mail source %s is no longer watched: %s", self.source.pk, trouble)
        except DatabaseError as error:
            log.warning("Mail source %s is no longer watched: %s", self.source.pk, error)
        finally:
            self.line = None
            connections.close_all()

    def _wait_and_fetch(self, line: imap.Line) -> None:
        if not line.can_ring:
            self.pause.wait(CANNOT_RING_FOR)
            return
        line.open(imap.INBOX)
        has_rung = True  # by mail that came before we listened
        while not self.pause.is_set():
            if has_rung:
                close_old_connections()
                self._fetch()
            has_rung = not self.pause.is_set() and line.wait(seconds=RENEW_AFTER)

    def _fetch(self) -> None:
        has_more = True
        while has_more and not self.pause.is_set():
            source = MailSource.objects.in_use().filter(pk=self.source.pk).first()
            has_more = source is not None and fetching.fetch(source)


class Watches(threading.Thread):
    """Keeps a watch on every source that wants one, as sources come, change and go."""

    def __init__(self) -> None:
        super().__init__(name="mail-sources", daemon=True)
        self.ended = threading.Event()
        self.watches: dict[int, Watch] = {}

    def run(self) -> None:
        while not self.ended.is_set():
            try:
                close_old_connections()
                self._look()
            except DatabaseError as error:
                log.warning("Mail sources could not be looked up: %s", error)
            self.ended.wait(LOOK_EVERY)
        connections.close_all()

    def stop(self, *, within: float = 5.0) -> None:
        """End all, and wait a little for those that are in the middle of a mail."""
        self.ended.set()
        if self.is_alive():
            self.join(within)
        for watch in list(self.watches.values()):
            watch.stop()
        for watch in list(self.watches.values()):
            watch.join(within)

    def _look(self) -> None:
        answers = Q(failing_since=None) | Q(fetched_at__gte=F("failing_since"))
        wanted = {source.pk: source for source in MailSource.objects.in_use().filter(answers, uses_idle=True)}
        for pk, watch in list(self.watches.items()):
            if not watch.is_alive():
                del self.watches[pk]
            elif pk not in wanted or watch.knows != _wiring(wanted[pk]):
                watch.stop()
        for pk, source in wanted.items():
            if pk not in self.watches and not self.ended.is_set():
                self.watches[pk] = Watch(source)
                self.watches[pk].start()


def _wiring(source: MailSource) -> Hashable:
    """What a connection depends on: when it changes, the old one is of no use."""
    return (source.host, source.port, source.security, source.username, source.sign_in, source.password,
            source.client_id, source.refresh_token)  # fmt: skip
