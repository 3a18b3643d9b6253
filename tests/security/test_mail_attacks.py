"""Mails that once did harm here, as small as they can be: to speak as another, to hide a mail, to hold up the rest."""

from __future__ import annotations

import contextlib
import time
from email import message_from_bytes, policy

import pytest

from helpdesk.common.html import html_from_text
from helpdesk.common.text import text_from_html
from helpdesk.people.models import CustomerAddress
from tests import factories
from tickets import acknowledging, addressing, recipients
from tickets.mail import composing, identity, receiving, storing
from tickets.mail.parsing import Unreadable, parse
from tickets.models import Delivery, InboundEmail, Mailbox, OutboxEmail, Ticket
from tickets.recipients import Said

HEAD = b"From: Carla <carla@example.com>\nTo: support@alborada.example\nSubject: Hello\n"
OURS = "mx.alborada.example"


# --- To be one of us -------------------------------------------------------------------------------------------------


@pytest.fixture
def vouching(support: Mailbox) -> Mailbox:
    """A mailbox behind a server whose word counts."""
    Mailbox.objects.filter(pk=support.pk).update(trusted_servers=[OURS])
    support.refresh_from_db()
    return support


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header",
    [
        "Authentication-Results: =?utf-8?q?mx=2Ealborada=2Eexample=3B_dkim=3Dpass_header=2Ed=3Dalborada=2Eexample?=",
        "Authentication-Results: mx.alborada\u200b.example; dkim=pass header.d=alborada.example",
        "Authentication-Results: (x) mx.alborada.example; dkim=pass header.d=alborada.example",
        "Authentication-Results : mx.alborada.example; dkim=pass header.d=alborada.example",
    ],
)
def test_a_servers_word_in_a_spelling_that_it_would_not_take_away_makes_nobody_an_agent(
    ana, ticket, deliver, vouching, header
):
    to = identity.reply_address(vouching.address, number=ticket.number)
    forged = factories.a_mail(sender=f"Ana <{ana.email}>", to=to, text="It is paid back.")
    of_our_server = f"Authentication-Results: {OURS}; spf=none smtp.mailfrom=evil.example\n"
    inbound = deliver(f"{of_our_server}{header}\n".encode() + forged, mailbox=vouching)
    assert inbound.message.user is None
    assert inbound.message.is_from_stranger


@pytest.mark.django_db
def test_whom_a_stranger_writes_to_is_a_stranger_too(ticket, deliver):
    """Or a leaked token would make its holder's second address one who takes part, and whom our answer goes to."""
    to = identity.reply_address("support@alborada.example", number=ticket.number)
    own = {"message_id": "<own@evil.example>", "cc": "eve2@evil.example"}
    deliver(factories.a_mail(sender="Eve <eve@evil.example>", to=to, **own))
    answer = deliver(factories.a_mail(sender="Eve <eve2@evil.example>", in_reply_to="<own@evil.example>", text="Me"))
    assert answer.ticket == ticket
    assert answer.message.is_from_stranger
    assert addressing.circle_of(ticket).answered.to == ("carla@example.com",)
    assert not ticket.has_participant("eve2@evil.example")


@pytest.mark.django_db
def test_who_is_not_who_they_say_reopens_nothing_by_a_number(resolved_ticket, deliver, vouching):
    failed = f"Authentication-Results: {OURS}; dmarc=fail header.from=example.com\n".encode()
    inbound = deliver(failed + factories.a_mail(subject=f"Re: [#{resolved_ticket.number}]"), mailbox=vouching)
    assert (inbound.outcome, inbound.ticket == resolved_ticket) == ("ticket_created", False)
    resolved_ticket.refresh_from_db()
    assert resolved_ticket.is_done


@pytest.mark.parametrize("domain", ["hotmail.fr", "yahoo.com.mx", "movistar.es", "bluewin.ch"])
def test_an_address_at_the_same_provider_is_somebody_elses(domain):
    said = [Said(is_requesters=True, sender=f"carla@{domain}", reply_to=[f"eve@{domain}"])]
    assert recipients.who_is_answered(said, requester=[f"carla@{domain}"]).to == (f"carla@{domain}",)


# --- To write our headers --------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header",
    [
        "Subject: =?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3D0D=3D0ABcc=3Avictim=40victim.example=3F=3D?=",
        "Cc: a@=?utf-8?q?x=0D=0ABcc=3Avictim?=.example",
        "Cc: =?utf-8?q?x=0D=0ABcc=3Avictim=40victim.example?=@evil.example",
        "Cc: =?utf-8?b?YQ0KQmNjOiB4QHkuZXhhbXBsZQ==?=@evil.example",
        "Reply-To: =?utf-8?q?x=0D=0ABcc=3Avictim=40victim.example?=@example.com",
        "Cc: a@x.example，victim＠victim.example",  # letters that domains fold to "," and "@"
    ],
)
def test_what_stands_in_a_mail_is_no_header_and_no_further_recipient_of_our_answer(ana, deliver, settle, header):
    raw = f"From: Carla <carla@example.com>\nTo: support@alborada.example\n{header}\n\nHello".encode()
    deliver(raw).ticket.reply(by=ana, text="Thank you.", undo_seconds=0)
    settle()
    answers = [bytes(mail.raw) for mail in OutboxEmail.objects.filter(address="carla@example.com")]
    assert len(answers) == 2  # the acknowledgement too
    for raw in answers:
        mail = message_from_bytes(raw, policy=policy.default)
        assert "bcc" not in mail
        assert [address.addr_spec for address in mail["To"].addresses] == ["carla@example.com"]
        assert "victim" not in str(mail["Cc"])
    assert not Delivery.objects.exclude(state="sent").exists()


@pytest.mark.django_db
def test_an_address_that_hides_another_is_none(deliver, settle):
    for address in ("a@=?utf-8?q?x=0D=0ABcc=3Av?=.example", "a@x.example，v＠victim.example", "a@x＞.example"):
        assert not recipients.is_address(address)
        assert composing.wire_address(address) == address
    deliver(b"From: =?utf-8?q?x=0D=0ABcc=3Av=40v.example?=@evil.example\nTo: support@alborada.example\n\nHello")
    settle()
    assert not OutboxEmail.objects.exists()
    assert not Delivery.objects.filter(state="deferred").exists()


# --- To hide a mail --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("other", [{"subject": "Another matter"}, {"sender": "Eve <eve@evil.example>"}])
def test_one_message_id_on_two_mails_costs_none_of_them(deliver, other):
    """Devices use one for all their mails; and whoever is on Cc can be here before the sender's own copy is."""
    first = {"message_id": "<same@x.example>", "text": "See above."}
    outcomes = [deliver(factories.a_mail(**each)).outcome for each in (first | other, first, first)]
    assert InboundEmail.objects.count() == 2
    assert outcomes == ["ticket_created"] * 3


@pytest.mark.django_db
def test_one_message_id_on_two_mails_to_two_of_our_addresses_costs_none_of_them(deliver):
    sales = Mailbox.objects.create(address="sales@alborada.example", name="Sales")
    deliver(factories.a_mail(message_id="<same@x.example>", text="Forged, to be here first."), mailbox=sales)
    inbound = deliver(factories.a_mail(message_id="<same@x.example>", text="What Carla wrote."))
    assert (inbound.outcome, inbound.message.text) == ("ticket_created", "What Carla wrote.")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Mail delivery failed", "When I write from my other address I get:\n\n550 5.1.1 user unknown\n\nPlease help."),
        ("Undeliverable: your invoice", "My mails to billing@alborada.example come back: 550 5.1.1 mailbox not found."),
    ],
)
def test_a_person_who_is_taken_for_a_mail_server_is_on_a_page_and_can_be_let_in(deliver, lea, subject, text):
    inbound = deliver(factories.a_mail(subject=subject, text=text))
    if inbound.message is None:
        assert InboundEmail.objects.automatic().filter(pk=inbound.pk).exists()
        inbound = receiving.retry(inbound, by=lea)
    assert text.partition("\n")[0] in inbound.message.text


@pytest.mark.django_db
@pytest.mark.data_layer
@pytest.mark.parametrize(
    "more",
    [b"Message-ID: <a\x00b@x.example>\n\nHello", b"Content-Type: text/rtf\n\n{\\rtf1 a\\'00b \\u0 c}"],
)
def test_a_zero_byte_costs_no_mail(support, more):
    inbound, _new = storing.store(HEAD + more, mailbox=support, source="smtp")
    assert receiving.receive(inbound).outcome == "ticket_created"
    assert "\x00" not in inbound.rfc_id + inbound.message.text


# --- To have us write to others, or no longer ------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_number_that_anybody_can_guess_marks_no_address(deliver, ticket, ana, settle):
    ticket.reply(by=ana, text="Which month?", undo_seconds=0)
    settle()
    for mark in (str(ticket.number), f"{ticket.number}.{'0' * 16}", f"{ticket.number + 1}.", "²", ".", "1" * 200):
        report = f"{mark[:3]} Delivery failed\n\ncarla@example.com: 550 5.1.1 no such user\n\nX-Puente-Ticket: {mark}\n"
        raw = factories.a_mail(sender="MAILER-DAEMON@evil.example", subject="Undelivered", text=report)
        assert deliver(b"Return-Path: <>\n" + raw).outcome == "bounce"
    assert CustomerAddress.objects.get(address="carla@example.com").bounced_at is None
    assert Delivery.objects.get(kind="message").state == "sent"


@pytest.mark.django_db
def test_addresses_that_others_claim_share_one_allowance(deliver, vouching, monkeypatch):
    monkeypatch.setattr(acknowledging, "MOST_TO_CLAIMED_AN_HOUR", 3)
    for n in range(4):
        deliver(factories.a_mail(sender=f"no-reply@site{n}.example", reply_to=f"v@victim{n}.example", text=f"{n}"))
        forged = factories.a_mail(sender=f"w@victim{n}.example", text=f"{n}")
        failed = f"Authentication-Results: {OURS}; dmarc=fail header.from=victim{n}.example\n".encode()
        deliver(failed + forged, mailbox=vouching)
    assert Ticket.objects.count() == 8
    assert Delivery.objects.filter(kind="acknowledgement").count() == 3


# --- To hold up the rest ---------------------------------------------------------------------------------------------

PATIENCE = 8.0  # seconds; each of these took minutes


def _html(markup: bytes) -> bytes:
    return HEAD + b"Content-Type: text/html\n\n" + markup


def _report(text: bytes) -> bytes:
    return b"From: MAILER-DAEMON@mx.example\nSubject: Hello\n\n" + text


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"From: a" + b" " * 200_000 + b"b\n\nHello", id="spaces in a name"),
        pytest.param(_html((b"<a " + b"a" * 19_000 + b" x=1>") * 100), id="long names of attributes"),
        pytest.param(_html(b"<" * 3_000_000), id="brackets"),
        pytest.param(_html(b"<ul><li>" * 125_000), id="lists in lists"),
        pytest.param(HEAD + b"Content-Type: text/enriched\n\n</param>" + b"<param>" * 70_000, id="open parameters"),
        pytest.param(_report(b"user " + b">" * 400), id="marks of a quote in a report"),
        pytest.param(_report(b"casella " + b">" * 400), id="the same in Italian"),
        pytest.param(HEAD + b"\n" + b"<a@b.example>:\n" * 200_000, id="lines that may introduce a quote"),
    ],
)
def test_a_mail_made_to_hurt_is_read_in_no_time(raw):
    began = time.monotonic()
    with contextlib.suppress(Unreadable):
        parse(raw)
    assert time.monotonic() - began < PATIENCE


def test_an_address_of_a_million_brackets_is_linked_in_no_time():
    began = time.monotonic()
    for tail in (")" * 1_000_000, "." * 1_000_000, ").,]" * 250_000):
        assert html_from_text(f"http://a.example/{tail}").startswith('<p><a href="http://a.example/"')
    assert html_from_text("(see http://a.example/b_(c)).").count("b_(c)</a>)") == 1
    assert time.monotonic() - began < PATIENCE


def test_words_behind_a_very_long_page_are_kept():
    text = text_from_html("<b>x</b>" * 200_000 + "<p>the last words</p>")
    assert "the last words" in text
    assert "<" not in text
