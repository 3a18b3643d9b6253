"""A Celery broker that needs no server: a kombu transport on one SQLite file.

For one machine. The file is its own, never the application's database: a publisher inside an open transaction
would otherwise wait for itself. What it promises:

- A message belongs to the process that took it (process id and birth) until it is acknowledged. When that process
  is dead, however it died, the message is offered again within two seconds, marked as redelivered. So a task may
  run twice and is never lost, exactly as with Redis.
- Nobody sleeps blindly: a consumer sees a publication of another process within about 20 ms and an acknowledgement
  of its own process at once.
- Lower numbers of priority go first, as kombu's Redis transport has it, so that a task means the same on both.
- A message that was in the hands of 25 processes when they died is dropped and logged: it would kill for ever.
- The file may be deleted or broken at any moment. Open processes notice, start a new one, and only what was queued
  is gone; the rows with due times, which are the truth, are swept again.

Why our own: docs/decisions/0002-embedded-broker.md.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import os
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty
from typing import Any, NamedTuple
from urllib.parse import quote

from celery.signals import worker_shutting_down
from kombu.transport import TRANSPORT_ALIASES, virtual

logger = logging.getLogger(__name__)

SCHEME = "sqlite"
LOOK_EVERY_SECONDS = 0.02
SWEEP_EVERY_SECONDS = 1.0
LOCK_WAIT_SECONDS = 30.0
DEATHS_ALLOWED = 25

_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    priority INTEGER NOT NULL,
    payload TEXT NOT NULL,
    redelivered INTEGER NOT NULL DEFAULT 0,
    deaths INTEGER NOT NULL DEFAULT 0,
    owner_pid INTEGER,
    owner_born TEXT
);
CREATE INDEX IF NOT EXISTS message_waiting ON message (queue, priority, id) WHERE owner_pid IS NULL;
CREATE INDEX IF NOT EXISTS message_deadly ON message (deaths) WHERE deaths > 0;
CREATE INDEX IF NOT EXISTS message_taken ON message (owner_pid, owner_born) WHERE owner_pid IS NOT NULL;
CREATE TABLE IF NOT EXISTS binding (
    exchange TEXT NOT NULL,
    routing_key TEXT NOT NULL,
    pattern TEXT NOT NULL,
    queue TEXT NOT NULL,
    is_transient INTEGER NOT NULL,
    owner_pid INTEGER NOT NULL,
    owner_born TEXT NOT NULL,
    PRIMARY KEY (exchange, routing_key, queue, owner_pid, owner_born)
);
"""

_LOOK = "SELECT id FROM message WHERE queue = ? AND owner_pid IS NULL ORDER BY priority, id LIMIT 1"
_CLAIM = (
    f"UPDATE message SET owner_pid = ?, owner_born = ? WHERE id = ({_LOOK}) "  # noqa: S608
    "RETURNING id, payload, redelivered"
)
_DROP = f"DELETE FROM message WHERE id = ({_LOOK}) RETURNING id, payload, redelivered"  # noqa: S608


def url(path: Path) -> str:
    """The broker URL for this file, and the promise that kombu understands it in this process.

    kombu accepts no import path as the scheme of a URL, so the scheme is registered under a name here.
    """
    TRANSPORT_ALIASES[SCHEME] = "config.sqlite_broker:Transport"
    # With a host, or kombu warns about its absence at every start.
    return f"{SCHEME}://localhost/{quote(str(path.absolute()))}"


# --- Who is alive ---------------------------------------------------------------------------------------------------


class Owner(NamedTuple):
    """One process in the whole life of the machine: a process id comes again, with its birth it does not."""

    pid: int
    born: str


@functools.cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def birth(pid: int) -> str | None:
    """When the process started, in a form fit for comparing only; None if there is no such process.

    A zombie counts as dead: it will acknowledge nothing any more.
    """
    try:
        # The name, in brackets, may itself contain spaces and brackets: count from the last one.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None if Path("/proc/self/stat").exists() else _birth_without_proc(pid)
    return None if fields[0] in "ZX" else f"{fields[19]}@{_boot()}"


def _birth_without_proc(pid: int) -> str | None:
    """The same on systems without /proc, macOS for one."""
    listing = subprocess.run(["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603
    return listing.stdout.strip() or None


def _myself() -> Owner:
    return Owner(pid=os.getpid(), born=birth(os.getpid()) or "")


def _is_alive(owner: Owner) -> bool:
    return birth(owner.pid) == owner.born


# --- The file -------------------------------------------------------------------------------------------------------


class Store:
    """The file as this process sees it: one connection, shared by its threads behind a lock.

    Opened when first needed and again after a fork or when the file was replaced.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self.stirred = threading.Event()
        self._connection: sqlite3.Connection | None = None
        self._inode: tuple[int, int] | None = None
        self._bindings: dict[tuple[str, str, str], tuple[str, bool]] = {}
        self._swept_at = 0.0
        self._me: Owner | None = None

    # Connection

    @contextlib.contextmanager
    def _using(self, *, transaction: bool = False) -> Iterator[sqlite3.Connection]:
        """The connection, for this thread alone; with `transaction`, all or nothing."""
        with self.lock:
            connection = self._current()
            try:
                if not transaction:
                    yield connection
                    return
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                except BaseException:
                    connection.rollback()
                    raise
                connection.commit()
            except sqlite3.DatabaseError as error:
                if _is_broken(error):
                    self._set_aside(error)
                raise

    def _current(self) -> sqlite3.Connection:
        if self._connection is not None and self._inode == _inode(self.path):
            return self._connection
        self.close()
        try:
            self._connection = self._open()
        except sqlite3.DatabaseError as error:
            if not _is_broken(error):
                raise
            self._set_aside(error)
            self._connection = self._open()
        self._inode = _inode(self.path)
        return self._connection

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._me = _myself()
        give_up_at = time.monotonic() + LOCK_WAIT_SECONDS
        while True:
            connection = sqlite3.connect(
                self.path, timeout=LOCK_WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(connection)
            except sqlite3.OperationalError as error:
                connection.close()
                # Switching a new file to WAL answers "locked" at once when another process is just doing the same.
                if "locked" not in str(error) or time.monotonic() > give_up_at:
                    raise
                time.sleep(LOOK_EVERY_SECONDS)
            except BaseException:
                connection.close()
                raise
            else:
                return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            connection.execute("PRAGMA journal_mode = WAL")
        # NORMAL survives the death of any process; only a power cut may cost the last moment, and the sweep repairs it.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("BEGIN IMMEDIATE")
        try:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'message'").fetchone():
                for statement in _SCHEMA.split(";"):
                    connection.execute(statement)
                # Ids go on from the clock: a late acknowledgement from before the file was deleted hits nothing.
                connection.execute(
                    "INSERT INTO sqlite_sequence (name, seq) VALUES ('message', ?)", (time.time_ns() // 1000,)
                )
            for (exchange, routing_key, queue), (pattern, is_transient) in self._bindings.items():
                self._write_binding(connection, exchange, routing_key, pattern, queue, is_transient)
        except BaseException:
            connection.rollback()
            raise
        connection.commit()

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        """A file that SQLite cannot read is renamed, so that the next use starts a new one."""
        opened = self._inode
        self.close()
        if opened not in (None, _inode(self.path)):
            return  # another process was quicker: the file there now is a new one
        logger.error("The queue %s is broken (%s). It was set aside and a new one started.", self.path, error)
        with contextlib.suppress(FileNotFoundError):
            self.path.replace(self.path.with_name(self.path.name + ".broken"))
        for ending in ("-wal", "-shm"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file. The next use opens it again."""
        with self.lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = self._inode = None

    @property
    def me(self) -> Owner:
        if self._me is None or self._me.pid != os.getpid():
            self._me = _myself()
        return self._me

    # Messages

    def put(self, *, queue: str, payload: str, priority: int) -> None:
        self.put_all(queues=[queue], payload=payload, priority=priority)

    def put_all(self, *, queues: list[str], payload: str, priority: int) -> None:
        """One copy for each queue: all of them or, when this fails, none."""
        with self._using(transaction=True) as connection:
            connection.executemany(
                "INSERT INTO message (queue, priority, payload) VALUES (?, ?, ?)",
                [(queue, priority, payload) for queue in queues],
            )
        self.stirred.set()

    def take(self, *, queue: str, keep: bool) -> tuple[int, str, bool] | None:
        """The next message of the queue: id, payload, redelivered. It is ours until let go of; without `keep`, gone."""
        with self._using() as connection:
            # Looking needs no write lock, taking does: an idle worker must not hold up the publishers.
            if connection.execute(_LOOK, (queue,)).fetchone() is None:
                return None
            taking = connection.execute(_CLAIM, (*self.me, queue)) if keep else connection.execute(_DROP, (queue,))
            row = taking.fetchall()
        return (row[0][0], row[0][1], bool(row[0][2])) if row else None

    def forget(self, message_id: int) -> None:
        """The work is done: the message goes. Only its owner can say so; saying it twice is harmless."""
        with self._using() as connection:
            connection.execute(
                "DELETE FROM message WHERE id = ? AND owner_pid = ? AND owner_born = ?", (message_id, *self.me)
            )
        self.stirred.set()

    def give_back(self, message_ids: list[int], *, deaths: int = 0) -> None:
        """Not done: whoever comes next may take them again, in their old place.

        `deaths` says how many workers they have cost this time; a worker that closes in peace costs none.
        """
        with self._using(transaction=True) as connection:
            connection.executemany(
                "UPDATE message SET owner_pid = NULL, owner_born = NULL, redelivered = 1, deaths = deaths + ? "
                "WHERE id = ? AND owner_pid = ? AND owner_born = ?",
                [(deaths, message_id, *self.me) for message_id in message_ids],
            )
            self._drop_deadly(connection)
        self.stirred.set()

    def _drop_deadly(self, connection: sqlite3.Connection) -> None:
        deadly = connection.execute(
            "DELETE FROM message WHERE owner_pid IS NULL AND deaths > 0 AND deaths >= ? RETURNING queue, payload",
            (DEATHS_ALLOWED,),
        ).fetchall()
        for queue, payload in deadly:
            headers = json.loads(payload).get("headers") or {}
            logger.error(
                "Dropped task %s %s from %s: %s workers died over it.",
                headers.get("task"),
                headers.get("id"),
                queue,
                DEATHS_ALLOWED,
            )

    def size(self, queue: str) -> int:
        with self._using() as connection:
            found = connection.execute(
                "SELECT count(*) FROM message WHERE queue = ? AND owner_pid IS NULL", (queue,)
            ).fetchone()
        return int(found[0])

    def purge(self, queue: str) -> int:
        with self._using() as connection:
            return connection.execute("DELETE FROM message WHERE queue = ? AND owner_pid IS NULL", (queue,)).rowcount

    # Bindings

    def bind(self, *, exchange: str, routing_key: str, pattern: str, queue: str, is_transient: bool) -> None:
        with self._using() as connection:
            self._bindings[exchange, routing_key, queue] = (pattern, is_transient)
            self._write_binding(connection, exchange, routing_key, pattern, queue, is_transient)

    def _write_binding(
        self,
        connection: sqlite3.Connection,
        exchange: str,
        routing_key: str,
        pattern: str,
        queue: str,
        is_transient: bool,
    ) -> None:
        connection.execute(
            "INSERT OR REPLACE INTO binding VALUES (?, ?, ?, ?, ?, ?, ?)",
            (exchange, routing_key, pattern, queue, is_transient, *self.me),
        )

    def table(self, exchange: str) -> list[tuple[str, str | None, str]]:
        with self._using() as connection:
            rows = connection.execute(
                "SELECT DISTINCT routing_key, pattern, queue FROM binding WHERE exchange = ?", (exchange,)
            ).fetchall()
        return [(routing_key, pattern or None, queue) for routing_key, pattern, queue in rows]

    def delete_queue(self, queue: str) -> None:
        """The queue, its bindings and what waits in it."""
        for key in [key for key in self._bindings if key[2] == queue]:
            del self._bindings[key]
        with self._using(transaction=True) as connection:
            connection.execute("DELETE FROM binding WHERE queue = ?", (queue,))
            connection.execute("DELETE FROM message WHERE queue = ? AND owner_pid IS NULL", (queue,))

    # Time

    def sweep(self) -> None:
        """Take back what dead processes held, at most once a second."""
        if time.monotonic() - self._swept_at < SWEEP_EVERY_SECONDS:
            return
        self._swept_at = time.monotonic()
        with self._using() as connection:
            owners = connection.execute(
                "SELECT owner_pid, owner_born FROM message WHERE owner_pid IS NOT NULL "
                "UNION SELECT owner_pid, owner_born FROM binding"
            ).fetchall()
        for dead in [owner for owner in map(Owner._make, owners) if owner != self.me and not _is_alive(owner)]:
            self._inherit(dead)

    def _inherit(self, dead: Owner) -> None:
        with self._using(transaction=True) as connection:
            connection.execute(
                "UPDATE message SET owner_pid = NULL, owner_born = NULL, redelivered = 1, deaths = deaths + 1 "
                "WHERE owner_pid = ? AND owner_born = ?",
                dead,
            )
            self._drop_deadly(connection)
            # Queues for commands and their answers die with their process, or they would fill for ever.
            connection.execute(
                "DELETE FROM message WHERE owner_pid IS NULL AND queue IN "
                "(SELECT queue FROM binding WHERE is_transient AND owner_pid = ? AND owner_born = ?)",
                dead,
            )
            connection.execute("DELETE FROM binding WHERE owner_pid = ? AND owner_born = ?", dead)
        logger.info("Process %s is gone; what it had taken is offered again.", dead.pid)

    def version(self) -> int:
        """A number that changes whenever another process has written."""
        with self._using() as connection:
            return int(connection.execute("PRAGMA data_version").fetchone()[0])

    def wait_for_change(self, *, since: int, seconds: float) -> None:
        """Return as soon as there may be something to take, at the latest after so many seconds."""
        until = time.monotonic() + min(seconds, SWEEP_EVERY_SECONDS)
        while (rest := until - time.monotonic()) > 0:
            if self.stirred.wait(min(rest, LOOK_EVERY_SECONDS)) or _is_closing or self.version() != since:
                return


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _is_broken(error: sqlite3.DatabaseError) -> bool:
    return any(words in str(error) for words in ("not a database", "malformed"))


_is_closing = False


@worker_shutting_down.connect(weak=True)
def _close_soon(**_: object) -> None:
    """A worker that was asked to stop waits for no more messages.

    Runs inside a signal handler, perhaps in the middle of a wait: it may set a flag, but take no lock.
    """
    global _is_closing
    _is_closing = True


_stores: dict[Path, Store] = {}


def store(path: Path) -> Store:
    """The one Store of this process for the file."""
    return _stores.setdefault(path, Store(path))


# SQLite keeps its locks per process in memory and a child inherits that memory, but not the locks. So no connection
# may be open at the moment of a fork: parent and child each open their own afterwards.


def _before_fork() -> None:
    for each in _stores.values():
        each.lock.acquire()
        each.close()


def _after_fork() -> None:
    for each in _stores.values():
        each.lock.release()


def _after_fork_in_child() -> None:
    for each in _stores.values():
        # A lock whose thread exists no longer cannot be released; the bindings are the parent's.
        each.lock = threading.RLock()
        each.stirred = threading.Event()
        each._bindings = {}


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child)


# --- What kombu sees ------------------------------------------------------------------------------------------------


class QoS(virtual.QoS):
    """Remembers what this channel took; the file remembers it too, so nothing here has to survive."""

    _delivered: Any

    def ack(self, delivery_tag: str) -> None:
        self.channel.store.forget(int(delivery_tag))
        super().ack(delivery_tag)
        self.channel.store.stirred.set()  # only now is there room for the next one

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        if requeue:
            # Celery asks for this when the child that ran the task was lost.
            self.channel.store.give_back([int(delivery_tag)], deaths=1)
            self._quick_ack(delivery_tag)
            self.channel.store.stirred.set()
        else:
            self.ack(delivery_tag)

    def restore_unacked(self) -> list[tuple[BaseException, Any]]:
        self._flush()
        held = [int(delivery_tag) for delivery_tag in self._delivered]
        self._delivered.clear()
        if held:
            self.channel.store.give_back(held)
        return []


class Channel(virtual.Channel):
    """One channel over the file; many share one Store."""

    QoS = QoS
    supports_fanout = True

    def __init__(self, connection: Any, **kwargs: Any) -> None:
        super().__init__(connection, **kwargs)
        self.store = connection.store
        self._dropping: set[str] = set()  # queues consumed without acknowledgement
        self._transient: set[str] = set()

    def basic_consume(
        self, queue: str, no_ack: bool, callback: Callable[[Any], Any], consumer_tag: str, **kwargs: Any
    ) -> Any:
        if no_ack:
            self._dropping.add(queue)
        return super().basic_consume(queue, no_ack, callback, consumer_tag, **kwargs)

    def basic_cancel(self, consumer_tag: str) -> Any:
        self._dropping.discard(self._tag_to_queue.get(consumer_tag, ""))
        return super().basic_cancel(consumer_tag)

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        taken = self.store.take(queue=queue, keep=queue not in self._dropping)
        if taken is None:
            raise Empty()
        message_id, text, redelivered = taken
        payload: dict[str, Any] = json.loads(text)
        payload["properties"]["delivery_tag"] = str(message_id)
        payload["properties"]["delivery_info"]["redelivered"] = redelivered
        return payload

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        priority = self._get_message_priority(message)
        self.store.put(queue=queue, payload=json.dumps(message), priority=priority)

    def _put_fanout(self, exchange: str, message: dict[str, Any], routing_key: str, **kwargs: Any) -> None:
        queues = sorted({queue for _, _, queue in self.get_table(exchange)})
        priority = self._get_message_priority(message)
        self.store.put_all(queues=queues, payload=json.dumps(message), priority=priority)

    def _new_queue(
        self, queue: str, auto_delete: bool = False, exclusive: bool = False, arguments: Any = None, **kwargs: Any
    ) -> None:
        if auto_delete or exclusive or "x-expires" in (arguments or {}):
            self._transient.add(queue)

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str | None, queue: str) -> None:
        self.store.bind(
            exchange=exchange,
            routing_key=routing_key or "",
            pattern=pattern or "",
            queue=queue,
            is_transient=queue in self._transient,
        )

    def get_table(self, exchange: str) -> list[tuple[str, str | None, str]]:
        return self.store.table(exchange)

    def _delete(self, queue: str, *args: Any, **kwargs: Any) -> None:
        self.store.delete_queue(queue)

    def _size(self, queue: str) -> int:
        return self.store.size(queue)

    def _purge(self, queue: str) -> int:
        return self.store.purge(queue)


class Transport(virtual.Transport):
    """The transport behind `sqlite://` URLs."""

    Channel = Channel
    driver_type = "sqlite"
    driver_name = "sqlite3"
    cycle: Any
    connection_errors: Any = (*virtual.Transport.connection_errors, sqlite3.DatabaseError)
    implements = virtual.Transport.implements.extend(exchange_type=frozenset(["direct", "topic", "fanout"]))

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        self.store = store(Path(client.virtual_host))

    def driver_version(self) -> str:
        return sqlite3.sqlite_version

    def establish_connection(self) -> Any:
        self.store.version()  # a file that cannot be opened is said now, not at the first task
        return super().establish_connection()

    def drain_events(self, connection: Any, timeout: float | None = None, **kwargs: Any) -> None:
        """Deliver one message, or raise TimeoutError when none came in time. Without a timeout, wait."""
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            # Noted before looking: what comes between the look and the wait cuts the wait short.
            self.store.stirred.clear()
            since = self.store.version()
            self.store.sweep()
            try:
                self.cycle.get(self._deliver, timeout=timeout)
            except Empty:
                rest = SWEEP_EVERY_SECONDS if until is None else until - time.monotonic()
                if rest <= 0 or _is_closing:
                    raise TimeoutError from None
                self.store.wait_for_change(since=since, seconds=rest)
            else:
                return
