"""The operator's virus scanner is asked before anybody gets a file."""

from __future__ import annotations

import shlex
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.urls import reverse

from helpdesk.common import tokens
from tickets.mail import scanning
from tickets.models import Attachment

pytestmark = pytest.mark.django_db

# A scanner like clamdscan: what it found on the last line, exit 1 for a find, 2 when it cannot tell.
SCANNER = """
import sys
content = open(sys.argv[1], "rb").read() if len(sys.argv) > 1 else sys.stdin.buffer.read()
if b"BROKEN" in content: sys.exit(2)
if b"NASTY" in content: print("scanned 1\\nstream: Nasty.Test FOUND"); sys.exit(1)
print("stream: OK")
"""


@pytest.fixture(params=["standard input", "path"])
def scanner(request, settings, tmp_path: Path) -> None:
    program = tmp_path / "scan it.py"
    program.write_text(SCANNER)
    path = " {path}" if request.param == "path" else ""
    settings.SCAN_COMMAND = f"{sys.executable} {shlex.quote(str(program))}{path}"


def with_file(content: bytes, name: str = "bill.pdf") -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Carla <carla@example.com>", "support@alborada.example", "A file"
    mail.set_content("See the file.")
    mail.add_attachment(content, "application", "pdf", filename=name)
    return mail.as_bytes()


def test_without_a_scanner_every_file_is_handed_out(deliver):
    deliver(with_file(b"NASTY"))
    attachment = Attachment.objects.get()
    assert attachment.is_handed_out
    assert scanning.scan(attachment)
    assert scanning.scan_waiting() == 0


def test_a_clean_file_is_handed_out_once_it_was_looked_at(scanner, deliver):
    deliver(with_file(b"fine"))
    assert not Attachment.objects.get().is_handed_out
    assert scanning.scan_waiting() == 1
    attachment = Attachment.objects.get()
    assert attachment.is_handed_out
    assert scanning.scan_waiting() == 0


def test_an_infected_file_is_kept_back_and_says_so(scanner, deliver, as_user, ana, client):
    ticket = deliver(with_file(b"NASTY")).ticket
    scanning.scan_waiting()
    attachment = Attachment.objects.get()
    assert attachment.threat == "stream: Nasty.Test FOUND"
    answer = as_user(ana).get(f"/tickets/{ticket.number}/files/{attachment.pk}/")
    assert answer.status_code == 403
    assert "A virus was found in bill.pdf" in answer.content.decode()
    page = as_user(ana).get(f"/tickets/{ticket.number}/").content.decode()
    assert "bill.pdf is kept back" in page
    assert f"/files/{attachment.pk}/" not in page
    token = tokens.make(tokens.Purpose.FOLLOW_TICKET, ticket=ticket.number)
    answer = client.get(reverse("portal:request-file", args=[token, attachment.pk]))
    assert answer.status_code == 403
    assert "A virus was found in bill.pdf" in answer.content.decode()


def test_a_file_nobody_looked_at_yet_is_looked_at_when_it_is_asked_for(scanner, deliver, as_user, ana):
    ticket = deliver(with_file(b"fine")).ticket
    attachment = Attachment.objects.get()
    answer = as_user(ana).get(f"/tickets/{ticket.number}/files/{attachment.pk}/")
    assert b"".join(answer.streaming_content) == b"fine"
    attachment.refresh_from_db()
    assert attachment.scanned_at


@pytest.mark.parametrize("ending", ["missing", "no verdict"])
def test_a_scanner_that_does_not_answer_hands_nothing_out(deliver, settings, as_user, ana, ending):
    no_verdict = f"{sys.executable} -c 'import sys; sys.exit(3)'"
    settings.SCAN_COMMAND = "/nowhere/at/all" if ending == "missing" else no_verdict
    ticket = deliver(with_file(b"fine")).ticket
    attachment = Attachment.objects.get()
    answer = as_user(ana).get(f"/tickets/{ticket.number}/files/{attachment.pk}/")
    assert answer.status_code == 403
    assert "Try again in a minute" in answer.content.decode()
    attachment.refresh_from_db()
    assert attachment.scanned_at is None


def test_one_file_without_a_verdict_keeps_no_other_waiting(scanner, deliver):
    for content in (b"fine", b"BROKEN", b"NASTY"):
        deliver(with_file(content))
    assert scanning.scan_waiting() == 2
    assert sorted(a.is_handed_out for a in Attachment.objects.all()) == [False, False, True]
