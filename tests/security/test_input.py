"""Nonsense in addresses, fields and bodies is answered with words, never with a broken page."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from helpdesk.people.models import ApiToken
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

ODD = [
    "'", '"', "1 OR 1=1", "');DROP TABLE tickets_ticket;--", "\x00", "%00", "-1", "9" * 40, "9" * 5000, "NaN", "None",
    "pk", "-pk", "requester__name", "created_at__gt", "\ud83d", "‮", "../../etc/passwd", "[]", "{}", "<script>",
]  # fmt: skip


@pytest.fixture
def machine(cast) -> Client:
    return Client(headers={"Authorization": f"Bearer {ApiToken.issue(user=cast.olu, name='t')[1]}"})


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_odd_parameters_are_no_errors(cast, ticket, as_user, machine, odd):
    odd = odd.encode("utf-8", "replace").decode()
    client = as_user(cast.olu)
    pages = {
        "/queue/open/": ["after", "before", "order_by", "in"],
        "/reports/": ["days", "since", "until", "channel", "cell", "confirmed"],
        "/reports/cell/": ["of", "stage", "gap", "cause", "after", "before"],
        "/reports/heat-map.csv": ["since", "until", "channel"],
        "/notifications/": ["after", "before"],
        "/mail/": ["after", "before"],
        "/outbox/": ["after", "before"],
        f"/tickets/{ticket.number}/": ["in", "after"],
        f"/tickets/{ticket.number}/thread/": ["part"],
        "/requests/new/": ["topic"],
        "/requests/sent/": ["receipt"],
        "/sign-in/": ["next"],
    }
    for page, names in pages.items():
        for name in names:
            assert client.get(page, {name: odd}).status_code < 500, (page, name)
    for name in ("status", "assignee", "after", "limit", "ordering"):
        assert machine.get("/api/v1/tickets/", {name: odd}).status_code < 500, name


@pytest.mark.parametrize(
    "cursor", ["0.99999999999999999999", "-62135596800000000.1", "253402300799999999.1", "99999999999999999999999.1"]
)
def test_cursors_beyond_every_date_and_row_are_no_errors(cast, ticket, as_user, machine, cursor):
    from base64 import urlsafe_b64encode

    given = urlsafe_b64encode(cursor.encode()).decode().rstrip("=")
    for name in ("after", "before"):
        assert as_user(cast.olu).get("/queue/open/", {name: given}).status_code == 200
    for moment in ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-01-01T00:00:00+00:00"):
        given = urlsafe_b64encode(f"{moment}|{'9' * 30}".encode()).decode().rstrip("=")
        assert machine.get("/api/v1/tickets/", {"after": given}).status_code in (200, 400)


def test_numbers_beyond_every_ticket_are_not_found(cast, as_user, machine):
    huge = 10**40
    assert as_user(cast.olu).get(f"/tickets/{huge}/").status_code == 404
    assert as_user(cast.olu).get(f"/mail/{huge}/").status_code == 404
    assert machine.get(f"/api/v1/tickets/{huge}/").status_code == 404


ELSEWHERE = [
    "queue", "x", "javascript:alert(1)", "//evil.example", "https:evil.example", "/\\evil.example", "portal:home",
    "\t//evil.example", "http://[::1", "",
]  # fmt: skip


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_after_signing_in_the_way_back_leads_into_the_product_or_home(cast, wanted):
    from tests.cast import PASSWORD

    for path, body in (("/sign-in/", {"email": cast.ana.email, "password": PASSWORD}),
                       ("/theme/", {"theme": "dark"}), ("/language/", {"language": "es"})):  # fmt: skip
        answer = Client().post(path, {**body, "next": wanted})
        assert answer.status_code == 302
        assert answer["Location"].startswith("/")
        assert not answer["Location"].startswith(("//", "/\\"))


def test_a_zero_byte_in_a_reason_is_no_error_on_any_database(cast, ticket, as_user):
    """PostgreSQL takes no zero byte in a text."""
    as_user(cast.ana).post(f"/tickets/{ticket.number}/resolution/", {"reason": "done\x00"})
    ticket.refresh_from_db()
    assert ticket.resolution_reason == "done"


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"a":' * 50_000, "nul", "NaN", '{"email": 1e999}', '{"email": "\\ud800"}', "[]", "3"]
)
def test_json_that_no_client_of_ours_sends_is_a_bad_request(cast, machine, body):
    for client, path in ((Client(), "/api/v1/token/"), (machine, "/api/v1/tickets/")):
        answer = client.post(path, body, content_type="application/json")
        assert answer.status_code == 400, answer.content[:200]
        assert json.loads(answer.content)["error"]["code"]


def test_a_body_larger_than_any_ticket_is_not_read(cast, machine, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = json.dumps({"email": "a@example.com", "password": "x" * 2000})
    assert Client().post("/api/v1/token/", body, content_type="application/json").status_code in (400, 413)


def test_huge_posts_to_forms_are_refused_before_they_are_read(cast, ticket, as_user):
    client = as_user(cast.ana)
    assert client.post(f"/tickets/{ticket.number}/notes/", {"text": "x" * 3_000_000}).status_code == 400
    many = {f"f{n}": "x" for n in range(3000)}
    assert client.post(f"/tickets/{ticket.number}/notes/", many).status_code == 400
    assert ticket.notes.count() == 0


@pytest.mark.parametrize("path", ["/sign-in/", "/language/", "/links/", "/r/x/solved/", "/surveys/stop/x/"])
def test_files_sent_where_none_are_asked_for_are_not_kept(cast, path, rf):
    """Otherwise anybody could fill the disk of the machine with temporary files."""
    request = rf.post(path, {"file": SimpleUploadedFile("a.bin", b"x" * 5_000_000), "email": "a@example.com"})
    assert request.POST["email"] == "a@example.com"
    assert not request.FILES


def test_a_snooze_until_the_end_of_time_is_no_error(cast, ticket, as_user):
    for on in ("9999-12-31", "0001-01-01"):
        answer = as_user(cast.ana).post(f"/tickets/{ticket.number}/snooze/", {"on": on, "at": "23:59"})
        assert answer.status_code < 500
        Ticket.objects.get(pk=ticket.pk).wake()
        answer = as_user(cast.ana).post(
            f"/tickets/{ticket.number}/promises/", {"what": "x", "due_on": on, "due_time": "23:59"}
        )
        assert answer.status_code < 500
        assert as_user(cast.ana).get(reverse("workspace:ticket", args=[ticket.number])).status_code == 200
