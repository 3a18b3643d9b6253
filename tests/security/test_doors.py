"""What every answer bears, what limits hold, and who can pretend to be whom."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLResolver, get_resolver

from helpdesk.common import tokens
from helpdesk.people.models import Allowance, Customer
from tests import factories
from tickets.mail import identity, listening
from tickets.models import Delivery, InboundEmail, Mailbox, Message, Ticket

pytestmark = pytest.mark.django_db


def addresses(resolver: URLResolver, prefix: str = "/") -> list[str]:
    found = []
    for each in resolver.url_patterns:
        path = prefix + str(each.pattern)
        found += addresses(each, path) if isinstance(each, URLResolver) else [path]
    return found


def filled(path: str, number: int) -> str:
    gaps = {"<int:number>": number, "<int:pk>": 1, "<str:token>": "x", "<uid>": "MQ", "<token>": "x"}
    for gap, value in (gaps | {"<slug:view>": "open", "<slug:mode>": "note"}).items():
        path = path.replace(gap, str(value))
    return path


@pytest.mark.parametrize("path", addresses(get_resolver()))
def test_every_answer_in_html_bears_a_policy(cast, ticket, as_user, path):
    for client, method in ((Client(), "get"), (as_user(cast.olu), "get"), (as_user(cast.gus), "get"),
                           (Client(enforce_csrf_checks=True), "post"), (as_user(cast.ana), "put")):  # fmt: skip
        answer = getattr(client, method)(filled(path, ticket.number))
        assert answer.status_code < 500
        if answer.get("Content-Type", "").startswith("text/html"):
            given = answer["Content-Security-Policy"]
            assert "unsafe-eval" not in given
            assert "default-src 'self'" in given or "default-src 'none'" in given
            assert "script" not in given
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert answer["X-Frame-Options"] in ("DENY", "SAMEORIGIN")


def test_errors_bear_the_policy_too(cast, as_user, monkeypatch):
    from helpdesk.portal.views import home

    assert "default-src" in Client().get("/nothing/here/")["Content-Security-Policy"]
    assert "default-src" in as_user(cast.gus).get("/queue/open/")["Content-Security-Policy"]
    assert "default-src" in Client().get("/", headers={"Host": "evil.example"})["Content-Security-Policy"]
    refused = Client(enforce_csrf_checks=True).post("/sign-in/", {"email": "a@example.com", "password": "x"})
    assert refused.status_code == 403
    assert "default-src" in refused["Content-Security-Policy"]
    assert "Send it once more" in refused.content.decode()
    monkeypatch.setattr(home, "in_words", lambda _company: 1 / 0)
    broken = Client(raise_request_exception=False).get("/")
    assert broken.status_code == 500
    assert "default-src" in broken["Content-Security-Policy"]
    assert "ZeroDivision" not in broken.content.decode()


def test_the_code_on_an_error_page_stands_in_the_log(cast, monkeypatch, caplog):
    from helpdesk.portal.views import home

    monkeypatch.setattr(home, "in_words", lambda _company: 1 / 0)
    page = Client(raise_request_exception=False).get("/").content.decode()
    codes = [record.args[-1] for record in caplog.records if record.name == "helpdesk.accounts.views.errors"]
    assert len(codes) == 1
    assert codes[0] in page


@pytest.mark.parametrize("made_for", list(tokens.Purpose))
def test_a_link_opens_what_it_was_made_for_and_nothing_else(cast, ticket, client, made_for):
    token = tokens.make(made_for, ticket=ticket.number, invitation=1, customer=cast.carla.pk)
    paths = {
        tokens.Purpose.FOLLOW_TICKET: [f"/r/{token}/"],
        tokens.Purpose.ANSWER_SURVEY: [f"/s/{token}/"],
        tokens.Purpose.STOP_SURVEYS: [f"/surveys/stop/{token}/"],
    }
    for purpose, those in paths.items():
        for path in those:
            if purpose != made_for:
                assert client.get(path).status_code == 404
                assert client.post(path).status_code in (404, 405)
            assert client.get(path.replace(token, token[:-1] + ("a" if token[-1] != "a" else "b"))).status_code == 404
    Customer.objects.get(pk=cast.carla.pk, refuses_surveys_at=None)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.10", "::"])
def test_the_secret_that_everybody_knows_is_refused_where_others_can_reach_us(host, tmp_path):
    environment = {**os.environ, "HOST": host, "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"}
    environment.pop("SECRET_KEY", None)
    ended = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"], env=environment, capture_output=True, text=True,
        check=False, cwd=settings.BASE_DIR,
    )  # fmt: skip
    assert ended.returncode != 0
    assert "SECRET_KEY" in ended.stderr


# --- Mail ----------------------------------------------------------------------------------------------------------


def test_a_stranger_who_guesses_joins_nothing(cast, ticket, deliver):
    guessed = f"m.{ticket.number}.1.{'0' * 16}@alborada.example"
    tries = [
        {"in_reply_to": f"<{guessed}>"}, {"references": f"<{guessed}>"}, {"subject": f"Re: [#{ticket.number}]"},
        {"to": f"support+r{ticket.number}.{'0' * 16}@alborada.example"},
    ]  # fmt: skip
    for headers in tries:
        found = deliver(factories.a_mail(sender="Mallory <mallory@example.net>", text=str(headers), **headers))
        assert found.ticket != ticket


def test_a_forwarded_thread_brings_a_stranger_in_but_shows_them_to_no_customer(cast, ticket, deliver, client):
    ticket.reply(by=cast.ana, text="Hello", undo_seconds=0)
    sent = ticket.messages.order_by("-pk")[0].rfc_id
    deliver(factories.a_mail(sender="mallory@example.net", text="Pay here", in_reply_to=f"<{sent}>"))
    message = Message.objects.latest("pk")
    assert message.ticket == ticket
    assert message.is_from_stranger
    assert not ticket.has_participant("mallory@example.net")
    token = tokens.make(tokens.Purpose.FOLLOW_TICKET, ticket=ticket.number)
    assert "Pay here" not in client.get(f"/r/{token}/").content.decode()
    ticket.refresh_from_db()
    ticket.reply(by=cast.ana, text="Who is this?", undo_seconds=0)
    assert not Delivery.objects.filter(address="mallory@example.net", kind="message").exists()


def test_a_known_message_id_cannot_have_somebody_elses_mail_put_away(cast, deliver):
    visits = Mailbox.objects.create(address="visits@alborada.example", name="Visits", team=cast.installations)
    known = {"message_id": "<soon@example.com>"}
    deliver(factories.a_mail(sender="mallory@example.net", text="First!", **known), mailbox=visits)
    hers = deliver(factories.a_mail(text="My real question", **known))
    assert hers.outcome == InboundEmail.Outcome.TICKET_CREATED


def test_mail_as_one_of_us_does_nothing_as_one_of_us(cast, ticket, deliver):
    """No role comes with a From line: Ana's address is a customer's address to whoever reads mail."""
    before = ticket.status
    own = deliver(factories.a_mail(sender="support@alborada.example", text="close it"))
    assert own.state == InboundEmail.State.HELD
    found = deliver(factories.a_mail(sender=f"Ana <{cast.ana.email}>", text="close it", subject=f"[#{ticket.number}]"))
    assert found.ticket != ticket
    assert found.message.user is None
    ticket.refresh_from_db()
    assert ticket.status == before


def test_the_listener_takes_no_endless_list_of_recipients(cast, monkeypatch):
    from aiosmtpd.smtp import Envelope

    monkeypatch.setattr(listening, "_is_ours", lambda _address: True)
    envelope = Envelope()

    async def knock() -> list[str]:
        door = listening.Listener()
        return [await door.handle_RCPT(None, None, envelope, "support@alborada.example", []) for _ in range(102)]  # type: ignore[arg-type]

    answers = asyncio.run(knock())
    assert answers[99].startswith("250")
    assert answers[100].startswith("452")


# --- Limits --------------------------------------------------------------------------------------------------------


def test_plus_parts_make_no_new_people(cast, rf):
    from helpdesk.portal import limits

    def ask(number: int) -> bool:
        request = rf.post("/requests/new/", REMOTE_ADDR=f"203.0.113.{number}")
        return limits.may_send_request(request, email=f"Victim+{number}@example.net", is_held=False)

    assert [ask(number) for number in range(12)] == [True] * 10 + [False] * 2


def test_a_header_that_anybody_can_write_makes_no_new_visitor(cast, client):
    for number in range(40):
        answer = client.post(
            "/sign-in/", {"email": f"u{number}@example.com", "password": "x"},
            headers={"X-Forwarded-For": f"203.0.113.{number}", "X-Real-Ip": "1.2.3.4", "Forwarded": "for=1.2.3.4"},
        )  # fmt: skip
    assert "Too many tries" in answer.content.decode()
    assert Allowance.objects.exists()


def test_asking_for_a_password_speaks_to_the_broker_for_nobody_too(cast, monkeypatch):
    from helpdesk.accounts import account_mail

    rung: list[int] = []
    monkeypatch.setattr(account_mail, "ring", lambda _task, *, account_email_id: rung.append(account_email_id))
    for email in (cast.ana.email, "nobody@example.com"):
        Client().post("/password/", {"email": email})
    assert len(rung) == 2
    assert rung[1] == 0


def test_every_purpose_of_a_fingerprint_is_its_own(ticket):
    assert identity.read_reply_address(f"s+r5.{tokens.mac('message', 5)}@x.example") is None
    number = ticket.number
    message = tokens.mac("message", number, 7)
    assert identity.read_message_id(f"<n.{number}.7.{message}@x.example>") is None
    assert identity.read_message_id(f"<m.{number}.7.{message}@x.example>") is not None
    assert Ticket.objects.count() == 1
