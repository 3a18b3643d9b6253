"""Mail servers of the other side, as real as they come: they speak SMTP, or HTTP as mail services do, and misbehave
where a test asks them to."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import HTTP, default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.services import free_port

PASSWORD = "a bridge of stone"


def outside_address() -> str:
    """An address of this machine that is not loopback; empty where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        try:
            trial.connect(("192.0.2.77", 9))  # nothing is sent: only the route is looked up
        except OSError:
            return ""
        found = str(trial.getsockname()[0])
    return "" if ipaddress.ip_address(found).is_loopback else found


@dataclass
class MailServer:
    """Takes mail and keeps it. What it answers at each step, and where it hangs up, is the test's to say."""

    host: str = "127.0.0.1"
    port: int = 0
    at_mail: str = "250 OK"
    at_rcpt: str | Callable[[str], str] = "250 OK"
    at_data: str = "250 2.0.0 Taken as 17"
    at_starttls: str = ""
    at_quit: str = ""
    hangs_up: str = ""  # "in data": half-way through; "after data": with the whole mail, before a word about it
    drips: bool = False  # answers a letter at a time, and never comes to an end
    wants_sign_in: bool = False
    certificate: Path | None = None
    is_thinking: Callable[[], None] | None = None  # called when the whole mail is there and nothing is answered yet
    mails: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://{self.host}:{self.port}"

    def message_ids(self) -> list[str]:
        return [str(message_from_bytes(raw, policy=default)["Message-ID"]).strip("<>") for _to, raw in self.mails]

    # --- What aiosmtpd asks --------------------------------------------------------------------------------------

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_mail.startswith("250"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return self.at_mail

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.at_rcpt(address) if callable(self.at_rcpt) else self.at_rcpt
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        if self.at_data.startswith("250"):
            self.mails += [(address, raw) for address in envelope.rcpt_tos]
        if self.is_thinking:
            await asyncio.get_running_loop().run_in_executor(None, self.is_thinking)
        if self.hangs_up == "after data":
            server.transport.abort()
            return "421 Gone"
        return self.at_data

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, said: Any) -> AuthResult:
        return AuthResult(success=said.password == PASSWORD.encode(), handled=False)

    @contextmanager
    def running(self) -> Iterator[MailServer]:
        self.port = self.port or free_port()
        controller = _Controller(self, hostname=self.host, port=self.port)
        controller.start()
        try:
            yield self
        finally:
            controller.stop()


class _Controller(Controller):
    def factory(self) -> SMTP:
        ours: MailServer = self.handler
        options: dict[str, Any] = {"data_size_limit": 10 * 1024 * 1024}
        if ours.certificate:
            options["tls_context"] = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            options["tls_context"].load_cert_chain(ours.certificate)
        elif ours.at_starttls:
            options["tls_context"] = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        if ours.wants_sign_in:
            options |= {"authenticator": ours.authenticate, "auth_required": True, "auth_require_tls": False}
        return _Smtp(ours, **options)


class _Smtp(SMTP):
    def __init__(self, ours: MailServer, **options: Any) -> None:
        super().__init__(ours, **options)
        self.ours = ours

    async def smtp_EHLO(self, hostname: str) -> None:
        if self.ours.drips:
            await self._drip()
        await super().smtp_EHLO(hostname)

    async def smtp_MAIL(self, arg: str | None) -> None:
        if self.ours.drips:
            await self._drip()
        await super().smtp_MAIL(arg)

    async def _drip(self) -> None:
        while not self.transport.is_closing():
            self._writer.write(b"2")
            await asyncio.sleep(0.02)

    async def smtp_STARTTLS(self, arg: str) -> None:
        if self.ours.at_starttls:
            await self.push(self.ours.at_starttls)
        else:
            await super().smtp_STARTTLS(arg)

    async def smtp_QUIT(self, arg: str | None) -> None:
        if self.ours.at_quit:
            await self.push(self.ours.at_quit)
            self.transport.close()
        else:
            await super().smtp_QUIT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        if self.ours.hangs_up == "in data":
            await self.push("354 Go on")
            await self._reader.readline()
            self.transport.abort()
        else:
            await super().smtp_DATA(arg)


def write_certificate(address: str, *, to: Path) -> Path:
    """A certificate for this address that vouches for itself, with its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, address)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    to.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return to


# --- Services --------------------------------------------------------------------------------------------------------


@dataclass
class Asked:
    """One request that a service was sent: where, with which headers, and its body."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, list[Any]]:
        """The fields, as a program reads them that knows nothing of ours; of files the name and the bytes."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        if self.headers["content-type"].startswith("application/x-www-form-urlencoded"):
            return parse_qs(self.body.decode())
        fields: dict[str, list[Any]] = {}
        for part in message_from_bytes(head + self.body, policy=HTTP).iter_parts():
            content = part.get_payload(decode=True)
            name, filename = (part.get_param(p, header="content-disposition") for p in ("name", "filename"))
            fields.setdefault(str(name), []).append((filename, content) if filename else content.decode())
        return fields


@dataclass
class MailService:
    """The API of a mail service. `answer` says what it does with a request: status and JSON."""

    answer: Callable[[Asked], tuple[int, Any]]
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    @contextmanager
    def running(self) -> Iterator[MailService]:
        ours = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                ours.asked.append(asked)
                status, said = ours.answer(asked)
                if status == 0:  # hangs up
                    self.close_connection = True
                    return
                content = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
