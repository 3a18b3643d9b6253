"""Files that agents send with replies and keep beside notes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from helpdesk.common import tokens
from helpdesk.people.models import User
from tests.cast import Cast
from tests.workspace.reading import words_of
from tickets.models import Attachment, Delivery, Draft, OutboxEmail, Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
FORMS = ["replies", "notes"]


def a_file(name: str = "plan.pdf", content: bytes = b"%PDF", kind: str = "application/pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type=kind)


def _post(client: Client, ticket: Ticket, form: str = "replies", **fields: Any) -> Any:
    fields.setdefault("text", "Here it is.")
    return client.post(f"/tickets/{ticket.number}/{form}/", fields)


def _stored(settings: Any) -> list[Path]:
    root = Path(settings.MEDIA_ROOT)
    return [Path(folder) / name for folder, _folders, names in os.walk(root) for name in names]


@pytest.fixture(autouse=True)
def _small(settings: Any) -> None:
    settings.UPLOAD_MOST_FILES, settings.UPLOAD_FILE_MB, settings.UPLOAD_TOTAL_MB = 3, 1, 2


def test_several_files_go_with_a_reply(as_user: Browser, ana: User, ticket: Ticket) -> None:
    _post(as_user(ana), ticket, files=[a_file(), a_file("photo.jpg", b"\xff\xd8", "image/jpeg")])

    message = ticket.messages.get(author="agent")
    kept = list(message.attachments.order_by("pk").values_list("filename", "content_type", "size"))
    assert kept == [("plan.pdf", "application/pdf", 4), ("photo.jpg", "image/jpeg", 2)]
    assert not Draft.objects.exists()


def test_files_stand_beside_a_note_and_reach_no_customer(
    as_user: Browser, cast: Cast, ticket: Ticket, settle: Callable[[], None], client: Client
) -> None:
    agent = as_user(cast.ana)
    _post(agent, ticket, "notes", text="Between us", files=a_file("secret.pdf"))
    _post(agent, ticket, text="All well.", then="resolved")
    settle()

    note = ticket.notes.get()
    attachment = note.attachments.get()
    html = agent.get(f"/tickets/{ticket.number}/").content.decode()
    address = re.search(rf'href="([^"]*/files/{attachment.pk}/[^"]*)"', html)
    assert "secret.pdf" in html
    assert address
    assert b"".join(agent.get(address[1]).streaming_content) == b"%PDF"  # type: ignore[attr-defined]
    assert as_user(cast.ben).get(address[1]).status_code == 404
    assert OutboxEmail.objects.exists()
    assert not any(b"secret.pdf" in bytes(mail.raw) for mail in OutboxEmail.objects.all())
    token = tokens.make(tokens.Purpose.FOLLOW_TICKET, ticket=ticket.number)
    assert "secret.pdf" not in client.get(f"/r/{token}/").content.decode()
    assert client.get(f"/r/{token}/files/{attachment.pk}/").status_code == 404


@pytest.mark.parametrize("form", FORMS)
def test_the_limits_stand_beside_the_field(as_user: Browser, ana: User, ticket: Ticket, form: str) -> None:
    words = words_of(as_user(ana).get(f"/tickets/{ticket.number}/").content.decode())

    assert words.count("Up to 3 files, 1 MB each, 2 MB together") == 2


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "files, words, kept",
    [
        ([("a.txt", 10), ("film.mp4", 1_100_000)], "Choose files of up to 1 MB. Too large: film.mp4.", ["a.txt"]),
        ([(f"{n}.txt", 10) for n in range(5)], "Choose at most 3 files", ["0.txt", "1.txt", "2.txt"]),
        (
            [("a.bin", 900_000), ("b.bin", 900_000), ("c.bin", 900_000)],
            "Together the files may have 2 MB. Left out: c.bin.",
            ["a.bin", "b.bin"],
        ),
    ],
)
def test_beyond_the_limits_nothing_is_sent_and_what_fits_is_kept(
    as_user: Browser, ana: User, ticket: Ticket, form: str, files: list[tuple[str, int]], words: str, kept: list[str]
) -> None:
    client = as_user(ana)

    answer = _post(client, ticket, form, text="My words", files=[a_file(name, b"x" * size) for name, size in files])

    html = answer.content.decode()
    assert answer.status_code == 422
    assert words in words_of(html)
    assert "My words</textarea>" in html
    assert [file.filename for file in Attachment.objects.order_by("pk")] == kept
    assert all(name in html for name in kept)
    assert not ticket.messages.filter(author="agent").exists()
    assert not ticket.notes.exists()


@pytest.mark.parametrize("form", FORMS)
def test_files_wait_when_the_form_has_an_error_and_go_with_the_next_try(
    as_user: Browser, ana: User, ticket: Ticket, form: str
) -> None:
    client = as_user(ana)
    held = _post(client, ticket, form, text=" ", files=a_file())
    assert held.status_code == 422
    assert "plan.pdf" in held.content.decode()
    assert "plan.pdf" in client.get(f"/tickets/{ticket.number}/").content.decode()

    assert _post(client, ticket, form, files=a_file("more.txt", b"x")).status_code == 302

    attachments = Attachment.objects.order_by("pk")
    assert [(file.filename, file.draft_id) for file in attachments] == [("plan.pdf", None), ("more.txt", None)]
    assert {bool(file.message_id) for file in attachments} == {form == "replies"}


def test_files_wait_while_a_new_domain_is_confirmed(as_user: Browser, ana: User, ticket: Ticket) -> None:
    client, fields = as_user(ana), {"to": "carla@example.com", "cc": "zoe@new.example"}
    _post(client, ticket, files=a_file(), **fields)

    _post(client, ticket, confirm="new.example", **fields)

    assert ticket.messages.get(author="agent").attachments.get().filename == "plan.pdf"


def test_what_waits_counts_against_the_limits(as_user: Browser, ana: User, ticket: Ticket) -> None:
    client = as_user(ana)
    _post(client, ticket, text="", files=[a_file(f"{n}.txt", b"x") for n in range(3)])

    answer = _post(client, ticket, files=a_file())

    assert answer.status_code == 422
    assert "Choose at most 3 files" in words_of(answer.content.decode())


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_waits_can_be_removed(
    as_user: Browser, ana: User, ticket: Ticket, form: str, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    client = as_user(ana)
    _post(client, ticket, form, text="", files=a_file())

    with django_capture_on_commit_callbacks(execute=True):
        answer = _post(client, ticket, form, text="My words", remove=str(Attachment.objects.get().pk))

    assert answer.status_code == 200
    assert "My words</textarea>" in answer.content.decode()
    assert not Attachment.objects.exists()
    assert _stored(settings) == []


@pytest.mark.parametrize("named", ["x", "", "-1", "9" * 30])
def test_removing_what_is_not_there_removes_nothing(as_user: Browser, ana: User, ticket: Ticket, named: str) -> None:
    client = as_user(ana)
    _post(client, ticket, text="", files=a_file())

    assert _post(client, ticket, remove=named).status_code == 200
    assert Attachment.objects.count() == 1


def test_nobody_removes_or_sends_what_waits_with_a_colleague(
    as_user: Browser, ana: User, lea: User, ticket: Ticket
) -> None:
    _post(as_user(ana), ticket, text="", files=a_file())

    _post(as_user(lea), ticket, remove=str(Attachment.objects.get().pk))
    _post(as_user(lea), ticket)

    assert Attachment.objects.get().draft == Draft.objects.get(user=ana)


def test_what_waits_beside_a_note_goes_with_no_reply(as_user: Browser, ana: User, ticket: Ticket) -> None:
    client = as_user(ana)
    _post(client, ticket, "notes", text="", files=a_file("secret.pdf"))
    _post(client, ticket)

    assert not ticket.messages.get(author="agent").attachments.exists()
    assert Attachment.objects.get().draft == Draft.objects.get(mode="note")


def test_an_emptied_text_does_not_lose_the_files(as_user: Browser, ana: User, ticket: Ticket) -> None:
    client = as_user(ana)
    _post(client, ticket, text="", files=a_file())
    client.post(f"/tickets/{ticket.number}/drafts/reply/", {"text": ""})

    assert "plan.pdf" in client.get(f"/tickets/{ticket.number}/").content.decode()


def test_a_reply_taken_back_takes_its_files_back(as_user: Browser, ana: User, ticket: Ticket, settings: Any) -> None:
    settings.UNDO_SEND_SECONDS = 10
    client = as_user(ana)
    _post(client, ticket, files=a_file())
    message = ticket.messages.get(author="agent")

    client.post(f"/tickets/{ticket.number}/replies/{message.pk}/undo/")

    assert Attachment.objects.get().draft == Draft.objects.get(user=ana, mode="reply")
    assert not Delivery.objects.filter(kind="message", state="pending").exists()
    _post(client, ticket, text="Again")
    assert ticket.messages.get(author="agent").attachments.get().filename == "plan.pdf"


@pytest.mark.parametrize(
    "given, kept",
    [
        ("../../etc/pass\u202ewd.pdf", "passwd.pdf"),
        (".htacc\u200bess", "htaccess"),
        ("a" * 300 + ".pdf", "a" * 116 + ".pdf"),
    ],
)
def test_names_are_made_safe(as_user: Browser, ana: User, ticket: Ticket, given: str, kept: str) -> None:
    _post(as_user(ana), ticket, files=a_file(given))

    assert Attachment.objects.get().filename == kept
    assert kept not in Attachment.objects.get().file.name


@pytest.mark.parametrize(
    "stated, name, kept",
    [
        ("multipart/mixed", "x.bin", "application/octet-stream"),
        ("message/rfc822", "mail.eml", "application/octet-stream"),
        ("text/html; x", "x.html", "text/html"),
        ("nonsense", "x.unknown", "application/octet-stream"),
        ("application/octet-stream", "x.pdf", "application/pdf"),
    ],
)
def test_a_file_that_calls_itself_a_piece_of_mail_is_only_a_file(
    as_user: Browser, ana: User, ticket: Ticket, settle: Callable[[], None], stated: str, name: str, kept: str
) -> None:
    _post(as_user(ana), ticket, files=a_file(name, b"From: x\r\n\r\n--\xff", stated))
    settle()

    assert Attachment.objects.get().content_type == kept
    assert ticket.deliveries.get(kind="message").state == "sent"


def test_who_may_not_write_here_has_no_file_heard(as_user: Browser, ben: User, ticket: Ticket, settings: Any) -> None:
    assert _post(as_user(ben), ticket, files=a_file()).status_code == 404
    assert _post(Client(), ticket, files=a_file()).status_code == 302
    assert not Attachment.objects.exists()
    assert _stored(settings) == []


@pytest.mark.parametrize("form", FORMS)
def test_a_forged_form_brings_no_file(ana: User, ticket: Ticket, form: str, settings: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ana)

    assert _post(client, ticket, form, files=a_file()).status_code == 403
    assert not Attachment.objects.exists()


def test_a_real_form_with_its_token_brings_its_file(ana: User, ticket: Ticket) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ana)
    html = client.get(f"/tickets/{ticket.number}/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', html)
    assert token

    _post(client, ticket, files=a_file(), csrfmiddlewaretoken=token[1])

    assert ticket.messages.get(author="agent").attachments.get().filename == "plan.pdf"


def test_other_forms_take_no_file(as_user: Browser, ana: User, ticket: Ticket, settings: Any) -> None:
    as_user(ana).post(f"/tickets/{ticket.number}/drafts/reply/", {"text": "Dear", "files": a_file()})

    assert not Attachment.objects.exists()
    assert _stored(settings) == []
