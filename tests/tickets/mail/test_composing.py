"""The mails that leave: valid MIME, the same words in both parts, and headers by which answers find their ticket."""

from __future__ import annotations

import email
import re
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from cx import surveys
from cx.models import FollowUp, Promise
from helpdesk.common import tokens
from helpdesk.common.text import text_from_html
from tests import factories
from tickets import acknowledging
from tickets.mail import composing, identity, quoting
from tickets.models import Attachment, Delivery, EventKind, Message, OutboxEmail, Ticket

pytestmark = pytest.mark.django_db

NOTE = "zanahoria-nobody-outside-may-read-this"


def compose(delivery: Delivery) -> EmailMessage:
    """The mail as a receiving program reads it: through its bytes."""
    raw = composing.compose(delivery).as_bytes()
    assert max(len(line) for line in raw.split(b"\n")) < 999
    mail = email.message_from_bytes(raw, policy=default)
    assert not [defect for part in mail.walk() for defect in part.defects]
    return mail


def parts(mail: EmailMessage) -> tuple[str, str]:
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    return text.get_content().replace("\r\n", "\n"), html.get_content()


def attach(message: Message, name: str, content: bytes, *, kind: str = "application/pdf") -> Attachment:
    kept = Attachment(message=message, filename=name, content_type=kind, size=len(content), sha256="0")
    kept.file.save("x", ContentFile(content))
    return kept


def only(ticket: Ticket, kind: str) -> Delivery:
    return ticket.deliveries.get(kind=kind)


@pytest.fixture
def replied(ticket, ana):
    """Carla's ticket with a note and Ana's reply."""
    ticket.add_note(by=ana, text=NOTE)
    acknowledging.acknowledge(ticket)
    ticket.reply(by=ana, text="Hi Carla,\n\nthe second charge is on its way back.\nSee https://alborada.example/bills")
    return ticket


@pytest.fixture
def survey(resolved_ticket):
    event = resolved_ticket.events.filter(kind=EventKind.RESOLVED).latest("pk")
    follow_up = FollowUp.objects.create(
        ticket=resolved_ticket, kind=FollowUp.Kind.REALLY_SOLVED, cause=event, due_at=timezone.now()
    )
    return surveys.invite(follow_up)


# --- Headers ---------------------------------------------------------------------------------------------------------


def test_a_reply_names_its_message_its_thread_and_where_answers_go(ana, deliver, support):
    inbound = deliver(factories.a_mail(message_id="<question@example.com>"))
    message = inbound.ticket.reply(by=ana, text="It is mended.")

    mail = compose(message.deliveries.get())

    acknowledgement = only(inbound.ticket, "acknowledgement")
    assert mail["Message-ID"] == f"<{message.rfc_id}>"
    assert identity.read_message_id(mail["Message-ID"]).number == inbound.ticket.number
    assert mail["In-Reply-To"] == "<question@example.com>"
    assert mail["References"].split() == [f"<{acknowledgement.rfc_id}>", "<question@example.com>"]
    assert identity.read_reply_address(mail["Reply-To"].addresses[0].addr_spec) == inbound.ticket.number
    assert mail["From"].addresses[0].display_name == "Ana, Alborada"
    assert mail["From"].addresses[0].addr_spec == support.address
    assert mail["Subject"] == f"Re: The bill is wrong [#{inbound.ticket.number}]"
    assert mail["Auto-Submitted"] is None


def test_composing_twice_gives_the_same_message_id(replied):
    delivery = only(replied, "message")

    assert compose(delivery)["Message-ID"] == compose(delivery)["Message-ID"]


def test_an_acknowledgement_says_that_a_machine_wrote_it(replied):
    mail = compose(only(replied, "acknowledgement"))

    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"


def test_without_plus_addresses_answers_go_to_the_mailbox(replied, support):
    support.takes_plus_addresses = False
    support.save()
    delivery = Delivery.objects.get(ticket=replied, kind="message")

    assert compose(delivery)["Reply-To"] == support.address


def test_an_answer_to_the_mail_we_wrote_lands_in_its_ticket(replied, deliver):
    mail = compose(only(replied, "message"))
    text, _html = parts(mail)
    quoted = "\n".join(f"> {line}" for line in text.splitlines())

    inbound = deliver(
        factories.a_mail(
            to=str(mail["Reply-To"]),
            subject=f"Re: {mail['Subject']}",
            text=f"Thank you, it arrived.\n\n{quoted}",
            in_reply_to=mail["Message-ID"],
        )
    )

    assert inbound.ticket == replied
    assert inbound.message.text == "Thank you, it arrived."


def test_a_subject_with_line_breaks_cannot_add_headers(carla, support, ana):
    ticket = factories.a_ticket(carla, mailbox=support, subject="Hello\r\nBcc: everybody@example.com")
    message = ticket.reply(by=ana, text="Hello")

    mail = compose(message.deliveries.get())

    assert mail["Bcc"] is None
    assert "Bcc: everybody@example.com" in mail["Subject"]


def test_files_go_along(replied):
    message = replied.messages.get(author="agent")
    kept = Attachment(
        message=message, filename="factura número 9.pdf", content_type="application/pdf", size=4, sha256="0"
    )
    kept.file.save("x", ContentFile(b"%PDF"))

    mail = compose(only(replied, "message"))

    (file,) = list(mail.iter_attachments())
    assert file.get_filename() == "factura número 9.pdf"
    assert file.get_content() == b"%PDF"


OUTLOOK_ID = "DB9PR08MB7179C4A1E2F0B6D34B7CA1E5" + "A1B2C3D4" * 8 + "@DB9PR08MB7179.eurprd08.prod.example.com"


def lines_of(delivery: Delivery, header: str) -> list[str]:
    """The header's lines as they stand in the bytes."""
    head = composing.compose(delivery).as_bytes().partition(b"\r\n\r\n")[0].decode("ascii")
    found = re.search(rf"(?mi)^{header}: ([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", head)
    assert found
    return found[1].split("\r\n")


def test_the_ids_of_a_thread_are_written_whole_however_long_they_are(ana, deliver):
    ticket = deliver(factories.a_mail(message_id=f"<{OUTLOOK_ID}>")).ticket

    delivery = ticket.reply(by=ana, text="It is mended.").deliveries.get()

    assert lines_of(delivery, "In-Reply-To") == [f"<{OUTLOOK_ID}>"]
    assert f" <{OUTLOOK_ID}>" in lines_of(delivery, "References")


def test_the_way_to_be_asked_no_more_is_written_whole(survey):
    (line,) = lines_of(only(survey.ticket, "survey"), "List-Unsubscribe")

    assert re.fullmatch(r"<https?://\S+>", line)


def test_a_thread_is_named_from_its_first_mail_on(ana, deliver):
    inbound = deliver(factories.a_mail(message_id="<first@example.com>"))
    for n in range(3):
        inbound.ticket.reply(by=ana, text=f"Answer {n}")
    deliver(factories.a_mail(message_id="<second@example.com>", in_reply_to="<first@example.com>",
                             subject=f"Re: The bill [#{inbound.ticket.number}]"))  # fmt: skip
    last = inbound.ticket.reply(by=ana, text="The last one").deliveries.get()

    mail = compose(last)

    said = inbound.ticket.messages.exclude(pk=last.message_id).exclude(rfc_id="second@example.com").order_by("pk")
    assert mail["References"].split() == [
        f"<{i}>" for i in (*said.values_list("rfc_id", flat=True), "second@example.com")
    ]
    assert mail["References"].split()[0] == "<first@example.com>"
    assert mail["In-Reply-To"] == "<second@example.com>"


def test_a_long_thread_keeps_its_beginning_and_its_end(ticket, ana):
    ticket.messages.update(rfc_id="first@example.com")
    replies = [ticket.reply(by=ana, text=f"Answer {n}") for n in range(composing.MOST_REFERENCES + 5)]

    references = compose(replies[-1].deliveries.get())["References"].split()

    assert references[0] != references[1]
    assert references[-1] == "<first@example.com>"  # what it answers is named last, as the standard has it
    assert len(references) <= composing.MOST_REFERENCES + 1
    assert f"<{replies[-2].rfc_id}>" in references


@pytest.mark.parametrize(
    "made_up", ["a b@example.com", "ñ@example.com", "x" * 900 + "@example.com", "a>\r\nBcc: b@c.example"]
)
def test_an_id_that_no_header_can_hold_is_left_out(ticket, ana, made_up):
    ticket.messages.update(rfc_id=made_up)

    mail = compose(ticket.reply(by=ana, text="It is mended.").deliveries.get())

    assert mail["In-Reply-To"] is None
    assert mail["Bcc"] is None


@pytest.mark.parametrize(
    "name, sent_as",
    [
        ("../../etc/passwd", "passwd"),
        ("bill\u202efdp.exe", "billfdp.exe"),
        ("a\r\nX-Evil: 1.pdf", "a X-Evil_ 1.pdf"),
        ("\u200b", "file"),
        ("x" * 250 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_names_of_files_are_made_safe(ticket, ana, name, sent_as):
    message = ticket.reply(by=ana, text="Here it is.")
    attach(message, name, b"%PDF")

    mail = compose(message.deliveries.get())

    assert [file.get_filename() for file in mail.iter_attachments()] == [sent_as]
    assert mail["X-Evil"] is None


@pytest.mark.parametrize("kind", ["message/rfc822", "multipart/mixed", "nonsense", "text/html; charset=x", ""])
def test_a_file_of_an_odd_kind_goes_as_bytes(ticket, ana, kind):
    message = ticket.reply(by=ana, text="Here it is.")
    attach(message, "mail.eml", b"From: a@b.example\r\n\r\nHello", kind=kind)

    (file,) = compose(message.deliveries.get()).iter_attachments()

    assert file.get_content_type() == "application/octet-stream"
    assert file.get_payload(decode=True) == b"From: a@b.example\r\n\r\nHello"


def test_files_beyond_what_servers_take_are_named_and_lie_with_the_request(ticket, ana, settings):
    settings.UPLOAD_TOTAL_MB = 1
    message = ticket.reply(by=ana, text="Here they are.")
    attach(message, "small.pdf", b"%PDF" * 1000)
    attach(message, "large.mov", b"\0" * 1_100_000)

    mail = compose(message.deliveries.get())

    text, html = parts(mail)
    assert [file.get_filename() for file in mail.iter_attachments()] == ["small.pdf"]
    assert "large.mov" in text
    assert "large.mov" in html
    assert words(re.sub(r"^##-.*-##", "", text)) == words(visible(html))


def test_a_file_that_may_do_harm_does_not_leave(ticket, ana):
    message = ticket.reply(by=ana, text="Here it is.")
    Attachment.objects.filter(pk=attach(message, "odd.doc", b"x").pk).update(threat="Eicar")

    mail = compose(message.deliveries.get())

    assert list(mail.iter_attachments()) == []
    assert "odd.doc" not in parts(mail)[0]


def test_a_domain_in_other_letters_is_written_as_servers_write_it(ticket, ana):
    message = ticket.reply(by=ana, text="Hello", to=["carla@bücher.example"])

    mail = compose(message.deliveries.get())

    assert mail["To"].addresses[0].addr_spec == "carla@xn--bcher-kva.example"


# --- Signatures ------------------------------------------------------------------------------------------------------

SIGNATURE = "Alborada Energía\nCalle Mayor 1, Madrid"


@pytest.fixture
def signed_mailbox(support):
    support.signature = SIGNATURE
    support.save()
    return support


def test_the_signature_of_the_mailbox_stands_below_the_agents_words_in_both_parts(signed_mailbox, ticket, ana):
    message = ticket.reply(by=ana, text="It is mended.")

    text, html = parts(compose(message.deliveries.get()))

    assert "It is mended.\n\nAna\nAlborada Energía\nCalle Mayor 1, Madrid\n" in text
    assert words(re.sub(r"^##-.*-##", "", text)) == words(visible(html))
    assert html.count("Calle Mayor 1") == 1


@pytest.mark.parametrize("end", [f"\n\nAna\n{SIGNATURE}", f"\n\n{SIGNATURE.replace(chr(10), '  ')}\n"])
def test_a_signature_that_the_agent_wrote_is_not_written_twice(signed_mailbox, ticket, ana, end):
    message = ticket.reply(by=ana, text=f"It is mended.{end}")

    text, html = parts(compose(message.deliveries.get()))

    assert text.count("Calle Mayor 1") == visible(html).count("Calle Mayor 1") == 1


def test_an_agent_who_signs_with_their_name_gets_the_rest(signed_mailbox, ticket, ana):
    message = ticket.reply(by=ana, text="It is mended.\n\nBest wishes\nAna")

    text, _html = parts(compose(message.deliveries.get()))

    assert text.count("Ana") == 1
    assert "\nAna\n\nAlborada Energía\nCalle Mayor 1, Madrid\n" in text


def test_an_automatic_mail_bears_no_persons_signature(signed_mailbox, ticket):
    acknowledging.acknowledge(ticket)

    assert "Calle Mayor" not in parts(compose(only(ticket, "acknowledgement")))[0]


def test_a_mailbox_may_repeat_the_customers_latest_words_and_nothing_else(support, ticket, ana, deliver):
    support.quotes_history = True
    support.save()
    ticket.add_note(by=ana, text=NOTE)
    ticket.receive(text="The hum is back.\n<b>Every night</b>", customer=ticket.requester, channel="email")
    ticket.receive(text="I am away", customer=ticket.requester, channel="email", is_auto=True)
    delivery = ticket.reply(by=ana, text="We come tomorrow.").deliveries.get()

    mail = compose(delivery)

    text, html = parts(mail)
    assert "Carla Cruz wrote:\n> The hum is back.\n> <b>Every night</b>\n" in text
    assert "<b>Every" not in html
    assert words(re.sub(r"^##-.*-##", "", text)) == words(visible(html))
    assert not re.search(f"{NOTE}|away|charged me twice", text + html)

    quoted = "\n".join(f"> {line}" for line in text.splitlines())
    answer = factories.a_mail(
        text=f"Thank you.\n\n{quoted}", subject=f"Re: {mail['Subject']}", to=str(mail["Reply-To"])
    )
    assert deliver(answer).message.text == "Thank you."


def test_a_reply_quotes_nothing_of_what_was_said_before(ticket, ana):
    ticket.receive(text="zanahoria", customer=ticket.requester, channel="email")
    message = ticket.reply(by=ana, text="It is mended.")

    text, html = parts(compose(message.deliveries.get()))

    assert "zanahoria" not in text + html


# --- Words -----------------------------------------------------------------------------------------------------------


def words(text: str) -> list[str]:
    """What is read, without addresses of links and marks of layout."""
    without_links = re.sub(r"\(?https?://\S+", " ", text)
    return re.findall(r"[^\W_]+", without_links.casefold())


def visible(html: str) -> str:
    """The HTML as it is read: without what is there for the list of mails only."""
    body = re.sub(r"(?s)<head>.*?</head>", "", html)
    return text_from_html(re.sub(r'(?s)<div style="display:none[^>]*>.*?</div>', "", body))


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", ["message", "acknowledgement", "link", "notification"])
def test_both_parts_say_the_same_in_the_same_order(replied, ana, language, kind):
    replied.language = language
    replied.save()
    replied.send_link(to="carla@example.com")
    replied.resolve(by=ana)
    replied.reopen(by=None)

    text, html = parts(compose(replied.deliveries.filter(kind=kind).latest("pk")))

    text = re.sub(r"^##-.*-##", "", text)
    assert words(text) == words(visible(html))
    assert len(html) < 10_000
    assert f'<html lang="{language}">' in html or kind == "notification"


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_survey_says_the_same_in_both_parts(survey, language):
    survey.ticket.language = language
    survey.ticket.save()

    text, html = parts(compose(only(survey.ticket, "survey")))

    # Five scores are cells in one part; the other has one link to the page where they are chosen.
    without_cells = re.sub(r'(?s)<td class="cell".*?</td>', "", html)
    assert words(text) == words(visible(without_cells))
    assert len(html) < 10_000
    assert len(re.findall(r"https?://\S+/s/", text)) == 1


def test_no_mail_needs_a_picture_or_another_server(replied, survey):
    replied.send_link(to="carla@example.com")
    for delivery in Delivery.objects.all():
        _text, html = parts(compose(delivery))
        assert "<img" not in html
        assert not re.search(r"url\(|<link|<script|@import", html)
        assert 'name="color-scheme"' in html


def test_a_reply_begins_with_our_line_and_then_the_agents_words(replied):
    text, html = parts(compose(only(replied, "message")))

    first, second = [line for line in text.splitlines() if line][:2]
    assert quoting.SEPARATORS["en"] in first
    assert second == "Hi Carla,"
    assert quoting.SEPARATORS["en"] in html


def test_the_line_is_in_the_customers_language(replied):
    replied.language = "es"
    replied.save()

    text, _html = parts(compose(only(replied, "message")))

    assert quoting.SEPARATORS["es"] in text


def test_an_agent_who_signs_is_not_signed_again(ticket, ana):
    signed = ticket.reply(by=ana, text="It is mended.\n\nBest wishes\nAna")
    unsigned = ticket.reply(by=ana, text="One thing more: keep the old box.")

    assert parts(compose(signed.deliveries.get()))[0].count("Ana") == 1
    assert "\nAna\nAlborada" in parts(compose(unsigned.deliveries.get()))[0]


def test_a_reply_lists_what_we_promised(replied, ana):
    Promise.make(replied, what="A call back", due_at=timezone.now() + timedelta(days=1), by=ana)

    text, html = parts(compose(only(replied, "message")))

    assert "WHAT WE PROMISED YOU\n* A call back, by " in text
    assert "What we promised you" in html


def test_markup_typed_by_anybody_stays_text(carla, support, ana):
    ticket = factories.a_ticket(carla, mailbox=support, subject="<b>Bold</b> & brave")
    message = ticket.reply(by=ana, text="Use <script>alert(1)</script> & go")

    text, html = parts(compose(message.deliveries.get()))

    assert "<script>alert(1)</script> & go" in text
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "<b>Bold" not in html


def test_an_acknowledgement_repeats_nothing_that_was_typed(carla, support):
    ticket = factories.a_ticket(
        carla, mailbox=support, channel="web", subject="Buy cheap pills", text="at pills.example", expected="money"
    )
    acknowledging.acknowledge(ticket)

    mail = compose(only(ticket, "acknowledgement"))

    text, html = parts(mail)
    for part in (text, html, str(mail["Subject"])):
        assert not re.search("pills|money|Carla", part)
    assert str(ticket.number) in text
    assert "/r/" in text


def test_an_acknowledgement_says_when_we_expect_to_answer(carla, support, company, monkeypatch):
    ticket = factories.a_ticket(carla, mailbox=support)
    acknowledging.acknowledge(ticket)
    delivery = only(ticket, "acknowledgement")

    soon = timezone.now() + timedelta(days=3)
    monkeypatch.setattr(acknowledging, "expected_reply_by", lambda _ticket: soon)
    madrid = soon.astimezone(company.zone)
    assert f"by {madrid:%a} {madrid.day} {madrid:%b}" in parts(compose(delivery))[0]
    assert f"{madrid:%H:%M}" in parts(compose(delivery))[0]

    past = timezone.now() - timedelta(hours=1)
    monkeypatch.setattr(acknowledging, "expected_reply_by", lambda _ticket: past)
    assert "as soon as we can" in parts(compose(delivery))[0]


def test_a_link_mail_names_numbers_and_nothing_that_was_typed(carla, dora, support):
    older = factories.a_ticket(carla, mailbox=support, subject="Secret one", channel="web")
    newer = factories.a_ticket(carla, mailbox=support, subject="Secret two", channel="web")
    foreign = factories.a_ticket(dora, mailbox=support, subject="Dora's own")
    newer.send_link(to="CARLA@example.com")

    mail = compose(only(newer, "link"))

    text, html = parts(mail)
    for part in (text, html):
        assert str(older.number) in part
        assert str(newer.number) in part
        assert str(foreign.number) not in part
        assert "Secret" not in part
    assert mail["To"] == "carla@example.com"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_links_in_mails_open_their_own_ticket(replied):
    text, html = parts(compose(only(replied, "message")))

    (token,) = set(re.findall(r"/r/([^/\s\"]+)/", text))
    assert f"/r/{token}/" in html
    assert tokens.read(tokens.Purpose.FOLLOW_TICKET, token) == {"ticket": replied.number}


def test_the_survey_offers_each_score_and_an_end_to_questions(survey):
    mail = compose(only(survey.ticket, "survey"))

    _text, html = parts(mail)
    assert [int(score) for score in re.findall(r"\?score=(\d+)\"", html)] == [1, 2, 3, 4, 5]
    assert "at most once every 30 days" in html
    stop_url = mail["List-Unsubscribe"].strip("<>")
    assert "/surveys/stop/" in stop_url
    assert stop_url in html
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_another_kind_of_survey_states_its_own_span_and_scale(survey):
    survey.kind = "nps"
    survey.save()

    mail = compose(only(survey.ticket, "survey"))

    text, html = parts(mail)
    assert [int(score) for score in re.findall(r"\?score=(\d+)\"", html)] == list(range(11))
    assert "at most once every 90 days" in text
    assert "recommend Alborada" in text
    assert "solved" not in str(mail["Subject"])


def test_a_note_is_in_no_mail(replied, survey, settle):
    replied.send_link(to="carla@example.com")
    replied.reopen(by=None)
    settle()

    assert OutboxEmail.objects.count() >= 3
    assert not Delivery.objects.exclude(state="sent").exists()
    for sent in OutboxEmail.objects.all():
        mail = email.message_from_bytes(bytes(sent.raw), policy=default)
        assert NOTE not in bytes(sent.raw).decode()
        assert NOTE not in str(mail["Subject"]) + "".join(parts(mail))
