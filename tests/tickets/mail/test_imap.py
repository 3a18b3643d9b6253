"""Encryption and signing in, against a server of another make: TLS, access tokens, neither MOVE nor IDLE."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.utils import timezone

from tests import factories
from tests.tickets.mail import imap_server
from tests.tickets.mail.imap_server import PASSWORD, ImapServer
from tests.tickets.mail.permissions import PermissionServer
from tickets.mail import fetching, oauth, testing
from tickets.models import InboundEmail, Mailbox, MailSource

pytestmark = pytest.mark.django_db

USER = "support@alborada.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of localhost that vouches for itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    signed = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(signed.public_bytes(Encoding.PEM) + private)
    return file


@pytest.fixture(scope="module")
def permissions() -> Iterator[PermissionServer]:
    with PermissionServer(user=USER) as permissions:
        yield permissions


@pytest.fixture(scope="module")
def server(
    certificate: Path, permissions: PermissionServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ImapServer]:
    config = tmp_path_factory.mktemp("oauth") / "oauth2.conf"
    config.write_text(f"tokeninfo_url = {permissions.url}/info?access_token=\nusername_attribute = email\n")
    passdb = f"passdb {{\n  driver = oauth2\n  mechanisms = xoauth2\n  args = {config}\n}}\n"
    extra = "imap_capability = IMAP4rev1 UIDPLUS MULTIAPPEND\nauth_cache_size = 0\n"
    with imap_server.running(certificate=certificate, passdb=passdb, extra=extra) as server:
        yield server


@pytest.fixture
def source(server: ImapServer, support: Mailbox) -> MailSource:
    return MailSource.objects.create(
        mailbox=support,
        host="localhost",
        port=server.tls_port,
        security="tls",
        username=USER,
        password=PASSWORD,
        which_mail="all",
    )


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine trusts that certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.fixture
def permitted(source: MailSource, permissions: PermissionServer, settings: object, trusted: None) -> MailSource:
    """The same mailbox, read by permission instead of password."""
    settings.GOOGLE_TOKEN_URL = f"{permissions.url}/google"  # type: ignore[attr-defined]
    settings.MICROSOFT_TOKEN_URL = f"{permissions.url}/{{tenant}}/token"  # type: ignore[attr-defined]
    permissions.asked.clear()
    permissions.access_tokens.clear()
    permissions.refresh_token, permissions.rotates, permissions.lasts, permissions.breaks = "refresh-0", False, 3600, ""
    source.sign_in, source.password = MailSource.SignIn.GOOGLE, ""
    source.client_id, source.client_secret = permissions.client_id, permissions.client_secret
    source.refresh_token = permissions.refresh_token
    source.save()
    return source


def fetch(source: MailSource) -> MailSource:
    source = MailSource.objects.get(pk=source.pk)
    fetching.fetch(source)
    return MailSource.objects.get(pk=source.pk)


class TestEncryption:
    def test_a_certificate_that_nobody_vouches_for_ends_it_before_the_password(self, source):
        source = fetch(source)
        assert "The certificate of localhost is not good: self" in source.error
        assert source.fetched_at is None

    def test_tls_from_the_beginning(self, source, trusted):
        assert fetch(source).error == ""

    def test_starttls(self, server, source, trusted):
        MailSource.objects.update(security="starttls", port=server.port)
        assert fetch(source).error == ""

    def test_starttls_checks_the_certificate_too(self, server, source):
        MailSource.objects.update(security="starttls", port=server.port)
        assert "is not good" in fetch(source).error

    def test_the_certificate_of_another_name_is_not_good(self, source, trusted):
        MailSource.objects.update(host="127.0.0.2")
        assert "127.0.0.2" in fetch(source).error

    def test_a_password_of_any_letters(self, source, trusted):
        MailSource.objects.update(password='contraseña "\\ 密码')
        assert "does not accept" in fetch(source).error  # a wrong one, and no other trouble


class TestAccessTokens:
    def test_a_permission_reads_the_mailbox(self, permitted, permissions, server):
        server.put(USER, factories.a_mail(message_id="<by-permission@example.com>"))
        source = fetch(permitted)
        assert source.error == ""
        assert InboundEmail.objects.filter(rfc_id="by-permission@example.com").exists()
        assert permissions.asked == [
            {
                "path": "/google", "grant_type": "refresh_token", "client_id": permissions.client_id,
                "client_secret": permissions.client_secret, "refresh_token": "refresh-0",
            }
        ]  # fmt: skip

    def test_a_token_that_is_still_good_is_used_again(self, permitted, permissions):
        fetch(permitted)
        assert fetch(permitted).error == ""
        assert len(permissions.asked) == 1

    def test_one_that_ends_soon_is_replaced(self, permitted, permissions):
        fetch(permitted)
        MailSource.objects.update(access_token_ends_at=timezone.now() + timedelta(minutes=1))
        assert fetch(permitted).error == ""
        assert len(permissions.asked) == 2

    def test_one_that_was_taken_back_is_replaced_at_once(self, permitted, permissions):
        fetch(permitted)
        permissions.access_tokens.clear()
        assert fetch(permitted).error == ""
        assert len(permissions.asked) == 2

    def test_microsoft_changes_the_refresh_token_each_time_and_we_keep_the_new_one(self, permitted, permissions):
        permissions.rotates = True
        MailSource.objects.update(sign_in="microsoft", tenant="alborada.onmicrosoft.example")
        source = fetch(permitted)
        assert source.refresh_token == permissions.refresh_token == "refresh-1"
        assert permissions.asked[0]["path"] == "/alborada.onmicrosoft.example/token"
        assert "IMAP.AccessAsUser.All" in permissions.asked[0]["scope"]
        MailSource.objects.update(access_token="", access_token_ends_at=None)
        assert fetch(permitted).error == ""

    def test_tokens_are_not_readable_in_the_database(self, permitted):
        source = fetch(permitted)
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT access_token, refresh_token, client_secret FROM tickets_mailsource")
            written = cursor.fetchone()
        assert source.access_token.startswith("access-")
        assert not {source.access_token, source.refresh_token, source.client_secret} & set(written)

    @pytest.mark.parametrize(
        "change, words",
        [
            ({"refresh_token": "of yesterday"}, "Google no longer accepts the permission that was given."),
            ({"client_secret": "wrong"}, "Google does not accept the client ID or the client secret."),
            ({"refresh_token": ""}, "Enter the client ID and the refresh token"),
            ({"sign_in": "microsoft", "tenant": "../evil?"}, "../evil? is no name or ID of a tenant."),
        ],
    )
    def test_a_refusal_is_said_in_words(self, permitted, change, words):
        MailSource.objects.update(**change)
        source = fetch(permitted)
        assert words in source.error
        assert source.failing_since is not None

    def test_a_service_that_says_nonsense_or_nothing_is_said_in_words(self, permitted, permissions, settings):
        permissions.breaks = "<html>Sorry"
        assert "could not be asked for an access token" in fetch(permitted).error
        permissions.breaks = "[]"
        assert "gave no access token" in fetch(permitted).error
        settings.GOOGLE_TOKEN_URL = "http://127.0.0.1:1/token"
        assert "Connection refused" in fetch(permitted).error

    def test_a_permission_goes_nowhere_else(self, permitted, settings):
        """A redirect would hand the secrets to whoever it names."""
        from http.server import BaseHTTPRequestHandler, HTTPServer
        from threading import Thread

        class Redirect(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.send_response(307)
                self.send_header("Location", f"{settings.GOOGLE_TOKEN_URL}/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        redirecting = HTTPServer(("127.0.0.1", 0), Redirect)
        Thread(target=redirecting.handle_request, daemon=True).start()
        settings.GOOGLE_TOKEN_URL = f"http://127.0.0.1:{redirecting.server_address[1]}/token"
        with pytest.raises(oauth.NoToken):
            oauth.access_token(permitted)
        redirecting.server_close()


class TestAServerWithoutMove:
    def test_mail_is_moved_all_the_same_and_what_others_marked_is_left_alone(self, server, source, trusted, settings):
        MailSource.objects.update(after_reading="move", move_to="Done")
        settings.MAIL_SIZE_LIMIT = 10_000
        server.put(USER, factories.a_mail(message_id="<one@example.com>"), flags=["\\Flagged"])
        server.put(USER, factories.a_mail(text="too large to be read " * 1000), flags=["\\Deleted"])
        fetch(source)
        (left,) = server.state_of(USER).values()
        assert b"\\Deleted" in left[0]
        moved = server.state_of(USER, "Done").values()
        assert moved
        assert all(b"\\Deleted" not in flags and b"\\Flagged" in flags for flags, *_ in list(moved)[-1:])


class TestTryingItOut:
    def steps(self, source: MailSource) -> list[tuple[str, bool, str]]:
        return [(step.name, step.is_ok, step.seen) for step in testing.try_source(source)]

    def test_each_step_is_said_and_nothing_is_read(self, server, source, trusted):
        user = "trying@alborada.example"
        server.put(user, factories.a_mail(), factories.a_mail())
        server.put(user, factories.a_mail(), folder="Sent")
        tried = MailSource(
            mailbox=source.mailbox, host="localhost", port=server.tls_port, username=user, password=PASSWORD,
            sent_folder="Sent", after_reading="move", move_to="Done",
        )  # fmt: skip
        before = server.state_of(user)
        assert self.steps(tried) == [
            ("Connect", True, f"localhost answers on port {server.tls_port}, encrypted, with a good certificate."),
            ("Sign in", True, f"Signed in as {user}."),
            ("Inbox", True, "INBOX holds 2 mails."),
            ("Folder of sent mail", True, "Sent holds 1 mail."),
            ("Moving", True, "Done is made with the first mail."),
            ("New mail", True, "We ask every minute."),
        ]
        assert server.state_of(user) == before
        assert InboundEmail.objects.count() == 0

    def test_it_stops_at_the_step_that_fails(self, server, source, trusted):
        source.password = "wrong"
        steps = self.steps(source)
        assert [(name, is_ok) for name, is_ok, _seen in steps] == [("Connect", True), ("Sign in", False)]
        source.port = 1
        assert self.steps(source) == [("Connect", False, "Nothing answers on port 1 of localhost.")]

    def test_a_folder_that_is_not_there_is_named_with_those_that_are(self, server, source, trusted):
        server.put("folders@alborada.example", factories.a_mail(), folder="Gesendet")
        source.username, source.sent_folder = "folders@alborada.example", "Sent"
        (step,) = [step for step in self.steps(source) if step[0] == "Folder of sent mail"]
        assert not step[1]
        assert "There is no folder Sent." in step[2]
        assert "Gesendet" in step[2]

    def test_a_permission_can_be_tried_before_it_is_saved(self, permitted):
        permitted.pk = None
        assert all(is_ok for _name, is_ok, _seen in self.steps(permitted))
