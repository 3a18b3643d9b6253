"""`make run`: look whether everything is in place, prepare the data, start the five processes of the Procfile.

Whatever is missing is said in one line that names what to do, never with a traceback: the person in front of it may
be seeing Python for the first time.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from honcho.compat import ProcessManager
from honcho.environ import parse_procfile
from honcho.manager import Manager

ROOT = Path(__file__).resolve().parent.parent
OLDEST_SQLITE = (3, 35, 0)
QUICK_CHECK_UP_TO_BYTES = 100 * 1024 * 1024
READY_WITHIN_SECONDS = 60.0


class CannotStart(Exception):
    """Something outside the product is missing or in the way; the text says what and what to do."""


# --- Is everything in place? ------------------------------------------------------------------------------------------


def check_sqlite_version() -> None:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise CannotStart(f"This Python has SQLite {sqlite3.sqlite_version}; 3.35 or newer is needed.")


def check_folder(folder: Path) -> None:
    """The data folder must be ours to write."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial = folder / f".writable-{os.getpid()}"
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise CannotStart(
            f"The folder {folder} cannot be written ({error.strerror}). Set DATA_DIR to another."
        ) from None


def check_ports(*, wanted: dict[str, tuple[str, int]]) -> None:
    """Each port, keyed by its variable, must be free, and they must differ."""
    taken: dict[int, str] = {}
    for variable, (host, port) in wanted.items():
        if port in taken:
            raise CannotStart(f"{taken[port]} and {variable} are both {port}; give one of them another number.")
        taken[port] = variable
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            # As the servers themselves do it: connections of a moment ago do not count as taken.
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((host.strip("[]"), port))
            except PermissionError:
                raise CannotStart(
                    f"Port {port} may only be used by root. Choose another: make run {variable}={port + 8000}"
                ) from None
            except OSError as error:
                raise CannotStart(
                    f"Port {port} is taken, perhaps by a Puente that still runs ({error.strerror}). "
                    f"Stop it or choose another: make run {variable}={port + 10}"
                ) from None


def check_sqlite_file(file: Path) -> None:
    """A database that exists must be readable, sound and not held by somebody else."""
    if not file.exists():
        return
    remedy = "Put a backup in its place, or move it away to start anew."
    try:
        with contextlib.closing(sqlite3.connect(file, timeout=5, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
            if file.stat().st_size <= QUICK_CHECK_UP_TO_BYTES:
                verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
                if verdict != "ok":
                    raise CannotStart(f"The database {file} is broken. {remedy}")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise CannotStart(f"The database {file} is locked by another program. Close it and try again.") from None
        raise CannotStart(f"The database {file} cannot be opened for writing ({error}).") from None
    except sqlite3.DatabaseError as error:
        raise CannotStart(f"The database {file} is broken ({error}). {remedy}") from None


def check_database_server() -> None:
    from django.db import OperationalError, connection

    os.environ.setdefault("PGCONNECT_TIMEOUT", "5")
    try:
        connection.ensure_connection()
    except OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise CannotStart(f"The database in DATABASE_URL does not answer: {reason}") from None


def check_redis(address: str) -> None:
    import redis

    try:
        redis.Redis.from_url(address, socket_connect_timeout=5, socket_timeout=5).ping()
    except (redis.RedisError, ValueError) as error:
        raise CannotStart(f"The server in REDIS_URL does not answer: {error}") from None


# --- Prepare the data -------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def one_line(what: str) -> Iterator[None]:
    """Turn what can go wrong outside of our power into one line."""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError
    from django.db import DatabaseError

    try:
        yield
    except (ImproperlyConfigured, CommandError, DatabaseError, OSError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CannotStart(f"{what}: {reason}") from error


def migrate() -> None:
    from django.core.management import call_command

    with one_line("The database could not be brought up to date"):
        call_command("migrate", interactive=False, verbosity=0)


def collect_static() -> None:
    """Gather the static files with their fingerprints; skipped when nothing changed since the last time."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    from helpdesk.ui.bundles import BUNDLES

    if settings.DEBUG:
        return
    state = hashlib.sha256(repr(BUNDLES).encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = os.stat(storage.path(path))
            state.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    if stamp.exists() and stamp.read_text() == state.hexdigest():
        return
    with one_line("The static files could not be gathered"):
        call_command("collectstatic", interactive=False, clear=True, verbosity=0, stdout=io.StringIO())
        stamp.write_text(state.hexdigest())


def load_demo() -> None:
    """A company to look at, if the database is new and nobody said DEMO=0."""
    from django.conf import settings
    from django.core.management import call_command

    if settings.DEMO:
        with one_line("The demo data could not be loaded"):
            call_command("load_demo", if_empty=True)


def prepare() -> None:
    """Everything between the installation and the first page; doing it again is quick and changes nothing."""
    import django
    from django.core.exceptions import ImproperlyConfigured

    check_sqlite_version()
    check_folder(Path(os.environ.get("DATA_DIR") or ROOT / "var").expanduser())
    try:
        from django.conf import settings

        django.setup()
    except ImproperlyConfigured as error:
        raise CannotStart(str(error)) from None
    from django.db import connection, connections

    check_ports(
        wanted={
            "PORT": (settings.HOST, settings.PORT),
            "LIVE_PORT": (settings.HOST, settings.LIVE_PORT),
            "MAIL_PORT": (settings.MAIL_HOST, settings.MAIL_PORT),
        }
    )
    if connection.vendor == "sqlite":
        check_sqlite_file(Path(connection.settings_dict["NAME"]))
    else:
        check_database_server()
    if settings.REDIS_URL:
        check_redis(settings.REDIS_URL)
    migrate()
    collect_static()
    load_demo()
    connections.close_all()


# --- Run --------------------------------------------------------------------------------------------------------------


def environment() -> dict[str, str]:
    """What the lines of the Procfile may use: every value as the settings decided it."""
    from django.conf import settings

    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
        "DATA_DIR": str(settings.DATA_DIR),
        "HOST": settings.HOST,
        "PORT": str(settings.PORT),
        "LIVE_PORT": str(settings.LIVE_PORT),
        "MAIL_PORT": str(settings.MAIL_PORT),
    }


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


class LeaderFirst(ProcessManager):
    """Ask the first process of each group to end, and only it.

    Honcho asks the whole group; then the worker's children die under their tasks, although the worker was about to
    let them finish. Whoever is still there after five seconds is killed with its group, as honcho has it.
    """

    def terminate(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


class Supervisor(Manager):
    """Honcho, ending gently."""

    def __init__(self) -> None:
        super().__init__()
        self._procmgr = LeaderFirst()


def welcome_when_ready(*, address: str, show: Callable[[], object]) -> None:
    """Wait until the pages answer, then say where they are and how to sign in."""
    # The processes are forked in this moment; a thread that holds a lock while that happens would block them.
    time.sleep(1)
    until = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < until:
        if answers(address):
            show()
            return
        time.sleep(0.2)
    print(f"The pages did not answer at {address} within a minute; the lines above say why.", flush=True)


def run() -> int:
    """Start the processes and stay until they end; Ctrl-C, a closed terminal or SIGTERM ends them all."""
    from django.conf import settings

    manager = Supervisor()
    variables = environment()
    for name, command in parse_procfile((ROOT / "Procfile").read_text()).processes.items():
        # exec: without a shell between us and it, the process gets the signal itself.
        # keep: a process that is killed comes back, without the others noticing.
        manager.add_process(name, f"exec python -m config.keep {command}", env=variables, cwd=str(ROOT))
    # The processes live in sessions of their own: a terminal that closes tells us, not them.
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    local = "127.0.0.1" if settings.HOST in ("0.0.0.0", "::") else settings.HOST  # noqa: S104
    threading.Thread(
        target=welcome_when_ready,
        kwargs={
            "address": f"http://{local}:{settings.PORT}/health/",
            "show": lambda: subprocess.run(
                [sys.executable, "manage.py", "welcome"], cwd=ROOT, env=variables, start_new_session=True, check=False
            ),
        },
        daemon=True,
    ).start()
    manager.loop()
    if manager.returncode in (128 + signal.SIGINT, 128 + signal.SIGTERM):
        return 0
    print("One of the processes ended by itself, so all were stopped. The lines above say which and why.", flush=True)
    return manager.returncode or 1


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        prepare()
        return run()
    except CannotStart as reason:
        print(f"Puente cannot start. {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
