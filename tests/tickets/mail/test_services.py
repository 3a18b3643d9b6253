"""Mail services: mail out through their API, mail in and news of it through what they post, and nobody else's posts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default
from typing import Any
from urllib.parse import unquote_plus, urlencode

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from config import mail_services
from helpdesk.people.models import CustomerAddress
from tests import factories
from tests.mail_servers import Asked, MailService
from tickets.mail import identity, receiving, sending
from tickets.models import Attachment, Delivery, EventKind, InboundEmail, Mailbox, Ticket

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.data_layer,
    # SendGrid works; the library says that nobody there tries it against the real one any more.
    pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning"),
]

State = Delivery.State
SECRET = "puente:a-long-random-text"
SIGNING_KEY = "the-key-that-mailgun-signs-with"


@pytest.fixture
def delivery(ticket, ana) -> Delivery:
    return ticket.reply(by=ana, text="It is mended.").deliveries.get()


# --- Out -------------------------------------------------------------------------------------------------------------


def mailgun(asked: Asked) -> tuple[int, Any]:
    return 200, {"id": asked.form["h:Message-Id"][0], "message": "Queued. Thank you."}


def postmark(asked: Asked) -> tuple[int, Any]:
    to = asked.json["To"]
    return 200, {"ErrorCode": 0, "Message": "OK", "MessageID": "b7bc2f4a-e38e", "To": to, "SubmittedAt": "2026-11-22"}


def sendgrid(_asked: Asked) -> tuple[int, Any]:
    return 202, {}


KEYS = {
    "mailgun": {"MAILGUN_API_KEY": "key-1"},
    "postmark": {"POSTMARK_SERVER_TOKEN": "token-1"},
    "sendgrid": {"SENDGRID_API_KEY": "key-2"},
}
ANSWERS = {"mailgun": mailgun, "postmark": postmark, "sendgrid": sendgrid}


@pytest.fixture
def through(settings) -> Iterator[Callable[..., MailService]]:
    """Have outgoing mail go through this service, whose API answers here."""
    running = []

    def _through(name: str, answer: Callable[[Asked], tuple[int, Any]] | None = None) -> MailService:
        server = MailService(answer or ANSWERS[name]).running()
        service = server.__enter__()
        running.append(server)
        settings.MAIL_SERVICE = name
        settings.ANYMAIL = {**KEYS[name], f"{name.upper()}_API_URL": service.url, "REQUESTS_TIMEOUT": (2, 2)}
        return service

    yield _through
    for server in running:
        server.__exit__(None, None, None)


def headers_of(name: str, asked: Asked) -> dict[str, str]:
    """The headers as this service is told them."""
    if name == "mailgun":
        return {key[2:].lower(): values[0] for key, values in asked.form.items() if key.startswith("h:")}
    found = asked.json.get("headers") or {each["Name"]: each["Value"] for each in asked.json["Headers"]}
    return {key.lower(): value for key, value in found.items()}


@pytest.mark.parametrize("name", ["mailgun", "postmark", "sendgrid"])
def test_a_mail_goes_through_the_service_once_and_under_its_own_message_id(delivery, through, name):
    service = through(name)

    assert sending.send(delivery)
    assert not sending.send(delivery)

    delivery.refresh_from_db()
    assert delivery.state == State.SENT
    assert delivery.provider_id
    (asked,) = service.asked
    headers = headers_of(name, asked)
    assert headers["message-id"] == f"<{delivery.rfc_id}>"
    assert headers["x-puente-ticket"] == identity.ticket_mark(delivery.ticket.number)
    assert "It is mended." in unquote_plus(asked.body.decode())
    assert name.title() in delivery.answer


def test_mailgun_is_given_every_part_of_the_mail(deliver, ana, through):
    service = through("mailgun")
    ticket = deliver(factories.a_mail(message_id="<question@example.com>")).ticket
    message = ticket.reply(by=ana, text="It is mended.", undo_seconds=0)
    kept = Attachment(message=message, filename="número 9.pdf", content_type="application/pdf", size=4, sha256="0")
    kept.file.save("x", ContentFile(b"%PDF"))

    sending.send(message.deliveries.get())

    (asked,) = service.asked
    form = asked.form
    assert asked.path == "/alborada.example/messages"
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"api:key-1").decode()
    assert form["from"] == ['"Ana, Alborada" <support@alborada.example>']
    assert form["to"] == ["carla@example.com"]
    assert form["subject"] == [f"Re: The bill is wrong [#{ticket.number}]"]
    assert "It is mended." in form["text"][0]
    assert "It is mended." in form["html"][0]
    assert form["attachment"] == [("número 9.pdf", b"%PDF")]
    assert form["h:In-Reply-To"] == ["<question@example.com>"]
    assert "<question@example.com>" in form["h:References"][0]
    assert form["h:Reply-To"][0].startswith("support+r")
    assert form["v:puente"] == [message.rfc_id]


def test_postmark_is_asked_to_leave_our_message_id_alone(delivery, through):
    service = through("postmark")

    sending.send(delivery)

    assert service.asked[0].headers["x-postmark-server-token"] == "token-1"
    assert headers_of("postmark", service.asked[0])["x-pm-keepid"] == "true"
    delivery.refresh_from_db()
    assert delivery.provider_id == "b7bc2f4a-e38e"


def test_all_recipients_of_a_reply_go_together_so_that_each_sees_the_others(ticket, ana, through):
    service = through("postmark")
    message = ticket.reply(by=ana, text="To all.", to=["carla@example.com"], cc=["bob@example.com", "eve@example.com"])

    sending.send_due()

    (asked,) = service.asked
    assert (asked.json["To"], asked.json["Cc"]) == ("carla@example.com", "bob@example.com, eve@example.com")
    assert set(message.deliveries.values_list("state", flat=True)) == {State.SENT}
    assert "/r/" not in asked.json["TextBody"]  # the link by which the customer's request is read is theirs alone


def test_one_recipient_whom_the_service_refuses_does_not_cost_the_others_their_mail(ticket, ana, through):
    def answer(asked: Asked) -> tuple[int, Any]:
        if "bob" in asked.json["To"] + asked.json.get("Cc", ""):
            return 422, {"ErrorCode": 300, "Message": "Invalid address bob@example.com"}
        return postmark(asked)

    through("postmark", answer)
    message = ticket.reply(by=ana, text="To all.", to=["carla@example.com"], cc=["bob@example.com"])

    sending.send_due()

    assert dict(message.deliveries.values_list("address", "state")) == {
        "carla@example.com": State.SENT,
        "bob@example.com": State.FAILED,
    }


@pytest.mark.parametrize("status", [0, 401, 403, 404, 429, 500, 503])
def test_a_service_that_cannot_now_is_asked_again(delivery, through, status):
    through("mailgun", lambda _asked: (status, {"message": "Not now"}))

    assert not sending.send(delivery)

    delivery.refresh_from_db()
    assert delivery.state == State.DEFERRED
    assert delivery.answer


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_service_that_will_not_is_not_asked_again(delivery, through, status):
    through("sendgrid", lambda _asked: (status, {"errors": [{"message": "Not this one"}]}))

    assert not sending.send(delivery)

    delivery.refresh_from_db()
    assert delivery.state == State.FAILED
    assert "Not this one" in delivery.answer
    assert delivery.ticket.events.filter(kind=EventKind.UNDELIVERED).exists()


def test_an_address_that_the_service_has_given_up_fails_at_once(delivery, through):
    inactive = "Found inactive addresses: carla@example.com. Inactive recipients get nothing."
    through("postmark", lambda _asked: (422, {"ErrorCode": 406, "Message": inactive}))

    sending.send(delivery)

    delivery.refresh_from_db()
    assert delivery.state == State.FAILED


def test_a_service_that_does_not_say_that_it_took_the_mail_has_not(delivery, through):
    through("postmark", lambda _asked: (422, {"ErrorCode": 406, "Message": "Something else altogether"}))

    sending.send(delivery)

    delivery.refresh_from_db()
    assert delivery.state == State.DEFERRED


# --- What they post --------------------------------------------------------------------------------------------------


@pytest.fixture
def hooks(settings) -> None:
    settings.ROOT_URLCONF = "tests.hook_urls"
    settings.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": SIGNING_KEY, "MAILGUN_API_KEY": "key-1"}


@pytest.fixture
def secret(hooks, settings) -> None:
    settings.ANYMAIL = {**settings.ANYMAIL, "WEBHOOK_SECRET": SECRET}


def signed(key: str = SIGNING_KEY) -> dict[str, str]:
    """What Mailgun signs each post with."""
    timestamp, token = str(int(time.time())), "c2b0f0a1d4e34e5fa1b7"
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {"timestamp": timestamp, "token": token, "signature": signature}


def post_json(path: str, body: object, *, secret: str = SECRET) -> int:
    headers = {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()} if secret else {}
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    return client.post(f"/hooks/mail/{path}", json.dumps(body), "application/json", headers=headers).status_code


def post_form(path: str, fields: dict[str, Any], *, secret: str = "", is_multipart: bool = True) -> int:
    headers = {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()} if secret else {}
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    if is_multipart:
        return client.post(f"/hooks/mail/{path}", fields, headers=headers).status_code
    body = urlencode(fields)
    kind = "application/x-www-form-urlencoded"
    return client.post(f"/hooks/mail/{path}", body, content_type=kind, headers=headers).status_code


def a_raw_mail(**headers: str) -> bytes:
    """With bytes that are in no charset its header knows of: they must come through all the same."""
    raw = factories.a_mail(subject="The router hums", message_id="<hum@example.com>", **headers)
    return raw.replace(b"You charged me twice for September.", b"It hums since September. \xa1Qu\xe9 ruido!")


def mailgun_post(raw: bytes, **changes: str) -> dict[str, Any]:
    fields = {**signed(), "recipient": "support@alborada.example", "sender": "carla@example.com"}
    return {**fields, "body-mime": raw.decode("latin-1"), **changes}


# --- In: Mailgun -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_multipart", [True, False])
def test_mailgun_gives_the_mail_byte_for_byte(hooks, support, is_multipart):
    raw = a_raw_mail()
    fields = {**signed(), "recipient": "support@alborada.example", "sender": "carla@example.com"}
    if is_multipart:
        boundary = "a-boundary-of-mailguns"
        body = b"".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value + b"\r\n"
            for name, value in {**{n: v.encode() for n, v in fields.items()}, "body-mime": raw}.items()
        )
        body += f"--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
    else:
        body, kind = urlencode({**fields, "body-mime": raw}).encode(), "application/x-www-form-urlencoded"

    answer = Client(enforce_csrf_checks=True).post("/hooks/mail/mailgun/inbound_mime/", body, content_type=kind)

    assert answer.status_code == 200
    stored = InboundEmail.objects.get()
    assert bytes(stored.raw) == raw
    assert (stored.mailbox, stored.source, stored.state) == (support, "webhook", InboundEmail.State.STORED)
    assert (stored.envelope_from, stored.envelope_to) == ("carla@example.com", ["support@alborada.example"])


def test_a_mail_that_came_by_post_becomes_a_ticket_and_again_is_the_same_mail(hooks, support):
    raw = a_raw_mail()
    for _ in range(2):
        assert post_form("mailgun/inbound_mime/", mailgun_post(raw)) == 200

    receiving.receive(InboundEmail.objects.get())

    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.mailbox) == ("The router hums", support)
    assert ticket.messages.count() == 2  # theirs, and our acknowledgement


@pytest.mark.parametrize(
    "changes", [{"signature": "0" * 64}, {"token": "another"}, {"timestamp": "1"}, {"signature": ""}]
)
def test_a_post_that_mailgun_did_not_sign_stores_nothing(hooks, support, changes):
    assert post_form("mailgun/inbound_mime/", mailgun_post(a_raw_mail(), **changes)) == 400
    assert post_form("mailgun/inbound_mime/", {"body-mime": "From: a@b.example\r\n\r\nHello"}) == 400
    assert not InboundEmail.objects.exists()


def test_a_large_mail_comes_through_and_a_larger_one_is_refused_unread(hooks, support, settings):
    raw = a_raw_mail() + b"\r\n".join([b"x" * 76] * 60_000)  # beyond what any form of ours may hold
    assert post_form("mailgun/inbound_mime/", mailgun_post(raw)) == 200
    assert InboundEmail.objects.get().size > 4_000_000

    settings.MAIL_SIZE_LIMIT = 1_000_000
    assert post_form("mailgun/inbound_mime/", mailgun_post(raw)) == 413


def test_parts_of_a_mail_are_put_together_and_say_so(hooks, support):
    headers = [["From", "Carla <carla@example.com>"], ["To", "support@alborada.example"], ["Subject", "Hum"],
               ["Message-Id", "<parts@example.com>"], ["Content-Transfer-Encoding", "base64"]]  # fmt: skip
    for _ in range(2):
        file = ContentFile(b"\x00\x01noise", name="noise.bin")
        fields = {**signed(), "recipient": "support@alborada.example", "sender": "carla@example.com",
                  "message-headers": json.dumps(headers), "body-plain": "Qué ruido", "body-html": "<p>Qué ruido</p>",
                  "attachment-count": "1", "attachment-1": file}  # fmt: skip
        assert post_form("mailgun/inbound/", fields) == 200

    stored = InboundEmail.objects.get()
    mail = message_from_bytes(bytes(stored.raw), policy=default)
    assert mail["X-Puente-Rebuilt"]
    assert mail.get_body(("plain",)).get_content().strip() == "Qué ruido"
    receiving.receive(stored)
    (kept,) = Attachment.objects.all()
    assert (kept.filename, kept.file.read()) == ("noise.bin", b"\x00\x01noise")


def test_a_mail_to_two_of_our_addresses_is_stored_for_both(hooks, support):
    Mailbox.objects.create(address="sales@alborada.example", name="Alborada")
    fields = mailgun_post(a_raw_mail(), recipient="support@alborada.example, sales@alborada.example")

    assert post_form("mailgun/inbound_mime/", fields) == 200

    assert InboundEmail.objects.count() == 2


def test_a_mail_to_none_of_our_mailboxes_is_not_lost(hooks, support):
    fields = mailgun_post(a_raw_mail(to="everybody@alborada.example"), recipient="everybody@alborada.example")

    assert post_form("mailgun/inbound_mime/", fields) == 200

    assert InboundEmail.objects.get().envelope_to == ["everybody@alborada.example"]


# --- In: Postmark and SendGrid ---------------------------------------------------------------------------------------


def postmark_mail(**fields: Any) -> dict[str, Any]:
    return {
        "FromFull": {"Email": "carla@example.com", "Name": "Carla Cruz"},
        "ToFull": [{"Email": "support@alborada.example", "Name": ""}],
        "OriginalRecipient": "support@alborada.example",
        "Subject": "The router hums",
        "MessageID": "73e6d360-66eb-11e1-8e72",
        "TextBody": "Qué ruido",
        "HtmlBody": "<p>Qué ruido</p>",
        "Date": "Sun, 22 Nov 2026 08:00:00 +0100",
        "Headers": [
            {"Name": "Return-Path", "Value": "<carla@example.com>"},
            {"Name": "Message-ID", "Value": "<hum@example.com>"},
        ],
        "Attachments": [
            {"Name": "noise.bin", "Content": base64.b64encode(b"\0noise").decode(), "ContentType": "audio/x-noise"}
        ],
        **fields,
    }


def test_postmark_gives_parts_or_the_mail_itself(secret, support):
    assert post_json("postmark/inbound/", postmark_mail()) == 200
    assert post_json("postmark/inbound/", postmark_mail()) == 200
    rebuilt = InboundEmail.objects.get()
    assert b"X-Puente-Rebuilt" in bytes(rebuilt.raw)
    receiving.receive(rebuilt)
    message = Ticket.objects.get().messages.get(author="customer")
    assert message.text == "Qué ruido"
    assert message.attachments.get().file.read() == b"\0noise"

    raw = factories.a_mail(subject="Another", text="¡Otra vez!", message_id="<again@example.com>").decode()
    assert post_json("postmark/inbound/", postmark_mail(RawEmail=raw)) == 200
    assert bytes(InboundEmail.objects.latest("pk").raw) == raw.encode()


@pytest.mark.parametrize("given", ["", "puente:wrong", "wrong:a-long-random-text"])
@pytest.mark.parametrize("path", ["postmark/inbound/", "postmark/tracking/"])
def test_a_post_without_the_secret_stores_nothing(secret, support, delivery, given, path):
    assert post_json(path, postmark_mail(), secret=given) == 400
    bounce = {"RecordType": "Bounce", "Type": "HardBounce", "MessageID": delivery.rfc_id, "Email": delivery.address}
    assert post_json(path, bounce, secret=given) == 400

    assert not InboundEmail.objects.exists()
    delivery.refresh_from_db()
    assert delivery.state == State.PENDING


def sendgrid_mail(**fields: Any) -> dict[str, Any]:
    envelope = {"from": "carla@example.com", "to": ["support@alborada.example"]}
    return {"envelope": json.dumps(envelope), "charsets": json.dumps({"text": "utf-8"}), **fields}


def test_sendgrid_gives_the_mail_itself_or_parts(secret, support):
    raw = factories.a_mail(subject="Whole", message_id="<whole@example.com>").decode()
    assert post_form("sendgrid/inbound/", sendgrid_mail(email=raw), secret=SECRET) == 200
    assert bytes(InboundEmail.objects.get().raw) == raw.encode()

    head = "From: carla@example.com\nTo: support@alborada.example\nSubject: Parts\nMessage-ID: <p@example.com>\n"
    for _ in range(2):
        fields = sendgrid_mail(headers=head, text="Qué ruido", subject="Parts", to="support@alborada.example")
        fields |= {"from": "carla@example.com", "attachment-info": json.dumps({"attachment1": {"filename": "a.txt"}}),
                   "attachment1": ContentFile(b"noise", name="a.txt")}  # fmt: skip
        assert post_form("sendgrid/inbound/", fields, secret=SECRET) == 200

    parts = InboundEmail.objects.latest("pk")
    assert InboundEmail.objects.count() == 2
    receiving.receive(parts)
    message = parts.message
    assert message.text == "Qué ruido"
    assert message.attachments.get().filename == "a.txt"


def test_sendgrid_without_the_secret_stores_nothing(secret, support):
    assert post_form("sendgrid/inbound/", sendgrid_mail(email="From: a@b.example\r\n\r\nHello")) == 400
    assert not InboundEmail.objects.exists()


# --- News ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def sent(delivery) -> Delivery:
    Delivery.objects.filter(pk=delivery.pk).update(
        state=State.SENT, sent_at=timezone.now(), trying_since=timezone.now(), provider_id="b7bc2f4a-e38e"
    )
    return delivery


def mailgun_news(delivery: Delivery, event: str, *, at: float | None = None, **data: Any) -> int:
    news = {"event": event, "timestamp": at or time.time(), "recipient": delivery.address,
            "message": {"headers": {"message-id": delivery.rfc_id}}, **data}  # fmt: skip
    return post_json("mailgun/tracking/", {"signature": signed(), "event-data": news}, secret="")


def postmark_news(delivery: Delivery, **fields: Any) -> int:
    return post_json("postmark/tracking/", {"MessageID": "b7bc2f4a-e38e", **fields})


def sendgrid_news(delivery: Delivery, **fields: Any) -> int:
    news = {"email": delivery.address, "timestamp": int(time.time()), "puente": delivery.rfc_id, **fields}
    return post_json("sendgrid/tracking/", [news])


def seen(delivery: Delivery) -> tuple[str, bool]:
    """State, and whether the address counts as gone."""
    delivery.refresh_from_db()
    return delivery.state, CustomerAddress.objects.filter(address=delivery.address, bounced_at__isnull=False).exists()


def test_a_service_says_that_a_mail_arrived(hooks, sent):
    assert mailgun_news(sent, "delivered") == 200

    sent.refresh_from_db()
    assert (sent.state, sent.word) == (State.SENT, "Delivered")


def test_a_service_says_that_a_mail_came_back_for_good(hooks, sent):
    said = {"message": "550 5.1.1 No such person"}
    for _ in range(2):
        assert mailgun_news(sent, "failed", severity="permanent", reason="bounce", **{"delivery-status": said}) == 200

    assert seen(sent) == (State.BOUNCED, True)
    assert sent.answer == "Mailgun: 550 5.1.1 No such person"
    event = sent.ticket.events.get(kind=EventKind.UNDELIVERED)
    assert event.details["address"] == "carla@example.com"
    sent.message.refresh_from_db()
    assert sent.message.bounced_at


def test_a_service_that_goes_on_trying_is_left_to_it(hooks, sent):
    said = {"message": "451 4.7.1 Later"}
    assert mailgun_news(sent, "failed", severity="temporary", **{"delivery-status": said}) == 200

    assert seen(sent) == (State.SENT, False)
    assert sent.answer == "Mailgun: 451 4.7.1 Later"
    assert not Delivery.objects.due().exists()


def test_postmark_tells_a_full_mailbox_from_a_dead_one(secret, sent):
    assert postmark_news(sent, RecordType="Bounce", Type="SoftBounce", ID=1, Email=sent.address, Details="Full") == 200
    assert seen(sent) == (State.BOUNCED, False)

    Delivery.objects.filter(pk=sent.pk).update(state=State.SENT)
    assert postmark_news(sent, RecordType="Bounce", Type="HardBounce", ID=2, Email=sent.address, Details="Gone") == 200
    assert seen(sent) == (State.BOUNCED, True)


def test_sendgrid_tells_a_block_from_a_bounce(secret, sent):
    assert sendgrid_news(sent, event="bounce", type="blocked", reason="550 Blocked by policy") == 200
    assert seen(sent) == (State.BOUNCED, False)

    Delivery.objects.filter(pk=sent.pk).update(state=State.SENT)
    assert sendgrid_news(sent, event="bounce", type="bounce", reason="550 5.1.1 Unknown") == 200
    assert seen(sent) == (State.BOUNCED, True)


def test_a_service_that_drops_a_mail_has_not_sent_it(secret, sent):
    assert sendgrid_news(sent, event="dropped", reason="Bounced Address") == 200

    assert seen(sent) == (State.FAILED, True)
    assert sent.ticket.events.filter(kind=EventKind.UNDELIVERED).exists()


def test_whoever_calls_it_spam_is_asked_nothing_more(hooks, sent, carla):
    assert mailgun_news(sent, "complained") == 200

    carla.refresh_from_db()
    assert carla.refuses_surveys_at
    assert seen(sent) == (State.SENT, False)
    assert sent.answer == "They reported this mail as spam."


def test_news_that_is_faster_than_the_answer_to_our_sending_finds_its_mail(secret, delivery):
    delivery.claim()

    assert sendgrid_news(delivery, event="bounce", type="bounce", reason="550 5.1.1 Unknown", anymail_id="x") == 200

    assert seen(delivery) == (State.BOUNCED, True)


def test_the_bounce_of_one_recipient_is_not_the_others(hooks, ticket, ana):
    message = ticket.reply(by=ana, text="To both.", cc=["bob@example.com"])
    message.deliveries.update(state=State.SENT)
    bob = message.deliveries.get(address="bob@example.com")

    assert mailgun_news(bob, "failed", severity="permanent", reason="bounce") == 200

    states = dict(message.deliveries.values_list("address", "state"))
    assert states == {"carla@example.com": State.SENT, "bob@example.com": State.BOUNCED}


def test_late_news_of_the_first_copy_does_not_touch_the_second(hooks, sent, ana):
    mailgun_news(sent, "failed", severity="permanent", reason="bounce")
    sending.resend(sent, by=ana)
    sending.send(sent)

    assert mailgun_news(sent, "failed", at=time.time() - 3600, severity="permanent", reason="bounce") == 200

    assert seen(sent) == (State.SENT, False)


def test_news_of_mail_that_is_not_ours_is_taken_without_a_word(hooks, sent):
    stranger = Delivery(rfc_id="somebody@example.net", address="x@example.net")

    assert mailgun_news(stranger, "failed", severity="permanent") == 200

    assert seen(sent) == (State.SENT, False)


# --- What is set up, and what is not ---------------------------------------------------------------------------------


def test_a_service_that_is_not_set_up_has_no_address(company):
    assert post_json("mailgun/inbound/", {}) == 404
    assert post_json("postmark/tracking/", {}) == 404


@pytest.mark.parametrize(
    "environment, wanted",
    [
        ({"MAIL_SERVICE": "pigeon"}, "it can be"),
        ({"MAIL_SERVICE": "mailgun"}, "MAILGUN_API_KEY"),
        ({"MAIL_SERVICE": "mailjet", "MAILJET_API_KEY": "x"}, "MAILJET_SECRET_KEY"),
        ({"MAIL_SERVICE": "postmark", "POSTMARK_SERVER_TOKEN": "x", "SMTP_URL": "smtp://h"}, "not both"),
        ({"MAIL_HOOKS": "postmark"}, "WEBHOOK_SECRET"),
        ({"MAIL_HOOKS": "mailgun", "MAILGUN_API_KEY": "x"}, "MAILGUN_WEBHOOK_SIGNING_KEY"),
        ({"MAIL_HOOKS": "sendgrid", "SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY": "x"}, "WEBHOOK_SECRET"),
        ({"MAIL_HOOKS": "postmark", "WEBHOOK_SECRET": "short:x"}, "long random text"),
        ({"MAIL_HOOKS": "scaleway", "WEBHOOK_SECRET": SECRET}, "posts nothing"),
    ],
)
def test_what_is_unsafe_or_cannot_work_is_refused_at_the_start(monkeypatch, environment, wanted):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured, match=wanted):
        mail_services.read()


def test_what_is_set_up_is_read_from_the_environment(monkeypatch):
    given = {"MAIL_SERVICE": "Postmark", "POSTMARK_SERVER_TOKEN": "t", "MAIL_HOOKS": "postmark, mailgun",
             "WEBHOOK_SECRET": SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": "k"}  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    found = mail_services.read()

    assert (found.sender, found.hooks) == ("postmark", ["postmark", "mailgun"])
    assert found.anymail["POSTMARK_SERVER_TOKEN"] == "t"
    assert found.anymail["MAILGUN_WEBHOOK_SIGNING_KEY"] == "k"
    assert found.anymail["WEBHOOK_SECRET"] == SECRET


def test_without_a_service_none_of_its_library_is_loaded():
    script = (
        "import sys, django; django.setup(); import config.urls, tickets.tasks, tickets.mail.sending;"
        "print([name for name in sys.modules if name.split('.')[0] == 'anymail'])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
