"""`make run`: what stands in the way is said in one line, and what was started ends with it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from config import processes
from config.processes import CannotStart
from tests import services
from tests.config.patience import eventually

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def surroundings(tmp_path):
    """An environment for `make run` with free ports and a folder of its own, without demo data."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": str(tmp_path / "var"),
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "DEMO": "0",
        **{name: str(services.free_port()) for name in ("PORT", "LIVE_PORT", "MAIL_PORT")},
    }


def start(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "config.processes"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def only_line(done: subprocess.CompletedProcess[str]) -> str:
    """The one line it said; anything more, a traceback above all, fails."""
    assert done.returncode == 1
    (line,) = (done.stdout + done.stderr).strip().splitlines()
    assert line.startswith("Puente cannot start. ")
    return line


# --- What stands in the way -------------------------------------------------------------------------------------------


def test_a_taken_port_is_named_with_the_way_out(surroundings):
    with socket.create_server(("127.0.0.1", int(surroundings["LIVE_PORT"]))):
        line = only_line(start(surroundings))

    assert f"Port {surroundings['LIVE_PORT']} is taken" in line
    assert "make run LIVE_PORT=" in line


def test_two_ports_that_are_the_same_are_named(surroundings):
    surroundings["MAIL_PORT"] = surroundings["PORT"]

    assert "PORT and MAIL_PORT are both" in only_line(start(surroundings))


def test_a_setting_that_makes_no_sense_is_named(surroundings):
    surroundings["PORT"] = "eight thousand"

    assert "PORT is 'eight thousand'; write a whole number." in only_line(start(surroundings))


@pytest.mark.parametrize("content", [b"this is not a database " * 500, b"SQLite format 3\0" + b"\xff" * 9000])
def test_a_broken_database_is_named_and_left_alone(surroundings, tmp_path, content):
    file = tmp_path / "var" / "puente.sqlite3"
    file.parent.mkdir()
    file.write_bytes(content)

    assert f"The database {file} is broken" in only_line(start(surroundings))
    assert file.read_bytes() == content


def test_a_locked_database_is_named(tmp_path):
    file = tmp_path / "puente.sqlite3"
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")

    with pytest.raises(CannotStart, match="is locked by another program"):
        processes.check_sqlite_file(file)
    holder.close()


def test_a_sound_database_passes(tmp_path):
    file = tmp_path / "puente.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE thing (id INTEGER)")

    processes.check_sqlite_file(file)
    processes.check_sqlite_file(tmp_path / "not yet there")


def test_a_folder_that_cannot_be_made_is_named(surroundings, tmp_path):
    (tmp_path / "file").write_text("")
    surroundings["DATA_DIR"] = str(tmp_path / "file" / "var")

    assert "cannot be written" in only_line(start(surroundings))


def test_a_database_server_that_does_not_answer_is_named(surroundings):
    surroundings["DATABASE_URL"] = f"postgresql://puente:secret@127.0.0.1:{services.free_port()}/puente"

    line = only_line(start(surroundings))

    assert "The database in DATABASE_URL does not answer" in line
    assert "secret" not in line


def test_a_redis_that_does_not_answer_is_named(surroundings):
    surroundings["REDIS_URL"] = f"redis://127.0.0.1:{services.free_port()}/0"

    assert "The server in REDIS_URL does not answer" in only_line(start(surroundings))


def copy_of_the_makefile(folder: Path) -> None:
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, folder)


def make_with_only(folder: Path, **programs: str) -> list[str]:
    """What `make run` says where the PATH has the usual tools and only these Pythons; make's own closing line apart."""
    copy_of_the_makefile(folder)
    path = folder / "bin"
    path.mkdir()
    for tool in ("sh", "make", "cmp", "cp", "rm", "head", "echo"):
        (path / tool).symlink_to(str(shutil.which(tool)))
    for name, script in programs.items():
        (path / name).write_text(f"#!{shutil.which('sh')}\n{script}\n")
        (path / name).chmod(0o755)
    done = subprocess.run(
        ["make", "run"],
        cwd=folder,
        env={"PATH": str(path), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    return [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("make: ***")]


def test_without_python_one_line_says_so(tmp_path):
    (line,) = make_with_only(tmp_path)
    assert line.startswith("Puente cannot start. Python 3.11 or newer is needed")


def test_a_python_that_is_too_old_is_named(tmp_path):
    (line,) = make_with_only(tmp_path, python3='[ "$1" = --version ] && echo Python 3.9.2; exit 1')
    assert line == "Puente cannot start. Python 3.11 or newer is needed; found: Python 3.9.2."


def test_a_python_without_venv_is_told_what_to_install(tmp_path):
    (line,) = make_with_only(tmp_path, python3='case "$2" in *ensurepip*) exit 1;; *) exit 0;; esac')
    assert "apt install python3-venv" in line


# --- Running ----------------------------------------------------------------------------------------------------------


def processes_of_session(environment: dict[str, str]) -> list[str]:
    """Every process, of whatever session, that was started with this data folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"DATA_DIR={environment['DATA_DIR']}\0".encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="Looks for processes in /proc")
# The one signal is Ctrl-C, the other what `docker stop` sends; see tests/config/test_deployment.py for that one too.
@pytest.mark.parametrize(
    "how", [signal.SIGINT, *(pytest.param(how, marks=pytest.mark.long) for how in (signal.SIGTERM, signal.SIGHUP))]
)
def test_all_five_start_answer_and_are_gone_afterwards(surroundings, tmp_path, how):
    log = tmp_path / "log"
    with log.open("wb") as out:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "config.processes"],
            cwd=ROOT,
            env=surroundings,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:

        def is_up() -> bool:
            assert supervisor.poll() is None, log.read_text()
            ready = f"http://127.0.0.1:{surroundings['PORT']}/" in log.read_text()
            ports = (surroundings["PORT"], surroundings["LIVE_PORT"])
            return ready and all(processes.answers(f"http://127.0.0.1:{port}/health/") for port in ports)

        eventually(is_up)
        started = " ".join(processes_of_session(surroundings))
        for program in ("gunicorn", "uvicorn", "--quiet worker", "--quiet beat", "listen_mail"):
            assert program in started

        os.kill(supervisor.pid, how)

        assert supervisor.wait(timeout=30) == 0
        eventually(lambda: not processes_of_session(surroundings), seconds=5)
        assert "Traceback" not in log.read_text()
    finally:
        if supervisor.poll() is None:
            supervisor.terminate()
            supervisor.wait(timeout=30)
