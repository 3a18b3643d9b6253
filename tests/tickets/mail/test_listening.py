"""The listener as a process of its own: what it says to a sending server, and what then stands in the database."""

from __future__ import annotations

import contextlib
import os
import signal
import smtplib
import socket
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import factories
from tests.config.patience import eventually
from tests.mail_servers import write_certificate
from tests.services import free_port

ROOT = Path(__file__).resolve().parents[3]
SUPPORT = "support@alborada.example"
MAILBOX = f"from tickets.models import Mailbox; Mailbox.objects.create(address={SUPPORT!r}, name='Alborada')"


class Door:
    """`manage.py listen_mail` on a database of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        theirs = {"DJANGO_SETTINGS_MODULE", "DEBUG", "PUBLIC_URL", "DATABASE_URL", "REDIS_URL"}
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in theirs},
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATA_DIR": str(folder),
            "MAIL_PORT": str(self.port),
            "MAIL_TLS_CERT": str(folder / "certificate.pem"),
        }

    def manage(self, *arguments: str) -> None:
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True, capture_output=True, timeout=120)

    def open(self, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "listen_mail"],
            cwd=ROOT,
            env={**self.environment, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        eventually(self._answers, seconds=60)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            return True
        return False

    def close(self, *, how: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=60)
            self.process = None

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        with contextlib.closing(sqlite3.connect(self.folder / "puente.sqlite3", timeout=30)) as connection, connection:
            return connection.execute(sql).fetchall()

    def stored(self) -> list[tuple[object, ...]]:
        return self.ask("SELECT rfc_id, state, envelope_to FROM tickets_inboundemail ORDER BY id")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    door = Door(tmp_path_factory.mktemp("listener"))
    write_certificate("127.0.0.1", to=door.folder / "certificate.pem")
    door.manage("migrate", "--verbosity", "0")
    door.manage("shell", "--verbosity", "0", "-c", MAILBOX)
    door.open()
    yield door
    door.close()


def _mail(name: str, **headers: str) -> bytes:
    return factories.a_mail(message_id=f"<{name}@customer.example>", **headers)


def _ids(door: Door) -> list[object]:
    return [rfc_id for rfc_id, _state, _to in door.stored()]


def test_a_mail_sent_under_tls_is_stored_before_it_is_taken(door: Door) -> None:
    context = ssl.create_default_context(cafile=str(door.folder / "certificate.pem"))
    with smtplib.SMTP("127.0.0.1", door.port, timeout=30) as server:
        server.starttls(context=context)
        server.sendmail("carla@example.com", [SUPPORT], _mail("under-tls"))

    assert "under-tls@customer.example" in _ids(door)


def test_mail_for_others_and_mail_that_is_too_large_are_refused(door: Door) -> None:
    with smtplib.SMTP("127.0.0.1", door.port, timeout=30) as server:
        server.ehlo()
        assert int(server.esmtp_features["size"]) == 30 * 1024 * 1024
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            server.sendmail("carla@example.com", ["somebody@elsewhere.example"], _mail("relay"))
        server.rset()
        assert server.docmd("MAIL", f"FROM:<carla@example.com> SIZE={31 * 1024 * 1024}")[0] == 552

    assert "relay@customer.example" not in _ids(door)


def test_a_mail_that_cannot_be_stored_is_not_taken(door: Door) -> None:
    door.ask("ALTER TABLE tickets_inboundemail RENAME TO out_of_reach")
    try:
        with smtplib.SMTP("127.0.0.1", door.port, timeout=30) as server, pytest.raises(smtplib.SMTPDataError) as said:
            server.sendmail("carla@example.com", [SUPPORT], _mail("later"))
        assert said.value.smtp_code == 451
    finally:
        door.ask("ALTER TABLE out_of_reach RENAME TO tickets_inboundemail")

    with smtplib.SMTP("127.0.0.1", door.port, timeout=30) as server:
        server.sendmail("carla@example.com", [SUPPORT], _mail("later"))
    assert _ids(door).count("later@customer.example") == 1


def test_a_listener_killed_during_data_has_taken_nothing_and_takes_it_the_next_time(door: Door) -> None:
    raw = _mail("killed-during-data", subject="Half of it")
    server = smtplib.SMTP("127.0.0.1", door.port, timeout=30)
    server.ehlo()
    server.mail("carla@example.com")
    server.rcpt(SUPPORT)
    assert server.docmd("DATA")[0] == 354
    server.send(raw[: len(raw) // 2])
    door.close(how=signal.SIGKILL)
    with contextlib.suppress(OSError):  # the first bytes may still seem to go somewhere
        server.send(raw[len(raw) // 2 :] + b"\r\n.\r\n")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        server.docmd("NOOP")
    server.close()
    assert "killed-during-data@customer.example" not in _ids(door)

    door.open()
    for _twice in range(2):  # whoever heard no "250" sends again, perhaps once too often
        with smtplib.SMTP("127.0.0.1", door.port, timeout=30) as again:
            again.sendmail("carla@example.com", [SUPPORT], raw)
    assert _ids(door).count("killed-during-data@customer.example") == 1


def test_over_lmtp_each_recipient_has_an_answer(door: Door) -> None:
    door.close()
    door.open(MAIL_PROTOCOL="lmtp")
    try:
        plus = SUPPORT.replace("@", "+r1.0123456789abcdef@")
        with smtplib.LMTP("127.0.0.1", door.port, timeout=30) as server:
            server.ehlo("mx.example.com")
            server.mail("carla@example.com")
            assert [server.rcpt(address)[0] for address in (SUPPORT, plus)] == [250, 250]
            assert server.docmd("DATA")[0] == 354
            server.send(_mail("by-lmtp").replace(b"\n", b"\r\n") + b"\r\n.\r\n")
            assert [server.getreply()[0], server.getreply()[0]] == [250, 250]
    finally:
        door.close()
        door.open()

    assert _ids(door).count("by-lmtp@customer.example") == 1


def test_a_certificate_that_is_none_is_said_in_one_line(door: Door, tmp_path: Path) -> None:
    (tmp_path / "broken.pem").write_text("no certificate")
    done = subprocess.run(
        [sys.executable, "manage.py", "listen_mail", "--port", str(free_port())],
        cwd=ROOT,
        env={**door.environment, "MAIL_TLS_CERT": str(tmp_path / "broken.pem")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: MAIL_TLS_CERT and MAIL_TLS_KEY cannot be used")
    assert len(done.stderr.strip().splitlines()) == 1
