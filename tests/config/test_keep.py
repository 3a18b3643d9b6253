"""A process that is killed comes back; one that cannot start does not try for ever; asked to stop, it stops."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAYS_ITS_PID = "import os, time, pathlib, sys; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(60)"


def keep(*command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "config.keep", *command], cwd=ROOT, stdout=subprocess.DEVNULL)


def until(condition, *, within: float = 10):
    end = time.monotonic() + within
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("It did not happen in time.")


def pid_in(file: Path) -> int:
    return int(file.read_text()) if file.exists() and file.read_text() else 0


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" if Path("/proc").exists() else True


def test_a_killed_command_comes_back_and_ends_with_its_keeper(tmp_path):
    file = tmp_path / "pid"
    keeper = keep(sys.executable, "-c", SAYS_ITS_PID, str(file))
    first = until(lambda: pid_in(file))
    os.kill(first, signal.SIGKILL)
    second = until(lambda: pid_in(file) != first and pid_in(file))
    assert is_alive(second)
    keeper.send_signal(signal.SIGTERM)
    assert keeper.wait(10) == 0
    until(lambda: not is_alive(second))


def test_a_command_that_cannot_start_is_given_up():
    assert keep(sys.executable, "-c", "raise SystemExit(3)").wait(20) == 3
