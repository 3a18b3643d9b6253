"""What strangers write reaches every page as text; what agents say among themselves reaches no customer."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.test import Client
from django.urls import reverse

from cx import surveys
from cx.models import FollowUp, Promise
from helpdesk.common import tokens
from helpdesk.people.models import ApiToken, Customer
from tests import factories
from tickets.mail import composing
from tickets.models import Attachment, OutboxEmail, Ticket

pytestmark = pytest.mark.django_db

ATTACKS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg/onload=alert(1)>', "'-alert(1)-'",
    "</title><script>alert(1)</script>", "<scr<script>ipt>alert(1)</scr</script>ipt>", "{{7*7}}{% debug %}",
    "<a href=javascript:alert(1)>x</a>", '<form action=//evil.example><button formaction="javascript:alert(1)">',
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>", "<iframe srcdoc='<script>alert(1)</script>'>",
    "<base href=//evil.example>", "<meta http-equiv=refresh content='0;url=//evil.example'>", "<style>*{color:red}",
    "<div hx-get='//evil.example' hx-trigger=load data-live-list>", "<p style='background:url(//evil.example)'>",
    "<link rel=stylesheet href=//evil.example>", "<object data=//evil.example></object><embed src=//evil.example>",
]  # fmt: skip
EVERYTHING = "\n".join(ATTACKS)
# Markup of theirs that would do something: an element's own bracket, unescaped. Our pages have scripts with src only.
ALIVE = re.compile(
    r"<(?:iframe|object|embed|math|base|meta http-equiv|form action=.?//evil|img src=x|svg/onload|style\b|scr<)|"
    r"<script(?![^>]*\bsrc=\"/static/)|<[^>]+\son\w+=|javascript:alert\(1\)[\"'>]|hx-get='//evil|49",
    re.IGNORECASE,
)


def dead(html: str) -> bool:
    found = ALIVE.search(re.sub(r"&lt;.*?&gt;|\b\w*49\w*\b|<iframe class=\"mail-frame\"", "", html))
    assert found is None, html[max(0, found.start() - 120) : found.end() + 60] if found else ""
    return True


def hostile_mail() -> bytes:
    mail = EmailMessage()
    mail["From"] = '"<script>alert(1)</script>" <carla@example.com>'
    mail["To"], mail["Subject"] = "support@alborada.example", "".join(ATTACKS)[:240]
    mail.set_content(EVERYTHING)
    mail.add_alternative(f"<p>{EVERYTHING}</p>", subtype="html")
    mail.add_attachment(b"<script>alert(1)</script>", "text", "html", filename='"><script>alert(1)</script>.html')
    mail.add_attachment(b"<svg onload=alert(1)>", "image", "svg+xml", filename="a.svg")
    return mail.as_bytes()


@pytest.fixture
def hostile(cast, deliver) -> Ticket:
    """A ticket in which everything that a stranger can write is an attack."""
    Customer.objects.filter(pk=cast.carla.pk).update(name="<script>alert(1)</script>")
    ticket = deliver(hostile_mail()).ticket
    assert ticket is not None
    ticket.reply(by=cast.ana, text=EVERYTHING, undo_seconds=0, then="resolved")
    ticket.add_note(by=cast.ana, text=EVERYTHING)
    return ticket


def test_an_attack_is_text_on_every_page_of_the_agents(cast, hostile, as_user, settle):
    settle()
    follow_up, _new = FollowUp.objects.get_or_create(ticket=hostile, defaults={"due_at": hostile.created_at})
    surveys.answer(surveys.invite(follow_up), score=1, is_solved=False, comment=EVERYTHING)
    settle()
    client = as_user(cast.olu)
    number, message = hostile.number, hostile.messages.in_order().first()
    pages = [
        f"/tickets/{number}/", f"/tickets/{number}/thread/", f"/tickets/{number}/messages/{message.pk}/original/",
        f"/tickets/{number}/assignment/", "/queue/open/", "/queue/resolved/", "/notifications/", "/mail/", "/reports/",
        "/reports/cell/?of=arrived", f"/mail/{message.inbound_email.pk}/", "/outbox/",
        *(f"/outbox/{mail.pk}/{part}" for mail in OutboxEmail.objects.all() for part in ("", "html/")),
    ]  # fmt: skip
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200, page
        shown = answer.content.decode().removeprefix('<base target="_top">')  # ours, of the outbox's frame
        assert dead(re.sub(r"<style>.*?</style>|<meta [^>]*>", "", shown, flags=re.DOTALL)), page
    assert "alert(1)" in client.get(f"/tickets/{number}/").content.decode()  # shown, as text


def test_an_attack_is_text_for_the_customer_too(cast, hostile, client, settle):
    settle()
    token = tokens.make(tokens.Purpose.FOLLOW_TICKET, ticket=hostile.number)
    assert dead(client.get(reverse("portal:request", args=[token])).content.decode())
    answer = client.post(
        reverse("portal:request-reply", args=[token]), {"text": "", "stamp": '"><script>alert(1)</script>'}
    )
    assert answer.status_code == 422
    assert dead(answer.content.decode())
    fields = dict.fromkeys(("name", "email", "topic", "text", "expected", "stamp", "website"), EVERYTHING)
    answer = client.post("/requests/new/", fields)
    assert answer.status_code == 422
    assert dead(answer.content.decode())
    for mail in OutboxEmail.objects.all():
        part = message_from_bytes(bytes(mail.raw), policy=policy.default).get_body(("html",))
        assert part is None or dead(re.sub(r"<style>.*?</style>|<meta [^>]*>", "", part.get_content(), flags=re.DOTALL))


def test_the_original_of_a_mail_stands_in_a_sandbox_of_its_own(cast, hostile, as_user):
    message = hostile.messages.in_order().first()
    answer = as_user(cast.ana).get(f"/tickets/{hostile.number}/messages/{message.pk}/original/")
    policy_ = answer["Content-Security-Policy"]
    assert policy_ == "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_files_are_downloads_whatever_they_call_themselves(cast, hostile, as_user, client):
    token = tokens.make(tokens.Purpose.FOLLOW_TICKET, ticket=hostile.number)
    assert Attachment.objects.count() == 2
    for attachment in Attachment.objects.all():
        for answer in (
            as_user(cast.ana).get(f"/tickets/{hostile.number}/files/{attachment.pk}/"),
            client.get(reverse("portal:request-file", args=[token, attachment.pk])),
        ):
            assert answer["Content-Type"] == "application/octet-stream"
            assert answer["Content-Disposition"].startswith("attachment")
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert "sandbox" in answer["Content-Security-Policy"]
            assert "<" not in answer["Content-Disposition"]


SECRET = "Zebrafinch"


def test_the_words_of_a_note_reach_no_customer(cast, ticket, as_user, client, settle):
    ticket.add_note(by=cast.ana, text=f"{SECRET} one: customer is difficult")
    Promise.make(ticket, what="Call back", due_at=ticket.created_at.replace(year=2099), by=cast.ana)
    reply = ticket.reply(by=cast.ana, text="It is on its way.", then="resolved", undo_seconds=0)
    ticket.add_note(by=cast.ana, text=f"{SECRET} two")
    ticket.send_link(to=cast.carla.email)
    settle()
    invitation = surveys.invite(
        FollowUp.objects.get_or_create(ticket=ticket, defaults={"due_at": ticket.created_at})[0]
    )
    surveys.answer(invitation, score=2, is_solved=False, comment="no")
    settle()
    ticket.refresh_from_db()
    seen = [ticket.excerpt, ticket.subject, ticket.resolution_reason, str(composing.compose(reply.deliveries.get()))]
    assert OutboxEmail.objects.count() >= 4  # reply, link, survey, and what tells Ana
    seen += [bytes(mail.raw).decode("utf-8", "replace") for mail in OutboxEmail.objects.all()]
    token = tokens.make(tokens.Purpose.FOLLOW_TICKET, ticket=ticket.number)
    for path in (f"/r/{token}/", f"/s/{surveys.token_for(invitation)}/", f"/s/{surveys.token_for(invitation)}/?sent"):
        answer = client.get(path)
        assert answer.status_code == 200
        seen.append(answer.content.decode())
    for path in ("/notifications/", "/queue/open/", "/reports/", "/reports/heat-map.csv", "/reports/cell/?of=arrived"):
        seen.append(as_user(cast.ana).get(path).content.decode())
    key = ApiToken.issue(user=cast.ana, name="t")[1]
    seen.append(Client(headers={"Authorization": f"Bearer {key}"}).get("/api/v1/tickets/").content.decode())
    seen += [str(event.details) for event in ticket.events.all()]
    for text in seen:
        assert SECRET not in text


def test_a_formula_in_a_table_is_text():
    from helpdesk.common.spreadsheets import defused

    for start in ("=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "＝", "＋", "－", "＠", "\u00a0="):
        assert str(defused(f"{start}cmd|' /C calc'!A0")).startswith("'"), start
    assert defused(-5) == -5


def test_a_name_or_subject_writes_no_header(cast, ticket, settle):
    from helpdesk.people.models import User

    User.objects.filter(pk=cast.ana.pk).update(name="Ana\r\nBcc:victim@example.net Alonso")
    Ticket.objects.filter(pk=ticket.pk).update(subject="Hello\r\nBcc: victim@example.net\u2028X-Evil: 1")
    cast.ana.refresh_from_db()
    ticket.refresh_from_db()
    ticket.reply(by=cast.ana, text="Hello", undo_seconds=0)
    settle()
    mail = message_from_bytes(bytes(OutboxEmail.objects.get().raw), policy=policy.default)
    assert mail["Bcc"] is None
    assert mail["X-Evil"] is None
    assert [address.addr_spec for address in mail["From"].addresses] == ["support@alborada.example"]


@pytest.mark.parametrize(
    "sender",
    [
        '"a, victim@example.net" <carla@example.com>', "carla@example.com, victim@example.net",
        '"x\\r\\nBcc: victim@example.net"@example.com', "<carla@example.com> <victim@example.net>",
        "=?utf-8?q?a=0d=0aBcc:_victim=40example.net?= <carla@example.com>", '"carla@example.com,victim"@example.net',
    ],
)  # fmt: skip
def test_one_mail_that_comes_in_makes_us_write_to_one_address(cast, deliver, settle, sender):
    deliver(factories.a_mail(text="Hello").replace(b"Carla Cruz <carla@example.com>", sender.encode()))
    settle()
    for row in OutboxEmail.objects.all():
        mail = message_from_bytes(bytes(row.raw), policy=policy.default)
        assert mail["Bcc"] is None
        assert len(mail["To"].addresses) == 1
