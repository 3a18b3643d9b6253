"""`make test`: the suite on SQLite, then what touches data, races and stories again on PostgreSQL and Redis.

The servers are started here, on free ports, in a temporary folder, and end with us. A server given by
TEST_DATABASE_URL or TEST_REDIS_URL is used as it is, never emptied and never stopped. In CI (CI=true) a missing
server is a failure; elsewhere it is said in the first line and the second round is left out.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_WITHIN_SECONDS = 30.0
ROUND_WITHIN_SECONDS = {False: 30 * 60, True: 5 * 3600}  # a round that takes longer hangs; by whether sizes are full
SECOND_ROUND = "data_layer or race or story"
# The headless shell is the same engine without the windows, at half the cost.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class ServiceMissing(Exception):
    """A server or program that is needed is not there; the text says which and how to get it."""


def is_full() -> bool:
    return os.environ.get("TEST_SIZE") == "full"


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


# --- Finding ----------------------------------------------------------------------------------------------------------


def postgres_folder() -> Path | None:
    """Where initdb and postgres are: beside each other on the PATH or where Debian keeps its newest version."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    return max(versions, key=lambda path: [int(part) for part in re.findall(r"\d+", path.parent.name)], default=None)


def redis_program() -> Path | None:
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    return Path(found) if found else None


def chromium() -> Path | None:
    """The browser for tests marked `browser`: CHROMIUM, or the first that is installed."""
    given = os.environ.get("CHROMIUM")
    if given:
        return Path(given)
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return Path(found) if found else None


def _version(program: Path) -> str:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+\.\d+(\.\d+)?", said)
    return found.group() if found else "of unknown version"


# --- Starting ---------------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def end_with_parent() -> None:
    """Linux only: if we are killed, the server is told to end too (SIGINT: PostgreSQL's fast shutdown)."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGINT)


@dataclass(frozen=True)
class Account:
    """Who runs the server: PostgreSQL refuses to run as root."""

    uid: int
    gid: int

    @classmethod
    def for_servers(cls) -> Account | None:
        """None when we are an ordinary user ourselves."""
        if os.geteuid() != 0:
            return None
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                found = pwd.getpwnam(name)
                return cls(uid=found.pw_uid, gid=found.pw_gid)
        raise ServiceMissing("There is no user postgres or nobody to run PostgreSQL as; it refuses to run as root.")

    def options(self) -> dict[str, object]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@contextlib.contextmanager
def _server(command: list[str], *, folder: Path, account: Account | None, is_up: Callable[[], bool]) -> Iterator[None]:
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(  # type: ignore[call-overload]
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            # Ctrl-C is for the tests; the server ends when they have ended.
            start_new_session=True,
            preexec_fn=end_with_parent,
            **(account.options() if account else {}),
        )
    try:
        until = time.monotonic() + START_WITHIN_SECONDS
        while not is_up():
            if process.poll() is not None or time.monotonic() > until:
                said = log.read_text(errors="replace").strip().splitlines()
                raise ServiceMissing(f"{command[0]} did not start: {said[-1] if said else 'it said nothing'}")
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def _folder(account: Account | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="puente-test-") as name:
        if account:
            os.chown(name, account.uid, account.gid)
        yield Path(name)


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL to test on: the one given, or one of our own that is gone afterwards."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    programs = postgres_folder()
    if programs is None:
        raise ServiceMissing("PostgreSQL was not found (install it or set TEST_DATABASE_URL)")
    account = Account.for_servers()
    with _folder(account) as folder:
        _initialise(programs=programs, folder=folder / "data", account=account)
        port = free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "max_connections": 100,
            # Nobody needs these data after a power cut.
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
        command = [str(programs / "postgres"), "-D", str(folder / "data")]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        address = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        with _server(command, folder=folder, account=account, is_up=lambda: _postgres_answers(address)):
            yield address


def _initialise(*, programs: Path, folder: Path, account: Account | None) -> None:
    command = [programs / "initdb", "-D", folder, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    # C.UTF-8 is the same everywhere; macOS lacks it.
    for locale in (["--locale=C.UTF-8"], []):
        done = subprocess.run(  # type: ignore[call-overload]
            [*command, *locale],
            cwd=folder.parent,
            capture_output=True,
            text=True,
            check=False,
            **(account.options() if account else {}),
        )
        if done.returncode == 0:
            return
    raise ServiceMissing(f"initdb failed: {done.stderr.strip().splitlines()[-1]}")


def _postgres_answers(address: str) -> bool:
    import psycopg

    try:
        psycopg.connect(address, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """The URL of a Redis to test on: the one given, or one of our own that is gone afterwards."""
    given = os.environ.get("TEST_REDIS_URL")
    if given:
        yield given
        return
    program = redis_program()
    if program is None:
        raise ServiceMissing("Redis was not found (install it or set TEST_REDIS_URL)")
    with _folder(None) as folder:
        port = free_port()
        command = [str(program), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        with _server(command, folder=folder, account=None, is_up=lambda: _redis_answers(port)):
            yield f"redis://127.0.0.1:{port}/0"


def _redis_answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


# --- Running ----------------------------------------------------------------------------------------------------------


def missing_services() -> list[str]:
    """What the second round lacks, each with its remedy; empty when it can run."""
    missing = []
    if not os.environ.get("TEST_DATABASE_URL") and postgres_folder() is None:
        missing.append("PostgreSQL was not found (install it or set TEST_DATABASE_URL)")
    if not os.environ.get("TEST_REDIS_URL") and redis_program() is None:
        missing.append("Redis was not found (install it or set TEST_REDIS_URL)")
    return missing


def back_ends() -> str:
    """One line: what the tests run on."""
    missing = missing_services()
    if missing:
        return f"Back ends: SQLite with the embedded broker only. {'; '.join(missing)}."
    programs, server = postgres_folder(), redis_program()
    database = "the given PostgreSQL"
    if not os.environ.get("TEST_DATABASE_URL") and programs:
        database = f"PostgreSQL {_version(programs / 'postgres')}"
    broker = "the given Redis"
    if not os.environ.get("TEST_REDIS_URL") and server:
        broker = f"Redis {_version(server)}"
    return (
        "Back ends: everything on SQLite with the embedded broker, then data layer, races and stories "
        f"on {database} with {broker}."
    )


def _pytest(*arguments: str, database_url: str = "", redis_url: str = "") -> int:
    """One round, with data of its own, whatever the environment of the person who runs it says."""
    with tempfile.TemporaryDirectory(prefix="puente-test-data-") as folder:
        environment = {
            **{name: value for name, value in os.environ.items() if name not in ("DEMO", "DEBUG", "PUBLIC_URL")},
            "DATA_DIR": folder,
            # Dozens of processes are started: what the first has compiled, the others need not compile again.
            "PYTHONDONTWRITEBYTECODE": "",
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
        }
        command = [sys.executable, "-m", "pytest", *arguments]
        within = ROUND_WITHIN_SECONDS[is_full()]
        try:
            return subprocess.run(command, cwd=ROOT, env=environment, check=False, timeout=within).returncode
        except subprocess.TimeoutExpired:
            print(f"The tests were ended: they hung for more than {within / 60:.0f} minutes.", file=sys.stderr)
            return 1


def rounds(*, full: bool) -> tuple[str, str]:
    """Which marks each round selects; the full sizes only when they are asked for."""
    second = f"({SECOND_ROUND})"
    return ("", second) if full else ("not long", f"{second} and not long")


def main(arguments: list[str]) -> int:
    """Both rounds; the second only if the first is green, so that the last lines are always the ones that matter."""
    print(back_ends(), flush=True)
    missing = missing_services()
    if missing and in_ci():
        print("CI needs both rounds, so this is a failure.", file=sys.stderr)
        return 1
    options = ["-n", os.environ.get("TEST_PROCESSES", "2"), *arguments]
    first_marks, second_marks = rounds(full=is_full())
    first = _pytest("-m", first_marks, *options)
    no_tests_matched = 5
    if missing or first not in (0, no_tests_matched):
        return first
    try:
        with postgres() as database_url, redis() as redis_url:
            print("\nNow on PostgreSQL and Redis:", flush=True)
            second = _pytest("-m", second_marks, *options, database_url=database_url, redis_url=redis_url)
    except ServiceMissing as reason:
        print(reason, file=sys.stderr)
        return 1
    return first if second == no_tests_matched else second


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
