import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.mail.bounces import Bounce, BouncedRecipient, parse_bounce
from tickets.mail.parsing import parse
from tickets.mail.parts import Budget, Limits, split

MAILS = Path(__file__).parents[2] / "mail"


def bounce_in(raw: bytes) -> Bounce | None:
    return parse_bounce(split(raw, Budget(Limits())))


def test_a_report_names_everybody_and_the_mail_it_is_about():
    bounce = bounce_in((MAILS / "dsn_bounce.eml").read_bytes())

    assert bounce == Bounce(
        (
            BouncedRecipient(
                "nobody.here@clientes.example",
                "failed",
                "5.1.1",
                True,
                "550 5.1.1 <nobody.here@clientes.example>: Recipient address rejected: User unknown",
            ),
            BouncedRecipient("slow@clientes.example", "delayed", "4.4.1", False, "451 4.4.1 connection timed out"),
        ),
        "<ticket-58010-1.5f3a@puente.example>",
    )
    assert any(recipient.permanent for recipient in bounce.recipients)


@pytest.mark.parametrize(
    ("name", "address", "status", "original"),
    [
        ("exim_bounce_text.eml", "gone@clientes.example", "5.2.1", "<ticket-58012-1.88bb@puente.example>"),
        ("qmail_bounce_text.eml", "left@clientes.example", "5.3.0", "<ticket-58013-1.99cc@puente.example>"),
        ("exchange_bounce_text.eml", "luis.mora@clientes.example", "5.1.10", "<ticket-58011-1.77aa@puente.example>"),
    ],
)
def test_prose_of_known_programs_is_understood(name, address, status, original):
    bounce = bounce_in((MAILS / name).read_bytes())

    assert bounce is not None
    assert [(one.address, one.action, one.status, one.permanent) for one in bounce.recipients] == [
        (address, "failed", status, True)
    ]
    assert bounce.original_message_id == original
    assert status in bounce.recipients[0].diagnostic


PROSE = {
    "exchange": (
        "Delivery has failed to these recipients or groups:\n\nLuis (luis@x.example)\nIt was rejected.\n\n"
        "Eva (eva@x.example)\nThe mailbox is full.\n\nDiagnostic information for administrators:\n\n"
        "Generating server: EX01\n\nluis@x.example\n#550 5.7.1 not allowed ##\n\neva@x.example\n#452 4.2.2 full ##\n",
        [("luis@x.example", "5.7.1", True), ("eva@x.example", "4.2.2", False)],
    ),
    "postfix": (
        "I'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n"
        "<a@x.example>: host mx.x.example[192.0.2.1] said: 550 5.1.1 unknown\n\n<b@x.example>: 552 5.2.2 full\n",
        [("a@x.example", "5.1.1", True), ("b@x.example", "5.2.2", True)],
    ),
    "sendmail": (
        "   ----- The following addresses had permanent fatal errors -----\n<a@x.example>\n"
        "    (reason: 550 5.1.1 User unknown)\n",
        [("a@x.example", "5.1.1", True)],
    ),
    "gmail": (
        "Address not found\n\nYour message wasn't delivered to a@x.example because there is no\nsuch address.\n\n"
        "The response was:\n550 5.1.1 The email account does not exist.\n",
        [("a@x.example", "5.1.1", True)],
    ),
    "without a code": (
        "The following address(es) failed:\n\n  a@x.example\n    Unrouteable address\n",
        [("a@x.example", "", True)],
    ),
    "delayed": (
        "This is a warning message only. You do not need to resend your message.\n"
        "Your message could not be delivered to:\n\n  a@x.example\n    451 4.3.0 try later\n",
        [("a@x.example", "4.3.0", False)],
    ),
}


@pytest.mark.parametrize(("text", "expected"), PROSE.values(), ids=PROSE.keys())
def test_more_prose(text, expected):
    bounce = bounce_in(f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: failure\n\n{text}".encode())

    assert bounce is not None
    assert [(one.address, one.status, one.permanent) for one in bounce.recipients] == expected


# What servers of many kinds and countries write, after their structure: who, the code, and whether for good.
SHAPES = {
    "transcript of a session": (
        "   ----- Transcript of session follows -----\nTalking to mx.tienda.example:\n"
        ">>> RCPT To:<ana@tienda.example>\n"
        "<<< 550 <ana@tienda.example>, nobody here\n550 <ana@tienda.example>... nobody here\n\n"
        "   ----- Unsent message follows -----\nFrom: soporte@puente.example\nTo: other@tienda.example\n",
        [("ana@tienda.example", "", True)],
    ),
    "reason first, recipients later": (
        "Your message:\n   From:    soporte@puente.example\n   Subject: Hola\n\nCould not be delivered because of\n\n"
        "550 5.1.1 nobody here\n\nThe following recipients were affected:\n    ana@tienda.example\n\n"
        "More\n====\nOriginal Sender:    <soporte@puente.example>\n",
        [("ana@tienda.example", "5.1.1", True)],
    ),
    "the addressee is a list, the recipient another": (
        "Your message\n\n  To:      todos@puente.example\n  Subject: Hola\n\n"
        "did not reach the following recipient(s):\n\n"
        "c=ES;a= ;p=TI;o=Nexo;dda:SMTP=ana@tienda.example; on Mon, 2 Mar 2026\n10:12:28 +0100\n"
        "    The name is not known\n",
        [("ana@tienda.example", "", True)],
    ),
    "in the sentence, mailbox full": (
        "Your mail sent on: Mon, 2 Mar 2026 10:00:00 +0100\n     Could not be delivered to: <ana@tienda.example>\n"
        "     As their mailbox is full.\n",
        [("ana@tienda.example", "", False)],
    ),
    "fields of details": (
        "Error: wrong address\n\nError message below:\n550 - nobody of this name\n\nMessage details:\n  Subject: Hola\n"
        "  MAIL FROM: soporte@puente.example\n  RCPT TO: ana@tienda.example\n  From: soporte@puente.example\n",
        [("ana@tienda.example", "", True)],
    ),
    "labels": (
        "Each of these recipients was rejected by a remote server.\n\n    Recipient: <ana@tienda.example>\n"
        "    >>> RCPT TO:<ana@tienda.example>\n    <<< 550 5.1.1 <ana@tienda.example>: nobody\n\n"
        "    Recipient: <eva@tienda.example>\n    >>> RCPT TO:<eva@tienda.example>\n    <<< 452 4.2.2 full\n",
        [("ana@tienda.example", "5.1.1", True), ("eva@tienda.example", "4.2.2", False)],
    ),
    "remark in brackets": (
        "---The following addresses had delivery errors---\n\nana@tienda.example [Nobody here]\n",
        [("ana@tienda.example", "", True)],
    ),
    "expanded from an alias": (
        "   ----- The following addresses had permanent fatal errors -----\n<a.ruiz@corp.example>\n"
        "    (reason: 550 5.2.1 mailbox closed)\n    (expanded from: <ana@tienda.example>)\n",
        [("a.ruiz@corp.example", "5.2.1", True)],
    ),
    "a pipe instead of an address": (
        "A message that you sent could not be delivered to one or more of its recipients.\n"
        "The following address(es) failed:\n\n  pipe to |/home/ana/sort\n    generated from ana@tienda.example\n",
        [("ana@tienda.example", "", True)],
    ),
    "half an address": (
        "Your mail to these recipients could not be delivered:\n\tana.ruiz\n",
        [("ana.ruiz@mx.example", "", True)],
    ),
    "warning": (
        "A message is delayed for more than 4 hours for these recipients:\n\nana@tienda.example: no connection\n\n"
        "We keep trying.\n",
        [("ana@tienda.example", "", False)],
    ),
    "fields as text, no line between two": (
        "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; ana@tienda.example\nAction: failed\nStatus: 5.1.1\n"
        "Final-Recipient: rfc822; eva@tienda.example\nAction: delayed\nStatus: 4.0.0\n",
        [("ana@tienda.example", "5.1.1", True), ("eva@tienda.example", "4.0.0", False)],
    ),
    "only the mail that came back tells": (
        "We could not deliver your mail.\n\n----- Original message -----\n\nReceived: from a by b\n"
        "\tfor <ana@tienda.example>;"
        " Mon, 2 Mar 2026\nTo: Ana <a.ruiz@tienda.example>\nFrom: soporte@puente.example\n",
        [("ana@tienda.example", "", True)],
    ),
    "Spanish": (
        "Error de entrega a estos destinatarios o grupos:\n\nAna Ruiz (ana@tienda.example)\nEl buzón está lleno.\n",
        [("ana@tienda.example", "", False)],
    ),
    "Spanish, waiting": (
        "Entrega retrasada\n\nHay un problema temporal y no se ha podido entregar el mensaje a ana@tienda.example. "
        "El servidor seguirá intentándolo dos días más.\n",
        [("ana@tienda.example", "", False)],
    ),
    "Portuguese": (
        "Falha na entrega a estes destinatários:\n\nana@tienda.example\n#550 5.1.1 desconhecido ##\n",
        [("ana@tienda.example", "5.1.1", True)],
    ),
    "French": (
        "Votre message à ana@tienda.example n'a pas pu être remis.\n\nCode d'état : 550 5.1.10\n",
        [("ana@tienda.example", "5.1.10", True)],
    ),
    "German": (
        "Ihre Nachricht an ana@tienda.example konnte leider nicht zugestellt werden.\n\nFehler: 550 5.4.1 gesperrt\n",
        [("ana@tienda.example", "5.4.1", True)],
    ),
    "Italian": (
        "Impossibile recapitare il messaggio ai destinatari seguenti:\n\n  ana@tienda.example\n  La casella è piena\n",
        [("ana@tienda.example", "", False)],
    ),
    "English, incomplete": (
        "There was a temporary problem delivering your message to ana@tienda.example. We will retry for 46 hours. "
        "You'll be notified if the delivery fails permanently.\n",
        [("ana@tienda.example", "", False)],
    ),
    "Spanish, incomplete": (
        "Entrega incompleta\n\nHubo un problema al entregar el mensaje a ana@tienda.example. Se volverá a intentar. "
        "Le avisaremos si falla de forma definitiva.\n",
        [("ana@tienda.example", "", False)],
    ),
    "German, incomplete": (
        "Beim Zustellen Ihrer Nachricht an ana@tienda.example gab es ein Problem. "
        "Der Server versucht es noch 46 Stunden.\n",
        [("ana@tienda.example", "", False)],
    ),
    "Spanish, not yet": (
        "Su mensaje a ana@tienda.example todavía no ha podido ser entregado. Seguirá intentándolo tres días.\n",
        [("ana@tienda.example", "", False)],
    ),
    "Italian, not yet": (
        "Il messaggio per ana@tienda.example non è ancora stato consegnato.\n",
        [("ana@tienda.example", "", False)],
    ),
    "full, with the address between": (
        "El buzón del destinatario ana@tienda.example está lleno.\n",
        [("ana@tienda.example", "", False)],
    ),
    "full by another word": (
        "<ana@tienda.example>\n\nThe mails in this mailbox exceeded the limit.\n",
        [("ana@tienda.example", "", False)],
    ),
    "no such address, Spanish": (
        "El siguiente destinatario no es válido: ana@tienda.example\nNo existe ese usuario.\n",
        [("ana@tienda.example", "", True)],
    ),
    "advice instead of a reason": (
        "Your message was not delivered because the host was not reachable within the allowed queue period.\n\n"
        "These did not receive it:\n\n     <ana@tienda.example>\n\nPlease write to <postmaster@mx.example>\n",
        [("ana@tienda.example", "", False)],
    ),
    "an address coded for SMTP": (
        "Original-Recipient: rfc822;ana+2Bx@tienda.example\nFinal-Recipient: rfc822;ana+x@tienda.example\n"
        "Action: failed\nStatus: 5.1.1\n",
        [("ana+x@tienda.example", "5.1.1", True)],
    ),
    "not known": (
        "Diese Adresse ist uns nicht bekannt: ana@tienda.example\n",
        [("ana@tienda.example", "", True)],
    ),
    "not fatal": (
        "----- These addresses had transient non-fatal errors -----\n<ana@tienda.example>\n",
        [("ana@tienda.example", "", False)],
    ),
    "Russian": (
        "Ваше письмо не доставлено по адресу ana@tienda.example.\n",
        [("ana@tienda.example", "", True)],
    ),
    "Japanese": (
        "次の宛先に送信できませんでした。\nana@tienda.example\n\n-------server message\n550 5.1.1 nobody\n",
        [("ana@tienda.example", "5.1.1", True)],
    ),
    "Chinese": ("无法投递您的邮件。\n收件人：ana@tienda.example\n", [("ana@tienda.example", "", True)]),
    "Arabic": ("لم يتم تسليم رسالتك إلى ana@tienda.example\n", [("ana@tienda.example", "", True)]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SHAPES.values(), ids=SHAPES.keys())
def test_reports_of_many_programs(text, expected):
    head = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: soporte@puente.example\nSubject: Mail failure"

    bounce = bounce_in(f"{head}\n\n{text}".encode())

    assert bounce is not None
    assert [(one.address, one.status, one.permanent) for one in bounce.recipients] == expected


def test_a_warning_is_a_delay_and_a_last_word_is_none():
    head = "From: MAILER-DAEMON@mx.example\nSubject: Warning\n\n"
    waiting = bounce_in(f"{head}{SHAPES['warning'][0]}".encode())
    given_up = bounce_in(f"{head}<a@x.example>: delayed for 5 days. I have given up.\n".encode())

    assert waiting is not None
    assert waiting.recipients[0].action == "delayed"
    assert given_up is not None
    assert given_up.recipients[0].action == "failed"


def test_the_recipients_that_the_header_names_get_the_reasons_of_the_text():
    raw = (
        "From: Mail System <postmaster@mx.example>\nX-Failed-Recipients: Ana@x.example, eva@x.example\n"
        "Subject: returned\n\nThese failed:\n\n  ana@x.example\n    550 5.1.1 nobody\n\n  eva@y.example\n    full\n"
    )

    bounce = bounce_in(raw.encode())

    assert bounce is not None
    assert [(one.address, one.status) for one in bounce.recipients] == [
        ("Ana@x.example", "5.1.1"),
        ("eva@x.example", "5.1.1"),
    ]


def test_a_filter_that_blocks_says_so_in_the_subject():
    bounce = bounce_in(
        b"Return-Path: <>\nFrom: F <postmaster@mx.example>\nSubject: **Message you sent blocked by our filter**\n\n"
        b"Your message to: ana@x.example\nwas blocked by our firewall and has NOT BEEN DELIVERED.\n"
    )

    assert bounce is not None
    assert [(one.address, one.permanent) for one in bounce.recipients] == [("ana@x.example", True)]


@pytest.mark.parametrize("subject", ["Messaggio non consegnato", "ERRORE DI CONSEGNA"])
def test_a_title_that_tells_of_failure_in_italian(subject):
    text = "Il messaggio a:\n\n  ana@x.example\n\nnon è stato consegnato: indirizzo inesistente.\n"

    bounce = bounce_in(f"From: postmaster@x.example\nSubject: {subject}\n\n{text}".encode())

    assert bounce is not None
    assert [(one.address, one.permanent) for one in bounce.recipients] == [("ana@x.example", True)]


def test_a_report_without_an_address_is_still_a_bounce():
    bounce = bounce_in(b"From: MAILER-DAEMON@mx.example\nSubject: Undelivered mail\n\nYour mail was not delivered.\n")

    assert bounce == Bounce(())
    assert not any(recipient.permanent for recipient in bounce.recipients)


def test_the_mail_in_question_is_found_by_what_the_report_answers():
    head = b"In-Reply-To: <m.1@puente.example>\nFrom: postmaster@mx.example\nSubject: Undeliverable: x\n\n"

    bounce = bounce_in(head + b"<a@x.example>: no\n")

    assert bounce is not None
    assert bounce.original_message_id == "<m.1@puente.example>"


def test_a_gateway_may_wrap_a_whole_report():
    report = (MAILS / "dsn_bounce.eml").read_bytes()
    head = b"From: postmaster@gate.example\nSubject: Delivery report\nContent-Type: multipart/mixed; boundary=b\n\n"

    bounce = bounce_in(head + b"--b\nContent-Type: message/rfc822\n\n" + report + b"\n--b--\n")

    assert bounce is not None
    assert [one.address for one in bounce.recipients] == ["nobody.here@clientes.example", "slow@clientes.example"]

    with_a_word = head + b"--b\n\nSee below.\n--b\nContent-Type: message/rfc822\n\n" + report + b"\n--b--\n"
    assert bounce_in(with_a_word) == bounce


def test_a_report_that_lost_its_boundaries_is_read_as_it_stands():
    raw = (
        b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: Returned mail\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="lost"\n\n'
        b"   ----- The following addresses had permanent fatal errors -----\n<ana@x.example>\n\n"
        b"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: RFC822; <ana@x.example>\nAction: failed\nStatus: 5.5.0\n\n"
        b"Return-Path: <soporte@puente.example>\nMessage-Id: <m.2@puente.example>\nTo: ana@x.example\n\nHola\n"
    )

    bounce = bounce_in(raw)

    assert bounce is not None
    assert [(one.address, one.status) for one in bounce.recipients] == [("ana@x.example", "5.5.0")]
    assert bounce.original_message_id == "<m.2@puente.example>"


def test_a_report_without_code_names_a_passing_trouble():
    raw = (
        b"Content-Type: message/delivery-status\nFrom: MAILER-DAEMON@mx.example\n\n"
        b"Final-Recipient: rfc822; a@x.example\nAction: expired\nStatus: \nDiagnostic-Code: Connection timed out\n"
    )

    bounce = bounce_in(raw)

    assert bounce is not None
    assert bounce.recipients == (BouncedRecipient("a@x.example", "failed", "", False, "Connection timed out"),)


def test_a_customer_who_forwards_a_report_did_not_bounce():
    report = re.split(rb"\r?\n\r?\n", (MAILS / "dsn_bounce.eml").read_bytes(), maxsplit=1)[1]
    boundary = b'"9A8B7C6D5E.1741683605/mx.puente.example"'
    head = b"From: Carla <carla@x.example>\nSubject: Fwd: Undelivered Mail\nContent-Type: multipart/mixed; boundary="

    assert bounce_in(head + boundary + b"\n\n" + report) is None


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Delivery failed", "My parcel could not be delivered to this address. Write to me:\ncarla@x.example\n"),
        ("RE: Undeliverable: your offer", "This came back, 550 5.1.1. Is\nana@x.example\nnot delivered?\n"),
        ("My mailbox is full", "What can I do? It says 552 5.2.2 for\ncarla@x.example\n"),
    ],
)
def test_a_person_who_writes_of_failures_is_no_server(subject, text):
    assert bounce_in(f"From: Carla <carla@x.example>\nSubject: {subject}\n\n{text}".encode()) is None


def test_an_administrator_is_a_person_too():
    text = "The account of ana@x.example is disabled since Monday. Can you help?\n"

    assert bounce_in(f"From: System Administrator <it@x.example>\nSubject: Accounts\n\n{text}".encode()) is None


def test_somebody_who_left_answers_without_return_address_and_is_no_bounce():
    text = "I no longer work here and this address is no longer valid. Write to:\nana@x.example\n"

    assert bounce_in(f"Return-Path: <>\nFrom: Eva <eva@x.example>\nSubject: Re: Hola\n\n{text}".encode()) is None


def test_a_complaint_is_automatic_but_no_bounce():
    raw = (
        b"From: fbl@isp.example\nSubject: complaint\n"
        b"Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
        b"--b\n\nSomebody called this spam.\n"
        b"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n--b--\n"
    )

    mail = parse(raw)

    assert mail.bounce is None
    assert mail.is_auto


def test_the_notification_of_a_mail_service_names_everybody():
    data = (
        '{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":'
        '"ana@x.example","action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 nobody"},'
        '{"emailAddress":!\n "eva@x.example"}]}}'
    )
    head = "From: no-reply@sns.example\nX-Amz-SNS-Message-ID: 1\nSubject: Notification\n\n"

    bounce = bounce_in(f"{head}{data}\n\n--\nTo stop these, go away.\n".encode())

    assert bounce is not None
    assert [(one.address, one.status, one.permanent, one.diagnostic) for one in bounce.recipients] == [
        ("ana@x.example", "5.1.1", True, "550 5.1.1 nobody"),
        ("eva@x.example", "", True, ""),
    ]
    assert bounce_in(f"{head}{data[:90]}".encode()) is None
    assert bounce_in(f"{head}[]".encode()) is None


def test_a_status_stands_for_the_code_that_the_server_said():
    def recipient(*fields: str) -> BouncedRecipient:
        head = "Content-Type: message/delivery-status\nFrom: MAILER-DAEMON@mx.example\n\n"
        bounce = bounce_in("\n".join([f"{head}Final-Recipient: rfc822; a@x.example", *fields]).encode())
        assert bounce is not None
        return bounce.recipients[0]

    full = recipient("Action: failed", "Status: 5.2.2", "Diagnostic-Code: smtp; 552 5.2.2 mailbox full")
    vague = recipient("Action: failed", "Status: 5.0.0", "Diagnostic-Code: smtp; 452 mailbox full")
    bare = recipient("Action: failure", "Status: 5.1.1 (nobody of this name)")

    assert (full.status, full.permanent) == ("5.2.2", True)
    assert (vague.status, vague.permanent) == ("5.0.0", False)
    assert (bare.action, bare.diagnostic) == ("failed", "nobody of this name")


@pytest.mark.parametrize(
    "unit", ["\n", " ", "@", "-", "a@x.example ", "<a@x.example>\n", "delivery to ", "user >", "550 "]
)
def test_an_endless_report_is_read_to_an_end(unit):
    head = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: Undeliverable\n\nNot delivered:\n"

    bounce = bounce_in((head + unit * (20_000 // len(unit))).encode())

    assert bounce is not None
    assert len(bounce.recipients) <= 1


def test_a_customer_who_quotes_a_bounce_did_not_bounce():
    text = PROSE["exchange"][0]

    assert bounce_in(f"From: carla@x.example\nSubject: what is this?\n\n{text}".encode()) is None


def test_an_ordinary_mail_is_no_bounce():
    assert bounce_in((MAILS / "plain.eml").read_bytes()) is None
    assert bounce_in(b"From: postmaster@x.example\nSubject: news\n\nWrite to a@x.example.\n") is None


def test_out_of_office_without_return_address_is_no_bounce():
    raw = b"Return-Path: <>\nFrom: Eva <eva@x.example>\nSubject: away\n\nI am away. Write to:\nana@x.example\n"

    assert bounce_in(raw) is None
    assert parse(raw).is_auto


def test_a_report_of_success_is_no_bounce():
    raw = (MAILS / "dsn_bounce.eml").read_bytes().replace(b"Action: failed", b"Action: delivered")
    raw = raw.replace(b"Action: delayed", b"Action: relayed")

    mail = parse(raw)

    assert mail.bounce is None
    assert mail.is_auto


def test_a_report_without_status_takes_it_from_the_diagnosis():
    raw = (MAILS / "dsn_bounce.eml").read_bytes().replace(b"Status: 5.1.1", b"Status: 5.0.0")

    bounce = bounce_in(raw)

    assert bounce is not None
    assert bounce.recipients[0].status == "5.1.1"


def test_a_server_that_gave_up_on_a_passing_trouble_leaves_the_address_alone():
    raw = (MAILS / "dsn_bounce.eml").read_bytes().replace(b"Action: delayed", b"Action: failed")

    bounce = bounce_in(raw)

    assert bounce is not None
    assert bounce.recipients[1].action == "failed"
    assert not bounce.recipients[1].permanent


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(["dsn_bounce.eml", "exim_bounce_text.eml", "exchange_bounce_text.eml"]), st.data())
def test_a_damaged_bounce_breaks_nothing(name, data):
    raw = bytearray((MAILS / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(raw)))
        raw[start : start + data.draw(st.integers(0, 60))] = data.draw(st.binary(max_size=20))

    bounce_in(bytes(raw) or b"x")
