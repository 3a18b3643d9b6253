"""What a stranger can try by mail alone: to make us fetch, run, believe, forward or reveal something."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.common.text import safe_filename
from tests import factories
from tickets.mail import identity
from tickets.models import Attachment, Delivery, InboundEmail, Mailbox, OutboxEmail, Ticket
from tickets.models.attachment import RISKY_ENDINGS

ROOT = Path(__file__).parents[2]


# --- To make us fetch something --------------------------------------------------------------------------------------


class _Counting(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    do_POST = do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def elsewhere() -> Iterator[ThreadingHTTPServer]:
    """A server of the stranger's that notes whoever asks it for something."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Counting)
    server.asked = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.django_db
def test_no_mail_makes_us_ask_another_server_for_anything(cast, deliver, as_user, settle, elsewhere):
    url = f"http://127.0.0.1:{elsewhere.server_port}"
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Mallory <m@evil.example>", "support@alborada.example", "Look"
    mail["List-Unsubscribe"] = f"<{url}/unsubscribe>"
    mail["Disposition-Notification-To"] = "m@evil.example"
    mail["Face"], mail["X-Image-Url"] = f"{url}/face", f"{url}/face"
    mail["Auto-Submitted"] = "no"
    mail.set_content(f"{url}/text <img src={url}/text.png>")
    sources = (f'<img src="{url}/a.png">', f'<img srcset="{url}/b.png 2x">', f'<table background="{url}/c.png">',
               f'<link rel=stylesheet href="{url}/d.css">', f'<p style="background:url({url}/e.png)">',
               f'<video poster="{url}/f.png">', f'<svg><image href="{url}/g.png"/></svg>',
               f'<style>@import "{url}/h.css"</style>', f'<iframe src="{url}/i.html"></iframe>',
               f'<base href="{url}/"><img src="j.png">', f'<img src="{url.removeprefix("http:")}/k.png">')  # fmt: skip
    mail.add_alternative("".join(sources), subtype="html")
    mail.add_attachment(
        f'<svg xmlns="x"><image href="{url}/l.png"/></svg>'.encode(), "image", "svg+xml", filename="a.svg"
    )
    mail.add_attachment(f"BEGIN:VCALENDAR\nATTACH:{url}/m".encode(), "text", "calendar", filename="a.ics")
    inbound = deliver(mail.as_bytes().replace(b"List-Unsubscribe", b"X-Unsubscribe"))
    settle()
    client, number = as_user(cast.olu), inbound.ticket.number
    original = f"/tickets/{number}/messages/{inbound.message.pk}/original/"
    loads = re.compile(
        rf"<\w[^>]*\s(?:src|srcset|poster|background)=[\"']?(?:http:)?//127\.0\.0\.1:{elsewhere.server_port}"
    )
    for path in (f"/tickets/{number}/", original, f"/mail/{inbound.pk}/"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert not loads.search(answer.content.decode()), path
    for attachment in Attachment.objects.all():
        client.get(f"/tickets/{number}/files/{attachment.pk}/preview/")
    inbound.ticket.reply(by=cast.ana, text="Thank you.", undo_seconds=0)
    settle()
    assert elsewhere.asked == []


@pytest.mark.django_db
def test_a_mail_reads_no_file_of_ours(cast, deliver, as_user):
    html = '<p>x</p><img src="file:///etc/passwd"><img src="data:text/html,<b>x">' + "".join(
        f'<img src="{scheme}:/etc/passwd">' for scheme in ("php", "ftp", "about", "blob", "filesystem", "cid")
    )
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "m@evil.example", "support@alborada.example", "File"
    mail.set_content("x")
    mail.add_alternative(html, subtype="html")
    inbound = deliver(mail.as_bytes())
    page = as_user(cast.ana).get(f"/tickets/{inbound.ticket.number}/messages/{inbound.message.pk}/original/?images=1")
    assert "passwd" not in page.content.decode()
    assert not re.search(r'src="(?!/pictures/|https:)', page.content.decode())


# --- To have a file taken for another one ----------------------------------------------------------------------------

_HIDING = "\u200b\u200c\u200d\u2060\ufeff\u202e\u202d\u2066\u00ad\u180e\u3164\x00\x07\x85\u2028．․/\\. :\t\r\n"


@given(st.text(alphabet=st.one_of(st.sampled_from(_HIDING + "abcexephtml"), st.characters()), max_size=60))
@settings(max_examples=150, deadline=None)
def test_a_name_is_normalised_before_it_is_judged_and_stays_what_it_was_judged_as(name):
    safe = safe_filename(name)
    assert safe_filename(safe) == safe
    assert not any(unicodedata.category(letter) in ("Cf", "Cc", "Cs") for letter in safe)
    assert not set(safe) & set('/\\:*?"<>|')
    assert safe == safe.strip(" .")
    assert not re.match(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", safe)
    assert not safe.startswith(".")


@pytest.mark.parametrize(
    "name",
    [
        "bill.pdf.exe", "bill.pdf\u200b.exe", "bill.pdf.e\u200bxe", "bill\u202efdp.exe", "bill.pdf.exe.",
        "bill.exe . .", "bill.pdf                                        .exe", "bill．exe", "..\\..\\bill.exe",
        "a/b/bill.exe\x00", "bill.exe\u3164", "bill.EXE", "\u2066bill.pdf\u2069.exe",
    ],
)  # fmt: skip
def test_a_program_is_seen_as_one_whatever_its_name_hides(name):
    safe = safe_filename(name)
    assert Attachment(filename=safe).is_risky
    assert safe.rpartition(".")[2].lower() in RISKY_ENDINGS
    assert "/" not in safe


@pytest.mark.django_db
def test_a_file_goes_to_nobody_without_their_own_link_or_session(cast, deliver, client, as_user):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Carla <carla@example.com>", "support@alborada.example", "File"
    mail.set_content("See the file")
    mail.add_attachment(b"Secret", "application", "pdf", filename="../../etc/cron.d/x")
    ticket = deliver(mail.as_bytes()).ticket
    attachment = Attachment.objects.get()
    assert attachment.filename == "x"
    assert Path(attachment.file.path).is_relative_to(Path(attachment.file.storage.location))
    for path in (f"/{attachment.file.name}", f"/files/{attachment.file.name}", f"/media/{attachment.file.name}",
                 f"/static/{attachment.file.name}", f"/tickets/{ticket.number}/files/{attachment.pk}/",
                 f"/r/x/files/{attachment.pk}/"):  # fmt: skip
        answer = client.get(path)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert b"Secret" not in content, path
    assert as_user(cast.ben).get(f"/tickets/{ticket.number}/files/{attachment.pk}/").status_code == 404


# --- To be believed --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_no_header_of_a_strangers_makes_them_anybody(cast, ticket, deliver):
    """Every way to say "I am Ana" that a sender has, with a real token of the ticket at hand."""
    to = identity.reply_address("support@alborada.example", number=ticket.number)
    forged = "mx.alborada.example; dkim=pass header.d=alborada.example; spf=pass smtp.mailfrom=alborada.example"
    ana = f"Ana <{cast.ana.email}>"
    tries: list[dict[str, str]] = [
        {"sender": ana}, {"sender": ana, "authentication_results": forged}, {"sender": ana, "x_spam_flag": "NO"},
        {"sender": "m@evil.example", "reply_to": cast.ana.email}, {"sender": "m@evil.example", "x_sender": ana},
        {"sender": ana, "x_puente_ticket": str(ticket.number), "auto_submitted": "no"},
        {"sender": f'"{cast.ana.email}" <m@evil.example>'}, {"sender": "m@evil.example", "resent_from": ana},
        {"sender": ana, "received_spf": "pass", "dkim_signature": "v=1; d=alborada.example"},
    ]  # fmt: skip
    for number, headers in enumerate(tries):
        inbound = deliver(
            factories.a_mail(to=to, text=f"Close it {number}", message_id=f"<{number}@x.example>", **headers)
        )
        if inbound.message is not None:
            assert inbound.message.user is None, headers
            assert inbound.message.is_from_stranger, headers
    ticket.refresh_from_db()
    assert not ticket.has_public_reply
    assert not Delivery.objects.filter(kind="message").exists()


@pytest.mark.django_db
def test_a_server_whose_name_only_looks_like_ours_is_not_believed(cast, deliver):
    Mailbox.objects.filter(pk=cast.support.pk).update(trusted_servers=["mx.alborada.example"])
    cast.support.refresh_from_db()
    for name in ("mx.alborada.example.evil.example", "xmx.alborada.example", "mx-alborada.example", "mx", "example",
                 "mx.alborada.examplе"):  # the last letter is Cyrillic  # fmt: skip
        header = f"{name}; dkim=pass header.d=example.com"
        mail = factories.a_mail(message_id=f"<{len(name)}{name[:3]}@x.example>")
        raw = f"Authentication-Results: {header}\n".encode() + mail
        assert deliver(raw, mailbox=cast.support).authentication == {}, name


# --- To have us write to others --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_forms_and_mails_in_a_victims_name_bring_them_five_mails_at_most(cast, deliver, settle):
    for n in range(14):
        headers = {"message_id": f"<{n}@x.example>", "subject": f"Buy {'abcdefghijklmn'[n] * 4}", "text": f"BUY {n}"}
        if n % 2:
            headers |= {"sender": f"Web <no-reply@site{n}.example>", "reply_to": "victim@example.net"}
        else:
            headers |= {"sender": "victim@example.net"}
        deliver(factories.a_mail(**headers))
    settle()
    sent = OutboxEmail.objects.filter(address="victim@example.net")
    assert sent.count() <= 5
    assert not any(re.search(rb"BUY|Buy", bytes(mail.raw)) for mail in sent)


@pytest.mark.django_db
def test_spam_and_held_mail_are_answered_by_nobody(cast, deliver, settle):
    from tickets.mail import spam

    spam.block(pattern="evil.example", by=cast.olu)
    deliver(factories.a_mail(sender="m@evil.example"))
    deliver(factories.a_mail(sender="support@alborada.example"))
    settle()
    assert {mail.state for mail in InboundEmail.objects.all()} == {"spam", "held"}
    assert not Ticket.objects.exists()
    assert not OutboxEmail.objects.exists()


# --- To run something in our processes -------------------------------------------------------------------------------


def test_nothing_is_unpickled_anywhere(settings):
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    assert settings.CELERY_TASK_SERIALIZER == "json"
    dangerous = re.compile(
        r"^\s*(?:import|from) (?:pickle|dill|shelve|marshal|cloudpickle|joblib)\b|yaml\.load\(", re.M
    )
    for folder in ("config", "cx", "helpdesk", "tickets"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not dangerous.search(path.read_text(encoding="utf-8")), path
