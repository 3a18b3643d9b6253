"""The virus scanner's door: a command of the operator's, asked about each file before anybody gets it.

SCAN_COMMAND reads the file from standard input, or from the path that takes the place of {path} in it. Exit 0 means
clean and 1 infected; anything else, or silence, means that it must be asked again. Without the command nothing is
scanned and every file is handed out. With it, a file that was not looked at stays here.
"""

from __future__ import annotations

import logging
import shlex
import subprocess
import tempfile

from django.conf import settings
from django.utils import timezone

from helpdesk.common.text import normalise
from tickets.models import Attachment

log = logging.getLogger(__name__)

LONGEST_SCAN = 60  # seconds
CLEAN, INFECTED = 0, 1


def scan(attachment: Attachment) -> bool:
    """Have one file looked at, unless that was done. Returns whether it may be handed out now."""
    if not attachment.is_unchecked:
        return attachment.is_handed_out
    try:
        with attachment.file.open("rb") as file:
            code, said = _ask(file.read())
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("The scanner could not look at attachment %s: %s", attachment.pk, error)
        return False
    if code not in (CLEAN, INFECTED):
        log.warning("The scanner gave no verdict on attachment %s: exit %s", attachment.pk, code)
        return False
    attachment.scanned_at = timezone.now()
    attachment.threat = (said or "?")[:200] if code == INFECTED else ""
    Attachment.objects.filter(pk=attachment.pk).update(scanned_at=attachment.scanned_at, threat=attachment.threat)
    return attachment.is_handed_out


def scan_waiting(*, limit: int = 50) -> int:
    """Look at files nobody has looked at, the latest first. Returns how many verdicts there were."""
    if not settings.SCAN_COMMAND:
        return 0
    waiting = list(Attachment.objects.filter(scanned_at=None).order_by("-pk")[:limit])
    for attachment in waiting:
        scan(attachment)
    return sum(attachment.scanned_at is not None for attachment in waiting)


def _ask(content: bytes) -> tuple[int, str]:
    command = shlex.split(settings.SCAN_COMMAND)
    if not any("{path}" in part for part in command):
        return _run(command, content)
    with tempfile.NamedTemporaryFile(prefix="puente-scan-") as copy:
        copy.write(content)
        copy.flush()
        return _run([part.replace("{path}", copy.name) for part in command], b"")


def _run(command: list[str], content: bytes) -> tuple[int, str]:
    done = subprocess.run(  # noqa: S603  the operator's own command, no shell, and nothing of a stranger's in it
        command, input=content, capture_output=True, timeout=LONGEST_SCAN, check=False
    )
    lines = done.stdout.decode("utf-8", "replace").strip().splitlines()
    return done.returncode, normalise(lines[-1] if lines else "", single_line=True)
