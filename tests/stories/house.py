"""The real product in a folder of its own: what `make run` starts, on free ports, with a mail server to send to.

Nothing of it runs in the process of the tests. They come in where everybody comes in, by SMTP and HTTP, and look at
the database only to see what became of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import email
import itertools
import os
import secrets
import signal
import smtplib
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default as modern
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests import services

ROOT = Path(__file__).resolve().parents[2]
START_WITHIN, STOP_WITHIN = 120.0, 15.0
PASSWORD = "three words and a bridge"
DEMO_TICKETS = 500
MAILBOX = "support@alborada.example"
ZONES = ("Pacific/Honolulu", "America/Los_Angeles", "America/New_York", "America/Sao_Paulo", "Europe/Madrid",
         "Asia/Dubai", "Asia/Bangkok", "Asia/Tokyo", "Pacific/Auckland")  # fmt: skip
_count = itertools.count(1)


def eventually(found: Callable[[], Any], *, within: float = 30.0, what: str) -> Any:
    """What `found` returns once it is true; fails with `what` when it never is."""
    until = time.monotonic() + within
    while not (it := found()):
        assert time.monotonic() < until, f"Not within {within:.0f} s: {what}"
        time.sleep(0.05)
    return it


def zone_where_it_is_day() -> str:
    """A time zone in which it is between ten and six o'clock now: nobody is asked anything at night."""
    return next(zone for zone in ZONES if 10 <= datetime.now(zoneinfo.ZoneInfo(zone)).hour < 18)


# --- The customers' mail server ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mail:
    """One mail as a server took it: for whom, and what it says."""

    to: str
    message: EmailMessage
    raw: bytes

    def __getitem__(self, header: str) -> str:
        return str(self.message[header] or "")

    @property
    def message_id(self) -> str:
        return self["Message-ID"]

    def body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None, f"{self['Subject']} has no {kind} part"
        return str(part.get_content())


class Sink:
    """A mail server that takes everything and keeps it."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.pause = 0.0  # seconds it thinks about a mail before it says that it has it
        self.is_thinking = threading.Event()
        self._lock = threading.Lock()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        message = email.message_from_bytes(raw, policy=modern)
        assert isinstance(message, EmailMessage)
        with self._lock:
            self.mails += [Mail(to=address.lower(), message=message, raw=raw) for address in envelope.rcpt_tos]
        if self.pause:
            self.is_thinking.set()
            await asyncio.sleep(self.pause)
            self.is_thinking.clear()
        return "250 Taken"

    def to(self, address: str) -> list[Mail]:
        with self._lock:
            return [mail for mail in self.mails if mail.to == address]

    def all(self) -> list[Mail]:
        with self._lock:
            return list(self.mails)

    def expect(self, address: str, *, n: int = 1, within: float = 30.0) -> Mail:
        """The n-th mail to this address, once it is there."""
        eventually(lambda: len(self.to(address)) >= n, within=within, what=f"mail {n} to {address}")
        return self.to(address)[n - 1]


# --- The database and the broker --------------------------------------------------------------------------------------


@contextlib.contextmanager
def own_database(given: str) -> Iterator[str]:
    """The URL of a database of our own on the given server, gone afterwards; empty (SQLite) where none is given."""
    if not given:
        yield ""
        return
    name = f"puente_story_{os.getpid()}_{next(_count)}"
    with psycopg.connect(given, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(given, autocommit=True) as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


OWNER = "puente-story-owner"


@contextlib.contextmanager
def own_redis(given: str) -> Iterator[str]:
    """The URL of an empty database number of the given server, which is ours until the end; empty where none is given.

    Only this number is ever emptied.
    """
    if not given:
        yield ""
        return
    numbers = int(redis.Redis.from_url(given).config_get("databases")["databases"])  # type: ignore[index]
    for number in range(numbers - 1, 0, -1):
        address = urlunsplit(urlsplit(given)._replace(path=f"/{number}"))
        with redis.Redis.from_url(address) as server:
            if server.dbsize() or not server.set(OWNER, os.getpid(), nx=True):
                continue
            try:
                yield address
            finally:
                server.flushdb()
        return
    raise services.ServiceMissing("The Redis in REDIS_URL has no empty database number to test on.")


# --- The house --------------------------------------------------------------------------------------------------------


@dataclass
class House:
    """A running Puente."""

    folder: Path
    database_url: str
    redis_url: str
    sink: Sink
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.environment['PORT']}"

    @property
    def mail_port(self) -> int:
        return int(self.environment["MAIL_PORT"])

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    # Starting and ending

    def start(self) -> None:
        """`make run`, without its first step, the installation."""
        with (self.folder / "log").open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.processes"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        eventually(self._is_up, within=START_WITHIN, what="the pages answer")

    def _is_up(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"It ended by itself:\n{self.log[-3000:]}"
        ports = (self.url, f"http://127.0.0.1:{self.environment['LIVE_PORT']}")
        return all(answers(f"{address}/health/") for address in ports) and self._takes_mail()

    def _takes_mail(self) -> bool:
        with contextlib.suppress(OSError, smtplib.SMTPException), smtplib.SMTP("127.0.0.1", self.mail_port, timeout=2):
            return True
        return False

    def stop(self) -> None:
        """As Ctrl-C does it; whatever is still there afterwards is one of ours and is killed."""
        if self.process is None:
            return
        started = [self.process.pid, *_descendants(self.process.pid)]
        self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=STOP_WITHIN)
        for pid in started:
            with contextlib.suppress(ProcessLookupError):
                if str(self.folder).encode() in _environ(pid):
                    os.kill(pid, signal.SIGKILL)
        self.process.wait()

    # Its terminal

    def manage(self, *arguments: str, said: str = "") -> str:
        """`manage.py …` as somebody at its terminal would call it."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            input=said,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def set_up(self) -> str:
        """Company, administrator and mailbox by `manage.py setup`; two agents, a manager and a team by hand."""
        said = self.manage(
            "setup", "--company", "Alborada", "--language", "en", "--time-zone", zone_where_it_is_day(),
            "--name", "Olu Adebayo", "--email", "olu@alborada.example", "--mailbox", MAILBOX, "--password-stdin",
            said=PASSWORD + "\n",
        )  # fmt: skip
        self.manage("shell", "-v", "0", "-c", _COLLEAGUES)
        return said

    # Its data

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Look at the rows. `?` stands for a value, on both databases."""
        if self.database_url:
            with psycopg.connect(self.database_url, autocommit=True) as connection:
                statement = sql.replace("%", "%%").replace("?", "%s")
                cursor = connection.execute(statement, values)  # type: ignore[arg-type]
                return cursor.fetchall() if cursor.description else []
        file = self.folder / "var" / "puente.sqlite3"
        with contextlib.closing(sqlite3.connect(file, timeout=20)) as connection, connection:
            return connection.execute(sql, [_for_sqlite(value) for value in values]).fetchall()

    def value(self, sql: str, *values: Any) -> Any:
        """The first column of the only row; None where there is none."""
        rows = self.query(sql, *values)
        assert len(rows) <= 1, f"{len(rows)} rows for {sql}"
        return rows[0][0] if rows else None

    def wipe_broker(self) -> None:
        """Take away everything that is queued, as if its disk were gone."""
        if self.redis_url:
            with redis.Redis.from_url(self.redis_url) as server, server.pipeline(transaction=True) as both:
                both.flushdb().set(OWNER, os.getpid())
                both.execute()
            return
        for file in (self.folder / "var").glob("broker.sqlite3*"):
            file.unlink(missing_ok=True)

    # Its processes

    def pids(self, name: str) -> list[int]:
        """The process of this line of the Procfile and its children, without the keeper that starts it again."""
        assert self.process is not None
        ours = _descendants(self.process.pid)
        heads = [pid for pid in ours if _words(pid, *_WORDS[name]) and not _words(pid, "config.keep")]
        return list(dict.fromkeys([*heads, *(child for pid in heads for child in _descendants(pid))]))

    def kill(self, name: str, *, alone: bool = False) -> int:
        """kill -9, the process and its children, or with `alone` the first process and not its children."""
        pids = self.pids(name)
        for pid in pids[:1] if alone else pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(pids)

    # Its customers

    def mail(
        self, *, sender: str, subject: str, text: str, to: str = MAILBOX, headers: dict[str, str] | None = None
    ) -> str:
        """Write a mail as any mail program does, and return its Message-ID once the listener said 250."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, to, subject
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = make_msgid(domain="customer.example")
        for name, value in (headers or {}).items():
            if name in message:
                message.replace_header(name, value)
            else:
                message[name] = value
        message.set_content(text)
        self.hand_over(message, to=to)
        return str(message["Message-ID"])

    def hand_over(self, message: EmailMessage, *, to: str = MAILBOX) -> None:
        with smtplib.SMTP("127.0.0.1", self.mail_port, timeout=30) as server:
            server.send_message(message, to_addrs=[to])


_WORDS = {
    "web": ("gunicorn", "config.wsgi"),
    "live": ("uvicorn",),
    "worker": ("celery", "worker"),
    "beat": ("celery", "beat"),
    "mail": ("listen_mail",),
}

_COLLEAGUES = f"""
from helpdesk.people.models import Membership, Role, Team, User
from tickets.models import Mailbox
team = Team.objects.create(name="Billing", slug="billing", icon="receipt")
Mailbox.objects.update(team=team)
for name, role in (("Ana Alonso", Role.AGENT), ("Ben Barker", Role.AGENT), ("Mia Manrique", Role.MANAGER)):
    email = name.split()[0].lower() + "@alborada.example"
    user = User.objects.create_user(email, {PASSWORD!r}, name=name, role=role)
    Membership.objects.create(user=user, team=team)
"""


@contextlib.contextmanager
def opened(*, demo: bool = False) -> Iterator[House]:
    """A house on the back ends of this round; gone without a trace afterwards. With `demo`, that of the demo company
    with fewer tickets than the first `make run` gives it; else set up for a company of its own."""
    sink = Sink()
    server = Controller(sink, hostname="127.0.0.1", port=free_ports(1)[0])
    server.start()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="puente-story-", ignore_cleanup_errors=True) as name,
            own_database(os.environ.get("DATABASE_URL", "")) as database_url,
            own_redis(os.environ.get("REDIS_URL", "")) as redis_url,
        ):
            house = House(
                folder=Path(name),
                database_url=database_url,
                redis_url=redis_url,
                sink=sink,
                environment=_environment(Path(name), database_url, redis_url, smtp_port=server.port, demo=demo),
            )
            try:
                if demo:
                    house.manage("migrate", "--verbosity", "0")
                    house.manage("load_demo", "--tickets", str(DEMO_TICKETS))
                house.start()
                if not demo:
                    house.set_up()
                yield house
            finally:
                house.stop()
    finally:
        server.stop()


def _environment(folder: Path, database_url: str, redis_url: str, *, smtp_port: int, demo: bool) -> dict[str, str]:
    """What somebody would set who starts it so; nothing that is meant for the tests themselves."""
    theirs = {"DJANGO_SETTINGS_MODULE", "DEBUG", "PUBLIC_URL", "LIVE_URL", "HOST", "MAIL_HOST", "ALLOWED_HOSTS"}
    return {
        **{name: value for name, value in os.environ.items() if name not in theirs},
        "DATA_DIR": str(folder / "var"),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SMTP_URL": "" if demo else f"smtp://127.0.0.1:{smtp_port}",  # the demo's mail goes to its outbox page
        "SECRET_KEY": secrets.token_urlsafe(40),
        "UNDO_SEND_SECONDS": "1",
        "NOTICE_MAIL_SECONDS": "1",
        "DEMO": "1" if demo else "0",
        **{name: str(port) for name, port in zip(("PORT", "LIVE_PORT", "MAIL_PORT"), free_ports(3), strict=True)},
    }


def free_ports(n: int) -> list[int]:
    """Ports below those that the system gives to outgoing connections, or one of these takes ours before we do."""
    found: set[int] = set()
    while len(found) < n:
        port = 20_000 + secrets.randbelow(10_000)
        with contextlib.suppress(OSError), socket.socket() as trial:
            trial.bind(("127.0.0.1", port))
            found.add(port)
    return list(found)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _for_sqlite(value: Any) -> Any:
    """Times as Django writes them there."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value


# --- Processes --------------------------------------------------------------------------------------------------------


def _end_with_parent() -> None:
    """If the tests are killed, the house ends too."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def _descendants(pid: int) -> list[int]:
    """Everything this process started, and what that started, parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    found, to_look_at = [], [pid]
    while to_look_at:
        below = sorted(children.get(to_look_at.pop(0), []))
        found += below
        to_look_at += below
    return found


def _words(pid: int, *wanted: str) -> bool:
    """Whether the command line of the process has all of these words."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return False
    return all(word in line for word in wanted)


def _environ(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""
