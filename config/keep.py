"""`python -m config.keep COMMAND …`: run a command and start it again when it dies before its time.

One line of the Procfile is one of these. A worker that the system killed is back within a second; a command that
cannot start at all ends after five quick deaths, and the supervisor then stops everything and says so.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time

QUICK_SECONDS = 5.0
MOST_QUICK_DEATHS = 5
PR_SET_PDEATHSIG = 1


class Keeper:
    """Runs one command until it is asked to stop."""

    def __init__(self, command: list[str]) -> None:
        self.command = command
        self.child: subprocess.Popen[bytes] | None = None
        self.is_stopping = False

    def stop(self, number: int, _frame: object) -> None:
        """Pass the signal on; the command ends as it likes, and is not started again."""
        self.is_stopping = True
        if self.child:
            with contextlib.suppress(ProcessLookupError):
                self.child.send_signal(signal.SIGTERM)

    def run(self) -> int:
        quick_deaths = 0
        while True:
            began = time.monotonic()
            self.child = subprocess.Popen(self.command, preexec_fn=_die_with_parent)  # noqa: S603
            code = self.child.wait()
            if self.is_stopping:
                return 0
            quick_deaths = quick_deaths + 1 if time.monotonic() - began < QUICK_SECONDS else 1
            if quick_deaths >= MOST_QUICK_DEATHS:
                return code or 1
            print(f"{self.command[0]} ended ({code}) and is started again.", flush=True)
            time.sleep(0.2 * quick_deaths)


def _die_with_parent() -> None:
    """On Linux the command ends with its keeper even when that is killed; elsewhere there is no such thing."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def main() -> int:
    keeper = Keeper(sys.argv[1:])
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, keeper.stop)
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    return keeper.run()


if __name__ == "__main__":
    sys.exit(main())
