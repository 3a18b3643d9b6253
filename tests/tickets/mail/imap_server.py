"""A real IMAP server for tests: Debian's Dovecot in a folder of its own, on a free port, gone afterwards.

It takes any user with one password; each test has a user of its own, so nothing of one is seen by another.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from imapclient import IMAPClient

from tests import services

PASSWORD = "correct-horse"
START_WITHIN = 20.0

_CONFIG = """
protocols = imap
base_dir = {folder}/run
state_dir = {folder}/state
listen = 127.0.0.1
log_path = {folder}/log
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
mail_location = maildir:{folder}/mail/%u
mail_home = {folder}/home/%u
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 0
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
mail_max_userip_connections = 100
mailbox_list_index = yes
mail_fsync = never
# Who may be told of changes at once, and how often a folder is looked at behind the server's back.
mailbox_idle_check_interval = 1 secs
{passdb}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
  # A wrong password is answered at once, however often.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
{extra}
"""


@dataclass
class ImapServer:
    """A running server. `tls_port` is 0 where it has no certificate."""

    folder: Path
    port: int
    tls_port: int = 0

    def signed_in(self, user: str) -> IMAPClient:
        """Somebody at this mailbox with another mail program."""
        client = IMAPClient("127.0.0.1", self.port, ssl=False)
        client.login(user, PASSWORD)
        return client

    def put(self, user: str, *mails: bytes, folder: str = "INBOX", flags: Iterable[str] = ()) -> None:
        """Mails arrive in a folder, which is made when it is not there."""
        with self.signed_in(user) as client:
            if not client.folder_exists(folder):
                client.create_folder(folder)
            if mails:
                client.multiappend(folder, [{"msg": mail, "flags": tuple(flags)} for mail in mails])

    def renumber(self, user: str) -> None:
        """The server forgets its numbers for the inbox and begins anew under another UIDVALIDITY, as after a repair."""
        before = self.uid_validity(user)
        while self.uid_validity(user) == before:  # it is a clock of seconds
            for path in (self.folder / "mail" / user).glob("dovecot*"):
                path.unlink()
            time.sleep(0.05)

    def uid_validity(self, user: str, folder: str = "INBOX") -> int:
        with self.signed_in(user) as client:
            return int(client.select_folder(folder, readonly=True)[b"UIDVALIDITY"])

    def state_of(self, user: str, folder: str = "INBOX") -> dict[int, tuple[object, ...]]:
        """Flags, date and size of every message: what reading must not change."""
        with self.signed_in(user) as client:
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search(), ["FLAGS", "INTERNALDATE", "RFC822.SIZE"])
        return {
            uid: (tuple(sorted(items[b"FLAGS"])), items[b"INTERNALDATE"], items[b"RFC822.SIZE"])
            for uid, items in found.items()
        }


@contextlib.contextmanager
def running(*, extra: str = "", passdb: str = "", certificate: Path | None = None) -> Iterator[ImapServer]:
    """A server of its own. Left out where Dovecot 2.3 is not installed, except in CI, where it must be there."""
    dovecot = shutil.which("dovecot") or shutil.which("/usr/sbin/dovecot")
    said = subprocess.run([dovecot, "--version"], capture_output=True, text=True, check=True).stdout if dovecot else ""
    if not said.startswith("2.3."):  # 2.4 reads another configuration
        missing = f"Dovecot 2.3 is needed (Debian 12: apt install dovecot-imapd), found: {said.strip() or 'none'}"
        pytest.fail(missing) if services.in_ci() else pytest.skip(missing)
    with tempfile.TemporaryDirectory(prefix="puente-imap-") as name:
        yield from _serving(str(dovecot), Path(name), extra=extra, passdb=passdb, certificate=certificate)


def _serving(dovecot: str, folder: Path, *, extra: str, passdb: str, certificate: Path | None) -> Iterator[ImapServer]:
    user = pwd.getpwnam("mail" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name)
    os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(0o755)
    for inside in ("mail", "home"):
        (folder / inside).mkdir()
        os.chown(folder / inside, user.pw_uid, user.pw_gid)
    server = ImapServer(folder, services.free_port(), services.free_port() if certificate else 0)
    tls = f"ssl = yes\nssl_cert = <{certificate}\nssl_key = <{certificate}\n" if certificate else "ssl = no\n"
    config = folder / "dovecot.conf"
    config.write_text(
        _CONFIG.format(
            folder=folder,
            user=user.pw_name,
            group=grp.getgrgid(user.pw_gid).gr_name,
            port=server.port,
            tls_port=server.tls_port,
            extra=extra + tls,
            passdb=f"{passdb}passdb {{\n  driver = static\n  args = password={PASSWORD}\n}}",
        )
    )
    process = subprocess.Popen(
        [dovecot, "-F", "-c", config], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=(folder / "said").open("wb"), start_new_session=True, preexec_fn=services.end_with_parent,
    )  # fmt: skip
    try:
        _wait_for(server, process)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(server: ImapServer, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_WITHIN
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=5) as line:
            if line.recv(100).startswith(b"* OK"):
                return
        if process.poll() is not None or time.monotonic() > until:
            words = [(server.folder / name).read_text(errors="replace") for name in ("said", "log")
                     if (server.folder / name).exists()]  # fmt: skip
            pytest.fail(f"Dovecot did not start: {' '.join(words)[-1500:]}")
        time.sleep(0.05)


# --- A line that drops ------------------------------------------------------------------------------------------------


class Cutter:
    """Passes everything on to a server, and cuts each line after so many bytes of what the server says."""

    def __init__(self, port: int) -> None:
        self.server_port = port
        self.after: int | None = None  # None: never
        self.when_said = b""  # or as soon as the client says this
        self.cuts = 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listening.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Cutter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self._thread.join(5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self.listening.accept()
                server = socket.create_connection(("127.0.0.1", self.server_port))
                threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        left = self.after
        with client, server, contextlib.suppress(OSError):
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    said = ready.recv(65536)
                    if not said:
                        return
                    if ready is client:
                        if self.when_said and self.when_said in said:
                            self.cuts += 1
                            return
                        server.sendall(said)
                        continue
                    client.sendall(said if left is None else said[:left])
                    if left is not None and len(said) >= left:
                        self.cuts += 1
                        return
                    left = None if left is None else left - len(said)
